/* Pictures: drawn by the daemon when a browser asks for one. */
#include "web/graph.h"

#include <string.h>

#include "client/format.h"
#include "common/sync.h"
#include "web/cache.h"

#define MOST_OCTETS (48 << 20)
#define PATIENCE_MS 30000
#define SECOND	    G_USEC_PER_SEC

struct graphs {
	struct ask *ask;
	struct cache *pictures;
};

struct picture {
	refcount refs;
	GBytes *bytes;
	char *plot, *marks; /* headers; NULL: there is none */
};

const struct graph_size graph_sizes[] = {
	{ "medium", 760, 270 },
	{ "small", 400, 240 },
	{ "large", 1400, 420 },
	{ "spark", 96, 24, true },
	{ 0 },
};

static const struct format {
	const char *name, *type;
} formats[] = {
	{ "svg", "image/svg+xml" },
	{ "png", "image/png" },
};

/* --- kept pictures */

static gpointer
ref_picture(gpointer data)
{
	ref_take(&((struct picture *)data)->refs);
	return data;
}

static void
unref_picture(gpointer data)
{
	struct picture *p = data;

	if (!ref_drop(&p->refs))
		return;
	g_bytes_unref(p->bytes);
	g_free(p->plot);
	g_free(p->marks);
	g_free(p);
}

static size_t
weigh_picture(gpointer data)
{
	return g_bytes_get_size(((struct picture *)data)->bytes) + 500;
}

struct graphs *
graphs_new(struct ask *ask)
{
	static const struct cache_kind kind = { ref_picture, unref_picture, weigh_picture,
		MOST_OCTETS };
	struct graphs *g = g_new0(struct graphs, 1);

	g->ask = ask;
	g->pictures = cache_new(&kind);
	return g;
}

void
graphs_free(struct graphs *g)
{
	cache_free(g->pictures);
	g_free(g);
}

/* --- one picture */

struct wish {
	struct graphs *graphs;
	const char *kind, *id;
	char *graph;
	const struct graph_size *size;
	const struct format *format;
	struct span span;
	bool dark;
};

static struct picture *
new_picture(GBytes *bytes)
{
	struct picture *p = g_new0(struct picture, 1);

	p->refs = 1;
	p->bytes = bytes;
	return p;
}

/* What is shown where there is nothing to draw: a picture, too, for it is in its place. */
static struct picture *
draw_words(const struct wish *w, const char *words)
{
	struct html *h = html_new();
	g_autofree char *width = g_strdup_printf("%d", w->size->width);
	g_autofree char *height = g_strdup_printf("%d", w->size->height);

	html_begin(h, "svg", "xmlns", "http://www.w3.org/2000/svg", "width", width, "height",
	    height, NULL);
	if (!w->size->spark)
		html_leaf(h, "text", words, "x", "50%", "y", "50%", "text-anchor", "middle",
		    "font-family", "sans-serif", "font-size", "14", "fill",
		    w->dark ? "#98a2b3" : "#667085", NULL);
	html_end(h, "svg");
	return new_picture(html_finish(h));
}

/* Addresses call pools and volumes by their index, which may be the name of another one. */
static void
add_object(JsonBuilder *b, const char *kind, const char *id)
{
	bool indexed = strcmp(kind, "pool") == 0 || strcmp(kind, "volume") == 0;
	int64_t index = 0;

	client_add_text(b, "kind", kind);
	if (indexed && g_ascii_string_to_signed(id, 10, 1, UINT32_MAX, &index, NULL))
		client_add_int(b, "name", index);
	else if (strcmp(id, GRAPH_NO_ID) != 0)
		client_add_text(b, "name", id);
}

static JsonNode *
request_of(const struct wish *w)
{
	JsonBuilder *b = client_request("graph");

	add_object(b, w->kind, w->id);
	client_add_text(b, "graph", w->graph);
	client_add_int(b, "from", w->span.from);
	client_add_int(b, "to", w->span.to);
	client_add_int(b, "width", w->size->width);
	client_add_int(b, "height", w->size->height);
	client_add_bool(b, "dark", w->dark);
	client_add_bool(b, "spark", w->size->spark);
	client_add_text(b, "format", w->format->name);
	return client_finish(b);
}

