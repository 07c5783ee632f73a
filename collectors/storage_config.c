/* How a storage pool and a volume are configured: libvirt's XML of them. */
#include "collectors/storage_config.h"

#include <string.h>

#include "common/safe_xml.h"
#include "model/value.h"

#define MOST_PARTS    32  /* hosts or devices of one source */
#define IDENTITY_MOST 255 /* octets: longer ones would be cut, and then look alike */

/* --- elements and attributes */

/* "" where there is none. */
static char *
text_at(const xmlNode *node, const char *name)
{
	xmlNode *child = safe_xml_child(node, name);
	xmlChar *text = child == NULL ? NULL : xmlNodeGetContent(child);
	char *copy = g_strdup(text == NULL ? "" : (const char *)text);

	xmlFree(text);
	return copy;
}

static char *
attribute_at(xmlNode *node, const char *name)
{
	xmlChar *text = node == NULL ? NULL : xmlGetNoNsProp(node, (const xmlChar *)name);
	char *copy = g_strdup(text == NULL ? "" : (const char *)text);

	xmlFree(text);
	return copy;
}

static char *
child_attribute(const xmlNode *node, const char *child, const char *name)
{
	return attribute_at(safe_xml_child(node, child), name);
}

static uint64_t
number_at(const xmlNode *node, const char *name)
{
	g_autofree char *text = text_at(node, name);
	uint64_t number;

	if (!g_ascii_string_to_unsigned(text, 10, 0, ABSENT_U64 - 1, &number, NULL))
		return ABSENT_U64;
	return number;
}

