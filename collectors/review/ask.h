/* How nodes are asked.  For collectors/review/ only. */
#ifndef VCL_COLLECTORS_REVIEW_ASK_H
#define VCL_COLLECTORS_REVIEW_ASK_H

#include <pthread.h>

#include "collectors/review/review_private.h"

struct asker {
	const struct review_request *request;
	struct review_material *material;
	GPtrArray *files; /* of definitions */
	GPtrArray *transports; /* by which VMs migrate: URIs, as of transport_of */
	char *uri;        /* NULL: no application is a VM */

	pthread_mutex_t lock;
	pthread_cond_t changed;
	guint next, done; /* nodes that somebody asks, that have been asked */
	const char *last; /* the node that was done last */
};

/*
 * Runs the tool by the command of a node, as remote_words has it.  `tolerant`: another exit
 * status than 0 is part of the answer, and what it complains of goes to `why`.
 */
void ask(const struct asker *, const char *command, const char *const *tool, bool tolerant,
    struct review_reply *);

/* All that a node is asked for, one thing after the other. */
void ask_node(const struct asker *, struct review_node *);

#endif
