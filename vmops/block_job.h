/* What libvirt does with a disk of a running VM: a copy or a merge that goes on. */
#ifndef VCL_VMOPS_BLOCK_JOB_H
#define VCL_VMOPS_BLOCK_JOB_H

#include "vmops/ops.h"

/*
 * Calls off what goes on with that disk; true also when nothing does.  False: it goes on, or
 * libvirt has not let go of it, and the log says so.
 */
bool block_job_cancel(const struct op_run *, virDomainPtr, const char *target);

/*
 * The VM goes on with the new image of that disk and lets go of the old one.  NULL, or
 * libvirt's words (free them) when it is not told so; whether it did go on with the new one
 * is for the caller to see.  Waits up to 20 s: libvirt's count of what is copied can be
 * complete a moment before libvirt itself has heard from QEMU that the two are the same,
 * and until then it refuses (VIR_ERR_BLOCK_COPY_ACTIVE).
 */
char *block_job_pivot(const struct op_run *, virDomainPtr, const char *target);

#endif
