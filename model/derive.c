/* Derive: what a row says beyond what its source told. */
#include "model/derive.h"

#include "model/vm_mib.h"

#define HALT_US (10 * G_USEC_PER_SEC) /* a VM that stands still for longer is paused */

/* --- usage of a node, from two readings of its counters */

static uint64_t
known(uint64_t counter)
{
	return counter == ABSENT_U64 ? 0 : counter;
}

/* Time that another guest of the same host had was not free for use. */
static uint64_t
node_busy(const struct node *n)
{
	return n->cpu_user_ms + n->cpu_system_ms + known(n->cpu_steal_ms);
}

static uint64_t
node_total(const struct node *n)
{
	return node_busy(n) + n->cpu_idle_ms + known(n->cpu_iowait_ms);
}

/* A probe counts stolen time, libvirt does not: who counts has changed. */
static bool
same_source(const struct node *n, const struct node *before)
{
	return (n->cpu_steal_ms == ABSENT_U64) == (before->cpu_steal_ms == ABSENT_U64) &&
	    (n->cpu_iowait_ms == ABSENT_U64) == (before->cpu_iowait_ms == ABSENT_U64);
}

/* Of the whole machine: all CPUs busy are 10,000. */
static uint32_t
node_usage(const struct node *node, const struct node *before)
{
	if (node->cpu_user_ms == ABSENT_U64 || node->cpu_idle_ms == ABSENT_U64 ||
	    before == NULL || before->cpu_user_ms == ABSENT_U64 ||
	    !same_source(node, before))
		return ABSENT_U32;
	if (node_busy(node) == node_busy(before) && node_total(node) == node_total(before))
		return before->cpu_usage; /* no new sample: all CPUs together never stand still */
	if (node_busy(node) < node_busy(before) || node_total(node) <= node_total(before))
		return ABSENT_U32;
	return (uint32_t)(10000 * (node_busy(node) - node_busy(before)) /
	    (node_total(node) - node_total(before)));
}

/* --- one row */

static void
add_known(uint32_t *sum, uint32_t value)
{
	if (value != ABSENT_U32)
		*sum += value;
}

static bool
vm_is_running(const struct vm *vm)
{
	return vm->state == VM_RUNNING || vm->state == VM_SHUTTING_DOWN;
}

static bool
is_less(uint64_t counter, uint64_t before)
{
	return counter != ABSENT_U64 && before != ABSENT_U64 && counter < before;
}

/* The host was booted, or who counts begins anew for another reason. */
static bool
counters_went_back(const struct node *node, const struct node *before)
{
	if (is_less(node->disk_rd_bytes, before->disk_rd_bytes) ||
	    is_less(node->disk_wr_bytes, before->disk_wr_bytes) ||
	    is_less(node->net_rx_bytes, before->net_rx_bytes) ||
	    is_less(node->net_tx_bytes, before->net_tx_bytes) ||
	    is_less(node->pages_in, before->pages_in) ||
	    is_less(node->pages_out, before->pages_out))
		return true;
	if (node->cpu_user_ms == ABSENT_U64 || before->cpu_user_ms == ABSENT_U64)
		return false;
	return !same_source(node, before) || node_total(node) < node_total(before) ||
	    node->polls < before->polls;
}

void
derive_node(struct node *node, const struct block *block, const struct node *before,
    int64_t now, int64_t wall)
{
	node->since_at =
	    before == NULL || before->state != node->state ? wall : before->since_at;
	node->cpu_usage = node_usage(node, before);
	node->discontinuity_us = before == NULL || counters_went_back(node, before)
	    ? now : before->discontinuity_us;
	node->vms_running = node->vcpus_allocated = node->mem_allocated = 0;
	node->vms_cpu_usage = 0;
	node->migrations_in = node->migrations_out =
	    node->state == NODE_ONLINE ? 0 : ABSENT_U32;
	node->vms_defined = (uint32_t)block->set[ROWS_VM].n;
	for (size_t i = 0; i < block->set[ROWS_VM].n; i++) {
		const struct vm *vm = block_row(block, ROWS_VM, i);
		if (!vm_is_active(vm) || vm_has_left(vm))
			continue;
		node->vms_running += vm_is_running(vm);
		if (node->state == NODE_ONLINE) {
			node->migrations_in += vm->migration == VM_COMES;
			node->migrations_out += vm->migration == VM_GOES;
		}
		add_known(&node->vcpus_allocated, vm->vcpus);
		add_known(&node->mem_allocated, vm->mem_actual);
		add_known(&node->vms_cpu_usage, vm->cpu_usage);
	}
}

