/*
 * Derive: what a row says beyond what its source told: usage between two samples, sums
 * over other rows, since when.  Pure.
 */
#ifndef VCL_MODEL_DERIVE_H
#define VCL_MODEL_DERIVE_H

#include "model/block.h"
#include "model/cluster.h"

/*
 * Usage in hundredths of a percent of one CPU between two readings of a counter of
 * nanoseconds; ABSENT_U32 when it cannot be told (no earlier reading, a counter that
 * started anew, no time in between).
 */
uint32_t derive_usage(uint64_t ns, int64_t at_us, uint64_t ns_before, int64_t at_us_before);

/*
 * `before`: its row in the cluster value before, or NULL.  `now`: monotonic, `wall`: since
 * 1970, both in microseconds.
 */
void derive_node(struct node *, const struct block *, const struct node *before,
    int64_t now, int64_t wall);

/* `own`: this node's row of the VM before; `shown`: the row that the cluster showed. */
void derive_vm(struct vm *, const struct vm *own, const struct vm *shown, int64_t wall);

/*
 * Counts over all rows of `next`; the other fields stay as they are.  Counters go on from
 * those of `previous` (NULL: from 0).
 */
void derive_totals(const struct cluster *next, const struct cluster *previous,
    struct cluster_info *);

#endif
