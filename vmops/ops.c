/* Operations: one line each. */
#include "vmops/ops.h"

#define STOPPED (OP_STATE(VM_SHUT_OFF) | OP_STATE(VM_CRASHED))
#define PRESENT (OP_ALIVE | OP_STATE(VM_PAUSED) | OP_STATE(VM_CRASHED))

const struct op ops[] = {
	{ JOB_POWER_ON, OBJECT_VM, "powered on", op_power_on, STOPPED, 120, LEAVES_ACTIVE,
	    .startable = true },
	{ JOB_SHUTDOWN, OBJECT_VM, "shut down", op_shut_down, OP_ALIVE, 120, LEAVES_INACTIVE,
	    .cancellable = true, .timed = true },
	{ JOB_POWER_OFF, OBJECT_VM, "powered off", op_power_off, PRESENT, 60, LEAVES_INACTIVE },
	{ JOB_RESET, OBJECT_VM, "reset", op_reset, PRESENT, 60, LEAVES_ANY },
	{ JOB_MIGRATE, OBJECT_VM, "migrated", op_migrate,
	    OP_ALIVE | OP_STATE(VM_PAUSED) | OP_STATE(VM_SHUT_OFF), 60, LEAVES_NODE,
	    .cancellable = true, .check = migrate_check, .aim = migrate_aim,
	    .recover = op_migrate_recover },
	{ 0 },
};

const struct op *
op_find(int32_t type)
{
	for (const struct op *op = ops; op->type != 0; op++)
		if (op->type == type)
			return op;
	return NULL;
}
