/* JSON for programs. */
#include "web/api.h"

#include <string.h>

#include "web/span.h"

static GBytes *
to_bytes(JsonBuilder *b)
{
	g_autoptr(JsonNode) root = json_builder_get_root(b);
	char *text = json_to_string(root, FALSE);

	g_object_unref(b);
	return g_bytes_new_take(text, strlen(text));
}

GBytes *
api_error(const GError *error)
{
	JsonBuilder *b = json_builder_new();

	json_builder_begin_object(b);
	client_add_text(b, "error", error->message);
	json_builder_end_object(b);
	return to_bytes(b);
}

static void
add_rows(JsonBuilder *b, const char *key, GPtrArray *rows)
{
	json_builder_set_member_name(b, key);
	json_builder_begin_array(b);
	for (guint i = 0; i < rows->len; i++) {
		JsonNode *node = json_node_new(JSON_NODE_OBJECT);
		json_node_set_object(node, rows->pdata[i]);
		json_builder_add_value(b, node);
	}
	json_builder_end_array(b);
}

static bool
missing(const char *name, GError **error)
{
	g_set_error(error, WEB_ERROR, WEB_ERROR_BAD, "\"%s\" is missing.", name);
	return false;
}

/* --- a recorded series */

#define FRESH 10 /* seconds that a series may be kept */

/* How fine, and whether the highest instead of the average. */
static bool
add_series_wishes(const struct url *url, JsonBuilder *b, struct span *span, GError **error)
{
	int64_t resolution = 0, max = 0;

	if (!span_get(url, g_get_real_time() / G_USEC_PER_SEC, span, error) ||
	    !url_get_int(url, "resolution", 1, G_MAXINT32, &resolution, error) ||
	    !url_get_int(url, "max", 0, 1, &max, error))
		return false;
	client_add_int(b, "from", span->from);
	client_add_int(b, "to", span->to);
	if (resolution > 0)
		client_add_int(b, "resolution", resolution);
	if (max != 0)
		client_add_bool(b, "max", true);
	return true;
}

bool
page_series(const struct web *web, const struct url *url, struct reply *reply, GError **error)
{
	static const char *const words[] = { "kind", "name", "source" };
	JsonBuilder *request = client_request("series");
	struct span span;

	for (size_t i = 0; i < G_N_ELEMENTS(words); i++) {
		const char *text = url_get(url, words[i]);
		if (text == NULL || *text == '\0') {
			g_object_unref(request);
			return missing(words[i], error);
		}
		client_add_text(request, words[i], text);
	}
	if (!add_series_wishes(url, request, &span, error)) {
		g_object_unref(request);
		return false;
	}
	SCOPED(answer) answer = ask_rows(web->ask, request, error);
	if (answer == NULL)
		return false;
	JsonBuilder *b = json_builder_new();
	json_builder_begin_object(b);
	for (size_t i = 0; i < G_N_ELEMENTS(words); i++)
		client_add_text(b, words[i], url_get(url, words[i]));
	client_add_int(b, "from", span.from);
	client_add_int(b, "to", span.to);
	if (json_object_has_member(answer->end, "step"))
		client_add_int(b, "step", json_object_get_int_member(answer->end, "step"));
	add_rows(b, "points", answer->rows);
	json_builder_end_object(b);
	reply->body = to_bytes(b);
	reply->type = "application/json";
	reply->max_age = FRESH;
	return true;
}

/* --- rows */

static const char *const verbs[] = { "status", "nodes", "vms", "vcpus", "disks", "nics",
	"snapshots", "pools", "pool-nodes", "volumes", "exports", "templates", "backups", "apps", "jobs", "events",
	"alarms", "advice", "sequences", "schedules", "graphs", "sources", NULL };

static const char *const texts[] = { "node", "vm", "pool", "match", "sort" };
#define MOST_ROWS 100000

static bool
add_wishes(const struct url *url, JsonBuilder *b, GError **error)
{
	const char *columns = url_get(url, "columns");
	int64_t limit = 0, offset = 0, descending = 0;

	if (!url_get_int(url, "limit", 1, MOST_ROWS, &limit, error) ||
	    !url_get_int(url, "offset", 0, MOST_ROWS, &offset, error) ||
	    !url_get_int(url, "descending", 0, 1, &descending, error))
		return false;
	if (columns != NULL && *columns != '\0') {
		g_auto(GStrv) names = g_strsplit(columns, ",", -1);
		client_add_words(b, "columns", (const char *const *)names);
	}
	for (size_t i = 0; i < G_N_ELEMENTS(texts); i++)
		if (url_get(url, texts[i]) != NULL)
			client_add_text(b, texts[i], url_get(url, texts[i]));
	client_add_bool(b, "descending", descending != 0);
	if (limit > 0)
		client_add_int(b, "limit", limit);
	if (offset > 0)
		client_add_int(b, "offset", offset);
	return true;
}

bool
page_api(const struct web *web, const struct url *url, struct reply *reply, GError **error)
{
	const char *verb = url->segment[1];

	if (!g_strv_contains(verbs, verb)) {
		g_set_error(error, WEB_ERROR, WEB_ERROR_NOT_FOUND, "There is no \"%s\".", verb);
		return false;
	}
	JsonBuilder *request = client_request(verb);
	if (!add_wishes(url, request, error)) {
		g_object_unref(request);
		return false;
	}
	SCOPED(answer) answer = ask_rows(web->ask, request, error);
	if (answer == NULL)
		return false;
	JsonBuilder *b = json_builder_new();
	json_builder_begin_object(b);
	client_add_int(b, "found", answer->found);
	add_rows(b, "rows", answer->rows);
	json_builder_end_object(b);
	reply->body = to_bytes(b);
	reply->type = "application/json";
	return true;
}
