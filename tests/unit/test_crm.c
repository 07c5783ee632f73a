/*
 * Control through the cluster manager: its tools are scripts that write down how they were
 * called, and what Pacemaker would make of that is played: rows go from node to node.
 */
#include "tests/unit/jobs_fixture.h"

#include <stdlib.h>

#include "model/value.h"
#include "vmops/app.h"
#include "vmops/crm.h"
#include "vmops/vnode.h"

/* --- a cluster of two nodes, alpha and beta, n-alpha and n-beta for Pacemaker */

static struct {
	pthread_mutex_t lock;
	size_t read;        /* lines of the log that have been acted on */
	int32_t state;      /* of the application web1, whose VM web1 is */
	int32_t kind;       /* and its kind */
	unsigned node;      /* where it is: 0 alpha, 1 beta */
	uint32_t failures;
	bool drifts;        /* goes back when a rule is cleared */
	bool stuck;         /* the guest does not react: it is stopping until its power is cut */
	bool blocked;       /* what is asked for fails */
	bool deaf;          /* what is asked for is not done */
	int32_t managed, quorate, maintenance, can_migrate;
	int32_t beta;       /* enum membership */
	int32_t alpha;
	int64_t fenced_at;  /* beta */
	bool fencing;       /* a device is started */
	bool virtual;       /* beta is the VM web1 */
	int32_t guest;      /* of web1-node, which web1 is; 0: there is none */
	const char *silent; /* why nothing is known */
	const char *vm_config; /* NULL: its UUID is told */
} world = { .lock = PTHREAD_MUTEX_INITIALIZER };

static const char *const nodes[] = { "alpha", "beta" };

static char *
path_of(const char *name)
{
	return g_build_filename(fix.dir, name, NULL);
}

static void
write_script(const char *name, const char *text)
{
	g_autofree char *path = path_of(name), *fresh = g_strconcat(path, ".new", NULL);

	assert_true(g_file_set_contents(fresh, text, -1, NULL));
	g_chmod(fresh, 0755);
	assert_int_equal(g_rename(fresh, path), 0);
}

/* A place where the tools are: what they were told goes to the log. */
static void
write_place(const char *name, const char *quorum, const char *rest)
{
	g_autofree char *script = g_strdup_printf("#!/bin/sh\n"
	    "if [ \"$1\" = crm_node ]; then %s; fi\n"
	    "echo \"%s $*\" >>%s/log\n%s\n", quorum, name, fix.dir, rest);

	write_script(name, script);
}

static char **
log_lines(void)
{
	g_autofree char *path = path_of("log"), *text = NULL;

	if (!g_file_get_contents(path, &text, NULL, NULL))
		return g_new0(char *, 1);
	if (g_str_has_suffix(text, "\n"))
		text[strlen(text) - 1] = '\0';
	return g_strsplit(text, "\n", -1);
}

/* Of nodes: power and standby; what is on standby has no application. */
static bool
act_on_node(const char *line)
{
	if (strstr(line, "--fence=n-beta") != NULL)
		world.beta = MEMBER_OFFLINE;
	else if (strstr(line, "--unfence=n-beta") != NULL)
		world.beta = MEMBER_ONLINE;
	else if (strstr(line, "--reboot=n-beta") != NULL)
		world.fenced_at = g_get_real_time();
	else if (strstr(line, "--node=n-alpha --name=standby --update=on") != NULL) {
		world.alpha = MEMBER_STANDBY;
		world.node = 1;
	} else if (strstr(line, "--node=n-alpha --name=standby --delete") != NULL)
		world.alpha = MEMBER_ONLINE;
	else if (strstr(line, "--set-parameter=remote-node --parameter-value=web1-node") != NULL)
		world.guest = MEMBER_ONLINE;
	else if (strstr(line, "--delete-parameter=remote-node") != NULL)
		world.guest = 0;
	else if (strstr(line, "--node=web1-node --name=standby --update=on") != NULL)
		world.guest = MEMBER_STANDBY;
	else
		return strstr(line, APP_TRIAL) != NULL;
	return true;
}

static void
act_on(const char *line)
{
	if (world.deaf || act_on_node(line))
		return;
	if (world.blocked && strstr(line, "--cleanup") == NULL) {
		world.state = APP_BLOCKED;
		world.failures++;
	} else if (strstr(line, "--parameter-value=Started") != NULL) {
		world.state = APP_STARTED;
		world.beta = MEMBER_ONLINE;
	} else if (strstr(line, "--parameter-value=Stopped") != NULL) {
		world.state = world.stuck ? APP_STOPPING : APP_STOPPED;
		world.beta = world.virtual ? MEMBER_OFFLINE : world.beta;
	} else if (strstr(line, "--move") != NULL) {
		world.node = strstr(line, "--node=n-beta") != NULL;
	} else if (strstr(line, "--ban") != NULL) {
		world.node = strstr(line, "--node=n-alpha") != NULL;
	} else if (strstr(line, "--clear") != NULL && world.drifts) {
		world.node = 0;
	} else if (strstr(line, "--cleanup") != NULL) {
		world.failures = 0;
		world.state = APP_STARTED;
	}
}

static void
act_on_log(void)
{
	g_auto(GStrv) lines = log_lines();

	while (lines[world.read] != NULL)
		act_on(lines[world.read++]);
	if (world.state == APP_STOPPING && domain_state("web1") == VIR_DOMAIN_SHUTOFF)
		world.state = APP_STOPPED;
}

