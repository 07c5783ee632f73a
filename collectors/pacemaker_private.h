/* What the files that read Pacemaker's XML share.  For collectors/pacemaker_*.c only. */
#ifndef VCL_COLLECTORS_PACEMAKER_PRIVATE_H
#define VCL_COLLECTORS_PACEMAKER_PRIVATE_H

#include "collectors/pacemaker_cib.h"
#include "collectors/pacemaker_look.h"
#include "common/xml_tree.h"

/* A look while it is read. */
struct view {
	const struct pacemaker_look *look;
	struct part *part;
	struct cib *cib;
	GHashTable *members;  /* Pacemaker's name -> struct cluster_member */
	GHashTable *bundled;  /* IDs of resources of bundles: a set */
	GHashTable *resources; /* ID of a resource that is no group -> its element */
	GHashTable *moving;   /* Pacemaker's names of nodes that go on while their VM moves: a set */
	GHashTable *unseen;   /* likewise, of nodes where what ran is still to be looked for */
	const xmlNode *history; /* what was done where, by crm_mon */
	GHashTable *failures; /* ID of a resource -> struct failure */
	GHashTable *fencings; /* Pacemaker's name -> struct fencing */
	bool stop_all;        /* nothing shall be started */
	bool maintenance;
	bool quorate;
	bool blind; /* without a quorum, and others may go on where we do not see them */
};

struct failure {
	char *text;
	int64_t at; /* 0: does not say */
};

/* The last fencing of a node that has ended well, and what has happened since. */
struct fencing {
	int64_t done_at, failed_at;
	bool pending;
	char *failure; /* why the last one that failed did */
};

/* "true" or "false"; anything else, or none, is `fallback`. */
bool pacemaker_flag(const xmlNode *, const char *name, bool fallback);

/* "2022-12-07 14:37:45 +01:00" as microseconds since 1970; 0: does not say where in the world. */
int64_t pacemaker_time(const char *text);

/* The first of the nodes where it is that is unclean, by our name; NULL: none is. */
const char *pacemaker_unclean_node(const struct view *, const xmlNode *resource);

/* Is the resource seen as it is between the two halves of a live migration. */
bool pacemaker_is_migrating(const xmlNode *resource);

/* --- nodes: pacemaker_nodes.c */

/* As we call it.  The view's, or the name itself. */
const char *pacemaker_our_name(const struct view *, const char *theirs);

/* The rows of all nodes. */
bool pacemaker_nodes(struct view *, const xmlNode *list, GError **);

/* --- an instance of an application: pacemaker_instance.c */

struct instance {
	int32_t state;
	const char *reason; /* NULL: nothing to say */
	bool promoted;
};

struct instance pacemaker_instance(struct view *, const xmlNode *resource, const struct app *);

/*
 * When the connection to a virtual node has been made anew, Pacemaker has forgotten what runs
 * there until it has looked.  NULL: this is not such a case; else the node where it was.
 */
const char *pacemaker_unseen_on(struct view *, const struct app *);

/* --- applications: pacemaker_apps.c */

/* The rows of all resources. */
bool pacemaker_apps(struct view *, const xmlNode *resources, GError **);

#endif
