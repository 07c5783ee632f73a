/* Alarms: levels, hysteresis, severity that rises and falls, restarts; health from them. */
#include "tests/unit/test.h"

#include "model/alarms.h"
#include "model/compose.h"
#include "model/diff.h"
#include "model/health.h"
#include "model/rules.h"
#include "model/self.h"
#include "model/state.h"

static const struct cluster_info info = { .name = "t", .version = "1", .backend = "none" };

/* A store in small: compose, judge, replace. */
struct world {
	struct alarms *alarms;
	struct thresholds t;
	struct cluster *now;
	struct rules *rules;
	struct cluster_info info;
	int64_t clock; /* monotonic */
	bool keep; /* what the last judgement said */
};

/* The time of day; the machine may have been booted a moment ago. */
static int64_t
wall_of(const struct world *w)
{
	return w->clock + 365 * G_TIME_SPAN_DAY;
}

static int
setup(void **state)
{
	struct world *w = g_new0(struct world, 1);

	w->alarms = alarms_new();
	w->t = thresholds_default;
	w->clock = g_get_monotonic_time();
	w->rules = rules_new();
	w->info = info;
	*state = w;
	return 0;
}

static int
teardown(void **state)
{
	struct world *w = *state;

	alarms_free(w->alarms);
	cluster_unref(w->now);
	rules_unref(w->rules);
	g_free(w);
	return 0;
}

/* Takes the part over. */
static void
see(struct world *w, struct part *part)
{
	SCOPED(part) held = part;
	struct part *none = part_new("alarms", NULL);
	struct part *parts[] = { NULL, none, part };
	struct compose_input in = {
		.parts = parts, .parts_n = 3, .rules = w->rules, .info = &w->info,
		.now = w->clock, .wall = wall_of(w),
	};
	struct cluster *next = compose(&in);

	w->keep = false;
	struct part *alarms =
	    alarms_judge(w->alarms, next, &w->t, NULL, w->clock, wall_of(w), &w->keep);
	if (alarms != NULL)
		compose_replace(next, 1, ROWS_ALARM, alarms);
	else if (w->now != NULL) {
		SCOPED(part) same = part_new("alarms", NULL);
		for (size_t i = 0; i < w->now->rows[ROWS_ALARM].n; i++)
			part_add_copy(same, ROWS_ALARM, w->now->rows[ROWS_ALARM].row[i]);
		compose_replace(next, 1, ROWS_ALARM, same);
	}
	part_unref(alarms);
	part_unref(none);
	cluster_unref(w->now);
	w->now = next;
}

static const struct alarm *
alarm_of(const struct world *w, const char *condition)
{
	for (size_t i = 0; i < w->now->rows[ROWS_ALARM].n; i++) {
		const struct alarm *alarm = w->now->rows[ROWS_ALARM].row[i];
		if (strcmp(alarm->condition, condition) == 0)
			return alarm;
	}
	return NULL;
}

static int32_t
severity_of(const struct world *w, const char *condition)
{
	const struct alarm *alarm = alarm_of(w, condition);

	return alarm == NULL ? 0 : alarm->severity;
}

static struct part *
pool_part(unsigned percent)
{
	struct part *part = test_node_part("alpha", NODE_ONLINE);
	struct pool_node *pool = part_add(part, ROWS_POOL_NODE);

	pool->identity = "11111111-0000-4000-8000-000000000001";
	pool->uuid = pool->identity;
	pool->pool_name = "images";
	pool->name = "images on alpha";
	pool->node_name = "alpha";
	pool->state = POOL_RUNNING;
	pool->capacity = 100 << 20;
	pool->allocation = (uint64_t)percent << 20;
	pool->sampled_us = g_get_monotonic_time();
	pool->stale_after = 60;
	return part;
}

static void
pool_rises_and_falls_with_a_margin(void **state)
{
	struct world *w = *state;
	static const struct {
		unsigned percent;
		int32_t severity;
	} steps[] = {
		{ 79, 0 },
		{ 80, SEVERITY_WARNING },
		{ 78, SEVERITY_WARNING }, /* within the margin */
		{ 94, SEVERITY_WARNING },
		{ 95, SEVERITY_CRITICAL },
		{ 93, SEVERITY_CRITICAL },
		{ 91, SEVERITY_WARNING },
		{ 94, SEVERITY_WARNING }, /* below its level again */
		{ 76, 0 },
		{ 79, 0 },
		{ 99, SEVERITY_CRITICAL },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(steps); i++) {
		see(w, pool_part(steps[i].percent));
		if (severity_of(w, "poolUsage") != steps[i].severity)
			fail_msg("step %zu: %u %% gives %d, shall give %d", i, steps[i].percent,
			    severity_of(w, "poolUsage"), steps[i].severity);
	}
	assert_string_equal(alarm_of(w, "poolUsage")->reason, "pool images is 99 % full");
	assert_int_equal(cluster_info(w->now)->alarms_critical, 1);
}

