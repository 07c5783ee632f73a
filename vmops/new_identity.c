/* A domain's XML made into that of another machine. */
#include "vmops/new_identity.h"

#include <string.h>

#include "common/xml_tree.h"
#include "vmops/create.h"

static xmlNode *
devices_of(const xmlNode *domain)
{
	return safe_xml_child(domain, "devices");
}

/* The text between A and B replaced where it is in the path's last part, else put behind. */
static char *
own_path(const char *path, const char *old, const char *name)
{
	const char *slash = strrchr(path, '/');
	const char *file = slash == NULL ? path : slash + 1;
	const char *at = *old == '\0' ? NULL : strstr(file, old);

	if (at == NULL)
		return g_strdup_printf("%s-%s", path, name);
	return g_strdup_printf("%.*s%s%s", (int)(at - path), path, name, at + strlen(old));
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

/* --- disks */

/* A disc in a drive, or what nobody writes to, may be read by both. */
static bool
needs_place(const xmlNode *disk)
{
	bool hard = xml_tree_is(disk, "device", "disk") || xml_tree_is(disk, "device", "lun") ||
	    xml_tree_is(disk, "device", NULL);

	return hard && safe_xml_child(disk, "readonly") == NULL;
}

static bool
is_drive(const xmlNode *disk)
{
	return xml_tree_is(disk, "device", "cdrom") || xml_tree_is(disk, "device", "floppy");
}

static bool
check_disk(const xmlNode *disk, const char *target, GError **error)
{
	if (target == NULL)
		return xml_tree_refuse(error, "a disk has no target");
	if (safe_xml_child(disk, "shareable") != NULL)
		return xml_tree_refuse(error, "disk %s is shared with other VMs", target);
	if (xml_tree_is(disk, "device", "lun"))
		return xml_tree_refuse(error, "disk %s is a device of its host (lun)", target);
	if (safe_xml_child(disk, "encryption") != NULL ||
	    safe_xml_child(safe_xml_child(disk, "source"), "encryption") != NULL)
		return xml_tree_refuse(error, "disk %s is encrypted", target);
	return true;
}

static void
move_disk(xmlNode *disk, const struct new_disk *place)
{
	static const char *const old[] = { "source", "backingStore", "mirror", "auth" };

	for (size_t i = 0; i < G_N_ELEMENTS(old); i++)
		xml_tree_remove(disk, old[i]);
	if (place->path == NULL) {
		xml_tree_set(disk, "type", "file");
		return;
	}
	xmlNode *driver = xml_tree_need(disk, "driver");
	xml_tree_set(driver, "type", place->format);
	if (xml_tree_is(driver, "name", NULL))
		xml_tree_set(driver, "name", "qemu");
	xml_tree_set(disk, "type", place->block ? "block" : "file");
	xml_tree_set(xml_tree_add(disk, "source"), place->block ? "dev" : "file", place->path);
}

static const struct new_disk *
find_place(const struct new_identity *new, const char *target)
{
	for (size_t i = 0; i < new->disks_n; i++)
		if (strcmp(new->disks[i].target, target) == 0)
			return &new->disks[i];
	return NULL;
}

/* One that needs none may have got one: the seed of cloud-init. */
static bool
edit_disk(xmlNode *disk, const struct new_identity *new, GError **error)
{
	g_autofree char *target =
	    xml_tree_attribute(safe_xml_child(disk, "target"), "dev");
	const struct new_disk *place = target == NULL ? NULL : find_place(new, target);

	if (needs_place(disk) && !check_disk(disk, target, error))
		return false;
	if (place == NULL)
		return !needs_place(disk) || xml_tree_refuse(error, "disk %s has no new place", target);
	move_disk(disk, place);
	return true;
}

/* --- NICs */

/* What the host's switch or filter knows the old machine by. */
static void
forget_port(xmlNode *nic)
{
	xmlNode *port = safe_xml_child(safe_xml_child(nic, "virtualport"), "parameters");
	xmlNode *filter = safe_xml_child(nic, "filterref");
	xmlNode *next;

	xml_tree_unset(port, "interfaceid");
	xml_tree_unset(port, "instanceid");
	xml_tree_unset(safe_xml_child(nic, "source"), "portid");
	for (xmlNode *node = filter == NULL ? NULL : filter->children; node != NULL; node = next) {
		next = node->next;
		if (!safe_xml_is(node, "parameter") ||
		    !(xml_tree_is(node, "name", "MAC") || xml_tree_is(node, "name", "IP")))
			continue;
		xmlUnlinkNode(node);
		xmlFreeNode(node);
	}
}

static void
edit_nic(xmlNode *nic, const struct new_identity *new, unsigned number)
{
	g_autofree char *mac = create_mac(new->uuid, number);

	xml_tree_set(xml_tree_need(nic, "mac"), "address", mac);
	xml_tree_remove(nic, "target");
	forget_port(nic);
}

/* --- lines, screens */

static bool
is_line(const xmlNode *node)
{
	static const char *const lines[] = { "serial", "parallel", "console", "channel" };

	for (size_t i = 0; i < G_N_ELEMENTS(lines); i++)
		if (safe_xml_is(node, lines[i]))
			return true;
	return false;
}

static void
rename_in(xmlNode *node, const char *name, const char *old, const struct new_identity *new)
{
	g_autofree char *path = xml_tree_attribute(node, name);
	g_autofree char *own = path == NULL ? NULL : own_path(path, old, new->name);

	if (own != NULL)
		xml_tree_set(node, name, own);
}

/* A port or a device of the host has one user: a terminal of its own instead. */
static void
edit_line(xmlNode *line, const char *old, const struct new_identity *new)
{
	static const char *const exclusive[] = { "tcp", "udp", "dev" };
	xmlNode *source = safe_xml_child(line, "source");

	rename_in(safe_xml_child(line, "log"), "file", old, new);
	for (size_t i = 0; i < G_N_ELEMENTS(exclusive); i++)
		if (xml_tree_is(line, "type", exclusive[i])) {
			xml_tree_set(line, "type", "pty");
			xml_tree_remove(line, "source");
			xml_tree_remove(line, "protocol");
			return;
		}
	if (safe_xml_is(line, "channel") && xml_tree_is(line, "type", "unix"))
		xml_tree_remove(line, "source"); /* libvirt has one for each machine */
	else if (xml_tree_is(line, "type", "file") || xml_tree_is(line, "type", "pipe") ||
	    (xml_tree_is(line, "type", "unix") && !xml_tree_is(source, "mode", "connect")))
		rename_in(source, "path", old, new);
	else if (xml_tree_is(line, "type", "pty"))
		xml_tree_remove(line, "source");
}

static void
edit_screen(xmlNode *screen, const char *old, const struct new_identity *new)
{
	static const char *const ports[] = { "tlsPort", "websocket" };

	if (!xml_tree_is(screen, "port", NULL) && !xml_tree_is(screen, "port", "-1")) {
		xml_tree_set(screen, "port", "-1");
		xml_tree_set(screen, "autoport", "yes");
	}
	for (size_t i = 0; i < G_N_ELEMENTS(ports); i++)
		if (!xml_tree_is(screen, ports[i], "-1"))
			xml_tree_unset(screen, ports[i]);
	rename_in(screen, "socket", old, new);
	for (xmlNode *node = screen->children; node != NULL; node = node->next)
		if (safe_xml_is(node, "listen") && xml_tree_is(node, "type", "socket"))
			rename_in(node, "socket", old, new);
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
		if (safe_xml_is(node, "disk") && !edit_disk(node, new, error))
			return false;
		if (safe_xml_is(node, "interface"))
			edit_nic(node, new, nics++);
		if (is_line(node))
			edit_line(node, old, new);
		if (safe_xml_is(node, "graphics"))
			edit_screen(node, old, new);
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
		if (!safe_xml_is(node, "disk") || !needs_place(node))
			continue;
		char *target = xml_tree_attribute(safe_xml_child(node, "target"), "dev");
		good = check_disk(node, target, error);
		g_ptr_array_add(targets, target);
	}
	xmlFreeDoc(doc);
	g_ptr_array_add(targets, NULL);
	return good ? (char **)g_ptr_array_free(g_steal_pointer(&targets), FALSE) : NULL;
}

