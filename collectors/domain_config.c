/* How a domain is configured: libvirt's XML of it, as plain values. */
#include "collectors/domain_config.h"

#include "common/safe_xml.h"
#include "model/names.h"
#include "model/value.h"

#define MOST_DEVICES 1024 /* of one kind */
#define DEEPEST	     200  /* images below one another */

#define AGENT_CHANNEL "org.qemu.guest_agent.0"

/* --- elements and attributes */

/* Takes the text that libxml2 gave away. */
static const char *
keep_text(struct domain_config *config, xmlChar *text)
{
	if (text == NULL)
		return NULL;
	const char *kept = g_string_chunk_insert_const(config->texts, (const char *)text);
	xmlFree(text);
	return kept;
}

static const char *
attribute_of(struct domain_config *config, xmlNode *node, const char *name)
{
	if (node == NULL)
		return NULL;
	return keep_text(config, xmlGetNoNsProp(node, (const xmlChar *)name));
}

static const char *
text_of(struct domain_config *config, xmlNode *node)
{
	return node == NULL ? NULL : keep_text(config, xmlNodeGetContent(node));
}

/* What stands in a child's text as a number; 0: nothing of that kind. */
static uint64_t
number_of(const xmlNode *node, const char *name)
{
	xmlNode *child = safe_xml_child(node, name);
	xmlChar *text = child == NULL ? NULL : xmlNodeGetContent(child);
	uint64_t number = 0;

	if (text == NULL || !g_ascii_string_to_unsigned((const char *)text, 10, 0,
	    ABSENT_U64 - 1, &number, NULL))
		number = 0;
	xmlFree(text);
	return number;
}

/* Attributes of children that go into a row's texts as they are. */
struct fact {
	const char *element, *attribute;
	size_t offset; /* of a const char * */
};

static void
read_facts(struct domain_config *config, const xmlNode *node, const struct fact *facts,
    size_t n, void *out)
{
	for (size_t i = 0; i < n; i++)
		*(const char **)((char *)out + facts[i].offset) = attribute_of(config,
		    safe_xml_child(node, facts[i].element), facts[i].attribute);
}

/* The first of these attributes that is there, or "". */
static const char *
first_attribute(struct domain_config *config, xmlNode *node, const char *const *names)
{
	for (; *names != NULL; names++) {
		const char *value = attribute_of(config, node, *names);
		if (value != NULL)
			return value;
	}
	return "";
}

/* "A:B", where either may be missing. */
static const char *
joined(struct domain_config *config, const char *a, const char *separator, const char *b)
{
	g_autofree char *both =
	    g_strconcat(a == NULL ? "" : a, separator, b == NULL ? "" : b, NULL);

	return g_string_chunk_insert_const(config->texts, both);
}

/* --- disks */

static const char *
read_source(struct domain_config *config, xmlNode *source)
{
	static const char *const paths[] = { "file", "dev", "dir", "path", "name", NULL };
	const char *protocol = attribute_of(config, source, "protocol");
	const char *pool = attribute_of(config, source, "pool");

	if (protocol != NULL)
		return joined(config, protocol, ":", attribute_of(config, source, "name"));
	if (pool != NULL)
		return joined(config, pool, "/", attribute_of(config, source, "volume"));
	return first_attribute(config, source, paths);
}

/* An empty <backingStore/> ends the chain; without one it was not looked at. */
static uint32_t
read_depth(const xmlNode *disk)
{
	const xmlNode *below = safe_xml_child(disk, "backingStore");
	uint32_t depth = 0;

	if (below == NULL)
		return ABSENT_U32;
	for (; below != NULL && safe_xml_child(below, "source") != NULL && depth < DEEPEST; depth++)
		below = safe_xml_child(below, "backingStore");
	return depth;
}

static uint64_t
read_limit(const xmlNode *iotune, const char *total, const char *reads, const char *writes)
{
	uint64_t limit = number_of(iotune, total), part = number_of(iotune, reads);

	if (limit == 0)
		limit = part + MIN(number_of(iotune, writes), ABSENT_U64 - 1 - part);
	return limit;
}

