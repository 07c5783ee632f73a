/*
 * The facts of a host's VMs: a thread with a connection of its own that asks for what
 * changes rarely and may take long (guest agents, snapshots, dirty rates), so that no
 * sample waits for it.  When a call about one guest hangs, that guest is given up for five
 * minutes, and another thread goes on with the others; the one that hangs ends when its
 * call returns.
 */
#ifndef VCL_COLLECTORS_FACTS_H
#define VCL_COLLECTORS_FACTS_H

#include <stdbool.h>
#include <stdint.h>

#include "collectors/vm_facts.h"

struct facts;

/*
 * Takes the facts over.  Called by the thread, without any lock held.  False: they came too
 * early to be of use.
 */
typedef bool facts_deliver(void *ctx, const char *uuid, struct vm_facts *);

/* Is that domain to be left alone for now. */
typedef bool facts_avoid(void *ctx, const char *uuid);

/* `release` lets go of `ctx` when no thread needs it any more. */
struct facts *facts_start(const char *name, const char *uri, facts_deliver *, facts_avoid *,
    void (*release)(void *ctx), void *ctx);

/* Ask for one that has changed: now, or with the next look, within ten seconds. */
void facts_poke(struct facts *, const char *uuid, bool at_once);

/* Seconds between two measurements of a guest's dirty rate; 0: none. */
void facts_set_measure(struct facts *, int seconds);

/* The watchdog's visit; call it about twice a second. */
void facts_check(struct facts *);

/*
 * Tells all threads to end; have they; waits until they have; joins them.  Those that hang
 * in libvirt are left to themselves.
 */
void facts_stop(struct facts *);
bool facts_ended(struct facts *);
void facts_wait(struct facts *, int64_t deadline);
void facts_free(struct facts *);

#endif
