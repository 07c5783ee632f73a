/* Backups: what libvirt is told.  Pure. */
#include "vmops/backup.h"

#include <string.h>

static bool
keeps_checkpoints(const struct backup_part *part)
{
	return !part->left_out && strcmp(part->format, "qcow2") == 0;
}

char *
backup_begin_xml(const GArray *parts, const char *from)
{
	g_autoptr(GString) xml = g_string_new("<domainbackup mode='push'><disks>");

	for (guint i = 0; i < parts->len; i++) {
		const struct backup_part *p = &g_array_index(parts, struct backup_part, i);
		g_autofree char *head = g_markup_printf_escaped("<disk name='%s' backup='%s'",
		    p->target, p->left_out ? "no" : "yes");
		g_string_append(xml, head);
		if (p->left_out) {
			g_string_append(xml, "/>");
			continue;
		}
		g_autofree char *mode = from == NULL || *p->base == '\0'
		    ? g_strdup(" backupmode='full'")
		    : g_markup_printf_escaped(" backupmode='incremental' incremental='%s'", from);
		g_autofree char *rest = g_markup_printf_escaped(" type='file'><target file='%s'/>"
		    "<driver type='qcow2'/></disk>", p->path);
		g_string_append_printf(xml, "%s%s", mode, rest);
	}
	g_string_append(xml, "</disks></domainbackup>");
	return g_string_free(g_steal_pointer(&xml), FALSE);
}

char *
backup_checkpoint_xml(const GArray *parts, const char *name, const char *description)
{
	g_autoptr(GString) disks = g_string_new(NULL);
	bool any = false;

	for (guint i = 0; i < parts->len; i++) {
		const struct backup_part *p = &g_array_index(parts, struct backup_part, i);
		g_autofree char *disk = g_markup_printf_escaped(
		    "<disk name='%s' checkpoint='%s'/>", p->target,
		    keeps_checkpoints(p) ? "bitmap" : "no");
		g_string_append(disks, disk);
		any |= keeps_checkpoints(p);
	}
	if (!any)
		return NULL;
	g_autofree char *head = g_markup_printf_escaped("<domaincheckpoint><name>%s</name>"
	    "<description>%s</description><disks>", name, description);
	return g_strconcat(head, disks->str, "</disks></domaincheckpoint>", NULL);
}

char *
backup_disks_refusal(const struct snapshot_disks *all)
{
	guint n = 0;

	for (guint i = 0; i < all->disks->len; i++) {
		const struct snapshot_disk *disk = all->disks->pdata[i];
		if (disk->busy)
			return g_strdup_printf("its disk %s is being copied or merged",
			    disk->target);
		n += !disk->aside;
	}
	if (n == 0)
		return g_strdup("it has no disk that is written to");
	return n <= BACKUP_DISKS_MOST ? NULL
	    : g_strdup_printf("it has more than %d disks", BACKUP_DISKS_MOST);
}