static int32_t
read_device(struct domain_config *config, xmlNode *node)
{
	static const struct enum_name devices[] = {
		{ DISK_DEVICE_CDROM, "cdrom" },
		{ DISK_DEVICE_FLOPPY, "floppy" },
		{ DISK_DEVICE_LUN, "lun" },
		{ 0, NULL },
	};
	const char *device = attribute_of(config, node, "device");
	int32_t value = device == NULL ? 0 : enum_from_name(devices, device);

	return value == 0 ? DISK_DEVICE_DISK : value;
}

static void
read_disk(struct domain_config *config, xmlNode *node)
{
	static const struct fact facts[] = {
		{ "target", "dev",  offsetof(struct config_disk, target) },
		{ "target", "bus",  offsetof(struct config_disk, bus)    },
		{ "driver", "type", offsetof(struct config_disk, format) },
		{ "driver", "name", offsetof(struct config_disk, driver) },
	};
	const xmlNode *iotune = safe_xml_child(node, "iotune");
	struct config_disk disk = { 0 };

	read_facts(config, node, facts, G_N_ELEMENTS(facts), &disk);
	if (disk.target == NULL || config->disks->len >= MOST_DEVICES)
		return;
	disk.source = read_source(config, safe_xml_child(node, "source"));
	disk.backing =
	    read_source(config, safe_xml_child(safe_xml_child(node, "backingStore"), "source"));
	disk.device = read_device(config, node);
	disk.read_only = safe_xml_child(node, "readonly") != NULL;
	disk.depth = read_depth(node);
	disk.limit_iops =
	    read_limit(iotune, "total_iops_sec", "read_iops_sec", "write_iops_sec");
	disk.limit_bytes =
	    read_limit(iotune, "total_bytes_sec", "read_bytes_sec", "write_bytes_sec");
	g_array_append_val(config->disks, disk);
}

/* A container's root is one of these. */
static void
read_filesystem(struct domain_config *config, xmlNode *node)
{
	static const struct fact facts[] = {
		{ "target", "dir",    offsetof(struct config_disk, target) },
		{ "driver", "type",   offsetof(struct config_disk, driver) },
		{ "driver", "format", offsetof(struct config_disk, format) },
	};
	struct config_disk disk = { .device = DISK_DEVICE_FILESYSTEM, .depth = ABSENT_U32 };

	read_facts(config, node, facts, G_N_ELEMENTS(facts), &disk);
	if (disk.target == NULL || config->disks->len >= MOST_DEVICES)
		return;
	disk.source = read_source(config, safe_xml_child(node, "source"));
	disk.read_only = safe_xml_child(node, "readonly") != NULL;
	g_array_append_val(config->disks, disk);
}

/* --- the other devices */

static void
read_nic(struct domain_config *config, xmlNode *node)
{
	static const struct fact facts[] = {
		{ "mac",    "address", offsetof(struct config_nic, mac)    },
		{ "model",  "type",    offsetof(struct config_nic, model)  },
		{ "target", "dev",     offsetof(struct config_nic, target) },
	};
	/* a network's NIC that runs names its bridge too */
	static const char *const sources[] = { "network", "bridge", "dev", "path", "name",
		"address", NULL };
	struct config_nic nic = { 0 };

	if (config->nics->len >= MOST_DEVICES)
		return;
	read_facts(config, node, facts, G_N_ELEMENTS(facts), &nic);
	if (nic.mac != NULL) {
		g_autofree char *lower = g_ascii_strdown(nic.mac, -1);
		nic.mac = g_string_chunk_insert_const(config->texts, lower);
	}
	nic.type = attribute_of(config, node, "type");
	nic.source = first_attribute(config, safe_xml_child(node, "source"), sources);
	const char *link = attribute_of(config, safe_xml_child(node, "link"), "state");
	nic.link = g_strcmp0(link, "down") == 0 ? NIC_LINK_DOWN : NIC_LINK_UP;
	g_array_append_val(config->nics, nic);
}

