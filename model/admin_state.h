/*
 * Admin state: what a VM shall be from now on, as somebody said.  Pure.
 *
 * A wish is kept apart from the job that leads there: when the VM has become something
 * else later, a difference that lasts raises an alarm.
 */
#ifndef VCL_MODEL_ADMIN_STATE_H
#define VCL_MODEL_ADMIN_STATE_H

#include "model/cluster.h"
#include "model/request.h"

/*
 * The request that makes the VM so: of type JOB_NONE where nothing is to be done.  False
 * with an error of REQUEST_ERROR where no job leads from its state there.
 */
bool admin_state_request(const struct vm *, int32_t wanted, struct request *out, GError **);

/* Is the VM so. */
bool admin_state_matches(const struct vm *, int32_t wanted);

/* What was wished for it, or NULL. */
const struct wish *cluster_wish(const struct cluster *, uint32_t vm);

#endif
