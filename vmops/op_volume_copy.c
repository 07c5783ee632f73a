/* Operations: volumes are cloned, and moved to other pools. */
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "model/value.h"
#include "vmops/export.h"

/* Both ends of a copy. */
struct route {
	struct storage_side from, to;
	char *name;       /* of the new volume */
	char *format;     /* NULL: the pool's own */
	bool used, active; /* a VM has it, and runs */
	char *vm_name, *vm_uuid, *vm_node;
	char *target;     /* of the disk */
};

static void
route_end(struct route *route)
{
	storage_close(&route->from);
	storage_close(&route->to);
	g_free(route->name);
	g_free(route->format);
	g_free(route->vm_name);
	g_free(route->vm_uuid);
	g_free(route->vm_node);
	g_free(route->target);
}
#define ROUTE __attribute__((cleanup(route_end))) struct route

static void
note_user(struct route *route, const struct cluster *cluster, const struct volume *volume)
{
	const struct disk *disk = cluster_volume_disk(cluster, volume);
	const struct vm *vm = disk == NULL ? NULL : cluster_vm(cluster, disk->h.index);

	if (vm == NULL)
		return;
	route->used = true;
	route->active = vm_is_active(vm);
	route->vm_name = g_strdup(vm->name);
	route->vm_uuid = g_strdup(vm->uuid);
	route->vm_node = g_strdup(vm->node_name);
	route->target = g_strdup(disk->target);
}

/* A format that libvirt can make; of others the copy is raw. */
static char *
format_of(const struct op_run *run, const struct volume *volume, const struct pool *pool)
{
	bool known = g_strcmp0(volume->format, "qcow2") == 0;

	if (!storage_has_files(pool))
		return NULL;
	return g_strdup(known && !(run->request->flags & REQUEST_RAW) ? "qcow2" : "raw");
}

/* Opens the place where it goes, on the same node if that has the pool. */
static bool
open_place(const struct op_run *run, struct route *route, GError **error)
{
	const struct cluster *cluster = route->from.cluster;
	const struct volume *volume =
	    rows_find(&cluster->rows[ROWS_VOLUME], run->request->object, 0);
	struct volume_place place;
	char room[256];

	if (!storage_place(cluster, run->request, room, &place, error)) {
		if (error != NULL && *error != NULL)
			(*error)->domain = OP_ERROR, (*error)->code = CAUSE_GONE;
		return false;
	}
	const struct pool_node *seat = storage_seat(cluster, place.pool->h.index,
	    route->from.at->h.sub, false, g_get_monotonic_time());
	if (seat == NULL) {
		g_set_error(error, OP_ERROR, CAUSE_UNREACHABLE,
		    "no node that answers has pool %s running", place.pool->name);
		return false;
	}
	route->name = g_strdup(place.name);
	route->format = format_of(run, volume, place.pool);
	note_user(route, cluster, volume);
	return storage_open(run, place.pool->h.index, seat->h.sub, true, &route->to, error);
}

static bool
open_route(const struct op_run *run, struct route *route, GError **error)
{
	return storage_open_subject(run, true, &route->from, error) &&
	    open_place(run, route, error);
}

/* After a restart. */
static bool
open_route_again(const struct op_run *run, struct route *route, GError **error)
{
	g_autoptr(GError) why = NULL;
	int64_t until = 0;

	while (!open_route(run, route, &why)) {
		route_end(route);
		*route = (struct route){ 0 };
		if (storage_open_again(run, &until, &why))
			continue;
		g_propagate_error(error, g_steal_pointer(&why));
		return false;
	}
	return true;
}

static bool
copy(const struct op_run *run, struct route *route, const char *step, GError **error)
{
	struct storage_copy c = {
		.run = run, .from = &route->from, .to = &route->to, .name = route->name,
		.format = route->format, .step = step,
	};

	return storage_copy(&c, error);
}

/* --- clones */

/* A new image on top of the old one. */
static bool
link_clone(const struct op_run *run, struct route *route, GError **error)
{
	const struct volume *volume =
	    rows_find(&route->from.cluster->rows[ROWS_VOLUME], run->request->object, 0);
	bool known = volume->format != NULL && *volume->format != '\0';
	uint64_t capacity, allocation, physical;

	if (!storage_check_free(run, &route->to, route->name, error) ||
	    !storage_measure(run, &route->from, &capacity, &allocation, &physical, error) ||
	    !run->own(run->context, error) || !run->begin(run->context, error))
		return false;
	char *path = virStorageVolGetPath(route->from.volume);
	g_autofree char *xml = storage_volume_xml(&(struct volume_form){
	    .name = route->name, .format = "qcow2", .capacity = capacity,
	    .backing = path, .backing_format = known ? volume->format : "raw" });
	free(path);
	g_autoptr(virStorageVol) made = virStorageVolCreateXML(route->to.pool, xml, 0);
	return made != NULL ||
	    storage_fail(run, &route->to, "make volume", route->name, error);
}

bool
op_volume_clone(const struct op_run *run, GError **error)
{
	ROUTE route = { 0 };

	if (!open_route(run, &route, error))
		return false;
	bool done = run->request->flags & REQUEST_LINKED
	    ? link_clone(run, &route, error) : copy(run, &route, "copying", error);
	storage_settle(run, route.to.pool_index);
	return done;
}

/* Nobody knows whether the copy is whole: it is taken back. */
bool
op_volume_clone_recover(const struct op_run *run, GError **error)
{
	ROUTE route = { 0 };

	if (!open_route_again(run, &route, error))
		return false;
	g_set_error(error, OP_ERROR, CAUSE_RESTART,
	    "the agent was restarted meanwhile; volume %s was not made", route.name);
	if (run->owned)
		storage_add_left(error, storage_undo(run, &route.to, route.name));
	storage_settle(run, route.to.pool_index);
	return false;
}

