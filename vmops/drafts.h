/*
 * Drafts: rows of the job table that somebody still fills in (RFC 2579's notReady and
 * notInService).  They live in memory only, and not for ever.  The caller locks.
 */
#ifndef VCL_VMOPS_DRAFTS_H
#define VCL_VMOPS_DRAFTS_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "model/request.h"

#define DRAFTS_MOST   64
#define DRAFT_LIFE_US (5 * 60 * G_USEC_PER_SEC) /* from the last SET on */

struct draft {
	struct row_request row; /* what it was told; its index is request.chosen */
	int64_t touched_us;     /* monotonic */
	int64_t made_at;        /* microseconds since 1970 */
	bool shown;             /* the SET that made it is committed */
	bool gone;              /* the SET that ends it is committed */
};

GPtrArray *drafts_new(void); /* struct draft */

/* The draft with that index, also one that is just being made or ended; or NULL. */
struct draft *drafts_find(const GPtrArray *, uint32_t index);

/* NULL with an error of REQUEST_ERROR: there are too many. */
struct draft *drafts_add(GPtrArray *, const struct row_request *, int64_t now, GError **);

void drafts_remove(GPtrArray *, struct draft *);

/* Removes those that nobody has written to for too long; how many. */
unsigned drafts_expire(GPtrArray *, int64_t now);

/* When the next one expires, INT64_MAX: none will. */
int64_t drafts_next_expiry(const GPtrArray *);

#endif
