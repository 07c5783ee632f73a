/*
 * High availability as jobs: libvirt's test driver on two nodes, Pacemaker's tools as a script
 * that keeps a configuration in a file, and what its collector would make of that.
 */
#include "tests/unit/jobs_fixture.h"

#include "model/value.h"
#include "vmops/app.h"

static struct {
	int32_t quorate, fencing, maintenance, beta;
	bool device;      /* a fencing device is started */
	bool lonely;      /* alpha is the only member */
	bool other;       /* a resource called web1 that is another thing */
	uint32_t snapshots;
	int32_t managed_save;
	const char *parent; /* group that the application is in */
	int32_t kind;
} world;

static char *
path_of(const char *name)
{
	return g_build_filename(fix.dir, name, NULL);
}

static bool
exists(const char *name)
{
	g_autofree char *path = path_of(name);

	return g_file_test(path, G_FILE_TEST_EXISTS);
}

static void
write_file(const char *name, const char *text, int mode)
{
	g_autofree char *path = path_of(name);

	assert_true(g_file_set_contents(path, text, -1, NULL));
	g_chmod(path, (int)mode);
}

/* What has "fail" in it fails; what is no tool of Pacemaker's is run as it is. */
static const char script[] = "#!/bin/sh\n"
    "cd %s\n"
    "[ ! -e fail ] || case \"$*\" in *\"$(cat fail)\"*) echo 'no luck today' >&2; exit 1 ;; esac\n"
    "case \"$1\" in\n"
    "crm_node) echo 1 ;;\n"
    "cibadmin)\n"
    "	case \"$*\" in\n"
    "	*--query*status*) echo '<status/>'; exit 0 ;;\n"
    "	*--query*) cat cib 2>/dev/null || echo '<configuration><resources/></configuration>'; exit 0 ;;\n"
    "	*--modify*) cat >new\n"
    "		if grep -q -e -never new; then echo 'write never' >>log\n"
    "		else mv new cib; echo 'write resource' >>log; fi ;;\n"
    "	*--delete*) x=$(cat); echo \"delete $x\" >>log\n"
    "		case \"$x\" in *primitive*) rm -f cib ;; esac ;;\n"
    "	esac ;;\n"
    "crm_resource)\n"
    "	echo \"$*\" | sed 's/.*web1 *//' >>log\n"
    "	case \"$*\" in\n"
    "	*--delete-parameter=is-managed*) sed -i 's/<nvpair id=\"web1-is-managed\"[^>]*>//' cib ;;\n"
    "	*--set-parameter=is-managed*) grep -q web1-is-managed cib || sed -i "
    "'s/<meta_attributes[^>]*>/&<nvpair id=\"web1-is-managed\" name=\"is-managed\" value=\"false\"\\/>/' cib ;;\n"
    "	esac ;;\n"
    "*) exec \"$@\" ;;\n"
    "esac\n";

/* --- what Pacemaker's collector tells */

static char *
uuid_of_web1(void)
{
	g_autofree char *path = path_of("uuid");
	char *uuid = NULL;

	g_file_get_contents(path, &uuid, NULL, NULL);
	return uuid;
}

static void
add_member(struct part *part, const char *name, int32_t membership)
{
	struct cluster_member *m = part_add(part, ROWS_MEMBER);

	m->name = part_text(part, name);
	m->reason = "";
	m->kind = NODE_PHYSICAL;
	m->membership = membership;
	m->sampled_us = g_get_monotonic_time();
	m->interval = 10;
}

static struct app *
add_app(struct part *part, const char *name, int32_t kind, bool started)
{
	struct app *app = part_add(part, ROWS_APP);

	app->name = name;
	app->agent = "ocf:heartbeat:VirtualDomain";
	app->parent_name = app->preferred_name = app->vm_name = app->failure = app->reason = "";
	app->node_name = app->node_names = started ? "alpha" : "";
	app->kind = kind;
	app->state = started ? APP_STARTED : APP_STOPPED;
	app->wanted = WANTED_STARTED;
	app->managed = app->can_migrate = 1;
	app->sampled_us = g_get_monotonic_time();
	app->stale_after = 50;
	return app;
}

static void
add_web1(struct part *part)
{
	g_autofree char *path = path_of("cib"), *cib = NULL, *uuid = uuid_of_web1();
	g_autoptr(virDomain) domain = find_domain("web1");

	if (world.other)
		add_app(part, "web1", APP_KIND_SERVICE, true);
	if (!g_file_get_contents(path, &cib, NULL, NULL))
		return;
	struct app *app = add_app(part, "web1", world.kind,
	    domain != NULL && domain_state("web1") == VIR_DOMAIN_RUNNING);
	app->managed = strstr(cib, "web1-is-managed") == NULL;
	app->vm_uuid = part_text(part, uuid);
	app->parent_name = world.parent;
}

