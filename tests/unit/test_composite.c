/*
 * Jobs that make jobs: evacuation, maintenance and balance with migrations that are only
 * played (rows go from one node's part to another's), power sequences on libvirt's test
 * driver.
 */
#include "tests/unit/jobs_fixture.h"

#include "model/rules.h"
#include "vmops/balancer.h"
#include "vmops/ops.h"

#include <stdlib.h>

#define VMS 10

/* --- a cluster of three nodes that is played */

static const char *const nodes[] = { "alpha", "beta", "gamma" };

static struct {
	pthread_mutex_t lock;
	unsigned node[VMS]; /* where each VM is */
	unsigned n;
	bool hold;          /* migrations take until they are cancelled or let go */
	bool full[3];       /* a migration to that node fails */
	unsigned now, most; /* migrations at once */
	unsigned begun[VMS];
} world = { .lock = PTHREAD_MUTEX_INITIALIZER };

static char *
vm_name(unsigned i)
{
	return i == 0 ? g_strdup("db1") : g_strdup_printf("web%u", i);
}

static struct part *
world_part(unsigned node)
{
	struct part *part = test_node_part(nodes[node], NODE_ONLINE);
	struct node *row = part->rows[ROWS_NODE]->pdata[0];

	row->mem_total = 4096;
	row->cpus = 4;
	row->hypervisor = "QEMU";
	LOCK_SCOPE(&world.lock);
	for (unsigned i = 0; i < world.n; i++) {
		g_autofree char *name = vm_name(i);
		if (world.node[i] == node)
			test_add_vm(part, name, 100 + i, VM_RUNNING);
	}
	return part;
}

static void
observe_world(void *context, const char *node, const char *uuid)
{
	for (unsigned i = 0; i < G_N_ELEMENTS(nodes); i++)
		store_publish(fix.store, world_part(i), PUBLISH_NOW);
}

static unsigned
on_node(unsigned node)
{
	unsigned n = 0;

	LOCK_SCOPE(&world.lock);
	for (unsigned i = 0; i < world.n; i++)
		n += world.node[i] == node;
	return n;
}

/* --- the played migration */

static unsigned
node_number(uint32_t index)
{
	unsigned i = 0;

	while (i < G_N_ELEMENTS(nodes) && state_index(NULL, OBJECT_NODE, nodes[i]) != index)
		i++;
	return i;
}

static bool
is_held(void)
{
	LOCK_SCOPE(&world.lock);
	return world.hold;
}

static bool
play(const struct op_run *run, GError **error)
{
	unsigned vm = strcmp(run->name, "db1") == 0 ? 0 : (unsigned)atoi(run->name + 3);
	unsigned target = node_number(run->request->target);

	do
		if (!run->pause(run->context, 20000, error))
			return false;
	while (is_held());
	LOCK_SCOPE(&world.lock);
	if (target >= G_N_ELEMENTS(nodes) || world.full[target] || vm == 0)
		return op_fail(run, CAUSE_LIBVIRT, "refuses to move", error);
	world.node[vm] = target;
	return true;
}

static bool
played_migration(const struct op_run *run, GError **error)
{
	unsigned vm = strcmp(run->name, "db1") == 0 ? 0 : (unsigned)atoi(run->name + 3);

	if (!run->begin(run->context, error))
		return false;
	pthread_mutex_lock(&world.lock);
	world.begun[vm]++;
	world.now++;
	world.most = MAX(world.most, world.now);
	pthread_mutex_unlock(&world.lock);
	bool good = play(run, error);
	LOCK_SCOPE(&world.lock);
	world.now--;
	return good;
}

const struct op *__real_op_find(int32_t type);
const struct op *__wrap_op_find(int32_t type);

const struct op *
__wrap_op_find(int32_t type)
{
	static const struct op migration = { JOB_MIGRATE, OBJECT_VM, "migrated",
		played_migration, OP_ALIVE, 60, LEAVES_NODE, .cancellable = true };

	return type == JOB_MIGRATE ? &migration : __real_op_find(type);
}

/* --- the manager on it */

static const char *extra = ""; /* configuration */

