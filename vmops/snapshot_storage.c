/* Images of snapshots as volumes: made, removed, followed. */
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "common/virt.h"
#include "vmops/snapshot.h"
#include "vmops/storage.h"

#define MOST_LAYERS 64

/* The active pool of that file's directory, or NULL. */
static virStoragePoolPtr
find_pool(virConnectPtr connection, const char *path)
{
	g_autofree char *dir = g_path_get_dirname(path);

	return virStoragePoolLookupByTargetPath(connection, dir);
}

/* The volume of that path in the pool of its directory, as of now; NULL with an error. */
static virStorageVolPtr
find_volume(virConnectPtr connection, const char *path, bool *pooled, GError **error)
{
	g_autofree char *name = g_path_get_basename(path);
	g_autoptr(virStoragePool) pool = find_pool(connection, path);

	*pooled = pool != NULL;
	if (pool == NULL) {
		g_set_error(error, OP_ERROR, CAUSE_IMPOSSIBLE,
		    "%s lies in no storage pool that is active", path);
		return NULL;
	}
	virStoragePoolRefresh(pool, 0);
	virStorageVolPtr volume = virStorageVolLookupByName(pool, name);
	if (volume == NULL)
		virt_error(error, "%s", path);
	return volume;
}

bool
snapshot_is_free(virConnectPtr connection, const char *path)
{
	bool pooled;
	g_autoptr(virStorageVol) volume = find_volume(connection, path, &pooled, NULL);

	return volume == NULL;
}

bool
snapshot_is_gone(virConnectPtr connection, const char *path)
{
	bool pooled = false;
	g_autoptr(GError) why = NULL;
	g_autoptr(virStorageVol) volume =
	    path == NULL ? NULL : find_volume(connection, path, &pooled, &why);

	return pooled && g_error_matches(why, VIRT_ERROR, VIR_ERR_NO_STORAGE_VOL);
}

bool
snapshot_make_overlay(virConnectPtr connection, const char *path,
    const struct kept_disk *below, GError **error)
{
	bool pooled;
	virStorageVolInfo info;
	g_autoptr(virStorageVol) base = find_volume(connection, below->image, &pooled, error);

	if (base == NULL)
		return false;
	if (virStorageVolGetInfo(base, &info) != 0)
		return virt_error(error, "%s", below->image);
	g_autofree char *name = g_path_get_basename(path);
	struct volume_form form = { name, "qcow2", info.capacity, 0, below->image,
		below->format };
	g_autofree char *xml = storage_volume_xml(&form);
	g_autoptr(virStoragePool) pool = find_pool(connection, path);
	g_autoptr(virStorageVol) made = pool == NULL ? NULL
	    : virStorageVolCreateXML(pool, xml, 0);
	return made != NULL || virt_error(error, "an image cannot be put upon %s",
	    below->image);
}

bool
snapshot_remove(virConnectPtr connection, const char *path, GError **error)
{
	bool pooled = false;
	g_autoptr(GError) why = NULL;
	g_autoptr(virStorageVol) volume = find_volume(connection, path, &pooled, &why);

	if (volume != NULL)
		return virStorageVolDelete(volume, 0) == 0 || virt_error(error, "%s", path);
	if (pooled && g_error_matches(why, VIRT_ERROR, VIR_ERR_NO_STORAGE_VOL))
		return true;
	g_propagate_error(error, g_steal_pointer(&why));
	return false;
}

char *
snapshot_remove_all(const struct op_run *run, virConnectPtr connection, GPtrArray *paths)
{
	g_autoptr(GString) left = g_string_new(NULL);

	for (guint i = 0; i < paths->len; i++) {
		const char *path = paths->pdata[i];
		g_autoptr(GError) error = NULL;
		run->alive(run->context);
		if (snapshot_remove(connection, path, &error)) {
			log_info("jobs", "job %u: %s removed on node %s", run->number, path,
			    run->node);
			continue;
		}
		log_warn("jobs", "job %u: %s is left on node %s: %s", run->number, path,
		    run->node, error->message);
		g_string_append_printf(left, "%s%s", left->len > 0 ? ", " : "", path);
	}
	return left->len == 0 ? NULL
	    : g_strdup_printf("left on %s, to be removed: %s", run->node, left->str);
}

/* The path below that one, a text of the chunk; NULL: none, or it is not known. */
static const char *
below(virConnectPtr connection, const char *path, GStringChunk *texts)
{
	g_autoptr(virStorageVol) volume = virStorageVolLookupByPath(connection, path);
	g_autofree char *found = volume == NULL ? NULL : storage_volume_backing(volume);

	return found == NULL || *found == '\0' ? NULL : g_string_chunk_insert(texts, found);
}

void
snapshot_complete_chains(virConnectPtr connection, struct snapshot_disks *all)
{
	for (guint i = 0; i < all->disks->len; i++) {
		struct snapshot_disk *disk = all->disks->pdata[i];
		const char *path = disk->images->len == 1 ? disk->images->pdata[0] : NULL;
		while (path != NULL && disk->images->len < MOST_LAYERS) {
			bool pooled;
			g_autoptr(virStorageVol) seen =
			    find_volume(connection, path, &pooled, NULL);
			path = below(connection, path, all->texts);
			if (path != NULL)
				g_ptr_array_add(disk->images, (gpointer)path);
		}
	}
}
