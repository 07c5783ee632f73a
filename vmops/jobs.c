/* The job manager: start, restart, stop. */
#include "vmops/jobs.h"

#include <string.h>

#include "common/log.h"
#include "vmops/worker.h"

#define RESUME_US (5 * 60 * G_USEC_PER_SEC) /* who waited longer is no longer wanted */
#define STOP_US   (2 * G_USEC_PER_SEC)

/* --- common to the manager's files */

struct jobs *
jobs_ref(struct jobs *jobs)
{
	ref_take(&jobs->refs);
	return jobs;
}

void
jobs_unref(struct jobs *jobs)
{
	if (!ref_drop(&jobs->refs))
		return;
	for (guint i = 0; i < jobs->entries->len; i++)
		job_entry_free(jobs->entries->pdata[i]);
	g_ptr_array_free(jobs->entries, TRUE);
	g_ptr_array_free(jobs->drafts, TRUE);
	g_ptr_array_free(jobs->reports, TRUE);
	g_ptr_array_free(jobs->workers, TRUE);
	if (jobs->wishes != NULL)
		g_hash_table_destroy(jobs->wishes);
	g_array_free(jobs->marks, TRUE);
	jobs_free_backups(jobs);
	backend_free(jobs->backend);
	pthread_cond_destroy(&jobs->work);
	pthread_cond_destroy(&jobs->idle);
	pthread_mutex_destroy(&jobs->lock);
	g_free(jobs);
}

void
jobs_wake(struct jobs *jobs)
{
	jobs->woken = true;
	pthread_cond_signal(&jobs->work);
}

GPtrArray *
jobs_accepted_locked(const struct jobs *jobs)
{
	GPtrArray *found = g_ptr_array_new();

	for (guint i = 0; i < jobs->entries->len; i++) {
		struct job_entry *entry = jobs->entries->pdata[i];
		if (entry->accepted)
			g_ptr_array_add(found, entry);
	}
	return found;
}

GPtrArray *
jobs_accepted(struct jobs *jobs)
{
	LOCK_SCOPE(&jobs->lock);
	return jobs_accepted_locked(jobs);
}

void
job_entry_free(struct job_entry *entry)
{
	g_free(entry);
}

/* --- after a restart */

static struct job_entry *
add_entry(struct jobs *jobs, const struct job_record *record, bool dirty)
{
	struct job_entry *entry = g_new0(struct job_entry, 1);
	int64_t age = MAX(g_get_real_time() - record->submitted_at, 0);

	entry->record = *record;
	entry->accepted = true;
	entry->accepted_us = g_get_monotonic_time() - age;
	entry->restored = true;
	entry->dirty = dirty;
	g_ptr_array_add(jobs->entries, entry);
	if (record->request.command[0] != '\0') {
		memcpy(jobs->command, record->request.command, sizeof(jobs->command));
		jobs->command_job = record->number;
	}
	return entry;
}

static void
interrupt(struct job_entry *entry, const char *sentence)
{
	job_record_finish(&entry->record, JOB_INTERRUPTED, CAUSE_RESTART, sentence);
	entry->dirty = true;
}

/* What was still to be done: still wanted? */
static void
resume(struct job_entry *entry)
{
	int64_t age = g_get_real_time() - entry->record.submitted_at;

	if (age <= RESUME_US)
		return;
	g_autofree char *sentence = g_strdup_printf(
	    "waited %" G_GINT64_FORMAT " min while the agent was down; not run",
	    age / G_USEC_PER_SEC / 60);
	interrupt(entry, sentence);
}

/* It was at work: it looks at what is still to be done, however long that was. */
static void
run_again(struct job_entry *entry)
{
	entry->record.state = JOB_WAITING;
	entry->record.node = 0;
	entry->record.started_at = 0;
	entry->dirty = true;
}

static void
restore_record(struct jobs *jobs, const struct job_record *record)
{
	struct job_entry *entry = add_entry(jobs, record, false);
	entry->noted = true;

	const struct op *op = op_find(record->request.type);

	if (record->state == JOB_RUNNING && op != NULL && op->recover != NULL)
		entry->recovers = true;
	else if (record->state == JOB_RUNNING && op != NULL && op->resumable)
		run_again(entry);
	else if (record->state == JOB_RUNNING)
		interrupt(entry, INTERRUPTED);
	else if (!job_record_is_finished(record))
		resume(entry);
}

