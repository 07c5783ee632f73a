/* The control socket: connections, bad input, permissions, signals, start and stop. */
#include "config.h"

#include "tests/unit/control_fixture.h"

#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/peer.h"
#include "model/lent.h"
#include "model/self.h"

#define MOST 32 /* connections, as control.c has it */

static struct wire *
dial(const struct fixture *f)
{
	GError *error = NULL;
	struct wire *wire = wire_connect(f->path, 1 << 20, &error);

	if (error != NULL)
		fail_msg("%s", error->message);
	wire_set_timeout(wire, 10000);
	return wire;
}

static void
say(struct wire *wire, const char *line)
{
	assert_true(wire_put_line(wire, line, NULL));
	assert_true(wire_flush(wire, NULL));
}

static void
expect(struct wire *wire, const char *part)
{
	const char *line = wire_read_line(wire, NULL);

	if (line == NULL || strstr(line, part) == NULL)
		fail_msg("wanted %s, got %s", part, line != NULL ? line : "the end");
}

/* Skips rows until the end of an answer. */
static void
expect_end(struct wire *wire)
{
	const char *line;

	while ((line = wire_read_line(wire, NULL)) != NULL && g_str_has_prefix(line, "{\"row\""))
		;
	assert_non_null(line);
	assert_true(g_str_has_prefix(line, "{\"end\""));
}

/* --- input */

static const struct {
	const char *line;
	const char *code;
} bad_lines[] = {
	{ "", "bad-request" },
	{ " ", "bad-request" },
	{ "hello", "bad-request" },
	{ "[]", "bad-request" },
	{ "17", "bad-request" },
	{ "null", "bad-request" },
	{ "{", "bad-request" },
	{ "{\"verb\":", "bad-request" },
	{ "{\"verb\":\"vms\"", "bad-request" },
	{ "{\"verb\" \"vms\"}", "bad-request" },
	{ "{\"verb\":\"\xff\"}", "bad-request" },
	{ "{}", "bad-request" },
	{ "{\"verb\":7}", "bad-request" },
	{ "{\"verb\":null}", "bad-request" },
	{ "{\"verb\":[\"vms\"]}", "bad-request" },
	{ "{\"verb\":\"\"}", "unknown-verb" },
	{ "{\"verb\":\"fly\"}", "unknown-verb" },
	{ "{\"verb\":\"VMS\"}", "unknown-verb" },
	{ "{\"verb\":\"vms\",\"columns\":\"x\"}", "bad-request" },
	{ "{\"verb\":\"vms\",\"columns\":[1]}", "bad-request" },
	{ "{\"verb\":\"vms\",\"columns\":[\"nonsense\"]}", "bad-value" },
	{ "{\"verb\":\"vms\",\"sort\":\"nonsense\"}", "bad-value" },
	{ "{\"verb\":\"vms\",\"sort\":7}", "bad-request" },
	{ "{\"verb\":\"vms\",\"descending\":\"yes\"}", "bad-request" },
	{ "{\"verb\":\"vms\",\"offset\":-1}", "bad-request" },
	{ "{\"verb\":\"vms\",\"limit\":0}", "bad-request" },
	{ "{\"verb\":\"vms\",\"match\":[]}", "bad-request" },
	{ "{\"verb\":\"show\"}", "bad-request" },
	{ "{\"verb\":\"show\",\"kind\":\"vm\"}", "bad-request" },
	{ "{\"verb\":\"show\",\"kind\":\"ship\",\"name\":\"x\"}", "bad-value" },
	{ "{\"verb\":\"show\",\"kind\":\"pool\",\"name\":\"x\"}", "no-object" },
	{ "{\"verb\":\"show\",\"kind\":\"vm\",\"name\":\"nobody\"}", "no-object" },
	{ "{\"verb\":\"show\",\"kind\":\"vm\",\"name\":\"\"}", "no-object" },
	{ "{\"verb\":\"show\",\"kind\":\"job\",\"name\":\"-1\"}", "no-object" },
	{ "{\"verb\":\"submit\"}", "bad-request" },
	{ "{\"verb\":\"submit\",\"words\":[]}", "bad-value" },
	{ "{\"verb\":\"submit\",\"words\":[\"fly\",\"web1\"]}", "bad-value" },
	{ "{\"verb\":\"submit\",\"words\":[\"start\"]}", "bad-value" },
	{ "{\"verb\":\"submit\",\"words\":[\"start\",\"nobody\"]}", "no-object" },
	{ "{\"verb\":\"submit\",\"words\":[\"start\",\"db1\"]}", "busy" },
	{ "{\"verb\":\"follow\"}", "bad-request" },
	{ "{\"verb\":\"follow\",\"job\":0}", "bad-request" },
	{ "{\"verb\":\"follow\",\"job\":-1}", "bad-request" },
	{ "{\"verb\":\"follow\",\"job\":1e9}", "bad-request" },
	{ "{\"verb\":\"follow\",\"job\":99999999999}", "bad-request" },
	{ "{\"verb\":\"cancel\",\"job\":99}", "no-object" },
	{ "{\"verb\":\"graph\",\"kind\":\"vm\",\"name\":\"web1\",\"width\":5}", "bad-request" },
	{ "{\"verb\":\"graph\",\"kind\":\"vm\",\"name\":\"web1\",\"dark\":1}", "bad-request" },
	{ "{\"verb\":\"graph\",\"kind\":\"vm\",\"name\":\"web1\",\"format\":\"gif\"}", "bad-value" },
	{ "{\"verb\":\"graph\",\"kind\":\"vm\",\"name\":\"web1\",\"from\":9,\"to\":9}", "bad-value" },
	{ "{\"verb\":\"graph\",\"kind\":\"vm\",\"name\":\"web1\",\"graph\":\"x\"}", "bad-value" },
};

