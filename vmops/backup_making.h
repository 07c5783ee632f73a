/* Backups in the making: shared by op_backup.c, backup_prepare.c and backup_make.c. */
#ifndef VCL_VMOPS_BACKUP_MAKING_H
#define VCL_VMOPS_BACKUP_MAKING_H

#include "vmops/backup.h"
#include "vmops/job_record.h"

struct making {
	const struct op_run *run;
	struct storage_side to;
	GPtrArray *records;     /* of the VM */
	const struct backup_record *base; /* in `records`, NULL: a full one */
	char *why;              /* it is a full one, NULL: nothing to say */
	struct catalogue *c;
	struct backup_record row;
	GArray *parts;          /* struct backup_part */
	struct snapshot_disks *disks;
	struct backup_live live;
	char *checkpoint;
	int64_t began_us;
	bool begun;             /* what has its names is its own */
	bool cold;              /* the VM is off */
};

void making_begins(struct making *, const struct op_run *);
void making_end(struct making *);
#define MAKING __attribute__((cleanup(making_end))) struct making

/* "cannot back web1 up on alpha: WHY".  Always false. */
bool making_refuse(const struct making *, enum job_cause, const char *why, GError **);
bool making_refuse_libvirt(const struct making *, const char *what, GError **);

/* --- backup_prepare.c: nothing is changed */

/* The pool of that index on the job's node; 0: the one that the request is about. */
bool making_open_pool(struct making *, uint32_t index, GError **);

/* Its connection may have broken while libvirt was copying. */
bool making_reopen_pool(struct making *, GError **);

/* The parts, from the domain as it is now; the name must be given before. */
bool making_read_disks(struct making *, GError **);
bool making_note_definition(struct making *, GError **);

/* `base`, or `why` there is none. */
bool making_choose_base(struct making *, GError **);
void making_give_up_base(struct making *, char *why); /* taken */

/* Each disk that the one before has, too, is upon that one's volume. */
void making_choose_bases(struct making *);

void making_identify(struct making *); /* UUIDs, the VM */
void making_name(struct making *);
bool making_check_free(struct making *, GError **);

/* Writes down what becomes of it. */
void making_keep_row(struct making *, enum backup_state, const char *reason);

/* --- backup_make.c */

/* The volumes, and libvirt's backup to them, in whichever way it takes. */
bool making_begin(struct making *, GError **);
bool making_sum_up(struct making *, GError **);

/* The catalogue: from here on it is a backup. */
bool making_complete(struct making *, GError **);

/* After a full one nothing begins from an older checkpoint any more. */
void making_tidy(struct making *);

/* What is left, in words, to be freed; NULL: nothing. */
char *making_take_back(struct making *);

#endif
