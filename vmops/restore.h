/*
 * Restoring what was backed up: what the files of this operation share.
 *
 *	restore_check.c  may it be asked for, and where: pure, on a cluster value
 *	restore_xml.c    the definition: pure
 *	op_restore.c     the operation
 */
#ifndef VCL_VMOPS_RESTORE_H
#define VCL_VMOPS_RESTORE_H

#include "vmops/backup.h"

struct restore_disk {
	const char *target;
	char *volume, *path; /* of the new one */
	bool made;           /* by this job */
};

struct restore_form {
	const char *name;
	const char *uuid;    /* of a new VM; NULL: it stays the one that it was */
	const GArray *disks; /* struct restore_disk */
};

/* The definition to be; free it. */
char *restore_xml(const char *domain_xml, const struct restore_form *, GError **);

/* What a request is to make. */
bool restore_is_of_disk(const struct request *); /* one disk as a volume */
bool restore_is_of_same(const struct request *); /* the VM itself, as it was */

/* The node to restore that backup on, 0 with an error of REQUEST_ERROR. */
uint32_t restore_node(const struct cluster *, const struct request *, int64_t now, GError **);

/* Index of the pool where the new volumes go; 0 with an error of REQUEST_ERROR. */
uint32_t restore_pool(const struct cluster *, const struct request *, GError **);

#endif
