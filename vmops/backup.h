/*
 * Backups of whole VMs: what the files of these operations share.
 *
 *	backup_catalogue.c  the catalogue that lies beside a backup's volumes: pure
 *	backup_plan.c       names, chains, and upon which backup the next one can be: pure
 *	backup_xml.c        what libvirt is told: pure
 *	backup_check.c      may it be asked for, and where: pure, on a cluster value
 *	backup_files.c      catalogues and sums, by streams
 *	backup_live.c       of a VM that runs: one push-mode backup of libvirt's (push_backup.h)
 *	backup_cold.c       of one that is off: its disks are copied
 *	backup_making.h     the making of one: backup_prepare.c, backup_make.c, op_backup.c
 *	op_backup_keep.c    verify, delete
 *	op_backup_scan.c
 *
 * A backup is a qcow2 volume for each disk and, written last, a catalogue: without that it
 * is none.  An incremental one's volumes are upon those of the one before, by names alone, so
 * that the images of a directory belong together wherever it is mounted.  What libvirt
 * writes to are files that are there already (REUSE_EXTERNAL): those that it makes itself
 * have the VM's own disk below them.
 */
#ifndef VCL_VMOPS_BACKUP_H
#define VCL_VMOPS_BACKUP_H

#include <glib.h>
#include <stdbool.h>

#include "common/scoped.h"
#include "vmops/backup_log.h"
#include "vmops/ops.h"
#include "vmops/snapshot.h"
#include "vmops/storage.h"

#define BACKUP_SUFFIX "vclbackup" /* of a catalogue */
#define BACKUP_CHECKPOINT "vcl-"  /* ours begin so */
#define BACKUP_DISKS_MOST 64

/* --- the catalogue */

/* A disk of a backup. */
struct backup_disk {
	const char *target; /* "vda" */
	const char *volume; /* name, in the pool where the catalogue is */
	const char *base;   /* of the volume that it is upon, "" if none */
	const char *sha256; /* of the file, 64 digits */
	uint64_t capacity, length; /* as the guest sees it; of the file */
};

struct catalogue {
	GStringChunk *texts;
	const char *uuid, *name, *vm_uuid, *vm_name;
	const char *base_uuid;  /* "" of a full one */
	const char *checkpoint, *reason; /* "" if none */
	const char *domain_xml; /* the VM's definition */
	int64_t taken_at;
	int32_t kind;           /* enum backup_kind */
	bool quiesced;
	uint32_t seconds;
	GArray *disks;          /* struct backup_disk */
};

struct catalogue *catalogue_new(void);
void catalogue_free(struct catalogue *);
SCOPED_DEFINE(catalogue, catalogue_free)

/* A text that lives as long as the catalogue; NULL becomes "". */
const char *catalogue_keep(struct catalogue *, const char *);

char *catalogue_text(const struct catalogue *);

/* Whatever is in it: NULL with what is wrong.  Nothing of it names anything outside a pool. */
struct catalogue *catalogue_parse(const char *text, size_t length, GError **);

const struct backup_disk *catalogue_disk(const struct catalogue *, const char *target);

/* Octets of its own files. */
uint64_t catalogue_size(const struct catalogue *);

/* As it is kept; `pool` and `pool_name`: where the catalogue is. */
void catalogue_record(const struct catalogue *, uint32_t pool, const char *pool_name,
    struct backup_record *);

/* --- names; free what is returned */

/* "web1-20260725-140312", of plain letters whatever the VM is called. */
char *backup_name(const char *vm_name, int64_t wall_us);
char *backup_volume_name(const char *backup, const char *target);
char *backup_catalogue_name(const char *backup);

/* Can a volume or backup be called so: one name, without a path. */
bool backup_is_plain(const char *name);

/* --- chains; of an array of a VM's struct backup_record */

const struct backup_record *backup_find(const GPtrArray *, const char *uuid);

/*
 * The backup and all that it needs, the full one first; free the array.  NULL with the end
 * of a sentence: "backup X, which it is upon, is gone".
 */
GPtrArray *backup_chain(const GPtrArray *, const char *uuid, GError **);

/* One that is upon it, or NULL. */
const struct backup_record *backup_above(const GPtrArray *, const char *uuid);

/* The VM's newest that is whole, or NULL. */
const struct backup_record *backup_newest(const GPtrArray *, const char *vm_uuid);

