/* The placer: may a VM go to a node, and which is the best one. */
#include "vmops/placer_private.h"

#include <string.h>

#include "model/request.h"

/* --- may it go there */

/* Always false. */
static bool G_GNUC_PRINTF(2, 3)
say(GString *why, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	if (why != NULL)
		g_string_append_vprintf(why, format, args);
	va_end(args);
	return false;
}

static uint32_t
members_on(const struct placer *p, const struct place_vm *vm, guint group, size_t node)
{
	uint32_t n = p->counts[group * p->nodes_n + node];

	return n > 0 && vm->active && vm->node == node ? n - 1 : n;
}

/* Some other node, that will keep them, has members of that group. */
static size_t
others_on(const struct placer *p, const struct place_vm *vm, guint group, size_t node)
{
	for (size_t i = 0; i < p->nodes_n; i++)
		if (i != node && p->nodes[i].closed == NULL &&
		    members_on(p, vm, group, i) > members_on(p, vm, group, node))
			return i;
	return NOWHERE;
}

static bool
groups_allow(const struct placer *p, const struct place_vm *vm, size_t node, GString *why)
{
	const char *name = p->nodes[node].row->name;

	for (guint i = 0; i < vm->groups; i++) {
		guint g = g_array_index(p->memberships, guint, vm->first_group + i);
		const struct rule_group *group = p->rules->groups->pdata[g];
		if (group->apart && members_on(p, vm, g, node) > 0)
			return say(why, "%s has another VM of group %s", name, group->name);
		size_t others = group->apart ? NOWHERE : others_on(p, vm, g, node);
		if (others != NOWHERE)
			return say(why, "%s is not where group %s is (%s)", name, group->name,
			    p->nodes[others].row->name);
	}
	return true;
}

static bool
has_memory(const struct placer *p, const struct place_vm *vm, size_t node, int64_t spare,
    GString *why)
{
	const struct place_node *n = &p->nodes[node];
	int64_t after = n->memory + vm->memory + spare;

	if (vm->memory < 0)
		return say(why, "%s: it is not known how much memory %s needs", n->row->name,
		    vm->row->name);
	return after <= n->memory_most ||
	    say(why, "%s has no room (%" G_GINT64_FORMAT " of %" G_GINT64_FORMAT " MiB)",
		n->row->name, after, n->memory_most);
}

static bool
same_hypervisor(const struct placer *p, const struct place_vm *vm, size_t node)
{
	const char *here = vm->node == NOWHERE ? NULL : p->nodes[vm->node].row->hypervisor;
	const char *there = p->nodes[node].row->hypervisor;

	return here == NULL || there == NULL || strcmp(here, there) == 0;
}

static bool
is_pinned_off(const struct place_vm *vm, const char *node)
{
	return vm->rule != NULL && vm->rule->nodes != NULL &&
	    !g_strv_contains((const char *const *)vm->rule->nodes, node);
}

bool
placer_fits(struct placer *p, const struct place_vm *vm, size_t node, int64_t spare,
    GString *why)
{
	const struct place_node *n = &p->nodes[node];
	const char *name = n->row->name;

	p->steps++;
	if (node == vm->node)
		return say(why, "%s is where it is", name);
	if (n->closed != NULL)
		return say(why, "%s %s", name, n->closed);
	if (vm->app && n->row->membership != MEMBER_ONLINE)
		return say(why, "%s is no member of the cluster that can take it", name);
	if (!same_hypervisor(p, vm, node))
		return say(why, "%s has another hypervisor (%s)", name, n->row->hypervisor);
	if (is_pinned_off(vm, name))
		return say(why, "%s is not among its nodes", name);
	return groups_allow(p, vm, node, why) && has_memory(p, vm, node, spare, why);
}

/* --- choosing */

static bool
is_preferred(const struct place_vm *vm, const char *node)
{
	return vm->rule != NULL && vm->rule->prefer != NULL &&
	    g_strv_contains((const char *const *)vm->rule->prefer, node);
}