static struct part *
node_part(unsigned node)
{
	struct part *part = test_node_part(nodes[node], NODE_ONLINE);
	struct node *row = part->rows[ROWS_NODE]->pdata[0];
	g_autoptr(virDomain) domain = find_domain("web1");
	char uuid[VIR_UUID_STRING_BUFLEN];

	row->mem_total = 4096;
	row->cpus = 4;
	row->hypervisor = "QEMU";
	virDomainGetUUIDString(domain, uuid);
	if (world.node == node) {
		bool off = domain_state("web1") == VIR_DOMAIN_SHUTOFF || world.state == APP_STOPPED;
		struct vm *vm = test_add_vm(part, "web1", 0, off ? VM_SHUT_OFF : VM_RUNNING);
		vm->uuid = part_text(part, uuid);
		vm->persistent = 1;
	}
	if (node == 0)
		test_add_vm(part, "plain", 77, VM_SHUT_OFF);
	return part;
}

static void
add_member(struct part *part, const char *name, int32_t membership, uint32_t apps)
{
	struct cluster_member *m = part_add(part, ROWS_MEMBER);

	m->name = part_text(part, name);
	m->reason = "";
	m->kind = NODE_PHYSICAL;
	if ((world.virtual && strcmp(name, "beta") == 0) || strcmp(name, "web1-node") == 0) {
		m->kind = NODE_VIRTUAL;
		m->container = "web1";
	}
	m->membership = membership;
	m->apps = apps;
	m->fenced_at = strcmp(name, "beta") == 0 ? world.fenced_at : 0;
	m->sampled_us = g_get_monotonic_time();
	m->interval = 10;
}

static void
add_fencing(struct part *part)
{
	struct app *app = part_add(part, ROWS_APP);

	app->name = "fencing";
	app->agent = "stonith:fence_lab";
	app->parent_name = app->preferred_name = app->vm_name = app->failure = app->reason = "";
	app->node_name = app->node_names = "";
	app->kind = APP_KIND_FENCING;
	app->state = world.fencing ? APP_STARTED : APP_STOPPED;
	app->wanted = WANTED_STARTED;
	app->sampled_us = g_get_monotonic_time();
	app->stale_after = 50;
}

static void
add_app(struct part *part)
{
	struct app *app = part_add(part, ROWS_APP);
	g_autoptr(virDomain) domain = find_domain("web1");
	char uuid[VIR_UUID_STRING_BUFLEN];

	virDomainGetUUIDString(domain, uuid);
	app->name = "web1";
	app->agent = "ocf:heartbeat:VirtualDomain";
	app->parent_name = app->preferred_name = app->vm_name = "";
	app->failure = world.failures > 0 ? "start on n-alpha: not installed" : "";
	app->reason = world.state == APP_BLOCKED ? app->failure : "";
	app->node_name = app->node_names = world.state == APP_STOPPED ? "" : nodes[world.node];
	app->kind = world.kind;
	app->state = world.silent != NULL ? APP_UNKNOWN : world.state;
	app->wanted = world.state == APP_STOPPED ? WANTED_STOPPED : WANTED_STARTED;
	app->managed = world.managed;
	app->can_migrate = world.can_migrate;
	app->fail_count = world.failures;
	app->vm_uuid = world.vm_config == NULL ? part_text(part, uuid) : NULL;
	app->vm_config = world.vm_config;
	app->sampled_us = g_get_monotonic_time();
	app->stale_after = 50;
}

static struct part *
cluster_part(void)
{
	struct part *part = part_new("pacemaker", NULL);
	struct backend_info *b = part_add(part, ROWS_BACKEND);

	*b = (struct backend_info){ .backend = "pacemaker", .version = "2.1.5",
		.coordinator = "alpha", .reason = world.silent != NULL ? world.silent : "",
		.quorate = world.silent != NULL ? ABSENT_I32 : world.quorate, .fencing = 1,
		.maintenance = world.maintenance, .sampled_us = g_get_monotonic_time(),
		.stale_after = 50 };
	bool started = world.state == APP_STARTED;
	add_member(part, "alpha", world.silent != NULL ? MEMBER_UNKNOWN : world.alpha,
	    started && world.node == 0);
	add_member(part, "beta", world.silent != NULL ? MEMBER_UNKNOWN : world.beta,
	    started && world.node == 1);
	if (world.guest != 0)
		add_member(part, "web1-node", world.guest, 0);
	add_app(part);
	add_fencing(part);
	return part;
}

static void
observe_world(void *context, const char *node, const char *uuid)
{
	LOCK_SCOPE(&world.lock);
	act_on_log();
	store_publish(fix.store, cluster_part(), PUBLISH_NOW);
	for (unsigned i = 0; i < G_N_ELEMENTS(nodes); i++)
		store_publish(fix.store, node_part(i), PUBLISH_NOW);
}

/* Until the cluster value shows what is played now. */
static void
show(void)
{
	int64_t now = g_get_monotonic_time();

	observe_world(NULL, NULL, NULL);
	for (uint64_t seen = 0;;) {
		SCOPED(cluster) cluster = store_wait(fix.store, seen, 5 * G_USEC_PER_SEC);
		const struct rows *apps = &cluster->rows[ROWS_APP];
		const struct node *beta = cluster_node_by_name(cluster, "beta", NULL);
		const struct vm *vm = cluster_vm_by_name(cluster, "web1", NULL);
		if (apps->n == 2 && vm != NULL && ((const struct app *)apps->row[0])->sampled_us >= now &&
		    beta != NULL && beta->sampled_us >= now)
			return;
		seen = cluster->generation;
	}
}

/* Jobs look at it from other threads. */
#define SET(field, value)                                                              \
	do {                                                                           \
		LOCK_SCOPE(&world.lock);                                               \
		world.field = value;                                                   \
	} while (0)

static unsigned
node_now(void)
{
	LOCK_SCOPE(&world.lock);
	return world.node;
}

#define GOOD "echo 1; exit 0"

