/* Exports: what can refuse one, and which node serves it.  Pure. */
#include <string.h>

#include "model/value.h"
#include "vmops/export.h"

/* --- for those who change a volume */

static bool
refuse_served(const struct volume *volume, const struct export_info *export, const char *what,
    GError **error)
{
	return request_refuse(error, REQUEST_IMPOSSIBLE, "volume %s cannot be %s: node %s serves it "
	    "to others as %s; \"volume-unexport\" ends that", volume->name, what,
	    export->node_name, export->uri);
}

bool
export_check_unserved(const struct cluster *cluster, const struct volume *volume,
    const char *what, GError **error)
{
	const struct export_info *export = cluster_volume_export(cluster, volume);

	return export == NULL || refuse_served(volume, export, what, error);
}

bool
export_check_unwritten(const struct cluster *cluster, const struct volume *volume,
    const char *what, GError **error)
{
	const struct rows *rows = &cluster->rows[ROWS_EXPORT];
	const struct export_info *export;

	for (size_t at = 0; (export = rows_of(rows, volume->h.index, &at)) != NULL;)
		if (export->read_only != 1)
			return refuse_served(volume, export, what, error);
	return true;
}

/* --- which node */

static uint32_t
node_to_serve(const struct cluster *cluster, const struct volume *volume, uint32_t target,
    int64_t now, GError **error)
{
	const struct pool_node *seat = storage_seat(cluster, volume->pool,
	    target != 0 ? target : volume->node, false, now);
	const struct node *node = cluster_node(cluster, target);

	if (seat != NULL && (target == 0 || seat->h.sub == target))
		return seat->h.sub;
	if (target != 0)
		request_refuse(error, REQUEST_UNREACHABLE,
		    "node %s does not answer, or has no pool %s that runs",
		    node == NULL ? "?" : node->name, volume->pool_name);
	else
		request_refuse(error, REQUEST_UNREACHABLE,
		    "no node that answers has pool %s running", volume->pool_name);
	return 0;
}

static uint32_t
node_that_serves(const struct cluster *cluster, const struct volume *volume, uint32_t target,
    GError **error)
{
	const struct rows *rows = &cluster->rows[ROWS_EXPORT];
	const struct export_info *first = NULL, *second = NULL, *export;

	for (size_t at = 0; (export = rows_of(rows, volume->h.index, &at)) != NULL;) {
		if (target != 0 && export->h.sub != target)
			continue;
		second = first;
		first = export;
	}
	if (first == NULL)
		request_refuse(error, REQUEST_IMPOSSIBLE, "volume %s is not served to others%s",
		    volume->name, target != 0 ? " by that node" : "");
	else if (second != NULL)
		request_refuse(error, REQUEST_BAD_VALUE,
		    "volume %s is served by %s and %s: say which", volume->name,
		    second->node_name, first->node_name);
	return first == NULL || second != NULL ? 0 : first->h.sub;
}

uint32_t
export_node(const struct cluster *cluster, const struct request *request, int64_t now,
    GError **error)
{
	const struct volume *volume =
	    rows_find(&cluster->rows[ROWS_VOLUME], request->object, 0);

	if (request->type == JOB_VOLUME_UNEXPORT)
		return node_that_serves(cluster, volume, request->target, error);
	return node_to_serve(cluster, volume, request->target, now, error);
}

/* --- one that is to begin */

