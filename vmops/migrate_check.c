/* May a migration be asked for, and where to, when nobody said: the placer's choice. */
#include "vmops/migrate.h"
#include "vmops/placer.h"

/* Index of the best node, if a migration can go there; 0 with an error. */
static uint32_t
choose(const struct cluster *cluster, const struct vm *vm, int64_t now, GError **error)
{
	uint32_t node = placer_choose_one(cluster, vm, now, error);
	struct request request;

	if (node == 0 || cluster_vm_app(cluster, vm->h.index) != NULL) /* Pacemaker's affair */
		return node;
	request_for_vm(&request, JOB_MIGRATE, vm);
	request.target = node;
	if (!vm_is_active(vm))
		request.flags |= REQUEST_OFFLINE;
	return migrate_may_leave(cluster, &request, vm, error) &&
	    migrate_may_enter(cluster, &request, vm, now, error) ? node : 0;
}

uint32_t
migrate_aim(const struct cluster *cluster, const struct request *request, int64_t now,
    GError **error)
{
	const struct vm *vm = cluster_vm(cluster, request->object);

	return vm == NULL ? 0 : choose(cluster, vm, now, error);
}

bool
migrate_check(const struct cluster *cluster, const struct request *request, int64_t now,
    GError **error)
{
	const struct vm *vm = cluster_vm(cluster, request->object);

	if (vm == NULL) {
		g_set_error(error, REQUEST_ERROR, REQUEST_NO_OBJECT, "there is no VM %u",
		    request->object);
		return false;
	}
	if (!migrate_may_leave(cluster, request, vm, error))
		return false;
	if (request->target == 0)
		return choose(cluster, vm, now, error) != 0;
	return migrate_may_enter(cluster, request, vm, now, error);
}
