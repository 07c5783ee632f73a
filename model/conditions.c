/* Conditions: what counts as wrong, and how badly. */
#include "model/conditions.h"

#include "model/admin_state.h"
#include "model/rules.h"
#include "model/self.h"
#include "model/standing.h"

const struct thresholds thresholds_default = {
	.pool_warning = 80, .pool_critical = 95,
	.node_cpu_warning = 95,
	.node_memory_warning = 90, .node_memory_critical = 97,
	.node_filesystem_warning = 85, .node_filesystem_critical = 95,
	.node_pressure_warning = 20, .node_pressure_critical = 60,
	.vm_steal_warning = 15, .vm_steal_critical = 40,
	.vm_stuck_critical = 30,
	.vm_admin_state = 300,
	.history_age = 600,
	.margin = 3,
	.raise_after = 0,
};

/* --- one judgement */

static struct verdict
wrong(int32_t severity, char *reason)
{
	return (struct verdict){ severity, reason };
}

static const struct verdict fine;

/* A percentage against its two levels; an active severity stays until the margin is left. */
static int32_t
level(const struct bench *b, double percent, int warning, int critical)
{
	double slack_c = b->active >= SEVERITY_CRITICAL ? b->t->margin : 0;
	double slack_w = b->active >= SEVERITY_WARNING ? b->t->margin : 0;

	if (critical > 0 && percent >= critical - slack_c)
		return SEVERITY_CRITICAL;
	if (warning > 0 && percent >= warning - slack_w)
		return SEVERITY_WARNING;
	return 0;
}

static bool
known(uint64_t value)
{
	return value != ABSENT_U64;
}

static bool
known32(uint32_t value)
{
	return value != ABSENT_U32;
}

/* --- nodes */

static struct verdict
node_unreachable(const struct bench *b, const void *row)
{
	const struct node *node = row;

	if (node->state != NODE_UNREACHABLE && node->state != NODE_OFFLINE &&
	    node->state != NODE_UNCLEAN)
		return fine;
	if (!node_is_host(node) && node->membership == MEMBER_UNKNOWN)
		return fine; /* the cluster manager is silent, not the node */
	if (!node_is_host(node) && node->kind == NODE_VIRTUAL && node->state == NODE_OFFLINE)
		return fine; /* whether that is as it shall be, its application tells */
	return wrong(SEVERITY_CRITICAL, g_strdup_printf("node %s is %s%s%s", node->name,
	    enum_to_name(node_state_names, node->state), *node->reason ? ": " : "",
	    node->reason));
}

static struct verdict
node_share(const struct bench *b, const struct node *node, const char *what, uint32_t used,
    uint32_t total, int warning, int critical)
{
	if (!node_is_up(node) || !known32(used) || !known32(total) || total == 0)
		return fine;
	double percent = 100.0 * used / total;
	int32_t severity = level(b, percent, warning, critical);
	if (severity == 0)
		return fine;
	return wrong(severity, g_strdup_printf("%s of node %s: %.0f %% in use", what,
	    node->name, percent));
}

static struct verdict
node_cpu(const struct bench *b, const void *row)
{
	const struct node *n = row;

	return node_share(b, n, "CPU", n->cpu_usage, 10000, b->t->node_cpu_warning,
	    b->t->node_cpu_critical);
}

static struct verdict
node_memory(const struct bench *b, const void *row)
{
	const struct node *n = row;

	return node_share(b, n, "memory", n->mem_used, n->mem_total, b->t->node_memory_warning,
	    b->t->node_memory_critical);
}

static struct verdict
node_root(const struct bench *b, const void *row)
{
	const struct node *n = row;

	return node_share(b, n, "root file system", n->root_used, n->root_size,
	    b->t->node_filesystem_warning, b->t->node_filesystem_critical);
}

static struct verdict
node_images(const struct bench *b, const void *row)
{
	const struct node *n = row;

	return node_share(b, n, "image file system", n->images_used, n->images_size,
	    b->t->node_filesystem_warning, b->t->node_filesystem_critical);
}

