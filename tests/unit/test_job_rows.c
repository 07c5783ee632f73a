/*
 * Rows of the job table as an SNMP manager makes them: the engine and the job manager
 * together, with libvirt's test driver as a node, and no master agent.
 */
#include "tests/unit/jobs_fixture.h"

#include "agent/engine.h"
#include "model/switches.h"
#include "vmops/drafts.h"

#define WEB_VMS 4

enum { TYPE = 3, KIND = 4, OBJECT = 5, ARGUMENT = 8, STATE = 9, REQUESTER = 14, TARGET = 18,
	OPTIONS = 20, KEEP = 30, AMOUNT = 31, STATUS = 32 };

/* As the daemon does; the engine reads it in the cluster value. */
static void
allow_control(void)
{
	struct cluster *cluster = store_get(fix.store);

	store_set_cluster(fix.store, "test", true);
	while (!cluster_info(cluster)->control) {
		uint64_t generation = cluster->generation;
		cluster_unref(cluster);
		cluster = store_wait(fix.store, generation, 5 * G_USEC_PER_SEC);
	}
	cluster_unref(cluster);
}

static int
setup(void **unused)
{
	begin_fixture();
	for (unsigned i = 1; i <= WEB_VMS; i++) {
		g_autofree char *name = g_strdup_printf("web%u", i);
		define_domain(name);
		g_autoptr(virDomain) domain = find_domain(name);
		__real_virDomainCreate(domain);
	}
	start_all();
	allow_control();
	return 0;
}

static int
teardown(void **unused)
{
	end_fixture(WEB_VMS);
	return 0;
}

/* --- one SET, as a master agent would take it through the phases */

struct varbind {
	uint32_t oid[6];
	size_t len;
	struct engine_input in;
};

#define CELL(row, column)     { 1, 6, 11, 1, column, row }, 6
#define INT(row, column, n)   { CELL(row, column), { INPUT_INTEGER, n } }
#define UINT(row, column, n)  { CELL(row, column), { INPUT_UNSIGNED, n } }
#define WORDS(row, column, s) { CELL(row, column), { INPUT_OCTETS, 0, s, sizeof(s) - 1 } }
#define LOCK(n)               { { 1, 9, 2, 0 }, 4, { INPUT_INTEGER, n } }
#define MOST_VARBINDS 8

struct outcome {
	enum engine_error error;
	size_t at; /* varbind */
};

static struct outcome
set_all(const struct varbind *vbs, size_t n)
{
	SCOPED(cluster) cluster = store_get(fix.store);
	const struct request_door *door = jobs_door(fix.jobs);
	struct engine_set sets[MOST_VARBINDS] = { 0 };
	struct outcome outcome = { ENGINE_OK, 0 };
	struct engine_view view;
	size_t checked = 0;

	assert_true(n <= MOST_VARBINDS);
	engine_view_init(&view, &virtcluster_mib, cluster, g_get_monotonic_time());
	view.group = engine_group_new();
	for (size_t i = 0; i < n && outcome.error == ENGINE_OK; i++, checked++)
		outcome = (struct outcome){ engine_set_check(&view, vbs[i].oid, vbs[i].len,
			&vbs[i].in, &sets[i], NULL), i };
	engine_group_unref(view.group);
	struct outcome reserved = outcome;
	for (size_t i = 0; i < n && outcome.error == ENGINE_OK; i++) {
		enum engine_error error = engine_set_reserve(door, &sets[i], NULL);
		if (error != ENGINE_OK && reserved.error == ENGINE_OK)
			reserved = (struct outcome){ error, i };
	}
	outcome = reserved;
	for (size_t i = 0; i < n && outcome.error == ENGINE_OK; i++)
		engine_set_commit(door, &sets[i]);
	for (size_t i = 0; i < checked; i++) {
		if (outcome.error == ENGINE_OK)
			engine_set_settle(door, &sets[i]);
		else
			engine_set_withdraw(door, &sets[i]);
		engine_set_clear(&sets[i]);
	}
	return outcome;
}

#define SET(...)                                                                       \
	set_all((const struct varbind[]){ __VA_ARGS__ },                               \
	    sizeof((const struct varbind[]){ __VA_ARGS__ }) / sizeof(struct varbind))

#define EXPECT(wanted, ...) assert_int_equal(SET(__VA_ARGS__).error, wanted)

