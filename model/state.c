/* The index map and the event log, in SQLite. */
#include "model/state.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "common/db.h"
#include "common/log.h"
#include "model/memory.h"
#include "model/part.h"

#define EVENTS_KEPT     1000
#define EVENTS_PENDING  10000 /* most that wait in memory while the disk refuses */
#define INDEX_MOST      2147483647u
#define SEQUENCE_LATEST "SELECT seq FROM sqlite_sequence WHERE name = 'events'"

static const char schema[] =
    "CREATE TABLE IF NOT EXISTS indexes("
    " idx INTEGER PRIMARY KEY, identity TEXT NOT NULL UNIQUE);"
    "CREATE TABLE IF NOT EXISTS events("
    " seq INTEGER PRIMARY KEY AUTOINCREMENT, type INTEGER NOT NULL,"
    " severity INTEGER NOT NULL, kind INTEGER NOT NULL, object INTEGER NOT NULL,"
    " name TEXT, uuid TEXT, old_state TEXT, new_state TEXT, reason TEXT, node TEXT,"
    " at INTEGER NOT NULL);"
    "CREATE TABLE IF NOT EXISTS alarms("
    " idx INTEGER PRIMARY KEY, condition TEXT NOT NULL, severity INTEGER NOT NULL,"
    " old_severity INTEGER NOT NULL, kind INTEGER NOT NULL, object INTEGER NOT NULL,"
    " name TEXT, uuid TEXT, reason TEXT, node TEXT, raised_at INTEGER NOT NULL,"
    " changed_at INTEGER NOT NULL);"
    "CREATE TABLE IF NOT EXISTS memory("
    " idx INTEGER PRIMARY KEY, kind INTEGER NOT NULL, state INTEGER NOT NULL,"
    " node INTEGER NOT NULL, last_node INTEGER NOT NULL, troubled INTEGER NOT NULL,"
    " fenced_at INTEGER NOT NULL);"
    "CREATE TABLE IF NOT EXISTS sent(one INTEGER PRIMARY KEY, seq INTEGER NOT NULL);";

struct state {
	struct db *db;
	int lock;                 /* a file that one process at a time may hold */
	GHashTable *by_identity;  /* "KIND:IDENTITY", owned -> index */
	GHashTable *by_index;     /* index -> the same string, borrowed */
	GPtrArray *new_indexes;   /* keys of by_identity not yet written, borrowed */
	struct part *new_events;  /* not yet written */
	uint32_t sequence;        /* of the last event */
	struct part *new_alarms;  /* to be written in the place of all; NULL: as before */
	GHashTable *new_memory;   /* index -> struct remembered, NULL: to be forgotten */
	uint32_t sent;            /* of the last event that was sent */
	bool sent_changed;
};

static struct part *
pending_new(void)
{
	return part_new("events", NULL);
}

static bool
remember_index(struct state *state, const char *identity, uint32_t index)
{
	if (index == 0 || index > INDEX_MOST ||
	    g_hash_table_contains(state->by_index, GUINT_TO_POINTER(index)))
		return false;
	char *key = g_strdup(identity);
	g_hash_table_insert(state->by_identity, key, GUINT_TO_POINTER(index));
	g_hash_table_insert(state->by_index, GUINT_TO_POINTER(index), key);
	return true;
}

static bool
load_indexes(struct state *state, GError **error)
{
	SCOPED(db_statement) st =
	    db_prepare(state->db, "SELECT idx, identity FROM indexes", error);
	enum db_step step;

	if (st == NULL)
		return false;
	while ((step = db_step(st, error)) == DB_ROW) {
		int64_t index = db_column_int(st, 0);
		if (index < 1 || index > INDEX_MOST ||
		    !remember_index(state, db_column_text(st, 1), (uint32_t)index))
			log_warn("store", "index %" G_GINT64_FORMAT " of \"%s\" is out of "
			    "range: ignored", index, db_column_text(st, 1));
	}
	return step == DB_DONE;
}

static bool
load_sequence(struct state *state, GError **error)
{
	int64_t latest;

	if (!db_query_int(state->db, SEQUENCE_LATEST, 0, &latest, error))
		return false;
	state->sequence = (uint32_t)CLAMP(latest, 0, UINT32_MAX);
	if (!db_query_int(state->db, "SELECT seq FROM sent", -1, &latest, error))
		return false;
	state->sent_changed = latest < 0; /* a version that did not tell: it has sent them all */
	state->sent = latest < 0 || latest > state->sequence ? state->sequence : (uint32_t)latest;
	return true;
}

