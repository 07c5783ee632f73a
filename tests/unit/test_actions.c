/* What can be done to a VM, with libvirt's test driver as a node: effects and refusals. */
#include "tests/unit/jobs_fixture.h"

#include "model/admin_state.h"

/* --- what reaches libvirt of keys: the linker leads the call through here */

int __real_virDomainSendKey(virDomainPtr, unsigned, unsigned, unsigned *, int, unsigned);
int __wrap_virDomainSendKey(virDomainPtr, unsigned, unsigned, unsigned *, int, unsigned);

static GString *pressed; /* guarded by gate_lock */

int
__wrap_virDomainSendKey(virDomainPtr domain, unsigned set, unsigned hold, unsigned *codes,
    int n, unsigned flags)
{
	pass_gate();
	pthread_mutex_lock(&gate_lock);
	for (int i = 0; i < n; i++)
		g_string_append_printf(pressed, "%s%u", i > 0 ? "+" : " ", codes[i]);
	pthread_mutex_unlock(&gate_lock);
	assert_int_equal(set, VIR_KEYCODE_SET_LINUX);
	return __real_virDomainSendKey(domain, set, hold, codes, n, flags);
}

static void
define_big(const char *name)
{
	g_autofree char *xml = g_strdup_printf("<domain type='test'><name>%s</name>"
	    "<memory>262144</memory><currentMemory>131072</currentMemory>"
	    "<vcpu current='1'>4</vcpu><os><type>hvm</type></os></domain>", name);
	g_autoptr(virDomain) domain = virDomainDefineXML(fix.hypervisor, xml);

	if (domain == NULL)
		fail_msg("%s", virGetLastErrorMessage());
}

static int
setup(void **unused)
{
	begin_fixture();
	define_big("web1");
	define_big("web2");
	pressed = g_string_new(NULL);
	start_all();
	return 0;
}

static int
teardown(void **unused)
{
	end_fixture(2);
	g_string_free(pressed, TRUE);
	return 0;
}

static void
test_effects(void **unused)
{
	static const struct {
		int before;
		enum job_type type;
		int after;
	} cases[] = {
		{ VIR_DOMAIN_RUNNING, JOB_SUSPEND,           VIR_DOMAIN_PAUSED },
		{ VIR_DOMAIN_PAUSED,  JOB_RESUME,            VIR_DOMAIN_RUNNING },
		{ VIR_DOMAIN_RUNNING, JOB_MANAGED_SAVE,      VIR_DOMAIN_SHUTOFF },
		{ VIR_DOMAIN_PAUSED,  JOB_MANAGED_SAVE,      VIR_DOMAIN_SHUTOFF },
		{ VIR_DOMAIN_RUNNING, JOB_NMI,               VIR_DOMAIN_RUNNING },
		{ VIR_DOMAIN_RUNNING, JOB_CTRL_ALT_DEL,      VIR_DOMAIN_RUNNING },
		{ VIR_DOMAIN_RUNNING, JOB_POWER_CYCLE,       VIR_DOMAIN_RUNNING },
		{ VIR_DOMAIN_PAUSED,  JOB_POWER_CYCLE,       VIR_DOMAIN_RUNNING },
		{ VIR_DOMAIN_RUNNING, JOB_SHUTDOWN_THEN_OFF, VIR_DOMAIN_SHUTOFF },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		const char *name = i % 2 == 0 ? "web1" : "web2"; /* or it were folded */
		struct cluster *cluster;
		put(name, cases[i].before);
		const struct job *job =
		    await_job(submit(cases[i].type, name), JOB_SUCCEEDED, &cluster);
		assert_int_equal(domain_state(name), cases[i].after);
		assert_int_equal(test_vm(cluster, name)->state, vm_states[cases[i].after]);
		assert_int_equal(job->type, cases[i].type);
		cluster_unref(cluster);
	}
}

