/* The record of all backups, in the state file. */
#include "vmops/backup_log.h"

#include "common/db.h"
#include "model/names.h"
#include "model/state.h"
#include "vmops/job_record.h"

static const char schema[] =
    "CREATE TABLE IF NOT EXISTS backups("
    " uuid TEXT PRIMARY KEY, vm_uuid TEXT NOT NULL, base_uuid TEXT NOT NULL, name TEXT,"
    " vm_name TEXT, pool_name TEXT, disks TEXT, reason TEXT, check_reason TEXT,"
    " checkpoint TEXT, pool INTEGER NOT NULL, seconds INTEGER NOT NULL,"
    " kind INTEGER NOT NULL, state INTEGER NOT NULL, quiesced INTEGER NOT NULL,"
    " checked INTEGER NOT NULL, size INTEGER NOT NULL, taken_at INTEGER NOT NULL,"
    " checked_at INTEGER NOT NULL);";

#define COLUMNS                                                                        \
	"uuid, vm_uuid, base_uuid, name, vm_name, pool_name, disks, reason, check_reason," \
	" checkpoint, pool, seconds, kind, state, quiesced, checked, size, taken_at,"      \
	" checked_at"

struct backup_log {
	struct db *db;
	struct db_statement *write, *remove;
};

struct backup_log *
backup_log_open(const char *dir, GError **error)
{
	g_autofree char *path = g_build_filename(dir, STATE_FILE, NULL);
	struct db *db = db_open(path, STATE_VERSION, schema, error);

	if (db == NULL)
		return NULL;
	struct backup_log *log = g_new0(struct backup_log, 1);
	log->db = db;
	log->write = db_prepare(db, "INSERT OR REPLACE INTO backups(" COLUMNS ") VALUES(?, ?,"
	    " ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", error);
	if (log->write != NULL)
		log->remove = db_prepare(db, "DELETE FROM backups WHERE uuid = ?", error);
	if (log->remove != NULL)
		return log;
	backup_log_close(log);
	return NULL;
}

void
backup_log_close(struct backup_log *log)
{
	if (log == NULL)
		return;
	db_statement_free(log->write);
	db_statement_free(log->remove);
	db_close(log->db);
	g_free(log);
}

#define TAKE(field, st, column)                                                        \
	job_text_copy((field), sizeof(field), db_column_text((st), (column)))

static struct backup_record *
read_record(struct db_statement *st)
{
	struct backup_record *r = g_new0(struct backup_record, 1);

	TAKE(r->uuid, st, 0);
	TAKE(r->vm_uuid, st, 1);
	TAKE(r->base_uuid, st, 2);
	TAKE(r->name, st, 3);
	TAKE(r->vm_name, st, 4);
	TAKE(r->pool_name, st, 5);
	TAKE(r->disks, st, 6);
	TAKE(r->reason, st, 7);
	TAKE(r->check_reason, st, 8);
	TAKE(r->checkpoint, st, 9);
	r->pool = (uint32_t)db_column_int(st, 10);
	r->seconds = (uint32_t)db_column_int(st, 11);
	r->kind = (int32_t)CLAMP(db_column_int(st, 12), BACKUP_FULL, BACKUP_INCREMENTAL);
	r->state = (int32_t)CLAMP(db_column_int(st, 13), BACKUP_COMPLETE, BACKUP_RUNNING);
	r->quiesced = (int32_t)db_column_int(st, 14);
	r->check = (int32_t)CLAMP(db_column_int(st, 15), CHECK_NEVER, CHECK_BAD);
	r->size = (uint64_t)db_column_int(st, 16);
	r->taken_at = db_column_int(st, 17);
	r->checked_at = db_column_int(st, 18);
	return r;
}

GPtrArray *
backup_log_load(struct backup_log *log, GError **error)
{
	g_autoptr(GPtrArray) records = g_ptr_array_new_with_free_func(g_free);
	SCOPED(db_statement) st =
	    db_prepare(log->db, "SELECT " COLUMNS " FROM backups ORDER BY taken_at", error);
	enum db_step step;

	if (st == NULL)
		return NULL;
	while ((step = db_step(st, error)) == DB_ROW)
		g_ptr_array_add(records, read_record(st));
	return step == DB_DONE ? g_steal_pointer(&records) : NULL;
}

static bool
write_record(struct backup_log *log, const struct backup_record *r, GError **error)
{
	return db_run(log->write,
	    DB_VALUES(DB_TEXT(r->uuid), DB_TEXT(r->vm_uuid), DB_TEXT(r->base_uuid),
		DB_TEXT(r->name), DB_TEXT(r->vm_name), DB_TEXT(r->pool_name),
		DB_TEXT(r->disks), DB_TEXT(r->reason), DB_TEXT(r->check_reason),
		DB_TEXT(r->checkpoint), DB_INT(r->pool), DB_INT(r->seconds),
		DB_INT(r->kind), DB_INT(r->state), DB_INT(r->quiesced), DB_INT(r->check),
		DB_INT((int64_t)r->size), DB_INT(r->taken_at), DB_INT(r->checked_at)),
	    error);
}

static bool
write_all(struct backup_log *log, const GPtrArray *records, const GPtrArray *gone,
    GError **error)
{
	for (guint i = 0; i < gone->len; i++)
		if (!db_run(log->remove, DB_VALUES(DB_TEXT(gone->pdata[i])), error))
			return false;
	for (guint i = 0; i < records->len; i++)
		if (!write_record(log, records->pdata[i], error))
			return false;
	return db_commit(log->db, error);
}

bool
backup_log_write(struct backup_log *log, const GPtrArray *records, const GPtrArray *gone,
    GError **error)
{
	if (records->len == 0 && gone->len == 0)
		return true;
	if (!db_begin(log->db, error))
		return false;
	if (write_all(log, records, gone, error))
		return true;
	db_rollback(log->db);
	return false;
}
