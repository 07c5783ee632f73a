/*
 * The HTTP server: connections, methods, headers.  What it says is made by the pages.
 */
#ifndef VCL_WEB_SERVER_H
#define VCL_WEB_SERVER_H

#include "web/web.h"

struct server;

/* "127.0.0.1:8080" or "[::1]:8080": numbers, so that nobody looks up names. */
struct server *server_new(const struct web *, const char *address, GError **);

/* Answers what was asked, and ends. */
void server_free(struct server *);
SCOPED_DEFINE(server, server_free)

/* The port that it listens on, for whoever asked for port 0. */
unsigned server_port(const struct server *);

#endif
