/* Rows of the MIB's tables over SNMP. */
#include "cli/snmp/rows.h"

#include <string.h>

#include "client/client.h"
#include "model/row_json.h"

#define COLUMNS_AT_ONCE 8 /* of one GETBULK */

/* --- names */

struct snmp_name
snmp_cell_name(const struct table *table, const struct column *column,
    const struct row_head *row)
{
	const struct arcs *root = &virtcluster_mib.root;
	struct snmp_name name = { .len = 0 };

	for (size_t i = 0; i < root->len; i++)
		name.arc[name.len++] = root->arc[i];
	for (size_t i = 0; i < table->oid_len; i++)
		name.arc[name.len++] = table->oid[i];
	name.arc[name.len++] = column->number;
	if (table->keys == KEYS_NONE)
		name.arc[name.len++] = 0;
	else if (row != NULL)
		name.arc[name.len++] = row->index;
	if (row != NULL && table->keys == KEYS_INDEX_SUB)
		name.arc[name.len++] = row->sub;
	return name;
}

static bool
is_below(const struct snmp_name *name, const struct snmp_name *prefix)
{
	return name->len > prefix->len &&
	    memcmp(name->arc, prefix->arc, prefix->len * sizeof(prefix->arc[0])) == 0;
}

static int
compare_names(const struct snmp_name *a, const struct snmp_name *b)
{
	for (size_t i = 0; i < a->len && i < b->len; i++)
		if (a->arc[i] != b->arc[i])
			return a->arc[i] < b->arc[i] ? -1 : 1;
	return (a->len > b->len) - (a->len < b->len);
}

/* --- values: the other way round than agent/snmp_value.c */

/* DateAndTime of 8 or 11 octets; all zeros is never. */
static int64_t
read_date(const unsigned char *d, size_t len)
{
	if (len < 8 || (d[0] == 0 && d[1] == 0))
		return 0;
	int offset = len < 11 ? 0 : (d[9] * 60 + d[10]) * (d[8] == '-' ? -1 : 1);
	g_autoptr(GDateTime) at = g_date_time_new_utc(d[0] << 8 | d[1], d[2], d[3], d[4], d[5],
	    MIN(d[6], 59));
	if (at == NULL)
		return 0;
	return (g_date_time_to_unix(at) - offset * 60) * G_USEC_PER_SEC + d[7] * 100000;
}

static const char *
read_uuid(const unsigned char *u, size_t len, GStringChunk *texts)
{
	g_autoptr(GString) text = g_string_new(NULL);

	for (size_t i = 0; len == 16 && i < len; i++)
		g_string_append_printf(text, "%s%02x",
		    i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "", u[i]);
	return g_string_chunk_insert(texts, text->str);
}

static const char *
read_mac(const unsigned char *m, size_t len, GStringChunk *texts)
{
	g_autoptr(GString) text = g_string_new(NULL);

	for (size_t i = 0; i < len; i++)
		g_string_append_printf(text, "%s%02x", i > 0 ? ":" : "", m[i]);
	return g_string_chunk_insert(texts, text->str);
}

/* False: octets are not what that syntax is made of. */
static bool
read_octets(const struct snmp_var *var, GStringChunk *texts, struct value *out)
{
	switch (out->syntax) {
	case SYN_TEXT:
		out->s = g_string_chunk_insert_len(texts, (const char *)var->octets,
		    (gssize)var->len);
		return true;
	case SYN_DATE:
		out->i = read_date(var->octets, var->len);
		return true;
	case SYN_UUID:
		out->s = read_uuid(var->octets, var->len, texts);
		return true;
	case SYN_MAC:
		out->s = read_mac(var->octets, var->len, texts);
		return true;
	default:
		return false;
	}
}

static bool
read_number(const struct snmp_var *var, struct value *out)
{
	switch (out->syntax) {
	case SYN_BOOL:
		out->i = var->number == 1;
		return true;
	case SYN_ENUM:
	case SYN_ROW:
	case SYN_INT:
	case SYN_INDEX:
	case SYN_UNSIGNED:
	case SYN_GAUGE:
	case SYN_COUNTER:
	case SYN_TICKS:
	case SYN_STAMP:
	case SYN_LOCK:
		out->i = var->number;
		return true;
	default:
		return false;
	}
}