/* libvirt calls it a migration, too, when a VM comes from its saved memory. */
static bool
is_restored(const struct vm *vm, const struct vm *own)
{
	if (own == NULL || vm->state != VM_PAUSED || g_strcmp0(vm->reason, VM_REASON_MOVING) != 0)
		return false;
	enum vm_mib_oper before = vm_mib_oper_state(own);
	return before == VM_MIB_SUSPENDED || before == VM_MIB_RESUMING;
}

void
derive_vm(struct vm *vm, const struct vm *own, const struct vm *shown, int64_t wall)
{
	const struct vm *before = own != NULL ? own : shown;

	vm->duplicate = 0;
	if (is_restored(vm, own))
		vm->reason = VM_REASON_RESTORING;
	if (!vm_is_active(vm))
		vm->cpu_usage = vm->steal_usage = ABSENT_U32;
	if (before != NULL)
		vm->since_at = before->state == vm->state ? before->since_at : wall;
	else
		vm->since_at = 0;
	if (shown != NULL)
		vm->last_node = shown->node != vm->node ? shown->node : shown->last_node;
}

/*
 * Both halves of a migration stand still while the VM goes over, and the target's all the
 * time before: that is no state of the VM's, which is as it was.
 */
void
derive_migration(struct vm *vm, const struct vm *own, const struct vm *shown, int64_t now)
{
	bool halted = vm->state == VM_PAUSED && vm->migration != VM_STAYS;

	vm->halted_us = !halted ? 0
	    : own != NULL && own->halted_us != 0 ? own->halted_us : MAX(now, 1);
	if (halted && shown != NULL && vm_is_active(shown) &&
	    (vm->migration == VM_COMES || now - vm->halted_us < HALT_US)) {
		vm->state = shown->state;
		vm->reason = "migrating";
	}
	if (own == NULL)
		vm->state_us = shown == NULL ? 0 : vm->sampled_us;
	else if (own->state == vm->state && (own->halted_us != 0) == (vm->halted_us != 0))
		vm->state_us = own->state_us;
	else
		vm->state_us = vm->sampled_us;
}

/* --- what is counted over all rows */

static void
count_vm(struct cluster_info *info, const struct vm *vm)
{
	info->vms++;
	info->vms_running += vm_is_running(vm);
	info->vms_paused += vm->state == VM_PAUSED || vm->state == VM_SUSPENDED;
	info->vms_shut_off += vm->state == VM_SHUT_OFF;
	info->vms_crashed += vm->state == VM_CRASHED;
	info->vms_unknown += vm->state == VM_UNKNOWN;
	if (vm_is_active(vm)) {
		add_known(&info->vcpus_allocated, vm->vcpus);
		add_known(&info->mem_allocated, vm->mem_actual);
	}
}

/* What a counter has grown by; all of it when it is new or started anew. */
static uint64_t
growth(uint64_t now, uint64_t before)
{
	if (now == ABSENT_U64)
		return 0;
	return before == ABSENT_U64 || before > now ? now : now - before;
}

static void
count_node(struct cluster_info *info, const struct node *node, const struct node *before)
{
	info->nodes++;
	info->nodes_online += node->state == NODE_ONLINE;
	info->nodes_offline += node->state == NODE_OFFLINE ||
	    node->state == NODE_UNREACHABLE || node->state == NODE_UNCLEAN;
	info->nodes_standby +=
	    node->state == NODE_STANDBY || node->state == NODE_MAINTENANCE;
	if (node->poll_ms != ABSENT_U32) {
		if (info->poll_ms == ABSENT_U32 || node->poll_ms > info->poll_ms)
			info->poll_ms = node->poll_ms;
		info->poll_most_ms = MAX(info->poll_most_ms, node->poll_ms);
	}
	info->polls += growth(node->polls, before == NULL ? 0 : before->polls);
	info->polls_failed +=
	    growth(node->polls_failed, before == NULL ? 0 : before->polls_failed);
	if (node->state != NODE_ONLINE)
		return; /* capacity that is not there cannot be counted on */
	add_known(&info->cpus, node->cpus);
	add_known(&info->mem_total, node->mem_total);
	if (info->mem_used == ABSENT_U32)
		info->mem_used = node->mem_used;
	else
		add_known(&info->mem_used, node->mem_used);
}

