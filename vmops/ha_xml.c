/* High availability: an ID, a definition's file, a resource.  Pure. */
#include "vmops/ha.h"

#include <string.h>

#include "common/xml_tree.h"
#include "model/value.h"
#include "vmops/crm_cib.h"

/* --- names */

static bool
is_id_char(char c)
{
	return g_ascii_isalnum(c) || c == '.' || c == '_' || c == '-';
}

char *
ha_id(const char *name)
{
	bool good = g_ascii_isalpha(*name) || *name == '_';
	char *id = g_strconcat(good ? "" : "vm-", name, NULL);

	for (char *p = id; *p != '\0'; p++)
		if (!is_id_char(*p))
			*p = '_';
	return id;
}

/*
 * The agent hands the name to a shell without quotes, and takes it out of the file's XML as it
 * is written there.
 */
const char *
ha_name_misfit(const char *name)
{
	if (*name == '-')
		return "a '-' at its beginning";
	for (const char *p = name; *p != '\0'; p++) {
		if (g_ascii_isspace(*p))
			return "a blank";
		if ((unsigned char)*p < 0x80 && !g_ascii_isalnum(*p) && strchr("._:@%+=,-", *p) == NULL)
			return "a character that a shell reads";
	}
	return NULL;
}

char *
ha_mark(const char *uuid)
{
	return g_strconcat("virtcluster-ha:", uuid, NULL);
}

/* --- the definition */

static char *
domain_text(const xmlDoc *doc, const char *name)
{
	return xml_tree_text(safe_xml_child(xmlDocGetRootElement(doc), name));
}

char *
ha_definition_uuid(const char *text)
{
	xmlDoc *doc = safe_xml_parse(text, NULL);
	char *uuid = doc == NULL ? NULL : domain_text(doc, "uuid");

	if (doc != NULL)
		xmlFreeDoc(doc);
	if (uuid != NULL && g_uuid_string_is_valid(uuid))
		return uuid;
	g_free(uuid);
	return NULL;
}

/* The agent greps for lines that are a name: there must be one. */
static bool
has_one_name(const char *xml)
{
	g_auto(GStrv) lines = g_strsplit(xml, "\n", -1);
	int n = 0;

	for (char **line = lines; *line != NULL; line++) {
		g_strstrip(*line);
		n += g_str_has_prefix(*line, "<name>") && g_str_has_suffix(*line, "</name>");
	}
	return n == 1;
}

/* The name on a line of its own, whatever else is written how. */
static char *
lay_out(xmlNode *domain, const char *name, const char *uuid)
{
	g_autofree char *mark = ha_mark(uuid);
	g_autofree char *type = xml_tree_attribute(domain, "type");
	xmlBuffer *buffer = xmlBufferCreate();
	g_autoptr(GString) text = g_string_new(NULL);

	xml_tree_remove(domain, "name");
	xmlNodeDump(buffer, domain->doc, domain, 0, 0);
	const char *whole = (const char *)xmlBufferContent(buffer);
	const char *open_end = strchr(whole, '>');
	if (type != NULL && open_end != NULL && open_end > whole && open_end[-1] != '/')
		g_string_printf(text, "<!-- %s\n\n     Placed by virtcluster for Pacemaker, on "
		    "all members of the cluster. -->\n%.*s>\n  <name>%s</name>\n%s\n", mark,
		    (int)(open_end - whole), whole, name, open_end + 1);
	xmlBufferFree(buffer);
	return text->len == 0 ? NULL : g_string_free(g_steal_pointer(&text), FALSE);
}

char *
ha_definition(const char *xml, GError **error)
{
	xmlDoc *doc = safe_xml_parse(xml, error);
	g_autofree char *name = doc == NULL ? NULL : domain_text(doc, "name");
	g_autofree char *uuid = doc == NULL ? NULL : domain_text(doc, "uuid");
	char *text = NULL;

	if (doc == NULL)
		return NULL;
	if (name == NULL || uuid == NULL || ha_name_misfit(name) != NULL)
		xml_tree_refuse(error, "libvirt's XML has no name and UUID that could be used");
	else if ((text = lay_out(xmlDocGetRootElement(doc), name, uuid)) == NULL)
		xml_tree_refuse(error, "libvirt's XML is not laid out as expected");
	else if (!has_one_name(text)) {
		g_clear_pointer(&text, g_free);
		xml_tree_refuse(error, "something in its definition besides its name is called "
		    "<name>, and Pacemaker's agent would take it for that");
	}
	xmlFreeDoc(doc);
	return text;
}

/* --- back to libvirt: which definition */

static void
note(GString *text, const char *key, char *value)
{
	g_string_append_printf(text, "%s=%s;", key, value == NULL ? "" : value);
	g_free(value);
}

static void
note_device(GString *text, const xmlNode *device)
{
	static const char *const places[] = { "file", "dev", "name", "volume", "pool", "dir" };
	const xmlNode *source = safe_xml_child(device, "source");

	note(text, (const char *)device->name,
	    xml_tree_attribute(safe_xml_child(device, "target"), "dev"));
	if (safe_xml_is(device, "interface")) {
		note(text, "mac", xml_tree_attribute(safe_xml_child(device, "mac"), "address"));
		return;
	}
	for (size_t i = 0; i < G_N_ELEMENTS(places); i++)
		note(text, places[i], xml_tree_attribute(source, places[i]));
}

