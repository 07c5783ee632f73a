/* vclVms: what belongs to a VM: its vCPUs, disks, NICs and snapshots. */
#include "model/tables_private.h"

/* The volume that a disk is on, where the agent knows the pool it is in. */
static void
disk_volume(const struct reading *r, const void *row, struct value *out)
{
	const struct volume *volume = cluster_disk_volume(r->cluster, row);

	get_unsigned(out, SYN_INDEX, volume == NULL ? 0 : volume->h.index);
}

static void
disk_pool(const struct reading *r, const void *row, struct value *out)
{
	const struct volume *volume = cluster_disk_volume(r->cluster, row);

	get_unsigned(out, SYN_INDEX, volume == NULL ? 0 : volume->pool);
}

#define ROW struct vcpu
static const struct column vcpu_columns[] = {
	{ 1,  "vclVcpuIndex",      UNSIGNED(h.sub), KEY },
	{ 2,  "vclVcpuName",       TEXT(name) },
	{ 3,  "vclVcpuState",      ENUM(state, vcpu_state_names) },
	{ 4,  "vclVcpuTime",    C64(time_ns) },
	{ 5,  "vclVcpuWaitTime",   C64(wait_ns) },
	{ 6,  "vclVcpuDelayTime",  C64(delay_ns) },
	{ 7,  "vclVcpuHalted",     BOOL(halted) },
	{ 8,  "vclVcpuPhysical",   UNSIGNED(cpu) },
	{ 9,  "vclVcpuAffinity",   TEXT(affinity) },
	{ 10, "vclVcpuUsage",       GAUGE(usage) },
	{ 11, "vclVcpuStealUsage",     GAUGE(steal_usage) },
	{ 12, "vclVcpuDiscontinuityTime", STAMP(discontinuity_us) },
};

#undef ROW
#define ROW struct disk
static const struct column disk_columns[] = {
	{ 1,  "vclDiskIndex",        UNSIGNED(h.sub), KEY },
	{ 2,  "vclDiskName",         TEXT(name) },
	{ 3,  "vclDiskTarget",       TEXT(target) },
	{ 4,  "vclDiskSource",       TEXT(source) },
	{ 5,  "vclDiskPool",         FUNC(SYN_INDEX, disk_pool) },
	{ 6,  "vclDiskVolume",       FUNC(SYN_INDEX, disk_volume) },
	{ 7,  "vclDiskBus",          TEXT(bus) },
	{ 8,  "vclDiskFormat",       TEXT(format) },
	{ 9,  "vclDiskDevice",       ENUM(device, disk_device_names) },
	{ 10, "vclDiskReadOnly",     BOOL(read_only) },
	{ 11, "vclDiskCapacity",     MEBI(capacity) },
	{ 12, "vclDiskAllocation",   MEBI(allocation), LEVEL("allocation") },
	{ 13, "vclDiskPhysical",     MEBI(physical) },
	{ 14, "vclDiskChainDepth",   GAUGE(depth) },
	{ 15, "vclDiskReads", C64(rd_req), RATE("rd_req") },
	{ 16, "vclDiskWrites", C64(wr_req), RATE("wr_req") },
	{ 17, "vclDiskFlushes", C64(fl_req), RATE("fl_req") },
	{ 18, "vclDiskReadOctets",     C64(rd_bytes), RATE("rd") },
	{ 19, "vclDiskWriteOctets",    C64(wr_bytes), RATE("wr") },
	{ 20, "vclDiskReadTime",       C64(rd_ns) },
	{ 21, "vclDiskWriteTime",      C64(wr_ns) },
	{ 22, "vclDiskFlushTime",      C64(fl_ns) },
	{ 23, "vclDiskReadRate",     GAUGE(rd_iops) },
	{ 24, "vclDiskWriteRate",    GAUGE(wr_iops) },
	{ 25, "vclDiskReadSpeed",      GAUGE(rd_speed) },
	{ 26, "vclDiskWriteSpeed",     GAUGE(wr_speed) },
	{ 27, "vclDiskReadLatency",    GAUGE(rd_latency), LEVEL("rd_lat") },
	{ 28, "vclDiskWriteLatency",   GAUGE(wr_latency), LEVEL("wr_lat") },
	{ 29, "vclDiskLimitIops",    GAUGE(limit_iops) },
	{ 30, "vclDiskLimitSpeed",   MEBI(limit_bytes) },
	{ 31, "vclDiskBlockJob",     ENUM(block_job, block_job_names) },
	{ 32, "vclDiskBlockJobProgress", GAUGE(block_job_progress) },
	{ 33, "vclDiskError",        ENUM(error, disk_error_names) },
	{ 34, "vclDiskDiscontinuityTime", STAMP(discontinuity_us) },
};

