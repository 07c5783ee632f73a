/* Applications: may something be asked of the cluster manager, and who acts on a VM. */
#include "vmops/app.h"

#include <string.h>

#include "model/value.h"

#define refuse request_refuse

/* --- the cluster */

static bool
has_backend(const struct cluster *cluster)
{
	return cluster->rows[ROWS_BACKEND].n > 0;
}

/* NULL: it is known. */
static const char *
ignorance(const struct cluster *cluster, int64_t now)
{
	const struct backend_info *backend = cluster->rows[ROWS_BACKEND].row[0];

	if (*backend->reason != '\0')
		return backend->reason;
	if (backend->sampled_us == 0)
		return "Pacemaker has not been asked yet";
	if (now - backend->sampled_us > (int64_t)backend->stale_after * G_USEC_PER_SEC)
		return "Pacemaker has not answered for long";
	return NULL;
}

bool
app_cluster_is_known(const struct cluster *cluster, int64_t now)
{
	return !has_backend(cluster) || ignorance(cluster, now) == NULL;
}

bool
app_cluster_check(const struct cluster *cluster, int64_t now, GError **error)
{
	if (!has_backend(cluster))
		return refuse(error, REQUEST_IMPOSSIBLE,
		    "there is no cluster manager: the configuration has no \"backend\"");
	const struct backend_info *backend = cluster->rows[ROWS_BACKEND].row[0];
	const char *why = ignorance(cluster, now);
	if (why != NULL)
		return refuse(error, REQUEST_UNREACHABLE,
		    "the state of the cluster is not known: %s", why);
	return backend->quorate == 1 || refuse(error, REQUEST_UNREACHABLE,
	    "the cluster has no quorum: nothing is begun before it has one");
}

bool
app_has_fencing(const struct cluster *cluster)
{
	const struct rows *apps = &cluster->rows[ROWS_APP];

	for (size_t i = 0; i < apps->n; i++) {
		const struct app *app = apps->row[i];
		if (app->kind == APP_KIND_FENCING && app->state == APP_STARTED)
			return true;
	}
	return false;
}

/* --- an application */

static bool
check_known(const struct app *app, int64_t now, GError **error)
{
	if (app->state == APP_UNKNOWN || app_is_stale(app, now))
		return refuse(error, REQUEST_UNREACHABLE, "nobody knows whether %s runs%s%s",
		    app->name, *app->reason != '\0' ? ": " : "", app->reason);
	return true;
}

bool
app_check(const struct cluster *cluster, const struct app *app, int64_t now, GError **error)
{
	if (!app_cluster_check(cluster, now, error))
		return false;
	if (cluster_info(cluster)->maintenance == 1)
		return refuse(error, REQUEST_IMPOSSIBLE, "the cluster is in maintenance mode: "
		    "Pacemaker leaves %s alone", app->name);
	if (app->managed == 0)
		return refuse(error, REQUEST_IMPOSSIBLE, "%s is not managed: Pacemaker leaves it "
		    "alone", app->name);
	return check_known(app, now, error);
}

static const struct app *
find_app(const struct cluster *cluster, const struct request *request, GError **error)
{
	const struct app *app = rows_find(&cluster->rows[ROWS_APP], request->object, 0);

	if (app == NULL)
		refuse(error, REQUEST_NO_OBJECT, "there is no application %s%u", request->name,
		    request->object);
	return app;
}

bool
op_check_app_start(const struct cluster *cluster, const struct request *request, int64_t now,
    GError **error)
{
	const struct app *app = find_app(cluster, request, error);

	if (app == NULL || !app_check(cluster, app, now, error))
		return false;
	return app->state != APP_STARTED || app->wanted == WANTED_STOPPED ||
	    refuse(error, REQUEST_IMPOSSIBLE, "%s is already started", app->name);
}

bool
op_check_app_stop(const struct cluster *cluster, const struct request *request, int64_t now,
    GError **error)
{
	const struct app *app = find_app(cluster, request, error);

	if (app == NULL || !app_check(cluster, app, now, error))
		return false;
	return app->state != APP_STOPPED || app->wanted != WANTED_STOPPED ||
	    refuse(error, REQUEST_IMPOSSIBLE, "%s is already stopped", app->name);
}

/* To forget what failed is possible when Pacemaker leaves it alone, too. */
bool
op_check_app_cleanup(const struct cluster *cluster, const struct request *request, int64_t now,
    GError **error)
{
	return find_app(cluster, request, error) != NULL &&
	    app_cluster_check(cluster, now, error);
}

/* --- where it may go */

static const char *
closed_member(const struct node *node)
{
	switch (node->membership) {
	case MEMBER_ONLINE:
		return NULL;
	case MEMBER_STANDBY:
		return "is on standby";
	case MEMBER_MAINTENANCE:
		return "is in maintenance";
	case MEMBER_PENDING:
	case MEMBER_OFFLINE:
		return "is offline";
	case MEMBER_UNCLEAN:
		return "is unclean: nobody knows what runs there";
	case MEMBER_UNKNOWN:
		return "is in a state that nobody knows";
	default:
		return "is no member of the cluster";
	}
}

