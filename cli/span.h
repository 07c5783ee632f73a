/*
 * Spans and times as people write them.
 */
#ifndef VCL_CLI_SPAN_H
#define VCL_CLI_SPAN_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/* "30m", "1h", "1d", "1w", "1mo", "1y" in seconds.  Errors are of CLI_ERROR. */
bool span_parse(const char *text, int64_t *seconds, GError **);

/*
 * "now", a span ago as "-2h", seconds since 1970, or local time as "2026-07-25" or
 * "2026-07-25 14:00[:30]" (also with a T between, and a zone after it).
 */
bool time_parse(const char *text, int64_t now, int64_t *seconds, GError **);

/* "800x300" */
bool size_parse(const char *text, int *width, int *height, GError **);

#endif
