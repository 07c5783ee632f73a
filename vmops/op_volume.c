/* Operations: volumes are made, deleted, resized, wiped. */
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "model/value.h"
#include "vmops/long_call.h"
#include "vmops/export.h"

/* A call on a volume in a thread of its own; it has references of its own. */
struct volume_call {
	virStoragePoolPtr pool; /* NULL: none is needed */
	virStorageVolPtr volume;
	char *xml;
	unsigned flags;
};

static void
volume_call_free(void *data)
{
	struct volume_call *call = data;

	if (call->volume != NULL)
		virStorageVolFree(call->volume);
	if (call->pool != NULL)
		virStoragePoolFree(call->pool);
	g_free(call->xml);
	g_free(call);
}

/* Nothing tells how far libvirt is; but it can be asked whether it is there. */
static bool
look_alive(void *data, const struct op_run *run)
{
	struct volume_call *call = data;
	virConnectPtr connection = call->pool != NULL ? virStoragePoolGetConnect(call->pool)
						      : virStorageVolGetConnect(call->volume);
	unsigned long version;

	return virConnectGetLibVersion(connection, &version) == 0;
}

/* --- making */

static bool
call_create(void *data)
{
	struct volume_call *call = data;

	call->volume = virStorageVolCreateXML(call->pool, call->xml, call->flags);
	return call->volume != NULL;
}

static const struct long_call_kind creating = {
	call_create, look_alive, NULL, volume_call_free
};

/* Of a pool whose volumes are no files libvirt chooses the format. */
static void
form_of(const struct op_run *run, const struct pool *pool, struct volume_form *form)
{
	uint64_t octets = run->request->amount * STORAGE_MIB;
	bool files = storage_has_files(pool);

	*form = (struct volume_form){
		.name = run->request->argument,
		.format = !files ? NULL : run->request->flags & REQUEST_RAW ? "raw" : "qcow2",
		.capacity = octets,
		.allocation = !files || (run->request->flags & REQUEST_WHOLE) ? octets : 0,
	};
}

static struct long_call *
start_creating(const struct op_run *run, const struct storage_side *side, GError **error)
{
	const struct pool *pool =
	    rows_find(&side->cluster->rows[ROWS_POOL], side->pool_index, 0);
	struct volume_call *call = g_new0(struct volume_call, 1);
	bool whole = run->request->flags & REQUEST_WHOLE;
	struct volume_form form;

	form_of(run, pool, &form);
	virStoragePoolRef(side->pool);
	call->pool = side->pool;
	call->xml = storage_volume_xml(&form);
	if (whole && g_strcmp0(form.format, "qcow2") == 0)
		call->flags = VIR_STORAGE_VOL_CREATE_PREALLOC_METADATA;
	return long_call_start(&creating, call, error);
}

static bool
end_creating(const struct op_run *run, struct storage_side *side, struct long_call *call,
    bool cancelled, GError **error)
{
	const char *name = run->request->argument;

	if (long_call_failure(call) == NULL && !cancelled)
		return true;
	if (long_call_failure(call) != NULL) {
		g_set_error(error, OP_ERROR, CAUSE_LIBVIRT,
		    "cannot make volume %s in pool %s on %s: %s", name, run->name, run->node,
		    long_call_failure(call));
		if (long_call_code(call) == VIR_ERR_STORAGE_VOL_EXIST ||
		    long_call_code(call) == VIR_ERR_OPERATION_INVALID)
			return false; /* somebody else's */
	} else {
		g_set_error(error, OP_ERROR, CAUSE_CANCELLED, "%s: cancelled", name);
	}
	storage_add_left(error, storage_undo(run, side, name));
	return false;
}

bool
op_volume_create(const struct op_run *run, GError **error)
{
	STORAGE_SIDE side = { 0 };
	bool cancelled;

	if (!storage_open_pool(run, &side, error) ||
	    !storage_check_free(run, &side, run->request->argument, error) ||
	    !run->own(run->context, error) || !run->begin(run->context, error))
		return false;
	SCOPED(long_call) call = start_creating(run, &side, error);
	if (call == NULL || !long_call_wait(call, run, &cancelled, error))
		return false;
	bool made = end_creating(run, &side, call, cancelled, error);
	storage_settle(run, run->request->object);
	return made;
}

