/*
 * Operation: a snapshot is given up.
 *
 * Of an external one, which libvirt 9.0 cannot delete: the layer above each image is
 * committed into it, while the VM runs.  From the first octet on the image is no longer the
 * instant that the snapshot names; so the snapshot is marked before (SNAPSHOT_SPENT), and
 * what was cancelled or killed can only be deleted again.  What is to be done follows from
 * libvirt's own word alone each time, which is why a restart goes on with it.
 */
#include <stdlib.h>
#include <string.h>

#include "common/virt.h"
#include "vmops/block_job.h"
#include "vmops/snapshot.h"

#define WHAT	"delete"
#define LOOK_US (250 * 1000)

struct deletion {
	const struct op_run *run;
	virDomainPtr domain;
	virDomainSnapshotPtr snapshot;
	struct kept *kept;
	struct snapshot_kin kin;
	struct snapshot_disks *disks; /* as they were at the beginning */
	GArray *merges;               /* struct merge */
	bool begun;                   /* it was marked when this began */
	bool lost;                    /* libvirt cannot be asked any longer */
};

static struct merge *
merge_at(const struct deletion *d, guint i)
{
	return &g_array_index(d->merges, struct merge, i);
}

/* --- the jobs of libvirt */

static void
abort_all(const struct deletion *d)
{
	for (guint i = 0; i < d->merges->len; i++)
		if (!merge_at(d, i)->ended)
			block_job_cancel(d->run, d->domain, merge_at(d, i)->target);
}

/* One that goes on already is of the process before. */
static bool
start_merge(const struct deletion *d, const struct merge *m, GError **error)
{
	virDomainBlockJobInfo info;
	unsigned flags = VIR_DOMAIN_BLOCK_COMMIT_DELETE |
	    (m->active ? VIR_DOMAIN_BLOCK_COMMIT_ACTIVE : 0);

	if (virDomainGetBlockJobInfo(d->domain, m->target, &info, 0) == 1 &&
	    (info.type == VIR_DOMAIN_BLOCK_JOB_TYPE_COMMIT ||
		info.type == VIR_DOMAIN_BLOCK_JOB_TYPE_ACTIVE_COMMIT))
		return true;
	return virDomainBlockCommit(d->domain, m->target, m->base, m->active ? NULL : m->top,
		   d->run->request->bandwidth, flags) == 0 ||
	    snapshot_fail_libvirt(d->run, WHAT, error);
}

/* How far they are; true when each is ready (to be switched) or over, or nobody can tell. */
static bool
look(struct deletion *d, struct op_progress *progress)
{
	uint64_t cur = 0, end = 0;
	bool ready = true;

	for (guint i = 0; i < d->merges->len; i++) {
		struct merge *m = merge_at(d, i);
		virDomainBlockJobInfo info;
		int going = m->ended ? 0
		    : virDomainGetBlockJobInfo(d->domain, m->target, &info, 0);
		if (going < 0 && virConnectIsAlive(virDomainGetConnect(d->domain)) != 1)
			d->lost = true;
		if (going < 0)
			return d->lost || op_activity(d->domain) == INACTIVE;
		d->run->alive(d->run->context);
		m->ended |= going == 0;
		if (m->ended)
			continue;
		cur += info.cur;
		end += info.end;
		ready &= m->active && info.end > 0 && info.cur == info.end;
	}
	progress->processed = cur;
	progress->remaining = end - cur;
	progress->percent = end == 0 ? 0 : (uint32_t)MIN((double)cur * 100 / (double)end, 99);
	return ready;
}

/* The guest goes on with the image below; until then nothing has changed for it. */
static bool
pivot(const struct deletion *d, const struct merge *m, GError **error)
{
	g_autofree char *words = block_job_pivot(d->run, d->domain, m->target);

	return words == NULL || snapshot_fail(d->run, WHAT, CAUSE_LIBVIRT, error, "%s", words);
}

