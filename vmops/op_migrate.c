/*
 * Operation: a VM goes to another node.
 *
 * libvirt's call runs in a thread of its own; this one watches the job, can abort it, and
 * afterwards asks both hosts what is true, whatever the call has said.
 */
#include <string.h>

#include "common/log.h"
#include "common/virt.h"
#include "model/settings.h"
#include "model/value.h"
#include "vmops/migrate.h"

#define TICK_US	   (100 * 1000)		 /* between looks at whether the call has ended */
#define MEASURE_US (500 * 1000)		 /* between looks at how far it is */
#define SETTLE_US  (20 * G_USEC_PER_SEC) /* for both hosts to say what is true */
#define AGAIN_US   (300 * 1000)
#define ABORT_US   G_USEC_PER_SEC	 /* for it to be aborted when the agent stops */
#define ANSWER_US  (60 * G_USEC_PER_SEC) /* for the nodes to answer after a restart */

/* --- sentences */

bool
migrate_refuse(const struct migration *m, enum job_cause cause, GError **error,
    const char *why, ...)
{
	va_list args;

	va_start(args, why);
	g_autofree char *reason = g_strdup_vprintf(why, args);
	va_end(args);
	if (error != NULL)
		g_clear_error(error); /* what went wrong last is what matters */
	g_set_error(error, OP_ERROR, (gint)cause, "cannot migrate %s from %s to %s: %s",
	    m->run->name, m->run->node, m->to, reason);
	return false;
}

bool
migrate_refuse_libvirt(const struct migration *m, GError **error, const char *what)
{
	g_autofree char *reason = g_strdup(virGetLastErrorMessage());

	return migrate_refuse(m, CAUSE_LIBVIRT, error, "%s: %s", what, reason);
}

void
migrate_step(struct migration *m, const char *step, ...)
{
	va_list args;

	va_start(args, step);
	g_vsnprintf(m->progress.step, sizeof(m->progress.step), step, args);
	va_end(args);
	m->run->report(m->run->context, &m->progress);
}

/* --- what each host says */

struct sight {
	enum half half;
	int reason; /* libvirt's, of the state */
};

static enum half
half_of(int state, int reason)
{
	static const enum half halves[] = {
		[VIR_DOMAIN_NOSTATE] = HALF_UNKNOWN, [VIR_DOMAIN_RUNNING] = HALF_RUNNING,
		[VIR_DOMAIN_BLOCKED] = HALF_RUNNING, [VIR_DOMAIN_PAUSED] = HALF_PAUSED,
		[VIR_DOMAIN_SHUTDOWN] = HALF_RUNNING, [VIR_DOMAIN_SHUTOFF] = HALF_OFF,
		[VIR_DOMAIN_CRASHED] = HALF_PAUSED, [VIR_DOMAIN_PMSUSPENDED] = HALF_PAUSED,
	};

	if (state == VIR_DOMAIN_PAUSED && reason == VIR_DOMAIN_PAUSED_POSTCOPY_FAILED)
		return HALF_BROKEN;
	if (state == VIR_DOMAIN_RUNNING && reason == VIR_DOMAIN_RUNNING_POSTCOPY_FAILED)
		return HALF_BROKEN;
	return state >= 0 && (size_t)state < G_N_ELEMENTS(halves) ? halves[state]
								  : HALF_UNKNOWN;
}

static struct sight
look_on(const struct migration *m, const char *node)
{
	const struct op_run *run = m->run;
	struct sight seen = { HALF_UNKNOWN, 0 };
	g_autoptr(GError) error = NULL;
	g_autoptr(virDomain) domain =
	    backend_find_domain(run->backend, node, run->uuid, run->name, &error);
	int state;

	if (domain == NULL)
		seen.half = g_error_matches(error, OP_ERROR, CAUSE_GONE) ? HALF_ABSENT
									  : HALF_UNKNOWN;
	else if (virDomainGetState(domain, &state, &seen.reason, 0) == 0)
		seen.half = half_of(state, seen.reason);
	else if (virGetLastErrorCode() == VIR_ERR_NO_DOMAIN)
		seen.half = HALF_ABSENT;
	return seen;
}

/* Both halves stood still when somebody died; the other one is gone: it may go on. */
static bool
resume_held(const struct migration *m)
{
	const struct op_run *run = m->run;
	g_autoptr(virDomain) domain = op_find_domain(run, NULL);

	return domain != NULL && virDomainResume(domain) == 0;
}

