/* The index map and the event log: what is on disk after whatever end of the process. */
#include "tests/unit/test.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/db.h"
#include "model/memory.h"
#include "model/part.h"
#include "model/state.h"

#define UUID_A "11111111-2222-4333-8444-555555555555"
#define UUID_B "66666666-7777-4888-9999-aaaaaaaaaaaa"

static char *dir;

static int
setup(void **unused)
{
	dir = test_directory();
	return 0;
}

static int
teardown(void **unused)
{
	test_directory_remove(g_steal_pointer(&dir));
	return 0;
}

static char *
db_path(void)
{
	return g_build_filename(dir, STATE_FILE, NULL);
}

static struct state *
open_state(void)
{
	g_autoptr(GError) error = NULL;
	struct state *state = state_open(dir, &error);

	if (error != NULL)
		fail_msg("%s", error->message);
	assert_non_null(state);
	return state;
}

static void
flush(struct state *state)
{
	g_autoptr(GError) error = NULL;

	assert_true(state_flush(state, &error));
}

/* Opening must fail with one sentence that names the file and contains `what`. */
static void
refuse_open(const char *what)
{
	g_autoptr(GError) error = NULL;

	assert_null(state_open(dir, &error));
	assert_non_null(error);
	assert_non_null(strstr(error->message, dir));
	if (strstr(error->message, what) == NULL)
		fail_msg("\"%s\" does not say \"%s\"", error->message, what);
}

/* What another program did to the file. */
static void
run_sql(const char *sql)
{
	g_autofree char *path = db_path();
	sqlite3 *db;

	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
}

/* --- indexes */

static void
test_hash(void **unused)
{
	static const struct {
		enum object_kind kind;
		const char *identity;
		uint32_t index;
	} cases[] = {
		/* first 32 bits of sha256sum, shifted right by one */
		{ OBJECT_VM,   UUID_A,  926366494 },
		{ OBJECT_NODE, "alpha", 1188193057 },
		{ OBJECT_NODE, "beta",  1448047535 },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		assert_int_equal(state_hash_index(cases[i].kind, cases[i].identity),
		    cases[i].index);
		assert_int_equal(state_index(NULL, cases[i].kind, cases[i].identity),
		    cases[i].index);
	}
	assert_int_not_equal(state_hash_index(OBJECT_VM, "alpha"),
	    state_hash_index(OBJECT_NODE, "alpha"));
}

static void
test_reopen(void **unused)
{
	struct state *state = open_state();
	uint32_t a = state_index(state, OBJECT_VM, UUID_A);
	uint32_t alpha = state_index(state, OBJECT_NODE, "alpha");

	assert_int_equal(a, state_index(state, OBJECT_VM, UUID_A));
	flush(state);
	flush(state);
	state_close(state);
	state = open_state();
	assert_int_equal(a, state_index(state, OBJECT_VM, UUID_A));
	assert_int_equal(alpha, state_index(state, OBJECT_NODE, "alpha"));
	state_close(state);
}

static void
seed_index(uint32_t index, const char *identity)
{
	g_autofree char *sql = g_strdup_printf(
	    "INSERT INTO indexes(idx, identity) VALUES(%u, '%s')", index, identity);

	run_sql(sql);
}

/* A place that is taken goes to the next free one, beyond the end to the first. */
static void
test_probing(void **unused)
{
	uint32_t hash = state_hash_index(OBJECT_VM, UUID_A);
	struct state *state = open_state();

	state_close(state);
	seed_index(hash, "vm:somebody");
	seed_index(hash + 1, "vm:somebody-else");
	state = open_state();
	assert_int_equal(state_index(state, OBJECT_VM, UUID_A), hash + 2);
	flush(state);
	state_close(state);
	/* the first two are gone, and still nobody moves */
	run_sql("DELETE FROM indexes WHERE identity LIKE 'vm:somebody%'");
	state = open_state();
	assert_int_equal(state_index(state, OBJECT_VM, UUID_A), hash + 2);
	state_close(state);
}

static void
test_many(void **unused)
{
	struct state *state = open_state();
	g_autoptr(GHashTable) seen = g_hash_table_new(NULL, NULL);

	for (unsigned i = 0; i < 5000; i++) {
		g_autofree char *name = g_strdup_printf("node%u", i);
		uint32_t index = state_index(state, OBJECT_NODE, name);
		assert_in_range(index, 1, 2147483647);
		assert_true(g_hash_table_add(seen, GUINT_TO_POINTER(index)));
	}
	flush(state);
	state_close(state);
	state = open_state();
	for (unsigned i = 0; i < 5000; i++) {
		g_autofree char *name = g_strdup_printf("node%u", i);
		uint32_t index = state_index(state, OBJECT_NODE, name);
		assert_true(g_hash_table_contains(seen, GUINT_TO_POINTER(index)));
	}
	state_close(state);
}