static struct part *
cluster_part(void)
{
	struct part *part = part_new("pacemaker", NULL);
	struct backend_info *b = part_add(part, ROWS_BACKEND);

	*b = (struct backend_info){ .backend = "pacemaker", .version = "2.1.5",
		.coordinator = "alpha", .reason = "", .quorate = world.quorate,
		.fencing = world.fencing, .maintenance = world.maintenance,
		.sampled_us = g_get_monotonic_time(), .stale_after = 50 };
	add_member(part, "alpha", MEMBER_ONLINE);
	if (!world.lonely)
		add_member(part, "beta", world.beta);
	add_web1(part);
	add_app(part, "fencing", APP_KIND_FENCING, world.device);
	return part;
}

static struct part *
node_part(const char *name)
{
	struct part *part = test_node_part(name, NODE_ONLINE);
	g_autoptr(virDomain) domain =
	    strcmp(name, "alpha") == 0 ? find_domain("web1") : NULL;

	if (domain != NULL) {
		add_domain_row(part, domain);
		struct vm *vm = part->rows[ROWS_VM]->pdata[0];
		vm->persistent = virDomainIsPersistent(domain);
		vm->snapshots = world.snapshots;
		vm->managed_save = world.managed_save;
	}
	return part;
}

static void
observe_world(void *context, const char *node, const char *uuid)
{
	store_publish(fix.store, node_part("alpha"), PUBLISH_NOW);
	store_publish(fix.store, node_part("beta"), PUBLISH_NOW);
	store_publish(fix.store, cluster_part(), PUBLISH_NOW);
}

static void
show(void)
{
	int64_t now = g_get_monotonic_time();

	observe_world(NULL, NULL, NULL);
	for (uint64_t seen = 0;;) {
		SCOPED(cluster) cluster = store_wait(fix.store, seen, 5 * G_USEC_PER_SEC);
		const struct rows *rows = &cluster->rows[ROWS_BACKEND];
		const struct backend_info *last = rows->n == 0 ? NULL : rows->row[0];
		if (last != NULL && last->sampled_us >= now) /* it was published last */
			return;
		seen = cluster->generation;
	}
}

/* --- before and after */

static void
write_settings(void)
{
	g_autofree char *place = g_strdup_printf(script, fix.dir);
	g_autofree char *text = g_strdup_printf("[cluster]\nbackend=pacemaker\ncontrol=on\n"
	    "state-dir=%s\n[pacemaker]\ntimeout=5\ndefinitions=%s\n"
	    "[node alpha]\nuri=test:///default\npacemaker=%s/place\n"
	    "[node beta]\nuri=test://%s/beta.xml\npacemaker=%s/place\n",
	    fix.dir, fix.dir, fix.dir, fix.dir, fix.dir);
	g_autofree char *path = path_of("test.conf");
	g_autoptr(GError) error = NULL;

	write_file("beta.xml", "<node><cpu><mhz>1</mhz><model>x</model><active>1</active>"
	    "<nodes>1</nodes><sockets>1</sockets><cores>1</cores><threads>1</threads></cpu></node>",
	    0600);
	write_file("place", place, 0755);
	write_file("test.conf", text, 0600);
	fix.settings = settings_load(path, &error);
	if (fix.settings == NULL)
		fail_msg("%s", error->message);
}

