/*
 * Links: which volume a disk is on, which disk uses a volume, which image lies below
 * another.  Found by path; a path means something on one node only, so both ends must be
 * on the same node, or in a pool that the node knows too.
 *
 * Immutable; shared by all cluster values between which no disk or volume came, went or
 * changed its path.
 */
#ifndef VCL_MODEL_LINKS_H
#define VCL_MODEL_LINKS_H

#include "model/cluster.h"

struct links;

/* `previous` may be NULL. */
struct links *links_make(const struct cluster *next, const struct cluster *previous);
void links_unref(struct links *); /* NULL is fine */

#endif
