/* What libvirt does with a disk of a running VM: a copy or a merge that goes on. */
#ifndef VCL_VMOPS_BLOCK_JOB_H
#define VCL_VMOPS_BLOCK_JOB_H

#include "vmops/ops.h"

/*
 * Calls off what goes on with that disk; true also when nothing does.  False: it goes on, or
 * libvirt has not let go of it, and the log says so.
 */
bool block_job_cancel(const struct op_run *, virDomainPtr, const char *target);

#endif
