/*
 * Compose: parts in, the next cluster value out.
 *
 * Pure, but for the index map, which it asks for the index of each name.  Rows of parts
 * that did not change are shared with the cluster value before.
 */
#ifndef VCL_MODEL_COMPOSE_H
#define VCL_MODEL_COMPOSE_H

#include "model/cluster.h"
#include "model/part.h"

struct state;
struct rules;
struct memory;

struct compose_input {
	const struct cluster *previous;  /* NULL: the first */
	struct part *const *parts;       /* one per source; NULL: retired or not yet in */
	size_t parts_n;                  /* a part's place here is its rows' h.source */
	struct state *state;             /* index map, may be NULL */
	const struct memory *memory;     /* what an earlier run has seen last; may be NULL */
	struct rules *rules;             /* NULL: none, and the default limits */
	const struct cluster_info *info; /* name, version, ...: the counts are filled in */
	int64_t now;                     /* monotonic microseconds */
	int64_t wall;                    /* microseconds since 1970 */
};

/* A new cluster value with one reference, owned by the caller. */
struct cluster *compose(const struct compose_input *);

/*
 * Replaces the part at `source` of a cluster value that nobody else has seen yet, by one
 * whose rows, all of one set, need no composing (events, alarms).
 */
void compose_replace(struct cluster *, uint32_t source, enum row_set, struct part *);

#endif
