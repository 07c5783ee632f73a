/*
 * What libvirt tells of the host itself: processors, memory and their use.
 */
#ifndef VCL_COLLECTORS_NODE_STATS_H
#define VCL_COLLECTORS_NODE_STATS_H

#include "collectors/link.h"
#include "model/rows.h"

/*
 * Fills in a row; what the driver does not tell stays as it is.  The row's texts are the
 * link's, but for the model of the processor, which the caller must free.
 */
void node_stats_read(struct link *, struct node *, char **cpu_model);

#endif
