/*
 * libvirt's backup of the disks of a running VM, to files or devices that are there already:
 * what clones and backups of VMs have in common once it was begun.
 */
#ifndef VCL_VMOPS_PUSH_BACKUP_H
#define VCL_VMOPS_PUSH_BACKUP_H

#include "vmops/ops.h"

struct push_backup {
	const struct op_run *run;
	virDomainPtr *domain; /* becomes another one where its connection broke */
	const char *step;     /* what the job shows meanwhile */

	/* The whole sentence, with the end of it in `why`.  Always false. */
	bool (*fail)(const void *data, enum job_cause, const char *why, GError **);
	const void *data;
};

/*
 * Right after it was begun: that disk is copied no faster than the job's bandwidth says, 0 for as
 * fast as it can.  In its first moments it is faster.
 */
void push_backup_limit(const struct op_run *, virDomainPtr, const char *target);

/* Until all is copied.  False: it failed, or the job was told to end and it still goes on. */
bool push_backup_wait(const struct push_backup *, GError **);

/* Calls off one that goes on to a file of whose path `mark` is part.  False: it still does. */
bool push_backup_call_off(const struct op_run *, virDomainPtr, const char *mark);

#endif
