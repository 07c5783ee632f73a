/* Definitions of VMs, as files of the nodes. */
#include "collectors/review/review_private.h"

#include <string.h>

static void
disk_free(gpointer data)
{
	struct definition_disk *disk = data;

	g_free(disk->target);
	g_free(disk->file);
	g_free(disk->cache);
	g_free(disk);
}

static void
add_disk(struct definition *definition, xmlNode *node)
{
	struct definition_disk *disk = g_new0(struct definition_disk, 1);
	xmlNode *source = safe_xml_child(node, "source");
	bool floppy = safe_xml_attribute_is(node, "device", "floppy");
	bool cdrom = safe_xml_attribute_is(node, "device", "cdrom");

	disk->target = ATTRIBUTE(safe_xml_child(node, "target"), "dev");
	disk->device = safe_xml_attribute_is(node, "type", "block");
	disk->file = ATTRIBUTE(source, disk->device ? "dev" : "file");
	disk->cache = ATTRIBUTE(safe_xml_child(node, "driver"), "cache");
	disk->shareable = safe_xml_child(node, "shareable") != NULL;
	disk->writable = safe_xml_child(node, "readonly") == NULL && !floppy && !cdrom;
	g_ptr_array_add(definition->disks, disk);
}

static void
read_devices(struct definition *definition, xmlNode *devices)
{
	for (xmlNode *node = devices == NULL ? NULL : devices->children; node != NULL;
	     node = node->next) {
		if (safe_xml_is(node, "disk"))
			add_disk(definition, node);
		else if (safe_xml_is(node, "interface") && safe_xml_child(node, "mac") == NULL)
			definition->nics_without_mac++;
	}
}

struct definition *
definition_read(const char *xml)
{
	xmlDoc *doc = safe_xml_parse(xml, NULL);
	xmlNode *root = doc == NULL ? NULL : xmlDocGetRootElement(doc);
	struct definition *definition = NULL;

	if (root != NULL && safe_xml_is(root, "domain")) {
		definition = g_new0(struct definition, 1);
		definition->disks = g_ptr_array_new_with_free_func(disk_free);
		definition->name = xml_tree_text(safe_xml_child(root, "name"));
		definition->uuid = xml_tree_text(safe_xml_child(root, "uuid"));
		read_devices(definition, safe_xml_child(root, "devices"));
	}
	if (doc != NULL)
		xmlFreeDoc(doc);
	return definition;
}

void
definition_free(struct definition *definition)
{
	if (definition == NULL)
		return;
	g_free(definition->name);
	g_free(definition->uuid);
	g_ptr_array_free(definition->disks, TRUE);
	g_free(definition);
}

struct definition *
definition_of(const struct review_node *node, const char *file)
{
	g_autofree char *xml = section_of(told(node, FROM_DEFINITIONS), file);

	return xml == NULL ? NULL : definition_read(xml);
}

/* --- which files */

/* Only what `tail` and `stat` take for a file and an answer has on one line. */
static bool
is_path(const char *file)
{
	return file != NULL && file[0] == '/' && strpbrk(file, "\r\n") == NULL;
}

void
add_file(GPtrArray *files, const char *file)
{
	if (is_path(file) && !g_ptr_array_find_with_equal_func(files, file, g_str_equal, NULL))
		g_ptr_array_add(files, g_strdup(file));
}

GPtrArray *
disk_files(const char *definitions)
{
	GPtrArray *files = g_ptr_array_new_with_free_func(g_free);
	g_auto(GStrv) parts = g_strsplit(definitions, " <==\n", -1);

	for (char **part = parts; *part != NULL; part++) {
		char *end = strstr(*part, "\n==> /");
		if (end != NULL)
			*end = '\0';
		SCOPED(definition) definition = definition_read(*part);
		for (guint i = 0; definition != NULL && i < definition->disks->len; i++) {
			const struct definition_disk *disk = definition->disks->pdata[i];
			add_file(files, disk->file);
		}
	}
	return files;
}