static char *
plot_of(JsonObject *head)
{
	static const char *const keys[] = { "plot-left", "plot-top", "plot-width",
		"plot-height", "width", "height" };
	g_autoptr(GString) plot = g_string_new(NULL);

	for (size_t i = 0; i < G_N_ELEMENTS(keys); i++)
		g_string_append_printf(plot, "%s%d", i > 0 ? " " : "",
		    (int)json_object_get_int_member_with_default(head, keys[i], 0));
	return g_string_free(g_steal_pointer(&plot), FALSE);
}

#define MARKS_OCTETS 2048 /* of a header: browsers and proxies take only so much */

/* "14:03:10 migrated: moved from h1 to h2" */
static char *
words_of_mark(JsonObject *mark)
{
	const char *what = row_text(mark, "what"), *reason = row_text(mark, "reason");
	g_autoptr(GDateTime) at = g_date_time_new_from_unix_local(row_int(mark, "time"));
	g_autofree char *time = at != NULL ? g_date_time_format(at, "%F %T") : g_strdup("");

	return g_strconcat(time, " ", what != NULL ? what : "", reason != NULL ? ": " : NULL,
	    reason, NULL);
}

/* The newest marks, as many as there is room for. */
static char *
marks_of(JsonObject *head)
{
	g_autoptr(GString) marks = g_string_new(NULL);
	JsonArray *list = json_object_has_member(head, "marks")
	    ? json_object_get_array_member(head, "marks") : NULL;

	for (guint i = 0; list != NULL && i < json_array_get_length(list); i++) {
		JsonObject *mark = json_array_get_object_element(list, i);
		g_autofree char *words = words_of_mark(mark);
		g_autofree char *plain = g_uri_escape_string(words, NULL, FALSE);
		if (marks->len + strlen(plain) > MARKS_OCTETS)
			break;
		g_string_append_printf(marks, "%s%" G_GINT64_FORMAT " %s",
		    marks->len > 0 ? "," : "", row_int(mark, "time"), plain);
	}
	return marks->len > 0 ? g_string_free(g_steal_pointer(&marks), FALSE) : NULL;
}

/*
 * Cairo's style attributes as attributes: our policy forbids styles within a document, and
 * somebody may look at a picture alone.
 */
static void
put_properties(GString *out, const char *style, const char *end)
{
	while (style < end) {
		const char *colon = memchr(style, ':', (size_t)(end - style));
		const char *stop = memchr(style, ';', (size_t)(end - style));
		if (stop == NULL)
			stop = end;
		if (colon == NULL || colon > stop)
			return;
		g_string_append_printf(out, " %.*s=\"%.*s\"", (int)(colon - style), style,
		    (int)(stop - colon - 1), colon + 1);
		style = stop + 1;
	}
}

GBytes *
graph_plain_svg(GBytes *svg)
{
	static const char *const start = " style=\"";
	gsize n;
	const char *p = g_bytes_get_data(svg, &n), *end = p + n, *at;
	GString *out = g_string_sized_new(n);

	while ((at = g_strstr_len(p, end - p, start)) != NULL) {
		const char *style = at + strlen(start);
		const char *quote = memchr(style, '"', (size_t)(end - style));
		if (quote == NULL)
			break;
		g_string_append_len(out, p, at - p);
		put_properties(out, style, quote);
		p = quote + 1;
	}
	g_string_append_len(out, p, end - p);
	g_bytes_unref(svg);
	return g_string_free_to_bytes(out);
}

static struct picture *
read_picture(const struct wish *w, struct client *client, GError **error)
{
	const char *kind;
	g_autoptr(JsonObject) head = client_next(client, &kind, PATIENCE_MS, error);

	if (head == NULL)
		return NULL;
	gsize n = strcmp(kind, "graph") == 0
	    ? (gsize)json_object_get_int_member_with_default(head, "bytes", 0) : 0;
	if (n == 0 || n > MOST_OCTETS) {
		g_set_error_literal(error, CLIENT_ERROR, CLIENT_ERROR_CONNECTION,
		    "virtclusterd sent no picture");
		return NULL;
	}
	GBytes *bytes = client_bytes(client, n, error);
	if (bytes != NULL && w->format == &formats[0])
		bytes = graph_plain_svg(bytes);
	if (bytes == NULL)
		return NULL;
	struct picture *picture = new_picture(bytes);
	picture->plot = plot_of(head);
	picture->marks = marks_of(head);
	return picture;
}

