/* Operations on applications, and on VMs that are applications: through Pacemaker. */
#include "vmops/app.h"

#include <string.h>

#include "common/virt.h"
#include "vmops/crm.h"

#define START_US     (10 * 60 * G_USEC_PER_SEC) /* Pacemaker's own time-outs are less */
#define OFF_GRACE_US (3 * G_USEC_PER_SEC) /* for Pacemaker to begin to stop it */
#define OFF_US       (120 * G_USEC_PER_SEC)

/* An application as it was when the job began; its texts are its own. */
struct subject_app {
	uint32_t app, vm, node;
	char *name, *node_name;
};

static void
subject_app_clear(struct subject_app *s)
{
	g_free(s->name);
	g_free(s->node_name);
}

static bool
note_app(const struct op_run *run, struct subject_app *out, GError **error)
{
	SCOPED(cluster) cluster = run->look(run->context);
	bool is_vm = run->request->kind == OBJECT_VM;

	*out = (struct subject_app){ 0 };
	if (cluster == NULL)
		return op_refuse(error, CAUSE_RESTART, "%s: the agent was stopped meanwhile",
		    run->name);
	const struct app *app = is_vm ? cluster_vm_app(cluster, run->request->object)
	    : rows_find(&cluster->rows[ROWS_APP], run->request->object, 0);
	if (app == NULL)
		return op_refuse(error, CAUSE_GONE, "%s is no application of the cluster any longer",
		    run->name);
	*out = (struct subject_app){ app->h.index, app->vm, app->node, g_strdup(app->name),
		g_strdup(app->node_name) };
	return true;
}

static bool
reach(const struct op_run *run, const struct subject_app *s, enum app_wanted_state until,
    int64_t since, int64_t until_us, GError **error)
{
	const struct app_goal goal = { .app = s->app, .until = until, .since = since,
		.until_us = until_us };

	return app_await(run, &goal, error);
}

/* --- start and stop */

static bool
start(const struct op_run *run, const struct subject_app *s, GError **error)
{
	int64_t since = g_get_monotonic_time();

	op_step(run, "asking Pacemaker to start it");
	return app_set_role(run, s->name, "Started", error) &&
	    reach(run, s, APP_UNTIL_STARTED, since, since + START_US, error);
}

static bool
stop(const struct op_run *run, const struct subject_app *s, int64_t until, GError **error)
{
	int64_t since = g_get_monotonic_time();

	op_step(run, "asking Pacemaker to stop it");
	return app_set_role(run, s->name, "Stopped", error) &&
	    reach(run, s, APP_UNTIL_STOPPED, since, until, error);
}

/* With the application that the job is about, once it has begun. */
typedef bool act(const struct op_run *, const struct subject_app *, GError **);

static bool
with_app(const struct op_run *run, act *what, GError **error)
{
	struct subject_app s = { 0 };
	bool good = run->begin(run->context, error) && note_app(run, &s, error) &&
	    what(run, &s, error);

	subject_app_clear(&s);
	return good;
}

static bool
stop_for_good(const struct op_run *run, const struct subject_app *s, GError **error)
{
	return stop(run, s, g_get_monotonic_time() + START_US, error);
}

bool
op_app_start(const struct op_run *run, GError **error)
{
	return with_app(run, start, error);
}

bool
op_app_stop(const struct op_run *run, GError **error)
{
	return with_app(run, stop_for_good, error);
}

static bool
clean_up(const struct op_run *run, const struct subject_app *s, GError **error)
{
	g_autofree char *resource = crm_option("resource", s->name);
	const char *const tool[] = { "crm_resource", "--output-as=xml", "--cleanup", resource,
		NULL };
	int64_t since = g_get_monotonic_time();

	op_step(run, "asking Pacemaker to forget what failed");
	return crm_run(run, tool, 2 * CRM_SECONDS, NULL, error) &&
	    reach(run, s, APP_UNTIL_CLEAN, since, since + START_US, error);
}

bool
op_app_cleanup(const struct op_run *run, GError **error)
{
	return with_app(run, clean_up, error);
}

/* --- move */

/* The target's name, NULL: Pacemaker chooses; it must live as long as the operation. */
static char *
name_target(const struct op_run *run)
{
	SCOPED(cluster) cluster = run->look(run->context);
	const struct node *to =
	    cluster == NULL ? NULL : cluster_node(cluster, run->request->target);

	return to == NULL ? NULL : g_strdup(to->name);
}

static struct app_move
move_of(const struct op_run *run, const struct subject_app *s, const char *to)
{
	return (struct app_move){
		.name = s->name, .app = s->app, .vm = s->vm, .from = s->node, .from_name = s->node_name,
		.to = run->request->target, .to_name = to,
	};
}

static bool
move(const struct op_run *run, const struct subject_app *s, GError **error)
{
	g_autofree char *to = name_target(run);
	const struct app_move move = move_of(run, s, to);

	if (to == NULL && run->request->target != 0)
		return op_refuse(error, CAUSE_GONE, "%s: there is no such node any longer", run->name);
	return app_move(run, &move, error);
}

