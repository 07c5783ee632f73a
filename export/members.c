/* Flat JSON objects by tables of their members. */
#include "export/members.h"

#include <gio/gio.h>
#include <string.h>

static bool
refuse(GError **error, const char *what, const char *key, const char *why)
{
	g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "%s%s%s: %s", what,
	    key == NULL ? "" : ": ", key == NULL ? "" : key, why);
	return false;
}

static bool
has_controls(const char *text)
{
	for (; *text != '\0'; text = g_utf8_next_char(text))
		if (g_unichar_iscntrl(g_utf8_get_char(text)))
			return true;
	return false;
}

/* json-glib ends a text at \u0000, which would make another name or path of it. */
static bool
has_nul(const char *text, size_t length)
{
	if (memchr(text, '\0', length) != NULL)
		return true;
	for (size_t i = 0; i + 5 < length; i++) {
		if (text[i] != '\\')
			continue;
		if (strncmp(text + i + 1, "u0000", 5) == 0)
			return true;
		i++; /* what is escaped begins nothing */
	}
	return false;
}

static bool
read_text(const struct member *member, const char *what, JsonNode *node, char **out,
    GError **error)
{
	if (json_node_get_value_type(node) != G_TYPE_STRING)
		return refuse(error, what, member->key, "not a text");
	const char *text = json_node_get_string(node);
	if (*text == '\0' && !member->may_empty)
		return refuse(error, what, member->key, "empty");
	if (strlen(text) > (size_t)member->most) {
		g_autofree char *why =
		    g_strdup_printf("longer than %" G_GINT64_FORMAT " octets", member->most);
		return refuse(error, what, member->key, why);
	}
	if (has_controls(text))
		return refuse(error, what, member->key, "has control characters");
	g_free(*out);
	*out = g_strdup(text);
	return true;
}

static bool
read_bool(const struct member *member, const char *what, JsonNode *node, bool *out,
    GError **error)
{
	if (json_node_get_value_type(node) != G_TYPE_BOOLEAN)
		return refuse(error, what, member->key, "neither true nor false");
	*out = json_node_get_boolean(node);
	return true;
}

static bool
read_number(const struct member *member, const char *what, JsonNode *node, int64_t *out,
    GError **error)
{
	if (json_node_get_value_type(node) != G_TYPE_INT64)
		return refuse(error, what, member->key, "not a whole number");
	*out = json_node_get_int(node);
	if (*out < 0 || *out > member->most)
		return refuse(error, what, member->key, "out of its range");
	return true;
}

static bool
read_member(const struct member *member, const char *what, JsonObject *object, void *out,
    GError **error)
{
	JsonNode *node = json_object_get_member(object, member->key);
	void *place = (char *)out + member->offset;

	if (node == NULL)
		return member->may_lack || refuse(error, what, member->key, "missing");
	if (!JSON_NODE_HOLDS_VALUE(node))
		return refuse(error, what, member->key, "neither text, number nor truth value");
	if (member->type == MEMBER_TEXT)
		return read_text(member, what, node, place, error);
	if (member->type == MEMBER_BOOL)
		return read_bool(member, what, node, place, error);
	return read_number(member, what, node, place, error);
}

/* A member that nobody knows may be a misspelled "read_only". */
static bool
knows_all(const struct member *members, size_t n, const char *what, JsonObject *object,
    GError **error)
{
	g_autoptr(GList) keys = json_object_get_members(object);

	for (GList *key = keys; key != NULL; key = key->next) {
		bool known = false;
		for (size_t i = 0; i < n && !known; i++)
			known = strcmp(key->data, members[i].key) == 0;
		if (!known) {
			g_autofree char *shown = g_strescape(key->data, NULL);
			if (strlen(shown) > 64)
				shown[64] = '\0';
			return refuse(error, what, shown, "unknown member");
		}
	}
	return true;
}

bool
members_read(const struct member *members, size_t n, const char *what, const char *text,
    size_t length, void *out, GError **error)
{
	g_autoptr(JsonParser) parser = json_parser_new();

	if (length > MEMBERS_MOST)
		return refuse(error, what, NULL, "longer than 64 KiB");
	if (has_nul(text, length))
		return refuse(error, what, NULL, "has a NUL");
	if (!g_utf8_validate(text, (gssize)length, NULL))
		return refuse(error, what, NULL, "not UTF-8");
	if (!json_parser_load_from_data(parser, text, (gssize)length, NULL))
		return refuse(error, what, NULL, "not JSON");
	JsonNode *root = json_parser_get_root(parser);
	if (root == NULL || !JSON_NODE_HOLDS_OBJECT(root))
		return refuse(error, what, NULL, "not a JSON object");
	JsonObject *object = json_node_get_object(root);
	if (!knows_all(members, n, what, object, error))
		return false;
	for (size_t i = 0; i < n; i++)
		if (!read_member(&members[i], what, object, out, error))
			return false;
	return true;
}

void
members_write(const struct member *members, size_t n, const void *in, JsonObject *object)
{
	for (size_t i = 0; i < n; i++) {
		const void *place = (const char *)in + members[i].offset;
		if (members[i].type == MEMBER_TEXT)
			json_object_set_string_member(object, members[i].key,
			    *(char *const *)place);
		else if (members[i].type == MEMBER_BOOL)
			json_object_set_boolean_member(object, members[i].key,
			    *(const bool *)place);
		else
			json_object_set_int_member(object, members[i].key,
			    *(const int64_t *)place);
	}
}

char *
members_line(JsonObject *object)
{
	g_autoptr(JsonNode) root = json_node_alloc();

	json_node_init_object(root, object);
	return json_to_string(root, FALSE);
}
