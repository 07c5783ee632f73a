/* Backups: kept beside the jobs, and published as a part of their own. */
#include <string.h>

#include "vmops/jobs_private.h"

/* Guarded by the manager's lock, but for `log`. */
struct jobs_backups {
	struct backup_log *log; /* the manager's thread only */
	GHashTable *kept;       /* UUID -> struct backup_record, which it owns */
	GHashTable *by_vm;      /* UUID of a VM -> GPtrArray of its records, oldest first */
	GHashTable *by_name;    /* name -> GPtrArray of records: not those without one */
	GHashTable *dirty;      /* UUIDs of records that differ from the file */
	GHashTable *gone;       /* UUIDs that are still to be removed from it */
	bool changed;           /* to be published */
};

static GHashTable *
set_new(void)
{
	return g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
}

static GHashTable *
lists_new(void)
{
	return g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
	    (GDestroyNotify)g_ptr_array_unref);
}

static struct jobs_backups *
backups_new(void)
{
	struct jobs_backups *b = g_new0(struct jobs_backups, 1);

	b->kept = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, g_free);
	b->by_vm = lists_new();
	b->by_name = lists_new();
	b->dirty = set_new();
	b->gone = set_new();
	b->changed = true;
	return b;
}

/* --- what is kept; holding the lock */

static void
list_add(GHashTable *lists, const char *key, struct backup_record *record)
{
	GPtrArray *list = g_hash_table_lookup(lists, key);

	if (list == NULL) {
		list = g_ptr_array_new();
		g_hash_table_insert(lists, g_strdup(key), list);
	}
	g_ptr_array_add(list, record);
}

static void
list_remove(GHashTable *lists, const char *key, struct backup_record *record)
{
	GPtrArray *list = g_hash_table_lookup(lists, key);

	if (list != NULL && g_ptr_array_remove(list, record) && list->len == 0)
		g_hash_table_remove(lists, key);
}

static void
add(struct jobs_backups *b, const struct backup_record *record)
{
	struct backup_record *copy = g_memdup2(record, sizeof(*record));

	g_hash_table_insert(b->kept, copy->uuid, copy);
	list_add(b->by_vm, copy->vm_uuid, copy);
	if (*copy->name != '\0')
		list_add(b->by_name, copy->name, copy);
}

/* A record keeps its place in a list that it stays in. */
static void
change(struct jobs_backups *b, struct backup_record *kept, const struct backup_record *now)
{
	bool moves = strcmp(kept->vm_uuid, now->vm_uuid) != 0;
	bool renamed = strcmp(kept->name, now->name) != 0;

	if (moves)
		list_remove(b->by_vm, kept->vm_uuid, kept);
	if (renamed)
		list_remove(b->by_name, kept->name, kept);
	*kept = *now;
	if (moves)
		list_add(b->by_vm, kept->vm_uuid, kept);
	if (renamed && *kept->name != '\0')
		list_add(b->by_name, kept->name, kept);
}

static void
forget(struct jobs_backups *b, struct backup_record *kept)
{
	list_remove(b->by_vm, kept->vm_uuid, kept);
	list_remove(b->by_name, kept->name, kept);
	g_hash_table_remove(b->dirty, kept->uuid);
	g_hash_table_add(b->gone, g_strdup(kept->uuid));
	g_hash_table_remove(b->kept, kept->uuid);
}

static void
note(struct jobs *jobs)
{
	jobs->backups->changed = true;
	jobs_wake(jobs);
}

/* Failed attempts that this one, which is kept, takes the place of. */
static void
forget_failed(struct jobs_backups *b, const struct backup_record *by)
{
	const GPtrArray *list = g_hash_table_lookup(b->by_vm, by->vm_uuid);

	for (guint i = list->len; i > 0; i--) {
		struct backup_record *kept = list->pdata[i - 1];
		if (kept->state == BACKUP_FAILED && kept->taken_at <= by->taken_at &&
		    strcmp(kept->uuid, by->uuid) != 0)
			forget(b, kept);
	}
}

/* --- the manager's */

bool
jobs_restore_backups(struct jobs *jobs, const char *dir, GError **error)
{
	struct jobs_backups *b = jobs->backups = backups_new();

	b->log = backup_log_open(dir, error);
	g_autoptr(GPtrArray) records = b->log == NULL ? NULL : backup_log_load(b->log, error);
	for (guint i = 0; records != NULL && i < records->len; i++) {
		const struct backup_record *record = records->pdata[i];
		if (!g_hash_table_contains(b->kept, record->uuid))
			add(b, record);
	}
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
	struct jobs_backups *b = jobs->backups;

	if (b == NULL)
		return;
	backup_log_close(b->log);
	g_hash_table_destroy(b->by_vm);
	g_hash_table_destroy(b->by_name);
	g_hash_table_destroy(b->dirty);
	g_hash_table_destroy(b->gone);
	g_hash_table_destroy(b->kept);
	g_free(b);
}

/* --- operations: any thread */

