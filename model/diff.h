/*
 * Diff: what happened between two cluster values, as events.  Pure.
 */
#ifndef VCL_MODEL_DIFF_H
#define VCL_MODEL_DIFF_H

#include "model/cluster.h"
#include "model/part.h"

struct memory;

/*
 * Adds one row of ROWS_EVENT to `out` for each thing that happened; h.index is left 0.
 * `wall`: microseconds since 1970.  diff(a, a) adds nothing.  What an earlier run has seen last
 * is what was before, where `before` does not tell; `memory` may be NULL.
 */
void diff(const struct cluster *before, const struct cluster *after, const struct memory *memory,
    struct part *out, int64_t wall);

#endif
