/*
 * Pacemaker's configuration and its memory of failures: the CIB, as cibadmin writes it.
 * Immutable.  Texts that are returned belong to the CIB.
 */
#ifndef VCL_COLLECTORS_PACEMAKER_CIB_H
#define VCL_COLLECTORS_PACEMAKER_CIB_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/scoped.h"

#define PACEMAKER_XML_MOST (32 * 1024 * 1024) /* octets of one answer */

struct cib;

/* NULL with a sentence: it is no CIB, or of a version that we do not know. */
struct cib *cib_read(const char *xml, GError **);
void cib_free(struct cib *);
SCOPED_DEFINE(cib, cib_free)

/*
 * What is configured for a resource; NULL: nothing.  Of its template where it has none of its
 * own; meta attributes also of the groups and clones that it is in, and of the defaults.
 * Values that depend on a rule are not seen.
 */
const char *cib_parameter(const struct cib *, const char *resource, const char *name);
const char *cib_meta(const struct cib *, const char *resource, const char *name);
const char *cib_utilization(const struct cib *, const char *resource, const char *name);

/* Its own alone. */
const char *cib_own_meta(const struct cib *, const char *resource, const char *name);

/* Node that its strongest location rule favours; NULL: none. */
const char *cib_preferred(const struct cib *, const char *resource);

/* Pacemaker's score: INFINITY is 1000000.  False: it is none. */
bool cib_score(const char *text, int32_t *score);

/* On all nodes together, since they were cleaned up. */
struct cib_failures {
	uint32_t count;
	int64_t last_at; /* microseconds since 1970, 0: never */
	const char *text; /* what went wrong, of what crm_mon may leave out; NULL: nothing */
};
struct cib_failures cib_failures(const struct cib *, const char *resource);

/* "ping:0" and "ping" are instances of the same; to be freed. */
char *cib_resource_name(const char *instance);

#endif
