/* What the pages are made with: the frame, and small parts. */
#include "config.h"

#include <string.h>

#include "client/format.h"
#include "web/assets.h"
#include "web/web.h"

void
reply_clear(struct reply *reply)
{
	g_clear_pointer(&reply->body, g_bytes_unref);
	g_clear_pointer(&reply->location, g_free);
	g_clear_pointer(&reply->plot, g_free);
	g_clear_pointer(&reply->marks, g_free);
}

/* --- the frame */

static const struct {
	const char *path, *title;
} places[] = {
	{ "", "Overview" },
	{ "vms", "VMs" },
	{ "nodes", "Nodes" },
	{ "pools", "Pools" },
	{ "alarms", "Alarms" },
	{ "events", "Events" },
	{ "jobs", "Jobs" },
	{ "top", "Top" },
	{ "trends", "Trends" },
};

static void
put_head(struct page *p, const char *title, int reload)
{
	struct html *h = p->html;
	g_autofree char *style = asset_link(p->web->base, "style.css");
	g_autofree char *script = asset_link(p->web->base, "script.js");
	g_autofree char *icon = asset_link(p->web->base, "icon.svg");
	g_autofree char *seconds = g_strdup_printf("%d", reload);

	html_begin(h, "head", NULL);
	html_void(h, "meta", "charset", "utf-8", NULL);
	html_begin(h, "title", NULL);
	html_textf(h, "%s · virtcluster", title);
	html_end(h, "title");
	html_void(h, "meta", "name", "viewport", "content",
	    "width=device-width, initial-scale=1", NULL);
	html_void(h, "meta", "name", "color-scheme", "content", "light dark", NULL);
	if (reload > 0)
		html_void(h, "meta", "http-equiv", "refresh", "content", seconds, NULL);
	html_void(h, "link", "rel", "icon", "type", "image/svg+xml", "href", icon, NULL);
	html_void(h, "link", "rel", "stylesheet", "href", style, NULL);
	html_leaf(h, "script", NULL, "src", script, "defer", "", NULL);
	html_end(h, "head");
}

static void
put_search(struct page *p)
{
	g_autoptr(GString) to = url_link(p->web->base, "vms", NULL);

	html_begin(p->html, "form", "class", "search", "role", "search", "action", to->str,
	    NULL);
	html_void(p->html, "input", "type", "search", "name", "q", "placeholder", "Find a VM",
	    "aria-label", "Find a VM", "maxlength", "255", "accesskey", "f", NULL);
	html_end(p->html, "form");
}

static void
put_navigation(struct page *p, const char *where)
{
	struct html *h = p->html;
	g_autoptr(GString) home = url_link(p->web->base, NULL);

	html_begin(h, "header", NULL);
	html_leaf(h, "a", "virtcluster", "class", "brand", "href", home->str, NULL);
	html_begin(h, "nav", "aria-label", "Pages", NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(places); i++) {
		const char *path = places[i].path;
		g_autoptr(GString) to =
		    url_link(p->web->base, *path != '\0' ? path : NULL, NULL);
		bool here = where != NULL && strcmp(path, where) == 0;
		html_leaf(h, "a", places[i].title, "href", to->str, "aria-current",
		    here ? "page" : NULL, NULL);
	}
	html_end(h, "nav");
	put_search(p);
	html_leaf(h, "span", NULL, "id", "pulse", "role", "status", NULL);
	html_end(h, "header");
}

static void
begin(struct page *p, const struct web *web, const struct url *url, const char *title,
    const char *where, int refresh, int reload)
{
	g_autofree char *seconds = g_strdup_printf("%d", refresh);

	*p = (struct page){ .web = web, .url = url, .html = html_new() };
	html_doctype(p->html);
	html_begin(p->html, "html", "lang", "en", NULL);
	put_head(p, title, reload);
	html_begin(p->html, "body", "data-refresh", refresh > 0 ? seconds : NULL, NULL);
	html_leaf(p->html, "a", "Skip to the content", "class", "skip", "href", "#live", NULL);
	put_navigation(p, where);
	html_begin(p->html, "main", "id", "live", "tabindex", "-1", NULL);
}

