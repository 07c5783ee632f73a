/*
 * Operation: a VM is backed up.
 *
 * Before the first volume is made a record of the backup, with its names, is written down: a
 * later process knows by it what to take back.  The catalogue is written when all else is
 * there, so that whatever fails before leaves the chain as it was.
 */
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "common/virt.h"
#include "vmops/backup_making.h"
#include "vmops/quiesce.h"

/* --- the whole */

static bool
prepare(struct making *m, GError **error)
{
	const struct op_run *run = m->run;

	m->live.domain = op_find_domain(run, error);
	if (m->live.domain == NULL || !making_open_pool(m, 0, error))
		return false;
	m->cold = op_activity(m->live.domain) == INACTIVE;
	virStoragePoolRefresh(m->to.pool, 0);
	making_name(m);
	if (!making_read_disks(m, error) || !making_note_definition(m, error) ||
	    !making_choose_base(m, error) || !making_check_free(m, error))
		return false;
	m->c->taken_at = g_get_real_time();
	making_keep_row(m, BACKUP_RUNNING, "");
	m->begun = run->own(run->context, error) && run->begin(run->context, error);
	return m->begun;
}

static bool
make_cold(struct making *m, GError **error)
{
	m->c->reason = catalogue_keep(m->c, m->why);
	return backup_cold(m->run, m->live.domain, &m->to, m->disks, m->parts, error);
}

static bool
make_live(struct making *m, GError **error)
{
	return making_begin(m, error) && backup_live_wait(&m->live, error) &&
	    making_reopen_pool(m, error);
}

static bool
make(struct making *m, GError **error)
{
	return (m->cold ? make_cold(m, error) : make_live(m, error)) && making_sum_up(m, error) &&
	    making_complete(m, error);
}

static bool
is_left_running(const GError *error)
{
	return error != NULL && error->code == CAUSE_RESTART;
}

/* --- after a restart */

static bool
open_again(struct making *m, GError **error)
{
	g_autoptr(GError) why = NULL;
	int64_t until = 0;

	while (!making_open_pool(m, m->row.pool, &why)) {
		storage_close(&m->to);
		if (storage_open_again(m->run, &until, &why))
			continue;
		g_propagate_error(error, g_steal_pointer(&why));
		return false;
	}
	return true;
}

/* The names of what was being made. */
static void
take_names(struct making *m)
{
	g_auto(GStrv) targets = g_strsplit(m->row.disks, " ", -1);

	m->c->uuid = catalogue_keep(m->c, m->row.uuid);
	m->c->name = catalogue_keep(m->c, m->row.name);
	m->c->vm_name = catalogue_keep(m->c, m->row.vm_name);
	m->c->vm_uuid = catalogue_keep(m->c, m->row.vm_uuid);
	m->c->taken_at = m->row.taken_at;
	m->checkpoint = g_strdup(m->row.checkpoint);
	for (char **t = targets; *t != NULL; t++) {
		struct backup_part part = { .target = catalogue_keep(m->c, *t), .format = "",
			.base = "", .volume = backup_volume_name(m->row.name, *t) };
		g_array_append_val(m->parts, part);
	}
}

/* Its catalogue was written already. */
static bool
is_whole(struct making *m)
{
	g_autofree char *name = backup_catalogue_name(m->c->name);
	struct backup_record found;

	virStoragePoolRefresh(m->to.pool, 0);
	SCOPED(catalogue) c = backup_read_catalogue(m->run, &m->to, name, NULL);
	if (c == NULL || strcmp(c->uuid, m->c->uuid) != 0)
		return false;
	catalogue_record(c, m->to.pool_index, m->to.at->pool_name, &found);
	m->run->keep_backup(m->run->context, &found);
	return true;
}

static bool
recover(struct making *m, GError **error)
{
	const struct op_run *run = m->run;

	take_names(m);
	if (!open_again(m, error))
		return false;
	if (is_whole(m))
		return true;
	g_autoptr(virDomain) domain = op_find_domain(run, NULL);
	if (domain != NULL && op_activity(domain) == ACTIVE)
		quiesce_end(run, domain);
	g_set_error(error, OP_ERROR, CAUSE_RESTART,
	    "the agent was restarted while %s was backed up; what there was of it was removed",
	    run->name);
	storage_add_left(error, making_take_back(m));
	return false;
}

/* What an earlier process was making of the VM; `found`: there was something. */
static bool
recover_unfinished(const struct op_run *run, bool *found, GError **error)
{
	MAKING m;
	GError *why = NULL;

	making_begins(&m, run);
	const struct backup_record *unfinished = backup_unfinished(m.records, run->uuid);
	*found = unfinished != NULL;
	if (unfinished == NULL)
		return true;
	m.row = *unfinished;
	bool whole = recover(&m, &why);
	if (!whole && why->code != CAUSE_UNREACHABLE)
		making_keep_row(&m, BACKUP_FAILED, why->message);
	if (m.to.at != NULL)
		storage_settle(run, m.to.pool_index);
	if (!whole)
		g_propagate_error(error, why);
	return whole;
}

bool
op_backup_recover(const struct op_run *run, GError **error)
{
	bool found;

	if (!recover_unfinished(run, &found, error))
		return false;
	if (!found)
		g_set_error(error, OP_ERROR, CAUSE_RESTART,
		    "the agent was restarted before the backup of %s had begun", run->name);
	return found;
}

/* --- the operation */

static bool
back_up(const struct op_run *run, GError **error)
{
	MAKING m;
	GError *why = NULL;

	making_begins(&m, run);
	making_identify(&m);
	if (prepare(&m, &why) && make(&m, &why)) {
		making_tidy(&m);
		storage_settle(run, m.to.pool_index);
		op_step(run, m.row.reason);
		return true;
	}
	if (!m.begun || !is_left_running(why)) {
		if (m.begun)
			storage_add_left(&why, making_take_back(&m));
		if (m.c->taken_at == 0)
			m.c->taken_at = g_get_real_time();
		making_keep_row(&m, BACKUP_FAILED, why->message);
		if (m.begun && m.to.at != NULL)
			storage_settle(run, m.to.pool_index);
	}
	g_propagate_error(error, why);
	return false;
}

bool
op_backup(const struct op_run *run, GError **error)
{
	g_autoptr(GError) left = NULL;
	bool found;

	if (!recover_unfinished(run, &found, &left))
		log_info("jobs", "job %u: %s", run->number, left->message);
	return back_up(run, error);
}
