/* The daemon by its control socket. */
#include "client/client.h"

#include <gio/gio.h>
#include <string.h>

#include "client/client_way.h"
#include "common/wire.h"

#define LONGEST_LINE (1 << 20)
#define TIMEOUT_MS   60000 /* between the bytes of one answer */

struct by_socket {
	char *path;
	struct wire *wire;
};

static bool
unreachable(GError **error, const char *path, const char *why)
{
	g_set_error(error, CLIENT_ERROR, CLIENT_ERROR_CONNECTION,
	    "cannot reach virtclusterd at %s: %s; is it running?", path, why);
	return false;
}

static int
get_fd(void *ctx)
{
	struct by_socket *client = ctx;

	return wire_fd(client->wire);
}

static void
close_socket(void *ctx)
{
	struct by_socket *client = ctx;

	wire_free(client->wire);
	g_free(client->path);
	g_free(client);
}

/* A failure is no news yet: whoever turned us away has left the reason to be read. */
static void
send_line(void *ctx, JsonNode *request)
{
	struct by_socket *client = ctx;
	g_autofree char *line = json_to_string(request, FALSE);

	if (wire_put_line(client->wire, line, NULL))
		wire_flush(client->wire, NULL);
}

static bool
hand_over(void *ctx, int fd, GError **error)
{
	struct by_socket *client = ctx;

	wire_hand_over(client->wire, fd);
	return true;
}

static JsonObject *
bad_answer(struct by_socket *client, const char *why, GError **error)
{
	g_set_error(error, CLIENT_ERROR, CLIENT_ERROR_CONNECTION,
	    "virtclusterd at %s gave an answer that makes no sense: %s", client->path, why);
	return NULL;
}

static JsonObject *
no_answer(struct by_socket *client, const GError *why, GError **error)
{
	bool late = g_error_matches(why, G_IO_ERROR, G_IO_ERROR_TIMED_OUT);

	g_set_error(error, CLIENT_ERROR,
	    late ? CLIENT_ERROR_TIMEOUT : CLIENT_ERROR_CONNECTION,
	    "virtclusterd at %s %s%s%s", client->path,
	    late ? "does not answer" : "broke the connection off",
	    late || why == NULL ? "" : ": ", late || why == NULL ? "" : why->message);
	return NULL;
}

static const struct {
	const char *name;
	enum client_error code;
} codes[] = {
	{ "no-object", CLIENT_ERROR_NO_OBJECT },
	{ "unknown-verb", CLIENT_ERROR_NO_VERB },
};

static JsonObject *
refused(JsonObject *body, GError **error)
{
	const char *code = json_object_get_string_member_with_default(body, "code", "");
	int number = CLIENT_ERROR_REFUSED;

	for (size_t i = 0; i < G_N_ELEMENTS(codes); i++)
		if (strcmp(code, codes[i].name) == 0)
			number = codes[i].code;
	g_set_error_literal(error, CLIENT_ERROR, number,
	    json_object_get_string_member_with_default(body, "message", "refused"));
	return NULL;
}

/* An answer line: an object with one member, which is an object. */
static JsonObject *
take_apart(struct by_socket *client, const char *line, const char **kind, GError **error)
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

static JsonObject *
next_line(void *ctx, const char **kind, int timeout_ms, GError **error)
{
	struct by_socket *client = ctx;
	g_autoptr(GError) why = NULL;

	wire_set_timeout(client->wire, timeout_ms);
	const char *line = wire_read_line(client->wire, &why);
	wire_set_timeout(client->wire, TIMEOUT_MS);
	if (line == NULL)
		return no_answer(client, why, error);
	return take_apart(client, line, kind, error);
}

static GBytes *
read_bytes(void *ctx, gsize n, GError **error)
{
	struct by_socket *client = ctx;
	g_autoptr(GError) why = NULL;
	g_autofree char *data = g_malloc(n + 1);

	if (!wire_read_bytes(client->wire, data, n, &why)) {
		no_answer(client, why, error);
		return NULL;
	}
	return g_bytes_new_take(g_steal_pointer(&data), n);
}

static const struct client_way by_socket = {
	send_line, hand_over, next_line, read_bytes, get_fd, close_socket
};

struct client *
client_open(const char *path, GError **error)
{
	g_autoptr(GError) why = NULL;
	struct wire *wire = wire_connect(path, LONGEST_LINE, &why);

	if (wire == NULL) {
		unreachable(error, path, why->message);
		return NULL;
	}
	struct by_socket *client = g_new0(struct by_socket, 1);
	client->path = g_strdup(path);
	client->wire = wire;
	return client_new(&by_socket, client);
}
