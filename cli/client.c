/* The daemon as seen from the command line. */
#include "cli/client.h"

#include <gio/gio.h>
#include <string.h>

#include "common/wire.h"

#define LONGEST_LINE (1 << 20)
#define TIMEOUT_MS   60000 /* a graph of a year may take a while */

G_DEFINE_QUARK(vcl-client-error, client_error)

struct client {
	char *path;
	struct wire *wire;
	int patience_ms;
};

static bool
unreachable(GError **error, const char *path, const char *why)
{
	g_set_error(error, CLIENT_ERROR, CLIENT_ERROR_CONNECTION,
	    "cannot reach virtclusterd at %s: %s; is it running?", path, why);
	return false;
}

struct client *
client_open(const char *path, GError **error)
{
	g_autoptr(GError) why = NULL;
	struct wire *wire = wire_connect(path, LONGEST_LINE, &why);

	if (wire == NULL) {
		unreachable(error, path, why->message);
		return NULL;
	}
	struct client *client = g_new0(struct client, 1);
	client->path = g_strdup(path);
	client->wire = wire;
	client->patience_ms = TIMEOUT_MS;
	return client;
}

void
client_set_patience(struct client *client, int milliseconds)
{
	client->patience_ms = milliseconds;
}

int
client_fd(const struct client *client)
{
	return wire_fd(client->wire);
}

void
client_close(struct client *client)
{
	wire_free(client->wire);
	g_free(client->path);
	g_free(client);
}

JsonBuilder *
client_request(const char *verb)
{
	JsonBuilder *b = json_builder_new();

	json_builder_begin_object(b);
	client_add_text(b, "verb", verb);
	return b;
}

void
client_add_text(JsonBuilder *b, const char *key, const char *value)
{
	json_builder_set_member_name(b, key);
	json_builder_add_string_value(b, value);
}

void
client_add_int(JsonBuilder *b, const char *key, gint64 value)
{
	json_builder_set_member_name(b, key);
	json_builder_add_int_value(b, value);
}

void
client_add_bool(JsonBuilder *b, const char *key, bool value)
{
	json_builder_set_member_name(b, key);
	json_builder_add_boolean_value(b, value);
}

void
client_add_words(JsonBuilder *b, const char *key, const char *const *words)
{
	json_builder_set_member_name(b, key);
	json_builder_begin_array(b);
	for (; *words != NULL; words++)
		json_builder_add_string_value(b, *words);
	json_builder_end_array(b);
}

/* A failure is no news yet: whoever turned us away has left the reason to be read. */
void
client_send(struct client *client, JsonBuilder *b)
{
	json_builder_end_object(b);
	g_autoptr(JsonNode) root = json_builder_get_root(b);
	g_autofree char *line = json_to_string(root, FALSE);

	g_object_unref(b);
	if (wire_put_line(client->wire, line, NULL))
		wire_flush(client->wire, NULL);
}

static JsonObject *
bad_answer(struct client *client, const char *why, GError **error)
{
	g_set_error(error, CLIENT_ERROR, CLIENT_ERROR_CONNECTION,
	    "virtclusterd at %s gave an answer that makes no sense: %s", client->path, why);
	return NULL;
}

static JsonObject *
no_answer(struct client *client, const GError *why, GError **error)
{
	bool late = g_error_matches(why, G_IO_ERROR, G_IO_ERROR_TIMED_OUT);

	g_set_error(error, CLIENT_ERROR,
	    late ? CLIENT_ERROR_TIMEOUT : CLIENT_ERROR_CONNECTION,
	    "virtclusterd at %s %s%s%s", client->path,
	    late ? "does not answer" : "broke the connection off",
	    late || why == NULL ? "" : ": ", late || why == NULL ? "" : why->message);
	return NULL;
}

static JsonObject *
refused(JsonObject *body, GError **error)
{
	g_set_error_literal(error, CLIENT_ERROR, CLIENT_ERROR_REFUSED,
	    json_object_get_string_member_with_default(body, "message", "refused"));
	return NULL;
}

/* An answer line: an object with one member, which is an object. */
static JsonObject *
take_apart(struct client *client, const char *line, const char **kind, GError **error)
{
	static const char *const kinds[] = { "row", "graph", "end", "error" };
	g_autoptr(GError) why = NULL;
	g_autoptr(JsonNode) root = json_from_string(line, &why);

	if (root == NULL || !JSON_NODE_HOLDS_OBJECT(root))
		return bad_answer(client, why != NULL ? why->message : "no object", error);
	for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++) {
		JsonNode *node = json_object_get_member(json_node_get_object(root), kinds[i]);
		if (node == NULL || !JSON_NODE_HOLDS_OBJECT(node))
			continue;
		if (strcmp(kinds[i], "error") == 0)
			return refused(json_node_get_object(node), error);
		*kind = kinds[i];
		return json_object_ref(json_node_get_object(node));
	}
	return bad_answer(client, "neither row nor end", error);
}

JsonObject *
client_next(struct client *client, const char **kind, int timeout_ms, GError **error)
{
	g_autoptr(GError) why = NULL;

	wire_set_timeout(client->wire, timeout_ms);
	const char *line = wire_read_line(client->wire, &why);
	wire_set_timeout(client->wire, TIMEOUT_MS);
	if (line == NULL)
		return no_answer(client, why, error);
	return take_apart(client, line, kind, error);
}

GBytes *
client_bytes(struct client *client, gsize n, GError **error)
{
	g_autoptr(GError) why = NULL;
	g_autofree char *data = g_malloc(n + 1);

	if (!wire_read_bytes(client->wire, data, n, &why)) {
		no_answer(client, why, error);
		return NULL;
	}
	return g_bytes_new_take(g_steal_pointer(&data), n);
}

GPtrArray *
client_rows(struct client *client, JsonBuilder *request, GError **error)
{
	g_autoptr(GPtrArray) rows =
	    g_ptr_array_new_with_free_func((GDestroyNotify)json_object_unref);

	client_send(client, request);
	for (;;) {
		const char *kind;
		JsonObject *body = client_next(client, &kind, client->patience_ms, error);
		if (body == NULL)
			return NULL;
		if (strcmp(kind, "row") != 0) {
			json_object_unref(body);
			return g_steal_pointer(&rows);
		}
		g_ptr_array_add(rows, body);
	}
}
