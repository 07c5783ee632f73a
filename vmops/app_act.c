/* Applications: what is asked of Pacemaker. */
#include "vmops/app.h"

#include "vmops/crm.h"

#define MOVE_US    (15 * 60 * G_USEC_PER_SEC)
#define SETTLE_US  (5 * 60 * G_USEC_PER_SEC)
#define RESTART_US (60 * G_USEC_PER_SEC) /* for Pacemaker to answer after a restart */
#define LOOK_US    (500 * 1000)

bool
app_set_role(const struct op_run *run, const char *app, const char *role, GError **error)
{
	g_autofree char *resource = crm_option("resource", app);
	g_autofree char *value = crm_option("parameter-value", role);
	const char *const tool[] = { "crm_resource", "--output-as=xml", resource, "--meta",
		"--set-parameter=target-role", value, NULL };

	return crm_run(run, tool, CRM_SECONDS, NULL, error);
}

/* --- a move */

/* The node that the rule of the move is about. */
static char *
ruled_node(const struct op_run *run, const struct app_move *move)
{
	return crm_node_name(run, move->to_name != NULL ? move->to_name : move->from_name);
}

static bool
push(const struct op_run *run, const struct app_move *move, GError **error)
{
	g_autofree char *name = ruled_node(run, move);
	g_autofree char *resource = crm_option("resource", move->name);
	g_autofree char *node = crm_option("node", name);
	const char *const tool[] = { "crm_resource", "--output-as=xml",
		move->to_name != NULL ? "--move" : "--ban", resource, node, NULL };

	return crm_run(run, tool, CRM_SECONDS, NULL, error);
}

/* Of that node's rules alone: others may be somebody else's. */
static bool
take_back(const struct op_run *run, const struct app_move *move, GError **error)
{
	g_autofree char *name = ruled_node(run, move);
	g_autofree char *resource = crm_option("resource", move->name);
	g_autofree char *node = crm_option("node", name);
	const char *const tool[] = { "crm_resource", "--output-as=xml", "--clear", resource, node,
		NULL };

	return crm_undo(run, tool, CRM_SECONDS, error);
}

static struct app_goal
goal_of(const struct app_move *move, int64_t since)
{
	return (struct app_goal){
		.app = move->app, .vm = move->vm, .since = since,
		.node = move->to != 0 ? move->to : move->from,
		.until = move->to != 0 ? APP_UNTIL_STARTED : APP_UNTIL_ELSEWHERE,
		.until_us = since + MOVE_US,
	};
}

/* Where it is started now, 0: nowhere, or nobody knows. */
static uint32_t
seat_of(const struct op_run *run, uint32_t index, char **name)
{
	SCOPED(cluster) cluster = run->look(run->context);
	const struct app *app =
	    cluster == NULL ? NULL : rows_find(&cluster->rows[ROWS_APP], index, 0);
	bool there = app != NULL && app->state == APP_STARTED;

	*name = g_strdup(there ? app->node_name : "");
	return there ? app->node : 0;
}

/* Without the rule it stays where it is, or goes back: its stickiness decides. */
static bool
see_it_stay(const struct op_run *run, const struct app_move *move, GError **error)
{
	g_autofree char *was_name = NULL, *is_name = NULL;
	int64_t now = g_get_monotonic_time();
	uint32_t was = seat_of(run, move->app, &was_name);
	const struct app_goal settled = { .app = move->app, .vm = move->vm,
		.until = APP_UNTIL_STARTED, .since = now + app_stay_us, .until_us = now + SETTLE_US };

	op_step(run, "seeing whether it stays");
	if (!app_await(run, &settled, error))
		return false;
	uint32_t is = seat_of(run, move->app, &is_name);
	return was == 0 || is == was || op_refuse(error, CAUSE_CLUSTER,
	    "%s did not stay on node %s but went to %s as soon as the rule that had moved it was "
	    "taken back: its resource-stickiness is less than what draws it there", move->name,
	    was_name, is_name);
}

