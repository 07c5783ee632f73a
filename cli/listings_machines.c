/* How nodes and VMs are shown. */
#include "cli/display.h"

#include <stddef.h>

/* What the history tells of late: of a span "Hour" or "Day". */
#define TREND_FIELDS(prefix, what, label, span, words, format)                         \
	{ prefix what span "Average", label ", average of " words, format },           \
	{ prefix what span "Maximum", label ", most in " words, format },              \
	{ prefix what span "95", label ", 95 % of " words, format }
#define TRENDS_FIELDS(prefix)                                                          \
	TREND_FIELDS(prefix, "Cpu", "CPU", "Hour", "1 h", format_usage),               \
	TREND_FIELDS(prefix, "Cpu", "CPU", "Day", "1 d", format_usage),                \
	TREND_FIELDS(prefix, "Memory", "memory", "Hour", "1 h", format_mib),           \
	TREND_FIELDS(prefix, "Memory", "memory", "Day", "1 d", format_mib)

/* --- nodes */

static const struct field node_list[] = {
	{ "vclNodeName", "NODE", format_text, ALIGN_LEFT, 6 },
	{ "vclNodeState", "STATE", format_words, ALIGN_LEFT, 0, tone_state },
	{ "vclNodeHealth", "HEALTH", cell_health, ALIGN_LEFT, 0, tone_health,
	    .with = "vclNodeStale vclNodeSampleAge" },
	{ "vclNodeVmsRunning", "VMS", cell_node_vms, ALIGN_RIGHT,
	    .with = "vclNodeVmsDefined" },
	{ "vclNodeCpuUsage", "CPU", format_usage, ALIGN_RIGHT, 0, tone_use },
	{ "vclNodeMemoryUsed", "MEMORY", cell_node_memory, ALIGN_RIGHT,
	    .with = "vclNodeMemoryTotal" },
	{ "vclNodeCpus", "CPUS", format_text, ALIGN_RIGHT, .width = WIDE },
	{ "vclNodeVcpusAllocated", "VCPUS", format_text, ALIGN_RIGHT, .width = WIDE },
	{ "vclNodeMemoryCommitment", "PROMISED", format_usage, ALIGN_RIGHT, 0, tone_use,
	    .width = WIDE },
	{ "vclNodeLoad1", "LOAD", format_hundredths, ALIGN_RIGHT, .width = WIDE },
	{ "vclNodePressureIo", "IO STALL", format_usage, ALIGN_RIGHT, .width = WIDE },
	{ "vclNodeSwapUsed", "SWAP", format_mib, ALIGN_RIGHT, .width = WIDE },
	{ "vclNodeBootTime", "UP", format_ago, ALIGN_RIGHT, .width = WIDE },
	{ "vclNodeHypervisorVersion", "VERSION", format_text, ALIGN_LEFT, .width = WIDE },
	{ "vclNodeSampleAge", "SEEN", cell_seen, ALIGN_LEFT, 0, tone_seen, .width = WIDE },
	{ "vclNodeMembership", "CLUSTER", format_words, ALIGN_LEFT, 0, tone_state,
	    .width = TOLD },
	{ "vclNodeApps", "APPS", format_text, ALIGN_RIGHT, .width = TOLD },
	{ "vclNodeKind", "KIND", format_words, ALIGN_LEFT, .width = WIDE },
	{ "vclNodeStateReason", "REASON", cell_node_reason, ALIGN_LEFT, 8,
	    .with = "vclNodeHealthReason" },
	{ 0 },
};

