/* Composing VMs that only the cluster manager knows, while they are stopped. */
#include "model/compose_stopped.h"

#include "model/memory.h"
#include "model/state.h"
#include "model/table.h"

static const struct vm *
vm_before(const struct compose_input *in, uint32_t index)
{
	return in->previous == NULL ? NULL : cluster_vm(in->previous, index);
}

static bool
manager_is_silent(const struct cluster *next)
{
	const struct rows *rows = &next->all[ROWS_BACKEND];
	const struct backend_info *backend = rows->n == 0 ? NULL : rows->row[0];

	return backend == NULL || (backend->reason != NULL && *backend->reason != '\0');
}

/*
 * The cluster manager says so.  Or the node where it has it, or else where it was last, answers
 * and does not: it is no longer there, or not yet.  On a node that is silent it may run.  While
 * the cluster manager cannot be asked it is as it was.
 */
static bool
is_stopped(const struct cluster *next, const struct compose_input *in, const struct app *app,
    uint32_t index)
{
	const struct vm *was = vm_before(in, index);

	if (manager_is_silent(next))
		return was != NULL && was->nowhere;
	if (app->state == APP_STOPPED)
		return true;
	if (was == NULL || app->state == APP_UNKNOWN)
		return false;
	const struct node *node =
	    rows_find(&next->all[ROWS_NODE], app->node != 0 ? app->node : was->node, 0);
	return node != NULL && node_is_up(node);
}

static int
compare_indexes(const void *a, const void *b)
{
	const struct stopped_vm *x = a, *y = b;

	return (x->index > y->index) - (x->index < y->index);
}

GArray *
stopped_vms(const struct cluster *next, const struct compose_input *in, const struct rows *hosts)
{
	GArray *found = g_array_new(FALSE, FALSE, sizeof(struct stopped_vm));
	const struct rows *apps = &next->all[ROWS_APP];

	for (size_t i = 0; i < apps->n; i++) {
		const struct app *app = apps->row[i];
		size_t at = 0;
		if (app->vm_uuid == NULL || !app_is_vm(app))
			continue;
		struct stopped_vm one = { state_index(in->state, OBJECT_VM, app->vm_uuid), app };
		if (rows_of(hosts, one.index, &at) == NULL &&
		    is_stopped(next, in, app, one.index))
			g_array_append_val(found, one);
	}
	g_array_sort(found, compare_indexes);
	return found;
}

/* Where it was last, as far as that is a node still. */
static void
set_place(const struct cluster *next, const struct compose_input *in, const struct vm *was,
    struct vm *out)
{
	const struct remembered *r =
	    was != NULL ? NULL : memory_of(in->memory, out->h.index);
	uint32_t index = was != NULL ? was->node : r != NULL ? r->node : 0;
	const struct node *node = rows_find(&next->all[ROWS_NODE], index, 0);

	out->node = node == NULL ? 0 : index;
	out->node_name = node == NULL ? "" : node->name;
	out->last_node = was != NULL ? was->last_node : r != NULL ? r->last_node : 0;
}

void
stopped_vm_row(const struct cluster *next, const struct compose_input *in,
    const struct stopped_vm *stopped, struct vm *out)
{
	const struct app *app = stopped->app;
	const struct vm *was = vm_before(in, stopped->index);

	table_row_init(ROWS_VM, out);
	out->h = (struct row_head){ .index = stopped->index, .source = app->h.source };
	out->name = app->vm_config != NULL ? app->vm_config : app->name;
	out->uuid = app->vm_uuid;
	out->title = "";
	out->reason = "the cluster manager has stopped it, and no host has it";
	out->state = VM_SHUT_OFF;
	out->autostart = out->persistent = 0;
	out->migration = VM_STAYS;
	out->nowhere = 1;
	out->sampled_us = app->sampled_us;
	out->stale_after = app->stale_after;
	set_place(next, in, was, out);
	if (was == NULL)
		return;
	out->since_at = was->state == VM_SHUT_OFF ? was->since_at : in->wall;
	out->vcpus = was->vcpus;
	out->vcpus_max = was->vcpus_max;
	out->mem_max = was->mem_max;
}
