/*
 * The trends of all pools, nodes and VMs, from their histories, published as the part
 * "trends".
 *
 * Used by the RRD thread only.
 */
#ifndef VCL_GRAPHS_TRENDS_H
#define VCL_GRAPHS_TRENDS_H

#include "model/settings.h"
#include "model/store.h"

struct trends;

/* `cancel` (borrowed): readable means give up waiting for rrdcached. */
struct trends *trends_new(struct store *, int cancel);
void trends_free(struct trends *); /* NULL is fine */

/* Reads those that are due, only so many of them, and publishes what has changed. */
void trends_look(struct trends *, const struct settings *);

/* There are no histories any more. */
void trends_forget(struct trends *);

#endif
