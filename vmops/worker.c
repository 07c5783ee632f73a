/* A worker: one thread that runs one operation. */
#include "vmops/worker.h"

#include <string.h>

#include "common/log.h"
#include "vmops/admission.h"

#define CONNECT_US (20 * G_USEC_PER_SEC) /* libvirt's time to find the domain */
#define HANGING_US (30 * G_USEC_PER_SEC) /* and to act, after the guest's */

void
worker_unref(struct worker *worker)
{
	if (!ref_drop(&worker->refs))
		return;
	pthread_cond_destroy(&worker->wake);
	g_clear_error(&worker->error);
	g_free(worker->node_name);
	jobs_unref(worker->jobs);
	g_free(worker);
}

void
worker_cancel(struct worker *worker)
{
	worker->cancel = true;
	pthread_cond_signal(&worker->wake);
}

/* A reference to the newest cluster value, or NULL when the store may be gone. */
static struct cluster *
newest_cluster(struct jobs *jobs)
{
	LOCK_SCOPE(&jobs->lock);
	return jobs->stopping ? NULL : store_get(jobs->store);
}

/* op_run.pause */
static bool
worker_pause(void *context, int64_t us, GError **error)
{
	struct worker *worker = context;
	struct jobs *jobs = worker->jobs;
	int64_t until = g_get_monotonic_time() + us;

	LOCK_SCOPE(&jobs->lock);
	while (!worker->cancel && !jobs->stopping)
		if (!sync_cond_wait_until(&worker->wake, &jobs->lock, until))
			break;
	if (!worker->cancel && !jobs->stopping)
		return true;
	g_set_error(error, OP_ERROR, worker->cancel ? CAUSE_CANCELLED : CAUSE_RESTART,
	    worker->cancel ? "%s: cancelled" : "%s: the agent was stopped meanwhile",
	    worker->request.name);
	return false;
}

/* op_run.report */
static void
worker_report(void *context, const struct op_progress *progress)
{
	struct worker *worker = context;
	struct jobs *jobs = worker->jobs;

	LOCK_SCOPE(&jobs->lock);
	if (worker->given_up)
		return;
	worker->progress = *progress;
	worker->progressed = true;
	jobs_wake(jobs);
}

/* op_run.alive */
static void
worker_alive(void *context)
{
	struct worker *worker = context;
	struct jobs *jobs = worker->jobs;

	LOCK_SCOPE(&jobs->lock);
	worker->overdue = MAX(worker->overdue, g_get_monotonic_time() + HANGING_US);
}

/* op_run.filled */
static void
worker_filled(void *context)
{
	struct worker *worker = context;

	LOCK_SCOPE(&worker->jobs->lock);
	worker->pool = 0;
	jobs_wake(worker->jobs);
}

/* op_run.look */
static struct cluster *
worker_look(void *context)
{
	struct worker *worker = context;

	return newest_cluster(worker->jobs);
}

/* op_run.submit */
static uint32_t
worker_submit(void *context, const struct request *asked, GError **error)
{
	struct worker *worker = context;
	struct request request = *asked;

	request.parent = worker->number;
	request.origin = worker->request.origin;
	memcpy(request.requester, worker->request.requester, sizeof(request.requester));
	return request_submit(&worker->jobs->door, &request, error);
}

/* op_run.mark */
static void
worker_mark(void *context, const char *reason)
{
	struct worker *worker = context;

	jobs_mark(worker->jobs, worker->request.object, reason);
}

/* op_run.backups */
static GPtrArray *
worker_backups(void *context, const char *vm_uuid)
{
	struct worker *worker = context;

	return jobs_copy_backups(worker->jobs, vm_uuid);
}

/* op_run.find_backup */
static bool
worker_find_backup(void *context, const char *uuid, struct backup_record *record)
{
	struct worker *worker = context;

	return jobs_find_backup(worker->jobs, uuid, record);
}

/* op_run.has_backup */
static bool
worker_has_backup(void *context, const char *name)
{
	struct worker *worker = context;

	return jobs_has_backup(worker->jobs, name);
}

/* op_run.keep_backup */
static void
worker_keep_backup(void *context, const struct backup_record *record)
{
	struct worker *worker = context;

	jobs_keep_backup(worker->jobs, record);
}

/* op_run.forget_backup */
static void
worker_forget_backup(void *context, const char *uuid)
{
	struct worker *worker = context;

	jobs_forget_backup(worker->jobs, uuid);
}

/* op_run.cancel */
static void
worker_cancel_child(void *context, uint32_t job)
{
	struct worker *worker = context;
	g_autoptr(GError) error = NULL;

	if (!jobs_cancel(worker->jobs, job, &error))
		log_debug("jobs", "%s", error->message);
}

