/* Composing applications, and what the cluster manager says of the whole.  For compose.c. */
#ifndef VCL_MODEL_COMPOSE_APPS_H
#define VCL_MODEL_COMPOSE_APPS_H

#include "model/block.h"
#include "model/compose.h"

/* Indexes of the rows of a part. */
void compose_apps_part(struct block *, const struct compose_input *);

/* Finds their VMs, and what became of them.  After VMs and their names. */
void compose_apps(struct cluster *next, struct block *own, const struct compose_input *);

/* The scalars.  After nodes and applications. */
void compose_backend(const struct cluster *next, struct cluster_info *);

#endif
