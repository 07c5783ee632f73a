/* Listings. */
#include "web/view.h"

#include <string.h>

#include "client/format.h"

#define NOTHING "–"

/* --- cells */

static char *
words_in(JsonObject *row, const struct view_column *c)
{
	char *words = (c->format != NULL ? c->format : format_text)(row, c->key);

	if (words != NULL && *words == '\0')
		g_clear_pointer(&words, g_free);
	return words;
}

static enum tone
tone_in(JsonObject *row, const struct view_column *c)
{
	return c->tone != NULL ? c->tone(row, c->key) : TONE_PLAIN;
}

void
show_text(struct page *p, JsonObject *row, const struct view_column *c)
{
	g_autofree char *words = words_in(row, c);

	html_leaf(p->html, "bdi", words != NULL ? words : NOTHING, NULL);
}

void
show_number(struct page *p, JsonObject *row, const struct view_column *c)
{
	g_autofree char *words = words_in(row, c);
	enum tone tone = tone_in(row, c);

	if (words != NULL && (tone == TONE_WARN || tone == TONE_BAD))
		page_badge(p, words, tone);
	else
		html_text(p->html, words != NULL ? words : NOTHING);
}

void
show_badge(struct page *p, JsonObject *row, const struct view_column *c)
{
	g_autofree char *words = words_in(row, c);

	if (words == NULL)
		html_text(p->html, NOTHING);
	else
		page_badge(p, words, tone_in(row, c));
}

void
show_bar(struct page *p, JsonObject *row, const struct view_column *c)
{
	g_autofree char *words = words_in(row, c);
	enum tone tone = tone_in(row, c);

	if (words == NULL)
		html_text(p->html, NOTHING);
	else
		page_bar(p, (double)row_int(row, c->key), 10000, tone, words);
}

void
show_vm(struct page *p, JsonObject *row, const struct view_column *c)
{
	link_vm(p, row_text(row, "vclVmUuid"), row_text(row, c->key));
}

void
show_node(struct page *p, JsonObject *row, const struct view_column *c)
{
	link_node(p, row_text(row, c->key));
}

void
show_pool(struct page *p, JsonObject *row, const struct view_column *c)
{
	link_pool(p, row_int(row, "vclPoolIndex"), row_text(row, c->key));
}

void
show_object(struct page *p, JsonObject *row, const struct view_column *c)
{
	static const char *const prefixes[] = { "vclEvent", "vclAlarm", "vclJob" };

	for (size_t i = 0; i < G_N_ELEMENTS(prefixes); i++)
		if (g_str_has_prefix(c->key, prefixes[i]))
			link_object(p, row, prefixes[i]);
}

void
show_when(struct page *p, JsonObject *row, const struct view_column *c)
{
	g_autofree char *words = words_in(row, c);

	html_leaf(p->html, "time", words != NULL ? words : NOTHING, "datetime",
	    row_text(row, c->key), NULL);
}

/* --- the request */

static void
add_keys(GString *keys, const char *words)
{
	if (words != NULL)
		g_string_append_printf(keys, "%s%s", keys->len > 0 ? " " : "", words);
}

JsonBuilder *
view_request(const struct view *view)
{
	JsonBuilder *b = client_request(view->verb);
	g_autoptr(GString) keys = g_string_new(NULL);

	for (const struct view_column *c = view->columns; c->key != NULL; c++) {
		add_keys(keys, c->key);
		add_keys(keys, c->with);
	}
	ask_columns(b, keys->str);
	return b;
}

/* --- the table */

static bool
is_numeric(const struct view_column *c)
{
	return c->show == show_number;
}

static const char *
class_of(const struct view_column *c)
{
	if (c->brief)
		return "text brief";
	if (is_numeric(c))
		return c->wide ? "number wide" : "number";
	if (c->show == show_text)
		return c->wide ? "text wide" : "text";
	return c->wide ? "wide" : NULL;
}

static void
put_row(struct page *p, const struct view *view, JsonObject *row)
{
	html_begin(p->html, "tr", NULL);
	for (const struct view_column *c = view->columns; c->key != NULL; c++) {
		html_begin(p->html, c == view->columns ? "th" : "td", "class", class_of(c),
		    "scope", c == view->columns ? "row" : NULL, "data-label", c->title, NULL);
		c->show(p, row, c);
		html_end(p->html, c == view->columns ? "th" : "td");
	}
	html_end(p->html, "tr");
}

/* The same page, with what the address says but for the order and the place. */
static GString *
link_with(struct page *p, const char *const *but)
{
	GString *link = url_same(p->web->base, p->url);

	for (guint i = 0; i < p->url->names->len; i++)
		if (!g_strv_contains(but, p->url->names->pdata[i]))
			url_add(link, p->url->names->pdata[i], p->url->values->pdata[i]);
	return link;
}

static void
put_head(struct page *p, const struct view_column *c, const struct view_part *part)
{
	static const char *const but[] = { "sort", "desc", "page", NULL };
	bool sorted = part != NULL && part->sort == c;
	const char *order = !sorted ? NULL : part->descending ? "descending" : "ascending";

	html_begin(p->html, "th", "scope", "col", "class", class_of(c), "aria-sort", order, NULL);
	if (part == NULL || c->sort == NULL) {
		html_text(p->html, c->title);
	} else {
		/* numbers are wanted from the largest on, names from the first */
		bool descending = sorted ? !part->descending : c->show == show_number ||
		    c->show == show_bar;
		g_autoptr(GString) link = link_with(p, but);
		url_add(link, "sort", c->sort);
		url_add(link, "desc", descending ? "1" : "0");
		html_leaf(p->html, "a", c->title, "href", link->str, NULL);
	}
	html_end(p->html, "th");
}