static void
test_impossible(void **unused)
{
	static const struct {
		int state;
		enum job_type type;
		const char *sentence;
	} cases[] = {
		{ VIR_DOMAIN_SHUTOFF, JOB_SUSPEND, "web1 is shut off and cannot be suspended" },
		{ VIR_DOMAIN_PAUSED,  JOB_SUSPEND, "web1 is paused and cannot be suspended" },
		{ VIR_DOMAIN_RUNNING, JOB_RESUME,  "web1 is already running" },
		{ VIR_DOMAIN_SHUTOFF, JOB_RESUME,  "web1 is shut off and cannot be resumed" },
		{ VIR_DOMAIN_SHUTOFF, JOB_MANAGED_SAVE, "web1 is already shut off" },
		{ VIR_DOMAIN_PAUSED,  JOB_REBOOT,  "web1 is paused and cannot be rebooted" },
		{ VIR_DOMAIN_SHUTOFF, JOB_NMI,     "web1 is shut off and cannot be sent an NMI" },
		{ VIR_DOMAIN_PAUSED,  JOB_KEYS,    "web1 is paused and cannot be sent keys" },
		{ VIR_DOMAIN_SHUTOFF, JOB_CTRL_ALT_DEL,
		    "web1 is shut off and cannot be sent Ctrl-Alt-Del" },
		{ VIR_DOMAIN_SHUTOFF, JOB_POWER_CYCLE,
		    "web1 is shut off and cannot be power-cycled" },
		{ VIR_DOMAIN_SHUTOFF, JOB_SHUTDOWN_THEN_OFF, "web1 is already shut off" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		put("web1", cases[i].state);
		refuse_job(cases[i].type, "web1", REQUEST_IMPOSSIBLE, cases[i].sentence);
	}
}

/* The test driver gives no sign of a reboot: the job says so, and no more. */
static void
test_reboot_unseen(void **unused)
{
	put("web1", VIR_DOMAIN_RUNNING);
	struct request request = make_request(JOB_REBOOT, "web1");
	request.amount = 1;
	uint32_t number = request_submit(jobs_door(fix.jobs), &request, NULL);
	expect_job(number, JOB_FAILED, CAUSE_TIMEOUT,
	    "web1 on alpha has not restarted 1 s after it was asked to");
}

static void
test_saved_state(void **unused)
{
	put("web1", VIR_DOMAIN_RUNNING);
	expect_success(submit(JOB_MANAGED_SAVE, "web1"));
	g_autoptr(virDomain) domain = find_domain("web1");
	assert_int_equal(virDomainHasManagedSaveImage(domain, 0), 1);
	struct cluster *cluster;
	const struct job *job = await_job(submit(JOB_POWER_ON, "web1"), JOB_SUCCEEDED, &cluster);
	assert_string_equal(job->step, "restoring the saved state");
	cluster_unref(cluster);
	assert_int_equal(virDomainHasManagedSaveImage(domain, 0), 0);
}

/* --- keys */

static void
test_keys(void **unused)
{
	put("web1", VIR_DOMAIN_RUNNING);
	struct request request = make_request(JOB_KEYS, "web1");
	g_strlcpy(request.argument, "ctrl+alt+f2; pause 50ms; type Hi", sizeof(request.argument));
	expect_success(request_submit(jobs_door(fix.jobs), &request, NULL));
	assert_string_equal(pressed->str, " 29+56+60 42+35 23");
	g_string_truncate(pressed, 0);
	expect_success(submit(JOB_CTRL_ALT_DEL, "web1"));
	assert_string_equal(pressed->str, " 29+56+111");

	g_strlcpy(request.argument, "ctrl+bang", sizeof(request.argument));
	refuse(&request, REQUEST_BAD_VALUE, "keys, character 6: no key is called \"bang\"");
	request.argument[0] = '\0';
	refuse(&request, REQUEST_BAD_VALUE, "nothing is to be pressed");
}

static void
test_keys_cancelled(void **unused)
{
	struct cluster *cluster;
	g_autoptr(GError) error = NULL;

	put("web1", VIR_DOMAIN_RUNNING);
	struct request request = make_request(JOB_KEYS, "web1");
	g_strlcpy(request.argument, "a pause 50s b", sizeof(request.argument));
	uint32_t number = request_submit(jobs_door(fix.jobs), &request, NULL);
	await_job(number, JOB_RUNNING, &cluster);
	cluster_unref(cluster);
	assert_true(jobs_cancel(fix.jobs, number, &error));
	expect_job(number, JOB_CANCELLED, CAUSE_CANCELLED, "cancelled");
	assert_null(strstr(pressed->str, "48"));
}

/* --- cancel as an action: it ends the job that the VM has, and makes none */

static void
test_cancel_action(void **unused)
{
	struct cluster *cluster;

	put("web1", VIR_DOMAIN_RUNNING);
	refuse_job(JOB_CANCEL, "web1", REQUEST_IMPOSSIBLE, "web1 has no job that could be ended");
	struct request request = make_request(JOB_KEYS, "web1");
	g_strlcpy(request.argument, "a pause 50s b", sizeof(request.argument));
	uint32_t number = request_submit(jobs_door(fix.jobs), &request, NULL);
	await_job(number, JOB_RUNNING, &cluster);
	cluster_unref(cluster);
	assert_int_equal(submit(JOB_CANCEL, "web1"), number);
	expect_job(number, JOB_CANCELLED, CAUSE_CANCELLED, "cancelled");
	assert_int_equal(submit(JOB_CANCEL, "web1"), number); /* a SET sent again */
	SCOPED(cluster) after = store_get(fix.store);
	assert_int_equal(after->rows[ROWS_JOB].n, 1);
}

/* Any job by its number, as vclCommand asks for it. */
static void
test_cancel_by_number(void **unused)
{
	const struct request_door *door = jobs_door(fix.jobs);
	struct cluster *cluster;

	put("web1", VIR_DOMAIN_RUNNING);
	struct request keys = make_request(JOB_KEYS, "web1");
	g_strlcpy(keys.argument, "a pause 50s b", sizeof(keys.argument));
	uint32_t number = request_submit(door, &keys, NULL);
	await_job(number, JOB_RUNNING, &cluster);
	cluster_unref(cluster);
	struct request cancel = { .type = JOB_CANCEL, .kind = OBJECT_JOB, .object = number };
	assert_int_equal(request_submit(door, &cancel, NULL), number);
	expect_job(number, JOB_CANCELLED, CAUSE_CANCELLED, "cancelled");
	assert_int_equal(request_submit(door, &cancel, NULL), number); /* sent again */
	g_autoptr(GError) error = NULL;
	cancel.object = 4711;
	assert_int_equal(request_submit(door, &cancel, &error), 0);
	assert_string_equal(error->message, "there is no job 4711");
}

/* In an SNMP SET other varbinds may still fail: nothing is cancelled before it is settled. */
static void
test_cancel_withdrawn(void **unused)
{
	const struct request_door *door = jobs_door(fix.jobs);
	struct cluster *cluster;

	put("web1", VIR_DOMAIN_RUNNING);
	struct request keys = make_request(JOB_KEYS, "web1");
	g_strlcpy(keys.argument, "a pause 300ms b", sizeof(keys.argument));
	uint32_t number = request_submit(door, &keys, NULL);
	await_job(number, JOB_RUNNING, &cluster);
	cluster_unref(cluster);
	struct request cancel = make_request(JOB_CANCEL, "web1");
	struct ticket *ticket = door->reserve(door->manager, &cancel, NULL);
	assert_non_null(ticket);
	assert_int_equal(door->commit(door->manager, ticket), number);
	door->withdraw(door->manager, ticket);
	expect_success(number);
}

/* --- what a VM has */

static void
test_amounts(void **unused)
{
	static const struct {
		enum job_type type;
		uint32_t amount;
		const char *refused; /* NULL: done */
	} cases[] = {
		{ JOB_SET_VCPUS,  3,   NULL },
		{ JOB_SET_VCPUS,  0,   "web1 can have 1 to 4 vCPUs, not 0" },
		{ JOB_SET_VCPUS,  5,   "web1 can have 1 to 4 vCPUs, not 5" },
		{ JOB_SET_MEMORY, 64,  NULL },
		{ JOB_SET_MEMORY, 0,   "web1 can have 1 to 256 MiB, not 0" },
		{ JOB_SET_MEMORY, 257, "web1 can have 1 to 256 MiB, not 257" },
		{ JOB_SET_AUTOSTART, REQUEST_ON,  NULL },
		{ JOB_SET_AUTOSTART, REQUEST_OFF, NULL },
		{ JOB_SET_AUTOSTART, 3, "autostart is on or off" },
	};
	g_autoptr(virDomain) domain = find_domain("web1");

	put("web1", VIR_DOMAIN_RUNNING);
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct request request = make_request(cases[i].type, "web1");
		request.amount = cases[i].amount;
		if (cases[i].refused != NULL) {
			refuse(&request, REQUEST_BAD_VALUE, cases[i].refused);
			continue;
		}
		expect_success(request_submit(jobs_door(fix.jobs), &request, NULL));
	}
	virDomainInfo info;
	int autostart = -1;
	virDomainGetInfo(domain, &info);
	assert_int_equal(info.memory / 1024, 64);
	virDomainGetAutostart(domain, &autostart);
	assert_int_equal(autostart, 0);
	assert_int_equal(virDomainGetVcpusFlags(domain, VIR_DOMAIN_AFFECT_CONFIG), 3);
}

