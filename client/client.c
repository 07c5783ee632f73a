/* The daemon as seen from another program: requests, and answers whichever way they come. */
#include "client/client.h"

#include <gio/gio.h>

#include "client/client_way.h"

#define TIMEOUT_MS 60000 /* a graph of a year may take a while */

G_DEFINE_QUARK(vcl-client-error, client_error)

struct client {
	const struct client_way *way;
	void *ctx;
	int patience_ms;
};

struct client *
client_new(const struct client_way *way, void *ctx)
{
	struct client *client = g_new0(struct client, 1);

	client->way = way;
	client->ctx = ctx;
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
	return client->way->fd(client->ctx);
}

void
client_close(struct client *client)
{
	client->way->close(client->ctx);
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

JsonNode *
client_finish(JsonBuilder *b)
{
	json_builder_end_object(b);
	JsonNode *root = json_builder_get_root(b);
	g_object_unref(b);
	return root;
}

void
client_send_node(struct client *client, JsonNode *request)
{
	client->way->send(client->ctx, request);
}

void
client_send(struct client *client, JsonBuilder *b)
{
	g_autoptr(JsonNode) root = client_finish(b);

	client_send_node(client, root);
}

bool
client_hand_over(struct client *client, int fd, GError **error)
{
	return client->way->hand_over(client->ctx, fd, error);
}

JsonObject *
client_next(struct client *client, const char **kind, int timeout_ms, GError **error)
{
	return client->way->next(client->ctx, kind, timeout_ms, error);
}

GBytes *
client_bytes(struct client *client, gsize n, GError **error)
{
	return client->way->bytes(client->ctx, n, error);
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
