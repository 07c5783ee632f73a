/*
 * The page of one object: what it is, its graphs, and what belongs to it.
 */
#ifndef VCL_WEB_OBJECT_H
#define VCL_WEB_OBJECT_H

#include "web/view.h"

struct object_fact {
	const char *key, *name;
	cell_format *format;
};

struct object_group {
	const char *title; /* NULL ends the groups */
	const struct object_fact *facts; /* ended by a NULL key */
};

/* Rows that belong to the object, below it. */
struct object_part {
	const char *title;
	struct view_some some; /* whose owner is the object */
	const char *list; /* the page that has them all, chosen by the object's key; NULL: none */
};

/* Words and links about what it belongs to. */
typedef void object_context(struct page *, JsonObject *row);

struct object_page {
	const char *kind;  /* "vm" */
	const char *where; /* of the navigation */
	const char *name;  /* columns: of its name, state, health and so on */
	const char *state, *health, *reason, *index; /* NULL: it has none */
	const struct object_group *groups;
	const struct object_part *parts; /* ended by a NULL title */
	const char *key;     /* column: what addresses call it by */
	const char *missing; /* said where there is none */
	object_context *context; /* NULL: it belongs to nothing */
	const char *verb; /* of the control protocol; NULL: `where` */
	bool no_graphs;   /* nothing of it is recorded */
};

/* The page of the one that the address names. */
bool object_answer(const struct object_page *, const struct web *, const struct url *,
    struct reply *, GError **);

/*
 * The page of the object with that row; `id` is what addresses call it.  What stands
 * beside the name is the page's own.
 */
bool object_put(const struct object_page *, const struct web *, const struct url *,
    JsonObject *row, const char *id, struct reply *, GError **);

#endif
