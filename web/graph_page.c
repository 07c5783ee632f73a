/* Pictures within a page, and the links that change their span. */
#include "web/graph.h"

#include <string.h>

#include "client/format.h"

#define SECOND G_USEC_PER_SEC

static GString *
link_of(struct page *p, const char *kind, const char *id, const char *graph,
    const struct span *span, const char *size, const char *theme)
{
	g_autofree char *file = g_strconcat(graph, ".svg", NULL);
	GString *link = url_link(p->web->base, "graph", kind, id, file, NULL);

	/* two times, so that the next moment's picture has another address */
	url_add_int(link, "from", span->from);
	url_add_int(link, "to", span->to);
	url_add(link, "size", size);
	url_add(link, "theme", theme);
	return link;
}

#define DARK  "(prefers-color-scheme: dark)"
#define SMALL "(max-width: 600px)"

static void
put_source(struct page *p, GString *link, const char *media)
{
	html_void(p->html, "source", "media", media, "srcset", link->str, NULL);
	g_string_free(link, TRUE);
}

static void
put_picture(struct page *p, const char *kind, const char *id, const char *graph,
    const struct span *span, const struct graph_size *size, const char *alt)
{
	g_autofree char *width = g_strdup_printf("%d", size->width);
	g_autofree char *height = g_strdup_printf("%d", size->height);
	g_autoptr(GString) link = link_of(p, kind, id, graph, span, size->name, NULL);

	html_begin(p->html, "picture", NULL);
	if (!size->spark) {
		put_source(p, link_of(p, kind, id, graph, span, "small", "dark"),
		    SMALL " and " DARK);
		put_source(p, link_of(p, kind, id, graph, span, "small", NULL), SMALL);
	}
	put_source(p, link_of(p, kind, id, graph, span, size->name, "dark"), DARK);
	html_void(p->html, "img", "src", link->str, "alt", alt, "width", width, "height",
	    height, "loading", "lazy", "decoding", "async", NULL);
	html_end(p->html, "picture");
}

void
graph_put_one(struct page *p, const char *kind, const char *id, const char *graph,
    const struct span *span, const char *size, const char *alt, const char *link)
{
	const struct graph_size *s = graph_size_find(size);
	g_autofree char *from = g_strdup_printf("%" G_GINT64_FORMAT, span->from);
	g_autofree char *to = g_strdup_printf("%" G_GINT64_FORMAT, span->to);

	g_assert(s != NULL);
	html_begin(p->html, "figure", "class", "graph", "data-from", from, "data-to", to, NULL);
	html_begin(p->html, "a", "href", link, "draggable", "false", NULL);
	put_picture(p, kind, id, graph, span, s, alt);
	html_end(p->html, "a");
	html_end(p->html, "figure");
}

void
graph_put_spark(struct page *p, const char *kind, const char *id, const char *graph)
{
	struct span span = { 0 };
	int64_t now = g_get_real_time() / SECOND;

	/* a minute's pictures are the same: many rows have one */
	span.to = now - now % 60;
	span.from = span.to - span_names[0].seconds;
	put_picture(p, kind, id, graph, &span, graph_size_find("spark"), "");
}

/* --- the spans */

static void
put_step(struct page *p, const char *words, const char *class, const struct span *span)
{
	g_autoptr(GString) link = url_same(p->web->base, p->url);

	span_add(link, span);
	html_leaf(p->html, "a", words, "href", link->str, "class", class, NULL);
}