static uint32_t
vm_index(const char *name)
{
	SCOPED(cluster) cluster = store_get(fix.store);

	return test_vm(cluster, name)->h.index;
}

/* --- what the table shows */

static int32_t
status_of(uint32_t row)
{
	SCOPED(cluster) cluster = store_get(fix.store);
	const struct job *job = cluster_job(cluster, row);

	return job == NULL ? 0 : job->row_status;
}

/* 0: no such row. */
static void
await_status(uint32_t row, int32_t wanted)
{
	for (int i = 0; i < 400 && status_of(row) != wanted; i++)
		g_usleep(10 * 1000);
	assert_int_equal(status_of(row), wanted);
}

static size_t
rows_n(void)
{
	SCOPED(cluster) cluster = store_get(fix.store);

	return cluster->rows[ROWS_JOB].n;
}

/* --- RFC 2579: each state of a row with each value that its status can be set to */

enum row_state { ABSENT, UNREADY, READY, RUNNING, WAITING, FINISHED };

#define RESET_OF(row, vm) INT(row, TYPE, JOB_RESET), UINT(row, OBJECT, vm)

static void
bring(uint32_t row, enum row_state state)
{
	uint32_t web1 = vm_index("web1"), web2 = vm_index("web2");
	struct cluster *cluster;

	if (state == UNREADY)
		EXPECT(ENGINE_OK, INT(row, STATUS, ROW_CREATE_AND_WAIT));
	if (state == READY)
		EXPECT(ENGINE_OK, INT(row, STATUS, ROW_CREATE_AND_WAIT), RESET_OF(row, web1));
	if (state == RUNNING || state == WAITING)
		set_gate(true);
	if (state == WAITING) /* a node does four at a time; here it does one */
		EXPECT(ENGINE_OK, INT(row + 1, STATUS, ROW_CREATE_AND_GO),
		    RESET_OF(row + 1, web2));
	if (state >= RUNNING)
		EXPECT(ENGINE_OK, INT(row, STATUS, ROW_CREATE_AND_GO), RESET_OF(row, web1));
	if (state == FINISHED)
		expect_success(row);
	if (state == RUNNING || state == WAITING) {
		await_job(state == WAITING ? row + 1 : row, JOB_RUNNING, &cluster);
		cluster_unref(cluster);
		await_job(row, state == WAITING ? JOB_WAITING : JOB_RUNNING, &cluster);
		cluster_unref(cluster);
	}
}

static void
clean_up(uint32_t row)
{
	set_gate(false);
	for (uint32_t r = row; r <= row + 1; r++) {
		for (int i = 0; i < 500; i++) {
			if (SET(INT(r, STATUS, ROW_DESTROY)).error == ENGINE_OK)
				break;
			g_usleep(10 * 1000);
		}
		await_status(r, 0);
	}
}

/* One job of a node at a time. */
static void
limit_to_one(void)
{
	SCOPED(settings) settings = make_settings(true);

	settings->jobs_per_node = 1;
	jobs_apply(fix.jobs, settings);
}

