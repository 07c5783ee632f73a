/* What a domain is made of, as far as it matters to where it can go. */
#include <string.h>

#include "common/safe_xml.h"
#include "vmops/migrate.h"

#define MOST_DEVICES 1024

static const char *
keep(struct migrant *m, xmlChar *text)
{
	if (text == NULL)
		return NULL;
	const char *kept = g_string_chunk_insert(m->texts, (const char *)text);
	xmlFree(text);
	return kept;
}

/* Of that node, NULL when it or the attribute is not there. */
static const char *
attribute(struct migrant *m, xmlNode *node, const char *name)
{
	return node == NULL ? NULL : keep(m, xmlGetNoNsProp(node, (const xmlChar *)name));
}

static const char *
or_nothing(const char *text)
{
	return text == NULL ? "" : text;
}

static bool
is_one_of(const char *text, const char *const *words)
{
	return text != NULL && g_strv_contains(words, text);
}

static void
read_disk(struct migrant *m, xmlNode *node)
{
	static const char *const removable[] = { "cdrom", "floppy", NULL };
	const char *type = or_nothing(attribute(m, node, "type"));
	xmlNode *source = safe_xml_child(node, "source");
	const char *path = attribute(m, source, strcmp(type, "block") == 0 ? "dev" : "file");
	struct migrant_disk disk = {
		.target = or_nothing(attribute(m, safe_xml_child(node, "target"), "dev")),
		.format = or_nothing(attribute(m, safe_xml_child(node, "driver"), "type")),
		.path = or_nothing(path),
		.removable = is_one_of(attribute(m, node, "device"), removable),
		.read_only = safe_xml_child(node, "readonly") != NULL,
		.shareable = safe_xml_child(node, "shareable") != NULL,
	};

	if (source == NULL)
		disk.kind = DISK_EMPTY;
	else if (path != NULL && strcmp(type, "file") == 0)
		disk.kind = DISK_FILE;
	else if (path != NULL && strcmp(type, "block") == 0)
		disk.kind = DISK_BLOCK;
	else
		disk.kind = DISK_OTHER;
	g_array_append_val(m->disks, disk);
}

/* One of libvirt's networks shows its bridge too, which is its own affair. */
static void
read_interface(struct migrant *m, xmlNode *node)
{
	xmlNode *source = safe_xml_child(node, "source");
	const char *type = or_nothing(attribute(m, node, "type"));
	bool network = strcmp(type, "network") == 0;
	struct migrant_link link = {
		.network = network,
		.name = attribute(m, source, network ? "network" : "bridge"),
	};

	if (strcmp(type, "hostdev") == 0)
		m->stuck = "a network card of the host";
	if (link.name != NULL && (network || strcmp(type, "bridge") == 0))
		g_array_append_val(m->links, link);
}

/* libvirt unplugs and plugs again those of a failover pair. */
static void
read_hostdev(struct migrant *m, xmlNode *node)
{
	if (safe_xml_child(node, "teaming") == NULL)
		m->stuck = "a device of the host";
}

static void
read_filesystem(struct migrant *m, xmlNode *node)
{
	m->stuck = "a directory of the host";
}

static void
read_emulator(struct migrant *m, xmlNode *node)
{
	m->emulator = keep(m, xmlNodeGetContent(node));
}

static const struct {
	const char *name;
	void (*read)(struct migrant *, xmlNode *);
} devices[] = {
	{ "disk", read_disk },
	{ "interface", read_interface },
	{ "hostdev", read_hostdev },
	{ "filesystem", read_filesystem },
	{ "emulator", read_emulator },
};

static void
read_devices(struct migrant *m, const xmlNode *list)
{
	unsigned n = 0;

	for (xmlNode *node = list == NULL ? NULL : list->children;
	     node != NULL && n < MOST_DEVICES; node = node->next)
		for (size_t i = 0; i < G_N_ELEMENTS(devices); i++)
			if (safe_xml_is(node, devices[i].name)) {
				devices[i].read(m, node);
				n++;
			}
}

/* Only what somebody wants to be held to: not the host's own, and not unchecked. */
static void
read_cpu(struct migrant *m, xmlDoc *doc, xmlNode *domain)
{
	xmlNode *cpu = safe_xml_child(domain, "cpu");
	const char *check = attribute(m, cpu, "check");

	if (cpu == NULL || g_strcmp0(check, "none") == 0 ||
	    safe_xml_child(cpu, "model") == NULL)
		return;
	xmlBuffer *buffer = xmlBufferCreate();
	if (xmlNodeDump(buffer, doc, cpu, 0, 0) > 0)
		m->cpu = g_string_chunk_insert(m->texts, (const char *)xmlBufferContent(buffer));
	xmlBufferFree(buffer);
}

static void
read_domain(struct migrant *m, xmlDoc *doc, xmlNode *domain)
{
	xmlNode *os = safe_xml_child(domain, "os");
	xmlNode *type = safe_xml_child(os, "type"), *nvram = safe_xml_child(os, "nvram");

	m->virt = attribute(m, domain, "type");
	m->arch = attribute(m, type, "arch");
	m->machine = attribute(m, type, "machine");
	if (nvram != NULL)
		m->nvram = keep(m, xmlNodeGetContent(nvram));
	read_cpu(m, doc, domain);
	read_devices(m, safe_xml_child(domain, "devices"));
}

struct migrant *
migrant_parse(const char *xml, GError **error)
{
	xmlDoc *doc = safe_xml_parse(xml, error);

	if (doc == NULL)
		return NULL;
	struct migrant *m = g_new0(struct migrant, 1);
	m->texts = g_string_chunk_new(1024);
	m->disks = g_array_new(FALSE, FALSE, sizeof(struct migrant_disk));
	m->links = g_array_new(FALSE, FALSE, sizeof(struct migrant_link));
	xmlNode *root = xmlDocGetRootElement(doc);
	if (root != NULL)
		read_domain(m, doc, root);
	xmlFreeDoc(doc);
	return m;
}

void
migrant_free(struct migrant *m)
{
	if (m == NULL)
		return;
	g_array_free(m->disks, TRUE);
	g_array_free(m->links, TRUE);
	g_string_chunk_free(m->texts);
	g_free(m);
}