static const struct field node_detail[] = {
	{ "vclNodeName", "name", format_text },
	{ "vclNodeState", "state", format_words, .tone = tone_state },
	{ "vclNodeStateReason", "reason", format_text },
	{ "vclNodeStateSince", "since", format_date },
	{ "vclNodeHealth", "health", cell_health, .tone = tone_health },
	{ "vclNodeHealthReason", "health reason", format_text },
	{ "vclNodeUri", "URI", format_text },
	{ "vclNodeUuid", "UUID", format_text },
	{ "vclNodeHypervisor", "hypervisor", format_text },
	{ "vclNodeHypervisorVersion", "hypervisor version", format_text },
	{ "vclNodeLibvirtVersion", "libvirt version", format_text },
	{ "vclNodeBootTime", "booted", format_date },
	{ "vclNodeVmsRunning", "VMs running", cell_node_vms },
	{ "vclNodeCpuModel", "CPU model", format_text },
	{ "vclNodeCpuMhz", "CPU MHz", format_text },
	{ "vclNodeCpuSockets", "CPU sockets", format_text },
	{ "vclNodeCpuCores", "cores of a socket", format_text },
	{ "vclNodeCpuThreads", "threads of a core", format_text },
	{ "vclNodeNumaCells", "NUMA cells", format_text },
	{ "vclNodeCpus", "CPUs", format_text },
	{ "vclNodeCpuUsage", "CPU usage", format_usage, .tone = tone_use },
	{ "vclNodeVmsCpuUsage", "CPU usage of VMs", format_usage },
	{ "vclNodeVcpusAllocated", "vCPUs of running VMs", format_text },
	{ "vclNodeCpuCommitment", "CPUs promised", format_usage },
	{ "vclNodeLoad1", "load", cell_load },
	{ "vclNodeProcesses", "processes", format_text },
	{ "vclNodeMemoryUsed", "memory used", cell_node_memory },
	{ "vclNodeMemoryFree", "memory free", format_mib },
	{ "vclNodeMemoryCached", "memory cached", format_mib },
	{ "vclNodeMemoryAllocated", "memory given to VMs", format_mib },
	{ "vclNodeMemoryCommitment", "memory promised", format_usage, .tone = tone_use },
	{ "vclNodeHugePagesTotal", "huge pages", format_mib },
	{ "vclNodeHugePagesFree", "huge pages free", format_mib },
	{ "vclNodeSwapUsed", "swap used", cell_used_of },
	{ "vclNodePageIns", "pages in", format_text },
	{ "vclNodePageOuts", "pages out", format_text },
	{ "vclNodePressureCpu", "waits for CPU", format_usage },
	{ "vclNodePressureMemory", "waits for memory", format_usage },
	{ "vclNodePressureIo", "waits for I/O", format_usage },
	{ "vclNodeRootUsed", "/ used", cell_used_of },
	{ "vclNodeImagesUsed", "images used", cell_used_of },
	{ "vclNodeDiskReadOctets", "disks read", format_octets },
	{ "vclNodeDiskWriteOctets", "disks written", format_octets },
	{ "vclNodeNetInOctets", "net received", format_octets },
	{ "vclNodeNetOutOctets", "net sent", format_octets },
	{ "vclNodeCpuUser", "CPU time user", format_cpu_ms },
	{ "vclNodeCpuSystem", "CPU time system", format_cpu_ms },
	{ "vclNodeCpuIdle", "CPU time idle", format_cpu_ms },
	{ "vclNodeCpuIowait", "CPU time waiting", format_cpu_ms },
	{ "vclNodeCpuSteal", "CPU time stolen", format_cpu_ms },
	{ "vclNodePollTime", "a poll takes", format_ms },
	{ "vclNodePollInterval", "a poll every", format_seconds },
	{ "vclNodeLastSeen", "last seen", format_date },
	{ "vclNodeSampleAge", "seen", cell_seen, .tone = tone_seen },
	{ "vclNodeProbeAge", "probe's record", format_seconds },
	{ "vclNodeKind", "kind", format_words },
	{ "vclNodeVm", "is the VM", format_index },
	{ "vclNodeMembership", "in the cluster", format_words, .tone = tone_state },
	{ "vclNodeMembershipReason", "says the cluster", format_text },
	{ "vclNodeCoordinator", "coordinator", format_bool },
	{ "vclNodeApps", "applications", format_text },
	{ "vclNodeLastFenced", "last fenced", format_date },
	TRENDS_FIELDS("vclNode"),
	{ "vclNodeVmsDefined" },
	{ "vclNodeMemoryTotal" },
	{ "vclNodeSwapTotal" },
	{ "vclNodeRootSize" },
	{ "vclNodeImagesSize" },
	{ "vclNodeLoad5" },
	{ "vclNodeLoad15" },
	{ "vclNodeStale" },
	{ 0 },
};

static const char *const node_states[] = { "online", "standby", "maintenance", "offline",
	"unreachable", "unclean", "connecting", NULL };

