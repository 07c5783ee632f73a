/*
 * Lines of an answer on the control socket: {"row":{...}}, {"end":{...}}, {"error":{...}}.
 */
#ifndef VCL_AGENT_REPLY_H
#define VCL_AGENT_REPLY_H

#include <json-glib/json-glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/wire.h"

/* A builder within {"KEY":{, to be given to reply_finish or reply_put. */
JsonBuilder *reply_start(const char *key);
void reply_add_text(JsonBuilder *, const char *key, const char *value);
void reply_add_int(JsonBuilder *, const char *key, int64_t value);

/* Frees the builder and returns the line, to be freed. */
char *reply_finish(JsonBuilder *);

/* Frees the builder and writes the line. */
bool reply_put(struct wire *, JsonBuilder *, GError **);

/* Error lines: with a code of doc/control-protocol.md, or with the one of a GError. */
char *reply_error_line(const char *code, const char *message);
bool reply_put_error(struct wire *, const GError *);

#endif
