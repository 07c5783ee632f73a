/* Enumerations of the model and their names: the MIB's labels. */
#include "model/names.h"

#include <glib.h>

const struct enum_name vm_state_names[] = {
	{ VM_RUNNING, "running" },
	{ VM_PAUSED, "paused" },
	{ VM_SHUTTING_DOWN, "shuttingDown" },
	{ VM_SHUT_OFF, "shutOff" },
	{ VM_CRASHED, "crashed" },
	{ VM_SUSPENDED, "suspended" },
	{ VM_UNKNOWN, "unknown" },
	{ 0, NULL },
};

const struct enum_name node_state_names[] = {
	{ NODE_ONLINE, "online" },
	{ NODE_STANDBY, "standby" },
	{ NODE_MAINTENANCE, "maintenance" },
	{ NODE_OFFLINE, "offline" },
	{ NODE_UNREACHABLE, "unreachable" },
	{ NODE_UNCLEAN, "unclean" },
	{ NODE_CONNECTING, "connecting" },
	{ 0, NULL },
};

const struct enum_name export_state_names[] = {
	{ EXPORT_SERVING, "serving" },
	{ EXPORT_ENDED, "ended" },
	{ EXPORT_UNKNOWN, "unknown" },
	{ 0, NULL },
};

const struct enum_name node_kind_names[] = {
	{ NODE_PHYSICAL, "physical" },
	{ NODE_VIRTUAL, "virtual" },
	{ NODE_REMOTE, "remote" },
	{ 0, NULL },
};

const struct enum_name membership_names[] = {
	{ MEMBER_NONE, "none" },
	{ MEMBER_ONLINE, "online" },
	{ MEMBER_STANDBY, "standby" },
	{ MEMBER_MAINTENANCE, "maintenance" },
	{ MEMBER_PENDING, "pending" },
	{ MEMBER_OFFLINE, "offline" },
	{ MEMBER_UNCLEAN, "unclean" },
	{ MEMBER_UNKNOWN, "unknown" },
	{ 0, NULL },
};

const struct enum_name app_state_names[] = {
	{ APP_STARTED, "started" },
	{ APP_STOPPED, "stopped" },
	{ APP_STARTING, "starting" },
	{ APP_STOPPING, "stopping" },
	{ APP_MIGRATING, "migrating" },
	{ APP_PARTIAL, "partial" },
	{ APP_FAILED, "failed" },
	{ APP_BLOCKED, "blocked" },
	{ APP_UNKNOWN, "unknown" },
	{ 0, NULL },
};

const struct enum_name app_kind_names[] = {
	{ APP_KIND_VM, "vm" },
	{ APP_KIND_VIRTUAL_NODE, "virtualNode" },
	{ APP_KIND_SERVICE, "service" },
	{ APP_KIND_GROUP, "group" },
	{ APP_KIND_CLONE, "clone" },
	{ APP_KIND_BUNDLE, "bundle" },
	{ APP_KIND_FENCING, "fencing" },
	{ APP_KIND_CONNECTION, "connection" },
	{ 0, NULL },
};

const struct enum_name app_wanted_names[] = {
	{ WANTED_STARTED, "started" },
	{ WANTED_STOPPED, "stopped" },
	{ WANTED_PROMOTED, "promoted" },
	{ WANTED_UNPROMOTED, "unpromoted" },
	{ 0, NULL },
};

const struct enum_name object_kind_names[] = {
	{ OBJECT_CLUSTER, "cluster" },
	{ OBJECT_NODE, "node" },
	{ OBJECT_VM, "vm" },
	{ OBJECT_POOL, "pool" },
	{ OBJECT_VOLUME, "volume" },
	{ OBJECT_APP, "app" },
	{ OBJECT_JOB, "job" },
	{ OBJECT_ALARM, "alarm" },
	{ OBJECT_TEMPLATE, "template" },
	{ OBJECT_BACKUP, "backup" },
	{ 0, NULL },
};

