/* The job manager's thread: takes results, gives up what hangs, writes down, publishes. */
#include <string.h>

#include "common/log.h"
#include "vmops/admission.h"
#include "vmops/worker.h"

#define TICK_US          G_USEC_PER_SEC
#define CONFIRM_TICK_US  (50 * 1000)
#define CONFIRM_US       (3 * G_USEC_PER_SEC) /* for the collector to look again */
#define IDLE_US          (10 * 60 * G_USEC_PER_SEC)
#define SOONEST_US       (10 * 1000)

/* --- the job log */

/* Says it once, not at every attempt; what was not written is tried again at each tick. */
bool
jobs_write(struct jobs *jobs)
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

void
jobs_finish(struct jobs *jobs, struct job_entry *entry, enum job_state state,
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
		jobs_finish(jobs, worker->entry, JOB_SUCCEEDED, CAUSE_NONE, NULL);
	else if (error->code == CAUSE_RESTART && is_left(jobs, worker))
		leave_running(jobs, worker);
	else if (error->code == CAUSE_RESTART)
		jobs_finish(jobs, worker->entry, JOB_INTERRUPTED, CAUSE_RESTART, error->message);
	else
		jobs_finish(jobs, worker->entry,
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

	bool made = worker->request.kind == OBJECT_TEMPLATE ||
	    (worker->request.type == JOB_RESTORE && worker->request.argument[0] != '\0' &&
		worker->request.machine.drive[0] == '\0');

	if (worker->entry == NULL || worker->error != NULL || jobs->poke == NULL ||
	    (worker->request.kind != OBJECT_VM && !made) ||
	    g_get_monotonic_time() - worker->ended_us > CONFIRM_US)
		return true;
	if (made)
		return cluster_vm_of_uuid(cluster, worker->request.uuid) != NULL;
	if (worker->request.type == JOB_VM_CLONE &&
	    cluster_vm_by_name(cluster, worker->request.argument, NULL) == NULL)
		return false;
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
	const char *uuid = worker->request.kind == OBJECT_VM ? worker->request.uuid : NULL;

	if (jobs->poke == NULL)
		return;
	jobs->poke(jobs->poke_context, worker->node_name, uuid);
	if (target != NULL)
		jobs->poke(jobs->poke_context, target->name, uuid);
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

	jobs_finish(jobs, worker->entry, JOB_FAILED, begun ? CAUSE_TIMEOUT : CAUSE_UNREACHABLE,
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
	return jobs->changed || jobs->progressed || jobs->told != jobs->handled;
}

static bool
wishes_wait(struct jobs *jobs)
{
	LOCK_SCOPE(&jobs->lock);
	for (guint i = 0; i < jobs->entries->len; i++) {
		const struct job_entry *entry = jobs->entries->pdata[i];
		if (entry->accepted && job_entry_is_wish(entry))
			return true;
	}
	return false;
}

/*
 * What was asked for shows before the disk is waited for: it is in the inbox and cannot be
 * lost any more, and who asked looks for it now.  A wish is a row after it was taken up.
 */
static void
show_settled(struct jobs *jobs)
{
	jobs->handled = atomic_load(&jobs->settled.number);
	if (jobs->told != jobs->handled && !wishes_wait(jobs))
		jobs_publish(jobs);
}

void *
jobs_run(void *data)
{
	struct jobs *jobs = data;

	do {
		show_settled(jobs);
		take_progress(jobs);
		take_reports(jobs);
		conclude_ended(jobs);
		give_up_hanging(jobs);
		mark_owned(jobs);
		if (jobs_write(jobs))
			tell_owned(jobs);
		jobs_dispatch(jobs);
		jobs_write(jobs);
		jobs_prune(jobs);
		jobs_publish_backups(jobs);
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
	jobs_write(jobs);
	for (guint i = 0; i < jobs->workers->len; i++)
		worker_unref(jobs->workers->pdata[i]);
	g_ptr_array_set_size(jobs->workers, 0);
}
