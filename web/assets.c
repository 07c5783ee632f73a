/* Files of the pages: style, script, icon. */
#include "web/assets.h"

#include <gio/gio.h>
#include <string.h>

#include "web/resources.h"

#define HASH_LENGTH 12

static const struct {
	const char *name, *type;
} assets[] = {
	{ "style.css", "text/css; charset=utf-8" },
	{ "script.js", "text/javascript; charset=utf-8" },
	{ "icon.svg", "image/svg+xml" },
};

static GBytes *
find_asset(const char *name)
{
	g_autofree char *path = g_strconcat("/virtcluster/", name, NULL);

	return g_resource_lookup_data(web_get_resource(), path, G_RESOURCE_LOOKUP_FLAGS_NONE,
	    NULL);
}

static char *
hash_of(GBytes *bytes)
{
	char *hash = g_compute_checksum_for_bytes(G_CHECKSUM_SHA256, bytes);

	hash[HASH_LENGTH] = '\0';
	return hash;
}

char *
asset_link(const char *base, const char *name)
{
	g_autoptr(GBytes) bytes = find_asset(name);
	g_autofree char *hash = hash_of(bytes);

	return g_strdup_printf("%s/static/%s/%s", base, hash, name);
}

bool
page_asset(const struct web *web, const struct url *url, struct reply *reply, GError **error)
{
	const char *hash = url->segment[1], *name = url->segment[2];

	for (size_t i = 0; i < G_N_ELEMENTS(assets); i++) {
		if (strcmp(assets[i].name, name) != 0)
			continue;
		reply->body = find_asset(name);
		reply->type = assets[i].type;
		g_autofree char *present = hash_of(reply->body);
		reply->immutable = strcmp(present, hash) == 0;
		return true;
	}
	g_set_error(error, WEB_ERROR, WEB_ERROR_NOT_FOUND, "There is no file of that name.");
	return false;
}

bool
page_icon(const struct web *web, const struct url *url, struct reply *reply, GError **error)
{
	reply->body = find_asset("icon.svg");
	reply->type = "image/svg+xml";
	reply->max_age = 86400;
	return true;
}
