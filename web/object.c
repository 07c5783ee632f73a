/* The page of one object. */
#include "web/object.h"

#include "client/format.h"
#include "web/graph.h"

#define REFRESH 15

static void
put_title(struct page *p, const struct object_page *o, JsonObject *row)
{
	g_autofree char *state = o->state != NULL ? format_words(row, o->state) : NULL;
	g_autofree char *health = o->health != NULL ? cell_health(row, o->health) : NULL;
	const char *reason = o->reason != NULL ? row_text(row, o->reason) : NULL;

	html_begin(p->html, "div", "class", "title", NULL);
	html_begin(p->html, "h1", NULL);
	html_leaf(p->html, "bdi", row_text(row, o->name), NULL);
	html_end(p->html, "h1");
	if (state != NULL)
		page_badge(p, state, tone_state(row, o->state));
	if (health != NULL)
		page_badge(p, health, tone_health(row, o->health));
	if (reason != NULL && *reason != '\0')
		html_leaf(p->html, "bdi", reason, "class", "reason", NULL);
	if (o->context != NULL) {
		html_begin(p->html, "span", "class", "context", NULL);
		o->context(p, row);
		html_end(p->html, "span");
	}
	html_end(p->html, "div");
}

static void
put_groups(struct page *p, const struct object_page *o, JsonObject *row)
{
	html_begin(p->html, "div", "class", "facts", NULL);
	for (const struct object_group *g = o->groups; g->title != NULL; g++) {
		html_begin(p->html, "section", NULL);
		html_leaf(p->html, "h2", g->title, NULL);
		html_begin(p->html, "dl", NULL);
		for (const struct object_fact *f = g->facts; f->key != NULL; f++)
			page_fact(p, f->name, f->format != NULL ? f->format(row, f->key)
								: format_text(row, f->key));
		html_end(p->html, "dl");
		html_end(p->html, "section");
	}
	html_end(p->html, "div");
}

/* The page with all rows of that part, to be freed; NULL: there is none. */
static char *
link_of(struct page *p, const struct object_page *o, const struct object_part *part,
    JsonObject *row)
{
	if (part->list == NULL)
		return NULL;
	g_autofree char *key = format_text(row, o->key);
	GString *link = url_link(p->web->base, part->list, NULL);
	url_add(link, part->some.owner, key);
	return g_string_free(link, FALSE);
}

static bool
put_part(struct page *p, const struct object_page *o, const struct object_part *part,
    JsonObject *row, GError **error)
{
	struct view_some some = part->some;
	g_autofree char *link = link_of(p, o, part, row);

	some.index = row_int(row, o->index);
	SCOPED(answer) answer = view_some_ask(p->web->ask, &some, error);
	if (answer == NULL)
		return false;
	if (answer->rows->len == 0)
		return true;
	g_autofree char *more = answer->found > answer->rows->len
	    ? g_strdup_printf("all %" G_GINT64_FORMAT, answer->found) : g_strdup("more");
	page_section(p, part->title, link, more);
	view_put(p, some.view, answer->rows);
	if (answer->found > answer->rows->len) {
		html_begin(p->html, "p", "class", "none", NULL);
		html_textf(p->html, "and %" G_GINT64_FORMAT " more",
		    answer->found - answer->rows->len);
		html_end(p->html, "p");
	}
	page_section_end(p);
	return true;
}

static bool
put_parts(struct page *p, const struct object_page *o, JsonObject *row, GError **error)
{
	html_begin(p->html, "div", "class", "columns", NULL);
	for (const struct object_part *part = o->parts; part->title != NULL; part++)
		if (!put_part(p, o, part, row, error))
			return false;
	html_end(p->html, "div");
	return true;
}

bool
object_put(const struct object_page *o, const struct web *web, const struct url *url,
    JsonObject *row, const char *id, struct reply *reply, GError **error)
{
	const char *name = row_text(row, o->name);
	struct page p;

	page_begin(&p, web, url, name != NULL ? name : id, o->where, REFRESH);
	put_title(&p, o, row);
	bool done = o->no_graphs ||
	    graph_put_all(&p, o->kind, id, name != NULL ? name : id, error);
	if (done)
		put_groups(&p, o, row);
	done = done && put_parts(&p, o, row, error);
	if (done)
		page_end(&p, reply);
	else
		html_free(p.html);
	return done;
}

bool
object_answer(const struct object_page *o, const struct web *web, const struct url *url,
    struct reply *reply, GError **error)
{
	JsonBuilder *b = client_request(o->verb != NULL ? o->verb : o->where);

	ask_where(b, o->key, url->segment[1]);
	SCOPED(answer) answer = ask_rows(web->ask, b, error);
	if (answer == NULL)
		return false;
	JsonObject *row = answer_row(answer);
	if (row == NULL) {
		g_set_error_literal(error, WEB_ERROR, WEB_ERROR_NOT_FOUND, o->missing);
		return false;
	}
	return object_put(o, web, url, row, url->segment[1], reply, error);
}
