/*
 * Which page answers which address: one table.
 */
#ifndef VCL_WEB_ROUTES_H
#define VCL_WEB_ROUTES_H

#include "web/web.h"

/* Who works for it: drawing is slow, and shall not hold up the pages. */
enum route_crew { CREW_PAGES, CREW_PICTURES, CREW_COUNT };

/* How it says that something is wrong. */
enum route_form { FORM_HTML, FORM_JSON, FORM_TEXT };

struct route {
	const char *pattern; /* segments; one that is a star is any */
	web_page *page;
	enum route_crew crew;
	enum route_form form;
};

/* NULL: there is no such page. */
const struct route *route_find(const struct url *);

/* Runs the page; in any case there is a reply afterwards.  `route` may be NULL. */
void route_run(const struct route *, const struct web *, const struct url *, struct reply *);

/* The reply for a failure that came before there was a page. */
void route_fail(const struct route *, const struct web *, const GError *, struct reply *);

#endif
