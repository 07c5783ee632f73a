/* The command line tool's text: widths, cutting, units, sheets, options, times. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <glib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/display.h"
#include "cli/span.h"

static void
widths(void **data)
{
	static const struct {
		const char *text;
		size_t width;
	} cases[] = {
		{ "", 0 }, { "web1", 4 }, { "größe", 5 }, { "仮想", 4 },
		{ "e\xcc\x81", 1 }, /* e and a combining acute */
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++)
		assert_int_equal(text_width(cases[i].text), cases[i].width);
}

static void
cutting(void **data)
{
	static const struct {
		const char *text;
		size_t columns;
		bool utf8;
		const char *cut;
	} cases[] = {
		{ "database", 8, true, "database" },  { "database", 7, true, "databa…" },
		{ "database", 7, false, "databa~" },  { "database", 1, true, "…" },
		{ "database", 0, true, "" },          { "仮想機", 5, true, "仮想…" },
		{ "仮想機", 4, true, "仮…" },         { "größer", 4, true, "grö…" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *cut = text_cut(cases[i].text, cases[i].columns, cases[i].utf8);
		assert_string_equal(cut, cases[i].cut);
	}
}

static void
cleaning(void **data)
{
	static const char *const cases[][2] = {
		{ "web1", "web1" }, { "", "-" }, { NULL, "-" },
		{ "a\nb\tc", "a?b?c" }, { "\033[31mred", "?[31mred" },
		{ "x\xe2\x80\xaey", "x?y" }, /* turns the direction of writing */
		{ "\xc2\x9b" "31m", "?31m" }, /* CSI as one character */
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *clean = text_clean(cases[i][0]);
		assert_string_equal(clean, cases[i][1]);
	}
	g_autofree char *repaired = text_clean("bad \xff name");
	assert_true(g_utf8_validate(repaired, -1, NULL));
}

/* --- formats */

static JsonObject *
object(const char *json)
{
	g_autoptr(JsonNode) node = json_from_string(json, NULL);

	assert_non_null(node);
	return json_object_ref(json_node_get_object(node));
}

static void
formats(void **data)
{
	static const struct {
		cell_format *format;
		const char *json;
		const char *text;
	} cases[] = {
		{ format_text, "{\"k\":\"x\"}", "x" },
		{ format_text, "{\"k\":17}", "17" },
		{ format_text, "{\"k\":true}", "yes" },
		{ format_text, "{}", NULL },
		{ format_text, "{\"k\":[]}", NULL },
		{ format_text, "{\"k\":null}", NULL },
		{ format_words, "{\"k\":\"shutOff\"}", "shut off" },
		{ format_words, "{\"k\":\"running\"}", "running" },
		{ format_words, "{\"k\":5}", NULL },
		{ format_bool, "{\"k\":false}", "no" },
		{ format_mib, "{\"k\":0}", "0 MiB" },
		{ format_mib, "{\"k\":1023}", "1023 MiB" },
		{ format_mib, "{\"k\":1024}", "1.0 GiB" },
		{ format_mib, "{\"k\":1536}", "1.5 GiB" },
		{ format_mib, "{\"k\":4194304}", "4.0 TiB" },
		{ format_mib, "{\"k\":\"x\"}", NULL },
		{ format_octets, "{\"k\":512}", "512 B" },
		{ format_octets, "{\"k\":1572864}", "1.5 MiB" },
		{ format_usage, "{\"k\":1250}", "12.5 %" },
		{ format_usage, "{\"k\":40000}", "400.0 %" },
		{ format_usage, "{\"k\":640000}", "6400 %" },
		{ format_percent, "{\"k\":40}", "40 %" },
		{ format_seconds, "{\"k\":0}", "0 s" },
		{ format_seconds, "{\"k\":119}", "119 s" },
		{ format_seconds, "{\"k\":120}", "2 min" },
		{ format_seconds, "{\"k\":7200}", "2 h" },
		{ format_seconds, "{\"k\":172799}", "47 h" },
		{ format_seconds, "{\"k\":172800}", "2 d" },
		{ format_cpu_time, "{\"k\":3723000000000}", "1:02:03" },
		{ format_date, "{\"k\":\"2026-07-25T13:02:12.123Z\"}", "2026-07-25 13:02:12" },
		{ format_date, "{\"k\":\"yesterday\"}", NULL },
		{ format_ago, "{\"k\":\"2999-01-01T00:00:00Z\"}", "0 s" },
		{ format_ago, "{}", NULL },
		{ format_when, "{\"k\":\"2020-07-25T13:02:12.123Z\"}", "2020-07-25" },
		{ format_when, "{}", NULL },
		{ format_speed, "{\"k\":1572864}", "1.5 MiB/s" },
		{ format_speed, "{\"k\":157286400}", "150 MiB/s" },
		{ format_rate, "{\"k\":120}", "120/s" },
		{ format_rate, "{\"k\":\"x\"}", NULL },
		{ format_us, "{\"k\":350}", "350 us" },
		{ format_us, "{\"k\":2100}", "2.1 ms" },
		{ format_us, "{\"k\":1500000}", "1.5 s" },
		{ format_hundredths, "{\"k\":52}", "0.52" },
		{ format_days, "{\"k\":12}", "12 d" },
		{ format_days, "{\"k\":-1}", NULL },
		{ format_limit, "{\"k\":0}", NULL },
		{ format_limit, "{\"k\":500}", "500/s" },
		{ format_mib_limit, "{\"k\":10}", "10 MiB/s" },
		{ cell_none, "{\"k\":\"none\"}", NULL },
		{ cell_none, "{\"k\":\"noSpace\"}", "no space" },
		{ cell_health, "{\"k\":\"ok\"}", "ok" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(JsonObject) row = object(cases[i].json);
		g_autofree char *text = cases[i].format(row, "k");
		if (g_strcmp0(text, cases[i].text) != 0)
			fail_msg("%s: wanted %s, got %s", cases[i].json, cases[i].text, text);
	}
}

/* --- sheets */

static char *
print_sheet(const struct sheet *sheet, bool terminal, int width, bool colour)
{
	char *text = NULL;
	size_t size;
	FILE *file = open_memstream(&text, &size);
	struct output out = { file, terminal, width, colour, true };

	sheet_write(sheet, &out);
	fclose(file);
	return text;
}

static struct sheet *
two_by_two(void)
{
	struct sheet *sheet = sheet_new();

	sheet_add_column(sheet, "NAME", ALIGN_LEFT, 6);
	sheet_add_column(sheet, "CPU", ALIGN_RIGHT, 0);
	sheet_add_column(sheet, "REASON", ALIGN_LEFT, 6);
	sheet_add_cell(sheet, "a-rather-long-name", TONE_PLAIN);
	sheet_add_cell(sheet, "5 %", TONE_PLAIN);
	sheet_add_cell(sheet, "all is well", TONE_PLAIN);
	sheet_add_cell(sheet, "仮想", TONE_GOOD);
	sheet_add_cell(sheet, "100 %", TONE_PLAIN);
	sheet_add_cell(sheet, NULL, TONE_PLAIN);
	return sheet;
}

static void
sheets(void **data)
{
	static const struct {
		bool terminal;
		int width;
		const char *text;
	} cases[] = {
		{ false, 10,
		    "NAME                  CPU  REASON\n"
		    "a-rather-long-name    5 %  all is well\n"
		    "仮想                100 %  -\n" },
		{ true, 80,
		    "NAME                  CPU  REASON\n"
		    "a-rather-long-name    5 %  all is well\n"
		    "仮想                100 %  -\n" },
		{ true, 30,
		    "NAME          CPU  REASON\n"
		    "a-rather-…    5 %  all is well\n"
		    "仮想        100 %  -\n" },
		{ true, 20, /* not narrower than this */
		    "NAME      CPU  REASON\n"
		    "a-rat…    5 %  all i…\n"
		    "仮想    100 %  -\n" },
	};
	SCOPED(sheet) sheet = two_by_two();

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		char *text = print_sheet(sheet, cases[i].terminal, cases[i].width, false);
		assert_string_equal(text, cases[i].text);
		free(text);
	}
	char *text = print_sheet(sheet, true, 80, true);
	assert_non_null(strstr(text, "\033[32m仮想\033[0m  "));
	free(text);
}

/* --- spans, times, sizes */

static void
spans(void **data)
{
	static const struct {
		const char *text;
		int64_t seconds; /* 0: not a span */
	} cases[] = {
		{ "30s", 30 },      { "30m", 1800 },      { "30min", 1800 },  { "1h", 3600 },
		{ "1d", 86400 },    { "1w", 604800 },     { "1mo", 2592000 }, { "1y", 31536000 },
		{ "", 0 },          { "h", 0 },           { "1", 0 },         { "1 h", 0 },
		{ "-1h", 0 },       { "0h", 0 },          { "1H", 0 },        { "11y", 0 },
		{ "99999999999999999999y", 0 },           { "1hh", 0 },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		int64_t seconds = 0;
		g_autoptr(GError) error = NULL;
		assert_int_equal(span_parse(cases[i].text, &seconds, &error),
		    cases[i].seconds != 0);
		assert_int_equal(seconds, cases[i].seconds);
		assert_int_equal(error != NULL, cases[i].seconds == 0);
	}
}

static void
times(void **data)
{
	static const struct {
		const char *text;
		int64_t seconds; /* -1: not a time */
	} cases[] = {
		{ "now", 2000000000 },
		{ "-2h", 1999992800 },
		{ "1784984532", 1784984532 },
		{ "2026-07-25", 1784937600 },
		{ "2026-07-25 13:02", 1784984520 },
		{ "2026-07-25T13:02", 1784984520 },
		{ "2026-07-25 13:02:12", 1784984532 },
		{ "2026-07-25T15:02:12+02:00", 1784984532 },
		{ "2026-07-25T13:02:12Z", 1784984532 },
		{ "", -1 }, { "2h", -1 }, { "-", -1 }, { "17", -1 }, { "tomorrow", -1 },
		{ "2026-13-25", -1 }, { "2026-07-25 25:00", -1 }, { "99999999999", -1 },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		int64_t seconds = -1;
		bool good = time_parse(cases[i].text, 2000000000, &seconds, NULL);
		if (good != (cases[i].seconds >= 0) || (good && seconds != cases[i].seconds))
			fail_msg("%s: %ld", cases[i].text, (long)seconds);
	}
}

static void
sizes(void **data)
{
	static const struct {
		const char *text;
		int width, height; /* 0: not a size */
	} cases[] = {
		{ "800x300", 800, 300 }, { "100x60", 100, 60 }, { "800", 0, 0 },
		{ "800x", 0, 0 },        { "x300", 0, 0 },      { "800x300x2", 0, 0 },
		{ "99x60", 0, 0 },       { "9000x9000", 0, 0 }, { "-800x300", 0, 0 },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		int width = 0, height = 0;
		assert_int_equal(size_parse(cases[i].text, &width, &height, NULL),
		    cases[i].width != 0);
		assert_int_equal(width, cases[i].width);
		assert_int_equal(height, cases[i].height);
	}
}

/* --- verbs and options */

static void
nearest_verbs(void **data)
{
	static const char *const cases[][2] = {
		{ "vsm", "vms" },     { "vm", "vms" },       { "node", "nodes" },
		{ "stauts", "status" }, { "strat", "start" }, { "power", "poweroff" },
		{ "poweroof", "poweroff" }, { "jbos", "jobs" }, { "explode", NULL },
		{ "x", NULL },        { "compl", NULL },     { "", "status" },
		{ "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", NULL },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		const char *nearest = cli_nearest_verb(cases[i][0]);
		if (g_strcmp0(nearest, cases[i][1]) != 0)
			fail_msg("%s: %s", cases[i][0], nearest != NULL ? nearest : "(none)");
	}
}

/* Every name in a verb's list of options is an option. */
static void
verb_tables_are_sound(void **data)
{
	for (const struct cli_verb *v = cli_verbs; v->name != NULL; v++) {
		g_auto(GStrv) names = g_strsplit(v->options, " ", -1);
		for (size_t i = 0; names[i] != NULL; i++) {
			size_t found = 0;
			for (const struct option_def *d = option_defs; d->name != NULL; d++)
				found += strcmp(d->name, names[i]) == 0;
			assert_int_equal(found, 1);
		}
		assert_true(v->least <= v->most);
		assert_non_null(v->help);
	}
}

static void
options(void **data)
{
	g_auto(GStrv) words =
	    g_strsplit("vms web1 --wait -t 5 --json web2 -- --dark", " ", -1);
	g_autofree char **argv = g_memdup2(words, 10 * sizeof(char *)); /* getopt sorts it */
	struct options o = { 0 };

	assert_int_equal(options_parse(&o, 9, argv, "wait timeout json", false, NULL), 6);
	assert_true(o.wait && o.json && !o.dark);
	assert_int_equal(o.timeout, 5);
	assert_string_equal(argv[6], "web1");
	assert_string_equal(argv[7], "web2");
	assert_string_equal(argv[8], "--dark");
}

static void
state_names(void **data)
{
	assert_true(filter_same("shutOff", "shut off"));
	assert_true(filter_same("shutOff", "SHUT-OFF"));
	assert_true(filter_same("shut_off", "shutoff"));
	assert_false(filter_same("shutOff", "shut"));
	assert_false(filter_same("", "x"));
	assert_int_equal(tone_of_state("crashed"), TONE_BAD);
	assert_int_equal(tone_of_state(NULL), TONE_PLAIN);
}

static void
rows_are_sorted(void **data)
{
	static const struct {
		const char *column;
		bool reverse;
		const char *order;
	} cases[] = {
		{ "vm", false, "web1 web2 web10 web11 " },
		{ "vclVmName", true, "web11 web10 web2 web1 " },
		{ "CPU", false, "web10 web1 web11 web2 " }, /* the busiest first, unknown last */
		{ "CPU", true, "web11 web1 web10 web2 " },
		{ "health", false, "web2 web1 web11 web10 " }, /* the worst first */
		{ "since", false, "web10 web1 web2 web11 " },
	};
	static const char *const texts[] = {
		"{\"vclVmName\":\"web10\",\"vclVmCpuUsage\":900,\"vclVmHealth\":\"ok\","
		"\"vclVmStateSince\":\"2026-07-25T13:02:12Z\"}",
		"{\"vclVmName\":\"web1\",\"vclVmCpuUsage\":100,\"vclVmHealth\":\"warning\","
		"\"vclVmStateSince\":\"2026-07-26T13:02:12Z\"}",
		"{\"vclVmName\":\"web2\",\"vclVmHealth\":\"critical\","
		"\"vclVmStateSince\":\"2026-08-25T13:02:12Z\"}",
		"{\"vclVmName\":\"web11\",\"vclVmCpuUsage\":0,\"vclVmHealth\":\"unknown\"}",
	};
	const struct listing *l = &vm_listing;
	g_autoptr(GPtrArray) rows =
	    g_ptr_array_new_with_free_func((GDestroyNotify)json_object_unref);

	for (size_t i = 0; i < G_N_ELEMENTS(texts); i++)
		g_ptr_array_add(rows, object(texts[i]));
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GString) order = g_string_new(NULL);
		display_sort(rows, display_key(l, "vm"), false);
		display_sort(rows, display_key(l, cases[i].column), cases[i].reverse);
		for (guint n = 0; n < rows->len; n++)
			g_string_append_printf(order, "%s ",
			    row_text(rows->pdata[n], "vclVmName"));
		assert_string_equal(order->str, cases[i].order);
	}
	assert_null(display_key(l, "colour"));
}