static struct settings *
world_settings(void)
{
	g_autofree char *path = g_build_filename(fix.dir, "test.conf", NULL);
	g_autofree char *text = g_strdup_printf("[cluster]\ncontrol=on\nstate-dir=%s\n"
	    "[node alpha]\nuri=test:///default\n[node beta]\nuri=test:///default\n"
	    "[node gamma]\nuri=test:///default\n%s", fix.dir, extra);
	g_autoptr(GError) error = NULL;

	assert_true(g_file_set_contents(path, text, -1, NULL));
	struct settings *settings = settings_load(path, &error);
	if (settings == NULL)
		fail_msg("%s", error->message);
	return settings;
}

static void
start_world(bool played)
{
	open_store();
	settings_unref(fix.settings);
	fix.settings = world_settings();
	open_jobs();
	if (played) {
		jobs_set_poke(fix.jobs, observe_world, NULL);
		publish_now(world_part(2));
		publish_now(world_part(1));
		publish_now(world_part(0));
	} else {
		observe_now();
	}
	jobs_start(fix.jobs);
}

static int
setup(void **unused)
{
	begin_fixture();
	LOCK_SCOPE(&world.lock);
	memset(world.node, 0, sizeof(world.node));
	memset(world.full, 0, sizeof(world.full));
	memset(world.begun, 0, sizeof(world.begun));
	world.n = VMS;
	world.hold = false;
	world.now = world.most = 0;
	extra = "";
	return 0;
}

static const char *const domains[] = { "db1", "db2", "web1", "web2" };

static int
teardown(void **unused)
{
	if (fix.jobs != NULL)
		stop_all();
	for (size_t i = 0; i < G_N_ELEMENTS(domains); i++)
		remove_domain(domains[i]);
	virConnectClose(fix.hypervisor);
	remove_dir();
	return 0;
}

static uint32_t
ask(const char *words)
{
	SCOPED(cluster) cluster = store_get(fix.store);
	g_autoptr(GError) error = NULL;
	struct request request;

	if (!command_parse(cluster, words, &request, &error))
		fail_msg("%s", error->message);
	g_strlcpy(request.requester, "tester", sizeof(request.requester));
	uint32_t job = request_submit(jobs_door(fix.jobs), &request, &error);
	if (job == 0)
		fail_msg("%s", error->message);
	return job;
}

static void
refuse_words(const char *words, enum request_error code, const char *what)
{
	SCOPED(cluster) cluster = store_get(fix.store);
	struct request request;

	assert_true(command_parse(cluster, words, &request, NULL));
	refuse(&request, code, what);
}

/* As expect_job, with more time than one job has. */
static void
expect_end(uint32_t number, enum job_state state, const char *error)
{
	int64_t deadline = g_get_monotonic_time() + 60 * G_USEC_PER_SEC;
	struct cluster *cluster = store_get(fix.store);
	const struct job *job;

	while (((job = cluster_job(cluster, number)) == NULL || job->state < JOB_SUCCEEDED) &&
	    g_get_monotonic_time() < deadline) {
		uint64_t generation = cluster->generation;
		cluster_unref(cluster);
		cluster = store_wait(fix.store, generation, G_USEC_PER_SEC);
	}
	assert_non_null(job);
	if (job->state != (int32_t)state || strstr(job->error, error) == NULL)
		fail_msg("job %u %s: \"%s\"", number,
		    enum_to_name(job_state_names, job->state), job->error);
	cluster_unref(cluster);
}

static void
await_true(bool (*is)(void))
{
	int64_t deadline = g_get_monotonic_time() + 20 * G_USEC_PER_SEC;

	while (!is() && g_get_monotonic_time() < deadline)
		g_usleep(10000);
	assert_true(is());
}

/* --- evacuation */

static void
test_one_stays(void **unused)
{
	start_world(true);
	uint32_t job = ask("evacuate alpha");
	expect_end(job, JOB_FAILED, "9 of 10 VMs moved; db1 stays on alpha: db1 refuses to move "
	    "on alpha");
	assert_int_equal(on_node(0), 1);
	assert_true(on_node(1) >= 4 && on_node(2) >= 4);
	assert_int_equal(world.most, 2);
	assert_int_equal(world.begun[0], 3);
	for (unsigned i = 1; i < VMS; i++)
		assert_int_equal(world.begun[i], 1);
}

