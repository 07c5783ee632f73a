/*
 * Enumerations of the model and their names.  The numbers are those of the MIB and can
 * never change; the names are the MIB's labels, which JSON and the CLI use as well.
 */
#ifndef VCL_MODEL_NAMES_H
#define VCL_MODEL_NAMES_H

#include <stdbool.h>
#include <stdint.h>

struct enum_name {
	int32_t value;
	const char *name; /* NULL ends the array */
};

enum vm_state {
	VM_RUNNING = 1,
	VM_PAUSED,
	VM_SHUTTING_DOWN,
	VM_SHUT_OFF,
	VM_CRASHED,
	VM_SUSPENDED, /* by the guest's own power management */
	VM_UNKNOWN,
};

/* Reasons of a state that say more than text for people. */
#define VM_REASON_SAVED    "saved"     /* off, to go on from its saved memory */
#define VM_REASON_CRASHED  "crashed"   /* off or crashed: its hypervisor process died */
#define VM_REASON_SAVING   "being saved"
#define VM_REASON_RESTORING "being restored"
#define VM_REASON_MOVING   "migrating"
#define VM_REASON_POSTCOPY "migrating, post-copy"

enum node_state {
	NODE_ONLINE = 1,
	NODE_STANDBY,
	NODE_MAINTENANCE,
	NODE_OFFLINE,
	NODE_UNREACHABLE,
	NODE_UNCLEAN,
	NODE_CONNECTING, /* not heard from yet since the agent started */
};

/* A volume that its host serves to others. */
enum export_state { EXPORT_SERVING = 1, EXPORT_ENDED, EXPORT_UNKNOWN };

enum node_kind { NODE_PHYSICAL = 1, NODE_VIRTUAL, NODE_REMOTE };

/* What the cluster manager says of a node. */
enum membership {
	MEMBER_NONE = 1, /* it does not know the node, or there is no cluster manager */
	MEMBER_ONLINE,
	MEMBER_STANDBY,
	MEMBER_MAINTENANCE,
	MEMBER_PENDING, /* on its way in */
	MEMBER_OFFLINE, /* it left in order, or has been fenced */
	MEMBER_UNCLEAN, /* nobody knows what still runs there until it is fenced */
	MEMBER_UNKNOWN, /* the cluster manager does not answer */
};

enum app_state {
	APP_STARTED = 1,
	APP_STOPPED,
	APP_STARTING,
	APP_STOPPING,
	APP_MIGRATING,
	APP_PARTIAL, /* of a group, clone or bundle: some of it is started */
	APP_FAILED,
	APP_BLOCKED, /* the cluster manager will not touch it before somebody has looked */
	APP_UNKNOWN,
};

enum app_kind {
	APP_KIND_VM = 1,
	APP_KIND_VIRTUAL_NODE, /* a VM that is a node as well */
	APP_KIND_SERVICE,
	APP_KIND_GROUP,
	APP_KIND_CLONE,
	APP_KIND_BUNDLE,
	APP_KIND_FENCING,
	APP_KIND_CONNECTION, /* to a remote or virtual node */
};

enum app_wanted { WANTED_STARTED = 1, WANTED_STOPPED, WANTED_PROMOTED, WANTED_UNPROMOTED };

enum object_kind {
	OBJECT_CLUSTER = 1,
	OBJECT_NODE,
	OBJECT_VM,
	OBJECT_POOL,
	OBJECT_VOLUME,
	OBJECT_APP,
	OBJECT_JOB,
	OBJECT_ALARM,
	OBJECT_TEMPLATE = 9,
	OBJECT_BACKUP = 10,
};