static void
test_transitions(void **unused)
{
	static const struct {
		enum row_state state;
		int32_t status; /* 0: a SET of the argument alone */
		enum engine_error error;
		int32_t after; /* 0: no row, -1: another state by itself */
	} cases[] = {
		{ ABSENT,   0,                   ENGINE_INCONSISTENT_NAME,  0 },
		{ ABSENT,   ROW_ACTIVE,          ENGINE_INCONSISTENT_VALUE, 0 },
		{ ABSENT,   ROW_NOT_IN_SERVICE,  ENGINE_INCONSISTENT_VALUE, 0 },
		{ ABSENT,   ROW_NOT_READY,       ENGINE_WRONG_VALUE,        0 },
		{ ABSENT,   ROW_CREATE_AND_GO,   ENGINE_INCONSISTENT_VALUE, 0 },
		{ ABSENT,   ROW_CREATE_AND_WAIT, ENGINE_OK,                 ROW_NOT_READY },
		{ ABSENT,   ROW_DESTROY,         ENGINE_OK,                 0 },
		{ ABSENT,   7,                   ENGINE_WRONG_VALUE,        0 },
		{ UNREADY,  0,                   ENGINE_OK,                 ROW_NOT_READY },
		{ UNREADY,  ROW_ACTIVE,          ENGINE_INCONSISTENT_VALUE, ROW_NOT_READY },
		{ UNREADY,  ROW_NOT_IN_SERVICE,  ENGINE_INCONSISTENT_VALUE, ROW_NOT_READY },
		{ UNREADY,  ROW_NOT_READY,       ENGINE_WRONG_VALUE,        ROW_NOT_READY },
		{ UNREADY,  ROW_CREATE_AND_GO,   ENGINE_INCONSISTENT_VALUE, ROW_NOT_READY },
		{ UNREADY,  ROW_CREATE_AND_WAIT, ENGINE_OK,                 ROW_NOT_READY },
		{ UNREADY,  ROW_DESTROY,         ENGINE_OK,                 0 },
		{ READY,    0,                   ENGINE_OK,                 ROW_NOT_IN_SERVICE },
		{ READY,    ROW_ACTIVE,          ENGINE_OK,                 ROW_ACTIVE },
		{ READY,    ROW_NOT_IN_SERVICE,  ENGINE_OK,                 ROW_NOT_IN_SERVICE },
		{ READY,    ROW_NOT_READY,       ENGINE_WRONG_VALUE,        ROW_NOT_IN_SERVICE },
		{ READY,    ROW_CREATE_AND_GO,   ENGINE_INCONSISTENT_VALUE, ROW_NOT_IN_SERVICE },
		{ READY,    ROW_CREATE_AND_WAIT, ENGINE_INCONSISTENT_VALUE, ROW_NOT_IN_SERVICE },
		{ READY,    ROW_DESTROY,         ENGINE_OK,                 0 },
		{ WAITING,  0,                   ENGINE_INCONSISTENT_VALUE, ROW_ACTIVE },
		{ WAITING,  ROW_ACTIVE,          ENGINE_OK,                 ROW_ACTIVE },
		{ WAITING,  ROW_NOT_IN_SERVICE,  ENGINE_INCONSISTENT_VALUE, ROW_ACTIVE },
		{ WAITING,  ROW_CREATE_AND_WAIT, ENGINE_INCONSISTENT_VALUE, ROW_ACTIVE },
		{ WAITING,  ROW_DESTROY,         ENGINE_OK,                 0 },
		{ RUNNING,  0,                   ENGINE_INCONSISTENT_VALUE, ROW_ACTIVE },
		{ RUNNING,  ROW_ACTIVE,          ENGINE_OK,                 ROW_ACTIVE },
		{ RUNNING,  ROW_NOT_IN_SERVICE,  ENGINE_INCONSISTENT_VALUE, ROW_ACTIVE },
		{ RUNNING,  ROW_DESTROY,         ENGINE_INCONSISTENT_VALUE, ROW_ACTIVE },
		{ FINISHED, 0,                   ENGINE_INCONSISTENT_VALUE, ROW_ACTIVE },
		{ FINISHED, ROW_ACTIVE,          ENGINE_OK,                 ROW_ACTIVE },
		{ FINISHED, ROW_NOT_IN_SERVICE,  ENGINE_INCONSISTENT_VALUE, ROW_ACTIVE },
		{ FINISHED, ROW_NOT_READY,       ENGINE_WRONG_VALUE,        ROW_ACTIVE },
		{ FINISHED, ROW_CREATE_AND_WAIT, ENGINE_INCONSISTENT_VALUE, ROW_ACTIVE },
		{ FINISHED, ROW_DESTROY,         ENGINE_OK,                 0 },
	};

	limit_to_one();
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		uint32_t row = 1000 + 10 * (uint32_t)i;
		bring(row, cases[i].state);
		struct outcome outcome = cases[i].status == 0
		    ? SET(WORDS(row, ARGUMENT, "other"))
		    : SET(INT(row, STATUS, cases[i].status));
		if (outcome.error != cases[i].error)
			fail_msg("case %zu: %s, not %s", i, engine_error_name(outcome.error),
			    engine_error_name(cases[i].error));
		await_status(row, cases[i].after);
		clean_up(row);
	}
}

/* --- what a row says */

