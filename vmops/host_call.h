/*
 * Commands that a job runs on a host, by ssh or otherwise: what those of virtcluster-export
 * and of Pacemaker's tools have in common.  Workers' threads only.
 */
#ifndef VCL_VMOPS_HOST_CALL_H
#define VCL_VMOPS_HOST_CALL_H

#include "common/spawned.h"
#include "vmops/ops.h"

#define HOST_CALL_END_MS     5000 /* from the end of its output to its own */
#define HOST_CALL_SSH_FAILED 255  /* what ssh ends with when it is its own failure */

/*
 * Reads until it has closed its output.  False with a sentence: it writes too much, has not
 * ended by `deadline` (monotonic, microseconds), the agent stops, or the job is cancelled
 * and `cancellable`.  The caller ends the child either way.
 */
bool host_call_listen(const struct op_run *, struct spawned *, int64_t deadline,
    bool cancellable, GError **);

#endif