static gpointer
make_picture(void *ctx, GError **error)
{
	const struct wish *w = ctx;
	GError *why = NULL;
	SCOPED(client) client = ask_open(w->graphs->ask, error);

	if (client == NULL)
		return NULL;
	g_autoptr(JsonNode) request = request_of(w);
	client_send_node(client, request);
	struct picture *picture = read_picture(w, client, &why);
	if (picture == NULL && g_error_matches(why, CLIENT_ERROR, CLIENT_ERROR_REFUSED)) {
		picture = draw_words(w, why->message);
		g_error_free(why);
	} else if (picture == NULL) {
		ask_explain(why, error);
	}
	return picture;
}

static struct picture *
get_picture(struct wish *w, int64_t fresh, GError **error)
{
	g_autofree char *key = g_strdup_printf(
	    "%s\n%s\n%s\n%" G_GINT64_FORMAT "\n%" G_GINT64_FORMAT "\n%s\n%s\n%d", w->kind,
	    w->id, w->graph, w->span.from, w->span.to, w->size->name, w->format->name, w->dark);

	return cache_get(w->graphs->pictures, key, fresh * SECOND, fresh * SECOND,
	    make_picture, w, error);
}

/* --- the address of a picture */

static bool
not_found(GError **error)
{
	g_set_error_literal(error, WEB_ERROR, WEB_ERROR_NOT_FOUND, "There is no such picture.");
	return false;
}

const struct graph_size *
graph_size_find(const char *name)
{
	for (const struct graph_size *s = graph_sizes; s->name != NULL; s++)
		if (strcmp(s->name, name) == 0)
			return s;
	return NULL;
}

static bool
get_size(const struct url *url, struct wish *w, GError **error)
{
	const char *name = url_get(url, "size");

	w->size = name == NULL || *name == '\0' ? &graph_sizes[0] : graph_size_find(name);
	if (w->size != NULL)
		return true;
	g_set_error_literal(error, WEB_ERROR, WEB_ERROR_BAD,
	    "\"size\" is small, medium, large or spark.");
	return false;
}

bool
graph_is_known(const struct answer *names, const char *kind, const char *graph)
{
	for (guint i = 0; i < names->rows->len; i++) {
		JsonObject *row = names->rows->pdata[i];
		if (g_strcmp0(row_text(row, "kind"), kind) == 0 &&
		    (graph == NULL || g_strcmp0(row_text(row, "name"), graph) == 0))
			return true;
	}
	return false;
}

static const char *const themes[] = { "light", "dark", NULL };

static bool
get_wish(const struct web *web, const struct url *url, int64_t now, struct wish *w,
    GError **error)
{
	const char *theme;

	*w = (struct wish){ .graphs = web->graphs, .kind = url->segment[1],
		.id = url->segment[2] };
	for (size_t i = 0; i < G_N_ELEMENTS(formats); i++) {
		g_autofree char *ending = g_strconcat(".", formats[i].name, NULL);
		if (w->format == NULL && g_str_has_suffix(url->segment[3], ending)) {
			w->format = &formats[i];
			w->graph = g_strndup(url->segment[3],
			    strlen(url->segment[3]) - strlen(ending));
		}
	}
	if (w->format == NULL)
		return not_found(error);
	SCOPED(answer) names = ask_rows(web->ask, client_request("graphs"), error);
	if (names == NULL)
		return false;
	if (!graph_is_known(names, w->kind, w->graph))
		return not_found(error);
	if (!get_size(url, w, error) || !span_get(url, now, &w->span, error) ||
	    !url_get_word(url, "theme", themes, &theme, error))
		return false;
	w->dark = strcmp(theme, "dark") == 0;
	return true;
}

bool
page_picture(const struct web *web, const struct url *url, struct reply *reply,
    GError **error)
{
	int64_t now = g_get_real_time() / SECOND;
	struct wish w;
	struct picture *picture = NULL;

	if (get_wish(web, url, now, &w, error)) {
		/* many rows have a spark, and nobody sees a quarter of a minute in it */
		int64_t fresh = MAX(span_fresh(&w.span, now), w.size->spark ? 60 : 0);
		picture = get_picture(&w, fresh, error);
		reply->max_age = (int)(picture != NULL && picture->plot == NULL ? 10 : fresh);
	}
	if (picture != NULL) {
		reply->body = g_bytes_ref(picture->bytes);
		reply->plot = g_strdup(picture->plot);
		reply->marks = g_strdup(picture->marks);
		reply->type = w.format->type;
		unref_picture(picture);
	}
	g_free(w.graph);
	return picture != NULL;
}
