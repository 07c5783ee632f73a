/* The agenda of backups. */
#include "vmops/agenda.h"

#include <string.h>

#include "model/standing.h"

#define REQUESTER	"schedule "
#define BACK_OFF_S	60 /* after the first failure, then twice as long each time */
#define BACK_OFF_MOST_S 3600
#define KEEP_LEAST_S	7200 /* the results are what the next look goes by */

struct sight {
	const struct cluster *cluster;
	GTimeZone *zone;
	int64_t wall;
	GHashTable *held;
	struct agenda *agenda;
	GHashTable *by_vm; /* VM's index -> place of its task, plus one */
	GHashTable *busy;  /* indexes of backups that a job is about */
	GHashTable *sore;  /* index of a backup -> struct soreness */
	GHashTable *load;  /* node's index -> backups of schedules that go on there */
	GHashTable *sweep; /* likewise, deletions: they do not wait for backups */
};

/* Deletions of one backup that have failed. */
struct soreness {
	unsigned failures;
	int64_t failed_at;
};

bool
agenda_task_is_due(const struct agenda_task *task)
{
	return (task->newest == NULL || task->newest->taken_at < task->point) &&
	    task->settled < task->point;
}

int64_t
agenda_back_off(const struct backup_rule *rule, unsigned failures)
{
	int64_t first = MIN(BACK_OFF_S, rule->schedule.period);
	int64_t most = CLAMP(rule->schedule.period, first, BACK_OFF_MOST_S);

	return failures == 0 ? 0 : MIN(first << MIN(failures - 1, 10), most);
}

/* --- VMs */

/* The points of a rule are the same for all its VMs. */
static int64_t
point_of(GHashTable *points, const struct sight *s, const struct backup_rule *rule)
{
	int64_t *point = g_hash_table_lookup(points, rule);

	if (point == NULL) {
		point = g_new(int64_t, 1);
		*point = schedule_latest(&rule->schedule, s->zone, s->wall);
		g_hash_table_insert(points, (void *)rule, point);
	}
	return *point;
}

static void
add_task(struct sight *s, const struct vm *vm, const struct backup_rule *rule,
    int64_t point)
{
	struct agenda_task task = { .vm = vm, .rule = rule, .point = point };

	task.newest = standing_newest(s->cluster, vm->h.index, rule, s->wall);
	task.late = standing_late_at(s->cluster, vm, rule, task.newest) < s->wall;
	g_array_append_val(s->agenda->tasks, task);
	g_hash_table_insert(s->by_vm, GUINT_TO_POINTER(vm->h.index),
	    GUINT_TO_POINTER(s->agenda->tasks->len));
}

static void
look_at_vms(struct sight *s)
{
	const struct rules *rules = s->cluster->rules;
	const struct rows *vms = &s->cluster->rows[ROWS_VM];
	g_autoptr(GHashTable) points = g_hash_table_new_full(NULL, NULL, NULL, g_free);

	for (size_t i = 0; i < vms->n; i++) {
		const struct vm *vm = vms->row[i];
		const struct backup_rule *rule = rules_backup_of(rules, vm->name);
		if (rule != NULL)
			add_task(s, vm, rule, point_of(points, s, rule));
	}
}

/* --- jobs */

static struct agenda_task *
task_of(const struct sight *s, uint32_t vm)
{
	guint place = GPOINTER_TO_UINT(g_hash_table_lookup(s->by_vm, GUINT_TO_POINTER(vm)));

	return place == 0 ? NULL
	    : &g_array_index(s->agenda->tasks, struct agenda_task, place - 1);
}

static bool
is_ours(const struct job *job)
{
	return job->origin == ORIGIN_CLUSTER && g_str_has_prefix(job->requester, REQUESTER);
}

/* Is it of the schedule that the VM belongs to now. */
static bool
is_of(const struct job *job, const struct agenda_task *task)
{
	return is_ours(job) &&
	    strcmp(job->requester + strlen(REQUESTER), task->rule->name) == 0;
}

static uint32_t
vm_of(const struct sight *s, const struct job *job)
{
	if (job->kind == OBJECT_VM)
		return job->object;
	if (job->kind != OBJECT_BACKUP)
		return 0;
	const struct backup *backup =
	    rows_find(&s->cluster->rows[ROWS_BACKUP], job->object, 0);
	return backup == NULL ? 0 : backup->vm;
}

static unsigned
load_on(GHashTable *load, uint32_t node)
{
	return GPOINTER_TO_UINT(g_hash_table_lookup(load, GUINT_TO_POINTER(node)));
}

static void
add_load(GHashTable *load, uint32_t node)
{
	g_hash_table_insert(load, GUINT_TO_POINTER(node),
	    GUINT_TO_POINTER(load_on(load, node) + 1));
}

static void
note_open(struct sight *s, struct agenda_task *task, const struct job *job)
{
	if (job->kind == OBJECT_BACKUP)
		g_hash_table_add(s->busy, GUINT_TO_POINTER(job->object));
	if (task == NULL)
		return;
	task->open = true;
	if (is_ours(job))
		add_load(job->type == JOB_BACKUP ? s->load : s->sweep, task->vm->node);
}

