/* Alarms: what is wrong now, judged by the table of conditions. */
#include "model/alarms.h"

#include <string.h>

#include "model/conditions.h"
#include "model/state.h"

/* --- what is active */

struct active {
	uint32_t index;
	const char *condition; /* of the table */
	int32_t kind, severity, old_severity;
	uint32_t object;
	char *name, *uuid, *reason, *node;
	int64_t raised_at, changed_at;
	uint64_t pass; /* when it was last judged wrong */
	bool restored; /* by an earlier run, and its object not seen in this one */
	bool earlier;  /* by an earlier run */
};

#define RETURN_US (60 * G_USEC_PER_SEC) /* for objects of an earlier run to be seen again */

struct alarms {
	GHashTable *active;  /* "CONDITION:OBJECT" -> struct active */
	GHashTable *pending; /* the same key -> since when, int64_t* */
	uint64_t pass;
	int64_t began_us; /* when this run judged first, monotonic */
	bool changed; /* something of a row */
	bool keep;    /* something that must survive a restart */
};

static void
active_free(gpointer data)
{
	struct active *a = data;

	g_free(a->name);
	g_free(a->uuid);
	g_free(a->reason);
	g_free(a->node);
	g_free(a);
}

struct alarms *
alarms_new(void)
{
	struct alarms *alarms = g_new0(struct alarms, 1);

	alarms->active = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, active_free);
	alarms->pending = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	return alarms;
}

void
alarms_free(struct alarms *alarms)
{
	if (alarms == NULL)
		return;
	g_hash_table_destroy(alarms->active);
	g_hash_table_destroy(alarms->pending);
	g_free(alarms);
}

static const struct condition *
find_condition(const char *word)
{
	for (size_t i = 0; i < conditions_n; i++)
		if (g_strcmp0(conditions[i].word, word) == 0)
			return &conditions[i];
	return NULL;
}

static char *
alarm_key(const struct condition *condition, uint32_t object)
{
	return g_strdup_printf("%s:%u", condition->word, object);
}

void
alarms_restore(struct alarms *alarms, const struct part *part)
{
	for (guint i = 0; i < part->rows[ROWS_ALARM]->len; i++) {
		const struct alarm *row = part->rows[ROWS_ALARM]->pdata[i];
		const struct condition *condition = find_condition(row->condition);
		if (condition == NULL)
			continue; /* of a version that knew it */
		struct active *a = g_new0(struct active, 1);
		*a = (struct active){ row->h.index, condition->word, row->kind,
			row->severity, row->old_severity, row->object,
			g_strdup(row->name), g_strdup(row->uuid), g_strdup(row->reason),
			g_strdup(row->node), row->raised_at, row->changed_at, 0, true, true };
		g_hash_table_replace(alarms->active, alarm_key(condition, row->object), a);
	}
	alarms->changed = true;
}

/* Name, UUID and node of what a condition is about. */
static void
describe(struct active *a, const struct condition *condition, const void *row)
{
	const struct node *node = row;
	const struct vm *vm = row;
	const struct pool *pool = row;
	const struct export_info *export = row;
	const struct app *app = row;
	const char *name = ((const struct cluster_info *)row)->name, *uuid = "", *where = "";

	if (condition->set == ROWS_NODE) {
		name = where = node->name;
		uuid = node->uuid;
	} else if (condition->set == ROWS_VM) {
		name = vm->name;
		uuid = vm->uuid;
		where = vm->node_name;
	} else if (condition->set == ROWS_POOL) {
		name = pool->name;
		uuid = pool->uuid;
	} else if (condition->set == ROWS_EXPORT) {
		name = export->name;
		where = export->node_name;
	} else if (condition->set == ROWS_APP) {
		name = app->name;
		where = app->node_name;
	}
	g_free(a->name);
	g_free(a->uuid);
	g_free(a->node);
	a->name = g_strdup(name == NULL ? "" : name);
	a->uuid = g_strdup(uuid == NULL ? "" : uuid);
	a->node = g_strdup(where == NULL ? "" : where);
}

/* Has a measured level been passed for long enough. */
static bool
lasted(struct alarms *alarms, const struct condition *condition, const char *key,
    const struct thresholds *t, int64_t now)
{
	if (!condition->measured || t->raise_after <= 0)
		return true;
	int64_t *since = g_hash_table_lookup(alarms->pending, key);
	if (since == NULL) {
		since = g_new(int64_t, 1);
		*since = now;
		g_hash_table_insert(alarms->pending, g_strdup(key), since);
	}
	if (now - *since < (int64_t)t->raise_after * G_USEC_PER_SEC)
		return false;
	g_hash_table_remove(alarms->pending, key);
	return true;
}

static struct active *
raise_alarm(struct alarms *alarms, const struct condition *condition, const char *key,
    struct state *state, uint32_t object, int64_t wall)
{
	struct active *a = g_new0(struct active, 1);

	a->index = state_index(state, OBJECT_ALARM, key);
	a->condition = condition->word;
	a->kind = condition->kind;
	a->object = object;
	a->raised_at = wall;
	g_hash_table_insert(alarms->active, g_strdup(key), a);
	return a;
}

