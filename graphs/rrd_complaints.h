/*
 * What the log is told of samples that cannot be written: each cause once, whatever the number
 * of files, and when it is over.  One thread.
 */
#ifndef VCL_GRAPHS_RRD_COMPLAINTS_H
#define VCL_GRAPHS_RRD_COMPLAINTS_H

#include <glib.h>

struct rrd_complaints;

struct rrd_complaints *rrd_complaints_new(void);
void rrd_complaints_free(struct rrd_complaints *);

/* The file cannot be written, made or looked at. */
void rrd_complaints_note(struct rrd_complaints *, const char *path, const GError *why);

/* Samples are given up. */
void rrd_complaints_note_loss(struct rrd_complaints *);

/* At the end of a pass over all files. */
void rrd_complaints_settle(struct rrd_complaints *);

#endif
