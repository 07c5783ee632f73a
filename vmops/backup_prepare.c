/* Backups in the making: where one goes, which disks are in it, and upon what it is. */
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "common/virt.h"
#include "vmops/backup_making.h"

#define NAMES_TRIED 60

static void
part_clear(void *data)
{
	struct backup_part *part = data;

	g_free(part->volume);
	g_free(part->path);
}

void
making_begins(struct making *m, const struct op_run *run)
{
	*m = (struct making){
		.run = run, .began_us = g_get_monotonic_time(), .c = catalogue_new(),
		.records = run->backups(run->context, run->uuid),
		.parts = g_array_new(FALSE, TRUE, sizeof(struct backup_part)),
	};
	g_array_set_clear_func(m->parts, part_clear);
}

void
making_end(struct making *m)
{
	storage_close(&m->to);
	if (m->records != NULL)
		g_ptr_array_unref(m->records);
	g_free(m->why);
	catalogue_free(m->c);
	if (m->parts != NULL)
		g_array_unref(m->parts);
	snapshot_disks_free(m->disks);
	if (m->live.domain != NULL)
		virDomainFree(m->live.domain);
	g_free(m->live.begin_xml);
	g_free(m->live.checkpoint_xml);
	g_free(m->checkpoint);
}

bool
making_refuse(const struct making *m, enum job_cause cause, const char *why, GError **error)
{
	g_set_error(error, OP_ERROR, (gint)cause, "cannot back %s up on %s: %s", m->run->name,
	    m->run->node, why);
	return false;
}

bool
making_refuse_libvirt(const struct making *m, const char *what, GError **error)
{
	g_autofree char *why = g_strdup_printf("%s: %s", what, virGetLastErrorMessage());

	return making_refuse(m, CAUSE_LIBVIRT, why, error);
}

/* --- where it goes */

bool
making_open_pool(struct making *m, uint32_t index, GError **error)
{
	const struct op_run *run = m->run;
	SCOPED(cluster) cluster = run->look(run->context);
	const struct node *node =
	    cluster == NULL ? NULL : cluster_node_by_name(cluster, run->node, NULL);
	g_autoptr(GError) why = NULL;

	if (node == NULL)
		return making_refuse(m, cluster == NULL ? CAUSE_RESTART : CAUSE_GONE,
		    "its node is not known any longer", error);
	const struct pool *pool = index != 0 ? rows_find(&cluster->rows[ROWS_POOL], index, 0)
					     : backup_pool(cluster, run->request, &why);
	if (pool == NULL)
		return making_refuse(m, CAUSE_GONE, why != NULL ? why->message
		    : "its pool is not known any longer", error);
	return storage_open(run, pool->h.index, node->h.index, true, &m->to, error);
}

bool
making_reopen_pool(struct making *m, GError **error)
{
	uint32_t pool = m->to.pool_index;

	if (m->to.connection != NULL && virConnectIsAlive(m->to.connection) == 1)
		return true;
	storage_close(&m->to);
	m->to.pool_index = pool; /* also for the next attempt */
	return making_open_pool(m, pool, error);
}

/* --- its disks */

static bool
add_part(struct making *m, const struct snapshot_disk *disk, GError **error)
{
	struct backup_part part = {
		.target = disk->target, .format = disk->format, .left_out = disk->aside,
		.base = "",
	};
	virDomainBlockInfo info;

	if (!disk->aside) {
		m->run->alive(m->run->context);
		if (virDomainGetBlockInfo(m->live.domain, disk->target, &info, 0) != 0)
			return making_refuse_libvirt(m, disk->target, error);
		part.capacity = info.capacity;
		part.volume = backup_volume_name(m->c->name, disk->target);
	}
	g_array_append_val(m->parts, part);
	return true;
}

bool
making_read_disks(struct making *m, GError **error)
{
	char *xml = virDomainGetXMLDesc(m->live.domain, 0);
	g_autoptr(GError) why = NULL;

	m->disks = xml == NULL ? NULL : snapshot_disks_parse(xml, &why);
	free(xml);
	if (m->disks == NULL)
		return why != NULL ? making_refuse(m, CAUSE_LIBVIRT, why->message, error)
				   : making_refuse_libvirt(m, "its definition", error);
	g_autofree char *refusal = backup_disks_refusal(m->disks);
	if (refusal != NULL)
		return making_refuse(m, CAUSE_IMPOSSIBLE, refusal, error);
	m->live.agent = m->disks->agent;
	for (guint i = 0; i < m->disks->disks->len; i++)
		if (!add_part(m, m->disks->disks->pdata[i], error))
			return false;
	return true;
}

bool
making_note_definition(struct making *m, GError **error)
{
	char *xml = virDomainGetXMLDesc(m->live.domain,
	    VIR_DOMAIN_XML_INACTIVE | VIR_DOMAIN_XML_SECURE);

	if (xml == NULL)
		return making_refuse_libvirt(m, "its definition", error);
	m->c->domain_xml = catalogue_keep(m->c, xml);
	free(xml);
	return true;
}

/* --- upon what */

static bool
has_disk(const struct backup_record *r, const char *target)
{
	g_auto(GStrv) targets = g_strsplit(r->disks, " ", -1);

	return g_strv_contains((const char *const *)targets, target);
}

