/*
 * JSON that anybody may have written.  Pure.
 */
#ifndef VCL_COMMON_SAFE_JSON_H
#define VCL_COMMON_SAFE_JSON_H

#include <glib.h>
#include <json-glib/json-glib.h>
#include <stdbool.h>

/*
 * The object that is the whole of a line of at most `most` octets, with at most `depth`
 * brackets open at a time: json-glib calls itself for each.  NULL with one sentence (in
 * G_IO_ERROR); else to be released with json_object_unref.
 */
JsonObject *safe_json_object(const char *line, size_t length, size_t most, unsigned depth,
    GError **error);

/* Such a sentence.  Always false. */
bool safe_json_refuse(GError **, const char *format, ...) G_GNUC_PRINTF(2, 3);

#endif
