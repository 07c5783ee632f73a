/* The job manager, with libvirt's test driver as a node: each action has its effect. */
#include "tests/unit/jobs_fixture.h"

#include "vmops/admission.h"

#define WEB_VMS 6

static char *
web_name(unsigned i)
{
	return g_strdup_printf("web%u", i);
}

static int
setup(void **unused)
{
	begin_fixture();
	for (unsigned i = 1; i <= WEB_VMS; i++) {
		g_autofree char *name = web_name(i);
		define_domain(name);
	}
	start_all();
	return 0;
}

static int
teardown(void **unused)
{
	end_fixture(WEB_VMS);
	return 0;
}

/* --- effects and refusals */

static void
test_effects(void **unused)
{
	static const struct {
		int before;
		enum job_type type;
		int after;
	} cases[] = {
		{ VIR_DOMAIN_SHUTOFF, JOB_POWER_ON,  VIR_DOMAIN_RUNNING },
		{ VIR_DOMAIN_RUNNING, JOB_POWER_OFF, VIR_DOMAIN_SHUTOFF },
		{ VIR_DOMAIN_PAUSED,  JOB_POWER_OFF, VIR_DOMAIN_SHUTOFF },
		{ VIR_DOMAIN_RUNNING, JOB_SHUTDOWN,  VIR_DOMAIN_SHUTOFF },
		{ VIR_DOMAIN_RUNNING, JOB_RESET,     VIR_DOMAIN_RUNNING },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *name = web_name((unsigned)i + 1);
		struct cluster *cluster;
		put(name, cases[i].before);
		int64_t before = g_get_real_time();
		uint32_t number = submit(cases[i].type, name);
		const struct job *job = await_job(number, JOB_SUCCEEDED, &cluster);

		assert_int_equal(domain_state(name), cases[i].after);
		/* who sees the job succeed sees its effect as well */
		assert_int_equal(test_vm(cluster, name)->state, vm_states[cases[i].after]);
		assert_int_equal(job->type, cases[i].type);
		assert_int_equal(job->kind, OBJECT_VM);
		assert_int_equal(job->object, test_vm(cluster, name)->h.index);
		assert_string_equal(job->object_name, name);
		assert_string_equal(job->object_uuid, test_vm(cluster, name)->uuid);
		assert_int_equal(job->node, test_vm(cluster, name)->node);
		assert_int_equal(job->progress, 100);
		assert_int_equal(job->origin, ORIGIN_CLI);
		assert_string_equal(job->requester, "tester");
		assert_true(job->submitted_at >= before);
		assert_true(job->started_at >= job->submitted_at);
		assert_true(job->finished_at >= job->started_at);
		assert_true(job->finished_at <= g_get_real_time());
		cluster_unref(cluster);
	}
	assert_int_equal(atomic_load(&resets), 1);
}

