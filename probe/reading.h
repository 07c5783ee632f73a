/*
 * A reading: what this machine tells of itself at one moment, as one line of JSON.
 *
 * What it does not tell is left out.  One thread.
 */
#ifndef VCL_PROBE_READING_H
#define VCL_PROBE_READING_H

#include <glib.h>
#include <stdbool.h>

struct reading_setup {
	int interval;       /* seconds between readings, which the reader wants to know */
	const char *images; /* directory of the VMs' images */
};

/* Before the first one. */
bool reading_init(GError **);

/* The line, without its end.  Free it. */
char *reading_take(const struct reading_setup *);

#endif
