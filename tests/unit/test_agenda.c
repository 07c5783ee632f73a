/*
 * The agenda of backups: what is asked for in single situations, and a year of imagined
 * nights with failures, cancelled jobs and an agent that is down now and then.
 */
#include "tests/unit/test.h"

#include <stdlib.h>

#include "model/compose.h"
#include "model/state.h"
#include "vmops/agenda.h"

#define SECOND ((int64_t)G_USEC_PER_SEC)
#define MINUTE (60 * SECOND)
#define HOUR   (60 * MINUTE)
#define DAY    (24 * HOUR)
#define NIGHT  (20000 * DAY + 2 * HOUR + 30 * MINUTE) /* 02:30 of some day, in UTC */

struct world {
	struct part *node, *backups, *jobs;
	struct rules *rules;
	struct cluster *cluster;
	GTimeZone *zone;
	struct agenda *agenda;
	unsigned numbers;
};

static int
setup(void **data)
{
	struct world *w = g_new0(struct world, 1);

	w->node = test_node_part("alpha", NODE_ONLINE);
	w->backups = part_new("backups", NULL);
	w->jobs = part_new("jobs", NULL);
	w->rules = rules_new();
	w->zone = g_time_zone_new_utc();
	*data = w;
	return 0;
}

static int
teardown(void **data)
{
	struct world *w = *data;

	if (w->agenda != NULL)
		agenda_free(w->agenda);
	cluster_unref(w->cluster);
	part_unref(w->node);
	part_unref(w->backups);
	part_unref(w->jobs);
	rules_unref(w->rules);
	g_time_zone_unref(w->zone);
	g_free(w);
	return 0;
}

static struct backup_rule *
add_rule(struct world *w, const char *name, const char *vms, const char *schedule)
{
	struct backup_rule *rule = g_new0(struct backup_rule, 1);

	rule->name = g_strdup(name);
	rule->pool = g_strdup("vault");
	rule->vms = g_strsplit(vms, " ", -1);
	assert_true(schedule_parse(schedule, &rule->schedule));
	rule->overdue = 2 * rule->schedule.period;
	rule->full_every = 7;
	rule->parallel = 1;
	g_ptr_array_add(w->rules->backups, rule);
	return rule;
}

static char *
uuid_of(unsigned number)
{
	return g_strdup_printf("00000000-0000-4000-8000-%012x", number);
}

/* Of VM `vm`; `base`: number of another one, 0: a full one.  Its number. */
static unsigned
add_backup(struct world *w, unsigned vm, int64_t at, unsigned base)
{
	struct backup *row = part_add(w->backups, ROWS_BACKUP);
	g_autofree char *own = uuid_of(1000 + ++w->numbers), *of = uuid_of(vm);
	g_autofree char *upon = base == 0 ? g_strdup("") : uuid_of(1000 + base);

	row->uuid = part_text(w->backups, own);
	row->vm_uuid = part_text(w->backups, of);
	row->base_uuid = part_text(w->backups, upon);
	row->pool_name = "vault";
	row->name = row->vm_name = row->disks = row->reason = row->check_reason =
	    row->checkpoint = "";
	row->taken_at = at;
	row->state = BACKUP_COMPLETE;
	row->kind = base == 0 ? BACKUP_FULL : BACKUP_INCREMENTAL;
	row->check = CHECK_NEVER;
	row->seconds = 0;
	return w->numbers;
}

static struct backup *
last_row(struct world *w)
{
	return w->backups->rows[ROWS_BACKUP]->pdata[w->backups->rows[ROWS_BACKUP]->len - 1];
}

static struct job *
add_job(struct world *w, unsigned vm, enum job_type type, enum job_state state, int64_t at)
{
	struct job *job = part_add(w->jobs, ROWS_JOB);
	g_autofree char *uuid = uuid_of(vm);

	*job = (struct job){ .h.index = ++w->numbers, .type = type, .state = (int32_t)state,
		.kind = OBJECT_VM, .object = state_index(NULL, OBJECT_VM, uuid),
		.object_name = "", .object_uuid = "", .argument = "", .error = "", .step = "",
		.target_name = "", .options = "", .requester = "schedule nightly",
		.origin = ORIGIN_CLUSTER, .submitted_at = at, .started_at = at,
		.finished_at = job_state_is_final((int32_t)state) ? at + MINUTE : 0 };
	return job;
}

