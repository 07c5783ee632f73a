/* Exports: lines of virtcluster-export, checked, as rows. */
#include "collectors/exports.h"

#include <gio/gio.h>
#include <string.h>

#include "common/safe_json.h"
#include "model/value.h"

#define DEPTH_MOST    8
#define EXPORTS_MOST  1000 /* of one host */
#define IDENTITY_MOST 1024 /* octets */
#define TEXT_MOST     4096
#define DATE_MOST     INT64_C(253402300799) /* seconds: the year 9999 */

struct exports {
	char *node, *source;
	struct part *last; /* NULL: nothing told yet */
};

struct exports *
exports_new(const char *node)
{
	struct exports *e = g_new0(struct exports, 1);

	e->node = g_strdup(node);
	e->source = g_strconcat("exports:", node, NULL);
	return e;
}

void
exports_free(struct exports *e)
{
	if (e == NULL)
		return;
	part_unref(e->last);
	g_free(e->node);
	g_free(e->source);
	g_free(e);
}

const char *
exports_source(const struct exports *e)
{
	return e->source;
}

/* --- one member */

/* Its value if it is one of that type, else NULL with an error. */
static JsonNode *
member(JsonObject *object, const char *name, GType type, GError **error)
{
	JsonNode *node = json_object_get_member(object, name);

	if (node != NULL && JSON_NODE_HOLDS_VALUE(node) && json_node_get_value_type(node) == type)
		return node;
	safe_json_refuse(error, node == NULL ? "an export without \"%s\""
				   : "an export whose \"%s\" is of a wrong type", name);
	return NULL;
}

static const char *
get_text(JsonObject *object, const char *name, size_t most, GError **error)
{
	JsonNode *node = member(object, name, G_TYPE_STRING, error);
	const char *text = node == NULL ? NULL : json_node_get_string(node);

	if (text == NULL || strlen(text) <= most)
		return text;
	safe_json_refuse(error, "an export whose \"%s\" is longer than %zu octets", name, most);
	return NULL;
}

/* -1 with an error. */
static int64_t
get_number(JsonObject *object, const char *name, int64_t most, GError **error)
{
	JsonNode *node = member(object, name, G_TYPE_INT64, error);
	int64_t number = node == NULL ? -1 : json_node_get_int(node);

	if (node != NULL && (number < 0 || number > most)) {
		safe_json_refuse(error, "an export whose \"%s\" is out of range", name);
		return -1;
	}
	return number;
}

/* --- one export */

static bool
fill_texts(struct part *part, struct export_info *row, JsonObject *object, GError **error)
{
	const struct {
		const char *name;
		const char **field;
		size_t most;
	} texts[] = {
		{ "name", &row->name, TEXT_MOST },
		{ "path", &row->path, TEXT_MOST },
		{ "format", &row->format, TEXT_MOST },
		{ "uri", &row->uri, 4 * TEXT_MOST },
		{ "reason", &row->reason, TEXT_MOST },
	};
	const char *identity = get_text(object, "volume", IDENTITY_MOST, error);

	if (identity == NULL)
		return false;
	row->identity = g_string_chunk_insert(part->texts, identity);
	for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
		const char *text = get_text(object, texts[i].name, texts[i].most, error);
		if (text == NULL)
			return false;
		*texts[i].field = part_text(part, text);
	}
	return true;
}

static bool
fill_state(struct export_info *row, JsonObject *object, GError **error)
{
	const char *state = get_text(object, "state", TEXT_MOST, error);

	if (state == NULL)
		return false;
	row->state = enum_from_name(export_state_names, state);
	return row->state != 0 || safe_json_refuse(error, "an export in a state \"%s\"", state);
}

static bool
fill_row(const struct exports *e, struct part *part, struct export_info *row,
    JsonObject *object, GError **error)
{
	JsonNode *read_only = member(object, "read_only", G_TYPE_BOOLEAN, error);
	JsonNode *tls = read_only == NULL ? NULL : member(object, "tls", G_TYPE_BOOLEAN, error);
	int64_t clients, since;

	if (tls == NULL || !fill_texts(part, row, object, error) ||
	    !fill_state(row, object, error) ||
	    (clients = get_number(object, "clients", UINT32_MAX - 1, error)) < 0 ||
	    (since = get_number(object, "since", DATE_MOST, error)) < 0)
		return false;
	row->node_name = part_text(part, e->node);
	row->read_only = json_node_get_boolean(read_only);
	row->tls = json_node_get_boolean(tls);
	row->clients = (uint32_t)clients;
	row->since_at = since * G_USEC_PER_SEC;
	return true;
}

static bool
add_export(const struct exports *e, struct part *part, GHashTable *seen, JsonNode *node,
    GError **error)
{
	if (!JSON_NODE_HOLDS_OBJECT(node))
		return safe_json_refuse(error, "an export that is not an object");
	struct export_info *row = part_add(part, ROWS_EXPORT);
	if (!fill_row(e, part, row, json_node_get_object(node), error))
		return false;
	return g_hash_table_add(seen, (gpointer)row->identity) ||
	    safe_json_refuse(error, "two exports of the volume %s", row->identity);
}

/* --- all of them */

static void
keep(struct exports *e, struct part *part)
{
	part_unref(e->last);
	e->last = part_ref(part);
}

struct part *
exports_take(struct exports *e, const char *line, size_t length, GError **error)
{
	g_autoptr(JsonObject) object =
	    safe_json_object(line, length, EXPORTS_LINE_MOST, DEPTH_MOST, error);
	g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
	JsonNode *node = object == NULL ? NULL : json_object_get_member(object, "exports");

	if (object == NULL)
		return NULL;
	if (node == NULL || !JSON_NODE_HOLDS_ARRAY(node)) {
		safe_json_refuse(error, "a line without a list of exports");
		return NULL;
	}
	JsonArray *list = json_node_get_array(node);
	if (json_array_get_length(list) > EXPORTS_MOST) {
		safe_json_refuse(error, "more than %d exports", EXPORTS_MOST);
		return NULL;
	}
	SCOPED(part) part = part_new(e->source, e->node);
	for (guint i = 0; i < json_array_get_length(list); i++)
		if (!add_export(e, part, seen, json_array_get_element(list, i), error))
			return NULL;
	keep(e, part);
	return part_ref(part);
}

struct part *
exports_lost(struct exports *e, const char *reason)
{
	SCOPED(part) part = part_new(e->source, e->node);

	part->reachable = false;
	for (guint i = 0; e->last != NULL && i < e->last->rows[ROWS_EXPORT]->len; i++) {
		struct export_info *row =
		    part_add_copy(part, ROWS_EXPORT, e->last->rows[ROWS_EXPORT]->pdata[i]);
		row->state = EXPORT_UNKNOWN;
		row->clients = ABSENT_U32;
		row->reason = part_text(part, reason);
	}
	keep(e, part);
	return part_ref(part);
}
