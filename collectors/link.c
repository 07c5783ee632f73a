/* A link: one connection to a libvirt host, with what does not change while it lasts. */
#include "collectors/link.h"

#include <stdlib.h>
#include <string.h>

#include "common/virt.h"

/* The host's UUID stands in its capabilities: <capabilities><host><uuid>. */
struct uuid_search {
	unsigned depth, matched;
	char *uuid;
};

static const char *const uuid_path[] = { "capabilities", "host", "uuid" };

static void
enter_element(GMarkupParseContext *context, const char *name, const char **attributes,
    const char **values, gpointer data, GError **error)
{
	struct uuid_search *search = data;

	if (search->depth == search->matched && search->depth < G_N_ELEMENTS(uuid_path) &&
	    strcmp(name, uuid_path[search->depth]) == 0)
		search->matched++;
	search->depth++;
}

static void
leave_element(GMarkupParseContext *context, const char *name, gpointer data, GError **error)
{
	struct uuid_search *search = data;

	search->depth--;
	search->matched = MIN(search->matched, search->depth);
}

static void
note_text(GMarkupParseContext *context, const char *text, gsize length, gpointer data,
    GError **error)
{
	struct uuid_search *search = data;

	if (search->uuid == NULL && search->depth == G_N_ELEMENTS(uuid_path) &&
	    search->matched == search->depth)
		search->uuid = g_strstrip(g_strndup(text, length));
}

/* NULL when there is none that is well formed. */
static char *
find_host_uuid(const char *capabilities)
{
	static const GMarkupParser parser = { enter_element, leave_element, note_text };
	struct uuid_search search = { 0 };
	GMarkupParseContext *context = g_markup_parse_context_new(&parser, 0, &search, NULL);

	g_markup_parse_context_parse(context, capabilities, -1, NULL);
	g_markup_parse_context_free(context);
	if (search.uuid != NULL && g_uuid_string_is_valid(search.uuid))
		return search.uuid;
	g_free(search.uuid);
	return NULL;
}

static void
learn_uuid(struct link *link)
{
	call_begin(link->called_us);
	char *capabilities = virConnectGetCapabilities(link->connection);
	if (capabilities == NULL)
		return;
	link->uuid = find_host_uuid(capabilities);
	free(capabilities);
}

static void
learn_versions(struct link *link)
{
	unsigned long version;

	call_begin(link->called_us);
	link->hypervisor = g_strdup(virConnectGetType(link->connection));
	call_begin(link->called_us);
	if (virConnectGetVersion(link->connection, &version) == 0)
		link->hypervisor_version = virt_version_text(version);
	call_begin(link->called_us);
	if (virConnectGetLibVersion(link->connection, &version) == 0)
		link->libvirt_version = virt_version_text(version);
}

struct link *
link_open(const char *uri, call_clock *called_us, GError **error)
{
	call_begin(called_us);
	virConnectPtr connection = virt_connect(uri, error);
	if (connection == NULL) {
		call_end(called_us);
		return NULL;
	}
	struct link *link = g_new0(struct link, 1);
	link->connection = connection;
	link->called_us = called_us;
	learn_versions(link);
	learn_uuid(link);
	call_end(called_us);
	return link;
}

void
link_close(struct link *link)
{
	if (link == NULL)
		return;
	call_begin(link->called_us);
	virConnectClose(link->connection);
	call_end(link->called_us);
	g_free(link->uuid);
	g_free(link->hypervisor);
	g_free(link->hypervisor_version);
	g_free(link->libvirt_version);
	g_free(link);
}

bool
link_note_lack(struct link *link, enum link_lack lack)
{
	if (!virt_unsupported())
		return false;
	link->lacks |= lack;
	return true;
}
