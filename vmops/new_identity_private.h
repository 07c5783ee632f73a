/*
 * A machine's devices made into those of another one (edit), or into those of a template
 * (strip): shared by new_identity.c, new_identity_disks.c and new_identity_devices.c.
 */
#ifndef VCL_VMOPS_NEW_IDENTITY_PRIVATE_H
#define VCL_VMOPS_NEW_IDENTITY_PRIVATE_H

#include "common/xml_tree.h"
#include "vmops/new_identity.h"

/* --- new_identity_disks.c */

/* Both would write to it: not a disc in a drive, nor what is only read. */
bool identity_needs_place(const xmlNode *disk);
bool identity_is_drive(const xmlNode *disk);

/* Of one that needs a place: can there be another one like it.  `target` may be NULL. */
bool identity_check_disk(const xmlNode *disk, const char *target, GError **);

bool identity_edit_disk(xmlNode *disk, const struct new_identity *, GError **);

/* `disks` is one more after one that needs a place. */
bool identity_strip_disk(xmlNode *disk, unsigned *disks, GError **);

/* --- new_identity_devices.c; `old` is the name of the machine that they were of */

void identity_edit_nic(xmlNode *, const struct new_identity *, unsigned number);
void identity_strip_nic(xmlNode *);

/* Is it a serial line, parallel port, console or channel. */
bool identity_is_line(const xmlNode *);
void identity_edit_line(xmlNode *, const char *old, const struct new_identity *);
void identity_strip_line(xmlNode *);

void identity_edit_screen(xmlNode *, const char *old, const struct new_identity *);

#endif
