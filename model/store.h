/*
 * The store: takes parts from producers, composes them into the next cluster value,
 * finds out what happened (events), swaps one pointer and wakes the consumers.
 *
 * One thread of its own composes.  Publications are coalesced to a few per second, urgent
 * ones are composed at once.  All functions may be called from any thread; none waits
 * for anything slower than a pointer swap, except store_wait.
 */
#ifndef VCL_MODEL_STORE_H
#define VCL_MODEL_STORE_H

#include <stdint.h>

#include "model/cluster.h"
#include "model/part.h"

struct store;
struct state;
struct thresholds;
struct rules;

enum urgency { PUBLISH_SOON, PUBLISH_NOW };

/*
 * Starts the composing thread.  `state` (borrowed, may be NULL in tests) keeps indexes
 * and events across restarts.
 */
struct store *store_new(struct state *state, const char *cluster_name);

/* Ends the thread.  Producers must have stopped. */
void store_free(struct store *);

/* Takes over the reference; replaces the earlier part of the same source. */
void store_publish(struct store *, struct part *, enum urgency);

/* Forgets the part of a source that is no longer configured. */
void store_retire(struct store *, const char *source);

/* Settings that show among the scalars. */
void store_set_cluster(struct store *, const char *name, bool control);

/* Where the web page is, "": nowhere. */
void store_set_web(struct store *, const char *url);

/* What counts as wrong; copied. */
void store_set_thresholds(struct store *, const struct thresholds *);

/* What the configuration says about placement; takes its own reference. */
void store_set_rules(struct store *, struct rules *);

/* A reference to the newest cluster value; never NULL. */
struct cluster *store_get(struct store *);

/*
 * Waits until there is a newer cluster value than `generation`, or `timeout_us` has
 * passed; then as store_get.
 */
struct cluster *store_wait(struct store *, uint64_t generation, int64_t timeout_us);

/* Ends every store_wait, now and later, for a quick shutdown. */
void store_wake_all(struct store *);

/*
 * The sequence number of the last event that notifications were sent about, in this run or an
 * earlier one.  What is noted is written down a moment later: who is killed in between may send
 * some of them twice.
 */
uint32_t store_sent(struct store *);
void store_note_sent(struct store *, uint32_t sequence);

/* A new eventfd, owned by the store, readable whenever there is a new cluster value. */
int store_listen(struct store *);

#endif
