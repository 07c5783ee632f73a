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

#include "collectors/sample.h"
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
 * Gives each reading the configuration that is known so far.  Returns the numbers (guint)
 * of the readings for which it should be asked for again.
 */
GArray *picture_lend_configs(struct picture *, struct sample *);

/* That domain has changed just now: its configuration may be another one. */
void picture_forget_config(struct picture *, const char *uuid, int64_t now);

#endif
