/*
 * Admission: may this be done to this object now?  Pure: asks a cluster value only.
 */
#ifndef VCL_VMOPS_ADMISSION_H
#define VCL_VMOPS_ADMISSION_H

#include "model/cluster.h"
#include "model/request.h"
#include "vmops/ops.h"

/* What is acted on, and where.  The texts live as long as the cluster value. */
struct subject {
	const char *name, *uuid; /* uuid: "" where the kind has none */
	uint32_t node;           /* 0: the cluster as a whole */
	const char *node_name;   /* "" likewise */
	bool autostart;          /* it is a VM that starts with its node */
	bool managed;            /* it is done through the cluster manager, by op->managed */
};

/*
 * Fills in `out`.  False with an error of REQUEST_ERROR: not known, its node does not
 * answer, or not possible in its state.  `now`: monotonic.
 */
bool admission_check(const struct cluster *, const struct op *, const struct request *,
    int64_t now, struct subject *out, GError **error);

/* The cause that a job fails with when it is refused after it was accepted. */
enum job_cause admission_cause(enum request_error);

#endif
