/*
 * Operations: a node's power.  What is a node of the cluster by itself is fenced; of a virtual
 * node, a VM, the application is started and stopped.
 */
#include "vmops/app.h"

#include "vmops/crm.h"
#include "vmops/member.h"

#define FENCE_S   180 /* for stonith_admin; its own time is less */
#define FENCE_OPTION "--timeout=150"
#define DOWN_US   (2 * 60 * G_USEC_PER_SEC)  /* for the cluster to tell that it is off */
#define UP_US     (15 * 60 * G_USEC_PER_SEC) /* for a host to boot and to join */
#define SILENT_US (60 * G_USEC_PER_SEC)
#define LOOK_US   (500 * 1000)
#define APP_US    (10 * 60 * G_USEC_PER_SEC)

#define refuse(error, code, ...) request_refuse(error, code, __VA_ARGS__)

/* --- may it be asked for */

static const struct cluster_member *
member_of(const struct cluster *cluster, uint32_t node)
{
	return rows_find(&cluster->rows[ROWS_MEMBER], node, 0);
}

static bool
is_there(const struct cluster_member *m)
{
	return m->membership == MEMBER_ONLINE || m->membership == MEMBER_STANDBY ||
	    m->membership == MEMBER_MAINTENANCE;
}

static bool
check_virtual(const struct cluster *cluster, const struct cluster_member *m, int64_t now,
    GError **error)
{
	const struct app *app = rows_find(&cluster->rows[ROWS_APP], m->app, 0);

	if (app == NULL)
		return refuse(error, REQUEST_IMPOSSIBLE,
		    "node %s is virtual, and no application is known that it is", m->name);
	return app_check(cluster, app, now, error);
}

static bool
check_fencing(const struct cluster *cluster, const struct node *node, GError **error)
{
	if (cluster_info(cluster)->fencing != 1)
		return refuse(error, REQUEST_IMPOSSIBLE, "the power of node %s cannot be switched: "
		    "fencing is off in the cluster (stonith-enabled)", node->name);
	return app_has_fencing(cluster) || refuse(error, REQUEST_UNREACHABLE,
	    "the power of node %s cannot be switched: no fencing device is started", node->name);
}

static bool
check_state(const struct cluster_member *m, const struct request *request, GError **error)
{
	if (request->type == JOB_NODE_POWER_ON && is_there(m))
		return refuse(error, REQUEST_IMPOSSIBLE, "node %s is on: it is a member of the "
		    "cluster", m->name);
	return request->type != JOB_NODE_POWER_OFF || m->membership != MEMBER_OFFLINE ||
	    refuse(error, REQUEST_IMPOSSIBLE, "node %s is no member at present: it is off, or has "
		"left the cluster", m->name);
}

bool
op_check_node_power(const struct cluster *cluster, const struct request *request, int64_t now,
    GError **error)
{
	const struct node *node = cluster_node(cluster, request->object);
	const struct cluster_member *m = member_of(cluster, request->object);

	if (!app_cluster_check(cluster, now, error))
		return false;
	if (m == NULL)
		return refuse(error, REQUEST_IMPOSSIBLE, "the power of node %s cannot be switched: "
		    "it is no member of the cluster", node->name);
	if (m->kind == NODE_VIRTUAL ? !check_virtual(cluster, m, now, error)
				    : !check_fencing(cluster, node, error))
		return false;
	return check_state(m, request, error);
}

/* --- what the cluster tells of it afterwards */

struct power_goal {
	bool on;
	int64_t since, until; /* monotonic */
	int64_t fenced_at;    /* as it was before */
	bool fenced;          /* a fencing must be seen */
};

static bool
is_so(const struct cluster_member *m, const struct power_goal *goal)
{
	if (m->sampled_us <= goal->since || (goal->fenced && m->fenced_at <= goal->fenced_at))
		return false;
	return goal->on ? is_there(m) : m->membership == MEMBER_OFFLINE;
}

static void
tell(const struct op_run *run, const struct cluster_member *m, int32_t *shown)
{
	if (m->membership == *shown)
		return;
	*shown = m->membership;
	g_autofree char *step = g_strdup_printf("the cluster tells that %s is %s%s%s", run->node,
	    enum_to_name(membership_names, m->membership), *m->reason != '\0' ? ": " : "",
	    m->reason);
	op_step(run, step);
}

static bool
give_up(const struct op_run *run, const struct cluster_member *m, const struct power_goal *goal,
    GError **error)
{
	return op_refuse(error, CAUSE_TIMEOUT, "node %s was switched, but the cluster tells that it "
	    "is %s and not %s by now%s%s", run->node, enum_to_name(membership_names, m->membership),
	    goal->on ? "back" : "off", *m->reason != '\0' ? ": " : "", m->reason);
}