static void
test_impossible(void **unused)
{
	static const struct {
		int state;
		enum job_type type;
		const char *sentence;
	} cases[] = {
		{ VIR_DOMAIN_RUNNING, JOB_POWER_ON,  "web1 is already running" },
		{ VIR_DOMAIN_PAUSED,  JOB_POWER_ON,  "web1 is paused and cannot be powered on" },
		{ VIR_DOMAIN_SHUTOFF, JOB_POWER_OFF, "web1 is already shut off" },
		{ VIR_DOMAIN_SHUTOFF, JOB_SHUTDOWN,  "web1 is already shut off" },
		{ VIR_DOMAIN_PAUSED,  JOB_SHUTDOWN,  "web1 is paused and cannot be shut down" },
		{ VIR_DOMAIN_SHUTOFF, JOB_RESET,     "web1 is shut off and cannot be reset" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		put("web1", cases[i].state);
		refuse_job(cases[i].type, "web1", REQUEST_IMPOSSIBLE, cases[i].sentence);
	}
	SCOPED(cluster) cluster = store_get(fix.store);
	assert_int_equal(cluster->rows[ROWS_JOB].n, 0);
}

static void
test_bad_requests(void **unused)
{
	struct request request = make_request(JOB_RESET, "web1");

	request.object++;
	refuse(&request, REQUEST_NO_OBJECT, "web1");
	request.name[0] = '\0';
	refuse(&request, REQUEST_NO_OBJECT, "there is no VM");
	request = make_request(JOB_RESET, "web1");
	request.uuid[0] = 'x'; /* the index belongs to another VM */
	refuse(&request, REQUEST_NO_OBJECT, "web1");
	request = make_request(JOB_NONE, "web1");
	refuse(&request, REQUEST_BAD_VALUE, "none");
	request = make_request(JOB_RESET, "web1");
	request.kind = OBJECT_NODE;
	refuse(&request, REQUEST_BAD_VALUE, "node");
	request.type = 4711;
	refuse(&request, REQUEST_BAD_VALUE, "not possible");
}

static void
test_control_off(void **unused)
{
	SCOPED(settings) off = make_settings(false);

	put("web1", VIR_DOMAIN_RUNNING);
	jobs_apply(fix.jobs, off);
	refuse_job(JOB_RESET, "web1", REQUEST_DISABLED, "switched off");
	jobs_apply(fix.jobs, fix.settings);
	expect_success(submit(JOB_RESET, "web1"));
}

/* --- nodes that do not answer */

/* A node with one VM, last seen `age` seconds ago. */
static void
publish_beta(enum node_state node_state, enum vm_state vm_state, int age)
{
	struct part *part = test_node_part("beta", node_state);
	struct node *node = part->rows[ROWS_NODE]->pdata[0];

	test_add_vm(part, "db1", 1, vm_state);
	node->sampled_us = age < 0 ? 0 : node->sampled_us - age * G_USEC_PER_SEC;
	publish_now(part);
}

static void
test_unreachable(void **unused)
{
	static const struct {
		enum node_state node;
		enum vm_state vm;
		int age;
		enum job_type type;
		const char *sentence;
	} cases[] = {
		{ NODE_UNREACHABLE, VM_SHUT_OFF, 14, JOB_POWER_ON,
		    "node beta has not answered for 14 s; db1 may still run there" },
		{ NODE_UNREACHABLE, VM_RUNNING, 14, JOB_POWER_OFF,
		    "node beta has not answered for 14 s; db1 cannot be powered off" },
		{ NODE_ONLINE, VM_RUNNING, 40, JOB_RESET,
		    "node beta has not answered for 40 s; db1 cannot be reset" },
		{ NODE_CONNECTING, VM_SHUT_OFF, -1, JOB_POWER_ON,
		    "node beta has not been reached yet; db1 may still run there" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		publish_beta(cases[i].node, cases[i].vm, cases[i].age);
		refuse_job(cases[i].type, "db1", REQUEST_UNREACHABLE, cases[i].sentence);
	}
}

/* Said to be online, but libvirt cannot be reached: the job says so. */
static void
test_connection_fails(void **unused)
{
	publish_beta(NODE_ONLINE, VM_SHUT_OFF, 0);
	expect_job(submit(JOB_POWER_ON, "db1"), JOB_FAILED, CAUSE_UNREACHABLE,
	    "cannot reach node beta for db1: ");
}

/* The same VM on two nodes. */
static void
test_elsewhere(void **unused)
{
	static const struct {
		enum node_state node;
		enum vm_state vm;
		enum request_error code;
		const char *sentence;
	} cases[] = {
		{ NODE_ONLINE, VM_RUNNING, REQUEST_IMPOSSIBLE, "db1 is already running" },
		{ NODE_ONLINE, VM_PAUSED, REQUEST_IMPOSSIBLE, "db1 is paused" },
		{ NODE_UNREACHABLE, VM_RUNNING, REQUEST_UNREACHABLE, "may still run there" },
	};

	fix.more_vms = part_new("more", NULL);
	test_add_vm(fix.more_vms, "db1", 1, VM_SHUT_OFF);
	observe_now();
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		publish_beta(cases[i].node, cases[i].vm, 1);
		refuse_job(JOB_POWER_ON, "db1", cases[i].code, cases[i].sentence);
	}
}

/* Removed from libvirt while the cluster still shows it. */
static void
test_gone(void **unused)
{
	remove_domain("web1");
	expect_job(submit(JOB_POWER_ON, "web1"), JOB_FAILED, CAUSE_GONE,
	    "web1 is no longer defined on node alpha");
}

/* Its state changed while the cluster still shows the old one. */
static void
test_overtaken(void **unused)
{
	g_autoptr(virDomain) domain = find_domain("web1");

	assert_int_equal(__real_virDomainCreate(domain), 0);
	expect_job(submit(JOB_POWER_ON, "web1"), JOB_FAILED, CAUSE_IMPOSSIBLE,
	    "web1 is already running on alpha");
	put("web2", VIR_DOMAIN_RUNNING);
	g_autoptr(virDomain) second = find_domain("web2");
	assert_int_equal(virDomainDestroy(second), 0);
	expect_job(submit(JOB_SHUTDOWN, "web2"), JOB_FAILED, CAUSE_IMPOSSIBLE,
	    "web2 is already shut off on alpha");
}

/* --- the same request again, and others in between */

static void
test_fold(void **unused)
{
	put("web1", VIR_DOMAIN_RUNNING);
	put("web2", VIR_DOMAIN_RUNNING);
	uint32_t first = submit(JOB_RESET, "web1");
	assert_int_equal(submit(JOB_RESET, "web1"), first);
	uint32_t other = submit(JOB_RESET, "web2"); /* another VM is another request */
	assert_int_not_equal(other, first);
	expect_success(first);
	expect_success(other);
	assert_int_equal(submit(JOB_RESET, "web1"), first); /* over, but 2 s have not passed */
	assert_int_equal(atomic_load(&resets), 2);
	g_usleep(2100 * 1000);
	uint32_t second = submit(JOB_RESET, "web1");
	assert_int_not_equal(second, first);
	expect_success(second);
	assert_int_equal(atomic_load(&resets), 3);
}

/* Folding comes before the look at the state: the first has changed it already. */
static void
test_fold_after_effect(void **unused)
{
	put("web1", VIR_DOMAIN_RUNNING);
	uint32_t first = submit(JOB_POWER_OFF, "web1");
	expect_success(first);
	assert_int_equal(submit(JOB_POWER_OFF, "web1"), first);
	/* something else in between ends it */
	expect_success(submit(JOB_POWER_ON, "web1"));
	uint32_t second = submit(JOB_POWER_OFF, "web1");
	assert_int_not_equal(second, first);
	expect_success(second);
}

#define THREADS 8

static void *
reset_web1(void *data)
{
	uint32_t *number = data;

	*number = submit(JOB_RESET, "web1");
	return NULL;
}

static void
test_fold_concurrent(void **unused)
{
	pthread_t threads[THREADS];
	uint32_t numbers[THREADS];

	put("web1", VIR_DOMAIN_RUNNING);
	for (size_t i = 0; i < THREADS; i++)
		pthread_create(&threads[i], NULL, reset_web1, &numbers[i]);
	for (size_t i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	for (size_t i = 1; i < THREADS; i++)
		assert_int_equal(numbers[i], numbers[0]);
	expect_success(numbers[0]);
	assert_int_equal(atomic_load(&resets), 1);
}

static void
test_busy(void **unused)
{
	put("web1", VIR_DOMAIN_RUNNING);
	set_gate(true);
	uint32_t number = submit(JOB_RESET, "web1");
	struct cluster *cluster;
	await_job(number, JOB_RUNNING, &cluster);
	cluster_unref(cluster);
	g_autofree char *sentence =
	    g_strdup_printf("web1 is busy: job %u (reset) is running", number);
	refuse_job(JOB_POWER_OFF, "web1", REQUEST_BUSY, sentence);
	assert_int_equal(submit(JOB_RESET, "web1"), number);
	set_gate(false);
	expect_success(number);
	expect_success(submit(JOB_POWER_OFF, "web1"));
}

/* --- the phases of a SET */

static struct ticket *
reserve(enum job_type type, const char *name)
{
	struct request request = make_request(type, name);
	g_autoptr(GError) error = NULL;
	const struct request_door *door = jobs_door(fix.jobs);
	struct ticket *ticket = door->reserve(door->manager, &request, &error);

	if (ticket == NULL)
		fail_msg("%s", error->message);
	return ticket;
}

static void
assert_no_jobs(void)
{
	g_usleep(50 * 1000);
	SCOPED(cluster) cluster = store_get(fix.store);
	assert_int_equal(cluster->rows[ROWS_JOB].n, 0);
	assert_int_equal(atomic_load(&resets), 0);
}

static void
test_withdraw(void **unused)
{
	const struct request_door *door = jobs_door(fix.jobs);

	put("web1", VIR_DOMAIN_RUNNING);
	door->withdraw(door->manager, reserve(JOB_RESET, "web1"));
	assert_no_jobs();
	struct ticket *ticket = reserve(JOB_RESET, "web1");
	refuse_job(JOB_POWER_OFF, "web1", REQUEST_BUSY, "is just being accepted");
	assert_true(door->commit(door->manager, ticket) > 0);
	door->withdraw(door->manager, ticket);
	assert_no_jobs();
	expect_success(submit(JOB_RESET, "web1"));
}

/* Two hold the same request; what one does must not spoil the other's. */
static void
test_two_tickets(void **unused)
{
	const struct request_door *door = jobs_door(fix.jobs);
	struct ticket *a, *b;

	put("web1", VIR_DOMAIN_RUNNING);
	a = reserve(JOB_RESET, "web1");
	b = reserve(JOB_RESET, "web1");
	uint32_t number = door->commit(door->manager, a);
	assert_int_equal(door->commit(door->manager, b), number);
	door->withdraw(door->manager, a);
	door->settle(door->manager, b);
	expect_success(number);
	assert_int_equal(atomic_load(&resets), 1);

	/* the first takes its own back before the second commits */
	put("web2", VIR_DOMAIN_RUNNING);
	a = reserve(JOB_RESET, "web2");
	b = reserve(JOB_RESET, "web2");
	number = door->commit(door->manager, a);
	door->withdraw(door->manager, a);
	assert_int_equal(door->commit(door->manager, b), number);
	door->settle(door->manager, b);
	expect_success(number);
	assert_int_equal(atomic_load(&resets), 2);

	/* one is done before the other has begun to commit */
	put("web3", VIR_DOMAIN_RUNNING);
	a = reserve(JOB_RESET, "web3");
	b = reserve(JOB_RESET, "web3");
	number = door->commit(door->manager, a);
	door->settle(door->manager, a);
	expect_success(number);
	assert_int_equal(door->commit(door->manager, b), number);
	door->settle(door->manager, b);
	g_usleep(50 * 1000);
	assert_int_equal(atomic_load(&resets), 3);
}

static void
test_command(void **unused)
{
	struct request request = make_request(JOB_POWER_ON, "web1");

	g_strlcpy(request.command, "start web1", sizeof(request.command));
	memcpy(request.requester, "ev\xffil\n", 7);
	uint32_t number = request_submit(jobs_door(fix.jobs), &request, NULL);
	struct cluster *cluster;
	const struct job *job = await_job(number, JOB_SUCCEEDED, &cluster);
	const struct command_info *command = cluster->rows[ROWS_COMMAND].row[0];
	assert_string_equal(command->text, "start web1");
	assert_int_equal(command->job, number);
	assert_string_equal(job->requester, "ev?il ");
	cluster_unref(cluster);
}

/* --- limits */

static unsigned
count_jobs(enum job_state state)
{
	SCOPED(cluster) cluster = store_get(fix.store);
	unsigned n = 0;

	for (size_t i = 0; i < cluster->rows[ROWS_JOB].n; i++) {
		const struct job *job = cluster->rows[ROWS_JOB].row[i];
		n += job->state == (int32_t)state;
	}
	return n;
}

static void
await_count(enum job_state state, unsigned wanted)
{
	for (int i = 0; i < 500 && count_jobs(state) != wanted; i++)
		g_usleep(10 * 1000);
	assert_int_equal(count_jobs(state), wanted);
}

static void
reset_all(uint32_t *numbers)
{
	for (unsigned i = 0; i < WEB_VMS; i++) {
		g_autofree char *name = web_name(i + 1);
		put(name, VIR_DOMAIN_RUNNING);
	}
	set_gate(true);
	for (unsigned i = 0; i < WEB_VMS; i++) {
		g_autofree char *name = web_name(i + 1);
		numbers[i] = submit(JOB_RESET, name);
	}
	await_count(JOB_RUNNING, 4);
	await_count(JOB_WAITING, WEB_VMS - 4);
}

static void
test_node_limit(void **unused)
{
	uint32_t numbers[WEB_VMS];
	struct cluster *cluster;

	reset_all(numbers);
	/* the oldest first */
	for (unsigned i = 0; i < 4; i++) {
		await_job(numbers[i], JOB_RUNNING, &cluster);
		cluster_unref(cluster);
	}
	set_gate(false);
	for (unsigned i = 0; i < WEB_VMS; i++)
		expect_success(numbers[i]);
}

static void
cancel_fails(uint32_t number, enum request_error code, const char *what)
{
	g_autoptr(GError) error = NULL;

	assert_false(jobs_cancel(fix.jobs, number, &error));
	assert_int_equal(error->code, code);
	assert_non_null(strstr(error->message, what));
}

static void
test_cancel(void **unused)
{
	uint32_t numbers[WEB_VMS];

	reset_all(numbers);
	uint32_t last = numbers[WEB_VMS - 1];
	cancel_fails(numbers[0], REQUEST_IMPOSSIBLE, "is running and cannot be stopped");
	cancel_fails(4711, REQUEST_NO_OBJECT, "there is no job 4711");
	assert_true(jobs_cancel(fix.jobs, last, NULL));
	expect_job(last, JOB_CANCELLED, CAUSE_CANCELLED, "cancelled while it waited");
	cancel_fails(last, REQUEST_IMPOSSIBLE, "it has cancelled");
	/* asking anew is a new request */
	uint32_t again = submit(JOB_RESET, "web6");
	assert_int_not_equal(again, last);
	set_gate(false);
	expect_success(again);
	assert_int_equal(atomic_load(&resets), WEB_VMS);
}

static void
test_queue_full(void **unused)
{
	uint32_t numbers[WEB_VMS];
	unsigned accepted = WEB_VMS - 4;

	fix.more_vms = part_new("more", NULL);
	for (unsigned i = 0; i < 300; i++) {
		g_autofree char *name = g_strdup_printf("many%u", i);
		test_add_vm(fix.more_vms, name, 1000 + i, VM_RUNNING);
	}
	reset_all(numbers);
	for (unsigned i = 0; i < 254; i++, accepted++) {
		g_autofree char *name = g_strdup_printf("many%u", i);
		submit(JOB_RESET, name);
	}
	refuse_job(JOB_RESET, "many280", REQUEST_FULL, "the queue is full: 256 jobs");
	assert_int_equal(accepted, 256);
	set_gate(false);
	await_count(JOB_WAITING, 0); /* libvirt does not know the many */
	await_count(JOB_FAILED, 254);
	await_count(JOB_SUCCEEDED, WEB_VMS);
}

/* --- an end while libvirt hangs */

static void
test_hanging_worker(void **unused)
{
	put("web1", VIR_DOMAIN_RUNNING);
	set_gate(true);
	uint32_t number = submit(JOB_RESET, "web1");
	struct cluster *cluster;
	await_job(number, JOB_RUNNING, &cluster);
	cluster_unref(cluster);
	while (atomic_load(&resets) == 0)
		g_usleep(1000); /* "running" is told before libvirt is called */

	int64_t start = g_get_monotonic_time();
	stop_all();
	assert_in_range(g_get_monotonic_time() - start, G_USEC_PER_SEC, 4 * G_USEC_PER_SEC);
	set_gate(false); /* it comes back when nobody waits for it any longer */
	start_all();
	expect_job(number, JOB_INTERRUPTED, CAUSE_RESTART,
	    "the agent was restarted while this ran; see what has become of it");
	assert_int_equal(atomic_load(&resets), 1);
}

/* What is not done at once is not waited for. */
static void
test_free_at_once(void **unused)
{
	int64_t start = g_get_monotonic_time();

	expect_success(submit(JOB_POWER_ON, "web1"));
	stop_all();
	assert_true(g_get_monotonic_time() - start < G_USEC_PER_SEC);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(test_effects),
		TEST(test_impossible),
		TEST(test_bad_requests),
		TEST(test_control_off),
		TEST(test_unreachable),
		TEST(test_connection_fails),
		TEST(test_elsewhere),
		TEST(test_gone),
		TEST(test_overtaken),
		TEST(test_fold),
		TEST(test_fold_after_effect),
		TEST(test_fold_concurrent),
		TEST(test_busy),
		TEST(test_withdraw),
		TEST(test_two_tickets),
		TEST(test_command),
		TEST(test_node_limit),
		TEST(test_cancel),
		TEST(test_queue_full),
		TEST(test_hanging_worker),
		TEST(test_free_at_once),
	};

	virt_init();
	int failed = cmocka_run_group_tests_name("jobs", tests, NULL, NULL);
	virt_quit();
	return failed;
}
