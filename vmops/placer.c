/* The placer: the cluster value read into places, nodes and the VMs on them. */
#include "vmops/placer_private.h"

#include "common/search.h"

#define HOUR_US (INT64_C(3600) * G_USEC_PER_SEC)

/* --- finding */

static bool
node_before(const void *p, size_t place, const void *index)
{
	return ((const struct placer *)p)->nodes[place].row->h.index < *(const uint32_t *)index;
}

static bool
vm_before(const void *p, size_t place, const void *index)
{
	return ((const struct placer *)p)->vms[place].row->h.index < *(const uint32_t *)index;
}

size_t
placer_node_place(const struct placer *p, uint32_t index)
{
	size_t place = search_first(p, p->nodes_n, node_before, &index);

	return place < p->nodes_n && p->nodes[place].row->h.index == index ? place : NOWHERE;
}

struct place_vm *
placer_vm_place(const struct placer *p, uint32_t index)
{
	size_t place = search_first(p, p->vms_n, vm_before, &index);

	return place < p->vms_n && p->vms[place].row->h.index == index ? &p->vms[place] : NULL;
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
	if (!node_is_host(node))
		return "is no host of VMs";
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

void
placer_note_groups(struct placer *p, struct place_vm *vm)
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
		vm->app = cluster_vm_app(p->cluster, row->h.index) != NULL;
		vm->busy = row->control == CONTROL_JOB || row->duplicate != 0 ||
		    job_is_open(cluster_last_job(p->cluster, OBJECT_VM, row->h.index));
		placer_note_groups(p, vm);
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

/* What a VM takes that a job is just making, as long as it is not seen to run. */
static int64_t
memory_to_be(const struct placer *p, const struct job *job)
{
	const struct rows *vms = &p->cluster->rows[ROWS_VM];
	const struct template_info *template =
	    rows_find(&p->cluster->rows[ROWS_TEMPLATE], job->object, 0);

	for (size_t i = 0; i < vms->n; i++) {
		const struct vm *vm = vms->row[i];
		if (strcmp(vm->name, job->argument) == 0 && vm_is_active(vm))
			return 0;
	}
	if (job->amount != 0)
		return job->amount;
	return template == NULL ? 0 : known(template->memory);
}

void
placer_reserve_new(struct placer *p, const struct job *job, int by)
{
	bool being_made = job->type == JOB_VM_CREATE && job_is_open(job);
	size_t node = being_made ? placer_node_place(p, job->target) : NOWHERE;

	if (node != NOWHERE)
		p->nodes[node].memory += by * memory_to_be(p, job);
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
		placer_reserve_new(p, job, 1);
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

/* --- moving */

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

/* --- what was counted */

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
