/* A guest's file systems at rest. */
#include "vmops/quiesce.h"

#include "common/log.h"
#include "common/virt.h"

#define ANSWER_S 15 /* for the guest's agent */
#define THAWS    3

/* A guest that is left frozen stands still: it is asked more than once. */
void
quiesce_end(const struct op_run *run, virDomainPtr domain)
{
	virDomainAgentSetResponseTimeout(domain, ANSWER_S, 0);
	for (int i = 0; i < THAWS; i++) {
		run->alive(run->context);
		if (virDomainFSThaw(domain, NULL, 0, 0) >= 0)
			return;
		if (virGetLastErrorCode() == VIR_ERR_OPERATION_INVALID)
			return; /* it is off, or froze nothing */
	}
	log_warn("jobs", "job %u: the file systems of %s may still be at rest: %s", run->number,
	    run->name, virGetLastErrorMessage());
}

bool
quiesce_begin(const struct op_run *run, virDomainPtr domain, char **why)
{
	op_step(run, "bringing the file systems to rest");
	run->alive(run->context);
	virDomainAgentSetResponseTimeout(domain, ANSWER_S, 0);
	if (virDomainFSFreeze(domain, NULL, 0, 0) >= 0)
		return true;
	*why = g_strdup(virGetLastErrorMessage());
	log_info("jobs", "job %u: the file systems of %s did not come to rest: %s", run->number,
	    run->name, *why);
	quiesce_end(run, domain); /* some of them may be, or it was late only */
	return false;
}
