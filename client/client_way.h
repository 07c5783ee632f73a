/*
 * A way to the daemon: what client.c needs of it.  For client.c and the two ways only.
 *
 * Each takes the same requests and gives the same answers, doc/control-protocol.md.
 */
#ifndef VCL_CLIENT_CLIENT_WAY_H
#define VCL_CLIENT_CLIENT_WAY_H

#include "client/client.h"

struct client_way {
	/* A failure is no news yet: it shows when the answer is read. */
	void (*send)(void *ctx, JsonNode *request);

	/* As client_hand_over. */
	bool (*hand_over)(void *ctx, int fd, GError **);

	/* As client_next and client_bytes. */
	JsonObject *(*next)(void *ctx, const char **kind, int timeout_ms, GError **);
	GBytes *(*bytes)(void *ctx, gsize n, GError **);

	/* -1: there is nothing to interrupt. */
	int (*fd)(void *ctx);
	void (*close)(void *ctx);
};

/* Takes `ctx`. */
struct client *client_new(const struct client_way *, void *ctx);

#endif
