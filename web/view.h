/*
 * Listings: a view says which columns of which rows a page shows, and how; the daemon
 * sorts, sifts and counts, so that a page of ten thousand rows costs what it shows.
 */
#ifndef VCL_WEB_VIEW_H
#define VCL_WEB_VIEW_H

#include "client/cells.h"
#include "web/web.h"

struct view_column;

/* Writes a cell's content. */
typedef void view_show(struct page *, JsonObject *row, const struct view_column *);

struct view_column {
	const char *key;   /* "vclVmCpuUsage" */
	const char *title; /* "CPU" */
	view_show *show;
	cell_format *format; /* of the words */
	cell_tone *tone;     /* NULL: plain */
	const char *with;    /* other columns that it reads, blank-separated */
	const char *sort;    /* its name in addresses; NULL: it cannot be sorted by */
	bool wide;           /* only where there is room */
	bool brief;          /* on one line */
};

struct view {
	const char *verb; /* of the control protocol */
	const struct view_column *columns; /* ended by a NULL key */
	const char *sort; /* column of the order without a wish, NULL: the daemon's */
	bool descending;
	const char *none; /* "There are no VMs." */
};

view_show show_text, show_number, show_badge, show_bar; /* bar: hundredths of a percent */
view_show show_vm, show_node, show_pool, show_object;   /* links */
view_show show_when; /* a time, with its full length in the title */

/* A request for a view's rows, with its columns. */
JsonBuilder *view_request(const struct view *);

/* A table of rows.  `sort`, `descending`: what the heads tell and turn; NULL: no links. */
void view_put(struct page *, const struct view *, GPtrArray *rows);

/* --- some rows of what may be many, as a part of a page: view_some.c */

struct view_some {
	const struct view *view;
	int64_t limit;
	bool newest;	     /* the last ones, and of these the newest first */
	const char *owner;   /* member of the request, of the object with that index ... */
	int64_t index;	     /* ... whose rows they are: "vm"; NULL: all */
	const char *column, *value; /* only rows that have it; NULL: any */
	const char *health;  /* column: when not all fit, the sick ones come first; NULL: none */
};

/* The rows that are shown, and how many there are. */
struct answer *view_some_ask(struct ask *, const struct view_some *, GError **);

/* --- a page of many rows: order and part come from the address */

struct view_part {
	const struct view_column *sort; /* NULL: as the daemon has them */
	bool descending;
	int64_t page, rows; /* from 1; of a page */
};

bool view_part_get(const struct view *, const struct url *, struct view_part *, GError **);
void view_part_ask(const struct view *, const struct view_part *, JsonBuilder *);

/* The table with heads that sort, and links to the other pages. */
void view_put_part(struct page *, const struct view *, const struct view_part *,
    const struct answer *);

/* A form's choice of one of `words` (NULL-ended), and the words as people say them. */
void view_put_choice(struct page *, const char *name, const char *title,
    const char *const *words, const char *chosen);

#endif