bool
op_app_move(const struct op_run *run, GError **error)
{
	return with_app(run, move, error);
}

/* Where it was when the job began is run->node. */
bool
op_app_move_recover(const struct op_run *run, GError **error)
{
	g_autofree char *to = name_target(run);
	struct subject_app s;
	bool good = note_app(run, &s, error);

	if (good) {
		SCOPED(cluster) cluster = run->look(run->context);
		const struct node *from =
		    cluster == NULL ? NULL : cluster_node_by_name(cluster, run->node, NULL);
		struct app_move move = move_of(run, &s, to);
		move.from = from == NULL ? 0 : from->h.index;
		move.from_name = run->node;
		good = app_move_recover(run, &move, error);
	}
	subject_app_clear(&s);
	return good;
}

/* --- VMs that are applications */

bool
op_managed_power_on(const struct op_run *run, GError **error)
{
	return with_app(run, start, error);
}

/* Pacemaker cuts the power itself when its own time is over. */
static bool
shut_down(const struct op_run *run, const struct subject_app *s, GError **error)
{
	return stop(run, s, run->deadline, error);
}

bool
op_managed_shut_down(const struct op_run *run, GError **error)
{
	return with_app(run, shut_down, error);
}

/* What has gone meanwhile needs none. */
static bool
cut_power(const struct op_run *run, GError **error)
{
	g_autoptr(GError) why = NULL;
	g_autoptr(virDomain) domain = op_find_domain(run, &why);

	op_step(run, "cutting its power");
	if (domain != NULL ? op_cut_power(run, domain, &why) : why->code == CAUSE_GONE)
		return true;
	g_propagate_error(error, g_steal_pointer(&why));
	return false;
}

/* It shall be stopped, as Pacemaker knows: that it is gone is then no failure for it. */
static bool
cut(const struct op_run *run, const struct subject_app *s, GError **error)
{
	int64_t since = g_get_monotonic_time();
	struct op_run there = *run;
	SCOPED(cluster) cluster = run->look(run->context);
	const struct vm *vm = cluster == NULL ? NULL : cluster_vm(cluster, run->request->object);
	if (vm != NULL && vm_is_active(vm)) {
		there.node = vm->node_name;
		if (!cut_power(&there, error))
			return false;
	}
	return reach(run, s, APP_UNTIL_STOPPED, since, since + OFF_US, error);
}

/* Time for the guest, then none. */
static bool
stop_then_cut(const struct op_run *run, const struct subject_app *s, int64_t until,
    GError **error)
{
	g_autoptr(GError) why = NULL;

	if (stop(run, s, until, &why))
		return true;
	if (why->code == CAUSE_TIMEOUT)
		return cut(run, s, error);
	g_propagate_error(error, g_steal_pointer(&why));
	return false;
}

static bool
shut_down_then_off(const struct op_run *run, const struct subject_app *s, GError **error)
{
	return stop_then_cut(run, s, run->deadline, error);
}

bool
op_managed_shut_down_then_off(const struct op_run *run, GError **error)
{
	return with_app(run, shut_down_then_off, error);
}

static bool
power_off(const struct op_run *run, const struct subject_app *s, GError **error)
{
	return stop_then_cut(run, s, g_get_monotonic_time() + OFF_GRACE_US, error);
}

bool
op_managed_power_off(const struct op_run *run, GError **error)
{
	return with_app(run, power_off, error);
}

static bool
power_cycle(const struct op_run *run, const struct subject_app *s, GError **error)
{
	if (!power_off(run, s, error))
		return false;
	if (start(run, s, error))
		return true;
	g_prefix_error(error, "the power is off now, but: ");
	return false;
}

bool
op_managed_power_cycle(const struct op_run *run, GError **error)
{
	return with_app(run, power_cycle, error);
}

#define BY_LIBVIRT_ALONE                                                               \
	(REQUEST_COPY_STORAGE | REQUEST_POSTCOPY | REQUEST_AUTO_CONVERGE | REQUEST_OFFLINE)

bool
op_check_managed_migrate(const struct cluster *cluster, const struct request *request,
    int64_t now, GError **error)
{
	const struct app *app = cluster_vm_app(cluster, request->object);

	if (app == NULL)
		return request_refuse(error, REQUEST_NO_OBJECT, "there is no VM %u",
		    request->object);
	if ((request->flags & BY_LIBVIRT_ALONE) != 0 || request->max_downtime != 0 ||
	    request->bandwidth != 0)
		return request_refuse(error, REQUEST_IMPOSSIBLE, "%s is migrated by Pacemaker, by "
		    "its own ways: it cannot be told how", request->name);
	if (app->can_migrate != 1)
		return request_refuse(error, REQUEST_IMPOSSIBLE, "%s cannot be migrated: the "
		    "application %s lacks allow-migrate; 'app-move' stops it and starts it elsewhere",
		    request->name, app->name);
	return app_check_move(cluster, app, request->target, now, error);
}