/* Who has it, for people and for the OCF resource agent: "PID HOST". */
static void
sign_lock(const struct state *state)
{
	g_autofree char *text = g_strdup_printf("%d %s\n", (int)getpid(), g_get_host_name());

	if (ftruncate(state->lock, 0) < 0 ||
	    pwrite(state->lock, text, strlen(text), 0) != (ssize_t)strlen(text))
		log_warn("store", "the lock does not tell who has it: %s", g_strerror(errno));
}

static bool
refuse_lock(const struct state *state, const char *dir, GError **error)
{
	char text[300];
	ssize_t n = pread(state->lock, text, sizeof(text) - 1, 0);

	text[MAX(n, 0)] = '\0';
	g_auto(GStrv) words = g_strsplit(g_strstrip(text), " ", 2);
	bool told = words[0] != NULL && words[1] != NULL;
	g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_AGAIN,
	    "%s: another virtclusterd uses this directory%s%s%s%s%s", dir,
	    told ? " (process " : "", told ? words[0] : "", told ? " on " : "",
	    told ? words[1] : "", told ? ")" : "");
	return false;
}

/*
 * The kernel frees the lock when the process ends, however it ends.  On a file system that
 * several hosts have, it holds among all of them where that file system has such locks.
 */
static bool
lock_dir(struct state *state, const char *dir, GError **error)
{
	g_autofree char *path = g_build_filename(dir, "lock", NULL);

	state->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
	if (state->lock >= 0 && flock(state->lock, LOCK_EX | LOCK_NB) == 0) {
		sign_lock(state);
		return true;
	}
	int code = errno;
	if (state->lock >= 0 && code == EWOULDBLOCK)
		return refuse_lock(state, dir, error);
	g_set_error(error, G_FILE_ERROR, (gint)g_file_error_from_errno(code),
	    state->lock < 0 ? "%s: %s"
			    : "%s: %s: the state directory must be on a file system with locks",
	    path, g_strerror(code));
	return false;
}

/* What notifications of an event need besides: files of earlier versions have none of it. */
static bool
add_event_columns(struct state *state, GError **error)
{
	static const char *const columns[] = { "alarm", "oper_before", "oper_after", "persistent" };

	for (size_t i = 0; i < G_N_ELEMENTS(columns); i++)
		if (!db_add_column(state->db, "events", columns[i], "INTEGER NOT NULL DEFAULT 0",
			error))
			return false;
	return true;
}

static bool
open_db(struct state *state, const char *dir, GError **error)
{
	g_autofree char *path = g_build_filename(dir, STATE_FILE, NULL);

	state->db = db_open(path, STATE_VERSION, schema, error);
	return state->db != NULL && add_event_columns(state, error);
}

struct state *
state_open(const char *dir, GError **error)
{
	struct state *state = g_new0(struct state, 1);

	state->lock = -1;
	state->by_identity = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	state->by_index = g_hash_table_new(g_direct_hash, g_direct_equal);
	state->new_indexes = g_ptr_array_new();
	state->new_events = pending_new();
	state->new_memory = g_hash_table_new_full(g_direct_hash, g_direct_equal, NULL, g_free);
	if (lock_dir(state, dir, error) && open_db(state, dir, error) &&
	    load_indexes(state, error) && load_sequence(state, error))
		return state;
	state_close(state);
	return NULL;
}

void
state_close(struct state *state)
{
	if (state == NULL)
		return;
	db_close(state->db);
	if (state->lock >= 0)
		close(state->lock);
	g_hash_table_destroy(state->by_index);
	g_hash_table_destroy(state->by_identity);
	g_ptr_array_free(state->new_indexes, TRUE);
	part_unref(state->new_events);
	part_unref(state->new_alarms);
	g_hash_table_destroy(state->new_memory);
	g_free(state);
}

static char *
identity_key(enum object_kind kind, const char *identity)
{
	return g_strconcat(enum_to_name(object_kind_names, kind), ":", identity, NULL);
}

