/*
 * Operation: a VM's disks go back to a snapshot.
 *
 * Of an external one, which libvirt 9.0 cannot revert to: new overlays are put upon its
 * images, then the definition gets them, in one step; only when that is done the images that
 * the VM has used until then are removed, as far as no snapshot keeps them.
 */
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "common/virt.h"
#include "vmops/backup.h"

#define WHAT  "revert to"
#define TRIES 1000

struct revert {
	const struct op_run *run;
	virDomainPtr domain;
	virDomainSnapshotPtr snapshot;
	struct kept *kept;
	GPtrArray *others;            /* struct kept */
	struct snapshot_disks *disks; /* as they are now */
	GArray *next;                 /* struct kept_disk: the images to be */
	GPtrArray *made;              /* their paths, as far as they are made */
};

/* --- what can be seen before */

static bool
check_disk(const struct revert *r, const struct kept_disk *kept, GError **error)
{
	const struct snapshot_disk *disk = snapshot_disks_find(r->disks, kept->target);

	if (disk == NULL || strcmp(disk->type, "file") != 0 || disk->images->len == 0)
		return snapshot_fail(r->run, WHAT, CAUSE_IMPOSSIBLE, error,
		    "its disk %s is no longer one of the VM", kept->target);
	if (disk->busy)
		return snapshot_fail(r->run, WHAT, CAUSE_IMPOSSIBLE, error,
		    "disk %s is being copied or merged", kept->target);
	if (kept->image[0] == '\0' || kept->format[0] == '\0')
		return snapshot_fail(r->run, WHAT, CAUSE_IMPOSSIBLE, error,
		    "libvirt does not tell which image it keeps of disk %s", kept->target);
	if (snapshot_disk_place(disk, kept->image) == 0)
		return snapshot_fail(r->run, WHAT, CAUSE_IMPOSSIBLE, error,
		    "its image %s has been written to since, as that of disk %s", kept->image,
		    kept->target);
	return true;
}

static bool
check_external(const struct revert *r, GError **error)
{
	if (strcmp(r->kept->description, SNAPSHOT_SPENT) == 0)
		return snapshot_fail(r->run, WHAT, CAUSE_IMPOSSIBLE, error,
		    "its deletion has begun, and its images are no longer what they were: "
		    "delete it");
	if (r->kept->memory != NULL || r->kept->internal)
		return snapshot_fail(r->run, WHAT, CAUSE_IMPOSSIBLE, error,
		    "it keeps memory or disks in another way besides, which virtcluster does "
		    "not take back");
	for (guint i = 0; i < r->kept->disks->len; i++)
		if (!check_disk(r, &g_array_index(r->kept->disks, struct kept_disk, i), error))
			return false;
	return true;
}

/* A saved memory goes with the disks of its time. */
static bool
check_saved(const struct revert *r, GError **error)
{
	return virDomainHasManagedSaveImage(r->domain, 0) != 1 ||
	    snapshot_fail(r->run, WHAT, CAUSE_IMPOSSIBLE, error,
	    "it has a saved state, which fits its present disks only: start it first");
}

/* --- new overlays */

static char *
choose_path(const struct revert *r, const struct kept_disk *kept)
{
	virConnectPtr connection = virDomainGetConnect(r->domain);

	for (unsigned nth = 1; nth < TRIES; nth++) {
		char *path = snapshot_overlay_path(kept->image, r->run->name, kept->target,
		    r->kept->name, nth);
		r->run->alive(r->run->context);
		if (snapshot_is_free(connection, path))
			return path;
		g_free(path);
	}
	return NULL;
}

static bool
make_overlay(struct revert *r, const struct kept_disk *kept, GError **error)
{
	g_autofree char *path = choose_path(r, kept);
	g_autoptr(GError) why = NULL;

	if (path == NULL)
		return snapshot_fail(r->run, WHAT, CAUSE_IMPOSSIBLE, error,
		    "no name is free beside %s", kept->image);
	r->run->alive(r->run->context);
	if (!snapshot_make_overlay(virDomainGetConnect(r->domain), path, kept, &why))
		return snapshot_fail(r->run, WHAT, CAUSE_LIBVIRT, error, "%s", why->message);
	struct kept_disk next = { kept->target, g_steal_pointer(&path), "qcow2" };
	g_ptr_array_add(r->made, (gpointer)next.image);
	g_array_append_val(r->next, next);
	return true;
}

