/* The engine: finds cells by OID. */
#include "agent/engine.h"

#include <string.h>

void
engine_view_init(struct engine_view *view, const struct cluster *cluster, int64_t now)
{
	view->cluster = cluster;
	view->now = now;
	view->hint_set = ROWS_COUNT;
	view->hint = 0;
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
	return table->keys == KEYS_INDEX_SUB ? 2 : 1;
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

/* The place of the first row whose key is greater than `instance` (at least, if `equal`). */
static size_t
search_rows(const struct rows *rows, const struct table *table, const uint32_t *instance,
    size_t len, bool equal)
{
	size_t low = 0, high = rows->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = compare_row(table, rows->row[middle], instance, len);
		if (order < 0 || (order == 0 && !equal))
			low = middle + 1;
		else
			high = middle;
	}
	return low;
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

static const struct column *
search_column(const struct table *table, uint32_t number)
{
	size_t low = 0, high = table->columns_n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (table->columns[middle].number < number)
			low = middle + 1;
		else
			high = middle;
	}
	return low < table->columns_n ? &table->columns[low] : NULL;
}

/* --- GET */

/* The table and column that an OID names, or NULL. */
static const struct column *
find_column(const uint32_t *arc, size_t len, const struct table **table)
{
	for (size_t t = 0; t < tables_n; t++) {
		size_t prefix = tables[t]->oid_len;
		if (len <= prefix ||
		    memcmp(arc, tables[t]->oid, prefix * sizeof(*arc)) != 0)
			continue;
		const struct column *column = search_column(tables[t], arc[prefix]);
		if (column == NULL || column->number != arc[prefix])
			continue; /* scalars of one group may stand in two arrays */
		*table = tables[t];
		return column;
	}
	return NULL;
}

static const struct row_head *
find_row(struct engine_view *view, const struct table *table, const uint32_t *instance,
    size_t len)
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
    struct value *out)
{
	struct reading reading = { view->cluster, view->now };

	column_read(column, &reading, row, out);
}

enum engine_found
engine_get(struct engine_view *view, const uint32_t *arc, size_t len, struct value *out)
{
	const struct table *table;
	const struct column *column = find_column(arc, len, &table);

	if (column == NULL || column->access == ACCESS_INDEX)
		return ENGINE_NO_OBJECT;
	const uint32_t *instance = arc + table->oid_len + 1;
	const void *row = find_row(view, table, instance, len - table->oid_len - 1);
	if (row == NULL)
		return ENGINE_NO_INSTANCE;
	read_cell(view, column, row, out);
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
		read_cell(view, column, rows->row[i], out);
		if (out->syntax == SYN_NONE)
			continue;
		view->hint_set = table->rows;
		view->hint = i;
		engine_cell_oid(table, column, rows->row[i], found);
		return true;
	}
	return false;
}

static bool
next_in_table(struct engine_view *view, const struct table *table, const uint32_t *arc,
    size_t len, struct engine_oid *found, struct value *out)
{
	const struct column *column = table->columns;
	size_t prefix = table->oid_len, from = 0;
	int order = compare_arcs(arc, MIN(len, prefix), table->oid, prefix);

	if (order > 0)
		return false; /* the OID is behind the whole table */
	if (order == 0 && len > prefix) {
		column = search_column(table, arc[prefix]);
		if (column != NULL && column->number == arc[prefix])
			from = first_row_after(view, table, arc + prefix + 1, len - prefix - 1);
	}
	if (column == NULL)
		return false;
	for (; column < table->columns + table->columns_n; column++, from = 0)
		if (column->access != ACCESS_INDEX &&
		    next_in_column(view, table, column, from, found, out))
			return true;
	return false;
}

bool
engine_next(struct engine_view *view, const uint32_t *arc, size_t len,
    struct engine_oid *found, struct value *out)
{
	for (size_t t = 0; t < tables_n; t++)
		if (next_in_table(view, tables[t], arc, len, found, out))
			return true;
	return false;
}

/* --- SET: the value */

static enum engine_error
refuse(char **why, enum engine_error error, const char *sentence)
{
	if (why != NULL)
		*why = g_strdup(sentence);
	return error;
}

static enum engine_error
take_enum(const struct column *column, const struct engine_input *in, struct value *value,
    char **why)
{
	if (in->type != INPUT_INTEGER)
		return refuse(why, ENGINE_WRONG_TYPE, "an INTEGER is wanted");
	for (const struct enum_name *n = column->names; n->name != NULL; n++)
		if (n->value == in->number) {
			value->i = in->number;
			return ENGINE_OK;
		}
	return refuse(why, ENGINE_WRONG_VALUE, "no such value in the enumeration");
}

