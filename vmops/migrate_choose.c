/* Where a VM had best go, when nobody said: the placer's choice, if a migration can go there. */
#include "vmops/migrate.h"
#include "vmops/placer.h"

uint32_t
migrate_aim(const struct cluster *cluster, const struct request *request, int64_t now,
    GError **error)
{
	const struct vm *vm = cluster_vm(cluster, request->object);

	return vm == NULL ? 0 : migrate_choose(cluster, vm, now, error);
}

uint32_t
migrate_choose(const struct cluster *cluster, const struct vm *vm, int64_t now,
    GError **error)
{
	uint32_t node = placer_choose_one(cluster, vm, now, error);
	struct request request;

	if (node == 0)
		return 0;
	request_for_vm(&request, JOB_MIGRATE, vm);
	request.target = node;
	if (!vm_is_active(vm))
		request.flags |= REQUEST_OFFLINE;
	return migrate_check(cluster, &request, now, error) ? node : 0;
}
