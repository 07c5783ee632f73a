/*
 * The scheduler: a thread that looks every few seconds what backups are due and which may
 * go, asks for those jobs, and publishes how the schedules stand, as rows.
 *
 * What is due it reads from the cluster value (agenda.h), so that a restart loses
 * nothing.
 */
#ifndef VCL_VMOPS_SCHEDULER_H
#define VCL_VMOPS_SCHEDULER_H

#include "model/request.h"
#include "model/store.h"

struct scheduler;

/* Both are borrowed and must outlive scheduler_free. */
struct scheduler *scheduler_new(struct store *, const struct request_door *);
void scheduler_free(struct scheduler *);

#endif
