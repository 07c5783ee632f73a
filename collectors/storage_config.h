/*
 * How a storage pool and a volume are configured: libvirt's XML of them, as plain values.
 * Pure.
 */
#ifndef VCL_COLLECTORS_STORAGE_CONFIG_H
#define VCL_COLLECTORS_STORAGE_CONFIG_H

#include <glib.h>
#include <stdint.h>

#include "common/scoped.h"

/* Where a pool was found, and what the configuration says of pools. */
struct pool_place {
	const char *host; /* the host's UUID as libvirt tells it; NULL: not told */
	const char *node; /* the node's name */
	const char *const *shared; /* names of pools that nodes share; NULL: none */
};

struct pool_config {
	char *name, *uuid, *type;
	char *path;     /* "": it has none */
	char *source;   /* for people; "": none but its path */
	char *identity; /* what makes it the same pool on several nodes; at most 255 octets */
};

/* NULL with a sentence when it is not the XML of a pool that can be told apart. */
struct pool_config *pool_config_parse(const char *xml, const struct pool_place *, GError **);
void pool_config_free(struct pool_config *); /* NULL is fine */
SCOPED_DEFINE(pool_config, pool_config_free)

struct volume_config {
	char *path, *format; /* "": not told */
	char *backing;       /* path of the image below, "": none */
	uint64_t physical;   /* octets, or absent */
};

struct volume_config *volume_config_parse(const char *xml, GError **);
void volume_config_free(struct volume_config *); /* NULL is fine */
SCOPED_DEFINE(volume_config, volume_config_free)

/* "POOL/VOLUME" as an identity of at most 255 octets; free it. */
char *volume_identity(const char *pool_identity, const char *name);

#endif
