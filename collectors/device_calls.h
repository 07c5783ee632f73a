/*
 * What drivers without numbers in bulk (LXC, Xen) tell of each device, by one call each.
 *
 * Called by the link's thread; may hang as long as the host does.
 */
#ifndef VCL_COLLECTORS_DEVICE_CALLS_H
#define VCL_COLLECTORS_DEVICE_CALLS_H

#include "collectors/sample.h"

/* For the readings whose configuration is known; does nothing where numbers come in bulk. */
void device_calls_fill(struct link *, struct sample *);

#endif
