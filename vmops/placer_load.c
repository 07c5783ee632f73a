/* The placer: how loaded a node is. */
#include "vmops/placer_private.h"

#define FULL      10000 /* hundredths of a percent */
#define LOAD_MOST (10 * FULL)

static int64_t
share(int64_t part, int64_t whole)
{
	return whole <= 0 ? 0 : CLAMP(part * FULL / whole, 0, LOAD_MOST);
}

/* Of a node with so much more (or less) on it, in hundredths of a percent. */
struct load {
	int64_t memory, cpu, vcpus;
};

static struct load
load_of(const struct place_node *node, int64_t memory, int64_t cpu, int64_t vcpus)
{
	const struct node *row = node->row;
	int64_t cpus = MAX(known(row->cpus), 1);

	return (struct load){
		share(node->memory + memory, known(row->mem_total)) +
		    MIN(known(row->psi_memory), FULL),
		CLAMP((node->cpu + cpu) / cpus, 0, LOAD_MOST) + MIN(known(row->psi_cpu), FULL),
		share(node->vcpus + vcpus, 4 * cpus), /* four to a CPU are full */
	};
}

/* What is only promised weighs less. */
static int64_t
figure(int64_t memory, int64_t cpu, int64_t vcpus)
{
	return memory * memory + cpu * cpu + vcpus * vcpus / 4;
}

int64_t
placer_cost(const struct place_node *node, int64_t memory, int64_t cpu, int64_t vcpus)
{
	struct load l = load_of(node, memory, cpu, vcpus);

	return figure(l.memory, l.cpu, l.vcpus);
}

/* Two nodes of the same size would have so much less if they were evenly loaded. */
int64_t
placer_difference(const struct place_node *a, const struct place_node *b)
{
	struct load x = load_of(a, 0, 0, 0), y = load_of(b, 0, 0, 0);

	return figure(x.memory - y.memory, x.cpu - y.cpu, x.vcpus - y.vcpus) / 2;
}

int64_t
placer_score(const struct placer *p)
{
	int64_t sum = 0;

	for (size_t i = 0; i < p->nodes_n; i++)
		sum += placer_cost(&p->nodes[i], 0, 0, 0);
	return sum;
}
