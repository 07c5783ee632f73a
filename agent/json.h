/*
 * Rows as JSON: any table, by its column array.  Keys are the MIB's descriptors,
 * enumerations are their labels, times are ISO 8601; what is absent is left out.
 */
#ifndef VCL_AGENT_JSON_H
#define VCL_AGENT_JSON_H

#include <json-glib/json-glib.h>
#include <stdbool.h>

#include "model/table.h"

/* Chooses columns; NULL stands for a filter that takes all. */
typedef bool json_column_filter(const struct column *, void *ctx);

/*
 * Adds the cells of one row as members, keys of other tables first; the builder must be
 * within an object.
 */
void json_add_row(JsonBuilder *, const struct table *, const struct reading *,
    const void *row, json_column_filter *, void *ctx);

/* A column of the table, or a key that it has from another table; NULL: neither. */
const struct column *json_find_column(const struct table *, const char *name);

/* The finished text of a builder, on one line.  Free it. */
char *json_text(JsonBuilder *);

/*
 * A JSON object from one line of a peer that may be hostile.  NULL with a sentence of
 * G_IO_ERROR_INVALID_DATA.
 */
JsonObject *json_parse_line(const char *line, GError **);

/*
 * Members of a request.  Each returns false with a sentence when the member is there but
 * of another type or out of range, and leaves `out` alone when it is not there.
 */
bool json_get_text(JsonObject *, const char *key, const char **out, GError **);
bool json_get_bool(JsonObject *, const char *key, bool *out, GError **);
bool json_get_int(JsonObject *, const char *key, int64_t least, int64_t most, int64_t *out,
    GError **);

bool json_get_object(JsonObject *, const char *key, JsonObject **out, GError **);

/* An array of strings: NULL-terminated, borrowed strings, the array to be freed. */
bool json_get_words(JsonObject *, const char *key, const char ***out, GError **);

#endif
