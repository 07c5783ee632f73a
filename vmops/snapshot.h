/*
 * Snapshots: what libvirt's XML tells of them and of a domain's disks, and what follows
 * from that.  snapshot_xml.c and snapshot_plan.c are pure.
 *
 *	snapshot_xml.c      reading and writing XML
 *	snapshot_plan.c     names, refusals, which images are merged
 *	snapshot_storage.c  images as volumes: made, removed
 *	op_snapshot.c       checks, create
 *	op_snapshot_revert.c
 *	op_snapshot_delete.c
 *
 * libvirt makes external snapshots, but 9.0 neither reverts to nor deletes them: what it
 * keeps of one is its domain as it was (each disk with the image that has been frozen since)
 * and its place in the tree.  An overlay lies upon each frozen image; to revert is to put new
 * overlays there, to delete is to commit the overlay into the frozen image.
 */
#ifndef VCL_VMOPS_SNAPSHOT_H
#define VCL_VMOPS_SNAPSHOT_H

#include <glib.h>
#include <stdbool.h>

#include "common/scoped.h"
#include "vmops/ops.h"

/* --- a domain's disks */

struct snapshot_disk {
	const char *target; /* "vda" */
	const char *type;   /* "file", "block", ... */
	const char *format; /* "" if not told */
	bool aside;         /* read-only, removable or empty: nothing of it is kept */
	bool shareable;
	bool busy;          /* a copy or commit of it goes on */
	GPtrArray *images;  /* paths, the one written to first; empty unless files */
};

struct snapshot_disks {
	GStringChunk *texts;
	GPtrArray *disks; /* struct snapshot_disk */
	bool agent;       /* the guest's agent is connected */
};

struct snapshot_disks *snapshot_disks_parse(const char *domain_xml, GError **);
void snapshot_disks_free(struct snapshot_disks *);
SCOPED_DEFINE(snapshot_disks, snapshot_disks_free)

const struct snapshot_disk *snapshot_disks_find(const struct snapshot_disks *,
    const char *target);

/* Where that image is in the disk's chain, 0: it is written to; -1: it is not in it. */
int snapshot_disk_place(const struct snapshot_disk *, const char *image);

/* --- a snapshot */

/* A disk of it: its image, frozen since. */
struct kept_disk {
	const char *target, *image, *format;
};

struct kept {
	GStringChunk *texts;
	const char *name, *description;
	const char *memory; /* file of the memory, NULL: none */
	GArray *disks;      /* struct kept_disk: those kept outside */
	bool internal;      /* something is kept inside an image */
};

struct kept *kept_parse(const char *snapshot_xml, GError **);
void kept_free(struct kept *);
SCOPED_DEFINE(kept, kept_free)

const struct kept_disk *kept_find(const struct kept *, const char *target);

/* --- writing XML; free what is returned */

/* For virDomainSnapshotCreateXML; one overlay for each disk that is not aside. */
char *snapshot_create_xml(const char *name, const char *description,
    const struct snapshot_disks *, const char *const *overlays);

/*
 * The XML of a domain or snapshot with other images under these disks, wherever it tells of
 * a domain; NULL: it cannot be read.
 */
char *snapshot_swap_images(const char *xml, const struct kept_disk *, guint n, GError **);

/* The XML of a snapshot with that description. */
char *snapshot_describe(const char *xml, const char *description, GError **);

/* --- names */

/* Of a new snapshot; NULL: it may be called so; else why not ("is empty"). */
const char *snapshot_name_refusal(const char *name, bool fresh);

/* "20260725-140312", of the local time; at most that long. */
void snapshot_name_make(int64_t wall_us, char *out); /* room for 32 */

/* "/srv/web1-vda.NAME.qcow2" beside the image; `nth` from 1 on makes it another one. */
char *snapshot_overlay_path(const char *image, const char *vm, const char *target,
    const char *snapshot, unsigned nth);

/* --- plans */

/* NULL, or why these disks cannot be kept: "its disk vdb (block) ...". Free it. */
char *snapshot_disks_refusal(const struct snapshot_disks *);