void
making_choose_bases(struct making *m)
{
	for (guint i = 0; i < m->parts->len; i++) {
		struct backup_part *part = &g_array_index(m->parts, struct backup_part, i);
		part->base = "";
		if (m->base == NULL || part->left_out || strcmp(part->format, "qcow2") != 0 ||
		    !has_disk(m->base, part->target))
			continue;
		g_autofree char *name = backup_volume_name(m->base->name, part->target);
		part->base = catalogue_keep(m->c, name);
	}
}

void
making_give_up_base(struct making *m, char *why)
{
	m->base = NULL;
	g_free(m->why);
	m->why = why;
}

static void
check_base(struct making *m)
{
	g_autoptr(virDomainCheckpoint) checkpoint =
	    virDomainCheckpointLookupByName(m->live.domain, m->base->checkpoint, 0);
	bool any = false;

	if (checkpoint == NULL) {
		making_give_up_base(m, g_strdup("a full one: the checkpoint of the last one is gone; the "
		    "VM was defined anew, or has moved to another node"));
		return;
	}
	making_choose_bases(m);
	for (guint i = 0; i < m->parts->len && m->base != NULL; i++) {
		const struct backup_part *part = &g_array_index(m->parts, struct backup_part, i);
		g_autoptr(virStorageVol) volume = *part->base == '\0' ? NULL
		    : virStorageVolLookupByName(m->to.pool, part->base);
		any |= volume != NULL;
		if (*part->base != '\0' && volume == NULL)
			making_give_up_base(m, g_strdup_printf("a full one: %s is not there any longer",
			    part->base));
	}
	if (m->base != NULL && !any)
		making_give_up_base(m, g_strdup("a full one: no disk of format qcow2 is in the last one"));
}

bool
making_choose_base(struct making *m, GError **error)
{
	unsigned flags = m->run->request->flags;

	if (m->cold)
		m->why = g_strdup("a full one: it was off");
	else if (!(flags & REQUEST_FULL_BACKUP))
		m->base = backup_choose_base(m->records, m->run->uuid, m->to.pool_index, &m->why);
	if (m->base != NULL)
		check_base(m);
	if (m->base == NULL && (flags & REQUEST_INCREMENTAL)) {
		const char *why = m->why == NULL ? "there is none that it can be upon"
		    : m->why + strlen("a full one: ");
		return making_refuse(m, CAUSE_IMPOSSIBLE, why, error);
	}
	return true;
}

/* --- its names */

static bool
is_taken(const struct making *m, const char *name)
{
	g_autofree char *catalogue = backup_catalogue_name(name);
	g_autoptr(virStorageVol) volume = virStorageVolLookupByName(m->to.pool, catalogue);

	return volume != NULL || m->run->has_backup(m->run->context, name);
}

/* Of two in one second the later one has the next second's name. */
void
making_name(struct making *m)
{
	int64_t wall = g_get_real_time();
	char *name = backup_name(m->run->name, wall);

	for (unsigned i = 1; is_taken(m, name) && i < NAMES_TRIED; i++) {
		g_free(name);
		name = backup_name(m->run->name, wall + i * G_USEC_PER_SEC);
	}
	m->c->name = catalogue_keep(m->c, name);
	m->checkpoint = g_strconcat(BACKUP_CHECKPOINT, name, NULL);
	g_free(name);
}

void
making_identify(struct making *m)
{
	g_autofree char *uuid = g_uuid_string_random();

	m->c->uuid = catalogue_keep(m->c, uuid);
	m->c->vm_name = catalogue_keep(m->c, m->run->name);
	m->c->vm_uuid = catalogue_keep(m->c, m->run->uuid);
}

bool
making_check_free(struct making *m, GError **error)
{
	g_autofree char *catalogue = backup_catalogue_name(m->c->name);

	if (!storage_check_free(m->run, &m->to, catalogue, error))
		return false;
	for (guint i = 0; i < m->parts->len; i++) {
		const struct backup_part *part = &g_array_index(m->parts, struct backup_part, i);
		if (!part->left_out && !storage_check_free(m->run, &m->to, part->volume, error))
			return false;
	}
	return true;
}

/* --- its record */

void
making_keep_row(struct making *m, enum backup_state state, const char *reason)
{
	g_autoptr(GString) disks = g_string_new(NULL);

	for (guint i = 0; m->parts != NULL && i < m->parts->len; i++) {
		const struct backup_part *part = &g_array_index(m->parts, struct backup_part, i);
		if (!part->left_out)
			g_string_append_printf(disks, "%s%s", disks->len > 0 ? " " : "",
			    part->target);
	}
	catalogue_record(m->c, m->to.pool_index, m->to.at == NULL ? "" : m->to.at->pool_name,
	    &m->row);
	m->row.state = (int32_t)state;
	m->row.size = 0;
	g_strlcpy(m->row.disks, disks->str, sizeof(m->row.disks));
	job_text_copy(m->row.reason, sizeof(m->row.reason), reason);
	g_strlcpy(m->row.checkpoint, state == BACKUP_RUNNING ? m->checkpoint : "",
	    sizeof(m->row.checkpoint));
	if (state == BACKUP_FAILED)
		m->row.name[0] = '\0';
	m->run->keep_backup(m->run->context, &m->row);
}