static void
a_level_must_last(void **state)
{
	struct world *w = *state;

	w->t.raise_after = 30;
	see(w, pool_part(90));
	assert_int_equal(severity_of(w, "poolUsage"), 0);
	w->clock += 20 * G_USEC_PER_SEC;
	see(w, pool_part(50)); /* a dip starts it anew */
	see(w, pool_part(90));
	w->clock += 29 * G_USEC_PER_SEC;
	see(w, pool_part(90));
	assert_int_equal(severity_of(w, "poolUsage"), 0);
	w->clock += 2 * G_USEC_PER_SEC;
	see(w, pool_part(90));
	assert_int_equal(severity_of(w, "poolUsage"), SEVERITY_WARNING);
	see(w, pool_part(99)); /* what rises is taken at once */
	assert_int_equal(severity_of(w, "poolUsage"), SEVERITY_CRITICAL);
}

static void
only_words_need_not_be_kept(void **state)
{
	struct world *w = *state;

	see(w, pool_part(85));
	assert_true(w->keep);
	see(w, pool_part(86));
	assert_false(w->keep);
	assert_string_equal(alarm_of(w, "poolUsage")->reason, "pool images is 86 % full");
	see(w, pool_part(10));
	assert_true(w->keep);
}

static void
a_level_of_0_never_raises(void **state)
{
	struct world *w = *state;

	w->t.pool_warning = w->t.pool_critical = 0;
	see(w, pool_part(100));
	assert_int_equal(severity_of(w, "poolUsage"), 0);
}

static void
node_and_its_roll_up(void **state)
{
	struct world *w = *state;
	struct part *part = test_node_part("alpha", NODE_ONLINE);

	test_add_vm(part, "web1", 1, VM_CRASHED);
	test_add_vm(part, "web2", 2, VM_RUNNING);
	see(w, part);
	assert_int_equal(severity_of(w, "vmCrashed"), SEVERITY_CRITICAL);
	struct reading r = { w->now, w->clock };
	assert_int_equal(health_of(&r, OBJECT_VM, test_vm(w->now, "web1")).level,
	    HEALTH_CRITICAL);
	assert_int_equal(health_of(&r, OBJECT_VM, test_vm(w->now, "web2")).level, HEALTH_OK);
	struct health node = health_of(&r, OBJECT_NODE,
	    cluster_node_by_name(w->now, "alpha", NULL));
	assert_int_equal(node.level, HEALTH_CRITICAL);
	assert_string_equal(node.reason, "VM web1 has crashed on alpha");
	assert_int_equal(health_of(&r, OBJECT_CLUSTER, cluster_info(w->now)).level,
	    HEALTH_CRITICAL);
}

static void
silence_is_unknown(void **state)
{
	struct world *w = *state;
	struct part *part = test_node_part("alpha", NODE_ONLINE);

	test_add_vm(part, "web1", 1, VM_RUNNING)->stale_after = 0;
	see(w, part);
	struct reading r = { w->now, g_get_monotonic_time() + 2 * G_USEC_PER_SEC };
	assert_int_equal(health_of(&r, OBJECT_VM, test_vm(w->now, "web1")).level,
	    HEALTH_UNKNOWN);
	part = test_node_part("alpha", NODE_UNREACHABLE);
	see(w, part);
	assert_int_equal(severity_of(w, "nodeUnreachable"), SEVERITY_CRITICAL);
	r = (struct reading){ w->now, w->clock };
	assert_int_equal(health_of(&r, OBJECT_CLUSTER, cluster_info(w->now)).level,
	    HEALTH_CRITICAL);
}

