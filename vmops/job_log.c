/* The job log, in the state file. */
#include "vmops/job_log.h"

#include <string.h>

#include "common/db.h"
#include "model/state.h"
#include "model/value.h"

static const char schema[] =
    "CREATE TABLE IF NOT EXISTS jobs("
    " number INTEGER PRIMARY KEY AUTOINCREMENT, type INTEGER NOT NULL,"
    " kind INTEGER NOT NULL, object INTEGER NOT NULL, name TEXT, uuid TEXT,"
    " argument TEXT, command TEXT, requester TEXT, origin INTEGER NOT NULL,"
    " node INTEGER NOT NULL, state INTEGER NOT NULL, cause INTEGER NOT NULL,"
    " error TEXT, progress INTEGER NOT NULL, submitted_at INTEGER NOT NULL,"
    " started_at INTEGER NOT NULL, finished_at INTEGER NOT NULL);"
    "CREATE TABLE IF NOT EXISTS job_numbers(last INTEGER NOT NULL);"
    "CREATE TABLE IF NOT EXISTS wishes(vm INTEGER PRIMARY KEY, wanted INTEGER NOT NULL,"
    " since INTEGER NOT NULL);"
    "CREATE TABLE IF NOT EXISTS node_marks(node INTEGER PRIMARY KEY, reason TEXT,"
    " since_at INTEGER NOT NULL);";

/* Numbers that came later, with their place in a record; absent is -1. */
static const struct number_column {
	const char *name;
	size_t offset;
	size_t size; /* 4 or 8 octets, unsigned, all bits set: absent */
} number_columns[] = {
#define COLUMN(name, field)                                                            \
	{ name, offsetof(struct job_record, field), sizeof(((struct job_record *)0)->field) }
	COLUMN("target", request.target),
	COLUMN("flags", request.flags),
	COLUMN("amount", request.amount),
	COLUMN("max_downtime", request.max_downtime),
	COLUMN("bandwidth", request.bandwidth),
	COLUMN("chosen", request.chosen),
	COLUMN("keep", request.keep),
	COLUMN("parent", request.parent),
	COLUMN("wanted", request.wanted),
	COLUMN("processed", progress.processed),
	COLUMN("remaining", progress.remaining),
	COLUMN("rate", progress.rate),
	COLUMN("dirty_rate", progress.dirty_rate),
	COLUMN("iteration", progress.iteration),
	COLUMN("downtime", progress.downtime_ms),
	COLUMN("aim", aim),
	COLUMN("autostart", autostart),
	COLUMN("owned", owned),
#undef COLUMN
};

#define FIXED_COLUMNS 20 /* before them in every statement */

static const char fixed_columns[] =
    "number, type, kind, object, name, uuid, argument, command, requester, origin, node,"
    " state, cause, error, progress, submitted_at, started_at, finished_at, step,"
    " machine";

struct job_log {
	struct db *db;
	struct db_statement *write, *remove, *wish;
};

/* --- the file */

/* A file of an earlier version gets the columns that came later. */
static bool
add_columns(struct job_log *log, GError **error)
{
	if (!db_add_column(log->db, "jobs", "step", "TEXT", error) ||
	    !db_add_column(log->db, "jobs", "machine", "TEXT", error))
		return false;
	for (size_t i = 0; i < G_N_ELEMENTS(number_columns); i++)
		if (!db_add_column(log->db, "jobs", number_columns[i].name,
			"INTEGER NOT NULL DEFAULT 0", error))
			return false;
	return true;
}

static char *
all_columns(void)
{
	GString *text = g_string_new(fixed_columns);

	for (size_t i = 0; i < G_N_ELEMENTS(number_columns); i++)
		g_string_append_printf(text, ", %s", number_columns[i].name);
	return g_string_free(text, FALSE);
}

/* All columns: what does not change is written again with what it is. */
static char *
write_sql(void)
{
	g_autofree char *columns = all_columns();
	GString *sql = g_string_new(NULL);

	g_string_printf(sql, "INSERT OR REPLACE INTO jobs(%s) VALUES(?", columns);
	for (size_t i = 1; i < FIXED_COLUMNS + G_N_ELEMENTS(number_columns); i++)
		g_string_append(sql, ", ?");
	g_string_append_c(sql, ')');
	return g_string_free(sql, FALSE);
}

