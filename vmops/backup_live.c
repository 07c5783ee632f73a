/*
 * Backups of a VM that runs: libvirt writes all disks, as they are in one instant, to volumes
 * that are there already, while the guest goes on.
 */
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "common/virt.h"
#include "vmops/backup.h"
#include "vmops/quiesce.h"

#define LOOK_US   (250 * 1000)
#define GONE_US   (30 * G_USEC_PER_SEC) /* for one that was called off */
#define BACK_US   (60 * G_USEC_PER_SEC) /* for a libvirtd that was restarted */
#define SPEED_TRIES 10
#define SPEED_TOLD 5
#define SPEED_US  (10 * 1000)

static bool
fail(const struct op_run *run, enum job_cause cause, const char *why, GError **error)
{
	g_set_error(error, OP_ERROR, (gint)cause, "cannot back %s up on %s: %s", run->name,
	    run->node, why);
	return false;
}

static bool
fail_libvirt(const struct op_run *run, const char *what, GError **error)
{
	g_autofree char *why = g_strdup_printf("%s%s", what, virGetLastErrorMessage());

	return fail(run, CAUSE_LIBVIRT, why, error);
}

/* --- beginning */

/*
 * libvirt may know of the copy of a disk a moment later only, and what is said in its first
 * milliseconds has been seen to be without effect: it is said more than once.
 */
static void
slow_disk(const struct backup_live *l, const char *target)
{
	unsigned told = 0;

	for (int i = 0; i < SPEED_TRIES && told < SPEED_TOLD; i++) {
		told += virDomainBlockJobSetSpeed(l->domain, target, l->run->request->bandwidth,
		    0) == 0;
		g_usleep(SPEED_US);
	}
	if (told == 0)
		log_info("jobs", "job %u: disk %s of %s is not slowed down: %s", l->run->number,
		    target, l->run->name, virGetLastErrorMessage());
}

static void
slow_down(const struct backup_live *l)
{
	char *xml = l->run->request->bandwidth == 0 ? NULL : virDomainGetXMLDesc(l->domain, 0);
	SCOPED(snapshot_disks) all = xml == NULL ? NULL : snapshot_disks_parse(xml, NULL);

	free(xml);
	for (guint i = 0; all != NULL && i < all->disks->len; i++) {
		const struct snapshot_disk *disk = all->disks->pdata[i];
		if (!disk->aside)
			slow_disk(l, disk->target);
	}
}

bool
backup_live_begin(struct backup_live *l, int *code, GError **error)
{
	const struct op_run *run = l->run;
	g_autofree char *why = NULL;

	*code = VIR_ERR_OK;
	l->quiesced = l->agent && quiesce_begin(run, l->domain, &why);
	if (!l->quiesced && (run->request->flags & REQUEST_QUIESCE))
		return fail(run, CAUSE_IMPOSSIBLE, l->agent
			? "its file systems did not come to rest"
			: "its guest's agent, which brings file systems to rest, does not answer",
		    error);
	run->alive(run->context);
	l->taken_at = g_get_real_time();
	bool begun = virDomainBackupBegin(l->domain, l->begin_xml, l->checkpoint_xml,
	    VIR_DOMAIN_BACKUP_BEGIN_REUSE_EXTERNAL) == 0;
	if (!begun) {
		*code = virGetLastErrorCode();
		fail_libvirt(run, "", error);
	}
	if (l->quiesced)
		quiesce_end(run, l->domain);
	if (begun)
		slow_down(l);
	return begun;
}

/* --- until it is whole */

