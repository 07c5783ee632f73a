/* Operations on backups that are there: verified, deleted. */
#include <string.h>

#include "common/log.h"
#include "common/virt.h"
#include "vmops/backup.h"
#include "vmops/job_record.h"

/* The record of the job's backup. */
static bool
find_subject(const struct op_run *run, struct backup_record *r, GError **error)
{
	return run->find_backup(run->context, run->uuid, r) ||
	    op_refuse(error, CAUSE_GONE, "backup %s is not known any longer", run->name);
}

bool
backup_open_pool(const struct op_run *run, uint32_t pool, struct storage_side *side,
    GError **error)
{
	SCOPED(cluster) cluster = run->look(run->context);
	const struct node *node =
	    cluster == NULL ? NULL : cluster_node_by_name(cluster, run->node, NULL);

	if (node == NULL)
		return op_refuse(error, cluster == NULL ? CAUSE_RESTART : CAUSE_GONE,
		    "backup %s: its node is not known any longer", run->name);
	return storage_open(run, pool, node->h.index, true, side, error);
}

/* --- verify */

struct checking {
	const struct op_run *run;
	struct storage_side side;
	uint64_t done, total;
	char *bad; /* what is, in words; NULL: nothing yet */
};

/* The name that an image says it is upon; free it. */
static char *
backing_of(virStorageVolPtr volume)
{
	g_autofree char *path = storage_volume_backing(volume);

	return path == NULL ? g_strdup("") : g_path_get_basename(path);
}

static bool
is_missing(struct checking *k, const char *volume, virStorageVolPtr found)
{
	if (found != NULL || virGetLastErrorCode() != VIR_ERR_NO_STORAGE_VOL)
		return false;
	k->bad = g_strdup_printf("volume %s is not there", volume);
	return true;
}

/* False with an error: nobody knows. */
static bool
check_disk(struct checking *k, const struct backup_disk *d, GError **error)
{
	g_autoptr(virStorageVol) volume = virStorageVolLookupByName(k->side.pool, d->volume);
	uint64_t length = 0;

	if (is_missing(k, d->volume, volume))
		return true;
	if (volume == NULL)
		return storage_fail(k->run, &k->side, "find", d->volume, error);
	g_autofree char *base = backing_of(volume);
	g_autofree char *sum = backup_sum(k->run, &k->side, d->volume, &length, &k->done,
	    k->total, error);
	if (sum == NULL)
		return false;
	if (strcmp(sum, d->sha256) != 0 || length != d->length)
		k->bad = g_strdup_printf("volume %s is not what was written", d->volume);
	else if (strcmp(base, d->base) != 0)
		k->bad = g_strdup_printf("volume %s is upon \"%s\", not \"%s\"", d->volume, base,
		    d->base);
	return true;
}

static bool
check_one(struct checking *k, const struct backup_record *r, GError **error)
{
	g_autofree char *name = backup_catalogue_name(r->name);
	g_autoptr(virStorageVol) volume = virStorageVolLookupByName(k->side.pool, name);
	g_autoptr(GError) why = NULL;

	if (is_missing(k, name, volume))
		return true;
	SCOPED(catalogue) c = backup_read_catalogue(k->run, &k->side, name, &why);
	if (c == NULL && why->code == CAUSE_IMPOSSIBLE) {
		k->bad = g_strdup(why->message);
		return true;
	}
	if (c == NULL) {
		g_propagate_error(error, g_steal_pointer(&why));
		return false;
	}
	if (strcmp(c->uuid, r->uuid) != 0)
		k->bad = g_strdup_printf("catalogue %s is of another backup", name);
	for (guint i = 0; k->bad == NULL && i < c->disks->len; i++)
		if (!check_disk(k, &g_array_index(c->disks, struct backup_disk, i), error))
			return false;
	return true;
}

void
backup_keep_verdict(const struct op_run *run, const struct backup_record *r, const char *bad)
{
	struct backup_record now = *r;

	now.check = bad == NULL ? CHECK_GOOD : CHECK_BAD;
	now.checked_at = g_get_real_time();
	job_text_copy(now.check_reason, sizeof(now.check_reason), bad);
	run->keep_backup(run->context, &now);
}

/* The full one first: what it says of each stands also for those upon it. */
static bool
check_chain(struct checking *k, const GPtrArray *chain, GError **error)
{
	const struct backup_record *last = chain->pdata[chain->len - 1];

	for (guint i = 0; i < chain->len; i++)
		k->total += ((const struct backup_record *)chain->pdata[i])->size;
	virStoragePoolRefresh(k->side.pool, 0);
	for (guint i = 0; k->bad == NULL && i < chain->len; i++) {
		const struct backup_record *r = chain->pdata[i];
		if (!check_one(k, r, error))
			return false;
		if (k->bad != NULL || r == last)
			backup_keep_verdict(k->run, r, k->bad);
		if (k->bad != NULL && r != last)
			backup_keep_verdict(k->run, last, k->bad);
	}
	return k->bad == NULL ||
	    op_refuse(error, CAUSE_IMPOSSIBLE,
	    "backup %s is bad: %s", last->name, k->bad);
}

bool
op_backup_verify(const struct op_run *run, GError **error)
{
	struct checking k = { .run = run };
	g_autoptr(GError) broken = NULL;
	struct backup_record r;

	if (!find_subject(run, &r, error))
		return false;
	g_autoptr(GPtrArray) all = run->backups(run->context, r.vm_uuid);
	g_autoptr(GPtrArray) chain = backup_chain(all, r.uuid, &broken);
	if (chain == NULL) {
		backup_keep_verdict(run, &r, broken->message);
		return op_refuse(error, CAUSE_IMPOSSIBLE, "backup %s is bad: %s", r.name,
		    broken->message);
	}
	bool good = run->begin(run->context, error) &&
	    backup_open_pool(run, r.pool, &k.side, error) && check_chain(&k, chain, error);
	storage_close(&k.side);
	g_free(k.bad);
	return good;
}