static const struct filter node_filters[] = {
	{ "state", &filter_word, "vclNodeState", node_states },
	{ "health", &filter_worst, "vclNodeHealth", filter_health },
	{ "stale", &filter_flag, "vclNodeStale" },
	{ "name", &filter_name, "vclNodeName" },
	{ 0 },
};

static const struct section node_sections[] = {
	{ "Alarms", "alarms", "node" },
	{ "VMs", "vms", "node" },
	{ "Applications", "apps", "node" },
	{ "Pools", "pools", "node" },
	{ "Last jobs", "jobs", "node", 5 },
	{ 0 },
};

const struct listing node_listing = {
	"nodes", "nodes", "vclNodeTable", "node", "vclNode", node_list, node_detail,
	"vclNodeName", NULL, "vclNodeIndex", "vclNodeName", node_filters, node_sections
};

/* --- VMs */

static const struct field vm_list[] = {
	{ "vclVmName", "VM", format_text, ALIGN_LEFT, 8 },
	{ "vclVmState", "STATE", format_words, ALIGN_LEFT, 0, tone_state },
	{ "vclVmNodeName", "NODE", format_text, ALIGN_LEFT, 6 },
	{ "vclVmHealth", "HEALTH", cell_health, ALIGN_LEFT, 0, tone_health,
	    .with = "vclVmStale vclVmSampleAge" },
	{ "vclVmVcpus", "VCPUS", format_text, ALIGN_RIGHT },
	{ "vclVmCpuUsage", "CPU", format_usage, ALIGN_RIGHT },
	{ "vclVmMemoryActual", "MEMORY", format_mib, ALIGN_RIGHT },
	{ "vclVmStateSince", "SINCE", format_ago, ALIGN_RIGHT },
	{ "vclVmMemoryUsed", "USED", format_mib, ALIGN_RIGHT, .width = WIDE },
	{ "vclVmCpuStealUsage", "STEAL", format_usage, ALIGN_RIGHT, .width = WIDE },
	{ "vclVmDiskReadSpeed", "READ", format_speed, ALIGN_RIGHT, .width = WIDE },
	{ "vclVmDiskWriteSpeed", "WRITE", format_speed, ALIGN_RIGHT, .width = WIDE },
	{ "vclVmNetInSpeed", "NET IN", format_speed, ALIGN_RIGHT, .width = WIDE },
	{ "vclVmNetOutSpeed", "NET OUT", format_speed, ALIGN_RIGHT, .width = WIDE },
	{ "vclVmUptime", "UP", format_seconds, ALIGN_RIGHT, .width = WIDE },
	{ "vclVmSampleAge", "SEEN", cell_seen, ALIGN_LEFT, 0, tone_seen, .width = WIDE },
	{ "vclVmGuestAddress", "ADDRESS", format_text, ALIGN_LEFT, 8, .width = WIDE },
	{ "vclVmGuestOs", "OS", format_text, ALIGN_LEFT, 8, .width = WIDE },
	{ "vclVmHealthReason", "REASON", format_text, ALIGN_LEFT, 8, .width = WIDE },
	{ 0 },
};

