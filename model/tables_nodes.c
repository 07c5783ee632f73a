/* vclNodes: the hosts. */
#include "model/tables_private.h"

COUNT_OF(node, ROWS_NODE)
HEALTH_OF(node, OBJECT_NODE)
TRENDS_OF(node, OBJECT_NODE)

static void
node_age(const struct reading *r, const void *row, struct value *out)
{
	get_age(out, ((const struct node *)row)->sampled_us, r->now);
}

static void
node_probe_age(const struct reading *r, const void *row, struct value *out)
{
	get_age(out, ((const struct node *)row)->probed_us, r->now);
}

static void
node_stale(const struct reading *r, const void *row, struct value *out)
{
	get_bool(out, node_is_stale(row, r->now));
}

/* Memory that running VMs were promised, in percent of what the node has. */
static void
node_commitment(const struct reading *r, const void *row, struct value *out)
{
	const struct node *node = row;

	if (node->mem_total != ABSENT_U32 && node->mem_allocated != ABSENT_U32)
		get_share(out, node->mem_allocated, node->mem_total);
}

/* vCPUs of running VMs in percent of the node's CPUs. */
static void
node_cpu_commitment(const struct reading *r, const void *row, struct value *out)
{
	const struct node *node = row;

	if (node->cpus != ABSENT_U32 && node->vcpus_allocated != ABSENT_U32)
		get_share(out, node->vcpus_allocated, node->cpus);
}

static void
node_going(const struct reading *r, const void *row, struct value *out)
{
	uint32_t n = cluster_going(r->cluster, row);

	if (n != ABSENT_U32)
		get_unsigned(out, SYN_GAUGE, n);
}

#define ROW struct node
static const struct column nodes_columns[] = {
	{ 1, "vclNodeNumber",          FUNC(SYN_GAUGE, node_number) },
	{ 2, "vclNodeTableLastChange", FUNC(SYN_STAMP, node_changed) },
};

