/*
 * The facts of a host's VMs: a thread with a connection of its own that asks for what
 * changes rarely and may take long (guest agents, snapshots), so that no sample waits for
 * it.
 */
#ifndef VCL_COLLECTORS_FACTS_H
#define VCL_COLLECTORS_FACTS_H

#include <stdbool.h>
#include <stdint.h>

#include "collectors/vm_facts.h"

struct facts;

/* Takes the facts over.  Called by the thread, without any lock held. */
typedef void facts_deliver(void *ctx, const char *uuid, struct vm_facts *);

/* Is that domain to be left alone for now. */
typedef bool facts_avoid(void *ctx, const char *uuid);

/* `release` lets go of `ctx` when the thread no longer needs it. */
struct facts *facts_start(const char *name, const char *uri, facts_deliver *, facts_avoid *,
    void (*release)(void *ctx), void *ctx);

/* Ask for all of them again soon; or for one that has changed. */
void facts_poke(struct facts *, const char *uuid);

/* Tells the thread to end; has it; joins it.  One that hangs in libvirt is left to itself. */
void facts_stop(struct facts *);
bool facts_ended(struct facts *);
void facts_wait(struct facts *, int64_t deadline);
void facts_free(struct facts *);

#endif
