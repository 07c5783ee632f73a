/*
 * Pools and volumes: what the files of these operations share.
 *
 *	storage_place.c    where it is done, and where a volume shall go: pure, on a cluster value
 *	storage_check.c    may it be asked for: pure, likewise
 *	storage_xml.c      XML of volumes and disks: pure
 *	storage.c          pools and volumes as libvirt has them
 *	storage_read.c     single facts out of what it tells
 *	storage_copy.c     octets from one volume to another, also between hosts
 *	op_pool.c op_volume.c op_volume_copy.c op_volume_live.c   the operations
 */
#ifndef VCL_VMOPS_STORAGE_H
#define VCL_VMOPS_STORAGE_H

#include "common/scoped.h"
#include "common/virt.h"
#include "vmops/ops.h"

#define STORAGE_MIB (UINT64_C(1) << 20)

/* --- pure, on a cluster value */

/*
 * The pool as a node has it that answers and where it is running (in any state, with
 * `any_state`): that of node `prefer` if it can be; NULL: there is none.
 */
const struct pool_node *storage_seat(const struct cluster *, uint32_t pool, uint32_t prefer,
    bool any_state, int64_t now);

/* Pool `a` on a node where `b` is running as well; NULL: there is none. */
const struct pool_node *storage_seat_of_both(const struct cluster *, uint32_t a, uint32_t b,
    int64_t now);

/* The VM whose disk is that volume, or NULL. */
const struct vm *storage_vm(const struct cluster *, const struct volume *);

/* A volume that is to be. */
struct volume_place {
	const struct pool *pool;
	const char *name; /* in the request or the cluster value that it was read from */
};

/*
 * Where a request wants a volume: volumeCreate and volumeUpload name it in object and argument,
 * volumeClone in "[POOL/]NAME", volumeMove in "POOL".  `room` gets the pool's part of the
 * argument.  An error of REQUEST_ERROR.
 */
bool storage_place(const struct cluster *, const struct request *, char room[256],
    struct volume_place *out, GError **error);

/*
 * The node to act on a volume from, 0 with an error of REQUEST_ERROR: that of the VM which
 * uses it; else one that has also the pool where it shall go.
 */
uint32_t storage_volume_node(const struct cluster *, const struct request *, int64_t now,
    GError **error);

/* Are the volumes of such a pool files; the type may be NULL. */
bool storage_has_files(const struct pool *);
bool storage_type_has_files(const char *type);

/* --- XML; the texts are to be freed */

struct volume_form {
	const char *name, *format;
	uint64_t capacity, allocation; /* octets */
	const char *backing, *backing_format; /* NULL: none */
};

char *storage_volume_xml(const struct volume_form *);

/* What a domain may call a volume: its path, or its pool and name. */
struct volume_names {
	char *path, *pool, *name;
};

/*
 * The <disk> element of that target out of a domain's XML, moved to that file or block
 * device.  NULL when there is none such.
 */
char *storage_disk_xml(const char *domain_xml, const char *target, const char *path,
    bool block);

/* The target of the disk that is on that volume ("vda"), or NULL. */
char *storage_disk_target(const char *domain_xml, const struct volume_names *);

/*
 * Is it anywhere a source in that XML, of a domain or a snapshot, mirrors and backing images
 * too.  True where it cannot be read.
 */
bool storage_xml_names(const char *domain_xml, const struct volume_names *);

/* --- as libvirt has them */

/* A pool on a node, and one of its volumes (NULL: none opened). */
struct storage_side {
	uint32_t pool_index;
	const struct pool_node *at; /* in `cluster` */
	struct cluster *cluster;
	virConnectPtr connection;
	virStoragePoolPtr pool;
	virStorageVolPtr volume;
};
void storage_close(struct storage_side *);
#define STORAGE_SIDE __attribute__((cleanup(storage_close))) struct storage_side

/* `own`: a connection of its own, for calls that take long. */
bool storage_open(const struct op_run *, uint32_t pool, uint32_t node, bool own,
    struct storage_side *, GError **error);

/*
 * For what recovers after a restart, when the hosts' storage has yet to be looked at: true
 * when it is to be opened again, the error then cleared.  `until`: 0 at first.
 */
bool storage_open_again(const struct op_run *, int64_t *until, GError **error);

/* The volume of that name, or NULL; looks into the pool again if it is not known. */
virStorageVolPtr storage_find_volume(virStoragePoolPtr, const char *name);
bool storage_open_volume(const struct op_run *, struct storage_side *, const char *name,
    GError **error);

