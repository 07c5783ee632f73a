/*
 * --watch: draws again and again, until it is interrupted.
 */
#ifndef VCL_CLI_WATCH_H
#define VCL_CLI_WATCH_H

#include "cli/cli.h"
#include "cli/keys.h"

/* Asks the daemon and writes to cli->out. */
typedef bool watch_draw(struct cli *, GError **);

/*
 * Without --watch: draws once.  With it: in place on a terminal; elsewhere each picture
 * under a line with the time; as JSON one document a line.  The first picture must
 * succeed; later the daemon may be away, which is said, and things may be gone.
 */
bool watch_run(struct cli *, watch_draw *, GError **);

/* A picture that keys change without asking the daemon. */
struct watch_view {
	bool (*ask)(struct cli *, void *data, GError **); /* a failure leaves what there was */
	void (*draw)(struct cli *, void *data);
	const struct key *keys; /* besides those that every picture has; ended by a key 0 */
	guint head;                   /* lines of the picture that do not scroll */
	void *data;
};

bool watch_view_run(struct cli *, const struct watch_view *, GError **);

#endif