static void
put_table(struct page *p, const struct view *view, const struct view_part *part,
    GPtrArray *rows)
{
	if (rows->len == 0) {
		html_leaf(p->html, "p", view->none, "class", "none", NULL);
		return;
	}
	html_begin(p->html, "div", "class", "scroll", NULL);
	html_begin(p->html, "table", NULL);
	html_begin(p->html, "thead", NULL);
	html_begin(p->html, "tr", NULL);
	for (const struct view_column *c = view->columns; c->key != NULL; c++)
		put_head(p, c, part);
	html_end(p->html, "tr");
	html_end(p->html, "thead");
	html_begin(p->html, "tbody", NULL);
	for (guint i = 0; i < rows->len; i++)
		put_row(p, view, rows->pdata[i]);
	html_end(p->html, "tbody");
	html_end(p->html, "table");
	html_end(p->html, "div");
}

void
view_put(struct page *p, const struct view *view, GPtrArray *rows)
{
	put_table(p, view, NULL, rows);
}

/* --- a page of many rows */

#define ROWS 50
#define MOST_ROWS 200
#define MOST_PAGES 20000

static const struct view_column *
find_sort(const struct view *view, const char *sort, GError **error)
{
	for (const struct view_column *c = view->columns; c->key != NULL; c++)
		if (c->sort != NULL && strcmp(c->sort, sort) == 0)
			return c;
	g_set_error(error, WEB_ERROR, WEB_ERROR_BAD, "There is no column \"%s\" to sort by.",
	    sort);
	return NULL;
}

static const struct view_column *
column_of(const struct view *view, const char *key)
{
	for (const struct view_column *c = view->columns; c->key != NULL; c++)
		if (g_strcmp0(c->key, key) == 0)
			return c;
	return NULL;
}

bool
view_part_get(const struct view *view, const struct url *url, struct view_part *part,
    GError **error)
{
	const char *sort = url_get(url, "sort");
	int64_t descending = view->descending;

	*part = (struct view_part){ .sort = column_of(view, view->sort), .page = 1,
		.rows = ROWS };
	if (sort != NULL && *sort != '\0') {
		part->sort = find_sort(view, sort, error);
		descending = 0;
		if (part->sort == NULL)
			return false;
	}
	if (!url_get_int(url, "desc", 0, 1, &descending, error) ||
	    !url_get_int(url, "page", 1, MOST_PAGES, &part->page, error) ||
	    !url_get_int(url, "rows", 1, MOST_ROWS, &part->rows, error))
		return false;
	part->descending = descending != 0;
	return true;
}

void
view_part_ask(const struct view *view, const struct view_part *part, JsonBuilder *b)
{
	if (part->sort != NULL)
		client_add_text(b, "sort", part->sort->key);
	client_add_bool(b, "descending", part->descending);
	if (part->page > 1)
		client_add_int(b, "offset", (part->page - 1) * part->rows);
	client_add_int(b, "limit", part->rows);
}

static void
put_page_link(struct page *p, const char *words, int64_t page, bool there)
{
	static const char *const but[] = { "page", NULL };
	g_autoptr(GString) link = link_with(p, but);

	url_add_int(link, "page", page);
	if (there)
		html_leaf(p->html, "a", words, "href", link->str, NULL);
	else
		html_leaf(p->html, "span", words, "class", "off", NULL);
}

static void
put_pages(struct page *p, const struct view_part *part, int64_t found, guint shown)
{
	int64_t pages = MAX((found + part->rows - 1) / part->rows, 1);
	int64_t first = (part->page - 1) * part->rows + 1;

	html_begin(p->html, "nav", "class", "pages", "aria-label", "Parts", NULL);
	put_page_link(p, "‹ previous", part->page - 1, part->page > 1);
	html_begin(p->html, "span", NULL);
	if (shown == 0)
		html_textf(p->html, "none of %" G_GINT64_FORMAT, found);
	else
		html_textf(p->html,
		    "%" G_GINT64_FORMAT "–%" G_GINT64_FORMAT " of %" G_GINT64_FORMAT, first,
		    first + shown - 1, found);
	html_end(p->html, "span");
	put_page_link(p, "next ›", part->page + 1, part->page < pages);
	html_end(p->html, "nav");
}

void
view_put_part(struct page *p, const struct view *view, const struct view_part *part,
    const struct answer *answer)
{
	put_table(p, view, part, answer->rows);
	if (answer->found > 0)
		put_pages(p, part, answer->found, answer->rows->len);
}

void
view_put_choice(struct page *p, const char *name, const char *title,
    const char *const *words, const char *chosen)
{
	html_begin(p->html, "label", NULL);
	html_leaf(p->html, "span", title, NULL);
	html_begin(p->html, "select", "name", name, NULL);
	html_leaf(p->html, "option", "any", "value", "", NULL);
	for (; *words != NULL; words++) {
		g_autofree char *plain = words_of(*words);
		html_leaf(p->html, "option", plain, "value", *words, "selected",
		    g_strcmp0(*words, chosen) == 0 ? "" : NULL, NULL);
	}
	html_end(p->html, "select");
	html_end(p->html, "label");
}