static void
put_spans(struct page *p, const struct span *span, bool all)
{
	int64_t now = g_get_real_time() / SECOND;
	struct span other = span_shift(span, -0.5, now);

	html_begin(p->html, "nav", "class", "spans", "aria-label", "Span", NULL);
	for (const struct span_name *n = span_names; n->name != NULL; n++) {
		g_autoptr(GString) link = url_same(p->web->base, p->url);
		bool here = !all && g_strcmp0(span->name, n->name) == 0;
		url_add(link, "span", n->name);
		html_leaf(p->html, "a", n->title, "href", link->str, "aria-current",
		    here ? "true" : NULL, NULL);
	}
	html_begin(p->html, "span", "class", "steps", NULL);
	put_step(p, "‹ earlier", "step", &other);
	other = span_shift(span, 0.5, now);
	put_step(p, "later ›", "step", &other);
	other = span_scale(span, 0.5, now);
	put_step(p, "+ zoom in", "step", &other);
	other = span_scale(span, 2, now);
	put_step(p, "− zoom out", "step", &other);
	html_end(p->html, "span");
	html_end(p->html, "nav");
}

/* "07-25 14:00 – 15:00" of a span that somebody chose. */
static void
put_times(struct page *p, const struct span *span)
{
	g_autoptr(GDateTime) from = g_date_time_new_from_unix_local(span->from);
	g_autoptr(GDateTime) to = g_date_time_new_from_unix_local(span->to);
	g_autofree char *a = g_date_time_format(from, "%F %T");
	g_autofree char *b = g_date_time_format(to, "%F %T");

	if (span->name == NULL)
		html_textf(p->html, "%s to %s", a, b);
}

/* --- all graphs of an object */

static void
put_each_graph(struct page *p, const struct answer *names, const char *kind, const char *id,
    const char *name, const struct span *span)
{
	for (guint i = 0; i < names->rows->len; i++) {
		JsonObject *row = names->rows->pdata[i];
		const char *graph = row_text(row, "name");
		g_autofree char *alt = g_strdup_printf("%s of %s", row_text(row, "title"), name);
		g_autoptr(GString) link = url_same(p->web->base, p->url);
		if (g_strcmp0(row_text(row, "kind"), kind) != 0 || graph == NULL)
			continue;
		url_add(link, "graph", graph);
		graph_put_one(p, kind, id, graph, span, "medium", alt, link->str);
	}
}

static void
put_each_span(struct page *p, const char *kind, const char *id, const char *name,
    const char *graph)
{
	for (const struct span_name *n = span_names; n->name != NULL; n++) {
		g_autoptr(GString) link = url_same(p->web->base, p->url);
		g_autofree char *alt = g_strdup_printf("%s of %s, %s", graph, name, n->title);
		int64_t now = g_get_real_time() / SECOND;
		int64_t step = span_fresh(&(struct span){ now - n->seconds, now, NULL }, now);
		struct span span = { .name = n->name, .to = now - now % step };
		span.from = span.to - n->seconds;
		url_add(link, "span", n->name);
		graph_put_one(p, kind, id, graph, &span, "medium", alt, link->str);
	}
}

bool
graph_put_all(struct page *p, const char *kind, const char *id, const char *name,
    GError **error)
{
	const char *graph = url_get(p->url, "graph");
	struct span span;
	SCOPED(answer) names = ask_rows(p->web->ask, client_request("graphs"), error);

	if (names == NULL || !span_get(p->url, g_get_real_time() / SECOND, &span, error))
		return false;
	if (graph != NULL && !graph_is_known(names, kind, graph)) {
		g_set_error_literal(error, WEB_ERROR, WEB_ERROR_NOT_FOUND,
		    "There is no graph of that name.");
		return false;
	}
	html_begin(p->html, "section", "class", "graphs", NULL);
	html_begin(p->html, "h2", NULL);
	html_text(p->html, graph != NULL ? "One graph, all spans " : "Graphs ");
	put_times(p, &span);
	html_end(p->html, "h2");
	put_spans(p, &span, graph != NULL);
	html_begin(p->html, "div", "class", "grid", NULL);
	if (graph != NULL)
		put_each_span(p, kind, id, name, graph);
	else
		put_each_graph(p, names, kind, id, name, &span);
	html_end(p->html, "div");
	html_end(p->html, "section");
	return true;
}
