/*
 * A probe's record: one line of virtcluster-probe, checked.  Pure.
 *
 * The line comes from another machine: nothing in it is believed but what makes sense.
 */
#ifndef VCL_COLLECTORS_PROBE_RECORD_H
#define VCL_COLLECTORS_PROBE_RECORD_H

#include <glib.h>
#include <stdbool.h>

#include "model/rows.h"

#define PROBE_LINE_MOST 65536 /* octets */

struct probe_record {
	char version[64], host[256]; /* "" if not told */
	uint32_t interval;           /* seconds between records, 0 if not told */
	struct node facts; /* the numbers of a probe; all else is absent */
};

/* `length` octets without the end of line.  False with one sentence that names the key. */
bool probe_record_parse(struct probe_record *, const char *line, size_t length, GError **);

/* Does it tell the counters of the CPUs, all of them? */
bool probe_record_has_cpu(const struct probe_record *);

/*
 * Puts the facts into a node's row.  What only a probe tells becomes absent where the
 * record (NULL: none) does not tell it.  CPU counters are all the record's, or all those
 * of `own`, which libvirt told; memory is that of `own` if libvirt told it.
 */
void probe_record_fill(const struct probe_record *, const struct node *own, struct node *);

#endif
