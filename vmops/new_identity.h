/*
 * A domain's XML made into that of another machine, which may run beside the first: for
 * clones, and for backups that are restored as something new.  Pure.
 */
#ifndef VCL_VMOPS_NEW_IDENTITY_H
#define VCL_VMOPS_NEW_IDENTITY_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

/* Where a disk of the new machine is. */
struct new_disk {
	const char *target; /* "vda" */
	const char *path;   /* NULL, of a drive: there is no disc in it any longer */
	const char *format;
	bool block;         /* a block device, not a file */
};

struct new_identity {
	const char *name, *uuid;
	const struct new_disk *disks;
	size_t disks_n;
};

/*
 * The XML of the new machine, free it.  Of `domain_xml`, the inactive one (with what is
 * secret, if that is to be kept):
 *
 *	name, UUID and MACs, serial numbers that the firmware tells, and the generation ID
 *		are new
 *	disks are at their new places; discs in drives and read-only disks stay as they are
 *	sockets, files of serial lines, ports of screens and the memory of the firmware
 *		become the new machine's own
 *
 * NULL with an error of G_MARKUP_ERROR, "disk vdb ...", for what only one of both can have:
 * a disk that has got no new place, or a device of the host.
 */
char *new_identity_xml(const char *domain_xml, const struct new_identity *, GError **);

/*
 * The targets of the disks that need a new place, as an array of texts ended by NULL (free
 * it with g_strfreev).  NULL: the XML cannot be read, or something of it cannot be had twice.
 */
char **new_identity_targets(const char *domain_xml, GError **);

/*
 * The XML that machines are made from, free it: without UUID, MACs, serial numbers, sockets and
 * files of its own, drives empty, its disk (it may have one only) without a source.
 */
char *new_identity_template(const char *domain_xml, const char *name, GError **);

/* What both machines could read: a disc in a drive, or a read-only disk. */
struct old_disc {
	char *target, *path; /* path NULL: neither a file nor a block device */
	bool drive;
};
void old_disc_free(struct old_disc *);

/* All of them (struct old_disc; free the array), empty drives left out.  NULL: not readable. */
GPtrArray *new_identity_discs(const char *domain_xml);

/* A UUID that is always the same for the same text. */
char *new_identity_uuid(const char *text);

#endif