#undef ROW
#define ROW struct nic
static const struct column nic_columns[] = {
	{ 1,  "vclNicIndex",      UNSIGNED(h.sub), KEY },
	{ 2,  "vclNicName",       TEXT(name) },
	{ 3,  "vclNicMac",        TEXT(mac) },
	{ 4,  "vclNicModel",      TEXT(model) },
	{ 5,  "vclNicType",       TEXT(type) },
	{ 6,  "vclNicSource",     TEXT(source) },
	{ 7,  "vclNicTarget",     TEXT(target) },
	{ 8,  "vclNicLink",       ENUM(link, nic_link_names) },
	{ 9,  "vclNicInOctets",   C64(rx_bytes), RATE("rx") },
	{ 10, "vclNicOutOctets",  C64(tx_bytes), RATE("tx") },
	{ 11, "vclNicInPackets",  C64(rx_pkts), RATE("rx_pkts") },
	{ 12, "vclNicOutPackets", C64(tx_pkts), RATE("tx_pkts") },
	{ 13, "vclNicInErrors",   C64(rx_errs), RATE("rx_errs") },
	{ 14, "vclNicOutErrors",  C64(tx_errs), RATE("tx_errs") },
	{ 15, "vclNicInDrops",    C64(rx_drop), RATE("rx_drop") },
	{ 16, "vclNicOutDrops",   C64(tx_drop), RATE("tx_drop") },
	{ 17, "vclNicInSpeed",    GAUGE(rx_speed) },
	{ 18, "vclNicOutSpeed",   GAUGE(tx_speed) },
	{ 19, "vclNicAddresses",  TEXT(addresses) },
	{ 20, "vclNicDiscontinuityTime", STAMP(discontinuity_us) },
};

#undef ROW
#define ROW struct snapshot
static const struct column snapshot_columns[] = {
	{ 1,  "vclSnapshotIndex",       UNSIGNED(h.sub), KEY },
	{ 2,  "vclSnapshotName",        TEXT(name) },
	{ 3,  "vclSnapshotVmName",      TEXT(vm_name) },
	{ 4,  "vclSnapshotParent",      TEXT(parent) },
	{ 5,  "vclSnapshotCreated",     DATE(created_at) },
	{ 6,  "vclSnapshotKind",        ENUM(kind, snapshot_kind_names) },
	{ 7,  "vclSnapshotVmState",     ENUM(state, vm_state_names) },
	{ 8,  "vclSnapshotCurrent",     BOOL(current) },
	{ 9,  "vclSnapshotDisks",       GAUGE(disks) },
	{ 10, "vclSnapshotDescription", TEXT(description) },
	{ 11, "vclSnapshotUsable",      BOOL(usable) },
};

const struct table vcpu_table = {
	"vclVmCpuTable", ENTRY(ROWS_VCPU, KEYS_INDEX_SUB, 3, 12), COLUMNS(vcpu_columns)
};
const struct table disk_table = {
	"vclVmDiskTable", ENTRY(ROWS_DISK, KEYS_INDEX_SUB, 3, 13), COLUMNS(disk_columns)
};
const struct table nic_table = {
	"vclVmNicTable", ENTRY(ROWS_NIC, KEYS_INDEX_SUB, 3, 14), COLUMNS(nic_columns)
};
const struct table snapshot_table = {
	"vclSnapshotTable", ENTRY(ROWS_SNAPSHOT, KEYS_INDEX_SUB, 3, 16),
	COLUMNS(snapshot_columns)
};
