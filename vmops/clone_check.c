/* Clones: may it be asked for, and where do the disks go.  Pure, on a cluster value. */
#include <string.h>

#include "model/value.h"
#include "vmops/clone.h"
#include "vmops/create.h"
#include "vmops/placer.h"
#include "vmops/snapshot.h"

uint32_t
clone_target(const struct vm *vm, const struct request *request)
{
	return request->target != 0 ? request->target : vm->node;
}

/* --- where the disks go */

static const struct disk *
find_disk(const struct cluster *cluster, uint32_t vm, const char *target)
{
	const struct disk *disk;

	for (size_t at = 0; (disk = rows_of(&cluster->rows[ROWS_DISK], vm, &at)) != NULL;)
		if (g_strcmp0(disk->target, target) == 0)
			return disk;
	return NULL;
}

/* The pool that was asked for; else the disk's own, or its namesake on the other node. */
static const struct pool_node *
find_seat(const struct cluster *cluster, const struct volume *volume, const char *name,
    uint32_t node)
{
	const struct rows *seats = &cluster->rows[ROWS_POOL_NODE];
	const struct pool_node *own = rows_find(seats, volume->pool, node);

	if (*name == '\0' && own != NULL && own->state == POOL_RUNNING)
		return own;
	if (*name == '\0')
		name = volume->pool_name;
	for (size_t i = 0; i < seats->n; i++) {
		const struct pool_node *seat = seats->row[i];
		if (seat->h.sub == node && seat->state == POOL_RUNNING &&
		    g_strcmp0(seat->pool_name, name) == 0)
			return seat;
	}
	return NULL;
}

static bool
has_files(const struct cluster *cluster, uint32_t pool)
{
	const struct pool *row = rows_find(&cluster->rows[ROWS_POOL], pool, 0);

	return row != NULL && storage_has_files(row);
}

/* Between hosts octets are copied as they are: they must be whole, and mean the same. */
static void
choose_way(const struct cluster *cluster, const struct vm *vm, bool linked,
    struct clone_route *r)
{
	bool from_files = has_files(cluster, r->from->h.index);
	bool to_files = has_files(cluster, r->to->h.index);
	bool qcow2 = g_strcmp0(r->volume->format, "qcow2") == 0;
	bool layered = r->volume->backing != NULL && *r->volume->backing != '\0';

	r->far = rows_find(&cluster->rows[ROWS_POOL_NODE], r->to->h.index, r->from->h.sub) == NULL;
	if (!to_files)
		r->format = NULL;
	else
		r->format = qcow2 && (from_files || !r->far) ? "qcow2" : "raw";
	bool as_is = !vm_is_active(vm) && !layered && (qcow2 ? r->format != NULL &&
	    strcmp(r->format, "qcow2") == 0 : g_strcmp0(r->volume->format, "raw") == 0 ||
	    !from_files);
	r->via = r->far && !as_is;
	r->linked = linked && !vm_is_active(vm) && layered && qcow2 && to_files &&
	    r->to->h.index == r->volume->pool && !r->far;
}

bool
clone_plan(const struct cluster *cluster, const struct request *request, const char *target,
    struct clone_route *out, GError **error)
{
	const struct vm *vm = cluster_vm(cluster, request->object);
	const struct disk *disk = vm == NULL ? NULL : find_disk(cluster, vm->h.index, target);
	const struct volume *volume = disk == NULL ? NULL : cluster_disk_volume(cluster, disk);
	uint32_t node = vm == NULL ? 0 : clone_target(vm, request);
	const struct node *there = cluster_node(cluster, node);

	*out = (struct clone_route){ .disk = disk, .volume = volume };
	if (disk == NULL)
		return request_refuse(error, REQUEST_NO_OBJECT, "%s has no disk %s as far as is known",
		    request->name, target);
	if (volume == NULL)
		return request_refuse(error, REQUEST_IMPOSSIBLE,
		    "%s cannot be cloned: its disk %s (%s) is in no pool", vm->name, target,
		    disk->source);
	out->from = rows_find(&cluster->rows[ROWS_POOL_NODE], volume->pool, vm->node);
	if (out->from == NULL || out->from->state != POOL_RUNNING)
		return request_refuse(error, REQUEST_UNREACHABLE, "%s cannot be cloned: node %s has "
		    "not pool %s running", vm->name, vm->node_name, volume->pool_name);
	out->to = find_seat(cluster, volume, request->machine.pool, node);
	if (out->to == NULL)
		return request_refuse(error, REQUEST_IMPOSSIBLE, "%s cannot be cloned: node %s has "
		    "no pool %s running", vm->name, there == NULL ? "?" : there->name,
		    *request->machine.pool != '\0' ? request->machine.pool : volume->pool_name);
	choose_way(cluster, vm, request->flags & REQUEST_LINKED, out);
	return true;
}

/* --- may it be */

