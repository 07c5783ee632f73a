/* Making VMs: the domain's XML, edited as a tree. */
#include <string.h>

#include "common/safe_xml.h"
#include "vmops/create.h"

#define KIB_OF_MIB 1024

static bool G_GNUC_PRINTF(2, 3)
refuse(GError **error, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	g_autofree char *text = g_strdup_vprintf(format, args);
	va_end(args);
	g_set_error_literal(error, G_MARKUP_ERROR, G_MARKUP_ERROR_INVALID_CONTENT, text);
	return false;
}

/* --- the tree */

static void
set_attribute(xmlNode *node, const char *name, const char *value)
{
	xmlSetProp(node, (const xmlChar *)name, (const xmlChar *)value);
}

/* Free it; NULL: it has none. */
static char *
attribute(const xmlNode *node, const char *name)
{
	xmlChar *text = node == NULL ? NULL : xmlGetNoNsProp(node, (const xmlChar *)name);
	char *copy = g_strdup((const char *)text);

	xmlFree(text);
	return copy;
}

static bool
attribute_is(const xmlNode *node, const char *name, const char *value)
{
	g_autofree char *is = attribute(node, name);

	return g_strcmp0(is, value) == 0;
}

static char *
text_of(const xmlNode *node)
{
	xmlChar *text = node == NULL ? NULL : xmlNodeGetContent(node);
	char *copy = g_strdup((const char *)text);

	xmlFree(text);
	return copy == NULL ? NULL : g_strstrip(copy);
}

static void
set_text(xmlNode *node, const char *text)
{
	xmlNodeSetContent(node, NULL);
	xmlNodeAddContent(node, (const xmlChar *)text);
}

static void
remove_children(xmlNode *parent, const char *name)
{
	xmlNode *node;

	while ((node = safe_xml_child(parent, name)) != NULL) {
		xmlUnlinkNode(node);
		xmlFreeNode(node);
	}
}

static xmlNode *
add_child(xmlNode *parent, const char *name)
{
	return xmlNewChild(parent, NULL, (const xmlChar *)name, NULL);
}

/* The only child of that name from now on. */
static xmlNode *
need_child(xmlNode *parent, const char *name)
{
	xmlNode *node = safe_xml_child(parent, name);

	return node != NULL ? node : add_child(parent, name);
}

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
	g_autofree char *text = text_of(node);
	g_autofree char *unit = attribute(node, "unit");
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
	g_autofree char *text = text_of(safe_xml_child(domain, "vcpu"));
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
		bool drive = attribute_is(node, "device", "cdrom");
		bool hard = attribute_is(node, "device", "disk") ||
		    attribute_is(node, "device", NULL);
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
		    attribute_is(safe_xml_child(node, "target"), "name",
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
			refuse(error, "<os> wants @%s@, which [parameters] does not have", name);
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
		g_autofree char *text = text_of(node);
		g_autofree char *filled = text == NULL ? NULL : fill_in(t, d, text, error);
		if (text == NULL)
			continue;
		if (filled == NULL)
			return false;
		set_text(node, filled);
	}
	return true;
}

/* --- devices */

static void
set_source(xmlNode *disk, const struct create_disk *source)
{
	remove_children(disk, "source");
	remove_children(disk, "backingStore");
	xmlNode *driver = need_child(disk, "driver");
	set_attribute(driver, "type", source->format);
	if (attribute_is(driver, "name", NULL))
		set_attribute(driver, "name", "qemu");
	set_attribute(disk, "type", source->block ? "block" : "file");
	set_attribute(add_child(disk, "source"), source->block ? "dev" : "file", source->path);
}

