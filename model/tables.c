/*
 * The tables: one line per column.  Order of the OIDs; numbers are for ever.
 *
 * In each group of vclObjects scalars are arcs 1 to 10 and tables begin at 11.  Below,
 * `oid` is that of the entry (of the group, for scalars), relative to vclMIB.
 */
#include "model/table.h"

#include "model/cluster.h"
#include "model/request.h"

/* --- getters: what is no plain field */

static void
get_unsigned(struct value *out, enum syntax syntax, uint64_t u)
{
	out->syntax = syntax;
	out->u = u;
}

static void
get_age(struct value *out, int64_t sampled_us, int64_t now)
{
	if (sampled_us > 0)
		get_unsigned(out, SYN_GAUGE, (uint64_t)MAX(now - sampled_us, 0) / G_USEC_PER_SEC);
}

static void
get_bool(struct value *out, bool truth)
{
	out->syntax = SYN_BOOL;
	out->i = truth;
}

static void
node_age(const struct reading *r, const void *row, struct value *out)
{
	get_age(out, ((const struct node *)row)->sampled_us, r->now);
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

	if (node->mem_total != ABSENT_U32 && node->mem_total > 0 &&
	    node->mem_allocated != ABSENT_U32)
		get_unsigned(out, SYN_GAUGE,
		    (uint64_t)node->mem_allocated * 10000 / node->mem_total);
}

static void
vm_age(const struct reading *r, const void *row, struct value *out)
{
	get_age(out, ((const struct vm *)row)->sampled_us, r->now);
}

static void
vm_stale(const struct reading *r, const void *row, struct value *out)
{
	get_bool(out, vm_is_stale(row, r->now));
}

static void
vm_last_job(const struct reading *r, const void *row, struct value *out)
{
	const struct row_head *vm = row;
	const struct job *job = cluster_last_job(r->cluster, OBJECT_VM, vm->index);

	get_unsigned(out, SYN_UNSIGNED, job == NULL ? 0 : job->h.index);
}

static void
vm_no_action(const struct reading *r, const void *row, struct value *out)
{
	out->syntax = SYN_ENUM;
	out->i = JOB_NONE;
}

static void
get_count(const struct reading *r, enum row_set set, struct value *out)
{
	get_unsigned(out, SYN_GAUGE, r->cluster->rows[set].n);
}

static void
get_change(const struct reading *r, enum row_set set, struct value *out)
{
	out->syntax = SYN_STAMP;
	out->i = r->cluster->rows[set].changed_us;
}

/* The pair of scalars that every table has. */
#define COUNT_OF(name, set)                                                            \
	static void name##_number(const struct reading *r, const void *row,            \
	    struct value *out)                                                         \
	{                                                                              \
		get_count(r, set, out);                                                \
	}                                                                              \
	static void name##_changed(const struct reading *r, const void *row,           \
	    struct value *out)                                                         \
	{                                                                              \
		get_change(r, set, out);                                               \
	}

COUNT_OF(node, ROWS_NODE)
COUNT_OF(vm, ROWS_VM)
COUNT_OF(job, ROWS_JOB)
COUNT_OF(event, ROWS_EVENT)

/* --- writers: a value becomes the request that it stands for */

static bool
write_vm_action(const struct reading *r, const void *row, const struct value *value,
    struct request *out, GError **error)
{
	if (value->i == JOB_NONE) {
		g_set_error(error, REQUEST_ERROR, REQUEST_BAD_VALUE, "none is not an action");
		return false;
	}
	request_for_vm(out, (enum job_type)value->i, row);
	return true;
}

static bool
write_command(const struct reading *r, const void *row, const struct value *value,
    struct request *out, GError **error)
{
	return command_parse(r->cluster, value->s, out, error);
}

/* --- vclCluster */

