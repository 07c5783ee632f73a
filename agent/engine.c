/* The engine: finds cells by OID.  For values written to them see engine_set.c. */
#include "agent/engine_private.h"

#include <string.h>

#include "common/search.h"

void
engine_view_init(struct engine_view *view, const struct mib *mib,
    const struct cluster *cluster, int64_t now)
{
	view->mib = mib;
	view->cluster = cluster;
	view->now = now;
	view->hint_set = ROWS_COUNT;
	view->hint = 0;
	view->group = NULL;
}

/* --- keys: what stands behind the column's arc */

/* The octets of a UUID in text, "00112233-4455-...". */
static size_t
uuid_key(const char *uuid, uint32_t key[KEYS_MOST])
{
	size_t n = 0;

	for (const char *c = uuid; c != NULL && c[0] != '\0' && c[1] != '\0' && n < KEYS_MOST;) {
		if (*c == '-') {
			c++;
			continue;
		}
		key[n++] = (uint32_t)(g_ascii_xdigit_value(c[0]) << 4 |
		    g_ascii_xdigit_value(c[1]));
		c += 2;
	}
	return n;
}

static size_t
row_key(const struct table *table, const struct row_head *row, uint32_t key[KEYS_MOST])
{
	if (table->keys == KEYS_UUID)
		return uuid_key(((const struct vm_uuid *)row)->uuid, key);
	key[0] = table->keys == KEYS_NONE ? 0 : row->index; /* a scalar's only instance */
	key[1] = row->sub;
	return table->keys == KEYS_INDEX_SUB || table->keys == KEYS_THIRD ? 2 : 1;
}

static int
compare_arcs(const uint32_t *a, size_t a_len, const uint32_t *b, size_t b_len)
{
	for (size_t i = 0; i < a_len && i < b_len; i++)
		if (a[i] != b[i])
			return a[i] < b[i] ? -1 : 1;
	return (a_len > b_len) - (a_len < b_len);
}

static int
compare_row(const struct table *table, const struct row_head *row, const uint32_t *instance,
    size_t len)
{
	uint32_t key[KEYS_MOST];
	size_t key_len = row_key(table, row, key);

	return compare_arcs(key, key_len, instance, len);
}

struct wanted {
	const struct table *table;
	const uint32_t *instance;
	size_t len;
	bool equal; /* a row of that very key is wanted, too */
};

static bool
row_before(const void *rows, size_t place, const void *what)
{
	const struct wanted *w = what;
	int order = compare_row(w->table, ((const struct rows *)rows)->row[place], w->instance,
	    w->len);

	return order < 0 || (order == 0 && !w->equal);
}

/* The place of the first row whose key is greater than `instance` (at least, if `equal`). */
static size_t
search_rows(const struct rows *rows, const struct table *table, const uint32_t *instance,
    size_t len, bool equal)
{
	struct wanted wanted = { table, instance, len, equal };

	return search_first(rows, rows->n, row_before, &wanted);
}

/* As search_rows; a walk asks for the row behind the one it got last. */
static size_t
first_row_after(struct engine_view *view, const struct table *table,
    const uint32_t *instance, size_t len)
{
	const struct rows *rows = &view->cluster->rows[table->rows];

	if (len == 0)
		return 0;
	if (view->hint_set == table->rows && view->hint < rows->n &&
	    compare_row(table, rows->row[view->hint], instance, len) == 0)
		return view->hint + 1;
	return search_rows(rows, table, instance, len, false);
}

static bool
column_before(const void *table, size_t place, const void *number)
{
	return ((const struct table *)table)->columns[place].number < *(const uint32_t *)number;
}

static const struct column *
search_column(const struct table *table, uint32_t number)
{
	size_t place = search_first(table, table->columns_n, column_before, &number);

	return place < table->columns_n ? &table->columns[place] : NULL;
}

/* --- GET */

const struct column *
engine_find_column(const struct mib *mib, const uint32_t *arc, size_t len,
    const struct table **table)
{
	for (size_t t = 0; t < mib->tables_n; t++) {
		const struct table *candidate = mib->tables[t];
		size_t prefix = candidate->oid_len;
		if (len <= prefix ||
		    memcmp(arc, candidate->oid, prefix * sizeof(*arc)) != 0)
			continue;
		const struct column *column = search_column(candidate, arc[prefix]);
		if (column == NULL || column->number != arc[prefix])
			continue; /* scalars of one group may stand in two arrays */
		*table = candidate;
		return column;
	}
	return NULL;
}

const struct row_head *
engine_find_row(struct engine_view *view, const struct table *table,
    const uint32_t *instance, size_t len)
{
	const struct rows *rows = &view->cluster->rows[table->rows];
	size_t place = search_rows(rows, table, instance, len, true);

	if (place == rows->n || compare_row(table, rows->row[place], instance, len) != 0)
		return NULL;
	view->hint_set = table->rows;
	view->hint = place;
	return rows->row[place];
}

