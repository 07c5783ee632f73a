/*
 * Members: the VMs of a node, or of the cluster, that are worth a line in one picture.
 */
#ifndef VCL_MODEL_MEMBERS_H
#define VCL_MODEL_MEMBERS_H

#include <stddef.h>
#include <stdint.h>

#include "model/cluster.h"

enum member_rank { MEMBERS_NONE, MEMBERS_CPU, MEMBERS_MEMORY, MEMBERS_DISK, MEMBERS_NET };

/* Strings are the cluster value's. */
struct member {
	const char *identity; /* model/history.h */
	const char *title;
};

#define MEMBERS_MOST 40 /* whose histories are read for one picture */

/*
 * Those that use most of it now, or have over the last day, most first; of one node, or of
 * all with 0.  The rank is not MEMBERS_NONE.
 */
size_t members_choose(const struct cluster *, uint32_t node, enum member_rank,
    struct member out[MEMBERS_MOST]);

#endif
