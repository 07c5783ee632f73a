/*
 * Asks the daemon by its control socket.  What was just asked is not asked again, however
 * many browsers want to know.
 *
 * Any thread.  Errors are of WEB_ERROR.
 */
#ifndef VCL_WEB_ASK_H
#define VCL_WEB_ASK_H

#include "client/client.h"
#include "common/sync.h"

struct ask;

/* An answer's rows; counted, never changed. */
struct answer {
	refcount refs;
	GPtrArray *rows; /* JsonObject */
	JsonObject *end; /* what its last line tells */
	int64_t found;   /* how many there are besides those, or rows->len */
	size_t octets;   /* about */
};

struct ask *ask_new(const char *socket);
void ask_free(struct ask *);
SCOPED_DEFINE(ask, ask_free)

/* One without rows; they are counted references. */
struct answer *answer_new(void);
void answer_unref(struct answer *);
SCOPED_DEFINE(answer, answer_unref)

/* Takes the request, which is as client_request began it. */
struct answer *ask_rows(struct ask *, JsonBuilder *, GError **);

/* The one row of an answer, borrowed from it; NULL: there is none. */
JsonObject *answer_row(const struct answer *);

/* A connection for something else, and what went wrong with it in our words. */
struct client *ask_open(struct ask *, GError **);
void ask_explain(GError *, GError **);

/* Requests by tables: blank-separated columns; rows that have that value in a column. */
void ask_columns(JsonBuilder *, const char *columns);
void ask_where(JsonBuilder *, const char *column, const char *value);

#endif
