/*
 * From when to when: hour to ten years, or any two times.
 *
 * The end of a named span is rounded down, so that all who look at it within a moment see
 * the same picture.
 */
#ifndef VCL_WEB_SPAN_H
#define VCL_WEB_SPAN_H

#include "web/url.h"

struct span {
	int64_t from, to; /* seconds since 1970 */
	const char *name; /* "hour"; NULL: two times that somebody chose */
};

struct span_name {
	const char *name;  /* in addresses */
	const char *title; /* for people */
	int64_t seconds;
};

extern const struct span_name span_names[]; /* ended by a NULL name */

/* By "from" and "to" or "span"; otherwise the last hour. */
bool span_get(const struct url *, int64_t now, struct span *, GError **);

/* A link's parameters for it. */
void span_add(GString *link, const struct span *);

/* Seconds after which a picture of it may look different. */
int64_t span_fresh(const struct span *, int64_t now);

/* Of another length or place. */
struct span span_scale(const struct span *, double factor, int64_t now);
struct span span_shift(const struct span *, double lengths, int64_t now);

#endif