#define ROW struct cluster_info
static const struct column cluster_columns[] = {
	{ 1,  "vclClusterName",             TEXT(name) },
	{ 2,  "vclClusterAgentVersion",     TEXT(version) },
	{ 3,  "vclClusterBackend",          TEXT(backend) },
	{ 4,  "vclClusterStarted",          DATE(started_at) },
	{ 5,  "vclClusterNodes",            GAUGE(nodes) },
	{ 6,  "vclClusterNodesOnline",      GAUGE(nodes_online) },
	{ 7,  "vclClusterNodesOffline",     GAUGE(nodes_offline) },
	{ 8,  "vclClusterVms",              GAUGE(vms) },
	{ 9,  "vclClusterVmsRunning",       GAUGE(vms_running) },
	{ 10, "vclClusterVmsPaused",        GAUGE(vms_paused) },
	{ 11, "vclClusterVmsShutOff",       GAUGE(vms_shut_off) },
	{ 12, "vclClusterVmsCrashed",       GAUGE(vms_crashed) },
	{ 13, "vclClusterVmsUnknown",       GAUGE(vms_unknown) },
	{ 14, "vclClusterCpus",             GAUGE(cpus) },
	{ 15, "vclClusterVcpusAllocated",   GAUGE(vcpus_allocated) },
	{ 16, "vclClusterMemoryTotal",      GAUGE(mem_total) },
	{ 17, "vclClusterMemoryUsed",       GAUGE(mem_used) },
	{ 18, "vclClusterMemoryAllocated",  GAUGE(mem_allocated) },
	{ 19, "vclClusterJobsWaiting",      GAUGE(jobs_waiting) },
	{ 20, "vclClusterJobsRunning",      GAUGE(jobs_running) },
	{ 21, "vclClusterJobsFailed",       C64(jobs_failed) },
	{ 22, "vclClusterPolls",            C64(polls) },
	{ 23, "vclClusterPollsFailed",      C64(polls_failed) },
};

/* --- vclNodes */

static const struct column nodes_columns[] = {
	{ 1, "vclNodeNumber",          FUNC(SYN_GAUGE, node_number) },
	{ 2, "vclNodeTableLastChange", FUNC(SYN_STAMP, node_changed) },
};

#undef ROW
#define ROW struct node
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
	{ 27, "vclNodeMemoryCached",      GAUGE(mem_cached) },
	{ 28, "vclNodeMemoryUsed",        GAUGE(mem_used), LEVEL("mem_used") },
	{ 29, "vclNodeVmsRunning",        GAUGE(vms_running), LEVEL("vms_running") },
	{ 30, "vclNodeVmsDefined",        GAUGE(vms_defined) },
	{ 31, "vclNodeVmsCpuUsage",       GAUGE(vms_cpu_usage), LEVEL("vms_cpu") },
	{ 32, "vclNodeVcpusAllocated",    GAUGE(vcpus_allocated), LEVEL("vcpus") },
	{ 33, "vclNodeMemoryAllocated",   GAUGE(mem_allocated), LEVEL("mem_alloc") },
	{ 34, "vclNodeMemoryCommitment",  FUNC(SYN_GAUGE, node_commitment) },
	{ 35, "vclNodePolls",             C64(polls) },
	{ 36, "vclNodePollsFailed",       C64(polls_failed) },
	{ 37, "vclNodePollTime",          GAUGE(poll_ms) },
	{ 38, "vclNodePollInterval",      GAUGE(interval) },
	{ 39, "vclNodeLastSeen",          DATE(seen_at) },
	{ 40, "vclNodeSampleAge",         FUNC(SYN_GAUGE, node_age) },
	{ 41, "vclNodeStale",             FUNC(SYN_BOOL, node_stale) },
	{ 42, "vclNodeDiscontinuityTime", STAMP(discontinuity_us) },
};

/* --- vclVms: 3 to 8 are kept for the counts of the vCPU, disk and NIC tables (12 to 14) */

#undef ROW
#define ROW struct cluster_info
static const struct column vms_columns[] = {
	{ 1, "vclVmNumber",          FUNC(SYN_GAUGE, vm_number) },
	{ 2, "vclVmTableLastChange", FUNC(SYN_STAMP, vm_changed) },
};

