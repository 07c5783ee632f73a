/*
 * Operations on a node: evacuate, maintenance, online.
 *
 * An evacuation keeps no plan: at each look it sees what is still on the node and which of
 * its migrations go on, so that after a restart it goes on with what is left.  A member of the
 * cluster is put on standby: its applications, and VMs that are some, are moved by that.
 */
#include "vmops/children.h"
#include "vmops/member.h"
#include "vmops/placer.h"

#include <string.h>

#include "model/rules.h"

#define LOOK_US    (250 * 1000)
#define SILENT_US  (60 * G_USEC_PER_SEC) /* for a node to answer again */
#define SHOWN_US   (10 * G_USEC_PER_SEC) /* for a mark to be seen */
#define AGAIN_US   (3 * G_USEC_PER_SEC)
#define NO_ROOM_US (5 * G_USEC_PER_SEC)  /* nowhere to go, and nothing goes on */
#define BUSY_US    (120 * G_USEC_PER_SEC)
#define APP_US     (600 * G_USEC_PER_SEC) /* for the cluster manager to move a VM */
#define TRIES      3

/* A VM that is to leave. */
struct leaver {
	uint32_t job;     /* its migration, 0: none goes on */
	uint32_t target;  /* of the last one */
	int64_t asked;
	unsigned tries;   /* migrations that failed */
	int64_t again;    /* not before */
	int64_t held;     /* cannot be asked for since, 0: can be */
	int64_t patience; /* and that is tolerated for so long */
	char *why;        /* it is still there */
};

struct evacuation {
	const struct op_run *run;
	uint32_t node;
	bool offline;
	GHashTable *leavers; /* index of the VM -> struct leaver */
	int64_t silent;      /* the node does not answer since, 0: it does */
	struct drain drain;

	/* of the last look */
	struct cluster *cluster;
	int64_t now;
	unsigned open, moved;
	GPtrArray *left; /* struct vm that are still there */
};

static void
leaver_free(gpointer data)
{
	struct leaver *leaver = data;

	g_free(leaver->why);
	g_free(leaver);
}

static struct leaver *
leaver_of(struct evacuation *e, uint32_t vm)
{
	struct leaver *leaver = g_hash_table_lookup(e->leavers, GUINT_TO_POINTER(vm));

	if (leaver != NULL)
		return leaver;
	leaver = g_new0(struct leaver, 1);
	g_hash_table_insert(e->leavers, GUINT_TO_POINTER(vm), leaver);
	return leaver;
}

static void
note_why(struct leaver *leaver, const char *why)
{
	if (g_strcmp0(leaver->why, why) == 0)
		return;
	g_free(leaver->why);
	leaver->why = g_strdup(why);
}

static void
hold(struct evacuation *e, struct leaver *leaver, int64_t patience, const char *why)
{
	if (leaver->held == 0)
		leaver->held = e->now;
	leaver->patience = patience;
	note_why(leaver, why);
}

/* --- looking */

/* Also those that an earlier process has asked for. */
static void
look_at_children(struct evacuation *e)
{
	const struct rows *jobs = &e->cluster->rows[ROWS_JOB];

	for (size_t i = 0; i < jobs->n; i++) {
		const struct job *job = jobs->row[i];
		if (job->parent != e->run->number || job->type != JOB_MIGRATE ||
		    (job->state != JOB_WAITING && job->state != JOB_RUNNING))
			continue;
		struct leaver *leaver = leaver_of(e, job->object);
		leaver->job = job->h.index;
		leaver->target = job->target;
	}
}

static void
look_at_leaver(struct evacuation *e, struct leaver *leaver)
{
	const struct job *row;
	enum child_state state;

	if (leaver->job == 0)
		return;
	state = child_look(e->cluster, leaver->job, leaver->asked, &row);
	e->open += state == CHILD_OPEN;
	if (state == CHILD_OPEN)
		return;
	leaver->job = 0;
	if (state != CHILD_FAILED)
		return;
	leaver->tries++;
	leaver->again = e->now + AGAIN_US;
	note_why(leaver, child_why(row));
}

