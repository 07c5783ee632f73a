/* What the job manager keeps, and for how long: the job log and the entries. */
#include "common/log.h"
#include "vmops/jobs_private.h"

#define KEEP_MOST 1000 /* finished jobs */
#define GOING_S   1    /* what a destroyed row stays for when its job has ended */

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

	if (!jobs_save_marks(jobs, error) || !jobs_save_backups(jobs, error))
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

/* Microseconds since 1970. */
static int64_t
end_of(const struct job_record *record, uint32_t keep)
{
	uint32_t seconds = record->request.keep > 0 ? record->request.keep : keep;

	return record->finished_at + (int64_t)seconds * G_USEC_PER_SEC;
}

static uint32_t
usual_keep(struct jobs *jobs)
{
	LOCK_SCOPE(&jobs->lock);
	return jobs->limits.keep;
}

/* Who destroys a row does not want it kept.  Its end shall be seen by all, though. */
static void
take_destroyed(struct jobs *jobs)
{
	LOCK_SCOPE(&jobs->lock);
	for (guint i = 0; i < jobs->entries->len; i++) {
		struct job_entry *entry = jobs->entries->pdata[i];
		if (!entry->ends || entry->record.request.keep == GOING_S)
			continue;
		entry->record.request.keep = GOING_S;
		entry->dirty = true;
	}
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
	uint32_t keep = usual_keep(jobs);
	guint excess = 0;

	for (guint i = 0; i < entries->len; i++) {
		const struct job_entry *entry = entries->pdata[i];
		excess += job_record_is_finished(&entry->record);
	}
	excess = excess > KEEP_MOST ? excess - KEEP_MOST : 0;
	for (guint i = 0; i < entries->len; i++) {
		struct job_entry *entry = entries->pdata[i];
		if (!job_record_is_finished(&entry->record) || !is_prunable(jobs, entry) ||
		    (found->len >= excess && end_of(&entry->record, keep) > wall))
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

static void
prune_drafts(struct jobs *jobs)
{
	LOCK_SCOPE(&jobs->lock);
	if (drafts_expire(jobs->drafts, g_get_monotonic_time()) > 0)
		jobs->changed = true;
}

int64_t
jobs_next_prune(struct jobs *jobs)
{
	int64_t wall = g_get_real_time(), soonest = INT64_MAX;

	LOCK_SCOPE(&jobs->lock);
	for (guint i = 0; i < jobs->entries->len; i++) {
		const struct job_entry *entry = jobs->entries->pdata[i];
		if (entry->accepted && job_record_is_finished(&entry->record))
			soonest = MIN(soonest, end_of(&entry->record, jobs->limits.keep));
	}
	if (soonest != INT64_MAX)
		soonest = g_get_monotonic_time() + MAX(soonest - wall, 0);
	return MIN(soonest, drafts_next_expiry(jobs->drafts));
}

void
jobs_prune(struct jobs *jobs)
{
	prune_drafts(jobs);
	take_destroyed(jobs);
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
