/*
 * How VMs stand with their backups: what can be restored, and whether the last one is too
 * long ago.  Pure.
 */
#ifndef VCL_MODEL_STANDING_H
#define VCL_MODEL_STANDING_H

#include "model/backup_rule.h"
#include "model/cluster.h"

/* Is it whole, with all that it is based on, as far as anybody knows? */
bool standing_is_sound(const struct cluster *, const struct backup *);

/* The backups that it is based on, one upon the other. */
unsigned standing_depth(const struct cluster *, const struct backup *);

/*
 * The newest sound one of the VM in the rule's pool, or NULL.  One that seems to be of the
 * future is none: a clock was wrong.
 */
const struct backup *standing_newest(const struct cluster *, uint32_t vm,
    const struct backup_rule *, int64_t wall);

/*
 * When the VM's next backup is overdue: the rule's time after the newest one; of a VM that
 * has none, an hour at most after the agent or the VM's present state began, as the first
 * is made at once.
 */
int64_t standing_late_at(const struct cluster *, const struct vm *, const struct backup_rule *,
    const struct backup *newest);

/*
 * The VM's backups as retention sees them: `rows` gets them (struct backup), the result
 * (free it) their struct retention_point, in the same order.  `busy`: indexes of those that
 * a job is about, GUINT_TO_POINTER.
 */
GArray *standing_shelf(const struct cluster *, uint32_t vm, const struct backup_rule *,
    GHashTable *busy, GPtrArray *rows);

#endif
