/* Snapshots and disks in libvirt's XML. */
#include <string.h>

#include "common/safe_xml.h"
#include "vmops/snapshot.h"

#define MOST_DISKS  1024
#define MOST_LAYERS 200
#define AGENT	    "org.qemu.guest_agent.0"

/* --- reading */

/* An attribute as a text of the chunk; NULL when it or the node is not there. */
static const char *
attribute(GStringChunk *texts, xmlNode *node, const char *name)
{
	xmlChar *text = node == NULL ? NULL : xmlGetNoNsProp(node, (const xmlChar *)name);
	const char *kept = text == NULL ? NULL
	    : g_string_chunk_insert(texts, (const char *)text);

	xmlFree(text);
	return kept;
}

static const char *
content(GStringChunk *texts, xmlNode *node)
{
	xmlChar *text = node == NULL ? NULL : xmlNodeGetContent(node);
	const char *kept = g_string_chunk_insert(texts, text == NULL ? "" : (const char *)text);

	xmlFree(text);
	return kept;
}

static const char *
or_nothing(const char *text)
{
	return text == NULL ? "" : text;
}

/* Of a document that is a domain, or a snapshot that holds one. */
static xmlNode *
domain_of(xmlDoc *doc)
{
	xmlNode *root = doc == NULL ? NULL : xmlDocGetRootElement(doc);

	if (root == NULL || safe_xml_is(root, "domain"))
		return root;
	return safe_xml_child(root, "domain");
}

static bool
is_removable(const char *device)
{
	return g_strcmp0(device, "cdrom") == 0 || g_strcmp0(device, "floppy") == 0;
}

static void
read_images(GStringChunk *texts, xmlNode *node, struct snapshot_disk *disk)
{
	for (int i = 0; node != NULL && i < MOST_LAYERS; i++) {
		const char *path = attribute(texts, safe_xml_child(node, "source"), "file");
		if (path != NULL)
			g_ptr_array_add(disk->images, (gpointer)path);
		node = safe_xml_child(node, "backingStore");
	}
}

static void
snapshot_disk_free(void *data)
{
	struct snapshot_disk *disk = data;

	g_ptr_array_unref(disk->images);
	g_free(disk);
}

static struct snapshot_disk *
read_disk(GStringChunk *texts, xmlNode *node)
{
	struct snapshot_disk *disk = g_new0(struct snapshot_disk, 1);
	xmlNode *source = safe_xml_child(node, "source");

	disk->target =
	    or_nothing(attribute(texts, safe_xml_child(node, "target"), "dev"));
	disk->type = or_nothing(attribute(texts, node, "type"));
	disk->format =
	    or_nothing(attribute(texts, safe_xml_child(node, "driver"), "type"));
	disk->aside = source == NULL || safe_xml_child(node, "readonly") != NULL ||
	    is_removable(attribute(texts, node, "device"));
	disk->shareable = safe_xml_child(node, "shareable") != NULL;
	disk->busy = safe_xml_child(node, "mirror") != NULL;
	disk->images = g_ptr_array_new();
	read_images(texts, node, disk);
	return disk;
}

static bool
is_agent(GStringChunk *texts, xmlNode *node)
{
	xmlNode *target = safe_xml_child(node, "target");

	return safe_xml_is(node, "channel") &&
	    g_strcmp0(attribute(texts, target, "name"), AGENT) == 0 &&
	    g_strcmp0(attribute(texts, target, "state"), "connected") == 0;
}

struct snapshot_disks *
snapshot_disks_parse(const char *xml, GError **error)
{
	xmlDoc *doc = safe_xml_parse(xml, error);
	xmlNode *devices = safe_xml_child(domain_of(doc), "devices");

	if (doc == NULL)
		return NULL;
	struct snapshot_disks *all = g_new0(struct snapshot_disks, 1);
	all->texts = g_string_chunk_new(1024);
	all->disks = g_ptr_array_new_with_free_func(snapshot_disk_free);
	for (xmlNode *n = devices == NULL ? NULL : devices->children; n != NULL; n = n->next) {
		if (safe_xml_is(n, "disk") && all->disks->len < MOST_DISKS)
			g_ptr_array_add(all->disks, read_disk(all->texts, n));
		all->agent |= is_agent(all->texts, n);
	}
	xmlFreeDoc(doc);
	return all;
}

void
snapshot_disks_free(struct snapshot_disks *all)
{
	if (all == NULL)
		return;
	g_ptr_array_unref(all->disks);
	g_string_chunk_free(all->texts);
	g_free(all);
}

const struct snapshot_disk *
snapshot_disks_find(const struct snapshot_disks *all, const char *target)
{
	for (guint i = 0; i < all->disks->len; i++) {
		const struct snapshot_disk *disk = all->disks->pdata[i];
		if (strcmp(disk->target, target) == 0)
			return disk;
	}
	return NULL;
}

int
snapshot_disk_place(const struct snapshot_disk *disk, const char *image)
{
	for (guint i = 0; i < disk->images->len; i++)
		if (strcmp(disk->images->pdata[i], image) == 0)
			return (int)i;
	return -1;
}

/* Its image is what the domain had then, not what the snapshot put upon it. */
static void
read_kept(struct kept *kept, xmlNode *node, const struct snapshot_disks *then)
{
	const char *how = attribute(kept->texts, node, "snapshot");
	const char *target = attribute(kept->texts, node, "name");
	const struct snapshot_disk *disk =
	    target == NULL ? NULL : snapshot_disks_find(then, target);

	kept->internal |= g_strcmp0(how, "internal") == 0;
	if (g_strcmp0(how, "external") != 0 || target == NULL)
		return;
	struct kept_disk out = {
		.target = target,
		.image = disk == NULL || disk->images->len == 0 ? ""
		    : g_string_chunk_insert(kept->texts, disk->images->pdata[0]),
		.format = disk == NULL ? "" : g_string_chunk_insert(kept->texts, disk->format),
	};
	g_array_append_val(kept->disks, out);
}