static int
setup(void **state)
{
	begin_fixture();
	define_domain("web1");
	world.read = 0;
	world.state = APP_STARTED;
	world.kind = APP_KIND_VM;
	world.node = world.failures = 0;
	world.drifts = world.stuck = world.blocked = world.deaf = false;
	world.managed = world.quorate = world.can_migrate = 1;
	world.maintenance = 0;
	world.alpha = world.beta = MEMBER_ONLINE;
	world.fenced_at = 0;
	world.fencing = true;
	world.virtual = false;
	world.guest = 0;
	world.silent = world.vm_config = NULL;
	app_patience_us = 1500 * 1000;
	app_stay_us = 100 * 1000;
	write_place("here", GOOD, "");
	write_place("there", GOOD, "");

	g_autofree char *path = path_of("test.conf");
	g_autofree char *text = g_strdup_printf("[cluster]\nbackend=pacemaker\ncontrol=on\n"
	    "state-dir=%s\n[pacemaker]\ntimeout=2\n"
	    "[node alpha]\nuri=test:///default\npacemaker=%s/here\npacemaker-name=n-alpha\n"
	    "[node beta]\nuri=test:///default\npacemaker=%s/there\npacemaker-name=n-beta\n",
	    fix.dir, fix.dir, fix.dir);
	g_autoptr(GError) error = NULL;
	assert_true(g_file_set_contents(path, text, -1, NULL));
	fix.state = state_open(fix.dir, &error);
	fix.store = store_new(fix.state, "test");
	fix.settings = settings_load(path, &error);
	if (fix.settings == NULL)
		fail_msg("%s", error->message);
	open_jobs();
	jobs_set_poke(fix.jobs, observe_world, NULL);
	show();
	jobs_start(fix.jobs);
	return 0;
}

static int
teardown(void **state)
{
	end_fixture(1);
	return 0;
}

/* The VM's hypervisor process is there. */
static void
run_guest(void)
{
	g_autoptr(virDomain) domain = find_domain("web1");

	if (domain_state("web1") == VIR_DOMAIN_SHUTOFF)
		assert_int_equal(__real_virDomainCreate(domain), 0);
	show();
}

/* --- asking */

static struct request
app_request(enum job_type type, const char *target)
{
	SCOPED(cluster) cluster = store_get(fix.store);
	struct request request;

	request_for_app(&request, type, rows_find(&cluster->rows[ROWS_APP],
	    state_index(NULL, OBJECT_APP, "web1"), 0));
	request.target = target == NULL ? 0 : state_index(NULL, OBJECT_NODE, target);
	request.origin = ORIGIN_CLI;
	return request;
}

static uint32_t
ask(const struct request *request)
{
	g_autoptr(GError) error = NULL;
	uint32_t number = request_submit(jobs_door(fix.jobs), request, &error);

	if (number == 0)
		fail_msg("%s", error->message);
	return number;
}

static uint32_t
ask_app(enum job_type type, const char *target)
{
	struct request request = app_request(type, target);

	return ask(&request);
}

/* The log is these lines, behind the place, the tool, and "--output-as=xml". */
static void
expect_log_of(const char *tool, const char *place, const char *const *lines)
{
	g_auto(GStrv) log = log_lines();
	size_t i = 0;

	for (; lines[i] != NULL; i++) {
		g_autofree char *line = g_strdup_printf("%s %s --output-as=xml %s", place, tool,
		    lines[i]);
		if (log[i] == NULL || strcmp(log[i], line) != 0)
			fail_msg("\"%s\" instead of \"%s\"", log[i] == NULL ? "" : log[i], line);
	}
	if (log[i] != NULL)
		fail_msg("besides: %s", log[i]);
}
#define EXPECT_LOG_OF(tool, place, ...)                                                \
	expect_log_of(tool, place, (const char *const[]){ __VA_ARGS__, NULL })
#define EXPECT_LOG(place, ...) EXPECT_LOG_OF("crm_resource", place, __VA_ARGS__)
#define ROLE(role) "--resource=web1 --meta --set-parameter=target-role --parameter-value=" role
#define MOVE "--move --resource=web1 --node=n-beta"
#define CLEAR "--clear --resource=web1 --node=n-beta"

static void
expect_no_log(void)
{
	g_auto(GStrv) log = log_lines();

	if (log[0] != NULL)
		fail_msg("it was told %s", log[0]);
}

/* --- words */

static void
words_are_quoted_for_ssh_alone(void **state)
{
	static const char *const tool[] = { "crm_resource", "--resource=a b;c", NULL };
	static const char *const plain[] = { "crm_resource", "--resource=web\xc3\xa4-1.x:0", NULL };
	g_autoptr(GError) error = NULL;
	g_auto(GStrv) direct = crm_words("local", tool, &error);
	g_auto(GStrv) ssh = crm_words("/usr/bin/ssh -o 'A B' root@alpha", tool, &error);
	g_auto(GStrv) other = crm_words("podman exec pcmk", plain, &error);

	assert_null(error);
	assert_string_equal(direct[1], tool[1]);
	assert_string_equal(ssh[2], "A B");
	assert_string_equal(ssh[4], "crm_resource");
	assert_string_equal(ssh[5], "'--resource=a b;c'");
	assert_string_equal(other[4], plain[1]);
	assert_null(crm_words("podman exec pcmk", tool, &error));
	assert_non_null(strstr(error->message, "cannot be put through podman"));
}

/* --- applications */

static void
it_is_stopped_and_started(void **state)
{
	expect_success(ask_app(JOB_APP_STOP, NULL));
	expect_success(ask_app(JOB_APP_START, NULL));
	EXPECT_LOG("here", ROLE("Stopped"), ROLE("Started"));
}

