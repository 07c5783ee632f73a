/* High availability: what can refuse it, of a cluster value.  Pure. */
#include "vmops/ha.h"

#include <string.h>

#include "model/find.h"
#include "model/value.h"
#include "vmops/app.h"
#include "vmops/backup.h"

#define refuse request_refuse
#define CANNOT "%s cannot be made highly available: "

/* --- members */

static const struct cluster_member *
member_of(const struct cluster *cluster, uint32_t node)
{
	return rows_find(&cluster->rows[ROWS_MEMBER], node, 0);
}

GPtrArray *
ha_members(const struct cluster *cluster)
{
	const struct rows *rows = &cluster->rows[ROWS_MEMBER];
	GPtrArray *names = g_ptr_array_new_with_free_func(g_free);

	for (size_t i = 0; i < rows->n; i++) {
		const struct cluster_member *m = rows->row[i];
		if (m->kind == NODE_PHYSICAL)
			g_ptr_array_add(names, g_strdup(m->name));
	}
	return names;
}

static bool
is_there(const struct cluster_member *m)
{
	return m->membership == MEMBER_ONLINE || m->membership == MEMBER_STANDBY ||
	    m->membership == MEMBER_MAINTENANCE;
}

/* Each will have the definition, and must be able to run it. */
static bool
check_member(const struct cluster *cluster, const struct cluster_member *m, const char *name,
    int64_t now, GError **error)
{
	const struct node *node = cluster_node(cluster, m->h.index);

	if (node == NULL || !node_is_host(node))
		return refuse(error, REQUEST_IMPOSSIBLE, CANNOT "member %s of the cluster is "
		    "no node of the configuration", name, m->name);
	if (!is_there(m))
		return refuse(error, REQUEST_UNREACHABLE, CANNOT "node %s is %s, and cannot be "
		    "given its definition", name, m->name,
		    enum_to_name(membership_names, m->membership));
	if (!node_is_up(node) || node_is_stale(node, now))
		return refuse(error, REQUEST_UNREACHABLE, CANNOT "libvirt on node %s does not "
		    "answer",
		    name, m->name);
	return true;
}

static bool
check_members(const struct cluster *cluster, const struct vm *vm, int64_t now, GError **error)
{
	const struct rows *rows = &cluster->rows[ROWS_MEMBER];
	const struct cluster_member *own = member_of(cluster, vm->node);
	unsigned n = 0;

	if (own == NULL || own->kind != NODE_PHYSICAL)
		return refuse(error, REQUEST_IMPOSSIBLE, CANNOT "its node %s is no member of "
		    "the cluster", vm->name, vm->node_name);
	for (size_t i = 0; i < rows->n; i++) {
		const struct cluster_member *m = rows->row[i];
		if (m->kind != NODE_PHYSICAL)
			continue;
		n++;
		if (!check_member(cluster, m, vm->name, now, error))
			return false;
	}
	return n >= 2 || refuse(error, REQUEST_IMPOSSIBLE, CANNOT "the cluster has %u member%s "
	    "that could run it, and two are needed", vm->name, n, n == 1 ? "" : "s");
}

static bool
check_preferred(const struct cluster *cluster, const struct request *request,
    const struct vm *vm, GError **error)
{
	const struct cluster_member *m = member_of(cluster, request->target);
	const struct node *node = cluster_node(cluster, request->target);

	if (request->target == 0)
		return true;
	if (node == NULL)
		return refuse(error, REQUEST_NO_OBJECT, "there is no node %u", request->target);
	return (m != NULL && m->kind == NODE_PHYSICAL) || refuse(error, REQUEST_IMPOSSIBLE,
	    CANNOT "node %s, which it should prefer, is no member of the cluster", vm->name,
	    node->name);
}

/* --- the cluster */

static bool
check_cluster(const struct cluster *cluster, const struct vm *vm, int64_t now, GError **error)
{
	if (!app_cluster_check(cluster, now, error))
		return false;
	if (cluster_info(cluster)->maintenance == 1)
		return refuse(error, REQUEST_IMPOSSIBLE, CANNOT "the cluster is in maintenance "
		    "mode",
		    vm->name);
	if (cluster_info(cluster)->fencing != 1)
		return refuse(error, REQUEST_IMPOSSIBLE, CANNOT "fencing is off in the cluster "
		    "(stonith-enabled): what may still run on a lost node could not be started "
		    "elsewhere", vm->name);
	return app_has_fencing(cluster) || refuse(error, REQUEST_IMPOSSIBLE, CANNOT "no "
	    "fencing device of the cluster is started: what may still run on a lost node could "
	    "not be started elsewhere", vm->name);
}

static const struct app *
app_called(const struct cluster *cluster, const char *name)
{
	const struct rows *apps = &cluster->rows[ROWS_APP];

	for (size_t i = 0; i < apps->n; i++)
		if (strcmp(((const struct app *)apps->row[i])->name, name) == 0)
			return apps->row[i];
	return NULL;
}

/* --- the VM */