/* What is true; asked again while it may still change, or a host does not answer. */
static enum outcome
settle(const struct migration *m)
{
	const struct op_run *run = m->run;
	int64_t until = g_get_monotonic_time() + SETTLE_US;
	int64_t half_time = until - SETTLE_US / 2;

	for (;;) {
		struct sight source = look_on(m, run->node), target = look_on(m, m->to);
		enum outcome outcome = migrate_judge(m->was, source.half, target.half);
		int64_t now = g_get_monotonic_time();
		if (outcome == OUTCOME_HELD && now > half_time &&
		    source.reason == VIR_DOMAIN_PAUSED_MIGRATION && resume_held(m))
			continue;
		if (outcome == OUTCOME_MOVED || outcome == OUTCOME_STAYED ||
		    outcome == OUTCOME_BROKEN || now >= until)
			return outcome;
		run->alive(run->context);
		g_usleep(AGAIN_US);
	}
}

static const char *
truth_of(enum outcome outcome)
{
	static const char *const truths[] = {
		[OUTCOME_STAYED] = "it stays on %1$s as it was",
		[OUTCOME_HELD] = "it stands still on %1$s: resume it there",
		[OUTCOME_BROKEN] = "post-copy broke off, its memory is partly on %1$s and partly "
				   "on %2$s, where it stands still: power neither off before "
				   "\"virsh migrate --postcopy-resume\" was tried",
		[OUTCOME_BOTH] = "it RUNS ON BOTH %1$s and %2$s: power one of them off at once",
		[OUTCOME_NEITHER] = "it runs neither on %1$s nor on %2$s",
		[OUTCOME_MOVING] = "both %1$s and %2$s still have a half of it",
		[OUTCOME_UNKNOWN] = "%1$s or %2$s does not answer: it is not known where it runs",
	};

	return truths[outcome];
}

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
static char *
truth(const struct migration *m, enum outcome outcome)
{
	return g_strdup_printf(truth_of(outcome), m->run->node, m->to);
}
#pragma GCC diagnostic pop

/* --- while it goes on */

/* False: there is no job, or libvirt does not answer. */
static bool
measure(struct migration *m, virDomainPtr domain)
{
	virTypedParameterPtr params = NULL;
	int type = VIR_DOMAIN_JOB_NONE, n = 0;

	if (virDomainGetJobStats(domain, &type, &params, &n, 0) != 0)
		return false;
	m->run->alive(m->run->context);
	if (type == VIR_DOMAIN_JOB_UNBOUNDED || type == VIR_DOMAIN_JOB_BOUNDED) {
		migrate_measure(&m->meter, params, n, g_get_monotonic_time(), &m->progress);
		m->run->report(m->run->context, &m->progress);
	}
	virTypedParamsFree(params, n);
	return type == VIR_DOMAIN_JOB_UNBOUNDED || type == VIR_DOMAIN_JOB_BOUNDED;
}

/* After the first pass: what remains then is what the guest makes new. */
static void
consider_postcopy(struct migration *m, virDomainPtr domain)
{
	const struct op_progress *p = &m->progress;

	if (!(m->run->request->flags & REQUEST_POSTCOPY) || m->meter.postcopy ||
	    p->iteration == ABSENT_U32 || p->iteration < 2)
		return;
	if (virDomainMigrateStartPostCopy(domain, 0) == 0) {
		m->meter.postcopy = true;
		log_info("jobs", "job %u: post-copy begins", m->run->number);
	} else {
		log_debug("jobs", "job %u: post-copy: %s", m->run->number,
		    virGetLastErrorMessage());
	}
}

struct watch {
	struct migration *m;
	virDomainPtr domain;  /* by the connection that others use too */
	virConnectPtr target; /* likewise; only asked whether it lives */
	bool peer_to_peer;
	GError *stop; /* why it shall end, NULL: it shall not */
	bool broken;  /* the target's libvirtd has gone */
	int64_t stop_by;
	int64_t measured_us;
};

/* In post-copy there is no way back. */
static void
abort_job(const struct watch *w)
{
	if (!w->m->meter.postcopy)
		virDomainAbortJob(w->domain);
}

/* False: leave it alone. */
static bool
watch_stop(struct watch *w)
{
	bool restart = g_error_matches(w->stop, OP_ERROR, CAUSE_RESTART);

	if (w->stop_by == 0)
		w->stop_by = g_get_monotonic_time() + ABORT_US;
	if (restart && (w->peer_to_peer || g_get_monotonic_time() > w->stop_by))
		return false;
	abort_job(w);
	return true;
}

static void
watch_tick(struct watch *w)
{
	int64_t now = g_get_monotonic_time();

	if (!w->peer_to_peer && virConnectIsAlive(w->target) != 1) {
		w->broken = true;
		abort_job(w);
	}
	if (now - w->measured_us < MEASURE_US)
		return;
	w->measured_us = now;
	if (measure(w->m, w->domain))
		consider_postcopy(w->m, w->domain);
}

