/* The job log: records come back as they were written; numbers never come back. */
#include "tests/unit/test.h"

#include "common/db.h"
#include "model/state.h"
#include "vmops/job_log.h"

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

static struct job_log *
open_log(void)
{
	g_autoptr(GError) error = NULL;
	struct job_log *log = job_log_open(dir, &error);

	if (error != NULL)
		fail_msg("%s", error->message);
	return log;
}

static struct job_record
record_number(uint32_t number)
{
	struct job_record record = {
		.number = number,
		.request = {
			.type = JOB_SHUTDOWN,
			.kind = OBJECT_VM,
			.object = 4711,
			.origin = ORIGIN_CLI,
			.name = "web1",
			.uuid = "11111111-2222-4333-8444-555555555555",
			.argument = "an argument",
			.command = "shutdown web1",
			.requester = "root",
		},
		.state = JOB_WAITING,
		.cause = CAUSE_NONE,
		.submitted_at = 1234567890123456,
	};

	return record;
}

static void
write_one(struct job_log *log, const struct job_record *record)
{
	g_autoptr(GError) error = NULL;

	if (!job_log_write(log, &record, 1, &error))
		fail_msg("%s", error->message);
}

static void
assert_same(const struct job_record *a, const struct job_record *b)
{
	assert_int_equal(a->number, b->number);
	assert_memory_equal(&a->request, &b->request, sizeof(a->request));
	assert_int_equal(a->node, b->node);
	assert_int_equal(a->state, b->state);
	assert_int_equal(a->cause, b->cause);
	assert_string_equal(a->error, b->error);
	assert_int_equal(a->progress.percent, b->progress.percent);
	assert_int_equal(a->progress.processed, b->progress.processed);
	assert_int_equal(a->progress.remaining, b->progress.remaining);
	assert_int_equal(a->progress.rate, b->progress.rate);
	assert_int_equal(a->progress.iteration, b->progress.iteration);
	assert_int_equal(a->progress.downtime_ms, b->progress.downtime_ms);
	assert_string_equal(a->progress.step, b->progress.step);
	assert_int_equal(a->submitted_at, b->submitted_at);
	assert_int_equal(a->started_at, b->started_at);
	assert_int_equal(a->finished_at, b->finished_at);
}

static void
test_write_and_load(void **unused)
{
	struct job_record first = record_number(7), second = record_number(8);
	struct job_log *log = open_log();

	write_one(log, &first);
	write_one(log, &second);
	first.state = JOB_RUNNING;
	first.node = 99;
	first.started_at = 1234567890223456;
	write_one(log, &first);
	job_record_finish(&second, JOB_FAILED, CAUSE_TIMEOUT, "it did not work");
	second.progress.percent = 42;
	second.progress.processed = INT64_C(5) << 30;
	second.progress.downtime_ms = 120;
	g_strlcpy(second.progress.step, "copying vda", sizeof(second.progress.step));
	write_one(log, &second);
	job_log_close(log);

	log = open_log();
	g_autoptr(GPtrArray) records = job_log_load(log, NULL);
	assert_int_equal(records->len, 2);
	assert_same(records->pdata[0], &first);
	assert_same(records->pdata[1], &second);
	job_log_close(log);
}

/* What a VM that is to be made shall be is kept in words. */
static void
test_machine(void **unused)
{
	struct job_record record = record_number(9);
	struct job_log *log = open_log();

	record.request.type = JOB_VM_CREATE;
	record.request.kind = OBJECT_TEMPLATE;
	assert_true(request_options_parse(&record.request, "vcpus=2 memory=300 disk=64 "
	    "network=lan hostname=a.b user=ops ssh-key=AAAABBBB no-start", NULL));
	write_one(log, &record);
	job_log_close(log);

	log = open_log();
	g_autoptr(GPtrArray) records = job_log_load(log, NULL);
	assert_int_equal(records->len, 1);
	assert_same(records->pdata[0], &record);
	job_log_close(log);
}

/* A file that was written before there were options and progress. */
static void
test_earlier_layout(void **unused)
{
	g_autofree char *path = g_build_filename(dir, STATE_FILE, NULL);
	struct db *db = db_open(path, STATE_VERSION,
	    "CREATE TABLE jobs(number INTEGER PRIMARY KEY AUTOINCREMENT, type INTEGER NOT NULL,"
	    " kind INTEGER NOT NULL, object INTEGER NOT NULL, name TEXT, uuid TEXT,"
	    " argument TEXT, command TEXT, requester TEXT, origin INTEGER NOT NULL,"
	    " node INTEGER NOT NULL, state INTEGER NOT NULL, cause INTEGER NOT NULL,"
	    " error TEXT, progress INTEGER NOT NULL, submitted_at INTEGER NOT NULL,"
	    " started_at INTEGER NOT NULL, finished_at INTEGER NOT NULL);"
	    "INSERT INTO jobs VALUES(17, 2, 3, 5, 'web1', '', '', '', '', 1, 9, 3, 1, '', 100,"
	    " 1, 2, 3)", NULL);
	assert_non_null(db);
	db_close(db);
	struct job_log *log = open_log();
	g_autoptr(GPtrArray) records = job_log_load(log, NULL);
	uint32_t last = 0;
	assert_int_equal(records->len, 1);
	assert_int_equal(((struct job_record *)records->pdata[0])->number, 17);
	assert_true(job_log_last_number(log, &last, NULL));
	assert_int_equal(last, 17);
	job_log_close(log);
}