static bool
await_power(const struct op_run *run, const struct power_goal *goal, GError **error)
{
	int32_t shown = 0;
	int64_t silent = 0;

	for (;;) {
		SCOPED(cluster) cluster = run->look(run->context);
		int64_t now = g_get_monotonic_time();
		if (cluster == NULL)
			return op_refuse(error, CAUSE_RESTART, "%s: the agent was stopped meanwhile",
			    run->name);
		const struct cluster_member *m = member_of(cluster, run->request->object);
		bool known = m != NULL && app_cluster_is_known(cluster, now);
		silent = known ? 0 : silent != 0 ? silent : now;
		if (known && is_so(m, goal))
			return true;
		if (known && now > goal->until)
			return give_up(run, m, goal, error);
		if (!known && now - silent > SILENT_US)
			return op_refuse(error, CAUSE_UNREACHABLE, "node %s was switched, but Pacemaker "
			    "no longer tells what became of it", run->node);
		if (known)
			tell(run, m, &shown);
		run->alive(run->context);
		run->poke(run->context);
		if (!run->pause(run->context, LOOK_US, error))
			return false;
	}
}

/* --- fencing */

static bool
fence(const struct op_run *run, const char *action, GError **error)
{
	g_autofree char *name = crm_node_name(run, run->node);
	g_autofree char *option = crm_option(action, name);
	const char *const tool[] = { "stonith_admin", "--output-as=xml", option, FENCE_OPTION,
		NULL };

	op_step(run, "asking the fencing device");
	return crm_run(run, tool, FENCE_S, NULL, error);
}

static bool
switch_power(const struct op_run *run, int64_t fenced_at, GError **error)
{
	static const struct {
		int32_t type;
		const char *action;
		bool on, fenced;
	} ways[] = {
		{ JOB_NODE_POWER_ON, "unfence", true, false },
		{ JOB_NODE_POWER_OFF, "fence", false, false },
		{ JOB_NODE_POWER_RESET, "reboot", true, true },
	};
	int64_t now = g_get_monotonic_time();

	for (size_t i = 0; i < G_N_ELEMENTS(ways); i++) {
		if (ways[i].type != run->request->type)
			continue;
		const struct power_goal goal = { .on = ways[i].on, .since = now,
			.until = now + (ways[i].on ? UP_US : DOWN_US), .fenced_at = fenced_at,
			.fenced = ways[i].fenced };
		return fence(run, ways[i].action, error) && await_power(run, &goal, error);
	}
	return op_refuse(error, CAUSE_IMPOSSIBLE, "%s: this agent cannot do that", run->name);
}

/* --- virtual nodes */

static bool
set_role(const struct op_run *run, const char *app, uint32_t index, bool started,
    GError **error)
{
	int64_t now = g_get_monotonic_time();
	const struct app_goal goal = { .app = index, .since = now, .until_us = now + APP_US,
		.until = started ? APP_UNTIL_STARTED : APP_UNTIL_STOPPED };

	return app_set_role(run, app, started ? "Started" : "Stopped", error) &&
	    app_await(run, &goal, error);
}

static bool
switch_app(const struct op_run *run, const char *app, uint32_t index, GError **error)
{
	int32_t type = run->request->type;
	int64_t now = g_get_monotonic_time();
	const struct power_goal back = { .on = true, .since = now, .until = now + UP_US };

	if (type != JOB_NODE_POWER_ON && !set_role(run, app, index, false, error))
		return false;
	return type == JOB_NODE_POWER_OFF || (set_role(run, app, index, true, error) &&
	    await_power(run, &back, error));
}

/* --- the operation */

bool
op_node_power(const struct op_run *run, GError **error)
{
	g_autofree char *name = NULL;
	uint32_t index = 0;
	int64_t fenced_at = 0;

	if (!run->begin(run->context, error))
		return false;
	SCOPED(cluster) cluster = run->look(run->context);
	const struct cluster_member *m =
	    cluster == NULL ? NULL : member_of(cluster, run->request->object);
	if (m == NULL)
		return op_refuse(error, CAUSE_GONE, "%s is no member of the cluster any longer",
		    run->name);
	const struct app *app = rows_find(&cluster->rows[ROWS_APP], m->app, 0);
	fenced_at = m->fenced_at;
	if (m->kind != NODE_VIRTUAL || app == NULL)
		return switch_power(run, fenced_at, error);
	name = g_strdup(app->name);
	index = app->h.index;
	return switch_app(run, name, index, error);
}
