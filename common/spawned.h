/*
 * A command while it runs: its process, and the two pipes it writes to.
 * Belongs to one thread.
 */
#ifndef VCL_COMMON_SPAWNED_H
#define VCL_COMMON_SPAWNED_H

#include <glib.h>
#include <stdbool.h>
#include <sys/types.h>

struct spawned {
	pid_t pid;       /* 0: none runs */
	int out, errors; /* non-blocking; -1: closed */
	GString *lines;  /* what came on `out`, from the first line not yet taken */
	char said[256];  /* its last line on standard error */
};

/*
 * `argv` as of g_shell_parse_argv; its first word is looked for in PATH.  `input` (NULL:
 * nothing) is what it can read.
 */
bool spawned_start(struct spawned *, char *const *argv, const char *input, GError **);

/*
 * Waits until it writes, `wake` (-1: nothing) can be read, or `timeout_ms` have passed, and
 * reads.  False: it has closed its output.
 */
bool spawned_read(struct spawned *, int wake, int timeout_ms);

/* The next whole line without its end, or NULL.  Free it. */
char *spawned_line(struct spawned *, size_t *length);

/*
 * Gives it `patience_ms` to end by itself, else ends it, its own process only, and says how it
 * ended.  Free that.  `status` (NULL: nobody wants to know) is what waitpid has told.
 */
char *spawned_end(struct spawned *, int patience_ms, int *status);

#endif
