/* The job manager's thread: takes results, dispatches, writes down, publishes. */
#include <string.h>

#include "common/log.h"
#include "vmops/admission.h"
#include "vmops/worker.h"

#define TICK_US          G_USEC_PER_SEC
#define CONFIRM_TICK_US  (50 * 1000)
#define CONFIRM_US       (3 * G_USEC_PER_SEC) /* for the collector to look again */
#define IDLE_US          (10 * 60 * G_USEC_PER_SEC)
#define SOONEST_US       (10 * 1000)
#define RESTORED_US      (60 * G_USEC_PER_SEC) /* for nodes to be seen after a start */

/* --- the job log */

/* Says it once, not at every attempt; what was not written is tried again at each tick. */
static bool
save(struct jobs *jobs)
{
	g_autoptr(GError) error = NULL;
	bool failed_before = jobs->log_failed;

	jobs->log_failed = !jobs_note_wishes(jobs, &error) || !jobs_save(jobs, &error);
	if (jobs->log_failed && !failed_before)
		log_error("jobs", "%s; no job starts until it can be written", error->message);
	if (!jobs->log_failed && failed_before)
		log_info("jobs", "the job log can be written again");
	return !jobs->log_failed;
}

/* --- results */

static void
finish(struct jobs *jobs, struct job_entry *entry, enum job_state state,
    enum job_cause cause, const char *sentence)
{
	struct job_record *r = &entry->record;