static void
read_cell(const struct engine_view *view, const struct column *column, const void *row,
    uint32_t third, struct value *out)
{
	struct reading reading = { view->cluster, view->now, third };

	column_read(column, &reading, row, out);
}

enum engine_found
engine_get(struct engine_view *view, const uint32_t *arc, size_t len, struct value *out)
{
	const struct table *table;
	const struct column *column = engine_find_column(view->mib, arc, len, &table);
	uint32_t third = 0;

	if (column == NULL || column->access == ACCESS_INDEX)
		return ENGINE_NO_OBJECT;
	const uint32_t *instance = arc + table->oid_len + 1;
	size_t instance_len = len - table->oid_len - 1;
	if (table->keys == KEYS_THIRD && instance_len > 0)
		third = instance[--instance_len];
	const void *row = engine_find_row(view, table, instance, instance_len);
	if (row == NULL)
		return ENGINE_NO_INSTANCE;
	if (table->keys == KEYS_THIRD &&
	    (third == 0 || third > table->thirds(view->cluster, row)))
		return ENGINE_NO_INSTANCE;
	read_cell(view, column, row, third, out);
	return out->syntax == SYN_NONE ? ENGINE_NO_INSTANCE : ENGINE_VALUE;
}

/* --- GETNEXT */

void
engine_cell_oid(const struct table *table, const struct column *column,
    const struct row_head *row, struct engine_oid *out)
{
	memcpy(out->arc, table->oid, table->oid_len * sizeof(*out->arc));
	out->arc[table->oid_len] = column->number;
	out->len = table->oid_len + 1 + row_key(table, row, out->arc + table->oid_len + 1);
}

/* The first cell with a value in this column, from that row on. */
static bool
next_in_column(struct engine_view *view, const struct table *table,
    const struct column *column, size_t from, struct engine_oid *found, struct value *out)
{
	const struct rows *rows = &view->cluster->rows[table->rows];

	for (size_t i = from; i < rows->n; i++) {
		read_cell(view, column, rows->row[i], 0, out);
		if (out->syntax == SYN_NONE)
			continue;
		view->hint_set = table->rows;
		view->hint = i;
		engine_cell_oid(table, column, rows->row[i], found);
		return true;
	}
	return false;
}

/* As next_in_column, where each row has cells from 1 to thirds(row). */
static bool
next_of_thirds(struct engine_view *view, const struct table *table,
    const struct column *column, const uint32_t *instance, size_t len,
    struct engine_oid *found, struct value *out)
{
	const struct rows *rows = &view->cluster->rows[table->rows];
	size_t i = search_rows(rows, table, instance, MIN(len, 2), true);
	uint64_t third = 1;

	if (len > 2 && i < rows->n && compare_row(table, rows->row[i], instance, 2) == 0)
		third = (uint64_t)instance[2] + 1;
	for (; i < rows->n; i++, third = 1) {
		if (third > table->thirds(view->cluster, rows->row[i]))
			continue;
		read_cell(view, column, rows->row[i], (uint32_t)third, out);
		engine_cell_oid(table, column, rows->row[i], found);
		found->arc[found->len++] = (uint32_t)third;
		return true;
	}
	return false;
}

/* The first cell of that column behind the instance. */
static bool
next_of(struct engine_view *view, const struct table *table, const struct column *column,
    const uint32_t *instance, size_t len, struct engine_oid *found, struct value *out)
{
	if (table->keys == KEYS_THIRD)
		return next_of_thirds(view, table, column, instance, len, found, out);
	return next_in_column(view, table, column,
	    first_row_after(view, table, instance, len), found, out);
}

static bool
next_in_table(struct engine_view *view, const struct table *table, const uint32_t *arc,
    size_t len, struct engine_oid *found, struct value *out)
{
	const struct column *column = table->columns;
	size_t prefix = table->oid_len, instance_len = 0;
	const uint32_t *instance = NULL;
	int order = compare_arcs(arc, MIN(len, prefix), table->oid, prefix);

	if (order > 0)
		return false; /* the OID is behind the whole table */
	if (order == 0 && len > prefix) {
		column = search_column(table, arc[prefix]);
		if (column != NULL && column->number == arc[prefix]) {
			instance = arc + prefix + 1;
			instance_len = len - prefix - 1;
		}
	}
	for (; column != NULL && column < table->columns + table->columns_n; column++) {
		if (column->access != ACCESS_INDEX &&
		    next_of(view, table, column, instance, instance_len, found, out))
			return true;
		instance_len = 0;
	}
	return false;
}

bool
engine_next(struct engine_view *view, const uint32_t *arc, size_t len,
    struct engine_oid *found, struct value *out)
{
	for (size_t t = 0; t < view->mib->tables_n; t++)
		if (next_in_table(view, view->mib->tables[t], arc, len, found, out))
			return true;
	return false;
}
