/* The job manager's thread: whose turn it is, where there is room, what was left running. */
#include <string.h>

#include "common/log.h"
#include "vmops/admission.h"
#include "vmops/worker.h"

#define RESTORED_US (60 * G_USEC_PER_SEC) /* for nodes to be seen after a start */

static bool
is_cancelled(struct jobs *jobs, const struct job_entry *entry)
{
	LOCK_SCOPE(&jobs->lock);
	return entry->cancel;
}

/* Those given up count as well: a sick node does not get ever more threads. */
static bool
has_room(struct jobs *jobs, const struct job_limits *limits, const struct op *op,
    uint32_t node, uint32_t pool)
{
	unsigned here = 0, same_pool = 0, all = 0;

	LOCK_SCOPE(&jobs->lock);
	for (guint i = 0; i < jobs->workers->len; i++) {
		const struct worker *worker = jobs->workers->pdata[i];
		if (worker->op->composite != op->composite)
			continue;
		here += worker->node == node;
		same_pool += pool != 0 && worker->pool == pool;
		all++;
	}
	return all < limits->most && same_pool < limits->per_pool &&
	    (op->composite || here < limits->per_node);
}

/* After a start the nodes have to be seen first. */
static bool
may_still_come(const struct jobs *jobs, const struct job_entry *entry, const GError *error)
{
	return entry->restored &&
	    g_get_monotonic_time() - jobs->started_us < RESTORED_US &&
	    (g_error_matches(error, REQUEST_ERROR, REQUEST_NO_OBJECT) ||
		g_error_matches(error, REQUEST_ERROR, REQUEST_UNREACHABLE));
}

/* False: somebody has just cancelled it. */
static bool
mark_running(struct jobs *jobs, struct job_entry *entry, const struct subject *subject,
    uint32_t aim)
{
	LOCK_SCOPE(&jobs->lock);
	if (entry->cancel)
		return false;
	entry->record.state = JOB_RUNNING;
	entry->record.node = subject->node;
	entry->record.aim = aim;
	entry->record.autostart = subject->autostart;
	entry->record.started_at = g_get_real_time();
	entry->dirty = true;
	jobs->changed = true;
	return true;
}

static void
mark_waiting(struct jobs *jobs, struct job_entry *entry)
{
	LOCK_SCOPE(&jobs->lock);
	entry->record.state = JOB_WAITING;
	entry->record.node = 0;
	entry->record.started_at = 0;
	entry->worker = NULL;
	entry->dirty = true;
}

static bool
put_to_work(struct jobs *jobs, struct job_entry *entry, const char *node, uint32_t pool)
{
	struct worker *worker = worker_start(jobs, entry, node, pool);

	if (worker != NULL)
		g_ptr_array_add(jobs->workers, worker);
	return worker != NULL;
}

/* The pool that it writes much to. */
static uint32_t
filled_pool(const struct op *op, const struct cluster *cluster, const struct request *request,
    uint32_t node)
{
	return op == NULL || op->fills == NULL ? 0 : op->fills(cluster, request, node);
}

static void
start(struct jobs *jobs, struct job_entry *entry, const struct subject *subject,
    uint32_t aim, uint32_t pool)
{
	bool somewhere = subject->node_name[0] != '\0';

	/* on disk before libvirt is asked: it must not run again after a crash */
	if (!mark_running(jobs, entry, subject, aim))
		return;
	if (!jobs_write(jobs)) {
		mark_waiting(jobs, entry);
		return;
	}
	log_info("jobs", "job %u (%s %s) runs%s%s", entry->record.number,
	    enum_to_name(job_type_names, entry->record.request.type), subject->name,
	    somewhere ? " on node " : "", subject->node_name);
	if (!put_to_work(jobs, entry, subject->node_name, pool))
		jobs_finish(jobs, entry, JOB_FAILED, CAUSE_IMPOSSIBLE, "no thread could be started");
}

/* What an earlier process accepted has none yet. */
static void
renew_claim(struct jobs *jobs, const struct cluster *cluster, struct job_entry *entry)
{
	const struct op *op = op_find(entry->record.request.type);

	if (!entry->restored || op == NULL || op->claim == NULL)
		return;
	LOCK_SCOPE(&jobs->lock);
	entry->claim = op->claim(cluster, &entry->record.request);
}

