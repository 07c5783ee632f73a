/*
 * How rows are shown: for each listing, and for one thing in full, an array with one
 * line per column.
 */
#ifndef VCL_CLI_DISPLAY_H
#define VCL_CLI_DISPLAY_H

#include "cli/format.h"
#include "cli/sheet.h"

typedef enum tone cell_tone(JsonObject *row, const char *key);

struct field {
	const char *key; /* the MIB's descriptor */
	const char *header;
	cell_format *format;
	enum align align;
	size_t least;    /* a narrow terminal may cut it to that; 0: never */
	cell_tone *tone; /* NULL: plain */
};

struct listing {
	const char *verb;
	const char *kind;           /* of `virtcluster show`, NULL if it cannot be shown */
	const char *prefix;         /* of the descriptors */
	const struct field *list;   /* ended by a NULL key */
	const struct field *detail; /* the same for one thing; what is not in it follows it */
	const char *name;           /* key of the name */
	const char *state;          /* key that --state looks at, NULL: none */
	const char *node;           /* key that --node looks at */
	const char *const *states;  /* what --state can be */
	const char *sort;           /* key of the default order */
};

/* Ended by a NULL verb. */
extern const struct listing listings[];

const struct listing *listing_of_verb(const char *verb);
const struct listing *listing_of_kind(const char *kind);

/* The listing's rows as a sheet. */
void display_rows(const struct listing *, GPtrArray *rows, const struct output *);

/* One row in full, a line each. */
void display_row(const struct listing *, JsonObject *, const struct output *);

/* Sorts by a column's header or descriptor; false when there is no such column. */
bool display_sort(const struct listing *, GPtrArray *rows, const char *column);

/* The headers of a listing as words for --sort.  Free it, not the words. */
const char **display_columns(const struct listing *);

/* "shutOff", "shut-off" and "SHUT OFF" are the same. */
bool same_state(const char *a, const char *b);

/* How good or bad a state's name is. */
enum tone tone_of_state(const char *state);

#endif
