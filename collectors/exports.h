/*
 * Exports: the volumes that a host serves to others, as its virtcluster-export tells, kept
 * from line to line, and the parts made from them, "exports:NODE".  Pure.
 *
 * Used by one thread at a time.  Each function that returns a part gives away a reference.
 */
#ifndef VCL_COLLECTORS_EXPORTS_H
#define VCL_COLLECTORS_EXPORTS_H

#include <glib.h>

#include "model/part.h"

#define EXPORTS_LINE_MOST (1024 * 1024) /* octets */
#define EXPORTS_INTERVAL  10 /* seconds between lines of virtcluster-export where nothing changes */

struct exports;

struct exports *exports_new(const char *node);
void exports_free(struct exports *);

/* Of the parts that it makes. */
const char *exports_source(const struct exports *);

/* A line, `length` octets without its end.  NULL with one sentence: it makes no sense. */
struct part *exports_take(struct exports *, const char *line, size_t length, GError **);

/* Nobody tells any longer, and why: everything as it was, but nobody knows. */
struct part *exports_lost(struct exports *, const char *reason);

#endif