/* Up to JOB_CANCEL the numbers are those of vclVmAction: none(1) is what that reads. */
enum job_type {
	JOB_NONE = 1,
	JOB_POWER_ON,
	JOB_SHUTDOWN,
	JOB_POWER_OFF,
	JOB_REBOOT,
	JOB_RESET,
	JOB_SUSPEND,
	JOB_RESUME,
	JOB_MANAGED_SAVE,
	JOB_POWER_BUTTON,
	JOB_CTRL_ALT_DEL,
	JOB_NMI,
	JOB_POWER_CYCLE,
	JOB_SHUTDOWN_THEN_OFF,
	JOB_POWER_SEQUENCE,
	JOB_CANCEL, /* an action that makes no job: it ends the one that the VM has */
	JOB_KEYS,
	JOB_MIGRATE,
	JOB_SET_VCPUS,
	JOB_SET_MEMORY,
	JOB_SET_AUTOSTART,
	JOB_EVACUATE,
	JOB_MAINTENANCE,
	JOB_NODE_ONLINE,
	JOB_BALANCE,
	JOB_POOL_REFRESH,
	JOB_POOL_START,
	JOB_POOL_STOP,
	JOB_VOLUME_CREATE,
	JOB_VOLUME_DELETE,
	JOB_VOLUME_RESIZE,
	JOB_VOLUME_CLONE,
	JOB_VOLUME_MOVE,
	JOB_VOLUME_WIPE,
	JOB_SNAPSHOT_CREATE = 35,
	JOB_SNAPSHOT_REVERT = 36,
	JOB_SNAPSHOT_DELETE = 37,
	JOB_VM_CLONE = 38,
	JOB_VM_CREATE = 39,
	JOB_TEMPLATE_CREATE = 40,
	JOB_BACKUP = 41,
	JOB_RESTORE = 42,
	JOB_BACKUP_VERIFY = 43,
	JOB_BACKUP_DELETE = 44,
	JOB_VOLUME_EXPORT = 45,
	JOB_VOLUME_UNEXPORT = 46,
	JOB_BACKUP_SCAN = 47,
	JOB_VOLUME_UPLOAD = 48,
	JOB_VOLUME_DOWNLOAD = 49,
	JOB_APP_START = 50,
	JOB_APP_STOP = 51,
	JOB_APP_MOVE = 52,
	JOB_APP_CLEANUP = 53,
	JOB_NODE_POWER_ON = 54,
	JOB_NODE_POWER_OFF = 55,
	JOB_NODE_POWER_RESET = 56,
	JOB_HA_ENABLE = 57,
	JOB_HA_DISABLE = 58,
	JOB_VNODE_ENABLE = 59,
	JOB_VNODE_DISABLE = 60,
};

/* What can be done with a node, by vclNodeAction. */
enum node_action {
	NODE_ACTION_NONE = 1,
	NODE_ACTION_EVACUATE,
	NODE_ACTION_MAINTENANCE,
	NODE_ACTION_ONLINE,
	NODE_ACTION_POWER_ON,
	NODE_ACTION_POWER_OFF,
	NODE_ACTION_POWER_RESET,
	/* kept: 9 wake */
};

/* What can be done with an application, by vclAppAction. */
enum app_action {
	APP_ACTION_NONE = 1,
	APP_ACTION_START,
	APP_ACTION_STOP,
	APP_ACTION_MOVE, /* wherever the cluster manager likes */
	APP_ACTION_CLEANUP,
};

enum job_state {
	JOB_WAITING = 1,
	JOB_RUNNING,
	JOB_SUCCEEDED,
	JOB_FAILED,
	JOB_CANCELLED,
	JOB_INTERRUPTED,
	JOB_PREPARING, /* a row that somebody still fills in: no job yet */
};

/* RFC 2579's RowStatus: what a row is, and what it can be told. */
enum row_status {
	ROW_ACTIVE = 1,
	ROW_NOT_IN_SERVICE,
	ROW_NOT_READY,
	ROW_CREATE_AND_GO,
	ROW_CREATE_AND_WAIT,
	ROW_DESTROY,
};

/* Why a job did not succeed, for programs; the sentence for people is beside it. */
enum job_cause {
	CAUSE_NONE = 1,
	CAUSE_LIBVIRT,     /* libvirt or the hypervisor refused or failed */
	CAUSE_UNREACHABLE, /* the node could not be reached */
	CAUSE_TIMEOUT,     /* the guest did not react in time */
	CAUSE_GONE,        /* the object no longer exists */
	CAUSE_IMPOSSIBLE,  /* its state no longer allows the action */
	CAUSE_RESTART,     /* the agent stopped while the job waited or ran */
	CAUSE_CANCELLED,
	CAUSE_CLUSTER,     /* the cluster manager refused or failed */
};

/* What a VM shall be, as somebody said. */
enum admin_state {
	ADMIN_RUNNING = 1,
	ADMIN_SHUTDOWN,
	ADMIN_PAUSED,
	ADMIN_SAVED,
	ADMIN_UNMANAGED, /* nobody has said, or it is not to matter any longer */
};

enum origin { ORIGIN_SNMP = 1, ORIGIN_CLI, ORIGIN_WEB, ORIGIN_CLUSTER };

enum severity { SEVERITY_INFO = 1, SEVERITY_WARNING, SEVERITY_CRITICAL };

enum event_type {
	EVENT_VM_STATE = 1,
	EVENT_NODE_STATE,
	EVENT_JOB_FINISHED,
	EVENT_VM_DUPLICATE, /* the same VM runs on two nodes */
	EVENT_VM_ADDED,
	EVENT_VM_REMOVED,
	EVENT_VM_MOVED,
	EVENT_ALARM_RAISED,
	EVENT_ALARM_CLEARED,
	EVENT_POOL_STATE,
	EVENT_APP_STATE,
	EVENT_APP_MOVED,
	EVENT_QUORUM,
	EVENT_NODE_FENCED,
};

/* Nagios' order, in every table. */
enum health_level { HEALTH_OK, HEALTH_WARNING, HEALTH_CRITICAL, HEALTH_UNKNOWN };

