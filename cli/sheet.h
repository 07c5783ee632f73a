/*
 * A sheet: rows of cells under headers, aligned when written.
 */
#ifndef VCL_CLI_SHEET_H
#define VCL_CLI_SHEET_H

#include "cli/output.h"
#include "common/scoped.h"

enum align { ALIGN_LEFT, ALIGN_RIGHT };

struct sheet;

struct sheet *sheet_new(void);
void sheet_free(struct sheet *);
SCOPED_DEFINE(sheet, sheet_free)

/*
 * Adds a column, before any row.  On a terminal that is too narrow the widest columns
 * are cut first, none below `least`; 0: never.
 */
void sheet_add_column(struct sheet *, const char *header, enum align, size_t least);

/* Adds the next cell, from the left to the right and row by row.  NULL: "-". */
void sheet_add_cell(struct sheet *, const char *text, enum tone);

/* Writes the header and the rows.  The last column is not padded. */
void sheet_write(const struct sheet *, const struct output *);

/* The same without the header. */
void sheet_write_rows(const struct sheet *, const struct output *);

#endif
