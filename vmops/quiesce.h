/*
 * A guest's file systems at rest, through its agent, for the moment in which its disks are
 * looked at.
 */
#ifndef VCL_VMOPS_QUIESCE_H
#define VCL_VMOPS_QUIESCE_H

#include "vmops/ops.h"

/*
 * True: they are at rest, until quiesce_end.  False: they are not, and `why`, to be freed, is
 * what libvirt says.
 */
bool quiesce_begin(const struct op_run *, virDomainPtr, char **why);

/* They go on.  Also of a guest that may have been left at rest by an earlier process. */
void quiesce_end(const struct op_run *, virDomainPtr);

#endif