/* What an earlier process of the agent was making of that VM, or NULL. */
const struct backup_record *backup_unfinished(const GPtrArray *, const char *vm_uuid);

/*
 * The backup that the next one of that VM in that pool can be upon, as far as is known
 * without asking the VM.  NULL: none; `why`, to be freed, says why when there is one.
 */
const struct backup_record *backup_choose_base(const GPtrArray *, const char *vm_uuid,
    uint32_t pool, char **why);

/* --- what libvirt is told; free what is returned */

/* A disk of the VM, and what becomes of it. */
struct backup_part {
	const char *target;
	const char *format;   /* of the VM's own image */
	uint64_t capacity;
	const char *base;     /* volume that the new one is upon, "" : all of the disk */
	char *volume;         /* name of the new one */
	char *path;           /* of the new one */
	bool left_out;
};

/* `from`: the checkpoint of those parts that have a base; NULL: none has. */
char *backup_begin_xml(const GArray *parts, const char *from);

/* Of the parts whose format can keep it; NULL: none can. */
char *backup_checkpoint_xml(const GArray *parts, const char *name, const char *description);

/* NULL, or why these disks cannot be backed up: "its disk vda is being copied"; free it. */
char *backup_disks_refusal(const struct snapshot_disks *);

/* --- checks and places, on a cluster value: backup_check.c */

/* The backup that a request is about. */
const struct backup *backup_of(const struct cluster *, const struct request *);

/* Where the request for a backup wants it: its pool, else that of the VM's last one. */
const struct pool *backup_pool(const struct cluster *, const struct request *, GError **);

/* The node to work on that backup from, 0 with an error of REQUEST_ERROR. */
uint32_t backup_node(const struct cluster *, const struct request *, int64_t now, GError **);

/* --- files: backup_files.c */

/* Writes a new volume of that content.  What fails is removed again. */
bool backup_write_catalogue(const struct op_run *, struct storage_side *,
    const struct catalogue *, GError **);

/* NULL with a sentence: it cannot be read, or is none. */
struct catalogue *backup_read_catalogue(const struct op_run *, struct storage_side *,
    const char *volume, GError **);

/*
 * Reads all of a file of the pool: its sum, to be freed, and length.  `done` grows by what
 * was read, of `total`, for the progress.
 */
char *backup_sum(const struct op_run *, struct storage_side *, const char *volume,
    uint64_t *length, uint64_t *done, uint64_t total, GError **);

/* --- op_backup_keep.c */

/* That pool on the job's node, by a connection of its own. */
bool backup_open_pool(const struct op_run *, uint32_t pool, struct storage_side *, GError **);

/* Notes what a look at its files has found; `bad` NULL: that they are good. */
void backup_keep_verdict(const struct op_run *, const struct backup_record *, const char *bad);

/* --- of a VM that is off: backup_cold.c.  What was made before it failed stays. */

bool backup_cold(const struct op_run *, virDomainPtr, struct storage_side *to,
    const struct snapshot_disks *, const GArray *parts, GError **);

/* --- of a VM that runs: backup_live.c */

struct backup_live {
	const struct op_run *run;
	virDomainPtr domain;
	const char *backup;     /* its name */
	char *begin_xml, *checkpoint_xml; /* the second NULL: none is made */
	const char *checkpoint; /* its name */
	bool agent;             /* the guest's agent is connected */
	bool quiesced;
	int64_t taken_at;
};

/* It goes on, of that instant.  libvirt's error code in `code` when it was refused. */
bool backup_live_begin(struct backup_live *, int *code, GError **);

/* Until it is whole. */
bool backup_live_wait(struct backup_live *, GError **);

/*
 * Calls off what still goes on of it, gives its checkpoint up, and lets the guest's file
 * systems go on: whatever there is of it, also of an earlier process.  NULL, or what is left
 * in words (free it).
 */
char *backup_live_undo(const struct op_run *, virDomainPtr, const char *backup,
    const char *checkpoint);

/*
 * Gives up our checkpoints of the VM but that one.  Also to be asked for before its disks
 * become others or what they were: libvirt would take a bitmap that is missing in the
 * uppermost image for one that is empty.  False: some have stayed.
 */
bool backup_drop_checkpoints(const struct op_run *, virDomainPtr, const char *except);

/* Gives one up.  NULL: there is none any longer, else libvirt's words: free them. */
char *backup_drop_checkpoint(virDomainPtr, const char *name);

#endif