/* False with the end of a job that was told to end. */
static bool
wait_until_ready(struct deletion *d, GError **error)
{
	struct op_progress progress;

	op_progress_init(&progress);
	g_snprintf(progress.step, sizeof(progress.step), "snapshot %s: merging its images",
	    d->kept->name);
	while (!look(d, &progress)) {
		d->run->report(d->run->context, &progress);
		if (!d->run->pause(d->run->context, LOOK_US, error))
			return false;
	}
	return !d->lost || snapshot_fail(d->run, WHAT, CAUSE_UNREACHABLE, error,
	    "the connection broke while its images were merged, which may go on");
}

static bool
merge_all(struct deletion *d, GError **error)
{
	for (guint i = 0; i < d->merges->len; i++)
		if (!start_merge(d, merge_at(d, i), error))
			return false;
	if (!wait_until_ready(d, error))
		return false;
	for (guint i = 0; i < d->merges->len; i++) {
		struct merge *m = merge_at(d, i);
		if (m->active && !m->ended && !pivot(d, m, error))
			return false;
		m->ended = true;
	}
	return true;
}

/* --- what is true afterwards */

/* Each image that was put upon the snapshot's has gone from its disk's chain. */
static bool
check_merged(struct deletion *d, struct snapshot_disks *now, GError **error)
{
	for (guint i = 0; i < d->merges->len; i++) {
		const struct merge *m = merge_at(d, i);
		const struct snapshot_disk *disk = snapshot_disks_find(now, m->target);
		if (disk == NULL || snapshot_disk_place(disk, m->top) >= 0)
			return snapshot_fail(d->run, WHAT, CAUSE_LIBVIRT, error,
			    "the images of disk %s could not be merged%s", m->target,
			    op_activity(d->domain) == INACTIVE ? ": it was shut off meanwhile"
			    : "");
	}
	return true;
}

/* What came after it keeps an image that has been merged into its own: that one now. */
static bool
hand_down(struct deletion *d, const struct snapshot_disks *now, const struct kept *child,
    GError **error)
{
	g_autoptr(GArray) heirs = snapshot_heirs(d->kept, child, now);
	g_autoptr(virDomainSnapshot) snapshot = heirs->len == 0 ? NULL
	    : virDomainSnapshotLookupByName(d->domain, child->name, 0);
	char *xml = snapshot == NULL ? NULL
	    : virDomainSnapshotGetXMLDesc(snapshot, VIR_DOMAIN_SNAPSHOT_XML_SECURE);
	g_autoptr(GError) why = NULL;

	if (heirs->len == 0)
		return true;
	g_autofree char *next = xml == NULL ? NULL : snapshot_swap_images(xml,
	    (const struct kept_disk *)(const void *)heirs->data, heirs->len, &why);
	unsigned current = xml != NULL && virDomainSnapshotIsCurrent(snapshot, 0) == 1
	    ? VIR_DOMAIN_SNAPSHOT_CREATE_CURRENT : 0;
	free(xml);
	if (why != NULL)
		return snapshot_fail(d->run, WHAT, CAUSE_LIBVIRT, error,
		    "what libvirt keeps of snapshot %s cannot be read: %s", child->name,
		    why->message);
	return (next != NULL && snapshot_redefine(d->domain, next, current)) ||
	    snapshot_fail_libvirt(d->run, WHAT, error);
}

/* libvirt has removed them itself; one that it could not remove the pool still has. */
static char *
remove_layers(struct deletion *d)
{
	g_autoptr(GPtrArray) layers = g_ptr_array_new();

	for (guint i = 0; i < d->merges->len; i++)
		if (!snapshot_is_free(virDomainGetConnect(d->domain), merge_at(d, i)->top))
			g_ptr_array_add(layers, (gpointer)merge_at(d, i)->top);
	if (d->kept->memory != NULL)
		g_ptr_array_add(layers, (gpointer)d->kept->memory);
	return snapshot_remove_all(d->run, virDomainGetConnect(d->domain), layers);
}

static bool
forget(struct deletion *d, const char *left, GError **error)
{
	if (virDomainSnapshotDelete(d->snapshot, VIR_DOMAIN_SNAPSHOT_DELETE_METADATA_ONLY) != 0)
		return snapshot_fail_libvirt(d->run, WHAT, error);
	snapshot_step(d->run, "%s", left == NULL ? "" : left);
	return true;
}

