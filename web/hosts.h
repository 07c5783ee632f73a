/*
 * By which names browsers may call us.
 *
 * A page from elsewhere can have its own name lead to this machine (DNS rebinding) and would
 * then be allowed to read ours: it is as if it came from here.  Its name gives it away.
 */
#ifndef VCL_WEB_HOSTS_H
#define VCL_WEB_HOSTS_H

#include <glib.h>
#include <stdbool.h>

#include "common/scoped.h"

struct hosts;

/*
 * `listen` is a number, "127.0.0.1" or "::"; `names` (NULL-ended, may be NULL) come besides
 * localhost.  On a loopback address only that and the other loopback addresses are ours; on
 * another one the machine's own name too, and any number: no name leads there.
 */
struct hosts *hosts_new(const char *listen, const char *const *names);
void hosts_free(struct hosts *);
SCOPED_DEFINE(hosts, hosts_free)

/* Of a request's header Host.  NULL, no header, is good: no browser leaves it out. */
bool hosts_admit(const struct hosts *, const char *header);

#endif