#undef ROW
#define ROW struct vm
static const struct column vm_columns[] = {
	{ 1,  "vclVmIndex",             INDEX(h.index), KEY },
	{ 2,  "vclVmName",              TEXT(name) },
	{ 3,  "vclVmTitle",             TEXT(title) },
	{ 4,  "vclVmUuid",              TEXT(uuid) },
	{ 5,  "vclVmState",             ENUM(state, vm_state_names) },
	{ 6,  "vclVmStateReason",       TEXT(reason) },
	{ 7,  "vclVmStateSince",        DATE(since_at) },
	{ 8,  "vclVmNode",              INDEX(node) },
	{ 9,  "vclVmNodeName",          TEXT(node_name) },
	{ 10, "vclVmLastNode",          INDEX(last_node) },
	{ 11, "vclVmDuplicateNode",     INDEX(duplicate) },
	{ 12, "vclVmAutostart",         BOOL(autostart) },
	{ 13, "vclVmPersistent",        BOOL(persistent) },
	{ 14, "vclVmVcpus",             GAUGE(vcpus) },
	{ 15, "vclVmVcpusMax",          GAUGE(vcpus_max) },
	{ 16, "vclVmCpuTime",           C64(cpu_ns), RATE("cpu") },
	{ 17, "vclVmCpuUsage",          GAUGE(cpu_usage) },
	{ 18, "vclVmMemoryMax",         GAUGE(mem_max) },
	{ 19, "vclVmMemoryActual",      GAUGE(mem_actual), LEVEL("mem_actual") },
	{ 20, "vclVmMemoryUsed",        GAUGE(mem_used), LEVEL("mem_used") },
	{ 21, "vclVmMemoryAvailable",   GAUGE(mem_available) },
	{ 22, "vclVmMemoryRss",         GAUGE(mem_rss), LEVEL("mem_rss") },
	{ 23, "vclVmDiskReads",         C64(disk_rd_req), RATE("disk_rd_req") },
	{ 24, "vclVmDiskWrites",        C64(disk_wr_req), RATE("disk_wr_req") },
	{ 25, "vclVmDiskReadOctets",    C64(disk_rd_bytes), RATE("disk_rd") },
	{ 26, "vclVmDiskWriteOctets",   C64(disk_wr_bytes), RATE("disk_wr") },
	{ 27, "vclVmNetInOctets",       C64(net_rx_bytes), RATE("net_rx") },
	{ 28, "vclVmNetOutOctets",      C64(net_tx_bytes), RATE("net_tx") },
	{ 29, "vclVmNetInPackets",      C64(net_rx_pkts), RATE("net_rx_pkts") },
	{ 30, "vclVmNetOutPackets",     C64(net_tx_pkts), RATE("net_tx_pkts") },
	{ 31, "vclVmNetInErrors",       C64(net_rx_errs) },
	{ 32, "vclVmNetOutErrors",      C64(net_tx_errs) },
	{ 33, "vclVmNetInDrops",        C64(net_rx_drop) },
	{ 34, "vclVmNetOutDrops",       C64(net_tx_drop) },
	{ 35, "vclVmDiscontinuityTime", STAMP(discontinuity_us) },
	{ 36, "vclVmSampleAge",         FUNC(SYN_GAUGE, vm_age) },
	{ 37, "vclVmStale",             FUNC(SYN_BOOL, vm_stale) },
};

/* --- vclJobs */

#undef ROW
#define ROW struct cluster_info
static const struct column jobs_columns[] = {
	{ 1, "vclJobNumber",          FUNC(SYN_GAUGE, job_number) },
	{ 2, "vclJobTableLastChange", FUNC(SYN_STAMP, job_changed) },
};

#undef ROW
#define ROW struct job
static const struct column job_columns[] = {
	{ 1,  "vclJobIndex",       UNSIGNED(h.index), KEY },
	{ 2,  "vclJobObjectName",  TEXT(object_name) },
	{ 3,  "vclJobType",        ENUM(type, job_type_names) },
	{ 4,  "vclJobObjectKind",  ENUM(kind, object_kind_names) },
	{ 5,  "vclJobObjectIndex", UNSIGNED(object) },
	{ 6,  "vclJobObjectUuid",  TEXT(object_uuid) },
	{ 7,  "vclJobNode",        INDEX(node) },
	{ 8,  "vclJobArgument",    TEXT(argument) },
	{ 9,  "vclJobState",       ENUM(state, job_state_names) },
	{ 10, "vclJobCause",       ENUM(cause, job_cause_names) },
	{ 11, "vclJobError",       TEXT(error) },
	{ 12, "vclJobProgress",    GAUGE(progress) },
	{ 13, "vclJobOrigin",      ENUM(origin, origin_names) },
	{ 14, "vclJobRequester",   TEXT(requester) },
	{ 15, "vclJobSubmitted",   DATE(submitted_at) },
	{ 16, "vclJobStarted",     DATE(started_at) },
	{ 17, "vclJobFinishedAt",  DATE(finished_at) },
};

/* --- vclEvents */

#undef ROW
#define ROW struct cluster_info
static const struct column events_columns[] = {
	{ 1, "vclEventNumber",          FUNC(SYN_GAUGE, event_number) },
	{ 2, "vclEventTableLastChange", FUNC(SYN_STAMP, event_changed) },
};