static bool
check_name(const struct cluster *cluster, const struct vm *vm, GError **error)
{
	const char *misfit = ha_name_misfit(vm->name);
	g_autofree char *id = ha_id(vm->name);

	if (misfit != NULL)
		return refuse(error, REQUEST_IMPOSSIBLE, CANNOT "Pacemaker's agent "
		    "VirtualDomain cannot handle a VM with %s in its name: rename "
		    "it", vm->name, misfit);
	return app_called(cluster, id) == NULL || refuse(error, REQUEST_IMPOSSIBLE, CANNOT "the "
	    "cluster has another resource %s already: rename one of them", vm->name, id);
}

/* What is kept with its definition on its node would be lost with that. */
static bool
check_kept(const struct vm *vm, GError **error)
{
	uint32_t n = vm->snapshots == ABSENT_U32 ? 0 : vm->snapshots;

	if (n > 0)
		return refuse(error, REQUEST_IMPOSSIBLE, CANNOT "it has %u snapshot%s, which "
		    "cannot move with it: delete %s first ('snapshot-delete')", vm->name, n,
		    n == 1 ? "" : "s", n == 1 ? "it" : "them");
	if (vm->managed_save == 1)
		return refuse(error, REQUEST_IMPOSSIBLE, CANNOT "it has a saved state, which "
		    "stays on %s: start it first, or remove that ('virsh "
		    "managedsave-remove')", vm->name,
		    vm->node_name);
	return true;
}

static bool
check_alone(const struct cluster *cluster, const struct vm *vm, GError **error)
{
	const struct vm *half;

	for (size_t at = 0; (half = cluster_half(cluster, vm->h.index, &at)) != NULL;)
		if (half->node != vm->node)
			return refuse(error, REQUEST_IMPOSSIBLE, CANNOT "it is defined on node "
			    "%s as well: undefine it there first", vm->name, half->node_name);
	if (vm->migration != VM_STAYS)
		return refuse(error, REQUEST_BUSY, CANNOT "it is just migrating", vm->name);
	return true;
}

static bool
check_block_jobs(const struct cluster *cluster, const struct vm *vm, GError **error)
{
	const struct disk *disk;

	for (size_t at = 0;
	     (disk = rows_of(&cluster->rows[ROWS_DISK], vm->h.index, &at)) != NULL;)
		if (disk->block_job != ABSENT_I32 && disk->block_job > BLOCK_JOB_NONE)
			return refuse(error, REQUEST_BUSY, CANNOT "its disk %s is being worked "
			    "on (%s)",
			    vm->name, disk->target, enum_to_name(block_job_names, disk->block_job));
	return true;
}

bool
op_check_ha_enable(const struct cluster *cluster, const struct request *request, int64_t now,
    GError **error)
{
	const struct vm *vm = cluster_vm(cluster, request->object);

	if (vm == NULL)
		return refuse(error, REQUEST_NO_OBJECT, "there is no VM %u", request->object);
	return check_cluster(cluster, vm, now, error) && check_name(cluster, vm, error) &&
	    check_members(cluster, vm, now, error) &&
	    check_preferred(cluster, request, vm, error) && check_alone(cluster, vm, error) &&
	    check_kept(vm, error) && check_block_jobs(cluster, vm, error);
}

/* --- back */

const struct app *
ha_app(const struct cluster *cluster, const struct request *request)
{
	return request->kind == OBJECT_APP ? rows_find(&cluster->rows[ROWS_APP], request->object, 0)
					   : cluster_vm_app(cluster, request->object);
}

/* Started in one place or stopped; that Pacemaker leaves it alone is no obstacle. */
static bool
check_app(const struct app *app, int64_t now, GError **error)
{
	if (app->kind == APP_KIND_VIRTUAL_NODE)
		return refuse(error, REQUEST_IMPOSSIBLE, "%s cannot be taken out of the "
		    "cluster: it is a virtual node: disable that first ('vnode "
		    "disable')", app->name);
	if (app->kind != APP_KIND_VM)
		return refuse(error, REQUEST_IMPOSSIBLE, "%s is an application, but no "
		    "VM", app->name);
	if (*app->parent_name != '\0')
		return refuse(error, REQUEST_IMPOSSIBLE, "%s cannot be taken out of the "
		    "cluster: it is in %s", app->name, app->parent_name);
	if (app_is_stale(app, now) || app->state == APP_UNKNOWN)
		return refuse(error, REQUEST_UNREACHABLE, "nobody knows whether %s runs%s%s",
		    app->name, *app->reason != '\0' ? ": " : "", app->reason);
	return app->state == APP_STARTED || app->state == APP_STOPPED ||
	    refuse(error, REQUEST_IMPOSSIBLE, "%s cannot be taken out of the cluster: it is %s",
		app->name, enum_to_name(app_state_names, app->state));
}

bool
op_check_ha_disable(const struct cluster *cluster, const struct request *request, int64_t now,
    GError **error)
{
	const struct app *app = ha_app(cluster, request);

	if (!app_cluster_check(cluster, now, error))
		return false;
	return app != NULL ? check_app(app, now, error) : refuse(error, REQUEST_IMPOSSIBLE,
	    "%s is no application of the cluster", request->name);
}

uint32_t
ha_claim(const struct cluster *cluster, const struct request *request)
{
	return request->kind == OBJECT_APP ? app_claim(cluster, request) : 0;
}
