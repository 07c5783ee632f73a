/* Pools and volumes: what can refuse an operation, and where it is done.  Pure. */
#include <string.h>

#include "model/find.h"
#include "model/value.h"
#include "vmops/storage.h"

static bool refuse(GError **error, enum request_error code, const char *format, ...)
    G_GNUC_PRINTF(3, 4);

static bool
refuse(GError **error, enum request_error code, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	g_autofree char *sentence = g_strdup_vprintf(format, args);
	va_end(args);
	g_set_error_literal(error, REQUEST_ERROR, (gint)code, sentence);
	return false;
}

/* --- where */

const struct pool_node *
storage_seat(const struct cluster *cluster, uint32_t pool, uint32_t prefer, bool any_state,
    int64_t now)
{
	const struct rows *rows = &cluster->rows[ROWS_POOL_NODE];
	const struct pool_node *best = NULL;

	for (size_t i = 0; i < rows->n; i++) {
		const struct pool_node *seat = rows->row[i];
		const struct node *node = cluster_node(cluster, seat->h.sub);
		bool fits = seat->h.index == pool && node != NULL &&
		    !node_is_stale(node, now) && (any_state || seat->state == POOL_RUNNING);
		if (fits && (best == NULL || seat->h.sub == prefer))
			best = seat;
	}
	return best;
}

