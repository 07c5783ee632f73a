/*
 * Text for people: where it goes, and how wide it is there.
 */
#ifndef VCL_CLI_OUTPUT_H
#define VCL_CLI_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "client/tone.h"

struct output {
	FILE *file;
	bool terminal; /* only there lines are cut and updated in place */
	int width;     /* columns, of a terminal */
	bool colour;
	bool utf8; /* can it show "…" */
	int height; /* lines, of a terminal; 0: not known */
};

/* Standard output or error, as the environment (NO_COLOR, COLUMNS, TERM, locale) has it. */
struct output output_stdout(void);
struct output output_stderr(void);

/* Asks the terminal again how large it is. */
void output_measure(struct output *);

/* Columns that a text takes: 2 for wide characters, 0 for combining ones. */
size_t text_width(const char *);

/*
 * The text with nothing in it that could move the cursor or end the line, because names
 * come from other machines.  NULL becomes "-".  Free it.
 */
char *text_clean(const char *);

/* Cuts a text to that many columns, the last of them an ellipsis.  Free it. */
char *text_cut(const char *, size_t columns, bool utf8);

/* A text in its tone, to be freed. */
char *output_text(const struct output *, const char *text, enum tone);

/* Writes a text in its tone, padded with blanks to `columns` (right: in front). */
void output_cell(const struct output *, const char *text, enum tone, size_t columns,
    bool right);

#endif
