/*
 * The daemon as seen from another program: asks, and takes the answer apart.
 */
#ifndef VCL_CLIENT_CLIENT_H
#define VCL_CLIENT_CLIENT_H

#include <glib.h>
#include <json-glib/json-glib.h>
#include <stdbool.h>

#include "common/scoped.h"

struct client;

/*
 * The daemon's own errors are of this domain, with its sentence: REFUSED, or what some
 * callers want to know apart, that it has no such object or no such verb.
 */
#define CLIENT_ERROR (client_error_quark())
enum client_error {
	CLIENT_ERROR_REFUSED,
	CLIENT_ERROR_CONNECTION,
	CLIENT_ERROR_TIMEOUT,
	CLIENT_ERROR_NO_OBJECT,
	CLIENT_ERROR_NO_VERB,
};
GQuark client_error_quark(void);

/* By the daemon's control socket. */
struct client *client_open(const char *path, GError **);

void client_close(struct client *);
SCOPED_DEFINE(client, client_close)

/* How long client_rows waits for a line; a minute unless it is said. */
void client_set_patience(struct client *, int milliseconds);

/* The connection itself, for whoever wants to interrupt an answer by shutdown(2); or -1. */
int client_fd(const struct client *);

/* A request that starts as {"verb":VERB, to be filled and given to client_send. */
JsonBuilder *client_request(const char *verb);
void client_add_text(JsonBuilder *, const char *key, const char *value);
void client_add_int(JsonBuilder *, const char *key, gint64 value);
void client_add_bool(JsonBuilder *, const char *key, bool value);
void client_add_words(JsonBuilder *, const char *key, const char *const *words);

/*
 * The next request hands that open descriptor over as well, which stays the caller's, too.
 * False with an error where there is no way to.
 */
bool client_hand_over(struct client *, int fd, GError **);

/* Frees the builder.  What went wrong shows when the answer is read. */
void client_send(struct client *, JsonBuilder *);

/* The same in two steps: the whole request, to be unreferenced, and sending it. */
JsonNode *client_finish(JsonBuilder *);
void client_send_node(struct client *, JsonNode *);

/*
 * The next line of the answer: "row", "graph" or "end" in `kind` (a static string) and
 * its object, to be unreferenced.  Waits `timeout_ms` at most, -1: for ever.
 */
JsonObject *client_next(struct client *, const char **kind, int timeout_ms, GError **);

/* Raw bytes of the answer, as many as a line announced. */
GBytes *client_bytes(struct client *, gsize n, GError **);

/* Sends the request, and all rows of the answer: JsonObject, freed with the array. */
GPtrArray *client_rows(struct client *, JsonBuilder *, GError **);

#endif