static bool
job_failed(const struct job *job)
{
	return job != NULL && (job->state == JOB_FAILED || job->state == JOB_INTERRUPTED);
}

static void
count_job(struct cluster_info *info, const struct job *job, const struct job *before)
{
	info->jobs_waiting += job->state == JOB_WAITING;
	info->jobs_running += job->state == JOB_RUNNING;
	info->jobs_failed += job_failed(job) && !job_failed(before) &&
	    job->finished_at >= info->started_at;
}

/*
 * N+1: what is left of the memory for VMs when the largest node is lost and its VMs have
 * been started elsewhere.
 */
static void
count_headroom(struct cluster_info *info, const struct rows *nodes)
{
	uint32_t largest = 0;
	int64_t left = 0;

	for (size_t i = 0; i < nodes->n; i++) {
		const struct node *node = nodes->row[i];
		if (node->state != NODE_ONLINE || node->mem_total == ABSENT_U32)
			continue;
		left += node->mem_total;
		largest = MAX(largest, node->mem_total);
	}
	left -= (int64_t)largest + info->mem_allocated;
	info->headroom = largest == 0 ? ABSENT_I32
	    : (int32_t)CLAMP(left, -INT32_MAX, INT32_MAX);
}

static void
count_pool(struct cluster_info *info, const struct pool *pool)
{
	if (pool->state != POOL_RUNNING && pool->state != POOL_DEGRADED)
		return;
	if (pool->capacity != ABSENT_U64)
		info->storage_total += pool->capacity;
	if (pool->allocation != ABSENT_U64)
		info->storage_used += pool->allocation;
	if (pool->provisioned != ABSENT_U64)
		info->storage_provisioned += pool->provisioned;
}

void
derive_alarm_counts(const struct rows *alarms, struct cluster_info *info)
{
	info->alarms_warning = info->alarms_critical = 0;
	for (size_t i = 0; i < alarms->n; i++) {
		const struct alarm *alarm = alarms->row[i];
		info->alarms_warning += alarm->severity == SEVERITY_WARNING;
		info->alarms_critical += alarm->severity == SEVERITY_CRITICAL;
	}
}

/* Levels are counted; counters grow from what they were, so that they never go back. */
void
derive_totals(const struct cluster *next, const struct cluster *previous,
    struct cluster_info *info)
{
	const struct rows *rows = next->rows;
	struct cluster_info was = { .h.index = 0 };

	if (previous != NULL)
		was = *cluster_info(previous);
	info->nodes = info->nodes_online = info->nodes_offline = info->nodes_standby = 0;
	info->poll_ms = ABSENT_U32;
	info->poll_most_ms = was.poll_most_ms;
	info->vms = info->vms_running = info->vms_paused = info->vms_shut_off = 0;
	info->vms_crashed = info->vms_unknown = 0;
	info->vcpus_allocated = info->cpus = info->mem_total = info->mem_allocated = 0;
	info->mem_used = ABSENT_U32;
	info->jobs_waiting = info->jobs_running = 0;
	info->jobs_failed = was.jobs_failed;
	info->polls = was.polls;
	info->polls_failed = was.polls_failed;
	for (size_t i = 0; i < rows[ROWS_NODE].n; i++) {
		const struct node *node = rows[ROWS_NODE].row[i];
		count_node(info, node,
		    previous == NULL ? NULL : cluster_node(previous, node->h.index));
	}
	for (size_t i = 0; i < rows[ROWS_VM].n; i++)
		count_vm(info, rows[ROWS_VM].row[i]);
	count_headroom(info, &rows[ROWS_NODE]);
	info->storage_total = info->storage_used = info->storage_provisioned = 0;
	for (size_t i = 0; i < rows[ROWS_POOL].n; i++)
		count_pool(info, rows[ROWS_POOL].row[i]);
	derive_alarm_counts(&rows[ROWS_ALARM], info);
	for (size_t i = 0; i < rows[ROWS_JOB].n; i++) {
		const struct job *job = rows[ROWS_JOB].row[i];
		count_job(info, job,
		    previous == NULL ? NULL : cluster_job(previous, job->h.index));
	}
}