static void
what_pacemaker_says_is_the_end(void **state)
{
	SET(blocked, true);
	expect_job(ask_app(JOB_APP_STOP, NULL), JOB_FAILED, CAUSE_CLUSTER,
	    "web1 is blocked on alpha, and was to be stopped: start on n-alpha: not installed");
	expect_success(ask_app(JOB_APP_CLEANUP, NULL));
	EXPECT_LOG("here", ROLE("Stopped"), "--cleanup --resource=web1");
}

static void
what_does_not_happen_has_failed(void **state)
{
	SET(deaf, true);
	expect_job(ask_app(JOB_APP_STOP, NULL), JOB_FAILED, CAUSE_CLUSTER,
	    "web1 is started on alpha, and was to be stopped");
}

static void
it_moves_and_no_rule_is_left(void **state)
{
	run_guest();
	expect_success(ask_app(JOB_APP_MOVE, "beta"));
	EXPECT_LOG("here", MOVE, CLEAR);
	assert_int_equal(node_now(), 1);
}

static void
pacemaker_may_choose(void **state)
{
	run_guest();
	expect_success(ask_app(JOB_APP_MOVE, NULL));
	EXPECT_LOG("here", "--ban --resource=web1 --node=n-alpha",
	    "--clear --resource=web1 --node=n-alpha");
	assert_int_equal(node_now(), 1);
}

static void
going_back_is_a_failure(void **state)
{
	run_guest();
	SET(drifts, true);
	expect_job(ask_app(JOB_APP_MOVE, "beta"), JOB_FAILED, CAUSE_CLUSTER,
	    "web1 did not stay on node beta but went to alpha");
}

static void
a_move_that_fails_leaves_no_rule(void **state)
{
	run_guest();
	SET(deaf, true);
	expect_job(ask_app(JOB_APP_MOVE, "beta"), JOB_FAILED, CAUSE_CLUSTER,
	    "web1 is started on alpha, and was to be moved there");
	EXPECT_LOG("here", MOVE, CLEAR);
}

static void
a_move_that_is_cancelled_leaves_no_rule(void **state)
{
	g_autoptr(GError) error = NULL;
	struct cluster *cluster;

	run_guest();
	SET(deaf, true);
	app_patience_us = 20 * G_USEC_PER_SEC;
	uint32_t job = ask_app(JOB_APP_MOVE, "beta");
	await_job(job, JOB_RUNNING, &cluster);
	cluster_unref(cluster);
	for (int i = 0; i < 500; i++) {
		g_auto(GStrv) log = log_lines();
		if (log[0] != NULL)
			break;
		g_usleep(20000);
	}
	assert_true(jobs_door(fix.jobs)->cancel(jobs_door(fix.jobs)->manager, job, &error));
	expect_job(job, JOB_CANCELLED, CAUSE_CANCELLED, "web1: cancelled");
	EXPECT_LOG("here", MOVE, CLEAR);
}

static void
expect_refusal(const struct request *request, enum request_error code, const char *why)
{
	show();
	refuse(request, code, why);
	expect_no_log();
}

static void
what_cannot_be_is_refused_at_once(void **state)
{
	struct request stop = app_request(JOB_APP_STOP, NULL);
	struct request move = app_request(JOB_APP_MOVE, "beta");
	struct request here = app_request(JOB_APP_MOVE, "alpha");
	struct request start = app_request(JOB_APP_START, NULL);

	expect_refusal(&start, REQUEST_IMPOSSIBLE, "web1 is already started");
	expect_refusal(&here, REQUEST_IMPOSSIBLE, "web1 is on node alpha already");
	SET(beta, MEMBER_STANDBY);
	expect_refusal(&move, REQUEST_IMPOSSIBLE, "web1 cannot go to node beta, which is on standby");
	SET(beta, MEMBER_UNCLEAN);
	expect_refusal(&move, REQUEST_IMPOSSIBLE, "which is unclean");
	SET(beta, MEMBER_ONLINE);
	SET(managed, 0);
	expect_refusal(&stop, REQUEST_IMPOSSIBLE, "web1 is not managed");
	SET(managed, 1);
	SET(maintenance, 1);
	expect_refusal(&stop, REQUEST_IMPOSSIBLE, "maintenance mode");
	SET(maintenance, 0);
	SET(quorate, 0);
	expect_refusal(&stop, REQUEST_UNREACHABLE, "the cluster has no quorum");
	SET(quorate, 1);
	SET(silent, "no route to host");
	expect_refusal(&stop, REQUEST_UNREACHABLE,
	    "the state of the cluster is not known: no route to host");
}

/* --- places */

static void
the_next_place_is_told(void **state)
{
	write_place("here", "echo 'ssh: no route to host' >&2; exit 255", "");
	expect_success(ask_app(JOB_APP_STOP, NULL));
	EXPECT_LOG("there", ROLE("Stopped"));
}

static void
who_has_no_quorum_is_not_told(void **state)
{
	write_place("here", "echo 0; exit 0", "");
	expect_success(ask_app(JOB_APP_STOP, NULL));
	EXPECT_LOG("there", ROLE("Stopped"));
}

static void
no_place_no_action(void **state)
{
	write_place("here", "echo 0; exit 0", "");
	write_place("there", "sleep 20", "");
	expect_job(ask_app(JOB_APP_STOP, NULL), JOB_FAILED, CAUSE_UNREACHABLE,
	    "web1: Pacemaker cannot be told: alpha: it has no quorum; beta: no answer in time");
	expect_no_log();
}

