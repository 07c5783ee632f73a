/* JSON that anybody may have written. */
#include "common/safe_json.h"

#include <gio/gio.h>
#include <string.h>

/* Brackets in texts count too: that only refuses what nobody writes. */
static bool
is_shallow(const char *line, size_t length, unsigned depth)
{
	unsigned open = 0;

	for (size_t i = 0; i < length; i++) {
		if (line[i] == '{' || line[i] == '[')
			open++;
		else if ((line[i] == '}' || line[i] == ']') && open > 0)
			open--;
		if (open > depth)
			return false;
	}
	return true;
}

bool
safe_json_refuse(GError **error, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	g_autofree char *what = g_strdup_vprintf(format, args);
	va_end(args);
	g_set_error_literal(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, what);
	return false;
}

static JsonObject *
refuse(GError **error, const char *what)
{
	safe_json_refuse(error, "%s", what);
	return NULL;
}

JsonObject *
safe_json_object(const char *line, size_t length, size_t most, unsigned depth, GError **error)
{
	g_autoptr(JsonParser) parser = json_parser_new_immutable();

	if (length > most) {
		safe_json_refuse(error, "a line of more than %zu octets", most);
		return NULL;
	}
	if (memchr(line, '\0', length) != NULL || !g_utf8_validate(line, (gssize)length, NULL))
		return refuse(error, "a line that is not UTF-8 text");
	if (!is_shallow(line, length, depth) ||
	    !json_parser_load_from_data(parser, line, (gssize)length, NULL))
		return refuse(error, "a line that is not JSON");
	JsonNode *root = json_parser_get_root(parser);
	if (root == NULL || !JSON_NODE_HOLDS_OBJECT(root))
		return refuse(error, "a line that is not a JSON object");
	return json_node_dup_object(root);
}