static uint32_t
hash_key(const char *key)
{
	g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);
	uint8_t digest[32];
	gsize length = sizeof(digest);

	g_checksum_update(sum, (const guchar *)key, -1);
	g_checksum_get_digest(sum, digest, &length);
	uint32_t first = (uint32_t)digest[0] << 24 | (uint32_t)digest[1] << 16 |
	    (uint32_t)digest[2] << 8 | digest[3];
	return first >> 1 == 0 ? 1 : first >> 1;
}

uint32_t
state_hash_index(enum object_kind kind, const char *identity)
{
	g_autofree char *key = identity_key(kind, identity);

	return hash_key(key);
}

uint32_t
state_index(struct state *state, enum object_kind kind, const char *identity)
{
	g_autofree char *key = identity_key(kind, identity);
	gpointer known, stored_key;

	if (state == NULL)
		return hash_key(key);
	if (g_hash_table_lookup_extended(state->by_identity, key, NULL, &known))
		return GPOINTER_TO_UINT(known);
	uint32_t index = hash_key(key);
	while (!remember_index(state, key, index))
		index = index == INDEX_MOST ? 1 : index + 1;
	stored_key = g_hash_table_lookup(state->by_index, GUINT_TO_POINTER(index));
	g_ptr_array_add(state->new_indexes, stored_key);
	return index;
}

/* Not part_add_copy: also texts that no column shows must outlive the caller's. */
static void
copy_event(struct part *part, const struct event *event)
{
	struct event *copy = part_add(part, ROWS_EVENT);

	*copy = *event;
	copy->name = part_text(part, event->name);
	copy->uuid = part_text(part, event->uuid);
	copy->old_state = part_text(part, event->old_state);
	copy->new_state = part_text(part, event->new_state);
	copy->reason = part_text(part, event->reason);
	copy->node = part_text(part, event->node);
}

void
state_add_event(struct state *state, struct event *event)
{
	GPtrArray *pending = state->new_events->rows[ROWS_EVENT];

	event->h.index = ++state->sequence;
	if (pending->len >= EVENTS_PENDING)
		g_ptr_array_remove_index(pending, 0);
	copy_event(state->new_events, event);
}

static bool
write_indexes(struct state *state, GError **error)
{
	if (state->new_indexes->len == 0)
		return true;
	SCOPED(db_statement) st = db_prepare(state->db,
	    "INSERT INTO indexes(idx, identity) VALUES(?, ?)", error);
	if (st == NULL)
		return false;
	for (guint i = 0; i < state->new_indexes->len; i++) {
		const char *key = state->new_indexes->pdata[i];
		uint32_t index = GPOINTER_TO_UINT(g_hash_table_lookup(state->by_identity, key));
		if (!db_run(st, DB_VALUES(DB_INT(index), DB_TEXT(key)), error))
			return false;
	}
	return true;
}

static bool
write_event(struct db_statement *st, const struct event *e, GError **error)
{
	return db_run(st,
	    DB_VALUES(DB_INT(e->h.index), DB_INT(e->type), DB_INT(e->severity),
		DB_INT(e->kind), DB_INT(e->object), DB_TEXT(e->name), DB_TEXT(e->uuid),
		DB_TEXT(e->old_state), DB_TEXT(e->new_state), DB_TEXT(e->reason),
		DB_TEXT(e->node), DB_INT(e->at), DB_INT(e->alarm), DB_INT(e->oper_before),
		DB_INT(e->oper_after), DB_INT(e->persistent)),
	    error);
}

static bool
prune_events(struct state *state, GError **error)
{
	g_autofree char *sql = g_strdup_printf("DELETE FROM events WHERE seq <= %" G_GINT64_FORMAT,
	    (int64_t)state->sequence - EVENTS_KEPT);

	return db_exec(state->db, sql, error);
}

static bool
write_events(struct state *state, GError **error)
{
	GPtrArray *pending = state->new_events->rows[ROWS_EVENT];

	if (pending->len == 0)
		return true;
	SCOPED(db_statement) st = db_prepare(state->db,
	    "INSERT INTO events(seq, type, severity, kind, object, name, uuid, old_state,"
	    " new_state, reason, node, at, alarm, oper_before, oper_after, persistent)"
	    " VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", error);
	if (st == NULL)
		return false;
	for (guint i = 0; i < pending->len; i++)
		if (!write_event(st, pending->pdata[i], error))
			return false;
	return prune_events(state, error);
}

