/*
 * Retention: which backups of one VM may go.  Pure.
 */
#ifndef VCL_MODEL_RETENTION_H
#define VCL_MODEL_RETENTION_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/*
 * How many to keep; 0: the rule keeps none.  Each rule chooses for itself, and what any of
 * them chooses is kept: the last ones, and of the newest days, weeks and months that have
 * one, the newest of each.  All 0: everything is kept.
 */
struct retention {
	int last, daily, weekly, monthly;
};

enum { RETENTION_NO_BASE = -1, RETENTION_BASE_MISSING = -2 };

struct retention_point {
	int64_t at;   /* the instant of the backup, microseconds of 1970 */
	int base;     /* place of the backup that it is based on, or one of the above */
	bool good;    /* complete, and not found to be broken */
	bool foreign; /* not under these rules: it neither goes nor counts */
	bool busy;    /* something goes on with it: it does not go now */
};

/*
 * Writes the places of those that may go into `out`, which has room for n, in an order in
 * which none is the base of one that comes later; returns how many.
 *
 * What is kept keeps its base.  Only good ones whose bases are all there and good count;
 * the newest of them always stays.  One that does not count goes when a newer one that does
 * is there, so that what can be had from it is not lost before.  What lies in the future
 * of `now`, by a clock that was wrong, stays, and does not count.
 */
size_t retention_choose(const struct retention *, const struct retention_point *, size_t n,
    GTimeZone *, int64_t now, size_t *out);

#endif