static bool
finish(struct deletion *d, GError **error)
{
	SCOPED(snapshot_disks) now = snapshot_disks_now(d->run, d->domain, WHAT, error);

	if (now == NULL || !check_merged(d, now, error))
		return false;
	for (guint i = 0; i < d->kin.children->len; i++)
		if (!hand_down(d, now, d->kin.children->pdata[i], error))
			return false;
	g_autofree char *left = remove_layers(d);
	return forget(d, left, error);
}

/* --- the whole */

static bool
mark(struct deletion *d, GError **error)
{
	g_autoptr(GError) why = NULL;
	char *xml = virDomainSnapshotGetXMLDesc(d->snapshot, VIR_DOMAIN_SNAPSHOT_XML_SECURE);
	g_autofree char *marked =
	    xml == NULL ? NULL : snapshot_describe(xml, SNAPSHOT_SPENT, &why);
	bool current = xml != NULL && virDomainSnapshotIsCurrent(d->snapshot, 0) == 1;

	free(xml);
	if (why != NULL)
		return snapshot_fail(d->run, WHAT, CAUSE_LIBVIRT, error,
		    "what libvirt keeps of it cannot be read: %s", why->message);
	if (marked == NULL || !snapshot_redefine(d->domain, marked,
		current ? VIR_DOMAIN_SNAPSHOT_CREATE_CURRENT : 0))
		return snapshot_fail_libvirt(d->run, WHAT, error);
	return true;
}

/* Cancelled or failed: the VM is as it was, the snapshot is not. */
static bool
give_up(struct deletion *d, GError *why, GError **error)
{
	if (why->code == CAUSE_RESTART) {
		g_propagate_error(error, why); /* it goes on; the next process will see */
		return false;
	}
	if (!d->lost)
		abort_all(d);
	g_set_error(error, OP_ERROR, why->code, "%s; it goes on as it was, but snapshot %s is "
	    "partly merged: nobody can go back to it, it can only be deleted again",
	    why->message, d->kept->name);
	g_error_free(why);
	return false;
}

static bool
merge_and_finish(struct deletion *d, GError **error)
{
	GError *why = NULL;

	return (merge_all(d, &why) && finish(d, &why)) || give_up(d, why, error);
}

/* A branch that nothing goes on from. */
static bool
delete_dead(struct deletion *d, bool again, GError **error)
{
	g_autoptr(GPtrArray) images = g_ptr_array_new();

	for (guint i = 0; i < d->kept->disks->len; i++) {
		const char *image = g_array_index(d->kept->disks, struct kept_disk, i).image;
		g_autofree char *user = snapshot_other_user(d->run,
		    virDomainGetConnect(d->domain), image, NULL);
		if (user != NULL)
			return snapshot_fail(d->run, WHAT, CAUSE_IMPOSSIBLE, error, "%s", user);
		g_ptr_array_add(images, (gpointer)image);
	}
	if ((!again && !d->run->begin(d->run->context, error)) || !mark(d, error))
		return false;
	g_autofree char *left =
	    snapshot_remove_all(d->run, virDomainGetConnect(d->domain), images);
	return forget(d, left, error);
}

/*
 * Nobody works on these disks, unless the deletion that was begun does, and nobody else has
 * the images that are written to.
 */
static bool
is_quiet(const struct deletion *d, GError **error)
{
	virDomainBlockJobInfo info;

	for (guint i = 0; i < d->merges->len; i++) {
		const struct merge *m = merge_at(d, i);
		g_autofree char *user = snapshot_other_user(d->run,
		    virDomainGetConnect(d->domain), m->base, m->top);
		if (user != NULL)
			return snapshot_fail(d->run, WHAT, CAUSE_IMPOSSIBLE, error, "%s", user);
		if (!d->begun && virDomainGetBlockJobInfo(d->domain, m->target, &info, 0) == 1)
			return snapshot_fail(d->run, WHAT, CAUSE_IMPOSSIBLE, error,
			    "disk %s is being copied or merged", m->target);
	}
	return true;
}