/* What is left of a job when its row is gone. */
static void
expect_event(uint32_t number, const char *reason)
{
	SCOPED(cluster) cluster = store_get(fix.store);
	const struct rows *events = &cluster->rows[ROWS_EVENT];

	for (size_t i = 0; i < events->n; i++) {
		const struct event *event = events->row[i];
		if (event->type != EVENT_JOB_FINISHED || event->object != number)
			continue;
		assert_string_equal(event->reason, reason);
		return;
	}
	fail_msg("no event tells of the end of job %u", number);
}

static void
test_one_set_is_one_job(void **unused)
{
	uint32_t web1 = vm_index("web1");
	struct cluster *cluster;

	/* the status in the middle, the kind too */
	EXPECT(ENGINE_OK, UINT(4000000000u, OBJECT, web1), WORDS(4000000000u, REQUESTER, "noc"),
	    INT(4000000000u, STATUS, ROW_CREATE_AND_GO), INT(4000000000u, TYPE, JOB_RESET),
	    INT(4000000000u, KIND, OBJECT_VM), UINT(4000000000u, KEEP, 120),
	    WORDS(4000000000u, OPTIONS, "notify"));
	const struct job *job = await_job(4000000000u, JOB_SUCCEEDED, &cluster);
	assert_string_equal(job->object_name, "web1");
	assert_string_equal(job->requester, "noc");
	assert_string_equal(job->options, "notify keep=120");
	assert_int_equal(job->origin, ORIGIN_SNMP);
	assert_int_equal(job->keep, 120);
	cluster_unref(cluster);
	assert_int_equal(atomic_load(&resets), 1);
	assert_int_equal(rows_n(), 1);
	expect_event(4000000000u, "asked for by snmp, noc");
	assert_true(submit(JOB_RESET, "web2") < 1000); /* our own numbers go on as before */
}

static void
test_refusals(void **unused)
{
	uint32_t web1 = vm_index("web1");
	const struct {
		struct varbind vbs[5];
		enum engine_error error;
		size_t at;
	} cases[] = {
		{ { INT(7, STATUS, 4), RESET_OF(7, 4711) }, ENGINE_INCONSISTENT_VALUE, 2 },
		{ { UINT(7, OBJECT, 4711), INT(7, TYPE, JOB_RESET), INT(7, STATUS, 4) },
		    ENGINE_INCONSISTENT_VALUE, 0 },
		{ { INT(7, STATUS, 4), INT(7, TYPE, 99) }, ENGINE_WRONG_VALUE, 1 },
		{ { INT(7, STATUS, 4), INT(7, TYPE, JOB_NONE) }, ENGINE_WRONG_VALUE, 1 },
		{ { INT(7, STATUS, 4), INT(7, TYPE, JOB_CANCEL) }, ENGINE_WRONG_VALUE, 1 },
		{ { INT(7, STATUS, 4), UINT(7, TYPE, JOB_RESET) }, ENGINE_WRONG_TYPE, 1 },
		{ { INT(7, STATUS, 4), INT(7, OBJECT, 5) }, ENGINE_WRONG_TYPE, 1 },
		{ { INT(7, STATUS, 4), RESET_OF(7, web1), INT(7, KIND, OBJECT_NODE) },
		    ENGINE_INCONSISTENT_VALUE, 3 },
		{ { INT(7, STATUS, 4), RESET_OF(7, web1), WORDS(7, OPTIONS, "nonsense") },
		    ENGINE_WRONG_VALUE, 3 },
		{ { INT(7, STATUS, 4), RESET_OF(7, web1), WORDS(7, OPTIONS, "a\n") },
		    ENGINE_WRONG_VALUE, 3 },
		{ { INT(7, STATUS, 4), RESET_OF(7, web1), UINT(7, KEEP, 31536001) },
		    ENGINE_WRONG_VALUE, 3 },
		{ { INT(7, STATUS, 4), RESET_OF(7, web1), INT(7, TARGET, -1) },
		    ENGINE_WRONG_VALUE, 3 },
		{ { INT(7, STATUS, 4), RESET_OF(7, web1), WORDS(7, REQUESTER,
		    "0123456789012345678901234567890123456789012345678901234567890123") },
		    ENGINE_WRONG_LENGTH, 3 },
		{ { INT(7, STATUS, 4), INT(7, TYPE, JOB_RESET) }, ENGINE_INCONSISTENT_VALUE, 0 },
		{ { INT(7, STATUS, 4), UINT(7, OBJECT, web1) }, ENGINE_INCONSISTENT_VALUE, 0 },
		{ { INT(7, STATUS, 4), INT(7, TYPE, JOB_POWER_ON), UINT(7, OBJECT, web1) },
		    ENGINE_INCONSISTENT_VALUE, 0 }, /* it runs */
		{ { INT(7, STATUS, 4), RESET_OF(7, web1), INT(7, STATUS, 4) },
		    ENGINE_INCONSISTENT_VALUE, 3 },
		{ { INT(0, STATUS, 4) }, ENGINE_NO_CREATION, 0 },
		{ { INT(7, STATE, 1) }, ENGINE_NOT_WRITABLE, 0 },
		{ { INT(7, 99, 1) }, ENGINE_NOT_WRITABLE, 0 },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		size_t n = 0;
		while (n < 5 && cases[i].vbs[n].len > 0)
			n++;
		struct outcome outcome = set_all(cases[i].vbs, n);
		if (outcome.error != cases[i].error || outcome.at != cases[i].at)
			fail_msg("case %zu: %s at %zu, not %s at %zu", i,
			    engine_error_name(outcome.error), outcome.at,
			    engine_error_name(cases[i].error), cases[i].at);
	}
	g_usleep(50 * 1000);
	assert_int_equal(rows_n(), 0);
	assert_int_equal(atomic_load(&resets), 0);
}