/* It may have been done: the other place is not told as well. */
static void
nothing_is_told_twice(void **state)
{
	SET(deaf, true);
	write_place("here", GOOD, "echo 'Connection to alpha closed by remote host' >&2; exit 255");
	expect_job(ask_app(JOB_APP_STOP, NULL), JOB_FAILED, CAUSE_UNREACHABLE,
	    "it is not known whether it has done what it was asked for");
	EXPECT_LOG("here", ROLE("Stopped"));
}

static void
a_tools_own_words_are_told(void **state)
{
	SET(deaf, true);
	write_place("here", GOOD, "echo \"<pacemaker-result api-version='2.25'><status code='105' "
	    "message='No such object'><errors><error>crm_resource: Resource web1 not found\n"
	    "Error performing operation: No such object</error></errors></status>"
	    "</pacemaker-result>\"; exit 105");
	expect_job(ask_app(JOB_APP_STOP, NULL), JOB_FAILED, CAUSE_CLUSTER,
	    "web1: Pacemaker refuses: Resource web1 not found");
}

/* --- VMs that are applications */

static void
its_vm_is_started_by_pacemaker(void **state)
{
	g_autofree char *ran = path_of("ran");

	SET(state, APP_STOPPED);
	show();
	ran_path = ran;
	expect_success(submit(JOB_POWER_ON, "web1"));
	ran_path = NULL;
	EXPECT_LOG("here", ROLE("Started"));
	assert_false(g_file_test(ran, G_FILE_TEST_EXISTS)); /* libvirt was not asked */
}

static void
its_vm_is_shut_down_by_pacemaker(void **state)
{
	run_guest();
	expect_success(submit(JOB_SHUTDOWN, "web1"));
	EXPECT_LOG("here", ROLE("Stopped"));
	assert_int_equal(domain_state("web1"), VIR_DOMAIN_RUNNING); /* libvirt was not asked */
}

/* Not before Pacemaker knows that it shall be off. */
static void
its_power_is_cut_when_the_guest_does_not_react(void **state)
{
	run_guest();
	SET(stuck, true);
	expect_success(submit(JOB_POWER_OFF, "web1"));
	EXPECT_LOG("here", ROLE("Stopped"));
	assert_int_equal(domain_state("web1"), VIR_DOMAIN_SHUTOFF);
}

static void
its_vm_migrates_by_pacemaker(void **state)
{
	struct request request;

	run_guest();
	request = make_request(JOB_MIGRATE, "web1");
	request.target = state_index(NULL, OBJECT_NODE, "beta");
	expect_success(ask(&request));
	EXPECT_LOG("here", MOVE, CLEAR);
}

static void
what_pacemaker_would_not_know_of_is_refused(void **state)
{
	static const struct {
		enum job_type type;
		const char *why;
	} cases[] = {
		{ JOB_MANAGED_SAVE, "web1 cannot be saved: it is the application web1 of the cluster" },
		{ JOB_POWER_BUTTON, "has failed: say 'shutdown'" },
		{ JOB_SNAPSHOT_CREATE, "would name other images" },
	};
	struct request request;

	run_guest();
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++)
		refuse_job(cases[i].type, "web1", REQUEST_IMPOSSIBLE, cases[i].why);
	request = make_request(JOB_SET_AUTOSTART, "web1");
	request.amount = REQUEST_ON;
	refuse(&request, REQUEST_IMPOSSIBLE, "web1 starts when the cluster starts the application");
	request = make_request(JOB_MIGRATE, "web1");
	request.target = state_index(NULL, OBJECT_NODE, "beta");
	request.flags = REQUEST_COPY_STORAGE;
	refuse(&request, REQUEST_IMPOSSIBLE, "it cannot be told how");
	request.flags = 0;
	SET(can_migrate, 0);
	expect_refusal(&request, REQUEST_IMPOSSIBLE, "lacks allow-migrate");
}

static void
what_stays_inside_goes_to_libvirt(void **state)
{
	run_guest();
	expect_success(submit(JOB_RESET, "web1"));
	assert_int_equal(atomic_load(&resets), 1);
	expect_no_log();
}

static void
without_a_quorum_its_vm_is_left_alone(void **state)
{
	run_guest();
	SET(quorate, 0);
	show();
	refuse_job(JOB_POWER_OFF, "web1", REQUEST_UNREACHABLE, "no quorum");
	expect_no_log();
}

/* Whose VM it is nobody knows: what could run it twice is refused. */
static void
ignorance_starts_nothing(void **state)
{
	SET(silent, "no route to host");
	SET(state, APP_STOPPED);
	show();
	refuse_job(JOB_POWER_ON, "plain", REQUEST_UNREACHABLE,
	    "whether it belongs to the cluster is not known: no route to host");
	refuse_job(JOB_POWER_ON, "web1", REQUEST_UNREACHABLE, "the state of the cluster");
}

static void
what_may_be_its_vm_is_left_alone(void **state)
{
	SET(vm_config, "plain"); /* its name says web1, its definition another */
	show();
	refuse_job(JOB_POWER_ON, "plain", REQUEST_IMPOSSIBLE, "it may be the application web1");
}

/* --- nodes */

static struct request
node_request(enum job_type type, const char *name)
{
	SCOPED(cluster) cluster = store_get(fix.store);
	struct request request;

	request_for_node(&request, type, cluster_node_by_name(cluster, name, NULL));
	request.origin = ORIGIN_CLI;
	return request;
}

static uint32_t
ask_node(enum job_type type, const char *name)
{
	struct request request = node_request(type, name);

	return ask(&request);
}

/* Where the tool runs is not the node that it is about, as long as there is another. */
static void
a_nodes_power_is_the_fencing_devices_affair(void **state)
{
	write_place("there", "echo 0; exit 0", "");
	expect_success(ask_node(JOB_NODE_POWER_OFF, "beta"));
	expect_success(ask_node(JOB_NODE_POWER_ON, "beta"));
	expect_success(ask_node(JOB_NODE_POWER_RESET, "beta"));
	EXPECT_LOG_OF("stonith_admin", "here", "--fence=n-beta --timeout=150",
	    "--unfence=n-beta --timeout=150", "--reboot=n-beta --timeout=150");
}

