/* vclVms: the virtual machines, one row each. */
#include "model/request.h"
#include "model/tables_private.h"

COUNT_OF(vm, ROWS_VM)
COUNT_OF(vcpu, ROWS_VCPU)
COUNT_OF(disk, ROWS_DISK)
COUNT_OF(nic, ROWS_NIC)
COUNT_OF(snapshot, ROWS_SNAPSHOT)
HEALTH_OF(vm, OBJECT_VM)
TRENDS_OF(vm, OBJECT_VM)

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

/* Known only of a run whose beginning was seen. */
static void
vm_uptime(const struct reading *r, const void *row, struct value *out)
{
	const struct vm *vm = row;

	if (vm->started_us > 0 && vm_is_active(vm))
		get_age(out, vm->started_us, r->now);
}

/* The job of ours that has it now, or NULL. */
static const struct job *
present_job(const struct reading *r, const void *row)
{
	const struct job *job =
	    cluster_last_job(r->cluster, OBJECT_VM, ((const struct row_head *)row)->index);

	return job != NULL && job->state == JOB_RUNNING ? job : NULL;
}

static void
vm_job_type(const struct reading *r, const void *row, struct value *out)
{
	const struct job *job = present_job(r, row);

	out->syntax = SYN_ENUM;
	out->i = job == NULL ? JOB_NONE : job->type;
}

static void
vm_job_progress(const struct reading *r, const void *row, struct value *out)
{
	const struct job *job = present_job(r, row);

	if (job != NULL)
		get_unsigned(out, SYN_GAUGE, job->progress);
}

static void
vm_graphs(const struct reading *r, const void *row, struct value *out)
{
	out->s = cluster_vm_graphs(r->cluster, row);
	out->syntax = out->s == NULL ? SYN_NONE : SYN_TEXT;
}

/* The last one that is whole. */
static void
vm_last_backup(const struct reading *r, const void *row, struct value *out)
{
	const struct backup *backup =
	    cluster_last_backup(r->cluster, ((const struct row_head *)row)->index, true);

	if (backup == NULL)
		return;
	out->syntax = SYN_DATE;
	out->i = backup->taken_at;
}

static void
vm_backup_age(const struct reading *r, const void *row, struct value *out)
{
	const struct backup *backup =
	    cluster_last_backup(r->cluster, ((const struct row_head *)row)->index, true);

	get_wall_age(out, backup == NULL ? 0 : backup->taken_at);
}

/* Of the last attempt. */
static void
vm_backup_state(const struct reading *r, const void *row, struct value *out)
{
	const struct backup *backup =
	    cluster_last_backup(r->cluster, ((const struct row_head *)row)->index, false);

	if (backup == NULL)
		return;
	out->syntax = SYN_ENUM;
	out->i = backup->state;
}

static void
vm_app(const struct reading *r, const void *row, struct value *out)
{
	const struct app *app =
	    cluster_vm_app(r->cluster, ((const struct row_head *)row)->index);

	get_unsigned(out, SYN_INDEX, app == NULL ? 0 : app->h.index);
}

static void
vm_app_name(const struct reading *r, const void *row, struct value *out)
{
	const struct app *app =
	    cluster_vm_app(r->cluster, ((const struct row_head *)row)->index);

	out->syntax = SYN_TEXT;
	out->s = app == NULL ? "" : app->name;
}

