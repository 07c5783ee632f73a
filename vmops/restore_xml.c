/* Restoring: the definition out of a backup, with other disks and, for a new VM, as another. */
#include <string.h>

#include "common/safe_xml.h"
#include "vmops/create.h"
#include "vmops/restore.h"

static void
set_text(xmlNode *node, const char *text)
{
	xmlNodeSetContent(node, NULL);
	xmlNodeAddContent(node, (const xmlChar *)text);
}

static void
set_attribute(xmlNode *node, const char *name, const char *value)
{
	xmlSetProp(node, (const xmlChar *)name, (const xmlChar *)value);
}

static xmlNode *
need_child(xmlNode *parent, const char *name)
{
	xmlNode *node = safe_xml_child(parent, name);

	return node != NULL ? node : xmlNewChild(parent, NULL, (const xmlChar *)name, NULL);
}

/* --- disks */

static const char *
path_for(const struct restore_form *form, xmlNode *disk)
{
	xmlNode *target = safe_xml_child(disk, "target");

	for (guint i = 0; i < form->disks->len; i++) {
		const struct restore_disk *d = &g_array_index(form->disks, struct restore_disk, i);
		if (safe_xml_attribute_is(target, "dev", d->target))
			return d->path;
	}
	return NULL;
}

/* Nothing of it is written to: a disc, a read-only image. */
static bool
is_aside(xmlNode *disk)
{
	return safe_xml_child(disk, "source") == NULL || safe_xml_child(disk, "readonly") != NULL ||
	    safe_xml_attribute_is(disk, "device", "cdrom") ||
	    safe_xml_attribute_is(disk, "device", "floppy");
}

static void
set_source(xmlNode *disk, const char *path)
{
	static const char *const others[] = { "source", "backingStore", "mirror", "auth" };

	for (size_t i = 0; i < G_N_ELEMENTS(others); i++)
		safe_xml_drop(disk, others[i]);
	set_attribute(disk, "type", "file");
	set_attribute(need_child(disk, "driver"), "type", "qcow2");
	set_attribute(xmlNewChild(disk, NULL, (const xmlChar *)"source", NULL), "file", path);
}

/* A disk of the old VM's that is not in the backup does not become the new one's. */
static unsigned
edit_disks(xmlNode *devices, const struct restore_form *form)
{
	unsigned placed = 0;
	xmlNode *next;

	for (xmlNode *n = devices->children; n != NULL; n = next) {
		next = n->next;
		if (!safe_xml_is(n, "disk"))
			continue;
		const char *path = path_for(form, n);
		if (path != NULL) {
			set_source(n, path);
			placed++;
		} else if (!is_aside(n)) {
			xmlUnlinkNode(n);
			xmlFreeNode(n);
		}
	}
	return placed;
}

/* --- another VM */

static void
edit_nics(xmlNode *devices, const char *uuid)
{
	unsigned n = 0;

	for (xmlNode *node = devices->children; node != NULL; node = node->next) {
		if (!safe_xml_is(node, "interface"))
			continue;
		g_autofree char *mac = create_mac(uuid, n++);
		set_attribute(need_child(node, "mac"), "address", mac);
		safe_xml_drop(node, "target");
	}
}

/* What the firmware tells the guest has the UUID once more. */
static void
edit_sysinfo(xmlNode *domain, const char *uuid)
{
	xmlNode *system = safe_xml_child(safe_xml_child(domain, "sysinfo"), "system");

	for (xmlNode *n = system == NULL ? NULL : system->children; n != NULL; n = n->next)
		if (safe_xml_is(n, "entry") && safe_xml_attribute_is(n, "name", "uuid"))
			set_text(n, uuid);
}

static void
become_another(xmlNode *domain, const struct restore_form *form)
{
	xmlNode *genid = safe_xml_child(domain, "genid");
	xmlNode *os = safe_xml_child(domain, "os");

	set_text(need_child(domain, "uuid"), form->uuid);
	edit_nics(safe_xml_child(domain, "devices"), form->uuid);
	edit_sysinfo(domain, form->uuid);
	if (genid != NULL)
		set_text(genid, ""); /* libvirt makes one */
	if (os != NULL)
		safe_xml_drop(os, "nvram"); /* likewise */
}

/* --- the whole */

static bool
refuse(GError **error, const char *why)
{
	g_set_error_literal(error, OP_ERROR, CAUSE_IMPOSSIBLE, why);
	return false;
}

static bool
edit(xmlNode *domain, const struct restore_form *form, GError **error)
{
	xmlNode *devices = safe_xml_child(domain, "devices");

	if (domain == NULL || !safe_xml_is(domain, "domain") || devices == NULL)
		return refuse(error, "the definition in its catalogue is none");
	set_text(need_child(domain, "name"), form->name);
	if (form->uuid != NULL)
		become_another(domain, form);
	return edit_disks(devices, form) == form->disks->len ||
	    refuse(error, "the definition in its catalogue has not all disks");
}

char *
restore_xml(const char *domain_xml, const struct restore_form *form, GError **error)
{
	xmlDoc *doc = safe_xml_parse(domain_xml, error);
	char *xml = NULL;

	if (doc == NULL)
		return NULL;
	if (edit(xmlDocGetRootElement(doc), form, error)) {
		xmlBuffer *buffer = xmlBufferCreate();
		if (buffer != NULL &&
		    xmlNodeDump(buffer, doc, xmlDocGetRootElement(doc), 0, 1) > 0)
			xml = g_strdup((const char *)xmlBufferContent(buffer));
		else
			refuse(error, "its definition cannot be written");
		xmlBufferFree(buffer);
	}
	xmlFreeDoc(doc);
	return xml;
}