void
page_begin(struct page *p, const struct web *web, const struct url *url, const char *title,
    const char *where, int refresh)
{
	begin(p, web, url, title, where, refresh, 0);
}

void
page_end(struct page *p, struct reply *reply)
{
	html_end(p->html, "main");
	html_begin(p->html, "footer", NULL);
	html_text(p->html,
	    "virtcluster " PACKAGE_VERSION " · read only · times are local to the server");
	html_end(p->html, "footer");
	html_end(p->html, "body");
	html_end(p->html, "html");
	reply->body = html_finish(p->html);
}

/* --- errors */

#define RELOAD 5 /* seconds until a page that could not be made is tried again */

static const struct failure {
	enum web_error code;
	unsigned status;
	const char *title;
	bool passes; /* by itself: the page reloads */
} failures[] = {
	{ WEB_ERROR_BAD, 400, "This cannot be shown", false },
	{ WEB_ERROR_NOT_FOUND, 404, "There is no such page", false },
	{ WEB_ERROR_HOST, 421, "Not under this name", false },
	{ WEB_ERROR_MISSING, 501, "This cannot be shown yet", false },
	{ WEB_ERROR_AWAY, 503, "The daemon does not answer", true },
	{ WEB_ERROR_BUSY, 503, "Too much at once", true },
};

void
page_error(const struct web *web, const GError *error, struct reply *reply)
{
	const struct failure *f = &failures[0];
	struct page p;

	for (size_t i = 0; i < G_N_ELEMENTS(failures); i++)
		if (g_error_matches(error, WEB_ERROR, (gint)failures[i].code))
			f = &failures[i];
	reply_clear(reply);
	*reply = (struct reply){ .status = f->status };
	begin(&p, web, NULL, f->title, NULL, 0, f->passes ? RELOAD : 0);
	html_begin(p.html, "div", "class", "notice", NULL);
	html_leaf(p.html, "h1", f->title, NULL);
	html_leaf(p.html, "p", error->message, NULL);
	if (f->passes)
		html_leaf(p.html, "p", "This page tries again every few seconds.", NULL);
	html_end(p.html, "div");
	page_end(&p, reply);
}

/* --- parts */

void
page_section(struct page *p, const char *title, const char *link, const char *more)
{
	html_begin(p->html, "section", NULL);
	html_begin(p->html, "h2", NULL);
	html_text(p->html, title);
	if (link != NULL)
		html_leaf(p->html, "a", more, "class", "more", "href", link, NULL);
	html_end(p->html, "h2");
}

void
page_section_end(struct page *p)
{
	html_end(p->html, "section");
}

static const char *const tone_names[] = {
	[TONE_PLAIN] = "plain",
	[TONE_GOOD] = "good",
	[TONE_WARN] = "warn",
	[TONE_BAD] = "bad",
	[TONE_FAINT] = "faint",
	[TONE_TITLE] = "plain",
};

void
page_badge(struct page *p, const char *words, enum tone tone)
{
	g_autofree char *class = g_strconcat("badge ", tone_names[tone], NULL);

	html_leaf(p->html, "span", words, "class", class, NULL);
}

/* Of an attribute, whatever the locale's decimal point. */
static char *
number_of(double number)
{
	char text[G_ASCII_DTOSTR_BUF_SIZE];

	return g_strdup(g_ascii_formatd(text, sizeof(text), "%.2f", number));
}

void
page_bar(struct page *p, double part, double whole, enum tone tone, const char *words)
{
	struct html *h = p->html;

	html_begin(h, "span", "class", "level", NULL);
	if (whole > 0) {
		g_autofree char *width = number_of(100 * CLAMP(part / whole, 0, 1));
		html_begin(h, "svg", "class", "bar", "viewBox", "0 0 100 8",
		    "preserveAspectRatio", "none", "aria-hidden", "true", NULL);
		html_leaf(h, "rect", NULL, "class", "track", "width", "100", "height", "8", NULL);
		html_leaf(h, "rect", NULL, "class", tone_names[tone], "width", width, "height",
		    "8", NULL);
		html_end(h, "svg");
	}
	html_leaf(h, "span", words, NULL);
	html_end(h, "span");
}