/* Until the call has ended; false when it is left to itself. */
static bool
watch_call(struct watch *w, struct migrate_call *call)
{
	const struct op_run *run = w->m->run;

	while (!migrate_call_ended(call)) {
		watch_tick(w);
		if (w->stop == NULL && run->pause(run->context, TICK_US, &w->stop))
			continue;
		if (!watch_stop(w))
			return false;
		g_usleep(TICK_US);
	}
	return true;
}

/* --- the end */

/* What libvirt noted about it, on the host that has the VM now. */
static void
conclude(struct migration *m)
{
	g_autoptr(virDomain) domain = backend_find_domain(m->run->backend, m->to,
	    m->run->uuid, m->run->name, NULL);
	virTypedParameterPtr params = NULL;
	uint64_t total_ms = ABSENT_U64;
	int type, n = 0;

	if (domain == NULL)
		return;
	if (m->autostart && virDomainSetAutostart(domain, 1) != 0)
		log_warn("jobs", "job %u: %s is not started with %s as it was with %s: %s",
		    m->run->number, m->run->name, m->to, m->run->node,
		    virGetLastErrorMessage());
	if (virDomainGetJobStats(domain, &type, &params, &n,
		VIR_DOMAIN_JOB_STATS_COMPLETED) != 0)
		return;
	migrate_conclude(params, n, &m->progress, &total_ms);
	virTypedParamsFree(params, n);
	if (total_ms != ABSENT_U64 && m->progress.downtime_ms != ABSENT_U32)
		log_info("jobs", "job %u: %s moved from %s to %s in %" G_GUINT64_FORMAT
		    " ms, stood still for %u ms", m->run->number, m->run->name, m->run->node,
		    m->to, total_ms, m->progress.downtime_ms);
}

/* Only of a VM that is there as it was here, and is here no longer in any form. */
static char *
remove_originals(struct migration *m)
{
	if (m->copies->len == 0)
		return NULL;
	if (look_on(m, m->to).half == m->was && look_on(m, m->run->node).half == HALF_ABSENT)
		return migrate_storage_remove(m);
	return g_strdup_printf("its disks on %s were not removed: it is not gone there",
	    m->run->node);
}

static bool
succeed(struct migration *m, const struct migrate_call *call)
{
	if (call != NULL && migrate_call_failure(call) != NULL)
		log_warn("jobs", "job %u: %s has moved, although libvirt says: %s",
		    m->run->number, m->run->name, migrate_call_failure(call));
	conclude(m);
	g_autofree char *left = remove_originals(m);
	migrate_step(m, "%s", left == NULL ? "" : left);
	return true;
}

static bool
fail(struct migration *m, const struct watch *w, const struct migrate_call *call,
    enum outcome outcome, GError **error)
{
	bool gone = outcome == OUTCOME_STAYED || outcome == OUTCOME_HELD;
	g_autofree char *left = gone ? migrate_storage_undo(m) : NULL;
	g_autofree char *what = truth(m, outcome);
	const char *gap = left == NULL ? "" : "; ";
	const char *said = migrate_call_failure(call);

	left = left == NULL ? g_strdup("") : g_steal_pointer(&left);
	if (outcome == OUTCOME_STAYED && w->stop != NULL) {
		g_set_error(error, OP_ERROR, w->stop->code, "%s: %s; %s%s%s", m->run->name,
		    w->stop->code == CAUSE_CANCELLED ? "cancelled"
						     : "the agent was stopped meanwhile",
		    what, gap, left);
		return false;
	}
	if (w->broken)
		said = "the connection to the target broke";
	else if (migrate_call_code(call) == VIR_ERR_MIGRATE_UNSAFE)
		said = "libvirt does not know its disks to be shared (\"copy-storage\" takes "
		       "them along; \"shared\" in [migrate] names directories that are)";
	return migrate_refuse(m, w->broken ? CAUSE_UNREACHABLE : CAUSE_LIBVIRT, error,
	    "%s; %s%s%s", said == NULL ? "libvirt called it a success" : said, what, gap,
	    left);
}

static void
restore_downtime(const struct migration *m, virDomainPtr domain, unsigned long long before)
{
	if (m->run->request->max_downtime != 0 && before != 0)
		virDomainMigrateSetMaxDowntime(domain, before, 0);
}

/* --- the beginning */

static virTypedParameterPtr
make_params(const struct migration *m, const char *stream, int *n)
{
	const struct request *request = m->run->request;
	virTypedParameterPtr params = NULL;
	int most = 0;

	*n = 0;
	if (stream != NULL)
		virTypedParamsAddString(&params, n, &most, VIR_MIGRATE_PARAM_URI, stream);
	if (request->bandwidth != 0)
		virTypedParamsAddULLong(&params, n, &most, VIR_MIGRATE_PARAM_BANDWIDTH,
		    request->bandwidth);
	if (request->bandwidth != 0 && (request->flags & REQUEST_POSTCOPY))
		virTypedParamsAddULLong(&params, n, &most,
		    VIR_MIGRATE_PARAM_BANDWIDTH_POSTCOPY, request->bandwidth);
	for (guint i = 0; i < m->copies->len; i++) {
		const struct volume_copy *copy = m->copies->pdata[i];
		virTypedParamsAddString(&params, n, &most, VIR_MIGRATE_PARAM_MIGRATE_DISKS,
		    copy->target);
	}
	return params;
}