/* An image that was being made when the agent went: nobody knows whether it is whole. */
bool
op_volume_create_recover(const struct op_run *run, GError **error)
{
	STORAGE_SIDE side = { 0 };
	g_autoptr(GError) why = NULL;
	int64_t until = 0;

	while (!storage_open_pool(run, &side, &why)) {
		storage_close(&side);
		if (storage_open_again(run, &until, &why))
			continue;
		g_propagate_error(error, g_steal_pointer(&why));
		return false;
	}
	g_set_error(error, OP_ERROR, CAUSE_RESTART,
	    "the agent was restarted meanwhile; volume %s was not made",
	    run->request->argument);
	if (run->owned)
		storage_add_left(error, storage_undo(run, &side, run->request->argument));
	storage_settle(run, run->request->object);
	return false;
}

/* --- deleting */

bool
op_volume_delete(const struct op_run *run, GError **error)
{
	STORAGE_SIDE side = { 0 };

	if (!storage_open_subject(run, true, &side, error) ||
	    !storage_check_unnamed(run, &side, "deleted", error) ||
	    !export_check_none(run, &side, "deleted", error) ||
	    !run->begin(run->context, error))
		return false;
	if (virStorageVolDelete(side.volume, 0) != 0)
		return storage_fail(run, &side, "delete volume", run->name, error);
	storage_settle(run, side.pool_index);
	return true;
}

/* --- wiping */

static bool
call_wipe(void *data)
{
	struct volume_call *call = data;

	return virStorageVolWipe(call->volume, 0) == 0;
}

static const struct long_call_kind wiping = { call_wipe, look_alive, NULL, volume_call_free };

bool
op_volume_wipe(const struct op_run *run, GError **error)
{
	STORAGE_SIDE side = { 0 };
	bool cancelled;

	if (!storage_open_subject(run, true, &side, error) ||
	    !storage_check_unnamed(run, &side, "wiped", error) ||
	    !export_check_none(run, &side, "wiped", error) ||
	    !run->begin(run->context, error))
		return false;
	struct volume_call *data = g_new0(struct volume_call, 1);
	virStorageVolRef(side.volume);
	data->volume = side.volume;
	SCOPED(long_call) call = long_call_start(&wiping, data, error);
	if (call == NULL || !long_call_wait(call, run, &cancelled, error))
		return false;
	if (long_call_failure(call) != NULL) {
		g_set_error(error, OP_ERROR, CAUSE_LIBVIRT,
		    "cannot wipe volume %s on %s: %s", run->name, run->node,
		    long_call_failure(call));
		return false;
	}
	storage_settle(run, side.pool_index);
	return true;
}

/* --- resizing */

/* The running VM that has it, found in the cluster value; NULL without an error: none. */
static virDomainPtr
running_user(const struct op_run *run, const struct cluster *cluster, const char **target,
    GError **error)
{
	const struct volume *volume =
	    rows_find(&cluster->rows[ROWS_VOLUME], run->request->object, 0);
	const struct disk *disk = volume == NULL ? NULL : cluster_volume_disk(cluster, volume);
	const struct vm *vm = disk == NULL ? NULL : cluster_vm(cluster, disk->h.index);

	if (vm == NULL || !vm_is_active(vm))
		return NULL;
	*target = disk->target;
	return backend_find_domain(run->backend, vm->node_name, vm->uuid, vm->name, error);
}

static bool
resize(const struct op_run *run, const struct storage_side *side, uint64_t octets,
    GError **error)
{
	const char *target = NULL;
	g_autoptr(GError) refused = NULL;
	g_autoptr(virDomain) domain = running_user(run, side->cluster, &target, &refused);

	if (refused != NULL) {
		g_propagate_error(error, g_steal_pointer(&refused));
		return false;
	}
	if (domain == NULL)
		return virStorageVolResize(side->volume, octets, 0) == 0 ||
		    storage_fail(run, side, "resize volume", run->name, error);
	op_step(run, "under the running VM");
	return virDomainBlockResize(domain, target, octets, VIR_DOMAIN_BLOCK_RESIZE_BYTES) == 0 ||
	    storage_fail(run, side, "resize volume", run->name, error);
}

bool
op_volume_resize(const struct op_run *run, GError **error)
{
	STORAGE_SIDE side = { 0 };
	uint64_t octets = run->request->amount * STORAGE_MIB, now, unused;

	if (!storage_open_subject(run, true, &side, error) ||
	    !export_check_none(run, &side, "resized", error) ||
	    !run->begin(run->context, error) ||
	    !storage_measure(run, &side, &now, &unused, &unused, error))
		return false;
	if (octets < now) {
		g_set_error(error, OP_ERROR, CAUSE_IMPOSSIBLE, "volume %s has %" G_GUINT64_FORMAT
		    " MiB: shrinking it would cut off data", run->name, now / STORAGE_MIB);
		return false;
	}
	if (!resize(run, &side, octets, error))
		return false;
	storage_settle(run, side.pool_index);
	return true;
}