static void
a_stuck_vm_is_a_warning_then_critical(void **state)
{
	struct world *w = *state;
	static const struct {
		int32_t control;
		uint32_t seconds;
		int32_t severity;
	} steps[] = {
		{ CONTROL_OK, ABSENT_U32, 0 },
		{ CONTROL_JOB, 500, 0 }, /* a migration may take its time */
		{ CONTROL_OCCUPIED, 2, 0 },
		{ CONTROL_OCCUPIED, 6, SEVERITY_WARNING },
		{ CONTROL_OCCUPIED, 31, SEVERITY_CRITICAL },
		{ CONTROL_OK, 0, 0 },
		{ CONTROL_ERROR, 0, SEVERITY_CRITICAL },
		{ ABSENT_I32, ABSENT_U32, 0 },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(steps); i++) {
		struct part *part = test_node_part("alpha", NODE_ONLINE);
		struct vm *vm = test_add_vm(part, "web1", 1, VM_RUNNING);
		vm->control = steps[i].control;
		vm->control_seconds = steps[i].seconds;
		see(w, part);
		if (severity_of(w, "vmStuck") != steps[i].severity)
			fail_msg("step %zu gives %d", i, severity_of(w, "vmStuck"));
	}
}

static void
another_state_than_wished_must_last(void **state)
{
	struct world *w = *state;
	static const struct {
		int32_t state, wanted;
		int age; /* of the wish, seconds */
		int32_t severity;
	} steps[] = {
		{ VM_SHUT_OFF, ADMIN_RUNNING, 299, 0 },
		{ VM_SHUT_OFF, ADMIN_RUNNING, 301, SEVERITY_WARNING },
		{ VM_RUNNING, ADMIN_RUNNING, 301, 0 },
		{ VM_RUNNING, ADMIN_SHUTDOWN, 301, SEVERITY_WARNING },
		{ VM_RUNNING, ADMIN_UNMANAGED, 301, 0 },
		{ VM_UNKNOWN, ADMIN_RUNNING, 301, 0 },
		{ VM_PAUSED, 0, 301, 0 },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(steps); i++) {
		struct part *part = test_node_part("alpha", NODE_ONLINE);
		struct vm *vm = test_add_vm(part, "web1", 1, (enum vm_state)steps[i].state);
		if (steps[i].wanted != 0) {
			struct wish *wish = part_add(part, ROWS_WISH);
			wish->h.index = state_index(NULL, OBJECT_VM, vm->uuid);
			wish->wanted = steps[i].wanted;
			wish->since_at = wall_of(w) - steps[i].age * G_USEC_PER_SEC;
		}
		see(w, part);
		if (severity_of(w, "vmAdminState") != steps[i].severity)
			fail_msg("step %zu gives %d", i, severity_of(w, "vmAdminState"));
	}
}

/* What was active when the agent ended is not raised anew, and ends when it is over. */
static void
a_restart_raises_nothing_twice(void **state)
{
	struct world *w = *state, *other;

	see(w, pool_part(90));
	const struct alarm *before = alarm_of(w, "poolUsage");
	uint32_t index = before->h.index;
	int64_t raised_at = before->raised_at;
	SCOPED(part) kept = part_new("alarms", NULL);
	part_add_copy(kept, ROWS_ALARM, before);

	setup((void **)&other);
	alarms_restore(other->alarms, kept);
	other->clock = w->clock + 1000;
	see(other, test_node_part("alpha", NODE_CONNECTING)); /* its pools are not in yet */
	assert_int_equal(severity_of(other, "poolUsage"), SEVERITY_WARNING);
	see(other, pool_part(90));
	assert_int_equal(alarm_of(other, "poolUsage")->h.index, index);
	assert_int_equal(alarm_of(other, "poolUsage")->raised_at, raised_at);
	see(other, pool_part(10));
	assert_int_equal(severity_of(other, "poolUsage"), 0);
	teardown((void **)&other);
}

/* A node that was lost before the restart is connecting first, which says nothing of it. */
static void
a_lost_node_stays_lost_across_a_restart(void **state)
{
	struct world *w = *state, *other;

	see(w, test_node_part("alpha", NODE_UNREACHABLE));
	int64_t raised_at = alarm_of(w, "nodeUnreachable")->raised_at;
	SCOPED(part) kept = part_new("alarms", NULL);
	part_add_copy(kept, ROWS_ALARM, alarm_of(w, "nodeUnreachable"));

	setup((void **)&other);
	alarms_restore(other->alarms, kept);
	other->clock = w->clock + 1000;
	see(other, test_node_part("alpha", NODE_CONNECTING));
	assert_int_equal(severity_of(other, "nodeUnreachable"), SEVERITY_CRITICAL);
	see(other, test_node_part("alpha", NODE_UNREACHABLE));
	assert_int_equal(alarm_of(other, "nodeUnreachable")->raised_at, raised_at);
	see(other, test_node_part("alpha", NODE_ONLINE));
	assert_int_equal(severity_of(other, "nodeUnreachable"), 0);
	teardown((void **)&other);
}

