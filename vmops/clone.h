/*
 * Clones: what the files of this operation share.
 *
 *	clone_check.c    may it be asked for, and where the disks go: pure, on a cluster value
 *	clone_disks.c    its volumes: opened, made, copied, removed again
 *	clone_discs.c    what both may read, and cloud-init's seed
 *	clone_backup.c   the disks of a running VM, all of one instant (push_backup.h)
 *	clone_guest.c    the first start: the guest gets a machine ID of its own
 *	op_clone.c       the operation
 *	op_template.c    another one: the copy becomes a template
 *
 * Everything that a clone makes bears its UUID, which comes from the source, the job and the
 * new name: so the next process knows what is this job's.
 */
#ifndef VCL_VMOPS_CLONE_H
#define VCL_VMOPS_CLONE_H

#include "vmops/new_identity.h"
#include "vmops/storage.h"

/* --- pure, on a cluster value */

/* Where a disk comes from, and where it goes. */
struct clone_route {
	const struct disk *disk;
	const struct volume *volume;     /* that it is on */
	const struct pool_node *from;    /* on the VM's node */
	const struct pool_node *to;      /* on the target node */
	bool far;     /* the VM's node has not the pool that it goes to */
	bool via;     /* far, and first to a volume beside the old one */
	bool linked;  /* only what differs from the image below is copied */
	const char *format; /* of the new volume; NULL: a block device */
};

/* The index of the node that the clone shall be on. */
uint32_t clone_target(const struct vm *, const struct request *);

/* The route of the disk of that target.  False with an error of REQUEST_ERROR. */
bool clone_plan(const struct cluster *, const struct request *, const char *target,
    struct clone_route *out, GError **error);

/* All that can refuse it but the name.  An error of REQUEST_ERROR. */
bool clone_check(const struct cluster *, const struct request *, int64_t now, GError **error);

/* --- the operation's own state */

struct clone_disk {
	char *target;
	struct storage_side from, to, via; /* via.connection NULL: there is none */
	char *name;   /* of the new volume, and of the one in between */
	char *format; /* of the new volume; NULL: a block device */
	bool linked;
	char *path;   /* of the new volume, once it is made */
};

/* A disc that is another one, or none, for the clone. */
struct clone_disc {
	char *target;
	struct storage_side seed; /* where it is made; pool NULL: the drive becomes empty */
	char *name; /* of the volume */
	char *path; /* once it is made */
};

struct clone {
	const struct op_run *run;
	const char *name; /* of the clone */
	char *uuid;
	char *prefix;     /* of its volumes' names */
	virDomainPtr source;
	bool active;      /* the source */
	char *xml;        /* its definition */
	virConnectPtr host; /* the clone's */
	char *host_name;
	uint32_t host_index;
	GPtrArray *disks; /* struct clone_disk */
	GPtrArray *discs; /* struct clone_disc */
	int64_t until;    /* monotonic: the guest's time to become another */
};

/* "cannot clone web1 to web2: WHY".  Always false. */
bool clone_refuse(const struct clone *, enum job_cause, GError **, const char *why, ...)
    G_GNUC_PRINTF(4, 5);
bool clone_refuse_libvirt(const struct clone *, GError **, const char *what);

/* --- op_clone.c: for templates, too */

void clone_begin(struct clone *, const struct op_run *);
void clone_end(struct clone *);

/* Opens the source, the clone's host and all volumes; again, once these can be seen. */
bool clone_open(struct clone *, GError **);
bool clone_open_again(struct clone *, GError **);

/* --- clone_disks.c */

/* Opens both ends of all disks; an error of OP_ERROR. */
bool clone_disks_open(struct clone *, GError **);

/* Is nothing there that bears the names of what is to be made. */
bool clone_disks_check(struct clone *, GError **);

/* All of them at their new places. */
bool clone_disks_copy(struct clone *, GError **);

/* Removes what there is of them; NULL, or what is left, in words, to be freed. */
char *clone_disks_remove(struct clone *);

void clone_disks_settle(struct clone *);
void clone_disk_free(struct clone_disk *);

/* Where its disk goes first. */
struct storage_side *clone_disk_first(struct clone_disk *);

/* --- clone_discs.c: the same for what is only read; after clone_disks_open */

bool clone_discs_open(struct clone *, GError **);
bool clone_discs_check(struct clone *, GError **);
bool clone_discs_make(struct clone *, GError **);
char *clone_discs_remove(struct clone *);
void clone_disc_free(struct clone_disc *);

/* --- clone_backup.c */

/* The running VM's disks of one instant in new volumes, where clone_disk_first says. */
bool clone_backup(struct clone *, GError **);

/* After a restart: nothing is copied any longer for this clone, and the guest goes on. */
void clone_backup_end(struct clone *);

/* --- clone_guest.c */

/* Starts it, and waits until its guest is another machine where that can be told. */
bool clone_start(struct clone *, virDomainPtr, GError **stopped, GError **error);

/* Of one that runs already. */
bool clone_attend(struct clone *, virDomainPtr, GError **stopped, GError **error);

#endif