static const struct field vm_detail[] = {
	{ "vclVmName", "name", format_text },
	{ "vclVmState", "state", format_words, .tone = tone_state },
	{ "vclVmStateReason", "reason", format_text },
	{ "vclVmStateSince", "since", format_date },
	{ "vclVmHealth", "health", cell_health, .tone = tone_health },
	{ "vclVmHealthReason", "health reason", format_text },
	{ "vclVmNodeName", "node", format_text },
	{ "vclVmLastNode", "last node", format_index },
	{ "vclVmDuplicateNode", "runs also on node", format_index, .tone = tone_bad },
	{ "vclVmTitle", "title", format_text },
	{ "vclVmUuid", "UUID", format_text },
	{ "vclVmAppName", "application", format_text },
	{ "vclVmUptime", "up", format_seconds },
	{ "vclVmGuestHostName", "guest's name", format_text },
	{ "vclVmGuestOs", "guest's OS", format_text },
	{ "vclVmGuestAddress", "guest's address", format_text },
	{ "vclVmGuestAgent", "guest agent", format_words },
	{ "vclVmVcpus", "vCPUs", format_text },
	{ "vclVmVcpusMax", "vCPUs at most", format_text },
	{ "vclVmCpuUsage", "CPU usage", format_usage },
	{ "vclVmCpuStealUsage", "waits for a CPU", format_usage },
	{ "vclVmCpuTime", "CPU time", format_cpu_time },
	{ "vclVmCpuSteal", "CPU time stolen", format_cpu_time },
	{ "vclVmMemoryActual", "memory", format_mib },
	{ "vclVmMemoryMax", "memory at most", format_mib },
	{ "vclVmMemoryUsed", "memory used", format_mib },
	{ "vclVmMemoryAvailable", "memory available", format_mib },
	{ "vclVmMemoryRss", "memory on the node", format_mib },
	{ "vclVmDirtyRate", "memory dirtied", format_mib_limit },
	{ "vclVmMajorFaults", "major faults", format_text },
	{ "vclVmSwapInOctets", "swapped in", format_octets },
	{ "vclVmSwapOutOctets", "swapped out", format_octets },
	{ "vclVmDiskReadSpeed", "disk reads", format_speed },
	{ "vclVmDiskWriteSpeed", "disk writes", format_speed },
	{ "vclVmDiskReadRate", "read requests", format_rate },
	{ "vclVmDiskWriteRate", "write requests", format_rate },
	{ "vclVmDiskReadLatency", "a read takes", format_us },
	{ "vclVmDiskWriteLatency", "a write takes", format_us },
	{ "vclVmDiskReadOctets", "disk read", format_octets },
	{ "vclVmDiskWriteOctets", "disk written", format_octets },
	{ "vclVmDiskReads", "all reads", format_text },
	{ "vclVmDiskWrites", "all writes", format_text },
	{ "vclVmDiskFlushes", "all flushes", format_text },
	{ "vclVmDiskReadTime", "read time", format_cpu_time },
	{ "vclVmDiskWriteTime", "write time", format_cpu_time },
	{ "vclVmDiskErrors", "disks with errors", format_index, .tone = tone_bad },
	{ "vclVmNetInSpeed", "net receives", format_speed },
	{ "vclVmNetOutSpeed", "net sends", format_speed },
	{ "vclVmNetInOctets", "net received", format_octets },
	{ "vclVmNetOutOctets", "net sent", format_octets },
	{ "vclVmNetInPackets", "packets received", format_text },
	{ "vclVmNetOutPackets", "packets sent", format_text },
	{ "vclVmSnapshots", "snapshots", format_index },
	{ "vclVmLastBackup", "last backup", format_date },
	{ "vclVmLastBackupAge", "backup age", format_seconds },
	{ "vclVmLastBackupState", "last attempt", format_text, .tone = tone_state },
	{ "vclVmOldestSnapshot", "oldest snapshot", format_date },
	{ "vclVmControlState", "control channel", format_words },
	{ "vclVmControlTime", "control channel for", format_seconds },
	{ "vclVmJobType", "job", cell_none },
	{ "vclVmJobProgress", "job done", format_percent },
	{ "vclVmSampleAge", "seen", cell_seen, .tone = tone_seen },
	TRENDS_FIELDS("vclVm"),
	{ "vclVmNode" },
	{ "vclVmStale" },
	{ 0 },
};

static const char *const vm_states[] = { "running", "paused", "shuttingDown", "shutOff",
	"crashed", "suspended", "unknown", NULL };

static const struct filter vm_filters[] = {
	{ "node", &filter_owner },
	{ "state", &filter_word, "vclVmState", vm_states },
	{ "health", &filter_worst, "vclVmHealth", filter_health },
	{ "stale", &filter_flag, "vclVmStale" },
	{ "name", &filter_name, "vclVmName" },
	{ 0 },
};

static const struct section vm_sections[] = {
	{ "Alarms", "alarms", "vm" },
	{ "Disks", "disks", "vm" },
	{ "NICs", "nics", "vm" },
	{ "snapshots", "snapshots", "vm" },
	{ "vCPUs", "vcpus", "vm" },
	{ "Last jobs", "jobs", "vm", 5 },
	{ 0 },
};

const struct listing vm_listing = {
	"vms", "VMs", "vclVmTable", "vm", "vclVm", vm_list, vm_detail,
	"vclVmName", NULL, "vclVmIndex", "vclVmName", vm_filters, vm_sections
};
