/*
 * Watching: the listing, again whenever it has changed, and once an interval.
 */
#ifndef VCL_EXPORT_WATCH_H
#define VCL_EXPORT_WATCH_H

#include <glib.h>
#include <stdbool.h>

#include "export/setup.h"

/* Until nobody reads it, which is no error. */
bool watch_run(const struct setup *, GError **);

#endif
