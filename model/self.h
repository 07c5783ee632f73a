/*
 * What the agent counts about itself, for the scalars of vclCluster.  Any thread.
 */
#ifndef VCL_MODEL_SELF_H
#define VCL_MODEL_SELF_H

#include <stdatomic.h>
#include <stdint.h>

#define VCL_MIB_REVISION "202611282000Z" /* LAST-UPDATED of VIRTCLUSTER-MIB */

struct self {
	_Atomic uint64_t notifications_sent, notifications_suppressed;
	_Atomic uint64_t sets_accepted, sets_refused;
	_Atomic uint64_t commands_accepted, commands_refused; /* by the control socket */
	_Atomic uint64_t rrd_updates, rrd_dropped, rrd_waiting;
	_Atomic int64_t rrd_updated_us; /* monotonic; 0: never */
	_Atomic int64_t rrd_refused_us; /* since when some object's samples are refused; 0: none's */
	_Atomic int64_t rrd_since_us;   /* since when there is something to write; 0: nothing */
};
extern struct self self;

#endif
