/* Members: VMs in the order of what they use. */
#include "model/members.h"

#include <stdlib.h>

struct candidate {
	const struct vm *vm;
	uint64_t use;
};

static uint64_t
known32(uint32_t value)
{
	return value == ABSENT_U32 ? 0 : value;
}

/* Over the last day, where the history tells. */
static uint64_t
of_the_day(const struct cluster *cluster, const struct vm *vm, enum trend_measure measure)
{
	const struct trend *trend = cluster_trend(cluster, OBJECT_VM, vm->h.index);

	return trend == NULL ? 0 : known32(trend->value[measure][TREND_DAY][TREND_AVERAGE]);
}

static uint64_t
use_cpu(const struct cluster *cluster, const struct vm *vm)
{
	return MAX(known32(vm->cpu_usage), of_the_day(cluster, vm, TREND_CPU));
}

static uint64_t
use_memory(const struct cluster *cluster, const struct vm *vm)
{
	return MAX(known32(vm->mem_rss), of_the_day(cluster, vm, TREND_MEMORY));
}

static uint64_t
use_disk(const struct cluster *cluster, const struct vm *vm)
{
	return known32(vm->disk_rd_speed) + known32(vm->disk_wr_speed);
}

static uint64_t
use_net(const struct cluster *cluster, const struct vm *vm)
{
	return known32(vm->net_rx_speed) + known32(vm->net_tx_speed);
}

static uint64_t (*const use_of[])(const struct cluster *, const struct vm *) = {
	[MEMBERS_CPU] = use_cpu,
	[MEMBERS_MEMORY] = use_memory,
	[MEMBERS_DISK] = use_disk,
	[MEMBERS_NET] = use_net,
};

static int
most_first(const void *a, const void *b)
{
	const struct candidate *x = a, *y = b;

	if (x->use != y->use)
		return x->use > y->use ? -1 : 1;
	return (x->vm->h.index > y->vm->h.index) - (x->vm->h.index < y->vm->h.index);
}

size_t
members_choose(const struct cluster *cluster, uint32_t node, enum member_rank rank,
    struct member out[MEMBERS_MOST])
{
	const struct rows *vms = &cluster->rows[ROWS_VM];
	g_autofree struct candidate *all = g_new(struct candidate, vms->n + 1);
	size_t n = 0;

	for (size_t i = 0; i < vms->n; i++) {
		const struct vm *vm = vms->row[i];
		if (vm_is_active(vm) && (node == 0 || vm->node == node))
			all[n++] = (struct candidate){ vm, use_of[rank](cluster, vm) };
	}
	qsort(all, n, sizeof(*all), most_first);
	n = MIN(n, MEMBERS_MOST);
	for (size_t i = 0; i < n; i++)
		out[i] = (struct member){ all[i].vm->uuid, all[i].vm->name };
	return n;
}
