/* Backups: kept beside the jobs, and published as a part of their own. */
#include <string.h>

#include "vmops/jobs_private.h"

/* One that is kept; guarded by the manager's lock. */
struct kept_backup {
	struct backup_record record;
	bool dirty; /* differs from the file */
	bool gone;  /* still to be removed from it */
};

struct jobs_backups {
	struct backup_log *log; /* the manager's thread only */
	GPtrArray *kept;        /* struct kept_backup */
	bool dirty, changed;    /* to be written, to be published */
};

static void
add(struct jobs_backups *b, const struct backup_record *record, bool dirty)
{
	struct kept_backup *kept = g_new0(struct kept_backup, 1);

	kept->record = *record;
	kept->dirty = dirty;
	g_ptr_array_add(b->kept, kept);
}

bool
jobs_restore_backups(struct jobs *jobs, const char *dir, GError **error)
{
	struct jobs_backups *b = jobs->backups = g_new0(struct jobs_backups, 1);

	b->kept = g_ptr_array_new_with_free_func(g_free);
	b->changed = true;
	b->log = backup_log_open(dir, error);
	g_autoptr(GPtrArray) records = b->log == NULL ? NULL : backup_log_load(b->log, error);
	for (guint i = 0; records != NULL && i < records->len; i++)
		add(b, records->pdata[i], false);
	return records != NULL;
}

void
jobs_close_backups(struct jobs *jobs)
{
	if (jobs->backups != NULL)
		backup_log_close(g_steal_pointer(&jobs->backups->log));
}

void
jobs_free_backups(struct jobs *jobs)
{
	if (jobs->backups == NULL)
		return;
	backup_log_close(jobs->backups->log);
	g_ptr_array_free(jobs->backups->kept, TRUE);
	g_free(jobs->backups);
}

/* Holding the lock. */
static void
note(struct jobs *jobs)
{
	jobs->backups->dirty = jobs->backups->changed = true;
	jobs_wake(jobs);
}

/* Holding the lock: the same one, or the failed attempt that this one takes the place of. */
static bool
is_followed(const struct kept_backup *kept, const struct backup_record *by)
{
	return !kept->gone && strcmp(kept->record.uuid, by->uuid) != 0 &&
	    kept->record.state == BACKUP_FAILED &&
	    strcmp(kept->record.vm_uuid, by->vm_uuid) == 0 &&
	    kept->record.taken_at <= by->taken_at;
}

void
jobs_keep_backup(struct jobs *jobs, const struct backup_record *record)
{
	struct kept_backup *same = NULL;

	LOCK_SCOPE(&jobs->lock);
	for (guint i = 0; i < jobs->backups->kept->len; i++) {
		struct kept_backup *kept = jobs->backups->kept->pdata[i];
		if (strcmp(kept->record.uuid, record->uuid) == 0)
			same = kept;
		else if (is_followed(kept, record))
			kept->gone = true;
	}
	if (same == NULL) {
		add(jobs->backups, record, true);
	} else {
		same->record = *record;
		same->dirty = true;
		same->gone = false;
	}
	note(jobs);
}

void
jobs_forget_backup(struct jobs *jobs, const char *uuid)
{
	LOCK_SCOPE(&jobs->lock);
	for (guint i = 0; i < jobs->backups->kept->len; i++) {
		struct kept_backup *kept = jobs->backups->kept->pdata[i];
		if (strcmp(kept->record.uuid, uuid) == 0)
			kept->gone = true;
	}
	note(jobs);
}

GPtrArray *
jobs_copy_backups(struct jobs *jobs)
{
	GPtrArray *copies = g_ptr_array_new_with_free_func(g_free);

	LOCK_SCOPE(&jobs->lock);
	for (guint i = 0; i < jobs->backups->kept->len; i++) {
		const struct kept_backup *kept = jobs->backups->kept->pdata[i];
		if (!kept->gone)
			g_ptr_array_add(copies, g_memdup2(&kept->record, sizeof(kept->record)));
	}
	return copies;
}

/* --- writing down */

/* Holding the lock: what is to be written; from now on it counts as written. */
static void
take_unwritten(struct jobs_backups *b, GPtrArray *records, GPtrArray *gone)
{
	for (guint i = b->kept->len; i > 0; i--) {
		struct kept_backup *kept = b->kept->pdata[i - 1];
		if (kept->gone) {
			g_ptr_array_add(gone, g_strdup(kept->record.uuid));
			g_ptr_array_remove_index(b->kept, i - 1);
		} else if (kept->dirty) {
			g_ptr_array_add(records, g_memdup2(&kept->record, sizeof(kept->record)));
			kept->dirty = false;
		}
	}
	b->dirty = false;
}

/* Holding the lock: it could not be written. */
static void
give_back(struct jobs_backups *b, const GPtrArray *records, const GPtrArray *gone)
{
	for (guint i = 0; i < b->kept->len; i++) {
		struct kept_backup *kept = b->kept->pdata[i];
		for (guint k = 0; k < records->len; k++) {
			const struct backup_record *record = records->pdata[k];
			kept->dirty |= strcmp(record->uuid, kept->record.uuid) == 0;
		}
	}
	for (guint i = 0; i < gone->len; i++) {
		struct backup_record record = { .state = BACKUP_FAILED };
		g_strlcpy(record.uuid, gone->pdata[i], sizeof(record.uuid));
		add(b, &record, false);
		((struct kept_backup *)b->kept->pdata[b->kept->len - 1])->gone = true;
	}
	b->dirty = true;
}

bool
jobs_save_backups(struct jobs *jobs, GError **error)
{
	struct jobs_backups *b = jobs->backups;
	g_autoptr(GPtrArray) records = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GPtrArray) gone = g_ptr_array_new_with_free_func(g_free);

	pthread_mutex_lock(&jobs->lock);
	if (b->dirty)
		take_unwritten(b, records, gone);
	pthread_mutex_unlock(&jobs->lock);
	if (backup_log_write(b->log, records, gone, error))
		return true;
	LOCK_SCOPE(&jobs->lock);
	give_back(b, records, gone);
	return false;
}

/* --- showing */

static void
add_row(struct part *part, const struct backup_record *r)
{
	struct backup *row = part_add(part, ROWS_BACKUP);

	row->uuid = part_text(part, r->uuid);
	row->name = part_text(part, r->name);
	row->vm_name = part_text(part, r->vm_name);
	row->vm_uuid = part_text(part, r->vm_uuid);
	row->base_uuid = part_text(part, r->base_uuid);
	row->taken_at = r->taken_at;
	row->kind = r->kind;
	row->pool = r->pool;
	row->pool_name = part_text(part, r->pool_name);
	row->disks = part_text(part, r->disks);
	row->size = r->size;
	row->state = r->state;
	row->reason = part_text(part, r->reason);
	row->quiesced = r->quiesced;
	row->seconds = r->seconds;
	row->check = r->check;
	row->checked_at = r->checked_at;
	row->check_reason = part_text(part, r->check_reason);
	row->checkpoint = part_text(part, r->checkpoint);
}

void
jobs_publish_backups(struct jobs *jobs)
{
	pthread_mutex_lock(&jobs->lock);
	bool changed = jobs->backups->changed;
	jobs->backups->changed = false;
	pthread_mutex_unlock(&jobs->lock);
	if (!changed)
		return;
	g_autoptr(GPtrArray) records = jobs_copy_backups(jobs);
	struct part *part = part_new("backups", NULL);
	for (guint i = 0; i < records->len; i++)
		add_row(part, records->pdata[i]);
	store_publish(jobs->store, part, PUBLISH_NOW);
}
