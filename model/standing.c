/* How VMs stand with their backups. */
#include "model/standing.h"

#include <string.h>

#define CHAIN_MOST   1100 /* beyond that it goes round in a circle */
#define CLOCK_OFF_US (3600 * (int64_t)G_USEC_PER_SEC)
#define FIRST_S	     3600

static const struct backup *
base_of(const struct cluster *cluster, const struct backup *backup)
{
	return rows_find(&cluster->rows[ROWS_BACKUP], backup->base, 0);
}

bool
standing_is_sound(const struct cluster *cluster, const struct backup *backup)
{
	for (int steps = 0; backup != NULL && steps < CHAIN_MOST; steps++) {
		if (backup->state != BACKUP_COMPLETE || backup->check == CHECK_BAD)
			return false;
		if (backup->base == 0)
			return true;
		backup = base_of(cluster, backup);
	}
	return false;
}

unsigned
standing_depth(const struct cluster *cluster, const struct backup *backup)
{
	unsigned depth = 0;

	while (depth < CHAIN_MOST && backup->base != 0) {
		backup = base_of(cluster, backup);
		if (backup == NULL)
			break;
		depth++;
	}
	return depth;
}

static bool
counts(const struct cluster *cluster, const struct backup *backup,
    const struct backup_rule *rule, int64_t wall)
{
	return strcmp(backup->pool_name, rule->pool) == 0 &&
	    backup->taken_at <= wall + CLOCK_OFF_US &&
	    standing_is_sound(cluster, backup);
}

const struct backup *
standing_newest(const struct cluster *cluster, uint32_t vm, const struct backup_rule *rule,
    int64_t wall)
{
	const struct backup *backup = cluster_last_backup(cluster, vm, true), *newest = NULL;

	if (backup == NULL || counts(cluster, backup, rule, wall))
		return backup;
	for (size_t at = 0; (backup = cluster_backup_of(cluster, vm, &at)) != NULL;)
		if (counts(cluster, backup, rule, wall))
			newest = backup;
	return newest;
}

int64_t
standing_late_at(const struct cluster *cluster, const struct vm *vm,
    const struct backup_rule *rule, const struct backup *newest)
{
	int64_t began = MAX(cluster_info(cluster)->started_at, vm->since_at);
	int64_t late = rule->overdue;

	return newest != NULL ? newest->taken_at + late * G_USEC_PER_SEC
			      : began + MIN(late, FIRST_S) * G_USEC_PER_SEC;
}

/* What has files, or is about to. */
static GHashTable *
collect(const struct cluster *cluster, uint32_t vm, GPtrArray *rows)
{
	GHashTable *places = g_hash_table_new(NULL, NULL);
	const struct backup *b;

	for (size_t at = 0; (b = cluster_backup_of(cluster, vm, &at)) != NULL;) {
		if (b->state == BACKUP_FAILED)
			continue;
		g_ptr_array_add(rows, (void *)b);
		g_hash_table_insert(places, GUINT_TO_POINTER(b->h.index),
		    GUINT_TO_POINTER(rows->len));
	}
	return places;
}

static int
base_place(GHashTable *places, const struct backup *b)
{
	guint place = GPOINTER_TO_UINT(
	    g_hash_table_lookup(places, GUINT_TO_POINTER(b->base)));

	if (b->base == 0)
		return RETENTION_NO_BASE;
	return place == 0 ? RETENTION_BASE_MISSING : (int)place - 1;
}

GArray *
standing_shelf(const struct cluster *cluster, uint32_t vm, const struct backup_rule *rule,
    GHashTable *busy, GPtrArray *rows)
{
	GArray *points = g_array_new(FALSE, TRUE, sizeof(struct retention_point));
	g_autoptr(GHashTable) places = collect(cluster, vm, rows);

	for (guint i = 0; i < rows->len; i++) {
		const struct backup *b = rows->pdata[i];
		struct retention_point point = {
			.at = b->taken_at,
			.base = base_place(places, b),
			.good = b->state == BACKUP_COMPLETE && b->check != CHECK_BAD,
			.foreign = strcmp(b->pool_name, rule->pool) != 0,
			.busy = b->state == BACKUP_RUNNING ||
			    g_hash_table_contains(busy, GUINT_TO_POINTER(b->h.index)),
		};
		g_array_append_val(points, point);
	}
	return points;
}
