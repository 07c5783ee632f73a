/*
 * Composing nodes: what an operator and the cluster manager say of them, over what their
 * hosts tell; and those that the cluster manager alone knows.  For compose.c.
 */
#ifndef VCL_MODEL_COMPOSE_NODES_H
#define VCL_MODEL_COMPOSE_NODES_H

#include "model/block.h"
#include "model/compose.h"

/* After applications, of which some are VMs that are nodes. */
void compose_nodes(struct cluster *next, struct block *own, const struct compose_input *);

#endif
