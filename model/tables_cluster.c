/* vclCluster: the cluster as a whole, and the agent itself. */
#include "config.h"

#include "model/self.h"
#include "model/tables_private.h"

HEALTH_OF(cluster, OBJECT_CLUSTER)

static void
cluster_revision(const struct reading *r, const void *row, struct value *out)
{
	out->syntax = SYN_TEXT;
	out->s = VCL_MIB_REVISION;
}

/* What the agent counts about itself. */
#define SELF(name, field)                                                              \
	static void self_##name(const struct reading *r, const void *row,              \
	    struct value *out)                                                         \
	{                                                                              \
		get_unsigned(out, SYN_COUNTER, atomic_load(&self.field));              \
	}

SELF(sent, notifications_sent)
SELF(suppressed, notifications_suppressed)
SELF(accepted, sets_accepted)
SELF(refused, sets_refused)
SELF(commands_accepted, commands_accepted)
SELF(commands_refused, commands_refused)
SELF(updates, rrd_updates)
SELF(dropped, rrd_dropped)

static void
self_waiting(const struct reading *r, const void *row, struct value *out)
{
	get_unsigned(out, SYN_GAUGE, atomic_load(&self.rrd_waiting));
}

static void
self_rrd_age(const struct reading *r, const void *row, struct value *out)
{
	get_age(out, atomic_load(&self.rrd_updated_us), r->now);
}

static void
cluster_backend_age(const struct reading *r, const void *row, struct value *out)
{
	get_age(out, ((const struct cluster_info *)row)->backend_sampled_us, r->now);
}

static void
cluster_backend_stale(const struct reading *r, const void *row, struct value *out)
{
	const struct cluster_info *info = row;

	if (info->backend_reason != NULL)
		get_bool(out, *info->backend_reason != '\0' || r->now - info->backend_sampled_us >
			(int64_t)info->backend_stale_after * G_USEC_PER_SEC);
}

/* Of all CPUs of the nodes that tell of them. */
static void
cluster_cpu_usage(const struct reading *r, const void *row, struct value *out)
{
	const struct rows *nodes = &r->cluster->rows[ROWS_NODE];
	uint64_t busy = 0, cpus = 0;

	for (size_t i = 0; i < nodes->n; i++) {
		const struct node *node = nodes->row[i];
		if (!node_is_up(node) || node->cpus == ABSENT_U32 ||
		    node->cpu_usage == ABSENT_U32)
			continue;
		busy += (uint64_t)node->cpu_usage * node->cpus;
		cpus += node->cpus;
	}
	if (cpus > 0)
		get_unsigned(out, SYN_GAUGE, busy / cpus);
}

/* --- vclCluster */