static void
dispatch_one(struct jobs *jobs, const struct cluster *cluster,
    const struct job_limits *limits, struct job_entry *entry)
{
	const struct op *op = op_find(entry->record.request.type);
	g_autoptr(GError) refused = NULL;

	if (is_cancelled(jobs, entry)) {
		jobs_finish(jobs, entry, JOB_CANCELLED, CAUSE_CANCELLED, "cancelled while it waited");
		return;
	}
	if (op == NULL) {
		jobs_finish(jobs, entry, JOB_FAILED, CAUSE_IMPOSSIBLE, "this agent cannot do that");
		return;
	}
	struct subject subject;
	if (!admission_check(cluster, op, &entry->record.request, g_get_monotonic_time(),
		&subject, &refused)) {
		if (!may_still_come(jobs, entry, refused))
			jobs_finish(jobs, entry, JOB_FAILED,
			    admission_cause((enum request_error)refused->code),
			    refused->message);
		return;
	}
	uint32_t pool = filled_pool(op, cluster, &entry->record.request, subject.node);
	if (!has_room(jobs, limits, op, subject.node, pool))
		return;
	renew_claim(jobs, cluster, entry);
	uint32_t aim = entry->record.request.target;
	if (op->aim != NULL && aim == 0)
		aim = op->aim(cluster, &entry->record.request, g_get_monotonic_time(), &refused);
	if (refused != NULL)
		jobs_finish(jobs, entry, JOB_FAILED,
		    admission_cause((enum request_error)refused->code), refused->message);
	else
		start(jobs, entry, &subject, aim, pool);
}

/* What an earlier process began: as soon as its node is a row again. */
static void
recover(struct jobs *jobs, const struct cluster *cluster, struct job_entry *entry)
{
	const struct node *node = cluster_node(cluster, entry->record.node);
	const struct node *to = cluster_node(cluster, entry->record.aim);

	if (node == NULL || (to == NULL && entry->record.aim != 0)) {
		if (g_get_monotonic_time() - jobs->started_us > RESTORED_US)
			jobs_finish(jobs, entry, JOB_INTERRUPTED, CAUSE_RESTART,
			    INTERRUPTED);
		return;
	}
	renew_claim(jobs, cluster, entry);
	put_to_work(jobs, entry, node->name, filled_pool(op_find(entry->record.request.type),
	    cluster, &entry->record.request, node->h.index));
}

static void
recover_all(struct jobs *jobs, const struct cluster *cluster, const GPtrArray *entries)
{
	for (guint i = 0; i < entries->len; i++) {
		struct job_entry *entry = entries->pdata[i];
		if (entry->record.state == JOB_RUNNING && entry->recovers &&
		    entry->worker == NULL)
			recover(jobs, cluster, entry);
	}
}

/* Who asked: jobs of the same requester take turns with those of others. */
static bool
same_requester(const struct job_entry *a, const struct job_entry *b)
{
	return a->record.request.origin == b->record.request.origin &&
	    strcmp(a->record.request.requester, b->record.request.requester) == 0;
}

struct turn {
	struct job_entry *entry;
	unsigned ahead; /* jobs of its requester that run, or wait and are older */
	int64_t last;   /* when one of its requester was started, 0: none that is known */
	guint place;    /* by age */
};

static int
compare_turns(const void *a, const void *b)
{
	const struct turn *x = a, *y = b;

	if (x->ahead != y->ahead)
		return x->ahead < y->ahead ? -1 : 1;
	if (x->last != y->last)
		return x->last < y->last ? -1 : 1;
	return (x->place > y->place) - (x->place < y->place);
}

static struct turn
turn_of(const GPtrArray *entries, guint place)
{
	struct turn turn = { .entry = entries->pdata[place], .place = place };

	for (guint i = 0; i < entries->len; i++) {
		const struct job_entry *other = entries->pdata[i];
		bool before = other->record.state == JOB_RUNNING ||
		    (other->record.state == JOB_WAITING && i < place);
		if (job_entry_is_wish(other) || !same_requester(other, turn.entry))
			continue;
		turn.ahead += before;
		turn.last = MAX(turn.last, other->record.started_at);
	}
	return turn;
}

/* Waiting jobs: requesters in turns, each one's oldest first.  Free the array. */
static GArray *
waiting_in_turn(GPtrArray *entries)
{
	GArray *turns = g_array_new(FALSE, FALSE, sizeof(struct turn));

	for (guint i = 0; i < entries->len; i++) {
		struct job_entry *entry = entries->pdata[i];
		if (entry->record.state != JOB_WAITING || job_entry_is_wish(entry))
			continue;
		struct turn turn = turn_of(entries, i);
		g_array_append_val(turns, turn);
	}
	g_array_sort(turns, compare_turns);
	return turns;
}

static struct job_limits
limits_now(struct jobs *jobs)
{
	LOCK_SCOPE(&jobs->lock);
	return jobs->limits;
}

/* A job whose node has no room lets those behind it pass. */
void
jobs_dispatch(struct jobs *jobs)
{
	g_autoptr(GPtrArray) entries = jobs_accepted(jobs);
	g_autoptr(GArray) turns = waiting_in_turn(entries);
	SCOPED(cluster) cluster = store_get(jobs->store);
	struct job_limits limits = limits_now(jobs);

	recover_all(jobs, cluster, entries);
	for (guint i = 0; i < turns->len && !jobs->log_failed; i++)
		dispatch_one(jobs, cluster, &limits,
		    g_array_index(turns, struct turn, i).entry);
}
