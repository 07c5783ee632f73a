/*
 * Alarms: what is wrong now, judged from each cluster value by the table of conditions.
 *
 * Hysteresis: a level must be passed for `raise_after` seconds to raise an alarm, and must
 * be left by the margin to clear it or to lower its severity; a severity that rises is
 * taken at once.  Conditions that are states (a node that does not answer) have no levels.
 *
 * Used by the store's thread only.
 */
#ifndef VCL_MODEL_ALARMS_H
#define VCL_MODEL_ALARMS_H

#include "model/cluster.h"
#include "model/part.h"

/* Levels in percent; 0: never. */
struct thresholds {
	int pool_warning, pool_critical;
	int pool_commitment;              /* warning: provisioned in percent of capacity */
	int node_cpu_warning, node_cpu_critical;
	int node_memory_warning, node_memory_critical;
	int node_filesystem_warning, node_filesystem_critical;
	int node_pressure_warning, node_pressure_critical; /* memory and I/O stall */
	int vm_steal_warning, vm_steal_critical;
	int vm_stuck_critical; /* seconds without an answer for it */
	int vm_admin_state;    /* seconds in another state than it shall have */
	int history_age;       /* seconds that samples may wait to be written */
	int margin;            /* percent below a level that clears it */
	int raise_after;       /* seconds */
};

extern const struct thresholds thresholds_default;

struct alarms;

struct alarms *alarms_new(void);
void alarms_free(struct alarms *);

/* The active alarms of an earlier run: they are not raised again. */
void alarms_restore(struct alarms *, const struct part *);

struct state;

/*
 * Judges `next`.  A new part with all active alarms, given away, or NULL when nothing has
 * changed since the last one.  `keep`: more has changed than the words of a reason.
 */
struct part *alarms_judge(struct alarms *, const struct cluster *next,
    const struct thresholds *, struct state *, int64_t now, int64_t wall,
    bool *keep);

#endif
