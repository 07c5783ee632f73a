/* How vCPUs, disks, NICs and snapshots are shown. */
#include "cli/display.h"

#include <stddef.h>

/* --- vCPUs */

static const struct field vcpu_list[] = {
	{ "vclVcpuName", "VCPU", format_text, ALIGN_LEFT, 12 },
	{ "vclVcpuState", "STATE", format_words, ALIGN_LEFT },
	{ "vclVcpuUsage", "USAGE", format_usage, ALIGN_RIGHT },
	{ "vclVcpuStealUsage", "STEAL", format_usage, ALIGN_RIGHT },
	{ "vclVcpuPhysical", "ON CPU", format_text, ALIGN_RIGHT },
	{ "vclVcpuTime", "TIME", format_cpu_time, ALIGN_RIGHT },
	{ "vclVcpuWaitTime", "WAITED", format_cpu_time, ALIGN_RIGHT, .width = WIDE },
	{ "vclVcpuDelayTime", "STOLEN", format_cpu_time, ALIGN_RIGHT, .width = WIDE },
	{ "vclVcpuHalted", "HALTED", format_bool, ALIGN_LEFT, .width = WIDE },
	{ "vclVcpuAffinity", "MAY USE", format_text, ALIGN_LEFT, 8 },
	{ 0 },
};

static const struct field vcpu_detail[] = {
	{ "vclVcpuName", "name", format_text },
	{ "vclVcpuState", "state", format_words },
	{ "vclVcpuUsage", "usage", format_usage },
	{ "vclVcpuStealUsage", "waits for a CPU", format_usage },
	{ "vclVcpuTime", "time", format_cpu_time },
	{ "vclVcpuWaitTime", "time waited", format_cpu_time },
	{ "vclVcpuDelayTime", "time stolen", format_cpu_time },
	{ "vclVcpuHalted", "halted", format_bool },
	{ "vclVcpuPhysical", "on CPU", format_text },
	{ "vclVcpuAffinity", "may use CPUs", format_text },
	{ "vclVmIndex" },
	{ 0 },
};

static const struct filter vcpu_filters[] = {
	{ "node", &filter_owner },
	{ "vm", &filter_owner },
	{ "name", &filter_name, "vclVcpuName" },
	{ 0 },
};

const struct listing vcpu_listing = {
	"vcpus", "vCPUs", "vclVmCpuTable", "vcpu", "vclVcpu", vcpu_list, vcpu_detail,
	"vclVcpuName", NULL, "vclVcpuIndex", "vclVcpuName", vcpu_filters, NULL
};

/* --- disks */

static const struct field disk_list[] = {
	{ "vclDiskName", "DISK", format_text, ALIGN_LEFT, 10 },
	{ "vclDiskCapacity", "SIZE", format_mib, ALIGN_RIGHT },
	{ "vclDiskAllocation", "USED", format_mib, ALIGN_RIGHT },
	{ "vclDiskReadSpeed", "READ", format_speed, ALIGN_RIGHT },
	{ "vclDiskWriteSpeed", "WRITE", format_speed, ALIGN_RIGHT },
	{ "vclDiskError", "ERROR", cell_none, ALIGN_LEFT, 0, tone_bad },
	{ "vclDiskReadRate", "READS", format_rate, ALIGN_RIGHT, .width = WIDE },
	{ "vclDiskWriteRate", "WRITES", format_rate, ALIGN_RIGHT, .width = WIDE },
	{ "vclDiskReadLatency", "READ TAKES", format_us, ALIGN_RIGHT, .width = WIDE },
	{ "vclDiskWriteLatency", "WRITE TAKES", format_us, ALIGN_RIGHT, .width = WIDE },
	{ "vclDiskBus", "BUS", format_text, ALIGN_LEFT, .width = WIDE },
	{ "vclDiskFormat", "FORMAT", format_text, ALIGN_LEFT, .width = WIDE },
	{ "vclDiskDevice", "DEVICE", format_words, ALIGN_LEFT, .width = WIDE },
	{ "vclDiskChainDepth", "CHAIN", format_text, ALIGN_RIGHT, .width = WIDE },
	{ "vclDiskPool", "POOL", format_index, ALIGN_LEFT, 6, .width = WIDE },
	{ "vclDiskBlockJob", "BLOCK JOB", cell_none, ALIGN_LEFT, .width = WIDE },
	{ "vclDiskSource", "SOURCE", format_text, ALIGN_LEFT, 10 },
	{ 0 },
};

static const struct field disk_detail[] = {
	{ "vclDiskName", "name", format_text },
	{ "vclDiskSource", "source", format_text },
	{ "vclDiskPool", "pool", format_index },
	{ "vclDiskVolume", "volume", format_index },
	{ "vclDiskError", "error", cell_none, .tone = tone_bad },
	{ "vclDiskDevice", "device", format_words },
	{ "vclDiskTarget", "target", format_text },
	{ "vclDiskBus", "bus", format_text },
	{ "vclDiskFormat", "format", format_text },
	{ "vclDiskReadOnly", "read only", format_bool },
	{ "vclDiskCapacity", "size", format_mib },
	{ "vclDiskAllocation", "used", format_mib },
	{ "vclDiskPhysical", "on the host", format_mib },
	{ "vclDiskChainDepth", "images below", format_text },
	{ "vclDiskReadSpeed", "reads", format_speed },
	{ "vclDiskWriteSpeed", "writes", format_speed },
	{ "vclDiskReadRate", "read requests", format_rate },
	{ "vclDiskWriteRate", "write requests", format_rate },
	{ "vclDiskReadLatency", "a read takes", format_us },
	{ "vclDiskWriteLatency", "a write takes", format_us },
	{ "vclDiskReadOctets", "read", format_octets },
	{ "vclDiskWriteOctets", "written", format_octets },
	{ "vclDiskReads", "all reads", format_text },
	{ "vclDiskWrites", "all writes", format_text },
	{ "vclDiskFlushes", "all flushes", format_text },
	{ "vclDiskReadTime", "read time", format_cpu_time },
	{ "vclDiskWriteTime", "write time", format_cpu_time },
	{ "vclDiskFlushTime", "flush time", format_cpu_time },
	{ "vclDiskLimitIops", "requests at most", format_limit },
	{ "vclDiskLimitSpeed", "speed at most", format_mib_limit },
	{ "vclDiskBlockJob", "block job", cell_none },
	{ "vclDiskBlockJobProgress", "block job done", format_percent },
	{ "vclVmIndex" },
	{ 0 },
};