/* --- moves of what is not in use */

static virDomainPtr
find_user(const struct op_run *run, const struct route *route, GError **error)
{
	return backend_find_domain(run->backend, route->vm_node, route->vm_uuid,
	    route->vm_name, error);
}

/* The definition of the VM, which is off, names the new place. */
static bool
redefine(const struct op_run *run, const struct route *route, virDomainPtr domain,
    const char *path, GError **error)
{
	char *xml = virDomainGetXMLDesc(domain,
	    VIR_DOMAIN_XML_INACTIVE | VIR_DOMAIN_XML_SECURE);
	g_autofree char *disk = xml == NULL ? NULL
	    : storage_disk_xml(xml, route->target, path, route->format == NULL);

	free(xml);
	if (disk == NULL) {
		g_set_error(error, OP_ERROR, CAUSE_GONE, "%s has no disk %s any longer",
		    route->vm_name, route->target);
		return false;
	}
	if (op_activity(domain) != INACTIVE) {
		g_set_error(error, OP_ERROR, CAUSE_IMPOSSIBLE,
		    "%s was started meanwhile", route->vm_name);
		return false;
	}
	return virDomainUpdateDeviceFlags(domain, disk, VIR_DOMAIN_AFFECT_CONFIG) == 0 ||
	    storage_fail(run, &route->from, "move the disk of its VM from", run->name, error);
}

/* The last step: the data is at the new place, and nobody names the old one. */
static bool
remove_source(const struct op_run *run, struct route *route, GError **error)
{
	g_autofree char *why = storage_why_kept(route->from.connection, route->from.volume);

	if (why != NULL)
		return op_refuse(error, CAUSE_LIBVIRT,
		    "%s was copied to pool %s, but its old volume was kept, too: %s", run->name,
		    route->to.at->pool_name, why);
	return virStorageVolDelete(route->from.volume, 0) == 0 ||
	    storage_fail(run, &route->from, "remove, after it was copied, the old volume",
		run->name, error);
}

static bool
switch_over(const struct op_run *run, struct route *route, GError **error)
{
	g_autoptr(virStorageVol) made = virStorageVolLookupByName(route->to.pool, route->name);
	char *path = made == NULL ? NULL : virStorageVolGetPath(made);
	g_autoptr(virDomain) domain =
	    !route->used || path == NULL ? NULL : find_user(run, route, error);
	bool done = path != NULL && (!route->used ||
	    (domain != NULL && redefine(run, route, domain, path, error)));

	if (path == NULL)
		storage_fail(run, &route->to, "find", route->name, error);
	free(path);
	return done;
}

static bool
move_offline(const struct op_run *run, struct route *route, GError **error)
{
	if (!copy(run, route, "copying", error))
		return false;
	if (!switch_over(run, route, error)) {
		storage_add_left(error, storage_undo(run, &route->to, route->name));
		return false;
	}
	return remove_source(run, route, error);
}

static struct live_move
live_of(const struct op_run *run, struct route *route)
{
	return (struct live_move){
		.run = run, .from = &route->from, .to = &route->to, .name = route->name,
		.format = route->format, .target = route->target, .vm_node = route->vm_node,
		.vm_uuid = route->vm_uuid, .vm_name = route->vm_name,
	};
}

bool
op_volume_move(const struct op_run *run, GError **error)
{
	ROUTE route = { 0 };

	if (!open_route(run, &route, error) ||
	    !export_check_none(run, &route.from, "moved", error))
		return false;
	struct live_move live = live_of(run, &route);
	bool done = route.active
	    ? storage_move_live(&live, error) && remove_source(run, &route, error)
	    : move_offline(run, &route, error);
	storage_settle(run, route.from.pool_index);
	storage_settle(run, route.to.pool_index);
	return done;
}

/* --- moves that an earlier process began */

/*
 * Is a VM on the new volume already.  libvirt is asked, not the cluster value, which may be
 * older than what happened.  False with an error: nobody can tell.
 */
static bool
see_user(const struct op_run *run, struct route *route, bool *moved, GError **error)
{
	g_autoptr(virStorageVol) made = virStorageVolLookupByName(route->to.pool, route->name);
	struct live_move live = live_of(run, route);
	VOLUME_NAMES names = { 0 };
	g_autoptr(virDomain) domain = NULL;

	if (made == NULL) /* nothing was made yet, or it is gone again */
		return virGetLastErrorCode() == VIR_ERR_NO_STORAGE_VOL ||
		    storage_fail(run, &route->to, "find", route->name, error);
	if (!storage_names(made, &names))
		return storage_fail(run, &route->to, "see the path of", route->name, error);
	if (!storage_find_user(run, &route->from, &names, &domain, error))
		return false;
	return domain == NULL || storage_move_resume(&live, domain, &names, moved, error);
}

static bool
take_back(const struct op_run *run, struct route *route, GError **error)
{
	g_set_error(error, OP_ERROR, CAUSE_RESTART,
	    "the agent was restarted meanwhile; volume %s is where it was", run->name);
	if (run->owned)
		storage_add_left(error, storage_undo(run, &route->to, route->name));
	return false;
}

bool
op_volume_move_recover(const struct op_run *run, GError **error)
{
	ROUTE route = { 0 };
	bool moved = false;

	if (!open_route_again(run, &route, error))
		return false;
	if (run->owned && !see_user(run, &route, &moved, error))
		return false;
	bool done = moved ? remove_source(run, &route, error) : take_back(run, &route, error);
	storage_settle(run, route.from.pool_index);
	storage_settle(run, route.to.pool_index);
	return done;
}