/* Wishes in words: "web1 full, web1, -3" (a deletion of backup 3). */
static char *
look(struct world *w, int64_t wall, GHashTable *held)
{
	static const struct cluster_info info = { .name = "t", .version = "1",
		.backend = "none", .started_at = 1000 * DAY, .control = 1 };
	struct part *parts[] = { w->node, w->backups, w->jobs };
	struct compose_input in = {
		.parts = parts, .parts_n = 3, .rules = w->rules, .info = &info,
		.now = g_get_monotonic_time(), .wall = wall,
	};
	GString *text = g_string_new(NULL);

	if (w->agenda != NULL)
		agenda_free(w->agenda);
	cluster_unref(w->cluster);
	w->cluster = compose(&in);
	w->agenda = agenda_new(w->cluster, w->zone, wall, held);
	for (guint i = 0; i < w->agenda->wishes->len; i++) {
		const struct agenda_wish *wish =
		    &g_array_index(w->agenda->wishes, struct agenda_wish, i);
		g_string_append(text, i > 0 ? ", " : "");
		if (wish->backup != NULL)
			g_string_append_printf(text, "-%lu",
			    strtoul(wish->backup->uuid + 24, NULL, 16) - 1000);
		else
			g_string_append_printf(text, "%s%s", wish->task->vm->name,
			    wish->full ? " full" : "");
	}
	return g_string_free(text, FALSE);
}

static void
expect(struct world *w, int64_t wall, const char *wishes)
{
	g_autofree char *is = look(w, wall, NULL);

	assert_string_equal(is, wishes);
}

static struct vm *
add_vm(struct world *w, const char *name, unsigned number)
{
	return test_add_vm(w->node, name, number, VM_RUNNING);
}

/* --- when */

static void
due_once(void **data)
{
	struct world *w = *data;

	add_rule(w, "nightly", "web*", "daily 02:30");
	add_vm(w, "web1", 1);
	add_vm(w, "db1", 2); /* nobody's */
	expect(w, NIGHT + HOUR, "web1 full"); /* none yet: at once */
	add_backup(w, 1, NIGHT - 10 * DAY, 0);
	expect(w, NIGHT + HOUR, "web1"); /* the agent was down for ten nights: one */
	add_backup(w, 1, NIGHT + HOUR, 1);
	expect(w, NIGHT + 2 * HOUR, "");
	expect(w, NIGHT + DAY - SECOND, "");
	expect(w, NIGHT + DAY, "web1");
}

static void
one_at_a_time(void **data)
{
	struct world *w = *data;

	add_rule(w, "nightly", "web1", "daily 02:30");
	add_vm(w, "web1", 1);
	add_job(w, 1, JOB_MIGRATE, JOB_RUNNING, NIGHT)->requester = "root";
	expect(w, NIGHT + MINUTE, "");
}

static void
what_an_operator_does_counts(void **data)
{
	struct world *w = *data;

	add_rule(w, "nightly", "web1", "daily 02:30");
	add_vm(w, "web1", 1);
	add_backup(w, 1, NIGHT - DAY, 0);
	add_job(w, 1, JOB_BACKUP, JOB_CANCELLED, NIGHT + SECOND);
	expect(w, NIGHT + HOUR, ""); /* not before the next night */
	expect(w, NIGHT + DAY, "web1");
	add_backup(w, 1, NIGHT + DAY + SECOND, 1); /* by hand */
	expect(w, NIGHT + DAY + MINUTE, "");
	add_backup(w, 1, NIGHT + 2 * DAY, 0); /* into another pool: not this schedule's */
	last_row(w)->pool_name = "elsewhere";
	expect(w, NIGHT + 2 * DAY + MINUTE, "web1 full");
}

static void
failures_wait_longer_each_time(void **data)
{
	struct world *w = *data;
	int64_t at = NIGHT;

	add_rule(w, "nightly", "web1", "daily 02:30");
	add_vm(w, "web1", 1);
	add_backup(w, 1, NIGHT - DAY, 0);
	for (int n = 0; n < 8; n++) {
		int64_t wait = MIN(MINUTE << n, HOUR);
		add_job(w, 1, JOB_BACKUP, n % 2 ? JOB_FAILED : JOB_INTERRUPTED, at);
		expect(w, at + MINUTE + wait - SECOND, "");
		expect(w, at + MINUTE + wait, "web1");
		at += MINUTE + wait;
	}
	add_backup(w, 1, at, 1);
	expect(w, at + MINUTE, "");
	expect(w, NIGHT + DAY, "web1"); /* forgiven */
}