#undef ROW
#define ROW struct event
static const struct column event_columns[] = {
	{ 1,  "vclEventIndex",       UNSIGNED(h.index), KEY },
	{ 2,  "vclEventName",        TEXT(name) },
	{ 3,  "vclEventUuid",        TEXT(uuid) },
	{ 4,  "vclEventOldState",    TEXT(old_state) },
	{ 5,  "vclEventNewState",    TEXT(new_state) },
	{ 6,  "vclEventSeverity",    ENUM(severity, severity_names) },
	{ 7,  "vclEventReason",      TEXT(reason) },
	{ 8,  "vclEventNode",        TEXT(node) },
	{ 9,  "vclEventSequence",    UNSIGNED(h.index) },
	{ 10, "vclEventType",        ENUM(type, event_type_names) },
	{ 11, "vclEventObjectKind",  ENUM(kind, object_kind_names) },
	{ 12, "vclEventObjectIndex", UNSIGNED(object) },
	{ 13, "vclEventTime",        DATE(at) },
};

/* --- vclControl: 2 is kept for the spin lock */

#undef ROW
#define ROW struct cluster_info
static const struct column control_columns[] = {
	{ 1, "vclControlEnabled", BOOL(control) },
};

#undef ROW
#define ROW struct command_info
static const struct column command_columns[] = {
	{ 3, "vclCommand",    TEXT(text), WRITE(write_command) },
	{ 4, "vclCommandJob", UNSIGNED(job) },
};

#undef ROW
#define ROW struct vm
static const struct column vm_control_columns[] = {
	{ 1, "vclVmAction",  FUNC(SYN_ENUM, vm_no_action), .names = job_type_names,
	    WRITE(write_vm_action) },
	{ 2, "vclVmLastJob", FUNC(SYN_UNSIGNED, vm_last_job) },
};

/* --- all of them, in the order of their OIDs */

#define COLUMNS(c) .columns = c, .columns_n = G_N_ELEMENTS(c)

/* { group }: scalars; the instance is 0. */
#define SCALARS(set, group) .rows = set, .keys = 0, .oid_len = 2, .oid = { 1, group }

/* { group, arc }: the entry of a table. */
#define ENTRY(set, n, group, arc)                                                      \
	.rows = set, .keys = n, .oid_len = 4, .oid = { 1, group, arc, 1 }

const struct table cluster_table = {
	"vclCluster", SCALARS(ROWS_CLUSTER, 1), COLUMNS(cluster_columns)
};
static const struct table nodes_table = {
	"vclNodes", SCALARS(ROWS_CLUSTER, 2), COLUMNS(nodes_columns)
};
const struct table node_table = {
	"vclNodeTable", ENTRY(ROWS_NODE, 1, 2, 11), COLUMNS(node_columns)
};
static const struct table vms_table = {
	"vclVms", SCALARS(ROWS_CLUSTER, 3), COLUMNS(vms_columns)
};
const struct table vm_table = {
	"vclVmTable", ENTRY(ROWS_VM, 1, 3, 11), COLUMNS(vm_columns)
};
static const struct table jobs_table = {
	"vclJobs", SCALARS(ROWS_CLUSTER, 6), COLUMNS(jobs_columns)
};
const struct table job_table = {
	"vclJobTable", ENTRY(ROWS_JOB, 1, 6, 11), COLUMNS(job_columns)
};
static const struct table events_table = {
	"vclEvents", SCALARS(ROWS_CLUSTER, 7), COLUMNS(events_columns)
};
const struct table event_table = {
	"vclEventTable", ENTRY(ROWS_EVENT, 1, 7, 11), COLUMNS(event_columns)
};
static const struct table control_table = {
	"vclControl", SCALARS(ROWS_CLUSTER, 9), COLUMNS(control_columns)
};
static const struct table command_table = {
	"vclControl", SCALARS(ROWS_COMMAND, 9), COLUMNS(command_columns)
};
static const struct table vm_control_table = {
	"vclVmControlTable", ENTRY(ROWS_VM, 1, 9, 11), COLUMNS(vm_control_columns)
};

const struct table *const tables[] = {
	&cluster_table,
	&nodes_table,
	&node_table,
	&vms_table,
	&vm_table,
	&jobs_table,
	&job_table,
	&events_table,
	&event_table,
	&control_table,
	&command_table,
	&vm_control_table,
};
const size_t tables_n = G_N_ELEMENTS(tables);