static void
test_out_of_range_rows(void **unused)
{
	struct state *state = open_state();

	state_close(state);
	run_sql("INSERT INTO indexes(idx, identity) VALUES(0, 'vm:zero'), (-5, 'vm:minus'),"
		" (4294967297, 'vm:huge')");
	state = open_state();
	assert_int_equal(state_index(state, OBJECT_VM, "zero"),
	    state_hash_index(OBJECT_VM, "zero"));
	state_close(state);
}

/* --- events */

static void
add_event(struct state *state, const char *name, uint32_t *sequence)
{
	struct event event = {
		.type = EVENT_VM_STATE,
		.severity = SEVERITY_WARNING,
		.kind = OBJECT_VM,
		.object = 4711,
		.name = name,
		.uuid = UUID_A,
		.old_state = "running",
		.new_state = "shutOff",
		.reason = "a \"reason\"; -- with 'quotes'",
		.node = "alpha",
		.at = 1234567890123456,
		.alarm = 9, .oper_before = 4, .oper_after = 5, .persistent = 1,
	};

	state_add_event(state, &event);
	*sequence = event.h.index;
}

static struct part *
load(struct state *state, unsigned most, guint expected)
{
	g_autoptr(GError) error = NULL;
	struct part *part = part_new("events", NULL);

	assert_true(state_load_events(state, part, most, &error));
	assert_int_equal(part->rows[ROWS_EVENT]->len, expected);
	return part;
}

static void
test_events(void **unused)
{
	struct state *state = open_state();
	uint32_t first, second;

	add_event(state, "web1", &first);
	add_event(state, "web2", &second);
	assert_int_equal(second, first + 1);
	flush(state);
	state_close(state);

	state = open_state();
	struct part *part = load(state, 100, 2);
	const struct event *event = part->rows[ROWS_EVENT]->pdata[0];
	assert_int_equal(event->h.index, first);
	assert_int_equal(event->type, EVENT_VM_STATE);
	assert_int_equal(event->severity, SEVERITY_WARNING);
	assert_int_equal(event->kind, OBJECT_VM);
	assert_int_equal(event->object, 4711);
	assert_string_equal(event->name, "web1");
	assert_string_equal(event->uuid, UUID_A);
	assert_string_equal(event->old_state, "running");
	assert_string_equal(event->new_state, "shutOff");
	assert_string_equal(event->reason, "a \"reason\"; -- with 'quotes'");
	assert_string_equal(event->node, "alpha");
	assert_int_equal(event->at, 1234567890123456);
	assert_int_equal(event->alarm, 9);
	assert_int_equal(event->oper_before, 4);
	assert_int_equal(event->oper_after, 5);
	assert_int_equal(event->persistent, 1);
	part_unref(part);
	part = load(state, 1, 1);
	event = part->rows[ROWS_EVENT]->pdata[0];
	assert_string_equal(event->name, "web2");
	part_unref(part);
	state_close(state);
}

/* Only the last thousand stay; a number never comes back, even when all rows are gone. */
static void
test_pruning(void **unused)
{
	struct state *state = open_state();
	uint32_t sequence = 0, next;

	for (unsigned i = 0; i < 1500; i++) {
		add_event(state, "web1", &sequence);
		if (i % 100 == 0)
			flush(state);
	}
	flush(state);
	struct part *part = load(state, 5000, 1000);
	const struct event *oldest = part->rows[ROWS_EVENT]->pdata[0];
	const struct event *newest = part->rows[ROWS_EVENT]->pdata[999];
	assert_int_equal(oldest->h.index, sequence - 999);
	assert_int_equal(newest->h.index, sequence);
	part_unref(part);
	state_close(state);
	run_sql("DELETE FROM events");
	state = open_state();
	add_event(state, "web1", &next);
	assert_int_equal(next, sequence + 1);
	state_close(state);
}

/* --- ends of the process, and of the file */

/* What was flushed is there although nobody closed anything. */
static void
test_kill(void **unused)
{
	uint32_t expected = state_hash_index(OBJECT_VM, UUID_A), sequence;
	pid_t child = fork();
	int status;

	if (child == 0) {
		struct state *state = state_open(dir, NULL);
		state_index(state, OBJECT_VM, UUID_A);
		add_event(state, "web1", &sequence);
		if (!state_flush(state, NULL))
			_exit(1);
		state_index(state, OBJECT_VM, UUID_B); /* never flushed, never answered */
		kill(getpid(), SIGKILL);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status));
	struct state *state = open_state();
	assert_int_equal(state_index(state, OBJECT_VM, UUID_A), expected);
	part_unref(load(state, 10, 1));
	add_event(state, "web2", &sequence);
	assert_int_equal(sequence, 2);
	state_close(state);
}

static struct memory *
load_memory(struct state *state)
{
	struct memory *memory = memory_new();

	assert_true(state_load_memory(state, memory, NULL));
	return memory;
}

