/* A domain's XML made into that of another machine. */
#include "vmops/new_identity_private.h"

static xmlNode *
devices_of(const xmlNode *domain)
{
	return safe_xml_child(domain, "devices");
}

/* --- what only one can have */

static const struct {
	const char *element, *child, *attribute, *value; /* child NULL: of the element itself */
	const char *what;
} single[] = {
	{ "hostdev", NULL, NULL, NULL, "a device of its host (hostdev)" },
	{ "lease", NULL, NULL, NULL, "a lease" },
	{ "interface", NULL, "type", "hostdev", "a network device of its host" },
	{ "interface", NULL, "type", "vdpa", "a network device of its host" },
	{ "input", NULL, "type", "passthrough", "an input device of its host" },
	{ "input", NULL, "type", "evdev", "an input device of its host" },
	{ "tpm", "backend", "type", "passthrough", "the TPM of its host" },
	{ "memory", NULL, "model", "nvdimm", "memory that is kept in a file (nvdimm)" },
	{ "memory", NULL, "model", "virtio-pmem", "memory that is kept in a file (virtio-pmem)" },
	{ "disk", NULL, "type", "nvme", "a disk of its host (nvme)" },
};

static bool
check_single(const xmlNode *devices, GError **error)
{
	for (const xmlNode *node = devices->children; node != NULL; node = node->next)
		for (size_t i = 0; i < G_N_ELEMENTS(single); i++) {
			if (!safe_xml_is(node, single[i].element))
				continue;
			const xmlNode *at = single[i].child == NULL ? node
			    : safe_xml_child(node, single[i].child);
			if (single[i].attribute == NULL ||
			    (at != NULL &&
				xml_tree_is(at, single[i].attribute, single[i].value)))
				return xml_tree_refuse(error, "it has %s", single[i].what);
		}
	return true;
}

/* --- the machine itself */

/* cloud-init may be told by a serial number where its data is. */
static bool
is_told(const xmlNode *entry)
{
	g_autofree char *text = xml_tree_text(entry);

	return text != NULL && g_str_has_prefix(text, "ds=");
}

static void
edit_entries(xmlNode *group, const struct new_identity *new)
{
	for (xmlNode *entry = group->children; entry != NULL; entry = entry->next) {
		if (!safe_xml_is(entry, "entry"))
			continue;
		if (xml_tree_is(entry, "name", "uuid") ||
		    (xml_tree_is(entry, "name", "serial") && !is_told(entry)))
			xml_tree_set_text(entry, new->uuid);
	}
}

static void
edit_firmware(xmlNode *domain, const struct new_identity *new)
{
	static const char *const groups[] = { "system", "baseBoard", "chassis" };
	xmlNode *nvram = safe_xml_child(safe_xml_child(domain, "os"), "nvram");
	xmlNode *generation = safe_xml_child(domain, "genid");

	for (xmlNode *node = domain->children; node != NULL; node = node->next)
		for (size_t i = 0; safe_xml_is(node, "sysinfo") && i < G_N_ELEMENTS(groups); i++) {
			xmlNode *group = safe_xml_child(node, groups[i]);
			if (group != NULL)
				edit_entries(group, new);
		}
	if (generation != NULL)
		xml_tree_set_text(generation, ""); /* libvirt makes one */
	if (nvram != NULL) {
		xml_tree_set_text(nvram, "");
		xml_tree_unset(nvram, "type");
	}
}

static bool
edit_devices(xmlNode *devices, const char *old, const struct new_identity *new, GError **error)
{
	unsigned nics = 0;

	for (xmlNode *node = devices->children; node != NULL; node = node->next) {
		if (safe_xml_is(node, "disk") && !identity_edit_disk(node, new, error))
			return false;
		if (safe_xml_is(node, "interface"))
			identity_edit_nic(node, new, nics++);
		if (identity_is_line(node))
			identity_edit_line(node, old, new);
		if (safe_xml_is(node, "graphics"))
			identity_edit_screen(node, old, new);
	}
	return true;
}

static bool
edit(xmlNode *domain, const struct new_identity *new, GError **error)
{
	g_autofree char *old = xml_tree_text(safe_xml_child(domain, "name"));
	xmlNode *devices = devices_of(domain);

	xml_tree_unset(domain, "id");
	xml_tree_remove(domain, "title");
	xml_tree_put_first(domain, "uuid", new->uuid);
	xml_tree_put_first(domain, "name", new->name);
	edit_firmware(domain, new);
	return edit_devices(devices, old == NULL ? "" : old, new, error);
}

/* --- the whole */

/* xmlFreeDoc it. */
static xmlDoc *
read_domain(const char *domain_xml, GError **error)
{
	xmlDoc *doc = safe_xml_parse(domain_xml, error);
	xmlNode *domain = doc == NULL ? NULL : xmlDocGetRootElement(doc);

	if (doc == NULL)
		return NULL;
	if (domain == NULL || !safe_xml_is(domain, "domain") || devices_of(domain) == NULL)
		xml_tree_refuse(error, "its XML is not that of a domain");
	else if (check_single(devices_of(domain), error))
		return doc;
	xmlFreeDoc(doc);
	return NULL;
}

