/* vclApps: the applications, which are the cluster manager's resources. */
#include "model/tables_private.h"

COUNT_OF(app, ROWS_APP)
HEALTH_OF(app, OBJECT_APP)

static void
app_age(const struct reading *r, const void *row, struct value *out)
{
	get_age(out, ((const struct app *)row)->sampled_us, r->now);
}

static void
app_stale(const struct reading *r, const void *row, struct value *out)
{
	get_bool(out, app_is_stale(row, r->now));
}

#define ROW struct cluster_info
static const struct column apps_columns[] = {
	{ 1, "vclAppNumber",          FUNC(SYN_GAUGE, app_number) },
	{ 2, "vclAppTableLastChange", FUNC(SYN_STAMP, app_changed) },
};

#undef ROW
#define ROW struct app
static const struct column app_columns[] = {
	{ 1,  "vclAppIndex",           INDEX(h.index), KEY },
	{ 2,  "vclAppName",            TEXT(name) },
	{ 3,  "vclAppAgent",           TEXT(agent) },
	{ 4,  "vclAppKind",            ENUM(kind, app_kind_names) },
	{ 5,  "vclAppParent",          INDEX(parent) },
	{ 6,  "vclAppParentName",      TEXT(parent_name) },
	{ 7,  "vclAppVm",              INDEX(vm) },
	{ 8,  "vclAppVmName",          TEXT(vm_name) },
	{ 9,  "vclAppState",           ENUM(state, app_state_names) },
	{ 10, "vclAppStateReason",     TEXT(reason) },
	{ 11, "vclAppStateSince",      DATE(since_at) },
	{ 12, "vclAppWantedState",     ENUM(wanted, app_wanted_names) },
	{ 13, "vclAppNode",            INDEX(node) },
	{ 14, "vclAppNodeName",        TEXT(node_name) },
	{ 15, "vclAppNodeNames",       TEXT(node_names) },
	{ 16, "vclAppLastNode",        INDEX(last_node) },
	{ 17, "vclAppPreferredNode",   INDEX(preferred) },
	{ 18, "vclAppPreferredName",   TEXT(preferred_name) },
	{ 19, "vclAppManaged",         BOOL(managed) },
	{ 20, "vclAppInstances",       GAUGE(instances) },
	{ 21, "vclAppFailCount",       GAUGE(fail_count) },
	{ 22, "vclAppLastFailure",     DATE(failed_at) },
	{ 23, "vclAppLastFailureText", TEXT(failure) },
	{ 24, "vclAppFailovers",       GAUGE(failovers) },
	{ 25, "vclAppMoves",           GAUGE(moves) },
	{ 26, "vclAppPriority",        INTEGER(priority) },
	{ 27, "vclAppUseCpu",          GAUGE(use_cpu) },
	{ 28, "vclAppUseMemory",       GAUGE(use_memory) },
	{ 29, "vclAppCanMigrate",      BOOL(can_migrate) },
	{ 30, "vclAppSampleAge",       FUNC(SYN_GAUGE, app_age) },
	{ 31, "vclAppStale",           FUNC(SYN_BOOL, app_stale) },
	{ 32, "vclAppHealth",          FUNC(SYN_ENUM, app_health), .names = health_names },
	{ 33, "vclAppHealthReason",    FUNC(SYN_TEXT, app_health_reason) },
};

const struct table apps_table = {
	"vclApps", SCALARS(ROWS_CLUSTER, 5), COLUMNS(apps_columns)
};
const struct table app_table = {
	"vclAppTable", ENTRY(ROWS_APP, KEYS_INDEX, 5, 11), COLUMNS(app_columns)
};
