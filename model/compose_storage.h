/*
 * Composing pools and volumes: a pool that several nodes share is one row, and so is each
 * of its volumes.  For compose only.
 */
#ifndef VCL_MODEL_COMPOSE_STORAGE_H
#define VCL_MODEL_COMPOSE_STORAGE_H

#include "model/block.h"
#include "model/compose.h"

/* One node's rows: gives pool_node and volume their indexes. */
void compose_storage_part(struct block *, uint32_t node, const struct compose_input *);

/* All nodes' together: one row of each volume, and the rows of pools, kept in `own`. */
void compose_storage(struct cluster *next, struct block *own, const struct compose_input *);

#endif