static void
test_step_by_step(void **unused)
{
	uint32_t web1 = vm_index("web1");

	EXPECT(ENGINE_OK, INT(7, STATUS, ROW_CREATE_AND_WAIT));
	await_status(7, ROW_NOT_READY);
	/* options before the type: they are read when it is known */
	EXPECT(ENGINE_OK, WORDS(7, OPTIONS, "nonsense"));
	EXPECT(ENGINE_INCONSISTENT_VALUE, INT(7, STATUS, ROW_ACTIVE));
	EXPECT(ENGINE_INCONSISTENT_VALUE, INT(7, TYPE, JOB_RESET)); /* not with those options */
	EXPECT(ENGINE_OK, WORDS(7, OPTIONS, "notify"), INT(7, TYPE, JOB_RESET));
	EXPECT(ENGINE_WRONG_VALUE, WORDS(7, OPTIONS, "nonsense"));
	EXPECT(ENGINE_OK, UINT(7, OBJECT, 4711));
	EXPECT(ENGINE_INCONSISTENT_VALUE, INT(7, STATUS, ROW_ACTIVE)); /* no such VM */
	await_status(7, ROW_NOT_IN_SERVICE);
	SCOPED(cluster) draft = store_get(fix.store);
	const struct job *row = cluster_job(draft, 7);
	assert_int_equal(row->state, JOB_PREPARING);
	assert_int_equal(row->type, JOB_RESET);
	assert_int_equal(row->object, 4711);
	assert_string_equal(row->options, "notify");
	assert_null(cluster_last_job(draft, OBJECT_VM, web1)); /* it is no job */
	/* the last value and the start in one */
	EXPECT(ENGINE_OK, UINT(7, OBJECT, web1), INT(7, STATUS, ROW_ACTIVE));
	expect_success(7);
	assert_int_equal(atomic_load(&resets), 1);
	/* the answer was lost: the same again */
	EXPECT(ENGINE_OK, UINT(7, OBJECT, web1), INT(7, STATUS, ROW_ACTIVE));
	EXPECT(ENGINE_OK, WORDS(7, OPTIONS, " notify "));
	EXPECT(ENGINE_INCONSISTENT_VALUE, UINT(7, OBJECT, web1 + 1));
	g_usleep(50 * 1000);
	assert_int_equal(atomic_load(&resets), 1);
}

static void
test_sent_twice(void **unused)
{
	uint32_t web1 = vm_index("web1"), web2 = vm_index("web2");

	for (int i = 0; i < 3; i++)
		EXPECT(ENGINE_OK, INT(7, STATUS, ROW_CREATE_AND_GO), RESET_OF(7, web1));
	expect_success(7);
	EXPECT(ENGINE_OK, INT(7, STATUS, ROW_CREATE_AND_GO), RESET_OF(7, web1));
	EXPECT(ENGINE_INCONSISTENT_VALUE, INT(7, STATUS, ROW_CREATE_AND_GO), RESET_OF(7, web2));
	EXPECT(ENGINE_INCONSISTENT_VALUE, INT(7, STATUS, ROW_CREATE_AND_GO), RESET_OF(7, web1),
	    UINT(7, KEEP, 5));
	g_usleep(50 * 1000);
	assert_int_equal(atomic_load(&resets), 1);
	assert_int_equal(rows_n(), 1);
	/* another index is another job, however soon */
	EXPECT(ENGINE_OK, INT(8, STATUS, ROW_CREATE_AND_GO), RESET_OF(8, web1));
	expect_success(8);
	assert_int_equal(atomic_load(&resets), 2);
}

