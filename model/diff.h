/*
 * Diff: what happened between two cluster values, as events.  Pure.
 */
#ifndef VCL_MODEL_DIFF_H
#define VCL_MODEL_DIFF_H

#include "model/cluster.h"
#include "model/part.h"

/*
 * Adds one row of ROWS_EVENT to `out` for each thing that happened; h.index is left 0.
 * `wall`: microseconds since 1970.  diff(a, a) adds nothing.
 */
void diff(const struct cluster *before, const struct cluster *after, struct part *out,
    int64_t wall);

#endif
