/*
 * The balancer: a thread that publishes which migrations would even out the load, as rows,
 * and, when the configuration wants it, asks for them.
 *
 * What was done lately it reads from the cluster value, so that limits hold over restarts.
 */
#ifndef VCL_VMOPS_BALANCER_H
#define VCL_VMOPS_BALANCER_H

#include "model/request.h"
#include "model/store.h"

struct balancer;

/* Both are borrowed and must outlive balancer_free. */
struct balancer *balancer_new(struct store *, const struct request_door *);
void balancer_free(struct balancer *);

/*
 * How many moves the automatic balance may ask for now: 0 when it is off, must wait, or
 * something goes on that changes where VMs are.  Pure.
 */
unsigned balancer_may_move(const struct cluster *, unsigned lately);

#endif
