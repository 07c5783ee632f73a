/* The job log, in the state file. */
#include "vmops/job_log.h"

#include <string.h>

#include "common/db.h"
#include "model/state.h"

static const char schema[] =
    "CREATE TABLE IF NOT EXISTS jobs("
    " number INTEGER PRIMARY KEY AUTOINCREMENT, type INTEGER NOT NULL,"
    " kind INTEGER NOT NULL, object INTEGER NOT NULL, name TEXT, uuid TEXT,"
    " argument TEXT, command TEXT, requester TEXT, origin INTEGER NOT NULL,"
    " node INTEGER NOT NULL, state INTEGER NOT NULL, cause INTEGER NOT NULL,"
    " error TEXT, progress INTEGER NOT NULL, submitted_at INTEGER NOT NULL,"
    " started_at INTEGER NOT NULL, finished_at INTEGER NOT NULL);";

static const char write_sql[] =
    "INSERT INTO jobs(number, type, kind, object, name, uuid, argument, command,"
    " requester, origin, node, state, cause, error, progress, submitted_at, started_at,"
    " finished_at) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
    " ON CONFLICT(number) DO UPDATE SET node = excluded.node, state = excluded.state,"
    " cause = excluded.cause, error = excluded.error, progress = excluded.progress,"
    " started_at = excluded.started_at, finished_at = excluded.finished_at";

static const char load_sql[] =
    "SELECT number, type, kind, object, name, uuid, argument, command, requester,"
    " origin, node, state, cause, error, progress, submitted_at, started_at, finished_at"
    " FROM jobs ORDER BY number";

struct job_log {
	struct db *db;
	struct db_statement *write, *remove;
};

/* --- records */

bool
job_record_is_finished(const struct job_record *record)
{
	return record->state >= JOB_SUCCEEDED;
}

void
job_text_clean(char *text, size_t size)
{
	text[size - 1] = '\0';
	for (char *p = text; *p != '\0';) {
		gunichar c = g_utf8_get_char_validated(p, -1);
		if ((int32_t)c < 0) {
			*p++ = '?';
		} else if (g_unichar_iscntrl(c)) {
			char *next = g_utf8_next_char(p);
			while (p < next)
				*p++ = ' ';
		} else {
			p = g_utf8_next_char(p);
		}
	}
}

/* Cuts at a character. */
static void
copy_text(char *to, size_t size, const char *from)
{
	g_autofree char *valid = g_utf8_make_valid(from == NULL ? "" : from, -1);
	size_t length = strlen(valid);

	if (length >= size) {
		const char *end = g_utf8_find_prev_char(valid, valid + size);
		length = end == NULL ? 0 : (size_t)(end - valid);
	}
	memcpy(to, valid, length);
	to[length] = '\0';
	job_text_clean(to, size);
}

void
job_record_finish(struct job_record *record, enum job_state state, enum job_cause cause,
    const char *sentence)
{
	record->state = (int32_t)state;
	record->cause = (int32_t)cause;
	record->finished_at = g_get_real_time();
	copy_text(record->error, sizeof(record->error), sentence);
}

/* --- the file */

static bool
prepare(struct job_log *log, GError **error)
{
	/* a power cut must not undo "running": that job would run twice */
	if (!db_exec(log->db, "PRAGMA synchronous = FULL", error))
		return false;
	log->write = db_prepare(log->db, write_sql, error);
	if (log->write == NULL)
		return false;
	log->remove = db_prepare(log->db, "DELETE FROM jobs WHERE number = ?", error);
	return log->remove != NULL;
}

struct job_log *
job_log_open(const char *dir, GError **error)
{
	g_autofree char *path = g_build_filename(dir, STATE_FILE, NULL);
	struct db *db = db_open(path, STATE_VERSION, schema, error);

	if (db == NULL)
		return NULL;
	struct job_log *log = g_new0(struct job_log, 1);
	log->db = db;
	if (prepare(log, error))
		return log;
	job_log_close(log);
	return NULL;
}

void
job_log_close(struct job_log *log)
{
	if (log == NULL)
		return;
	db_statement_free(log->write);
	db_statement_free(log->remove);
	db_close(log->db);
	g_free(log);
}

