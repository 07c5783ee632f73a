/*
 * A part: the rows that one producer hands in at once.  Built by one thread, then
 * published to the store and never touched again.
 */
#ifndef VCL_MODEL_PART_H
#define VCL_MODEL_PART_H

#include <glib.h>
#include <stdbool.h>

#include "common/scoped.h"
#include "common/sync.h"
#include "model/rows.h"
#include "model/table.h"

struct part {
	refcount refs;
	char *source;      /* who made it: "node:alpha", "jobs", ... */
	char *node;        /* name of the node that VM rows are on, NULL if none */
	bool reachable;    /* false: rows are the last ones seen, kept for their values */
	GPtrArray *rows[ROWS_COUNT]; /* unsorted; indexes of nodes and VMs not yet given */
	GStringChunk *texts;
};

struct part *part_new(const char *source, const char *node);
struct part *part_ref(struct part *);
void part_unref(struct part *);
SCOPED_DEFINE(part, part_unref)

/* Adds a row, all fields absent, and returns it to be filled. */
void *part_add(struct part *, enum row_set);

/* Adds a copy of a row of another part: strings included. */
void *part_add_copy(struct part *, enum row_set, const void *row);

/*
 * A string that lives as long as the part.  NULL stays NULL.  Text that is not UTF-8, or
 * longer than the 255 octets of an SnmpAdminString, is repaired or cut at a character.
 */
const char *part_text(struct part *, const char *);

#endif