static struct verdict
node_stall(const struct bench *b, const struct node *node, const char *what, uint32_t psi)
{
	if (!node_is_up(node) || !known32(psi))
		return fine;
	int32_t severity = level(b, psi / 100.0, b->t->node_pressure_warning,
	    b->t->node_pressure_critical);
	if (severity == 0)
		return fine;
	return wrong(severity, g_strdup_printf("node %s: work waits for %s %.0f %% of the time",
	    node->name, what, psi / 100.0));
}

static struct verdict
node_memory_stall(const struct bench *b, const void *row)
{
	return node_stall(b, row, "memory", ((const struct node *)row)->psi_memory);
}

static struct verdict
node_io_stall(const struct bench *b, const void *row)
{
	return node_stall(b, row, "I/O", ((const struct node *)row)->psi_io);
}

/* --- VMs */

static struct verdict
vm_crashed(const struct bench *b, const void *row)
{
	const struct vm *vm = row;

	if (vm->state != VM_CRASHED)
		return fine;
	return wrong(SEVERITY_CRITICAL, g_strdup_printf("VM %s has crashed on %s", vm->name,
	    vm->node_name));
}

static struct verdict
vm_disk_error(const struct bench *b, const void *row)
{
	const struct vm *vm = row;
	bool stopped = vm->state == VM_PAUSED && g_strcmp0(vm->reason, "I/O error") == 0;

	if (!stopped && (!known32(vm->disk_errors) || vm->disk_errors == 0))
		return fine;
	return wrong(SEVERITY_CRITICAL, g_strdup_printf("VM %s: %s", vm->name,
	    stopped ? "stopped by an I/O error of its storage"
		    : "a disk reports errors"));
}

static struct verdict
vm_duplicate(const struct bench *b, const void *row)
{
	const struct vm *vm = row;
	const struct node *other = cluster_node(b->cluster, vm->duplicate);

	if (vm->duplicate == 0)
		return fine;
	return wrong(SEVERITY_CRITICAL, g_strdup_printf("VM %s runs on %s and on %s at once",
	    vm->name, vm->node_name, other == NULL ? "another node" : other->name));
}

#define STUCK_S 5 /* an unanswered command for so long is more than a busy moment */

/* Its node answers, but not for this VM. */
static struct verdict
vm_stuck(const struct bench *b, const void *row)
{
	const struct vm *vm = row;
	const struct node *node = cluster_node(b->cluster, vm->node);
	bool occupied = vm->control == CONTROL_OCCUPIED && known32(vm->control_seconds) &&
	    vm->control_seconds >= STUCK_S;

	if (node == NULL || !node_is_up(node) || !vm_is_active(vm) ||
	    (!occupied && vm->control != CONTROL_ERROR))
		return fine;
	bool critical = vm->control == CONTROL_ERROR || (b->t->vm_stuck_critical > 0 &&
	    vm->control_seconds >= (uint32_t)b->t->vm_stuck_critical);
	return wrong(critical ? SEVERITY_CRITICAL : SEVERITY_WARNING,
	    g_strdup_printf("VM %s on %s does not answer its hypervisor", vm->name,
		vm->node_name));
}

/* It has been something else for long than what somebody said it shall be. */
static struct verdict
vm_not_as_wished(const struct bench *b, const void *row)
{
	const struct vm *vm = row;
	const struct wish *wish = cluster_wish(b->cluster, vm->h.index);

	if (wish == NULL || b->t->vm_admin_state <= 0 || vm->state == VM_UNKNOWN ||
	    vm_is_stale(vm, b->now) || admin_state_matches(vm, wish->wanted) ||
	    b->wall - MAX(wish->since_at, vm->since_at) <
		(int64_t)b->t->vm_admin_state * G_USEC_PER_SEC)
		return fine;
	return wrong(SEVERITY_WARNING, g_strdup_printf("VM %s is %s and shall be %s", vm->name,
	    enum_to_name(vm_state_names, vm->state),
	    enum_to_name(admin_state_names, wish->wanted)));
}