static bool
prepare(struct job_log *log, GError **error)
{
	g_autofree char *sql = write_sql();

	/* a power cut must not undo "running": that job would run twice */
	if (!db_exec(log->db, "PRAGMA synchronous = FULL", error) || !add_columns(log, error))
		return false;
	log->write = db_prepare(log->db, sql, error);
	if (log->write == NULL)
		return false;
	log->remove = db_prepare(log->db, "DELETE FROM jobs WHERE number = ?", error);
	if (log->remove == NULL)
		return false;
	log->wish = db_prepare(log->db, "INSERT OR REPLACE INTO wishes VALUES(?, ?, ?)", error);
	return log->wish != NULL;
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
	db_statement_free(log->wish);
	db_close(log->db);
	g_free(log);
}

static bool
keep_number(struct job_log *log, uint32_t last, GError **error)
{
	g_autofree char *sql = g_strdup_printf(
	    "UPDATE job_numbers SET last = %u WHERE last < %u", last, last);

	return db_exec(log->db, sql, error);
}

bool
job_log_last_number(struct job_log *log, uint32_t *out, GError **error)
{
	int64_t last;

	/* the second: of a file that an earlier version wrote, which chose all numbers */
	if (!db_query_int(log->db, "SELECT max(last) FROM (SELECT last FROM job_numbers"
		" UNION ALL SELECT max(number) FROM jobs WHERE chosen = 0"
		" UNION ALL SELECT seq FROM sqlite_sequence WHERE name = 'jobs'"
		" AND NOT EXISTS (SELECT 1 FROM job_numbers))", 0, &last, error))
		return false;
	*out = (uint32_t)CLAMP(last, 0, INT32_MAX);
	return db_exec(log->db, "INSERT INTO job_numbers SELECT 0 WHERE NOT EXISTS"
	    " (SELECT 1 FROM job_numbers)", error) && keep_number(log, *out, error);
}

static int64_t
get_number(const struct job_record *r, const struct number_column *c)
{
	const char *field = (const char *)r + c->offset;

	if (c->size == sizeof(uint64_t))
		return (int64_t)*(const uint64_t *)(const void *)field;
	uint32_t number = *(const uint32_t *)(const void *)field;
	return number == ABSENT_U32 ? -1 : (int64_t)number;
}

static void
set_number(struct job_record *r, const struct number_column *c, int64_t number)
{
	char *field = (char *)r + c->offset;

	if (c->size == sizeof(uint64_t))
		*(uint64_t *)(void *)field = (uint64_t)number;
	else
		*(uint32_t *)(void *)field = (uint32_t)number;
}

#define COPY_COLUMN(field, st, column)                                                 \
	job_text_copy((field), sizeof(field), db_column_text((st), (column)))

static bool
has_machine(const struct request *request)
{
	return request->type == JOB_VM_CREATE || request->type == JOB_VM_CLONE ||
	    request->type == JOB_TEMPLATE_CREATE || request->type == JOB_BACKUP ||
	    request->type == JOB_RESTORE || request->type == JOB_VNODE_ENABLE;
}

/* What is to be made is kept in the words of its options. */
static void
read_machine(struct request *request, const char *words)
{
	struct request said = { .type = request->type };

	if (words != NULL && request_options_parse(&said, words, NULL))
		request->machine = said.machine;
}

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
	r->progress.percent = (uint32_t)db_column_int(st, 14);
	r->submitted_at = db_column_int(st, 15);
	r->started_at = db_column_int(st, 16);
	r->finished_at = db_column_int(st, 17);
	COPY_COLUMN(r->progress.step, st, 18);
	read_machine(&r->request, db_column_text(st, 19));
	r->progress.eta = -1;
	for (size_t i = 0; i < G_N_ELEMENTS(number_columns); i++)
		set_number(r, &number_columns[i], db_column_int(st, FIXED_COLUMNS + (int)i));
	return r;
}