static void
read_channel(struct domain_config *config, xmlNode *node)
{
	xmlNode *target = safe_xml_child(node, "target");

	if (g_strcmp0(attribute_of(config, target, "name"), AGENT_CHANNEL) != 0)
		return;
	const char *state = attribute_of(config, target, "state");
	config->guest_agent = g_strcmp0(state, "connected") == 0 ? GUEST_AGENT_CONNECTED
								 : GUEST_AGENT_DISCONNECTED;
}

static void
read_devices(struct domain_config *config, const xmlNode *devices)
{
	static const struct {
		const char *name;
		void (*read)(struct domain_config *, xmlNode *);
	} kinds[] = {
		{ "disk",       read_disk       },
		{ "filesystem", read_filesystem },
		{ "interface",  read_nic        },
		{ "channel",    read_channel    },
	};

	for (xmlNode *node = devices == NULL ? NULL : devices->children; node != NULL;
	     node = node->next)
		for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++)
			if (safe_xml_is(node, kinds[i].name))
				kinds[i].read(config, node);
}

static void
read_pins(struct domain_config *config, const xmlNode *cputune)
{
	for (xmlNode *node = cputune == NULL ? NULL : cputune->children; node != NULL;
	     node = node->next) {
		if (!safe_xml_is(node, "vcpupin") || config->pins->len >= MOST_DEVICES)
			continue;
		const char *vcpu = attribute_of(config, node, "vcpu");
		struct config_pin pin = { 0, attribute_of(config, node, "cpuset") };
		uint64_t number;
		if (vcpu == NULL || pin.cpus == NULL ||
		    !g_ascii_string_to_unsigned(vcpu, 10, 0, UINT32_MAX, &number, NULL))
			continue;
		pin.vcpu = (uint32_t)number;
		g_array_append_val(config->pins, pin);
	}
}

/* --- the whole */

static struct domain_config *
config_new(void)
{
	struct domain_config *config = g_new0(struct domain_config, 1);

	atomic_init(&config->refs, 1);
	config->guest_agent = GUEST_AGENT_NONE;
	config->disks = g_array_new(FALSE, FALSE, sizeof(struct config_disk));
	config->nics = g_array_new(FALSE, FALSE, sizeof(struct config_nic));
	config->pins = g_array_new(FALSE, FALSE, sizeof(struct config_pin));
	config->texts = g_string_chunk_new(1024);
	return config;
}

struct domain_config *
domain_config_ref(struct domain_config *config)
{
	ref_take(&config->refs);
	return config;
}

void
domain_config_unref(struct domain_config *config)
{
	if (config == NULL || !ref_drop(&config->refs))
		return;
	g_array_free(config->disks, TRUE);
	g_array_free(config->nics, TRUE);
	g_array_free(config->pins, TRUE);
	g_string_chunk_free(config->texts);
	g_free(config);
}

static void
read_domain(struct domain_config *config, xmlNode *domain)
{
	config->title = text_of(config, safe_xml_child(domain, "title"));
	config->os_type = text_of(config, safe_xml_child(safe_xml_child(domain, "os"), "type"));
	config->cpus = attribute_of(config, safe_xml_child(domain, "vcpu"), "cpuset");
	read_pins(config, safe_xml_child(domain, "cputune"));
	read_devices(config, safe_xml_child(domain, "devices"));
}

struct domain_config *
domain_config_parse(const char *xml, GError **error)
{
	struct domain_config *config = NULL;
	xmlDoc *doc = safe_xml_parse(xml, error);

	if (doc == NULL)
		return NULL;
	xmlNode *root = xmlDocGetRootElement(doc);
	if (root != NULL && safe_xml_is(root, "domain")) {
		config = config_new();
		read_domain(config, root);
	} else {
		g_set_error_literal(error, G_MARKUP_ERROR, G_MARKUP_ERROR_INVALID_CONTENT,
		    "the configuration is not that of a domain");
	}
	xmlFreeDoc(doc);
	return config;
}

const char *
domain_config_affinity(const struct domain_config *config, uint32_t vcpu)
{
	for (guint i = 0; i < config->pins->len; i++) {
		const struct config_pin *pin =
		    &g_array_index(config->pins, struct config_pin, i);
		if (pin->vcpu == vcpu)
			return pin->cpus;
	}
	return config->cpus == NULL ? "" : config->cpus;
}