static struct verdict
vm_steal(const struct bench *b, const void *row)
{
	const struct vm *vm = row;

	if (!known32(vm->steal_usage) || !known32(vm->vcpus) || vm->vcpus == 0)
		return fine;
	double percent = vm->steal_usage / 100.0 / vm->vcpus;
	int32_t severity = level(b, percent, b->t->vm_steal_warning, b->t->vm_steal_critical);
	if (severity == 0)
		return fine;
	return wrong(severity, g_strdup_printf("VM %s waits for a CPU of %s %.0f %% of the time",
	    vm->name, vm->node_name, percent));
}

/* The condition's words say when, not how long ago: they do not change by themselves. */
static char *
date_of(int64_t at)
{
	g_autoptr(GDateTime) time = g_date_time_new_from_unix_local(at / G_USEC_PER_SEC);

	return time == NULL ? g_strdup("?") : g_date_time_format(time, "%Y-%m-%d %H:%M");
}

static struct verdict
vm_backup_overdue(const struct bench *b, const void *row)
{
	const struct vm *vm = row;
	const struct backup_rule *rule = rules_backup_of(b->cluster->rules, vm->name);

	if (rule == NULL)
		return fine;
	const struct backup *newest = standing_newest(b->cluster, vm->h.index, rule, b->wall);
	if (standing_late_at(b->cluster, vm, rule, newest) > b->wall)
		return fine;
	if (newest == NULL)
		return wrong(SEVERITY_WARNING, g_strdup_printf(
		    "VM %s has no backup of schedule %s", vm->name, rule->name));
	g_autofree char *when = date_of(newest->taken_at);
	return wrong(SEVERITY_WARNING, g_strdup_printf(
	    "VM %s: the last backup of schedule %s is of %s", vm->name, rule->name, when));
}

static struct verdict
vm_backup_failed(const struct bench *b, const void *row)
{
	const struct vm *vm = row;
	const struct backup *last = cluster_last_backup(b->cluster, vm->h.index, false);

	if (last == NULL || last->state == BACKUP_COMPLETE)
		return fine;
	if (last->state == BACKUP_RUNNING) /* nobody knows yet */
		return b->active == 0 ? fine : wrong(b->active, g_strdup_printf(
		    "the last backup of VM %s failed, another one is being made", vm->name));
	return wrong(SEVERITY_WARNING, g_strdup_printf("the last backup of VM %s failed: %s",
	    vm->name, last->reason));
}

/* --- pools */

static struct verdict
pool_state(const struct bench *b, const void *row)
{
	const struct pool *pool = row;
	bool missing = pool->state == POOL_INACTIVE && pool->autostart == 1;

	if (pool->state != POOL_INACCESSIBLE && pool->state != POOL_DEGRADED && !missing)
		return fine;
	return wrong(pool->state == POOL_DEGRADED ? SEVERITY_WARNING : SEVERITY_CRITICAL,
	    g_strdup_printf("pool %s is %s", pool->name,
		enum_to_name(pool_state_names, pool->state)));
}

static struct verdict
pool_usage(const struct bench *b, const void *row)
{
	const struct pool *pool = row;

	if (!known(pool->capacity) || !known(pool->allocation) || pool->capacity == 0)
		return fine;
	double percent = 100.0 * (double)pool->allocation / (double)pool->capacity;
	int32_t severity = level(b, percent, b->t->pool_warning, b->t->pool_critical);
	if (severity == 0)
		return fine;
	return wrong(severity, g_strdup_printf("pool %s is %.0f %% full", pool->name, percent));
}

