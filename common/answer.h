/*
 * All that a command writes until it ends, within a time and a size.
 *
 * Waits: not for threads that must not.
 */
#ifndef VCL_COMMON_ANSWER_H
#define VCL_COMMON_ANSWER_H

#include <glib.h>
#include <stdbool.h>

struct answer_limits {
	int timeout_ms; /* for the whole */
	size_t most;    /* octets */
	int wake;       /* a descriptor: once it can be read the command is ended; -1: none */
};

struct answer {
	char *text;   /* owned by who asked; ends with a NUL, and has none before */
	char *how;    /* "ended with status 1: what it said last"; owned likewise */
	int status;   /* as of waitpid */
};

/*
 * Runs it; its first word is looked for in PATH.  False with a sentence when it cannot be
 * run, does not end in time, or writes too much or no text.  An exit status other than 0
 * is an answer: see `status`.
 */
bool answer_of(char *const *argv, const struct answer_limits *, struct answer *, GError **);
void answer_clear(struct answer *);

#endif
