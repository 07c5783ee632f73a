/*
 * The job manager over restarts: what an earlier process left behind is gone on with,
 * or called interrupted; after a kill -9 at any moment each accepted job has its record
 * and none runs twice.
 */
#include "tests/unit/jobs_fixture.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>

#define MINUTE_US (60 * G_USEC_PER_SEC)

static const char *program; /* to run ourselves as a child */

static int
setup(void **unused)
{
	begin_fixture();
	define_domain("web1");
	return 0;
}

static int
teardown(void **unused)
{
	end_fixture(1);
	return 0;
}

/* --- what the log of an earlier process says */

static struct job_record
old_job(uint32_t number, enum job_type type, enum job_state state, int64_t age_us)
{
	g_autoptr(virDomain) domain = find_domain("web1");
	struct job_record record = {
		.number = number,
		.request = { .type = (int32_t)type, .kind = OBJECT_VM, .origin = ORIGIN_SNMP },
		.state = (int32_t)state,
		.cause = CAUSE_NONE,
		.submitted_at = g_get_real_time() - age_us,
	};

	virDomainGetUUIDString(domain, record.request.uuid);
	g_strlcpy(record.request.name, "web1", sizeof(record.request.name));
	record.request.object = state_index(NULL, OBJECT_VM, record.request.uuid);
	if (state != JOB_WAITING)
		record.started_at = record.submitted_at;
	if (state > JOB_RUNNING)
		record.finished_at = record.submitted_at;
	return record;
}

static void
write_log(const struct job_record *const *records, size_t n)
{
	struct job_log *log = job_log_open(fix.dir, NULL);

	assert_true(job_log_write(log, records, n, NULL));
	job_log_close(log);
}

static void
write_old(struct job_record record)
{
	const struct job_record *records[] = { &record };

	write_log(records, 1);
}