static void
power_that_cannot_be_switched_is_refused(void **state)
{
	struct request on = node_request(JOB_NODE_POWER_ON, "beta");
	struct request off = node_request(JOB_NODE_POWER_OFF, "beta");

	expect_refusal(&on, REQUEST_IMPOSSIBLE, "node beta is on");
	SET(fencing, false);
	expect_refusal(&off, REQUEST_UNREACHABLE, "no fencing device is started");
	SET(fencing, true);
	SET(quorate, 0);
	expect_refusal(&off, REQUEST_UNREACHABLE, "no quorum");
}

static void
what_the_fencing_device_says_is_told(void **state)
{
	SET(deaf, true);
	write_place("here", GOOD, "echo 'stonith_admin: No such device' >&2; exit 105");
	expect_job(ask_node(JOB_NODE_POWER_OFF, "beta"), JOB_FAILED, CAUSE_CLUSTER,
	    "beta: Pacemaker refuses: No such device");
}

static void
a_virtual_nodes_power_is_its_vms(void **state)
{
	SET(virtual, true);
	SET(fencing, false);
	show();
	expect_success(ask_node(JOB_NODE_POWER_OFF, "beta"));
	expect_success(ask_node(JOB_NODE_POWER_ON, "beta"));
	EXPECT_LOG("here", ROLE("Stopped"), ROLE("Started"));
}

static void
maintenance_is_standby_until_online(void **state)
{
	run_guest();
	expect_success(ask_node(JOB_MAINTENANCE, "alpha"));
	EXPECT_LOG_OF("crm_attribute", "there",
	    "--node=n-alpha --name=standby --update=on --lifetime=forever");
	assert_int_equal(node_now(), 1);
	expect_success(ask_node(JOB_NODE_ONLINE, "alpha"));
	EXPECT_LOG_OF("crm_attribute", "there",
	    "--node=n-alpha --name=standby --update=on --lifetime=forever",
	    "--node=n-alpha --name=standby --delete --lifetime=forever");
}

static void
an_evacuation_takes_standby_back(void **state)
{
	run_guest();
	expect_success(ask_node(JOB_EVACUATE, "alpha"));
	EXPECT_LOG_OF("crm_attribute", "there",
	    "--node=n-alpha --name=standby --update=on --lifetime=forever",
	    "--node=n-alpha --name=standby --delete --lifetime=forever");
	assert_int_equal(node_now(), 1);
}

/* --- virtual nodes */

static void
write_file(const char *name, const char *text)
{
	g_autofree char *path = path_of(name);

	assert_true(g_file_set_contents(path, text, -1, NULL));
}

#define TRIAL_NODE APP_TRIAL "web1-node"
#define STATUS(resources, rest)                                                        \
	"<pacemaker-result><nodes>"                                                     \
	"<node name='n-alpha' online='true' standby='false' unclean='false' pending='false' "  \
	"maintenance='false'/><node name='web1-node' online='true' standby='false' "    \
	"unclean='false' pending='false' maintenance='false'/></nodes>"                 \
	"<resources>" resources "</resources>" rest "</pacemaker-result>"
#define CIB                                                                            \
	"<cib><configuration><resources>"                                              \
	"<primitive id='web1' class='ocf' provider='heartbeat' type='VirtualDomain'/>"  \
	"<primitive id='" APP_TRIAL "web1' class='ocf' provider='heartbeat' type='Dummy'/>" \
	"</resources><constraints/></configuration><status><node_state uname='n-alpha'>" \
	"<transient_attributes><instance_attributes>"                                  \
	"<nvpair name='fail-count-web1-node#start_0' value='INFINITY'/>"                \
	"</instance_attributes></transient_attributes></node_state></status></cib>"

/* As long as the trial lasts crm_mon writes `trying`. */
static void
write_pacemaker(const char *trying)
{
	g_autofree char *rest = g_strdup_printf("case \"$*\" in\n"
	    "crm_mon*) if [ -e %s/over ]; then cat %s/idle.xml; else cat %s/trying.xml; fi ;;\n"
	    "'cibadmin --query') if [ -e %s/joined ]; then cat %s/joined.xml; else cat %s/cib.xml; "
	    "fi ;;\n"
	    "*--set-parameter=remote-node*) : >%s/joined ;;\n"
	    "*trial*target-role*) : >%s/over ;;\n"
	    "esac", fix.dir, fix.dir, fix.dir, fix.dir, fix.dir, fix.dir, fix.dir, fix.dir);

	write_file("trying.xml", trying);
	write_file("idle.xml", STATUS("", ""));
	write_file("cib.xml", CIB);
	write_place("here", GOOD, rest);
}

/* Lines of the log have these texts, in that order. */
static void
expect_told(const char *const *texts)
{
	g_auto(GStrv) log = log_lines();
	size_t at = 0;

	for (; *texts != NULL; texts++) {
		while (log[at] != NULL && strstr(log[at], *texts) == NULL)
			at++;
		if (log[at] == NULL)
			fail_msg("it was not told, or not in time: %s", *texts);
		at++;
	}
}
#define EXPECT_TOLD(...) expect_told((const char *const[]){ __VA_ARGS__, NULL })

static void
expect_not_told(const char *text)
{
	g_auto(GStrv) log = log_lines();

	for (char **line = log; *line != NULL; line++)
		if (strstr(*line, text) != NULL)
			fail_msg("it was told: %s", *line);
}