void
state_set_alarms(struct state *state, struct part *alarms)
{
	part_unref(state->new_alarms);
	state->new_alarms = part_ref(alarms);
}

static bool
write_alarm(struct db_statement *st, const struct alarm *a, GError **error)
{
	return db_run(st,
	    DB_VALUES(DB_INT(a->h.index), DB_TEXT(a->condition), DB_INT(a->severity),
		DB_INT(a->old_severity), DB_INT(a->kind), DB_INT(a->object),
		DB_TEXT(a->name), DB_TEXT(a->uuid), DB_TEXT(a->reason), DB_TEXT(a->node),
		DB_INT(a->raised_at), DB_INT(a->changed_at)),
	    error);
}

static bool
write_alarms(struct state *state, GError **error)
{
	if (state->new_alarms == NULL)
		return true;
	if (!db_exec(state->db, "DELETE FROM alarms", error))
		return false;
	SCOPED(db_statement) st = db_prepare(state->db,
	    "INSERT INTO alarms(idx, condition, severity, old_severity, kind, object, name,"
	    " uuid, reason, node, raised_at, changed_at)"
	    " VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", error);
	const GPtrArray *rows = state->new_alarms->rows[ROWS_ALARM];
	for (guint i = 0; st != NULL && i < rows->len; i++)
		if (!write_alarm(st, rows->pdata[i], error))
			return false;
	return st != NULL;
}

/* --- how objects were seen last */

void
state_remember(struct state *state, uint32_t index, const struct remembered *r)
{
	g_hash_table_replace(state->new_memory, GUINT_TO_POINTER(index),
	    r == NULL ? NULL : g_memdup2(r, sizeof(*r)));
}

static bool
write_memory(struct state *state, GError **error)
{
	GHashTableIter iter;
	gpointer key, value;

	if (g_hash_table_size(state->new_memory) == 0)
		return true;
	SCOPED(db_statement) put = db_prepare(state->db,
	    "INSERT OR REPLACE INTO memory(idx, kind, state, node, last_node, troubled, fenced_at)"
	    " VALUES(?, ?, ?, ?, ?, ?, ?)", error);
	SCOPED(db_statement) drop = put == NULL ? NULL
	    : db_prepare(state->db, "DELETE FROM memory WHERE idx = ?", error);
	g_hash_table_iter_init(&iter, state->new_memory);
	while (drop != NULL && g_hash_table_iter_next(&iter, &key, &value)) {
		const struct remembered *r = value;
		uint32_t index = GPOINTER_TO_UINT(key);
		if (r == NULL ? !db_run(drop, DB_VALUES(DB_INT(index)), error)
			: !db_run(put, DB_VALUES(DB_INT(index), DB_INT(r->kind), DB_INT(r->state),
			      DB_INT(r->node), DB_INT(r->last_node), DB_INT(r->troubled),
			      DB_INT(r->fenced_at)), error))
			return false;
	}
	return drop != NULL;
}

bool
state_load_memory(struct state *state, struct memory *memory, GError **error)
{
	SCOPED(db_statement) st = db_prepare(state->db,
	    "SELECT idx, kind, state, node, last_node, troubled, fenced_at FROM memory", error);
	enum db_step step;

	if (st == NULL)
		return false;
	while ((step = db_step(st, error)) == DB_ROW) {
		const struct remembered r = {
			.kind = (int32_t)db_column_int(st, 1),
			.state = (int32_t)db_column_int(st, 2),
			.node = (uint32_t)db_column_int(st, 3),
			.last_node = (uint32_t)db_column_int(st, 4),
			.troubled = (int32_t)db_column_int(st, 5),
			.fenced_at = db_column_int(st, 6),
		};
		if (remembered_is_sound(&r))
			memory_put(memory, (uint32_t)db_column_int(st, 0), &r);
	}
	return step == DB_DONE;
}

/* --- what was sent */

uint32_t
state_sent(const struct state *state)
{
	return state->sent;
}

void
state_set_sent(struct state *state, uint32_t sequence)
{
	if (sequence == state->sent)
		return;
	state->sent = sequence;
	state->sent_changed = true;
}

static bool
write_sent(struct state *state, GError **error)
{
	if (!state->sent_changed)
		return true;
	SCOPED(db_statement) st = db_prepare(state->db,
	    "INSERT OR REPLACE INTO sent(one, seq) VALUES(1, ?)", error);
	return st != NULL && db_run(st, DB_VALUES(DB_INT(state->sent)), error);
}