static struct verdict
pool_commitment(const struct bench *b, const void *row)
{
	const struct pool *pool = row;

	if (!known(pool->capacity) || !known(pool->provisioned) || pool->capacity == 0)
		return fine;
	double percent = 100.0 * (double)pool->provisioned / (double)pool->capacity;
	int32_t severity = level(b, percent, b->t->pool_commitment, 0);
	if (severity == 0)
		return fine;
	return wrong(severity, g_strdup_printf(
	    "pool %s: %.0f %% of its capacity is promised to volumes", pool->name, percent));
}

/* --- exports */

/* The VM that runs with what is not served any longer; NULL: none is known. */
static const struct vm *
vm_without_disk(const struct cluster *cluster, const struct volume *volume)
{
	const struct disk *disk = volume == NULL ? NULL : cluster_volume_disk(cluster, volume);
	const struct vm *vm = disk == NULL ? NULL : cluster_vm(cluster, disk->h.index);

	return vm != NULL && vm_is_active(vm) ? vm : NULL;
}

/* One alarm for a volume, whichever of the nodes that served it has ceased to. */
static struct verdict
export_ended(const struct bench *b, const void *row)
{
	const struct rows *rows = &b->cluster->rows[ROWS_EXPORT];
	uint32_t index = ((const struct export_info *)row)->h.index;
	const struct vm *vm =
	    vm_without_disk(b->cluster, rows_find(&b->cluster->rows[ROWS_VOLUME], index, 0));
	const struct export_info *export;

	for (size_t at = 0; (export = rows_of(rows, index, &at)) != NULL;)
		if (export->state == EXPORT_ENDED)
			return wrong(vm != NULL ? SEVERITY_CRITICAL : SEVERITY_WARNING,
			    g_strdup_printf("%s is not served any longer%s%s: %s", export->name,
				vm != NULL ? ", and is a disk of VM " : "",
				vm != NULL ? vm->name : "", export->reason));
	return fine;
}

/* --- applications: of what is in a group or clone, that tells */

static struct verdict
app_failed(const struct bench *b, const void *row)
{
	const struct app *app = row;

	if (app->parent != 0 || (app->state != APP_FAILED && app->state != APP_BLOCKED))
		return fine;
	return wrong(SEVERITY_CRITICAL, g_strdup_printf("application %s %s%s%s", app->name,
	    app->state == APP_FAILED ? "has failed" : "is blocked",
	    *app->reason != '\0' ? ": " : "", app->reason));
}

/* Shall be started and is not, or not all of it, for long enough. */
static struct verdict
app_stopped(const struct bench *b, const void *row)
{
	const struct app *app = row;

	if (app->parent != 0 || app->wanted == WANTED_STOPPED || app->managed == 0 ||
	    (app->state != APP_STOPPED && app->state != APP_PARTIAL))
		return fine;
	return wrong(app->state == APP_STOPPED ? SEVERITY_CRITICAL : SEVERITY_WARNING,
	    g_strdup_printf("application %s shall be started and is %s%s%s", app->name,
		app->state == APP_STOPPED ? "not" : "so in part only",
		*app->reason != '\0' ? ": " : "", app->reason));
}

/* --- the cluster */

static struct verdict
no_quorum(const struct bench *b, const void *row)
{
	const struct cluster_info *info = row;

	if (info->backend_reason == NULL || info->quorate != 0)
		return fine;
	return wrong(SEVERITY_CRITICAL, g_strdup("the cluster has no quorum: its members are too "
	    "few to act for all"));
}

/* It runs, or shall run, and nobody knows how it is. */
static struct verdict
backend_silent(const struct bench *b, const void *row)
{
	const struct cluster_info *info = row;

	if (info->backend_reason == NULL || *info->backend_reason == '\0')
		return fine;
	return wrong(SEVERITY_CRITICAL, g_strdup_printf("the state of the cluster is not known: %s",
	    info->backend_reason));
}

static struct verdict
no_headroom(const struct bench *b, const void *row)
{
	const struct cluster_info *info = row;

	if (info->nodes < 2 || info->headroom == ABSENT_I32 || info->headroom >= 0)
		return fine;
	return wrong(SEVERITY_WARNING, g_strdup_printf(
	    "if the largest node is lost, %d MiB of memory are missing for its VMs",
	    -info->headroom));
}

