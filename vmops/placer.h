/*
 * The placer: where a VM should run.
 *
 * Pure: made from one cluster value and its rules, it answers out of its own copy of the
 * figures; no clock, no libvirt.  The same cluster value gives the same answers.
 *
 * A node's load figure is the sum of the squares of its memory, CPU and vCPU load, so
 * that what takes from a full node and gives to an empty one makes the total smaller.
 */
#ifndef VCL_VMOPS_PLACER_H
#define VCL_VMOPS_PLACER_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "model/cluster.h"

struct placer;

/* The cluster value (borrowed) must outlive it.  `now` monotonic, `wall` since 1970. */
struct placer *placer_new(const struct cluster *, int64_t now, int64_t wall);
void placer_free(struct placer *);
SCOPED_DEFINE(placer, placer_free)

/* That node takes no VMs; `why` follows its name in sentences: "is full". */
void placer_close(struct placer *, uint32_t node, const char *why);

/*
 * The best node for the VM other than the one it is on, or 0.  `why`, if not NULL, then
 * gets why not for each node: "beta is in maintenance; gamma holds web2 of group web".
 */
uint32_t placer_choose(struct placer *, const struct vm *, GString *why);

/* Why the VM cannot go to that node ("beta is in maintenance"), or NULL.  Free it. */
char *placer_refuse(struct placer *, const struct vm *, uint32_t node);

/* From now on the VM counts as being on that node. */
void placer_move(struct placer *, const struct vm *, uint32_t node);

/*
 * For who needs just one answer: the index of the best node, or 0 with an error of
 * REQUEST_ERROR, "no node can take web1: beta is in maintenance".
 */
uint32_t placer_choose_one(const struct cluster *, const struct vm *, int64_t now,
    GError **error);

/* A VM that is to be made. */
struct placer_machine {
	const char *name;
	uint32_t memory, vcpus; /* MiB */
};

/*
 * As placer_choose, for one that is on no node yet.  `node`: it must be that one, 0: any;
 * `why` is not NULL.
 */
uint32_t placer_choose_new(struct placer *, const struct placer_machine *, uint32_t node,
    GString *why);

struct move {
	const struct vm *vm;
	uint32_t from, to; /* indexes of nodes; to 0: it cannot be moved */
	uint32_t gain;     /* hundredths of a percent of the two nodes' difference */
	char *reason;      /* in words: why it helps, or why it cannot be */
};

/*
 * Where the VMs of a node can go, in the order in which to move them; what cannot be
 * moved comes last.  With `offline` also the VMs that are off.  Array of struct move.
 */
GPtrArray *placer_plan_evacuation(struct placer *, uint32_t node, bool offline);

/*
 * Moves that even out the load, the most loaded nodes first, at most so many.  Each takes
 * away at least the configured percentage of the difference between its two nodes; VMs moved lately, with a job, or on a node
 * that they prefer are left alone.
 */
GPtrArray *placer_plan_balance(struct placer *, unsigned most);

/* Moves that the automatic balance has asked for within the last hour. */
unsigned placer_moves_lately(const struct placer *);

/* The sum of all nodes' load figures; looks at pairs of VM and node so far: for tests. */
int64_t placer_score(const struct placer *);
uint64_t placer_steps(const struct placer *);

#endif