bool
storage_has_files(const struct pool *pool)
{
	static const char *const types[] = { "dir", "fs", "netfs", NULL };

	return pool->type != NULL && g_strv_contains(types, pool->type);
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
	return refuse(error, REQUEST_BAD_VALUE, "\"%s\" cannot be a volume's name: letters, "
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
	out->name = request->type == JOB_VOLUME_CREATE ? request->argument
	    : split_place(request->argument, room, &out->pool, cluster, error);
	if (out->name == NULL)
		return false;
	if (out->pool == NULL)
		return refuse(error, REQUEST_NO_OBJECT, "its pool is not known any longer");
	return check_name(out->name, error);
}

const struct volume *
storage_volume(const struct cluster *cluster, uint32_t pool, const char *name)
{
	const struct rows *rows = &cluster->rows[ROWS_VOLUME];

	for (size_t i = 0; i < rows->n; i++) {
		const struct volume *volume = rows->row[i];
		if (volume->pool == pool && g_strcmp0(volume->name, name) == 0)
			return volume;
	}
	return NULL;
}

/* The VM whose disk is that volume, or NULL. */
static const struct vm *
user_of(const struct cluster *cluster, const struct volume *volume)
{
	const struct disk *disk = cluster_volume_disk(cluster, volume);

	return disk == NULL ? NULL : cluster_vm(cluster, disk->h.index);
}

uint32_t
storage_claim(const struct cluster *cluster, const struct request *request)
{
	const struct volume *volume =
	    rows_find(&cluster->rows[ROWS_VOLUME], request->object, 0);
	const struct vm *vm = volume == NULL ? NULL : user_of(cluster, volume);

	return vm == NULL ? 0 : vm->h.index;
}

/* Pool `a` on a node where `b` is running as well; NULL: there is none. */
static const struct pool_node *
seat_of_both(const struct cluster *cluster, uint32_t a, uint32_t b, int64_t now)
{
	const struct rows *nodes = &cluster->rows[ROWS_NODE];

	for (size_t i = 0; i < nodes->n; i++) {
		uint32_t node = ((const struct row_head *)nodes->row[i])->index;
		const struct pool_node *x = storage_seat(cluster, a, node, false, now);
		const struct pool_node *y = storage_seat(cluster, b, node, false, now);
		if (x != NULL && y != NULL && x->h.sub == node && y->h.sub == node)
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
	return seat_of_both(cluster, volume->pool, place.pool->h.index, now);
}

uint32_t
storage_volume_node(const struct cluster *cluster, const struct request *request, int64_t now,
    GError **error)
{
	const struct volume *volume =
	    rows_find(&cluster->rows[ROWS_VOLUME], request->object, 0);
	const struct vm *vm = user_of(cluster, volume);
	const struct pool_node *seat = vm == NULL ? NULL
	    : storage_seat(cluster, volume->pool, vm->node, false, now);

	if (seat != NULL && seat->h.sub == vm->node)
		return vm->node;
	if (vm == NULL)
		seat = common_seat(cluster, request, volume, now);
	if (seat == NULL)
		seat = storage_seat(cluster, volume->pool, volume->node, false, now);
	if (seat != NULL && (vm == NULL || !vm_is_active(vm)))
		return seat->h.sub;
	if (vm != NULL && vm_is_active(vm))
		refuse(error, REQUEST_UNREACHABLE, "%s uses volume %s, and its node %s does not "
		    "answer or has pool %s not running", vm->name, volume->name, vm->node_name,
		    volume->pool_name);
	else
		refuse(error, REQUEST_UNREACHABLE,
		    "no node that answers has pool %s running", volume->pool_name);
	return 0;
}

/* --- who is in the way */

/* Not to be taken away, changed from outside or copied while it is written to. */
static bool
check_user(const struct cluster *cluster, const struct volume *volume, const char *what,
    GError **error)
{
	const struct vm *vm = user_of(cluster, volume);
	const struct disk *disk = cluster_volume_disk(cluster, volume);

	if (vm == NULL)
		return true;
	return refuse(error, REQUEST_IMPOSSIBLE, "volume %s cannot be %s: VM %s has it as %s",
	    volume->name, what, vm->name, disk->target);
}

static bool
check_above(const struct cluster *cluster, const struct volume *volume, const char *what,
    GError **error)
{
	const struct volume *overlay = cluster_volume_overlay(cluster, volume);
	const struct disk *reader = cluster_volume_reader(cluster, volume);

	if (overlay != NULL)
		return refuse(error, REQUEST_IMPOSSIBLE,
		    "volume %s cannot be %s: image %s is on top of it", volume->name, what,
		    overlay->name);
	if (reader != NULL)
		return refuse(error, REQUEST_IMPOSSIBLE,
		    "volume %s cannot be %s: disk %s is on top of it", volume->name, what,
		    reader->name);
	return true;
}

static bool
check_free_name(const struct cluster *cluster, const struct volume_place *place,
    GError **error)
{
	if (storage_volume(cluster, place->pool->h.index, place->name) == NULL)
		return true;
	return refuse(error, REQUEST_IMPOSSIBLE, "pool %s has a volume %s already",
	    place->pool->name, place->name);
}

static bool
check_room(const struct pool *pool, uint64_t octets, GError **error)
{
	if (pool->available == ABSENT_U64 || octets == ABSENT_U64 || octets <= pool->available)
		return true;
	return refuse(error, REQUEST_IMPOSSIBLE, "pool %s has %" G_GUINT64_FORMAT
	    " MiB left, and %" G_GUINT64_FORMAT " MiB are needed", pool->name,
	    pool->available / STORAGE_MIB, (octets + STORAGE_MIB - 1) / STORAGE_MIB);
}

static bool
check_pool_runs(const struct cluster *cluster, const struct pool *pool, int64_t now,
    GError **error)
{
	if (storage_seat(cluster, pool->h.index, 0, false, now) != NULL)
		return true;
	return refuse(error, REQUEST_UNREACHABLE, "no node that answers has pool %s running",
	    pool->name);
}

/* --- pools */

bool
op_check_pool_start(const struct cluster *cluster, const struct request *request, int64_t now,
    GError **error)
{
	const struct rows *rows = &cluster->rows[ROWS_POOL_NODE];

	for (size_t i = 0; i < rows->n; i++) {
		const struct pool_node *seat = rows->row[i];
		if (seat->h.index == request->object && seat->state == POOL_INACTIVE)
			return true;
	}
	return refuse(error, REQUEST_IMPOSSIBLE, "pool %s is not inactive on any node",
	    request->name);
}

bool
op_check_pool_stop(const struct cluster *cluster, const struct request *request, int64_t now,
    GError **error)
{
	const struct rows *rows = &cluster->rows[ROWS_VOLUME];
	const struct pool *pool = rows_find(&cluster->rows[ROWS_POOL], request->object, 0);

	if (storage_seat(cluster, request->object, 0, false, now) == NULL)
		return refuse(error, REQUEST_IMPOSSIBLE, "pool %s is not running on any node",
		    pool->name);
	for (size_t i = 0; i < rows->n; i++) {
		const struct volume *volume = rows->row[i];
		const struct vm *vm =
		    volume->pool == request->object ? user_of(cluster, volume) : NULL;
		if (vm != NULL && vm_is_active(vm))
			return refuse(error, REQUEST_IMPOSSIBLE,
			    "pool %s cannot be stopped: VM %s runs with its volume %s",
			    pool->name, vm->name, volume->name);
	}
	return true;
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
		return refuse(error, REQUEST_BAD_VALUE, "a volume has at least 1 MiB");
	return !(request->flags & REQUEST_WHOLE) ||
	    check_room(place.pool, request->amount * STORAGE_MIB, error);
}

bool
op_check_volume_unused(const struct cluster *cluster, const struct request *request,
    int64_t now, GError **error)
{
	const struct volume *volume =
	    rows_find(&cluster->rows[ROWS_VOLUME], request->object, 0);
	const char *what = request->type == JOB_VOLUME_WIPE ? "wiped" : "deleted";

	return volume == NULL || (check_user(cluster, volume, what, error) &&
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
	if (!check_above(cluster, volume, "resized", error))
		return false;
	if (volume->capacity == ABSENT_U64 || wanted > volume->capacity)
		return true;
	uint64_t now_mib = volume->capacity / STORAGE_MIB;
	if (wanted == volume->capacity)
		return refuse(error, REQUEST_IMPOSSIBLE, "volume %s has %" G_GUINT64_FORMAT
		    " MiB already", volume->name, now_mib);
	return refuse(error, REQUEST_BAD_VALUE, "volume %s has %" G_GUINT64_FORMAT
	    " MiB: shrinking it to %u MiB would cut off data", volume->name, now_mib,
	    request->amount);
}

/* Linked: what lies below must never change again. */
static bool
check_linked(const struct cluster *cluster, const struct volume *volume,
    const struct volume_place *place, int64_t now, GError **error)
{
	if (!check_user(cluster, volume, "the base of a linked clone", error))
		return false;
	if (!storage_has_files(place->pool))
		return refuse(error, REQUEST_IMPOSSIBLE, "pool %s, of type %s, has no images "
		    "that are on top of others", place->pool->name, place->pool->type);
	if (seat_of_both(cluster, volume->pool, place->pool->h.index, now) == NULL)
		return refuse(error, REQUEST_IMPOSSIBLE, "no node has both pool %s and pool %s",
		    volume->pool_name, place->pool->name);
	return true;
}

/* Between hosts octets are copied as they are. */
static bool
check_far(const struct cluster *cluster, const struct volume *volume,
    const struct volume_place *place, int64_t now, GError **error)
{
	const struct pool *pool = rows_find(&cluster->rows[ROWS_POOL], volume->pool, 0);

	if (seat_of_both(cluster, volume->pool, place->pool->h.index, now) != NULL)
		return true;
	if (volume->backing != NULL && *volume->backing != '\0')
		return refuse(error, REQUEST_IMPOSSIBLE, "volume %s is on top of image %s, and "
		    "no node has both pool %s and pool %s", volume->name, volume->backing,
		    volume->pool_name, place->pool->name);
	if (storage_has_files(place->pool) && pool != NULL && storage_has_files(pool))
		return true;
	return g_strcmp0(volume->format, "raw") == 0 || volume->format == NULL ||
	    *volume->format == '\0' ||
	    refuse(error, REQUEST_IMPOSSIBLE, "volume %s, of format %s, cannot be copied to "
		"pool %s, of type %s, on another node", volume->name, volume->format,
		place->pool->name, place->pool->type);
}

bool
op_check_volume_clone(const struct cluster *cluster, const struct request *request,
    int64_t now, GError **error)
{
	const struct volume *volume =
	    rows_find(&cluster->rows[ROWS_VOLUME], request->object, 0);
	const struct vm *vm = volume == NULL ? NULL : user_of(cluster, volume);
	struct volume_place place;
	char room[256];

	if (volume == NULL)
		return true;
	if (!storage_place(cluster, request, room, &place, error) ||
	    !check_pool_runs(cluster, place.pool, now, error) ||
	    !check_free_name(cluster, &place, error))
		return false;
	if (request->flags & REQUEST_LINKED)
		return check_linked(cluster, volume, &place, now, error);
	if (vm != NULL && vm_is_active(vm))
		return refuse(error, REQUEST_IMPOSSIBLE, "volume %s cannot be cloned: VM %s "
		    "runs and writes to it", volume->name, vm->name);
	return check_far(cluster, volume, &place, now, error) &&
	    check_room(place.pool, volume->allocation, error);
}

/* A VM's disk moves only to where the VM can have it. */
static bool
check_move_user(const struct cluster *cluster, const struct volume *volume,
    const struct volume_place *place, int64_t now, GError **error)
{
	const struct vm *vm = user_of(cluster, volume);
	const struct pool_node *seat = vm == NULL ? NULL
	    : storage_seat(cluster, place->pool->h.index, vm->node, false, now);

	if (vm == NULL || (seat != NULL && seat->h.sub == vm->node))
		return true;
	return refuse(error, REQUEST_IMPOSSIBLE,
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
		return refuse(error, REQUEST_IMPOSSIBLE, "volume %s is in pool %s already",
		    volume->name, place.pool->name);
	if (strchr(volume->name, '/') != NULL)
		return refuse(error, REQUEST_IMPOSSIBLE, "volume %s cannot be moved: its name "
		    "has a slash", volume->name);
	return check_pool_runs(cluster, place.pool, now, error) &&
	    check_free_name(cluster, &place, error) &&
	    check_above(cluster, volume, "moved", error) &&
	    check_move_user(cluster, volume, &place, now, error) &&
	    check_far(cluster, volume, &place, now, error) &&
	    check_room(place.pool, volume->allocation, error);
}
