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

const struct enum_name node_kind_names[] = {
	{ NODE_PHYSICAL, "physical" },
	{ NODE_VIRTUAL, "virtual" },
	{ NODE_REMOTE, "remote" },
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
	{ 0, NULL },
};

const struct enum_name job_type_names[] = {
	{ JOB_NONE, "none" },
	{ JOB_POWER_ON, "powerOn" },
	{ JOB_SHUTDOWN, "shutdown" },
	{ JOB_POWER_OFF, "powerOff" },
	{ JOB_RESET, "reset" },
	{ 0, NULL },
};

const struct enum_name job_state_names[] = {
	{ JOB_WAITING, "waiting" },
	{ JOB_RUNNING, "running" },
	{ JOB_SUCCEEDED, "succeeded" },
	{ JOB_FAILED, "failed" },
	{ JOB_CANCELLED, "cancelled" },
	{ JOB_INTERRUPTED, "interrupted" },
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
	{ 0, NULL },
};

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
