/*
 * What the sink takes samples of: the rows of each kind, and when their numbers were read.
 */
#ifndef VCL_GRAPHS_RRD_FEEDS_H
#define VCL_GRAPHS_RRD_FEEDS_H

#include <stdbool.h>
#include <stdint.h>

#include "model/cluster.h"

/* A row's numbers, whatever its kind: since when they are what they are. */
struct rrd_reading {
	int64_t sampled_us; /* when they were read, 0: never, or too long ago */
	int64_t broken_us;  /* changes when counters start anew */
	uint32_t node;      /* ... and so does this */
	bool active;
};

struct rrd_feed {
	const char *kind;
	void (*read)(const struct reading *, const void *row, struct rrd_reading *);
	bool device;  /* of a VM: only if devices have histories */
	bool storage; /* looked at every [storage] interval, not with the samples of a node */
};

extern const struct rrd_feed rrd_feeds[];
extern const size_t rrd_feeds_n;

#endif
