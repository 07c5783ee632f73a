/*
 * Files that clients have handed over for the jobs that they ask for: open descriptors, each
 * under a number that a request can carry.  They live in this process alone; the number says
 * nothing to a later one.
 */
#ifndef VCL_MODEL_LENT_H
#define VCL_MODEL_LENT_H

#include <stdbool.h>
#include <stdint.h>

/* Descriptors, owned; -1: none. */
struct lent {
	int file;
	int client; /* its connection, which ends when it goes */
};

/* Takes both over; the number, never 0. */
uint32_t lent_put(int file, int client);

/* For the job, once.  False: nobody has lent it, or has it back. */
bool lent_take(uint32_t number, struct lent *out);

/* Whoever has lent it goes, or is refused: what no job has taken is closed. */
void lent_drop(uint32_t number);

void lent_close(struct lent *);

/* Nobody will wait for what becomes of it any more. */
bool lent_client_gone(const struct lent *);

#endif
