/* Virtual nodes: what runs there goes elsewhere, before the node is given up. */
#include "vmops/vnode.h"

#include <string.h>

#include "model/value.h"
#include "vmops/crm.h"

#define DRAIN_US (10 * 60 * G_USEC_PER_SEC)
#define STUCK_US (30 * G_USEC_PER_SEC) /* nothing happens any more */
#define LOOK_US	 (300 * 1000)

/* Of the node only, and for as long as it is one. */
static bool
set_standby(const struct vnode *v, bool on, GError **error)
{
	g_autofree char *node = crm_option("node", v->name);
	const char *const tool[] = { "crm_attribute", "--output-as=xml", node, "--name=standby",
		on ? "--update=on" : "--delete", "--lifetime=reboot", NULL };

	return vnode_tell(v, tool, NULL, !on, error);
}

/* Applications that were started there, and are to be started elsewhere. */
static GPtrArray *
applications_on(const struct cluster *cluster, const struct vnode *v)
{
	GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
	const struct rows *apps = &cluster->rows[ROWS_APP];

	for (size_t i = 0; i < apps->n; i++) {
		const struct app *app = apps->row[i];
		if (app->state == APP_STARTED && app->node != 0 &&
		    strcmp(app->node_name, v->name) == 0 && app->kind != APP_KIND_GROUP)
			g_ptr_array_add(names, g_strdup(app->name));
	}
	return names;
}

/* The first that is not started elsewhere yet; NULL: all are, or are not wanted. */
static const struct app *
first_left(const struct cluster *cluster, const GPtrArray *names, const struct vnode *v)
{
	for (guint i = 0; i < names->len; i++) {
		const struct app *app = cluster_app_called(cluster, names->pdata[i]);
		if (app == NULL || (app->state == APP_STOPPED && app->wanted == WANTED_STOPPED))
			continue;
		if (app->state != APP_STARTED || app->node == 0 || strcmp(app->node_name, v->name) == 0)
			return app;
	}
	return NULL;
}

static bool
is_empty(const struct cluster *cluster, const struct vnode *v, int64_t since)
{
	const struct cluster_member *m = cluster_member_called(cluster, v->name);

	return m != NULL && m->sampled_us > since && m->membership == MEMBER_STANDBY &&
	    m->apps == 0;
}

struct drain_watch {
	int64_t since, poked, still; /* monotonic */
	char *last; /* what was seen last: nothing has happened while it is that */
};

static void
note_step(const struct vnode *v, struct drain_watch *w, const struct app *left, int64_t now)
{
	g_autofree char *step = left == NULL ? g_strdup("waiting until nothing runs there")
	    : g_strdup_printf("Pacemaker: %s is %s%s%s", left->name,
		enum_to_name(app_state_names, left->state), *left->node_names != '\0' ? " on " : "",
		left->node_names);

	if (g_strcmp0(step, w->last) == 0)
		return;
	w->still = now;
	op_step(v->run, step);
	g_free(w->last);
	w->last = g_steal_pointer(&step);
}

static bool
refuse_left(const struct vnode *v, const struct app *left, GError **error)
{
	const char *why = left == NULL ? "" : *left->reason != '\0' ? left->reason : left->failure;

	return op_refuse(error, CAUSE_CLUSTER, "node %s cannot be given up: %s %s%s%s", v->name,
	    left == NULL ? "something" : left->name, "has not gone elsewhere",
	    *why != '\0' ? ": " : "", why);
}

static bool
await_empty(const struct vnode *v, const GPtrArray *names, struct drain_watch *w, GError **error)
{
	for (;;) {
		SCOPED(cluster) cluster = v->run->look(v->run->context);
		int64_t now = g_get_monotonic_time();
		if (cluster == NULL)
			return vnode_refuse_stop(v, error);
		bool empty = is_empty(cluster, v, w->since);
		const struct app *left = first_left(cluster, names, v);
		if (empty && left == NULL)
			return true;
		note_step(v, w, left, now);
		if (now - w->still > STUCK_US || now - w->since > DRAIN_US)
			return refuse_left(v, left, error);
		vnode_poke(v, &w->poked, now);
		if (!v->run->pause(v->run->context, LOOK_US, error))
			return false;
	}
}

static bool
refuse_bound(const struct vnode *v, GError **error)
{
	xmlDoc *status = vnode_status(v, false, error);

	if (status == NULL)
		return false;
	g_autofree char *bound = vnode_bound(status, v->name);
	xmlFreeDoc(status);
	return bound == NULL || op_refuse(error, CAUSE_IMPOSSIBLE, "node %s cannot be given up: %s "
	    "can run nowhere else, by Pacemaker's rules or for want of a node", v->name, bound);
}

bool
vnode_drain(const struct vnode *v, GError **error)
{
	int64_t now = g_get_monotonic_time();
	struct drain_watch w = { .since = now, .still = now };
	g_autoptr(GError) left = NULL;
	SCOPED(cluster) cluster = v->run->look(v->run->context);

	if (cluster == NULL)
		return vnode_refuse_stop(v, error);
	g_autoptr(GPtrArray) names = applications_on(cluster, v);
	if (!refuse_bound(v, error))
		return false;
	op_step(v->run, "moving what runs there elsewhere");
	bool good = set_standby(v, true, error) && await_empty(v, names, &w, error);
	g_free(w.last);
	if (good || (error != NULL && g_error_matches(*error, OP_ERROR, CAUSE_RESTART)))
		return good;
	if (!set_standby(v, false, &left))
		g_prefix_error(error, "node %s is still on standby (%s); ", v->name, left->message);
	return false;
}
