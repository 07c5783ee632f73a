/*
 * Launching: from a record to a server that serves.  Whoever calls has the lock.
 */
#ifndef VCL_EXPORT_LAUNCH_H
#define VCL_EXPORT_LAUNCH_H

#include <glib.h>
#include <stdbool.h>

#include "export/record.h"
#include "export/setup.h"

/*
 * At the record's port, if it has one and it is free, else at the first of the range that
 * is.  Where nothing serves afterwards, the record that is kept is `before`, or none with
 * NULL.
 */
bool launch_export(const struct setup *, struct record *, const struct record *before,
    GError **);

#endif
