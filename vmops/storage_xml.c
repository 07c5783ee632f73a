/* XML of volumes and of domains' disks.  Pure. */
#include <string.h>

#include "common/safe_xml.h"
#include "vmops/storage.h"

char *
storage_volume_xml(const struct volume_form *form)
{
	g_autoptr(GString) xml = g_string_new(NULL);
	g_autofree char *head = g_markup_printf_escaped(
	    "<volume><name>%s</name><capacity unit='bytes'>%" G_GUINT64_FORMAT "</capacity>"
	    "<allocation unit='bytes'>%" G_GUINT64_FORMAT "</allocation>",
	    form->name, form->capacity, form->allocation);

	g_string_append(xml, head);
	if (form->format != NULL) {
		g_autofree char *target = g_markup_printf_escaped(
		    "<target><format type='%s'/>", form->format);
		g_string_append(xml, target);
		if (strcmp(form->format, "qcow2") == 0) /* the old kind keeps no checkpoints */
			g_string_append(xml, "<compat>1.1</compat>");
		g_string_append(xml, "</target>");
	}
	if (form->backing != NULL) {
		g_autofree char *below = g_markup_printf_escaped(
		    "<backingStore><path>%s</path><format type='%s'/></backingStore>",
		    form->backing, form->backing_format);
		g_string_append(xml, below);
	}
	g_string_append(xml, "</volume>");
	return g_string_free(g_steal_pointer(&xml), FALSE);
}

/* --- disks of a domain */

static xmlNode *
first_device(const xmlDoc *doc)
{
	xmlNode *devices = safe_xml_child(xmlDocGetRootElement((xmlDoc *)doc), "devices");

	return devices == NULL ? NULL : devices->children;
}

/* file and dev are the two kinds of path that a source has. */
static bool
source_is(xmlNode *source, const struct volume_names *names)
{
	return safe_xml_attribute_is(source, "file", names->path) ||
	    safe_xml_attribute_is(source, "dev", names->path) ||
	    (names->pool != NULL && safe_xml_attribute_is(source, "pool", names->pool) &&
		safe_xml_attribute_is(source, "volume", names->name));
}

static void
set_source(xmlNode *disk, const char *path, bool block)
{
	safe_xml_drop(disk, "source");
	xmlNode *source = xmlNewChild(disk, NULL, (const xmlChar *)"source", NULL);
	xmlNewProp(source, (const xmlChar *)(block ? "dev" : "file"), (const xmlChar *)path);
	xmlSetProp(disk, (const xmlChar *)"type", (const xmlChar *)(block ? "block" : "file"));
}

static char *
node_text(xmlDoc *doc, xmlNode *node)
{
	xmlBuffer *buffer = xmlBufferCreate();
	char *text = NULL;

	if (buffer != NULL && xmlNodeDump(buffer, doc, node, 0, 0) >= 0)
		text = g_strdup((const char *)xmlBufferContent(buffer));
	xmlBufferFree(buffer);
	return text;
}

char *
storage_disk_xml(const char *domain_xml, const char *target, const char *path, bool block)
{
	xmlDoc *doc = safe_xml_parse(domain_xml, NULL);
	char *text = NULL;

	for (xmlNode *n = doc == NULL ? NULL : first_device(doc); n != NULL; n = n->next) {
		if (text != NULL || !safe_xml_is(n, "disk") ||
		    !safe_xml_attribute_is(safe_xml_child(n, "target"), "dev", target))
			continue;
		set_source(n, path, block);
		safe_xml_drop(n, "backingStore"); /* what lies below belongs to the old place */
		safe_xml_drop(n, "mirror");
		text = node_text(doc, n);
	}
	xmlFreeDoc(doc);
	return text;
}

char *
storage_disk_target(const char *domain_xml, const struct volume_names *names)
{
	xmlDoc *doc = safe_xml_parse(domain_xml, NULL);
	char *found = NULL;

	for (xmlNode *n = doc == NULL ? NULL : first_device(doc); n != NULL; n = n->next) {
		xmlNode *target = safe_xml_child(n, "target");
		if (found != NULL || !safe_xml_is(n, "disk") || target == NULL ||
		    !source_is(safe_xml_child(n, "source"), names))
			continue;
		xmlChar *name = xmlGetNoNsProp(target, (const xmlChar *)"dev");
		found = g_strdup((const char *)name);
		xmlFree(name);
	}
	xmlFreeDoc(doc);
	return found;
}

static bool
names_below(xmlNode *node, const struct volume_names *names)
{
	for (xmlNode *n = node; n != NULL; n = n->next)
		if ((safe_xml_is(n, "source") && source_is(n, names)) ||
		    names_below(n->children, names))
			return true;
	return false;
}

bool
storage_xml_names(const char *domain_xml, const struct volume_names *names)
{
	xmlDoc *doc = safe_xml_parse(domain_xml, NULL);
	bool found = doc == NULL /* what cannot be read may say anything */
	    || names_below(xmlDocGetRootElement(doc), names);

	xmlFreeDoc(doc);
	return found;
}