static const struct column node_columns[] = {
	{ 1,  "vclNodeIndex",             INDEX(h.index), KEY },
	{ 2,  "vclNodeName",              TEXT(name) },
	{ 3,  "vclNodeUuid",              TEXT(uuid) },
	{ 4,  "vclNodeUri",               TEXT(uri) },
	{ 5,  "vclNodeKind",              ENUM(kind, node_kind_names) },
	{ 6,  "vclNodeVm",                INDEX(vm) },
	{ 7,  "vclNodeHypervisor",        TEXT(hypervisor) },
	{ 8,  "vclNodeHypervisorVersion", TEXT(hypervisor_version) },
	{ 9,  "vclNodeLibvirtVersion",    TEXT(libvirt_version) },
	{ 10, "vclNodeState",             ENUM(state, node_state_names) },
	{ 11, "vclNodeStateReason",       TEXT(reason) },
	{ 12, "vclNodeStateSince",        DATE(since_at) },
	{ 13, "vclNodeCpuModel",          TEXT(cpu_model) },
	{ 14, "vclNodeCpuMhz",            GAUGE(mhz) },
	{ 15, "vclNodeCpus",              GAUGE(cpus) },
	{ 16, "vclNodeCpuSockets",        GAUGE(sockets) },
	{ 17, "vclNodeCpuCores",          GAUGE(cores) },
	{ 18, "vclNodeCpuThreads",        GAUGE(threads) },
	{ 19, "vclNodeNumaCells",         GAUGE(numa_cells) },
	{ 20, "vclNodeCpuUser",           C64(cpu_user_ms),   RATE("cpu_user") },
	{ 21, "vclNodeCpuSystem",         C64(cpu_system_ms), RATE("cpu_system") },
	{ 22, "vclNodeCpuIdle",           C64(cpu_idle_ms),   RATE("cpu_idle") },
	{ 23, "vclNodeCpuIowait",         C64(cpu_iowait_ms), RATE("cpu_iowait") },
	{ 24, "vclNodeCpuUsage",          GAUGE(cpu_usage) },
	{ 25, "vclNodeMemoryTotal",       GAUGE(mem_total) },
	{ 26, "vclNodeMemoryFree",        GAUGE(mem_free), LEVEL("mem_free") },
	{ 27, "vclNodeMemoryCached",      GAUGE(mem_cached), LEVEL("mem_cached") },
	{ 28, "vclNodeMemoryUsed",        GAUGE(mem_used), LEVEL("mem_used") },
	{ 29, "vclNodeVmsRunning",        GAUGE(vms_running), LEVEL("vms_running") },
	{ 30, "vclNodeVmsDefined",        GAUGE(vms_defined), LEVEL("vms_defined") },
	{ 31, "vclNodeVmsCpuUsage",       GAUGE(vms_cpu_usage), LEVEL("vms_cpu") },
	{ 32, "vclNodeVcpusAllocated",    GAUGE(vcpus_allocated), LEVEL("vcpus") },
	{ 33, "vclNodeMemoryAllocated",   GAUGE(mem_allocated), LEVEL("mem_alloc") },
	{ 34, "vclNodeMemoryCommitment",  FUNC(SYN_GAUGE, node_commitment) },
	{ 35, "vclNodePolls",             C64(polls) },
	{ 36, "vclNodePollsFailed",       C64(polls_failed) },
	{ 37, "vclNodePollTime",          GAUGE(poll_ms), LEVEL("poll_time") },
	{ 38, "vclNodePollInterval",      GAUGE(interval) },
	{ 39, "vclNodeLastSeen",          DATE(seen_at) },
	{ 40, "vclNodeSampleAge",         FUNC(SYN_GAUGE, node_age) },
	{ 41, "vclNodeStale",             FUNC(SYN_BOOL, node_stale) },
	{ 42, "vclNodeDiscontinuityTime", STAMP(discontinuity_us) },
	{ 43, "vclNodeCpuSteal",          C64(cpu_steal_ms), RATE("cpu_steal") },
	{ 44, "vclNodeBootTime",          DATE(boot_at) },
	{ 45, "vclNodeLoad1",             GAUGE(load1), LEVEL("load1") },
	{ 46, "vclNodeLoad5",             GAUGE(load5) },
	{ 47, "vclNodeLoad15",            GAUGE(load15) },
	{ 48, "vclNodeProcesses",         GAUGE(processes), LEVEL("processes") },
	{ 49, "vclNodeHugePagesTotal",    GAUGE(huge_total) },
	{ 50, "vclNodeHugePagesFree",     GAUGE(huge_free), LEVEL("huge_free") },
	{ 51, "vclNodeSwapTotal",         GAUGE(swap_total) },
	{ 52, "vclNodeSwapUsed",          GAUGE(swap_used), LEVEL("swap_used") },
	{ 53, "vclNodePageIns",           C64(pages_in), RATE("pages_in") },
	{ 54, "vclNodePageOuts",          C64(pages_out), RATE("pages_out") },
	{ 55, "vclNodeDiskReadOctets",    C64(disk_rd_bytes), RATE("disk_rd") },
	{ 56, "vclNodeDiskWriteOctets",   C64(disk_wr_bytes), RATE("disk_wr") },
	{ 57, "vclNodeNetInOctets",       C64(net_rx_bytes), RATE("net_rx") },
	{ 58, "vclNodeNetOutOctets",      C64(net_tx_bytes), RATE("net_tx") },
	{ 59, "vclNodePressureCpu",       GAUGE(psi_cpu), LEVEL("psi_cpu") },
	{ 60, "vclNodePressureMemory",    GAUGE(psi_memory), LEVEL("psi_memory") },
	{ 61, "vclNodePressureIo",        GAUGE(psi_io), LEVEL("psi_io") },
	{ 62, "vclNodeRootSize",          GAUGE(root_size) },
	{ 63, "vclNodeRootUsed",          GAUGE(root_used), LEVEL("root_used") },
	{ 64, "vclNodeImagesSize",        GAUGE(images_size) },
	{ 65, "vclNodeImagesUsed",        GAUGE(images_used), LEVEL("images_used") },
	{ 66, "vclNodeCpuCommitment",     FUNC(SYN_GAUGE, node_cpu_commitment) },
	{ 67, "vclNodeMigrationsIn",      GAUGE(migrations_in) },
	{ 68, "vclNodeMigrationsOut",     FUNC(SYN_GAUGE, node_going) },
	{ 69, "vclNodeProbeAge",          FUNC(SYN_GAUGE, node_probe_age) },
	{ 70, "vclNodeHealth",            FUNC(SYN_ENUM, node_health), .names = health_names },
	{ 71, "vclNodeHealthReason",      FUNC(SYN_TEXT, node_health_reason) },
	TREND_COLUMNS(72, "vclNodeCpuHour", node, TREND_CPU, TREND_HOUR),
	TREND_COLUMNS(75, "vclNodeCpuDay", node, TREND_CPU, TREND_DAY),
	TREND_COLUMNS(78, "vclNodeMemoryHour", node, TREND_MEMORY, TREND_HOUR),
	TREND_COLUMNS(81, "vclNodeMemoryDay", node, TREND_MEMORY, TREND_DAY),
	{ 84, "vclNodeMembership",        ENUM(membership, membership_names) },
	{ 85, "vclNodeMembershipReason",  TEXT(membership_reason) },
	{ 86, "vclNodeCoordinator",       BOOL(coordinator) },
	{ 87, "vclNodeLastFenced",        DATE(fenced_at) },
	{ 88, "vclNodeApps",              GAUGE(apps) },
};

const struct table nodes_table = {
	"vclNodes", SCALARS(ROWS_CLUSTER, 2), COLUMNS(nodes_columns)
};
const struct table node_table = {
	"vclNodeTable", ENTRY(ROWS_NODE, KEYS_INDEX, 2, 11), COLUMNS(node_columns)
};