	pthread_mutex_lock(&jobs->lock);
	job_record_finish(r, state, cause, sentence);
	if (state == JOB_SUCCEEDED)
		r->progress.percent = 100;
	r->progress.eta = -1;
	entry->worker = NULL;
	jobs->changed = true;
	pthread_mutex_unlock(&jobs->lock);
	entry->dirty = true;
	log_info("jobs", "job %u (%s %s) %s%s%s", r->number,
	    enum_to_name(job_type_names, r->request.type), r->request.name,
	    enum_to_name(job_state_names, r->state), r->error[0] != '\0' ? ": " : "",
	    r->error);
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

/* The agent stops: the next one goes on with it, or sees what became of it. */
static bool
is_left(struct jobs *jobs, const struct worker *worker)
{
	LOCK_SCOPE(&jobs->lock);
	return worker->op->resumable ||
	    (jobs->stopping && worker->op->recover != NULL &&
		(worker->begun || worker->recovers));
}

static void
leave_running(struct jobs *jobs, struct worker *worker)
{
	LOCK_SCOPE(&jobs->lock);
	worker->entry->worker = NULL;
	log_info("jobs", "job %u (%s %s) is left running", worker->number,
	    enum_to_name(job_type_names, worker->request.type), worker->request.name);
}

static void
conclude(struct jobs *jobs, struct worker *worker)
{
	const GError *error = worker->error;

	if (worker->entry == NULL)
		log_warn("jobs", "job %u, given up before, has ended after all: %s",
		    worker->number, error == NULL ? "succeeded" : error->message);
	else if (error == NULL)
		finish(jobs, worker->entry, JOB_SUCCEEDED, CAUSE_NONE, NULL);
	else if (error->code == CAUSE_RESTART && is_left(jobs, worker))
		leave_running(jobs, worker);
	else if (error->code == CAUSE_RESTART)
		finish(jobs, worker->entry, JOB_INTERRUPTED, CAUSE_RESTART, error->message);
	else
		finish(jobs, worker->entry,
		    error->code == CAUSE_CANCELLED ? JOB_CANCELLED : JOB_FAILED,
		    (enum job_cause)error->code, error->message);
	g_ptr_array_remove(jobs->workers, worker);
	worker_unref(worker);
}

/*
 * Does the cluster value show what the operation did?  A job that has succeeded is only
 * called so when it does: who waits for the job may rely on the tables, and a request
 * that follows is not refused for a state that has passed.
 */
static bool
is_confirmed(const struct jobs *jobs, const struct cluster *cluster,
    const struct worker *worker)
{
	const struct vm *vm = cluster_vm(cluster, worker->request.object);
	const struct node *node = cluster_node(cluster, worker->node);

	if (worker->entry == NULL || worker->error != NULL || jobs->poke == NULL ||
	    worker->request.kind != OBJECT_VM ||
	    g_get_monotonic_time() - worker->ended_us > CONFIRM_US)
		return true;
	if (vm == NULL)
		return node == NULL || node->sampled_us >= worker->ended_us;
	if (vm->node != worker->node)
		return true;
	if (worker->op->leaves == LEAVES_NODE)
		return false;
	return vm->sampled_us >= worker->ended_us &&
	    (worker->op->leaves == LEAVES_ANY ||
		vm_is_active(vm) == (worker->op->leaves == LEAVES_ACTIVE));
}

/* Those where something was done are to be looked at. */
static void
poke_nodes(struct jobs *jobs, const struct worker *worker)
{
	SCOPED(cluster) cluster = store_get(jobs->store);
	const struct node *target = cluster_node(cluster, worker->request.target);

	if (jobs->poke == NULL)
		return;
	jobs->poke(jobs->poke_context, worker->node_name);
	if (target != NULL)
		jobs->poke(jobs->poke_context, target->name);
}

static void
take_reports(struct jobs *jobs)
{
	pthread_mutex_lock(&jobs->lock);
	g_autoptr(GPtrArray) reports = jobs->reports;
	jobs->reports = g_ptr_array_new();
	pthread_mutex_unlock(&jobs->lock);
	for (guint i = 0; i < reports->len; i++) {
		struct worker *worker = reports->pdata[i];
		worker->ended = true;
		poke_nodes(jobs, worker);
		worker_unref(worker);
	}
}

static void
conclude_ended(struct jobs *jobs)
{
	SCOPED(cluster) cluster = store_get(jobs->store);

	for (guint i = jobs->workers->len; i > 0; i--) {
		struct worker *worker = jobs->workers->pdata[i - 1];
		if (worker->ended && is_confirmed(jobs, cluster, worker))
			conclude(jobs, worker);
	}
}

/* True: it hangs, and will not begin any longer if it has not. */
static bool
is_overdue(struct jobs *jobs, struct worker *worker, bool *begun)
{
	LOCK_SCOPE(&jobs->lock);
	*begun = worker->begun;
	worker->given_up = g_get_monotonic_time() > worker->overdue;
	return worker->given_up;
}

static void
give_up(struct jobs *jobs, struct worker *worker, bool begun)
{
	g_autofree char *sentence = g_strdup_printf(
	    begun ? "libvirt on node %s does not answer; %s may still be %s later"
		  : "libvirt on node %s does not answer; %s was not %s",
	    worker->node_name, worker->request.name, worker->op->verb);

	finish(jobs, worker->entry, JOB_FAILED, begun ? CAUSE_TIMEOUT : CAUSE_UNREACHABLE,
	    sentence);
	worker->entry = NULL;
}

static void
give_up_hanging(struct jobs *jobs)
{
	for (guint i = 0; i < jobs->workers->len; i++) {
		struct worker *worker = jobs->workers->pdata[i];
		bool begun;
		if (worker->entry != NULL && !worker->ended &&
		    is_overdue(jobs, worker, &begun))
			give_up(jobs, worker, begun);
	}
}

/* Workers that wait for it to be written that they begin to make something. */
static void
mark_owned(struct jobs *jobs)
{
	LOCK_SCOPE(&jobs->lock);
	for (guint i = 0; i < jobs->workers->len; i++) {
		struct worker *worker = jobs->workers->pdata[i];
		if (!worker->owns || worker->owned || worker->entry == NULL)
			continue;
		worker->entry->record.owned = 1;
		worker->entry->dirty = true;
	}
}

/* It is written: they may go on. */
static void
tell_owned(struct jobs *jobs)
{
	LOCK_SCOPE(&jobs->lock);
	for (guint i = 0; i < jobs->workers->len; i++) {
		struct worker *worker = jobs->workers->pdata[i];
		if (!worker->owns || worker->owned || worker->entry == NULL ||
		    worker->entry->record.owned != 1)
			continue;
		worker->owned = true;
		pthread_cond_signal(&worker->wake);
	}
}

/* What the workers have told since the last look. */
static void
take_progress(struct jobs *jobs)
{
	LOCK_SCOPE(&jobs->lock);
	for (guint i = 0; i < jobs->workers->len; i++) {
		struct worker *worker = jobs->workers->pdata[i];
		if (!worker->progressed || worker->entry == NULL)
			continue;
		worker->progressed = false;
		worker->entry->record.progress = worker->progress;
		jobs->progressed = true;
	}
}

/* --- dispatching */

static bool
is_cancelled(struct jobs *jobs, const struct job_entry *entry)
{
	LOCK_SCOPE(&jobs->lock);
	return entry->cancel;
}

/* Those given up count as well: a sick node does not get ever more threads. */
static bool
has_room(const struct jobs *jobs, const struct job_limits *limits, const struct op *op,
    uint32_t node)
{
	unsigned here = 0, all = 0;

	for (guint i = 0; i < jobs->workers->len; i++) {
		const struct worker *worker = jobs->workers->pdata[i];
		if (worker->op->composite != op->composite)
			continue;
		here += worker->node == node;
		all++;
	}
	return all < limits->most && (op->composite || here < limits->per_node);
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
start(struct jobs *jobs, struct job_entry *entry, const struct subject *subject,
    uint32_t aim)
{
	bool somewhere = subject->node_name[0] != '\0';

	/* on disk before libvirt is asked: it must not run again after a crash */
	if (!mark_running(jobs, entry, subject, aim))
		return;
	if (!save(jobs)) {
		mark_waiting(jobs, entry);
		return;
	}
	log_info("jobs", "job %u (%s %s) runs%s%s", entry->record.number,
	    enum_to_name(job_type_names, entry->record.request.type), subject->name,
	    somewhere ? " on node " : "", subject->node_name);
	struct worker *worker = worker_start(jobs, entry, subject->node_name);
	if (worker != NULL)
		g_ptr_array_add(jobs->workers, worker);
	else
		finish(jobs, entry, JOB_FAILED, CAUSE_IMPOSSIBLE, "no thread could be started");
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
		finish(jobs, entry, JOB_CANCELLED, CAUSE_CANCELLED, "cancelled while it waited");
		return;
	}
	if (op == NULL) {
		finish(jobs, entry, JOB_FAILED, CAUSE_IMPOSSIBLE, "this agent cannot do that");
		return;
	}
	struct subject subject;
	if (!admission_check(cluster, op, &entry->record.request, g_get_monotonic_time(),
		&subject, &refused)) {
		if (!may_still_come(jobs, entry, refused))
			finish(jobs, entry, JOB_FAILED,
			    admission_cause((enum request_error)refused->code),
			    refused->message);
		return;
	}
	if (!has_room(jobs, limits, op, subject.node))
		return;
	renew_claim(jobs, cluster, entry);
	uint32_t aim = entry->record.request.target;
	if (op->aim != NULL && aim == 0)
		aim = op->aim(cluster, &entry->record.request, g_get_monotonic_time(), &refused);
	if (refused != NULL)
		finish(jobs, entry, JOB_FAILED,
		    admission_cause((enum request_error)refused->code), refused->message);
	else
		start(jobs, entry, &subject, aim);
}

/* What an earlier process began: as soon as its node is a row again. */
static void
recover(struct jobs *jobs, const struct cluster *cluster, struct job_entry *entry)
{
	const struct node *node = cluster_node(cluster, entry->record.node);
	const struct node *to = cluster_node(cluster, entry->record.aim);

	if (node == NULL || (to == NULL && entry->record.aim != 0)) {
		if (g_get_monotonic_time() - jobs->started_us > RESTORED_US)
			finish(jobs, entry, JOB_INTERRUPTED, CAUSE_RESTART,
			    INTERRUPTED);
		return;
	}
	renew_claim(jobs, cluster, entry);
	struct worker *worker = worker_start(jobs, entry, node->name);
	if (worker != NULL)
		g_ptr_array_add(jobs->workers, worker);
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
static void
dispatch(struct jobs *jobs)
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

/* --- the thread */

static bool
awaits_confirmation(const struct jobs *jobs)
{
	for (guint i = 0; i < jobs->workers->len; i++)
		if (((const struct worker *)jobs->workers->pdata[i])->ended)
			return true;
	return false;
}

static bool
has_unfinished(struct jobs *jobs)
{
	g_autoptr(GPtrArray) entries = jobs_accepted(jobs);

	for (guint i = 0; i < entries->len; i++) {
		const struct job_entry *entry = entries->pdata[i];
		if (!job_record_is_finished(&entry->record) || entry->dirty)
			return true;
	}
	return false;
}

static int64_t
longest_wait(struct jobs *jobs)
{
	if (awaits_confirmation(jobs))
		return CONFIRM_TICK_US;
	return has_unfinished(jobs) || jobs->log_failed ? TICK_US : IDLE_US;
}

/* False: stop. */
static bool
wait_for_work(struct jobs *jobs)
{
	int64_t now = g_get_monotonic_time();
	int64_t until = MIN(now + longest_wait(jobs), MAX(jobs_next_prune(jobs), now + SOONEST_US));

	LOCK_SCOPE(&jobs->lock);
	while (!jobs->woken && !jobs->stopping)
		if (!sync_cond_wait_until(&jobs->work, &jobs->lock, until))
			break;
	jobs->woken = false;
	return !jobs->stopping;
}

static bool
has_changed(struct jobs *jobs)
{
	LOCK_SCOPE(&jobs->lock);
	return jobs->changed || jobs->progressed;
}

void *
jobs_run(void *data)
{
	struct jobs *jobs = data;

	do {
		take_progress(jobs);
		take_reports(jobs);
		conclude_ended(jobs);
		give_up_hanging(jobs);
		mark_owned(jobs);
		if (save(jobs))
			tell_owned(jobs);
		dispatch(jobs);
		save(jobs);
		jobs_prune(jobs);
		if (has_changed(jobs))
			jobs_publish(jobs);
	} while (wait_for_work(jobs));
	return NULL;
}

void
jobs_finish_run(struct jobs *jobs)
{
	jobs->poke = NULL; /* whom it would wake may be gone */
	take_reports(jobs);
	conclude_ended(jobs);
	save(jobs);
	for (guint i = 0; i < jobs->workers->len; i++)
		worker_unref(jobs->workers->pdata[i]);
	g_ptr_array_set_size(jobs->workers, 0);
}
