/*
 * How rows are shown: for each listing, and for one thing in full, an array with one
 * line per column.  The listings themselves are in listings_*.c.
 */
#ifndef VCL_CLI_DISPLAY_H
#define VCL_CLI_DISPLAY_H

#include "client/cells.h"
#include "cli/filter.h"
#include "client/format.h"
#include "cli/sheet.h"

enum width {
	NARROW,
	WIDE,    /* only with --wide */
	CRAMPED, /* only without it */
	TOLD,    /* where any row has a value: not every installation has such */
};

struct field {
	const char *key; /* the MIB's descriptor; "+WORD": the sum of the columns in `with` */
	const char *header;
	cell_format *format; /* NULL in a detail: it shows within another one */
	enum align align;
	size_t least;     /* a narrow terminal may cut it to that; 0: never */
	cell_tone *tone;  /* NULL: plain */
	enum width width;
	const char *with; /* columns that the cell reads besides, blank-separated */
};

/* Rows that belong to the thing that is shown. */
struct section {
	const char *title;
	const char *verb;   /* of their listing */
	const char *member; /* of the request, that names the thing */
	unsigned last;      /* only so many of the newest; 0: all */
};

struct listing {
	const char *verb;
	const char *things;         /* "VMs" */
	const char *table;          /* the MIB's */
	const char *kind;           /* of `virtcluster show`, NULL if it cannot be shown */
	const char *prefix;         /* of the descriptors */
	const struct field *list;   /* ended by a NULL key */
	const struct field *detail; /* the same for one thing; what is not in it follows it */
	const char *name;           /* key of the name */
	const char *within;         /* key of what makes "WITHIN/NAME" unique, or NULL */
	const char *index;          /* key of the index */
	const char *sort;           /* key of the default order, NULL: the daemon's */
	const struct filter *filters;   /* ended by a NULL option */
	const struct section *sections; /* ended by a NULL title; NULL: none */
	const char *asks;           /* verb of the request, NULL: the same */
};

extern const struct listing node_listing, vm_listing, top_listing, vcpu_listing, disk_listing,
    nic_listing, snapshot_listing, pool_listing, pool_node_listing, volume_listing,
    export_listing, app_listing, job_listing,
    event_listing, alarm_listing, advice_listing, sequence_listing, template_listing, backup_listing,
    schedule_listing;

/* All of them, ended by NULL. */
extern const struct listing *const listings[];

const struct listing *listing_of_verb(const char *verb);
const struct listing *listing_of_kind(const char *kind);

/* The verb by which the daemon is asked for the rows. */
const char *listing_request(const struct listing *);

/* The words that can be said for a filter that has such; NULL: none. */
const char *const *listing_words(const struct listing *, const char *option);

/* The listing's rows as a sheet, with the columns that `wide` has. */
void display_rows(const struct listing *, GPtrArray *rows, bool wide,
    const struct output *);

/* One row in full, a line each. */
void display_row(const struct listing *, JsonObject *, const struct output *);

/* The key of a column by its header or descriptor; NULL when there is no such column. */
const char *display_key(const struct listing *, const char *column);

/* Is it the key of a sum? */
bool display_is_sum(const char *key);

/* Puts the sums into the rows: of what is known, nothing where nothing is. */
void display_sums(const struct listing *, GPtrArray *rows);

/* Is there such a column?  If not, the sentence, of CLI_ERROR, says which there are. */
bool display_check_sort(const struct listing *, const char *column, GError **);

/* Sorts by a key, rows without it last. */
void display_sort(GPtrArray *rows, const char *key, bool reverse);

/* The headers of a listing as words for --sort.  Free it, not the words. */
const char **display_columns(const struct listing *);

/* Adds the descriptors of the columns that these fields read. */
void display_keys(const struct field *, bool wide, GPtrArray *keys);

#endif
