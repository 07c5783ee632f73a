/* Making VMs: the domain's XML, edited as a tree. */
#include <string.h>

#include "common/xml_tree.h"
#include "vmops/create.h"

#define KIB_OF_MIB 1024

/* --- what the template's XML is */

static uint32_t
memory_of(const xmlNode *domain)
{
	static const struct { const char *unit; double mib; } units[] = {
		{ "b", 1.0 / (1024 * 1024) }, { "bytes", 1.0 / (1024 * 1024) },
		{ "KiB", 1.0 / KIB_OF_MIB }, { "k", 1.0 / KIB_OF_MIB }, { "K", 1.0 / KIB_OF_MIB },
		{ "MiB", 1 }, { "M", 1 }, { "GiB", 1024 }, { "G", 1024 },
	};
	const xmlNode *node = safe_xml_child(domain, "memory");
	g_autofree char *text = xml_tree_text(node);
	g_autofree char *unit = xml_tree_attribute(node, "unit");
	guint64 number;

	if (text == NULL || !g_ascii_string_to_unsigned(text, 10, 1, G_MAXINT64, &number, NULL))
		return 0;
	for (size_t i = 0; i < G_N_ELEMENTS(units); i++)
		if (strcmp(unit == NULL ? "KiB" : unit, units[i].unit) == 0)
			return (uint32_t)MIN((double)number * units[i].mib, 16777216.0);
	return 0;
}

static uint32_t
vcpus_of(const xmlNode *domain)
{
	g_autofree char *text = xml_tree_text(safe_xml_child(domain, "vcpu"));
	guint64 number;

	return text != NULL && g_ascii_string_to_unsigned(text, 10, 1, 4096, &number, NULL)
	    ? (uint32_t)number : 1;
}

/* The first disk that is a hard disk, or the first drive without a disc in it. */
static xmlNode *
find_disk(const xmlNode *devices, bool empty_drive)
{
	for (xmlNode *node = devices->children; node != NULL; node = node->next) {
		if (!safe_xml_is(node, "disk"))
			continue;
		bool drive = xml_tree_is(node, "device", "cdrom");
		bool hard = xml_tree_is(node, "device", "disk") ||
		    xml_tree_is(node, "device", NULL);
		if (empty_drive ? drive && safe_xml_child(node, "source") == NULL : hard)
			return node;
	}
	return NULL;
}

static bool
has_agent(const xmlNode *devices)
{
	for (const xmlNode *node = devices->children; node != NULL; node = node->next)
		if (safe_xml_is(node, "channel") &&
		    xml_tree_is(safe_xml_child(node, "target"), "name",
			"org.qemu.guest_agent.0"))
			return true;
	return false;
}

/* --- @NAME@ in what the kernel is told */

static const char *
find_parameter(const struct template *t, const struct create_domain *d, const char *name)
{
	if (strcmp(name, "name") == 0)
		return d->name;
	if (strcmp(name, "hostname") == 0)
		return d->hostname;
	if (strcmp(name, "uuid") == 0)
		return d->uuid;
	return g_hash_table_lookup(t->parameters, name);
}

/* Free it.  What is between two @ and no name is left as it is. */
static char *
fill_in(const struct template *t, const struct create_domain *d, const char *text,
    GError **error)
{
	static const char letters[] = G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "_-";
	g_autoptr(GString) out = g_string_new(NULL);

	while (*text != '\0') {
		size_t len = *text == '@' ? strspn(text + 1, letters) : 0;
		if (len == 0 || text[len + 1] != '@') {
			g_string_append_c(out, *text++);
			continue;
		}
		g_autofree char *name = g_strndup(text + 1, len);
		const char *value = find_parameter(t, d, name);
		if (value == NULL) {
			xml_tree_refuse(error, "<os> wants @%s@, which [parameters] does not have", name);
			return NULL;
		}
		g_string_append(out, value);
		text += len + 2;
	}
	return g_string_free(g_steal_pointer(&out), FALSE);
}

