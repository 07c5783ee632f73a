/* Backups: may it be asked for, and where is it done.  Pure, on a cluster value. */
#include <string.h>

#include "model/find.h"
#include "vmops/backup.h"

const struct backup *
backup_of(const struct cluster *cluster, const struct request *request)
{
	return rows_find(&cluster->rows[ROWS_BACKUP], request->object, 0);
}

const struct pool *
backup_pool(const struct cluster *cluster, const struct request *request, GError **error)
{
	const struct backup *last = cluster_last_backup(cluster, request->object, true);
	const struct pool *pool;

	if (request->machine.pool[0] != '\0')
		return find_row(cluster, ROWS_POOL, request->machine.pool, error);
	if (last == NULL) {
		request_refuse(error, REQUEST_BAD_VALUE, "%s has not been backed up yet: say the "
		    "pool that it shall go to, pool=NAME", request->name);
		return NULL;
	}
	pool = rows_find(&cluster->rows[ROWS_POOL], last->pool, 0);
	if (pool == NULL)
		request_refuse(error, REQUEST_UNREACHABLE, "pool %s, which the last backup of %s "
		    "is in, is not known any longer: say pool=NAME", last->pool_name,
		    request->name);
	return pool;
}

static bool
check_place(const struct cluster *cluster, const struct pool *pool, const struct vm *vm,
    int64_t now, GError **error)
{
	const struct pool_node *seat =
	    storage_seat(cluster, pool->h.index, vm->node, false, now);

	if (!storage_has_files(pool))
		return request_refuse(error, REQUEST_IMPOSSIBLE, "pool %s, of type %s, has no "
		    "files: backups go to pools of directories", pool->name, pool->type);
	return (seat != NULL && seat->h.sub == vm->node) ||
	    request_refuse(error, REQUEST_IMPOSSIBLE, "%s cannot be backed up to pool %s: its "
		"node %s has no such pool that runs", vm->name, pool->name, vm->node_name);
}

bool
op_check_backup(const struct cluster *cluster, const struct request *request, int64_t now,
    GError **error)
{
	const struct vm *vm = cluster_vm(cluster, request->object);
	const struct pool *pool = backup_pool(cluster, request, error);

	if (pool == NULL)
		return false;
	if ((request->flags & REQUEST_FULL_BACKUP) && (request->flags & REQUEST_INCREMENTAL))
		return request_refuse(error, REQUEST_BAD_VALUE,
		    "a backup is either full or incremental");
	return vm == NULL || (snapshot_check_quiet(cluster, vm, "its backup has", error) &&
	    check_place(cluster, pool, vm, now, error));
}

/* --- what is there */

uint32_t
backup_node(const struct cluster *cluster, const struct request *request, int64_t now,
    GError **error)
{
	const struct backup *backup = backup_of(cluster, request);
	const struct vm *vm = cluster_vm(cluster, backup->vm);
	const struct pool_node *seat = storage_seat(cluster, backup->pool,
	    vm == NULL ? 0 : vm->node, false, now);

	if (seat != NULL)
		return seat->h.sub;
	request_refuse(error, REQUEST_UNREACHABLE, "no node that answers has pool %s, where "
	    "backup %s is, running", backup->pool_name, backup->name);
	return 0;
}

static bool
check_whole(const struct backup *backup, GError **error)
{
	return backup->state == BACKUP_COMPLETE ||
	    request_refuse(error, REQUEST_IMPOSSIBLE, "of backup %s of %s nothing is there",
		backup->uuid, backup->vm_name);
}

bool
op_check_backup_verify(const struct cluster *cluster, const struct request *request,
    int64_t now, GError **error)
{
	const struct backup *backup = backup_of(cluster, request);

	return backup == NULL || check_whole(backup, error);
}

bool
op_check_backup_delete(const struct cluster *cluster, const struct request *request,
    int64_t now, GError **error)
{
	const struct backup *backup = backup_of(cluster, request), *other;

	if (backup != NULL && backup->state == BACKUP_RUNNING)
		return request_refuse(error, REQUEST_BUSY, "backup %s is being made",
		    backup->name);
	for (size_t at = 0; backup != NULL &&
	     (other = cluster_backup_of(cluster, backup->vm, &at)) != NULL;)
		if (other->state != BACKUP_FAILED && strcmp(other->base_uuid, backup->uuid) == 0)
			return request_refuse(error, REQUEST_IMPOSSIBLE, "backup %s cannot be "
			    "deleted: %s is upon it", backup->name, *other->name != '\0'
			    ? other->name : other->uuid);
	return true;
}

bool
op_check_backup_scan(const struct cluster *cluster, const struct request *request, int64_t now,
    GError **error)
{
	const struct pool *pool = rows_find(&cluster->rows[ROWS_POOL], request->object, 0);

	if (pool == NULL || storage_has_files(pool))
		return true;
	return request_refuse(error, REQUEST_IMPOSSIBLE, "pool %s, of type %s, has no files and "
	    "no backups", pool->name, pool->type);
}

/* A deletion gives up a checkpoint of the VM. */
uint32_t
backup_claim(const struct cluster *cluster, const struct request *request)
{
	const struct backup *backup = backup_of(cluster, request);

	return backup == NULL ? 0 : backup->vm;
}

uint32_t
backup_fills(const struct cluster *cluster, const struct request *request, uint32_t node)
{
	const struct pool *pool = backup_pool(cluster, request, NULL);

	return pool == NULL ? 0 : pool->h.index;
}
