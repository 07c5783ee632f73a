/* Operations on snapshots: what they have in common, and the making of one. */
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "common/virt.h"
#include "vmops/quiesce.h"
#include "vmops/snapshot.h"
#include "vmops/storage.h"

#define QUIESCE_S 15 /* for the guest to bring its file systems to rest */
#define TRIES	  100

/* --- sentences */

bool
snapshot_fail(const struct op_run *run, const char *what, enum job_cause cause,
    GError **error, const char *why, ...)
{
	va_list args;

	va_start(args, why);
	g_autofree char *reason = g_strdup_vprintf(why, args);
	va_end(args);
	g_set_error(error, OP_ERROR, (gint)cause, "cannot %s snapshot %s of %s on %s: %s", what,
	    run->request->argument, run->name, run->node, reason);
	return false;
}

bool
snapshot_fail_libvirt(const struct op_run *run, const char *what, GError **error)
{
	g_autofree char *reason = g_strdup(virGetLastErrorMessage());

	return snapshot_fail(run, what, CAUSE_LIBVIRT, error, "%s", reason);
}

void
snapshot_step(const struct op_run *run, const char *format, ...)
{
	struct op_progress progress;
	va_list args;

	op_progress_init(&progress);
	va_start(args, format);
	g_vsnprintf(progress.step, sizeof(progress.step), format, args);
	va_end(args);
	run->report(run->context, &progress);
}

/* --- what libvirt keeps */

virDomainSnapshotPtr
snapshot_find(const struct op_run *run, virDomainPtr domain, const char *what,
    GError **error)
{
	virDomainSnapshotPtr found =
	    virDomainSnapshotLookupByName(domain, run->request->argument, 0);

	if (found == NULL && virGetLastErrorCode() == VIR_ERR_NO_DOMAIN_SNAPSHOT)
		snapshot_fail(run, what, CAUSE_GONE, error, "it has none of that name");
	else if (found == NULL)
		snapshot_fail_libvirt(run, what, error);
	return found;
}

struct kept *
snapshot_read(virDomainSnapshotPtr snapshot, GError **error)
{
	const char *name = virDomainSnapshotGetName(snapshot); /* not after what fails */
	char *xml = virDomainSnapshotGetXMLDesc(snapshot, VIR_DOMAIN_SNAPSHOT_XML_SECURE);
	struct kept *kept = xml == NULL ? NULL : kept_parse(xml, error);

	if (xml == NULL)
		virt_error_plain(error);
	if (kept == NULL)
		g_prefix_error(error, "what libvirt keeps of snapshot %s cannot be read: ", name);
	free(xml);
	return kept;
}

GPtrArray *
snapshot_read_all(virDomainSnapshotPtr *list, int n, const char *but, GError **error)
{
	g_autoptr(GError) first = NULL;
	GPtrArray *all = g_ptr_array_new_with_free_func((GDestroyNotify)kept_free);

	if (n < 0)
		virt_error_plain(&first);
	for (int i = 0; i < n; i++) {
		g_autoptr(GError) why = NULL;
		bool left_out = first != NULL ||
		    g_strcmp0(virDomainSnapshotGetName(list[i]), but) == 0;
		struct kept *kept = left_out ? NULL : snapshot_read(list[i], &why);
		if (kept != NULL)
			g_ptr_array_add(all, kept);
		if (why != NULL && !g_error_matches(why, VIRT_ERROR, VIR_ERR_NO_DOMAIN_SNAPSHOT))
			first = g_steal_pointer(&why);
		virDomainSnapshotFree(list[i]);
	}
	free(list);
	if (first == NULL)
		return all;
	g_propagate_error(error, g_steal_pointer(&first));
	g_ptr_array_unref(all);
	return NULL;
}

GPtrArray *
snapshot_others(virDomainPtr domain, const char *name, GError **error)
{
	virDomainSnapshotPtr *list = NULL;
	int n = virDomainListAllSnapshots(domain, &list, 0);

	return snapshot_read_all(list, n, name, error);
}

bool
snapshot_redefine(virDomainPtr domain, const char *xml, unsigned flags)
{
	g_autoptr(virDomainSnapshot) again = virDomainSnapshotCreateXML(domain, xml,
	    VIR_DOMAIN_SNAPSHOT_CREATE_REDEFINE | flags);

	return again != NULL;
}