static bool
make_overlays(struct revert *r, GError **error)
{
	snapshot_step(r->run, "snapshot %s: putting new images upon it", r->kept->name);
	for (guint i = 0; i < r->kept->disks->len; i++)
		if (!r->run->pause(r->run->context, 0, error) ||
		    !make_overlay(r, &g_array_index(r->kept->disks, struct kept_disk, i), error))
			return false;
	return true;
}

/* --- the switch */

static bool
define(struct revert *r, GError **error)
{
	g_autoptr(GError) why = NULL;
	char *xml = virDomainGetXMLDesc(r->domain,
	    VIR_DOMAIN_XML_SECURE | VIR_DOMAIN_XML_INACTIVE);
	g_autofree char *next = xml == NULL ? NULL : snapshot_swap_images(xml,
	    (const struct kept_disk *)(const void *)r->next->data, r->next->len, &why);

	free(xml);
	if (why != NULL)
		return snapshot_fail(r->run, WHAT, CAUSE_LIBVIRT, error, "%s", why->message);
	g_autoptr(virDomain) defined = next == NULL ? NULL
	    : virDomainDefineXML(virDomainGetConnect(r->domain), next);
	return defined != NULL || snapshot_fail_libvirt(r->run, WHAT, error);
}

static void
make_current(const struct revert *r)
{
	char *xml = virDomainSnapshotGetXMLDesc(r->snapshot, VIR_DOMAIN_SNAPSHOT_XML_SECURE);

	if (xml == NULL ||
	    !snapshot_redefine(r->domain, xml, VIR_DOMAIN_SNAPSHOT_CREATE_CURRENT))
		log_warn("jobs", "job %u: %s has gone back to snapshot %s, but libvirt does not "
		    "call that one current: %s", r->run->number, r->run->name, r->kept->name,
		    virGetLastErrorMessage());
	free(xml);
}

static bool
is_kept(const struct revert *r, const char *image)
{
	for (guint i = 0; i <= r->others->len; i++) {
		const struct kept *kept = i < r->others->len ? r->others->pdata[i] : r->kept;
		for (guint k = 0; k < kept->disks->len; k++)
			if (strcmp(g_array_index(kept->disks, struct kept_disk, k).image,
				image) == 0)
				return true;
	}
	return false;
}

static bool
is_abandoned(const struct revert *r, const struct snapshot_disk *disk)
{
	if (disk->images->len < 2 || !is_kept(r, disk->images->pdata[1]) ||
	    is_kept(r, disk->images->pdata[0]))
		return false;
	g_autofree char *user = snapshot_other_user(r->run,
	    virDomainGetConnect(r->domain), disk->images->pdata[0], NULL);
	if (user != NULL)
		log_info("jobs", "job %u: not removed: %s", r->run->number, user);
	return user == NULL;
}

/*
 * What it has used until now and nothing uses any longer: images that lie right upon what a
 * snapshot keeps, and are themselves kept by none.
 */
static char *
remove_abandoned(const struct revert *r)
{
	g_autoptr(GPtrArray) abandoned = g_ptr_array_new();

	if (op_activity(r->domain) != INACTIVE)
		return g_strdup("it was started meanwhile, with the disks that it had");
	for (guint i = 0; i < r->kept->disks->len; i++) {
		const struct snapshot_disk *disk = snapshot_disks_find(r->disks,
		    g_array_index(r->kept->disks, struct kept_disk, i).target);
		if (is_abandoned(r, disk))
			g_ptr_array_add(abandoned, disk->images->pdata[0]);
	}
	return snapshot_remove_all(r->run, virDomainGetConnect(r->domain), abandoned);
}

/* --- the whole */

static bool
undo(struct revert *r, GError **error)
{
	g_autofree char *left =
	    snapshot_remove_all(r->run, virDomainGetConnect(r->domain), r->made);

	if (left != NULL && error != NULL && *error != NULL)
		g_prefix_error(error, "%s; ", left);
	return false;
}

