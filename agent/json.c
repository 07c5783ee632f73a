/* Rows as JSON, and JSON requests. */
#include "agent/json.h"

#include <gio/gio.h>
#include <string.h>

/*
 * json-glib's parser calls itself for each level, without a limit.  No request needs more
 * than two levels; brackets within strings count as well, which keeps this simple.
 */
#define MOST_BRACKETS 64
#define MOST_WORDS    32

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
	{ ROWS_POOL_NODE, { KEY_OF("vclPoolIndex", index), KEY_OF("vclNodeIndex", sub) } },
};

/* The n-th of them, or NULL. */
static const struct column *
borrowed_key(const struct table *table, size_t n)
{
	for (size_t i = 0; i < G_N_ELEMENTS(borrowed); i++)
		if (borrowed[i].rows == table->rows && n < G_N_ELEMENTS(borrowed[i].keys) &&
		    borrowed[i].keys[n].name != NULL)
			return &borrowed[i].keys[n];
	return NULL;
}

const struct column *
json_find_column(const struct table *table, const char *name)
{
	const struct column *key;

	for (size_t n = 0; (key = borrowed_key(table, n)) != NULL; n++)
		if (strcmp(key->name, name) == 0)
			return key;
	return table_column(table, name);
}

static void
add_cell(JsonBuilder *b, const struct column *c, const struct reading *reading,
    const void *row)
{
	struct value v;

	column_read(c, reading, row, &v);
	if (!is_shown(&v))
		return;
	json_builder_set_member_name(b, c->name);
	writers[v.syntax](b, c, &v);
}

void
json_add_row(JsonBuilder *b, const struct table *table, const struct reading *reading,
    const void *row, json_column_filter *wanted, void *ctx)
{
	const struct column *key;

	for (size_t n = 0; (key = borrowed_key(table, n)) != NULL; n++)
		if (wanted == NULL || wanted(key, ctx))
			add_cell(b, key, reading, row);
	TABLE_FOREACH_COLUMN (table, c)
		if (wanted == NULL || wanted(c, ctx))
			add_cell(b, c, reading, row);
}

char *
json_text(JsonBuilder *b)
{
	g_autoptr(JsonNode) root = json_builder_get_root(b);

	return json_to_string(root, FALSE);
}

static size_t
count_brackets(const char *s)
{
	size_t n = 0;

	while ((s = strpbrk(s, "[{")) != NULL) {
		n++;
		s++;
	}
	return n;
}

static JsonObject *
bad_line(GError **error, const char *why)
{
	g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
	    "a request must be one JSON object on one line: %s", why);
	return NULL;
}

JsonObject *
json_parse_line(const char *line, GError **error)
{
	g_autoptr(GError) why = NULL;

	if (!g_utf8_validate(line, -1, NULL))
		return bad_line(error, "it is not UTF-8");
	if (count_brackets(line) > MOST_BRACKETS)
		return bad_line(error, "it is nested too deeply");
	g_autoptr(JsonParser) parser = json_parser_new_immutable();
	if (!json_parser_load_from_data(parser, line, -1, &why))
		return bad_line(error, why->message);
	JsonNode *root = json_parser_get_root(parser);
	if (root == NULL || !JSON_NODE_HOLDS_OBJECT(root))
		return bad_line(error, "it is something else");
	return json_object_ref(json_node_get_object(root));
}

static bool
bad_member(GError **error, const char *key, const char *wanted)
{
	g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "\"%s\" must be %s", key,
	    wanted);
	return false;
}

static bool
holds(JsonNode *node, GType type)
{
	return JSON_NODE_HOLDS_VALUE(node) && json_node_get_value_type(node) == type;
}

bool
json_get_text(JsonObject *o, const char *key, const char **out, GError **error)
{
	JsonNode *node = json_object_get_member(o, key);

	if (node == NULL)
		return true;
	if (!holds(node, G_TYPE_STRING))
		return bad_member(error, key, "a string");
	*out = json_node_get_string(node);
	return true;
}

bool
json_get_bool(JsonObject *o, const char *key, bool *out, GError **error)
{
	JsonNode *node = json_object_get_member(o, key);

	if (node == NULL)
		return true;
	if (!holds(node, G_TYPE_BOOLEAN))
		return bad_member(error, key, "true or false");
	*out = json_node_get_boolean(node);
	return true;
}

bool
json_get_int(JsonObject *o, const char *key, int64_t least, int64_t most, int64_t *out,
    GError **error)
{
	JsonNode *node = json_object_get_member(o, key);

	if (node == NULL)
		return true;
	int64_t i = holds(node, G_TYPE_INT64) ? json_node_get_int(node) : least - 1;
	if (i < least || i > most) {
		g_autofree char *wanted = g_strdup_printf(
		    "a number from %" G_GINT64_FORMAT " to %" G_GINT64_FORMAT, least, most);
		return bad_member(error, key, wanted);
	}
	*out = i;
	return true;
}

bool
json_get_object(JsonObject *o, const char *key, JsonObject **out, GError **error)
{
	JsonNode *node = json_object_get_member(o, key);

	if (node == NULL)
		return true;
	if (!JSON_NODE_HOLDS_OBJECT(node))
		return bad_member(error, key, "an object");
	*out = json_node_get_object(node);
	return true;
}

bool
json_get_words(JsonObject *o, const char *key, const char ***out, GError **error)
{
	JsonNode *node = json_object_get_member(o, key);

	if (node == NULL)
		return true;
	if (!JSON_NODE_HOLDS_ARRAY(node))
		return bad_member(error, key, "an array of strings");
	JsonArray *array = json_node_get_array(node);
	guint n = json_array_get_length(array);
	if (n > MOST_WORDS)
		return bad_member(error, key, "an array of 32 strings at most");
	g_autofree const char **words = g_new0(const char *, n + 1);
	for (guint i = 0; i < n; i++) {
		JsonNode *word = json_array_get_element(array, i);
		if (!holds(word, G_TYPE_STRING))
			return bad_member(error, key, "an array of strings");
		words[i] = json_node_get_string(word);
	}
	*out = g_steal_pointer(&words);
	return true;
}