/* --- what a VM shall be */

static int32_t
wished(const char *name)
{
	SCOPED(cluster) cluster = store_get(fix.store);
	const struct wish *wish = cluster_wish(cluster, test_vm(cluster, name)->h.index);

	return wish == NULL ? 0 : wish->wanted;
}

static void
await_wish(const char *name, int32_t wanted)
{
	for (int i = 0; i < 500 && wished(name) != wanted; i++)
		g_usleep(10000);
	assert_int_equal(wished(name), wanted);
}

static uint32_t
wish_for(const char *name, int32_t wanted)
{
	SCOPED(cluster) cluster = store_get(fix.store);
	struct request request;
	g_autoptr(GError) error = NULL;

	assert_true(admin_state_request(test_vm(cluster, name), wanted, &request, NULL));
	uint32_t job = request_submit(jobs_door(fix.jobs), &request, &error);
	if (error != NULL)
		fail_msg("%s", error->message);
	return job;
}

static void
test_admin_state(void **unused)
{
	put("web1", VIR_DOMAIN_RUNNING);
	put("web2", VIR_DOMAIN_SHUTOFF);
	assert_int_equal(wish_for("web1", ADMIN_RUNNING), 0); /* it is so: no job */
	await_wish("web1", ADMIN_RUNNING);
	assert_int_equal(wish_for("web1", ADMIN_RUNNING), 0);
	expect_success(wish_for("web1", ADMIN_PAUSED));
	assert_int_equal(domain_state("web1"), VIR_DOMAIN_PAUSED);
	expect_success(wish_for("web2", ADMIN_RUNNING));
	assert_int_equal(domain_state("web2"), VIR_DOMAIN_RUNNING);
	await_wish("web2", ADMIN_RUNNING);
	SCOPED(cluster) cluster = store_get(fix.store);
	assert_int_equal(cluster->rows[ROWS_JOB].n, 2);

	stop_all(); /* wishes survive, and make no jobs */
	start_all();
	await_wish("web1", ADMIN_PAUSED);
	await_wish("web2", ADMIN_RUNNING);
	assert_int_equal(wish_for("web2", ADMIN_UNMANAGED), 0);
	await_wish("web2", ADMIN_UNMANAGED);
	SCOPED(cluster) after = store_get(fix.store);
	assert_int_equal(after->rows[ROWS_JOB].n, 2);
}

