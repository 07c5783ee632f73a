/*
 * Operation: what was backed up is restored: the disks as new volumes, which are whole by
 * themselves, and then a definition with them.  Whatever the VM had before stays where it is.
 *
 * The names of new volumes have a part of the job's UUID (a new VM's own) in them, which
 * nobody knew before: a later process knows by it what to take back.
 */
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "common/virt.h"
#include "vmops/restore.h"

#define NAME_MOST 128 /* octets of a VM's name within a volume's */

struct restoring {
	const struct op_run *run;
	struct backup_record record;
	struct storage_side from, to;
	struct catalogue *c;
	GArray *disks;   /* struct restore_disk */
	char *name;      /* of the VM */
	virDomainPtr old; /* the VM itself, NULL: it is gone, or another one is made */
};

static void
disk_clear(void *data)
{
	struct restore_disk *disk = data;

	g_free(disk->volume);
	g_free(disk->path);
}

static void
restoring_end(struct restoring *r)
{
	storage_close(&r->from);
	storage_close(&r->to);
	catalogue_free(r->c);
	g_array_unref(r->disks);
	g_free(r->name);
	if (r->old != NULL)
		virDomainFree(r->old);
}
#define RESTORING __attribute__((cleanup(restoring_end))) struct restoring

static bool G_GNUC_PRINTF(4, 5)
refuse(const struct restoring *r, enum job_cause cause, GError **error, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	g_autofree char *why = g_strdup_vprintf(format, args);
	va_end(args);
	g_set_error(error, OP_ERROR, (gint)cause, "cannot restore %s on %s: %s", r->record.name,
	    r->run->node, why);
	return false;
}

/* --- what, from where, and where to */

static bool
open_sides(struct restoring *r, GError **error)
{
	const struct op_run *run = r->run;
	SCOPED(cluster) cluster = run->look(run->context);
	const struct node *node =
	    cluster == NULL ? NULL : cluster_node_by_name(cluster, run->node, NULL);
	const struct backup *backup =
	    cluster == NULL ? NULL : backup_of(cluster, run->request);
	g_autoptr(GError) why = NULL;

	if (node == NULL || backup == NULL ||
	    !run->find_backup(run->context, backup->uuid, &r->record)) {
		g_set_error(error, OP_ERROR, cluster == NULL ? CAUSE_RESTART : CAUSE_GONE,
		    "backup %s: it or its node is not known any longer", run->name);
		return false;
	}
	g_autoptr(GPtrArray) all = run->backups(run->context, r->record.vm_uuid);
	g_autoptr(GPtrArray) chain = backup_chain(all, r->record.uuid, &why);
	uint32_t pool = chain == NULL ? 0 : restore_pool(cluster, run->request, &why);
	if (pool == 0)
		return refuse(r, CAUSE_IMPOSSIBLE, error, "%s", why->message);
	return storage_open(run, r->record.pool, node->h.index, true, &r->from, error) &&
	    storage_open(run, pool, node->h.index, true, &r->to, error);
}

static char *
volume_name(const struct restoring *r, const char *target)
{
	const struct request *request = r->run->request;
	g_autofree char *vm = g_strndup(r->name, NAME_MOST);

	if (restore_is_of_disk(request) && request->argument[0] != '\0')
		return g_strdup(request->argument);
	g_strcanon(vm, G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "._+-", '_');
	if (*vm == '\0' || strchr(".+-", *vm) != NULL)
		return g_strdup_printf("_%s-%.8s-%s.qcow2", vm, r->run->uuid, target);
	return g_strdup_printf("%s-%.8s-%s.qcow2", vm, r->run->uuid, target);
}

static void
add_disk(struct restoring *r, const char *target)
{
	struct restore_disk disk = {
		.target = target, .volume = volume_name(r, target),
	};

	g_array_append_val(r->disks, disk);
}

static bool
read_catalogue(struct restoring *r, GError **error)
{
	g_autofree char *name = backup_catalogue_name(r->record.name);
	const char *drive = r->run->request->machine.drive;

	virStoragePoolRefresh(r->from.pool, 0);
	r->c = backup_read_catalogue(r->run, &r->from, name, error);
	if (r->c == NULL)
		return false;
	if (strcmp(r->c->uuid, r->record.uuid) != 0)
		return refuse(r, CAUSE_GONE, error, "catalogue %s is of another backup", name);
	for (guint i = 0; i < r->c->disks->len; i++) {
		const struct backup_disk *d = &g_array_index(r->c->disks, struct backup_disk, i);
		if (*drive == '\0' || strcmp(drive, d->target) == 0)
			add_disk(r, d->target);
	}
	return r->disks->len > 0 ||
	    refuse(r, CAUSE_GONE, error, "its catalogue has no disk %s", drive);
}