GPtrArray *
job_log_load(struct job_log *log, GError **error)
{
	g_autoptr(GPtrArray) records = g_ptr_array_new_with_free_func(g_free);
	g_autofree char *columns = all_columns();
	g_autofree char *sql =
	    g_strdup_printf("SELECT %s FROM jobs ORDER BY submitted_at, number", columns);
	SCOPED(db_statement) st = db_prepare(log->db, sql, error);
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
	g_autofree char *machine =
	    has_machine(q) ? request_options_text(q) : g_strdup("");
	const struct db_value fixed[FIXED_COLUMNS] = {
		DB_INT(r->number), DB_INT(q->type), DB_INT(q->kind), DB_INT(q->object),
		DB_TEXT(q->name), DB_TEXT(q->uuid), DB_TEXT(q->argument),
		DB_TEXT(q->command), DB_TEXT(q->requester), DB_INT(q->origin),
		DB_INT(r->node), DB_INT(r->state), DB_INT(r->cause), DB_TEXT(r->error),
		DB_INT(r->progress.percent), DB_INT(r->submitted_at),
		DB_INT(r->started_at), DB_INT(r->finished_at), DB_TEXT(r->progress.step),
		DB_TEXT(machine),
	};
	struct db_value values[FIXED_COLUMNS + G_N_ELEMENTS(number_columns)];

	memcpy(values, fixed, sizeof(fixed));
	for (size_t i = 0; i < G_N_ELEMENTS(number_columns); i++)
		values[FIXED_COLUMNS + i] =
		    (struct db_value)DB_INT(get_number(r, &number_columns[i]));
	return db_run(log->write, values, G_N_ELEMENTS(values), error) &&
	    (q->chosen != 0 || keep_number(log, r->number, error));
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

/* --- wishes */

GHashTable *
job_log_load_wishes(struct job_log *log, GError **error)
{
	g_autoptr(GHashTable) wishes =
	    g_hash_table_new_full(g_direct_hash, g_direct_equal, NULL, g_free);
	SCOPED(db_statement) st =
	    db_prepare(log->db, "SELECT vm, wanted, since FROM wishes", error);
	enum db_step step;

	if (st == NULL)
		return NULL;
	while ((step = db_step(st, error)) == DB_ROW) {
		struct wish *wish = g_new0(struct wish, 1);
		wish->h.index = (uint32_t)db_column_int(st, 0);
		wish->wanted = (int32_t)db_column_int(st, 1);
		wish->since_at = db_column_int(st, 2);
		g_hash_table_replace(wishes, GUINT_TO_POINTER(wish->h.index), wish);
	}
	return step == DB_DONE ? g_steal_pointer(&wishes) : NULL;
}

bool
job_log_write_wish(struct job_log *log, const struct wish *wish, GError **error)
{
	return db_run(log->wish, DB_VALUES(DB_INT(wish->h.index), DB_INT(wish->wanted),
	    DB_INT(wish->since_at)), error);
}

/* --- nodes out of service */

bool
job_log_load_marks(struct job_log *log, GArray *out, GError **error)
{
	SCOPED(db_statement) query = db_prepare(log->db,
	    "SELECT node, reason, since_at FROM node_marks ORDER BY node", error);
	enum db_step step;

	if (query == NULL || !db_bind(query, NULL, 0, error))
		return false;
	while ((step = db_step(query, error)) == DB_ROW) {
		struct mark_record mark = {
			.node = (uint32_t)db_column_int(query, 0),
			.since_at = db_column_int(query, 2),
		};
		job_text_copy(mark.reason, sizeof(mark.reason), db_column_text(query, 1));
		g_array_append_val(out, mark);
	}
	return step == DB_DONE;
}

static bool
write_marks(struct job_log *log, const GArray *marks, GError **error)
{
	SCOPED(db_statement) insert = db_prepare(log->db,
	    "INSERT INTO node_marks(node, reason, since_at) VALUES(?, ?, ?)", error);

	if (insert == NULL || !db_exec(log->db, "DELETE FROM node_marks", error))
		return false;
	for (guint i = 0; i < marks->len; i++) {
		const struct mark_record *mark = &g_array_index(marks, struct mark_record, i);
		if (!db_run(insert, DB_VALUES(DB_INT(mark->node), DB_TEXT(mark->reason),
			DB_INT(mark->since_at)), error))
			return false;
	}
	return true;
}

bool
job_log_write_marks(struct job_log *log, const GArray *marks, GError **error)
{
	if (!db_begin(log->db, error))
		return false;
	if (write_marks(log, marks, error) && db_commit(log->db, error))
		return true;
	db_rollback(log->db);
	return false;
}
