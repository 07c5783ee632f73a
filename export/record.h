/*
 * The record of one export: a file of the state directory, STEM.json, where STEM is the
 * SHA-256 of the volume's identity.
 *
 * It says what was asked for, and which process serves it.  A record is there before its
 * server is, and goes after it.  Files are replaced as a whole, so that reading needs no
 * lock; whoever changes anything holds the one of the directory.
 */
#ifndef VCL_EXPORT_RECORD_H
#define VCL_EXPORT_RECORD_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/scoped.h"
#include "export/members.h"

struct record {
	/* what was asked for */
	char *volume, *name, *path, *format;
	bool read_only;

	/* where it is served */
	char *address;
	int64_t port;
	char *tls; /* directory of certificates, "": without TLS */

	/* by whom: a pid alone may be another process's by now */
	int64_t pid, start_time;
	char *boot;
	int64_t since; /* s since 1970 */
	bool confirmed; /* it has served */
};

struct record *record_new(void);
void record_free(struct record *);
SCOPED_DEFINE(record, record_free)

/* "" for a NULL, so that texts are never NULL. */
void record_set(char **text, const char *value);

/* The five members that a request has, too. */
extern const struct member record_asked[];
#define RECORD_ASKED 5

/* Makes the directory if it is missing, with mode 0700; refuses one that others can enter. */
bool record_open_directory(const char *dir, GError **);

/* Waits until nobody else has it; close the descriptor to unlock.  -1: error. */
int record_lock(const char *dir, GError **);

/* Where the server of that volume writes its pid.  Free it. */
char *record_pid_file(const char *dir, const char *volume);

/* NULL without an error: there is none. */
struct record *record_load(const char *dir, const char *volume, GError **);

/* All, sorted by volume; of each damaged file one line is added to `damaged`. */
GPtrArray *record_load_all(const char *dir, GString *damaged);

bool record_save(const char *dir, const struct record *, GError **);

/* With all that belongs to it. */
bool record_remove(const char *dir, const char *volume, GError **);

#endif