/*
 * Samples are there, and have not been written for long: rrdcached is away.  Or those of some
 * objects: on a full disk files that exist can still be written to.
 */
static struct verdict
history_stands(const struct bench *b, const void *row)
{
	int64_t since = MAX(atomic_load(&self.rrd_updated_us), atomic_load(&self.rrd_since_us));
	int64_t refused = atomic_load(&self.rrd_refused_us);
	int64_t limit = b->now - (int64_t)b->t->history_age * G_USEC_PER_SEC;

	if (b->t->history_age <= 0 || atomic_load(&self.rrd_since_us) == 0 ||
	    atomic_load(&self.rrd_waiting) == 0)
		return fine;
	if (since <= limit)
		return wrong(SEVERITY_WARNING, g_strdup(
		    "no history is written: the log tells what rrdcached or the disk says"));
	if (refused == 0 || refused > limit)
		return fine;
	return wrong(SEVERITY_WARNING, g_strdup(
	    "some histories are not written: the log tells what rrdcached or the disk says"));
}

/* --- all conditions: one line each; the words are for ever */

const struct condition conditions[] = {
	{ "nodeUnreachable", ROWS_NODE,    OBJECT_NODE,    node_unreachable },
	{ "nodeCpu",         ROWS_NODE,    OBJECT_NODE,    node_cpu, true },
	{ "nodeMemory",      ROWS_NODE,    OBJECT_NODE,    node_memory, true },
	{ "nodeRoot",        ROWS_NODE,    OBJECT_NODE,    node_root, true },
	{ "nodeImages",      ROWS_NODE,    OBJECT_NODE,    node_images, true },
	{ "nodeMemoryStall", ROWS_NODE,    OBJECT_NODE,    node_memory_stall, true },
	{ "nodeIoStall",     ROWS_NODE,    OBJECT_NODE,    node_io_stall, true },
	{ "vmCrashed",       ROWS_VM,      OBJECT_VM,      vm_crashed },
	{ "vmDiskError",     ROWS_VM,      OBJECT_VM,      vm_disk_error },
	{ "vmDuplicate",     ROWS_VM,      OBJECT_VM,      vm_duplicate },
	{ "vmStuck",         ROWS_VM,      OBJECT_VM,      vm_stuck },
	{ "vmAdminState",    ROWS_VM,      OBJECT_VM,      vm_not_as_wished },
	{ "vmSteal",         ROWS_VM,      OBJECT_VM,      vm_steal, true },
	{ "vmBackupOverdue", ROWS_VM,      OBJECT_VM,      vm_backup_overdue },
	{ "vmBackupFailed",  ROWS_VM,      OBJECT_VM,      vm_backup_failed },
	{ "poolState",       ROWS_POOL,    OBJECT_POOL,    pool_state },
	{ "poolUsage",       ROWS_POOL,    OBJECT_POOL,    pool_usage, true },
	{ "poolCommitment",  ROWS_POOL,    OBJECT_POOL,    pool_commitment, true },
	{ "exportEnded",     ROWS_EXPORT,  OBJECT_VOLUME,  export_ended },
	{ "appFailed",       ROWS_APP,     OBJECT_APP,     app_failed },
	{ "appStopped",      ROWS_APP,     OBJECT_APP,     app_stopped, true },
	{ "quorumLost",      ROWS_CLUSTER, OBJECT_CLUSTER, no_quorum },
	{ "clusterUnknown",  ROWS_CLUSTER, OBJECT_CLUSTER, backend_silent },
	{ "memoryHeadroom",  ROWS_CLUSTER, OBJECT_CLUSTER, no_headroom, true },
	{ "historyAge",      ROWS_CLUSTER, OBJECT_CLUSTER, history_stands },
};
const size_t conditions_n = G_N_ELEMENTS(conditions);