bool
job_log_last_number(struct job_log *log, uint32_t *out, GError **error)
{
	int64_t last;

	if (!db_query_int(log->db, "SELECT seq FROM sqlite_sequence WHERE name = 'jobs'", 0,
		&last, error))
		return false;
	*out = (uint32_t)CLAMP(last, 0, INT32_MAX);
	return true;
}

#define COPY_COLUMN(field, st, column)                                                 \
	copy_text((field), sizeof(field), db_column_text((st), (column)))

static struct job_record *
read_record(struct db_statement *st)
{
	struct job_record *r = g_new0(struct job_record, 1);

	r->number = (uint32_t)db_column_int(st, 0);
	r->request.type = (int32_t)db_column_int(st, 1);
	r->request.kind = (int32_t)db_column_int(st, 2);
	r->request.object = (uint32_t)db_column_int(st, 3);
	COPY_COLUMN(r->request.name, st, 4);
	COPY_COLUMN(r->request.uuid, st, 5);
	COPY_COLUMN(r->request.argument, st, 6);
	COPY_COLUMN(r->request.command, st, 7);
	COPY_COLUMN(r->request.requester, st, 8);
	r->request.origin = (int32_t)db_column_int(st, 9);
	r->node = (uint32_t)db_column_int(st, 10);
	r->state = (int32_t)db_column_int(st, 11);
	r->cause = (int32_t)db_column_int(st, 12);
	COPY_COLUMN(r->error, st, 13);
	r->progress = (uint32_t)db_column_int(st, 14);
	r->submitted_at = db_column_int(st, 15);
	r->started_at = db_column_int(st, 16);
	r->finished_at = db_column_int(st, 17);
	return r;
}

GPtrArray *
job_log_load(struct job_log *log, GError **error)
{
	g_autoptr(GPtrArray) records = g_ptr_array_new_with_free_func(g_free);
	SCOPED(db_statement) st = db_prepare(log->db, load_sql, error);
	enum db_step step;

	if (st == NULL)
		return NULL;
	while ((step = db_step(st, error)) == DB_ROW)
		g_ptr_array_add(records, read_record(st));
	return step == DB_DONE ? g_steal_pointer(&records) : NULL;
}

static bool
write_record(struct job_log *log, const struct job_record *r, GError **error)
{
	const struct request *q = &r->request;

	return db_run(log->write,
	    DB_VALUES(DB_INT(r->number), DB_INT(q->type), DB_INT(q->kind),
		DB_INT(q->object), DB_TEXT(q->name), DB_TEXT(q->uuid),
		DB_TEXT(q->argument), DB_TEXT(q->command), DB_TEXT(q->requester),
		DB_INT(q->origin), DB_INT(r->node), DB_INT(r->state), DB_INT(r->cause),
		DB_TEXT(r->error), DB_INT(r->progress), DB_INT(r->submitted_at),
		DB_INT(r->started_at), DB_INT(r->finished_at)),
	    error);
}

static bool
write_all(struct job_log *log, const struct job_record *const *records, size_t n,
    GError **error)
{
	for (size_t i = 0; i < n; i++)
		if (!write_record(log, records[i], error))
			return false;
	return db_commit(log->db, error);
}

bool
job_log_write(struct job_log *log, const struct job_record *const *records, size_t n,
    GError **error)
{
	if (n == 0)
		return true;
	if (!db_begin(log->db, error))
		return false;
	if (write_all(log, records, n, error))
		return true;
	db_rollback(log->db);
	return false;
}

static bool
remove_all(struct job_log *log, const uint32_t *numbers, size_t n, GError **error)
{
	for (size_t i = 0; i < n; i++)
		if (!db_run(log->remove, DB_VALUES(DB_INT(numbers[i])), error))
			return false;
	return db_commit(log->db, error);
}

bool
job_log_remove(struct job_log *log, const uint32_t *numbers, size_t n, GError **error)
{
	if (n == 0)
		return true;
	if (!db_begin(log->db, error))
		return false;
	if (remove_all(log, numbers, n, error))
		return true;
	db_rollback(log->db);
	return false;
}