/* What somebody would miss: disks, cards, CPUs, memory. */
static char *
machine_of(const xmlDoc *doc)
{
	static const char *const kinds[] = { "disk", "interface", "hostdev", "filesystem", "memory",
		NULL };
	xmlNode *root = xmlDocGetRootElement(doc), *devices = safe_xml_child(root, "devices");
	GString *text = g_string_new(NULL);

	note(text, "vcpu", domain_text(doc, "vcpu"));
	note(text, "current", xml_tree_attribute(safe_xml_child(root, "vcpu"), "current"));
	note(text, "memory", domain_text(doc, "memory"));
	for (xmlNode *device = devices == NULL ? NULL : devices->children; device != NULL;
	     device = device->next)
		if (device->type == XML_ELEMENT_NODE &&
		    g_strv_contains(kinds, (const char *)device->name))
			note_device(text, device);
	return g_string_free(text, FALSE);
}

/* What libvirt tells of a run, and would keep as if it had been asked for. */
static void
drop_run(xmlNode *node)
{
	xmlNode *next;

	for (xmlNode *child = node->children; child != NULL; child = next) {
		next = child->next;
		bool alias = safe_xml_is(child, "alias");
		g_autofree char *name = alias ? xml_tree_attribute(child, "name") : NULL;
		bool drop = (alias && (name == NULL || !g_str_has_prefix(name, "ua-"))) ||
		    safe_xml_is(child, "backingStore");
		if (drop) {
			xmlUnlinkNode(child);
			xmlFreeNode(child);
			continue;
		}
		if (safe_xml_is(child, "source") && safe_xml_is(node, "disk"))
			xml_tree_unset(child, "index");
		if (child->type == XML_ELEMENT_NODE)
			drop_run(child);
	}
}

char *
ha_persistent(const char *running, const char *file, GError **error)
{
	xmlDoc *is = safe_xml_parse(running, error);
	xmlDoc *was = is == NULL || file == NULL ? NULL : safe_xml_parse(file, NULL);
	char *xml = NULL;

	if (is == NULL)
		return NULL;
	if (was != NULL) {
		g_autofree char *a = machine_of(is), *b = machine_of(was);
		g_autofree char *uuid = domain_text(is, "uuid"), *old = domain_text(was, "uuid");
		if (strcmp(a, b) == 0 && g_strcmp0(uuid, old) == 0)
			xml = g_strdup(file);
		xmlFreeDoc(was);
	}
	if (xml == NULL) {
		drop_run(xmlDocGetRootElement(is));
		xml = xml_tree_write(is);
	}
	xmlFreeDoc(is);
	return xml;
}

/* --- the resource */

static void
add_pair(GString *xml, const char *id, const char *name, const char *value)
{
	g_autofree char *pair = g_markup_printf_escaped(
	    "<nvpair id=\"%s-%s\" name=\"%s\" value=\"%s\"/>", id, name, name, value);

	g_string_append(xml, pair);
}

static void
add_number(GString *xml, const char *id, const char *name, uint32_t value)
{
	g_autofree char *text = g_strdup_printf("%u", value);

	if (value != ABSENT_U32 && value != 0)
		add_pair(xml, id, name, text);
}

static void
add_parameters(GString *xml, const struct ha_resource *r)
{
	g_string_append_printf(xml, "<instance_attributes id=\"%s-params\">", r->id);
	add_pair(xml, r->id, "config", r->config);
	add_pair(xml, r->id, "hypervisor", r->hypervisor);
	add_pair(xml, r->id, "migration_transport", r->transport);
	if (r->unsafe)
		add_pair(xml, r->id, "migrate_options", "--unsafe");
	/* what it uses is written down once, and not at every look */
	add_pair(xml, r->id, "autoset_utilization_cpu", "false");
	add_pair(xml, r->id, "autoset_utilization_hv_memory", "false");
	add_pair(xml, r->id, "autoset_utilization_host_memory", "false");
	g_string_append(xml, "</instance_attributes>");
}

static void
add_meta(GString *xml, const struct ha_resource *r)
{
	g_string_append_printf(xml, "<meta_attributes id=\"%s-meta\">", r->id);
	add_pair(xml, r->id, "is-managed", "false");
	add_pair(xml, r->id, "allow-migrate", "true");
	add_pair(xml, r->id, "virtcluster-uuid", r->uuid);
	add_number(xml, r->id, "priority", r->priority);
	if (r->sticky)
		add_pair(xml, r->id, "resource-stickiness", "100");
	if (!r->started)
		add_pair(xml, r->id, "target-role", "Stopped");
	g_string_append(xml, "</meta_attributes>");
}

/* Seconds; a migration of much memory takes long, and what is cut off is stopped instead. */
static const struct {
	const char *name, *interval, *timeout;
} operations[] = {
	{ "monitor", "10s", "30s" }, { "start", "0", "120s" }, { "stop", "0", "180s" },
	{ "migrate_to", "0", "1800s" }, { "migrate_from", "0", "120s" },
};

