/*
 * A feed: a command that goes on writing lines about a host, and the thread that runs it.
 * When it ends, is silent or talks nonsense, it is killed and started again after
 * 1, 2, 4, ... 60 seconds.
 *
 * All functions may be called from any thread; none but feed_wait waits.
 */
#ifndef VCL_COLLECTORS_FEED_H
#define VCL_COLLECTORS_FEED_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

struct feed;

/* Seconds of silence after which the last line says nothing any more. */
#define FEED_SILENCE(interval) (3 * (interval) + 10)

/* What is fed.  Its functions are called on the feed's thread, with none of its locks held. */
struct feed_kind {
	const char *name;   /* of the thread, and in the log */
	size_t line_most;   /* octets of a line that has no end yet: more is nonsense */
	int64_t close_us;   /* lines closer together are left out */

	/*
	 * A line, without its end.  `interval` is the seconds until the next, to be changed
	 * where the line tells.  False: nonsense, with a sentence that says what.
	 */
	bool (*take)(void *ctx, const struct feed *from, const char *line, size_t length,
	    int *interval, GError **);

	/* The command has ended, or was ended: why.  NULL: nobody wants to know. */
	void (*lost)(void *ctx, const struct feed *from, const char *reason);
};

struct feed_setup {
	const struct feed_kind *kind;
	const char *node;   /* for the log */
	char *const *argv;  /* the command, copied; its first word is looked for in PATH */
	int interval;       /* seconds between lines, unless they tell otherwise */
	void *ctx;
	GDestroyNotify release; /* of ctx, when nobody uses it any more */
};

struct feed *feed_start(const struct feed_setup *);

/* Is it that command, at that interval? */
bool feed_is(const struct feed *, char *const *argv, int interval);

/* Tells it to end: it kills its command, within a second unless the kernel does not. */
void feed_stop(struct feed *);

/* Has it ended? */
bool feed_ended(struct feed *);

/* Waits until it has, or until that monotonic time. */
void feed_wait(struct feed *, int64_t deadline);

/* After feed_stop.  If it has not ended, it is left to itself. */
void feed_free(struct feed *);

#endif