void
snmp_value_read(const struct column *column, const struct snmp_var *var, GStringChunk *texts,
    struct value *out)
{
	bool good = false;

	out->syntax = column->syntax;
	if (var->kind == SNMP_OCTETS)
		good = read_octets(var, texts, out);
	else if (var->kind == SNMP_NUMBER || var->kind == SNMP_COUNTER64)
		good = read_number(var, out);
	if (!good)
		out->syntax = SYN_NONE;
}

/* --- walking */

struct snmp_table {
	const struct column *const *columns;
	size_t columns_n;
	GPtrArray *rows;   /* struct snmp_row, sorted in the end */
	GHashTable *by_key; /* (index, sub) -> struct snmp_row */
	GStringChunk *texts;
};

void
snmp_table_free(struct snmp_table *t)
{
	g_hash_table_destroy(t->by_key);
	g_ptr_array_free(t->rows, TRUE);
	g_string_chunk_free(t->texts);
	g_free(t);
}

size_t
snmp_table_size(const struct snmp_table *t)
{
	return t->rows->len;
}

const struct snmp_row *
snmp_table_row(const struct snmp_table *t, size_t i)
{
	return t->rows->pdata[i];
}

static struct snmp_row *
get_row(struct snmp_table *t, struct row_head head)
{
	gint64 key = (gint64)((uint64_t)head.index << 32 | head.sub);
	struct snmp_row *row = g_hash_table_lookup(t->by_key, &key);

	if (row != NULL)
		return row;
	row = g_malloc0(sizeof(*row) + t->columns_n * sizeof(row->cells[0]));
	row->head = head;
	g_ptr_array_add(t->rows, row);
	g_hash_table_insert(t->by_key, g_memdup2(&key, sizeof(key)), row);
	return row;
}

/* Some columns on their way down the table. */
struct walk {
	struct snmp_table *table;
	struct manager *session;
	enum keys keys;
	size_t n;
	size_t column[COLUMNS_AT_ONCE]; /* which of the table's */
	struct snmp_name prefix[COLUMNS_AT_ONCE], at[COLUMNS_AT_ONCE];
	bool ended[COLUMNS_AT_ONCE];
	bool stuck; /* the agent does not go forward */
};

static void
take_cell(void *ctx, size_t at, const struct snmp_var *var)
{
	struct walk *w = ctx;
	size_t i = at % w->n;
	size_t keys = w->keys == KEYS_INDEX_SUB ? 2 : 1;
	const uint32_t *instance = var->name.arc + w->prefix[i].len;

	if (w->ended[i])
		return;
	if (var->kind == SNMP_ABSENT || !is_below(&var->name, &w->prefix[i])) {
		w->ended[i] = true;
		return;
	}
	if (compare_names(&var->name, &w->at[i]) <= 0) {
		w->stuck = true;
		return;
	}
	w->at[i] = var->name;
	if (var->name.len != w->prefix[i].len + keys)
		return;
	struct row_head head = { .index = instance[0], .sub = keys > 1 ? instance[1] : 0 };
	struct snmp_row *row = get_row(w->table, head);
	snmp_value_read(w->table->columns[w->column[i]], var, w->table->texts,
	    &row->cells[w->column[i]]);
}

/* Leaves out the columns that have ended; false: all have. */
static bool
go_on(struct walk *w)
{
	size_t n = 0;

	for (size_t i = 0; i < w->n; i++) {
		if (w->ended[i])
			continue;
		w->column[n] = w->column[i];
		w->prefix[n] = w->prefix[i];
		w->at[n] = w->at[i];
		w->ended[n++] = false;
	}
	w->n = n;
	return n > 0;
}

static bool walk_on(struct walk *, GError **);

/* Where even one row of all these columns does not fit into an answer. */
static bool
walk_singly(const struct walk *w, GError **error)
{
	for (size_t i = 0; i < w->n; i++) {
		struct walk one = { .table = w->table, .session = w->session, .keys = w->keys,
			.n = 1, .column = { w->column[i] }, .prefix = { w->prefix[i] },
			.at = { w->at[i] } };
		if (!walk_on(&one, error))
			return false;
	}
	return true;
}

