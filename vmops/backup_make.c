/* Backups in the making: volumes, libvirt's part of it, sums and catalogue; and taking back. */
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "common/virt.h"
#include "vmops/backup_making.h"

/* The ways in which it is tried, one after the other. */
enum way {
	WAY_INCREMENTAL,
	WAY_FULL,
	WAY_BARE, /* full, and without a checkpoint for the next one */
};

/* --- making it */

static bool
make_volume(struct making *m, struct backup_part *part, GError **error)
{
	g_autofree char *xml = storage_volume_xml(&(struct volume_form){
	    .name = part->volume, .format = "qcow2", .capacity = part->capacity,
	    .backing = *part->base == '\0' ? NULL : part->base, .backing_format = "qcow2" });
	g_autoptr(virStorageVol) volume = virStorageVolCreateXML(m->to.pool, xml, 0);
	char *path = volume == NULL ? NULL : virStorageVolGetPath(volume);

	m->run->alive(m->run->context);
	g_free(part->path);
	part->path = g_strdup(path);
	free(path);
	return part->path != NULL ||
	    storage_fail(m->run, &m->to, "make volume", part->volume, error);
}

static bool
make_volumes(struct making *m, GError **error)
{
	making_choose_bases(m);
	for (guint i = 0; i < m->parts->len; i++) {
		struct backup_part *part = &g_array_index(m->parts, struct backup_part, i);
		if (!part->left_out && !make_volume(m, part, error))
			return false;
	}
	return true;
}

static char *
remove_volumes(struct making *m)
{
	g_autofree char *catalogue = backup_catalogue_name(m->c->name);
	char *left = storage_undo(m->run, &m->to, catalogue);

	for (guint i = 0; i < m->parts->len; i++) {
		const struct backup_part *part = &g_array_index(m->parts, struct backup_part, i);
		char *more = part->left_out ? NULL : storage_undo(m->run, &m->to, part->volume);
		if (left == NULL)
			left = more;
		else
			g_free(more);
	}
	return left;
}

char *
making_take_back(struct making *m)
{
	g_autoptr(virDomain) fresh = op_find_domain(m->run, NULL); /* the connection may be gone */
	char *left = NULL;

	op_step(m->run, "taking back what was made");
	if (fresh != NULL)
		left = backup_live_undo(m->run, fresh, m->c->name, m->checkpoint);
	if (left != NULL)
		return left;
	if (!making_reopen_pool(m, NULL))
		return g_strdup("the node does not answer, volumes are left");
	return remove_volumes(m);
}

/* True: it goes on. */
static bool
begin(struct making *m, enum way way, int *code, GError **error)
{
	struct backup_live *l = &m->live;

	l->run = m->run;
	l->backup = m->c->name;
	l->checkpoint = m->checkpoint;
	g_free(l->begin_xml);
	g_free(l->checkpoint_xml);
	l->begin_xml = backup_begin_xml(m->parts, m->base == NULL ? NULL : m->base->checkpoint);
	l->checkpoint_xml = way == WAY_BARE ? NULL
	    : backup_checkpoint_xml(m->parts, m->checkpoint, m->c->uuid);
	return backup_live_begin(l, code, error);
}

/* Whatever libvirt does not like about what the last one has left, a full one may do. */
static bool
may_try_again(const struct making *m, enum way way, int code)
{
	if (code == VIR_ERR_OK || code == VIR_ERR_OPERATION_INVALID || way == WAY_BARE)
		return false;
	return way != WAY_INCREMENTAL || !(m->run->request->flags & REQUEST_INCREMENTAL);
}

bool
making_begin(struct making *m, GError **error)
{
	enum way way = m->base != NULL ? WAY_INCREMENTAL : WAY_FULL;

	for (;; way++) {
		g_autoptr(GError) why = NULL;
		int code = VIR_ERR_OK;
		if (!make_volumes(m, error))
			return false;
		if (begin(m, way, &code, &why))
			break;
		if (!may_try_again(m, way, code)) {
			g_propagate_error(error, g_steal_pointer(&why));
			return false;
		}
		log_info("jobs", "job %u: %s", m->run->number, why->message);
		g_free(making_take_back(m));
		making_give_up_base(m, g_strdup_printf("%s: %s", way == WAY_INCREMENTAL
		    ? "a full one" : "without a checkpoint", strstr(why->message, ": ") + 2));
		if (m->live.domain == NULL || !m->run->pause(m->run->context, 0, error))
			return false;
	}
	m->c->kind = m->base == NULL ? BACKUP_FULL : BACKUP_INCREMENTAL;
	m->c->base_uuid = m->base == NULL ? "" : catalogue_keep(m->c, m->base->uuid);
	m->c->checkpoint = m->live.checkpoint_xml == NULL ? "" : m->checkpoint;
	m->c->taken_at = m->live.taken_at;
	m->c->quiesced = m->live.quiesced;
	m->c->reason = catalogue_keep(m->c, m->why);
	return true;
}

/* --- its catalogue */

static uint64_t
length_of(const struct making *m, const char *name)
{
	g_autoptr(virStorageVol) volume = virStorageVolLookupByName(m->to.pool, name);
	virStorageVolInfo info;

	return volume != NULL && virStorageVolGetInfoFlags(volume, &info,
		VIR_STORAGE_VOL_GET_PHYSICAL) == 0 ? info.allocation : 0;
}

bool
making_sum_up(struct making *m, GError **error)
{
	uint64_t done = 0, total = 0;

	virStoragePoolRefresh(m->to.pool, 0);
	for (guint i = 0; i < m->parts->len; i++) {
		const struct backup_part *part = &g_array_index(m->parts, struct backup_part, i);
		total += part->left_out ? 0 : length_of(m, part->volume);
	}
	for (guint i = 0; i < m->parts->len; i++) {
		const struct backup_part *part = &g_array_index(m->parts, struct backup_part, i);
		struct backup_disk disk = { .target = part->target, .volume = part->volume,
			.base = part->base, .capacity = part->capacity };
		if (part->left_out)
			continue;
		g_autofree char *sum = backup_sum(m->run, &m->to, part->volume, &disk.length,
		    &done, total, error);
		if (sum == NULL)
			return false;
		disk.sha256 = catalogue_keep(m->c, sum);
		g_array_append_val(m->c->disks, disk);
	}
	return true;
}

/* From here on it is a backup. */
bool
making_complete(struct making *m, GError **error)
{
	m->c->seconds = (uint32_t)((g_get_monotonic_time() - m->began_us) / G_USEC_PER_SEC);
	if (!backup_write_catalogue(m->run, &m->to, m->c, error))
		return false;
	catalogue_record(m->c, m->to.pool_index, m->to.at->pool_name, &m->row);
	m->run->keep_backup(m->run->context, &m->row);
	return true;
}

/* After a full one nothing begins from an older checkpoint any more. */
void
making_tidy(struct making *m)
{
	if (m->c->kind == BACKUP_FULL && *m->c->checkpoint != '\0')
		backup_drop_checkpoints(m->run, m->live.domain, m->c->checkpoint);
}