#define TEXT_MOST 255 /* octets of an SnmpAdminString */

/* `text`: TEXT_MOST + 1 octets that the value points to afterwards. */
static enum engine_error
take_text(const struct engine_input *in, char *text, struct value *value, char **why)
{
	if (in->type != INPUT_OCTETS)
		return refuse(why, ENGINE_WRONG_TYPE, "an OCTET STRING is wanted");
	if (in->len > TEXT_MOST)
		return refuse(why, ENGINE_WRONG_LENGTH, "longer than 255 octets");
	if (in->len > 0)
		memcpy(text, in->octets, in->len);
	text[in->len] = '\0';
	if (!g_utf8_validate(text, (gssize)in->len, NULL))
		return refuse(why, ENGINE_WRONG_VALUE, "not UTF-8");
	for (size_t i = 0; i < in->len; i++)
		if ((unsigned char)text[i] < ' ' || text[i] == 0x7f)
			return refuse(why, ENGINE_WRONG_VALUE, "a control character in the text");
	value->s = text;
	return ENGINE_OK;
}

static enum engine_error
take_value(const struct column *column, const struct engine_input *in, char *text,
    struct value *value, char **why)
{
	value->syntax = column->syntax;
	if (column->syntax == SYN_ENUM)
		return take_enum(column, in, value, why);
	if (column->syntax == SYN_TEXT)
		return take_text(in, text, value, why);
	return refuse(why, ENGINE_NOT_WRITABLE, "no object of that type can be written");
}

/* --- SET: the phases */

static const enum engine_error request_errors[] = {
	[REQUEST_BAD_VALUE] = ENGINE_WRONG_VALUE,
	[REQUEST_NO_OBJECT] = ENGINE_INCONSISTENT_NAME,
	[REQUEST_IMPOSSIBLE] = ENGINE_INCONSISTENT_VALUE,
	[REQUEST_BUSY] = ENGINE_INCONSISTENT_VALUE,
	[REQUEST_UNREACHABLE] = ENGINE_RESOURCE_UNAVAILABLE,
	[REQUEST_FULL] = ENGINE_RESOURCE_UNAVAILABLE,
	[REQUEST_DISABLED] = ENGINE_NOT_WRITABLE,
	[REQUEST_DENIED] = ENGINE_NO_ACCESS,
};

static enum engine_error
take_error(const GError *error, char **why)
{
	if (error->domain != REQUEST_ERROR || error->code < 0 ||
	    (size_t)error->code >= G_N_ELEMENTS(request_errors))
		return refuse(why, ENGINE_RESOURCE_UNAVAILABLE, error->message);
	return refuse(why, request_errors[error->code], error->message);
}

enum engine_error
engine_set_check(struct engine_view *view, const uint32_t *arc, size_t len,
    const struct engine_input *in, struct engine_set *out, char **why)
{
	const struct table *table;
	const struct column *column = find_column(arc, len, &table);
	struct reading reading = { view->cluster, view->now };
	g_autoptr(GError) error = NULL;
	char text[TEXT_MOST + 1];
	struct value value;

	*out = (struct engine_set){ 0 };
	if (column == NULL || column->access != ACCESS_WRITE)
		return refuse(why, ENGINE_NOT_WRITABLE, "a read-only object");
	if (!cluster_info(view->cluster)->control)
		return refuse(why, ENGINE_NOT_WRITABLE, "control is switched off");
	enum engine_error bad = take_value(column, in, text, &value, why);
	if (bad != ENGINE_OK)
		return bad;
	const void *row = find_row(view, table, arc + table->oid_len + 1,
	    len - table->oid_len - 1);
	if (row == NULL)
		return refuse(why, ENGINE_NO_CREATION, "no such row");
	if (!column->write(&reading, row, &value, &out->request, &error))
		return take_error(error, why);
	out->request.origin = ORIGIN_SNMP;
	return ENGINE_OK;
}

enum engine_error
engine_set_reserve(const struct request_door *door, struct engine_set *set, char **why)
{
	g_autoptr(GError) error = NULL;

	set->ticket = door->reserve(door->manager, &set->request, &error);
	return set->ticket == NULL ? take_error(error, why) : ENGINE_OK;
}

void
engine_set_commit(const struct request_door *door, struct engine_set *set)
{
	set->job = door->commit(door->manager, set->ticket);
}

void
engine_set_settle(const struct request_door *door, struct engine_set *set)
{
	if (set->ticket != NULL)
		door->settle(door->manager, g_steal_pointer(&set->ticket));
}

void
engine_set_withdraw(const struct request_door *door, struct engine_set *set)
{
	if (set->ticket != NULL)
		door->withdraw(door->manager, g_steal_pointer(&set->ticket));
}