/* A success that has left nothing that counts (any longer) is none. */
static bool
has_left_one(const struct agenda_task *task, const struct job *job)
{
	return job->state == JOB_SUCCEEDED && task->newest != NULL &&
	    task->newest->taken_at >= job->submitted_at;
}

/* Somebody who cancels one does not want it before the next point. */
static void
note_backup(const struct sight *s, struct agenda_task *task, const struct job *job)
{
	if (job->submitted_at > s->wall)
		return; /* the clock was set back */
	if (job->state == JOB_CANCELLED) {
		task->settled = MAX(task->settled, job->submitted_at);
	} else if (!has_left_one(task, job) && (task->newest == NULL ||
		       job->finished_at > task->newest->taken_at)) {
		task->failures++;
		if (task->why == NULL || job->finished_at > task->failed_at)
			task->why = job->state == JOB_SUCCEEDED
			    ? "its last backup is gone, or bad" : job->error;
		task->failed_at = MAX(task->failed_at, job->finished_at);
	}
}

static void
note_deletion(struct sight *s, const struct job *job)
{
	struct soreness *sore = g_hash_table_lookup(s->sore, GUINT_TO_POINTER(job->object));

	if (job->state == JOB_SUCCEEDED)
		return;
	if (sore == NULL) {
		sore = g_new0(struct soreness, 1);
		g_hash_table_insert(s->sore, GUINT_TO_POINTER(job->object), sore);
	}
	sore->failures++;
	sore->failed_at = MAX(sore->failed_at, job->finished_at);
}

static void
look_at_jobs(struct sight *s)
{
	const struct rows *jobs = &s->cluster->rows[ROWS_JOB];

	for (size_t i = 0; i < jobs->n; i++) {
		const struct job *job = jobs->row[i];
		struct agenda_task *task = task_of(s, vm_of(s, job));
		if (!job_state_is_final(job->state))
			note_open(s, task, job);
		else if (task != NULL && job->type == JOB_BACKUP && is_of(job, task))
			note_backup(s, task, job);
		else if (is_ours(job) && job->type == JOB_BACKUP_DELETE)
			note_deletion(s, job);
	}
}

/* The attempt that the record remembers counts also when its job is forgotten. */
static void
note_attempt(struct agenda_task *task, const struct cluster *cluster)
{
	const struct backup *last = cluster_last_backup(cluster, task->vm->h.index, false);

	if (last == NULL || last->state != BACKUP_FAILED || (*last->pool_name != '\0' &&
		strcmp(last->pool_name, task->rule->pool) != 0))
		return;
	task->failures = MAX(task->failures, 1);
	if (task->why == NULL)
		task->why = last->reason;
	task->failed_at = MAX(task->failed_at,
	    last->taken_at + (int64_t)last->seconds * G_USEC_PER_SEC);
}

/* --- what to ask for */

static bool
has_room(GHashTable *load, const struct agenda_task *task)
{
	return load_on(load, task->vm->node) < (unsigned)task->rule->parallel;
}

static bool
has_rested(const struct sight *s, const struct backup_rule *rule, unsigned failures,
    int64_t failed_at)
{
	return failed_at > s->wall || /* the clock was set back */
	    s->wall - failed_at >= agenda_back_off(rule, failures) * G_USEC_PER_SEC;
}

static bool
may_ask(const struct sight *s, const struct agenda_task *task)
{
	const struct node *node = cluster_node(s->cluster, task->vm->node);

	return !task->open && node != NULL && node_is_up(node) &&
	    task->vm->state != VM_UNKNOWN && (s->held == NULL ||
		!g_hash_table_contains(s->held, GUINT_TO_POINTER(task->vm->h.index)));
}

static void
wish(struct sight *s, struct agenda_task *task, const struct backup *backup, bool full)
{
	struct agenda_wish wish = { task, backup, full };

	g_array_append_val(s->agenda->wishes, wish);
	add_load(backup == NULL ? s->load : s->sweep, task->vm->node);
	task->open = true;
}

/* Those that have waited longest come first, among them those that have none. */
static int
compare_tasks(const void *a, const void *b)
{
	const struct agenda_task *x = *(struct agenda_task *const *)a;
	const struct agenda_task *y = *(struct agenda_task *const *)b;
	int64_t xt = x->newest == NULL ? 0 : x->newest->taken_at;
	int64_t yt = y->newest == NULL ? 0 : y->newest->taken_at;

	if (xt != yt)
		return xt < yt ? -1 : 1;
	return (x->vm->h.index > y->vm->h.index) - (x->vm->h.index < y->vm->h.index);
}

static GPtrArray *
in_turn(const struct sight *s)
{
	GPtrArray *turn = g_ptr_array_new();
	GArray *tasks = s->agenda->tasks;

	for (guint i = 0; i < tasks->len; i++)
		g_ptr_array_add(turn, &g_array_index(tasks, struct agenda_task, i));
	g_ptr_array_sort(turn, compare_tasks);
	return turn;
}