/* One disk's layer above the frozen image goes into it. */
struct merge {
	const char *target;
	const char *base; /* the snapshot's image */
	const char *top;  /* the layer above it */
	bool active;      /* that is the one written to */
	bool ended;       /* only while it is carried out */
};

/* The VM's other snapshots (struct kept), and those of them that come right after it. */
struct snapshot_kin {
	GPtrArray *others, *children;
};

/*
 * What is to be merged to delete it: of each disk the layer right above its image (struct
 * merge); disks that are done already are left out.  `begun`: its deletion was begun before.
 * NULL with the end of a sentence, of OP_ERROR.
 */
GArray *snapshot_plan_merge(const struct kept *, const struct snapshot_kin *,
    const struct snapshot_disks *, bool begun, GError **);

/* Do none of its images matter to anything else: they can just be removed? */
bool snapshot_is_dead(const struct kept *, const struct snapshot_kin *,
    const struct snapshot_disks *);

/* The disks of `other` whose images were merged into those of `gone`, with those. */
GArray *snapshot_heirs(const struct kept *gone, const struct kept *other,
    const struct snapshot_disks *);

/* --- images as volumes of the node: snapshot_storage.c */

/* Is nothing of that path in the pool of its directory, as far as one can tell? */
bool snapshot_is_free(virConnectPtr, const char *path);

/* Has the pool of its directory none of that path any more? */
bool snapshot_is_gone(virConnectPtr, const char *path);

/* A new image upon that one, in the pool where `path` lies. */
bool snapshot_make_overlay(virConnectPtr, const char *path, const struct kept_disk *below,
    GError **);

/* True also when it is not there. */
bool snapshot_remove(virConnectPtr, const char *path, GError **);

/* Removes them (const char *); what could not be is said in words (free it), else NULL. */
char *snapshot_remove_all(const struct op_run *, virConnectPtr, GPtrArray *paths);

/* The layers below, as their volumes tell, of a VM that is off: it has only told the top. */
void snapshot_complete_chains(virConnectPtr, struct snapshot_disks *);

/* --- what the operations have in common: op_snapshot.c */

/*
 * Does nobody else work on its disks.  `what` has to wait then: "its snapshots have".  Pure;
 * an error of REQUEST_ERROR.
 */
bool snapshot_check_quiet(const struct cluster *, const struct vm *, const char *what,
    GError **);

/* "cannot DO snapshot X of web1 on alpha: WHY".  Always false. */
bool snapshot_fail(const struct op_run *, const char *what, enum job_cause, GError **,
    const char *why, ...) G_GNUC_PRINTF(5, 6);
bool snapshot_fail_libvirt(const struct op_run *, const char *what, GError **);

virDomainSnapshotPtr snapshot_find(const struct op_run *, virDomainPtr, const char *what,
    GError **);

/* Its disks now: of the running VM, or of the definition with the volumes below. */
struct snapshot_disks *snapshot_disks_now(const struct op_run *, virDomainPtr,
    const char *what, GError **);

/* What libvirt keeps of it; NULL with the end of a sentence, of VIRT_ERROR if libvirt's. */
struct kept *snapshot_read(virDomainSnapshotPtr, GError **);

/*
 * What a listing has given (struct kept), but the one called `but` (NULL: all); the list is
 * freed.  NULL with the end of a sentence, also when only one cannot be read: nobody knows
 * which images that one keeps.  To be asked right after the listing: n < 0 is libvirt's error.
 */
GPtrArray *snapshot_read_all(virDomainSnapshotPtr *list, int n, const char *but, GError **);

/* All of the VM's snapshots but that one, likewise. */
GPtrArray *snapshot_others(virDomainPtr, const char *name, GError **);

/*
 * What would be destroyed with that image, as the cluster value tells: a volume upon it
 * (other than `except`, and still there), or another VM's disk.  In words, to be freed; NULL: nothing.
 */
char *snapshot_other_user(const struct op_run *, virConnectPtr, const char *image,
    const char *except);

/* Keeps other XML of it; `flags` besides that it is there already. */
bool snapshot_redefine(virDomainPtr, const char *xml, unsigned flags);

/* Says what it does, of the snapshot in the request: "snapshot X: ...". */
void snapshot_step(const struct op_run *, const char *format, ...) G_GNUC_PRINTF(2, 3);

#endif
