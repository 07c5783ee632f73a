/* What VMs shall be: wishes that came with requests, or were all that was requested. */
#include "vmops/jobs_private.h"

static bool
note_wish(struct jobs *jobs, struct job_entry *entry, GError **error)
{
	const struct job_record *r = &entry->record;
	gpointer key = GUINT_TO_POINTER(r->request.object);
	const struct wish *before = g_hash_table_lookup(jobs->wishes, key);
	struct wish wish = { .h.index = r->request.object,
		.wanted = (int32_t)r->request.wanted, .since_at = r->submitted_at };

	if (before == NULL || before->wanted != wish.wanted) {
		if (!job_log_write_wish(jobs->log, &wish, error))
			return false;
		g_hash_table_replace(jobs->wishes, key, g_memdup2(&wish, sizeof(wish)));
	}
	entry->noted = true;
	return true;
}

static void
forget(struct jobs *jobs, struct job_entry *entry)
{
	LOCK_SCOPE(&jobs->lock);
	jobs->changed = true;
	if (entry->slot != NULL)
		inbox_release(entry->slot);
	g_ptr_array_remove(jobs->entries, entry);
	job_entry_free(entry);
}

bool
jobs_note_wishes(struct jobs *jobs, GError **error)
{
	g_autoptr(GPtrArray) entries = jobs_accepted(jobs);

	for (guint i = 0; i < entries->len; i++) {
		struct job_entry *entry = entries->pdata[i];
		if (entry->record.request.wanted != 0 && !entry->noted &&
		    !note_wish(jobs, entry, error))
			return false;
		if (job_entry_is_wish(entry))
			forget(jobs, entry);
	}
	return true;
}