/* An operand that may be left out, and the words that follow it. */
static void
watch_takes_a_number(void **data)
{
	static const struct {
		const char *line;
		int watch, operands;
	} cases[] = {
		{ "vms --watch", 2, 0 },
		{ "vms --watch 5", 5, 0 },
		{ "vms --watch=7 --json", 7, 0 },
		{ "show --watch vm web1", 2, 2 },
		{ "show vm web1 --watch 9", 9, 2 },
		{ "show vm --watch 9 web1", 9, 2 },
		{ "vms --json", 0, 0 },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_auto(GStrv) words = g_strsplit(cases[i].line, " ", -1);
		int argc = (int)g_strv_length(words);
		g_autofree char **argv =
		    g_memdup2(words, ((gsize)argc + 1) * sizeof(char *)); /* getopt sorts it */
		struct options o = { 0 };
		int first = options_parse(&o, argc, argv, "watch json", false, NULL);
		assert_int_equal(argc - first, cases[i].operands);
		assert_int_equal(o.watch, cases[i].watch);
	}
}

/* Each filter of a listing is an option of its verb, and the other way round. */
static void
filters_are_options(void **data)
{
	static const char *const others[] = { "sort", "reverse", "last", "top", "wide", "watch",
		"all", NULL };

	for (size_t i = 0; listings[i] != NULL; i++) {
		const struct cli_verb *v = cli_find_verb(listings[i]->verb);
		if (v == NULL)
			continue;
		g_auto(GStrv) names = g_strsplit(v->options, " ", -1);
		size_t filters = 0;
		for (const struct filter *f = listings[i]->filters; f->option != NULL; f++) {
			if (!g_strv_contains((const char *const *)names, f->option))
				fail_msg("%s --%s", v->name, f->option);
			filters++;
		}
		for (size_t n = 0; names[n] != NULL; n++)
			filters -= !g_strv_contains(others, names[n]);
		assert_int_equal(filters, 0);
	}
}

