/*
 * The job manager: stands behind the request door, runs accepted requests as jobs and
 * publishes them as rows.
 *
 * What is accepted survives a kill of the process (inbox, then job log), and no job ever
 * runs twice: "running" is on disk before libvirt is asked.
 */
#ifndef VCL_VMOPS_JOBS_H
#define VCL_VMOPS_JOBS_H

#include <glib.h>
#include <stdbool.h>

#include "model/request.h"
#include "model/settings.h"
#include "model/store.h"

struct jobs;

/*
 * Reads what the process before left in the state directory, and publishes it.  Nothing
 * runs until jobs_start, but the door is open.  The store (borrowed) must outlive
 * jobs_free.
 */
struct jobs *jobs_new(struct store *, struct settings *, GError **error);

/*
 * Called, in the manager's thread, when something was done to a VM of that node (its UUID),
 * or to something else there (NULL); in any thread, with the manager's lock held, when the
 * cluster manager is to be looked at: then the node is NULL.
 */
typedef void jobs_poke(void *context, const char *node, const char *uuid);
void jobs_set_poke(struct jobs *, jobs_poke *, void *context); /* before jobs_start */

void jobs_start(struct jobs *);

/* Other settings: control switch, nodes and their URIs.  Running jobs go on. */
void jobs_apply(struct jobs *, struct settings *);

/* Lives as long as the manager.  Its functions may be called from any thread. */
const struct request_door *jobs_door(struct jobs *);

/*
 * Cancels a job that waits, or that waits for a guest to shut down.  False with an error
 * of REQUEST_ERROR when there is no such job or it can no longer be stopped.
 */
bool jobs_cancel(struct jobs *, uint32_t number, GError **error);

/*
 * Stops.  A worker that hangs in libvirt is left behind after two seconds; its job, like
 * each that runs now, will be "interrupted" at the next start.
 */
void jobs_free(struct jobs *);

#endif
