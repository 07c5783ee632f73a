/*
 * Rows of a listing as people want them: only the columns that are shown, names instead
 * of indexes, sifted and in order.
 */
#ifndef VCL_CLI_FETCH_H
#define VCL_CLI_FETCH_H

#include "cli/cli.h"
#include "cli/display.h"

struct query {
	const struct listing *listing;
	const struct options *options; /* what to sift and how to sort, NULL: nothing */
	const char *member;            /* NULL, or what the rows belong to, by its index */
	int64_t index;
	bool wide;
	bool whole; /* all columns, as the daemon has them */
};

/* NULL with an error; else rows to be unreferenced. */
GPtrArray *fetch_rows(struct cli *, const struct query *, GError **);

/* Puts names in the place of the indexes that the rows have of others. */
bool fetch_names(struct cli *, GPtrArray *rows, GError **);

#endif