/* --- templates */

static bool
strip_disk(xmlNode *disk, unsigned *disks, GError **error)
{
	static const char *const old[] = { "source", "backingStore", "mirror", "auth" };
	g_autofree char *target = xml_tree_attribute(safe_xml_child(disk, "target"), "dev");

	if (needs_place(disk) && !check_disk(disk, target, error))
		return false;
	if (!needs_place(disk) && !is_drive(disk))
		return xml_tree_refuse(error, "its disk %s is read-only", target == NULL ? "" : target);
	*disks += needs_place(disk);
	for (size_t i = 0; i < G_N_ELEMENTS(old); i++)
		xml_tree_remove(disk, old[i]);
	xml_tree_set(disk, "type", "file");
	return true;
}

/* The log and the file would be those of all machines. */
static void
strip_line(xmlNode *line)
{
	xml_tree_remove(line, "log");
	if (safe_xml_is(line, "channel") && xml_tree_is(line, "type", "unix")) {
		xml_tree_remove(line, "source");
	} else if (!safe_xml_is(line, "channel")) {
		xml_tree_set(line, "type", "pty");
		xml_tree_remove(line, "source");
		xml_tree_remove(line, "protocol");
	}
}

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
		if (safe_xml_is(node, "disk") && !strip_disk(node, &disks, error))
			return false;
		if (safe_xml_is(node, "interface")) {
			xml_tree_remove(node, "mac");
			xml_tree_remove(node, "target");
			forget_port(node);
		}
		if (is_line(node))
			strip_line(node);
		if (safe_xml_is(node, "graphics"))
			edit_screen(node, old, &new);
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

	if (needs_place(disk) || source == NULL)
		return;
	disc = g_new0(struct old_disc, 1);
	disc->target = xml_tree_attribute(safe_xml_child(disk, "target"), "dev");
	disc->path = xml_tree_attribute(source, "file");
	if (disc->path == NULL)
		disc->path = xml_tree_attribute(source, "dev");
	disc->drive = is_drive(disk);
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