/* VMs that this job has moved, by its migrations: each once. */
static unsigned
count_moved(const struct evacuation *e)
{
	const struct rows *jobs = &e->cluster->rows[ROWS_JOB];
	g_autoptr(GHashTable) moved = g_hash_table_new(NULL, NULL);

	for (size_t i = 0; i < jobs->n; i++) {
		const struct job *job = jobs->row[i];
		const struct vm *vm = cluster_vm(e->cluster, job->object);
		if (job->parent == e->run->number && job->type == JOB_MIGRATE && vm != NULL &&
		    vm->node != e->node)
			g_hash_table_add(moved, GUINT_TO_POINTER(job->object));
	}
	return g_hash_table_size(moved);
}

static void
collect_left(struct evacuation *e)
{
	const struct rows *vms = &e->cluster->rows[ROWS_VM];

	g_ptr_array_set_size(e->left, 0);
	for (size_t i = 0; i < vms->n; i++) {
		const struct vm *vm = vms->row[i];
		bool owned = cluster_vm_app(e->cluster, vm->h.index) != NULL; /* off: starts anywhere */
		if (vm->node == e->node && ((e->offline && !owned) || vm_is_active(vm)))
			g_ptr_array_add(e->left, (gpointer)vm);
	}
}

/* False: the agent stops, or the node is gone. */
static bool
look(struct evacuation *e, GError **error)
{
	GHashTableIter iter;
	gpointer leaver;

	cluster_unref(e->cluster);
	e->cluster = e->run->look(e->run->context);
	if (e->cluster == NULL)
		return op_end(CAUSE_RESTART, error, "the agent was stopped meanwhile");
	e->now = g_get_monotonic_time();
	const struct node *node = cluster_node(e->cluster, e->node);
	if (node == NULL)
		return op_end(CAUSE_GONE, error, "node %s is no longer configured",
		    e->run->node);
	bool answers = node_is_up(node) && !node_is_stale(node, e->now);
	e->silent = answers ? 0 : e->silent != 0 ? e->silent : e->now;
	look_at_children(e);
	e->open = 0;
	g_hash_table_iter_init(&iter, e->leavers);
	while (g_hash_table_iter_next(&iter, NULL, &leaver))
		look_at_leaver(e, leaver);
	collect_left(e);
	drain_look(&e->drain, e->run, e->cluster, node, e->now);
	e->moved = count_moved(e) + drain_moved(&e->drain, e->cluster, e->node);
	return true;
}

/* --- acting */

/* Another target than the one that has just failed, if there is one. */
static uint32_t
other_target(const struct evacuation *e, const struct vm *vm, const struct leaver *leaver,
    uint32_t planned)
{
	if (leaver->tries == 0 || leaver->target != planned)
		return planned;
	SCOPED(placer) p = placer_new(e->cluster, e->now, g_get_real_time());
	placer_close(p, leaver->target, "could not take it a moment ago");
	uint32_t other = placer_choose(p, vm, NULL);
	return other != 0 ? other : planned;
}

static void
ask_to_migrate(struct evacuation *e, const struct vm *vm, struct leaver *leaver,
    uint32_t target)
{
	struct request request;
	g_autoptr(GError) refused = NULL;

	request_for_vm(&request, JOB_MIGRATE, vm);
	request.target = other_target(e, vm, leaver, target);
	if (!vm_is_active(vm))
		request.flags |= REQUEST_OFFLINE;
	request.flags |= e->run->request->flags & (REQUEST_COPY_STORAGE | REQUEST_POSTCOPY |
	    REQUEST_AUTO_CONVERGE);
	request.max_downtime = e->run->request->max_downtime;
	request.bandwidth = e->run->request->bandwidth;
	uint32_t job = e->run->submit(e->run->context, &request, &refused);
	leaver->target = request.target;
	if (job != 0) {
		leaver->job = job;
		leaver->asked = e->now;
		leaver->held = 0;
		e->open++;
	} else if (refused->code == REQUEST_BUSY || refused->code == REQUEST_FULL) {
		hold(e, leaver, BUSY_US, refused->message);
	} else {
		leaver->tries++;
		leaver->again = e->now + AGAIN_US;
		note_why(leaver, refused->message);
	}
}

