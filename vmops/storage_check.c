/* Pools and volumes: what can refuse an operation.  Pure. */
#include <string.h>

#include "model/value.h"
#include "vmops/export.h"
#include "vmops/ha.h"

/* --- who is in the way */

/*
 * A VM that only the cluster manager knows is in no host's list while it is not started: what
 * disks it has, its definition alone tells.  Those that are `readable` the job reads.
 */
static bool
check_unseen(const struct cluster *cluster, const struct volume *volume, const char *what,
    bool readable, GError **error)
{
	const struct rows *apps = &cluster->rows[ROWS_APP];

	for (size_t i = 0; i < apps->n; i++) {
		const struct app *app = apps->row[i];
		if (ha_is_unseen(cluster, app) && !(readable && app->vm_uuid != NULL))
			return request_refuse(error, REQUEST_BUSY, "volume %s cannot be %s: it may "
			    "be of application %s, a VM that is not started and whose disks no "
			    "host tells", volume->name, what, app->name);
	}
	return true;
}

/* Not to be taken away, changed from outside or copied while it is written to. */
static bool
check_user(const struct cluster *cluster, const struct volume *volume, const char *what,
    bool readable, GError **error)
{
	const struct vm *vm = storage_vm(cluster, volume);
	const struct disk *disk = cluster_volume_disk(cluster, volume);

	if (vm == NULL)
		return check_unseen(cluster, volume, what, readable, error) &&
		    export_check_unserved(cluster, volume, what, error);
	return request_refuse(error, REQUEST_IMPOSSIBLE, "volume %s cannot be %s: VM %s has it as %s",
	    volume->name, what, vm->name, disk->target);
}

static bool
check_above(const struct cluster *cluster, const struct volume *volume, const char *what,
    GError **error)
{
	const struct volume *overlay = cluster_volume_overlay(cluster, volume);
	const struct disk *reader = cluster_volume_reader(cluster, volume);

	if (overlay != NULL)
		return request_refuse(error, REQUEST_IMPOSSIBLE,
		    "volume %s cannot be %s: image %s is on top of it", volume->name, what,
		    overlay->name);
	if (reader != NULL)
		return request_refuse(error, REQUEST_IMPOSSIBLE,
		    "volume %s cannot be %s: disk %s is on top of it", volume->name, what,
		    reader->name);
	return true;
}

static bool
check_free_name(const struct cluster *cluster, const struct volume_place *place,
    GError **error)
{
	if (cluster_volume_called(cluster, place->pool->h.index, place->name) == NULL)
		return true;
	return request_refuse(error, REQUEST_IMPOSSIBLE, "pool %s has a volume %s already",
	    place->pool->name, place->name);
}

static bool
check_room(const struct pool *pool, uint64_t octets, GError **error)
{
	if (pool->available == ABSENT_U64 || octets == ABSENT_U64 || octets <= pool->available)
		return true;
	return request_refuse(error, REQUEST_IMPOSSIBLE, "pool %s has %" G_GUINT64_FORMAT
	    " MiB left, and %" G_GUINT64_FORMAT " MiB are needed", pool->name,
	    pool->available / STORAGE_MIB, (octets + STORAGE_MIB - 1) / STORAGE_MIB);
}

static bool
check_pool_runs(const struct cluster *cluster, const struct pool *pool, int64_t now,
    GError **error)
{
	if (storage_seat(cluster, pool->h.index, 0, false, now) != NULL)
		return true;
	return request_refuse(error, REQUEST_UNREACHABLE, "no node that answers has pool %s running",
	    pool->name);
}

/* --- pools */

bool
op_check_pool_start(const struct cluster *cluster, const struct request *request, int64_t now,
    GError **error)
{
	const struct rows *rows = &cluster->rows[ROWS_POOL_NODE];
	const struct pool_node *seat;

	for (size_t at = 0; (seat = rows_of(rows, request->object, &at)) != NULL;)
		if (seat->state == POOL_INACTIVE)
			return true;
	return request_refuse(error, REQUEST_IMPOSSIBLE, "pool %s is not inactive on any node",
	    request->name);
}

bool
op_check_pool_stop(const struct cluster *cluster, const struct request *request, int64_t now,
    GError **error)
{
	const struct pool *pool = rows_find(&cluster->rows[ROWS_POOL], request->object, 0);
	const struct volume *volume, *served = NULL;

	if (storage_seat(cluster, request->object, 0, false, now) == NULL)
		return request_refuse(error, REQUEST_IMPOSSIBLE, "pool %s is not running on any node",
		    pool->name);
	for (size_t at = 0;
	     (volume = cluster_volume_of(cluster, request->object, &at)) != NULL;) {
		const struct vm *vm = storage_vm(cluster, volume);
		if (vm != NULL && vm_is_active(vm))
			return request_refuse(error, REQUEST_IMPOSSIBLE,
			    "pool %s cannot be stopped: VM %s runs with its volume %s",
			    pool->name, vm->name, volume->name);
		if (served == NULL && cluster_volume_export(cluster, volume) != NULL)
			served = volume;
	}
	return served == NULL || request_refuse(error, REQUEST_IMPOSSIBLE,
	    "pool %s cannot be stopped: its volume %s is served to others", pool->name,
	    served->name);
}

