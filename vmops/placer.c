/* The placer: the figures of nodes and VMs, and choosing the best node for one VM. */
#include "vmops/placer_private.h"

#include <string.h>

#include "model/request.h"
#include "model/value.h"

#define FULL       10000 /* hundredths of a percent */
#define LOAD_MOST  (10 * FULL)
#define HOUR_US    (INT64_C(3600) * G_USEC_PER_SEC)

/* --- load */

static int64_t
share(int64_t part, int64_t whole)
{
	return whole <= 0 ? 0 : CLAMP(part * FULL / whole, 0, LOAD_MOST);
}

static int64_t
known(uint32_t value)
{
	return value == ABSENT_U32 ? 0 : value;
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

uint64_t
placer_steps(const struct placer *p)
{
	return p->steps;
}

unsigned
placer_moves_lately(const struct placer *p)
{
	return p->moves_lately;
}

/* --- finding */

/* Of the row at that place; places are in the order of indexes. */
typedef uint32_t index_at(const struct placer *, size_t place);

static uint32_t
node_at(const struct placer *p, size_t place)
{
	return p->nodes[place].row->h.index;
}

static uint32_t
vm_at(const struct placer *p, size_t place)
{
	return p->vms[place].row->h.index;
}

static size_t
find_place(const struct placer *p, index_at *at, size_t n, uint32_t index)
{
	size_t low = 0, high = n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (at(p, middle) < index)
			low = middle + 1;
		else
			high = middle;
	}
	return low < n && at(p, low) == index ? low : NOWHERE;
}

size_t
placer_node_place(const struct placer *p, uint32_t index)
{
	return find_place(p, node_at, p->nodes_n, index);
}

struct place_vm *
placer_vm_place(const struct placer *p, uint32_t index)
{
	size_t place = find_place(p, vm_at, p->vms_n, index);

	return place == NOWHERE ? NULL : &p->vms[place];
}

/* --- the figures */

static int64_t
memory_of(const struct vm *vm)
{
	if (vm_is_active(vm) && vm->mem_actual != ABSENT_U32)
		return vm->mem_actual;
	return vm->mem_max != ABSENT_U32 ? (int64_t)vm->mem_max
	    : vm->mem_actual != ABSENT_U32 ? (int64_t)vm->mem_actual : -1;
}

static const char *
closed_state(const struct node *node, int64_t now)
{
	if (node->state == NODE_MAINTENANCE)
		return "is in maintenance";
	if (node->state != NODE_ONLINE)
		return "is not online";
	if (node_is_stale(node, now))
		return "does not answer";
	if (node->mem_total == ABSENT_U32 || node->mem_total == 0)
		return "does not tell how much memory it has";
	return NULL;
}

static void
add_nodes(struct placer *p)
{
	const struct rows *rows = &p->cluster->rows[ROWS_NODE];

	p->nodes_n = rows->n;
	p->nodes = g_new0(struct place_node, rows->n);
	for (size_t i = 0; i < rows->n; i++) {
		struct place_node *node = &p->nodes[i];
		node->row = rows->row[i];
		node->closed = g_strdup(closed_state(node->row, p->now));
		node->memory_most =
		    known(node->row->mem_total) * p->rules->limits.memory_limit / 100;
		node->vms = g_array_new(FALSE, FALSE, sizeof(size_t));
	}
}

static void
note_groups(struct placer *p, struct place_vm *vm)
{
	const GPtrArray *groups = p->rules->groups;

	vm->first_group = p->memberships->len;
	for (guint g = 0; g < groups->len; g++) {
		const struct rule_group *group = groups->pdata[g];
		if (group->has_rule && rule_group_has(group, vm->row->name))
			g_array_append_val(p->memberships, g);
	}
	vm->groups = p->memberships->len - vm->first_group;
}

static void
count_member(struct placer *p, const struct place_vm *vm, size_t node, int by)
{
	for (guint i = 0; i < vm->groups; i++) {
		guint group = g_array_index(p->memberships, guint, vm->first_group + i);
		p->counts[group * p->nodes_n + node] += (uint32_t)by;
	}
}

static void
load_node(struct placer *p, const struct place_vm *vm, size_t node, int by)
{
	struct place_node *n = &p->nodes[node];

	if (!vm->active)
		return;
	n->memory += by * MAX(vm->memory, 0);
	n->cpu += by * vm->cpu;
	n->vcpus += by * vm->vcpus;
	count_member(p, vm, node, by);
}

static bool
job_is_open(const struct job *job)
{
	return job != NULL && (job->state == JOB_WAITING || job->state == JOB_RUNNING);
}

static void
add_vms(struct placer *p)
{
	const struct rows *rows = &p->cluster->rows[ROWS_VM];

	p->vms_n = rows->n;
	p->vms = g_new0(struct place_vm, rows->n);
	for (size_t i = 0; i < rows->n; i++) {
		struct place_vm *vm = &p->vms[i];
		const struct vm *row = vm->row = rows->row[i];
		vm->node = placer_node_place(p, row->node);
		vm->memory = memory_of(row);
		vm->cpu = known(row->cpu_usage);
		vm->vcpus = known(row->vcpus);
		vm->rule = rules_vm(p->rules, row->name);
		vm->active = vm_is_active(row);
		vm->busy = row->control == CONTROL_JOB || row->duplicate != 0 ||
		    job_is_open(cluster_last_job(p->cluster, OBJECT_VM, row->h.index));
		note_groups(p, vm);
		if (vm->node == NOWHERE)
			continue;
		load_node(p, vm, vm->node, 1);
		g_array_append_val(p->nodes[vm->node].vms, i);
	}
}

