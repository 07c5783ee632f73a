/* Operations: suspend, resume, managed save. */
#include "common/virt.h"
#include "vmops/long_call.h"

/* True where libvirt says that the domain is in that state now. */
static bool
expect_state(const struct op_run *run, virDomainPtr domain, int wanted, const char *otherwise,
    GError **error)
{
	int state = 0;

	if (virDomainGetState(domain, &state, NULL, 0) != 0)
		return op_fail_libvirt(run, domain, "see the state of", error);
	return state == wanted || op_fail(run, CAUSE_LIBVIRT, otherwise, error);
}

bool
op_suspend(const struct op_run *run, GError **error)
{
	g_autoptr(virDomain) domain = op_find_active(run, error);

	if (domain == NULL || !run->begin(run->context, error))
		return false;
	if (virDomainSuspend(domain) != 0)
		return op_fail_libvirt(run, domain, "suspend", error);
	return expect_state(run, domain, VIR_DOMAIN_PAUSED,
	    "still runs after it was suspended", error);
}

bool
op_resume(const struct op_run *run, GError **error)
{
	g_autoptr(virDomain) domain = op_find_active(run, error);
	int state = 0;

	if (domain == NULL || !run->begin(run->context, error))
		return false;
	virDomainGetState(domain, &state, NULL, 0);
	if ((state == VIR_DOMAIN_PMSUSPENDED ? virDomainPMWakeup(domain, 0)
					     : virDomainResume(domain)) != 0)
		return op_fail_libvirt(run, domain, "resume", error);
	return expect_state(run, domain, VIR_DOMAIN_RUNNING,
	    "does not run after it was resumed", error);
}

/* --- managed save: one thread waits for libvirt, the other looks how far it is */

static bool
save_call(void *domain)
{
	return virDomainManagedSave(domain, 0) == 0;
}

static bool
save_look(void *domain, const struct op_run *run)
{
	virTypedParameterPtr params = NULL;
	struct op_progress progress;
	int type = 0, n = 0;

	if (virDomainGetJobStats(domain, &type, &params, &n, 0) != 0)
		return false; /* it may hang; the time that this job has goes on */
	op_progress_init(&progress);
	op_progress_stats(&progress, params, n);
	g_strlcpy(progress.step, "saving its memory", sizeof(progress.step));
	if (type != VIR_DOMAIN_JOB_NONE)
		run->report(run->context, &progress);
	virTypedParamsFree(params, n);
	return true;
}

static void
save_stop(void *domain)
{
	virDomainAbortJob(domain);
}

static void
save_free(void *domain)
{
	virDomainFree(domain);
}

static const struct long_call_kind saving = { save_call, save_look, save_stop, save_free };

static bool
check_saved(const struct op_run *run, virDomainPtr domain, GError **error)
{
	if (op_activity(domain) == ACTIVE)
		return op_fail(run, CAUSE_LIBVIRT, "still runs after it was saved", error);
	if (virDomainHasManagedSaveImage(domain, 0) == 0)
		return op_fail(run, CAUSE_LIBVIRT, "is off, but nothing was saved", error);
	return true;
}

bool
op_save(const struct op_run *run, GError **error)
{
	g_autoptr(virDomain) domain = op_find_active(run, error);
	bool cancelled;

	if (domain == NULL || !run->begin(run->context, error))
		return false;
	virDomainRef(domain);
	SCOPED(long_call) call = long_call_start(&saving, domain, error);
	if (call == NULL || !long_call_wait(call, run, &cancelled, error))
		return false;
	if (long_call_failure(call) == NULL)
		return check_saved(run, domain, error); /* also when cancelled too late */
	if (!cancelled)
		return op_fail_reason(run, domain, "save", long_call_code(call),
		    long_call_failure(call), error);
	g_set_error(error, OP_ERROR, CAUSE_CANCELLED, "%s: cancelled", run->name);
	return false;
}