static bool
delete_external(struct deletion *d, bool again, GError **error)
{
	const struct op_run *run = d->run;
	g_autoptr(GError) why = NULL;

	if (snapshot_is_dead(d->kept, &d->kin, d->disks))
		return delete_dead(d, again, error);
	g_autoptr(GArray) merges = d->merges =
	    snapshot_plan_merge(d->kept, &d->kin, d->disks, d->begun, &why);
	if (merges == NULL)
		return snapshot_fail(run, WHAT, CAUSE_IMPOSSIBLE, error, "%s", why->message);
	if (merges->len > 0 && op_activity(d->domain) != ACTIVE)
		return snapshot_fail(run, WHAT, CAUSE_IMPOSSIBLE, error, "libvirt merges its "
		    "images only while the VM runs or is paused: start it first");
	if (again)
		return merge_and_finish(d, error);
	if (!is_quiet(d, error) || !run->pause(run->context, 0, error) ||
	    !run->begin(run->context, error) || (merges->len > 0 && !mark(d, error)))
		return false;
	return merge_and_finish(d, error);
}

static bool
delete_internal(struct deletion *d, GError **error)
{
	if (!d->run->begin(d->run->context, error))
		return false;
	return virDomainSnapshotDelete(d->snapshot, 0) == 0 ||
	    snapshot_fail_libvirt(d->run, WHAT, error);
}

static GPtrArray *
read_children(virDomainSnapshotPtr snapshot, GError **error)
{
	virDomainSnapshotPtr *list = NULL;
	int n = virDomainSnapshotListAllChildren(snapshot, &list, 0);

	return snapshot_read_all(list, n, NULL, error);
}

/* `again`: a process before was at it. */
static bool
delete_snapshot(const struct op_run *run, virDomainPtr domain,
    virDomainSnapshotPtr snapshot, bool again, GError **error)
{
	SCOPED(snapshot_disks) disks = snapshot_disks_now(run, domain, WHAT, error);
	g_autoptr(GError) why = NULL;

	if (disks == NULL)
		return false;
	SCOPED(kept) kept = snapshot_read(snapshot, &why);
	g_autoptr(GPtrArray) others =
	    kept == NULL ? NULL : snapshot_others(domain, run->request->argument, &why);
	g_autoptr(GPtrArray) children = others == NULL ? NULL : read_children(snapshot, &why);
	if (children == NULL)
		return snapshot_fail(run, WHAT, CAUSE_LIBVIRT, error, "%s", why->message);
	struct deletion d = {
		.run = run, .domain = domain, .snapshot = snapshot, .kept = kept,
		.kin = { others, children }, .disks = disks,
		.begun = strcmp(kept->description, SNAPSHOT_SPENT) == 0,
	};
	if (again && !d.begun)
		return snapshot_fail(run, WHAT, CAUSE_RESTART, error,
		    "the agent was stopped before anything was merged: it is there as it was");
	return kept->disks->len > 0 ? delete_external(&d, again, error)
				    : delete_internal(&d, error);
}

bool
op_snapshot_delete(const struct op_run *run, GError **error)
{
	g_autoptr(virDomain) domain = op_find_domain(run, error);
	g_autoptr(virDomainSnapshot) snapshot =
	    domain == NULL ? NULL : snapshot_find(run, domain, WHAT, error);

	return snapshot != NULL && delete_snapshot(run, domain, snapshot, false, error);
}

/* What is no longer there was deleted. */
bool
op_snapshot_delete_recover(const struct op_run *run, GError **error)
{
	g_autoptr(GError) why = NULL;
	g_autoptr(virDomain) domain = op_find_domain(run, error);
	g_autoptr(virDomainSnapshot) snapshot =
	    domain == NULL ? NULL : snapshot_find(run, domain, WHAT, &why);

	if (domain == NULL)
		return false;
	if (snapshot == NULL && g_error_matches(why, OP_ERROR, CAUSE_GONE))
		return true;
	if (snapshot == NULL) {
		g_propagate_error(error, g_steal_pointer(&why));
		return false;
	}
	return delete_snapshot(run, domain, snapshot, true, error);
}
