/* SQLite, thinly: open, run, prepare, bind, step. */
#include "common/db.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <string.h>
#include <unistd.h>

#define BUSY_MS 5000 /* how long to wait for the other connection's transaction */

G_DEFINE_QUARK(vcl-db-error-quark, db_error)

struct db {
	sqlite3 *sqlite;
	char *path;
};

struct db_statement {
	struct db *db;
	sqlite3_stmt *statement;
};

static bool
fail(struct db *db, GError **error)
{
	g_set_error(error, DB_ERROR, sqlite3_errcode(db->sqlite), "%s: %s", db->path,
	    sqlite3_errmsg(db->sqlite));
	return false;
}

/*
 * SQLite would create it with the umask's mode; its -wal and -shm copy the mode of the
 * file.  Never opens a file that exists: closing it again would drop the POSIX locks of
 * another connection in this process.
 */
static void
create_private(const char *path)
{
	int fd = open(path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);

	if (fd >= 0)
		close(fd);
}

static bool
check_sound(struct db *db, GError **error)
{
	SCOPED(db_statement) check = db_prepare(db, "PRAGMA quick_check(1)", error);

	if (check == NULL)
		return false;
	switch (db_step(check, error)) {
	case DB_ROW:
		break;
	case DB_DONE:
		return true;
	case DB_FAILED:
		return false;
	}
	const char *verdict = db_column_text(check, 0);
	if (strcmp(verdict, "ok") == 0)
		return true;
	g_set_error(error, DB_ERROR, SQLITE_CORRUPT, "%s: damaged: %s", db->path, verdict);
	return false;
}

static bool
check_version(struct db *db, int version, GError **error)
{
	int64_t found;

	if (!db_query_int(db, "PRAGMA user_version", 0, &found, error))
		return false;
	if (found > version) {
		g_set_error(error, DB_ERROR, SQLITE_MISMATCH,
		    "%s: written by a newer version of this program (layout %" G_GINT64_FORMAT
		    ", this one knows %d)",
		    db->path, found, version);
		return false;
	}
	if (found == version)
		return true;
	g_autofree char *sql = g_strdup_printf("PRAGMA user_version = %d", version);
	return db_exec(db, sql, error);
}

/* One transaction, so that a kill in the middle leaves nothing half made. */
static bool
apply_schema(struct db *db, int version, const char *schema, GError **error)
{
	if (!db_begin(db, error))
		return false;
	if (check_version(db, version, error) && db_exec(db, schema, error) &&
	    db_commit(db, error))
		return true;
	db_rollback(db);
	return false;
}

struct db *
db_open(const char *path, int version, const char *schema, GError **error)
{
	SCOPED(db) db = g_new0(struct db, 1);

	db->path = g_strdup(path);
	create_private(path);
	if (sqlite3_open_v2(path, &db->sqlite, SQLITE_OPEN_READWRITE, NULL) != SQLITE_OK) {
		fail(db, error);
		return NULL;
	}
	sqlite3_busy_timeout(db->sqlite, BUSY_MS);
	if (!db_exec(db, "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL", error) ||
	    !check_sound(db, error) || !apply_schema(db, version, schema, error))
		return NULL;
	return g_steal_pointer(&db);
}

void
db_close(struct db *db)
{
	if (db == NULL)
		return;
	sqlite3_close_v2(db->sqlite);
	g_free(db->path);
	g_free(db);
}

bool
db_exec(struct db *db, const char *sql, GError **error)
{
	if (sqlite3_exec(db->sqlite, sql, NULL, NULL, NULL) != SQLITE_OK)
		return fail(db, error);
	return true;
}

bool
db_add_column(struct db *db, const char *table, const char *column, const char *type,
    GError **error)
{
	g_autofree char *query = g_strdup_printf(
	    "SELECT count(*) FROM pragma_table_info('%s') WHERE name = '%s'", table, column);
	g_autofree char *sql =
	    g_strdup_printf("ALTER TABLE %s ADD COLUMN %s %s", table, column, type);
	int64_t found;

	return db_query_int(db, query, 0, &found, error) &&
	    (found > 0 || db_exec(db, sql, error));
}

bool
db_begin(struct db *db, GError **error)
{
	/* IMMEDIATE waits for the other writer here; upgrading a reader would fail at once */
	return db_exec(db, "BEGIN IMMEDIATE", error);
}

bool
db_commit(struct db *db, GError **error)
{
	return db_exec(db, "COMMIT", error);
}

void
db_rollback(struct db *db)
{
	if (!sqlite3_get_autocommit(db->sqlite))
		sqlite3_exec(db->sqlite, "ROLLBACK", NULL, NULL, NULL);
}

struct db_statement *
db_prepare(struct db *db, const char *sql, GError **error)
{
	sqlite3_stmt *statement = NULL;

	if (sqlite3_prepare_v2(db->sqlite, sql, -1, &statement, NULL) != SQLITE_OK) {
		fail(db, error);
		return NULL;
	}
	struct db_statement *st = g_new0(struct db_statement, 1);
	st->db = db;
	st->statement = statement;
	return st;
}

void
db_statement_free(struct db_statement *st)
{
	if (st == NULL)
		return;
	sqlite3_finalize(st->statement);
	g_free(st);
}

bool
db_bind(struct db_statement *st, const struct db_value *values, size_t n, GError **error)
{
	sqlite3_reset(st->statement);
	for (size_t i = 0; i < n; i++) {
		int at = (int)i + 1;
		int rc = values[i].is_text ?
		    sqlite3_bind_text(st->statement, at, values[i].s, -1, SQLITE_STATIC) :
		    sqlite3_bind_int64(st->statement, at, values[i].i);
		if (rc != SQLITE_OK)
			return fail(st->db, error);
	}
	return true;
}

enum db_step
db_step(struct db_statement *st, GError **error)
{
	int rc = sqlite3_step(st->statement);

	if (rc == SQLITE_ROW)
		return DB_ROW;
	if (rc != SQLITE_DONE)
		fail(st->db, error);
	sqlite3_reset(st->statement); /* a finished statement must not hold a read lock */
	return rc == SQLITE_DONE ? DB_DONE : DB_FAILED;
}

bool
db_run(struct db_statement *st, const struct db_value *values, size_t n, GError **error)
{
	if (!db_bind(st, values, n, error))
		return false;
	enum db_step step;
	while ((step = db_step(st, error)) == DB_ROW)
		;
	sqlite3_clear_bindings(st->statement); /* the values need not outlive this */
	return step == DB_DONE;
}

int64_t
db_column_int(struct db_statement *st, int column)
{
	return sqlite3_column_int64(st->statement, column);
}

const char *
db_column_text(struct db_statement *st, int column)
{
	const unsigned char *text = sqlite3_column_text(st->statement, column);

	return text == NULL ? "" : (const char *)text;
}

bool
db_query_int(struct db *db, const char *sql, int64_t missing, int64_t *out, GError **error)
{
	SCOPED(db_statement) st = db_prepare(db, sql, error);

	if (st == NULL)
		return false;
	enum db_step step = db_step(st, error);
	if (step == DB_FAILED)
		return false;
	*out = step == DB_ROW ? db_column_int(st, 0) : missing;
	return true;
}