/* --- 80 columns */

/* The longest text that a column has in practice, for listings that shall fit. */
static const char *const long_rows[][2] = {
	{ "nodes", "{\"vclNodeName\":\"hypervisor-0042.example.net\",\"vclNodeState\":"
		   "\"unreachable\",\"vclNodeHealth\":\"critical\",\"vclNodeStale\":true,"
		   "\"vclNodeSampleAge\":7100,\"vclNodeVmsRunning\":120,\"vclNodeVmsDefined\":"
		   "145,\"vclNodeCpuUsage\":10000,\"vclNodeMemoryUsed\":1000000,"
		   "\"vclNodeMemoryTotal\":1047552,\"vclNodeStateReason\":\"unable to connect to "
		   "server at 'hypervisor-0042.example.net:16509': No route to host\"}" },
	{ "vms", "{\"vclVmName\":\"customer-4711-database-replica\",\"vclVmState\":"
		 "\"shuttingDown\",\"vclVmNodeName\":\"hypervisor-0042\",\"vclVmHealth\":"
		 "\"unknown\",\"vclVmStale\":true,\"vclVmSampleAge\":7100,\"vclVmVcpus\":128,"
		 "\"vclVmCpuUsage\":640000,\"vclVmMemoryActual\":1047552,\"vclVmStateSince\":"
		 "\"2025-01-01T00:00:00Z\"}" },
	{ "top", "{\"vclVmName\":\"customer-4711-database-replica\",\"vclVmState\":"
		 "\"running\",\"vclVmNodeName\":\"hypervisor-0042\","
		 "\"vclVmStale\":true,\"vclVmSampleAge\":7100,\"vclVmVcpus\":128,"
		 "\"vclVmCpuUsage\":640000,\"vclVmCpuStealUsage\":99990,"
		 "\"vclVmMemoryUsed\":1022976,\"vclVmMemoryActual\":1022976,"
		 "\"vclVmDiskReadSpeed\":1047527424,\"vclVmDiskWriteSpeed\":104752742,"
		 "\"vclVmDiskReadRate\":9000,\"vclVmDiskWriteRate\":90000,"
		 "\"vclVmNetInSpeed\":1047527424,\"vclVmNetOutSpeed\":104752742}" },
	{ "vcpus", "{\"vclVcpuName\":\"customer-4711-database-replica/127\",\"vclVcpuState\":"
		   "\"offline\",\"vclVcpuUsage\":10000,\"vclVcpuStealUsage\":10000,"
		   "\"vclVcpuPhysical\":255,\"vclVcpuTime\":36000000000000000,"
		   "\"vclVcpuAffinity\":\"0-15,32-47,64-79,96-111,128-143,160-175\"}" },
	{ "disks", "{\"vclDiskName\":\"customer-4711-database-replica/vdaa\",\"vclDiskCapacity\":"
		   "1047552,\"vclDiskAllocation\":1047552,\"vclDiskReadSpeed\":1047527424,"
		   "\"vclDiskWriteSpeed\":1047527424,\"vclDiskError\":\"unspecified\","
		   "\"vclDiskSource\":\"/var/lib/libvirt/images/customer-4711/replica.qcow2\"}" },
	{ "nics", "{\"vclNicName\":\"customer-4711-database-replica/52:54:00:12:34:56\","
		  "\"vclNicLink\":\"down\",\"vclNicSource\":\"bridge-customer-4711\","
		  "\"vclNicTarget\":\"vnet1234\",\"vclNicInSpeed\":1047527424,"
		  "\"vclNicOutSpeed\":1047527424,\"vclNicAddresses\":\"192.168.122.123 "
		  "fe80::5054:ff:fe12:3456\"}" },
	{ "snapshots", "{\"vclSnapshotVmName\":\"customer-4711-database-replica\","
		       "\"vclSnapshotName\":\"before-the-upgrade-of-2025-01-01\","
		       "\"vclSnapshotCreated\":\"2025-01-01T00:00:00Z\",\"vclSnapshotKind\":"
		       "\"externalMemory\",\"vclSnapshotCurrent\":true,\"vclSnapshotParent\":"
		       "\"20241231-235959\",\"vclSnapshotDescription\":\"while it ran, file "
		       "systems not at rest\"}" },
	{ "pools", "{\"vclPoolName\":\"customer-images-ssd\",\"vclPoolState\":\"inaccessible\","
		   "\"vclPoolHealth\":\"critical\",\"vclPoolStale\":true,\"vclPoolSampleAge\":"
		   "7100,\"vclPoolNodes\":\"hypervisor-0042, hypervisor-0043\","
		   "\"vclPoolCapacity\":1047552,\"vclPoolUsage\":10000,\"vclPoolCommitment\":"
		   "123400,\"vclPoolDaysUntilFull\":3650}" },
	{ "volumes", "{\"vclVolumeName\":\"customer-4711-database-replica.qcow2\","
		     "\"vclVolumePoolName\":\"customer-images-ssd\",\"vclVolumeNode\":"
		     "\"hypervisor-0042\",\"vclVolumeFormat\":\"qcow2\",\"vclVolumeCapacity\":"
		     "1047552,\"vclVolumeAllocation\":1047552,\"vclVolumeVm\":"
		     "\"customer-4711-database-replica\"}" },
	{ "jobs", "{\"vclJobIndex\":99999,\"vclJobType\":\"shutdown\",\"vclJobObjectName\":"
		  "\"customer-4711-database-replica\",\"vclJobState\":\"interrupted\","
		  "\"vclJobProgress\":100,\"vclJobRequester\":\"administrator\","
		  "\"vclJobSubmitted\":\"2025-01-01T00:00:00Z\",\"vclJobError\":"
		  "\"the guest did not react within 120 s\"}" },
	{ "events", "{\"vclEventTime\":\"2025-01-01T00:00:00Z\",\"vclEventSeverity\":"
		    "\"critical\",\"vclEventType\":\"alarmCleared\",\"vclEventName\":"
		    "\"customer-4711-database-replica\",\"vclEventNode\":\"hypervisor-0042\","
		    "\"vclEventOldState\":\"shuttingDown\",\"vclEventNewState\":\"running\","
		    "\"vclEventReason\":\"the host is about to restart\"}" },
	{ "alarms", "{\"vclAlarmSeverity\":\"critical\","
		    "\"vclAlarmRaisedAt\":\"2025-01-01T00:00:00Z\",\"vclAlarmName\":"
		    "\"customer-4711-database-replica\",\"vclAlarmNode\":\"hypervisor-0042\","
		    "\"vclAlarmCondition\":\"nodeMemoryStall\",\"vclAlarmReason\":\"work waits "
		    "for memory 61 % of the time\"}" },
	{ "advice", "{\"vclAdviceVmName\":\"customer-4711-database-replica\","
		    "\"vclAdviceFromName\":\"hypervisor-0042\",\"vclAdviceToName\":"
		    "\"hypervisor-0043\",\"vclAdviceGain\":4200,\"vclAdviceReason\":"
		    "\"memory of hypervisor-0042 87 %, of hypervisor-0043 12 %\"}" },
	{ "backups", "{\"vclBackupVmName\":\"customer-4711-database-replica\",\"vclBackupName\":"
		     "\"customer-4711-database-replica-20250101-000000\",\"vclBackupInstant\":"
		     "\"2025-01-01T00:00:00Z\",\"vclBackupAge\":31536000,\"vclBackupKind\":"
		     "\"incremental\",\"vclBackupSize\":10485760,\"vclBackupPoolName\":"
		     "\"backups-of-the-cluster\",\"vclBackupDisks\":\"vda vdb vdc\","
		     "\"vclBackupState\":\"complete\",\"vclBackupCheck\":\"never\","
		     "\"vclBackupQuiesced\":true,\"vclBackupDuration\":86400,"
		     "\"vclBackupReason\":\"a full one: its checkpoint is gone\"}" },
	{ "schedules", "{\"vclScheduleName\":\"databases-and-everything-that-is-like-them\","
		       "\"vclScheduleWhen\":\"monthly 31 04:00\",\"vclSchedulePool\":"
		       "\"backups-of-the-cluster\",\"vclScheduleVms\":1000,\"vclScheduleNext\":"
		       "\"2025-01-01T00:00:00Z\",\"vclScheduleLast\":\"2025-01-01T00:00:00Z\","
		       "\"vclScheduleDue\":1000,\"vclScheduleOverdue\":1000,"
		       "\"vclScheduleFailed\":1000,\"vclScheduleReason\":\"VM customer-4711: "
		       "pool backups-of-the-cluster is full\"}" },
	{ "templates", "{\"vclTemplateName\":\"debian-12-with-everything-on-it\","
		       "\"vclTemplateState\":\"invalid\",\"vclTemplateInstall\":\"cloudInit\","
		       "\"vclTemplateVcpus\":128,\"vclTemplateMemory\":1048576,"
		       "\"vclTemplateDisk\":10485760,\"vclTemplateBase\":\"a/b\","
		       "\"vclTemplatePool\":\"images-of-the-cluster\","
		       "\"vclTemplateDescription\":\"what everybody gets who asks for one\","
		       "\"vclTemplateReason\":\"/etc/virtcluster/templates/x/template.conf:3: "
		       "unknown key\"}" },
	{ "apps", "{\"vclAppName\":\"customer-4711-database-replica\",\"vclAppKind\":"
		  "\"virtualNode\",\"vclAppState\":\"migrating\",\"vclAppNodeNames\":"
		  "\"hypervisor-0042.example.net hypervisor-0043.example.net\","
		  "\"vclAppHealth\":\"critical\",\"vclAppStale\":true,\"vclAppSampleAge\":"
		  "7100,\"vclAppWantedState\":\"unpromoted\",\"vclAppVmName\":"
		  "\"customer-4711-database-replica\",\"vclAppParentName\":\"customer-4711\","
		  "\"vclAppPriority\":1000000,\"vclAppFailCount\":1000000,"
		  "\"vclAppFailovers\":100,\"vclAppManaged\":false,\"vclAppAgent\":"
		  "\"ocf:heartbeat:VirtualDomain\",\"vclAppStateReason\":"
		  "\"monitor on hypervisor-0042.example.net: not running\"}" },
	{ "exports", "{\"vclExportVolumeName\":\"customer-4711.qcow2\","
		     "\"vclExportPoolName\":\"images-of-the-cluster\","
		     "\"vclExportNodeName\":\"node-with-a-long-name\","
		     "\"vclExportState\":\"serving\",\"vclExportReadOnly\":false,"
		     "\"vclExportClients\":12,\"vclExportTls\":true,\"vclExportPath\":\"/x\","
		     "\"vclExportUri\":\"nbds://192.168.122.101:10900/hypervisor-0042/images/"
		     "customer-4711.qcow2\","
		     "\"vclExportSince\":\"2026-07-25T14:03:12Z\",\"vclExportReason\":\"\"}" },
	{ "sequences", "{\"vclSequenceName\":\"boot-of-the-whole-cluster\","
		       "\"vclSequenceSteps\":12,\"vclSequenceText\":\"start db*; wait db* "
		       "running within 60s; delay 10s; start web* stagger 2s; wait web* agent\"}" },
};