/* --- volumes */

bool
op_check_volume_create(const struct cluster *cluster, const struct request *request,
    int64_t now, GError **error)
{
	struct volume_place place;
	char room[256];

	if (!storage_place(cluster, request, room, &place, error) ||
	    !check_pool_runs(cluster, place.pool, now, error) ||
	    !check_free_name(cluster, &place, error))
		return false;
	if (request->amount == 0)
		return request_refuse(error, REQUEST_BAD_VALUE, "a volume has at least 1 MiB");
	return !(request->flags & REQUEST_WHOLE) ||
	    check_room(place.pool, request->amount * STORAGE_MIB, error);
}

/* Only the control socket hands files over, to the process that it belongs to. */
static bool
check_lent(const struct request *request, GError **error)
{
	if (request->file != 0)
		return true;
	return request_refuse(error, REQUEST_IMPOSSIBLE, "%s needs a file, which only 'virtcluster "
	    "%s' hands over: SNMP has none, and an agent that was restarted has it no longer",
	    enum_to_name(job_type_names, request->type),
	    request->type == JOB_VOLUME_UPLOAD ? "volume-upload" : "volume-download");
}

bool
op_check_volume_upload(const struct cluster *cluster, const struct request *request,
    int64_t now, GError **error)
{
	struct volume_place place;
	char room[256];

	return check_lent(request, error) &&
	    storage_place(cluster, request, room, &place, error) &&
	    check_pool_runs(cluster, place.pool, now, error) &&
	    check_free_name(cluster, &place, error);
}

bool
op_check_volume_download(const struct cluster *cluster, const struct request *request,
    int64_t now, GError **error)
{
	const struct volume *volume =
	    rows_find(&cluster->rows[ROWS_VOLUME], request->object, 0);
	const struct vm *vm = volume == NULL ? NULL : storage_vm(cluster, volume);

	if (volume == NULL)
		return true;
	if (!check_lent(request, error) ||
	    !export_check_unwritten(cluster, volume, "downloaded", error))
		return false;
	if (vm != NULL && vm_is_active(vm))
		return request_refuse(error, REQUEST_IMPOSSIBLE, "volume %s cannot be downloaded: VM %s "
		    "runs and writes to it", volume->name, vm->name);
	if (volume->backing == NULL || *volume->backing == '\0')
		return true;
	return request_refuse(error, REQUEST_IMPOSSIBLE, "volume %s cannot be downloaded: it is on "
	    "top of image %s; a clone of it is whole", volume->name, volume->backing);
}

bool
op_check_volume_unused(const struct cluster *cluster, const struct request *request,
    int64_t now, GError **error)
{
	const struct volume *volume =
	    rows_find(&cluster->rows[ROWS_VOLUME], request->object, 0);
	const char *what = request->type == JOB_VOLUME_WIPE ? "wiped" : "deleted";

	return volume == NULL || (check_user(cluster, volume, what, true, error) &&
	    check_above(cluster, volume, what, error));
}

bool
op_check_volume_resize(const struct cluster *cluster, const struct request *request,
    int64_t now, GError **error)
{
	const struct volume *volume =
	    rows_find(&cluster->rows[ROWS_VOLUME], request->object, 0);
	uint64_t wanted = request->amount * STORAGE_MIB;

	if (volume == NULL)
		return true;
	if (!export_check_unserved(cluster, volume, "resized", error) ||
	    !check_above(cluster, volume, "resized", error))
		return false;
	if (volume->capacity == ABSENT_U64 || wanted > volume->capacity)
		return true;
	uint64_t now_mib = volume->capacity / STORAGE_MIB;
	if (wanted == volume->capacity)
		return request_refuse(error, REQUEST_IMPOSSIBLE, "volume %s has %" G_GUINT64_FORMAT
		    " MiB already", volume->name, now_mib);
	return request_refuse(error, REQUEST_BAD_VALUE, "volume %s has %" G_GUINT64_FORMAT
	    " MiB: shrinking it to %u MiB would cut off data", volume->name, now_mib,
	    request->amount);
}

/* Linked: what lies below must never change again. */
static bool
check_linked(const struct cluster *cluster, const struct volume *volume,
    const struct volume_place *place, int64_t now, GError **error)
{
	if (!check_user(cluster, volume, "the base of a linked clone", false, error))
		return false;
	if (!storage_has_files(place->pool))
		return request_refuse(error, REQUEST_IMPOSSIBLE, "pool %s, of type %s, has no images "
		    "that are on top of others", place->pool->name, place->pool->type);
	if (storage_seat_of_both(cluster, volume->pool, place->pool->h.index, now) == NULL)
		return request_refuse(error, REQUEST_IMPOSSIBLE, "no node has both pool %s and pool %s",
		    volume->pool_name, place->pool->name);
	return true;
}

