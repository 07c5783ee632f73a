/*
 * A probe's command while it runs: its process, and the two pipes it writes to.
 * Belongs to one thread.
 */
#ifndef VCL_COLLECTORS_PROBE_CHILD_H
#define VCL_COLLECTORS_PROBE_CHILD_H

#include <glib.h>
#include <stdbool.h>
#include <sys/types.h>

struct probe_child {
	pid_t pid;       /* 0: none runs */
	int out, errors; /* non-blocking; -1: closed */
	GString *lines;  /* what came on `out`, from the first line not yet taken */
	char said[256];  /* its last line on standard error */
};

/* `argv` as of g_shell_parse_argv; its first word is looked for in PATH. */
bool probe_child_start(struct probe_child *, char **argv, GError **);

/*
 * Waits until it writes, `wake` can be read, or `timeout_ms` have passed, and reads.
 * False: it has closed its output.
 */
bool probe_child_read(struct probe_child *, int wake, int timeout_ms);

/* The next whole line without its end, or NULL.  Free it. */
char *probe_child_line(struct probe_child *, size_t *length);

/*
 * Ends it if it still runs, its own process only, and says how it ended.  Free that.
 */
char *probe_child_end(struct probe_child *);

#endif