static void
test_another_target(void **unused)
{
	start_world(true);
	world.n = 4;
	world.full[1] = true; /* beta says no, whatever the figures say */
	observe_world(NULL, NULL, NULL);
	uint32_t job = ask("evacuate alpha");
	expect_end(job, JOB_FAILED, "moved; db1 stays on alpha");
	assert_int_equal(on_node(1), 0);
	assert_int_equal(on_node(2), 3);
}

static void
test_nowhere_to_go(void **unused)
{
	extra = "[vm *]\nnodes = alpha\n";
	start_world(true);
	uint32_t job = ask("evacuate alpha");
	expect_end(job, JOB_FAILED, "0 of 10 VMs moved; db1 stays on alpha: gamma is not among its "
	    "nodes; beta is not among its nodes; web1: ");
	assert_int_equal(on_node(0), VMS);
}

static bool
two_go_on(void)
{
	LOCK_SCOPE(&world.lock);
	return world.now == 2;
}

static bool
none_goes_on(void)
{
	LOCK_SCOPE(&world.lock);
	return world.now == 0;
}

static void
test_cancel(void **unused)
{
	g_autoptr(GError) error = NULL;

	world.hold = true;
	start_world(true);
	uint32_t job = ask("evacuate alpha");
	await_true(two_go_on);
	assert_true(jobs_cancel(fix.jobs, job, &error));
	expect_end(job, JOB_CANCELLED, "cancelled: 0 of 10 VMs had moved from alpha");
	await_true(none_goes_on); /* the migrations too */
	assert_int_equal(on_node(0), VMS);
}

/* The agent stops in the middle, and goes on when it starts again. */
static void
test_resumed(void **unused)
{
	world.hold = true;
	start_world(true);
	world.node[0] = 1; /* the one that refuses is elsewhere */
	observe_world(NULL, NULL, NULL);
	uint32_t job = ask("evacuate alpha");
	await_true(two_go_on);
	stop_all();
	world.hold = false;
	world.now = 0;
	start_world(true);
	expect_end(job, JOB_SUCCEEDED, "");
	assert_int_equal(on_node(0), 0);
	struct cluster *cluster;
	const struct job *row = await_job(job, JOB_SUCCEEDED, &cluster);
	assert_string_equal(row->step, "9 of 9 VMs moved, 0 on their way");
	cluster_unref(cluster);
}

/* --- maintenance */

static int32_t
state_of(const char *node)
{
	SCOPED(cluster) cluster = store_get(fix.store);

	return cluster_node_by_name(cluster, node, NULL)->state;
}

static void
test_maintenance(void **unused)
{
	start_world(true);
	world.n = 3;
	world.node[0] = 1;
	observe_world(NULL, NULL, NULL);
	refuse_words("online alpha", REQUEST_IMPOSSIBLE, "node alpha is not in maintenance");
	expect_end(ask("maintenance alpha"), JOB_SUCCEEDED, "");
	assert_int_equal(state_of("alpha"), NODE_MAINTENANCE);
	assert_int_equal(on_node(0), 0);
	stop_all();
	start_world(true);
	assert_int_equal(state_of("alpha"), NODE_MAINTENANCE);
	SCOPED(cluster) cluster = store_get(fix.store);
	const struct node *alpha = cluster_node_by_name(cluster, "alpha", NULL);
	assert_string_equal(alpha->reason, "in maintenance, asked for by tester");
	expect_end(ask("evacuate beta"), JOB_FAILED, "db1 stays on beta"); /* not to alpha */
	assert_int_equal(on_node(0), 0);
	expect_end(ask("online alpha"), JOB_SUCCEEDED, "");
	assert_int_equal(state_of("alpha"), NODE_ONLINE);
	stop_all();
	start_world(true);
	assert_int_equal(state_of("alpha"), NODE_ONLINE);
}

