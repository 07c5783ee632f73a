/*
 * Admission: may this be done to this VM now?  Pure: asks a cluster value only.
 */
#ifndef VCL_VMOPS_ADMISSION_H
#define VCL_VMOPS_ADMISSION_H

#include "model/cluster.h"
#include "model/request.h"
#include "vmops/ops.h"

/*
 * The VM to act on, on the node of its row.  NULL with an error of REQUEST_ERROR: not
 * known, its node does not answer, or not possible in its state.  `now`: monotonic.
 */
const struct vm *admission_check(const struct cluster *, const struct op *,
    const struct request *, int64_t now, GError **error);

/* The cause that a job fails with when it is refused after it was accepted. */
enum job_cause admission_cause(enum request_error);

#endif
