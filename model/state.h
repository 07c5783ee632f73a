/*
 * What must survive a crash: the index map, the event log, the active alarms and how objects
 * were seen last, in SQLite.  (Jobs keep
 * theirs in the same database file through their own connection, see vmops/job_log.)
 *
 * Used by one thread at a time: the store's.
 */
#ifndef VCL_MODEL_STATE_H
#define VCL_MODEL_STATE_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "model/names.h"
#include "model/rows.h"

#define STATE_FILE    "state.db" /* in the state directory */
#define STATE_VERSION 1		  /* layout of the whole file, the jobs' tables included */

struct state;
struct part;
struct memory;
struct remembered;

/*
 * Opens or creates DIR/state.db, for this process alone.  `dir` must exist.  While another
 * process has it, here or on another host, the error is G_FILE_ERROR_AGAIN and says who.
 */
struct state *state_open(const char *dir, GError **);
void state_close(struct state *);

/*
 * The index of a node (identity: its configured name) or VM (its UUID): 31 bits of a
 * fixed hash, the next free one on a collision; never another, never reused.  Stays in
 * memory until state_flush.  `state` may be NULL: then the bare hash.
 */
uint32_t state_index(struct state *, enum object_kind, const char *identity);

/* The bare hash: the first 31 bits of SHA-256 of "KIND:IDENTITY", 1 instead of 0. */
uint32_t state_hash_index(enum object_kind, const char *identity);

/* Notes an event, and gives it its sequence number in h.index. */
void state_add_event(struct state *, struct event *);

/* Writes what is new.  Called before anything with a new index is answered. */
bool state_flush(struct state *, GError **);

/* Keeps the active alarms, in the place of those before.  Takes its own reference. */
void state_set_alarms(struct state *, struct part *);

/* Adds the alarms that were active when the agent ended. */
bool state_load_alarms(struct state *, struct part *, GError **error);

/* Keeps how an object was seen last; NULL: no longer.  Copied. */
void state_remember(struct state *, uint32_t index, const struct remembered *);

/* Adds what was kept. */
bool state_load_memory(struct state *, struct memory *, GError **error);

/*
 * The sequence number of the last event that notifications were sent about; what is told of it
 * stays in memory until state_flush.  That of the last event where nobody has told yet.
 */
uint32_t state_sent(const struct state *);
void state_set_sent(struct state *, uint32_t sequence);

/* Adds the last events to the part, oldest first. */
bool state_load_events(struct state *, struct part *, unsigned most, GError **);

#endif
