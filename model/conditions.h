/*
 * Conditions: what counts as wrong with an object, and how badly; one line each in
 * conditions.c.  Pure, but for what the agent counts about itself.  For alarms.c and its test.
 */
#ifndef VCL_MODEL_CONDITIONS_H
#define VCL_MODEL_CONDITIONS_H

#include "model/alarms.h"

/* What a condition may look at besides the row. */
struct bench {
	const struct cluster *cluster;
	const struct thresholds *t;
	int64_t now;
	int64_t wall;
	int32_t active; /* severity that the alarm has now, 0: it is not raised */
};

struct verdict {
	int32_t severity; /* 0: nothing wrong */
	char *reason;     /* owned */
};

struct condition {
	const char *word; /* for ever */
	enum row_set set;
	enum object_kind kind;
	struct verdict (*judge)(const struct bench *, const void *row);
	bool measured; /* raised only after `raise_after` */
};

extern const struct condition conditions[];
extern const size_t conditions_n;

#endif
