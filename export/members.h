/*
 * One JSON object without nesting, to and from a struct, by a table of its members.
 *
 * Texts are UTF-8 without control characters, so that each can stand in a sentence or be a
 * program's argument.  Pure.
 */
#ifndef VCL_EXPORT_MEMBERS_H
#define VCL_EXPORT_MEMBERS_H

#include <glib.h>
#include <json-glib/json-glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MEMBERS_MOST (64 * 1024) /* octets of an object */

enum member_type {
	MEMBER_TEXT,   /* char *, owned */
	MEMBER_BOOL,   /* bool */
	MEMBER_NUMBER, /* int64_t, not negative */
};

struct member {
	const char *key;
	enum member_type type;
	size_t offset;
	int64_t most;   /* octets of a text, largest number */
	bool may_lack;  /* it stays as it was, then */
	bool may_empty; /* a text of no octets */
};

/*
 * Texts in `out` are replaced.  What is left of `out` after an error is for freeing only.
 * `what` begins the sentence: "the request", "/some/file".
 */
bool members_read(const struct member *, size_t n, const char *what, const char *text,
    size_t length, void *out, GError **);

/* Adds the members to the object. */
void members_write(const struct member *, size_t n, const void *in, JsonObject *);

/* The object as one line, without its end.  Free it. */
char *members_line(JsonObject *);

#endif