static char *
print_listing(const struct listing *l, GPtrArray *rows, bool wide, bool terminal, int width)
{
	char *text = NULL;
	size_t size;
	FILE *file = open_memstream(&text, &size);
	struct output out = { file, terminal, width, false, true };

	display_sums(l, rows);
	display_rows(l, rows, wide, &out);
	fclose(file);
	return text;
}

/* Every listing fits a terminal of 80 columns, and is whole in a pipe. */
static void
listings_fit_80_columns(void **data)
{
	size_t n = 0;

	for (size_t i = 0; i < G_N_ELEMENTS(long_rows); i++) {
		const struct listing *l = listing_of_verb(long_rows[i][0]);
		g_autoptr(GPtrArray) rows =
		    g_ptr_array_new_with_free_func((GDestroyNotify)json_object_unref);
		assert_non_null(l);
		g_ptr_array_add(rows, object(long_rows[i][1]));
		char *narrow = print_listing(l, rows, false, true, 80);
		g_auto(GStrv) lines = g_strsplit(narrow, "\n", -1);
		for (size_t k = 0; lines[k] != NULL; k++)
			if (text_width(lines[k]) > 80)
				fail_msg("%s: %zu columns\n%s", l->verb, text_width(lines[k]), narrow);
		char *pipe = print_listing(l, rows, false, false, 80);
		assert_null(strstr(pipe, "…"));
		char *wide = print_listing(l, rows, true, true, 200);
		assert_true(text_width(wide) >= text_width(pipe));
		free(narrow);
		free(pipe);
		free(wide);
		n++;
	}
	for (size_t i = 0; listings[i] != NULL; i++)
		n -= cli_find_verb(listings[i]->verb) != NULL;
	assert_int_equal(n, 0); /* none is missing above */
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(widths),
		cmocka_unit_test(cutting),
		cmocka_unit_test(cleaning),
		cmocka_unit_test(formats),
		cmocka_unit_test(sheets),
		cmocka_unit_test(spans),
		cmocka_unit_test(times),
		cmocka_unit_test(sizes),
		cmocka_unit_test(nearest_verbs),
		cmocka_unit_test(verb_tables_are_sound),
		cmocka_unit_test(options),
		cmocka_unit_test(state_names),
		cmocka_unit_test(rows_are_sorted),
		cmocka_unit_test(watch_takes_a_number),
		cmocka_unit_test(filters_are_options),
		cmocka_unit_test(listings_fit_80_columns),
	};

	g_setenv("TZ", "UTC", TRUE);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
