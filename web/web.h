/*
 * What all pages share, and what a page is: a function from an address to a reply.
 */
#ifndef VCL_WEB_WEB_H
#define VCL_WEB_WEB_H

#include <glib.h>
#include <stdbool.h>

#include "client/tone.h"
#include "web/ask.h"
#include "web/html.h"
#include "web/url.h"

struct graphs;

/* Immutable while the server runs. */
struct web {
	const char *base; /* path below which a proxy shows us: "" or "/sub" */
	struct ask *ask;
	struct graphs *graphs;
	const char *const *hosts; /* names that we have besides those of hosts.h; may be NULL */
};

/* What goes out.  Filled by the page; the server adds what all replies have. */
struct reply {
	unsigned status; /* 0: 200 */
	GBytes *body;
	const char *type; /* "text/html; charset=utf-8" when NULL */
	char *location;   /* of a redirection */
	char *plot, *marks; /* where the data is in a picture, and what is marked: graph.h */
	int max_age;      /* seconds that it may be used unasked; 0: ask whether it changed */
	bool immutable;   /* the address changes when the content does */
};

void reply_clear(struct reply *);

typedef bool web_page(const struct web *, const struct url *, struct reply *, GError **);

/* --- what the pages are made with: page.c */

struct page {
	const struct web *web;
	const struct url *url;
	struct html *html;
};

/*
 * Begins a page: its head, the navigation with `where` marked, the place for its content.
 * `refresh`: seconds after which a script brings it up to date; 0: never.
 */
void page_begin(struct page *, const struct web *, const struct url *, const char *title,
    const char *where, int refresh);
void page_end(struct page *, struct reply *);

/* The page that says what went wrong, with its status. */
void page_error(const struct web *, const GError *, struct reply *);

/* A section with a title, and a link to more of it unless that is NULL. */
void page_section(struct page *, const char *title, const char *link, const char *more);
void page_section_end(struct page *);

/* Text in the tone of a state: a mark, its colour and its words. */
void page_badge(struct page *, const char *words, enum tone);

/* A bar of `part` in `whole`, and behind it the words; 0 for `whole`: only the words. */
void page_bar(struct page *, double part, double whole, enum tone, const char *words);

/* A name and its value, within <dl>; nothing when there is no value.  Takes the value. */
void page_fact(struct page *, const char *name, char *value);

/* A link to an object's page with its name; only the name where there is no page. */
void link_vm(struct page *, const char *uuid, const char *name);
void link_node(struct page *, const char *name);
void link_pool(struct page *, int64_t index, const char *name);
void link_volume(struct page *, int64_t index, const char *name);
void link_app(struct page *, const char *name);

/* To a disk or NIC of a VM: "disk" and "vda", "nic" and "52:54:00:12:34:56". */
void link_device(struct page *, const char *uuid, const char *kind, const char *id);

/* By a row's columns vclEventObjectKind, ...Uuid, ...ObjectIndex and ...Name, say. */
void link_object(struct page *, JsonObject *row, const char *prefix);

#endif