bool
state_flush(struct state *state, GError **error)
{
	bool events = state->new_events->rows[ROWS_EVENT]->len > 0;

	if (state->new_indexes->len == 0 && !events && state->new_alarms == NULL &&
	    g_hash_table_size(state->new_memory) == 0 && !state->sent_changed)
		return true;
	if (!db_begin(state->db, error))
		return false;
	if (!write_indexes(state, error) || !write_events(state, error) ||
	    !write_alarms(state, error) || !write_memory(state, error) ||
	    !write_sent(state, error) ||
	    !db_commit(state->db, error)) {
		db_rollback(state->db); /* all stays pending: the next flush tries again */
		return false;
	}
	g_ptr_array_set_size(state->new_indexes, 0);
	part_unref(g_steal_pointer(&state->new_alarms));
	g_hash_table_remove_all(state->new_memory);
	state->sent_changed = false;
	if (events) {
		part_unref(state->new_events);
		state->new_events = pending_new();
	}
	return true;
}

static void
load_event(struct db_statement *st, struct part *part)
{
	struct event *e = part_add(part, ROWS_EVENT);

	e->h.index = (uint32_t)db_column_int(st, 0);
	e->type = (int32_t)db_column_int(st, 1);
	e->severity = (int32_t)db_column_int(st, 2);
	e->kind = (int32_t)db_column_int(st, 3);
	e->object = (uint32_t)db_column_int(st, 4);
	e->name = part_text(part, db_column_text(st, 5));
	e->uuid = part_text(part, db_column_text(st, 6));
	e->old_state = part_text(part, db_column_text(st, 7));
	e->new_state = part_text(part, db_column_text(st, 8));
	e->reason = part_text(part, db_column_text(st, 9));
	e->node = part_text(part, db_column_text(st, 10));
	e->at = db_column_int(st, 11);
	e->alarm = (uint32_t)db_column_int(st, 12);
	e->oper_before = (int32_t)db_column_int(st, 13);
	e->oper_after = (int32_t)db_column_int(st, 14);
	e->persistent = (int32_t)db_column_int(st, 15);
}

bool
state_load_events(struct state *state, struct part *part, unsigned most, GError **error)
{
	SCOPED(db_statement) st = db_prepare(state->db,
	    "SELECT seq, type, severity, kind, object, name, uuid, old_state, new_state,"
	    " reason, node, at, alarm, oper_before, oper_after, persistent FROM"
	    " (SELECT * FROM events ORDER BY seq DESC LIMIT ?) ORDER BY seq", error);
	enum db_step step;

	if (st == NULL || !db_bind(st, DB_VALUES(DB_INT(most)), error))
		return false;
	while ((step = db_step(st, error)) == DB_ROW)
		load_event(st, part);
	return step == DB_DONE;
}

static void
load_alarm(struct db_statement *st, struct part *part)
{
	struct alarm *a = part_add(part, ROWS_ALARM);

	a->h.index = (uint32_t)db_column_int(st, 0);
	a->condition = part_text(part, db_column_text(st, 1));
	a->severity = (int32_t)CLAMP(db_column_int(st, 2), SEVERITY_INFO, SEVERITY_CRITICAL);
	a->old_severity = (int32_t)db_column_int(st, 3);
	a->kind = (int32_t)db_column_int(st, 4);
	a->object = (uint32_t)db_column_int(st, 5);
	a->name = part_text(part, db_column_text(st, 6));
	a->uuid = part_text(part, db_column_text(st, 7));
	a->reason = part_text(part, db_column_text(st, 8));
	a->node = part_text(part, db_column_text(st, 9));
	a->raised_at = db_column_int(st, 10);
	a->changed_at = db_column_int(st, 11);
	a->earlier = 1;
}

bool
state_load_alarms(struct state *state, struct part *part, GError **error)
{
	SCOPED(db_statement) st = db_prepare(state->db,
	    "SELECT idx, condition, severity, old_severity, kind, object, name, uuid, reason,"
	    " node, raised_at, changed_at FROM alarms", error);
	enum db_step step;

	if (st == NULL)
		return false;
	while ((step = db_step(st, error)) == DB_ROW)
		load_alarm(st, part);
	return step == DB_DONE;
}