static const struct filter disk_filters[] = {
	{ "node", &filter_owner },
	{ "vm", &filter_owner },
	{ "pool", &filter_owner },
	{ "name", &filter_name, "vclDiskName" },
	{ 0 },
};

const struct listing disk_listing = {
	"disks", "disks", "vclVmDiskTable", "disk", "vclDisk", disk_list, disk_detail,
	"vclDiskName", NULL, "vclDiskIndex", "vclDiskName", disk_filters, NULL
};

/* --- NICs */

static const struct field nic_list[] = {
	{ "vclNicName", "NIC", format_text, ALIGN_LEFT, 20 },
	{ "vclNicLink", "LINK", format_words, ALIGN_LEFT, 0, tone_state },
	{ "vclNicSource", "SOURCE", format_text, ALIGN_LEFT, 8 },
	{ "vclNicTarget", "TARGET", format_text, ALIGN_LEFT, 6 },
	{ "vclNicInSpeed", "IN", format_speed, ALIGN_RIGHT },
	{ "vclNicOutSpeed", "OUT", format_speed, ALIGN_RIGHT },
	{ "vclNicModel", "MODEL", format_text, ALIGN_LEFT, .width = WIDE },
	{ "vclNicType", "TYPE", format_text, ALIGN_LEFT, .width = WIDE },
	{ "vclNicInOctets", "ALL IN", format_octets, ALIGN_RIGHT, .width = WIDE },
	{ "vclNicOutOctets", "ALL OUT", format_octets, ALIGN_RIGHT, .width = WIDE },
	{ "vclNicInErrors", "IN ERRORS", format_text, ALIGN_RIGHT, .width = WIDE },
	{ "vclNicOutErrors", "OUT ERRORS", format_text, ALIGN_RIGHT, .width = WIDE },
	{ "vclNicInDrops", "IN DROPS", format_text, ALIGN_RIGHT, .width = WIDE },
	{ "vclNicOutDrops", "OUT DROPS", format_text, ALIGN_RIGHT, .width = WIDE },
	{ "vclNicAddresses", "ADDRESSES", format_text, ALIGN_LEFT, 9 },
	{ 0 },
};

static const struct field nic_detail[] = {
	{ "vclNicName", "name", format_text },
	{ "vclNicLink", "link", format_words, .tone = tone_state },
	{ "vclNicAddresses", "addresses", format_text },
	{ "vclNicMac", "MAC", format_text },
	{ "vclNicModel", "model", format_text },
	{ "vclNicType", "type", format_text },
	{ "vclNicSource", "source", format_text },
	{ "vclNicTarget", "target", format_text },
	{ "vclNicInSpeed", "receives", format_speed },
	{ "vclNicOutSpeed", "sends", format_speed },
	{ "vclNicInOctets", "received", format_octets },
	{ "vclNicOutOctets", "sent", format_octets },
	{ "vclVmIndex" },
	{ 0 },
};

static const struct filter nic_filters[] = {
	{ "node", &filter_owner },
	{ "vm", &filter_owner },
	{ "name", &filter_name, "vclNicName" },
	{ 0 },
};

const struct listing nic_listing = {
	"nics", "NICs", "vclVmNicTable", "nic", "vclNic", nic_list, nic_detail,
	"vclNicName", NULL, "vclNicIndex", "vclNicName", nic_filters, NULL
};

/* --- snapshots: one at a time is shown by --name */

static const struct field snapshot_list[] = {
	{ "vclSnapshotVmName", "VM", format_text, ALIGN_LEFT, 8 },
	{ "vclSnapshotName", "SNAPSHOT", format_text, ALIGN_LEFT, 9 },
	{ "vclSnapshotCreated", "CREATED", format_date, ALIGN_LEFT },
	{ "vclSnapshotKind", "KIND", format_words, ALIGN_LEFT, 8 },
	{ "vclSnapshotCurrent", "CURRENT", format_bool, ALIGN_LEFT },
	{ "vclSnapshotUsable", "USABLE", format_bool, ALIGN_LEFT, .width = WIDE },
	{ "vclSnapshotDisks", "DISKS", format_text, ALIGN_RIGHT, .width = WIDE },
	{ "vclSnapshotVmState", "VM WAS", cell_none, ALIGN_LEFT, .width = WIDE },
	{ "vclSnapshotParent", "AFTER", format_text, ALIGN_LEFT, 6 },
	{ "vclSnapshotDescription", "DESCRIPTION", format_text, ALIGN_LEFT, 11, .width = WIDE },
	{ 0 },
};

static const struct filter snapshot_filters[] = {
	{ "node", &filter_owner },
	{ "vm", &filter_owner },
	{ "name", &filter_name, "vclSnapshotName" },
	{ 0 },
};

const struct listing snapshot_listing = {
	"snapshots", "snapshots", "vclSnapshotTable", NULL, "vclSnapshot", snapshot_list, NULL,
	"vclSnapshotName", NULL, "vclSnapshotIndex", "vclSnapshotCreated", snapshot_filters, NULL
};