static void
test_memory(void **unused)
{
	static const struct remembered node = { .kind = OBJECT_NODE, .state = NODE_ONLINE,
		.fenced_at = 77 };
	static const struct remembered app = { .kind = OBJECT_APP, .state = APP_STARTED,
		.node = 3, .last_node = 4, .troubled = 1 };
	static const struct remembered unsound = { .kind = OBJECT_VM, .state = 999 };
	struct state *state = open_state();

	state_remember(state, 1, &node);
	state_remember(state, 2, &app);
	state_remember(state, 3, &node);
	state_remember(state, 4, &unsound);
	assert_true(state_flush(state, NULL));
	state_remember(state, 3, NULL);
	assert_true(state_flush(state, NULL));
	state_close(state);
	state = open_state();
	struct memory *memory = load_memory(state);
	assert_int_equal(memory_of(memory, 1)->fenced_at, 77);
	assert_int_equal(memory_of(memory, 2)->node, 3);
	assert_int_equal(memory_of(memory, 2)->last_node, 4);
	assert_int_equal(memory_of(memory, 2)->troubled, 1);
	assert_false(memory_of(memory, 2)->settled);
	assert_null(memory_of(memory, 3));
	assert_null(memory_of(memory, 4));
	assert_null(memory_of(NULL, 1));
	memory_free(memory);
	state_close(state);
}

/* A file of a version that did not tell what was sent. */
static void
test_sent(void **unused)
{
	uint32_t sequence;
	struct state *state = open_state();

	add_event(state, "web1", &sequence);
	add_event(state, "web2", &sequence);
	assert_true(state_flush(state, NULL));
	assert_int_equal(state_sent(state), 0);
	state_close(state);
	run_sql("DROP TABLE sent; ALTER TABLE events DROP COLUMN alarm");
	state = open_state();
	assert_int_equal(state_sent(state), 2);
	add_event(state, "web3", &sequence);
	assert_true(state_flush(state, NULL));
	state_close(state);
	state = open_state();
	assert_int_equal(state_sent(state), 2);
	state_set_sent(state, 3);
	assert_true(state_flush(state, NULL));
	state_close(state);
	state = open_state();
	assert_int_equal(state_sent(state), 3);
	state_close(state);
}

static void
test_one_process(void **unused)
{
	struct state *state = open_state();

	g_autofree char *who = g_strdup_printf("(process %d on %s)", (int)getpid(),
	    g_get_host_name());

	refuse_open("another virtclusterd");
	refuse_open(who);
	state_close(state);
	state_close(open_state());
}

static void
test_private(void **unused)
{
	g_autofree char *path = db_path();
	struct state *state = open_state();
	struct stat st;

	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	state_close(state);
}

static void
test_newer_version(void **unused)
{
	state_close(open_state());
	run_sql("PRAGMA user_version = 99");
	refuse_open("newer version");
}

static void
test_not_a_database(void **unused)
{
	g_autofree char *path = db_path();

	assert_true(g_file_set_contents(path, "this is no database at all, just text, and "
	    "some more of it so that there is something to look at\n", -1, NULL));
	refuse_open(STATE_FILE);
}

/* Garbage in the middle of a page of an index. */
static void
test_damaged(void **unused)
{
	g_autofree char *path = db_path();
	struct state *state = open_state();
	char garbage[4096];

	for (unsigned i = 0; i < 2000; i++) {
		g_autofree char *name = g_strdup_printf("node%u", i);
		state_index(state, OBJECT_NODE, name);
	}
	flush(state);
	state_close(state);
	int fd = open(path, O_WRONLY);
	off_t size = lseek(fd, 0, SEEK_END);
	memset(garbage, 0xa5, sizeof(garbage));
	for (off_t at = 4 * 4096; at < size; at += 2 * 4096)
		assert_int_equal(pwrite(fd, garbage, sizeof(garbage), at), sizeof(garbage));
	close(fd);
	refuse_open(STATE_FILE);
}

static void
test_no_directory(void **unused)
{
	g_autoptr(GError) error = NULL;

	assert_null(state_open("/nonexistent/virtcluster", &error));
	assert_non_null(strstr(error->message, "/nonexistent/virtcluster"));
}

/* What could not be written is written by the next flush. */
static void
test_flush_again(void **unused)
{
	struct state *state = open_state();
	g_autoptr(GError) error = NULL;
	uint32_t sequence;

	run_sql("ALTER TABLE events RENAME TO elsewhere");
	state_index(state, OBJECT_VM, UUID_A);
	add_event(state, "web1", &sequence);
	assert_false(state_flush(state, &error));
	assert_non_null(strstr(error->message, STATE_FILE));
	run_sql("ALTER TABLE elsewhere RENAME TO events");
	flush(state);
	part_unref(load(state, 10, 1));
	state_close(state);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(test_hash),
		TEST(test_reopen),
		TEST(test_probing),
		TEST(test_many),
		TEST(test_out_of_range_rows),
		TEST(test_events),
		TEST(test_pruning),
		TEST(test_kill),
		TEST(test_memory),
		TEST(test_sent),
		TEST(test_one_process),
		TEST(test_private),
		TEST(test_newer_version),
		TEST(test_not_a_database),
		TEST(test_damaged),
		TEST(test_no_directory),
		TEST(test_flush_again),
	};

	return cmocka_run_group_tests_name("state", tests, NULL, NULL);
}