#define VM_ACTIONS                                                                     \
	{ JOB_NONE, "none" },                                                          \
	{ JOB_POWER_ON, "powerOn" },                                                   \
	{ JOB_SHUTDOWN, "shutdown" },                                                  \
	{ JOB_POWER_OFF, "powerOff" },                                                 \
	{ JOB_REBOOT, "reboot" },                                                      \
	{ JOB_RESET, "reset" },                                                        \
	{ JOB_SUSPEND, "suspend" },                                                    \
	{ JOB_RESUME, "resume" },                                                      \
	{ JOB_MANAGED_SAVE, "managedSave" },                                           \
	{ JOB_POWER_BUTTON, "powerButton" },                                           \
	{ JOB_CTRL_ALT_DEL, "ctrlAltDel" },                                            \
	{ JOB_NMI, "nmi" },                                                            \
	{ JOB_POWER_CYCLE, "powerCycle" },                                             \
	{ JOB_SHUTDOWN_THEN_OFF, "shutdownThenOff" },                                  \
	{ JOB_POWER_SEQUENCE, "powerSequence" },                                       \
	{ JOB_CANCEL, "cancel" }

const struct enum_name vm_action_names[] = { VM_ACTIONS, { 0, NULL } };

const struct enum_name node_action_names[] = {
	{ NODE_ACTION_NONE, "none" },
	{ NODE_ACTION_EVACUATE, "evacuate" },
	{ NODE_ACTION_MAINTENANCE, "maintenance" },
	{ NODE_ACTION_ONLINE, "online" },
	{ NODE_ACTION_POWER_ON, "powerOn" },
	{ NODE_ACTION_POWER_OFF, "powerOff" },
	{ NODE_ACTION_POWER_RESET, "powerReset" },
	{ 0, NULL },
};

const struct enum_name app_action_names[] = {
	{ APP_ACTION_NONE, "none" },
	{ APP_ACTION_START, "start" },
	{ APP_ACTION_STOP, "stop" },
	{ APP_ACTION_MOVE, "move" },
	{ APP_ACTION_CLEANUP, "cleanup" },
	{ 0, NULL },
};

const struct enum_name job_type_names[] = {
	VM_ACTIONS,
	{ JOB_KEYS, "keys" },
	{ JOB_MIGRATE, "migrate" },
	{ JOB_SET_VCPUS, "setVcpus" },
	{ JOB_SET_MEMORY, "setMemory" },
	{ JOB_SET_AUTOSTART, "setAutostart" },
	{ JOB_EVACUATE, "evacuate" },
	{ JOB_MAINTENANCE, "maintenance" },
	{ JOB_NODE_ONLINE, "nodeOnline" },
	{ JOB_BALANCE, "balance" },
	{ JOB_POOL_REFRESH, "poolRefresh" },
	{ JOB_POOL_START, "poolStart" },
	{ JOB_POOL_STOP, "poolStop" },
	{ JOB_VOLUME_CREATE, "volumeCreate" },
	{ JOB_VOLUME_DELETE, "volumeDelete" },
	{ JOB_VOLUME_RESIZE, "volumeResize" },
	{ JOB_VOLUME_CLONE, "volumeClone" },
	{ JOB_VOLUME_MOVE, "volumeMove" },
	{ JOB_VOLUME_WIPE, "volumeWipe" },
	{ JOB_SNAPSHOT_CREATE, "snapshotCreate" },
	{ JOB_SNAPSHOT_REVERT, "snapshotRevert" },
	{ JOB_SNAPSHOT_DELETE, "snapshotDelete" },
	{ JOB_VM_CLONE, "vmClone" },
	{ JOB_VM_CREATE, "vmCreate" },
	{ JOB_TEMPLATE_CREATE, "templateCreate" },
	{ JOB_BACKUP, "backup" },
	{ JOB_RESTORE, "restore" },
	{ JOB_BACKUP_VERIFY, "backupVerify" },
	{ JOB_BACKUP_DELETE, "backupDelete" },
	{ JOB_VOLUME_EXPORT, "volumeExport" },
	{ JOB_VOLUME_UNEXPORT, "volumeUnexport" },
	{ JOB_BACKUP_SCAN, "backupScan" },
	{ JOB_VOLUME_UPLOAD, "volumeUpload" },
	{ JOB_VOLUME_DOWNLOAD, "volumeDownload" },
	{ JOB_APP_START, "appStart" },
	{ JOB_APP_STOP, "appStop" },
	{ JOB_APP_MOVE, "appMove" },
	{ JOB_APP_CLEANUP, "appCleanup" },
	{ JOB_NODE_POWER_ON, "nodePowerOn" },
	{ JOB_NODE_POWER_OFF, "nodePowerOff" },
	{ JOB_NODE_POWER_RESET, "nodePowerReset" },
	{ JOB_HA_ENABLE, "haEnable" },
	{ JOB_HA_DISABLE, "haDisable" },
	{ JOB_VNODE_ENABLE, "vnodeEnable" },
	{ JOB_VNODE_DISABLE, "vnodeDisable" },
	{ 0, NULL },
};

