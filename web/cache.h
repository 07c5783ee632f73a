/*
 * What was made once and is wanted by many: of all that ask for the same thing at the same
 * time one makes it, and the others wait for it, or take what there was before.
 *
 * Any thread.  Values are counted, and never changed.
 */
#ifndef VCL_WEB_CACHE_H
#define VCL_WEB_CACHE_H

#include <glib.h>
#include <stdint.h>

#include "common/scoped.h"

struct cache;

struct cache_kind {
	gpointer (*ref)(gpointer value);
	void (*unref)(gpointer value);
	size_t (*weigh)(gpointer value); /* octets, about */
	size_t most;			 /* of all values together */
};

struct cache *cache_new(const struct cache_kind *);

/* Nobody may be within cache_get any more. */
void cache_free(struct cache *);
SCOPED_DEFINE(cache, cache_free)

/* Makes the value, without any lock held; NULL with an error. */
typedef gpointer cache_make(void *ctx, GError **);

/*
 * A reference to the value for that key: one that is not older than `fresh_us`, or a new
 * one.  While another thread makes it, one of up to `stale_us` is good enough.
 */
gpointer cache_get(struct cache *, const char *key, int64_t fresh_us, int64_t stale_us,
    cache_make *, void *ctx, GError **);

#endif