char *
new_identity_xml(const char *domain_xml, const struct new_identity *new, GError **error)
{
	xmlDoc *doc = read_domain(domain_xml, error);
	char *xml = NULL;

	if (doc != NULL && edit(xmlDocGetRootElement(doc), new, error)) {
		xml = xml_tree_write(doc);
		if (xml == NULL)
			xml_tree_refuse(error, "its new XML cannot be written");
	}
	xmlFreeDoc(doc);
	return xml;
}

char **
new_identity_targets(const char *domain_xml, GError **error)
{
	xmlDoc *doc = read_domain(domain_xml, error);
	g_autoptr(GPtrArray) targets = g_ptr_array_new_with_free_func(g_free);
	bool good = doc != NULL;

	for (xmlNode *node = !good ? NULL : devices_of(xmlDocGetRootElement(doc))->children;
	     good && node != NULL; node = node->next) {
		if (!safe_xml_is(node, "disk") || !identity_needs_place(node))
			continue;
		char *target = xml_tree_attribute(safe_xml_child(node, "target"), "dev");
		good = identity_check_disk(node, target, error);
		g_ptr_array_add(targets, target);
	}
	xmlFreeDoc(doc);
	g_ptr_array_add(targets, NULL);
	return good ? (char **)g_ptr_array_free(g_steal_pointer(&targets), FALSE) : NULL;
}

/* --- templates */

static void
strip_firmware(xmlNode *domain)
{
	static const char *const groups[] = { "system", "baseBoard", "chassis" };

	for (xmlNode *node = domain->children; node != NULL; node = node->next)
		for (size_t i = 0; safe_xml_is(node, "sysinfo") && i < G_N_ELEMENTS(groups); i++) {
			xmlNode *group = safe_xml_child(node, groups[i]), *next;
			for (xmlNode *e = group == NULL ? NULL : group->children; e != NULL; e = next) {
				next = e->next;
				if (!xml_tree_is(e, "name", "uuid") &&
				    (!xml_tree_is(e, "name", "serial") || is_told(e)))
					continue;
				xmlUnlinkNode(e);
				xmlFreeNode(e);
			}
		}
}

static bool
strip_devices(xmlNode *devices, const char *old, const char *name, GError **error)
{
	const struct new_identity new = { name, "", NULL, 0 };
	unsigned disks = 0;

	for (xmlNode *node = devices->children; node != NULL; node = node->next) {
		if (safe_xml_is(node, "disk") && !identity_strip_disk(node, &disks, error))
			return false;
		if (safe_xml_is(node, "interface"))
			identity_strip_nic(node);
		if (identity_is_line(node))
			identity_strip_line(node);
		if (safe_xml_is(node, "graphics"))
			identity_edit_screen(node, old, &new);
	}
	return disks == 1 || xml_tree_refuse(error, "it has %u disks: a template has one", disks);
}

char *
new_identity_template(const char *domain_xml, const char *name, GError **error)
{
	const struct new_identity new = { name, "", NULL, 0 };
	xmlDoc *doc = read_domain(domain_xml, error);
	xmlNode *domain = doc == NULL ? NULL : xmlDocGetRootElement(doc);
	g_autofree char *old = xml_tree_text(safe_xml_child(domain, "name"));
	char *xml = NULL;

	if (domain != NULL) {
		static const char *const own[] = { "uuid", "title" };
		for (size_t i = 0; i < G_N_ELEMENTS(own); i++)
			xml_tree_remove(domain, own[i]);
		xml_tree_unset(domain, "id");
		xml_tree_put_first(domain, "name", name);
		strip_firmware(domain);
		edit_firmware(domain, &new);
		if (strip_devices(devices_of(domain), old == NULL ? "" : old, name, error)) {
			xml = xml_tree_write(doc);
			if (xml == NULL)
				xml_tree_refuse(error, "its XML cannot be written");
		}
	}
	xmlFreeDoc(doc);
	return xml;
}

/* --- discs */

void
old_disc_free(struct old_disc *disc)
{
	g_free(disc->target);
	g_free(disc->path);
	g_free(disc);
}

static void
add_disc(GPtrArray *discs, const xmlNode *disk)
{
	const xmlNode *source = safe_xml_child(disk, "source");
	struct old_disc *disc;

	if (identity_needs_place(disk) || source == NULL)
		return;
	disc = g_new0(struct old_disc, 1);
	disc->target = xml_tree_attribute(safe_xml_child(disk, "target"), "dev");
	disc->path = xml_tree_attribute(source, "file");
	if (disc->path == NULL)
		disc->path = xml_tree_attribute(source, "dev");
	disc->drive = identity_is_drive(disk);
	g_ptr_array_add(discs, disc);
}

GPtrArray *
new_identity_discs(const char *domain_xml)
{
	xmlDoc *doc = read_domain(domain_xml, NULL);
	GPtrArray *discs = doc == NULL ? NULL
	    : g_ptr_array_new_with_free_func((GDestroyNotify)old_disc_free);

	for (xmlNode *node = doc == NULL ? NULL : devices_of(xmlDocGetRootElement(doc))->children;
	     node != NULL; node = node->next)
		if (safe_xml_is(node, "disk"))
			add_disc(discs, node);
	xmlFreeDoc(doc);
	return discs;
}

char *
new_identity_uuid(const char *text)
{
	g_autofree char *sum = g_compute_checksum_for_string(G_CHECKSUM_SHA256, text, -1);

	return g_strdup_printf("%.8s-%.4s-5%.3s-a%.3s-%.12s", sum, sum + 8, sum + 13, sum + 17,
	    sum + 20);
}