static void
start_one(struct evacuation *e, const struct move *move)
{
	struct leaver *leaver = leaver_of(e, move->vm->h.index);

	if (leaver->job != 0 || leaver->tries >= TRIES || e->now < leaver->again)
		return;
	if (cluster_vm_app(e->cluster, move->vm->h.index) != NULL)
		hold(e, leaver, APP_US, "Pacemaker has not moved it");
	else if (move->vm->control == CONTROL_JOB) /* perhaps a migration that nobody awaits */
		hold(e, leaver, BUSY_US, "libvirt works on it already");
	else if (move->to != 0)
		ask_to_migrate(e, move->vm, leaver, move->to);
	else
		hold(e, leaver, NO_ROOM_US, move->reason);
	if (move->to == 0 && e->open > 0)
		leaver->held = e->now; /* what goes on may make room */
}

static void
start_more(struct evacuation *e)
{
	unsigned most = (unsigned)e->cluster->rules->limits.parallel;

	if (e->silent != 0)
		return;
	SCOPED(placer) p = placer_new(e->cluster, e->now, g_get_real_time());
	g_autoptr(GPtrArray) plan = placer_plan_evacuation(p, e->node, e->offline);
	for (guint i = 0; i < plan->len && e->open < most; i++)
		start_one(e, plan->pdata[i]);
}

static bool
has_given_up(const struct evacuation *e, const struct vm *vm)
{
	const struct leaver *l =
	    g_hash_table_lookup(e->leavers, GUINT_TO_POINTER(vm->h.index));

	return l != NULL && l->job == 0 &&
	    (l->tries >= TRIES || (l->held != 0 && e->now - l->held > l->patience));
}

static bool
is_over(const struct evacuation *e)
{
	if (e->open > 0)
		return false;
	if (e->silent != 0)
		return e->now - e->silent > SILENT_US;
	for (guint i = 0; i < e->left->len; i++)
		if (!has_given_up(e, e->left->pdata[i]))
			return false;
	return drain_is_over(&e->drain, e->now);
}

/* --- telling */

static void
show(const struct evacuation *e)
{
	unsigned total = e->moved + e->left->len;
	g_autofree char *step = g_strdup_printf("%u of %u VMs moved, %u on their way%s",
	    e->moved, total, e->open, e->silent != 0 ? "; the node does not answer" : "");

	op_show(e->run, total == 0 ? 0 : e->moved * 100 / total, step);
}

static int
compare_names(gconstpointer a, gconstpointer b)
{
	return strcmp((*(const struct vm *const *)a)->name, (*(const struct vm *const *)b)->name);
}

static bool
conclude(const struct evacuation *e, GError **error)
{
	g_autoptr(GPtrArray) names = g_ptr_array_new(), whys = g_ptr_array_new();
	unsigned total = e->moved + e->left->len;

	if (e->silent != 0)
		return op_end(CAUSE_UNREACHABLE, error, "node %s does not answer: %u of %u VMs "
		    "moved", e->run->node, e->moved, total);
	if (e->left->len == 0 && e->drain.apps > 0)
		return op_end(CAUSE_CLUSTER, error, "%u applications are still started on %s: "
		    "Pacemaker does not move them", e->drain.apps, e->run->node);
	if (e->left->len == 0) {
		show(e);
		return true;
	}
	g_ptr_array_sort(e->left, compare_names);
	for (guint i = 0; i < e->left->len; i++) {
		const struct vm *vm = e->left->pdata[i];
		const struct leaver *l =
		    g_hash_table_lookup(e->leavers, GUINT_TO_POINTER(vm->h.index));
		g_ptr_array_add(names, (gpointer)vm->name);
		g_ptr_array_add(whys, (gpointer)(l == NULL || l->why == NULL
			? "nobody knows why" : l->why));
	}
	g_autofree char *stays = g_strconcat("stays on ", e->run->node, NULL);
	g_autofree char *list = op_list_failures(stays, names, whys);
	return op_end(CAUSE_IMPOSSIBLE, error, "%u of %u VMs moved; %s", e->moved, total, list);
}