static int
setup(void **state)
{
	g_autoptr(GError) error = NULL;
	char uuid[VIR_UUID_STRING_BUFLEN];

	begin_fixture();
	define_domain("web1");
	memset(&world, 0, sizeof(world));
	world.quorate = world.fencing = 1;
	world.device = true;
	world.beta = MEMBER_ONLINE;
	world.kind = APP_KIND_VM;
	world.parent = "";
	app_patience_us = 1500 * 1000;
	write_settings();
	g_autoptr(virDomain) domain = find_domain("web1");
	virDomainGetUUIDString(domain, uuid);
	write_file("uuid", uuid, 0600);
	fix.state = state_open(fix.dir, &error);
	fix.store = store_new(fix.state, "test");
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

static void
start_guest(void)
{
	g_autoptr(virDomain) domain = find_domain("web1");

	assert_int_equal(__real_virDomainCreate(domain), 0);
	show();
}

/* --- what is expected */

static void
expect_log(const char *const *lines)
{
	g_autofree char *path = path_of("log"), *text = NULL;
	g_autofree char *wanted = g_strjoinv("\n", (char **)lines);

	g_file_get_contents(path, &text, NULL, NULL);
	if (text == NULL || strcmp(g_strchomp(text), wanted) != 0)
		fail_msg("\"%s\" instead of \"%s\"", text == NULL ? "" : text, wanted);
}
#define EXPECT_LOG(...) expect_log((const char *const[]){ __VA_ARGS__, NULL })
#define TAKEN_OUT                                                                      \
	"--meta --set-parameter=is-managed --parameter-value=false", "write never", "--force",  \
	    "delete <rsc_location id=\"web1-on-hosts\"/>", "delete <primitive id=\"web1\"/>", \
	    "delete <rsc_location id=\"web1-never\"/>"
#define MANAGED "--meta --delete-parameter=is-managed"

static void
expect_domain(bool running, bool persistent)
{
	g_autoptr(virDomain) domain = find_domain("web1");

	if (!running && !persistent) {
		assert_null(domain);
		return;
	}
	assert_non_null(domain);
	assert_int_equal(virDomainIsActive(domain), running);
	assert_int_equal(virDomainIsPersistent(domain), persistent);
}

static void
expect_as_before(bool running)
{
	expect_domain(running, true);
	assert_false(exists("web1.xml"));
	assert_false(exists("web1.xml.new"));
	assert_false(exists("cib"));
}

/* --- there */

static void
a_running_one_becomes_an_application(void **state)
{
	start_guest();
	expect_success(submit(JOB_HA_ENABLE, "web1"));
	expect_domain(true, false);
	assert_true(exists("web1.xml"));
	EXPECT_LOG("write resource", MANAGED);
}

static void
one_that_is_off_becomes_one(void **state)
{
	expect_success(submit(JOB_HA_ENABLE, "web1"));
	expect_domain(false, false);
	EXPECT_LOG("write resource", MANAGED);
}

/* --- and what stops in the middle is taken back, the last first */

static void
the_last_step_fails(void **state)
{
	start_guest();
	write_file("fail", "--delete-parameter=is-managed", 0600);
	expect_job(submit(JOB_HA_ENABLE, "web1"), JOB_FAILED, CAUSE_CLUSTER,
	    "Pacemaker refuses: no luck today; it is as it was before");
	expect_as_before(true);
	EXPECT_LOG("write resource", TAKEN_OUT);
}

static void
the_last_step_fails_of_one_that_is_off(void **state)
{
	write_file("fail", "--delete-parameter=is-managed", 0600);
	expect_job(submit(JOB_HA_ENABLE, "web1"), JOB_FAILED, CAUSE_CLUSTER, "as it was before");
	expect_as_before(false);
}

static void
pacemaker_takes_no_resource(void **state)
{
	start_guest();
	write_file("fail", "--modify", 0600);
	expect_job(submit(JOB_HA_ENABLE, "web1"), JOB_FAILED, CAUSE_CLUSTER, "no luck today");
	expect_as_before(true);
}

static void
a_file_cannot_be_put(void **state)
{
	start_guest();
	write_file("fail", "mv -T", 0600);
	expect_job(submit(JOB_HA_ENABLE, "web1"), JOB_FAILED, CAUSE_CLUSTER,
	    "its definition cannot be kept on node alpha: no luck today; it is as it was before");
	expect_as_before(true);
}

static void
what_cannot_be_taken_back_is_told(void **state)
{
	start_guest();
	write_file("fail", "is-managed", 0600);
	expect_job(submit(JOB_HA_ENABLE, "web1"), JOB_FAILED, CAUSE_CLUSTER,
	    "the resource web1 may still be in the cluster's configuration");
	assert_true(exists("web1.xml")); /* Pacemaker may need it */
	expect_domain(true, false);
}

/* --- refusals: nothing is done */

static void
expect_refusal(enum request_error code, const char *why)
{
	show();
	refuse_job(JOB_HA_ENABLE, "web1", code, why);
	assert_false(exists("log"));
	expect_as_before(false);
}

static void
what_the_cluster_lacks_refuses_it(void **state)
{
	world.quorate = 0;
	expect_refusal(REQUEST_UNREACHABLE, "no quorum");
	world.quorate = ABSENT_I32;
	expect_refusal(REQUEST_UNREACHABLE, "no quorum");
	world.quorate = 1;
	world.maintenance = 1;
	expect_refusal(REQUEST_IMPOSSIBLE, "maintenance mode");
	world.maintenance = 0;
	world.fencing = 0;
	expect_refusal(REQUEST_IMPOSSIBLE, "stonith-enabled");
	world.fencing = 1;
	world.device = false;
	expect_refusal(REQUEST_IMPOSSIBLE, "no fencing device");
	world.device = true;
	world.beta = MEMBER_OFFLINE;
	expect_refusal(REQUEST_UNREACHABLE, "node beta is offline");
	world.beta = MEMBER_ONLINE;
	world.lonely = true;
	expect_refusal(REQUEST_IMPOSSIBLE, "1 member that could run it");
}

static void
what_the_vm_has_refuses_it(void **state)
{
	world.snapshots = 2;
	expect_refusal(REQUEST_IMPOSSIBLE, "it has 2 snapshots");
	world.snapshots = 0;
	world.managed_save = 1;
	expect_refusal(REQUEST_IMPOSSIBLE, "it has a saved state");
	world.managed_save = 0;
	world.other = true;
	expect_refusal(REQUEST_IMPOSSIBLE, "the cluster has another resource web1 already");
}

static void
a_node_that_is_no_member_is_not_preferred(void **state)
{
	struct request request = make_request(JOB_HA_ENABLE, "web1");

	request.target = 4711;
	refuse(&request, REQUEST_NO_OBJECT, "there is no node 4711");
}

static void
another_file_refuses_it(void **state)
{
	write_file("web1.xml", "somebody else's", 0600);
	expect_job(submit(JOB_HA_ENABLE, "web1"), JOB_FAILED, CAUSE_IMPOSSIBLE,
	    "node alpha has another file");
	assert_true(exists("web1.xml"));
	assert_false(exists("log"));
	expect_domain(false, true);
}

/* The rows do not tell it yet. */
static void
fencing_that_has_just_been_switched_off_refuses_it(void **state)
{
	write_file("cib", "<configuration><crm_config><cluster_property_set id=\"o\"><nvpair id=\"s\" "
	    "name=\"stonith-enabled\" value=\"False\"/></cluster_property_set></crm_config>"
	    "<resources/></configuration>", 0600);
	world.kind = APP_KIND_SERVICE;
	expect_job(submit(JOB_HA_ENABLE, "web1"), JOB_FAILED, CAUSE_IMPOSSIBLE, "fencing is off");
	expect_domain(false, true);
}

static void
an_id_that_is_taken_refuses_it(void **state)
{
	write_file("cib", "<configuration><resources><x id=\"web1-prefers\"/></resources>"
	    "</configuration>", 0600);
	world.kind = APP_KIND_SERVICE;
	struct request request = make_request(JOB_HA_ENABLE, "web1");
	g_autoptr(GError) error = NULL;
	uint32_t job = request_submit(jobs_door(fix.jobs), &request, &error);
	assert_int_not_equal(job, 0);
	expect_job(job, JOB_FAILED, CAUSE_IMPOSSIBLE, "another element web1-prefers already");
	expect_domain(false, true);
}

/* --- and back */

static void
enable(void)
{
	g_autofree char *path = path_of("log");

	expect_success(submit(JOB_HA_ENABLE, "web1"));
	g_unlink(path);
	show();
}

static void
a_running_one_is_libvirts_again(void **state)
{
	start_guest();
	enable();
	expect_success(submit(JOB_HA_DISABLE, "web1"));
	expect_as_before(true);
	EXPECT_LOG("--meta --set-parameter=is-managed --parameter-value=false", TAKEN_OUT);
}

static void
one_that_is_stopped_is_defined(void **state)
{
	struct request request;

	enable();
	{
		SCOPED(cluster) cluster = store_get(fix.store);
		const struct app *app = rows_find(&cluster->rows[ROWS_APP],
		    state_index(NULL, OBJECT_APP, "web1"), 0);
		assert_non_null(app);
		const struct vm *vm = cluster_vm(cluster, app->vm);
		assert_non_null(vm); /* though nobody has it */
		assert_int_equal(vm->nowhere, 1);
		assert_int_equal(vm->state, VM_SHUT_OFF);
		request_for_app(&request, JOB_HA_DISABLE, app);
	}
	refuse_job(JOB_BACKUP, "web1", REQUEST_IMPOSSIBLE, "no host has it until it is started");
	refuse_job(JOB_SNAPSHOT_CREATE, "web1", REQUEST_IMPOSSIBLE, "no host has it");
	request.origin = ORIGIN_CLI;
	g_autoptr(GError) error = NULL;
	uint32_t job = request_submit(jobs_door(fix.jobs), &request, &error);
	if (job == 0)
		fail_msg("%s", error->message);
	expect_success(job);
	expect_as_before(false);
}

static void
what_fails_before_it_leaves_is_an_application_as_before(void **state)
{
	start_guest();
	enable();
	write_file("fail", "--set-parameter=is-managed", 0600);
	expect_job(submit(JOB_HA_DISABLE, "web1"), JOB_FAILED, CAUSE_CLUSTER,
	    "it is an application as before");
	expect_domain(true, false);
	assert_true(exists("web1.xml"));
}

static void
what_fails_later_can_be_asked_for_again(void **state)
{
	g_autofree char *path = path_of("fail");

	start_guest();
	enable();
	write_file("fail", "--refresh", 0600);
	expect_job(submit(JOB_HA_DISABLE, "web1"), JOB_FAILED, CAUSE_CLUSTER,
	    "ask for the same again");
	expect_domain(true, true);
	g_unlink(path);
	g_usleep(2100 * 1000);
	expect_success(submit(JOB_HA_DISABLE, "web1"));
	expect_as_before(true);
}

static void
what_must_not_leave_is_refused(void **state)
{
	refuse_job(JOB_HA_DISABLE, "web1", REQUEST_IMPOSSIBLE, "web1 is no application");
	start_guest();
	enable();
	g_usleep(2100 * 1000); /* the same within two seconds is the same job */
	refuse_job(JOB_HA_ENABLE, "web1", REQUEST_IMPOSSIBLE, "so it is already");
	world.kind = APP_KIND_VIRTUAL_NODE;
	show();
	refuse_job(JOB_HA_DISABLE, "web1", REQUEST_IMPOSSIBLE, "disable that first");
	world.kind = APP_KIND_VM;
	world.parent = "group1";
	show();
	refuse_job(JOB_HA_DISABLE, "web1", REQUEST_IMPOSSIBLE, "it is in group1");
	assert_false(exists("log"));
}

/* --- words */

static void
words_are_read(void **state)
{
	static const struct { const char *words; int32_t type, kind; uint32_t priority; bool prefers; }
	good[] = {
		{ "ha enable web1", JOB_HA_ENABLE, OBJECT_VM, 0, false },
		{ "ha-enable web1 --priority 5", JOB_HA_ENABLE, OBJECT_VM, 5, false },
		{ "ha enable --prefer=beta web1 --priority=7", JOB_HA_ENABLE, OBJECT_VM, 7, true },
		{ "ha disable web1", JOB_HA_DISABLE, OBJECT_VM, 0, false },
		{ "ha disable fencing", JOB_HA_DISABLE, OBJECT_APP, 0, false },
	};
	static const char *const bad[] = { "ha", "ha web1", "ha enable", "ha enable web1 --priority 0",
		"ha enable web1 --prefer nowhere", "ha disable web1 --priority 5", "ha disable nothing" };
	SCOPED(cluster) cluster = store_get(fix.store);
	struct request request;

	for (size_t i = 0; i < G_N_ELEMENTS(good); i++) {
		g_autoptr(GError) error = NULL;
		if (!command_parse(cluster, good[i].words, &request, &error))
			fail_msg("%s: %s", good[i].words, error->message);
		assert_int_equal(request.type, good[i].type);
		assert_int_equal(request.kind, good[i].kind);
		assert_int_equal(request.amount, good[i].priority);
		assert_int_equal(request.target != 0, good[i].prefers);
	}
	for (size_t i = 0; i < G_N_ELEMENTS(bad); i++)
		assert_false(command_parse(cluster, bad[i], &request, NULL));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_running_one_becomes_an_application),
		TEST(one_that_is_off_becomes_one),
		TEST(the_last_step_fails),
		TEST(the_last_step_fails_of_one_that_is_off),
		TEST(pacemaker_takes_no_resource),
		TEST(a_file_cannot_be_put),
		TEST(what_cannot_be_taken_back_is_told),
		TEST(what_the_cluster_lacks_refuses_it),
		TEST(what_the_vm_has_refuses_it),
		TEST(a_node_that_is_no_member_is_not_preferred),
		TEST(another_file_refuses_it),
		TEST(an_id_that_is_taken_refuses_it),
		TEST(fencing_that_has_just_been_switched_off_refuses_it),
		TEST(a_running_one_is_libvirts_again),
		TEST(one_that_is_stopped_is_defined),
		TEST(what_fails_before_it_leaves_is_an_application_as_before),
		TEST(what_fails_later_can_be_asked_for_again),
		TEST(what_must_not_leave_is_refused),
		TEST(words_are_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
