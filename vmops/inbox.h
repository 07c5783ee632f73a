/*
 * The inbox: a fixed number of accepted requests in a file that is mapped into memory.
 *
 * Between an SNMP SET and the job manager's database stands this file: what a submitter
 * stores here is in the kernel's hands at once, so it survives a kill of the process
 * without a single system call on the submitter's side.  (A power cut may lose the last
 * seconds; checksums tell what is whole.)
 *
 * A slot goes FREE -> RESERVED -> COMMITTED -> SETTLED -> FREE.  Any thread may reserve;
 * after that a slot belongs to whoever holds it, one thread at a time.
 */
#ifndef VCL_VMOPS_INBOX_H
#define VCL_VMOPS_INBOX_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "model/request.h"

#define INBOX_SLOTS 256

struct inbox;
struct inbox_slot;

/* What a slot held when the process before ended. */
struct inbox_item {
	uint32_t number;      /* the job's */
	int64_t submitted_at; /* microseconds since 1970 */
	bool settled;         /* false: accepted, but it could still be withdrawn */
	struct request request;
};

/*
 * Opens or creates DIR/inbox, for this process alone.  Job numbers start above
 * `last_number` and above all that this inbox ever gave out.  A damaged or foreign file
 * is kept aside as inbox.damaged; what is whole in it is taken over.
 */
struct inbox *inbox_open(const char *dir, uint32_t last_number, GError **error);
void inbox_close(struct inbox *);

/*
 * All accepted requests of the process before, in the order of their numbers.  Call it
 * before anything is reserved; inbox_clear when they are safe elsewhere.
 */
GArray *inbox_leftovers(struct inbox *); /* struct inbox_item */
void inbox_clear(struct inbox *);

/* NULL: full. */
struct inbox_slot *inbox_reserve(struct inbox *, const struct request *);

/* A number that this inbox never gave out before. */
uint32_t inbox_next_number(struct inbox *);

/* Accepts, under that number: one of inbox_next_number or one that somebody chose. */
void inbox_commit(struct inbox_slot *, uint32_t number, int64_t submitted_at);

/* Back to RESERVED. */
void inbox_uncommit(struct inbox_slot *);

void inbox_settle(struct inbox_slot *);

/* Frees the slot, in whatever state it is. */
void inbox_release(struct inbox_slot *);

#endif
