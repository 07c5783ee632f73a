/*
 * The period that a graph, or numbers, are about: any two of --from, --to and --span.
 */
#ifndef VCL_CLI_PERIOD_H
#define VCL_CLI_PERIOD_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "cli/options.h"

struct period {
	int64_t from, to; /* seconds since 1970 */
};

/* The end is now, the span an hour by default.  `verb` stands in errors, of CLI_ERROR. */
bool period_get(const struct options *, const char *verb, struct period *, GError **);

#endif
