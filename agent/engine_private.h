/*
 * What the halves of the engine share.  For agent/engine*.c only.
 */
#ifndef VCL_AGENT_ENGINE_PRIVATE_H
#define VCL_AGENT_ENGINE_PRIVATE_H

#include "agent/engine.h"

/* The table and column that an OID names, or NULL. */
const struct column *engine_find_column(const struct mib *, const uint32_t *arc, size_t len,
    const struct table **);

/* The row of that instance, without its third index; or NULL. */
const struct row_head *engine_find_row(struct engine_view *, const struct table *,
    const uint32_t *instance, size_t len);

#endif
