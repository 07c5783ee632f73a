/* What libvirt tells of the host itself. */
#include "collectors/node_stats.h"

#include <string.h>

#include "common/virt.h"
#include "model/value.h"

static void
ask_node_info(struct link *link, struct node *node, char **cpu_model)
{
	virNodeInfo info;

	call_begin(link->called_us);
	if (virNodeGetInfo(link->connection, &info) < 0)
		return;
	node->cpu_model = *cpu_model = g_strndup(info.model, sizeof(info.model));
	node->mem_total = (uint32_t)MIN(info.memory / 1024, ABSENT_U32 - 1);
	node->cpus = info.cpus;
	node->mhz = info.mhz;
	node->numa_cells = info.nodes;
	node->sockets = info.sockets;
	node->cores = info.cores;
	node->threads = info.threads;
}

/* libvirt counts nanoseconds. */
static const struct {
	const char *name;
	size_t offset;
} node_cpu_fields[] = {
	{ VIR_NODE_CPU_STATS_USER,   offsetof(struct node, cpu_user_ms)   },
	{ VIR_NODE_CPU_STATS_KERNEL, offsetof(struct node, cpu_system_ms) },
	{ VIR_NODE_CPU_STATS_IDLE,   offsetof(struct node, cpu_idle_ms)   },
	{ VIR_NODE_CPU_STATS_IOWAIT, offsetof(struct node, cpu_iowait_ms) },
};

static void
ask_node_cpu(struct link *link, struct node *node)
{
	int n = 0;

	if (link->lacks & LACKS_NODE_CPU)
		return;
	call_begin(link->called_us);
	if (virNodeGetCPUStats(link->connection, VIR_NODE_CPU_STATS_ALL_CPUS, NULL, &n, 0) < 0) {
		link_note_lack(link, LACKS_NODE_CPU);
		return;
	}
	g_autofree virNodeCPUStatsPtr stats = g_new0(virNodeCPUStats, MAX(n, 1));
	if (virNodeGetCPUStats(link->connection, VIR_NODE_CPU_STATS_ALL_CPUS, stats, &n, 0) < 0)
		return;
	for (int i = 0; i < n; i++)
		for (size_t k = 0; k < G_N_ELEMENTS(node_cpu_fields); k++)
			if (strcmp(stats[i].field, node_cpu_fields[k].name) == 0)
				*(uint64_t *)((char *)node + node_cpu_fields[k].offset) =
				    stats[i].value / 1000000;
}

struct node_memory {
	uint64_t total, free, buffers, cached; /* KiB */
};

static const struct {
	const char *name;
	size_t offset;
} node_memory_fields[] = {
	{ VIR_NODE_MEMORY_STATS_TOTAL,   offsetof(struct node_memory, total)   },
	{ VIR_NODE_MEMORY_STATS_FREE,    offsetof(struct node_memory, free)    },
	{ VIR_NODE_MEMORY_STATS_BUFFERS, offsetof(struct node_memory, buffers) },
	{ VIR_NODE_MEMORY_STATS_CACHED,  offsetof(struct node_memory, cached)  },
};

static void
set_node_memory(struct node *node, const struct node_memory *m)
{
	uint64_t spare = m->free + m->buffers + m->cached;

	if (m->total == 0 || spare > m->total)
		return;
	node->mem_total = (uint32_t)(m->total / 1024);
	node->mem_free = (uint32_t)(m->free / 1024);
	node->mem_cached = (uint32_t)((m->buffers + m->cached) / 1024);
	node->mem_used = (uint32_t)((m->total - spare) / 1024);
}

static bool
get_node_memory(struct link *link, struct node_memory *m)
{
	int n = 0;

	call_begin(link->called_us);
	if (virNodeGetMemoryStats(link->connection, VIR_NODE_MEMORY_STATS_ALL_CELLS, NULL,
		&n, 0) < 0)
		return false;
	g_autofree virNodeMemoryStatsPtr stats = g_new0(virNodeMemoryStats, MAX(n, 1));
	if (virNodeGetMemoryStats(link->connection, VIR_NODE_MEMORY_STATS_ALL_CELLS, stats,
		&n, 0) < 0)
		return false;
	for (int i = 0; i < n; i++)
		for (size_t k = 0; k < G_N_ELEMENTS(node_memory_fields); k++)
			if (strcmp(stats[i].field, node_memory_fields[k].name) == 0)
				*(uint64_t *)((char *)m + node_memory_fields[k].offset) =
				    stats[i].value;
	return true;
}

static void
ask_node_memory(struct link *link, struct node *node)
{
	struct node_memory memory = { 0 };

	if (link->lacks & LACKS_NODE_MEMORY)
		return;
	if (get_node_memory(link, &memory))
		set_node_memory(node, &memory);
	else
		link_note_lack(link, LACKS_NODE_MEMORY);
}

void
node_stats_read(struct link *link, struct node *node, char **cpu_model)
{
	node->uuid = link->uuid;
	node->hypervisor = link->hypervisor;
	node->hypervisor_version = link->hypervisor_version;
	node->libvirt_version = link->libvirt_version;
	ask_node_info(link, node, cpu_model);
	ask_node_cpu(link, node);
	ask_node_memory(link, node);
}
