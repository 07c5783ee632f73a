/*
 * JSON requests: what a peer sent, taken apart with suspicion.
 */
#ifndef VCL_AGENT_JSON_H
#define VCL_AGENT_JSON_H

#include <json-glib/json-glib.h>
#include <stdbool.h>

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
