/* Operations: a VM becomes a node of the cluster, and is none any longer. */
#include "vmops/vnode.h"

#include "vmops/app.h"
#include "vmops/crm.h"

static void
vnode_clear(struct vnode *v)
{
	g_free(v->app);
	g_free(v->name);
	g_free(v->address);
}

/* `name` of the node and `address` are taken. */
static bool
fill(struct vnode *v, const struct op_run *run, const struct app *app, char *name, char *address)
{
	*v = (struct vnode){ .run = run, .app = g_strdup(app->name), .app_index = app->h.index,
		.name = name, .address = address };
	return true;
}

static bool
as_op_error(GError *why, GError **error)
{
	g_set_error_literal(error, OP_ERROR, CAUSE_IMPOSSIBLE, why->message);
	g_error_free(why);
	return false;
}

static const struct app *
app_of(const struct op_run *run, const struct cluster *cluster, GError **error)
{
	const struct app *app =
	    cluster == NULL ? NULL : cluster_vm_app(cluster, run->request->object);

	if (cluster == NULL)
		op_refuse(error, CAUSE_RESTART, "%s: the agent was stopped meanwhile", run->name);
	else if (app == NULL)
		op_refuse(error, CAUSE_GONE, "%s is no application of the cluster any longer",
		    run->name);
	return app;
}

/* --- enable */

static bool
note_new(const struct op_run *run, struct vnode *v, GError **error)
{
	SCOPED(cluster) cluster = run->look(run->context);
	const struct app *app = app_of(run, cluster, error);
	GError *why = NULL;

	if (app == NULL)
		return false;
	char *name = vnode_new_name(cluster, run->request, &why);
	char *address = name == NULL ? NULL : vnode_address(cluster, run->request, &why);
	if (address != NULL)
		return fill(v, run, app, name, address);
	g_free(name);
	return as_op_error(why, error);
}

/* What has failed before matters more than that it could not be taken back, which is added. */
static bool
take_back(const struct vnode *v, GError *why, GError **error)
{
	g_autoptr(GError) left = NULL;

	op_step(v->run, "taking it back: it is no node");
	if (vnode_leave(v, &left)) {
		g_propagate_error(error, why);
		return false;
	}
	/* one that the agent's end has kept from it is taken back by the next process */
	op_refuse(error, (enum job_cause)(left->code == CAUSE_RESTART ? left : why)->code,
	    "%s; and it may still be a node for Pacemaker: %s", why->message, left->message);
	g_error_free(why);
	return false;
}

static bool
enable(const struct vnode *v, GError **error)
{
	g_autoptr(GError) why = NULL;

	/* from here on there may be something in Pacemaker: a later process takes that back */
	if (!vnode_check(v, error) || !v->run->own(v->run->context, error) || !vnode_try(v, error))
		return false;
	if (vnode_join(v, &why))
		return true;
	if (why->code != CAUSE_RESTART)
		return take_back(v, g_steal_pointer(&why), error);
	g_propagate_error(error, g_steal_pointer(&why));
	return false;
}

bool
op_vnode_enable(const struct op_run *run, GError **error)
{
	struct vnode v = { 0 };
	bool good = run->begin(run->context, error) && note_new(run, &v, error) &&
	    enable(&v, error);

	vnode_clear(&v);
	return good;
}

/* --- disable */

static bool
note_old(const struct op_run *run, struct vnode *v, GError **error)
{
	SCOPED(cluster) cluster = run->look(run->context);
	const struct app *app = app_of(run, cluster, error);

	if (app == NULL)
		return false;
	const struct cluster_member *m = vnode_member(cluster, app);
	return m != NULL ? fill(v, run, app, g_strdup(m->name), NULL)
	    : op_refuse(error, CAUSE_GONE, "%s is no virtual node any longer", run->name);
}

static bool
leave(const struct vnode *v, GError **error)
{
	op_step(v->run, "asking Pacemaker to give the node up");
	return vnode_leave(v, error);
}

bool
op_vnode_disable(const struct op_run *run, GError **error)
{
	struct vnode v = { 0 };
	bool good = run->begin(run->context, error) && note_old(run, &v, error) &&
	    run->own(run->context, error) && vnode_drain(&v, error) && leave(&v, error);

	vnode_clear(&v);
	return good;
}

/* --- after a restart */

static bool
refuse_idle(const struct op_run *run, GError **error)
{
	return op_refuse(error, CAUSE_RESTART,
	    "%s: the agent was stopped before this began; not run", run->name);
}

/* Is the node there now. */
static bool
is_online(const struct op_run *run, const char *name)
{
	SCOPED(cluster) cluster = run->look(run->context);
	const struct node *node =
	    cluster == NULL ? NULL : cluster_node_by_name(cluster, name, NULL);

	return node != NULL && node->kind == NODE_VIRTUAL && node->membership == MEMBER_ONLINE;
}

/* The name that it was to have; what has become a node meanwhile is called so. */
static bool
note_begun(const struct op_run *run, struct vnode *v, GError **error)
{
	SCOPED(cluster) cluster = run->look(run->context);
	const struct app *app = app_of(run, cluster, error);
	const struct cluster_member *m = app == NULL ? NULL : vnode_member(cluster, app);

	if (app == NULL)
		return false;
	return fill(v, run, app,
	    m != NULL ? g_strdup(m->name) : vnode_wanted_name(cluster, run->request), NULL);
}

bool
op_vnode_enable_recover(const struct op_run *run, GError **error)
{
	struct vnode v = { 0 };

	if (!run->owned)
		return refuse_idle(run, error);
	bool good = app_await_cluster(run, "it became a node", error) && note_begun(run, &v, error) &&
	    vnode_try_recover(&v, error);
	if (good && !is_online(run, v.name))
		good = vnode_leave(&v, error) && op_refuse(error, CAUSE_RESTART, "%s: the agent was "
		    "stopped before it was a node; what was done has been taken back", run->name);
	vnode_clear(&v);
	return good;
}

/* What is left of the node goes, as far as it is known; all of it can be done twice. */
bool
op_vnode_disable_recover(const struct op_run *run, GError **error)
{
	struct vnode v = { 0 };

	if (!run->owned)
		return refuse_idle(run, error);
	if (!app_await_cluster(run, "its node was given up", error))
		return false;
	if (!note_old(run, &v, NULL))
		return true; /* it is none any longer */
	bool good = vnode_drain(&v, error) && leave(&v, error);
	vnode_clear(&v);
	return good;
}