/* The other half of a VM that is being moved: what libvirt has begun at the target. */
static bool
is_there_too(const struct placer *p, const struct vm *vm, uint32_t node)
{
	const struct vm *half;

	for (size_t at = 0; (half = cluster_half(p->cluster, vm->h.index, &at)) != NULL;)
		if (half->node == node && vm_is_active(half))
			return true;
	return false;
}

/* Rows that lost against another of the same VM hold memory as well. */
static void
add_hidden(struct placer *p)
{
	const struct rows *all = &p->cluster->all[ROWS_VM];

	if (all->n == p->vms_n)
		return;
	for (size_t i = 0; i < all->n; i++) {
		const struct vm *row = all->row[i];
		const struct place_vm *vm = placer_vm_place(p, row->h.index);
		size_t node = placer_node_place(p, row->node);
		if (vm_is_active(row) && !vm_has_left(row) && vm != NULL && node != NOWHERE &&
		    vm->node != node)
			load_node(p, vm, node, 1);
	}
}

/* A VM on its way counts at both ends. */
static void
reserve_target(struct placer *p, const struct job *job)
{
	struct place_vm *vm = placer_vm_place(p, job->object);
	size_t node = placer_node_place(p, job->target);

	if (vm == NULL)
		return;
	vm->busy = vm->moving = true;
	if (node != NOWHERE && node != vm->node && !is_there_too(p, vm->row, job->target))
		load_node(p, vm, node, 1);
}

static void
note_recent(struct placer *p, uint32_t vm, int64_t at)
{
	struct place_vm *place = placer_vm_place(p, vm);
	int64_t cooldown = (int64_t)p->rules->limits.cooldown * G_USEC_PER_SEC;

	if (place != NULL && at > 0 && p->wall - at < cooldown)
		place->recent = true;
}

static bool
is_automatic(const struct placer *p, const struct job *job)
{
	const struct job *parent = cluster_job(p->cluster, job->parent);

	return parent != NULL && parent->type == JOB_BALANCE &&
	    parent->origin == ORIGIN_CLUSTER && p->wall - job->submitted_at < HOUR_US;
}

static void
close_node(struct placer *p, size_t node, const char *why)
{
	if (node != NOWHERE && p->nodes[node].closed == NULL)
		p->nodes[node].closed = g_strdup(why);
}

static void
look_at_jobs(struct placer *p)
{
	const struct rows *jobs = &p->cluster->rows[ROWS_JOB];

	for (size_t i = 0; i < jobs->n; i++) {
		const struct job *job = jobs->row[i];
		bool empties = job->type == JOB_EVACUATE || job->type == JOB_MAINTENANCE;
		if (empties && job_is_open(job))
			close_node(p, placer_node_place(p, job->object), "is being evacuated");
		if (job->type != JOB_MIGRATE)
			continue;
		if (job_is_open(job))
			reserve_target(p, job);
		else /* also one that failed: trying it again at once helps nobody */
			note_recent(p, job->object, job->finished_at);
		p->moves_lately += is_automatic(p, job);
	}
}

static void
look_at_events(struct placer *p)
{
	const struct rows *events = &p->cluster->rows[ROWS_EVENT];

	for (size_t i = 0; i < events->n; i++) {
		const struct event *event = events->row[i];
		if (event->type == EVENT_VM_MOVED)
			note_recent(p, event->object, event->at);
	}
}

struct placer *
placer_new(const struct cluster *cluster, int64_t now, int64_t wall)
{
	struct placer *p = g_new0(struct placer, 1);

	p->cluster = cluster;
	p->rules = cluster->rules;
	p->now = now;
	p->wall = wall;
	p->memberships = g_array_new(FALSE, FALSE, sizeof(guint));
	add_nodes(p);
	p->counts = g_new0(uint32_t, p->rules->groups->len * p->nodes_n + 1);
	add_vms(p);
	add_hidden(p);
	look_at_jobs(p);
	look_at_events(p);
	return p;
}

void
placer_free(struct placer *p)
{
	if (p == NULL)
		return;
	for (size_t i = 0; i < p->nodes_n; i++) {
		g_free(p->nodes[i].closed);
		g_array_free(p->nodes[i].vms, TRUE);
	}
	g_array_free(p->memberships, TRUE);
	g_free(p->counts);
	g_free(p->nodes);
	g_free(p->vms);
	g_free(p);
}

void
placer_close(struct placer *p, uint32_t node, const char *why)
{
	close_node(p, placer_node_place(p, node), why);
}

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

void
placer_put(struct placer *p, struct place_vm *vm, size_t node)
{
	size_t place = (size_t)(vm - p->vms);

	if (vm->node != NOWHERE) {
		GArray *vms = p->nodes[vm->node].vms;
		load_node(p, vm, vm->node, -1);
		for (guint i = 0; i < vms->len; i++)
			if (g_array_index(vms, size_t, i) == place) {
				g_array_remove_index(vms, i);
				break;
			}
	}
	vm->node = node;
	load_node(p, vm, node, 1);
	g_array_append_val(p->nodes[node].vms, place);
}

void
placer_move(struct placer *p, const struct vm *row, uint32_t index)
{
	struct place_vm *vm = placer_vm_place(p, row->h.index);
	size_t node = placer_node_place(p, index);

	if (vm != NULL && node != NOWHERE)
		placer_put(p, vm, node);
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