static bool
fill_kernel(const struct template *t, const struct create_domain *d, xmlNode *domain,
    GError **error)
{
	static const char *const parts[] = { "kernel", "initrd", "cmdline" };
	xmlNode *os = safe_xml_child(domain, "os");

	for (size_t i = 0; i < G_N_ELEMENTS(parts); i++) {
		xmlNode *node = safe_xml_child(os, parts[i]);
		g_autofree char *text = xml_tree_text(node);
		g_autofree char *filled = text == NULL ? NULL : fill_in(t, d, text, error);
		if (text == NULL)
			continue;
		if (filled == NULL)
			return false;
		xml_tree_set_text(node, filled);
	}
	return true;
}

/* --- devices */

static void
set_source(xmlNode *disk, const struct create_disk *source)
{
	xml_tree_remove(disk, "source");
	xml_tree_remove(disk, "backingStore");
	xmlNode *driver = xml_tree_need(disk, "driver");
	xml_tree_set(driver, "type", source->format);
	if (xml_tree_is(driver, "name", NULL))
		xml_tree_set(driver, "name", "qemu");
	xml_tree_set(disk, "type", source->block ? "block" : "file");
	xml_tree_set(xml_tree_add(disk, "source"), source->block ? "dev" : "file", source->path);
}

static bool
is_taken(const xmlNode *devices, const char *target)
{
	for (const xmlNode *node = devices->children; node != NULL; node = node->next)
		if (safe_xml_is(node, "disk") &&
		    xml_tree_is(safe_xml_child(node, "target"), "dev", target))
			return true;
	return false;
}

/* In a drive of the template's that is empty, else as a disk that cannot be written to. */
static bool
add_seed(xmlNode *devices, const struct create_disk *seed, GError **error)
{
	xmlNode *disk = find_disk(devices, true);
	char target[] = "vda";

	if (disk == NULL) {
		while (target[2] <= 'z' && is_taken(devices, target))
			target[2]++;
		if (target[2] > 'z')
			return xml_tree_refuse(error, "there is no room for one more disk");
		disk = xml_tree_add(devices, "disk");
		xml_tree_set(disk, "device", "disk");
		xmlNode *node = xml_tree_add(disk, "target");
		xml_tree_set(node, "dev", target);
		xml_tree_set(node, "bus", "virtio");
	}
	if (safe_xml_child(disk, "readonly") == NULL)
		xml_tree_add(disk, "readonly");
	set_source(disk, seed);
	return true;
}

char *
create_mac(const char *uuid, unsigned number)
{
	g_autofree char *what = g_strdup_printf("%s/%u", uuid, number);
	g_autofree char *sum = g_compute_checksum_for_string(G_CHECKSUM_SHA256, what, -1);

	return g_strdup_printf("52:54:00:%.2s:%.2s:%.2s", sum, sum + 2, sum + 4);
}

static void
edit_nics(xmlNode *devices, const struct create_domain *d)
{
	unsigned n = 0;

	for (xmlNode *node = devices->children; node != NULL; node = node->next) {
		if (!safe_xml_is(node, "interface"))
			continue;
		g_autofree char *mac = create_mac(d->uuid, n++);
		xml_tree_set(xml_tree_need(node, "mac"), "address", mac);
		xml_tree_remove(node, "target");
		if (*d->network == '\0')
			continue;
		xml_tree_set(node, "type", "network");
		xml_tree_remove(node, "source");
		xml_tree_set(xml_tree_add(node, "source"), "network", d->network);
	}
}

static void
add_agent(xmlNode *devices)
{
	xmlNode *channel = xml_tree_add(devices, "channel");
	xmlNode *target = xml_tree_add(channel, "target");

	xml_tree_set(channel, "type", "unix");
	xml_tree_set(target, "type", "virtio");
	xml_tree_set(target, "name", "org.qemu.guest_agent.0");
}

/* --- the whole */

static void
set_memory(xmlNode *domain, const char *name, const char *mib)
{
	xmlNode *node = xml_tree_need(domain, name);

	xml_tree_set_text(node, mib);
	xml_tree_set(node, "unit", "MiB");
}

