/*
 * Texts of a graph.  Pure; strings are to be freed.
 */
#ifndef VCL_GRAPHS_DRAW_TEXT_H
#define VCL_GRAPHS_DRAW_TEXT_H

#include <stdint.h>

#include "graphs/catalogue.h"

/* "1.46 Mbit/s"; "-" for NAN. */
char *draw_text_number(const struct graph *, double);

/* From when to when (seconds since 1970), in local time, as short as it can be said. */
char *draw_text_span(int64_t start, int64_t end);

/* A name from a host or a person: repaired, on one line and not too long. */
char *draw_text_name(const char *);

/* librrd's --x-grid for a span of so many seconds. */
const char *draw_text_axis(int64_t span);

#endif