/* The name is free, or the VM itself is off. */
static bool
check_vm(struct restoring *r, GError **error)
{
	virConnectPtr host = r->to.connection;
	bool same = restore_is_of_same(r->run->request);
	g_autoptr(virDomain) named = NULL;

	if (same)
		r->old = virDomainLookupByUUIDString(host, r->record.vm_uuid);
	if (r->old != NULL) {
		g_free(r->name);
		r->name = g_strdup(virDomainGetName(r->old));
		if (op_activity(r->old) != INACTIVE)
			return refuse(r, CAUSE_IMPOSSIBLE, error, "%s is not shut off", r->name);
		if (virDomainHasManagedSaveImage(r->old, 0) == 1)
			return refuse(r, CAUSE_IMPOSSIBLE, error, "%s is saved, to go on from there",
			    r->name);
		return virDomainSnapshotNum(r->old, 0) <= 0 ||
		    refuse(r, CAUSE_IMPOSSIBLE, error, "%s has snapshots, which would be lost",
			r->name);
	}
	named = virDomainLookupByName(host, r->name);
	if (named != NULL)
		return refuse(r, CAUSE_IMPOSSIBLE, error, "there is a VM %s already", r->name);
	return virGetLastErrorCode() == VIR_ERR_NO_DOMAIN ||
	    op_fail_on(r->run, host, r->run->node, "look for the name of what is restored", error);
}

/* --- its disks */

static bool
copy_disk(struct restoring *r, struct restore_disk *disk, GError **error)
{
	g_autofree char *step = g_strdup_printf("restoring %s", disk->target);
	const struct backup_disk *kept = catalogue_disk(r->c, disk->target);
	struct storage_copy copy = {
		.run = r->run, .from = &r->from, .to = &r->to, .name = disk->volume,
		.format = "qcow2", .step = step,
	};

	if (!storage_open_volume(r->run, &r->from, kept->volume, error))
		return false;
	bool copied = disk->made = storage_copy(&copy, error);
	virStorageVolFree(g_steal_pointer(&r->from.volume));
	g_autoptr(virStorageVol) made =
	    copied ? virStorageVolLookupByName(r->to.pool, disk->volume) : NULL;
	char *path = made == NULL ? NULL : virStorageVolGetPath(made);
	disk->path = g_strdup(path);
	free(path);
	return copied && (disk->path != NULL ||
	    storage_fail(r->run, &r->to, "see the path of", disk->volume, error));
}

static bool
copy_disks(struct restoring *r, GError **error)
{
	for (guint i = 0; i < r->disks->len; i++)
		if (!copy_disk(r, &g_array_index(r->disks, struct restore_disk, i), error))
			return false;
	return true;
}

/*
 * What is left, in words, to be freed; NULL: nothing.  What a VM names stays, and so does a
 * volume that was there before.
 */
static char *
remove_disks(struct restoring *r)
{
	char *left = NULL;

	op_step(r->run, "taking back what was made");
	for (guint i = 0; i < r->disks->len; i++) {
		const struct restore_disk *disk =
		    &g_array_index(r->disks, struct restore_disk, i);
		char *more = disk->made ? storage_undo(r->run, &r->to, disk->volume) : NULL;
		if (left == NULL)
			left = more;
		else
			g_free(more);
	}
	return left;
}

/* --- the VM */

static virDomainPtr
define(struct restoring *r, GError **error)
{
	bool same = restore_is_of_same(r->run->request);
	struct restore_form form = {
		.name = r->name, .uuid = same ? NULL : r->run->uuid, .disks = r->disks,
	};
	g_autoptr(GError) why = NULL;
	g_autofree char *xml = restore_xml(r->c->domain_xml, &form, &why);

	if (xml == NULL) {
		refuse(r, CAUSE_IMPOSSIBLE, error, "%s", why->message);
		return NULL;
	}
	if (r->old != NULL && op_activity(r->old) != INACTIVE) {
		refuse(r, CAUSE_IMPOSSIBLE, error, "%s was started meanwhile", r->name);
		return NULL;
	}
	virDomainPtr domain = virDomainDefineXMLFlags(r->to.connection, xml, 0);
	if (domain == NULL)
		op_fail_on(r->run, r->to.connection, r->run->node, "define what was restored",
		    error);
	return domain;
}

