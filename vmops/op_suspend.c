/* Operations: suspend, resume, managed save. */
#include "common/sync.h"
#include "common/virt.h"
#include "vmops/ops.h"

#define LOOK_US (500 * 1000)

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

/* Outlives the operation when the agent is stopped meanwhile. */
struct saving {
	refcount refs;
	virDomainPtr domain; /* a reference */

	pthread_mutex_t lock;
	bool ended; /* guarded by lock */

	/* immutable once it has ended */
	char *refusal; /* libvirt's sentence, NULL: saved */
	int code;      /* libvirt's, of the refusal */
};

static struct saving *
saving_new(virDomainPtr domain)
{
	struct saving *saving = g_new0(struct saving, 1);

	atomic_init(&saving->refs, 1);
	pthread_mutex_init(&saving->lock, NULL);
	virDomainRef(domain);
	saving->domain = domain;
	return saving;
}

static void
saving_unref(struct saving *saving)
{
	if (!ref_drop(&saving->refs))
		return;
	g_free(saving->refusal);
	virDomainFree(saving->domain);
	pthread_mutex_destroy(&saving->lock);
	g_free(saving);
}
SCOPED_DEFINE(saving, saving_unref)

static void *
save(void *data)
{
	struct saving *saving = data;
	bool saved = virDomainManagedSave(saving->domain, 0) == 0;

	pthread_mutex_lock(&saving->lock);
	if (!saved) {
		saving->code = virGetLastErrorCode();
		saving->refusal = g_strdup(virGetLastErrorMessage());
	}
	saving->ended = true;
	pthread_mutex_unlock(&saving->lock);
	saving_unref(saving);
	return NULL;
}

static bool
has_ended(struct saving *saving)
{
	LOCK_SCOPE(&saving->lock);
	return saving->ended;
}

static void
report_progress(const struct op_run *run, virDomainPtr domain)
{
	virTypedParameterPtr params = NULL;
	struct op_progress progress;
	int type = 0, n = 0;

	if (virDomainGetJobStats(domain, &type, &params, &n, 0) != 0)
		return; /* it may hang; the time that this job has goes on */
	run->alive(run->context);
	op_progress_init(&progress);
	op_progress_stats(&progress, params, n);
	g_strlcpy(progress.step, "saving its memory", sizeof(progress.step));
	if (type != VIR_DOMAIN_JOB_NONE)
		run->report(run->context, &progress);
	virTypedParamsFree(params, n);
}

/* Waits for the end.  False: not to be waited for; `stopped` says why. */
static bool
watch_saving(const struct op_run *run, struct saving *saving, GError **stopped)
{
	while (!has_ended(saving)) {
		if (*stopped != NULL)
			g_usleep(LOOK_US / 10);
		else if (!run->pause(run->context, LOOK_US, stopped) &&
		    (*stopped)->code != CAUSE_CANCELLED)
			return false;
		else if (*stopped != NULL)
			virDomainAbortJob(saving->domain);
		else
			report_progress(run, saving->domain);
	}
	return true;
}

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
	g_autoptr(GError) stopped = NULL;

	if (domain == NULL || !run->begin(run->context, error))
		return false;
	SCOPED(saving) saving = saving_new(domain);
	ref_take(&saving->refs);
	GThread *thread = g_thread_try_new("job-save", save, saving, NULL);
	if (thread == NULL) {
		saving_unref(saving);
		return op_fail(run, CAUSE_IMPOSSIBLE, "cannot be saved: no thread could be "
		    "started", error);
	}
	g_thread_unref(thread);
	bool ended = watch_saving(run, saving, &stopped);
	if (ended && saving->refusal == NULL)
		return check_saved(run, domain, error); /* also when cancelled too late */
	if (stopped != NULL) {
		g_propagate_error(error, g_steal_pointer(&stopped));
		return false;
	}
	return op_fail_reason(run, domain, "save", saving->code, saving->refusal, error);
}
