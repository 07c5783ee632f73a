/*
 * Which of the rows that a listing found are sent, and in which order: "sort", "descending",
 * "match", "offset" and "limit" of a request.  For control_rows.c.
 */
#ifndef VCL_AGENT_CONTROL_ORDER_H
#define VCL_AGENT_CONTROL_ORDER_H

#include <glib.h>
#include <json-glib/json-glib.h>
#include <stdbool.h>

#include "model/table.h"

struct row_order {
	const struct column *sort; /* NULL: as the table has them */
	bool descending;
	const char *match; /* text that a row must have somewhere, NULL: any; borrowed */
	const char *const *columns; /* where it is looked for; NULL: in all */
	int64_t offset, limit;      /* limit 0: no limit */
};

/* `columns` are those of the request, borrowed. */
bool order_get(JsonObject *request, const struct table *, const char *const *columns,
    struct row_order *, GError **);

/* Does any text of the row contain what is looked for, upper or lower case? */
bool order_matches(const struct row_order *, const struct table *, const struct reading *,
    const void *row);

/* Puts rows in order and leaves those that are wanted; what has no value comes last. */
void order_apply(const struct row_order *, const struct reading *, GPtrArray *rows);

/* "web2" before "web10", upper and lower case alike.  Below, above or 0. */
int order_compare_texts(const char *, const char *);

#endif