static void
test_rows_are_atomic(void **unused)
{
	uint32_t web1 = vm_index("web1"), web2 = vm_index("web2");

	EXPECT(ENGINE_INCONSISTENT_VALUE, INT(7, STATUS, ROW_CREATE_AND_GO),
	    INT(8, STATUS, ROW_CREATE_AND_GO), RESET_OF(7, web1), RESET_OF(8, 4711));
	EXPECT(ENGINE_WRONG_VALUE, INT(7, STATUS, ROW_CREATE_AND_WAIT),
	    INT(8, STATUS, ROW_CREATE_AND_GO), INT(8, TYPE, 99));
	EXPECT(ENGINE_INCONSISTENT_VALUE, INT(7, STATUS, ROW_CREATE_AND_GO),
	    INT(8, STATUS, ROW_CREATE_AND_GO), RESET_OF(7, web1), RESET_OF(8, web1));
	g_usleep(50 * 1000);
	assert_int_equal(rows_n(), 0);
	assert_int_equal(atomic_load(&resets), 0);
	EXPECT(ENGINE_OK, INT(7, STATUS, ROW_CREATE_AND_GO), INT(8, STATUS, ROW_CREATE_AND_GO),
	    RESET_OF(7, web1), RESET_OF(8, web2));
	expect_success(7);
	expect_success(8);
	assert_int_equal(atomic_load(&resets), 2);
	/* both go, or none */
	EXPECT(ENGINE_WRONG_VALUE, INT(7, STATUS, ROW_DESTROY), INT(8, STATUS, ROW_NOT_READY));
	g_usleep(50 * 1000);
	assert_int_equal(rows_n(), 2);
}

/* An UndoSet after CommitSet. */
static void
test_undo(void **unused)
{
	static const struct varbind steps[] = {
		INT(7, STATUS, ROW_CREATE_AND_WAIT), INT(8, TYPE, JOB_POWER_OFF),
		INT(9, STATUS, ROW_DESTROY),
	};
	const struct request_door *door = jobs_door(fix.jobs);
	struct cluster *cluster;

	EXPECT(ENGINE_OK, INT(8, STATUS, ROW_CREATE_AND_WAIT), INT(8, TYPE, JOB_RESET));
	EXPECT(ENGINE_OK, INT(9, STATUS, ROW_CREATE_AND_WAIT));
	for (size_t i = 0; i < G_N_ELEMENTS(steps); i++) {
		struct engine_set set = { 0 };
		struct engine_view view;
		cluster = store_get(fix.store);
		engine_view_init(&view, &virtcluster_mib, cluster, 5);
		assert_int_equal(engine_set_check(&view, steps[i].oid, steps[i].len,
			&steps[i].in, &set, NULL), ENGINE_OK);
		assert_int_equal(engine_set_reserve(door, &set, NULL), ENGINE_OK);
		engine_set_commit(door, &set);
		engine_set_withdraw(door, &set);
		engine_set_clear(&set);
		cluster_unref(cluster);
	}
	EXPECT(ENGINE_OK, INT(10, STATUS, ROW_CREATE_AND_WAIT)); /* publishes them all */
	await_status(10, ROW_NOT_READY);
	assert_int_equal(status_of(7), 0);
	assert_int_equal(status_of(9), ROW_NOT_READY);
	cluster = store_get(fix.store);
	assert_int_equal(cluster_job(cluster, 8)->type, JOB_RESET);
	cluster_unref(cluster);
}

/* --- limits */

