/*
 * Filters of listings: what an option means for a listing's rows.
 *
 * What the daemon can sift is put into the request, so that rows that nobody wants are
 * not sent; the rest is done here.
 */
#ifndef VCL_CLI_FILTER_H
#define VCL_CLI_FILTER_H

#include <json-glib/json-glib.h>
#include <stdbool.h>

#include "cli/options.h"

struct filter_type;

struct filter {
	const char *option;
	const struct filter_type *type;
	const char *key;          /* column that it looks at, NULL: none of its own */
	const char *const *words; /* what can be said, NULL: anything */
};

extern const struct filter_type
    filter_owner, /* belongs to that node, VM or pool, which the daemon knows */
    filter_word,  /* is that word */
    filter_worst, /* is that word or a later one of `words` */
    filter_text,  /* is that text */
    filter_flag,  /* is true */
    filter_name,  /* matches that pattern, as a shell has them */
    filter_since; /* is not before that time */

/* "from good to bad" */
extern const char *const filter_health[], *const filter_severity[];

/* Is what was said of these filters sensible?  If not, the sentence says what is. */
bool filter_check(const struct filter *, const struct options *, const char *verb,
    GError **);

/* Puts into a request what the daemon can do. */
void filter_ask(const struct filter *, const struct options *, JsonBuilder *);

/* Drops the rows that are not wanted. */
void filter_rows(const struct filter *, const struct options *, GPtrArray *rows);

/* Was any of them said? */
bool filter_any(const struct filter *, const struct options *);

/* Adds the columns that are needed for it. */
void filter_keys(const struct filter *, const struct options *, GPtrArray *keys);

/* "shutOff", "shut-off" and "SHUT OFF" are the same. */
bool filter_same(const char *a, const char *b);

#endif
