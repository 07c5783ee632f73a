/*
 * A few threads that do what is put into their queue, in its order.
 */
#ifndef VCL_WEB_CREW_H
#define VCL_WEB_CREW_H

#include <glib.h>
#include <stdbool.h>

#include "common/scoped.h"

struct crew;

typedef void crew_work(void *task);

/* `most`: tasks that wait at the same time. */
struct crew *crew_new(const char *name, unsigned threads, unsigned most, crew_work *);

/* Takes nothing more, does what is in the queue, and waits for that. */
void crew_stop(struct crew *);

/* Stops it, if need be. */
void crew_free(struct crew *);
SCOPED_DEFINE(crew, crew_free)

/* False: too many wait already, or it was stopped. */
bool crew_put(struct crew *, void *task);

#endif