static bool
is_taken(const xmlNode *devices, const char *target)
{
	for (const xmlNode *node = devices->children; node != NULL; node = node->next)
		if (safe_xml_is(node, "disk") &&
		    attribute_is(safe_xml_child(node, "target"), "dev", target))
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
			return refuse(error, "there is no room for one more disk");
		disk = add_child(devices, "disk");
		set_attribute(disk, "device", "disk");
		xmlNode *node = add_child(disk, "target");
		set_attribute(node, "dev", target);
		set_attribute(node, "bus", "virtio");
	}
	if (safe_xml_child(disk, "readonly") == NULL)
		add_child(disk, "readonly");
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
		set_attribute(need_child(node, "mac"), "address", mac);
		remove_children(node, "target");
		if (*d->network == '\0')
			continue;
		set_attribute(node, "type", "network");
		remove_children(node, "source");
		set_attribute(add_child(node, "source"), "network", d->network);
	}
}

static void
add_agent(xmlNode *devices)
{
	xmlNode *channel = add_child(devices, "channel");
	xmlNode *target = add_child(channel, "target");

	set_attribute(channel, "type", "unix");
	set_attribute(target, "type", "virtio");
	set_attribute(target, "name", "org.qemu.guest_agent.0");
}

/* --- the whole */

static void
set_first(xmlNode *domain, const char *name, const char *text)
{
	remove_children(domain, name);
	xmlNode *node = xmlNewDocNode(domain->doc, NULL, (const xmlChar *)name, NULL);
	set_text(node, text);
	if (domain->children != NULL)
		xmlAddPrevSibling(domain->children, node);
	else
		xmlAddChild(domain, node);
}

static void
set_memory(xmlNode *domain, const char *name, const char *mib)
{
	xmlNode *node = need_child(domain, name);

	set_text(node, mib);
	set_attribute(node, "unit", "MiB");
}

static void
set_size(xmlNode *domain, const struct create_domain *d)
{
	g_autofree char *mib = g_strdup_printf("%u", d->memory);
	g_autofree char *vcpus = g_strdup_printf("%u", d->vcpus);
	xmlNode *vcpu = need_child(domain, "vcpu");

	set_memory(domain, "memory", mib);
	set_memory(domain, "currentMemory", mib);
	if (vcpus_of(domain) != d->vcpus) /* it would not fit the number any longer */
		remove_children(safe_xml_child(domain, "cpu"), "topology");
	xmlUnsetProp(vcpu, (const xmlChar *)"current");
	set_text(vcpu, vcpus);
}

static bool
edit(const struct template *t, const struct create_domain *d, xmlNode *domain, GError **error)
{
	xmlNode *devices = safe_xml_child(domain, "devices");

	remove_children(domain, "title");
	set_first(domain, "uuid", d->uuid);
	set_first(domain, "name", d->name);
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
		xmlBuffer *buffer = xmlBufferCreate();
		if (xmlNodeDump(buffer, doc, domain, 0, 1) > 0)
			xml = g_strdup((const char *)xmlBufferContent(buffer));
		else
			refuse(error, "it cannot be written");
		xmlBufferFree(buffer);
	}
	xmlFreeDoc(doc);
	return xml;
}

static bool
check_domain(struct template *t, const xmlNode *domain, GError **error)
{
	const xmlNode *devices = safe_xml_child(domain, "devices");

	if (domain == NULL || !safe_xml_is(domain, "domain"))
		return refuse(error, "<domain> is wanted");
	if (devices == NULL || safe_xml_child(domain, "os") == NULL)
		return refuse(error, "<os> and <devices> are wanted");
	if (*t->pool != '\0' && find_disk(devices, false) == NULL)
		return refuse(error, "there is no <disk> for the volume in pool %s", t->pool);
	if (*t->network != '\0' && safe_xml_child(devices, "interface") == NULL)
		return refuse(error, "there is no <interface> for the network %s", t->network);
	if (t->install == INSTALL_NETBOOT &&
	    safe_xml_child(safe_xml_child(domain, "os"), "kernel") == NULL)
		return refuse(error, "install = netboot takes a <kernel> in <os>");
	t->agent = has_agent(devices);
	if (t->vcpus == 0)
		t->vcpus = (int)vcpus_of(domain);
	if (t->memory == 0)
		t->memory = (int)memory_of(domain);
	return t->memory > 0 || refuse(error, "<memory> is wanted, or \"memory\" in "
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
