/*
 * A made-up cluster: its names, its loads, its rows and its history.
 *
 * One thread.  What a thing does at a time is a function of its kind and its number alone, so
 * that rows and history agree.
 */
#ifndef VCL_TESTS_WEB_MADE_UP_H
#define VCL_TESTS_WEB_MADE_UP_H

#include "graphs/rrd_layout.h"
#include "model/part.h"
#include "model/settings.h"
#include "model/state.h"
#include "model/store.h"

#define INTERVAL 10
#define HISTORY	 (2 * 86400) /* seconds */
#define STEP	 60
#define DRAWN	 40 /* VMs that have a history, and disks and NICs */
#define MIB	 UINT64_C(1048576)

struct lab {
	const char *dir;
	unsigned vms, nodes;
	bool plain; /* names as people give them, and nobody away: to be looked at */
	uint32_t shared; /* index of the pool that all nodes have */
	struct store *store;
	struct state *state;
	struct settings *settings;
	GHashTable *counters; /* see loads.c */
};

/* --- rows.c */

/* Publishes all nodes as they are now. */
void rows_publish(struct lab *);
/* Jobs, and what nodes serve to others: once. */
void rows_publish_rest(struct lab *);
/* Events of the last two days, before there is a store. */
void rows_add_events(struct lab *);

char *rows_vm_name(const struct lab *, unsigned vm);
char *rows_vm_uuid(unsigned vm);
char *rows_node_name(const struct lab *, unsigned node);

/* --- loads.c */

/* By which number the loads know a thing. */
unsigned loads_disk(unsigned vm, unsigned disk);
unsigned loads_vm_mib(unsigned vm);

/* Of a source as its column has it: a level, or what it counts in a second. */
double loads_value(const struct lab *, const char *kind, const char *source, unsigned number,
    int64_t at);

/* Fills the columns of a row that are recorded. */
void loads_fill(struct lab *, const char *kind, void *row, unsigned number, int64_t at);

/* Writes two days of everything that is drawn. */
void loads_write_histories(struct lab *);

#endif
