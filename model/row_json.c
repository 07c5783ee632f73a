/* Rows as JSON. */
#include "model/row_json.h"

#include <string.h>

static void
put_text(JsonBuilder *b, const struct column *c, const struct value *v)
{
	if (g_utf8_validate(v->s, -1, NULL)) {
		json_builder_add_string_value(b, v->s);
	} else {
		g_autofree char *valid = g_utf8_make_valid(v->s, -1);
		json_builder_add_string_value(b, valid);
	}
}

static void
put_enum(JsonBuilder *b, const struct column *c, const struct value *v)
{
	json_builder_add_string_value(b, enum_to_name(c->names, (int32_t)v->i));
}

static void
put_bool(JsonBuilder *b, const struct column *c, const struct value *v)
{
	json_builder_add_boolean_value(b, v->i != 0);
}

static void
put_int(JsonBuilder *b, const struct column *c, const struct value *v)
{
	json_builder_add_int_value(b, v->i);
}

/* json-glib has no unsigned integers; no counter of ours lives to see 2^63. */
static void
put_unsigned(JsonBuilder *b, const struct column *c, const struct value *v)
{
	json_builder_add_int_value(b, (gint64)MIN(v->u, (uint64_t)G_MAXINT64));
}

static void
put_gauge(JsonBuilder *b, const struct column *c, const struct value *v)
{
	json_builder_add_int_value(b, (gint64)MIN(v->u, (uint64_t)G_MAXUINT32));
}

static void
put_date(JsonBuilder *b, const struct column *c, const struct value *v)
{
	g_autoptr(GDateTime) at = g_date_time_new_from_unix_utc(v->i / G_USEC_PER_SEC);

	if (at == NULL) {
		json_builder_add_null_value(b);
		return;
	}
	g_autofree char *second = g_date_time_format(at, "%FT%T");
	g_autofree char *text = g_strdup_printf("%s.%03dZ", second,
	    (int)(v->i % G_USEC_PER_SEC / 1000));
	json_builder_add_string_value(b, text);
}

/* Seconds. */
static void
put_ticks(JsonBuilder *b, const struct column *c, const struct value *v)
{
	json_builder_add_int_value(b, (gint64)MIN(v->u / 100, (uint64_t)G_MAXUINT32));
}

static void
put_oid(JsonBuilder *b, const struct column *c, const struct value *v)
{
	g_autoptr(GString) text = g_string_new(NULL);

	for (size_t i = 0; i < v->arcs->len; i++)
		g_string_append_printf(text, "%s%u", i > 0 ? "." : "", v->arcs->arc[i]);
	json_builder_add_string_value(b, text->str);
}

/*
 * What is not in here does not appear: a TimeStamp is relative to the start of an SNMP
 * master that JSON knows nothing of, and nobody else has a use for the spin lock.
 */
typedef void put_value(JsonBuilder *, const struct column *, const struct value *);
static put_value *const writers[SYN_COUNT] = {
	[SYN_TEXT] = put_text,
	[SYN_ENUM] = put_enum,
	[SYN_BOOL] = put_bool,
	[SYN_INT] = put_int,
	[SYN_INDEX] = put_unsigned,
	[SYN_UNSIGNED] = put_unsigned,
	[SYN_GAUGE] = put_gauge,
	[SYN_COUNTER] = put_unsigned,
	[SYN_DATE] = put_date,
	[SYN_UUID] = put_text,
	[SYN_MAC] = put_text,
	[SYN_TICKS] = put_ticks,
	[SYN_OID] = put_oid,
	[SYN_ROW] = put_enum,
};

static bool
is_shown(const struct value *v)
{
	if (v->syntax == SYN_DATE && v->i <= 0)
		return false; /* never */
	return writers[v->syntax] != NULL;
}

/* --- keys of rows that are columns of another table */

#define KEY_OF(descriptor, part)                                                       \
	{                                                                              \
		.name = descriptor, .syntax = SYN_INDEX, .field = FIELD_U32,           \
		.offset = offsetof(struct row_head, part), .access = ACCESS_INDEX      \
	}

static const struct borrowed {
	enum row_set rows;
	struct column keys[2]; /* the second may have no name */
} borrowed[] = {
	{ ROWS_VCPU, { KEY_OF("vclVmIndex", index) } },
	{ ROWS_DISK, { KEY_OF("vclVmIndex", index) } },
	{ ROWS_NIC, { KEY_OF("vclVmIndex", index) } },
	{ ROWS_SNAPSHOT, { KEY_OF("vclVmIndex", index) } },
	{ ROWS_EXPORT, { KEY_OF("vclVolumeIndex", index), KEY_OF("vclNodeIndex", sub) } },
	{ ROWS_POOL_NODE, { KEY_OF("vclPoolIndex", index), KEY_OF("vclNodeIndex", sub) } },
};

const struct column *
row_json_key(const struct table *table, size_t n)
{
	for (size_t i = 0; i < G_N_ELEMENTS(borrowed); i++)
		if (borrowed[i].rows == table->rows && n < G_N_ELEMENTS(borrowed[i].keys) &&
		    borrowed[i].keys[n].name != NULL)
			return &borrowed[i].keys[n];
	return NULL;
}

const struct column *
row_json_column(const struct table *table, const char *name)
{
	const struct column *key;

	for (size_t n = 0; (key = row_json_key(table, n)) != NULL; n++)
		if (strcmp(key->name, name) == 0)
			return key;
	return table_column(table, name);
}

void
row_json_add_value(JsonBuilder *b, const struct column *c, const struct value *v)
{
	if (!is_shown(v))
		return;
	json_builder_set_member_name(b, c->name);
	writers[v->syntax](b, c, v);
}

static void
add_cell(JsonBuilder *b, const struct column *c, const struct reading *reading,
    const void *row)
{
	struct value v;

	column_read(c, reading, row, &v);
	row_json_add_value(b, c, &v);
}

void
row_json_add(JsonBuilder *b, const struct table *table, const struct reading *reading,
    const void *row, row_json_filter *wanted, void *ctx)
{
	const struct column *key;

	for (size_t n = 0; (key = row_json_key(table, n)) != NULL; n++)
		if (wanted == NULL || wanted(key, ctx))
			add_cell(b, key, reading, row);
	TABLE_FOREACH_COLUMN (table, c)
		if (wanted == NULL || wanted(c, ctx))
			add_cell(b, c, reading, row);
}
