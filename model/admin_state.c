/* Admin state: what a VM shall be. */
#include "model/admin_state.h"

#define IMPOSSIBLE 0

/* The job that leads from the state there; JOB_NONE where the VM is so. */
static const int32_t ways[ADMIN_UNMANAGED][VM_UNKNOWN + 1] = {
	[ADMIN_RUNNING] = {
		[VM_RUNNING] = JOB_NONE,
		[VM_PAUSED] = JOB_RESUME,
		[VM_SUSPENDED] = JOB_RESUME,
		[VM_SHUT_OFF] = JOB_POWER_ON,
		[VM_CRASHED] = JOB_POWER_ON,
	},
	[ADMIN_SHUTDOWN] = {
		[VM_RUNNING] = JOB_SHUTDOWN,
		[VM_SHUTTING_DOWN] = JOB_SHUTDOWN,
		[VM_SUSPENDED] = JOB_SHUTDOWN,
		[VM_SHUT_OFF] = JOB_NONE,
		[VM_CRASHED] = JOB_NONE,
	},
	[ADMIN_PAUSED] = {
		[VM_RUNNING] = JOB_SUSPEND,
		[VM_PAUSED] = JOB_NONE,
	},
	[ADMIN_SAVED] = {
		[VM_RUNNING] = JOB_MANAGED_SAVE,
		[VM_PAUSED] = JOB_MANAGED_SAVE,
		[VM_SHUT_OFF] = JOB_NONE, /* unless nothing is saved */
	},
};

static int32_t
way(const struct vm *vm, int32_t wanted)
{
	if (wanted == ADMIN_UNMANAGED)
		return JOB_NONE;
	if (wanted < ADMIN_RUNNING || wanted > ADMIN_SAVED || vm->state < VM_RUNNING ||
	    vm->state > VM_UNKNOWN)
		return IMPOSSIBLE;
	if (wanted == ADMIN_SAVED && vm->state == VM_SHUT_OFF && vm->managed_save == 0)
		return IMPOSSIBLE;
	return ways[wanted][vm->state];
}

bool
admin_state_request(const struct vm *vm, int32_t wanted, struct request *out, GError **error)
{
	int32_t type = way(vm, wanted);

	if (type == IMPOSSIBLE) {
		g_set_error(error, REQUEST_ERROR, REQUEST_IMPOSSIBLE,
		    "%s is %s: no job leads from there to %s", vm->name,
		    enum_to_name(vm_state_names, vm->state),
		    enum_to_name(admin_state_names, wanted));
		return false;
	}
	request_for_vm(out, (enum job_type)type, vm);
	out->wanted = (uint32_t)wanted;
	return true;
}

bool
admin_state_matches(const struct vm *vm, int32_t wanted)
{
	return way(vm, wanted) == JOB_NONE;
}

const struct wish *
cluster_wish(const struct cluster *cluster, uint32_t vm)
{
	return rows_find(&cluster->rows[ROWS_WISH], vm, 0);
}
