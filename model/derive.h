/*
 * Derive: what a row says beyond what its source told: usage of a node, sums over other
 * rows, since when.  Pure.
 */
#ifndef VCL_MODEL_DERIVE_H
#define VCL_MODEL_DERIVE_H

#include "model/block.h"
#include "model/cluster.h"

/*
 * `before`: its row in the cluster value before, or NULL.  `now`: monotonic, `wall`: since
 * 1970, both in microseconds.
 */
void derive_node(struct node *, const struct block *, const struct node *before,
    int64_t now, int64_t wall);

/* `own`: this node's row of the VM before; `shown`: the row that the cluster showed. */
void derive_vm(struct vm *, const struct vm *own, const struct vm *shown, int64_t wall);

/* Before derive_vm: what a migration makes of the states of its two halves. */
void derive_migration(struct vm *, const struct vm *own, const struct vm *shown,
    int64_t now);

/*
 * Counts over all rows of `next`; the other fields stay as they are.  Counters go on from
 * those of `previous` (NULL: from 0).
 */
void derive_totals(const struct cluster *next, const struct cluster *previous,
    struct cluster_info *);

/* Alarms by severity. */
void derive_alarm_counts(const struct rows *alarms, struct cluster_info *);

#endif
