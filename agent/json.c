/* JSON requests, and what answers are made of. */
#include "agent/json.h"

#include <gio/gio.h>
#include <string.h>

/*
 * json-glib's parser calls itself for each level, without a limit.  No request needs more
 * than two levels; brackets within strings count as well, which keeps this simple.
 */
#define MOST_BRACKETS 64
#define MOST_WORDS 128

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
		return bad_member(error, key, "an array of 128 strings at most");
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
