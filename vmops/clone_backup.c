/*
 * Clones: the disks of a running VM, all of one instant.  libvirt's backup copies them while
 * the guest goes on writing: QEMU keeps what is overwritten until it has been copied.
 */
#include "vmops/clone.h"
#include "vmops/push_backup.h"
#include "vmops/quiesce.h"

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

static bool
fail(const void *clone, enum job_cause cause, const char *why, GError **error)
{
	return clone_refuse(clone, cause, error, "%s", why);
}

static bool
wait_copied(struct clone *c, GError **error)
{
	const struct push_backup copying = { c->run, &c->source,
		"copying the disks of the running VM", fail, c };

	if (push_backup_wait(&copying, error))
		return true;
	push_backup_call_off(c->run, c->source, c->prefix);
	return false;
}

bool
clone_backup(struct clone *c, GError **error)
{
	g_autofree char *xml = make_volumes(c, error);

	if (xml == NULL || !c->run->pause(c->run->context, 0, error) || !begin(c, xml, error))
		return false;
	for (guint i = 0; i < c->disks->len; i++)
		push_backup_limit(c->run, c->source,
		    ((const struct clone_disk *)c->disks->pdata[i])->target);
	return wait_copied(c, error);
}

void
clone_backup_end(struct clone *c)
{
	if (c->active && (c->run->request->flags & REQUEST_QUIESCE))
		quiesce_end(c->run, c->source);
	if (c->active)
		push_backup_call_off(c->run, c->source, c->prefix);
}