static bool
walk_on(struct walk *w, GError **error)
{
	while (go_on(w)) {
		g_autoptr(GError) why = NULL;
		if (!manager_bulk(w->session, w->at, w->n, take_cell, w, &why)) {
			if (w->n > 1 && g_error_matches(why, CLIENT_ERROR, CLIENT_ERROR_REFUSED))
				return walk_singly(w, error);
			g_propagate_error(error, g_steal_pointer(&why));
			return false;
		}
		if (!w->stuck)
			continue;
		g_set_error(error, CLIENT_ERROR, CLIENT_ERROR_CONNECTION,
		    "the SNMP agent at %s does not go forward in its tables",
		    manager_address(w->session));
		return false;
	}
	return true;
}

static int
compare_rows(const void *a, const void *b)
{
	const struct row_head *x = *(const struct row_head *const *)a;
	const struct row_head *y = *(const struct row_head *const *)b;

	if (x->index != y->index)
		return x->index < y->index ? -1 : 1;
	return (x->sub > y->sub) - (x->sub < y->sub);
}

struct snmp_table *
snmp_table_walk(struct manager *session, const struct table *table,
    const struct column *const *columns, size_t n, GError **error)
{
	SCOPED(snmp_table) t = g_new0(struct snmp_table, 1);

	t->columns = columns;
	t->columns_n = n;
	t->rows = g_ptr_array_new_with_free_func(g_free);
	t->by_key = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
	t->texts = g_string_chunk_new(4096);
	for (size_t first = 0; first < n;) {
		struct walk w = { .table = t, .session = session, .keys = table->keys };
		for (; first < n && w.n < COLUMNS_AT_ONCE; first++) {
			if (columns[first]->access == ACCESS_INDEX)
				continue;
			w.column[w.n] = first;
			w.prefix[w.n] = w.at[w.n] = snmp_cell_name(table, columns[first], NULL);
			w.n++;
		}
		if (!walk_on(&w, error))
			return NULL;
	}
	if (t->rows->len > 1)
		qsort(t->rows->pdata, t->rows->len, sizeof(void *), compare_rows);
	return g_steal_pointer(&t);
}

/* --- rows as JSON */

static bool
is_wanted(const char *const *names, const char *name)
{
	return names == NULL || g_strv_contains(names, name);
}

/* Keys are read from the row's head, which all rows begin with. */
static void
add_cell(JsonBuilder *b, const struct column *c, const struct row_head *head,
    const struct value *cell)
{
	struct reading reading = { 0 };
	struct value key;

	if (c->access == ACCESS_INDEX) {
		column_read(c, &reading, head, &key);
		cell = &key;
	}
	if (cell->syntax != SYN_NONE)
		row_json_add_value(b, c, cell);
}

static void
add_keys(JsonBuilder *b, const struct table *table, const struct row_head *head,
    const char *const *names)
{
	const struct column *key;

	for (size_t i = 0; (key = row_json_key(table, i)) != NULL; i++)
		if (is_wanted(names, key->name))
			add_cell(b, key, head, NULL);
}

static JsonObject *
finish(JsonBuilder *b)
{
	json_builder_end_object(b);
	g_autoptr(JsonNode) root = json_builder_get_root(b);

	g_object_unref(b);
	return json_object_ref(json_node_get_object(root));
}

static JsonBuilder *
start(void)
{
	JsonBuilder *b = json_builder_new();

	json_builder_begin_object(b);
	return b;
}

/* A row is there when any of its columns is: one that each row has is walked, too. */
static const struct column *
first_cell(const struct table *table)
{
	TABLE_FOREACH_COLUMN (table, c)
		if (c->access != ACCESS_INDEX)
			return c;
	return NULL;
}

