/* Backups of a VM that is off: its disks are copied as volumes, whole. */
#include <string.h>

#include "common/virt.h"
#include "vmops/backup.h"

static bool
fail(const struct op_run *run, const char *target, const char *why, GError **error)
{
	g_set_error(error, OP_ERROR, CAUSE_IMPOSSIBLE, "cannot back %s up on %s: its disk %s %s",
	    run->name, run->node, target, why);
	return false;
}

/* The pool of that UUID on that node, as the tables have it; 0: they have not. */
static uint32_t
find_pool(const struct cluster *cluster, const char *uuid, uint32_t node)
{
	const struct rows *seats = &cluster->rows[ROWS_POOL_NODE];

	for (size_t i = 0; i < seats->n; i++) {
		const struct pool_node *seat = seats->row[i];
		if (seat->h.sub == node && g_strcmp0(seat->uuid, uuid) == 0)
			return seat->h.index;
	}
	return 0;
}

static bool
open_source(const struct op_run *run, const struct storage_side *to,
    const struct snapshot_disk *disk, struct storage_side *from, GError **error)
{
	char uuid[VIR_UUID_STRING_BUFLEN] = "";

	if (disk->images->len == 0)
		return fail(run, disk->target, "is no file: back it up while it runs", error);
	g_autoptr(virStorageVol) volume =
	    virStorageVolLookupByPath(to->connection, disk->images->pdata[0]);
	g_autoptr(virStoragePool) pool =
	    volume == NULL ? NULL : virStoragePoolLookupByVolume(volume);
	if (pool == NULL || virStoragePoolGetUUIDString(pool, uuid) != 0)
		return fail(run, disk->target, "is in no storage pool of libvirt: back it up while "
		    "it runs", error);
	uint32_t index = find_pool(to->cluster, uuid, to->at->h.sub);
	if (index == 0)
		return fail(run, disk->target, "is in a storage pool that is not known yet", error);
	return storage_open(run, index, to->at->h.sub, true, from, error) &&
	    storage_open_volume(run, from, virStorageVolGetName(volume), error);
}

static bool
copy_disk(const struct op_run *run, struct storage_side *to, const struct snapshot_disk *disk,
    const struct backup_part *part, GError **error)
{
	STORAGE_SIDE from = { 0 };
	g_autofree char *step = g_strdup_printf("copying %s", part->target);
	struct storage_copy copy = {
		.run = run, .from = &from, .to = to, .name = part->volume, .format = "qcow2",
		.step = step,
	};

	return open_source(run, to, disk, &from, error) && storage_copy(&copy, error);
}

bool
backup_cold(const struct op_run *run, virDomainPtr domain, struct storage_side *to,
    const struct snapshot_disks *disks, const GArray *parts, GError **error)
{
	for (guint i = 0; i < parts->len; i++) {
		const struct backup_part *part = &g_array_index(parts, struct backup_part, i);
		if (!part->left_out && !copy_disk(run, to,
			snapshot_disks_find(disks, part->target), part, error))
			return false;
		if (op_activity(domain) != INACTIVE) {
			g_set_error(error, OP_ERROR, CAUSE_IMPOSSIBLE, "cannot back %s up on %s: it "
			    "was started meanwhile", run->name, run->node);
			return false;
		}
	}
	return true;
}