static void
test_admin_state_impossible(void **unused)
{
	static const struct {
		int state;
		int32_t wanted;
		const char *sentence;
	} cases[] = {
		{ VIR_DOMAIN_SHUTOFF, ADMIN_PAUSED,
		    "web1 is shutOff: no job leads from there to paused" },
		{ VIR_DOMAIN_PAUSED, ADMIN_SHUTDOWN,
		    "web1 is paused: no job leads from there to shutdown" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GError) error = NULL;
		struct request request;
		put("web1", cases[i].state);
		SCOPED(cluster) cluster = store_get(fix.store);
		assert_false(admin_state_request(test_vm(cluster, "web1"), cases[i].wanted,
		    &request, &error));
		assert_true(g_error_matches(error, REQUEST_ERROR, REQUEST_IMPOSSIBLE));
		assert_string_equal(error->message, cases[i].sentence);
	}
}

/* --- drivers that lack a function say so before anything is tried */

static void
test_drivers(void **unused)
{
	static const struct {
		const char *driver;
		enum job_type type;
		const char *refused; /* NULL: taken */
	} cases[] = {
		{ "LXC", JOB_RESET, "ct1 cannot be reset: the LXC driver of node beta cannot do "
		    "that" },
		{ "LXC", JOB_NMI, "ct1 cannot be sent an NMI: the LXC driver" },
		{ "LXC", JOB_CTRL_ALT_DEL, "ct1 cannot be sent Ctrl-Alt-Del: the LXC driver" },
		{ "LXC", JOB_MANAGED_SAVE, "ct1 cannot be saved: the LXC driver" },
		{ "Xen", JOB_RESET, "ct1 cannot be reset: the Xen driver" },
		{ "QEMU", JOB_RESET, NULL },
		{ "Xen", JOB_SUSPEND, NULL },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct part *part = test_node_part("beta", NODE_ONLINE);
		struct node *node = part->rows[ROWS_NODE]->pdata[0];
		node->hypervisor = part_text(part, cases[i].driver);
		test_add_vm(part, "ct1", 9, VM_RUNNING);
		publish_now(part);
		struct request request = make_request(cases[i].type, "ct1");
		const struct request_door *door = jobs_door(fix.jobs);
		if (cases[i].refused != NULL) {
			refuse(&request, REQUEST_IMPOSSIBLE, cases[i].refused);
			continue;
		}
		struct ticket *ticket = door->reserve(door->manager, &request, NULL);
		assert_non_null(ticket);
		door->withdraw(door->manager, ticket);
	}
}

#define ACTION_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		ACTION_TEST(test_effects),
		ACTION_TEST(test_impossible),
		ACTION_TEST(test_reboot_unseen),
		ACTION_TEST(test_saved_state),
		ACTION_TEST(test_keys),
		ACTION_TEST(test_keys_cancelled),
		ACTION_TEST(test_cancel_action),
		ACTION_TEST(test_cancel_by_number),
		ACTION_TEST(test_cancel_withdrawn),
		ACTION_TEST(test_amounts),
		ACTION_TEST(test_drivers),
		ACTION_TEST(test_admin_state),
		ACTION_TEST(test_admin_state_impossible),
	};

	virt_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
