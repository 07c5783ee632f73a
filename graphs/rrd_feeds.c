/* What is recorded of each kind of row, and when its numbers were read. */
#include "graphs/rrd_feeds.h"

static void
cluster_facts(const struct reading *reading, const void *row, struct rrd_reading *out)
{
	*out = (struct rrd_reading){ .active = true, .sampled_us = reading->now };
}

static void
vm_facts(const struct reading *reading, const void *row, struct rrd_reading *out)
{
	const struct vm *vm = row;

	out->active = vm_is_active(vm);
	out->sampled_us = out->active ? vm->counted_us : vm->sampled_us;
	out->broken_us = vm->discontinuity_us;
	out->node = vm->node;
	if (vm_is_stale(vm, reading->now))
		out->sampled_us = 0;
}

/* Of a device: as its VM, but its counters are its own. */
static void
device_facts(const struct reading *reading, const struct row_head *head, int64_t counted_us,
    int64_t broken_us, struct rrd_reading *out)
{
	const struct vm *vm = cluster_vm(reading->cluster, head->index);

	*out = (struct rrd_reading){ .broken_us = broken_us };
	if (vm == NULL)
		return;
	vm_facts(reading, vm, out);
	out->broken_us = broken_us;
	out->active &= counted_us > 0;
	if (out->active && out->sampled_us > 0)
		out->sampled_us = counted_us;
}

static void
disk_facts(const struct reading *reading, const void *row, struct rrd_reading *out)
{
	const struct disk *disk = row;

	device_facts(reading, &disk->h, disk->counted_us, disk->discontinuity_us, out);
	out->active &= disk->rd_bytes != ABSENT_U64; /* an empty drive */
}

static void
nic_facts(const struct reading *reading, const void *row, struct rrd_reading *out)
{
	const struct nic *nic = row;

	device_facts(reading, &nic->h, nic->counted_us, nic->discontinuity_us, out);
	out->active &= nic->rx_bytes != ABSENT_U64;
}

static void
node_facts(const struct reading *reading, const void *row, struct rrd_reading *out)
{
	const struct node *node = row;
	bool stale = node_is_stale(node, reading->now);

	*out = (struct rrd_reading){ .active = true, .sampled_us = stale ? 0 : node->sampled_us };
}

static void
pool_facts(const struct reading *reading, const void *row, struct rrd_reading *out)
{
	const struct pool *pool = row;
	bool stale = pool_is_stale(pool, reading->now);

	out->active = pool->capacity != ABSENT_U64;
	out->sampled_us = stale ? 0 : pool->sampled_us;
	out->broken_us = out->node = 0;
}

static void
volume_facts(const struct reading *reading, const void *row, struct rrd_reading *out)
{
	const struct volume *volume = row;

	out->active = volume->allocation != ABSENT_U64;
	out->sampled_us = volume->sampled_us;
	out->broken_us = out->node = 0;
}

const struct rrd_feed rrd_feeds[] = {
	{ "cluster", cluster_facts },
	{ "node", node_facts },
	{ "vm", vm_facts },
	{ "disk", disk_facts, .device = true },
	{ "nic", nic_facts, .device = true },
	{ "pool", pool_facts, .storage = true },
	{ "volume", volume_facts, .storage = true },
};
const size_t rrd_feeds_n = G_N_ELEMENTS(rrd_feeds);
