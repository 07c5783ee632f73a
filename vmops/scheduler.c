/* The scheduler of backups: asks for what is on the agenda, and shows the schedules. */
#include "vmops/scheduler.h"

#include <string.h>

#include "common/log.h"
#include "common/ticker.h"
#include "vmops/agenda.h"

#define LOOK_US (5 * G_USEC_PER_SEC)
#define BUSY_US (10 * G_USEC_PER_SEC) /* for somebody else's job to end */

/* A VM whose backup was refused at the door: there is no job that would tell. */
struct refusal {
	unsigned failures;
	int64_t until; /* monotonic */
	char *why;
};

struct scheduler {
	/* immutable */
	struct store *store;
	const struct request_door *door;
	struct ticker *ticker;

	/* the thread only */
	GHashTable *refusals; /* VM's index -> struct refusal */
	char *shown;	      /* what the rows say, to publish changes only */
};

static void
refusal_free(gpointer data)
{
	struct refusal *refusal = data;

	g_free(refusal->why);
	g_free(refusal);
}

/* --- asking */

/* The VMs that are not to be asked for now. */
static GHashTable *
held_now(const struct scheduler *s)
{
	GHashTable *held = g_hash_table_new(NULL, NULL);
	int64_t now = g_get_monotonic_time();
	GHashTableIter iter;
	gpointer vm, refusal;

	g_hash_table_iter_init(&iter, s->refusals);
	while (g_hash_table_iter_next(&iter, &vm, &refusal))
		if (((const struct refusal *)refusal)->until > now)
			g_hash_table_add(held, vm);
	return held;
}

/* Each reason is logged once. */
static void
note_refusal(struct scheduler *s, const struct agenda_wish *wish, const GError *error)
{
	const struct backup_rule *rule = wish->task->rule;
	gpointer vm = GUINT_TO_POINTER(wish->task->vm->h.index);
	struct refusal *refusal = g_hash_table_lookup(s->refusals, vm);
	int64_t now = g_get_monotonic_time();

	if (refusal == NULL) {
		refusal = g_new0(struct refusal, 1);
		g_hash_table_insert(s->refusals, vm, refusal);
	}
	if (g_error_matches(error, REQUEST_ERROR, REQUEST_BUSY)) {
		refusal->until = now + BUSY_US;
		return;
	}
	refusal->failures++;
	refusal->until = now + agenda_back_off(rule, refusal->failures) * G_USEC_PER_SEC;
	if (g_strcmp0(refusal->why, error->message) == 0)
		return;
	g_free(refusal->why);
	refusal->why = g_strdup(error->message);
	log_warn("schedule", "%s: %s", rule->name, error->message);
}

static void
ask(struct scheduler *s, const struct agenda_wish *wish)
{
	struct request request;
	g_autoptr(GError) error = NULL;

	agenda_wish_request(wish, &request);
	uint32_t job = request_submit(s->door, &request, &error);
	if (job == 0) {
		note_refusal(s, wish, error);
		return;
	}
	g_hash_table_remove(s->refusals, GUINT_TO_POINTER(wish->task->vm->h.index));
	log_info("schedule", "%s: job %u (%s %s)", wish->task->rule->name, job,
	    enum_to_name(job_type_names, request.type), request.name);
}

/* --- showing */

/* What is said of one schedule. */
struct summary {
	unsigned vms, due, late, failed;
	int64_t last;
	char *why; /* of the first one that is not well */
};

static void
note_why(struct summary *sum, const struct agenda_task *task, const char *what)
{
	if (sum->why == NULL)
		sum->why = g_strdup_printf("VM %s: %s", task->vm->name, what);
}