void
page_fact(struct page *p, const char *name, char *value)
{
	if (value != NULL && *value != '\0') {
		html_begin(p->html, "div", NULL);
		html_leaf(p->html, "dt", name, NULL);
		html_begin(p->html, "dd", NULL);
		html_leaf(p->html, "bdi", value, NULL);
		html_end(p->html, "dd");
		html_end(p->html, "div");
	}
	g_free(value);
}

/* --- links to objects */

/* Names may run from right to left; <bdi> keeps that among themselves. */
static void
put_link(struct page *p, GString *to, const char *name)
{
	html_begin(p->html, "a", "href", to->str, NULL);
	html_leaf(p->html, "bdi", name, NULL);
	html_end(p->html, "a");
	g_string_free(to, TRUE);
}

void
link_vm(struct page *p, const char *uuid, const char *name)
{
	if (uuid == NULL || *uuid == '\0')
		html_leaf(p->html, "bdi", name, NULL);
	else
		put_link(p, url_link(p->web->base, "vm", uuid, NULL),
		    name != NULL ? name : uuid);
}

void
link_node(struct page *p, const char *name)
{
	if (name == NULL || *name == '\0')
		html_text(p->html, "–");
	else
		put_link(p, url_link(p->web->base, "node", name, NULL), name);
}

void
link_app(struct page *p, const char *name)
{
	if (name != NULL && *name != '\0')
		put_link(p, url_link(p->web->base, "app", name, NULL), name);
}

/* Of what addresses call by its index; 0: it has no page. */
static void
link_index(struct page *p, const char *kind, int64_t index, const char *name)
{
	g_autofree char *number = g_strdup_printf("%" G_GINT64_FORMAT, index);

	if (index <= 0)
		html_leaf(p->html, "bdi", name, NULL);
	else
		put_link(p, url_link(p->web->base, kind, number, NULL),
		    name != NULL && *name != '\0' ? name : number);
}

void
link_pool(struct page *p, int64_t index, const char *name)
{
	link_index(p, "pool", index, name);
}

void
link_volume(struct page *p, int64_t index, const char *name)
{
	link_index(p, "volume", index, name);
}

void
link_device(struct page *p, const char *uuid, const char *kind, const char *id)
{
	g_autofree char *plain = g_strdelimit(g_strdup(id), ":", '-');

	if (uuid == NULL || id == NULL || *id == '\0')
		html_leaf(p->html, "bdi", id, NULL);
	else
		put_link(p, url_link(p->web->base, "vm", uuid, kind, plain, NULL), id);
}

/* The row's column PREFIX...ENDING. */
static const char *
text_of(JsonObject *row, const char *prefix, const char *ending)
{
	g_autofree char *key = g_strconcat(prefix, ending, NULL);

	return row_text(row, key);
}

void
link_object(struct page *p, JsonObject *row, const char *prefix)
{
	const char *kind = text_of(row, prefix, "ObjectKind");
	const char *name = text_of(row, prefix, "Name");
	const char *uuid = text_of(row, prefix, "Uuid");
	g_autofree char *index = g_strconcat(prefix, "ObjectIndex", NULL);

	if (name == NULL)
		name = text_of(row, prefix, "ObjectName");
	if (uuid == NULL)
		uuid = text_of(row, prefix, "ObjectUuid");
	if (g_strcmp0(kind, "vm") == 0)
		link_vm(p, uuid, name);
	else if (g_strcmp0(kind, "node") == 0)
		link_node(p, name);
	else if (g_strcmp0(kind, "app") == 0)
		link_app(p, name);
	else if (g_strcmp0(kind, "pool") == 0)
		link_pool(p, row_int(row, index), name);
	else if (g_strcmp0(kind, "volume") == 0)
		link_volume(p, row_int(row, index), name);
	else
		html_leaf(p->html, "bdi", name != NULL ? name : "–", NULL);
}