/* The record of the attempt is there when the jobs are forgotten. */
static void
a_failure_that_only_the_record_knows(void **data)
{
	struct world *w = *data;

	add_rule(w, "nightly", "web1", "daily 02:30");
	add_vm(w, "web1", 1);
	add_backup(w, 1, NIGHT, 0);
	last_row(w)->state = BACKUP_FAILED;
	expect(w, NIGHT + MINUTE - SECOND, "");
	expect(w, NIGHT + MINUTE, "web1 full");
}

static void
in_turn(void **data)
{
	struct world *w = *data;
	struct backup_rule *rule = add_rule(w, "nightly", "*", "daily 02:30");
	g_autoptr(GHashTable) held = g_hash_table_new(NULL, NULL);

	for (unsigned i = 1; i <= 4; i++) {
		g_autofree char *name = g_strdup_printf("vm%u", i);
		add_vm(w, name, i);
		add_backup(w, i, NIGHT - DAY - i * HOUR, 0);
	}
	rule->parallel = 2;
	expect(w, NIGHT, "vm4, vm3"); /* the longest without one first */
	add_job(w, 4, JOB_BACKUP, JOB_RUNNING, NIGHT);
	expect(w, NIGHT, "vm3");
	add_job(w, 3, JOB_BACKUP, JOB_WAITING, NIGHT);
	expect(w, NIGHT, "");
	rule->parallel = 4;
	g_hash_table_add(held, GUINT_TO_POINTER(test_vm(w->cluster, "vm2")->h.index));
	g_autofree char *rest = look(w, NIGHT, held);
	assert_string_equal(rest, "vm1");
}

static void
not_where_nobody_answers(void **data)
{
	struct world *w = *data;
	struct node *node = w->node->rows[ROWS_NODE]->pdata[0];

	add_rule(w, "nightly", "*", "daily 02:30");
	add_vm(w, "web1", 1);
	node->state = NODE_UNREACHABLE;
	w->node->reachable = false;
	expect(w, NIGHT, "");
	assert_int_equal(w->agenda->tasks->len, 1);
}

/* --- full or upon the last one */

static void
full_or_not(void **data)
{
	struct world *w = *data;
	struct backup_rule *rule = add_rule(w, "nightly", "*", "daily 02:30");

	add_vm(w, "web1", 1);
	rule->full_every = 3;
	add_backup(w, 1, NIGHT - 4 * DAY, 0);
	expect(w, NIGHT, "web1");
	add_backup(w, 1, NIGHT - 3 * DAY, 1);
	expect(w, NIGHT, "web1");
	add_backup(w, 1, NIGHT - 2 * DAY, 2);
	expect(w, NIGHT, "web1 full");
	rule->full_every = 4;
	expect(w, NIGHT, "web1");
	last_row(w)->check = CHECK_BAD; /* what comes upon it would be worth nothing */
	expect(w, NIGHT, "web1 full");
	rule->full_every = 1;
	add_backup(w, 1, NIGHT - DAY, 0);
	expect(w, NIGHT, "web1 full");
}

/* A broken one is none: the next is made at once. */
static void
a_broken_one_is_none(void **data)
{
	struct world *w = *data;

	add_rule(w, "nightly", "*", "daily 02:30");
	add_vm(w, "web1", 1);
	add_backup(w, 1, NIGHT, 0);
	add_job(w, 1, JOB_BACKUP, JOB_SUCCEEDED, NIGHT);
	expect(w, NIGHT + HOUR, "");
	last_row(w)->check = CHECK_BAD;
	expect(w, NIGHT + HOUR, "web1 full");
}

/* Jobs that succeed and leave nothing that counts do not become a storm. */
static void
successes_without_a_backup(void **data)
{
	struct world *w = *data;

	add_rule(w, "nightly", "*", "daily 02:30");
	add_vm(w, "web1", 1);
	add_job(w, 1, JOB_BACKUP, JOB_SUCCEEDED, NIGHT);
	expect(w, NIGHT + 2 * MINUTE - SECOND, "");
	expect(w, NIGHT + 2 * MINUTE, "web1 full");
	add_job(w, 1, JOB_BACKUP, JOB_SUCCEEDED, NIGHT + 2 * MINUTE);
	expect(w, NIGHT + 5 * MINUTE - SECOND, "");
	expect(w, NIGHT + 5 * MINUTE, "web1 full");
}