static struct request
vnode_request(enum job_type type, const char *name, const char *address)
{
	struct request request = make_request(type, "web1");

	g_strlcpy(request.argument, name, sizeof(request.argument));
	g_strlcpy(request.machine.network, address, sizeof(request.machine.network));
	return request;
}

static void
a_vm_becomes_a_node(void **state)
{
	struct request request = vnode_request(JOB_VNODE_ENABLE, "", "192.0.2.7");

	run_guest();
	write_pacemaker(STATUS("<resource id='" TRIAL_NODE "' role='Started' failed='false'/>", ""));
	expect_success(ask(&request));
	EXPECT_TOLD("cibadmin --modify --allow-create --xml-pipe",
	    "--resource=" APP_TRIAL "web1 --meta --set-parameter=target-role "
	    "--parameter-value=Stopped",
	    "--cleanup --resource=" TRIAL_NODE, "--cleanup --resource=" APP_TRIAL "web1",
	    "--delete --resource=" APP_TRIAL "web1 --resource-type=primitive",
	    "cibadmin --delete --scope=constraints", "crm_failcount --delete --resource=web1-node "
	    "--node=n-alpha", "cibadmin --modify --allow-create --scope=constraints",
	    "--resource=web1 --meta --set-parameter=remote-addr --parameter-value=192.0.2.7",
	    "--set-parameter=remote-connect-timeout",
	    "--resource=web1 --meta --set-parameter=remote-node --parameter-value=web1-node");
}

/* Before Pacemaker itself gives up. */
static void
what_is_not_online_in_time_is_taken_back(void **state)
{
	struct request request = vnode_request(JOB_VNODE_ENABLE, "", "192.0.2.7");
	int64_t usual = vnode_online_us;

	run_guest();
	SET(deaf, true);
	vnode_online_us = G_USEC_PER_SEC;
	write_pacemaker(STATUS("<resource id='" TRIAL_NODE "' role='Started' failed='false'/>", ""));
	write_file("joined.xml", "<cib><configuration><resources><primitive id='web1' class='ocf' "
	    "provider='heartbeat' type='VirtualDomain'><meta_attributes id='m'>"
	    "<nvpair id='a' name='remote-node' value='web1-node'/>"
	    "<nvpair id='b' name='remote-addr' value='192.0.2.7'/></meta_attributes></primitive>"
	    "</resources><constraints><rsc_location id='virtcluster-hosts-only-web1' rsc='web1'/>"
	    "</constraints></configuration></cib>");
	expect_job(ask(&request), JOB_FAILED, CAUSE_CLUSTER,
	    "web1: Pacemaker has not made it the node web1-node by now");
	vnode_online_us = usual;
	EXPECT_TOLD("--set-parameter=remote-node", "--delete-parameter=remote-node",
	    "--delete-parameter=remote-addr", "cibadmin --delete --scope=constraints");
	expect_not_told("--resource=web1 --meta --set-parameter=target-role");
}

/* To Pacemaker the VM would have failed, and be stopped in the end. */
static void
what_does_not_answer_becomes_no_node(void **state)
{
	struct request request = vnode_request(JOB_VNODE_ENABLE, "", "192.0.2.7");

	run_guest();
	write_pacemaker(STATUS("<resource id='" TRIAL_NODE "' role='Stopped' failed='false'/>",
	    "<failures><failure op_key='" TRIAL_NODE "_start_0' exitstatus='error' "
	    "exitreason='Key was rejected by service'/></failures>"));
	expect_job(ask(&request), JOB_FAILED, CAUSE_CLUSTER, "web1 does not become a "
	    "node: pacemaker_remoted does not answer at 192.0.2.7: Key was rejected by service; see to "
	    "the package pacemaker-remote in the guest, its service, /etc/pacemaker/authkey, TCP port "
	    "3121 and firewalls");
	EXPECT_TOLD("cibadmin --modify", "--delete --resource=" APP_TRIAL "web1",
	    "cibadmin --delete --scope=constraints");
	expect_not_told("remote-node");
}

static void
a_name_that_pacemaker_has_is_not_given_again(void **state)
{
	struct request request = vnode_request(JOB_VNODE_ENABLE, "other", "192.0.2.7");

	run_guest();
	write_pacemaker("");
	write_file("cib.xml", "<cib><configuration><nodes><node id='4' uname='other'/></nodes>"
	    "</configuration></cib>");
	expect_job(ask(&request), JOB_FAILED, CAUSE_IMPOSSIBLE, "web1 cannot become the node other: "
	    "Pacemaker has something that is called so");
	expect_not_told("--modify");
}

static void
what_cannot_become_a_node_is_refused(void **state)
{
	struct request node = vnode_request(JOB_VNODE_ENABLE, "", "192.0.2.7");
	struct request nowhere = vnode_request(JOB_VNODE_ENABLE, "", "");
	struct request taken = vnode_request(JOB_VNODE_ENABLE, "beta", "192.0.2.7");
	struct request app = vnode_request(JOB_VNODE_ENABLE, "web1", "192.0.2.7");
	struct request trial = vnode_request(JOB_VNODE_ENABLE, APP_TRIAL "x", "192.0.2.7");
	struct request none = vnode_request(JOB_VNODE_DISABLE, "", "");

	run_guest();
	expect_refusal(&nowhere, REQUEST_IMPOSSIBLE, "its guest's address is not known");
	expect_refusal(&taken, REQUEST_IMPOSSIBLE, "a node is called so already");
	expect_refusal(&app, REQUEST_IMPOSSIBLE, "an application is called so already");
	expect_refusal(&trial, REQUEST_BAD_VALUE, "cannot be a node's name");
	expect_refusal(&none, REQUEST_IMPOSSIBLE, "web1 is no virtual node");
	SET(fencing, false);
	expect_refusal(&node, REQUEST_UNREACHABLE, "no fencing device is started");
	SET(fencing, true);
	SET(guest, MEMBER_ONLINE);
	expect_refusal(&node, REQUEST_IMPOSSIBLE, "web1 is the node web1-node already");
	SET(quorate, 0);
	expect_refusal(&none, REQUEST_UNREACHABLE, "no quorum");
	SET(quorate, 1);
	node = make_request(JOB_VNODE_ENABLE, "plain");
	fix.more_vms = NULL;
	expect_refusal(&node, REQUEST_IMPOSSIBLE, "plain is shut off");
}