static int64_t
extra_cost(const struct place_node *node, const struct place_vm *vm)
{
	return placer_cost(node, MAX(vm->memory, 0), vm->cpu, vm->vcpus) -
	    placer_cost(node, 0, 0, 0);
}

size_t
placer_best(struct placer *p, const struct place_vm *vm, int64_t spare, GString *why)
{
	size_t best = NOWHERE;
	bool best_preferred = false;
	int64_t best_cost = 0;

	for (size_t i = 0; i < p->nodes_n; i++) {
		gsize before = why == NULL ? 0 : why->len;
		if (i == vm->node)
			continue;
		if (before > 0)
			g_string_append(why, "; ");
		if (!placer_fits(p, vm, i, spare, why))
			continue;
		if (why != NULL)
			g_string_truncate(why, before);
		bool preferred = is_preferred(vm, p->nodes[i].row->name);
		int64_t cost = extra_cost(&p->nodes[i], vm);
		if (best != NOWHERE && (preferred < best_preferred ||
			(preferred == best_preferred && cost >= best_cost)))
			continue;
		best = i;
		best_preferred = preferred;
		best_cost = cost;
	}
	if (best == NOWHERE && why != NULL && why->len == 0)
		g_string_append(why, "there is no other node");
	return best;
}

uint32_t
placer_choose(struct placer *p, const struct vm *row, GString *why)
{
	const struct place_vm *vm = placer_vm_place(p, row->h.index);
	size_t best = vm == NULL ? NOWHERE : placer_best(p, vm, 0, why);

	return best == NOWHERE ? 0 : p->nodes[best].row->h.index;
}

char *
placer_refuse(struct placer *p, const struct vm *row, uint32_t index)
{
	const struct place_vm *vm = placer_vm_place(p, row->h.index);
	size_t node = placer_node_place(p, index);
	g_autoptr(GString) why = g_string_new(NULL);

	if (vm == NULL || node == NOWHERE)
		return g_strdup("there is no such node");
	if (placer_fits(p, vm, node, 0, why))
		return NULL;
	return g_string_free(g_steal_pointer(&why), FALSE);
}

uint32_t
placer_choose_one(const struct cluster *cluster, const struct vm *vm, int64_t now,
    GError **error)
{
	SCOPED(placer) p = placer_new(cluster, now, 0);
	g_autoptr(GString) why = g_string_new(NULL);
	uint32_t node = placer_choose(p, vm, why);

	if (node == 0)
		g_set_error(error, REQUEST_ERROR, REQUEST_IMPOSSIBLE,
		    "no node can take %s: %s", vm->name, why->str);
	return node;
}

/* --- one that is to be made */

/* It is asked for the VM that this very job makes. */
static void
forget_own(struct placer *p, const char *name)
{
	const struct rows *jobs = &p->cluster->rows[ROWS_JOB];

	for (size_t i = 0; i < jobs->n; i++) {
		const struct job *job = jobs->row[i];
		if (strcmp(job->argument, name) == 0)
			placer_reserve_new(p, job, -1);
	}
}

uint32_t
placer_choose_new(struct placer *p, const struct placer_machine *machine, uint32_t node,
    GString *why)
{
	struct vm row;
	struct place_vm vm = {
		.row = &row, .node = NOWHERE, .memory = machine->memory,
		.vcpus = machine->vcpus, .rule = rules_vm(p->rules, machine->name),
	};
	size_t place = placer_node_place(p, node);

	table_row_init(ROWS_VM, &row);
	row.name = machine->name;
	placer_note_groups(p, &vm);
	forget_own(p, machine->name);
	if (node == 0)
		place = placer_best(p, &vm, 0, why);
	else if (place == NOWHERE)
		g_string_append(why, "there is no such node");
	else if (!placer_fits(p, &vm, place, 0, why))
		place = NOWHERE;
	return place == NOWHERE ? 0 : p->nodes[place].row->h.index;
}
