/* What the job manager keeps, and for how long: the job log and the entries. */
#include "common/log.h"
#include "vmops/jobs_private.h"

#define KEEP_S    86400
#define KEEP_MOST 1000 /* finished jobs */

/* --- writing down */

static GPtrArray *
unwritten(struct jobs *jobs)
{
	g_autoptr(GPtrArray) all = jobs_accepted(jobs);
	GPtrArray *found = g_ptr_array_new();

	for (guint i = 0; i < all->len; i++) {
		struct job_entry *entry = all->pdata[i];
		if (!job_entry_is_wish(entry) && (entry->dirty || entry->slot != NULL))
			g_ptr_array_add(found, entry);
	}
	return found;
}

static void
note_written(struct jobs *jobs, GPtrArray *entries)
{
	LOCK_SCOPE(&jobs->lock);
	for (guint i = 0; i < entries->len; i++) {
		struct job_entry *entry = entries->pdata[i];
		entry->dirty = false;
		if (entry->slot != NULL)
			inbox_release(entry->slot);
		entry->slot = NULL;
	}
}

/* All that is new or changed. */
bool
jobs_save(struct jobs *jobs, GError **error)
{
	g_autoptr(GPtrArray) entries = unwritten(jobs);
	g_autoptr(GPtrArray) records = g_ptr_array_new();

	if (!jobs_save_marks(jobs, error))
		return false;
	if (entries->len == 0)
		return true;
	for (guint i = 0; i < entries->len; i++) {
		struct job_entry *entry = entries->pdata[i];
		g_ptr_array_add(records, &entry->record);
	}
	if (!job_log_write(jobs->log, (const struct job_record *const *)records->pdata,
		records->len, error))
		return false;
	note_written(jobs, entries);
	return true;
}

/* --- pruning */

uint32_t
job_keep_s(const struct job_record *record)
{
	return record->request.keep > 0 ? record->request.keep : KEEP_S;
}

static bool
is_old(const struct job_record *record, int64_t wall)
{
	return wall - record->finished_at > (int64_t)job_keep_s(record) * G_USEC_PER_SEC;
}

static bool
is_prunable(struct jobs *jobs, const struct job_entry *entry)
{
	LOCK_SCOPE(&jobs->lock);
	return entry->tickets == 0 && !entry->dirty && entry->slot == NULL;
}

/* Finished jobs beyond what is kept, oldest first. */
static GPtrArray *
outlived(struct jobs *jobs)
{
	g_autoptr(GPtrArray) entries = jobs_accepted(jobs);
	GPtrArray *found = g_ptr_array_new();
	int64_t wall = g_get_real_time();
	guint excess = 0;

	for (guint i = 0; i < entries->len; i++) {
		const struct job_entry *entry = entries->pdata[i];
		excess += job_record_is_finished(&entry->record);
	}
	excess = excess > KEEP_MOST ? excess - KEEP_MOST : 0;
	for (guint i = 0; i < entries->len; i++) {
		struct job_entry *entry = entries->pdata[i];
		if (!job_record_is_finished(&entry->record) || !is_prunable(jobs, entry) ||
		    (found->len >= excess && !is_old(&entry->record, wall)))
			continue;
		g_ptr_array_add(found, entry);
	}
	return found;
}

static void
forget(struct jobs *jobs, GPtrArray *entries)
{
	LOCK_SCOPE(&jobs->lock);
	for (guint i = 0; i < entries->len; i++) {
		struct job_entry *entry = entries->pdata[i];
		if (entry->tickets > 0)
			continue; /* a request has just been folded into it */
		g_ptr_array_remove(jobs->entries, entry);
		job_entry_free(entry);
	}
	jobs->changed = true;
}

void
jobs_prune(struct jobs *jobs)
{
	g_autoptr(GPtrArray) entries = outlived(jobs);
	g_autoptr(GArray) numbers = g_array_new(FALSE, FALSE, sizeof(uint32_t));
	g_autoptr(GError) error = NULL;

	if (entries->len == 0)
		return;
	for (guint i = 0; i < entries->len; i++) {
		const struct job_entry *entry = entries->pdata[i];
		g_array_append_val(numbers, entry->record.number);
	}
	if (job_log_remove(jobs->log, (const uint32_t *)(void *)numbers->data, numbers->len,
		&error))
		forget(jobs, entries);
	else
		log_error("jobs", "cannot remove old jobs: %s", error->message);
}