static void
set_size(xmlNode *domain, const struct create_domain *d)
{
	g_autofree char *mib = g_strdup_printf("%u", d->memory);
	g_autofree char *vcpus = g_strdup_printf("%u", d->vcpus);
	xmlNode *vcpu = xml_tree_need(domain, "vcpu");

	set_memory(domain, "memory", mib);
	set_memory(domain, "currentMemory", mib);
	if (vcpus_of(domain) != d->vcpus) /* it would not fit the number any longer */
		xml_tree_remove(safe_xml_child(domain, "cpu"), "topology");
	xml_tree_unset(vcpu, "current");
	xml_tree_set_text(vcpu, vcpus);
}

static bool
edit(const struct template *t, const struct create_domain *d, xmlNode *domain, GError **error)
{
	xmlNode *devices = safe_xml_child(domain, "devices");

	xml_tree_remove(domain, "title");
	xml_tree_put_first(domain, "uuid", d->uuid);
	xml_tree_put_first(domain, "name", d->name);
	set_size(domain, d);
	if (d->disk != NULL)
		set_source(find_disk(devices, false), d->disk);
	if (d->seed != NULL && !add_seed(devices, d->seed, error))
		return false;
	edit_nics(devices, d);
	if (!t->agent && t->install != INSTALL_NONE)
		add_agent(devices);
	return fill_kernel(t, d, domain, error);
}

char *
create_xml(const struct template *t, const struct create_domain *d, GError **error)
{
	xmlDoc *doc = safe_xml_parse(t->xml, error);
	char *xml = NULL;

	if (doc == NULL)
		return NULL;
	xmlNode *domain = xmlDocGetRootElement(doc);
	if (edit(t, d, domain, error)) {
		xml = xml_tree_write(doc);
		if (xml == NULL)
			xml_tree_refuse(error, "it cannot be written");
	}
	xmlFreeDoc(doc);
	return xml;
}

static bool
check_domain(struct template *t, const xmlNode *domain, GError **error)
{
	const xmlNode *devices = safe_xml_child(domain, "devices");

	if (domain == NULL || !safe_xml_is(domain, "domain"))
		return xml_tree_refuse(error, "<domain> is wanted");
	if (devices == NULL || safe_xml_child(domain, "os") == NULL)
		return xml_tree_refuse(error, "<os> and <devices> are wanted");
	if (*t->pool != '\0' && find_disk(devices, false) == NULL)
		return xml_tree_refuse(error, "there is no <disk> for the volume in pool %s", t->pool);
	if (*t->network != '\0' && safe_xml_child(devices, "interface") == NULL)
		return xml_tree_refuse(error, "there is no <interface> for the network %s", t->network);
	if (t->install == INSTALL_NETBOOT &&
	    safe_xml_child(safe_xml_child(domain, "os"), "kernel") == NULL)
		return xml_tree_refuse(error, "install = netboot takes a <kernel> in <os>");
	t->agent = has_agent(devices);
	if (t->vcpus == 0)
		t->vcpus = (int)vcpus_of(domain);
	if (t->memory == 0)
		t->memory = (int)memory_of(domain);
	return t->memory > 0 || xml_tree_refuse(error, "<memory> is wanted, or \"memory\" in "
	    TEMPLATE_CONF);
}

bool
create_xml_check(struct template *t, GError **error)
{
	static char path[] = "/x", format[] = "raw";
	static const struct create_disk disk = { path, format };
	struct create_domain d = { .name = "x", .uuid = "x", .hostname = "x", .vcpus = 1,
		.memory = 1, .network = t->network };
	xmlDoc *doc = safe_xml_parse(t->xml, error);
	bool good = doc != NULL && check_domain(t, xmlDocGetRootElement(doc), error);

	xmlFreeDoc(doc);
	if (!good)
		return false;
	if (t->install == INSTALL_CLOUD_INIT)
		d.seed = &disk;
	g_autofree char *tried = create_xml(t, &d, error);
	return tried != NULL;
}