static void
note_wrong(struct alarms *alarms, struct active *a, const struct condition *condition,
    const void *row, struct verdict verdict, int64_t wall)
{
	if (a->severity != verdict.severity) {
		a->old_severity = a->severity;
		a->severity = verdict.severity;
		a->changed_at = wall;
		alarms->changed = alarms->keep = true;
	}
	if (g_strcmp0(a->reason, verdict.reason) != 0) {
		g_free(a->reason);
		a->reason = g_strdup(verdict.reason);
		alarms->changed = true;
	}
	describe(a, condition, row);
}

static void
judge_row(struct alarms *alarms, const struct condition *condition, struct bench *b,
    struct state *state, const void *row, int64_t wall)
{
	const struct row_head *head = row;
	bool idle = g_hash_table_size(alarms->active) == 0 &&
	    g_hash_table_size(alarms->pending) == 0;
	g_autofree char *key = idle ? NULL : alarm_key(condition, head->index);
	struct active *a = idle ? NULL : g_hash_table_lookup(alarms->active, key);

	b->active = a == NULL ? 0 : a->severity;
	struct verdict verdict = condition->judge(b, row);
	if (verdict.severity == 0) {
		if (key != NULL)
			g_hash_table_remove(alarms->pending, key);
		return; /* what is active and not seen in this pass is cleared */
	}
	if (key == NULL)
		key = alarm_key(condition, head->index);
	if (a == NULL && lasted(alarms, condition, key, b->t, b->now))
		a = raise_alarm(alarms, condition, key, state, head->index, wall);
	if (a != NULL) {
		note_wrong(alarms, a, condition, row, verdict, wall);
		a->pass = alarms->pass;
		a->restored = false;
	}
	g_free(verdict.reason);
}

static bool
is_connecting(const struct node *node)
{
	return node->state == NODE_CONNECTING;
}

static bool
any_connecting(const struct cluster *cluster)
{
	const struct rows *nodes = &cluster->rows[ROWS_NODE];


	for (size_t i = 0; i < nodes->n; i++)
		if (is_connecting(nodes->row[i]))
			return true;
	return nodes->n == 0;
}

/* The cluster manager is asked for the first time. */
static bool
backend_is_awaited(const struct cluster *cluster)
{
	const struct cluster_info *info = cluster_info(cluster);

	return info->backend_reason != NULL && *info->backend_reason == '\0' &&
	    info->backend_sampled_us == 0;
}

/*
 * Is the verdict to be waited for: its node has not been heard from since the agent
 * started, or has no row yet of what the earlier run saw.
 */
static bool
may_come_back(const struct alarms *alarms, const struct cluster *cluster, struct active *a,
    int64_t now)
{
	const struct condition *condition = find_condition(a->condition);
	const void *row = rows_find(&cluster->rows[condition->set], a->object, 0);

	if (condition->set == ROWS_NODE && row != NULL)
		return is_connecting(row);
	if (condition->set == ROWS_CLUSTER)
		return any_connecting(cluster) || backend_is_awaited(cluster);
	if (row != NULL)
		a->restored = false;
	return row == NULL && (any_connecting(cluster) ||
	    (a->restored && now - alarms->began_us < RETURN_US));
}

static void
clear_what_is_over(struct alarms *alarms, const struct cluster *cluster, int64_t now)
{
	GHashTableIter iter;
	gpointer value;

	g_hash_table_iter_init(&iter, alarms->active);
	while (g_hash_table_iter_next(&iter, NULL, &value)) {
		struct active *a = value;
		if (a->pass == alarms->pass || may_come_back(alarms, cluster, a, now))
			continue;
		g_hash_table_iter_remove(&iter);
		alarms->changed = alarms->keep = true;
	}
}

static struct part *
make_part(const struct alarms *alarms)
{
	struct part *part = part_new("alarms", NULL);
	GHashTableIter iter;
	gpointer value;

	g_hash_table_iter_init(&iter, alarms->active);
	while (g_hash_table_iter_next(&iter, NULL, &value)) {
		const struct active *a = value;
		struct alarm *row = part_add(part, ROWS_ALARM);
		row->h.index = a->index;
		row->kind = a->kind;
		row->object = a->object;
		row->name = part_text(part, a->name);
		row->uuid = part_text(part, a->uuid);
		row->condition = a->condition;
		row->severity = a->severity;
		row->old_severity = a->old_severity;
		row->reason = part_text(part, a->reason);
		row->node = part_text(part, a->node);
		row->raised_at = a->raised_at;
		row->changed_at = a->changed_at;
		row->earlier = a->earlier;
	}
	return part;
}

struct part *
alarms_judge(struct alarms *alarms, const struct cluster *next, const struct thresholds *t,
    struct state *state, int64_t now, int64_t wall, bool *keep)
{
	struct bench bench = { next, t, now, wall, 0 };

	if (alarms->pass++ == 0)
		alarms->began_us = now;
	for (size_t c = 0; c < conditions_n; c++) {
		const struct rows *rows = &next->rows[conditions[c].set];
		for (size_t i = 0; i < rows->n; i++)
			judge_row(alarms, &conditions[c], &bench, state, rows->row[i], wall);
	}
	clear_what_is_over(alarms, next, now);
	if (!alarms->changed)
		return NULL;
	*keep = alarms->keep;
	alarms->changed = alarms->keep = false;
	return make_part(alarms);
}