/*
 * Connections of its own: five calls at a time are all that libvirtd answers on one, and
 * this call takes long.
 */
static struct migrate_call *
start_call(const struct migration *m, const struct migrate_route *route, GError **error)
{
	const struct op_run *run = m->run;
	struct migrate_how how = {
		.persistent = m->persistent, .peer_to_peer = route->peer != NULL,
		.copies = m->copies->len > 0, .declared = m->declared,
		.flags = run->request->flags,
	};
	g_autoptr(virConnect) source =
	    backend_open(run->backend, run->node, run->name, error);
	g_autoptr(virConnect) target = NULL;

	if (source == NULL)
		return NULL;
	if (route->peer == NULL) {
		target = backend_open(run->backend, m->to, run->name, error);
		if (target == NULL)
			return NULL;
	}
	virDomainPtr domain = virDomainLookupByUUIDString(source, run->uuid);
	if (domain == NULL) {
		migrate_refuse_libvirt(m, error, "it cannot be found any longer");
		return NULL;
	}
	int n;
	virTypedParameterPtr params = make_params(m, route->stream, &n);
	return migrate_call_start(g_steal_pointer(&source), domain, g_steal_pointer(&target),
	    route->peer, params, n, migrate_flags(&how));
}

static bool
finish_call(struct migration *m, struct watch *w, struct migrate_call *call, GError **error)
{
	if (!watch_call(w, call)) {
		g_propagate_error(error, g_steal_pointer(&w->stop));
		return false; /* the next process will see */
	}
	migrate_step(m, "asking both hosts");
	enum outcome outcome = settle(m);
	if (outcome == OUTCOME_MOVED)
		return succeed(m, call);
	return fail(m, w, call, outcome, error);
}

static bool
migrate_live(struct migration *m, virDomainPtr domain, virConnectPtr target,
    const struct migrate_route *route, GError **error)
{
	const struct request *request = m->run->request;
	struct watch w = { .m = m, .domain = domain, .target = target,
		.peer_to_peer = route->peer != NULL };
	unsigned long long downtime = 0;

	if (request->max_downtime != 0 &&
	    (virDomainMigrateGetMaxDowntime(domain, &downtime, 0) != 0 ||
		virDomainMigrateSetMaxDowntime(domain, request->max_downtime, 0) != 0))
		return migrate_refuse_libvirt(m, error, "the downtime cannot be limited");
	SCOPED(migrate_call) call = migrate_storage_make(m, target, error)
	    ? start_call(m, route, error) : NULL;
	if (call == NULL) {
		g_autofree char *left = migrate_storage_undo(m);
		restore_downtime(m, domain, downtime);
		return false;
	}
	bool moved = finish_call(m, &w, call, error);
	if (!moved)
		restore_downtime(m, domain, downtime);
	g_clear_error(&w.stop);
	return moved;
}

/* --- the whole */

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
	m->was = half_of(state, reason);
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
		bool going = domain != NULL && measure(m, domain);
		bool known = look_on(m, run->node).half != HALF_UNKNOWN &&
		    look_on(m, m->to).half != HALF_UNKNOWN;
		if (!going && (known || g_get_monotonic_time() > until))
			return true;
		run->alive(run->context);
		if (run->pause(run->context, MEASURE_US, &stop))
			continue;
		if (!g_error_matches(stop, OP_ERROR, CAUSE_CANCELLED)) {
			g_propagate_error(error, g_steal_pointer(&stop));
			return false;
		}
		g_clear_error(&stop);
		if (domain != NULL)
			virDomainAbortJob(domain);
		g_usleep(MEASURE_US);
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
	enum outcome outcome = known ? settle(&m) : OUTCOME_UNKNOWN;
	if (known && outcome == OUTCOME_MOVED) {
		conclude(&m);
		migrate_step(&m, "%s%s", copies ? "the copied disks are still on " : "",
		    copies ? run->node : "");
	} else if (known) {
		g_autofree char *what = truth(&m, outcome);
		g_set_error(error, OP_ERROR,
		    outcome == OUTCOME_STAYED ? CAUSE_RESTART : CAUSE_LIBVIRT,
		    "%s: the agent was stopped while it went from %s to %s; %s%s%s", run->name,
		    run->node, to, what, copies ? "; look for left-over copies of its disks on "
		    : "", copies ? to : "");
	}
	migration_end(&m);
	return known && outcome == OUTCOME_MOVED;
}
