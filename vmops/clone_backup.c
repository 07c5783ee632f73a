/*
 * Clones: the disks of a running VM, all of one instant.  libvirt's backup copies them while
 * the guest goes on writing: QEMU keeps what is overwritten until it has been copied.
 */
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "vmops/clone.h"
#include "vmops/quiesce.h"

#define LOOK_US   (250 * 1000)
#define ENDED_US  (30 * G_USEC_PER_SEC) /* for a backup that was called off to be gone */

/* --- the volumes */

static bool
make_volume(struct clone *c, struct clone_disk *d, GString *xml, GError **error)
{
	struct storage_side *side = clone_disk_first(d);
	const struct pool *pool =
	    rows_find(&side->cluster->rows[ROWS_POOL], side->pool_index, 0);
	bool files = pool != NULL && storage_has_files(pool);
	const char *format = !files ? NULL : d->format == NULL ? "raw" : d->format;
	virDomainBlockInfo info;
	VOLUME_NAMES names = { 0 };

	if (virDomainGetBlockInfo(c->source, d->target, &info, 0) != 0)
		return clone_refuse_libvirt(c, error, "the size of its disk");
	g_autofree char *form = storage_volume_xml(&(struct volume_form){
	    .name = d->name, .format = format, .capacity = info.capacity,
	    .allocation = files ? 0 : info.capacity });
	side->volume = virStorageVolCreateXML(side->pool, form, 0);
	if (side->volume == NULL)
		return storage_fail(c->run, side, "make volume", d->name, error);
	if (!storage_names(side->volume, &names))
		return storage_fail(c->run, side, "see the path of", d->name, error);
	g_autofree char *disk = g_markup_printf_escaped("<disk name='%s' backup='yes' type='%s'>"
	    "<driver type='%s'/><target %s='%s'/></disk>", d->target, files ? "file" : "block",
	    files ? format : "raw", files ? "file" : "dev", names.path);
	g_string_append(xml, disk);
	return true;
}

/* Disks that are not named are left out. */
static char *
make_volumes(struct clone *c, GError **error)
{
	g_autoptr(GString) xml = g_string_new("<domainbackup mode='push'><disks>");

	for (guint i = 0; i < c->disks->len; i++) {
		c->run->alive(c->run->context);
		if (!make_volume(c, c->disks->pdata[i], xml, error))
			return NULL;
	}
	g_string_append(xml, "</disks></domainbackup>");
	return g_string_free(g_steal_pointer(&xml), FALSE);
}

/* --- the instant */

static bool
begin_at_rest(struct clone *c, const char *xml, GError **error)
{
	g_autofree char *why = NULL;

	if (!quiesce_begin(c->run, c->source, &why))
		return clone_refuse(c, CAUSE_LIBVIRT, error,
		    "its file systems do not come to rest: %s", why);
	bool begun = virDomainBackupBegin(c->source, xml, NULL,
	    VIR_DOMAIN_BACKUP_BEGIN_REUSE_EXTERNAL) == 0 ||
	    clone_refuse_libvirt(c, error, "the copy of its disks");
	quiesce_end(c->run, c->source);
	return begun;
}

static bool
begin(struct clone *c, const char *xml, GError **error)
{
	c->run->alive(c->run->context);
	if (c->run->request->flags & REQUEST_QUIESCE)
		return begin_at_rest(c, xml, error);
	return virDomainBackupBegin(c->source, xml, NULL,
	    VIR_DOMAIN_BACKUP_BEGIN_REUSE_EXTERNAL) == 0 ||
	    clone_refuse_libvirt(c, error, "the copy of its disks");
}

/* --- until it is copied */

static void
report(struct clone *c, virTypedParameterPtr params, int n)
{
	struct op_progress progress;

	op_progress_init(&progress);
	op_progress_stats(&progress, params, n);
	g_strlcpy(progress.step, "copying the disks of the running VM", sizeof(progress.step));
	c->run->report(c->run->context, &progress);
	c->run->alive(c->run->context);
}

static bool
is_backup(virTypedParameterPtr params, int n)
{
	int operation = 0;

	return virTypedParamsGetInt(params, n, VIR_DOMAIN_JOB_OPERATION, &operation) == 1 &&
	    operation == VIR_DOMAIN_JOB_OPERATION_BACKUP;
}

/* 1: it goes on, 0: it does not, -1: libvirt does not tell. */
static int
look(struct clone *c)
{
	virTypedParameterPtr params = NULL;
	int n = 0, type = VIR_DOMAIN_JOB_NONE;

	if (virDomainGetJobStats(c->source, &type, &params, &n, 0) != 0)
		return -1;
	bool on = type != VIR_DOMAIN_JOB_NONE && is_backup(params, n);
	if (on)
		report(c, params, n);
	virTypedParamsFree(params, n);
	return on;
}

/* What became of the last one. */
static bool
judge(struct clone *c, GError **error)
{
	virTypedParameterPtr params = NULL;
	int n = 0, type = VIR_DOMAIN_JOB_NONE, success = 0;
	const char *why = NULL;

	if (virDomainGetJobStats(c->source, &type, &params, &n,
		VIR_DOMAIN_JOB_STATS_COMPLETED) != 0)
		return clone_refuse_libvirt(c, error, "what became of the copy of its disks");
	if (virTypedParamsGetBoolean(params, n, VIR_DOMAIN_JOB_SUCCESS, &success) != 1)
		success = type == VIR_DOMAIN_JOB_COMPLETED;
	virTypedParamsGetString(params, n, VIR_DOMAIN_JOB_ERRMSG, &why);
	bool good = (is_backup(params, n) && success) ||
	    clone_refuse(c, CAUSE_LIBVIRT, error, "the copy of its disks has failed%s%s",
		why != NULL ? ": " : ", the pool may be full", why != NULL ? why : "");
	virTypedParamsFree(params, n);
	return good;
}

/* Called off, and gone. */
static void
call_off(struct clone *c)
{
	int64_t until = g_get_monotonic_time() + ENDED_US;

	while (look(c) == 1 && g_get_monotonic_time() < until) {
		virDomainAbortJob(c->source);
		g_usleep(LOOK_US);
	}
}

static bool
wait_copied(struct clone *c, GError **error)
{
	for (;;) {
		int on = look(c);
		if (on < 0)
			return clone_refuse_libvirt(c, error, "how far the copy of its disks is");
		if (on == 0)
			return judge(c, error);
		if (!c->run->pause(c->run->context, LOOK_US, error)) {
			call_off(c);
			return false;
		}
	}
}

bool
clone_backup(struct clone *c, GError **error)
{
	g_autofree char *xml = make_volumes(c, error);

	return xml != NULL && c->run->pause(c->run->context, 0, error) &&
	    begin(c, xml, error) && wait_copied(c, error);
}

void
clone_backup_end(struct clone *c)
{
	char *xml = c->active ? virDomainBackupGetXMLDesc(c->source, 0) : NULL;

	if (c->active && (c->run->request->flags & REQUEST_QUIESCE))
		quiesce_end(c->run, c->source);
	if (xml != NULL && strstr(xml, c->prefix) != NULL)
		call_off(c);
	free(xml);
}