/* The connection broke: libvirtd may come back. */
static bool
find_again(struct backup_live *l, GError **error)
{
	const struct op_run *run = l->run;
	int64_t until = g_get_monotonic_time() + BACK_US;

	for (;;) {
		g_autoptr(GError) why = NULL;
		virDomainPtr domain = op_find_domain(run, &why);
		if (domain != NULL) {
			virDomainFree(l->domain);
			l->domain = domain;
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

/* What has become of it.  A libvirtd that was restarted has called it off, and says nothing. */
static bool
judge(struct backup_live *l, GError **error)
{
	virTypedParameterPtr params = NULL;
	int n = 0, type = VIR_DOMAIN_JOB_NONE, operation = 0;
	const char *said = NULL;

	if (virDomainGetJobStats(l->domain, &type, &params, &n, VIR_DOMAIN_JOB_STATS_COMPLETED) != 0)
		type = VIR_DOMAIN_JOB_NONE;
	virTypedParamsGetInt(params, n, VIR_DOMAIN_JOB_OPERATION, &operation);
	virTypedParamsGetString(params, n, VIR_DOMAIN_JOB_ERRMSG, &said);
	g_autofree char *why = said == NULL || *said == '\0'
	    ? g_strdup("writing has failed; the pool may be full, see the log of QEMU")
	    : g_strdup_printf("writing has failed: %s", said);
	virTypedParamsFree(params, n);
	if (op_activity(l->domain) == INACTIVE)
		return fail(l->run, CAUSE_IMPOSSIBLE, "it ended before its backup was whole", error);
	if (operation != VIR_DOMAIN_JOB_OPERATION_BACKUP || type == VIR_DOMAIN_JOB_NONE)
		return fail(l->run, CAUSE_LIBVIRT, "libvirt was restarted, and has called it off",
		    error);
	if (type == VIR_DOMAIN_JOB_CANCELLED)
		return fail(l->run, CAUSE_LIBVIRT, "somebody has called it off", error);
	return type == VIR_DOMAIN_JOB_COMPLETED || fail(l->run, CAUSE_LIBVIRT, why, error);
}

bool
backup_live_wait(struct backup_live *l, GError **error)
{
	const struct op_run *run = l->run;
	virDomainJobInfo info;

	for (;;) {
		if (virDomainGetJobInfo(l->domain, &info) != 0) {
			g_autofree char *why = g_strdup(virGetLastErrorMessage());
			if (virConnectIsAlive(virDomainGetConnect(l->domain)) != 1) {
				if (!find_again(l, error))
					return false;
				continue;
			}
			if (op_activity(l->domain) == ACTIVE)
				return fail(run, CAUSE_LIBVIRT, why, error);
			return judge(l, error);
		}
		if (info.type == VIR_DOMAIN_JOB_NONE)
			return judge(l, error);
		run->alive(run->context);
		storage_report(run, "copying", info.fileProcessed, info.fileTotal);
		if (!run->pause(run->context, LOOK_US, error))
			return false;
	}
}

/* --- taking back */

bool
backup_drop_checkpoint(virDomainPtr domain, const char *name)
{
	g_autoptr(virDomainCheckpoint) checkpoint =
	    *name == '\0' ? NULL : virDomainCheckpointLookupByName(domain, name, 0);

	if (checkpoint == NULL)
		return *name == '\0' || virGetLastErrorCode() == VIR_ERR_NO_DOMAIN_CHECKPOINT;
	bool off = op_activity(domain) == INACTIVE;
	return virDomainCheckpointDelete(checkpoint,
		   off ? VIR_DOMAIN_CHECKPOINT_DELETE_METADATA_ONLY : 0) == 0;
}

bool
backup_drop_checkpoints(const struct op_run *run, virDomainPtr domain, const char *except)
{
	virDomainCheckpointPtr *all = NULL;
	int n = virDomainListAllCheckpoints(domain, &all, 0);
	bool dropped = n >= 0 || virGetLastErrorCode() == VIR_ERR_NO_SUPPORT;

	for (int i = 0; i < n; i++) {
		const char *name = virDomainCheckpointGetName(all[i]);
		run->alive(run->context);
		if (g_str_has_prefix(name, BACKUP_CHECKPOINT) && strcmp(name, except) != 0 &&
		    !backup_drop_checkpoint(domain, name)) {
			dropped = false;
			log_warn("jobs", "job %u: checkpoint %s of %s stays: %s", run->number,
			    name, run->name, virGetLastErrorMessage());
		}
		virDomainCheckpointFree(all[i]);
	}
	free(all);
	return dropped;
}

/* Does a backup to files of that name go on? */
static bool
goes_on(virDomainPtr domain, const char *backup)
{
	char *xml = virDomainBackupGetXMLDesc(domain, 0);
	g_autofree char *file = g_strdup_printf("/%s-", backup);
	bool ours = xml != NULL && strstr(xml, file) != NULL;

	free(xml);
	return ours;
}

static bool
call_off(const struct op_run *run, virDomainPtr domain, const char *backup)
{
	int64_t until = g_get_monotonic_time() + GONE_US;

	while (goes_on(domain, backup)) {
		virDomainAbortJob(domain);
		if (g_get_monotonic_time() > until)
			return false;
		run->alive(run->context);
		g_usleep(LOOK_US);
	}
	return true;
}

char *
backup_live_undo(const struct op_run *run, virDomainPtr domain, const char *backup,
    const char *checkpoint)
{
	if (!call_off(run, domain, backup))
		return g_strdup("the backup still goes on");
	return backup_drop_checkpoint(domain, checkpoint) ? NULL
	    : g_strdup_printf("checkpoint %s of %s is left: %s", checkpoint, run->name,
		  virGetLastErrorMessage());
}
