/* A page that is a listing with filters. */
#include "web/listing.h"

#include <string.h>

#define MOST_FILTERS 4

const char *const listing_health[] = { "critical", "warning", "unknown", "ok", NULL };
const char *const listing_severity[] = { "critical", "warning", "info", NULL };

/* What the address chose, one for each filter; "" is nothing. */
struct choice {
	const char *word[MOST_FILTERS];
};

static bool
get_choice(const struct listing *l, const struct url *url, struct choice *choice,
    GError **error)
{
	for (size_t i = 0; l->filters[i].name != NULL; i++) {
		const struct listing_filter *f = &l->filters[i];
		const char *text = url_get(url, f->name);
		if (f->words == NULL)
			choice->word[i] = text != NULL ? text : "";
		else if (!url_get_word(url, f->name, f->words, &choice->word[i], error))
			return false;
	}
	return true;
}

static void
add_condition(JsonBuilder *b, const struct listing_filter *f, const char *word)
{
	json_builder_set_member_name(b, f->column);
	json_builder_begin_array(b);
	for (size_t i = 0; f->worst && strcmp(f->words[i], word) != 0; i++)
		json_builder_add_string_value(b, f->words[i]);
	json_builder_add_string_value(b, word);
	json_builder_end_array(b);
}

static JsonBuilder *
request_of(const struct listing *l, const struct url *url, const struct choice *choice,
    const struct view_part *part)
{
	JsonBuilder *b = view_request(l->view);
	const char *match = url_get(url, "q");

	view_part_ask(l->view, part, b);
	if (match != NULL && *match != '\0' && l->searched)
		client_add_text(b, "match", match);
	for (size_t i = 0; l->filters[i].name != NULL; i++)
		if (l->filters[i].column == NULL && *choice->word[i] != '\0')
			client_add_text(b, l->filters[i].name, choice->word[i]);
	json_builder_set_member_name(b, "where");
	json_builder_begin_object(b);
	for (size_t i = 0; l->filters[i].name != NULL; i++)
		if (l->filters[i].column != NULL && *choice->word[i] != '\0')
			add_condition(b, &l->filters[i], choice->word[i]);
	json_builder_end_object(b);
	return b;
}

static void
put_field(struct page *p, const char *name, const char *title, const char *type,
    const char *value)
{
	html_begin(p->html, "label", NULL);
	html_leaf(p->html, "span", title, NULL);
	html_void(p->html, "input", "type", type, "name", name, "value", value, "maxlength",
	    "255", NULL);
	html_end(p->html, "label");
}

static void
put_hidden(struct page *p, const char *name, const char *value)
{
	if (value != NULL)
		html_void(p->html, "input", "type", "hidden", "name", name, "value", value, NULL);
}

static void
put_form(struct page *p, const struct listing *l, const struct choice *choice)
{
	g_autoptr(GString) to = url_link(p->web->base, l->where, NULL);
	const char *sort = url_get(p->url, "sort"), *desc = url_get(p->url, "desc");

	html_begin(p->html, "form", "class", "filters", "action", to->str, NULL);
	if (l->searched)
		put_field(p, "q", "Search", "search", url_get(p->url, "q"));
	for (size_t i = 0; l->filters[i].name != NULL; i++) {
		const struct listing_filter *f = &l->filters[i];
		if (f->words != NULL)
			view_put_choice(p, f->name, f->title, f->words, choice->word[i]);
		else
			put_field(p, f->name, f->title, "text", choice->word[i]);
	}
	put_hidden(p, "sort", sort);
	put_hidden(p, "desc", desc);
	html_leaf(p->html, "button", "Show", "type", "submit", NULL);
	if (p->url->names->len > 0)
		html_leaf(p->html, "a", "All", "class", "reset", "href", to->str, NULL);
	html_end(p->html, "form");
}

bool
listing_page(const struct listing *l, const struct web *web, const struct url *url,
    struct reply *reply, GError **error)
{
	struct view_part part;
	struct choice choice;
	struct page p;

	if (!get_choice(l, url, &choice, error) || !view_part_get(l->view, url, &part, error))
		return false;
	SCOPED(answer) answer =
	    ask_rows(web->ask, request_of(l, url, &choice, &part), error);
	if (answer == NULL)
		return false;
	page_begin(&p, web, url, l->title, l->of != NULL ? l->of : l->where, l->refresh);
	html_leaf(p.html, "h1", l->title, NULL);
	if (l->searched || l->filters[0].name != NULL)
		put_form(&p, l, &choice);
	view_put_part(&p, l->view, &part, answer);
	if (l->extra != NULL)
		l->extra(&p);
	page_end(&p, reply);
	return true;
}