static void
test_drafts_are_bounded(void **unused)
{
	for (uint32_t i = 0; i < DRAFTS_MOST; i++)
		EXPECT(ENGINE_OK, INT(100 + i, STATUS, ROW_CREATE_AND_WAIT));
	EXPECT(ENGINE_RESOURCE_UNAVAILABLE, INT(99, STATUS, ROW_CREATE_AND_WAIT));
	EXPECT(ENGINE_OK, INT(100, STATUS, ROW_DESTROY));
	EXPECT(ENGINE_OK, INT(99, STATUS, ROW_CREATE_AND_WAIT));
	/* one that the same SET ends is still there while it is checked */
	EXPECT(ENGINE_RESOURCE_UNAVAILABLE, INT(101, STATUS, ROW_DESTROY),
	    INT(1, STATUS, ROW_CREATE_AND_WAIT));
	/* they take no place in the queue, but their numbers are theirs */
	for (uint32_t i = 1; i <= 3; i++) {
		EXPECT(ENGINE_OK, INT(100 + i, STATUS, ROW_DESTROY));
		EXPECT(ENGINE_OK, INT(i, STATUS, ROW_CREATE_AND_WAIT));
	}
	assert_int_equal(submit(JOB_RESET, "web1"), 4);
}

static void
test_drafts_expire(void **unused)
{
	g_autoptr(GPtrArray) drafts = drafts_new();
	struct row_request row = { .request.chosen = 7 };
	struct draft *draft = drafts_add(drafts, &row, 1000, NULL);

	assert_int_equal(drafts_next_expiry(drafts), INT64_MAX); /* a SET has it in hand */
	assert_int_equal(drafts_expire(drafts, INT64_MAX - 1), 0);
	draft->shown = true;
	assert_int_equal(drafts_next_expiry(drafts), 1000 + DRAFT_LIFE_US);
	assert_int_equal(drafts_expire(drafts, 999 + DRAFT_LIFE_US), 0);
	assert_ptr_equal(drafts_find(drafts, 7), draft);
	assert_int_equal(drafts_expire(drafts, 1000 + DRAFT_LIFE_US), 1);
	assert_null(drafts_find(drafts, 7));
}

static void
test_keep_time(void **unused)
{
	uint32_t web1 = vm_index("web1");

	EXPECT(ENGINE_OK, INT(7, STATUS, ROW_CREATE_AND_GO), RESET_OF(7, web1),
	    UINT(7, KEEP, 1));
	expect_success(7);
	await_status(7, 0); /* nothing else happens that would wake the manager */
	assert_int_equal(atomic_load(&resets), 1);
}

/* --- the spin lock */

static void
test_spin_lock(void **unused)
{
	uint32_t web1 = vm_index("web1"), lock = switches_get(SWITCH_LOCK);
	const struct varbind reset = { { 1, 9, 11, 1, 1, web1 }, 6,
		{ INPUT_INTEGER, JOB_RESET } };

	EXPECT(ENGINE_OK, LOCK(lock));
	assert_int_equal(switches_get(SWITCH_LOCK), (lock + 1) & INT32_MAX);
	EXPECT(ENGINE_INCONSISTENT_VALUE, LOCK(lock), reset);
	EXPECT(ENGINE_INCONSISTENT_VALUE, reset, LOCK(lock));
	EXPECT(ENGINE_WRONG_TYPE, { { 1, 9, 2, 0 }, 4, { INPUT_UNSIGNED, 1 } });
	EXPECT(ENGINE_WRONG_VALUE, LOCK(-1));
	EXPECT(ENGINE_NO_CREATION, { { 1, 9, 2, 1 }, 4, { INPUT_INTEGER, 1 } });
	g_usleep(50 * 1000);
	assert_int_equal(rows_n(), 0);

	/* without it the second is the first; with it each is a job of its own */
	for (unsigned i = 0; i < 2; i++)
		EXPECT(ENGINE_OK, reset);
	for (int i = 0; i < 300 && rows_n() == 0; i++)
		g_usleep(10 * 1000);
	SCOPED(cluster) cluster = store_get(fix.store);
	expect_success(((const struct job *)cluster->rows[ROWS_JOB].row[0])->h.index);
	for (unsigned i = 0; i < 2; i++) {
		uint32_t now = switches_get(SWITCH_LOCK);
		EXPECT(ENGINE_OK, reset, LOCK(now));
		assert_int_equal(switches_get(SWITCH_LOCK), (now + 1) & INT32_MAX);
		for (int k = 0; k < 300 && rows_n() < 2 + i; k++)
			g_usleep(10 * 1000); /* its row: not that of the job before */
		SCOPED(cluster) after = store_get(fix.store);
		expect_success(cluster_last_job(after, OBJECT_VM, web1)->h.index);
	}
	assert_int_equal(atomic_load(&resets), 3);
	/* a failing varbind leaves the lock as it is */
	lock = switches_get(SWITCH_LOCK);
	EXPECT(ENGINE_WRONG_VALUE, LOCK(lock), INT(7, TYPE, 99));
	assert_int_equal(switches_get(SWITCH_LOCK), lock);
	/* the largest value */
	switches_set(SWITCH_LOCK, INT32_MAX);
	EXPECT(ENGINE_OK, LOCK(INT32_MAX));
	assert_int_equal(switches_get(SWITCH_LOCK), 0);
}