static void
add_task(const struct scheduler *s, struct summary *sum, const struct agenda_task *task)
{
	const struct refusal *refusal =
	    g_hash_table_lookup(s->refusals, GUINT_TO_POINTER(task->vm->h.index));

	sum->vms++;
	sum->due += agenda_task_is_due(task);
	sum->late += task->late;
	sum->failed += task->failures > 0;
	if (task->newest != NULL)
		sum->last = MAX(sum->last, task->newest->taken_at);
	if (task->failures > 0)
		note_why(sum, task, task->why);
	else if (refusal != NULL && refusal->why != NULL && agenda_task_is_due(task))
		note_why(sum, task, refusal->why);
}

static struct summary
sum_up(const struct scheduler *s, const struct agenda *agenda,
    const struct backup_rule *rule)
{
	struct summary sum = { 0 };

	for (guint i = 0; i < agenda->tasks->len; i++) {
		const struct agenda_task *task =
		    &g_array_index(agenda->tasks, struct agenda_task, i);
		if (task->rule == rule)
			add_task(s, &sum, task);
	}
	return sum;
}

static void
add_row(struct part *part, const struct backup_rule *rule, const struct summary *sum,
    int64_t next)
{
	struct schedule_info *row = part_add(part, ROWS_SCHEDULE);

	row->h.index = part->rows[ROWS_SCHEDULE]->len;
	row->name = part_text(part, rule->name);
	row->when = part_text(part, rule->when);
	row->pool = part_text(part, rule->pool);
	row->vms = sum->vms;
	row->due = sum->due;
	row->late = sum->late;
	row->failed = sum->failed;
	row->next_at = next;
	row->last_at = sum->last;
	row->reason = part_text(part, sum->why == NULL ? "" : sum->why);
}

static void
publish(struct scheduler *s, const struct cluster *cluster, const struct agenda *agenda,
    GTimeZone *zone)
{
	const GPtrArray *rules = cluster->rules->backups;
	struct part *part = part_new("schedules", NULL);
	GString *words = g_string_new(NULL);
	int64_t wall = g_get_real_time();

	for (guint i = 0; i < rules->len; i++) {
		const struct backup_rule *rule = rules->pdata[i];
		struct summary sum = sum_up(s, agenda, rule);
		int64_t next = schedule_next(&rule->schedule, zone, wall);
		add_row(part, rule, &sum, next);
		g_string_append_printf(words, "%s\n%s\n%s\n%u %u %u %u %ld %ld %s\n",
		    rule->name, rule->when, rule->pool, sum.vms, sum.due, sum.late,
		    sum.failed, (long)next, (long)sum.last, sum.why == NULL ? "" : sum.why);
		g_free(sum.why);
	}
	if (strcmp(words->str, s->shown) == 0) {
		g_string_free(words, TRUE);
		part_unref(part);
		return;
	}
	g_free(s->shown);
	s->shown = g_string_free(words, FALSE);
	store_publish(s->store, part, PUBLISH_SOON);
}

/* --- the thread */

static void
look(void *data)
{
	struct scheduler *s = data;
	SCOPED(cluster) cluster = store_get(s->store);
	g_autoptr(GTimeZone) zone = g_time_zone_new_local();
	g_autoptr(GHashTable) held = held_now(s);
	SCOPED(agenda) agenda =
	    agenda_new(cluster, zone, g_get_real_time(), held);

	if (cluster_info(cluster)->control)
		for (guint i = 0; i < agenda->wishes->len; i++)
			ask(s, &g_array_index(agenda->wishes, struct agenda_wish, i));
	publish(s, cluster, agenda, zone);
}

struct scheduler *
scheduler_new(struct store *store, const struct request_door *door)
{
	struct scheduler *s = g_new0(struct scheduler, 1);

	s->store = store;
	s->door = door;
	s->refusals = g_hash_table_new_full(NULL, NULL, NULL, refusal_free);
	s->shown = g_strdup("");
	s->ticker = ticker_new("schedule", LOOK_US, look, s);
	return s;
}

void
scheduler_free(struct scheduler *s)
{
	if (s == NULL)
		return;
	ticker_free(s->ticker);
	g_hash_table_destroy(s->refusals);
	g_free(s->shown);
	g_free(s);
}
