/*
 * Rows as JSON: any table, by its column array.  Keys are the MIB's descriptors,
 * enumerations are their labels, times are ISO 8601; what is absent is left out.
 */
#ifndef VCL_MODEL_ROW_JSON_H
#define VCL_MODEL_ROW_JSON_H

#include <json-glib/json-glib.h>
#include <stdbool.h>

#include "model/table.h"

/* Chooses columns; NULL stands for a filter that takes all. */
typedef bool row_json_filter(const struct column *, void *ctx);

/*
 * Adds the cells of one row as members, keys of other tables first; the builder must be
 * within an object.
 */
void row_json_add(JsonBuilder *, const struct table *, const struct reading *,
    const void *row, row_json_filter *, void *ctx);

/* Adds one cell, unless it is absent or of a kind that JSON has not. */
void row_json_add_value(JsonBuilder *, const struct column *, const struct value *);

/* A column of the table, or a key that it has from another table; NULL: neither. */
const struct column *row_json_column(const struct table *, const char *name);

/* The n-th key that it has from another table, or NULL; reads a bare row_head, too. */
const struct column *row_json_key(const struct table *, size_t n);

#endif
