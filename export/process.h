/*
 * The process of a record: known by its pid, its start and the host's boot, so that no other
 * is taken for it.
 */
#ifndef VCL_EXPORT_PROCESS_H
#define VCL_EXPORT_PROCESS_H

#include <glib.h>
#include <stdbool.h>
#include <sys/types.h>

#include "export/record.h"

/* Makes it the record's. */
bool process_note(struct record *, pid_t, GError **);

bool process_runs(const struct record *);

/* Becomes readable when it ends, then close it; -1: it has ended. */
int process_watch(const struct record *);

/* Waits until it has ended; only by force without its consent. */
bool process_stop(const struct record *, bool force, GError **);

#endif