void
jobs_keep_backup(struct jobs *jobs, const struct backup_record *record)
{
	struct jobs_backups *b = jobs->backups;

	LOCK_SCOPE(&jobs->lock);
	struct backup_record *same = g_hash_table_lookup(b->kept, record->uuid);
	if (same == NULL)
		add(b, record);
	else
		change(b, same, record);
	g_hash_table_remove(b->gone, record->uuid);
	g_hash_table_add(b->dirty, g_strdup(record->uuid));
	forget_failed(b, record);
	note(jobs);
}

void
jobs_forget_backup(struct jobs *jobs, const char *uuid)
{
	LOCK_SCOPE(&jobs->lock);
	struct backup_record *kept = g_hash_table_lookup(jobs->backups->kept, uuid);
	if (kept == NULL)
		return;
	forget(jobs->backups, kept);
	note(jobs);
}

GPtrArray *
jobs_copy_backups(struct jobs *jobs, const char *vm_uuid)
{
	GPtrArray *copies = g_ptr_array_new_with_free_func(g_free);

	LOCK_SCOPE(&jobs->lock);
	const GPtrArray *list = g_hash_table_lookup(jobs->backups->by_vm, vm_uuid);
	for (guint i = 0; list != NULL && i < list->len; i++)
		g_ptr_array_add(copies, g_memdup2(list->pdata[i], sizeof(struct backup_record)));
	return copies;
}

bool
jobs_find_backup(struct jobs *jobs, const char *uuid, struct backup_record *record)
{
	LOCK_SCOPE(&jobs->lock);
	const struct backup_record *kept = g_hash_table_lookup(jobs->backups->kept, uuid);
	if (kept != NULL)
		*record = *kept;
	return kept != NULL;
}

bool
jobs_has_backup(struct jobs *jobs, const char *name)
{
	LOCK_SCOPE(&jobs->lock);
	return g_hash_table_contains(jobs->backups->by_name, name);
}

/* --- writing down */

/* Holding the lock: what is to be written; from now on it counts as written. */
static void
take_unwritten(struct jobs_backups *b, GPtrArray *records, GPtrArray *gone)
{
	GHashTableIter iter;
	void *uuid;

	g_hash_table_iter_init(&iter, b->dirty);
	while (g_hash_table_iter_next(&iter, &uuid, NULL))
		g_ptr_array_add(records, g_memdup2(g_hash_table_lookup(b->kept, uuid),
		    sizeof(struct backup_record)));
	g_hash_table_iter_init(&iter, b->gone);
	while (g_hash_table_iter_next(&iter, &uuid, NULL))
		g_ptr_array_add(gone, g_strdup(uuid));
	g_hash_table_remove_all(b->dirty);
	g_hash_table_remove_all(b->gone);
}

/* Holding the lock: it could not be written; meanwhile some may have come or gone. */
static void
give_back(struct jobs_backups *b, const GPtrArray *records, const GPtrArray *gone)
{
	for (guint i = 0; i < records->len; i++) {
		const struct backup_record *record = records->pdata[i];
		if (g_hash_table_contains(b->kept, record->uuid))
			g_hash_table_add(b->dirty, g_strdup(record->uuid));
	}
	for (guint i = 0; i < gone->len; i++)
		if (!g_hash_table_contains(b->kept, gone->pdata[i]))
			g_hash_table_add(b->gone, g_strdup(gone->pdata[i]));
}

bool
jobs_save_backups(struct jobs *jobs, GError **error)
{
	struct jobs_backups *b = jobs->backups;
	g_autoptr(GPtrArray) records = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GPtrArray) gone = g_ptr_array_new_with_free_func(g_free);

	pthread_mutex_lock(&jobs->lock);
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

/* The VMs that have backups. */
static char **
list_vms(struct jobs *jobs)
{
	GHashTableIter iter;
	GPtrArray *vms = g_ptr_array_new();
	void *uuid;

	LOCK_SCOPE(&jobs->lock);
	g_hash_table_iter_init(&iter, jobs->backups->by_vm);
	while (g_hash_table_iter_next(&iter, &uuid, NULL))
		g_ptr_array_add(vms, g_strdup(uuid));
	g_ptr_array_add(vms, NULL);
	return (char **)g_ptr_array_free(vms, FALSE);
}

/* VM by VM, so that nobody waits long: what changes meanwhile is published after this. */
void
jobs_publish_backups(struct jobs *jobs)
{
	pthread_mutex_lock(&jobs->lock);
	bool changed = jobs->backups->changed;
	jobs->backups->changed = false;
	pthread_mutex_unlock(&jobs->lock);
	if (!changed)
		return;
	g_auto(GStrv) vms = list_vms(jobs);
	struct part *part = part_new("backups", NULL);
	for (char **vm = vms; *vm != NULL; vm++) {
		g_autoptr(GPtrArray) records = jobs_copy_backups(jobs, *vm);
		for (guint i = 0; i < records->len; i++)
			add_row(part, records->pdata[i]);
	}
	store_publish(jobs->store, part, PUBLISH_NOW);
}