/* Each gets its error, and the connection survives all of them. */
static void
bad_lines_get_an_error(void **data)
{
	SCOPED(wire) wire = dial(*data);

	for (size_t i = 0; i < G_N_ELEMENTS(bad_lines); i++) {
		g_autofree char *code =
		    g_strdup_printf("{\"error\":{\"code\":\"%s\"", bad_lines[i].code);
		say(wire, bad_lines[i].line);
		const char *line = wire_read_line(wire, NULL);
		if (line == NULL || !g_str_has_prefix(line, code))
			fail_msg("%s: %s", bad_lines[i].line, line != NULL ? line : "ended");
	}
	say(wire, "{\"verb\":\"nodes\"}");
	expect_end(wire);
}

static void
deep_nesting_is_refused(void **data)
{
	SCOPED(wire) wire = dial(*data);
	g_autofree char *deep = g_strnfill(60000, '[');

	say(wire, deep);
	expect(wire, "nested too deeply");
	say(wire, "{\"verb\":\"nodes\"}");
	expect_end(wire);
}

static void
a_nul_is_refused(void **data)
{
	SCOPED(wire) wire = dial(*data);

	assert_true(wire_put_bytes(wire, "{\"verb\"\0:1}\n", 12, NULL));
	assert_true(wire_flush(wire, NULL));
	expect(wire, "bad-request");
	say(wire, "{\"verb\":\"nodes\"}");
	expect_end(wire);
}

static void
long_lines_end_the_connection(void **data)
{
	SCOPED(wire) wire = dial(*data);
	g_autofree char *blanks = g_strnfill(CONTROL_LONGEST_LINE + 40000, ' ');

	wire_put_line(wire, blanks, NULL);
	wire_flush(wire, NULL);
	expect(wire, "too-long");
	assert_null(wire_read_line(wire, NULL));
}

static void
a_line_may_come_in_pieces(void **data)
{
	static const char text[] = "{\"verb\":\"nodes\"}\n{\"verb\":\"jobs\"}\n";
	SCOPED(wire) wire = dial(*data);

	for (size_t i = 0; i < sizeof(text) - 1; i++) {
		assert_true(wire_put_bytes(wire, text + i, 1, NULL));
		assert_true(wire_flush(wire, NULL));
	}
	expect_end(wire);
	expect_end(wire);
}