/* Pools are seen later than their node; one that does not come back is forgotten. */
static void
what_an_earlier_run_saw_is_waited_for(void **state)
{
	struct world *w = *state, *other;

	see(w, pool_part(90));
	SCOPED(part) kept = part_new("alarms", NULL);
	part_add_copy(kept, ROWS_ALARM, alarm_of(w, "poolUsage"));

	setup((void **)&other);
	alarms_restore(other->alarms, kept);
	see(other, test_node_part("alpha", NODE_ONLINE));
	other->clock += 59 * G_USEC_PER_SEC;
	see(other, test_node_part("alpha", NODE_ONLINE));
	assert_int_equal(severity_of(other, "poolUsage"), SEVERITY_WARNING);
	other->clock += 2 * G_USEC_PER_SEC;
	see(other, test_node_part("alpha", NODE_ONLINE));
	assert_int_equal(severity_of(other, "poolUsage"), 0);
	teardown((void **)&other);
}

/* --- backups */

#define HOUR_US (3600 * (int64_t)G_USEC_PER_SEC)

static void
add_schedule(struct world *w, const char *vms)
{
	struct backup_rule *rule = g_new0(struct backup_rule, 1);

	rule->name = g_strdup("nightly");
	rule->pool = g_strdup("vault");
	rule->vms = g_strsplit(vms, " ", -1);
	rule->overdue = 36 * 3600;
	g_ptr_array_add(w->rules->backups, rule);
}

/* web1, with a backup of `at`, 0: none; and another upon it. */
static struct part *
backup_part(const struct world *w, int64_t at, enum backup_state last)
{
	struct part *part = test_node_part("alpha", NODE_ONLINE);
	const struct vm *vm = test_add_vm(part, "web1", 1, VM_RUNNING);

	for (int i = 0; at != 0 && i < 2; i++) {
		struct backup *b = part_add(part, ROWS_BACKUP);
		b->uuid = i == 0 ? "b0" : "b1";
		b->base_uuid = i == 0 ? "" : "b0";
		b->vm_uuid = vm->uuid;
		b->pool_name = "vault";
		b->taken_at = at - (1 - i) * 24 * HOUR_US;
		b->state = i == 0 ? BACKUP_COMPLETE : (int32_t)last;
		b->check = CHECK_NEVER;
		b->reason = "the pool is full";
	}
	return part;
}

static void
an_overdue_backup(void **state)
{
	struct world *w = *state;
	int64_t at = wall_of(w);

	add_schedule(w, "web*");
	w->clock += 36 * HOUR_US - 1;
	see(w, backup_part(w, at, BACKUP_COMPLETE));
	assert_null(alarm_of(w, "vmBackupOverdue"));
	w->clock += 1;
	see(w, backup_part(w, at, BACKUP_COMPLETE));
	assert_int_equal(severity_of(w, "vmBackupOverdue"), SEVERITY_WARNING);
	assert_non_null(strstr(alarm_of(w, "vmBackupOverdue")->reason,
	    "VM web1: the last backup of schedule nightly is of "));
	struct reading r = { w->now, w->clock };
	assert_int_equal(health_of(&r, OBJECT_VM, test_vm(w->now, "web1")).level,
	    HEALTH_WARNING);
	see(w, backup_part(w, wall_of(w), BACKUP_COMPLETE));
	assert_null(alarm_of(w, "vmBackupOverdue"));
}