struct snapshot_disks *
snapshot_disks_now(const struct op_run *run, virDomainPtr domain, const char *what,
    GError **error)
{
	char *xml = virDomainGetXMLDesc(domain, 0);
	g_autoptr(GError) why = NULL;

	run->alive(run->context);
	if (xml == NULL) {
		snapshot_fail_libvirt(run, what, error);
		return NULL;
	}
	struct snapshot_disks *all = snapshot_disks_parse(xml, &why);
	free(xml);
	if (all == NULL)
		snapshot_fail(run, what, CAUSE_LIBVIRT, error, "%s", why->message);
	else if (op_activity(domain) == INACTIVE)
		snapshot_complete_chains(virDomainGetConnect(domain), all);
	return all;
}

/* --- who else has an image */

char *
snapshot_other_user(const struct op_run *run, virConnectPtr connection, const char *image,
    const char *except)
{
	SCOPED(cluster) cluster = run->look(run->context);
	const struct rows *volumes, *disks;

	if (cluster == NULL)
		return g_strdup("the agent stops");
	volumes = &cluster->rows[ROWS_VOLUME];
	for (size_t i = 0; i < volumes->n; i++) {
		const struct volume *volume = volumes->row[i];
		if (g_strcmp0(volume->backing, image) == 0 &&
		    g_strcmp0(volume->path, except) != 0 &&
		    !snapshot_is_gone(connection, volume->path))
			return g_strdup_printf("volume %s is based on %s", volume->path, image);
	}
	disks = &cluster->rows[ROWS_DISK];
	for (size_t i = 0; i < disks->n; i++) {
		const struct disk *disk = disks->row[i];
		if (g_strcmp0(disk->source, image) == 0 &&
		    disk->h.index != run->request->object)
			return g_strdup_printf("disk %s is on %s", disk->name, image);
	}
	return NULL;
}

/* --- checks on a cluster value */

bool
snapshot_check_quiet(const struct cluster *cluster, const struct vm *vm, const char *what,
    GError **error)
{
	const struct disk *disk;

	if (vm->migration != VM_STAYS)
		return request_refuse(error, REQUEST_BUSY,
		    "%s is being migrated: %s to wait", vm->name, what);
	for (size_t at = 0;
	     (disk = rows_of(&cluster->rows[ROWS_DISK], vm->h.index, &at)) != NULL;)
		if (disk->block_job != ABSENT_I32 && disk->block_job != BLOCK_JOB_NONE)
			return request_refuse(error, REQUEST_BUSY,
			    "disk %s of %s is being copied or merged: %s to wait",
			    disk->target, vm->name, what);
	return true;
}

static bool
check(const struct cluster *cluster, const struct request *request, int64_t now,
    GError **error)
{
	const struct vm *vm = cluster_vm(cluster, request->object);
	bool fresh = request->type == JOB_SNAPSHOT_CREATE;
	const char *why = fresh && request->argument[0] == '\0' ? NULL
	    : snapshot_name_refusal(request->argument, fresh);

	if (why != NULL)
		return request_refuse(error, REQUEST_BAD_VALUE,
		    "the name \"%s\" of a snapshot %s", request->argument, why);
	return vm == NULL || (op_check_persistent(cluster, request, now, error) &&
	    snapshot_check_quiet(cluster, vm, "its snapshots have", error));
}

bool
op_check_snapshot_create(const struct cluster *cluster, const struct request *request,
    int64_t now, GError **error)
{
	return check(cluster, request, now, error);
}

bool
op_check_snapshot_delete(const struct cluster *cluster, const struct request *request,
    int64_t now, GError **error)
{
	return check(cluster, request, now, error);
}

bool
op_check_snapshot_revert(const struct cluster *cluster, const struct request *request,
    int64_t now, GError **error)
{
	const struct vm *vm = cluster_vm(cluster, request->object);

	if (!check(cluster, request, now, error))
		return false;
	if (vm == NULL || !vm_is_active(vm) || (request->flags & REQUEST_POWER_OFF))
		return true;
	return request_refuse(error, REQUEST_IMPOSSIBLE, "%s is not shut off: power it off "
	    "first, or say \"power-off\", which is what that does", vm->name);
}

/* --- making one */

/* A path that is not taken, as far as the pool there knows; libvirt refuses others. */
static char *
free_path(virConnectPtr connection, const struct op_run *run,
    const struct snapshot_disk *disk, const char *name)
{
	for (unsigned nth = 1;; nth++) {
		char *path = snapshot_overlay_path(disk->images->pdata[0], run->name,
		    disk->target, name, nth);
		run->alive(run->context);
		if (nth == TRIES || snapshot_is_free(connection, path))
			return path;
		g_free(path);
	}
}