/* Numbers that somebody chose do not move ours. */
static void
test_chosen_numbers(void **unused)
{
	struct job_record ours = record_number(7), chosen = record_number(4000000000u);
	struct job_log *log = open_log();
	uint32_t last = 0;

	chosen.request.chosen = chosen.number;
	assert_true(job_log_last_number(log, &last, NULL));
	write_one(log, &ours);
	write_one(log, &chosen);
	job_log_close(log);
	log = open_log();
	assert_true(job_log_last_number(log, &last, NULL));
	assert_int_equal(last, 7);
	job_log_close(log);
}

static void
test_numbers(void **unused)
{
	struct job_record record = record_number(70);
	struct job_log *log = open_log();
	uint32_t last = 1, number = 70;

	assert_true(job_log_last_number(log, &last, NULL));
	assert_int_equal(last, 0);
	write_one(log, &record);
	assert_true(job_log_remove(log, &number, 1, NULL));
	g_autoptr(GPtrArray) records = job_log_load(log, NULL);
	assert_int_equal(records->len, 0);
	job_log_close(log);
	log = open_log();
	assert_true(job_log_last_number(log, &last, NULL));
	assert_int_equal(last, 70);
	job_log_close(log);
}

/* The state's connection and this one write to one file in turn. */
static void
test_beside_state(void **unused)
{
	struct state *state = state_open(dir, NULL);
	struct job_log *log = open_log();

	for (uint32_t i = 1; i <= 50; i++) {
		g_autofree char *name = g_strdup_printf("node%u", i);
		struct job_record record = record_number(i);
		write_one(log, &record);
		state_index(state, OBJECT_NODE, name);
		assert_true(state_flush(state, NULL));
	}
	job_log_close(log);
	state_close(state);
}

static void
test_clean(void **unused)
{
	static const struct {
		const char *dirty, *clean;
	} cases[] = {
		{ "web1", "web1" },
		{ "", "" },
		{ "a\nb\tc\x1b[0m", "a b c [0m" },
		{ "gr\xc3\xbc\xc3\x9f", "gr\xc3\xbc\xc3\x9f" },
		{ "bad \xff\xfe", "bad ??" },
		{ "cut \xe2\x82", "cut ??" },
		{ "c1 \xc2\x85.", "c1   ." },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		char text[32];
		g_strlcpy(text, cases[i].dirty, sizeof(text));
		job_text_clean(text, sizeof(text));
		assert_string_equal(text, cases[i].clean);
	}
	char unended[4] = { 'a', 'b', 'c', 'd' };
	job_text_clean(unended, sizeof(unended));
	assert_string_equal(unended, "abc");
}

/* A sentence that is too long is cut at a character. */
static void
test_long_sentence(void **unused)
{
	struct job_record record = record_number(1);
	g_autoptr(GString) text = g_string_new("x");

	for (int i = 0; i < 300; i++)
		g_string_append(text, "\xc3\xbc");
	job_record_finish(&record, JOB_FAILED, CAUSE_LIBVIRT, text->str);
	assert_true(g_utf8_validate(record.error, -1, NULL));
	assert_in_range(strlen(record.error), 253, 255);
	assert_true(job_record_is_finished(&record));
	assert_true(record.finished_at > 0);
	job_record_finish(&record, JOB_SUCCEEDED, CAUSE_NONE, NULL);
	assert_string_equal(record.error, "");
}

static void
test_damaged(void **unused)
{
	g_autofree char *path = g_build_filename(dir, STATE_FILE, NULL);
	g_autoptr(GError) error = NULL;

	assert_true(g_file_set_contents(path, "garbage that is no database at all, and long "
	    "enough to be looked at as one by whoever is interested in its header\n", -1,
	    NULL));
	assert_null(job_log_open(dir, &error));
	assert_non_null(strstr(error->message, path));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(test_write_and_load),
		TEST(test_machine),
		TEST(test_earlier_layout),
		TEST(test_chosen_numbers),
		TEST(test_numbers),
		TEST(test_beside_state),
		TEST(test_clean),
		TEST(test_long_sentence),
		TEST(test_damaged),
	};

	return cmocka_run_group_tests_name("job_log", tests, NULL, NULL);
}
