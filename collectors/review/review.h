/*
 * A review of how the cluster is set up: asks its nodes, judges what they tell as somebody
 * would who knows the field, and says with what command each thing is mended.  Nothing is
 * changed anywhere.
 *
 * Waits, some seconds as a rule: not for threads that must not.
 */
#ifndef VCL_COLLECTORS_REVIEW_H
#define VCL_COLLECTORS_REVIEW_H

#include <glib.h>

#include "model/settings.h"

/* From best to worst; "unknown" is what could not be judged. */
enum review_severity { REVIEW_HINT, REVIEW_UNKNOWN, REVIEW_WARNING, REVIEW_CRITICAL };
extern const char *const review_severities[];

/* All texts are owned by it. */
struct review_finding {
	const char *check; /* name of the check, static; of what is unknown "not-known" */
	enum review_severity severity;
	char *about; /* the node, resource or device; "": the cluster as a whole */
	char *text;  /* a sentence */
	char *mend;  /* a command for root's shell; NULL: no command does it */
	char *on;    /* where to run that: a node; NULL: any node of the cluster */
	char *advice; /* what is to be done by hand, or is to be known before; NULL: nothing */
};

struct review_request {
	const struct settings *settings;
	int wake; /* a descriptor: once it can be read nothing more is asked; -1: none */

	/* So many steps of so many are done; in the thread that asked.  May be NULL. */
	void (*progress)(void *ctx, unsigned done, unsigned of, const char *what);
	void *ctx;
};

struct review {
	GPtrArray *findings; /* struct review_finding, the worst first; freed with the array */
	unsigned checks, nodes; /* how many there were */
};

/* False with a sentence: Pacemaker cannot be asked, so that there is nothing to judge. */
bool review_cluster(const struct review_request *, struct review *, GError **);

#endif
