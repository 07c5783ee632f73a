/*
 * Finding the row that a person means.
 */
#ifndef VCL_MODEL_FIND_H
#define VCL_MODEL_FIND_H

#include <glib.h>

#include "model/cluster.h"

/*
 * By name, UUID or index; a name wins.  A pool is also NODE/POOL, a volume POOL/VOLUME or
 * NODE/POOL/VOLUME, a disk VM/TARGET, a NIC VM/MAC or MAC, a vCPU VM/NUMBER; the index of
 * these three is INDEX.SUB.  An alarm is also NAME/CONDITION.  Jobs have a number only.
 *
 * NULL with an error of REQUEST_ERROR when there is none, or more than one of that name:
 * then it tells how to say which.
 */
const void *find_row(const struct cluster *, enum row_set, const char *, GError **);

/* Is the pool on that node? */
bool find_pool_on_node(const struct cluster *, uint32_t pool, uint32_t node);

#endif