static GPtrArray *
choose_paths(const struct op_run *run, virDomainPtr domain, const struct snapshot_disks *all,
    const char *name)
{
	GPtrArray *paths = g_ptr_array_new_with_free_func(g_free);

	for (guint i = 0; i < all->disks->len; i++) {
		const struct snapshot_disk *disk = all->disks->pdata[i];
		if (!disk->aside)
			g_ptr_array_add(paths, free_path(virDomainGetConnect(domain), run, disk,
			    name));
	}
	return paths;
}

struct making {
	const struct op_run *run;
	virDomainPtr domain;
	const char *name;
	const struct snapshot_disks *disks;
	GPtrArray *paths;
};

static bool
make(const struct making *m, const char *description, unsigned flags)
{
	g_autofree char *xml = snapshot_create_xml(m->name, description, m->disks,
	    (const char *const *)m->paths->pdata);

	m->run->alive(m->run->context);
	g_autoptr(virDomainSnapshot) made = virDomainSnapshotCreateXML(m->domain, xml, flags |
	    VIR_DOMAIN_SNAPSHOT_CREATE_DISK_ONLY | VIR_DOMAIN_SNAPSHOT_CREATE_ATOMIC);
	return made != NULL;
}

/* True: it is made.  A guest that does not come to rest costs nothing but that. */
static bool
make_at_rest(const struct making *m, int state)
{
	if (!m->disks->agent || state != VIR_DOMAIN_RUNNING)
		return false;
	snapshot_step(m->run, "snapshot %s: bringing the file systems to rest", m->name);
	virDomainAgentSetResponseTimeout(m->domain, QUIESCE_S, 0);
	if (make(m, "while it ran, file systems at rest",
		VIR_DOMAIN_SNAPSHOT_CREATE_QUIESCE)) {
		snapshot_step(m->run, "snapshot %s, file systems at rest", m->name);
		return true;
	}
	log_info("jobs", "job %u: the file systems of %s did not come to rest: %s",
	    m->run->number, m->run->name, virGetLastErrorMessage());
	quiesce_end(m->run, m->domain); /* what libvirt tries once, and not if it was ended */
	return false;
}

static bool
make_either_way(const struct making *m, GError **error)
{
	int state = VIR_DOMAIN_NOSTATE;

	virDomainGetState(m->domain, &state, NULL, 0);
	if (make_at_rest(m, state))
		return true;
	bool off = state == VIR_DOMAIN_SHUTOFF;
	if (!make(m, off ? "while it was off" : "while it ran, file systems not at rest", 0))
		return snapshot_fail_libvirt(m->run, "make", error);
	snapshot_step(m->run, "snapshot %s%s%s", m->name, off ? ", while it was off"
	    : ", file systems not at rest", !off && m->disks->agent
	    ? ": the guest's agent could not" : "");
	return true;
}

static bool
create(const struct op_run *run, GError **error)
{
	g_autoptr(virDomain) domain = op_find_domain(run, error);
	struct making m = { .run = run, .domain = domain, .name = run->request->argument };

	SCOPED(snapshot_disks) disks =
	    domain == NULL ? NULL : snapshot_disks_now(run, domain, "make", error);
	if (disks == NULL)
		return false;
	g_autofree char *why = snapshot_disks_refusal(disks);
	if (why != NULL)
		return snapshot_fail(run, "make", CAUSE_IMPOSSIBLE, error, "%s", why);
	g_autoptr(virDomainSnapshot) same = virDomainSnapshotLookupByName(domain, m.name, 0);
	if (same != NULL)
		return snapshot_fail(run, "make", CAUSE_IMPOSSIBLE, error,
		    "it has one of that name already");
	if (!run->begin(run->context, error))
		return false;
	m.disks = disks;
	g_autoptr(GPtrArray) paths = m.paths = choose_paths(run, domain, disks, m.name);
	return make_either_way(&m, error);
}

bool
op_snapshot_create(const struct op_run *run, GError **error)
{
	struct request named = *run->request;
	struct op_run own = *run;

	if (named.argument[0] == '\0')
		snapshot_name_make(g_get_real_time(), named.argument);
	own.request = &named;
	return create(&own, error);
}