/* --- what goes */

static void
deletions(void **data)
{
	struct world *w = *data;
	struct backup_rule *rule = add_rule(w, "nightly", "*", "daily 02:30");

	add_vm(w, "web1", 1);
	rule->keep.last = 1;
	unsigned full = add_backup(w, 1, NIGHT - 3 * DAY, 0);
	add_backup(w, 1, NIGHT - 2 * DAY, full);
	add_backup(w, 1, NIGHT, 0);
	expect(w, NIGHT + HOUR, "-2"); /* one at a time, the leaf first */
	struct job *job = add_job(w, 1, JOB_BACKUP_DELETE, JOB_RUNNING, NIGHT + HOUR);
	job->kind = OBJECT_BACKUP;
	job->object = ((const struct backup *)g_array_index(w->agenda->wishes,
	    struct agenda_wish, 0).backup)->h.index;
	expect(w, NIGHT + HOUR, "");
	job->state = JOB_FAILED;
	job->finished_at = NIGHT + HOUR;
	expect(w, NIGHT + HOUR + MINUTE - SECOND, "");
	expect(w, NIGHT + HOUR + MINUTE, "-2");
	expect(w, NIGHT + DAY, "web1"); /* what is due comes first */
	rule->keep.last = 0;
	expect(w, NIGHT + 2 * HOUR, "");
}

/* Backups that go on all day do not keep the pool from being swept. */
static void
deletions_do_not_wait_for_backups(void **data)
{
	struct world *w = *data;
	struct backup_rule *rule = add_rule(w, "nightly", "*", "daily 02:30");

	rule->keep.last = 1;
	for (unsigned vm = 1; vm <= 3; vm++) {
		g_autofree char *name = g_strdup_printf("vm%u", vm);
		add_vm(w, name, vm);
		add_backup(w, vm, NIGHT - 2 * DAY, 0);
		add_backup(w, vm, vm == 1 ? NIGHT - DAY : NIGHT + vm * MINUTE, 0);
	}
	expect(w, NIGHT + HOUR, "vm1, -3");
	add_job(w, 1, JOB_BACKUP, JOB_RUNNING, NIGHT + HOUR);
	expect(w, NIGHT + HOUR, "-3");
}

/* What another schedule did, before the configuration was changed, is not this one's. */
static void
of_another_schedule(void **data)
{
	struct world *w = *data;

	add_rule(w, "other", "*", "daily 02:30");
	add_vm(w, "web1", 1);
	add_job(w, 1, JOB_BACKUP, JOB_SUCCEEDED, NIGHT);
	expect(w, NIGHT + MINUTE, "web1 full");
}

/* Somebody restores from it: its chain stays. */
static void
what_is_in_use_stays(void **data)
{
	struct world *w = *data;
	struct backup_rule *rule = add_rule(w, "nightly", "*", "daily 02:30");

	add_vm(w, "web1", 1);
	rule->keep.last = 1;
	add_backup(w, 1, NIGHT - DAY, 0);
	add_backup(w, 1, NIGHT, 0);
	expect(w, NIGHT + HOUR, "-1");
	struct job *job = add_job(w, 1, JOB_RESTORE, JOB_RUNNING, NIGHT);
	job->kind = OBJECT_BACKUP;
	job->object = g_array_index(w->agenda->wishes, struct agenda_wish, 0).backup->h.index;
	expect(w, NIGHT + HOUR, "");
}

static void
the_request(void **data)
{
	struct world *w = *data;
	struct backup_rule *rule = add_rule(w, "nightly", "*", "daily 02:30");
	struct request request;

	add_vm(w, "web1", 1);
	rule->quiesce = true;
	rule->bandwidth = 100;
	expect(w, NIGHT, "web1 full");
	agenda_wish_request(&g_array_index(w->agenda->wishes, struct agenda_wish, 0), &request);
	assert_int_equal(request.type, JOB_BACKUP);
	assert_int_equal(request.kind, OBJECT_VM);
	assert_string_equal(request.name, "web1");
	assert_string_equal(request.machine.pool, "alpha/vault");
	assert_string_equal(request.requester, "schedule nightly");
	assert_int_equal(request.origin, ORIGIN_CLUSTER);
	assert_int_equal(request.flags, REQUEST_FULL_BACKUP | REQUEST_QUIESCE);
	assert_int_equal(request.bandwidth, 100);
	assert_int_equal(request.keep, 2 * 86400); /* known until the next night is over */
}