const struct enum_name job_state_names[] = {
	{ JOB_WAITING, "waiting" },
	{ JOB_RUNNING, "running" },
	{ JOB_SUCCEEDED, "succeeded" },
	{ JOB_FAILED, "failed" },
	{ JOB_CANCELLED, "cancelled" },
	{ JOB_INTERRUPTED, "interrupted" },
	{ JOB_PREPARING, "preparing" },
	{ 0, NULL },
};

const struct enum_name row_status_names[] = {
	{ ROW_ACTIVE, "active" },
	{ ROW_NOT_IN_SERVICE, "notInService" },
	{ ROW_NOT_READY, "notReady" },
	{ ROW_CREATE_AND_GO, "createAndGo" },
	{ ROW_CREATE_AND_WAIT, "createAndWait" },
	{ ROW_DESTROY, "destroy" },
	{ 0, NULL },
};

const struct enum_name job_cause_names[] = {
	{ CAUSE_NONE, "none" },
	{ CAUSE_LIBVIRT, "libvirt" },
	{ CAUSE_UNREACHABLE, "unreachable" },
	{ CAUSE_TIMEOUT, "timeout" },
	{ CAUSE_GONE, "gone" },
	{ CAUSE_IMPOSSIBLE, "impossible" },
	{ CAUSE_RESTART, "restart" },
	{ CAUSE_CANCELLED, "cancelled" },
	{ CAUSE_CLUSTER, "cluster" },
	{ 0, NULL },
};

const struct enum_name admin_state_names[] = {
	{ ADMIN_RUNNING, "running" },
	{ ADMIN_SHUTDOWN, "shutdown" },
	{ ADMIN_PAUSED, "paused" },
	{ ADMIN_SAVED, "saved" },
	{ ADMIN_UNMANAGED, "unmanaged" },
	{ 0, NULL },
};

const struct enum_name origin_names[] = {
	{ ORIGIN_SNMP, "snmp" },
	{ ORIGIN_CLI, "cli" },
	{ ORIGIN_WEB, "web" },
	{ ORIGIN_CLUSTER, "cluster" },
	{ 0, NULL },
};

const struct enum_name severity_names[] = {
	{ SEVERITY_INFO, "info" },
	{ SEVERITY_WARNING, "warning" },
	{ SEVERITY_CRITICAL, "critical" },
	{ 0, NULL },
};

const struct enum_name event_type_names[] = {
	{ EVENT_VM_STATE, "vmState" },
	{ EVENT_NODE_STATE, "nodeState" },
	{ EVENT_JOB_FINISHED, "jobFinished" },
	{ EVENT_VM_DUPLICATE, "vmDuplicate" },
	{ EVENT_VM_ADDED, "vmAdded" },
	{ EVENT_VM_REMOVED, "vmRemoved" },
	{ EVENT_VM_MOVED, "vmMoved" },
	{ EVENT_ALARM_RAISED, "alarmRaised" },
	{ EVENT_ALARM_CLEARED, "alarmCleared" },
	{ EVENT_POOL_STATE, "poolState" },
	{ EVENT_APP_STATE, "appState" },
	{ EVENT_APP_MOVED, "appMoved" },
	{ EVENT_QUORUM, "quorum" },
	{ EVENT_NODE_FENCED, "nodeFenced" },
	{ 0, NULL },
};

const struct enum_name health_names[] = {
	{ HEALTH_OK, "ok" },
	{ HEALTH_WARNING, "warning" },
	{ HEALTH_CRITICAL, "critical" },
	{ HEALTH_UNKNOWN, "unknown" },
	{ 0, NULL },
};

const struct enum_name vm_control_names[] = {
	{ CONTROL_OK, "ok" },
	{ CONTROL_JOB, "job" },
	{ CONTROL_OCCUPIED, "occupied" },
	{ CONTROL_ERROR, "error" },
	{ 0, NULL },
};

const struct enum_name guest_agent_names[] = {
	{ GUEST_AGENT_NONE, "none" },
	{ GUEST_AGENT_DISCONNECTED, "disconnected" },
	{ GUEST_AGENT_CONNECTED, "connected" },
	{ 0, NULL },
};

