/*
 * The verbs: start, stop, list, restore; watch has a file of its own.
 *
 * Requests come from standard input, answers go to standard output.
 */
#ifndef VCL_EXPORT_VERBS_H
#define VCL_EXPORT_VERBS_H

#include <glib.h>
#include <stdbool.h>

#include "export/setup.h"

/* False without an error: what is wrong has been said. */
bool verb_start(const struct setup *, GError **);
bool verb_stop(const struct setup *, GError **);
bool verb_list(const struct setup *, GError **);
bool verb_restore(const struct setup *, GError **);

#endif
