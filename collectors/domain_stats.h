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

#include "collectors/domain_reading.h"
#include "collectors/vm_facts.h"
#include "model/rows.h"

/* libvirt's state, and its reason in words ("" when there is nothing to say). */
int32_t domain_state(int32_t libvirt_state, int32_t libvirt_reason);
const char *domain_reason(int32_t libvirt_state, int32_t libvirt_reason);

/* The counters of all devices of one kind, together, since the domain started. */
struct device_sums {
	uint64_t gone[DEVICE_COUNTERS]; /* of devices that were unplugged or restarted */
	GHashTable *devices;            /* name -> struct device_last */
};

struct domain_history {
	int64_t id;
	int64_t discontinuity_us;
	uint64_t cpu_ns;
	uint64_t balloon_at;
	int64_t balloon_us; /* when balloon_at last changed, by our clock */
	struct device_sums sums[DEVICE_KINDS];
	bool started; /* the last look found it running anew, or for the first time */

	/* kept here for the caller */
	struct vm_facts *facts;   /* NULL: not asked yet */
	const struct vm *row; /* the row made last, in a part that lives; NULL: none */
	char *title;
	int64_t title_us; /* when it was asked for, 0: never */
	int32_t autostart, persistent;
	uint64_t pass; /* when it was last seen */
};

struct domain_history *domain_history_new(void);
void domain_history_free(struct domain_history *);

/* When a look was taken: monotonic and since 1970, microseconds. */
struct look_time {
	int64_t now, wall;
};

/* A full look: fills in an empty row, but for its texts, autostart and persistent. */
void domain_history_sample(struct domain_history *, const struct domain_reading *,
    const struct look_time *, struct vm *);

/*
 * A look at the state only.  The row holds what the last look found; the numbers of this
 * run stay as they were, those of an earlier run and of a domain that is off go.
 */
void domain_history_state(struct domain_history *, const struct domain_reading *,
    const struct look_time *, struct vm *);

#endif