/* It is whole: what fails now is said, and changes nothing. */
static bool
finish(struct restoring *r, virDomainPtr domain, GError **error)
{
	if (r->old != NULL) /* those are of the disks that it had */
		backup_drop_checkpoints(r->run, domain, "");
	log_info("jobs", "job %u: %s restored as %s on node %s", r->run->number, r->record.name,
	    r->name, r->run->node);
	if (!(r->run->request->flags & REQUEST_START) || virDomainCreate(domain) == 0)
		return true;
	g_set_error(error, OP_ERROR, CAUSE_LIBVIRT, "%s was restored on %s, but does not start: "
	    "%s; it was left as it is", r->name, r->run->node, virGetLastErrorMessage());
	return false;
}

static bool
make(struct restoring *r, virDomainPtr *made, GError **error)
{
	if (!copy_disks(r, error))
		return false;
	if (restore_is_of_disk(r->run->request))
		return true;
	if (!r->run->pause(r->run->context, 0, error))
		return false;
	*made = define(r, error);
	return *made != NULL;
}

/* --- the whole */

static bool
begin(struct restoring *r, const struct op_run *run, GError **error)
{
	const struct request *request = run->request;

	*r = (struct restoring){ .run = run,
		.disks = g_array_new(FALSE, TRUE, sizeof(struct restore_disk)) };
	g_array_set_clear_func(r->disks, disk_clear);
	if (!open_sides(r, error))
		return false;
	bool own_name = restore_is_of_same(request) || restore_is_of_disk(request);
	r->name = g_strdup(own_name ? r->record.vm_name : request->argument);
	return true;
}

bool
op_restore(const struct op_run *run, GError **error)
{
	RESTORING r;
	g_autoptr(virDomain) made = NULL;
	GError *why = NULL;

	if (!begin(&r, run, error) ||
	    (!restore_is_of_disk(run->request) && !check_vm(&r, error)) ||
	    !read_catalogue(&r, error))
		return false;
	bool done = make(&r, &made, &why);
	if (!done && why->code != CAUSE_RESTART)
		storage_add_left(&why, remove_disks(&r));
	if (!done)
		g_propagate_error(error, why);
	done = done && (made == NULL || finish(&r, made, error));
	storage_settle(run, r.to.pool_index);
	return done;
}

/* --- after a restart */

static bool
open_again(struct restoring *r, const struct op_run *run, GError **error)
{
	g_autoptr(GError) why = NULL;
	int64_t until = 0;

	while (!begin(r, run, &why) || !read_catalogue(r, &why)) {
		restoring_end(r);
		if (!storage_open_again(run, &until, &why)) {
			*r = (struct restoring){
				.disks = g_array_new(FALSE, TRUE, sizeof(struct restore_disk)) };
			g_propagate_error(error, g_steal_pointer(&why));
			return false;
		}
	}
	return true;
}

/* A VM that names the new volumes is whole.  False with an error: nobody can tell. */
static bool
see_defined(struct restoring *r, bool *defined, GError **error)
{
	const struct op_run *run = r->run;
	const char *name = g_array_index(r->disks, struct restore_disk, 0).volume;
	g_autoptr(virStorageVol) volume = virStorageVolLookupByName(r->to.pool, name);
	VOLUME_NAMES names = { 0 };
	g_autoptr(virDomain) user = NULL;

	*defined = false;
	if (volume == NULL)
		return virGetLastErrorCode() == VIR_ERR_NO_STORAGE_VOL ||
		    storage_fail(run, &r->to, "find", name, error);
	if (!storage_names(volume, &names))
		return storage_fail(run, &r->to, "see the path of", name, error);
	if (!storage_find_user(run, &r->to, &names, &user, error))
		return false;
	*defined = user != NULL;
	return true;
}

bool
op_restore_recover(const struct op_run *run, GError **error)
{
	RESTORING r;
	bool defined;

	if (!open_again(&r, run, error))
		return false;
	if (!see_defined(&r, &defined, error)) {
		g_prefix_error(error, "the agent was restarted meanwhile; whether %s was restored "
		    "is not known, and nothing was taken back: ", r.record.name);
		return false;
	}
	if (defined) {
		if (!(run->request->flags & REQUEST_START))
			return true;
		g_set_error(error, OP_ERROR, CAUSE_RESTART, "the agent was restarted meanwhile; %s "
		    "was restored, see whether it was started", r.name);
		return false;
	}
	g_set_error(error, OP_ERROR, CAUSE_RESTART,
	    "the agent was restarted meanwhile; %s was not restored", r.record.name);
	for (guint i = 0; i < r.disks->len; i++) /* for all that anybody knows */
		g_array_index(r.disks, struct restore_disk, i).made = run->owned;
	storage_add_left(error, remove_disks(&r));
	storage_settle(run, r.to.pool_index);
	return false;
}
