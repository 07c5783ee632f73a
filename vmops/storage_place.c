/* Pools and volumes: where an operation is done, and where a volume shall go.  Pure. */
#include <string.h>

#include "model/find.h"
#include "vmops/export.h"

static bool
is_usable(const struct cluster *cluster, const struct pool_node *seat, bool any_state,
    int64_t now)
{
	const struct node *node = cluster_node(cluster, seat->h.sub);

	return node != NULL && !node_is_stale(node, now) &&
	    (any_state || seat->state == POOL_RUNNING);
}

const struct pool_node *
storage_seat(const struct cluster *cluster, uint32_t pool, uint32_t prefer, bool any_state,
    int64_t now)
{
	const struct rows *rows = &cluster->rows[ROWS_POOL_NODE];
	const struct pool_node *best = NULL, *seat;

	for (size_t at = 0; (seat = rows_of(rows, pool, &at)) != NULL;)
		if (is_usable(cluster, seat, any_state, now) &&
		    (best == NULL || seat->h.sub == prefer))
			best = seat;
	return best;
}

bool
storage_type_has_files(const char *type)
{
	static const char *const types[] = { "dir", "fs", "netfs", NULL };

	return type != NULL && g_strv_contains(types, type);
}

bool
storage_has_files(const struct pool *pool)
{
	return storage_type_has_files(pool->type);
}

/*
 * The names that we give are plain: they become names of files, and words of command lines.
 * (What is there already may be called otherwise.)
 */
static bool
check_name(const char *name, GError **error)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				    "0123456789._+-";

	if (*name != '\0' && strchr(".+-", *name) == NULL && name[strspn(name, plain)] == '\0')
		return true;
	return request_refuse(error, REQUEST_BAD_VALUE, "\"%s\" cannot be a volume's name: letters, "
	    "digits and . _ + - only, and none of . + - at the beginning", name);
}

/* "POOL" and "NAME" of "POOL/NAME"; without a slash both are what they were. */
static const char *
split_place(const char *argument, char room[256], const struct pool **pool,
    const struct cluster *cluster, GError **error)
{
	const char *slash = strrchr(argument, '/');

	if (slash == NULL)
		return argument;
	g_strlcpy(room, argument, 256);
	room[slash - argument] = '\0';
	*pool = find_row(cluster, ROWS_POOL, room, error);
	return *pool == NULL ? NULL : slash + 1;
}

bool
storage_place(const struct cluster *cluster, const struct request *request, char room[256],
    struct volume_place *out, GError **error)
{
	const struct volume *volume = request->kind != OBJECT_VOLUME ? NULL
	    : rows_find(&cluster->rows[ROWS_VOLUME], request->object, 0);

	room[0] = '\0';
	if (request->type == JOB_VOLUME_MOVE) {
		out->name = request->name[0] != '\0' || volume == NULL ? request->name
								      : volume->name;
		out->pool = find_row(cluster, ROWS_POOL, request->argument, error);
		return out->pool != NULL;
	}
	out->pool = rows_find(&cluster->rows[ROWS_POOL],
	    volume != NULL ? volume->pool : request->object, 0);
	out->name = request->kind == OBJECT_POOL ? request->argument
	    : split_place(request->argument, room, &out->pool, cluster, error);
	if (out->name == NULL)
		return false;
	if (out->pool == NULL)
		return request_refuse(error, REQUEST_NO_OBJECT, "its pool is not known any longer");
	return check_name(out->name, error);
}

const struct vm *
storage_vm(const struct cluster *cluster, const struct volume *volume)
{
	const struct disk *disk = cluster_volume_disk(cluster, volume);

	return disk == NULL ? NULL : cluster_vm(cluster, disk->h.index);
}

uint32_t
storage_claim(const struct cluster *cluster, const struct request *request)
{
	const struct volume *volume =
	    rows_find(&cluster->rows[ROWS_VOLUME], request->object, 0);
	const struct vm *vm = volume == NULL ? NULL : storage_vm(cluster, volume);

	return vm == NULL ? 0 : vm->h.index;
}

/* Its own one where the job writes into the volume itself. */
uint32_t
storage_fills(const struct cluster *cluster, const struct request *request, uint32_t node)
{
	const struct volume *volume = request->kind != OBJECT_VOLUME ? NULL
	    : rows_find(&cluster->rows[ROWS_VOLUME], request->object, 0);
	struct volume_place place;
	char room[256];

	if (request->type == JOB_VOLUME_WIPE)
		return volume == NULL ? 0 : volume->pool;
	return storage_place(cluster, request, room, &place, NULL) ? place.pool->h.index : 0;
}

const struct pool_node *
storage_seat_of_both(const struct cluster *cluster, uint32_t a, uint32_t b, int64_t now)
{
	const struct rows *rows = &cluster->rows[ROWS_POOL_NODE];
	const struct pool_node *x;

	for (size_t at = 0; (x = rows_of(rows, a, &at)) != NULL;) {
		const struct pool_node *y = rows_find(rows, b, x->h.sub);
		if (y != NULL && is_usable(cluster, x, false, now) &&
		    is_usable(cluster, y, false, now))
			return x;
	}
	return NULL;
}

/* For what goes to another pool. */
static const struct pool_node *
common_seat(const struct cluster *cluster, const struct request *request,
    const struct volume *volume, int64_t now)
{
	struct volume_place place;
	char room[256];

	if ((request->type != JOB_VOLUME_MOVE && request->type != JOB_VOLUME_CLONE) ||
	    !storage_place(cluster, request, room, &place, NULL))
		return NULL;
	return storage_seat_of_both(cluster, volume->pool, place.pool->h.index, now);
}

uint32_t
storage_volume_node(const struct cluster *cluster, const struct request *request, int64_t now,
    GError **error)
{
	const struct volume *volume =
	    rows_find(&cluster->rows[ROWS_VOLUME], request->object, 0);
	const struct vm *vm = storage_vm(cluster, volume);
	const struct pool_node *seat = vm == NULL ? NULL
	    : storage_seat(cluster, volume->pool, vm->node, false, now);

	if (request->type == JOB_VOLUME_EXPORT || request->type == JOB_VOLUME_UNEXPORT)
		return export_node(cluster, request, now, error);
	if ((seat == NULL || seat->h.sub != vm->node) &&
	    cluster_volume_export(cluster, volume) != NULL)
		vm = NULL; /* by the network */
	if (vm != NULL && seat != NULL && seat->h.sub == vm->node)
		return vm->node;
	if (vm == NULL)
		seat = common_seat(cluster, request, volume, now);
	if (seat == NULL)
		seat = storage_seat(cluster, volume->pool, volume->node, false, now);
	if (seat != NULL && (vm == NULL || !vm_is_active(vm)))
		return seat->h.sub;
	if (vm != NULL && vm_is_active(vm))
		request_refuse(error, REQUEST_UNREACHABLE, "%s uses volume %s, and its node %s does not "
		    "answer or has pool %s not running", vm->name, volume->name, vm->node_name,
		    volume->pool_name);
	else
		request_refuse(error, REQUEST_UNREACHABLE,
		    "no node that answers has pool %s running", volume->pool_name);
	return 0;
}
