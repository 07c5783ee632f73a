/*
 * The storage of a host: a thread with a connection of its own that looks at pools and
 * volumes and publishes them as a part of their own, "storage:NODE".
 *
 * A pool or a libvirtd that hangs holds up nobody else: what is known stays on show, grows
 * old, and becomes unknown.  All functions may be called from any thread, and none waits
 * for libvirt, but storage_wait.
 */
#ifndef VCL_COLLECTORS_STORAGE_H
#define VCL_COLLECTORS_STORAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "collectors/storage_look.h"
#include "model/store.h"

struct storage;

/* `before` (NULL: none): the stopped one whose place it takes: its rows stay on show. */
struct storage *storage_start(struct store *, const char *name, const char *uri,
    struct storage *before);

/* Takes effect at once; copied.  Until then it looks at nothing. */
void storage_set(struct storage *, const struct storage_setup *);

/* Look soon: the host answers again, or has told of a change. */
void storage_poke(struct storage *);

/* The watchdog's visit: publishes on behalf of a thread that hangs. */
void storage_check(struct storage *);

/*
 * Tells the thread to end; has it; joins it.  From storage_stop on nothing is published.
 * One that hangs in libvirt is left to itself.
 */
void storage_stop(struct storage *);
bool storage_ended(struct storage *);
void storage_wait(struct storage *, int64_t deadline);
void storage_free(struct storage *);

#endif
