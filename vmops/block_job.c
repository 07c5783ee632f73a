/* What libvirt does with a disk of a running VM: called off, or brought to its end. */
#include "vmops/block_job.h"

#include "common/log.h"
#include "common/virt.h"

#define LOOK_US  (100 * 1000)
#define ENDED_US (30 * G_USEC_PER_SEC)
#define PIVOT_US (20 * G_USEC_PER_SEC)

bool
block_job_cancel(const struct op_run *run, virDomainPtr domain, const char *target)
{
	int64_t until = g_get_monotonic_time() + ENDED_US;
	const char *name = virDomainGetName(domain); /* later, libvirt's words would be lost */
	virDomainBlockJobInfo info;

	while (virDomainGetBlockJobInfo(domain, target, &info, 0) == 1) {
		bool told = virDomainBlockJobAbort(domain, target, 0) == 0;
		if (g_get_monotonic_time() > until) {
			log_warn("jobs", "job %u: the copying or merging of disk %s of %s does not "
			    "end%s%s", run->number, target, name,
			    told ? "" : ": ", told ? "" : virGetLastErrorMessage());
			return false;
		}
		run->alive(run->context);
		g_usleep(LOOK_US);
	}
	return true;
}

char *
block_job_pivot(const struct op_run *run, virDomainPtr domain, const char *target)
{
	int64_t until = g_get_monotonic_time() + PIVOT_US;

	while (virDomainBlockJobAbort(domain, target, VIR_DOMAIN_BLOCK_JOB_ABORT_PIVOT) != 0) {
		g_autofree char *words = g_strdup(virGetLastErrorMessage());
		virDomainBlockJobInfo info;
		if (g_get_monotonic_time() > until ||
		    virDomainGetBlockJobInfo(domain, target, &info, 0) != 1)
			return g_steal_pointer(&words);
		run->alive(run->context);
		g_usleep(LOOK_US);
	}
	return NULL;
}