static void
half_a_line_is_refused(void **data)
{
	SCOPED(wire) wire = dial(*data);

	assert_true(wire_put_bytes(wire, "{\"ver", 5, NULL));
	assert_true(wire_flush(wire, NULL));
	assert_int_equal(shutdown(wire_fd(wire), SHUT_WR), 0);
	expect(wire, "bad-request");
	assert_null(wire_read_line(wire, NULL));
}

/* --- many at once */

static void
connections_are_bounded(void **data)
{
	const struct fixture *f = *data;
	struct wire *wires[MOST];

	for (size_t i = 0; i < MOST; i++) {
		wires[i] = dial(f);
		say(wires[i], "{\"verb\":\"nodes\"}");
		expect_end(wires[i]);
	}
	SCOPED(wire) surplus = dial(f);
	expect(surplus, "\"full\"");
	assert_null(wire_read_line(surplus, NULL));
	wire_free(wires[0]);
	for (int tries = 0;; tries++) { /* until its thread has noticed */
		SCOPED(wire) wire = dial(f);
		wire_put_line(wire, "{\"verb\":\"nodes\"}", NULL);
		wire_flush(wire, NULL);
		const char *line = wire_read_line(wire, NULL);
		if (line != NULL && g_str_has_prefix(line, "{\"row\""))
			break;
		assert_true(tries < 1000);
		g_usleep(5000);
	}
	for (size_t i = 1; i < MOST; i++)
		wire_free(wires[i]);
}

/* Without cmocka's assertions, which are for the main thread.  NULL: all went well. */
static gpointer
ask_often(gpointer data)
{
	static const char *const lines[] = { "{\"verb\":\"vms\"}", "{\"verb\":\"status\"}",
		"{\"verb\":\"show\",\"kind\":\"vm\",\"name\":\"web1\"}" };
	const struct fixture *f = data;

	for (int i = 0; i < 60; i++) {
		SCOPED(wire) wire = wire_connect(f->path, 1 << 20, NULL);
		const char *line = NULL;
		if (wire == NULL || !wire_put_line(wire, lines[i % 3], NULL) ||
		    !wire_flush(wire, NULL))
			return data;
		do
			line = wire_read_line(wire, NULL);
		while (line != NULL && g_str_has_prefix(line, "{\"row\""));
		if (line == NULL || !g_str_has_prefix(line, "{\"end\":{"))
			return data;
	}
	return NULL;
}

static void
many_ask_while_rows_change(void **data)
{
	struct fixture *f = *data;
	GThread *threads[8];

	for (size_t i = 0; i < G_N_ELEMENTS(threads); i++)
		threads[i] = g_thread_new("ask", ask_often, f);
	for (uint32_t i = 0; i < 100; i++) {
		fixture_set_job(f, JOB_RUNNING, i, NULL);
		g_usleep(1000);
	}
	for (size_t i = 0; i < G_N_ELEMENTS(threads); i++)
		assert_null(g_thread_join(threads[i]));
}

/* --- permissions */

static void
who_may_act(void **data)
{
	static const gid_t ops = 500;
	static gid_t member[] = { 4, 27, 500 }, stranger[] = { 4, 27 };
	static const struct {
		struct peer peer;
		uid_t own;
		const gid_t *group;
		bool may;
	} cases[] = {
		{ { .uid = 0, .gid = 0 }, 990, NULL, true },
		{ { .uid = 0, .gid = 0 }, 990, &ops, true },
		{ { .uid = 990, .gid = 990 }, 990, NULL, true },
		{ { .uid = 1000, .gid = 1000 }, 990, NULL, false },
		{ { .uid = 1000, .gid = 1000 }, 990, &ops, false },
		{ { .uid = 1000, .gid = 0 }, 990, &ops, false },
		{ { .uid = 1000, .gid = 500 }, 990, &ops, true },
		{ { .uid = 1000, .gid = 500 }, 990, NULL, false },
		{ { 1000, 1000, member, 3 }, 990, &ops, true },
		{ { 1000, 1000, member, 3 }, 990, NULL, false },
		{ { 1000, 1000, stranger, 2 }, 990, &ops, false },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++)
		assert_int_equal(
		    peer_may_act(&cases[i].peer, cases[i].own, cases[i].group),
		    cases[i].may);
}