/* What has failed before matters more than that the rule is still there, which is added. */
static bool
end_badly(const struct op_run *run, const struct app_move *move, GError *why, GError **error)
{
	g_autoptr(GError) left = NULL;
	bool cancelled = why->code == CAUSE_CANCELLED;

	if (!take_back(run, move, &left))
		g_set_error(error, OP_ERROR, why->code, "%s; and the rule of the move is still there: "
		    "%s", why->message, left->message);
	else
		g_set_error(error, OP_ERROR, why->code, "%s%s", why->message, cancelled
			? "; Pacemaker takes what it has begun to its end" : "");
	return false;
}

static bool
end_well(const struct op_run *run, const struct app_move *move, GError **error)
{
	g_autoptr(GError) left = NULL;

	op_step(run, "taking back the rule that moved it");
	if (take_back(run, move, &left))
		return see_it_stay(run, move, error);
	return op_refuse(error, (enum job_cause)left->code, "%s has moved, but the rule that moved "
	    "it is still there: %s", move->name, left->message);
}

bool
app_move(const struct op_run *run, const struct app_move *move, GError **error)
{
	int64_t since = g_get_monotonic_time();
	g_autoptr(GError) why = NULL;

	/* from here on there may be a rule: a later process takes it back */
	if (!run->own(run->context, error))
		return false;
	op_step(run, "asking Pacemaker to move it");
	if (!push(run, move, &why) && why->code != CAUSE_UNREACHABLE) {
		g_propagate_error(error, g_steal_pointer(&why));
		return false; /* refused: nothing was written down there */
	}
	const struct app_goal goal = goal_of(move, since);
	if (why == NULL && app_await(run, &goal, &why))
		return end_well(run, move, error);
	if (why->code != CAUSE_RESTART)
		return end_badly(run, move, why, error);
	g_propagate_error(error, g_steal_pointer(&why));
	return false;
}

/* --- after a restart */

bool
app_await_cluster(const struct op_run *run, const char *meanwhile, GError **error)
{
	int64_t until = g_get_monotonic_time() + RESTART_US;

	for (;;) {
		SCOPED(cluster) cluster = run->look(run->context);
		g_autoptr(GError) why = NULL;
		int64_t now = g_get_monotonic_time();
		if (cluster == NULL)
			return op_refuse(error, CAUSE_RESTART, "%s: the agent was stopped meanwhile",
			    run->name);
		if (app_cluster_check(cluster, now, &why))
			return true;
		if (now > until)
			return op_refuse(error, CAUSE_UNREACHABLE, "%s: the agent was stopped while %s: %s",
			    run->name, meanwhile, why->message);
		run->alive(run->context);
		run->poke(run->context);
		if (!run->pause(run->context, LOOK_US, error))
			return false;
	}
}

bool
app_move_recover(const struct op_run *run, const struct app_move *move, GError **error)
{
	g_autofree char *name = NULL;
	g_autoptr(GError) why = NULL;

	if (!run->owned)
		return op_refuse(error, CAUSE_RESTART,
		    "%s: the agent was stopped before this began; not run", run->name);
	if (!app_await_cluster(run, "it moved, and the rule that moved it may still be there", error))
		return false;
	if (!take_back(run, move, &why))
		return op_refuse(error, (enum job_cause)why->code, "%s: the agent was stopped while it "
		    "moved, and the rule that moved it is still there: %s", run->name, why->message);
	if (!see_it_stay(run, move, error))
		return false;
	uint32_t seat = seat_of(run, move->app, &name);
	if (move->to != 0 ? seat == move->to : seat != 0 && seat != move->from)
		return true;
	return op_refuse(error, CAUSE_RESTART, "%s: the agent was stopped while it moved; it %s%s",
	    run->name, seat == 0 ? "runs nowhere" : "is on ", name);
}
