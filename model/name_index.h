/*
 * Rows in the order of their names: VMs, as each node tells of them, and the volumes of each
 * pool.
 *
 * Immutable; each is shared by all cluster values between which no such row came, went or
 * changed its name.
 */
#ifndef VCL_MODEL_NAME_INDEX_H
#define VCL_MODEL_NAME_INDEX_H

#include "model/cluster.h"

enum indexed_rows { INDEXED_VMS, INDEXED_VOLUMES };

/* `previous` may be NULL. */
struct name_index *name_index_make(enum indexed_rows, const struct cluster *next,
    const struct cluster *previous);
void name_index_unref(struct name_index *); /* NULL is fine */

#endif