static void
add_operations(GString *xml, const struct ha_resource *r)
{
	g_string_append(xml, "<operations>");
	for (size_t i = 0; i < G_N_ELEMENTS(operations); i++)
		g_string_append_printf(xml,
		    "<op id=\"%s-%s\" name=\"%s\" interval=\"%s\" timeout=\"%s\"/>", r->id,
		    operations[i].name, operations[i].name, operations[i].interval,
		    operations[i].timeout);
	g_string_append(xml, "</operations>");
}

/* On members that are machines of their own only; nobody looks for it elsewhere. */
static void
add_rules(GString *xml, const struct ha_resource *r)
{
	g_string_append_printf(xml, "<rsc_location id=\"%s-on-hosts\" rsc=\"%s\" "
	    "resource-discovery=\"never\"><rule id=\"%s-on-hosts-rule\" score=\"-INFINITY\">"
	    "<expression id=\"%s-on-hosts-kind\" attribute=\"#kind\" operation=\"ne\" "
	    "value=\"cluster\"/></rule></rsc_location>", r->id, r->id, r->id, r->id);
	if (r->prefer == NULL)
		return;
	g_autofree char *rule = g_markup_printf_escaped("<rsc_location id=\"%s-prefers\" rsc=\"%s\" "
	    "node=\"%s\" score=\"%d\"/>", r->id, r->id, r->prefer, HA_PREFERENCE);
	g_string_append(xml, rule);
}

char *
ha_resource_xml(const struct ha_resource *r)
{
	g_autoptr(GString) xml = g_string_new("<configuration><resources>");

	g_string_append_printf(xml,
	    "<primitive id=\"%s\" class=\"ocf\" provider=\"heartbeat\" "
	    "type=\"VirtualDomain\">", r->id);
	add_parameters(xml, r);
	add_meta(xml, r);
	g_string_append_printf(xml, "<utilization id=\"%s-utilization\">", r->id);
	add_number(xml, r->id, "cpu", r->vcpus);
	add_number(xml, r->id, "hv_memory", r->memory);
	g_string_append(xml, "</utilization>");
	add_operations(xml, r);
	g_string_append(xml, "</primitive></resources><constraints>");
	add_rules(xml, r);
	g_string_append(xml, "</constraints></configuration>");
	return g_string_free(g_steal_pointer(&xml), FALSE);
}

/* The first element's ID in the one that the other has, too. */
static char *
common_id(const xmlNode *node, const xmlDoc *cib)
{
	char *id = xml_tree_attribute(node, "id");

	if (id != NULL && crm_cib_find(cib, id) != NULL)
		return id;
	g_free(id);
	id = NULL;
	for (const xmlNode *child = node->children; id == NULL && child != NULL; child = child->next)
		id = child->type == XML_ELEMENT_NODE ? common_id(child, cib) : NULL;
	return id;
}

static char *
common_id_in(const char *xml, const xmlDoc *cib)
{
	xmlDoc *doc = safe_xml_parse(xml, NULL);
	char *id = doc == NULL ? NULL : common_id(xmlDocGetRootElement(doc), cib);

	if (doc != NULL)
		xmlFreeDoc(doc);
	return id;
}

char *
ha_taken_id(const xmlDoc *cib, const char *id)
{
	const struct ha_resource all = { .id = id, .uuid = "", .config = "", .hypervisor = "",
		.transport = "", .prefer = "", .vcpus = 1, .memory = 1, .priority = 1, .unsafe = true,
		.sticky = true };
	g_autofree char *xml = ha_resource_xml(&all), *never = crm_cib_never_xml(id);
	char *taken = common_id_in(xml, cib);

	return taken != NULL ? taken : common_id_in(never, cib);
}

/* --- how hosts are reached */

/* "tcp" of "qemu+tcp://host/system", NULL: it does not say. */
static const char *
transport_in(const char *uri)
{
	static const char *const known[] = { "tcp", "tls", "ssh", "libssh", "libssh2" };
	const char *plus = strchr(uri, '+'), *colon = strstr(uri, "://");

	for (size_t i = 0; plus != NULL && colon != NULL && i < G_N_ELEMENTS(known); i++)
		if (strlen(known[i]) == (size_t)(colon - plus) - 1 &&
		    strncmp(plus + 1, known[i], strlen(known[i])) == 0)
			return known[i];
	return NULL;
}

const char *
ha_transport(const char *migrate_uri, const char *uri)
{
	const char *transport = transport_in(migrate_uri);

	if (transport == NULL)
		transport = transport_in(uri);
	return transport != NULL ? transport : "ssh";
}

char *
ha_hypervisor(const char *uri)
{
	size_t driver = strcspn(uri, "+:");
	const char *rest = strstr(uri, "://");
	const char *path = rest == NULL ? NULL : strchr(rest + 3, '/');
	size_t length = path == NULL ? 0 : strcspn(path, "?");

	return path == NULL ? g_strdup("qemu:///system")
			    : g_strdup_printf("%.*s://%.*s", (int)driver, uri, (int)length, path);
}
