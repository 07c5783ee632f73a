/*
 * The producer that asks Pacemaker: a thread that runs its tools at one of the places that
 * the configuration names, and publishes what they tell.
 *
 * Any thread; no function waits, but pacemaker_free for a command to be killed.
 */
#ifndef VCL_COLLECTORS_PACEMAKER_H
#define VCL_COLLECTORS_PACEMAKER_H

#include "model/settings.h"
#include "model/store.h"

struct pacemaker;

/* Asks nobody until pacemaker_apply.  The store is borrowed. */
struct pacemaker *pacemaker_new(struct store *);

/* Starts or stops asking, or goes on otherwise.  The settings are not kept. */
void pacemaker_apply(struct pacemaker *, const struct settings *);

/* Something has happened there: look at once. */
void pacemaker_poke(struct pacemaker *);

void pacemaker_free(struct pacemaker *);

#endif
