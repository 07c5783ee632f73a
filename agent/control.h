/*
 * The control socket and the signals: the daemon's side of `virtcluster`.
 *
 * One thread waits for signals and connections; each connection has a thread of its own,
 * which may block on its peer.  None of them is ever waited for by the SNMP side.  The
 * protocol is in doc/control-protocol.md, its verbs are in control_verbs.c.
 */
#ifndef VCL_AGENT_CONTROL_H
#define VCL_AGENT_CONTROL_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "model/cluster.h"
#include "model/marks.h"
#include "model/members.h"
#include "model/request.h"
#include "model/settings.h"
#include "model/store.h"

struct control;

/* What has a history, in the words of model/history.h. */
struct control_object {
	const char *kind; /* "vm" */
	const char *identity, *title;
};

/* A graph to be drawn.  `from` and `to` in seconds since 1970. */
struct control_graph {
	struct control_object of;
	const char *name; /* of the graph; NULL: the first one of its kind */
	int64_t from, to;
	int width, height; /* pixels, of the whole picture; 0: as the drawer likes */
	bool dark;
	bool png;   /* else SVG */
	bool spark; /* a line without axes and words, as small as one likes */
	bool percentile; /* the 95th of each series, too */
	const struct mark *marks;
	size_t marks_n;
	const struct member *members; /* of a graph that has some */
	size_t members_n;
};

/* What was drawn, and where in it the data is: pixels of a picture of width x height. */
struct control_picture {
	GBytes *bytes;
	int width, height;
	int left, top, plot_width, plot_height;
};

/* A line of the catalogue of graphs. */
struct control_graph_name {
	const char *kind;
	const char *name;  /* "cpu" */
	const char *title; /* "CPU usage" */
	enum member_rank rank; /* of its members, if it has some */
};

/* Numbers out of a history. */
struct control_series {
	struct control_object of;
	const char *source; /* "cpu" */
	int64_t from, to;
	int64_t step; /* seconds, 0: whatever fits */
	bool max;
};

/* Point i tells of the `step` seconds until start + (i + 1) * step. */
struct control_points {
	int64_t start;
	unsigned step;
	size_t n;
	double *value; /* to be freed; NAN: unknown */
};

/* A source that histories have. */
struct control_source_name {
	const char *kind, *name;
	const char *column; /* descriptor in the MIB */
	bool rate;          /* what that counts in a second */
};

/* What a review of the cluster has found; borrowed, and a text that is NULL is none. */
struct control_finding {
	const char *check, *severity, *about, *text, *mend, *on, *advice;
};

/* Where a review tells: in the thread that asked for it. */
struct control_review {
	void (*progress)(void *ctx, unsigned done, unsigned of, const char *what);
	void (*finding)(void *ctx, const struct control_finding *);
	void *ctx;
	unsigned checks, nodes; /* set at its end: how many there were */
};

/*
 * What the control socket needs of the rest.  All functions are called from its threads,
 * several at once, until control_free has returned.
 */
struct control_setup {
	struct store *store;
	const struct request_door *door;

	/* A reference to the current settings. */
	struct settings *(*settings)(void *ctx);

	/* The picture; may take as long as librrd takes.  NULL, not `draw`: no graphs. */
	bool (*draw)(void *ctx, const struct control_graph *, struct control_picture *, GError **);
	const struct control_graph_name *graphs; /* ended by a NULL name; may be NULL */

	/* Likewise. */
	bool (*series)(void *ctx, const struct control_series *, struct control_points *,
	    GError **);
	const struct control_source_name *sources; /* ended by a NULL name; may be NULL */

	/*
	 * Reviews how the cluster is set up; takes as long as its nodes take to answer.  False:
	 * Pacemaker cannot be asked.  NULL: nobody can.
	 */
	bool (*review)(void *ctx, struct control_review *, GError **);

	/* Withdraws a waiting job or asks a running one to end. */
	bool (*cancel)(void *ctx, uint32_t job, GError **);

	/* Look at the cluster manager at once; must not block. */
	void (*look)(void *ctx);

	void (*reload)(void *ctx); /* SIGHUP; must not block */
	void (*stop)(void *ctx);   /* SIGTERM, SIGINT; must not block */
	void *ctx;
};

/*
 * Blocks the signals that the control thread waits for, and ignores SIGPIPE.  To be
 * called before any thread is started, because threads inherit it.
 */
void control_block_signals(void);

/* Undoes the blocking in a child that is about to execute another program. */
void control_unblock_signals(void);

/*
 * Listens on the configured socket and starts the thread.  The socket of a daemon that
 * is gone is replaced, that of a living one is an error.
 */
struct control *control_new(const struct control_setup *, GError **);

/*
 * Closes all connections and ends the threads; the socket file is gone afterwards.
 * Returns within five seconds: a thread that is still drawing then is abandoned.
 */
void control_free(struct control *);

#endif
