/*
 * --watch: draws again and again, until it is interrupted.
 */
#ifndef VCL_CLI_WATCH_H
#define VCL_CLI_WATCH_H

#include "cli/cli.h"

/* Asks the daemon and writes to cli->out. */
typedef bool watch_draw(struct cli *, GError **);

/*
 * Without --watch: draws once.  With it: in place on a terminal; elsewhere each picture
 * under a line with the time; as JSON one document a line.  The first picture must
 * succeed; later the daemon may be away, which is said, and things may be gone.
 */
bool watch_run(struct cli *, watch_draw *, GError **);

#endif
