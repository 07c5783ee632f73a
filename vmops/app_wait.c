/* Applications: waiting until the rows tell that it is so. */
#include "vmops/app.h"

#include <string.h>

#include "model/value.h"

#define LOOK_US   (200 * 1000)
#define POKE_US   G_USEC_PER_SEC
#define SILENT_US (60 * G_USEC_PER_SEC) /* for Pacemaker to answer again */
#define BLOCKED_US (3 * G_USEC_PER_SEC)
#define GONE_US   (10 * G_USEC_PER_SEC) /* for what was taken out to go from the rows */

int64_t app_patience_us = 30 * G_USEC_PER_SEC, app_stay_us = 2 * G_USEC_PER_SEC;

struct waiting {
	const struct op_run *run;
	const struct app_goal *goal;
	int64_t poked, silent, still; /* monotonic; silent, still: since, 0: it is not */
	int32_t state;                /* that was seen last */
};

/* --- is it so */

static bool
is_started(const struct app *app, const struct app_goal *goal)
{
	if (app->state != APP_STARTED)
		return false;
	if (goal->until == APP_UNTIL_ELSEWHERE)
		return app->node != 0 && app->node != goal->node;
	return goal->node == 0 || app->node == goal->node;
}

/* libvirt's word, too: it runs there, and nowhere else. */
static bool
vm_agrees(const struct cluster *cluster, const struct app *app, const struct app_goal *goal)
{
	const struct vm *vm = goal->vm == 0 ? NULL : cluster_vm(cluster, goal->vm);

	if (goal->vm == 0)
		return true;
	return vm != NULL && vm->node == app->node && vm_is_active(vm) && vm->duplicate == 0 &&
	    vm->migration == VM_STAYS;
}

static bool
is_reached(const struct cluster *cluster, const struct app *app, const struct app_goal *goal)
{
	if (goal->managed && app->managed == 0)
		return false;
	switch (goal->until) {
	case APP_UNTIL_STOPPED:
		return app->state == APP_STOPPED;
	case APP_UNTIL_ALONE:
		return app->managed == 0 &&
		    (app->state == APP_STARTED || app->state == APP_STOPPED);
	case APP_UNTIL_CLEAN:
		return (app->fail_count == 0 || app->fail_count == ABSENT_U32) &&
		    (app->state == APP_STARTED || app->state == APP_STOPPED ||
			app->state == APP_PARTIAL);
	default:
		return is_started(app, goal) && vm_agrees(cluster, app, goal);
	}
}

static bool
is_moving(int32_t state)
{
	return state == APP_STARTING || state == APP_STOPPING || state == APP_MIGRATING;
}

/* --- it will not be so */

static const char *
wish_of(const struct app_goal *goal)
{
	static const char *const wishes[] = {
		[APP_UNTIL_STARTED] = "started", [APP_UNTIL_STOPPED] = "stopped",
		[APP_UNTIL_ELSEWHERE] = "moved away", [APP_UNTIL_CLEAN] = "cleaned up",
		[APP_UNTIL_ALONE] = "left alone by Pacemaker",
	};

	return goal->until == APP_UNTIL_STARTED && goal->node != 0 && goal->name == NULL
	    ? "moved there" : wishes[goal->until];
}

static bool
fail(const struct waiting *w, const struct app *app, enum job_cause cause, const char *tail,
    GError **error)
{
	const char *why = *app->reason != '\0' ? app->reason : app->failure;
	bool where = *app->node_names != '\0' && app->state != APP_STOPPED;

	return op_refuse(error, cause, "%s is %s%s%s, and was to be %s%s%s%s", app->name,
	    enum_to_name(app_state_names, app->state), where ? " on " : "",
	    where ? app->node_names : "", wish_of(w->goal), tail, *why != '\0' ? ": " : "", why);
}

/* Nothing happens there any more, and it is not so. */
static bool
is_hopeless(struct waiting *w, const struct app *app, int64_t now)
{
	if (is_moving(app->state) || app->state == APP_UNKNOWN) {
		w->still = 0;
		return false;
	}
	if (w->still == 0 || app->state != w->state)
		w->still = now;
	return now - w->still >
	    (app->state == APP_BLOCKED ? MIN(BLOCKED_US, app_patience_us) : app_patience_us);
}

static void
tell(struct waiting *w, const struct app *app)
{
	if (app->state == w->state)
		return;
	g_autofree char *step = g_strdup_printf("Pacemaker: %s is %s%s%s", app->name,
	    enum_to_name(app_state_names, app->state), *app->node_names != '\0' ? " on " : "",
	    app->node_names);
	op_step(w->run, step);
}

/* --- looking */

/* True: it is so, or *error is set. */
static bool
judge(struct waiting *w, const struct cluster *cluster, int64_t now, GError **error)
{
	const struct app *app = w->goal->name != NULL ? cluster_app_called(cluster, w->goal->name)
	    : rows_find(&cluster->rows[ROWS_APP], w->goal->app, 0);
	bool known = app_cluster_is_known(cluster, now);

	w->silent = known && app != NULL ? 0 : w->silent != 0 ? w->silent : now;
	if (w->silent != 0 && now - w->silent > SILENT_US) {
		op_refuse(error, known ? CAUSE_GONE : CAUSE_UNREACHABLE, known
			? "%s is not in the cluster's configuration"
			: "%s: Pacemaker no longer answers: it is not known what became of it",
		    w->run->name);
		return true;
	}
	if (w->silent != 0 || app->sampled_us <= w->goal->since)
		return false;
	if (is_reached(cluster, app, w->goal))
		return true;
	bool hopeless = is_hopeless(w, app, now);
	tell(w, app);
	w->state = app->state;
	if (hopeless)
		fail(w, app, CAUSE_CLUSTER, "", error);
	else if (now > w->goal->until_us)
		fail(w, app, CAUSE_TIMEOUT, " by now", error);
	return *error != NULL;
}

static void
poke(struct waiting *w, int64_t now)
{
	if (now - w->poked < POKE_US)
		return;
	w->poked = now;
	w->run->poke(w->run->context);
}

bool
app_await(const struct op_run *run, const struct app_goal *goal, GError **error)
{
	struct waiting w = { .run = run, .goal = goal };
	g_autoptr(GError) why = NULL;

	for (;;) {
		SCOPED(cluster) cluster = run->look(run->context);
		int64_t now = g_get_monotonic_time();
		if (cluster == NULL)
			return op_refuse(error, CAUSE_RESTART, "%s: the agent was stopped meanwhile",
			    run->name);
		run->alive(run->context);
		if (judge(&w, cluster, now, &why))
			break;
		poke(&w, now);
		if (!run->pause(run->context, LOOK_US, error))
			return false;
	}
	if (why == NULL)
		return true;
	g_propagate_error(error, g_steal_pointer(&why));
	return false;
}

void
app_await_gone(const struct op_run *run, const char *name)
{
	int64_t until = g_get_monotonic_time() + GONE_US;
	struct waiting w = { .run = run };

	for (;;) {
		SCOPED(cluster) cluster = run->look(run->context);
		int64_t now = g_get_monotonic_time();
		if (cluster == NULL || cluster_app_called(cluster, name) == NULL || now > until)
			return;
		run->alive(run->context);
		poke(&w, now);
		g_usleep(LOOK_US);
	}
}
