/* Operations: one line each. */
#include "vmops/ops.h"

#include "vmops/create.h"

#define STOPPED (OP_STATE(VM_SHUT_OFF) | OP_STATE(VM_CRASHED))
#define PRESENT (OP_ALIVE | OP_STATE(VM_PAUSED) | OP_STATE(VM_CRASHED))
#define AWAKE   (OP_STATE(VM_RUNNING) | OP_STATE(VM_SHUTTING_DOWN) | OP_STATE(VM_UNKNOWN))
#define ANY     (PRESENT | STOPPED)

const struct op ops[] = {
	{ JOB_POWER_ON, OBJECT_VM, "powered on", op_power_on, STOPPED, 120, LEAVES_ACTIVE,
	    .startable = true },
	{ JOB_SHUTDOWN, OBJECT_VM, "shut down", op_shut_down, OP_ALIVE, 120, LEAVES_INACTIVE,
	    .cancellable = true, .timed = true },
	{ JOB_POWER_OFF, OBJECT_VM, "powered off", op_power_off, PRESENT, 60, LEAVES_INACTIVE },
	{ JOB_REBOOT, OBJECT_VM, "rebooted", op_reboot, AWAKE, 120, LEAVES_ANY,
	    .cancellable = true, .timed = true },
	{ JOB_RESET, OBJECT_VM, "reset", op_reset, PRESENT, 60, LEAVES_ANY,
	    .lacking = "LXC Xen" },
	{ JOB_SUSPEND, OBJECT_VM, "suspended", op_suspend, AWAKE, 60, LEAVES_ACTIVE },
	{ JOB_RESUME, OBJECT_VM, "resumed", op_resume,
	    OP_STATE(VM_PAUSED) | OP_STATE(VM_SUSPENDED) | OP_STATE(VM_UNKNOWN), 60,
	    LEAVES_ACTIVE },
	{ JOB_MANAGED_SAVE, OBJECT_VM, "saved", op_save, AWAKE | OP_STATE(VM_PAUSED), 300,
	    LEAVES_INACTIVE, .cancellable = true, .check = op_check_persistent,
	    .lacking = "LXC" },
	{ JOB_POWER_BUTTON, OBJECT_VM, "asked by its power button", op_press_button, OP_ALIVE,
	    60, LEAVES_ANY, .lacking = "LXC" },
	{ JOB_CTRL_ALT_DEL, OBJECT_VM, "sent Ctrl-Alt-Del", op_ctrl_alt_del, AWAKE, 60,
	    LEAVES_ANY, .lacking = "LXC Xen" },
	{ JOB_NMI, OBJECT_VM, "sent an NMI", op_nmi, AWAKE, 60, LEAVES_ANY, .lacking = "LXC" },
	{ JOB_POWER_CYCLE, OBJECT_VM, "power-cycled", op_power_cycle, PRESENT, 120,
	    LEAVES_ACTIVE, .startable = true, .check = op_check_persistent },
	{ JOB_SHUTDOWN_THEN_OFF, OBJECT_VM, "shut down", op_shut_down_then_off, OP_ALIVE, 60,
	    LEAVES_INACTIVE, .cancellable = true, .timed = true, .graced = true },
	{ JOB_KEYS, OBJECT_VM, "sent keys", op_keys, AWAKE, 150, LEAVES_ANY,
	    .cancellable = true, .check = op_check_keys, .lacking = "LXC Xen" },
	{ JOB_SET_VCPUS, OBJECT_VM, "given other vCPUs", op_set_vcpus, ANY, 60, LEAVES_ANY,
	    .check = op_check_vcpus, .lacking = "LXC" },
	{ JOB_SET_MEMORY, OBJECT_VM, "given other memory", op_set_memory, ANY, 60, LEAVES_ANY,
	    .cancellable = true, .check = op_check_memory },
	{ JOB_SET_AUTOSTART, OBJECT_VM, "started with its node", op_set_autostart, ANY, 60,
	    LEAVES_ANY, .check = op_check_autostart },
	{ JOB_EVACUATE, OBJECT_NODE, "evacuated", op_evacuate, .cancellable = true,
	    .composite = true, .resumable = true },
	{ JOB_MAINTENANCE, OBJECT_NODE, "taken out of service", op_maintenance,
	    .cancellable = true, .composite = true, .resumable = true },
	{ JOB_NODE_ONLINE, OBJECT_NODE, "taken into service", op_node_online,
	    .composite = true, .resumable = true, .check = op_check_online },
	{ JOB_BALANCE, OBJECT_CLUSTER, "balanced", op_balance, .cancellable = true,
	    .composite = true },
	{ JOB_POWER_SEQUENCE, OBJECT_CLUSTER, "run", op_sequence, .cancellable = true,
	    .composite = true, .check = op_check_sequence },
	{ JOB_POOL_REFRESH, OBJECT_POOL, "refreshed", op_pool_refresh, .timeout_s = 60 },
	{ JOB_POOL_START, OBJECT_POOL, "started", op_pool_start, .timeout_s = 60,
	    .check = op_check_pool_start },
	{ JOB_POOL_STOP, OBJECT_POOL, "stopped", op_pool_stop, .timeout_s = 60,
	    .check = op_check_pool_stop },
	{ JOB_VOLUME_CREATE, OBJECT_POOL, "given a volume", op_volume_create, .timeout_s = 60,
	    .cancellable = true, .check = op_check_volume_create,
	    .recover = op_volume_create_recover, .fills = storage_fills },
	{ JOB_VOLUME_DELETE, OBJECT_VOLUME, "deleted", op_volume_delete, .timeout_s = 60,
	    .check = op_check_volume_unused },
	{ JOB_VOLUME_RESIZE, OBJECT_VOLUME, "resized", op_volume_resize, .timeout_s = 60,
	    .check = op_check_volume_resize, .claim = storage_claim },
	{ JOB_VOLUME_CLONE, OBJECT_VOLUME, "cloned", op_volume_clone, .timeout_s = 60,
	    .cancellable = true, .check = op_check_volume_clone, .claim = storage_claim,
	    .recover = op_volume_clone_recover, .fills = storage_fills },
	{ JOB_VOLUME_MOVE, OBJECT_VOLUME, "moved", op_volume_move, .timeout_s = 60,
	    .cancellable = true, .check = op_check_volume_move, .claim = storage_claim,
	    .recover = op_volume_move_recover, .fills = storage_fills },
	{ JOB_VOLUME_WIPE, OBJECT_VOLUME, "wiped", op_volume_wipe, .timeout_s = 60,
	    .check = op_check_volume_unused, .fills = storage_fills },
	{ JOB_VOLUME_UPLOAD, OBJECT_POOL, "given a volume", op_volume_upload, .timeout_s = 60,
	    .cancellable = true, .check = op_check_volume_upload,
	    .recover = op_volume_create_recover, .fills = storage_fills },
	{ JOB_VOLUME_DOWNLOAD, OBJECT_VOLUME, "downloaded", op_volume_download, .timeout_s = 60,
	    .cancellable = true, .check = op_check_volume_download, .claim = storage_claim },
	{ JOB_MIGRATE, OBJECT_VM, "migrated", op_migrate,
	    OP_ALIVE | OP_STATE(VM_PAUSED) | OP_STATE(VM_SHUT_OFF), 60, LEAVES_NODE,
	    .cancellable = true, .check = migrate_check, .aim = migrate_aim,
	    .recover = op_migrate_recover },
	{ JOB_SNAPSHOT_CREATE, OBJECT_VM, "kept in a snapshot", op_snapshot_create,
	    OP_ALIVE | OP_STATE(VM_PAUSED) | OP_STATE(VM_SHUT_OFF), 90, LEAVES_ANY,
	    .check = op_check_snapshot_create },
	{ JOB_SNAPSHOT_REVERT, OBJECT_VM, "taken back to a snapshot", op_snapshot_revert, ANY,
	    120, LEAVES_ANY, .cancellable = true, .startable = true,
	    .check = op_check_snapshot_revert },
	{ JOB_SNAPSHOT_DELETE, OBJECT_VM, "relieved of a snapshot", op_snapshot_delete, ANY, 60,
	    LEAVES_ANY, .cancellable = true, .check = op_check_snapshot_delete,
	    .recover = op_snapshot_delete_recover },
	{ JOB_VM_CREATE, OBJECT_TEMPLATE, "made", op_create, .cancellable = true,
	    .timeout_s = 600, .aim = create_choose, .fills = create_fills,
	    .recover = op_create_recover },
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