const struct enum_name vcpu_state_names[] = {
	{ VCPU_OFFLINE, "offline" },
	{ VCPU_RUNNING, "running" },
	{ VCPU_BLOCKED, "blocked" },
	{ 0, NULL },
};

const struct enum_name disk_device_names[] = {
	{ DISK_DEVICE_DISK, "disk" },
	{ DISK_DEVICE_CDROM, "cdrom" },
	{ DISK_DEVICE_FLOPPY, "floppy" },
	{ DISK_DEVICE_LUN, "lun" },
	{ DISK_DEVICE_FILESYSTEM, "filesystem" },
	{ 0, NULL },
};

const struct enum_name disk_error_names[] = {
	{ DISK_ERROR_NONE, "none" },
	{ DISK_ERROR_UNSPECIFIED, "unspecified" },
	{ DISK_ERROR_NO_SPACE, "noSpace" },
	{ 0, NULL },
};

const struct enum_name block_job_names[] = {
	{ BLOCK_JOB_NONE, "none" },
	{ BLOCK_JOB_PULL, "pull" },
	{ BLOCK_JOB_COPY, "copy" },
	{ BLOCK_JOB_COMMIT, "commit" },
	{ BLOCK_JOB_BACKUP, "backup" },
	{ BLOCK_JOB_OTHER, "other" },
	{ 0, NULL },
};

const struct enum_name snapshot_kind_names[] = {
	{ SNAPSHOT_INTERNAL, "internal" },
	{ SNAPSHOT_EXTERNAL, "external" },
	{ SNAPSHOT_EXTERNAL_MEMORY, "externalMemory" },
	{ 0, NULL },
};

const struct enum_name nic_link_names[] = {
	{ NIC_LINK_UP, "up" },
	{ NIC_LINK_DOWN, "down" },
	{ 0, NULL },
};

const struct enum_name pool_state_names[] = {
	{ POOL_RUNNING, "running" },
	{ POOL_BUILDING, "building" },
	{ POOL_DEGRADED, "degraded" },
	{ POOL_INACCESSIBLE, "inaccessible" },
	{ POOL_INACTIVE, "inactive" },
	{ POOL_UNKNOWN, "unknown" },
	{ 0, NULL },
};

const struct enum_name volume_type_names[] = {
	{ VOLUME_FILE, "file" },
	{ VOLUME_BLOCK, "block" },
	{ VOLUME_DIR, "dir" },
	{ VOLUME_NETWORK, "network" },
	{ VOLUME_NETDIR, "netdir" },
	{ VOLUME_PLOOP, "ploop" },
	{ 0, NULL },
};

const struct enum_name install_kind_names[] = {
	{ INSTALL_NONE, "none" },
	{ INSTALL_CLOUD_INIT, "cloudInit" },
	{ INSTALL_NETBOOT, "netboot" },
	{ 0, NULL },
};

const struct enum_name backup_kind_names[] = {
	{ BACKUP_FULL, "full" },
	{ BACKUP_INCREMENTAL, "incremental" },
	{ 0, NULL },
};

const struct enum_name backup_state_names[] = {
	{ BACKUP_COMPLETE, "complete" },
	{ BACKUP_FAILED, "failed" },
	{ BACKUP_RUNNING, "running" },
	{ 0, NULL },
};

const struct enum_name backup_check_names[] = {
	{ CHECK_NEVER, "never" },
	{ CHECK_GOOD, "good" },
	{ CHECK_BAD, "bad" },
	{ 0, NULL },
};

const struct enum_name template_state_names[] = {
	{ TEMPLATE_VALID, "valid" },
	{ TEMPLATE_INVALID, "invalid" },
	{ 0, NULL },
};

bool
job_state_is_final(int32_t state)
{
	return state >= JOB_SUCCEEDED && state <= JOB_INTERRUPTED;
}

const char *
enum_to_name(const struct enum_name *names, int32_t value)
{
	for (; names->name != NULL; names++)
		if (names->value == value)
			return names->name;
	return "unknown";
}

int32_t
enum_from_name(const struct enum_name *names, const char *name)
{
	for (; names->name != NULL; names++)
		if (g_ascii_strcasecmp(names->name, name) == 0)
			return names->value;
	return 0;
}
