/*
 * Backups of a VM that runs: libvirt writes all disks, as they are in one instant, to volumes
 * that are there already, while the guest goes on.
 */
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "common/virt.h"
#include "vmops/backup.h"
#include "vmops/push_backup.h"
#include "vmops/quiesce.h"

static bool
fail(const void *data, enum job_cause cause, const char *why, GError **error)
{
	const struct op_run *run = data;

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

static void
slow_down(const struct backup_live *l)
{
	char *xml = l->run->request->bandwidth == 0 ? NULL : virDomainGetXMLDesc(l->domain, 0);
	SCOPED(snapshot_disks) all = xml == NULL ? NULL : snapshot_disks_parse(xml, NULL);

	free(xml);
	for (guint i = 0; all != NULL && i < all->disks->len; i++) {
		const struct snapshot_disk *disk = all->disks->pdata[i];
		if (!disk->aside)
			push_backup_limit(l->run, l->domain, disk->target);
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

bool
backup_live_wait(struct backup_live *l, GError **error)
{
	const struct push_backup copying = { l->run, &l->domain, "copying", fail, l->run };

	return push_backup_wait(&copying, error);
}

/* --- taking back */

char *
backup_drop_checkpoint(virDomainPtr domain, const char *name)
{
	g_autoptr(virDomainCheckpoint) checkpoint =
	    *name == '\0' ? NULL : virDomainCheckpointLookupByName(domain, name, 0);

	if (*name == '\0' ||
	    (checkpoint == NULL && virGetLastErrorCode() == VIR_ERR_NO_DOMAIN_CHECKPOINT))
		return NULL;
	if (checkpoint == NULL)
		return g_strdup(virGetLastErrorMessage());
	bool off = op_activity(domain) == INACTIVE;
	return virDomainCheckpointDelete(checkpoint,
		   off ? VIR_DOMAIN_CHECKPOINT_DELETE_METADATA_ONLY : 0) == 0 ? NULL
	    : g_strdup(virGetLastErrorMessage());
}

bool
backup_drop_checkpoints(const struct op_run *run, virDomainPtr domain, const char *except)
{
	virDomainCheckpointPtr *all = NULL;
	int n = virDomainListAllCheckpoints(domain, &all, 0);
	bool dropped = n >= 0 || virGetLastErrorCode() == VIR_ERR_NO_SUPPORT;

	for (int i = 0; i < n; i++) {
		const char *name = virDomainCheckpointGetName(all[i]);
		bool goes = g_str_has_prefix(name, BACKUP_CHECKPOINT) && strcmp(name, except) != 0;
		run->alive(run->context);
		g_autofree char *why = goes ? backup_drop_checkpoint(domain, name) : NULL;
		if (why != NULL) {
			dropped = false;
			log_warn("jobs", "job %u: checkpoint %s of %s stays: %s", run->number,
			    name, run->name, why);
		}
		virDomainCheckpointFree(all[i]);
	}
	free(all);
	return dropped;
}

char *
backup_live_undo(const struct op_run *run, virDomainPtr domain, const char *backup,
    const char *checkpoint)
{
	g_autofree char *mark = g_strdup_printf("/%s-", backup);

	if (!push_backup_call_off(run, domain, mark))
		return g_strdup("the backup still goes on");
	g_autofree char *why = backup_drop_checkpoint(domain, checkpoint);
	return why == NULL ? NULL
	    : g_strdup_printf("checkpoint %s of %s is left: %s", checkpoint, run->name, why);
}
