/*
 * The verbs of the control protocol: one request line in, rows out.
 */
#ifndef VCL_AGENT_CONTROL_VERBS_H
#define VCL_AGENT_CONTROL_VERBS_H

#include <stdatomic.h>
#include <stdbool.h>

#include "agent/control.h"
#include "agent/peer.h"
#include "common/wire.h"

#define CONTROL_LONGEST_LINE 65536

/* A connection as its verbs see it; all borrowed. */
struct control_session {
	const struct control_setup *setup;
	const struct peer *peer;
	struct wire *wire;
	const atomic_bool *stopping; /* the daemon is about to end */
	uint32_t *lent; /* number of the file that it has lent last, 0: none; control_serve's */
};

/* Answers requests until the peer goes away or sends something hopeless. */
void control_serve(const struct control_session *);

/* Answers one request line; false when the answer could not be delivered. */
bool control_answer(const struct control_session *, const char *line);

#endif
