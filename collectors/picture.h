/*
 * The picture: what is known of one host, kept from sample to sample, and the parts made
 * from it.  Pure: asks nobody.  Used by one thread at a time (the host's lock sees to it).
 *
 * Each function that returns a part gives away one reference.
 */
#ifndef VCL_COLLECTORS_PICTURE_H
#define VCL_COLLECTORS_PICTURE_H

#include <glib.h>
#include <stdbool.h>

#include "collectors/probe_record.h"
#include "collectors/sample.h"
#include "collectors/vm_facts.h"
#include "model/part.h"

struct picture;

struct picture *picture_new(const char *name, const char *uri, int interval);
void picture_free(struct picture *);

/* Seconds between full samples. */
void picture_set_interval(struct picture *, int interval);

/* Takes over what an earlier picture of the same node last showed. */
void picture_inherit(struct picture *, struct picture *earlier);

int32_t picture_state(const struct picture *); /* enum node_state */
const char *picture_reason(const struct picture *);

/* Nothing heard yet: the node, and the VMs that were inherited. */
struct part *picture_connecting(struct picture *);

/* `news`: there is a domain of which a full sample must tell more. */
struct part *picture_sample(struct picture *, const struct sample *, bool *news);

/* The poll failed: everything as it was last seen, and why. */
struct part *picture_unreachable(struct picture *, const char *reason);

/*
 * Facts of a domain, given away; they show from the next sample on.  False: no sample has
 * told of that domain.
 */
bool picture_set_facts(struct picture *, const char *uuid, struct vm_facts *);

/* Are those the snapshots (struct snapshot_fact) that the last facts of it told? */
bool picture_has_snapshots(const struct picture *, const char *uuid, GPtrArray *);

/* A record of the host's probe: everything else as it was. */
struct part *picture_probed(struct picture *, const struct probe_record *, int64_t now);

/* Is the last record too old?  Then the part without its facts, once; else NULL. */
struct part *picture_probe_old(struct picture *, int64_t now);

/*
 * Gives each reading the configuration that is known so far.  Returns the numbers (guint)
 * of the readings for which it should be asked for again.
 */
GArray *picture_lend_configs(struct picture *, struct sample *);

/* That domain has migrated away just now. */
void picture_note_left(struct picture *, const char *uuid, int64_t now);

/* That domain has changed just now: its configuration may be another one. */
void picture_forget_config(struct picture *, const char *uuid, int64_t now);

#endif