static bool
check_node(const struct cluster *cluster, const struct vm *vm, const struct request *request,
    int64_t now, GError **error)
{
	const struct node *node = cluster_node(cluster, clone_target(vm, request));

	if (node == NULL)
		return request_refuse(error, REQUEST_NO_OBJECT, "there is no node %u for %s",
		    request->target, request->argument);
	if (node_is_stale(node, now))
		return request_refuse(error, REQUEST_UNREACHABLE, "%s cannot be made on %s: that "
		    "node does not answer", request->argument, node->name);
	return node->state != NODE_MAINTENANCE ||
	    request_refuse(error, REQUEST_IMPOSSIBLE, "%s cannot be made on %s: that node is in "
		"maintenance", request->argument, node->name);
}

/* Whatever lies below a disk that is written to is read by both, and written by nobody. */
static bool
check_linked(const struct vm *vm, const struct request *request, GError **error)
{
	return !(request->flags & REQUEST_LINKED) || !vm_is_active(vm) ||
	    request_refuse(error, REQUEST_IMPOSSIBLE,
		"%s runs: a linked clone is made of a VM that is off", vm->name);
}

static bool
check_bandwidth(const struct vm *vm, const struct request *request, GError **error)
{
	return request->bandwidth == 0 || vm_is_active(vm) ||
	    request_refuse(error, REQUEST_IMPOSSIBLE, "%s is off: only the copy of a VM that runs "
		"can be slowed down", vm->name);
}

/* Only what is to be started takes memory. */
static bool
check_memory(const struct cluster *cluster, const struct vm *vm, const struct request *request,
    int64_t now, GError **error)
{
	struct placer_machine machine = {
		.name = request->argument, .memory = vm->mem_max, .vcpus = vm->vcpus,
	};
	g_autoptr(GString) why = g_string_new(NULL);

	if (!(request->flags & REQUEST_START) || vm->mem_max == ABSENT_U32)
		return true;
	SCOPED(placer) p = placer_new(cluster, now, 0);
	return placer_choose_new(p, &machine, clone_target(vm, request), why) != 0 ||
	    request_refuse(error, REQUEST_IMPOSSIBLE, "%s cannot be started: %s",
		request->argument, why->str);
}

/* What all disks need in the pools that they go to. */
static bool
check_disks(const struct cluster *cluster, const struct vm *vm, const struct request *request,
    GError **error)
{
	g_autoptr(GHashTable) needs = g_hash_table_new_full(NULL, NULL, NULL, g_free);
	const struct disk *disk;

	for (size_t at = 0;
	     (disk = rows_of(&cluster->rows[ROWS_DISK], vm->h.index, &at)) != NULL;) {
		struct clone_route route;
		if (disk->device != DISK_DEVICE_DISK || disk->read_only == 1)
			continue;
		if (!clone_plan(cluster, request, disk->target, &route, error))
			return false;
		uint64_t *need = g_hash_table_lookup(needs, route.to);
		if (need == NULL) {
			need = g_new0(uint64_t, 1);
			g_hash_table_insert(needs, (gpointer)route.to, need);
		}
		*need += route.volume->allocation == ABSENT_U64 ? 0 : route.volume->allocation;
		if (route.to->available != ABSENT_U64 && *need > route.to->available)
			return request_refuse(error, REQUEST_IMPOSSIBLE, "pool %s on %s has %"
			    G_GUINT64_FORMAT " MiB left, and %" G_GUINT64_FORMAT
			    " MiB are needed", route.to->pool_name, route.to->node_name,
			    route.to->available / STORAGE_MIB,
			    (*need + STORAGE_MIB - 1) / STORAGE_MIB);
	}
	return true;
}

/* That of its first disk. */
uint32_t
clone_fills(const struct cluster *cluster, const struct request *request, uint32_t node)
{
	const struct vm *vm = cluster_vm(cluster, request->object);
	const struct disk *disk;

	for (size_t at = 0; vm != NULL &&
	     (disk = rows_of(&cluster->rows[ROWS_DISK], vm->h.index, &at)) != NULL;) {
		struct clone_route route;
		if (disk->device == DISK_DEVICE_DISK && disk->read_only != 1)
			return clone_plan(cluster, request, disk->target, &route, NULL)
			    ? route.to->h.index : 0;
	}
	return 0;
}

bool
clone_check(const struct cluster *cluster, const struct request *request, int64_t now,
    GError **error)
{
	const struct vm *vm = cluster_vm(cluster, request->object);

	return vm == NULL || (op_check_persistent(cluster, request, now, error) &&
		snapshot_check_quiet(cluster, vm, "its clone has", error) &&
		check_node(cluster, vm, request, now, error) &&
		check_linked(vm, request, error) && check_bandwidth(vm, request, error) &&
		check_disks(cluster, vm, request, error) &&
		check_memory(cluster, vm, request, now, error));
}

bool
op_check_clone(const struct cluster *cluster, const struct request *request, int64_t now,
    GError **error)
{
	return create_check_name(cluster, request->argument, NULL, error) &&
	    clone_check(cluster, request, now, error);
}
