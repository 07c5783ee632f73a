/*
 * Composing VMs: where several nodes tell of the same one, which of them is right.  For
 * compose only.
 */
#ifndef VCL_MODEL_COMPOSE_VMS_H
#define VCL_MODEL_COMPOSE_VMS_H

#include "model/block.h"
#include "model/cluster.h"
#include "model/compose.h"

/*
 * next->rows[ROWS_VM] from all rows of VMs, which are sorted: one per VM.  A VM that runs on
 * two nodes gets a row of its own, kept in `own`; so does one of which nobody knows whether it
 * still runs.  Also notes which nodes are losing one.  When all rows have been merged.
 */
void compose_resolve_vms(struct cluster *next, const struct compose_input *, struct block *own);

/* Of each VM, the vCPUs, disks or NICs that its shown row came with. */
void compose_resolve_children(struct cluster *next, enum row_set);

#endif
