/* The placer: plans for a whole node, and for the whole cluster. */
#include "vmops/placer_private.h"

#include <stdlib.h>
#include <string.h>

#define STEPS_MOST  4000000 /* of one plan; what is not found by then is not proposed */
#define TRIED_MOST  256     /* VMs of one node, the largest first */
#define UNEVEN      500000  /* ten percent more of something: less is even */

static void
move_free(gpointer data)
{
	struct move *move = data;

	g_free(move->reason);
	g_free(move);
}

static struct move *
add_move(GPtrArray *plan, const struct placer *p, const struct place_vm *vm, size_t to)
{
	struct move *move = g_new0(struct move, 1);

	move->vm = vm->row;
	move->from = vm->row->node;
	move->to = to == NOWHERE ? 0 : p->nodes[to].row->h.index;
	g_ptr_array_add(plan, move);
	return move;
}

/* The largest first: small ones fill the gaps that are left. */
static int
compare_sizes(const void *a, const void *b)
{
	const struct place_vm *x = *(const struct place_vm *const *)a;
	const struct place_vm *y = *(const struct place_vm *const *)b;

	if (x->active != y->active)
		return x->active ? -1 : 1;
	if (x->memory != y->memory)
		return x->memory > y->memory ? -1 : 1;
	return x->row->h.index < y->row->h.index ? -1 : 1;
}

/* The VMs of a node, as they shall be considered. */
static GPtrArray *
vms_on(const struct placer *p, size_t node)
{
	const GArray *places = p->nodes[node].vms;
	GPtrArray *vms = g_ptr_array_new();

	for (guint i = 0; i < places->len; i++)
		g_ptr_array_add(vms, &p->vms[g_array_index(places, size_t, i)]);
	if (vms->len > 1)
		qsort(vms->pdata, vms->len, sizeof(void *), compare_sizes);
	return vms;
}

/* --- evacuation */

static bool
share_a_group(const struct placer *p, const struct place_vm *a, const struct place_vm *b)
{
	for (guint i = 0; i < a->groups; i++) {
		guint g = g_array_index(p->memberships, guint, a->first_group + i);
		const struct rule_group *group = p->rules->groups->pdata[g];
		for (guint j = 0; !group->apart && j < b->groups; j++)
			if (g_array_index(p->memberships, guint, b->first_group + j) == g)
				return true;
	}
	return false;
}

/* What those that must stay with it, and are to follow, will need. */
static int64_t
companions_memory(const struct placer *p, const struct place_vm *vm)
{
	const GArray *places = p->nodes[vm->node].vms;
	int64_t sum = 0;

	for (guint i = 0; vm->groups > 0 && i < places->len; i++) {
		const struct place_vm *other = &p->vms[g_array_index(places, size_t, i)];
		if (other != vm && other->active && share_a_group(p, vm, other))
			sum += MAX(other->memory, 0);
	}
	return sum;
}

static void
plan_one(struct placer *p, struct place_vm *vm, GPtrArray *plan, GPtrArray *stay)
{
	g_autoptr(GString) why = g_string_new(NULL);
	size_t to = placer_best(p, vm, companions_memory(p, vm), why);
	struct move *move = add_move(to == NOWHERE ? stay : plan, p, vm, to);

	if (to == NOWHERE)
		move->reason = g_strdup(why->str);
	else
		placer_put(p, vm, to);
}

GPtrArray *
placer_plan_evacuation(struct placer *p, uint32_t index, bool offline)
{
	GPtrArray *plan = g_ptr_array_new_with_free_func(move_free);
	g_autoptr(GPtrArray) stay = g_ptr_array_new();
	size_t node = placer_node_place(p, index);

	if (node == NOWHERE)
		return plan;
	placer_close(p, index, "is being evacuated");
	g_autoptr(GPtrArray) vms = vms_on(p, node);
	for (guint i = 0; i < vms->len; i++) {
		struct place_vm *vm = vms->pdata[i];
		if (!vm->moving && (vm->active || offline))
			plan_one(p, vm, plan, stay);
	}
	for (guint i = 0; i < stay->len; i++)
		g_ptr_array_add(plan, stay->pdata[i]);
	return plan;
}

/* --- balance */

struct candidate {
	struct place_vm *vm;
	size_t to;
	int64_t gain, difference; /* of the two nodes' load figures */
};

static bool
may_be_moved(const struct placer *p, const struct place_vm *vm)
{
	const char *node = p->nodes[vm->node].row->name;
	bool wants_to_stay = vm->rule != NULL && vm->rule->prefer != NULL &&
	    g_strv_contains((const char *const *)vm->rule->prefer, node);

	return vm->row->state == VM_RUNNING && !vm->busy && !vm->recent && !wants_to_stay &&
	    vm->memory > 0;
}

