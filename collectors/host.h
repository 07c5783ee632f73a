/*
 * A host: one libvirt connection URI, watched by one thread that publishes a part.
 *
 * Connects, samples, looks at once when libvirt tells of a change, and connects again
 * when the connection breaks.  When libvirt does not answer, host_check publishes the
 * unreachable part on the thread's behalf, and after a while puts another thread in its
 * place; the old one is no longer listened to and ends when its call returns.
 *
 * All functions may be called from any thread, and none waits for libvirt.
 */
#ifndef VCL_COLLECTORS_HOST_H
#define VCL_COLLECTORS_HOST_H

#include <stdbool.h>
#include <stdint.h>

#include "collectors/storage_look.h"
#include "model/settings.h"
#include "model/store.h"

struct host;

/*
 * Starts the thread and publishes the node at once.  `interval`: seconds between full
 * samples.  `before` (NULL: none): the stopped host whose place it takes, under the same
 * name: its VMs stay on show until the new one knows better.
 */
struct host *host_start(struct store *, const char *name, const char *uri, int interval,
    struct host *before);

const char *host_uri(const struct host *);

/* Takes effect without a new connection. */
void host_set_interval(struct host *, int interval);

/*
 * The command that tells what libvirt does not, see feed.h; NULL or "": none.  Another
 * one takes the place of the one before; libvirt's connection is not touched.
 */
void host_set_probe(struct host *, const char *command, int interval);

/* The command that serves volumes of the host to others; NULL or "": none. */
void host_set_export(struct host *, const char *command);

/* Seconds between two measurements of each guest's dirty rate; 0: none. */
void host_set_measure(struct host *, int seconds);

/* How its storage is looked at; until then it is not.  Copied. */
void host_set_storage(struct host *, const struct storage_setup *);

/* Look at once; ask for the facts of that domain (NULL: none). */
void host_poke(struct host *, const char *uuid);

/* The watchdog's visit; call it about twice a second, after host_stop as well. */
void host_check(struct host *);

/* Tells the threads to end.  From now on nothing is published. */
void host_stop(struct host *);

/* Have all threads of a stopped host ended? */
bool host_ended(struct host *);

/* Waits until they have, or until that monotonic time. */
void host_wait(struct host *, int64_t deadline);

/* After host_stop.  Threads that still hang are left to themselves. */
void host_free(struct host *);

#endif