/* The next backup must not be upon what is gone now. */
static bool
drop_checkpoints(struct revert *r, GError **error)
{
	return backup_drop_checkpoints(r->run, r->domain, "") || snapshot_fail(r->run, WHAT,
	    CAUSE_LIBVIRT, error, "the checkpoints of its backups cannot be given up");
}

static bool
revert_external(struct revert *r, GError **error)
{
	const struct op_run *run = r->run;

	if (!check_external(r, error) || !check_saved(r, error) ||
	    !run->pause(run->context, 0, error) || !run->begin(run->context, error))
		return false;
	if (!make_overlays(r, error) || !run->pause(run->context, 0, error))
		return undo(r, error);
	if (op_activity(r->domain) != INACTIVE && !op_cut_power(run, r->domain, error))
		return undo(r, error);
	if (!drop_checkpoints(r, error) || !define(r, error))
		return undo(r, error);
	make_current(r);
	g_autofree char *left = remove_abandoned(r);
	snapshot_step(run, "went back to snapshot %s%s%s", r->kept->name,
	    left == NULL ? "" : "; ", left == NULL ? "" : left);
	return true;
}

/*
 * libvirt takes a domain back to it.  It would write into the image as it was then: not when
 * another snapshot keeps that one.
 */
static bool
revert_internal(struct revert *r, GError **error)
{
	const struct op_run *run = r->run;
	g_autoptr(GError) why = NULL;
	char *xml = virDomainSnapshotGetXMLDesc(r->snapshot, 0);
	SCOPED(snapshot_disks) then = xml == NULL ? NULL : snapshot_disks_parse(xml, &why);

	if (xml == NULL)
		return snapshot_fail_libvirt(run, WHAT, error);
	free(xml);
	if (then == NULL)
		return snapshot_fail(run, WHAT, CAUSE_LIBVIRT, error,
		    "what libvirt keeps of it cannot be read: %s", why->message);
	for (guint i = 0; i < then->disks->len; i++) {
		const struct snapshot_disk *disk = then->disks->pdata[i];
		const char *image = disk->images->len > 0 ? disk->images->pdata[0] : NULL;
		if (image != NULL && is_kept(r, image))
			return snapshot_fail(run, WHAT, CAUSE_IMPOSSIBLE, error,
			    "it is inside the image %s, which a later snapshot keeps: delete that "
			    "one first", image);
	}
	if (!check_saved(r, error) || !run->begin(run->context, error))
		return false;
	snapshot_step(run, "snapshot %s: libvirt goes back to it", r->kept->name);
	if (!drop_checkpoints(r, error))
		return false;
	if (virDomainRevertToSnapshot(r->snapshot, VIR_DOMAIN_SNAPSHOT_REVERT_FORCE) != 0)
		return snapshot_fail_libvirt(run, WHAT, error);
	snapshot_step(run, "went back to snapshot %s", r->kept->name);
	return true;
}

static void
free_image(void *path)
{
	g_free(path);
}

bool
op_snapshot_revert(const struct op_run *run, GError **error)
{
	g_autoptr(virDomain) domain = op_find_domain(run, error);
	g_autoptr(virDomainSnapshot) snapshot =
	    domain == NULL ? NULL : snapshot_find(run, domain, WHAT, error);
	SCOPED(snapshot_disks) disks =
	    snapshot == NULL ? NULL : snapshot_disks_now(run, domain, WHAT, error);

	if (disks == NULL)
		return false;
	g_autoptr(GError) why = NULL;
	SCOPED(kept) kept = snapshot_read(snapshot, &why);
	g_autoptr(GPtrArray) others =
	    kept == NULL ? NULL : snapshot_others(domain, run->request->argument, &why);
	if (others == NULL)
		return snapshot_fail(run, WHAT, CAUSE_LIBVIRT, error, "%s", why->message);
	g_autoptr(GArray) next = g_array_new(FALSE, FALSE, sizeof(struct kept_disk));
	g_autoptr(GPtrArray) made = g_ptr_array_new_with_free_func(free_image);
	struct revert r = { run, domain, snapshot, kept, others, disks, next, made };
	return kept->disks->len > 0 ? revert_external(&r, error) : revert_internal(&r, error);
}