/* With what has been done by then. */
static bool
stop(const struct evacuation *e, GError **error)
{
	if (error == NULL || !g_error_matches(*error, OP_ERROR, CAUSE_CANCELLED))
		return false;
	return op_end(CAUSE_CANCELLED, error, "cancelled: %u of %u VMs had moved from %s",
	    e->moved, e->moved + e->left->len, e->run->node);
}

static bool
evacuate(struct evacuation *e, GError **error)
{
	while (look(e, error)) {
		start_more(e);
		show(e);
		if (is_over(e))
			return conclude(e, error);
		if (!e->run->pause(e->run->context, LOOK_US, error))
			return stop(e, error);
	}
	return false;
}

static bool
run_evacuation(const struct op_run *run, bool stays_out, GError **error)
{
	struct evacuation e = {
		.run = run,
		.node = run->request->object,
		.offline = run->request->flags & REQUEST_OFFLINE,
		.leavers = g_hash_table_new_full(NULL, NULL, NULL, leaver_free),
		.left = g_ptr_array_new(),
	};
	drain_init(&e.drain);
	bool good = drain_begin(&e.drain, run, error) && evacuate(&e, error);

	if (!stays_out)
		good = drain_end(&e.drain, run, good, error);
	drain_clear(&e.drain);
	g_hash_table_destroy(e.leavers);
	g_ptr_array_free(e.left, TRUE);
	cluster_unref(e.cluster);
	return good;
}

/* --- the operations */

bool
op_evacuate(const struct op_run *run, GError **error)
{
	return run->begin(run->context, error) && run_evacuation(run, false, error);
}

/* Until everybody sees it: what is asked for from then on knows it. */
static bool
await_mark(const struct op_run *run, bool marked, GError **error)
{
	int64_t deadline = g_get_monotonic_time() + SHOWN_US;

	while (g_get_monotonic_time() < deadline) {
		SCOPED(cluster) cluster = run->look(run->context);
		if (cluster == NULL)
			return op_end(CAUSE_RESTART, error, "the agent was stopped meanwhile");
		bool is = rows_find(&cluster->rows[ROWS_MARK], run->request->object, 0) != NULL;
		if (is == marked)
			return true;
		if (!run->pause(run->context, LOOK_US / 10, error))
			return false;
	}
	return op_end(CAUSE_TIMEOUT, error, "node %s was marked, but that does not show",
	    run->node);
}

bool
op_maintenance(const struct op_run *run, GError **error)
{
	const char *who = run->request->requester;
	g_autofree char *reason = g_strdup_printf("in maintenance%s%s",
	    who[0] != '\0' ? ", asked for by " : "", who);

	if (!run->begin(run->context, error))
		return false;
	run->mark(run->context, reason);
	return await_mark(run, true, error) && run_evacuation(run, true, error);
}

bool
op_node_online(const struct op_run *run, GError **error)
{
	if (!run->begin(run->context, error))
		return false;
	run->mark(run->context, NULL);
	return await_mark(run, false, error) && member_return(run, error);
}

bool
op_check_evacuate(const struct cluster *cluster, const struct request *request, int64_t now,
    GError **error)
{
	return member_check(cluster, cluster_node(cluster, request->object), now, error);
}

bool
op_check_online(const struct cluster *cluster, const struct request *request, int64_t now,
    GError **error)
{
	const struct node *node = cluster_node(cluster, request->object);

	if (!member_check(cluster, node, now, error))
		return false;
	if (rows_find(&cluster->rows[ROWS_MARK], request->object, 0) != NULL ||
	    (member_is(cluster, node) && node->membership == MEMBER_STANDBY))
		return true;
	g_set_error(error, REQUEST_ERROR, REQUEST_IMPOSSIBLE, "node %s is not in maintenance",
	    node->name);
	return false;
}
