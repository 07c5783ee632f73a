/* Restoring: may it be asked for, and where is it done.  Pure, on a cluster value. */
#include <string.h>

#include "model/find.h"
#include "model/value.h"
#include "vmops/restore.h"

bool
restore_is_of_disk(const struct request *request)
{
	return request->machine.drive[0] != '\0';
}

bool
restore_is_of_same(const struct request *request)
{
	return !restore_is_of_disk(request) && request->argument[0] == '\0';
}

uint32_t
restore_pool(const struct cluster *cluster, const struct request *request, GError **error)
{
	const struct backup *backup = backup_of(cluster, request);
	const struct pool *pool = request->machine.pool[0] == '\0' ? NULL
	    : find_row(cluster, ROWS_POOL, request->machine.pool, error);

	if (request->machine.pool[0] == '\0')
		return backup->pool;
	if (pool == NULL)
		return 0;
	if (storage_has_files(pool))
		return pool->h.index;
	request_refuse(error, REQUEST_IMPOSSIBLE, "pool %s, of type %s, has no files: what is "
	    "restored goes to a pool of directories", pool->name, pool->type);
	return 0;
}

/* --- where */

static bool
has_both(const struct cluster *cluster, uint32_t node, uint32_t a, uint32_t b, int64_t now)
{
	const struct pool_node *x = storage_seat(cluster, a, node, false, now);
	const struct pool_node *y = storage_seat(cluster, b, node, false, now);

	return x != NULL && x->h.sub == node && y != NULL && y->h.sub == node;
}

/* The one with the most memory free, of those that are in service. */
static const struct node *
best_node(const struct cluster *cluster, uint32_t a, uint32_t b, int64_t now)
{
	const struct rows *seats = &cluster->rows[ROWS_POOL_NODE];
	const struct node *best = NULL;
	const struct pool_node *seat;
	int64_t most = INT64_MIN;

	for (size_t at = 0; (seat = rows_of(seats, a, &at)) != NULL;) {
		const struct node *node = cluster_node(cluster, seat->h.sub);
		if (node == NULL || node->state != NODE_ONLINE ||
		    !has_both(cluster, node->h.index, a, b, now))
			continue;
		bool known = node->mem_total != ABSENT_U32 && node->mem_used != ABSENT_U32;
		int64_t room = known ? (int64_t)node->mem_total - node->mem_used : 0;
		if (best == NULL || room > most) {
			best = node;
			most = room;
		}
	}
	return best;
}

/* Of a VM that is there; 0: it is not. */
static bool
check_same(const struct cluster *cluster, const struct vm *vm, int64_t now, GError **error)
{
	const struct vm *half;

	for (size_t at = 0; (half = cluster_half(cluster, vm->h.index, &at)) != NULL;) {
		const struct node *node = cluster_node(cluster, half->node);
		if (node == NULL || node_is_stale(node, now))
			return request_refuse(error, REQUEST_UNREACHABLE, "node %s does not answer, "
			    "and %s may still run there: restore it under another name",
			    half->node_name, vm->name);
		if (half->state != VM_SHUT_OFF && half->state != VM_CRASHED)
			return request_refuse(error, REQUEST_IMPOSSIBLE, "%s is not shut off: power "
			    "it off first, or restore it under another name", vm->name);
		if (half->snapshots != ABSENT_U32 && half->snapshots > 0)
			return request_refuse(error, REQUEST_IMPOSSIBLE, "%s has snapshots, which "
			    "would be lost: delete them first, or restore it under another name",
			    vm->name);
		if (half->managed_save == 1)
			return request_refuse(error, REQUEST_IMPOSSIBLE, "%s is saved, to go on from "
			    "there: start it and shut it down first", vm->name);
	}
	return true;
}

uint32_t
restore_node(const struct cluster *cluster, const struct request *request, int64_t now,
    GError **error)
{
	const struct backup *backup = backup_of(cluster, request);
	const struct vm *vm =
	    restore_is_of_same(request) ? cluster_vm(cluster, backup->vm) : NULL;
	uint32_t pool = restore_pool(cluster, request, error);
	uint32_t wanted = vm != NULL ? vm->node : request->target;
	const struct node *node = cluster_node(cluster, wanted);

	if (pool == 0 || (vm != NULL && !check_same(cluster, vm, now, error)))
		return 0;
	if (wanted != 0 && has_both(cluster, wanted, backup->pool, pool, now))
		return wanted;
	if (wanted != 0) {
		request_refuse(error, REQUEST_UNREACHABLE, "node %s does not answer, or has not "
		    "both the pool of the backup, %s, and that of the new volumes running",
		    node == NULL ? "?" : node->name, backup->pool_name);
		return 0;
	}
	node = best_node(cluster, backup->pool, pool, now);
	if (node != NULL)
		return node->h.index;
	request_refuse(error, REQUEST_UNREACHABLE, "no node that answers and is in service has "
	    "both the pool of the backup, %s, and that of the new volumes running",
	    backup->pool_name);
	return 0;
}

/* --- may it be */

static bool
check_new_vm(const struct cluster *cluster, const struct request *request, GError **error)
{
	size_t at = 0;
	const struct vm *vm = restore_is_of_disk(request) ? NULL
	    : cluster_vm_called(cluster, request->argument, &at);

	if (!backup_is_plain(request->argument))
		return request_refuse(error, REQUEST_BAD_VALUE, "\"%s\" cannot be the name of what "
		    "is restored: letters, digits and . _ + - only, and none of . + - at the "
		    "beginning", request->argument);
	return vm == NULL || request_refuse(error, REQUEST_IMPOSSIBLE,
	    "there is a VM %s already, on node %s", vm->name, vm->node_name);
}

static bool
check_disk(const struct cluster *cluster, const struct backup *backup,
    const struct request *request, GError **error)
{
	g_auto(GStrv) targets = g_strsplit(backup->disks, " ", -1);

	if (!g_strv_contains((const char *const *)targets, request->machine.drive))
		return request_refuse(error, REQUEST_BAD_VALUE, "backup %s has no disk %s (it has "
		    "%s)", backup->name, request->machine.drive, backup->disks);
	if (request->flags & REQUEST_START)
		return request_refuse(error, REQUEST_BAD_VALUE, "a disk alone cannot be started");
	uint32_t pool = restore_pool(cluster, request, error);
	if (pool == 0 || request->argument[0] == '\0' ||
	    cluster_volume_called(cluster, pool, request->argument) == NULL)
		return pool != 0;
	return request_refuse(error, REQUEST_IMPOSSIBLE, "there is a volume %s already",
	    request->argument);
}

bool
op_check_restore(const struct cluster *cluster, const struct request *request, int64_t now,
    GError **error)
{
	const struct backup *backup = backup_of(cluster, request);

	if (backup == NULL)
		return true;
	if (backup->state != BACKUP_COMPLETE)
		return request_refuse(error, REQUEST_IMPOSSIBLE, "of backup %s of %s nothing is "
		    "there", backup->uuid, backup->vm_name);
	if (restore_is_of_disk(request) && !check_disk(cluster, backup, request, error))
		return false;
	return request->argument[0] == '\0' || check_new_vm(cluster, request, error);
}

/* The VM that is taken back to what it was. */
uint32_t
restore_claim(const struct cluster *cluster, const struct request *request)
{
	const struct backup *backup = backup_of(cluster, request);

	return backup == NULL || !restore_is_of_same(request) ? 0 : backup->vm;
}

uint32_t
restore_fills(const struct cluster *cluster, const struct request *request, uint32_t node)
{
	return backup_of(cluster, request) == NULL ? 0 : restore_pool(cluster, request, NULL);
}
