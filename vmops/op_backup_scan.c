/* Operation: the catalogues in a pool tell which backups are there. */
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "common/virt.h"
#include "vmops/backup.h"

#define SCAN_MOST 10000 /* catalogues of a pool */

struct scan {
	const struct op_run *run;
	struct storage_side side;
	GHashTable *found;  /* UUIDs */
	unsigned total, fresh, unreadable;
	char *first;        /* what is wrong with the first that cannot be read */
};

static void
note_unreadable(struct scan *s, const char *why)
{
	log_warn("jobs", "job %u: %s", s->run->number, why);
	s->unreadable++;
	if (s->first == NULL)
		s->first = g_strdup(why);
}

/* What was known already stays as it is: it has what no catalogue tells. */
static void
take_catalogue(struct scan *s, const char *volume)
{
	g_autoptr(GError) why = NULL;
	SCOPED(catalogue) c = backup_read_catalogue(s->run, &s->side, volume, &why);
	g_autofree char *name = c == NULL ? NULL : backup_catalogue_name(c->name);
	struct backup_record record;

	if (c == NULL) {
		note_unreadable(s, why->message);
		return;
	}
	if (strcmp(name, volume) != 0) {
		g_autofree char *renamed = g_strdup_printf("%s is the catalogue of %s", volume,
		    c->name);
		note_unreadable(s, renamed);
		return;
	}
	s->total++;
	g_hash_table_add(s->found, g_strdup(c->uuid));
	if (s->run->find_backup(s->run->context, c->uuid, &record) &&
	    record.state == BACKUP_COMPLETE)
		return;
	s->fresh++;
	catalogue_record(c, s->side.pool_index, s->side.at->pool_name, &record);
	s->run->keep_backup(s->run->context, &record);
}

/* Those that were whole, in this pool, before it was looked into, and still count so. */
static void
mark_lost(struct scan *s)
{
	const struct rows *all = &s->side.cluster->rows[ROWS_BACKUP];
	struct backup_record record;

	for (size_t i = 0; i < all->n; i++) {
		const struct backup *row = all->row[i];
		if (row->state == BACKUP_COMPLETE && row->pool == s->side.pool_index &&
		    !g_hash_table_contains(s->found, row->uuid) &&
		    s->run->find_backup(s->run->context, row->uuid, &record) &&
		    record.state == BACKUP_COMPLETE && record.pool == row->pool)
			backup_keep_verdict(s->run, &record,
			    "its catalogue is not in the pool any longer");
	}
}

static bool
scan(struct scan *s, GError **error)
{
	virStorageVolPtr *volumes = NULL;
	const struct op_run *run = s->run;
	bool good = true;

	virStoragePoolRefresh(s->side.pool, 0);
	int n = virStoragePoolListAllVolumes(s->side.pool, &volumes, 0);
	if (n < 0)
		return storage_fail(run, &s->side, "list volumes for", run->name, error);
	for (int i = 0; i < n; i++) {
		const char *name = virStorageVolGetName(volumes[i]);
		run->alive(run->context);
		good = good && run->pause(run->context, 0, error);
		if (good && s->total < SCAN_MOST && g_str_has_suffix(name, "." BACKUP_SUFFIX))
			take_catalogue(s, name);
		virStorageVolFree(volumes[i]);
	}
	free(volumes);
	if (good)
		mark_lost(s);
	return good;
}

bool
op_backup_scan(const struct op_run *run, GError **error)
{
	g_autoptr(GHashTable) found =
	    g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	struct scan s = { .run = run, .found = found };

	bool good = run->begin(run->context, error) &&
	    backup_open_pool(run, run->request->object, &s.side, error) && scan(&s, error);
	if (good) {
		g_autofree char *step = g_strdup_printf("%u backups, %u of them new%s%s",
		    s.total, s.fresh, s.first == NULL ? "" : "; not read: ",
		    s.first == NULL ? "" : s.first);
		op_step(run, step);
	}
	storage_close(&s.side);
	g_free(s.first);
	return good;
}
