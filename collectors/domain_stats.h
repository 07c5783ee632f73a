/*
 * What libvirt tells of one domain, as one row.  Pure.
 *
 * A reading is one look at the domain; its history is what must be remembered from one
 * look to the next, so that sums never go backwards within a run.
 */
#ifndef VCL_COLLECTORS_DOMAIN_STATS_H
#define VCL_COLLECTORS_DOMAIN_STATS_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "collectors/device_sums.h"
#include "collectors/domain_reading.h"
#include "collectors/vm_facts.h"
#include "model/rows.h"

/* Where the rows of one kind stand in a part: those of one VM are together. */
struct row_range {
	guint first, n;
};

/*
 * For so long a domain that has migrated away is told of as one that is on its way: the host
 * that has it now may be slower to tell.  The second where it is not even defined here any
 * more: then it would be nowhere.  (Not that long when all others have been looked at.)
 */
#define DOMAIN_LEFT_US     (5 * G_USEC_PER_SEC)
#define DOMAIN_DEPARTED_US (60 * G_USEC_PER_SEC)

struct domain_history {
	int64_t id;
	int64_t discontinuity_us;
	uint64_t cpu_ns;
	uint64_t balloon_at;
	int64_t balloon_us; /* when balloon_at last changed, by our clock */
	struct device_sums sums[DEVICE_KINDS];
	bool settled; /* this run has been seen otherwise than paused for a migration */
	bool started; /* the last look found it running anew, or for the first time */
	int64_t started_us; /* when its run began, if that was seen; 0: it was not */
	int64_t left_us;    /* when it last migrated away, 0: never */

	/* kept here for the caller */
	struct vm_facts *facts;   /* NULL: not asked yet */
	const struct vm *row; /* the row made last, in a part that lives; NULL: none */
	struct row_range devices[DEVICE_ROWS]; /* likewise */
	struct domain_config *config;          /* NULL: not known yet */
	int64_t config_us;           /* asked for after that time, 0: never */
	int64_t config_forgotten_us; /* when it last may have changed */
	int64_t config_id;           /* the run that it is of */
	guint config_devices;        /* how many libvirt told numbers of, at that time */
	int32_t autostart, persistent;
	uint64_t pass; /* when it was last seen */
};

struct domain_history *domain_history_new(void);
void domain_history_free(struct domain_history *);

/* When a look was taken: monotonic and since 1970, microseconds. */
struct look_time {
	int64_t now, wall;
	bool watched; /* nothing can have happened unseen since the look before */
};

/* A full look: fills in an empty row, but for what its configuration and flags tell. */
void domain_history_sample(struct domain_history *, const struct domain_reading *,
    const struct look_time *, struct vm *);

/*
 * A look at the state only.  The row holds what the last look found; the numbers of this
 * run stay as they were, those of an earlier run and of a domain that is off go.
 */
void domain_history_state(struct domain_history *, const struct domain_reading *,
    const struct look_time *, struct vm *);

/* Has it migrated away a moment ago? */
bool domain_history_left(const struct domain_history *, int64_t now);

/* The row of such a domain. */
void domain_history_leave(struct vm *);

#endif