/* What failed is not the last backup; and it has an alarm of its own, until one succeeds. */
static void
a_failed_backup(void **state)
{
	struct world *w = *state;
	int64_t at = wall_of(w);

	add_schedule(w, "web*");
	see(w, backup_part(w, at, BACKUP_FAILED));
	assert_int_equal(severity_of(w, "vmBackupFailed"), SEVERITY_WARNING);
	assert_string_equal(alarm_of(w, "vmBackupFailed")->reason,
	    "the last backup of VM web1 failed: the pool is full");
	assert_null(alarm_of(w, "vmBackupOverdue"));
	w->clock += 12 * HOUR_US;
	see(w, backup_part(w, at, BACKUP_FAILED));
	assert_int_equal(severity_of(w, "vmBackupOverdue"), SEVERITY_WARNING);
	see(w, backup_part(w, at, BACKUP_RUNNING)); /* not yet cleared */
	assert_int_equal(severity_of(w, "vmBackupFailed"), SEVERITY_WARNING);
	see(w, backup_part(w, wall_of(w), BACKUP_COMPLETE));
	assert_int_equal(w->now->rows[ROWS_ALARM].n, 0);
	see(w, backup_part(w, wall_of(w), BACKUP_RUNNING)); /* nor raised */
	assert_int_equal(w->now->rows[ROWS_ALARM].n, 0);
}

/* Two nodes serve it: one alarm, as long as either has ceased to. */
static void
an_export_that_has_ended(void **state)
{
	struct world *w = *state;
	static const struct {
		enum export_state states[2];
		bool alarm;
	} steps[] = {
		{ { EXPORT_SERVING, EXPORT_SERVING }, false },
		{ { EXPORT_SERVING, EXPORT_ENDED }, true },
		{ { EXPORT_ENDED, EXPORT_SERVING }, true },
		{ { EXPORT_UNKNOWN, EXPORT_SERVING }, false },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(steps); i++) {
		struct part *part = test_node_part("alpha", NODE_ONLINE);
		for (int n = 0; n < 2; n++) {
			struct export_info *export = part_add(part, ROWS_EXPORT);
			export->identity = "images/a";
			export->name = "alpha/images/a";
			export->node_name = "alpha";
			export->reason = "killed";
			export->state = (int32_t)steps[i].states[n];
		}
		see(w, part);
		assert_int_equal(severity_of(w, "exportEnded"),
		    steps[i].alarm ? SEVERITY_WARNING : 0);
		assert_int_equal(w->now->rows[ROWS_ALARM].n, steps[i].alarm);
	}
}

/* The first one is made at once: an hour after the agent began it should be there. */
static void
no_backup_at_all(void **state)
{
	struct world *w = *state;

	w->info.started_at = wall_of(w);
	see(w, backup_part(w, 0, BACKUP_COMPLETE));
	w->clock += 100 * HOUR_US;
	see(w, backup_part(w, 0, BACKUP_COMPLETE));
	assert_int_equal(w->now->rows[ROWS_ALARM].n, 0); /* nobody wants one */
	add_schedule(w, "web*");
	w->info.started_at = wall_of(w);
	w->clock += HOUR_US - 1;
	see(w, backup_part(w, 0, BACKUP_COMPLETE));
	assert_null(alarm_of(w, "vmBackupOverdue"));
	w->clock += 1;
	see(w, backup_part(w, 0, BACKUP_COMPLETE));
	assert_string_equal(alarm_of(w, "vmBackupOverdue")->reason,
	    "VM web1 has no backup of schedule nightly");
}

static void
what_is_gone_has_no_alarm(void **state)
{
	struct world *w = *state;

	see(w, pool_part(90));
	see(w, test_node_part("alpha", NODE_ONLINE));
	assert_int_equal(w->now->rows[ROWS_ALARM].n, 0);
}

static void
headroom(void **state)
{
	struct world *w = *state;
	static const struct {
		uint32_t a, b, promised;
		int32_t headroom;
		bool alarm;
	} cases[] = {
		{ 1000, 1000, 400, 600, false },
		{ 1000, 1000, 1200, -200, true },
		{ 4000, 1000, 900, 100, false },
		{ 4000, 1000, 1001, -1, true },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct part *a = test_node_part("alpha", NODE_ONLINE);
		struct part *b = test_node_part("beta", NODE_ONLINE);
		((struct node *)a->rows[ROWS_NODE]->pdata[0])->mem_total = cases[i].a;
		((struct node *)b->rows[ROWS_NODE]->pdata[0])->mem_total = cases[i].b;
		test_add_vm(a, "web1", 1, VM_RUNNING)->mem_actual = cases[i].promised;
		struct part *parts[] = { NULL, NULL, a, b };
		struct compose_input in = {
			.parts = parts, .parts_n = 4, .info = &info, .now = w->clock,
			.wall = wall_of(w),
		};
		SCOPED(cluster) next = compose(&in);
		assert_int_equal(cluster_info(next)->headroom, cases[i].headroom);
		bool keep;
		SCOPED(part) alarms =
		    alarms_judge(w->alarms, next, &w->t, NULL, w->clock, wall_of(w), &keep);
		assert_int_equal(alarms != NULL && alarms->rows[ROWS_ALARM]->len > 0,
		    cases[i].alarm);
		alarms_free(w->alarms);
		w->alarms = alarms_new();
		part_unref(a);
		part_unref(b);
	}
}