static void
test_left_behind(void **unused)
{
	static const struct {
		enum job_type type;
		enum job_state left;
		int64_t age_us;
		enum job_state becomes;
		enum job_cause cause;
		const char *error;
	} cases[] = {
		{ JOB_POWER_ON, JOB_RUNNING, 0, JOB_INTERRUPTED, CAUSE_RESTART,
		    "the agent was restarted while this ran; see what has become of it" },
		{ JOB_POWER_ON, JOB_WAITING, 6 * MINUTE_US, JOB_INTERRUPTED, CAUSE_RESTART,
		    "waited 6 min while the agent was down; not run" },
		{ JOB_POWER_ON, JOB_WAITING, MINUTE_US, JOB_SUCCEEDED, CAUSE_NONE, "" },
		{ 4711, JOB_WAITING, 0, JOB_FAILED, CAUSE_IMPOSSIBLE, "cannot do that" },
		{ JOB_POWER_OFF, JOB_WAITING, 0, JOB_FAILED, CAUSE_IMPOSSIBLE,
		    "web1 is already shut off" },
		{ JOB_POWER_ON, JOB_SUCCEEDED, 0, JOB_SUCCEEDED, CAUSE_NONE, "" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		uint32_t number = 100 + (uint32_t)i;
		remove_domain("web1");
		define_domain("web1");
		write_old(old_job(number, cases[i].type, cases[i].left, cases[i].age_us));
		start_all();
		expect_job(number, cases[i].becomes, cases[i].cause, cases[i].error);
		bool started = domain_state("web1") == VIR_DOMAIN_RUNNING;
		assert_int_equal(started, i == 2);
		stop_all();
	}
}

/* The nodes have not been seen yet when the jobs are read. */
static void
test_waits_for_node(void **unused)
{
	struct cluster *cluster;

	write_old(old_job(7, JOB_POWER_ON, JOB_WAITING, 0));
	open_store();
	open_jobs();
	jobs_start(fix.jobs);
	g_usleep(300 * 1000);
	await_job(7, JOB_WAITING, &cluster);
	cluster_unref(cluster);
	assert_int_equal(domain_state("web1"), VIR_DOMAIN_SHUTOFF);
	observe_now();
	expect_success(7);
	assert_int_equal(domain_state("web1"), VIR_DOMAIN_RUNNING);
}

/* Sent again to the next process, because the answer of the first was lost. */
static void
test_fold_over_restart(void **unused)
{
	start_all();
	uint32_t first = submit(JOB_POWER_ON, "web1");
	expect_success(first);
	stop_all();
	start_all();
	assert_int_equal(submit(JOB_POWER_ON, "web1"), first);
	expect_success(first);
	uint32_t next = submit(JOB_RESET, "web1");
	assert_int_equal(next, first + 1);
	expect_success(next);
}

static void
test_command_over_restart(void **unused)
{
	start_all();
	struct request request = make_request(JOB_POWER_ON, "web1");
	g_strlcpy(request.command, "start web1", sizeof(request.command));
	uint32_t number = request_submit(jobs_door(fix.jobs), &request, NULL);
	expect_success(number);
	stop_all();
	start_all();
	struct cluster *cluster;
	await_job(number, JOB_SUCCEEDED, &cluster);
	const struct command_info *command = cluster->rows[ROWS_COMMAND].row[0];
	assert_string_equal(command->text, "start web1");
	assert_int_equal(command->job, number);
	cluster_unref(cluster);
}

/* A thousand finished jobs stay, for a day; their numbers never come back. */
static void
test_pruning(void **unused)
{
	g_autoptr(GPtrArray) records = g_ptr_array_new_with_free_func(g_free);

	for (uint32_t i = 1; i <= 1200; i++) {
		int64_t age = i == 1200 ? 25 * 60 * (int64_t)MINUTE_US : MINUTE_US;
		struct job_record record = old_job(i, JOB_RESET, JOB_SUCCEEDED, age);
		g_ptr_array_add(records, g_memdup2(&record, sizeof(record)));
	}
	write_log((const struct job_record *const *)records->pdata, records->len);
	start_all();
	SCOPED(cluster) cluster = store_get(fix.store);
	for (int i = 0; i < 500 && cluster->rows[ROWS_JOB].n != 1000; i++) {
		g_usleep(10 * 1000);
		cluster_unref(cluster);
		cluster = store_get(fix.store);
	}
	assert_int_equal(cluster->rows[ROWS_JOB].n, 1000);
	assert_null(cluster_job(cluster, 199));
	assert_non_null(cluster_job(cluster, 200));
	assert_null(cluster_job(cluster, 1200));
	stop_all();
	struct job_log *log = job_log_open(fix.dir, NULL);
	g_autoptr(GPtrArray) left = job_log_load(log, NULL);
	assert_int_equal(left->len, 1000);
	job_log_close(log);
	start_all();
	assert_int_equal(submit(JOB_POWER_ON, "web1"), 1201);
	stop_all();
}

static void
test_damaged_log(void **unused)
{
	g_autofree char *path = g_build_filename(fix.dir, STATE_FILE, NULL);
	g_autoptr(GError) error = NULL;

	open_store();
	store_free(g_steal_pointer(&fix.store));
	state_close(g_steal_pointer(&fix.state));
	assert_true(g_file_set_contents(path, "garbage that is no database at all, and long "
	    "enough to be looked at as one by whoever is interested in its header\n", -1,
	    NULL));
	fix.store = store_new(NULL, "test");
	assert_null(jobs_new(fix.store, fix.settings, &error));
	assert_non_null(strstr(error->message, path));
	store_free(g_steal_pointer(&fix.store));
	settings_unref(g_steal_pointer(&fix.settings));
}

/* --- kill -9 */

#define CHILD_VMS 60
#define ROUNDS	  8

/* The same UUIDs in each process, unlike libvirt's random ones. */
static void
define_all(void)
{
	fix.hypervisor = virt_connect("test:///default", NULL);
	for (unsigned i = 0; i < CHILD_VMS; i++) {
		g_autofree char *xml = g_strdup_printf("<domain type='test'>"
		    "<name>child%u</name><uuid>00000000-0000-4000-8000-%012x</uuid>"
		    "<memory>65536</memory><vcpu>1</vcpu><os><type>hvm</type></os></domain>",
		    i, i);
		virDomainFree(virDomainDefineXML(fix.hypervisor, xml));
	}
}

static void
child_open(const char *dir)
{
	fix.dir = g_strdup(dir);
	virt_init();
	define_all();
	ran_path = g_build_filename(dir, "ran", NULL);
	start_all();
}

/* Powers on one VM after the other, and says what was accepted, until it is killed. */
static int
child_submit(const char *dir)
{
	const struct request_door *door;

	child_open(dir);
	door = jobs_door(fix.jobs);
	for (unsigned i = 0; i < CHILD_VMS; i++) {
		g_autofree char *name = g_strdup_printf("child%u", i);
		struct request request = make_request(JOB_POWER_ON, name);
		struct ticket *ticket = door->reserve(door->manager, &request, NULL);
		if (ticket == NULL)
			return 8;
		printf("%u\n", door->commit(door->manager, ticket));
		fflush(stdout);
		if (i % 7 == 6)
			g_usleep(3000); /* a longer time between commit and settle */
		door->settle(door->manager, ticket);
	}
	for (;;)
		pause();
}

/* Lets all that was left come to its end. */
static int
child_finish(const char *dir)
{
	child_open(dir);
	for (;;) {
		SCOPED(cluster) cluster = store_get(fix.store);
		const struct rows *jobs = &cluster->rows[ROWS_JOB];
		size_t unfinished = 0;
		for (size_t i = 0; i < jobs->n; i++)
			unfinished += ((const struct job *)jobs->row[i])->state < JOB_SUCCEEDED;
		if (unfinished == 0)
			break;
		g_usleep(5000);
	}
	stop_all();
	return 0;
}

static pid_t
run_child(const char *verb, int *output)
{
	int fds[2];

	assert_int_equal(pipe(fds), 0);
	fflush(NULL);
	pid_t pid = fork();
	if (pid == 0) {
		dup2(fds[1], STDOUT_FILENO);
		close(fds[0]);
		close(fds[1]);
		execl(program, program, verb, fix.dir, (char *)NULL);
		_exit(7);
	}
	close(fds[1]);
	*output = fds[0];
	return pid;
}

/* Each number that the child said it had accepted. */
static GArray *
read_numbers(FILE *stream)
{
	GArray *numbers = g_array_new(FALSE, FALSE, sizeof(uint32_t));
	char line[32];

	while (fgets(line, sizeof(line), stream) != NULL) {
		uint32_t number = (uint32_t)strtoul(line, NULL, 10);
		if (strchr(line, '\n') != NULL)
			g_array_append_val(numbers, number);
	}
	return numbers;
}

static void
finish_in_child(void)
{
	int output, status;
	pid_t pid = run_child("finish", &output);

	assert_int_equal(waitpid(pid, &status, 0), pid);
	close(output);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

/* How often each VM was started. */
static GHashTable *
read_ran(void)
{
	g_autofree char *path = g_build_filename(fix.dir, "ran", NULL), *text = NULL;
	GHashTable *counts = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

	if (!g_file_get_contents(path, &text, NULL, NULL))
		return counts;
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
	for (char **line = lines; **line != '\0'; line++) {
		int count = GPOINTER_TO_INT(g_hash_table_lookup(counts, *line));
		g_hash_table_insert(counts, g_strdup(*line), GINT_TO_POINTER(count + 1));
	}
	return counts;
}

static void
check_records(GArray *numbers, unsigned *interrupted, unsigned *succeeded)
{
	struct job_log *log = job_log_open(fix.dir, NULL);
	g_autoptr(GPtrArray) records = job_log_load(log, NULL);
	g_autoptr(GHashTable) ran = read_ran();
	g_autoptr(GHashTable) known = g_hash_table_new(NULL, NULL);

	job_log_close(log);
	for (guint i = 0; i < records->len; i++) {
		const struct job_record *r = records->pdata[i];
		int count = GPOINTER_TO_INT(g_hash_table_lookup(ran, r->request.name));
		assert_true(g_hash_table_add(known, GUINT_TO_POINTER(r->number)));
		assert_true(job_record_is_finished(r));
		assert_in_range(count, 0, 1);
		if (r->state == JOB_SUCCEEDED)
			assert_int_equal(count, 1);
		else if (r->state != JOB_INTERRUPTED)
			fail_msg("job %u: %s", r->number, r->error);
		*succeeded += r->state == JOB_SUCCEEDED;
		*interrupted += r->state == JOB_INTERRUPTED;
	}
	for (guint i = 0; i < numbers->len; i++) {
		uint32_t number = g_array_index(numbers, uint32_t, i);
		if (!g_hash_table_contains(known, GUINT_TO_POINTER(number)))
			fail_msg("job %u has no record", number);
	}
}

static void
clear_dir(void)
{
	remove_dir();
	fix.dir = test_directory();
}

static void
test_kill(void **unused)
{
	unsigned interrupted = 0, succeeded = 0, accepted = 0;

	for (unsigned round = 0; round < ROUNDS; round++) {
		int output, status;
		pid_t pid = run_child("submit", &output);
		FILE *stream = fdopen(output, "r");
		int first = fgetc(stream); /* it has begun */
		assert_int_not_equal(first, EOF);
		ungetc(first, stream);
		g_usleep((gulong)g_random_int_range(0, 5000 * (int)(round + 1)));
		kill(pid, SIGKILL);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFSIGNALED(status));
		g_autoptr(GArray) numbers = read_numbers(stream);
		fclose(stream);
		accepted += numbers->len;
		finish_in_child();
		check_records(numbers, &interrupted, &succeeded);
		clear_dir();
	}
	print_message("# %u accepted, %u succeeded, %u interrupted\n", accepted, succeeded,
	    interrupted);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		TEST(test_left_behind),
		TEST(test_waits_for_node),
		TEST(test_fold_over_restart),
		TEST(test_command_over_restart),
		TEST(test_pruning),
		TEST(test_damaged_log),
		TEST(test_kill),
	};

	if (argc == 3)
		return strcmp(argv[1], "submit") == 0 ? child_submit(argv[2])
						      : child_finish(argv[2]);
	program = "/proc/self/exe";
	virt_init();
	int failed = cmocka_run_group_tests_name("jobs_restart", tests, NULL, NULL);
	virt_quit();
	return failed;
}