/* Between hosts octets are copied as they are. */
static bool
check_far(const struct cluster *cluster, const struct volume *volume,
    const struct volume_place *place, int64_t now, GError **error)
{
	const struct pool *pool = rows_find(&cluster->rows[ROWS_POOL], volume->pool, 0);

	if (storage_seat_of_both(cluster, volume->pool, place->pool->h.index, now) != NULL)
		return true;
	if (volume->backing != NULL && *volume->backing != '\0')
		return request_refuse(error, REQUEST_IMPOSSIBLE, "volume %s is on top of image %s, and "
		    "no node has both pool %s and pool %s", volume->name, volume->backing,
		    volume->pool_name, place->pool->name);
	if (storage_has_files(place->pool) && pool != NULL && storage_has_files(pool))
		return true;
	return g_strcmp0(volume->format, "raw") == 0 || volume->format == NULL ||
	    *volume->format == '\0' ||
	    request_refuse(error, REQUEST_IMPOSSIBLE, "volume %s, of format %s, cannot be copied to "
		"pool %s, of type %s, on another node", volume->name, volume->format,
		place->pool->name, place->pool->type);
}

bool
op_check_volume_clone(const struct cluster *cluster, const struct request *request,
    int64_t now, GError **error)
{
	const struct volume *volume =
	    rows_find(&cluster->rows[ROWS_VOLUME], request->object, 0);
	const struct vm *vm = volume == NULL ? NULL : storage_vm(cluster, volume);
	struct volume_place place;
	char room[256];

	if (volume == NULL)
		return true;
	if (!storage_place(cluster, request, room, &place, error) ||
	    !check_pool_runs(cluster, place.pool, now, error) ||
	    !check_free_name(cluster, &place, error))
		return false;
	if (!export_check_unwritten(cluster, volume, "cloned", error))
		return false;
	if (request->flags & REQUEST_LINKED)
		return check_linked(cluster, volume, &place, now, error);
	if (vm != NULL && vm_is_active(vm))
		return request_refuse(error, REQUEST_IMPOSSIBLE, "volume %s cannot be cloned: VM %s "
		    "runs and writes to it", volume->name, vm->name);
	return check_far(cluster, volume, &place, now, error) &&
	    check_room(place.pool, volume->allocation, error);
}

/* A VM's disk moves only to where the VM can have it. */
static bool
check_move_user(const struct cluster *cluster, const struct volume *volume,
    const struct volume_place *place, int64_t now, GError **error)
{
	const struct vm *vm = storage_vm(cluster, volume);
	const struct pool_node *seat = vm == NULL ? NULL
	    : storage_seat(cluster, place->pool->h.index, vm->node, false, now);

	if (vm != NULL && vm->snapshots != ABSENT_U32 && vm->snapshots > 0)
		return request_refuse(error, REQUEST_IMPOSSIBLE, "volume %s cannot be moved: VM %s "
		    "has %u snapshot%s, which would be lost: delete %s first", volume->name,
		    vm->name, vm->snapshots, vm->snapshots == 1 ? "" : "s",
		    vm->snapshots == 1 ? "it" : "them");
	if (vm == NULL || (seat != NULL && seat->h.sub == vm->node))
		return true;
	return request_refuse(error, REQUEST_IMPOSSIBLE,
	    "volume %s cannot be moved: VM %s has it, and its node %s has no pool %s that runs",
	    volume->name, vm->name, vm->node_name, place->pool->name);
}

bool
op_check_volume_move(const struct cluster *cluster, const struct request *request,
    int64_t now, GError **error)
{
	const struct volume *volume =
	    rows_find(&cluster->rows[ROWS_VOLUME], request->object, 0);
	struct volume_place place;
	char room[256];

	if (volume == NULL)
		return true;
	if (!storage_place(cluster, request, room, &place, error))
		return false;
	if (place.pool->h.index == volume->pool)
		return request_refuse(error, REQUEST_IMPOSSIBLE, "volume %s is in pool %s already",
		    volume->name, place.pool->name);
	if (strchr(volume->name, '/') != NULL)
		return request_refuse(error, REQUEST_IMPOSSIBLE, "volume %s cannot be moved: its name "
		    "has a slash", volume->name);
	return check_pool_runs(cluster, place.pool, now, error) &&
	    check_free_name(cluster, &place, error) &&
	    (storage_vm(cluster, volume) != NULL ||
		check_unseen(cluster, volume, "moved", false, error)) &&
	    export_check_unserved(cluster, volume, "moved", error) &&
	    check_above(cluster, volume, "moved", error) &&
	    check_move_user(cluster, volume, &place, now, error) &&
	    check_far(cluster, volume, &place, now, error) &&
	    check_room(place.pool, volume->allocation, error);
}