static void
test_no_start_in_maintenance(void **unused)
{
	define_domain("db1");
	start_world(false);
	expect_end(ask("maintenance alpha"), JOB_FAILED, "stays on alpha"); /* "test" runs */
	refuse_words("start db1", REQUEST_IMPOSSIBLE, "node alpha is in maintenance and takes no "
	    "VMs: migrate db1, or say 'online alpha'");
}

/* --- balance */

static void
test_balance(void **unused)
{
	extra = "[placer]\ncooldown = 3600\nmoves = 20\n";
	start_world(true);
	world.node[0] = 1;
	observe_world(NULL, NULL, NULL);
	uint32_t dry = ask("balance --dry-run");
	expect_end(dry, JOB_SUCCEEDED, "");
	assert_int_equal(on_node(0), 9);
	expect_end(ask("balance"), JOB_SUCCEEDED, "");
	assert_true(on_node(0) <= 5 && on_node(1) >= 2 && on_node(2) >= 2);
	unsigned left = on_node(0);
	expect_end(ask("balance"), JOB_SUCCEEDED, "");
	assert_int_equal(on_node(0), left); /* at rest */
}

static bool
has_advice(void)
{
	SCOPED(cluster) cluster = store_get(fix.store);

	return cluster->rows[ROWS_ADVICE].n > 0;
}

static bool
is_balanced(void)
{
	return on_node(0) <= 5;
}

/* Advice for whoever reads it; carried out by itself only where that is configured. */
static void
test_balancer(void **unused)
{
	start_world(true);
	world.node[0] = 1;
	observe_world(NULL, NULL, NULL);
	struct balancer *b = balancer_new(fix.store, jobs_door(fix.jobs));
	await_true(has_advice);
	{
		SCOPED(cluster) cluster = store_get(fix.store);
		const struct advice *first = cluster->rows[ROWS_ADVICE].row[0];
		assert_int_equal(first->h.index, 1);
		assert_string_equal(first->from_name, "alpha");
		assert_true(first->gain >= 300 && first->gain <= 10000);
		assert_non_null(strstr(first->reason, "alpha: memory "));
		assert_int_equal(balancer_may_move(cluster, 0), 0);
		assert_int_equal(cluster->rows[ROWS_JOB].n, 0);
	}
	balancer_free(b);
	stop_all();
	extra = "[placer]\nauto-balance = 10\nmoves-per-hour = 5\n";
	start_world(true);
	store_set_cluster(fix.store, "test", true);
	b = balancer_new(fix.store, jobs_door(fix.jobs));
	await_true(is_balanced);
	balancer_free(b);
	assert_true(on_node(0) >= 9 - 5);
	SCOPED(cluster) cluster = store_get(fix.store);
	assert_int_equal(balancer_may_move(cluster, 5), 0);
}

/* --- sequences */

static void
start_domains(const char *configuration)
{
	static char path[128];

	for (size_t i = 0; i < G_N_ELEMENTS(domains); i++)
		define_domain(domains[i]);
	g_snprintf(path, sizeof(path), "%s/ran", fix.dir);
	ran_path = path;
	extra = configuration;
	start_world(false);
}

static void
expect_starts(const char *lines)
{
	g_autofree char *text = NULL;

	if (!g_file_get_contents(ran_path, &text, NULL, NULL))
		text = g_strdup("");
	assert_string_equal(text, lines);
}

static void
test_boot_order(void **unused)
{
	start_domains("[group web]\nmembers = web*\n[sequence boot]\n1 = start db* stagger 1s\n"
	    "2 = wait db* running within 10s\n3 = delay 1s\n4 = start @web at-once 1\n");
	int64_t start = g_get_monotonic_time();
	uint32_t job = ask("sequence boot");
	expect_end(job, JOB_SUCCEEDED, "");
	expect_starts("db1\ndb2\nweb1\nweb2\n");
	assert_true(g_get_monotonic_time() - start >= 2 * G_USEC_PER_SEC);
	struct cluster *cluster;
	const struct job *row = await_job(job, JOB_SUCCEEDED, &cluster);
	assert_string_equal(row->step, "4/4: start @web at-once 1, 2 of 2");
	assert_string_equal(row->object_name, "boot");
	assert_int_equal(row->kind, OBJECT_CLUSTER);
	cluster_unref(cluster);
	job = ask("sequence boot"); /* all is as it should be: nothing is started */
	expect_end(job, JOB_SUCCEEDED, "");
	expect_starts("db1\ndb2\nweb1\nweb2\n");
}