GPtrArray *
snmp_rows(struct manager *session, const struct table *table, const char *const *names,
    GError **error)
{
	g_autofree const struct column **columns = g_new0(const struct column *,
	    table->columns_n);
	size_t n = 0;

	TABLE_FOREACH_COLUMN (table, c)
		if (c == first_cell(table) || is_wanted(names, c->name))
			columns[n++] = c;
	SCOPED(snmp_table) cells = snmp_table_walk(session, table, columns, n, error);
	if (cells == NULL)
		return NULL;
	GPtrArray *rows = g_ptr_array_new_with_free_func((GDestroyNotify)json_object_unref);
	for (size_t i = 0; i < snmp_table_size(cells); i++) {
		const struct snmp_row *row = snmp_table_row(cells, i);
		JsonBuilder *b = start();
		add_keys(b, table, &row->head, names);
		for (size_t k = 0; k < n; k++)
			if (is_wanted(names, columns[k]->name))
				add_cell(b, columns[k], &row->head, &row->cells[k]);
		g_ptr_array_add(rows, finish(b));
	}
	return rows;
}

/* --- one row, and scalars */

struct cells {
	GArray *columns; /* const struct column *, as asked for */
	struct value *values;
	GStringChunk *texts;
	size_t known;
};

static void
take_value(void *ctx, size_t at, const struct snmp_var *var)
{
	struct cells *cells = ctx;

	if (at >= cells->columns->len || var->kind == SNMP_ABSENT)
		return;
	snmp_value_read(g_array_index(cells->columns, const struct column *, at), var,
	    cells->texts, &cells->values[at]);
	cells->known += cells->values[at].syntax != SYN_NONE;
}

/* Adds the cells of a row, of scalars without a head; `known`: how many there were. */
static bool
add_row(struct manager *session, const struct table *table, const struct row_head *head,
    JsonBuilder *b, size_t *known, GError **error)
{
	g_autoptr(GArray) names = g_array_new(FALSE, FALSE, sizeof(struct snmp_name));
	g_autoptr(GArray) columns = g_array_new(FALSE, FALSE, sizeof(struct column *));
	g_autofree struct value *values = g_new0(struct value, table->columns_n);
	struct cells cells = { columns, values, g_string_chunk_new(1024), 0 };

	TABLE_FOREACH_COLUMN (table, c) {
		struct snmp_name name = snmp_cell_name(table, c, head);
		if (c->access == ACCESS_INDEX)
			continue;
		g_array_append_val(names, name);
		g_array_append_val(columns, c);
	}
	bool good = manager_get(session, (const struct snmp_name *)(void *)names->data,
	    names->len, take_value, &cells, error);
	if (good && head != NULL)
		add_keys(b, table, head, NULL);
	size_t at = 0;
	TABLE_FOREACH_COLUMN (table, c) {
		bool key = c->access == ACCESS_INDEX;
		if (good)
			add_cell(b, c, head, key ? NULL : &values[at]);
		at += !key;
	}
	*known += cells.known;
	g_string_chunk_free(cells.texts);
	return good;
}

JsonObject *
snmp_row(struct manager *session, const struct table *table,
    const struct row_head *head, GError **error)
{
	JsonBuilder *b = start();
	size_t known = 0;
	bool good = add_row(session, table, head, b, &known, error);
	JsonObject *row = finish(b);

	if (good && known > 0)
		return row;
	json_object_unref(row);
	return NULL;
}

static void
take_presence(void *ctx, size_t at, const struct snmp_var *var)
{
	*(bool *)ctx = var->kind != SNMP_ABSENT;
}

bool
snmp_has_row(struct manager *session, const struct table *table, const struct row_head *head,
    bool *there, GError **error)
{
	struct snmp_name name = snmp_cell_name(table, first_cell(table), head);

	*there = false;
	return manager_get(session, &name, 1, take_presence, there, error);
}

JsonObject *
snmp_scalars(struct manager *session, GError **error)
{
	JsonBuilder *b = start();
	size_t known = 0;
	bool good = true;

	for (size_t i = 0; good && i < tables_n; i++)
		if (tables[i]->keys == KEYS_NONE)
			good = add_row(session, tables[i], NULL, b, &known, error);
	JsonObject *all = finish(b);
	if (good)
		return all;
	json_object_unref(all);
	return NULL;
}