/* One upon a chain that cannot be restored would be worth nothing. */
static bool
must_be_full(const struct sight *s, const struct agenda_task *task)
{
	const struct backup *last =
	    cluster_last_backup(s->cluster, task->vm->h.index, true);

	return task->newest == NULL || last != task->newest ||
	    standing_depth(s->cluster, task->newest) + 1 >= (unsigned)task->rule->full_every;
}

static void
wish_backup(struct sight *s, struct agenda_task *task)
{
	if (agenda_task_is_due(task) && may_ask(s, task) && has_room(s->load, task) &&
	    has_rested(s, task->rule, task->failures, task->failed_at))
		wish(s, task, NULL, must_be_full(s, task));
}

/* --- retention */

static bool
may_delete(const struct sight *s, const struct agenda_task *task,
    const struct backup *backup)
{
	const struct soreness *sore =
	    g_hash_table_lookup(s->sore, GUINT_TO_POINTER(backup->h.index));

	return sore == NULL || has_rested(s, task->rule, sore->failures, sore->failed_at);
}

/* One at a time; one that cannot be deleted holds up those that come after it. */
static void
wish_deletion(struct sight *s, struct agenda_task *task)
{
	if (!may_ask(s, task) || !has_room(s->sweep, task))
		return;
	g_autoptr(GPtrArray) rows = g_ptr_array_new();
	g_autoptr(GArray) points =
	    standing_shelf(s->cluster, task->vm->h.index, task->rule, s->busy, rows);
	g_autofree size_t *out = g_new(size_t, rows->len + 1);
	size_t n = retention_choose(&task->rule->keep,
	    (const struct retention_point *)(void *)points->data, points->len, s->zone,
	    s->wall, out);
	if (n > 0 && may_delete(s, task, rows->pdata[out[0]]))
		wish(s, task, rows->pdata[out[0]], false);
}

/* --- the interface */

static struct agenda *
empty_agenda(void)
{
	struct agenda *agenda = g_new0(struct agenda, 1);

	agenda->tasks = g_array_new(FALSE, FALSE, sizeof(struct agenda_task));
	agenda->wishes = g_array_new(FALSE, FALSE, sizeof(struct agenda_wish));
	return agenda;
}

struct agenda *
agenda_new(const struct cluster *cluster, GTimeZone *zone, int64_t wall,
    GHashTable *held)
{
	g_autoptr(GHashTable) by_vm = g_hash_table_new(NULL, NULL);
	g_autoptr(GHashTable) busy = g_hash_table_new(NULL, NULL);
	g_autoptr(GHashTable) load = g_hash_table_new(NULL, NULL);
	g_autoptr(GHashTable) sweep = g_hash_table_new(NULL, NULL);
	g_autoptr(GHashTable) sore = g_hash_table_new_full(NULL, NULL, NULL, g_free);
	struct sight s = { cluster, zone, wall, held, empty_agenda(), by_vm, busy, sore, load,
		sweep };

	look_at_vms(&s);
	look_at_jobs(&s);
	g_autoptr(GPtrArray) turn = in_turn(&s);
	for (guint i = 0; i < turn->len; i++)
		note_attempt(turn->pdata[i], cluster);
	for (guint i = 0; i < turn->len; i++)
		wish_backup(&s, turn->pdata[i]);
	for (guint i = 0; i < turn->len; i++)
		wish_deletion(&s, turn->pdata[i]);
	return s.agenda;
}

void
agenda_free(struct agenda *agenda)
{
	g_array_free(agenda->tasks, TRUE);
	g_array_free(agenda->wishes, TRUE);
	g_free(agenda);
}

/* Each node may have a pool of that name: it is the VM's node's that is meant. */
static void
name_pool(const struct agenda_task *task, struct request *out)
{
	g_autofree char *full = g_strconcat(task->vm->node_name, "/", task->rule->pool, NULL);

	g_strlcpy(out->machine.pool, strlen(full) < sizeof(out->machine.pool)
	    ? full : task->rule->pool, sizeof(out->machine.pool));
}

void
agenda_wish_request(const struct agenda_wish *wish, struct request *out)
{
	const struct backup_rule *rule = wish->task->rule;
	int64_t keep = 2 * (int64_t)rule->schedule.period;

	if (wish->backup != NULL) {
		request_for_backup(out, JOB_BACKUP_DELETE, wish->backup);
	} else {
		request_for_vm(out, JOB_BACKUP, wish->task->vm);
		name_pool(wish->task, out);
		out->bandwidth = (uint32_t)rule->bandwidth;
		out->flags = (wish->full ? REQUEST_FULL_BACKUP : 0) |
		    (rule->quiesce && vm_is_active(wish->task->vm) ? REQUEST_QUIESCE : 0);
	}
	out->origin = ORIGIN_CLUSTER;
	out->keep = (uint32_t)CLAMP(keep, KEEP_LEAST_S, REQUEST_KEEP_MOST);
	g_snprintf(out->requester, sizeof(out->requester), REQUESTER "%s", rule->name);
}