static void
test_failures(void **unused)
{
	static const struct {
		const char *steps, *error;
		enum job_state state;
		const char *starts;
	} cases[] = {
		{ "1 = start nobody\n2 = start db1\n",
		    ": 0 of 2 steps done; step 1 (start nobody): there is no VM nobody",
		    JOB_FAILED, "" },
		{ "1 = start nobody else go on\n2 = start db1\n",
		    ": 1 of 2 steps done; step 1 (start nobody else go on): there is no VM",
		    JOB_FAILED, "db1\n" },
		{ "1 = wait db1 running within 1s\n2 = start db1\n",
		    ": 0 of 2 steps done; step 1 (wait db1 running within 1s): db1: does not run "
		    "after 1 s", JOB_FAILED, "" },
		{ "1 = reset web1\n2 = start db1\n", "web1 is shut off and cannot be reset",
		    JOB_FAILED, "" },
		{ "1 = poweroff db*\n2 = start db2\n3 = poweroff db2\n4 = start db2\n", "",
		    JOB_SUCCEEDED, "db2\ndb2\n" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		/* another name each time: the same would be the same request, sent again */
		g_autofree char *text = g_strdup_printf("[sequence s%zu]\n%s", i, cases[i].steps);
		g_autofree char *words = g_strdup_printf("sequence s%zu", i);
		start_domains(text);
		expect_end(ask(words), cases[i].state, cases[i].error);
		expect_starts(cases[i].starts);
		stop_all();
		for (size_t d = 0; d < G_N_ELEMENTS(domains); d++)
			remove_domain(domains[d]);
		g_unlink(ran_path);
	}
}

static bool
first_step_shows(void)
{
	SCOPED(cluster) cluster = store_get(fix.store);
	const struct rows *jobs = &cluster->rows[ROWS_JOB];

	for (size_t i = 0; i < jobs->n; i++)
		if (strcmp(((const struct job *)jobs->row[i])->step, "2/3: delay 1h") == 0)
			return true;
	return false;
}

static void
test_sequence_cancelled(void **unused)
{
	g_autoptr(GError) error = NULL;

	start_domains("[sequence s]\n1 = start db1\n2 = delay 1h\n3 = start db2\n");
	refuse_words("sequence other", REQUEST_NO_OBJECT, "the configuration has no [sequence other]");
	uint32_t job = ask("sequence s");
	await_true(first_step_shows);
	assert_true(jobs_cancel(fix.jobs, job, &error));
	expect_end(job, JOB_CANCELLED, "s: cancelled in step 2 of 3 (delay 1h)");
	expect_starts("db1\n");
}

static void
test_sequences_are_rows(void **unused)
{
	start_domains("[sequence s]\n1 = start db1\n2 = delay 1h\n[sequence t]\n1 = delay 1s\n");
	SCOPED(cluster) cluster = store_get(fix.store);
	const struct rows *rows = &cluster->rows[ROWS_SEQUENCE];
	assert_int_equal(rows->n, 2);
	const struct sequence_info *s = rows->row[0];
	assert_string_equal(s->name, "s");
	assert_int_equal(s->steps, 2);
	assert_string_equal(s->text, "start db1; delay 1h");
}

int
main(void)
{
#define TEST(t) cmocka_unit_test_setup_teardown(t, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_one_stays), TEST(test_another_target), TEST(test_nowhere_to_go),
		TEST(test_cancel), TEST(test_resumed), TEST(test_maintenance),
		TEST(test_no_start_in_maintenance), TEST(test_balance), TEST(test_balancer),
		TEST(test_boot_order),
		TEST(test_failures), TEST(test_sequence_cancelled), TEST(test_sequences_are_rows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