static void
test_next_index(void **unused)
{
	static const uint32_t oid[] = { 1, 6, 3, 0 };
	SCOPED(cluster) cluster = store_get(fix.store);
	struct engine_view view;
	struct value a, b;

	engine_view_init(&view, &virtcluster_mib, cluster, g_get_monotonic_time());
	assert_int_equal(engine_get(&view, oid, 4, &a), ENGINE_VALUE);
	view.now++;
	assert_int_equal(engine_get(&view, oid, 4, &b), ENGINE_VALUE);
	assert_int_not_equal(a.u, b.u);
	assert_in_range(a.u, 1000000000, INT32_MAX);
	assert_in_range(b.u, 1000000000, INT32_MAX);
}

/* --- whose turn it is */

static void
test_requesters_take_turns(void **unused)
{
	static const char *const who[] = { "tester", "tester", "tester", "other" };
	struct cluster *cluster;
	uint32_t web[4];

	limit_to_one();
	set_gate(true);
	for (unsigned i = 0; i < G_N_ELEMENTS(web); i++) {
		g_autofree char *name = g_strdup_printf("web%u", i + 1);
		struct request request = make_request(JOB_RESET, name);
		g_strlcpy(request.requester, who[i], sizeof(request.requester));
		web[i] = request_submit(jobs_door(fix.jobs), &request, NULL);
		if (i > 0)
			continue;
		await_job(web[0], JOB_RUNNING, &cluster);
		cluster_unref(cluster);
	}
	set_gate(false);
	for (unsigned i = 0; i < G_N_ELEMENTS(web); i++)
		expect_success(web[i]);
	/* who came last, but had nothing yet, was not behind all that the first wants */
	SCOPED(cluster) after = store_get(fix.store);
	int64_t started[G_N_ELEMENTS(web)];
	for (unsigned i = 0; i < G_N_ELEMENTS(web); i++)
		started[i] = cluster_job(after, web[i])->started_at;
	assert_true(started[3] < started[1]);
	assert_true(started[1] < started[2]);
}

/* Who looks after a SET sees it: no row that is not there yet, no number of an older job. */
static void
test_what_was_set_is_read(void **unused)
{
	const struct request_door *door = jobs_door(fix.jobs);

	for (uint32_t i = 0; i < 100; i++) {
		struct request request = make_request(JOB_RESET, i % 2 == 0 ? "web1" : "web2");
		request.flags = REQUEST_ONCE;
		g_snprintf(request.command, sizeof(request.command), "reset no. %u", i);
		uint32_t number = request_submit(door, &request, NULL);
		SCOPED(cluster) cluster = request_look(door, fix.store);
		const struct command_info *command = cluster->rows[ROWS_COMMAND].row[0];
		assert_string_equal(command->text, request.command);
		assert_int_equal(command->job, number);
		assert_non_null(cluster_job(cluster, number));
		expect_success(number);
	}
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(test_transitions),
		TEST(test_one_set_is_one_job),
		TEST(test_refusals),
		TEST(test_step_by_step),
		TEST(test_sent_twice),
		TEST(test_rows_are_atomic),
		TEST(test_undo),
		TEST(test_drafts_are_bounded),
		cmocka_unit_test(test_drafts_expire),
		TEST(test_keep_time),
		TEST(test_spin_lock),
		TEST(test_next_index),
		TEST(test_requesters_take_turns),
		TEST(test_what_was_set_is_read),
	};

	virt_init();
	int failed = cmocka_run_group_tests_name("job_rows", tests, NULL, NULL);
	virt_quit();
	return failed;
}
