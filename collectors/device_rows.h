/* The rows of a domain's vCPUs, disks and NICs.  Pure. */
#ifndef VCL_COLLECTORS_DEVICE_ROWS_H
#define VCL_COLLECTORS_DEVICE_ROWS_H

#include "collectors/domain_stats.h"
#include "model/part.h"

/*
 * After a full look that made this row of a VM, the last one of the part: what libvirt
 * told of its devices, and what their configuration says.
 */
void device_rows_add(struct part *, struct domain_history *, const struct domain_reading *,
    const struct vm *);

/*
 * After a look at the state only: the rows of that part that the look before made,
 * without the numbers of an earlier run, and of a domain that is off.
 */
void device_rows_repeat(struct part *, struct domain_history *, const struct part *before,
    const struct vm *);

#endif