static void
credentials_come_from_the_kernel(void **data)
{
	int ends[2];
	struct peer peer;

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	assert_true(peer_init(&peer, ends[0], NULL));
	assert_int_equal(peer.uid, geteuid());
	assert_int_equal(peer.gid, getegid());
	assert_int_equal(peer.groups_n, getgroups(0, NULL));
	g_autofree char *name = peer_name(&peer);
	assert_string_equal(name, g_get_user_name());
	peer_clear(&peer);
	close(ends[0]);
	close(ends[1]);
}

/* A stranger looks, but does not act. */
static void
strangers_may_only_look(void **data)
{
	static const char *const acts[] = {
		"{\"verb\":\"submit\",\"words\":[\"poweroff\",\"web1\"]}",
		"{\"verb\":\"submit\"}",
		"{\"verb\":\"cancel\",\"job\":17}",
	};
	struct fixture *f = *data;
	atomic_bool stopping = false;
	struct peer peer = { .uid = geteuid() + 4711, .gid = 4711 };
	int ends[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	SCOPED(wire) here = wire_new(ends[0], 1 << 20);
	SCOPED(wire) there = wire_new(ends[1], 1 << 20);
	struct control_session session = { &f->setup, &peer, there, &stopping };
	uint64_t accepted = atomic_load(&self.commands_accepted);
	uint64_t refused = atomic_load(&self.commands_refused);
	for (size_t i = 0; i < G_N_ELEMENTS(acts); i++) {
		assert_true(control_answer(&session, acts[i]));
		expect(here, "\"denied\",\"message\":\"permission denied: only root and members "
			     "of the group nosuchgroup may do that");
	}
	assert_true(control_answer(&session, "{\"verb\":\"vms\"}"));
	expect_end(here);
	assert_int_equal(atomic_load(&self.commands_accepted), accepted);
	assert_int_equal(atomic_load(&self.commands_refused), refused + G_N_ELEMENTS(acts));
	assert_int_equal(f->last.type, 0);
	assert_int_equal(atomic_load(&f->cancelled), 0);
}

/* --- files that come along */

#define POWER_OFF(name, more) "{\"verb\":\"submit\",\"words\":[\"poweroff\",\"" name "\"]" more "}"

/* A line with our copy of that descriptor, which is closed. */
static void
hand_over(struct wire *wire, int fd, const char *line)
{
	wire_hand_over(wire, fd);
	say(wire, line);
	close(fd);
}

/* Has everybody else closed the pipe's other end? */
static bool
is_closed(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return poll(&p, 1, 5000) > 0 && (p.revents & POLLHUP) != 0;
}

static void
a_file_comes_along(void **data)
{
	struct fixture *f = *data;
	struct lent lent;
	char got[6] = "";
	int ends[2];

	assert_int_equal(pipe(ends), 0);
	SCOPED(wire) wire = dial(f);
	hand_over(wire, ends[1], POWER_OFF("web1", ",\"file\":true"));
	expect_end(wire);
	assert_true(lent_take(f->last.file, &lent));
	assert_int_equal(write(lent.file, "hello", 5), 5);
	assert_int_equal(read(ends[0], got, 5), 5);
	assert_string_equal(got, "hello");
	assert_false(lent_client_gone(&lent));
	wire_shutdown(wire);
	assert_true(lent_client_gone(&lent));
	lent_close(&lent);
	assert_true(is_closed(ends[0]));
	close(ends[0]);
}

/* Refused, never taken, or not spoken of: it does not stay open. */
static void
a_file_does_not_stay(void **data)
{
	static const char *const lines[] = {
		POWER_OFF("db1", ",\"file\":true"), POWER_OFF("web1", ",\"file\":true"),
		POWER_OFF("web1", ""), POWER_OFF("web1", ",\"file\":17"), "{\"verb\":\"vms\"}", "{",
	};
	struct fixture *f = *data;

	for (size_t i = 0; i < G_N_ELEMENTS(lines); i++) {
		int ends[2];
		assert_int_equal(pipe(ends), 0);
		struct wire *wire = dial(f);
		hand_over(wire, ends[1], lines[i]);
		assert_non_null(wire_read_line(wire, NULL));
		wire_free(wire);
		assert_true(is_closed(ends[0]));
		close(ends[0]);
	}
}

static void
a_file_must_be_there(void **data)
{
	struct fixture *f = *data;
	SCOPED(wire) wire = dial(f);

	say(wire, POWER_OFF("web1", ",\"file\":true"));
	expect(wire, "no descriptor has come with the line");
	say(wire, POWER_OFF("web1", ",\"file\":\"yes\""));
	expect(wire, "bad-request");
	assert_int_equal(f->last.type, 0);
}

/* Of many only the last is kept, and none is left. */
static void
many_files_are_one(void **data)
{
	struct fixture *f = *data;
	int ends[6][2];
	struct lent lent;

	SCOPED(wire) wire = dial(f);
	for (size_t i = 0; i < 6; i++) {
		assert_int_equal(pipe(ends[i]), 0);
		wire_hand_over(wire, ends[i][1]);
		wire_put_bytes(wire, " ", 1, NULL);
		wire_flush(wire, NULL);
		close(ends[i][1]);
	}
	say(wire, POWER_OFF("web1", ",\"file\":true"));
	expect_end(wire);
	for (size_t i = 0; i < 5; i++)
		assert_true(is_closed(ends[i][0]));
	assert_true(lent_take(f->last.file, &lent));
	lent_close(&lent);
	assert_true(is_closed(ends[5][0]));
	for (size_t i = 0; i < 6; i++)
		close(ends[i][0]);
}

static void
everybody_may_connect(void **data)
{
	const struct fixture *f = *data;
	struct stat st;

	assert_int_equal(stat(f->path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0666);
}

/* --- start and stop */

static void
the_socket_of_a_dead_daemon_is_replaced(void **data)
{
	struct fixture *f = *data;
	struct sockaddr_un address;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	control_free(f->control);
	assert_true(wire_address(&address, f->path, NULL));
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(fd, 1), 0);
	close(fd); /* without unlink: as after kill -9 */
	assert_true(g_file_test(f->path, G_FILE_TEST_EXISTS));
	f->control = fixture_listen(f);
	SCOPED(wire) wire = dial(f);
	say(wire, "{\"verb\":\"nodes\"}");
	expect_end(wire);
}

static void
the_socket_of_a_living_daemon_is_not(void **data)
{
	struct fixture *f = *data;
	g_autoptr(GError) error = NULL;

	assert_null(control_new(&f->setup, &error));
	assert_non_null(strstr(error->message, "another virtclusterd is running"));
	SCOPED(wire) wire = dial(f);
	say(wire, "{\"verb\":\"nodes\"}");
	expect_end(wire);
}

static void
a_file_in_the_way_is_left_alone(void **data)
{
	struct fixture *f = *data;
	g_autoptr(GError) error = NULL;

	control_free(f->control);
	assert_true(g_file_set_contents(f->path, "precious", -1, NULL));
	assert_null(control_new(&f->setup, &error));
	assert_non_null(strstr(error->message, "not a socket"));
	assert_true(g_file_test(f->path, G_FILE_TEST_IS_REGULAR));
	g_unlink(f->path);
	f->control = fixture_listen(f);
}

static void
long_paths_are_refused(void **data)
{
	g_autofree char *path = g_strnfill(200, 'x');
	g_autoptr(GError) error = NULL;

	assert_null(wire_connect(path, 10, &error));
	assert_non_null(strstr(error->message, "107 octets at most"));
}

/* With a silent client, and one that follows a job that never ends. */
static void
stopping_is_quick(void **data)
{
	struct fixture *f = *data;

	fixture_set_job(f, JOB_RUNNING, 1, NULL);
	SCOPED(wire) silent = dial(f);
	SCOPED(wire) follower = dial(f);
	say(follower, "{\"verb\":\"follow\",\"job\":17}");
	expect(follower, "vclJobState");
	int64_t start = g_get_monotonic_time();
	control_free(f->control);
	assert_true(g_get_monotonic_time() - start < 2 * G_USEC_PER_SEC);
	assert_null(wire_read_line(silent, NULL));
	f->control = fixture_listen(f);
}

/* --- signals */

static void
wait_count(const atomic_int *count, int wanted)
{
	for (int i = 0; i < 2000 && atomic_load(count) != wanted; i++)
		g_usleep(1000);
	assert_int_equal(atomic_load(count), wanted);
}

static void
signals_are_taken(void **data)
{
	struct fixture *f = *data;

	assert_int_equal(kill(getpid(), SIGHUP), 0);
	wait_count(&f->reloads, 1);
	assert_int_equal(kill(getpid(), SIGTERM), 0);
	wait_count(&f->stops, 1);
	assert_int_equal(kill(getpid(), SIGINT), 0);
	wait_count(&f->stops, 2);
	assert_int_equal(atomic_load(&f->reloads), 1);
}

/* --- what is installed */

static void
check_settings(const char *dir, const char *text, size_t nodes)
{
	g_autofree char *file = g_build_filename(dir, "sample.conf", NULL);
	g_autoptr(GError) error = NULL;

	assert_true(g_file_set_contents(file, text, -1, NULL));
	SCOPED(settings) settings = settings_load(file, &error);
	g_unlink(file);
	if (settings == NULL)
		fail_msg("%s", error->message);
	assert_int_equal(settings->nodes->len, nodes);
}

/* As it is, and with all that is commented out: those lines are keys as well. */
static void
the_sample_configuration_is_good(void **data)
{
	const char *dir = g_getenv("VCL_BUILDDIR");
	g_autofree char *tmp = test_directory();
	g_autofree char *file = g_build_filename(dir != NULL ? dir : ".", "contrib",
	    "virtcluster.conf", NULL);
	g_autofree char *text = NULL;
	g_autoptr(GRegex) shown =
	    g_regex_new("^# (?=\\[node|\\[pool|[a-z-]+ =)", G_REGEX_MULTILINE, 0, NULL);

	assert_true(g_file_get_contents(file, &text, NULL, NULL));
	g_autofree char *full = g_regex_replace(shown, text, -1, 0, "", 0, NULL);
	check_settings(tmp, text, 0);
	check_settings(tmp, full, 3);
	g_rmdir(tmp);
}

#define SOCKET_TEST(f) cmocka_unit_test_setup_teardown(f, fixture_set_up, fixture_tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		SOCKET_TEST(bad_lines_get_an_error),
		SOCKET_TEST(deep_nesting_is_refused),
		SOCKET_TEST(a_nul_is_refused),
		SOCKET_TEST(long_lines_end_the_connection),
		SOCKET_TEST(a_line_may_come_in_pieces),
		SOCKET_TEST(half_a_line_is_refused),
		SOCKET_TEST(connections_are_bounded),
		SOCKET_TEST(many_ask_while_rows_change),
		cmocka_unit_test(who_may_act),
		cmocka_unit_test(credentials_come_from_the_kernel),
		SOCKET_TEST(strangers_may_only_look),
		SOCKET_TEST(a_file_comes_along),
		SOCKET_TEST(a_file_does_not_stay),
		SOCKET_TEST(a_file_must_be_there),
		SOCKET_TEST(many_files_are_one),
		SOCKET_TEST(everybody_may_connect),
		SOCKET_TEST(the_socket_of_a_dead_daemon_is_replaced),
		SOCKET_TEST(the_socket_of_a_living_daemon_is_not),
		SOCKET_TEST(a_file_in_the_way_is_left_alone),
		cmocka_unit_test(long_paths_are_refused),
		SOCKET_TEST(stopping_is_quick),
		SOCKET_TEST(signals_are_taken),
		cmocka_unit_test(the_sample_configuration_is_good),
	};

	control_block_signals();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