static bool
restore_log(struct jobs *jobs, GError **error)
{
	g_autoptr(GPtrArray) records = job_log_load(jobs->log, error);

	if (records == NULL)
		return false;
	jobs->wishes = job_log_load_wishes(jobs->log, error);
	if (jobs->wishes == NULL)
		return false;
	for (guint i = 0; i < records->len; i++)
		restore_record(jobs, records->pdata[i]);
	return true;
}

static bool
is_known(const struct jobs *jobs, uint32_t number)
{
	for (guint i = 0; i < jobs->entries->len; i++) {
		const struct job_entry *entry = jobs->entries->pdata[i];
		if (entry->record.number == number)
			return true;
	}
	return false;
}

static void
restore_item(struct jobs *jobs, const struct inbox_item *item)
{
	struct job_record record = {
		.number = item->number,
		.request = item->request,
		.state = JOB_WAITING,
		.cause = CAUSE_NONE,
		.submitted_at = item->submitted_at,
	};
	op_progress_init(&record.progress);
	struct job_entry *entry = add_entry(jobs, &record, true);

	entry->noted = !item->settled;
	if (item->settled)
		resume(entry);
	else
		interrupt(entry, "the agent was stopped while it accepted this; not run");
}

/* What the log has already is there more completely. */
static bool
restore_inbox(struct jobs *jobs, GError **error)
{
	g_autoptr(GArray) items = inbox_leftovers(jobs->inbox);

	for (guint i = 0; i < items->len; i++) {
		const struct inbox_item *item = &g_array_index(items, struct inbox_item, i);
		if (!is_known(jobs, item->number))
			restore_item(jobs, item);
	}
	if (!jobs_note_wishes(jobs, error) || !jobs_save(jobs, error))
		return false;
	inbox_clear(jobs->inbox);
	return true;
}

static bool
open_files(struct jobs *jobs, const char *dir, GError **error)
{
	uint32_t last;

	jobs->log = job_log_open(dir, error);
	if (jobs->log == NULL || !job_log_last_number(jobs->log, &last, error))
		return false;
	jobs->inbox = inbox_open(dir, last, error);
	return jobs->inbox != NULL && jobs_restore_marks(jobs, error) &&
	    jobs_restore_backups(jobs, dir, error) &&
	    restore_log(jobs, error) &&
	    restore_inbox(jobs, error);
}

/* --- the interface */

struct jobs *
jobs_new(struct store *store, struct settings *settings, GError **error)
{
	struct jobs *jobs = g_new0(struct jobs, 1);

	atomic_init(&jobs->refs, 1);
	pthread_mutex_init(&jobs->lock, NULL);
	sync_cond_init(&jobs->work);
	sync_cond_init(&jobs->idle);
	jobs->store = store;
	jobs->entries = g_ptr_array_new();
	jobs->drafts = drafts_new();
	jobs->reports = g_ptr_array_new();
	jobs->workers = g_ptr_array_new();
	jobs->marks = g_array_new(FALSE, FALSE, sizeof(struct mark_record));
	jobs->backend = backend_new();
	jobs->door = jobs_door_functions;
	jobs->door.manager = jobs;
	jobs->door.settled = &jobs->settled;
	jobs->started_us = g_get_monotonic_time();
	jobs_apply(jobs, settings);
	if (!open_files(jobs, settings->state_dir, error)) {
		jobs_free(jobs);
		return NULL;
	}
	jobs->changed = true;
	jobs_publish_backups(jobs);
	jobs_publish(jobs);
	return jobs;
}

void
jobs_set_poke(struct jobs *jobs, jobs_poke *poke, void *context)
{
	jobs->poke = poke;
	jobs->poke_context = context;
}

void
jobs_start(struct jobs *jobs)
{
	jobs->thread = g_thread_new("jobs", jobs_run, jobs);
}

void
jobs_apply(struct jobs *jobs, struct settings *settings)
{
	backend_apply(jobs->backend, settings);
	store_set_rules(jobs->store, settings->rules);
	store_publish(jobs->store, jobs_sequences(settings->rules), PUBLISH_NOW);
	LOCK_SCOPE(&jobs->lock);
	jobs->control = settings->control;
	jobs->grace_s = (unsigned)settings->grace;
	jobs->limits = (struct job_limits){ .most = (unsigned)settings->jobs_most,
		.per_node = (unsigned)settings->jobs_per_node,
		.per_pool = (unsigned)settings->jobs_per_pool,
		.keep = (uint32_t)settings->keep };
	jobs_wake(jobs);
}

