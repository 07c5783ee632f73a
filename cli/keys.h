/*
 * Keys of a terminal, and tables of what they do.
 */
#ifndef VCL_CLI_KEYS_H
#define VCL_CLI_KEYS_H

#include <glib.h>
#include <stdbool.h>

#include "cli/sheet.h"

/* Keys that are not a character. */
enum special_key {
	KEY_OTHER = 0x110000,
	KEY_UP,
	KEY_DOWN,
	KEY_PAGE_UP,
	KEY_PAGE_DOWN,
	KEY_HOME,
	KEY_END,
};

/*
 * Takes the first key off what was typed; 0 when there is no whole one.  KEY_OTHER is one
 * that nobody knows here.
 */
int keys_take(GString *typed);

/* "up", "space", "c".  Free it. */
char *keys_name(int key);

struct key {
	int key;          /* a character, or of enum special_key; 0 ends a table */
	const char *help; /* NULL: it does the same as the key before */
	bool (*press)(void *data, const char *word); /* true: the daemon is to be asked */
	const char *word;
};

/* NULL: it is not in the table. */
const struct key *keys_find(const struct key *, int key);

/* Adds a row for each: the keys, and what they do. */
void keys_explain(const struct key *, struct sheet *);

#endif
