/* virtcluster-export: requests, URIs, records, connections, and how qemu-nbd is called. */
#include "test.h"

#include <sys/stat.h>
#include <unistd.h>

#include "export/listing.h"
#include "export/net.h"
#include "export/process.h"
#include "export/record.h"
#include "export/request.h"
#include "export/server.h"

#define REST ",\"format\":\"raw\",\"read_only\":false}"

/* --- requests */

static void
test_good_starts(void **state)
{
	static const struct {
		const char *line, *volume, *name, *path;
	} cases[] = {
		{ "{\"volume\":\"v\",\"name\":\"n\",\"path\":\"/p\"" REST, "v", "n", "/p" },
		{ " {\"path\":\"/a:b,c\",\"volume\":\"\\\"\\\\u0000\",\"name\":\"-x\"" REST " ",
		    "\"\\u0000", "-x", "/a:b,c" },
		{ "{\"volume\":\"h1/p \\u00e4\",\"name\":\"../\\u00fc\",\"path\":\"/p\"" REST,
		    "h1/p \xc3\xa4", "../\xc3\xbc", "/p" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		SCOPED(record) record = record_new();
		g_autoptr(GError) error = NULL;
		const char *line = cases[i].line;
		if (!request_parse_start(line, strlen(line), record, &error))
			fail_msg("%s: %s", line, error->message);
		assert_string_equal(record->volume, cases[i].volume);
		assert_string_equal(record->name, cases[i].name);
		assert_string_equal(record->path, cases[i].path);
		assert_string_equal(record->format, "raw");
		assert_false(record->read_only);
	}
}

static void
refused_start(const char *line, size_t length, const char *why)
{
	SCOPED(record) record = record_new();
	g_autoptr(GError) error = NULL;

	if (request_parse_start(line, length, record, &error))
		fail_msg("accepted: %s", line);
	if (strstr(error->message, why) == NULL || strchr(error->message, '\n') != NULL)
		fail_msg("%s: %s", line, error->message);
}

static void
test_bad_starts(void **state)
{
	static const struct {
		const char *line, *why;
	} cases[] = {
		{ "", "not a JSON object" },
		{ "hello", "not JSON" },
		{ "{\"volume\":\"v\"", "not JSON" },
		{ "[]", "not a JSON object" },
		{ "null", "not a JSON object" },
		{ "{\"volume\":\"\xff\"}", "not UTF-8" },
		{ "{}", "volume: missing" },
		{ "{\"volume\":\"v\",\"name\":\"n\"" REST, "path: missing" },
		{ "{\"volume\":\"v\",\"name\":\"n\",\"path\":\"/p\",\"format\":\"raw\"}",
		    "read_only: missing" },
		{ "{\"volume\":\"v\",\"name\":\"n\",\"path\":\"/p\",\"readonly\":1" REST,
		    "readonly: unknown member" },
		{ "{\"volume\":\"v\",\"a\\nb\":1,\"name\":\"n\",\"path\":\"/p\"" REST,
		    "a\\nb: unknown member" },
		{ "{\"volume\":7,\"name\":\"n\",\"path\":\"/p\"" REST, "volume: not a text" },
		{ "{\"volume\":null,\"name\":\"n\",\"path\":\"/p\"" REST, "volume: neither" },
		{ "{\"volume\":{},\"name\":\"n\",\"path\":\"/p\"" REST, "volume: neither" },
		{ "{\"volume\":[\"v\"],\"name\":\"n\",\"path\":\"/p\"" REST, "volume: neither" },
		{ "{\"volume\":\"\",\"name\":\"n\",\"path\":\"/p\"" REST, "volume: empty" },
		{ "{\"volume\":\"v\",\"name\":\"\",\"path\":\"/p\"" REST, "name: empty" },
		{ "{\"volume\":\"v\",\"name\":\"/n\",\"path\":\"/p\"" REST, "name: begins with" },
		{ "{\"volume\":\"v\",\"name\":\"n\",\"path\":\"p\"" REST, "path: not absolute" },
		{ "{\"volume\":\"v\",\"name\":\"n\",\"path\":\"nbd:/p\"" REST,
		    "path: not absolute" },
		{ "{\"volume\":\"v\",\"name\":\"n\",\"path\":\"/p\\u0000q\"" REST, "has a NUL" },
		{ "{\"volume\":\"v\",\"name\":\"n\",\"path\":\"/p\\\\\\u0000q\"" REST,
		    "has a NUL" },
		{ "{\"volume\":\"v\",\"name\":\"n\",\"path\":\"/p\\nq\"" REST,
		    "path: has control characters" },
		{ "{\"volume\":\"v\\u0085\",\"name\":\"n\",\"path\":\"/p\"" REST,
		    "volume: has control characters" },
		{ "{\"volume\":\"v\",\"name\":\"n\",\"path\":\"/p\",\"format\":\"nbd\","
		  "\"read_only\":true}", "format: none of" },
		{ "{\"volume\":\"v\",\"name\":\"n\",\"path\":\"/p\",\"format\":\"raw\","
		  "\"read_only\":\"no\"}", "read_only: neither true nor false" },
		{ "{\"volume\":\"v\",\"name\":\"n\",\"path\":\"/p\",\"format\":\"raw\","
		  "\"read_only\":0}", "read_only: neither true nor false" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++)
		refused_start(cases[i].line, strlen(cases[i].line), cases[i].why);
	refused_start("{}\0{}", 5, "has a NUL");
}

static void
test_long_starts(void **state)
{
	static const struct {
		size_t volume, name;
		const char *why; /* NULL: accepted */
	} cases[] = {
		{ 1024, 4096, NULL },
		{ 1025, 1, "volume: longer than 1024 octets" },
		{ 1, 4097, "name: longer than 4096 octets" },
		{ 65536, 1, "longer than 64 KiB" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		SCOPED(record) record = record_new();
		g_autofree char *volume = g_strnfill(cases[i].volume, 'v');
		g_autofree char *name = g_strnfill(cases[i].name, 'n');
		g_autofree char *line = g_strdup_printf(
		    "{\"volume\":\"%s\",\"name\":\"%s\",\"path\":\"/p\"" REST, volume, name);
		if (cases[i].why != NULL)
			refused_start(line, strlen(line), cases[i].why);
		else
			assert_true(request_parse_start(line, strlen(line), record, NULL));
	}
}

static void
test_stops(void **state)
{
	static const struct {
		const char *line, *why; /* NULL: accepted */
		bool force;
	} cases[] = {
		{ "{\"volume\":\"v\"}", NULL, false },
		{ "{\"volume\":\"v\",\"force\":false}", NULL, false },
		{ "{\"volume\":\"v\",\"force\":true}", NULL, true },
		{ "{\"force\":true}", "volume: missing", false },
		{ "{\"volume\":\"v\",\"force\":1}", "force: neither true nor false", false },
		{ "{\"volume\":\"v\",\"path\":\"/p\"}", "path: unknown member", false },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct stop_request request = { 0 };
		g_autoptr(GError) error = NULL;
		const char *line = cases[i].line;
		bool good = request_parse_stop(line, strlen(line), &request, &error);
		g_autofree char *volume = request.volume;
		if (good != (cases[i].why == NULL))
			fail_msg("%s: %s", line, good ? "accepted" : error->message);
		if (good)
			assert_int_equal(request.force, cases[i].force);
		else
			assert_non_null(strstr(error->message, cases[i].why));
	}
}

static void
test_ssh_words(void **state)
{
	static const struct {
		const char *command, *word;
	} cases[] = {
		{ "list", "list" },
		{ "  virtcluster-export --state /x\tstart \n", "start" },
		{ "virtcluster-export start; rm -rf /", "/" },
		{ "start;", "start;" },
		{ "--help", "--help" },
		{ "", NULL },
		{ "  ", NULL },
		{ NULL, NULL },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *word = request_ssh_word(cases[i].command);
		if (g_strcmp0(word, cases[i].word) != 0)
			fail_msg("%s: %s", cases[i].command, word);
	}
}

/* --- addresses */

static void
test_addresses(void **state)
{
	static const struct {
		const char *address;
		bool good;
	} cases[] = {
		{ "192.0.2.7", true }, { "127.0.0.2", true }, { "::1", true },
		{ "2001:db8::7", true }, { "0.0.0.0", false }, { "::", false },
		{ "224.0.0.1", false }, { "ff02::1", false }, { "localhost", false },
		{ "", false }, { "192.0.2", false }, { "fe80::1%eth0", false },
		{ "[::1]", false }, { "192.0.2.7:1", false },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++)
		if (net_check_address(cases[i].address, NULL) != cases[i].good)
			fail_msg("%s", cases[i].address);
}

static void
test_uris(void **state)
{
	static const struct {
		const char *address, *name;
		bool tls;
		const char *uri;
	} cases[] = {
		{ "192.0.2.7", "disk.qcow2", false, "nbd://192.0.2.7:10900/disk.qcow2" },
		{ "192.0.2.7", "a~_-.Z9", true, "nbds://192.0.2.7:10900/a~_-.Z9" },
		{ "2001:db8::7", "d", false, "nbd://[2001:db8::7]:10900/d" },
		{ "192.0.2.7", "a b\",%?#&=+", false,
		    "nbd://192.0.2.7:10900/a%20b%22%2C%25%3F%23%26%3D%2B" },
		{ "192.0.2.7", "../x", false, "nbd://192.0.2.7:10900/../x" },
		{ "192.0.2.7", "\xc3\xbcn\xc3\xaf", false, "nbd://192.0.2.7:10900/%C3%BCn%C3%AF" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *uri =
		    net_uri(cases[i].address, 10900, cases[i].name, cases[i].tls);
		assert_string_equal(uri, cases[i].uri);
	}
}

#define TCP_HEAD "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when\n"
#define TCP_TAIL " 00000000:00000000 00:00000000 00000000     0        0 1 1 0 20 4 30 10 -1\n"

/* The words of an address are shown as this machine's numbers. */
static char *
shown(const uint8_t *octets, size_t size, unsigned port)
{
	GString *text = g_string_new(NULL);

	for (size_t i = 0; i < size; i += 4) {
		uint32_t word;
		memcpy(&word, octets + i, sizeof(word));
		g_string_append_printf(text, "%08X", word);
	}
	g_string_append_printf(text, ":%04X", port);
	return g_string_free(text, FALSE);
}

static void
test_count(void **state)
{
	static const uint8_t four[] = { 192, 0, 2, 7 };
	static const uint8_t six[] = { 0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7 };
	g_autofree char *at = shown(four, 4, 10900), *near = shown(four, 4, 10901);
	g_autofree char *at6 = shown(six, 16, 10900);
	g_autofree char *tcp = g_strdup_printf(TCP_HEAD
	    "   0: %s 00000000:0000 0A" TCP_TAIL  /* listening */
	    "   1: %s 0100007F:8000 01" TCP_TAIL  /* a client */
	    "   2: %s 0100007F:8001 01" TCP_TAIL  /* another */
	    "   3: %s 0100007F:8002 06" TCP_TAIL  /* one that has gone */
	    "   4: %s 0100007F:8003 01" TCP_TAIL  /* of another port */
	    "   5: 0100007F:8004 %s 01" TCP_TAIL  /* the other end */
	    "nonsense\n  6: 00:2A94 0100007F:8003 01" TCP_TAIL,
	    at, at, at, at, near, at);
	g_autofree char *tcp6 = g_strdup_printf(TCP_HEAD "   0: %s %s 01" TCP_TAIL, at6, at6);

	assert_int_equal(net_count(tcp, "192.0.2.7", 10900), 2);
	assert_int_equal(net_count(tcp, "192.0.2.7", 10901), 1);
	assert_int_equal(net_count(tcp, "192.0.2.8", 10900), 0);
	assert_int_equal(net_count(tcp6, "2001:db8::7", 10900), 1);
	assert_int_equal(net_count(tcp6, "2001:db8::8", 10900), 0);
	assert_int_equal(net_count(tcp6, "192.0.2.7", 10900), 0);
	assert_int_equal(net_count(NULL, "192.0.2.7", 10900), 0);
	assert_int_equal(net_count("", "192.0.2.7", 10900), 0);
}

/* --- records */

static struct record *
some_record(const char *volume)
{
	struct record *record = record_new();

	record_set(&record->volume, volume);
	record_set(&record->name, "-a \"b\",%");
	record_set(&record->path, "/srv/a,b:c.raw");
	record_set(&record->format, "raw");
	record_set(&record->address, "192.0.2.7");
	record_set(&record->boot, "0-1");
	record->read_only = true;
	record->port = 10907;
	record->pid = 1234;
	record->start_time = G_MAXINT64;
	record->since = 1790000000;
	record->confirmed = true;
	return record;
}

static void
test_records(void **state)
{
	char *dir = test_directory();
	SCOPED(record) record = some_record("h1/p/\xc3\xa4 \"x\"");
	SCOPED(record) other = some_record("a");
	g_autoptr(GString) damaged = g_string_new(NULL);
	g_autoptr(GError) error = NULL;

	assert_null(record_load(dir, record->volume, &error));
	assert_null(error);
	assert_true(record_save(dir, record, NULL));
	assert_true(record_save(dir, other, NULL));
	SCOPED(record) same = record_load(dir, record->volume, NULL);
	assert_string_equal(same->volume, record->volume);
	assert_string_equal(same->name, record->name);
	assert_string_equal(same->path, record->path);
	assert_string_equal(same->address, record->address);
	assert_string_equal(same->tls, "");
	assert_string_equal(same->boot, "0-1");
	assert_true(same->read_only);
	assert_true(same->confirmed);
	assert_int_equal(same->port, 10907);
	assert_int_equal(same->pid, 1234);
	assert_true(same->start_time == G_MAXINT64);
	assert_int_equal(same->since, 1790000000);
	g_autoptr(GPtrArray) all = record_load_all(dir, damaged);
	assert_int_equal(all->len, 2);
	assert_string_equal(((struct record *)all->pdata[0])->volume, "a");
	assert_string_equal(damaged->str, "");
	assert_true(record_remove(dir, "a", NULL));
	assert_null(record_load(dir, "a", &error));
	assert_null(error);
	test_directory_remove(dir);
}

/* 64 hexadecimal digits that are no volume's, or that volume's. */
static void
test_damaged_records(void **state)
{
	static const struct {
		const char *text, *why;
	} cases[] = {
		{ "", "not a JSON object" },
		{ "{\"volume\":\"a\"", "not JSON" },
		{ "{\"volume\":\"a\"}", "name: missing" },
		{ "{\"volume\":\"a\",\"name\":\"n\",\"path\":\"/p\",\"format\":\"raw\","
		  "\"read_only\":true,\"address\":\"192.0.2.7\",\"port\":65536}",
		    "port: out of its range" },
	};
	char *dir = test_directory();
	g_autofree char *stem = g_compute_checksum_for_string(G_CHECKSUM_SHA256, "a", -1);
	g_autofree char *name = g_strconcat(stem, ".json", NULL);
	g_autofree char *path = g_build_filename(dir, name, NULL);

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GString) damaged = g_string_new(NULL);
		g_autoptr(GError) error = NULL;
		assert_true(g_file_set_contents(path, cases[i].text, -1, NULL));
		assert_null(record_load(dir, "a", &error));
		assert_non_null(error);
		g_autoptr(GPtrArray) all = record_load_all(dir, damaged);
		assert_int_equal(all->len, 0);
		if (strstr(damaged->str, cases[i].why) == NULL ||
		    strstr(damaged->str, path) == NULL)
			fail_msg("%s: %s", cases[i].text, damaged->str);
		assert_true(g_file_test(path, G_FILE_TEST_EXISTS));
	}
	SCOPED(record) record = some_record("b");
	g_autofree char *own = g_compute_checksum_for_string(G_CHECKSUM_SHA256, "b", -1);
	g_autofree char *file = g_strconcat(dir, "/", own, ".json", NULL);
	assert_true(record_save(dir, record, NULL));
	assert_int_equal(g_rename(file, path), 0);
	g_autoptr(GError) error = NULL;
	assert_null(record_load(dir, "a", &error));
	assert_non_null(strstr(error->message, "not that volume's"));
	test_directory_remove(dir);
}

static void
test_directories(void **state)
{
	char *dir = test_directory();
	g_autofree char *deep = g_build_filename(dir, "state", NULL);
	g_autofree char *file = g_build_filename(dir, "file", NULL);
	struct stat st;

	assert_true(record_open_directory(deep, NULL));
	assert_int_equal(g_stat(deep, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	assert_true(record_open_directory(deep, NULL));
	assert_int_equal(g_chmod(deep, 0750), 0);
	assert_false(record_open_directory(deep, NULL));
	assert_true(g_file_set_contents(file, "", -1, NULL));
	assert_false(record_open_directory(file, NULL));
	g_rmdir(deep);
	test_directory_remove(dir);
}

/* --- servers */

static void
test_arguments(void **state)
{
	SCOPED(record) record = some_record("v");
	g_auto(GStrv) plain = server_arguments(record, "/s/x.pid");
	g_autofree char *line = g_strjoinv("|", plain);

	assert_string_equal(line,
	    "qemu-nbd|--persistent|--shared=0|--discard=unmap|--pid-file=/s/x.pid|"
	    "--bind=192.0.2.7|--port=10907|--format=raw|--export-name=-a \"b\",%|--read-only|"
	    "--|/srv/a,b:c.raw");
	record->read_only = false;
	record_set(&record->tls, "/etc/a,b,");
	g_auto(GStrv) secure = server_arguments(record, "/s/x.pid");
	assert_false(g_strv_contains((const char *const *)secure, "--read-only"));
	assert_true(g_strv_contains((const char *const *)secure,
	    "tls-creds-x509,id=tls,endpoint=server,verify-peer=on,dir=/etc/a,,b,,"));
	assert_true(g_strv_contains((const char *const *)secure, "--tls-creds=tls"));
}

static void
test_quotes(void **state)
{
	static const struct {
		const char *said, *quote;
	} cases[] = {
		{ "", "" },
		{ "qemu-nbd: no\n", "no" },
		{ "qemu-nbd: Failed to get \"write\" lock\nIs another process using it?\n",
		    "Failed to get \"write\" lock; Is another process using it?" },
		{ "\n\n a \r\n", "a" },
	};
	g_autofree char *much = g_strnfill(4000, 'x');

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *quote = server_quote(cases[i].said);
		assert_string_equal(quote, cases[i].quote);
	}
	g_autofree char *quote = server_quote(much);
	assert_true(strlen(quote) < 600);
	g_autofree char *broken = server_quote("\xff\n");
	assert_true(g_utf8_validate(broken, -1, NULL));
}

/* Of this test itself, which surely runs: by its pid, its start and the boot. */
static void
test_runs(void **state)
{
	SCOPED(record) record = some_record("v");
	g_autofree char *stat = NULL, *boot = NULL;

	assert_true(g_file_get_contents("/proc/self/stat", &stat, NULL, NULL));
	assert_true(g_file_get_contents("/proc/sys/kernel/random/boot_id", &boot, NULL, NULL));
	g_auto(GStrv) words = g_strsplit(strrchr(stat, ')') + 2, " ", -1);
	record->pid = getpid();
	record->start_time = g_ascii_strtoll(words[19], NULL, 10);
	record_set(&record->boot, g_strstrip(boot));
	assert_true(process_runs(record));
	int fd = process_watch(record);
	assert_true(fd >= 0);
	close(fd);
	record->start_time++;
	assert_false(process_runs(record));
	assert_int_equal(process_watch(record), -1);
	assert_true(process_stop(record, true, NULL)); /* it is another's, and is left alone */
	record->start_time--;
	record_set(&record->boot, "of yesterday");
	assert_false(process_runs(record));
	record->pid = 0;
	assert_false(process_runs(record));
}

/* A start that came to no end is not shown. */
static void
test_listing(void **state)
{
	char *dir = test_directory();
	g_autoptr(GPtrArray) records = g_ptr_array_new();
	SCOPED(record) record = some_record("v");
	SCOPED(record) cut = some_record("w");
	struct net_tables none = { 0 };

	cut->confirmed = false;
	g_ptr_array_add(records, record);
	g_ptr_array_add(records, cut);
	g_autofree char *line = listing_all(dir, records, &none);
	assert_non_null(strstr(line, "\"exports\":[{\"volume\":\"v\",\"name\":\"-a \\\"b\\\",%\","
	    "\"path\":\"/srv/a,b:c.raw\",\"format\":\"raw\",\"read_only\":true,\"tls\":false,"
	    "\"uri\":\"nbd://192.0.2.7:10907/-a%20%22b%22%2C%25\",\"since\":1790000000,"
	    "\"state\":\"ended\",\"clients\":0,"
	    "\"reason\":\"its server (pid 1234) has ended\"}]}"));
	test_directory_remove(dir);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good_starts),
		cmocka_unit_test(test_bad_starts),
		cmocka_unit_test(test_long_starts),
		cmocka_unit_test(test_stops),
		cmocka_unit_test(test_ssh_words),
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_uris),
		cmocka_unit_test(test_count),
		cmocka_unit_test(test_records),
		cmocka_unit_test(test_damaged_records),
		cmocka_unit_test(test_directories),
		cmocka_unit_test(test_arguments),
		cmocka_unit_test(test_quotes),
		cmocka_unit_test(test_runs),
		cmocka_unit_test(test_listing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
