/*
 * A small client of rrdcached's text protocol (rrdcached(1), PROTOCOL).
 *
 * Not librrd's rrdc_*: those know no BATCH (30 to 50 times slower), wait for ever on a
 * daemon that hangs, and send a command's beginning again after a partial write.
 * Every call here has a deadline, and ends at once when the cancel descriptor becomes
 * readable.  After an error RRD_ERROR_GONE the next call connects anew.
 *
 * One thread at a time.
 */
#ifndef VCL_GRAPHS_RRDCACHED_H
#define VCL_GRAPHS_RRDCACHED_H

#include <glib.h>
#include <stdbool.h>

#include "common/scoped.h"

enum rrd_error {
	RRD_ERROR_FAILED, /* refused, by librrd or by rrdcached: the sentence says why */
	RRD_ERROR_MISSING, /* there is no such file */
	RRD_ERROR_PAST, /* an update not newer than the last one: an answer, no fault */
	RRD_ERROR_GONE, /* rrdcached does not answer */
};

#define RRD_ERROR (rrd_error_quark())
GQuark rrd_error_quark(void);

struct rrdcached;

/*
 * Address: "unix:/PATH", "/PATH", "HOST", "HOST:PORT" or "[HOST]:PORT".  Connects when
 * first used.  cancel_fd (borrowed): readable means give up, -1 for none.
 */
struct rrdcached *rrdcached_new(const char *address, int cancel_fd);
void rrdcached_free(struct rrdcached *);
SCOPED_DEFINE(rrdcached, rrdcached_free)

/* How long a command may take; RRDCACHED_PATIENCE_US unless told: a FLUSH waits for a disk. */
#define RRDCACHED_PATIENCE_US (10 * G_USEC_PER_SEC)
/* Of somebody who waits for a picture, and rather has it without the newest rows. */
#define RRDCACHED_READER_PATIENCE_US (3 * G_USEC_PER_SEC)
void rrdcached_set_patience(struct rrdcached *, int64_t us);

/* The connection that there was has ended (and is closed): so has rrdcached. */
bool rrdcached_ended(struct rrdcached *);

/*
 * Sends one command (no newline) and reads the answer.  Returns the lines that follow
 * its status line, NULL-terminated, to be freed with g_strfreev; NULL with an error when
 * the answer is no.
 */
char **rrdcached_ask(struct rrdcached *, const char *command, GError **);

/* Command number `n` (from 0) of a batch was refused with `message`. */
typedef void rrdcached_refused(void *context, size_t n, const char *message);

/*
 * Sends commands, one per line, in one go.  True when rrdcached has dealt with all of
 * them, even if it refused some.  Unlike a single command not by a new connection when the
 * one that there was has ended: who sends samples wants to know.
 */
bool rrdcached_batch(struct rrdcached *, const GString *commands, rrdcached_refused *,
    void *context, GError **);

/* The error code that a message from rrdcached or librrd stands for. */
enum rrd_error rrd_error_code(const char *message);

/* Appends an argument of a command, escaped. */
void rrdcached_append(GString *command, const char *argument);

#endif
