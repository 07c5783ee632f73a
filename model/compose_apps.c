/* Composing applications: which VM each is, since when it is as it is, where it was before. */
#include "model/compose_apps.h"

#include <stdlib.h>

#include "model/memory.h"
#include "model/state.h"

static uint32_t
index_of_node(const struct compose_input *in, const char *name)
{
	return name == NULL || *name == '\0' ? 0 : state_index(in->state, OBJECT_NODE, name);
}

static uint32_t
index_of_app(const struct compose_input *in, const char *name)
{
	return name == NULL || *name == '\0' ? 0 : state_index(in->state, OBJECT_APP, name);
}

void
compose_apps_part(struct block *block, const struct compose_input *in)
{
	for (size_t i = 0; i < block->set[ROWS_APP].n; i++) {
		struct app *app = block_row(block, ROWS_APP, i);
		app->h.index = index_of_app(in, app->name);
		app->parent = index_of_app(in, app->parent_name);
		app->node = index_of_node(in, app->node_name);
		app->preferred = index_of_node(in, app->preferred_name);
	}
	for (size_t i = 0; i < block->set[ROWS_MEMBER].n; i++) {
		struct cluster_member *member = block_row(block, ROWS_MEMBER, i);
		member->h.index = index_of_node(in, member->name);
		member->app = index_of_app(in, member->container);
	}
}

/* --- which VM it is */

/* The only VM of that name; 0: there is none, or more than one. */
static uint32_t
only_vm(const struct cluster *next, const char *name)
{
	const struct vm *vm;
	uint32_t index = 0;

	for (size_t at = 0; name != NULL &&
	     (vm = cluster_vm_called(next, name, &at)) != NULL;) {
		if (index != 0 && index != vm->h.index)
			return 0;
		index = vm->h.index;
	}
	return index;
}

/*
 * The UUID proves it.  Names are a convention: the file of the definition and the
 * application are called as the VM is.  Where these two mean different VMs nobody knows.
 */
static uint32_t
vm_of_app(const struct cluster *next, const struct app *app, const struct compose_input *in)
{
	if (!app_is_vm(app))
		return 0;
	if (app->vm_uuid != NULL)
		return state_index(in->state, OBJECT_VM, app->vm_uuid);
	uint32_t by_file = only_vm(next, app->vm_config), by_name = only_vm(next, app->name);
	if (by_file != 0 && by_name != 0 && by_file != by_name)
		return 0;
	return by_file != 0 ? by_file : by_name;
}

static void
find_vm(const struct cluster *next, struct app *app, const struct compose_input *in)
{
	uint32_t index = vm_of_app(next, app, in);
	const struct vm *vm = index == 0 ? NULL : cluster_vm(next, index);

	app->vm = vm == NULL ? 0 : index;
	app->vm_name = vm == NULL ? "" : vm->name;
}

/* --- what became of it */

/* Lost nodes are not fenced there: what is no member may have left in order, or not. */
static bool
nobody_is_fenced(const struct cluster *next)
{
	const struct rows *rows = &next->rows[ROWS_BACKEND];

	return rows->n > 0 && ((const struct backend_info *)rows->row[0])->fencing == 0;
}

static const void *
row_before(const struct compose_input *in, enum row_set set, uint32_t index)
{
	return in->previous == NULL ? NULL : rows_find(&in->previous->rows[set], index, 0);
}

/* That node is lost, or has been. `down`: what was there is not started at present. */
static bool
node_is_lost(const struct cluster *next, uint32_t node, bool down,
    const struct compose_input *in)
{
	const struct cluster_member *is = rows_find(&next->rows[ROWS_MEMBER], node, 0);
	const struct cluster_member *was = row_before(in, ROWS_MEMBER, node);
	const struct remembered *r = was != NULL ? NULL : memory_of(in->memory, node);

	if (is == NULL || node == 0)
		return false;
	if (r != NULL && r->fenced_at != FENCED_UNKNOWN && is->fenced_at > r->fenced_at)
		return true;
	return is->membership == MEMBER_UNCLEAN ||
	    (is->membership == MEMBER_OFFLINE && down && nobody_is_fenced(next)) ||
	    (was != NULL && is->fenced_at > was->fenced_at);
}

/* A virtual node goes with its VM, which has failed, or has lost its own. */
static bool
guest_is_lost(const struct cluster *next, uint32_t node, const struct compose_input *in)
{
	const struct cluster_member *is = rows_find(&next->rows[ROWS_MEMBER], node, 0);

	if (is == NULL || is->kind != NODE_VIRTUAL || is->membership != MEMBER_OFFLINE)
		return false;
	const struct app *vm = rows_find(&next->all[ROWS_APP], is->app, 0);
	const struct app *before = row_before(in, ROWS_APP, is->app);
	if (vm == NULL || before == NULL)
		return false;
	return vm->state == APP_FAILED || before->troubled != 0 ||
	    node_is_lost(next, before->seat, vm->state != APP_STARTED, in);
}