static bool
check_target(const struct cluster *cluster, const struct app *app, uint32_t target,
    GError **error)
{
	const struct node *node = cluster_node(cluster, target);

	if (node == NULL)
		return refuse(error, REQUEST_NO_OBJECT, "there is no node %u", target);
	const char *closed = closed_member(node);
	if (closed == NULL && node->state == NODE_MAINTENANCE)
		closed = "is in maintenance";
	if (closed != NULL)
		return refuse(error, REQUEST_IMPOSSIBLE, "%s cannot go to node %s, which %s",
		    app->name, node->name, closed);
	if (app_is_vm(app) && !node_is_host(node))
		return refuse(error, REQUEST_IMPOSSIBLE, "%s cannot go to node %s, which is no "
		    "host of VMs", app->name, node->name);
	return target != app->node ||
	    refuse(error, REQUEST_IMPOSSIBLE, "%s is on node %s already", app->name, node->name);
}

bool
app_check_move(const struct cluster *cluster, const struct app *app, uint32_t target,
    int64_t now, GError **error)
{
	if (!app_check(cluster, app, now, error))
		return false;
	if (app->state != APP_STARTED)
		return refuse(error, REQUEST_IMPOSSIBLE, "%s is %s and cannot be moved", app->name,
		    enum_to_name(app_state_names, app->state));
	if (app->node == 0)
		return refuse(error, REQUEST_IMPOSSIBLE, "%s runs on several nodes (%s) and cannot "
		    "be moved as a whole", app->name, app->node_names);
	return target == 0 || check_target(cluster, app, target, error);
}

bool
op_check_app_move(const struct cluster *cluster, const struct request *request, int64_t now,
    GError **error)
{
	const struct app *app = find_app(cluster, request, error);

	return app != NULL && app_check_move(cluster, app, request->target, now, error);
}

uint32_t
app_claim(const struct cluster *cluster, const struct request *request)
{
	const struct app *app = rows_find(&cluster->rows[ROWS_APP], request->object, 0);

	return app == NULL ? 0 : app->vm;
}

/* --- VMs that are applications */

/* Could run a VM a second time. */
static bool
is_risky(const struct op *op)
{
	return op->startable || op->leaves == LEAVES_NODE;
}

/* An application of which nobody knows which VM it is, but which may be this one. */
static const struct app *
suspect(const struct cluster *cluster, const struct vm *vm)
{
	const struct rows *apps = &cluster->rows[ROWS_APP];

	for (size_t i = 0; i < apps->n; i++) {
		const struct app *app = apps->row[i];
		if (app_is_vm(app) && app->vm == 0 && app->vm_uuid == NULL &&
		    (strcmp(app->name, vm->name) == 0 ||
			g_strcmp0(app->vm_config, vm->name) == 0))
			return app;
	}
	return NULL;
}

/* No application is known to be the VM. */
static bool
check_unowned(const struct cluster *cluster, const struct op *op, const struct vm *vm,
    int64_t now, GError **error)
{
	const struct app *app = suspect(cluster, vm);

	if (app != NULL)
		return refuse(error, REQUEST_IMPOSSIBLE, "%s cannot be %s: it may be the "
		    "application %s, but which VM that is is not clear", vm->name, op->verb,
		    app->name);
	if (!is_risky(op) || app_cluster_is_known(cluster, now))
		return true;
	return refuse(error, REQUEST_UNREACHABLE, "%s cannot be %s: whether it belongs to the "
	    "cluster is not known: %s", vm->name, op->verb, ignorance(cluster, now));
}

static bool
check_owned(const struct cluster *cluster, const struct op *op, const struct vm *vm,
    const struct app *app, int64_t now, GError **error)
{
	if (op->owned == OWNED_MANAGED)
		return app_check(cluster, app, now, error);
	return refuse(error, REQUEST_IMPOSSIBLE, "%s cannot be %s: it is the application %s of "
	    "the cluster, and %s", vm->name, op->verb, app->name,
	    op->owned_why != NULL ? op->owned_why : "Pacemaker would not know of it");
}

bool
app_owner_check(const struct cluster *cluster, const struct op *op,
    const struct request *request, int64_t now, bool *managed, GError **error)
{
	uint32_t index = request->kind == OBJECT_VM ? request->object
	    : op->claim != NULL && op->kind != OBJECT_APP ? op->claim(cluster, request) : 0;
	const struct vm *vm = index == 0 ? NULL : cluster_vm(cluster, index);

	*managed = false;
	if (vm == NULL || op->owned == OWNED_DIRECT || !has_backend(cluster))
		return true;
	const struct app *app = cluster_vm_app(cluster, index);
	if (app == NULL)
		return check_unowned(cluster, op, vm, now, error);
	*managed = op->owned == OWNED_MANAGED;
	return check_owned(cluster, op, vm, app, now, error);
}
