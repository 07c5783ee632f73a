/*
 * Compose: gives rows their indexes, derives what needs an earlier sample or a
 * neighbour, sorts once, and decides where several nodes tell of the same VM.
 */
#include "model/compose.h"

#include <stdlib.h>
#include <string.h>

#include "model/block.h"
#include "model/compose_storage.h"
#include "model/derive.h"
#include "model/links.h"
#include "model/rates.h"
#include "model/rules.h"
#include "model/state.h"
#include "model/switches.h"
#include "model/vm_mib.h"

/* What a sample says may be so much older than the sample. */
#define SAMPLE_US (2 * G_USEC_PER_SEC)

/* --- one part by itself */

static int
compare_heads(const struct row_head *x, const struct row_head *y)
{
	if (x->index != y->index)
		return x->index < y->index ? -1 : 1;
	if (x->sub != y->sub)
		return x->sub < y->sub ? -1 : 1;
	return (x->source > y->source) - (x->source < y->source);
}

/* The same source's row of that key in the cluster value before, or NULL. */
static const void *
find_own(const struct cluster *previous, enum row_set set, const struct row_head *key)
{
	size_t low = 0, high;

	if (previous == NULL)
		return NULL;
	const struct rows *all = &previous->all[set];
	for (high = all->n; low < high;) {
		size_t middle = low + (high - low) / 2;
		int order = compare_heads(all->row[middle], key);
		if (order == 0)
			return all->row[middle];
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

static void
compose_vms(struct block *block, uint32_t node, uint32_t source,
    const struct compose_input *in)
{
	for (size_t i = 0; i < block->set[ROWS_VM].n; i++) {
		struct vm *vm = block_row(block, ROWS_VM, i);
		const struct vm *own, *shown = NULL;
		vm->h.index = state_index(in->state, OBJECT_VM, vm->uuid);
		vm->node = node;
		vm->node_name = block->part->node;
		vm->last_node = 0;
		own = find_own(in->previous, ROWS_VM, &vm->h);
		if (in->previous != NULL)
			shown = cluster_vm(in->previous, vm->h.index);
		rates_derive(ROWS_VM, vm, own);
		derive_migration(vm, own, shown, in->now);
		derive_vm(vm, own, shown, in->wall);
	}
}

/* vCPUs, disks and NICs: they begin alike. */
static const enum row_set children[] = { ROWS_VCPU, ROWS_DISK, ROWS_NIC };

struct child {
	struct row_head h;
	uint32_t vm;
};
_Static_assert(offsetof(struct vcpu, vm) == offsetof(struct child, vm) &&
    offsetof(struct disk, vm) == offsetof(struct child, vm) &&
    offsetof(struct nic, vm) == offsetof(struct child, vm), "rows of a VM begin alike");

static void
compose_children(struct block *block, enum row_set set, const struct compose_input *in)
{
	for (size_t i = 0; i < block->set[set].n; i++) {
		struct child *child = block_row(block, set, i);
		g_assert(child->vm < block->set[ROWS_VM].n);
		const struct vm *vm = block_row(block, ROWS_VM, child->vm);
		child->h.index = vm->h.index;
		rates_derive(set, child, find_own(in->previous, set, &child->h));
	}
}

static struct block *
compose_part(struct part *part, uint32_t source, const struct compose_input *in)
{
	struct block *block = block_new(part, source);

	if (part->node == NULL)
		return block;
	uint32_t index = state_index(in->state, OBJECT_NODE, part->node);
	compose_vms(block, index, source, in);
	for (size_t i = 0; i < G_N_ELEMENTS(children); i++)
		compose_children(block, children[i], in);
	compose_storage_part(block, index, in);
	for (size_t i = 0; i < block->set[ROWS_NODE].n; i++) {
		struct node *node = block_row(block, ROWS_NODE, i);
		node->h.index = index;
		const struct node *before = find_own(in->previous, ROWS_NODE, &node->h);
		derive_node(node, block, before, in->now, in->wall);
	}
	return block;
}

/* --- all parts together */

static int
compare_rows(const void *a, const void *b)
{
	return compare_heads(*(const struct row_head *const *)a,
	    *(const struct row_head *const *)b);
}

static struct block *
block_at(const struct cluster *cluster, size_t source)
{
	if (cluster == NULL || source >= cluster->blocks->len)
		return NULL;
	return cluster->blocks->pdata[source];
}

/* True where the rows of a source are the same as in the cluster value before. */
static bool
kept(const struct cluster *next, const struct cluster *previous, size_t source)
{
	return previous != NULL && block_at(next, source) != NULL &&
	    block_at(next, source) == block_at(previous, source);
}

/* Rows of the sources that changed, sorted. */
static GPtrArray *
changed_rows(const struct cluster *next, const struct cluster *previous, enum row_set set)
{
	GPtrArray *fresh = g_ptr_array_new();

	for (size_t s = 0; s < next->blocks->len; s++) {
		const struct block *block = next->blocks->pdata[s];
		if (block == NULL || kept(next, previous, s))
			continue;
		for (size_t i = 0; i < block->set[set].n; i++)
			g_ptr_array_add(fresh, block_row(block, set, i));
	}
	if (fresh->len > 1)
		qsort(fresh->pdata, fresh->len, sizeof(void *), compare_rows);
	return fresh;
}

/* Rows of kept sources, which are in order already, merged with those that changed. */
static void
merge_rows(struct cluster *next, const struct cluster *previous, enum row_set set)
{
	static const struct rows none;
	const struct rows *old = previous == NULL ? &none : &previous->all[set];
	g_autoptr(GPtrArray) fresh = changed_rows(next, previous, set);
	struct rows *all = &next->all[set];
	size_t f = 0;

	all->row = g_new(const void *, old->n + fresh->len);
	for (size_t i = 0; i < old->n; i++) {
		const struct row_head *row = old->row[i];
		if (!kept(next, previous, row->source))
			continue;
		while (f < fresh->len && compare_rows(&fresh->pdata[f], &old->row[i]) < 0)
			all->row[all->n++] = fresh->pdata[f++];
		all->row[all->n++] = row;
	}
	while (f < fresh->len)
		all->row[all->n++] = fresh->pdata[f++];
}

/* --- one row where several nodes tell of the same VM */

static bool
row_reachable(const struct cluster *cluster, const struct row_head *row)
{
	const struct block *block = block_at(cluster, row->source);

	return block != NULL && block->part != NULL && block->part->reachable;
}

/*
 * A running VM is where it runs; one that is off is where it was last.  Of the halves of a
 * live migration the target's counts from the moment in which it runs.
 */
static int
vm_rank(const struct vm *vm)
{
	if (vm->halted_us != 0)
		return vm->migration == VM_COMES ? 1 : 2;
	if (vm->state == VM_RUNNING || vm->state == VM_SHUTTING_DOWN)
		return 3;
	if (vm_is_active(vm))
		return 2;
	return vm->state == VM_UNKNOWN ? 1 : 0;
}

bool
compose_vm_beats(const struct vm *a, bool a_reachable, const struct vm *b, bool b_reachable)
{
	/* what may still run on a silent node counts as running: never start it twice */
	if (vm_rank(a) != vm_rank(b))
		return vm_rank(a) > vm_rank(b);
	if (a_reachable != b_reachable)
		return a_reachable;
	return a->since_at > b->since_at;
}

static const struct vm *
previous_choice(const struct cluster *previous, const struct vm *a, const struct vm *b)
{
	const struct vm *shown = previous == NULL ? NULL : cluster_vm(previous, a->h.index);

	if (shown != NULL && shown->node == b->node)
		return b;
	return a;
}

static const struct vm *
choose_vm(const struct cluster *next, const struct cluster *previous, const struct vm *a,
    const struct vm *b)
{
	bool a_reachable = row_reachable(next, &a->h);
	bool b_reachable = row_reachable(next, &b->h);

	if (compose_vm_beats(a, a_reachable, b, b_reachable))
		return a;
	if (compose_vm_beats(b, b_reachable, a, a_reachable))
		return b;
	return previous_choice(previous, a, b);
}

static bool
runs_here_for_sure(const struct cluster *next, const struct vm *vm)
{
	return vm->state == VM_RUNNING && vm->halted_us == 0 && row_reachable(next, &vm->h);
}

/* What a node said before the VM began to run on the other may be over by now. */
static bool
run_at_once(const struct vm *a, const struct vm *b)
{
	return a->sampled_us >= b->state_us + SAMPLE_US &&
	    b->sampled_us >= a->state_us + SAMPLE_US;
}

/* Split brain is shown, never hidden by picking one. */
static const struct vm *
mark_duplicate(struct cluster *next, struct block *own, const struct vm *winner,
    const struct vm *other)
{
	struct vm *copy = block_row(own, ROWS_VM, own->set[ROWS_VM].n++);

	*copy = *winner;
	copy->duplicate = other->node;
	return copy;
}

/* While the target tells of a VM that is coming, whoever has it otherwise is losing it. */
static void
note_leaving(struct cluster *next, size_t first, size_t end)
{
	const struct rows *all = &next->all[ROWS_VM];
	bool comes = false;

	for (size_t i = first; i < end; i++) {
		const struct vm *vm = all->row[i];
		comes |= vm->migration == VM_COMES && row_reachable(next, &vm->h);
	}
	for (size_t i = first; comes && i < end; i++) {
		const struct vm *vm = all->row[i];
		if (vm->migration == VM_STAYS && vm_is_active(vm))
			g_array_append_val(next->leaving, vm->node);
	}
}

static const struct vm *
resolve_group(struct cluster *next, const struct cluster *previous, struct block *own,
    size_t first, size_t end)
{
	const struct rows *all = &next->all[ROWS_VM];
	const struct vm *winner = all->row[first], *second = NULL;

	for (size_t i = first + 1; i < end; i++)
		winner = choose_vm(next, previous, winner, all->row[i]);
	if (!runs_here_for_sure(next, winner))
		return winner;
	for (size_t i = first; i < end; i++)
		if (all->row[i] != winner && runs_here_for_sure(next, all->row[i]) &&
		    run_at_once(winner, all->row[i]))
			second = all->row[i];
	return second == NULL ? winner : mark_duplicate(next, own, winner, second);
}

static size_t
count_shared_keys(const struct rows *rows)
{
	size_t shared = 0;

	for (size_t i = 1; i < rows->n; i++) {
		const struct row_head *a = rows->row[i - 1], *b = rows->row[i];
		shared += a->index == b->index && a->sub == b->sub;
	}
	return shared;
}

static void
resolve_vms(struct cluster *next, const struct cluster *previous, struct block *own)
{
	const struct rows *all = &next->all[ROWS_VM];
	struct rows *shown = &next->rows[ROWS_VM];
	size_t shared = count_shared_keys(all);

	if (shared == 0) {
		*shown = *all;
		return;
	}
	own->set[ROWS_VM].bytes = g_malloc_n(shared, rows_size(ROWS_VM));
	shown->row = g_new(const void *, all->n);
	for (size_t i = 0, end; i < all->n; i = end) {
		const struct row_head *row = all->row[i];
		for (end = i + 1; end < all->n; end++)
			if (((const struct row_head *)all->row[end])->index != row->index)
				break;
		if (end - i > 1)
			note_leaving(next, i, end);
		shown->row[shown->n++] = end - i == 1
		    ? (const void *)row
		    : resolve_group(next, previous, own, i, end);
	}
}

/* What an operator said of a node goes over what it tells, while it answers. */
static void
resolve_nodes(struct cluster *next, struct block *own)
{
	const struct rows *all = &next->all[ROWS_NODE], *marks = &next->rows[ROWS_MARK];
	struct rows *shown = &next->rows[ROWS_NODE];

	if (marks->n == 0)
		return;
	own->set[ROWS_NODE].bytes = g_malloc_n(all->n, rows_size(ROWS_NODE));
	shown->row = g_new(const void *, all->n);
	for (size_t i = 0; i < all->n; i++) {
		const struct node *node = all->row[i];
		const struct node_mark *mark = rows_find(marks, node->h.index, 0);
		shown->row[i] = node;
		if (mark == NULL || node->state != NODE_ONLINE)
			continue;
		struct node *copy = block_row(own, ROWS_NODE, own->set[ROWS_NODE].n++);
		*copy = *node;
		copy->state = NODE_MAINTENANCE;
		copy->reason = mark->reason;
		copy->since_at = mark->since_at;
		shown->row[i] = copy;
	}
}

/* Of each VM, the vCPUs, disks and NICs that its shown row came with. */
static void
resolve_children(struct cluster *next, enum row_set set)
{
	const struct rows *all = &next->all[set];
	struct rows *shown = &next->rows[set];
	const struct vm *vm = NULL;

	*shown = *all;
	if (next->rows[ROWS_VM].row == next->all[ROWS_VM].row)
		return;
	shown->row = g_new(const void *, all->n);
	shown->n = 0;
	for (size_t i = 0; i < all->n; i++) {
		const struct row_head *row = all->row[i];
		if (vm == NULL || vm->h.index != row->index)
			vm = cluster_vm(next, row->index);
		if (vm != NULL && vm->h.source == row->source)
			shown->row[shown->n++] = row;
	}
}

/* --- finding VMs by UUID */

static int
compare_uuids(const void *a, const void *b)
{
	const struct vm_uuid *x = a, *y = b;

	return strcmp(x->uuid, y->uuid);
}

static struct block *
make_uuids(const struct cluster *next)
{
	const struct rows *vms = &next->rows[ROWS_VM];
	SCOPED(part) part = part_new("uuids", NULL);
	struct block *block = block_new(part, 0);

	const char *url = cluster_info(next)->web_url;
	const char *slash = url != NULL && g_str_has_suffix(url, "/") ? "" : "/";
	block->set[ROWS_VM_BY_UUID].n = vms->n;
	block->set[ROWS_VM_BY_UUID].bytes = g_malloc_n(vms->n, sizeof(struct vm_uuid));
	for (size_t i = 0; i < vms->n; i++) {
		const struct vm *vm = vms->row[i];
		struct vm_uuid *row = block_row(block, ROWS_VM_BY_UUID, i);
		row->h = (struct row_head){ .index = vm->h.index };
		row->uuid = part_text(part, vm->uuid);
		row->graphs = NULL;
		if (url == NULL || *url == '\0')
			continue;
		g_autofree char *graphs = g_strconcat(url, slash, "vm/", vm->uuid, NULL);
		row->graphs = part_text(part, graphs);
	}
	if (vms->n > 1)
		qsort(block->set[ROWS_VM_BY_UUID].bytes, vms->n, sizeof(struct vm_uuid),
		    compare_uuids);
	return block;
}

static void
compose_uuids(struct cluster *next, const struct cluster *previous)
{
	struct rows *rows = &next->rows[ROWS_VM_BY_UUID];

	if (previous != NULL && previous->uuids != NULL &&
	    next->rows[ROWS_VM].changed_us == previous->rows[ROWS_VM].changed_us &&
	    g_strcmp0(cluster_info(next)->web_url, cluster_info(previous)->web_url) == 0)
		next->uuids = block_ref(previous->uuids);
	else
		next->uuids = make_uuids(next);
	rows->n = next->uuids->set[ROWS_VM_BY_UUID].n;
	rows->row = g_renew(const void *, rows->row, rows->n);
	for (size_t i = 0; i < rows->n; i++)
		rows->row[i] = block_row(next->uuids, ROWS_VM_BY_UUID, i);
	next->all[ROWS_VM_BY_UUID] = *rows;
}

/* --- rows that belong to no part */

static void
add_own_row(struct cluster *next, struct block *own, enum row_set set)
{
	own->set[set].bytes = g_malloc(rows_size(set));
	own->set[set].n = 1;
	table_row_init(set, own->set[set].bytes);
	next->rows[set].row = g_new(const void *, 1);
	next->rows[set].row[0] = own->set[set].bytes;
	next->rows[set].n = 1;
}

/* Rows that are there for as long as the program runs. */
static void
add_notify_types(struct cluster *next)
{
	struct rows *rows = &next->rows[ROWS_NOTIFY];

	g_free(next->all[ROWS_NOTIFY].row);
	next->all[ROWS_NOTIFY] = (struct rows){ 0 };
	rows->row = g_new(const void *, notify_types_n);
	rows->n = notify_types_n;
	for (size_t i = 0; i < notify_types_n; i++)
		rows->row[i] = &notify_types[i];
}

/* --- the order in which jobs are found by their object */

static int
compare_jobs(const void *a, const void *b)
{
	const struct job *x = *(const struct job *const *)a;
	const struct job *y = *(const struct job *const *)b;

	if (x->object != y->object)
		return x->object < y->object ? -1 : 1;
	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	if (x->submitted_at != y->submitted_at) /* whoever asked may have chosen the index */
		return x->submitted_at < y->submitted_at ? -1 : 1;
	return (x->h.index > y->h.index) - (x->h.index < y->h.index);
}

static void
sort_jobs(struct cluster *next)
{
	const struct rows *jobs = &next->rows[ROWS_JOB];

	g_free(next->jobs_by_object.row);
	next->jobs_by_object.n = 0;
	next->jobs_by_object.row = g_new(const void *, jobs->n);
	for (size_t i = 0; i < jobs->n; i++)
		if (((const struct job *)jobs->row[i])->state != JOB_PREPARING)
			next->jobs_by_object.row[next->jobs_by_object.n++] = jobs->row[i];
	if (next->jobs_by_object.n > 1)
		qsort(next->jobs_by_object.row, next->jobs_by_object.n, sizeof(void *),
		    compare_jobs);
}

/* --- the order in which alarms are found by their object: the worst first */

static int
compare_alarms(const void *a, const void *b)
{
	const struct alarm *x = *(const struct alarm *const *)a;
	const struct alarm *y = *(const struct alarm *const *)b;

	if (x->object != y->object)
		return x->object < y->object ? -1 : 1;
	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	if (x->severity != y->severity)
		return x->severity > y->severity ? -1 : 1;
	return (x->h.index > y->h.index) - (x->h.index < y->h.index);
}

static void
sort_alarms(struct cluster *next)
{
	const struct rows *alarms = &next->rows[ROWS_ALARM];

	g_free(next->alarms_by_object.row);
	next->alarms_by_object.n = alarms->n;
	next->alarms_by_object.row = g_new(const void *, alarms->n);
	for (size_t i = 0; i < alarms->n; i++)
		next->alarms_by_object.row[i] = alarms->row[i];
	if (alarms->n > 1)
		qsort(next->alarms_by_object.row, alarms->n, sizeof(void *), compare_alarms);
}

/* --- when rows last came or went */

static bool
same_keys(const struct rows *a, const struct rows *b)
{
	if (a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++) {
		const struct row_head *x = a->row[i], *y = b->row[i];
		if (x != y && (x->index != y->index || x->sub != y->sub))
			return false;
	}
	return true;
}

static void
note_change(struct rows *rows, const struct rows *before, int64_t now)
{
	if (before != NULL && same_keys(rows, before))
		rows->changed_us = before->changed_us;
	else
		rows->changed_us = now;
}

/* --- the whole */

static struct cluster *
cluster_new(const struct compose_input *in)
{
	struct cluster *next = g_new0(struct cluster, 1);

	atomic_init(&next->refs, 1);
	next->generation = in->previous == NULL ? 1 : in->previous->generation + 1;
	next->composed_us = in->now;
	next->leaving = g_array_new(FALSE, FALSE, sizeof(uint32_t));
	next->rules = in->rules == NULL ? rules_new() : rules_ref(in->rules);
	next->blocks = g_ptr_array_new_with_free_func((GDestroyNotify)block_unref);
	for (size_t s = 0; s < in->parts_n; s++) {
		struct block *before = block_at(in->previous, s);
		struct block *block = NULL;
		if (in->parts[s] != NULL && before != NULL && before->part == in->parts[s])
			block = block_ref(before);
		else if (in->parts[s] != NULL)
			block = compose_part(in->parts[s], (uint32_t)s, in);
		g_ptr_array_add(next->blocks, block);
	}
	return next;
}

/* Scalars: one row each, also before anybody handed one in. */
static void
compose_scalars(struct cluster *next, struct block *own, const struct compose_input *in)
{
	if (next->rows[ROWS_COMMAND].n == 0) {
		g_free(next->all[ROWS_COMMAND].row);
		next->all[ROWS_COMMAND] = (struct rows){ 0 };
		add_own_row(next, own, ROWS_COMMAND);
		struct command_info *command = block_row(own, ROWS_COMMAND, 0);
		command->text = "";
		command->job = 0;
	}
	g_free(next->all[ROWS_CLUSTER].row);
	next->all[ROWS_CLUSTER] = (struct rows){ 0 };
	add_own_row(next, own, ROWS_CLUSTER);
	struct cluster_info *info = block_row(own, ROWS_CLUSTER, 0);
	if (in->info != NULL)
		*info = *in->info;
	derive_totals(next, in->previous, info);
	vm_mib_describe(&next->rows[ROWS_NODE], info);
}

struct cluster *
compose(const struct compose_input *in)
{
	struct cluster *next = cluster_new(in);
	struct block *own = block_new(NULL, 0);

	for (size_t set = 0; set < ROWS_COUNT; set++) {
		merge_rows(next, in->previous, set);
		if (set == ROWS_VM)
			resolve_vms(next, in->previous, own);
		else
			next->rows[set] = next->all[set];
	}
	for (size_t i = 0; i < G_N_ELEMENTS(children); i++)
		resolve_children(next, children[i]);
	resolve_nodes(next, own);
	compose_storage(next, own, in);
	compose_scalars(next, own, in);
	add_notify_types(next);
	sort_jobs(next);
	sort_alarms(next);
	for (size_t set = 0; set < ROWS_COUNT; set++)
		note_change(&next->rows[set],
		    in->previous == NULL ? NULL : &in->previous->rows[set], in->now);
	compose_uuids(next, in->previous);
	next->links = links_make(next, in->previous);
	next->own = own;
	return next;
}

void
compose_replace(struct cluster *cluster, uint32_t source, enum row_set set,
    struct part *part)
{
	struct block *block = block_new(part, source);

	struct block *before = cluster->blocks->pdata[source];
	cluster->blocks->pdata[source] = block;
	size_t n = block->set[set].n;
	struct rows rows = { g_new(const void *, n), n, cluster->composed_us };
	for (size_t i = 0; i < n; i++)
		rows.row[i] = block_row(block, set, i);
	if (n > 1)
		qsort(rows.row, n, sizeof(void *), compare_rows);
	if (same_keys(&rows, &cluster->rows[set]))
		rows.changed_us = cluster->rows[set].changed_us;
	g_free(cluster->rows[set].row);
	cluster->rows[set] = cluster->all[set] = rows;
	block_unref(before); /* its rows have been compared with until here */
	if (set != ROWS_ALARM)
		return;
	sort_alarms(cluster);
	derive_alarm_counts(&cluster->rows[ROWS_ALARM],
	    (struct cluster_info *)cluster->rows[ROWS_CLUSTER].row[0]);
}

struct cluster *
cluster_new_empty(void)
{
	static const struct cluster_info info = {
		.name = "", .version = "", .backend = "none",
		.web_url = "", .quorate = ABSENT_I32,
	};
	struct compose_input in = { .info = &info };

	return compose(&in);
}