/* Opens the pool and the volume that the job is about, on the job's node. */
bool storage_open_subject(const struct op_run *, bool own, struct storage_side *,
    GError **error);

/* Opens the pool that the job is about, on the job's node, by a connection of its own. */
bool storage_open_pool(const struct op_run *, struct storage_side *, GError **error);

/*
 * To be asked before a volume is made: is there none of that name, also none that libvirt has
 * not seen yet.  (What is there is somebody's, and must not be taken back as ours.)
 */
bool storage_check_free(const struct op_run *, struct storage_side *, const char *name,
    GError **error);

/* "cannot WHAT VOLUME (pool POOL) on NODE: what libvirt says".  Always false. */
bool storage_fail(const struct op_run *, const struct storage_side *, const char *what,
    const char *name, GError **error);

/* What the volume has, in octets; `physical` of a file is its length. */
bool storage_measure(const struct op_run *, const struct storage_side *, uint64_t *capacity,
    uint64_t *allocation, uint64_t *physical, GError **error);

bool storage_pool_has_files(virStoragePoolPtr);

/* Its format; the path of the image below it.  To be freed; NULL: libvirt does not tell. */
char *storage_volume_format(virStorageVolPtr);
char *storage_volume_backing(virStorageVolPtr);

/* Writes these octets at its beginning.  NULL, or libvirt's words: free them. */
char *storage_upload(virStorageVolPtr, const GByteArray *);

/* False with libvirt's last error: it does not tell. */
bool storage_names(virStorageVolPtr, struct volume_names *);
void storage_names_clear(struct volume_names *);
#define VOLUME_NAMES __attribute__((cleanup(storage_names_clear))) struct volume_names

/*
 * A domain of that host whose definition, state or snapshots name it, a reference; NULL: none.
 * False with an error, and NULL: not all could be asked, so the volume counts as in use.
 */
bool storage_find_user(const struct op_run *, const struct storage_side *,
    const struct volume_names *, virDomainPtr *user, GError **error);

/*
 * Why the volume must not be deleted, to be freed: "VM web1 names it", or that nobody can tell
 * and libvirt's words.  NULL: no VM of that host names it.
 */
char *storage_why_kept(virConnectPtr, virStorageVolPtr);

/*
 * The host is asked once more whether a VM names the volume: CAUSE_IMPOSSIBLE.  False also when
 * it does not tell, with libvirt's words.
 */
bool storage_check_unnamed(const struct op_run *, const struct storage_side *,
    const char *what, GError **error);

/*
 * Removes a volume that this job has made, unless a VM names it or nobody can tell.  NULL, or
 * what is left, to be freed: "left on h1, to be removed: images/x (VM web1 names it)".  Waits
 * while libvirt still writes to it.
 */
char *storage_undo(const struct op_run *, struct storage_side *, const char *name);

/* Ends a failed job: puts what could not be undone (NULL: nothing; taken) behind its error. */
void storage_add_left(GError **error, char *left);

/*
 * After a change: every node that has the pool looks into it, and for a moment the tables
 * are waited for.  What fails here does not fail the job.
 */
void storage_settle(const struct op_run *, uint32_t pool);

/* --- copying */

struct storage_copy {
	const struct op_run *run;
	struct storage_side *from, *to; /* `to` without a volume at first */
	const char *name;               /* of the new one */
	const char *format;             /* of the new one, where it can be chosen */
	bool as_is;                     /* octet by octet also on one host: as a layer */
	bool made;                      /* the volume is ours to remove */
	uint64_t total;                 /* octets to be copied, for the progress */
	const char *step;
};

/* Copies all of it.  What was made and is of no use is removed again. */
bool storage_copy(struct storage_copy *, GError **error);

/* Shows how far a job is with so many octets of so many. */
void storage_report(const struct op_run *, const char *step, uint64_t done, uint64_t total);

/* --- op_volume_live.c: under a running VM */

struct live_move {
	const struct op_run *run;
	struct storage_side *from, *to;
	const char *name, *format; /* of the new volume; format NULL: a block device */
	const char *target;        /* of the disk: "vda" */
	const char *vm_node, *vm_uuid, *vm_name;
};

/* True: the VM is on the new volume.  Else it is as it was, and the new one is removed. */
bool storage_move_live(struct live_move *, GError **error);

/*
 * One that an earlier process began, to the volume of those names.  `moved`: the VM is on it;
 * else libvirt copies no longer.
 */
bool storage_move_resume(struct live_move *, virDomainPtr, const struct volume_names *,
    bool *moved, GError **error);

#endif
