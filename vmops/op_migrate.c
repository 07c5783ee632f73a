/* Operation: a VM goes to another node, by way of what migrate_private.h lists. */
#include "common/virt.h"
#include "model/settings.h"
#include "vmops/migrate_private.h"

#define AGAIN_US  (500 * 1000)
#define ANSWER_US (60 * G_USEC_PER_SEC) /* for the nodes to answer after a restart */

static void
volume_copy_free(void *data)
{
	struct volume_copy *copy = data;

	g_free(copy->path);
	g_free(copy->target);
	g_free(copy->format);
	g_free(copy);
}

static void
migration_end(struct migration *m)
{
	g_ptr_array_free(m->copies, TRUE);
	migrant_free(m->migrant);
	settings_unref(m->settings);
}

/* The target's name: it must live as long as the operation. */
static char *
name_target(const struct op_run *run, GError **error)
{
	SCOPED(cluster) cluster = run->look(run->context);
	const struct node *to =
	    cluster == NULL ? NULL : cluster_node(cluster, run->request->target);

	if (to != NULL)
		return g_strdup(to->name);
	g_set_error(error, OP_ERROR, cluster == NULL ? CAUSE_RESTART : CAUSE_GONE,
	    cluster == NULL ? "%s: the agent was stopped meanwhile"
			    : "%s cannot be migrated: there is no such node any longer",
	    run->name);
	return NULL;
}

static void
migration_begin(struct migration *m, const struct op_run *run, const char *to)
{
	*m = (struct migration){
		.run = run, .to = to, .settings = backend_settings(run->backend),
		.copies = g_ptr_array_new_with_free_func(volume_copy_free),
		.was = HALF_RUNNING,
	};
	op_progress_init(&m->progress);
}

static void
note_domain(struct migration *m, virDomainPtr domain)
{
	int state = VIR_DOMAIN_NOSTATE, reason = 0, autostart = 0;

	virDomainGetState(domain, &state, &reason, 0);
	m->was = migrate_half(state, reason);
	m->persistent = virDomainIsPersistent(domain) == 1;
	m->autostart = m->persistent && virDomainGetAutostart(domain, &autostart) == 0 &&
	    autostart == 1;
}

static bool
run_migration(struct migration *m, virDomainPtr domain, virConnectPtr target, GError **error)
{
	const struct op_run *run = m->run;
	const struct node_setting *node = settings_node(m->settings, m->to);
	struct migrate_route route = { NULL, NULL };
	bool moved;

	note_domain(m, domain);
	migrate_step(m, "looking at both hosts");
	if (!migrate_preflight(m, domain, target, error) ||
	    !run->pause(run->context, 0, error) || !run->begin(run->context, error))
		return false;
	if (run->request->flags & REQUEST_OFFLINE) {
		migrate_step(m, "moving the definition");
		return migrate_offline(m, domain, target, error);
	}
	if (node != NULL)
		migrate_route(node->migrate_uri, node->uri, &route);
	moved = migrate_live(m, domain, target, &route, error);
	g_free(route.peer);
	g_free(route.stream);
	return moved;
}

bool
op_migrate(const struct op_run *run, GError **error)
{
	g_autofree char *to = name_target(run, error);
	g_autoptr(virDomain) domain = to == NULL ? NULL : op_find_domain(run, error);
	g_autoptr(virConnect) target = domain == NULL ? NULL
	    : backend_connect(run->backend, to, run->name, error);
	struct migration m;

	if (target == NULL)
		return false;
	migration_begin(&m, run, to);
	bool moved = run_migration(&m, domain, target, error);
	migration_end(&m);
	return moved;
}

/* --- after a restart */

/* Until libvirt says that no job is left: peer to peer it went on without us. */
static bool
outlast(struct migration *m, GError **error)
{
	const struct op_run *run = m->run;
	int64_t until = g_get_monotonic_time() + ANSWER_US;
	g_autoptr(GError) stop = NULL;

	migrate_step(m, "asking both hosts");
	for (;;) {
		g_autoptr(virDomain) domain = op_find_domain(run, NULL);
		bool going = domain != NULL && migrate_look_at_job(m, domain);
		bool known = migrate_look(m, run->node).half != HALF_UNKNOWN &&
		    migrate_look(m, m->to).half != HALF_UNKNOWN;
		if (!going && (known || g_get_monotonic_time() > until))
			return true;
		run->alive(run->context);
		if (run->pause(run->context, AGAIN_US, &stop))
			continue;
		if (!g_error_matches(stop, OP_ERROR, CAUSE_CANCELLED)) {
			g_propagate_error(error, g_steal_pointer(&stop));
			return false;
		}
		g_clear_error(&stop);
		if (domain != NULL)
			virDomainAbortJob(domain);
		g_usleep(AGAIN_US);
	}
}

/* Which copies we had made is not known any longer: they are left to somebody who knows. */
bool
op_migrate_recover(const struct op_run *run, GError **error)
{
	g_autofree char *to = name_target(run, error);
	bool copies = run->request->flags & REQUEST_COPY_STORAGE;
	struct migration m;

	if (to == NULL)
		return false;
	migration_begin(&m, run, to);
	m.autostart = run->autostart; /* the definition that told it may be gone */
	bool known = outlast(&m, error);
	enum outcome outcome = known ? migrate_settle(&m) : OUTCOME_UNKNOWN;
	if (known && outcome == OUTCOME_MOVED) {
		migrate_arrive(&m);
		migrate_step(&m, "%s%s", copies ? "the copied disks are still on " : "",
		    copies ? run->node : "");
	} else if (known) {
		g_autofree char *what = migrate_truth(&m, outcome);
		g_set_error(error, OP_ERROR,
		    outcome == OUTCOME_STAYED ? CAUSE_RESTART : CAUSE_LIBVIRT,
		    "%s: the agent was stopped while it went from %s to %s; %s%s%s", run->name,
		    run->node, to, what, copies ? "; look for left-over copies of its disks on "
		    : "", copies ? to : "");
	}
	migration_end(&m);
	return known && outcome == OUTCOME_MOVED;
}