/* Of those that serve it already, on whatever node. */
static bool
check_others(const struct cluster *cluster, const struct request *request,
    const struct volume *volume, uint32_t node, GError **error)
{
	const struct rows *rows = &cluster->rows[ROWS_EXPORT];
	int32_t read_only = (request->flags & REQUEST_READ_ONLY) != 0;
	const struct export_info *export;

	for (size_t at = 0; (export = rows_of(rows, volume->h.index, &at)) != NULL;) {
		if (export->h.sub != node && export->read_only == 1 && read_only)
			continue;
		if (export->state != EXPORT_ENDED || export->h.sub != node)
			return request_refuse(error, REQUEST_IMPOSSIBLE,
			    "volume %s is served by node %s already, as %s", volume->name,
			    export->node_name, export->uri);
		if (export->read_only != read_only)
			return request_refuse(error, REQUEST_IMPOSSIBLE, "volume %s was served by "
			    "node %s %s: \"volume-unexport\" first", volume->name,
			    export->node_name,
			    export->read_only == 1 ? "read-only" : "for writing");
	}
	return true;
}

static bool
check_kind(const struct volume *volume, GError **error)
{
	if (volume->type == VOLUME_FILE || volume->type == VOLUME_BLOCK)
		return true;
	return request_refuse(error, REQUEST_IMPOSSIBLE,
	    "volume %s cannot be served: it is neither a file nor a block device", volume->name);
}

/* Whoever has it as a disk would see it change, or change it under those who read it. */
static bool
check_user(const struct cluster *cluster, const struct volume *volume, GError **error)
{
	const struct disk *disk = cluster_volume_disk(cluster, volume);
	const struct vm *vm = storage_vm(cluster, volume);

	if (vm == NULL || cluster_volume_export(cluster, volume) != NULL)
		return true; /* a client of it */
	return request_refuse(error, REQUEST_IMPOSSIBLE,
	    "volume %s cannot be served: VM %s has it as %s", volume->name, vm->name,
	    disk->target);
}

static bool
check_above(const struct cluster *cluster, const struct volume *volume, GError **error)
{
	const struct volume *overlay = cluster_volume_overlay(cluster, volume);
	const struct disk *reader = cluster_volume_reader(cluster, volume);

	if (overlay == NULL && reader == NULL)
		return true;
	return request_refuse(error, REQUEST_IMPOSSIBLE, "volume %s can be served read-only at most: "
	    "%s %s is on top of it", volume->name, overlay != NULL ? "image" : "disk",
	    overlay != NULL ? overlay->name : reader->name);
}

bool
op_check_volume_export(const struct cluster *cluster, const struct request *request,
    int64_t now, GError **error)
{
	const struct volume *volume =
	    rows_find(&cluster->rows[ROWS_VOLUME], request->object, 0);
	uint32_t node = volume == NULL ? 0 : export_node(cluster, request, now, error);

	if (volume == NULL)
		return true;
	return node != 0 && check_kind(volume, error) &&
	    check_others(cluster, request, volume, node, error) &&
	    check_user(cluster, volume, error) &&
	    ((request->flags & REQUEST_READ_ONLY) || check_above(cluster, volume, error));
}

/* --- one that is to end */

bool
op_check_volume_unexport(const struct cluster *cluster, const struct request *request,
    int64_t now, GError **error)
{
	const struct volume *volume =
	    rows_find(&cluster->rows[ROWS_VOLUME], request->object, 0);
	uint32_t node = volume == NULL ? 0 : export_node(cluster, request, now, error);
	const struct export_info *export =
	    rows_find(&cluster->rows[ROWS_EXPORT], request->object, node);
	const struct vm *vm = volume == NULL ? NULL : storage_vm(cluster, volume);

	if (volume == NULL)
		return true;
	if (export == NULL)
		return false;
	if (export->state == EXPORT_UNKNOWN)
		return request_refuse(error, REQUEST_UNREACHABLE,
		    "node %s does not tell what it serves: %s", export->node_name,
		    export->reason);
	if ((request->flags & REQUEST_DISCONNECT) || export->clients == 0)
		return true;
	return request_refuse(error, REQUEST_IMPOSSIBLE, "volume %s cannot be taken from its %u "
	    "client%s%s%s; with \"disconnect\" it is", volume->name, export->clients,
	    export->clients == 1 ? "" : "s", vm == NULL ? "" : ", among them VM ",
	    vm == NULL ? "" : vm->name);
}