const struct request_door *
jobs_door(struct jobs *jobs)
{
	return &jobs->door;
}

/* Holding the lock. */
static struct job_entry *
find_entry(struct jobs *jobs, uint32_t number)
{
	for (guint i = 0; i < jobs->entries->len; i++) {
		struct job_entry *entry = jobs->entries->pdata[i];
		if (entry->accepted && entry->record.number == number)
			return entry;
	}
	return NULL;
}

/* Holding the lock. */
static bool
refuse_cancel(const struct job_entry *entry, GError **error)
{
	const struct job_record *r = &entry->record;

	g_set_error(error, REQUEST_ERROR, REQUEST_IMPOSSIBLE,
	    job_record_is_finished(r) ? "job %u (%s %s) is over: it has %s"
				      : "job %u (%s %s) is %s and cannot be stopped",
	    r->number, enum_to_name(job_type_names, r->request.type), r->request.name,
	    enum_to_name(job_state_names, r->state));
	return false;
}

bool
jobs_is_stoppable(const struct job_entry *entry)
{
	const struct op *op = op_find(entry->record.request.type);

	return entry->record.state == JOB_WAITING ||
	    (entry->record.state == JOB_RUNNING && op != NULL && op->cancellable);
}

/* Holding the lock. */
static void
cancel_entry(struct jobs *jobs, struct job_entry *entry)
{
	entry->cancel = true;
	if (entry->worker != NULL)
		worker_cancel(entry->worker);
}

bool
jobs_may_cancel(const struct job_entry *entry, GError **error)
{
	return jobs_is_stoppable(entry) || refuse_cancel(entry, error);
}

/* Holding the lock: what that job has asked for. */
static void
cancel_children(struct jobs *jobs, uint32_t parent)
{
	for (guint i = 0; i < jobs->entries->len; i++) {
		struct job_entry *entry = jobs->entries->pdata[i];
		if (entry->accepted && entry->record.request.parent == parent &&
		    jobs_is_stoppable(entry))
			cancel_entry(jobs, entry);
	}
}

void
jobs_cancel_entry(struct jobs *jobs, struct job_entry *entry)
{
	cancel_entry(jobs, entry);
	cancel_children(jobs, entry->record.number);
	jobs_wake(jobs);
}

bool
jobs_cancel(struct jobs *jobs, uint32_t number, GError **error)
{
	LOCK_SCOPE(&jobs->lock);
	struct job_entry *entry = find_entry(jobs, number);

	if (entry == NULL) {
		g_set_error(error, REQUEST_ERROR, REQUEST_NO_OBJECT, "there is no job %u",
		    number);
		return false;
	}
	if (!jobs_may_cancel(entry, error))
		return false;
	jobs_cancel_entry(jobs, entry);
	return true;
}

/* Holding the lock. */
static void
wake_workers(struct jobs *jobs)
{
	for (guint i = 0; i < jobs->entries->len; i++) {
		struct job_entry *entry = jobs->entries->pdata[i];
		if (entry->worker != NULL)
			pthread_cond_signal(&entry->worker->wake);
	}
}

static void
stop_threads(struct jobs *jobs)
{
	int64_t deadline = g_get_monotonic_time() + STOP_US;

	pthread_mutex_lock(&jobs->lock);
	jobs->stopping = true;
	jobs_wake(jobs);
	wake_workers(jobs);
	pthread_mutex_unlock(&jobs->lock);
	if (jobs->thread != NULL)
		g_thread_join(jobs->thread);

	LOCK_SCOPE(&jobs->lock);
	wake_workers(jobs); /* those started at the last moment */
	while (jobs->threads > 0)
		if (!sync_cond_wait_until(&jobs->idle, &jobs->lock, deadline))
			break;
	if (jobs->threads > 0)
		log_warn("jobs", "%u workers hang in libvirt: left behind", jobs->threads);
}

void
jobs_free(struct jobs *jobs)
{
	if (jobs == NULL)
		return;
	stop_threads(jobs);
	pthread_mutex_lock(&jobs->lock);
	jobs->closed = true;
	pthread_mutex_unlock(&jobs->lock);
	if (jobs->thread != NULL)
		jobs_finish_run(jobs);
	inbox_close(jobs->inbox);
	job_log_close(jobs->log);
	jobs_close_backups(jobs);
	jobs_unref(jobs);
}
