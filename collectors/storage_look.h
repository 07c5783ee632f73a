/*
 * A look at the storage of a host: from libvirt to rows of pools and volumes, and what is
 * remembered from look to look.
 *
 * One thread; every call may hang as long as the host does.
 */
#ifndef VCL_COLLECTORS_STORAGE_LOOK_H
#define VCL_COLLECTORS_STORAGE_LOOK_H

#include <stdbool.h>

#include "collectors/link.h"
#include "model/part.h"

struct storage_setup {
	int interval; /* seconds between looks, 0: none at all */
	int refresh;  /* seconds between refreshes of a pool, 0: none */
	const char *const *shared; /* names of pools that nodes share; NULL: none */
};

/* Rows older than so many seconds are stale. */
static inline uint32_t
storage_stale_after(const struct storage_setup *setup)
{
	return (uint32_t)MAX(3 * setup->interval, setup->interval + 5);
}

struct storage_look;

struct storage_look *storage_look_new(const char *node);
void storage_look_free(struct storage_look *);

/*
 * The part "storage:NODE", given away; NULL with a sentence when the connection is of no
 * use any more, or when `stop` says so.  A driver without storage has an empty one.
 */
struct part *storage_look_take(struct storage_look *, struct link *,
    const struct storage_setup *, bool (*stop)(void *ctx), void *ctx, GError **);

/* Volumes of that pool may have changed inside: all is asked for again.  NULL: of any. */
void storage_look_forget(struct storage_look *, const char *uuid);

/* That part under a node that does not answer: the same, but in an unknown state. */
struct part *storage_look_unreachable(const struct part *);

#endif
