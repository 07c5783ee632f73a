/*
 * The look's own.  Each file calls only those above it.
 *
 *	storage_memory.c   what is remembered from look to look
 *	storage_volumes.c  volumes of one pool
 *	storage_look.c     pools, and the whole
 */
#ifndef VCL_COLLECTORS_STORAGE_PRIVATE_H
#define VCL_COLLECTORS_STORAGE_PRIVATE_H

#include "collectors/storage_config.h"
#include "collectors/storage_look.h"

#define POOLS_MOST 256 /* of one host */

/* What is known of a volume from the last look. */
struct known_volume {
	struct volume_config *config;
	uint64_t capacity, allocation; /* when its configuration was read */
	int64_t read_us;
	uint64_t pass;
};

struct known_pool {
	int64_t refresh_due, refreshed_at;
	char *error;         /* of the last refresh, "": none */
	bool active;
	GHashTable *volumes; /* name -> struct known_volume */
	uint64_t pass;
};

struct storage_look {
	char *node, *source;
	GHashTable *pools;     /* UUID -> struct known_pool */
	GHashTable *complained; /* set of what was logged, so that it is only once */
	struct part *last;
	uint64_t pass;
};

/* One look in the making. */
struct storage_looking {
	struct storage_look *s;
	struct link *link;
	const struct storage_setup *setup;
	struct part *part;
	GHashTable *seen; /* set of identities: each has one row */
	size_t volumes;
	int64_t now;
	bool (*stop)(void *);
	void *ctx;
};

/* --- storage_memory.c */

/* In the log, once for the same words. */
void storage_complain(struct storage_look *, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* What is known of that pool; new, if nothing is. */
struct known_pool *storage_known_pool(struct storage_looking *, const char *uuid);

/* When it has been refreshed now: the next time. */
int64_t storage_next_refresh(const struct storage_looking *);

/* Where this look cannot see: what the last one saw.  A pool is there, but unknown. */
void storage_repeat_volumes(struct storage_looking *, const char *pool_identity);
void storage_repeat_pool(struct storage_looking *, const char *uuid, const char *why);

/* --- storage_volumes.c */

void storage_add_volumes(struct storage_looking *, struct known_pool *,
    const struct pool_node *, virStoragePoolPtr);

#endif
