/*
 * Health: 0 ok, 1 warning, 2 critical, 3 unknown, with the reason in words, for the
 * cluster, nodes, VMs and pools.  It is the worst active alarm of the object, unknown
 * where the agent cannot know, and rolls up: a node's includes its VMs', the cluster's
 * includes all.  Pure.
 */
#ifndef VCL_MODEL_HEALTH_H
#define VCL_MODEL_HEALTH_H

#include "model/table.h"

struct health {
	enum health_level level;
	const char *reason; /* lives as long as the cluster; "" when all is well */
};

struct health health_of(const struct reading *, enum object_kind, const void *row);

#endif