struct kept *
kept_parse(const char *xml, GError **error)
{
	SCOPED(snapshot_disks) then = snapshot_disks_parse(xml, error);
	xmlDoc *doc = then == NULL ? NULL : safe_xml_parse(xml, error);
	xmlNode *root = doc == NULL ? NULL : xmlDocGetRootElement(doc);
	xmlNode *memory = safe_xml_child(root, "memory"), *disks = safe_xml_child(root, "disks");

	if (doc == NULL)
		return NULL;
	struct kept *kept = g_new0(struct kept, 1);
	kept->texts = g_string_chunk_new(1024);
	kept->disks = g_array_new(FALSE, FALSE, sizeof(struct kept_disk));
	kept->name = content(kept->texts, safe_xml_child(root, "name"));
	kept->description = content(kept->texts, safe_xml_child(root, "description"));
	kept->memory = attribute(kept->texts, memory, "file");
	kept->internal = g_strcmp0(attribute(kept->texts, memory, "snapshot"), "internal") == 0;
	for (xmlNode *n = disks == NULL ? NULL : disks->children; n != NULL; n = n->next)
		if (safe_xml_is(n, "disk"))
			read_kept(kept, n, then);
	xmlFreeDoc(doc);
	return kept;
}

void
kept_free(struct kept *kept)
{
	if (kept == NULL)
		return;
	g_array_unref(kept->disks);
	g_string_chunk_free(kept->texts);
	g_free(kept);
}

const struct kept_disk *
kept_find(const struct kept *kept, const char *target)
{
	for (guint i = 0; i < kept->disks->len; i++) {
		const struct kept_disk *disk = &g_array_index(kept->disks, struct kept_disk, i);
		if (strcmp(disk->target, target) == 0)
			return disk;
	}
	return NULL;
}

/* --- writing */

char *
snapshot_create_xml(const char *name, const char *description,
    const struct snapshot_disks *all, const char *const *overlays)
{
	g_autofree char *head = g_markup_printf_escaped(
	    "<domainsnapshot><name>%s</name><description>%s</description><disks>", name,
	    description);
	GString *xml = g_string_new(head);

	for (guint i = 0; i < all->disks->len; i++) {
		const struct snapshot_disk *disk = all->disks->pdata[i];
		g_autofree char *one = disk->aside
		    ? g_markup_printf_escaped("<disk name='%s' snapshot='no'/>", disk->target)
		    : g_markup_printf_escaped("<disk name='%s' snapshot='external' type='file'>"
		    "<driver type='qcow2'/><source file='%s'/></disk>", disk->target, *overlays++);
		g_string_append(xml, one);
	}
	g_string_append(xml, "</disks></domainsnapshot>");
	return g_string_free(xml, FALSE);
}

static char *
dump(xmlDoc *doc)
{
	xmlChar *text = NULL;
	int size = 0;

	xmlDocDumpMemory(doc, &text, &size);
	char *out = g_strndup((const char *)text, (gsize)size);
	xmlFree(text);
	return out;
}

static void
set_attribute(xmlNode *node, const char *name, const char *value)
{
	if (node != NULL)
		xmlSetProp(node, (const xmlChar *)name, (const xmlChar *)value);
}

static void
swap_disk(xmlNode *node, const struct kept_disk *disks, guint n)
{
	xmlChar *target = xmlGetNoNsProp(safe_xml_child(node, "target"), (const xmlChar *)"dev");

	for (guint i = 0; target != NULL && i < n; i++) {
		if (strcmp((const char *)target, disks[i].target) != 0)
			continue;
		set_attribute(safe_xml_child(node, "source"), "file", disks[i].image);
		set_attribute(safe_xml_child(node, "driver"), "type", disks[i].format);
		safe_xml_drop(node, "backingStore"); /* of the image that it had */
	}
	xmlFree(target);
}

static void
swap_domain(xmlNode *domain, const struct kept_disk *disks, guint n)
{
	xmlNode *devices = safe_xml_child(domain, "devices");

	for (xmlNode *node = devices == NULL ? NULL : devices->children; node != NULL;
	     node = node->next)
		if (safe_xml_is(node, "disk") && safe_xml_child(node, "target") != NULL)
			swap_disk(node, disks, n);
}

char *
snapshot_swap_images(const char *xml, const struct kept_disk *disks, guint n, GError **error)
{
	xmlDoc *doc = safe_xml_parse(xml, error);

	if (doc == NULL)
		return NULL;
	swap_domain(domain_of(doc), disks, n);
	swap_domain(safe_xml_child(xmlDocGetRootElement(doc), "inactiveDomain"), disks, n);
	char *out = dump(doc);
	xmlFreeDoc(doc);
	return out;
}

char *
snapshot_describe(const char *xml, const char *description, GError **error)
{
	xmlDoc *doc = safe_xml_parse(xml, error);
	xmlNode *root = doc == NULL ? NULL : xmlDocGetRootElement(doc);

	if (root == NULL) {
		xmlFreeDoc(doc);
		return NULL;
	}
	safe_xml_drop(root, "description");
	xmlNewTextChild(root, NULL, (const xmlChar *)"description",
	    (const xmlChar *)description);
	char *out = dump(doc);
	xmlFreeDoc(doc);
	return out;
}
