/*
 * A block: the composed rows of one part.  Shared by all cluster values from the one in
 * which the part arrived until it is replaced.  Only compose and cluster look inside.
 */
#ifndef VCL_MODEL_BLOCK_H
#define VCL_MODEL_BLOCK_H

#include "model/part.h"

struct cluster;

struct block {
	refcount refs;
	struct part *part; /* owns the strings; NULL for rows that a cluster made itself */
	struct {
		char *bytes; /* the rows, one after the other */
		size_t n;
	} set[ROWS_COUNT];
};

/* Copies the part's rows; takes its own reference to the part. */
struct block *block_new(struct part *part, uint32_t source);
struct block *block_ref(struct block *);
void block_unref(struct block *); /* NULL is fine */

/* The rows of a source in a cluster value, which may be NULL; NULL: it has none. */
struct block *block_at(const struct cluster *, size_t source);

static inline void *
block_row(const struct block *block, enum row_set set, size_t i)
{
	return block->set[set].bytes + i * rows_size(set);
}

#endif
