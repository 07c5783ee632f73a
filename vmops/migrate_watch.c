/* Live migration: while libvirt's call lasts, how far it is, and whether it shall end. */
#include "common/log.h"
#include "common/virt.h"
#include "model/value.h"
#include "vmops/migrate_private.h"

#define TICK_US	   (100 * 1000)	  /* between looks at whether the call has ended */
#define MEASURE_US (500 * 1000)	  /* between looks at how far it is */
#define ABORT_US   G_USEC_PER_SEC /* for it to be aborted when the agent stops */

bool
migrate_look_at_job(struct migration *m, virDomainPtr domain)
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

/* In post-copy there is no way back. */
static void
abort_job(const struct migrate_watch *w)
{
	if (!w->m->meter.postcopy)
		virDomainAbortJob(w->domain);
}

/* False: leave it alone. */
static bool
watch_stop(struct migrate_watch *w)
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
watch_tick(struct migrate_watch *w)
{
	int64_t now = g_get_monotonic_time();

	if (!w->peer_to_peer && virConnectIsAlive(w->target) != 1) {
		w->broken = true;
		abort_job(w);
	}
	if (now - w->measured_us < MEASURE_US)
		return;
	w->measured_us = now;
	if (migrate_look_at_job(w->m, w->domain))
		consider_postcopy(w->m, w->domain);
}

bool
migrate_watch_call(struct migrate_watch *w, struct migrate_call *call)
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