#define ROW struct cluster_info
static const struct column vms_columns[] = {
	{ 1, "vclVmNumber",          FUNC(SYN_GAUGE, vm_number) },
	{ 2, "vclVmTableLastChange", FUNC(SYN_STAMP, vm_changed) },
	{ 3, "vclVcpuNumber",          FUNC(SYN_GAUGE, vcpu_number) },
	{ 4, "vclVcpuTableLastChange", FUNC(SYN_STAMP, vcpu_changed) },
	{ 5, "vclDiskNumber",          FUNC(SYN_GAUGE, disk_number) },
	{ 6, "vclDiskTableLastChange", FUNC(SYN_STAMP, disk_changed) },
	{ 7, "vclNicNumber",          FUNC(SYN_GAUGE, nic_number) },
	{ 8, "vclNicTableLastChange", FUNC(SYN_STAMP, nic_changed) },
	{ 9, "vclSnapshotNumber",     FUNC(SYN_GAUGE, snapshot_number) },
	{ 10, "vclSnapshotTableLastChange", FUNC(SYN_STAMP, snapshot_changed) },
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
	{ 14, "vclVmVcpus",             GAUGE(vcpus), LEVEL("vcpus") },
	{ 15, "vclVmVcpusMax",          GAUGE(vcpus_max) },
	{ 16, "vclVmCpuTime",           C64(cpu_ns), RATE("cpu") },
	{ 17, "vclVmCpuUsage",          GAUGE(cpu_usage) },
	{ 18, "vclVmMemoryMax",         GAUGE(mem_max) },
	{ 19, "vclVmMemoryActual",      GAUGE(mem_actual), LEVEL("mem_actual") },
	{ 20, "vclVmMemoryUsed",        GAUGE(mem_used), LEVEL("mem_used") },
	{ 21, "vclVmMemoryAvailable",   GAUGE(mem_available), LEVEL("mem_avail") },
	{ 22, "vclVmMemoryRss",         GAUGE(mem_rss), LEVEL("mem_rss") },
	{ 23, "vclVmDiskReads",         C64(disk_rd_req), RATE("disk_rd_req") },
	{ 24, "vclVmDiskWrites",        C64(disk_wr_req), RATE("disk_wr_req") },
	{ 25, "vclVmDiskReadOctets",    C64(disk_rd_bytes), RATE("disk_rd") },
	{ 26, "vclVmDiskWriteOctets",   C64(disk_wr_bytes), RATE("disk_wr") },
	{ 27, "vclVmNetInOctets",       C64(net_rx_bytes), RATE("net_rx") },
	{ 28, "vclVmNetOutOctets",      C64(net_tx_bytes), RATE("net_tx") },
	{ 29, "vclVmNetInPackets",      C64(net_rx_pkts), RATE("net_rx_pkts") },
	{ 30, "vclVmNetOutPackets",     C64(net_tx_pkts), RATE("net_tx_pkts") },
	{ 31, "vclVmNetInErrors",       C64(net_rx_errs), RATE("net_rx_errs") },
	{ 32, "vclVmNetOutErrors",      C64(net_tx_errs), RATE("net_tx_errs") },
	{ 33, "vclVmNetInDrops",        C64(net_rx_drop), RATE("net_rx_drop") },
	{ 34, "vclVmNetOutDrops",       C64(net_tx_drop), RATE("net_tx_drop") },
	{ 35, "vclVmDiscontinuityTime", STAMP(discontinuity_us) },
	{ 36, "vclVmSampleAge",         FUNC(SYN_GAUGE, vm_age) },
	{ 37, "vclVmStale",             FUNC(SYN_BOOL, vm_stale) },
	{ 38, "vclVmUptime",            FUNC(SYN_GAUGE, vm_uptime) },
	{ 39, "vclVmOsType",            TEXT(os_type) },
	{ 40, "vclVmGuestAgent",        ENUM(guest_agent, guest_agent_names) },
	{ 41, "vclVmGuestOs",           TEXT(guest_os) },
	{ 42, "vclVmGuestHostName",     TEXT(guest_host) },
	{ 43, "vclVmGuestAddress",      TEXT(guest_address) },
	{ 44, "vclVmCpuSteal",          C64(steal_ns), RATE("steal") },
	{ 45, "vclVmCpuStealUsage",     GAUGE(steal_usage) },
	{ 46, "vclVmMajorFaults",       C64(major_faults), RATE("faults") },
	{ 47, "vclVmSwapInOctets",      C64(swap_in_bytes), RATE("swap_in") },
	{ 48, "vclVmSwapOutOctets",     C64(swap_out_bytes), RATE("swap_out") },
	{ 49, "vclVmDiskFlushes",       C64(disk_fl_req), RATE("disk_fl_req") },
	{ 50, "vclVmDiskReadTime",      C64(disk_rd_ns) },
	{ 51, "vclVmDiskWriteTime",     C64(disk_wr_ns) },
	{ 52, "vclVmDiskReadRate",      GAUGE(disk_rd_iops) },
	{ 53, "vclVmDiskWriteRate",     GAUGE(disk_wr_iops) },
	{ 54, "vclVmDiskReadSpeed",     GAUGE(disk_rd_speed) },
	{ 55, "vclVmDiskWriteSpeed",    GAUGE(disk_wr_speed) },
	{ 56, "vclVmDiskReadLatency",   GAUGE(disk_rd_latency), LEVEL("disk_rd_lat") },
	{ 57, "vclVmDiskWriteLatency",  GAUGE(disk_wr_latency), LEVEL("disk_wr_lat") },
	{ 58, "vclVmNetInSpeed",        GAUGE(net_rx_speed) },
	{ 59, "vclVmNetOutSpeed",       GAUGE(net_tx_speed) },
	{ 60, "vclVmControlState",      ENUM(control, vm_control_names) },
	{ 61, "vclVmControlTime",       GAUGE(control_seconds) },
	{ 62, "vclVmJobType",           FUNC(SYN_ENUM, vm_job_type), .names = job_type_names },
	{ 63, "vclVmJobProgress",       FUNC(SYN_GAUGE, vm_job_progress) },
	{ 64, "vclVmSnapshots",         GAUGE(snapshots) },
	{ 65, "vclVmOldestSnapshot",    DATE(oldest_snapshot_at) },
	{ 66, "vclVmManagedSave",       BOOL(managed_save) },
	{ 67, "vclVmDirtyRate",         GAUGE(dirty_rate), LEVEL("dirty_rate") },
	{ 68, "vclVmDiskErrors",        GAUGE(disk_errors) },
	{ 69, "vclVmHealth",            FUNC(SYN_ENUM, vm_health), .names = health_names },
	{ 70, "vclVmHealthReason",      FUNC(SYN_TEXT, vm_health_reason) },
	{ 71, "vclVmGraphLink",         FUNC(SYN_TEXT, vm_graphs) },
	{ 72, "vclVmLastBackup",        FUNC(SYN_DATE, vm_last_backup) },
	{ 73, "vclVmLastBackupAge",     FUNC(SYN_GAUGE, vm_backup_age) },
	{ 74, "vclVmLastBackupState",   FUNC(SYN_ENUM, vm_backup_state),
	    .names = backup_state_names },
	TREND_COLUMNS(75, "vclVmCpuHour", vm, TREND_CPU, TREND_HOUR),
	TREND_COLUMNS(78, "vclVmCpuDay", vm, TREND_CPU, TREND_DAY),
	TREND_COLUMNS(81, "vclVmMemoryHour", vm, TREND_MEMORY, TREND_HOUR),
	TREND_COLUMNS(84, "vclVmMemoryDay", vm, TREND_MEMORY, TREND_DAY),
	{ 87, "vclVmApp",               FUNC(SYN_INDEX, vm_app) },
	{ 88, "vclVmAppName",           FUNC(SYN_TEXT, vm_app_name) },
};

const struct table vms_table = {
	"vclVms", SCALARS(ROWS_CLUSTER, 3), COLUMNS(vms_columns)
};
const struct table vm_table = {
	"vclVmTable", ENTRY(ROWS_VM, KEYS_INDEX, 3, 11), COLUMNS(vm_columns)
};

/* --- the VM of a UUID by one GET: INDEX { the 16 octets } */

static void
uuid_name(const struct reading *r, const void *row, struct value *out)
{
	const struct vm *vm = cluster_vm(r->cluster, ((const struct row_head *)row)->index);

	out->s = vm == NULL ? NULL : vm->name;
	out->syntax = out->s == NULL ? SYN_NONE : SYN_TEXT;
}

#undef ROW
#define ROW struct vm_uuid
static const struct column vm_by_uuid_columns[] = {
	{ 2, "vclVmByUuidName",  FUNC(SYN_TEXT, uuid_name) },
	{ 3, "vclVmByUuidIndex", INDEX(h.index) },
};

const struct table vm_by_uuid_table = {
	"vclVmByUuidTable", ENTRY(ROWS_VM_BY_UUID, KEYS_UUID, 3, 15), COLUMNS(vm_by_uuid_columns)
};
