/* Asks the daemon by its control socket. */
#include "web/ask.h"

#include <string.h>

#include "web/cache.h"
#include "web/url.h"

#define FRESH_US    (2 * G_USEC_PER_SEC)
#define STALE_US    (30 * G_USEC_PER_SEC) /* while the next answer is on its way */
#define PATIENCE_MS 10000
#define MOST_OCTETS (64 << 20)

struct ask {
	char *socket;
	struct cache *answers;
};

static gpointer
ref_answer(gpointer data)
{
	struct answer *answer = data;

	ref_take(&answer->refs);
	return answer;
}

struct answer *
answer_new(void)
{
	struct answer *answer = g_new0(struct answer, 1);

	answer->refs = 1;
	answer->rows = g_ptr_array_new_with_free_func((GDestroyNotify)json_object_unref);
	return answer;
}

void
answer_unref(struct answer *answer)
{
	if (!ref_drop(&answer->refs))
		return;
	g_ptr_array_unref(answer->rows);
	g_clear_pointer(&answer->end, json_object_unref);
	g_free(answer);
}

static void
unref_answer(gpointer data)
{
	answer_unref(data);
}

static size_t
weigh_answer(gpointer data)
{
	return ((struct answer *)data)->octets;
}

struct ask *
ask_new(const char *socket)
{
	static const struct cache_kind kind = { ref_answer, unref_answer, weigh_answer,
		MOST_OCTETS };
	struct ask *a = g_new0(struct ask, 1);

	a->socket = g_strdup(socket);
	a->answers = cache_new(&kind);
	return a;
}

void
ask_free(struct ask *a)
{
	cache_free(a->answers);
	g_free(a->socket);
	g_free(a);
}

/* --- what went wrong */

static const struct {
	enum client_error from;
	enum web_error to;
} codes[] = {
	{ CLIENT_ERROR_REFUSED, WEB_ERROR_BAD },
	{ CLIENT_ERROR_CONNECTION, WEB_ERROR_AWAY },
	{ CLIENT_ERROR_TIMEOUT, WEB_ERROR_AWAY },
	{ CLIENT_ERROR_NO_OBJECT, WEB_ERROR_NOT_FOUND },
	{ CLIENT_ERROR_NO_VERB, WEB_ERROR_MISSING },
};

void
ask_explain(GError *why, GError **error)
{
	enum web_error code = WEB_ERROR_AWAY;

	for (size_t i = 0; i < G_N_ELEMENTS(codes); i++)
		if (g_error_matches(why, CLIENT_ERROR, (gint)codes[i].from))
			code = codes[i].to;
	g_set_error_literal(error, WEB_ERROR, (gint)code, why->message);
	g_error_free(why);
}

struct client *
ask_open(struct ask *a, GError **error)
{
	GError *why = NULL;
	struct client *client = client_open(a->socket, &why);

	if (client == NULL)
		ask_explain(why, error);
	else
		client_set_patience(client, PATIENCE_MS);
	return client;
}

/* --- asking */

struct question {
	struct ask *ask;
	JsonNode *request;
};

/* What a row takes, about: members are nodes of a hash table. */
static size_t
weigh_row(JsonObject *row)
{
	return 120 * (json_object_get_size(row) + 1);
}

static struct answer *
read_answer(struct client *client, GError **error)
{
	struct answer *answer = answer_new();

	for (;;) {
		const char *kind;
		JsonObject *body = client_next(client, &kind, PATIENCE_MS, error);
		if (body == NULL) {
			answer_unref(answer);
			return NULL;
		}
		if (strcmp(kind, "row") != 0) {
			answer->found = json_object_get_int_member_with_default(body, "found",
			    answer->rows->len);
			answer->end = body;
			return answer;
		}
		answer->octets += weigh_row(body);
		g_ptr_array_add(answer->rows, body);
	}
}

static gpointer
put_question(void *ctx, GError **error)
{
	struct question *q = ctx;
	GError *why = NULL;
	SCOPED(client) client = ask_open(q->ask, error);

	if (client == NULL)
		return NULL;
	client_send_node(client, q->request);
	struct answer *answer = read_answer(client, &why);
	if (answer == NULL)
		ask_explain(why, error);
	return answer;
}

struct answer *
ask_rows(struct ask *a, JsonBuilder *b, GError **error)
{
	g_autoptr(JsonNode) request = client_finish(b);
	g_autofree char *key = json_to_string(request, FALSE);
	struct question question = { a, request };

	return cache_get(a->answers, key, FRESH_US, STALE_US, put_question, &question, error);
}

JsonObject *
answer_row(const struct answer *answer)
{
	return answer->rows->len > 0 ? answer->rows->pdata[0] : NULL;
}

void
ask_columns(JsonBuilder *b, const char *columns)
{
	g_auto(GStrv) words = g_strsplit(columns, " ", -1);

	client_add_words(b, "columns", (const char *const *)words);
}

void
ask_where(JsonBuilder *b, const char *column, const char *value)
{
	json_builder_set_member_name(b, "where");
	json_builder_begin_object(b);
	client_add_words(b, column, (const char *const[]){ value, NULL });
	json_builder_end_object(b);
}