/* Was its place taken from it. */
static bool
seat_is_lost(const struct cluster *next, const struct app *app, const struct compose_input *in)
{
	bool down = app->state != APP_STARTED;

	return node_is_lost(next, app->seat, down, in) ||
	    (down && guest_is_lost(next, app->seat, in));
}

static void
follow(const struct cluster *next, struct app *app, const struct compose_input *in)
{
	const struct app *was = in->previous == NULL ? NULL
	    : rows_find(&in->previous->rows[ROWS_APP], app->h.index, 0);
	const struct remembered *r = was != NULL ? NULL : memory_of(in->memory, app->h.index);

	app->moves = app->failovers = 0;
	app->seat = app->last_node = 0;
	app->troubled = 0;
	app->since_at = 0;
	if (was != NULL) {
		app->since_at = was->state == app->state ? was->since_at : in->wall;
		app->moves = was->moves;
		app->failovers = was->failovers;
		app->seat = was->seat;
		app->last_node = was->last_node;
		app->troubled = was->troubled;
	} else if (r != NULL && r->kind == OBJECT_APP) {
		app->seat = r->node;
		app->last_node = r->last_node;
		app->troubled = r->troubled;
	}
	if (app->state == APP_FAILED || seat_is_lost(next, app, in))
		app->troubled = 1;
	if (app->state != APP_STARTED || app->node == 0)
		return;
	if (app->seat != 0 && app->seat != app->node) {
		app->last_node = app->seat;
		app->moves++;
		app->failovers += app->troubled != 0;
	}
	app->seat = app->node;
	app->troubled = 0;
}

/* --- the applications of VMs, by their VM */

static int
compare_vms(const void *a, const void *b)
{
	const struct app *x = *(const struct app *const *)a;
	const struct app *y = *(const struct app *const *)b;

	if (x->vm != y->vm)
		return x->vm < y->vm ? -1 : 1;
	return (x->h.index > y->h.index) - (x->h.index < y->h.index);
}

static void
order_by_vm(struct cluster *next)
{
	const struct rows *apps = &next->rows[ROWS_APP];
	struct rows *by_vm = &next->apps_by_vm;

	by_vm->row = g_new(const void *, apps->n);
	for (size_t i = 0; i < apps->n; i++)
		if (((const struct app *)apps->row[i])->vm != 0)
			by_vm->row[by_vm->n++] = apps->row[i];
	if (by_vm->n > 1)
		qsort(by_vm->row, by_vm->n, sizeof(void *), compare_vms);
}

void
compose_apps(struct cluster *next, struct block *own, const struct compose_input *in)
{
	const struct rows *all = &next->all[ROWS_APP];
	struct rows *shown = &next->rows[ROWS_APP];

	if (all->n > 0) {
		own->set[ROWS_APP].bytes = g_malloc_n(all->n, rows_size(ROWS_APP));
		own->set[ROWS_APP].n = all->n;
		shown->row = g_new(const void *, all->n);
	}
	for (size_t i = 0; i < all->n; i++) {
		struct app *app = block_row(own, ROWS_APP, i);
		*app = *(const struct app *)all->row[i];
		find_vm(next, app, in);
		follow(next, app, in);
		shown->row[i] = app;
	}
	order_by_vm(next);
}

/* --- the whole */

static void
count_app(struct cluster_info *info, const struct app *app)
{
	info->apps++;
	info->apps_started += app->state == APP_STARTED;
	info->apps_stopped += app->state == APP_STOPPED;
	info->apps_failed += app->state == APP_FAILED || app->state == APP_BLOCKED;
}

void
compose_backend(const struct cluster *next, struct cluster_info *info)
{
	const struct rows *apps = &next->rows[ROWS_APP], *nodes = &next->rows[ROWS_NODE];

	if (next->rows[ROWS_BACKEND].n == 0)
		return;
	const struct backend_info *backend = next->rows[ROWS_BACKEND].row[0];
	info->backend = backend->backend;
	info->quorate = backend->quorate;
	info->backend_version = backend->version;
	info->backend_reason = backend->reason;
	info->coordinator = backend->coordinator;
	info->fencing = backend->fencing;
	info->maintenance = backend->maintenance;
	info->backend_sampled_us = backend->sampled_us;
	info->backend_stale_after = backend->stale_after;
	info->apps = info->apps_started = info->apps_stopped = info->apps_failed = 0;
	for (size_t i = 0; i < apps->n; i++)
		count_app(info, apps->row[i]);
	info->nodes_unclean = 0;
	for (size_t i = 0; i < nodes->n; i++)
		info->nodes_unclean += ((const struct node *)nodes->row[i])->state == NODE_UNCLEAN;
}