static void
a_node_is_given_up(void **state)
{
	struct request request = vnode_request(JOB_VNODE_DISABLE, "", "");

	run_guest();
	SET(guest, MEMBER_ONLINE);
	SET(kind, APP_KIND_VIRTUAL_NODE);
	show();
	write_pacemaker(STATUS("", ""));
	write_file("cib.xml", "<cib><configuration><resources><primitive id='web1' class='ocf' "
	    "provider='heartbeat' type='VirtualDomain'><meta_attributes id='m'>"
	    "<nvpair id='a' name='remote-node' value='web1-node'/>"
	    "<nvpair id='b' name='remote-addr' value='192.0.2.7'/></meta_attributes></primitive>"
	    "</resources><constraints><rsc_location id='virtcluster-hosts-only-web1' rsc='web1'/>"
	    "</constraints></configuration></cib>");
	expect_success(ask(&request));
	EXPECT_TOLD("--node=web1-node --name=standby --update=on --lifetime=reboot",
	    "--resource=web1 --meta --delete-parameter=remote-node",
	    "--resource=web1 --meta --delete-parameter=remote-addr",
	    "cibadmin --delete --scope=constraints");
	expect_not_told("target-role"); /* the VM runs on */
}

static void
a_node_that_is_needed_stays(void **state)
{
	struct request request = vnode_request(JOB_VNODE_DISABLE, "", "");

	run_guest();
	SET(guest, MEMBER_ONLINE);
	SET(kind, APP_KIND_VIRTUAL_NODE);
	show();
	write_pacemaker(STATUS("<resource id='db' role='Started'><node name='web1-node'/></resource>",
	    "<bans><ban resource='db' node='n-alpha' weight='-1000000'/></bans>"));
	expect_job(ask(&request), JOB_FAILED, CAUSE_IMPOSSIBLE,
	    "node web1-node cannot be given up: db can run nowhere else");
	expect_not_told("standby");
}

/* --- after a restart */

static void
restart(void)
{
	stop_all();
	g_autofree char *path = path_of("test.conf");
	fix.state = state_open(fix.dir, NULL);
	fix.store = store_new(fix.state, "test");
	fix.settings = settings_load(path, NULL);
	open_jobs();
	jobs_set_poke(fix.jobs, observe_world, NULL);
	show();
	jobs_start(fix.jobs);
}

static void
a_later_process_takes_the_rule_back(void **state)
{
	run_guest();
	SET(deaf, true);
	app_patience_us = 20 * G_USEC_PER_SEC;
	uint32_t job = ask_app(JOB_APP_MOVE, "beta");
	for (int i = 0; i < 500; i++) {
		g_auto(GStrv) log = log_lines();
		if (log[0] != NULL)
			break;
		g_usleep(20000);
	}
	restart();
	expect_job(job, JOB_INTERRUPTED, CAUSE_RESTART, "the agent was stopped while it moved; it is "
	    "on alpha");
	EXPECT_LOG("here", MOVE, CLEAR);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_are_quoted_for_ssh_alone),
		TEST(it_is_stopped_and_started),
		TEST(what_pacemaker_says_is_the_end),
		TEST(what_does_not_happen_has_failed),
		TEST(it_moves_and_no_rule_is_left),
		TEST(pacemaker_may_choose),
		TEST(going_back_is_a_failure),
		TEST(a_move_that_fails_leaves_no_rule),
		TEST(a_move_that_is_cancelled_leaves_no_rule),
		TEST(what_cannot_be_is_refused_at_once),
		TEST(the_next_place_is_told),
		TEST(who_has_no_quorum_is_not_told),
		TEST(no_place_no_action),
		TEST(nothing_is_told_twice),
		TEST(a_tools_own_words_are_told),
		TEST(its_vm_is_started_by_pacemaker),
		TEST(its_vm_is_shut_down_by_pacemaker),
		TEST(its_power_is_cut_when_the_guest_does_not_react),
		TEST(its_vm_migrates_by_pacemaker),
		TEST(what_pacemaker_would_not_know_of_is_refused),
		TEST(what_stays_inside_goes_to_libvirt),
		TEST(without_a_quorum_its_vm_is_left_alone),
		TEST(ignorance_starts_nothing),
		TEST(what_may_be_its_vm_is_left_alone),
		TEST(a_nodes_power_is_the_fencing_devices_affair),
		TEST(power_that_cannot_be_switched_is_refused),
		TEST(what_the_fencing_device_says_is_told),
		TEST(a_virtual_nodes_power_is_its_vms),
		TEST(maintenance_is_standby_until_online),
		TEST(an_evacuation_takes_standby_back),
		TEST(a_later_process_takes_the_rule_back),
		TEST(a_vm_becomes_a_node),
		TEST(what_is_not_online_in_time_is_taken_back),
		TEST(what_does_not_answer_becomes_no_node),
		TEST(a_name_that_pacemaker_has_is_not_given_again),
		TEST(what_cannot_become_a_node_is_refused),
		TEST(a_node_is_given_up),
		TEST(a_node_that_is_needed_stays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
