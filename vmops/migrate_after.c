/* Live migration: what is left to do when libvirt's call has ended, and what is said. */
#include "common/log.h"
#include "common/virt.h"
#include "model/value.h"
#include "vmops/migrate_private.h"

void
migrate_arrive(struct migration *m)
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
	if (migrate_look(m, m->to).half == m->was &&
	    migrate_look(m, m->run->node).half == HALF_ABSENT)
		return migrate_storage_remove(m);
	return g_strdup_printf("its disks on %s were not removed: it is not gone there",
	    m->run->node);
}

bool
migrate_succeed(struct migration *m, const struct migrate_call *call)
{
	if (migrate_call_failure(call) != NULL)
		log_warn("jobs", "job %u: %s has moved, although libvirt says: %s",
		    m->run->number, m->run->name, migrate_call_failure(call));
	migrate_arrive(m);
	g_autofree char *left = remove_originals(m);
	migrate_step(m, "%s", left == NULL ? "" : left);
	return true;
}

bool
migrate_fail(struct migration *m, const struct migrate_watch *w,
    const struct migrate_call *call, enum outcome outcome, GError **error)
{
	bool gone = outcome == OUTCOME_STAYED || outcome == OUTCOME_HELD;
	g_autofree char *left = gone ? migrate_storage_undo(m) : NULL;
	g_autofree char *what = migrate_truth(m, outcome);
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