/* --- many nights */

#define VMS 5

struct year {
	struct world *w;
	GRand *rand;
	int64_t now;
	unsigned attempts, good, deleted;
};

/* What the agenda asks for happens at once, or fails, or is cancelled. */
static void
carry_out(struct year *y)
{
	for (guint i = 0; i < y->w->agenda->wishes->len; i++) {
		const struct agenda_wish *wish =
		    &g_array_index(y->w->agenda->wishes, struct agenda_wish, i);
		unsigned vm = (unsigned)strtoul(wish->task->vm->uuid + 24, NULL, 16);
		if (wish->backup != NULL) {
			GPtrArray *rows = y->w->backups->rows[ROWS_BACKUP];
			for (guint r = 0; r < rows->len; r++)
				if (strcmp(((struct backup *)rows->pdata[r])->uuid,
				        wish->backup->uuid) == 0)
					g_ptr_array_remove_index(rows, r);
			y->deleted++;
			continue;
		}
		y->attempts++;
		if (g_rand_int_range(y->rand, 0, 4) == 0) {
			add_job(y->w, vm, JOB_BACKUP, JOB_FAILED, y->now);
			continue;
		}
		const struct backup *base = wish->full ? NULL : wish->task->newest;
		add_backup(y->w, vm, y->now, base == NULL ? 0
		    : (unsigned)strtoul(base->uuid + 24, NULL, 16) - 1000);
		add_job(y->w, vm, JOB_BACKUP, JOB_SUCCEEDED, y->now);
		y->good++;
	}
}

static void
many_nights(void **data)
{
	struct year y = { .w = *data, .now = NIGHT - HOUR };
	struct backup_rule *rule = add_rule(y.w, "nightly", "*", "daily 02:30");
	guint32 seed = g_random_int();
	unsigned nights = 0;

	print_message("seed %u\n", seed);
	y.rand = g_rand_new_with_seed(seed);
	rule->keep = (struct retention){ .last = 3, .daily = 5, .weekly = 2 };
	for (unsigned i = 1; i <= VMS; i++) {
		g_autofree char *name = g_strdup_printf("vm%u", i);
		add_vm(y.w, name, i);
	}
	for (int step = 0; step < 6000; step++) {
		int64_t before = y.now;
		y.now += g_rand_int_range(y.rand, 0, 500) == 0 ? 3 * DAY : 7 * MINUTE;
		nights += (unsigned)((y.now - NIGHT) / DAY - (before - NIGHT) / DAY);
		g_autofree char *wishes = look(y.w, y.now, NULL);
		assert_true(y.w->agenda->wishes->len <= 2); /* a backup, a deletion */
		carry_out(&y);
	}
	/* each night once, but for those that were slept through */
	assert_true(y.good <= VMS * (nights + 2));
	assert_true(y.good >= VMS * nights / 4);
	assert_true(y.attempts <= 2 * y.good);
	/* what is left: what the rules keep, and what it is based on */
	for (int i = 0; i < 100; i++) {
		y.now += MINUTE;
		g_autofree char *wishes = look(y.w, y.now, NULL);
		carry_out(&y);
	}
	assert_true(y.deleted > 0);
	GPtrArray *rows = y.w->backups->rows[ROWS_BACKUP];
	assert_true(rows->len >= VMS * 3 && rows->len <= VMS * (3 + 5 + 2) * 7);
	for (guint i = 0; i < rows->len; i++) {
		const struct backup *b = rows->pdata[i];
		bool found = *b->base_uuid == '\0';
		for (guint r = 0; r < rows->len && !found; r++)
			found = strcmp(((struct backup *)rows->pdata[r])->uuid, b->base_uuid) == 0;
		assert_true(found);
	}
	g_rand_free(y.rand);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(due_once),
		TEST(one_at_a_time),
		TEST(what_an_operator_does_counts),
		TEST(failures_wait_longer_each_time),
		TEST(a_failure_that_only_the_record_knows),
		TEST(in_turn),
		TEST(not_where_nobody_answers),
		TEST(full_or_not),
		TEST(a_broken_one_is_none),
		TEST(successes_without_a_backup),
		TEST(deletions),
		TEST(deletions_do_not_wait_for_backups),
		TEST(of_another_schedule),
		TEST(what_is_in_use_stays),
		TEST(the_request),
		TEST(many_nights),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