/* --- delete */

/* True also when it is not there. */
static bool
remove_volume(const struct op_run *run, struct storage_side *side, const char *name,
    GError **error)
{
	g_autoptr(virStorageVol) volume = virStorageVolLookupByName(side->pool, name);

	run->alive(run->context);
	if (volume == NULL && virGetLastErrorCode() == VIR_ERR_NO_STORAGE_VOL)
		return true;
	if (volume == NULL || virStorageVolDelete(volume, 0) != 0)
		return storage_fail(run, side, "delete", name, error);
	log_info("jobs", "job %u: volume %s/%s deleted on node %s", run->number,
	    side->at->pool_name, name, side->at->node_name);
	return true;
}

/* What a domain has, or another image is upon, stays. */
static bool
check_unused(const struct op_run *run, struct storage_side *side, const char *name,
    GError **error)
{
	const struct volume *known =
	    cluster_volume_called(side->cluster, side->pool_index, name);
	const struct volume *above =
	    known == NULL ? NULL : cluster_volume_overlay(side->cluster, known);
	VOLUME_NAMES names = { 0 };
	g_autoptr(virDomain) user = NULL;
	g_autoptr(virStorageVol) volume = virStorageVolLookupByName(side->pool, name);

	if (volume == NULL)
		return virGetLastErrorCode() == VIR_ERR_NO_STORAGE_VOL ||
		    storage_fail(run, side, "find", name, error);
	if (!storage_names(volume, &names))
		return storage_fail(run, side, "see the path of", name, error);
	if (!storage_find_user(run, side, &names, &user, error))
		return false;
	if (user != NULL)
		return op_refuse(error, CAUSE_IMPOSSIBLE,
		    "backup %s cannot be deleted: VM %s on %s "
		    "names its volume %s", run->name, virDomainGetName(user),
		    side->at->node_name, name);
	if (above != NULL)
		return op_refuse(error, CAUSE_IMPOSSIBLE,
		    "backup %s cannot be deleted: image %s is "
		    "upon its volume %s", run->name, above->name, name);
	return true;
}

/* Best effort: a VM that is gone or does not answer has none that matters. */
static void
drop_checkpoint(const struct op_run *run, const struct backup_record *r)
{
	SCOPED(cluster) cluster = run->look(run->context);
	const struct vm *vm = cluster == NULL ? NULL : cluster_vm_of_uuid(cluster, r->vm_uuid);

	if (vm == NULL || *r->checkpoint == '\0')
		return;
	g_autoptr(virDomain) domain = backend_find_domain(run->backend, vm->node_name,
	    vm->uuid, vm->name, NULL);
	run->alive(run->context);
	g_autofree char *why =
	    domain == NULL ? NULL : backup_drop_checkpoint(domain, r->checkpoint);
	if (why != NULL)
		log_warn("jobs", "job %u: checkpoint %s of %s stays: %s", run->number,
		    r->checkpoint, vm->name, why);
}

/*
 * First its catalogue: without that it is no backup, and what remains of a deletion that was
 * cut short can be deleted again.
 */
static bool
delete_files(const struct op_run *run, const struct backup_record *r,
    struct storage_side *side, GError **error)
{
	g_auto(GStrv) targets = g_strsplit(r->disks, " ", -1);
	g_autofree char *catalogue = backup_catalogue_name(r->name);

	virStoragePoolRefresh(side->pool, 0);
	for (char **t = targets; *t != NULL; t++) {
		g_autofree char *volume = backup_volume_name(r->name, *t);
		if (!check_unused(run, side, volume, error))
			return false;
	}
	if (!run->own(run->context, error) || !run->begin(run->context, error) ||
	    !remove_volume(run, side, catalogue, error))
		return false;
	for (char **t = targets; *t != NULL; t++) {
		g_autofree char *volume = backup_volume_name(r->name, *t);
		if (!remove_volume(run, side, volume, error))
			return false;
	}
	return true;
}

/* Of a deletion that an earlier process began the storage has yet to be looked at. */
static bool
open_in_time(const struct op_run *run, uint32_t pool, struct storage_side *side,
    GError **error)
{
	g_autoptr(GError) why = NULL;
	int64_t until = 0;

	while (!backup_open_pool(run, pool, side, &why)) {
		storage_close(side);
		if (run->owned && storage_open_again(run, &until, &why))
			continue;
		g_propagate_error(error, g_steal_pointer(&why));
		return false;
	}
	return true;
}

bool
op_backup_delete(const struct op_run *run, GError **error)
{
	STORAGE_SIDE side = { 0 };
	g_autoptr(GError) unknown = NULL;
	struct backup_record r;

	if (!find_subject(run, &r, &unknown)) {
		if (run->owned) /* an earlier process has come that far */
			return true;
		g_propagate_error(error, g_steal_pointer(&unknown));
		return false;
	}
	g_autoptr(GPtrArray) all = run->backups(run->context, r.vm_uuid);
	const struct backup_record *above = backup_above(all, r.uuid);
	if (above != NULL)
		return op_refuse(error, CAUSE_IMPOSSIBLE,
		    "backup %s cannot be deleted: %s is upon it", r.name, above->name);
	if (r.state == BACKUP_COMPLETE) {
		if (!open_in_time(run, r.pool, &side, error) ||
		    !delete_files(run, &r, &side, error))
			return false;
		drop_checkpoint(run, &r);
	}
	run->forget_backup(run->context, r.uuid);
	if (side.at != NULL)
		storage_settle(run, side.pool_index);
	return true;
}
