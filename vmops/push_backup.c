/* libvirt's backup of the disks of a running VM: waited for, called off. */
#include "vmops/push_backup.h"

#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "common/virt.h"
#include "vmops/storage.h"

#define LOOK_US (250 * 1000)
#define GONE_US (30 * G_USEC_PER_SEC) /* for one that was called off */
#define BACK_US (60 * G_USEC_PER_SEC) /* for a libvirtd that was restarted */

#define SPEED_TRIES 10
#define SPEED_TOLD  5
#define SPEED_US    (10 * 1000)

/*
 * libvirt may know of the copy of a disk a moment later only, and what is said in its first
 * milliseconds has been seen to be without effect: it is said more than once.
 */
void
push_backup_limit(const struct op_run *run, virDomainPtr domain, const char *target)
{
	unsigned told = 0;

	if (run->request->bandwidth == 0)
		return;
	for (int i = 0; i < SPEED_TRIES && told < SPEED_TOLD; i++) {
		told += virDomainBlockJobSetSpeed(domain, target, run->request->bandwidth, 0) == 0;
		g_usleep(SPEED_US);
	}
	if (told == 0)
		log_info("jobs", "job %u: disk %s of %s is not slowed down: %s", run->number,
		    target, run->name, virGetLastErrorMessage());
}

static bool
fail(const struct push_backup *b, enum job_cause cause, const char *why, GError **error)
{
	return b->fail(b->data, cause, why, error);
}

/* The connection broke: libvirtd may come back. */
static bool
find_again(const struct push_backup *b, GError **error)
{
	const struct op_run *run = b->run;
	int64_t until = g_get_monotonic_time() + BACK_US;

	for (;;) {
		g_autoptr(GError) why = NULL;
		virDomainPtr domain = op_find_domain(run, &why);
		if (domain != NULL) {
			virDomainFree(*b->domain);
			*b->domain = domain;
			return true;
		}
		if (why->code != CAUSE_UNREACHABLE || g_get_monotonic_time() > until) {
			g_propagate_error(error, g_steal_pointer(&why));
			return false;
		}
		run->alive(run->context);
		if (!run->pause(run->context, LOOK_US * 4, error))
			return false;
	}
}

static bool
is_backup(virTypedParameterPtr params, int n)
{
	int operation = 0;

	virTypedParamsGetInt(params, n, VIR_DOMAIN_JOB_OPERATION, &operation);
	return operation == VIR_DOMAIN_JOB_OPERATION_BACKUP;
}

/* What has become of it.  A libvirtd that was restarted has called it off, and says nothing. */
static bool
judge(const struct push_backup *b, GError **error)
{
	virTypedParameterPtr params = NULL;
	int n = 0, type = VIR_DOMAIN_JOB_NONE;
	const char *said = NULL;

	if (virDomainGetJobStats(*b->domain, &type, &params, &n,
		VIR_DOMAIN_JOB_STATS_COMPLETED) != 0)
		type = VIR_DOMAIN_JOB_NONE;
	bool told = is_backup(params, n) && type != VIR_DOMAIN_JOB_NONE;
	virTypedParamsGetString(params, n, VIR_DOMAIN_JOB_ERRMSG, &said);
	g_autofree char *why = said == NULL || *said == '\0'
	    ? g_strdup("writing has failed; the pool may be full, see the log of QEMU")
	    : g_strdup_printf("writing has failed: %s", said);
	virTypedParamsFree(params, n);
	if (op_activity(*b->domain) == INACTIVE)
		return fail(b, CAUSE_IMPOSSIBLE, "it ended before all of it was copied", error);
	if (!told)
		return fail(b, CAUSE_LIBVIRT, "libvirt was restarted, and has called it off", error);
	if (type == VIR_DOMAIN_JOB_CANCELLED)
		return fail(b, CAUSE_LIBVIRT, "somebody has called it off", error);
	return type == VIR_DOMAIN_JOB_COMPLETED || fail(b, CAUSE_LIBVIRT, why, error);
}

/* 1: it goes on, 0: it does not, -1: libvirt does not tell. */
static int
look(const struct push_backup *b)
{
	virTypedParameterPtr params = NULL;
	unsigned long long done = 0, total = 0;
	int n = 0, type = VIR_DOMAIN_JOB_NONE;

	if (virDomainGetJobStats(*b->domain, &type, &params, &n, 0) != 0)
		return -1;
	bool on = type != VIR_DOMAIN_JOB_NONE && is_backup(params, n);
	virTypedParamsGetULLong(params, n, VIR_DOMAIN_JOB_DISK_PROCESSED, &done);
	virTypedParamsGetULLong(params, n, VIR_DOMAIN_JOB_DISK_TOTAL, &total);
	virTypedParamsFree(params, n);
	if (on)
		storage_report(b->run, b->step, done, total);
	b->run->alive(b->run->context);
	return on;
}

bool
push_backup_wait(const struct push_backup *b, GError **error)
{
	for (;;) {
		int on = look(b);
		if (on < 0) {
			g_autofree char *why = g_strdup(virGetLastErrorMessage());
			if (virConnectIsAlive(virDomainGetConnect(*b->domain)) != 1) {
				if (!find_again(b, error))
					return false;
				continue;
			}
			if (op_activity(*b->domain) == ACTIVE)
				return fail(b, CAUSE_LIBVIRT, why, error);
		}
		if (on <= 0)
			return judge(b, error);
		if (!b->run->pause(b->run->context, LOOK_US, error))
			return false;
	}
}

static bool
goes_on(virDomainPtr domain, const char *mark)
{
	char *xml = virDomainBackupGetXMLDesc(domain, 0);
	bool ours = xml != NULL && strstr(xml, mark) != NULL;

	free(xml);
	return ours;
}

bool
push_backup_call_off(const struct op_run *run, virDomainPtr domain, const char *mark)
{
	int64_t until = g_get_monotonic_time() + GONE_US;

	while (goes_on(domain, mark)) {
		virDomainAbortJob(domain);
		if (g_get_monotonic_time() > until)
			return false;
		run->alive(run->context);
		g_usleep(LOOK_US);
	}
	return true;
}
