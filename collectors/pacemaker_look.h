/*
 * One look at Pacemaker: what its tools have written, as rows of the part "pacemaker".  Pure.
 */
#ifndef VCL_COLLECTORS_PACEMAKER_LOOK_H
#define VCL_COLLECTORS_PACEMAKER_LOOK_H

#include "model/part.h"

#define PACEMAKER_SOURCE "pacemaker"

/* Meta attribute in which virtcluster notes which VM an application is: its UUID. */
#define PACEMAKER_VM_META "virtcluster-uuid"

struct pacemaker_look {
	const char *status; /* crm_mon's XML */
	const char *cib;    /* cibadmin's */
	const struct part *last; /* what was told before, NULL: nothing */
	GHashTable *names;  /* Pacemaker's name of a node -> ours, where they differ; may be NULL */
	int64_t now_us, wall; /* when it was taken */
	int interval;       /* seconds until the next */
	uint32_t stale_after; /* seconds */
};

/* NULL with one sentence: it is not what these tools write, or of a version not known. */
struct part *pacemaker_part(const struct pacemaker_look *, GError **);

/* Before the first look. */
struct part *pacemaker_waiting(const struct pacemaker_look *);

/* What the last part told, as no longer known; it may be that of pacemaker_waiting. */
struct part *pacemaker_lost(const struct part *last, const char *reason);

/* Is anything on its way, so that it will soon be otherwise? */
bool pacemaker_is_settling(const struct part *);

/* Do the members that were asked have the quorum?  They alone can speak for all. */
bool pacemaker_is_quorate(const struct part *);

#endif