/* Does the hypervisor's control channel answer (virDomainGetControlInfo). */
/*
 * Is this half of a VM coming or going; VM_STAYS also where nobody can tell.  VM_LEFT: it has
 * gone over, and the other host may not have told of it yet.
 */
enum vm_migration { VM_STAYS, VM_COMES, VM_GOES, VM_LEFT };

enum vm_control { CONTROL_OK = 1, CONTROL_JOB, CONTROL_OCCUPIED, CONTROL_ERROR };

enum guest_agent { GUEST_AGENT_NONE = 1, GUEST_AGENT_DISCONNECTED, GUEST_AGENT_CONNECTED };

enum vcpu_state { VCPU_OFFLINE = 1, VCPU_RUNNING, VCPU_BLOCKED };

enum disk_device { DISK_DEVICE_DISK = 1, DISK_DEVICE_CDROM, DISK_DEVICE_FLOPPY,
	DISK_DEVICE_LUN, DISK_DEVICE_FILESYSTEM };

enum disk_error { DISK_ERROR_NONE = 1, DISK_ERROR_UNSPECIFIED, DISK_ERROR_NO_SPACE };

enum block_job { BLOCK_JOB_NONE = 1, BLOCK_JOB_PULL, BLOCK_JOB_COPY, BLOCK_JOB_COMMIT,
	BLOCK_JOB_BACKUP, BLOCK_JOB_OTHER };

/* Where a snapshot's data is. */
enum snapshot_kind { SNAPSHOT_INTERNAL = 1, SNAPSHOT_EXTERNAL, SNAPSHOT_EXTERNAL_MEMORY };

enum nic_link { NIC_LINK_UP = 1, NIC_LINK_DOWN };

enum pool_state { POOL_RUNNING = 1, POOL_BUILDING, POOL_DEGRADED, POOL_INACCESSIBLE,
	POOL_INACTIVE, POOL_UNKNOWN };

enum volume_type { VOLUME_FILE = 1, VOLUME_BLOCK, VOLUME_DIR, VOLUME_NETWORK,
	VOLUME_NETDIR, VOLUME_PLOOP };

/* How what is made from a template gets its operating system. */
enum install_kind {
	INSTALL_NONE = 1,   /* it is on the base volume as it shall be */
	INSTALL_CLOUD_INIT, /* the base volume's cloud-init is told who it is */
	INSTALL_NETBOOT,    /* an installer that the template's kernel line leads to */
};

enum backup_kind { BACKUP_FULL = 1, BACKUP_INCREMENTAL };

enum backup_state {
	BACKUP_COMPLETE = 1,
	BACKUP_FAILED, /* nothing of it was kept: the row remembers the attempt */
	BACKUP_RUNNING,
};

/* What the last look at a backup's files has found. */
enum backup_check { CHECK_NEVER = 1, CHECK_GOOD, CHECK_BAD };

enum template_state { TEMPLATE_VALID = 1, TEMPLATE_INVALID };

extern const struct enum_name vm_state_names[];
extern const struct enum_name node_state_names[];
extern const struct enum_name export_state_names[];
extern const struct enum_name node_kind_names[];
extern const struct enum_name membership_names[];
extern const struct enum_name app_state_names[];
extern const struct enum_name app_kind_names[];
extern const struct enum_name app_wanted_names[];
extern const struct enum_name object_kind_names[];
extern const struct enum_name vm_action_names[]; /* enum job_type up to JOB_CANCEL */
extern const struct enum_name node_action_names[];
extern const struct enum_name app_action_names[];
extern const struct enum_name job_type_names[];
extern const struct enum_name job_state_names[];
extern const struct enum_name row_status_names[];
extern const struct enum_name job_cause_names[];
extern const struct enum_name admin_state_names[];
extern const struct enum_name origin_names[];
extern const struct enum_name severity_names[];
extern const struct enum_name event_type_names[];
extern const struct enum_name health_names[];
extern const struct enum_name vm_control_names[];
extern const struct enum_name guest_agent_names[];
extern const struct enum_name vcpu_state_names[];
extern const struct enum_name disk_device_names[];
extern const struct enum_name disk_error_names[];
extern const struct enum_name block_job_names[];
extern const struct enum_name nic_link_names[];
extern const struct enum_name snapshot_kind_names[];
extern const struct enum_name pool_state_names[];
extern const struct enum_name volume_type_names[];
extern const struct enum_name install_kind_names[];
extern const struct enum_name backup_kind_names[];
extern const struct enum_name backup_state_names[];
extern const struct enum_name backup_check_names[];
extern const struct enum_name template_state_names[];

/* Has a job in that state come to its end. */
bool job_state_is_final(int32_t state);

/* The name of a value, or "unknown". */
const char *enum_to_name(const struct enum_name *names, int32_t value);

/* The value of a name (ASCII case does not matter), or 0. */
int32_t enum_from_name(const struct enum_name *names, const char *name);

#endif
