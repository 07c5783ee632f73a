/*
 * SQLite, thinly: open, run, prepare, bind, step.  Every error is one sentence that names
 * the file.
 *
 * A connection and its statements belong to one thread at a time; two connections to the
 * same file may be used by two threads.
 */
#ifndef VCL_COMMON_DB_H
#define VCL_COMMON_DB_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/scoped.h"

#define DB_ERROR (db_error_quark())
GQuark db_error_quark(void); /* codes are SQLite's */

struct db;
struct db_statement;

/*
 * Opens or creates (mode 0600) the file in WAL mode, checks that it is sound, and runs
 * `schema`, which must be harmless when repeated.  `version` is the newest layout that
 * the caller understands: a file of a newer one is refused.
 */
struct db *db_open(const char *path, int version, const char *schema, GError **error);
void db_close(struct db *);
SCOPED_DEFINE(db, db_close)

/* One or more statements without results. */
bool db_exec(struct db *, const char *sql, GError **error);

/* Gives the table that column unless it has it.  Names are the program's own. */
bool db_add_column(struct db *, const char *table, const char *column, const char *type,
    GError **error);

/* A transaction that may write; one that is neither committed nor rolled back is lost. */
bool db_begin(struct db *, GError **error);
bool db_commit(struct db *, GError **error);
void db_rollback(struct db *);

/* A parameter: DB_INT(7), DB_TEXT("x").  NULL text is SQL's NULL. */
struct db_value {
	bool is_text;
	int64_t i;
	const char *s; /* must live until the statement has been run */
};

#define DB_INT(x)  { .is_text = false, .i = (x) }
#define DB_TEXT(x) { .is_text = true, .s = (x) }
#define DB_VALUES(...)                                                                 \
	(const struct db_value[]){ __VA_ARGS__ },                                      \
	    sizeof((const struct db_value[]){ __VA_ARGS__ }) / sizeof(struct db_value)

/* The statement must be freed before its connection is closed. */
struct db_statement *db_prepare(struct db *, const char *sql, GError **error);
void db_statement_free(struct db_statement *);
SCOPED_DEFINE(db_statement, db_statement_free)

/* Runs a statement without results: db_run(st, DB_VALUES(DB_INT(1)), &error). */
bool db_run(struct db_statement *, const struct db_value *, size_t n, GError **error);

/*
 * Results: bind, then step until it is not DB_ROW.  Columns count from 0; their text
 * lives until the next step, and is "" for NULL.
 */
enum db_step { DB_ROW, DB_DONE, DB_FAILED };
bool db_bind(struct db_statement *, const struct db_value *, size_t n, GError **error);
enum db_step db_step(struct db_statement *, GError **error);
int64_t db_column_int(struct db_statement *, int column);
const char *db_column_text(struct db_statement *, int column);

/* The single integer that a query gives, or `missing` when it gives no row. */
bool db_query_int(struct db *, const char *sql, int64_t missing, int64_t *out,
    GError **error);

#endif