/* Samples wait, and the last that was written is long ago; "never" counts from the start. */
static void
a_history_that_stands_still(void **state)
{
	struct world *w = *state;
	static const struct {
		int since_s, written_s, refused_s; /* ago; 0: not at all */
		uint64_t waiting;
		bool alarm;
	} cases[] = {
		{ 0, 0, 0, 5, false }, /* nothing is recorded */
		{ 700, 0, 0, 0, false }, { 700, 0, 0, 5, true }, { 100, 0, 0, 5, false },
		{ 5000, 700, 0, 5, true }, { 5000, 100, 0, 5, false },
		{ 5000, 700, 0, 0, false },
		/* others are written */
		{ 5000, 1, 700, 5, true }, { 5000, 1, 100, 5, false },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		int64_t second = G_USEC_PER_SEC;
		w->clock = 10000 * second;
		atomic_store(&self.rrd_since_us, cases[i].since_s == 0
		    ? 0 : w->clock - cases[i].since_s * second);
		atomic_store(&self.rrd_updated_us, cases[i].written_s == 0
		    ? 0 : w->clock - cases[i].written_s * second);
		atomic_store(&self.rrd_refused_us, cases[i].refused_s == 0
		    ? 0 : w->clock - cases[i].refused_s * second);
		atomic_store(&self.rrd_waiting, cases[i].waiting);
		see(w, test_node_part("alpha", NODE_ONLINE));
		if (severity_of(w, "historyAge") != (cases[i].alarm ? SEVERITY_WARNING : 0))
			fail_msg("case %zu", i);
	}
	w->t.history_age = 0;
	atomic_store(&self.rrd_waiting, 5);
	see(w, test_node_part("alpha", NODE_ONLINE));
	assert_null(alarm_of(w, "historyAge"));
	atomic_store(&self.rrd_since_us, 0);
}

static void
alarms_survive_in_the_state_file(void **state)
{
	struct world *w = *state;
	g_autofree char *dir = test_directory();
	g_autofree char *path = g_build_filename(dir, STATE_FILE, NULL);
	struct state *file = state_open(dir, NULL);

	see(w, pool_part(99));
	SCOPED(part) kept = part_new("alarms", NULL);
	part_add_copy(kept, ROWS_ALARM, alarm_of(w, "poolUsage"));
	state_set_alarms(file, kept);
	assert_true(state_flush(file, NULL));
	state_close(file);

	file = state_open(dir, NULL);
	SCOPED(part) loaded = part_new("alarms", NULL);
	assert_true(state_load_alarms(file, loaded, NULL));
	state_close(file);
	assert_int_equal(loaded->rows[ROWS_ALARM]->len, 1);
	const struct alarm *a = loaded->rows[ROWS_ALARM]->pdata[0];
	assert_string_equal(a->condition, "poolUsage");
	assert_int_equal(a->severity, SEVERITY_CRITICAL);
	assert_string_equal(a->name, "images");
	g_autofree char *clean = g_strdup_printf("rm -r '%s'", dir);
	assert_int_equal(system(clean), 0);
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(pool_rises_and_falls_with_a_margin),
		TEST(a_level_must_last),
		TEST(only_words_need_not_be_kept),
		TEST(a_level_of_0_never_raises),
		TEST(node_and_its_roll_up),
		TEST(silence_is_unknown),
		TEST(a_stuck_vm_is_a_warning_then_critical),
		TEST(another_state_than_wished_must_last),
		TEST(a_restart_raises_nothing_twice),
		TEST(a_lost_node_stays_lost_across_a_restart),
		TEST(what_an_earlier_run_saw_is_waited_for),
		TEST(an_overdue_backup),
		TEST(a_failed_backup),
		TEST(no_backup_at_all),
		TEST(an_export_that_has_ended),
		TEST(what_is_gone_has_no_alarm),
		TEST(headroom),
		TEST(a_history_that_stands_still),
		TEST(alarms_survive_in_the_state_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