static int
compare_texts(gconstpointer a, gconstpointer b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* That attribute of all children of that name, in an order of their own. */
static GPtrArray *
all_attributes(const xmlNode *node, const char *child, const char *name)
{
	GPtrArray *all = g_ptr_array_new_with_free_func(g_free);

	for (xmlNode *n = node == NULL ? NULL : node->children; n != NULL; n = n->next)
		if (safe_xml_is(n, child) && all->len < MOST_PARTS)
			g_ptr_array_add(all, attribute_at(n, name));
	g_ptr_array_sort(all, compare_texts);
	return all;
}

static char *
joined(const GPtrArray *texts)
{
	GString *all = g_string_new(NULL);

	for (guint i = 0; i < texts->len; i++)
		g_string_append_printf(all, "%s%s", i == 0 ? "" : ",",
		    (const char *)texts->pdata[i]);
	return g_string_free(all, FALSE);
}

/* --- where a pool's storage comes from */

struct source {
	GPtrArray *host_names;
	char *hosts, *devices; /* joined by commas */
	char *dir, *name, *adapter;
};

static void
source_clear(struct source *s)
{
	g_clear_pointer(&s->host_names, g_ptr_array_unref);
	g_free(s->hosts);
	g_free(s->devices);
	g_free(s->dir);
	g_free(s->name);
	g_free(s->adapter);
}

static void
source_read(struct source *s, const xmlNode *node)
{
	g_autoptr(GPtrArray) devices = all_attributes(node, "device", "path");

	s->host_names = all_attributes(node, "host", "name");
	for (guint i = 0; i < s->host_names->len; i++) {
		char *name = s->host_names->pdata[i];
		s->host_names->pdata[i] = g_ascii_strdown(name, -1);
		g_free(name);
	}
	s->hosts = joined(s->host_names);
	s->devices = joined(devices);
	s->dir = child_attribute(node, "dir", "path");
	for (size_t n = strlen(s->dir); n > 1 && s->dir[n - 1] == '/'; n--)
		s->dir[n - 1] = '\0';
	s->name = text_at(node, "name");
	s->adapter = child_attribute(node, "adapter", "name");
}

/* What there is of it, the most telling part first. */
static char *
source_text(const struct source *s)
{
	const char *parts[] = { s->dir, s->name, s->devices, s->adapter };
	const char *what = "";

	for (size_t i = 0; i < G_N_ELEMENTS(parts) && *what == '\0'; i++)
		what = parts[i];
	if (*s->hosts == '\0')
		return g_strdup(what);
	return *what == '\0' ? g_strdup(s->hosts) : g_strconcat(s->hosts, ":", what, NULL);
}

/* A server that is another one on each host. */
static bool
is_local(const char *host)
{
	return *host == '\0' || strcmp(host, "localhost") == 0 || strcmp(host, "::1") == 0 ||
	    strcmp(host, "[::1]") == 0 || g_str_has_prefix(host, "127.");
}

static bool
has_servers(const struct source *s)
{
	for (guint i = 0; i < s->host_names->len; i++)
		if (is_local(s->host_names->pdata[i]))
			return false;
	return s->host_names->len > 0;
}

/* --- identity */

/* Types whose storage is elsewhere: the same source is the same pool. */
static const char *const network_types[] = { "netfs", "gluster", "iscsi", "iscsi-direct",
	"rbd", "sheepdog", NULL };

/* Takes the text; what is too long is told apart by its hash. */
static char *
fitting_identity(char *text)
{
	if (strlen(text) <= IDENTITY_MOST)
		return text;
	g_autofree char *hash = g_compute_checksum_for_string(G_CHECKSUM_SHA256, text, -1);
	g_free(text);
	return g_strconcat("sha256:", hash, NULL);
}

/*
 * Its source, if that is the same from everywhere; what the administrator says; else the
 * host and the pool's UUID there: equal UUIDs on two hosts may be copies of each other.
 */
static char *
identify(const struct pool_config *pool, const struct source *s,
    const struct pool_place *place)
{
	if (g_strv_contains(network_types, pool->type) && has_servers(s))
		return g_strdup_printf("%s:%s:%s:%s:%s", pool->type, s->hosts, s->dir, s->name,
		    s->devices);
	if (place->shared != NULL && g_strv_contains(place->shared, pool->name))
		return g_strdup_printf("shared:%s:%s", pool->name, pool->path);
	if (place->host != NULL)
		return g_strdup_printf("%s/%s", place->host, pool->uuid);
	return g_strdup_printf("node:%s/%s", place->node, pool->uuid);
}

char *
volume_identity(const char *pool_identity, const char *name)
{
	g_autofree char *valid = g_utf8_make_valid(name, -1);

	return fitting_identity(g_strconcat(pool_identity, "/", valid, NULL));
}

/* --- the whole */

void
pool_config_free(struct pool_config *pool)
{
	if (pool == NULL)
		return;
	g_free(pool->name);
	g_free(pool->uuid);
	g_free(pool->type);
	g_free(pool->path);
	g_free(pool->source);
	g_free(pool->identity);
	g_free(pool);
}

static struct pool_config *
read_pool(xmlNode *root, const struct pool_place *place)
{
	struct pool_config *pool = g_new0(struct pool_config, 1);
	__attribute__((cleanup(source_clear))) struct source source = { NULL };

	source_read(&source, safe_xml_child(root, "source"));
	pool->type = attribute_at(root, "type");
	pool->name = text_at(root, "name");
	pool->uuid = text_at(root, "uuid");
	pool->path = text_at(safe_xml_child(root, "target"), "path");
	pool->source = source_text(&source);
	pool->identity = fitting_identity(identify(pool, &source, place));
	return pool;
}

/* The document's root if it is that element; else NULL with a sentence. */
static xmlNode *
root_of(xmlDoc *doc, const char *name, GError **error)
{
	xmlNode *root = xmlDocGetRootElement(doc);

	if (root != NULL && safe_xml_is(root, name))
		return root;
	g_set_error(error, G_MARKUP_ERROR, G_MARKUP_ERROR_INVALID_CONTENT,
	    "the configuration is not that of a %s", name);
	return NULL;
}

struct pool_config *
pool_config_parse(const char *xml, const struct pool_place *place, GError **error)
{
	xmlDoc *doc = safe_xml_parse(xml, error);

	if (doc == NULL)
		return NULL;
	xmlNode *root = root_of(doc, "pool", error);
	struct pool_config *pool = root == NULL ? NULL : read_pool(root, place);
	xmlFreeDoc(doc);
	if (pool == NULL || (*pool->name != '\0' && g_uuid_string_is_valid(pool->uuid)))
		return pool;
	g_set_error(error, G_MARKUP_ERROR, G_MARKUP_ERROR_INVALID_CONTENT,
	    "the pool \"%s\" has no name or no UUID", pool->name);
	pool_config_free(pool);
	return NULL;
}

void
volume_config_free(struct volume_config *volume)
{
	if (volume == NULL)
		return;
	g_free(volume->path);
	g_free(volume->format);
	g_free(volume->backing);
	g_free(volume);
}

static struct volume_config *
read_volume(const xmlNode *root)
{
	struct volume_config *volume = g_new0(struct volume_config, 1);
	const xmlNode *target = safe_xml_child(root, "target");

	volume->path = text_at(target, "path");
	volume->format = child_attribute(target, "format", "type");
	volume->backing = text_at(safe_xml_child(root, "backingStore"), "path");
	volume->physical = number_at(root, "physical");
	return volume;
}

struct volume_config *
volume_config_parse(const char *xml, GError **error)
{
	xmlDoc *doc = safe_xml_parse(xml, error);

	if (doc == NULL)
		return NULL;
	xmlNode *root = root_of(doc, "volume", error);
	struct volume_config *volume = root == NULL ? NULL : read_volume(root);
	xmlFreeDoc(doc);
	return volume;
}
