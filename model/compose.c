/*
 * Compose: gives rows their indexes, derives what needs an earlier sample or a
 * neighbour, and sorts once.
 */
#include "model/compose.h"

#include <stdlib.h>
#include <string.h>

#include "common/search.h"
#include "model/block.h"
#include "model/compose_apps.h"
#include "model/compose_nodes.h"
#include "model/compose_orders.h"
#include "model/compose_storage.h"
#include "model/compose_vms.h"
#include "model/derive.h"
#include "model/links.h"
#include "model/memory.h"
#include "model/name_index.h"
#include "model/rates.h"
#include "model/rules.h"
#include "model/state.h"
#include "model/switches.h"
#include "model/vm_mib.h"

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

static bool
own_before(const void *rows, size_t place, const void *head)
{
	return compare_heads(((const struct rows *)rows)->row[place], head) < 0;
}

/* The same source's row of that key in the cluster value before, or NULL. */
static const void *
find_own(const struct cluster *previous, enum row_set set, const struct row_head *key)
{
	if (previous == NULL)
		return NULL;
	const struct rows *all = &previous->all[set];
	size_t place = search_first(all, all->n, own_before, key);

	return place < all->n && compare_heads(all->row[place], key) == 0 ? all->row[place]
									  : NULL;
}

/* Where an earlier run has seen one last that executes now. */
static uint32_t
node_of_earlier_run(const struct vm *vm, const struct compose_input *in)
{
	const struct remembered *r = memory_of(in->memory, vm->h.index);

	if (r == NULL || r->kind != OBJECT_VM || !vm_is_active(vm))
		return 0;
	return r->node != vm->node ? r->node : r->last_node;
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
		vm->last_node = node_of_earlier_run(vm, in);
		own = find_own(in->previous, ROWS_VM, &vm->h);
		if (in->previous != NULL)
			shown = cluster_vm(in->previous, vm->h.index);
		rates_derive(ROWS_VM, vm, own);
		derive_migration(vm, own, shown, in->now);
		derive_vm(vm, own, shown, in->wall);
	}
}

/* What belongs to a VM: these begin alike. */
static const enum row_set children[] = { ROWS_VCPU, ROWS_DISK, ROWS_NIC, ROWS_SNAPSHOT };

struct child {
	struct row_head h;
	uint32_t vm;
};
_Static_assert(offsetof(struct vcpu, vm) == offsetof(struct child, vm) &&
    offsetof(struct disk, vm) == offsetof(struct child, vm) &&
    offsetof(struct nic, vm) == offsetof(struct child, vm) &&
    offsetof(struct snapshot, vm) == offsetof(struct child, vm), "rows of a VM begin alike");

static void
compose_children(struct block *block, enum row_set set, const struct compose_input *in)
{
	for (size_t i = 0; i < block->set[set].n; i++) {
		struct child *child = block_row(block, set, i);
		g_assert(child->vm < block->set[ROWS_VM].n);
		const struct vm *vm = block_row(block, ROWS_VM, child->vm);
		child->h.index = vm->h.index;
		if (set != ROWS_SNAPSHOT)
			rates_derive(set, child, find_own(in->previous, set, &child->h));
	}
}

static void
compose_templates(struct block *block, const struct compose_input *in)
{
	for (size_t i = 0; i < block->set[ROWS_TEMPLATE].n; i++) {
		struct template_info *template = block_row(block, ROWS_TEMPLATE, i);
		template->h.index = state_index(in->state, OBJECT_TEMPLATE, template->name);
	}
}

static void
compose_backups(struct block *block, const struct compose_input *in)
{
	for (size_t i = 0; i < block->set[ROWS_BACKUP].n; i++) {
		struct backup *backup = block_row(block, ROWS_BACKUP, i);
		backup->h.index = state_index(in->state, OBJECT_BACKUP, backup->uuid);
		backup->vm = state_index(in->state, OBJECT_VM, backup->vm_uuid);
		backup->base = *backup->base_uuid == '\0' ? 0
		    : state_index(in->state, OBJECT_BACKUP, backup->base_uuid);
	}
}

static struct block *
compose_part(struct part *part, uint32_t source, const struct compose_input *in)
{
	struct block *block = block_new(part, source);

	compose_templates(block, in);
	compose_backups(block, in);
	compose_apps_part(block, in);
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
		command->settled = 0;
	}
	g_free(next->all[ROWS_CLUSTER].row);
	next->all[ROWS_CLUSTER] = (struct rows){ 0 };
	add_own_row(next, own, ROWS_CLUSTER);
	struct cluster_info *info = block_row(own, ROWS_CLUSTER, 0);
	if (in->info != NULL)
		*info = *in->info;
	derive_totals(next, in->previous, info);
	compose_backend(next, info);
	vm_mib_describe(&next->rows[ROWS_NODE], info);
}

struct cluster *
compose(const struct compose_input *in)
{
	struct cluster *next = cluster_new(in);
	struct block *own = block_new(NULL, 0);

	for (size_t set = 0; set < ROWS_COUNT; set++) {
		merge_rows(next, in->previous, set);
		next->rows[set] = next->all[set];
	}
	compose_resolve_vms(next, in, own);
	for (size_t i = 0; i < G_N_ELEMENTS(children); i++)
		compose_resolve_children(next, children[i]);
	next->vm_names = name_index_make(INDEXED_VMS, next, in->previous);
	compose_apps(next, own, in);
	compose_nodes(next, own, in);
	compose_storage(next, own, in);
	compose_scalars(next, own, in);
	add_notify_types(next);
	compose_job_order(next);
	compose_backup_order(next);
	compose_alarm_order(next);
	for (size_t set = 0; set < ROWS_COUNT; set++)
		note_change(&next->rows[set],
		    in->previous == NULL ? NULL : &in->previous->rows[set], in->now);
	compose_uuids(next, in->previous);
	next->links = links_make(next, in->previous);
	next->volume_names = name_index_make(INDEXED_VOLUMES, next, in->previous);
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
	compose_alarm_order(cluster);
	derive_alarm_counts(&cluster->rows[ROWS_ALARM],
	    (struct cluster_info *)cluster->rows[ROWS_CLUSTER].row[0]);
}

struct cluster *
cluster_new_empty(void)
{
	static const struct cluster_info info = {
		.name = "", .version = "", .backend = "none",
		.web_url = "", .quorate = ABSENT_I32, INFO_WITHOUT_BACKEND,
	};
	struct compose_input in = { .info = &info };

	return compose(&in);
}
