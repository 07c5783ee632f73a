/* Which page answers which address. */
#include "web/routes.h"

#include <string.h>

#include "web/api.h"
#include "web/assets.h"
#include "web/graph.h"
#include "web/metrics.h"
#include "web/pages.h"

static const struct route routes[] = {
	{ "", page_overview },
	{ "vms", page_vms },
	{ "vm/*", page_vm },
	{ "vm/*/disk/*", page_disk },
	{ "vm/*/nic/*", page_nic },
	{ "nodes", page_nodes },
	{ "node/*", page_node },
	{ "pools", page_pools },
	{ "pool/*", page_pool },
	{ "volume/*", page_volume },
	{ "exports", page_exports },
	{ "apps", page_apps },
	{ "app/*", page_app },
	{ "alarms", page_alarms },
	{ "events", page_events },
	{ "jobs", page_jobs },
	{ "top", page_top },
	{ "trends", page_trends },
	{ "graph/*/*/*", page_picture, CREW_PICTURES },
	{ "static/*/*", page_asset },
	{ "favicon.ico", page_icon },
	{ "api/series", page_series, CREW_PICTURES, FORM_JSON },
	{ "api/*", page_api, CREW_PAGES, FORM_JSON },
	{ "metrics", page_metrics, CREW_PAGES, FORM_TEXT },
};

static bool
fits(const char *pattern, const struct url *url)
{
	g_auto(GStrv) parts = g_strsplit(pattern, "/", -1);

	if (g_strv_length(parts) != url->segments)
		return false;
	for (size_t i = 0; i < url->segments; i++)
		if (strcmp(parts[i], "*") != 0 && strcmp(parts[i], url->segment[i]) != 0)
			return false;
	return true;
}

const struct route *
route_find(const struct url *url)
{
	for (size_t i = 0; i < G_N_ELEMENTS(routes); i++)
		if (fits(routes[i].pattern, url))
			return &routes[i];
	return NULL;
}

void
route_fail(const struct route *route, const struct web *web, const GError *error,
    struct reply *reply)
{
	enum route_form form = route != NULL ? route->form : FORM_HTML;

	page_error(web, error, reply); /* the status; and the page, for people */
	if (form == FORM_HTML)
		return;
	g_bytes_unref(reply->body);
	if (form == FORM_JSON) {
		reply->body = api_error(error);
		reply->type = "application/json";
	} else {
		g_autofree char *text = g_strconcat(error->message, "\n", NULL);
		reply->body = g_bytes_new(text, strlen(text));
		reply->type = "text/plain; charset=utf-8";
	}
}

void
route_run(const struct route *route, const struct web *web, const struct url *url,
    struct reply *reply)
{
	g_autoptr(GError) error = NULL;

	if (route == NULL)
		g_set_error_literal(&error, WEB_ERROR, WEB_ERROR_NOT_FOUND,
		    "Nothing is shown at this address.");
	else if (route->page(web, url, reply, &error))
		return;
	route_fail(route, web, error, reply);
}