#define ROW struct cluster_info
static const struct column cluster_columns[] = {
	{ 1,  "vclClusterName",             TEXT(name) },
	{ 2,  "vclClusterAgentVersion",     TEXT(version) },
	{ 3,  "vclClusterBackend",          TEXT(backend) },
	{ 4,  "vclClusterStarted",          DATE(started_at) },
	{ 5,  "vclClusterNodes",            GAUGE(nodes), LEVEL("nodes") },
	{ 6,  "vclClusterNodesOnline",      GAUGE(nodes_online), LEVEL("nodes_online") },
	{ 7,  "vclClusterNodesOffline",     GAUGE(nodes_offline) },
	{ 8,  "vclClusterVms",              GAUGE(vms), LEVEL("vms") },
	{ 9,  "vclClusterVmsRunning",       GAUGE(vms_running), LEVEL("vms_running") },
	{ 10, "vclClusterVmsPaused",        GAUGE(vms_paused), LEVEL("vms_paused") },
	{ 11, "vclClusterVmsShutOff",       GAUGE(vms_shut_off) },
	{ 12, "vclClusterVmsCrashed",       GAUGE(vms_crashed) },
	{ 13, "vclClusterVmsUnknown",       GAUGE(vms_unknown) },
	{ 14, "vclClusterCpus",             GAUGE(cpus), LEVEL("cpus") },
	{ 15, "vclClusterVcpusAllocated",   GAUGE(vcpus_allocated), LEVEL("vcpus") },
	{ 16, "vclClusterMemoryTotal",      GAUGE(mem_total), LEVEL("mem_total") },
	{ 17, "vclClusterMemoryUsed",       GAUGE(mem_used), LEVEL("mem_used") },
	{ 18, "vclClusterMemoryAllocated",  GAUGE(mem_allocated), LEVEL("mem_alloc") },
	{ 19, "vclClusterJobsWaiting",      GAUGE(jobs_waiting), LEVEL("jobs_waiting") },
	{ 20, "vclClusterJobsRunning",      GAUGE(jobs_running), LEVEL("jobs_running") },
	{ 21, "vclClusterJobsFailed",       C64(jobs_failed), RATE("jobs_failed") },
	{ 22, "vclClusterPolls",            C64(polls) },
	{ 23, "vclClusterPollsFailed",      C64(polls_failed), RATE("polls_failed") },
	{ 24, "vclClusterNodesStandby",     GAUGE(nodes_standby) },
	{ 25, "vclClusterStorageTotal",     MEBI(storage_total), LEVEL("storage_total") },
	{ 26, "vclClusterStorageUsed",      MEBI(storage_used), LEVEL("storage_used") },
	{ 27, "vclClusterStorageProvisioned", MEBI(storage_provisioned), LEVEL("storage_prov") },
	{ 28, "vclClusterAlarmsWarning",    GAUGE(alarms_warning), LEVEL("alarms_warning") },
	{ 29, "vclClusterAlarmsCritical",   GAUGE(alarms_critical), LEVEL("alarms_critical") },
	{ 30, "vclClusterHealth",           FUNC(SYN_ENUM, cluster_health), .names = health_names },
	{ 31, "vclClusterHealthReason",     FUNC(SYN_TEXT, cluster_health_reason) },
	{ 32, "vclClusterMemoryHeadroom",   INTEGER(headroom) },
	{ 33, "vclClusterPollTime",         GAUGE(poll_ms), LEVEL("poll_time") },
	{ 34, "vclClusterPollTimeMost",     GAUGE(poll_most_ms) },
	{ 35, "vclClusterNotifySent",       FUNC(SYN_COUNTER, self_sent) },
	{ 36, "vclClusterNotifySuppressed", FUNC(SYN_COUNTER, self_suppressed) },
	{ 37, "vclClusterSetsAccepted",     FUNC(SYN_COUNTER, self_accepted) },
	{ 38, "vclClusterSetsRefused",      FUNC(SYN_COUNTER, self_refused) },
	{ 39, "vclClusterRrdUpdates",       FUNC(SYN_COUNTER, self_updates) },
	{ 40, "vclClusterRrdAge",           FUNC(SYN_GAUGE, self_rrd_age) },
	{ 41, "vclClusterMibRevision",      FUNC(SYN_TEXT, cluster_revision) },
	{ 42, "vclClusterQuorate",          BOOL(quorate) },
	{ 43, "vclClusterCommandsAccepted", FUNC(SYN_COUNTER, self_commands_accepted) },
	{ 44, "vclClusterCommandsRefused",  FUNC(SYN_COUNTER, self_commands_refused) },
	{ 45, "vclClusterRrdWaiting",       FUNC(SYN_GAUGE, self_waiting) },
	{ 46, "vclClusterRrdDropped",       FUNC(SYN_COUNTER, self_dropped) },
	{ 47, "vclClusterCpuUsage",         FUNC(SYN_GAUGE, cluster_cpu_usage), LEVEL("cpu") },
	{ 48, "vclClusterApps",             GAUGE(apps) },
	{ 49, "vclClusterAppsStarted",      GAUGE(apps_started) },
	{ 50, "vclClusterAppsStopped",      GAUGE(apps_stopped) },
	{ 51, "vclClusterAppsFailed",       GAUGE(apps_failed) },
	{ 52, "vclClusterNodesUnclean",     GAUGE(nodes_unclean) },
	{ 53, "vclClusterCoordinator",      TEXT(coordinator) },
	{ 54, "vclClusterFencing",          BOOL(fencing) },
	{ 55, "vclClusterMaintenance",      BOOL(maintenance) },
	{ 56, "vclClusterBackendVersion",   TEXT(backend_version) },
	{ 57, "vclClusterBackendReason",    TEXT(backend_reason) },
	{ 58, "vclClusterBackendAge",       FUNC(SYN_GAUGE, cluster_backend_age) },
	{ 59, "vclClusterBackendStale",     FUNC(SYN_BOOL, cluster_backend_stale) },
};

const struct table cluster_table = {
	"vclCluster", SCALARS(ROWS_CLUSTER, 1), COLUMNS(cluster_columns)
};