/* op_run.poke */
static void
worker_poke(void *context)
{
	struct worker *worker = context;
	struct jobs *jobs = worker->jobs;

	LOCK_SCOPE(&jobs->lock);
	if (!jobs->stopping && jobs->poke != NULL)
		jobs->poke(jobs->poke_context, NULL, NULL);
}

/*
 * Is it to be done elsewhere now.  What several nodes have and no VM uses may be done from
 * any of them, whichever has told of it last.
 */
static bool
is_elsewhere(const struct worker *worker, const struct cluster *cluster,
    const struct subject *subject)
{
	const struct request *request = &worker->request;
	bool anywhere = (request->kind == OBJECT_POOL || request->kind == OBJECT_VOLUME ||
			    request->kind == OBJECT_BACKUP) &&
	    (worker->op->claim == NULL || worker->op->claim(cluster, request) == 0);

	if (request->kind == OBJECT_APP) /* Pacemaker knows where it is */
		return worker->op->type == JOB_APP_MOVE && subject->node != worker->node;
	return subject->node != worker->node && !anywhere;
}

/* Who acts on it has become another since it was chosen, or nobody knows who may. */
static bool
refuse_owner(const struct worker *worker, const struct subject *subject, GError **error)
{
	g_set_error(error, OP_ERROR, CAUSE_IMPOSSIBLE, subject->managed
		? "%s has become an application of the cluster meanwhile; not run"
		: "%s is no application of the cluster any longer; not run", subject->name);
	return false;
}

/* The cluster manager has not been asked once yet, and what runs where is not to be guessed. */
static bool
refuse_haste(const struct worker *worker, GError **error)
{
	g_set_error(error, OP_ERROR, CAUSE_UNREACHABLE, "%s: the state of the cluster is not known "
	    "yet; not run", worker->request.name);
	return false;
}

static bool
awaits_backend(const struct worker *worker, const struct cluster *cluster)
{
	SCOPED(settings) settings = backend_settings(worker->jobs->backend);

	return worker->op->owned != OWNED_DIRECT && worker->request.kind == OBJECT_VM &&
	    cluster->rows[ROWS_BACKEND].n == 0 && settings != NULL &&
	    strcmp(settings->backend, "pacemaker") == 0;
}

static bool
is_still_right(struct worker *worker, GError **error)
{
	SCOPED(cluster) cluster = newest_cluster(worker->jobs);
	g_autoptr(GError) refused = NULL;

	if (cluster == NULL) {
		g_set_error_literal(error, OP_ERROR, CAUSE_RESTART,
		    "the agent was stopped before this began; not run");
		return false;
	}
	struct subject subject;
	if (!admission_check(cluster, worker->op, &worker->request, g_get_monotonic_time(),
		&subject, &refused)) {
		g_set_error_literal(error, OP_ERROR,
		    (gint)admission_cause((enum request_error)refused->code),
		    refused->message);
		return false;
	}
	if (awaits_backend(worker, cluster))
		return refuse_haste(worker, error);
	if (subject.managed != worker->managed)
		return refuse_owner(worker, &subject, error);
	if (!is_elsewhere(worker, cluster, &subject))
		return true;
	g_set_error(error, OP_ERROR, CAUSE_IMPOSSIBLE, "%s has moved from node %s to node %s",
	    subject.name, worker->node_name, subject.node_name);
	return false;
}

/* op_run.begin */
static bool
worker_begin(void *context, GError **error)
{
	struct worker *worker = context;
	struct jobs *jobs = worker->jobs;

	if (!is_still_right(worker, error))
		return false;
	LOCK_SCOPE(&jobs->lock);
	if (!worker->op->composite)
		worker->overdue = worker->deadline + HANGING_US;
	worker->begun = !worker->given_up && !jobs->stopping;
	if (!worker->begun)
		g_set_error_literal(error, OP_ERROR, CAUSE_RESTART,
		    worker->given_up ? "not run: it came too late"
				     : "the agent was stopped before this began; not run");
	return worker->begun;
}

/* op_run.own */
static bool
worker_own(void *context, GError **error)
{
	struct worker *worker = context;
	struct jobs *jobs = worker->jobs;

	LOCK_SCOPE(&jobs->lock);
	worker->owns = true;
	jobs_wake(jobs);
	while (!worker->owned && !worker->given_up && !jobs->stopping)
		sync_cond_wait_until(&worker->wake, &jobs->lock,
		    g_get_monotonic_time() + G_USEC_PER_SEC);
	if (!worker->owned)
		g_set_error_literal(error, OP_ERROR, CAUSE_RESTART,
		    worker->given_up ? "not run: the job log cannot be written"
				     : "the agent was stopped before this began; not run");
	return worker->owned;
}

