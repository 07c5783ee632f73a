/*
 * The producers that watch libvirt hosts: one struct host per configured node, and a
 * watchdog thread for those that do not answer.
 *
 * Any thread; no function waits for libvirt, but collectors_free for a moment.
 */
#ifndef VCL_COLLECTORS_COLLECTORS_H
#define VCL_COLLECTORS_COLLECTORS_H

#include "model/settings.h"
#include "model/store.h"

struct collectors;

/* Nothing is watched until collectors_apply.  The store is borrowed. */
struct collectors *collectors_new(struct store *);

/*
 * Starts, stops and restarts the hosts whose setting differs from before, and leaves the
 * others undisturbed.  The settings are not kept.
 */
void collectors_apply(struct collectors *, struct settings *);

/*
 * Have a look at that node at once, and ask for the facts of that VM (NULL: none); unknown
 * names do nothing.
 */
void collectors_poke(struct collectors *, const char *node, const char *uuid);

/*
 * Stops everything.  A thread that hangs in libvirt is left behind after two seconds; it
 * touches nothing but its own memory from then on.
 */
void collectors_free(struct collectors *);

#endif