static int64_t
gain_of(const struct placer *p, const struct place_vm *vm, size_t to)
{
	const struct place_node *a = &p->nodes[vm->node], *b = &p->nodes[to];
	int64_t after = placer_cost(a, -vm->memory, -vm->cpu, -vm->vcpus) +
	    placer_cost(b, vm->memory, vm->cpu, vm->vcpus);

	return placer_cost(a, 0, 0, 0) + placer_cost(b, 0, 0, 0) - after;
}

static bool
is_worth_it(const struct placer *p, int64_t gain, int64_t difference)
{
	return difference >= UNEVEN &&
	    gain * 100 >= difference * p->rules->limits.improvement;
}

/* The gain is cheaper to tell than whether the VM fits: it comes first. */
static void
try_vm(struct placer *p, struct place_vm *vm, struct candidate *best)
{
	for (size_t i = 0; i < p->nodes_n; i++) {
		p->steps++;
		if (i == vm->node || p->nodes[i].closed != NULL)
			continue;
		int64_t gain = gain_of(p, vm, i);
		if (gain <= best->gain)
			continue;
		int64_t difference = placer_difference(&p->nodes[vm->node], &p->nodes[i]);
		if (is_worth_it(p, gain, difference) && placer_fits(p, vm, i, 0, NULL))
			*best = (struct candidate){ vm, i, gain, difference };
	}
}

static struct candidate
best_move_from(struct placer *p, size_t node, uint64_t limit)
{
	g_autoptr(GPtrArray) vms = vms_on(p, node);
	struct candidate best = { NULL };
	unsigned tried = 0;

	for (guint i = 0; i < vms->len && tried < TRIED_MOST && p->steps < limit; i++) {
		struct place_vm *vm = vms->pdata[i];
		if (!may_be_moved(p, vm))
			continue;
		try_vm(p, vm, &best);
		tried++;
	}
	return best;
}

struct loaded {
	size_t node;
	int64_t cost;
};

static int
compare_loads(const void *a, const void *b)
{
	const struct loaded *x = a, *y = b;

	if (x->cost != y->cost)
		return x->cost > y->cost ? -1 : 1;
	return x->node < y->node ? -1 : 1;
}

/* The nodes that can give, the most loaded first. */
static GArray *
by_load(const struct placer *p)
{
	GArray *nodes = g_array_new(FALSE, FALSE, sizeof(struct loaded));

	for (size_t i = 0; i < p->nodes_n; i++) {
		struct loaded loaded = { i, placer_cost(&p->nodes[i], 0, 0, 0) };
		if (p->nodes[i].closed == NULL && loaded.cost >= UNEVEN)
			g_array_append_val(nodes, loaded);
	}
	g_array_sort(nodes, compare_loads);
	return nodes;
}

static int64_t
memory_percent(const struct place_node *node)
{
	return node->memory * 100 / MAX(node->row->mem_total, 1);
}

static int64_t
cpu_percent(const struct place_node *node)
{
	int64_t cpus = MAX(known(node->row->cpus), 1);

	return node->cpu / cpus / 100;
}

static void
carry_out(struct placer *p, GPtrArray *plan, const struct candidate *best)
{
	struct place_vm *vm = best->vm;
	const struct place_node *a = &p->nodes[vm->node], *b = &p->nodes[best->to];
	struct move *move = add_move(plan, p, vm, best->to);
	int64_t memory[] = { memory_percent(a), memory_percent(b) };
	int64_t cpu[] = { cpu_percent(a), cpu_percent(b) };

	move->from = a->row->h.index;
	move->gain = (uint32_t)MIN(best->gain * 10000 / best->difference, 10000);
	placer_put(p, vm, best->to);
	vm->recent = true; /* once in a plan */
	move->reason = g_strdup_printf("%s: memory %d to %d %%, CPU %d to %d %%; "
	    "%s: memory %d to %d %%, CPU %d to %d %%", a->row->name, (int)memory[0],
	    (int)memory_percent(a), (int)cpu[0], (int)cpu_percent(a), b->row->name,
	    (int)memory[1], (int)memory_percent(b), (int)cpu[1], (int)cpu_percent(b));
}

/* False: no node can be relieved any more. */
static bool
plan_next(struct placer *p, GPtrArray *plan, uint64_t limit)
{
	g_autoptr(GArray) nodes = by_load(p);

	for (guint i = 0; i < nodes->len && p->steps < limit; i++) {
		struct candidate best =
		    best_move_from(p, g_array_index(nodes, struct loaded, i).node, limit);
		if (best.vm == NULL)
			continue;
		carry_out(p, plan, &best);
		return true;
	}
	return false;
}

GPtrArray *
placer_plan_balance(struct placer *p, unsigned most)
{
	GPtrArray *plan = g_ptr_array_new_with_free_func(move_free);
	uint64_t limit = p->steps + STEPS_MOST;

	while (plan->len < most && plan_next(p, plan, limit))
		;
	return plan;
}