/* With this thread's reference, which otherwise ends here. */
static void
report(struct worker *worker)
{
	struct jobs *jobs = worker->jobs;

	pthread_mutex_lock(&jobs->lock);
	bool closed = jobs->closed;
	if (!closed)
		g_ptr_array_add(jobs->reports, worker);
	jobs->threads--;
	jobs_wake(jobs);
	pthread_cond_signal(&jobs->idle);
	pthread_mutex_unlock(&jobs->lock);
	if (closed)
		worker_unref(worker);
}

/* Through the cluster manager where the VM is an application of it now. */
static op_function *
function_of(struct worker *worker)
{
	const struct op *op = worker->op;
	SCOPED(cluster) cluster = newest_cluster(worker->jobs);
	struct subject subject = { 0 };

	if (worker->recovers) /* what was done through it had called op_run.own */
		return op->managed_recover != NULL && worker->owned ? op->managed_recover : op->recover;
	if (cluster != NULL && admission_check(cluster, op, &worker->request,
		g_get_monotonic_time(), &subject, NULL))
		worker->managed = subject.managed;
	return worker->managed ? op->managed : op->run;
}

static void *
worker_main(void *data)
{
	struct worker *worker = data;
	struct op_run run = {
		.backend = worker->jobs->backend,
		.request = &worker->request,
		.number = worker->number,
		.name = worker->request.name,
		.uuid = worker->request.uuid,
		.node = worker->node_name,
		.deadline = worker->deadline,
		.autostart = worker->autostart,
		.owned = worker->owned,
		.pause = worker_pause,
		.own = worker_own,
		.begin = worker_begin,
		.report = worker_report,
		.alive = worker_alive,
		.filled = worker_filled,
		.look = worker_look,
		.submit = worker_submit,
		.mark = worker_mark,
		.backups = worker_backups,
		.find_backup = worker_find_backup,
		.has_backup = worker_has_backup,
		.keep_backup = worker_keep_backup,
		.forget_backup = worker_forget_backup,
		.cancel = worker_cancel_child,
		.poke = worker_poke,
		.context = worker,
	};

	op_function *function = function_of(worker);
	if (!function(&run, &worker->error) && worker->error == NULL)
		g_set_error_literal(&worker->error, OP_ERROR, CAUSE_LIBVIRT, "failed");
	worker->ended_us = g_get_monotonic_time();
	report(worker);
	return NULL;
}

/* Seconds that the guest has. */
static unsigned
guests_time(const struct worker *worker)
{
	struct jobs *jobs = worker->jobs;

	if (worker->op->timed && worker->request.amount > 0)
		return worker->request.amount;
	if (!worker->op->graced)
		return worker->op->timeout_s;
	LOCK_SCOPE(&jobs->lock);
	return jobs->grace_s;
}

static struct worker *
worker_new(struct jobs *jobs, struct job_entry *entry, const char *node_name)
{
	struct worker *worker = g_new0(struct worker, 1);
	const struct job_record *record = &entry->record;
	int64_t now = g_get_monotonic_time();

	atomic_init(&worker->refs, 2); /* the caller's and the thread's */
	worker->jobs = jobs_ref(jobs);
	worker->op = op_find(record->request.type);
	worker->request = record->request;
	if (record->aim != 0)
		worker->request.target = record->aim;
	worker->autostart = record->autostart == 1;
	worker->recovers = entry->recovers;
	worker->owned = record->owned == 1;
	worker->number = record->number;
	worker->node = record->node;
	worker->node_name = g_strdup(node_name);
	worker->deadline = now + (int64_t)guests_time(worker) * G_USEC_PER_SEC;
	worker->overdue = worker->op->composite ? INT64_MAX : now + CONNECT_US;
	op_progress_init(&worker->progress);
	worker->entry = entry;
	sync_cond_init(&worker->wake);
	return worker;
}

struct worker *
worker_start(struct jobs *jobs, struct job_entry *entry, const char *node_name,
    uint32_t pool)
{
	struct worker *worker = worker_new(jobs, entry, node_name);

	pthread_mutex_lock(&jobs->lock);
	worker->pool = pool;
	jobs->threads++;
	entry->worker = worker;
	worker->cancel = entry->cancel;
	pthread_mutex_unlock(&jobs->lock);
	GThread *thread = g_thread_try_new("job", worker_main, worker, NULL);
	if (thread != NULL) {
		g_thread_unref(thread);
		return worker;
	}
	pthread_mutex_lock(&jobs->lock);
	jobs->threads--;
	entry->worker = NULL;
	pthread_mutex_unlock(&jobs->lock);
	worker_unref(worker);
	worker_unref(worker);
	return NULL;
}
