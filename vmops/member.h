/*
 * Nodes that are members of the cluster manager's cluster: what it is asked for about them.
 */
#ifndef VCL_VMOPS_MEMBER_H
#define VCL_VMOPS_MEMBER_H

#include "vmops/ops.h"

/* Is it one, or was it when the cluster manager last answered.  Pure. */
bool member_is(const struct cluster *, const struct node *);

/*
 * May a member be taken out of service or into it: the cluster is known and has the quorum.
 * Also true of what is no member.  Pure; errors of REQUEST_ERROR.
 */
bool member_check(const struct cluster *, const struct node *, int64_t now, GError **);

/* --- worker threads; errors of OP_ERROR */

/*
 * On standby its applications go elsewhere, and none comes.  `undo`: also when the job has
 * been cancelled.
 */
bool member_set_standby(const struct op_run *, bool on, bool undo, GError **);

/* --- draining one: what an evacuation waits for besides its own migrations */

struct drain {
	GHashTable *vms;  /* indexes of VMs that the cluster manager is to move: a set */
	uint32_t apps;    /* that are still started there */
	int64_t since;    /* their number is that */
	int64_t poked;    /* when the cluster manager was last asked to be looked at */
	bool ours;        /* it is on standby because of this job */
};

void drain_init(struct drain *);
void drain_clear(struct drain *);

/* Puts the node on standby if it is a member and is not so yet. */
bool drain_begin(struct drain *, const struct op_run *, GError **);

/* Takes that back, unless the agent stops.  `good`: what the job has come to; returned. */
bool drain_end(struct drain *, const struct op_run *, bool good, GError **);

/* At each look; `node` is the one that is drained. */
void drain_look(struct drain *, const struct op_run *, const struct cluster *,
    const struct node *, int64_t now);

/* VMs that have gone by the cluster manager's doing. */
unsigned drain_moved(const struct drain *, const struct cluster *, uint32_t node);

/* No application is left there, or nothing has gone for long. */
bool drain_is_over(const struct drain *, int64_t now);

/* Takes it off standby, and waits until everybody sees it. */
bool member_return(const struct op_run *, GError **);

#endif
