/*
 * One request of the control protocol while it is answered: shared by the files that
 * implement its verbs, and by nobody else.
 */
#ifndef VCL_AGENT_CONTROL_CALL_H
#define VCL_AGENT_CONTROL_CALL_H

#include <json-glib/json-glib.h>

#include "agent/control_verbs.h"
#include "model/table.h"

struct verb;

struct call {
	const struct control_session *session;
	JsonObject *request;
	struct cluster *cluster; /* as it was when the request came */
	const struct verb *verb;
};

/* Sends all rows and the end, or fails with the error to be sent. */
typedef bool answer_verb(const struct call *, GError **);

struct verb {
	const char *name;
	answer_verb *answer;
	const struct table *table; /* of the rows that it lists */
	bool acts;                 /* not for everybody */
};

/* Writes a line begun with reply_start, the end, or a row. */
bool call_put(const struct call *, JsonBuilder *, GError **);
bool call_put_end(const struct call *, GError **);
bool call_put_row(const struct call *, const struct cluster *, const struct table *,
    const void *row, GError **);

/* The line of one row, to be freed. */
char *call_row_line(const struct cluster *, const struct table *, const void *row);

/* False with a sentence that member `key` of the request is missing. */
bool call_must_have(const void *value, const char *key, GError **);

/*
 * The row that "kind" and "name" of the request mean, and its table; the kind is 0 for
 * what is a part of an object.  The cluster needs no name.
 */
const void *call_find_object(const struct call *, enum object_kind *kind,
    const struct table **, GError **);

/* control_rows.c: rows of the verb's table */
answer_verb answer_rows;

/* control_jobs.c */
answer_verb answer_submit, answer_follow, answer_cancel;

/* control_review.c */
answer_verb answer_review;

/* control_graphs.c */
answer_verb answer_graph, answer_graphs, answer_series, answer_sources;

#endif
