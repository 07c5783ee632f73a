/*
 * Clones: the first start.  Inside, the guest is still the original: its machine ID is on the
 * disk, and with it what it tells DHCP servers.  Where it has an agent, it starts with its
 * cables pulled out, forgets its machine ID, restarts with one of its own, and only then is
 * connected.
 */
#include <libvirt/libvirt-qemu.h>
#include <stdlib.h>
#include <string.h>

#include <json-glib/json-glib.h>

#include "common/log.h"
#include "common/xml_tree.h"
#include "vmops/clone.h"

#define LOOK_US   G_USEC_PER_SEC
#define GUEST_US  (300 * G_USEC_PER_SEC)
#define AGENT_S   5
#define MOST_LOOKS 20 /* for a command in the guest */

/* --- cables */

static bool
is_down(const xmlNode *nic)
{
	return xml_tree_is(safe_xml_child(nic, "link"), "state", "down");
}

static xmlNode *
first_device(xmlDoc *doc)
{
	xmlNode *devices = safe_xml_child(doc == NULL ? NULL : xmlDocGetRootElement(doc), "devices");

	return devices == NULL ? NULL : devices->children;
}

/* The NICs whose cables the definition leaves out, by MAC. */
static GHashTable *
meant_down(virDomainPtr domain)
{
	GHashTable *macs = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	char *xml = virDomainGetXMLDesc(domain, VIR_DOMAIN_XML_INACTIVE);
	xmlDoc *doc = xml == NULL ? NULL : safe_xml_parse(xml, NULL);

	for (xmlNode *node = first_device(doc); node != NULL; node = node->next)
		if (safe_xml_is(node, "interface") && is_down(node)) {
			char *mac = xml_tree_attribute(safe_xml_child(node, "mac"), "address");
			if (mac != NULL)
				g_hash_table_add(macs, mac);
		}
	xmlFreeDoc(doc);
	free(xml);
	return macs;
}

static bool
set_link(virDomainPtr domain, xmlNode *nic, const char *state)
{
	xmlBuffer *buffer = xmlBufferCreate();

	xml_tree_set(xml_tree_need(nic, "link"), "state", state);
	bool done = xmlNodeDump(buffer, nic->doc, nic, 0, 0) > 0 &&
	    virDomainUpdateDeviceFlags(domain, (const char *)xmlBufferContent(buffer),
		VIR_DOMAIN_AFFECT_LIVE) == 0;
	xmlBufferFree(buffer);
	return done;
}

/* All of those that the definition has in. */
static bool
connect_nics(virDomainPtr domain, bool on)
{
	g_autoptr(GHashTable) out = meant_down(domain);
	char *xml = virDomainGetXMLDesc(domain, 0);
	xmlDoc *doc = xml == NULL ? NULL : safe_xml_parse(xml, NULL);
	bool good = doc != NULL;

	for (xmlNode *node = first_device(doc); good && node != NULL; node = node->next) {
		if (!safe_xml_is(node, "interface") || is_down(node) != on)
			continue;
		g_autofree char *mac =
		    xml_tree_attribute(safe_xml_child(node, "mac"), "address");
		if (mac == NULL || !g_hash_table_contains(out, mac))
			good = set_link(domain, node, on ? "up" : "down");
	}
	xmlFreeDoc(doc);
	free(xml);
	return good;
}

/* --- commands in the guest */

/* What the agent answers, to be unreferenced; NULL with libvirt's last error. */
static JsonNode *
ask(virDomainPtr domain, const char *command)
{
	char *text = virDomainQemuAgentCommand(domain, command, AGENT_S, 0);
	g_autoptr(JsonParser) parser = json_parser_new();
	bool read = text != NULL && json_parser_load_from_data(parser, text, -1, NULL);
	JsonNode *root = read ? json_parser_get_root(parser) : NULL;
	JsonNode *answer = NULL;

	if (root != NULL && JSON_NODE_HOLDS_OBJECT(root))
		answer = json_object_get_member(json_node_get_object(root), "return");
	if (answer != NULL)
		answer = JSON_NODE_HOLDS_OBJECT(answer) ? json_node_ref(answer) : NULL;
	free(text);
	return answer;
}

static int64_t
number(JsonNode *answer, const char *name)
{
	return json_object_get_int_member_with_default(json_node_get_object(answer), name, -1);
}

/* The command's number in the guest, -1: it was not begun. */
static int64_t
begin_command(virDomainPtr domain, const char *script)
{
	g_autofree char *quoted = g_strescape(script, NULL);
	g_autofree char *command = g_strdup_printf("{\"execute\":\"guest-exec\",\"arguments\":"
	    "{\"path\":\"/bin/sh\",\"arg\":[\"-c\",\"%s\"],\"capture-output\":true}}", quoted);
	g_autoptr(JsonNode) answer = ask(domain, command);

	return answer == NULL ? -1 : number(answer, "pid");
}

/* What it has written, to be freed; NULL: it has failed, or does not end. */
static char *
run_script(struct clone *c, virDomainPtr domain, const char *script)
{
	int64_t pid = begin_command(domain, script);
	g_autofree char *command = g_strdup_printf("{\"execute\":\"guest-exec-status\","
	    "\"arguments\":{\"pid\":%" G_GINT64_FORMAT "}}", pid);

	for (int i = 0; pid >= 0 && i < MOST_LOOKS; i++) {
		g_autoptr(JsonNode) answer = ask(domain, command);
		c->run->alive(c->run->context);
		if (answer == NULL)
			return NULL;
		JsonObject *told = json_node_get_object(answer);
		if (json_object_get_boolean_member_with_default(told, "exited", FALSE)) {
			gsize length = 0;
			const char *out =
			    json_object_get_string_member_with_default(told, "out-data", "");
			g_autofree guchar *octets = g_base64_decode(out, &length);
			return number(answer, "exitcode") != 0 ? NULL
			    : g_strndup((const char *)octets, length);
		}
		g_usleep(LOOK_US / 4);
	}
	return NULL;
}

/* --- the machine ID */

/* Of a guest: since when it runs, and who it is. */
struct who {
	char *boot, *id;
};

static void
who_clear(struct who *w)
{
	g_free(w->boot);
	g_free(w->id);
	*w = (struct who){ 0 };
}
#define WHO __attribute__((cleanup(who_clear))) struct who

static bool
ask_who(struct clone *c, virDomainPtr domain, struct who *out)
{
	g_autofree char *text = run_script(c, domain,
	    "cat /proc/sys/kernel/random/boot_id; cat /etc/machine-id 2>/dev/null; true");
	g_auto(GStrv) lines = g_strsplit(text == NULL ? "" : text, "\n", 3);

	if (lines[0] == NULL || *lines[0] == '\0')
		return false;
	*out = (struct who){ g_strdup(lines[0]), g_strdup(lines[1] == NULL ? "" : lines[1]) };
	return true;
}

/* D-Bus may have it once more, and makes it anew. */
static const char forget[] =
    ": > /etc/machine-id && { test -L /var/lib/dbus/machine-id || "
    "rm -f /var/lib/dbus/machine-id; } && sync && echo forgotten";

static bool
give_up(const struct clone *c, enum job_cause cause, const char *why, GError **error)
{
	g_set_error(error, OP_ERROR, (gint)cause, "%s was made and runs on %s, but its machine ID "
	    "is still that of %s: %s", c->name, c->host_name, c->run->name, why);
	return false;
}

/* False with `stopped`: the job shall end now; with `error`: too late. */
static bool
wait_more(struct clone *c, virDomainPtr domain, const char *why, GError **stopped,
    GError **error)
{
	if (op_activity(domain) == INACTIVE)
		return give_up(c, CAUSE_IMPOSSIBLE, "it has shut off", error);
	if (g_get_monotonic_time() >= c->until)
		return give_up(c, CAUSE_TIMEOUT, why, error);
	c->run->alive(c->run->context);
	return c->run->pause(c->run->context, LOOK_US, stopped);
}

/* Whether the agent answers at all, and then whether it lets itself be told. */
static bool
wait_for_agent(struct clone *c, virDomainPtr domain, GError **stopped, GError **error)
{
	for (;;) {
		g_autoptr(JsonNode) answer = ask(domain, "{\"execute\":\"guest-ping\"}");
		if (answer != NULL)
			return true;
		if (!wait_more(c, domain, "its guest's agent has not answered in time", stopped,
			error))
			return false;
	}
}

static bool
wait_renewed(struct clone *c, virDomainPtr domain, const struct who *old, GError **stopped,
    GError **error)
{
	for (;;) {
		WHO now = { 0 };
		bool again = ask_who(c, domain, &now) && strcmp(now.boot, old->boot) != 0;
		if (again && strcmp(now.id, old->id) != 0)
			return true;
		if (again)
			return give_up(c, CAUSE_IMPOSSIBLE, "the guest has kept it", error);
		if (!wait_more(c, domain, "it has not restarted in time", stopped, error))
			return false;
	}
}

static bool
renew(struct clone *c, virDomainPtr domain, GError **stopped, GError **error)
{
	WHO old = { 0 };

	op_step(c->run, "waiting for the guest's agent");
	if (!wait_for_agent(c, domain, stopped, error))
		return false;
	if (!ask_who(c, domain, &old))
		return give_up(c, CAUSE_IMPOSSIBLE,
		    "its agent does not run commands (guest-exec)", error);
	if (*old.id == '\0') /* it has none */
		return true;
	op_step(c->run, "giving it a machine ID of its own");
	g_autofree char *done = run_script(c, domain, forget);
	if (done == NULL || strstr(done, "forgotten") == NULL)
		return give_up(c, CAUSE_IMPOSSIBLE, "it cannot be removed", error);
	if (virDomainReboot(domain, VIR_DOMAIN_REBOOT_GUEST_AGENT) != 0)
		return give_up(c, CAUSE_LIBVIRT, virGetLastErrorMessage(), error);
	return wait_renewed(c, domain, &old, stopped, error);
}

/* --- the whole */

static bool
has_agent(const struct clone *c)
{
	xmlDoc *doc = safe_xml_parse(c->xml, NULL);
	bool found = false;

	for (xmlNode *node = first_device(doc); node != NULL; node = node->next)
		found = found || (safe_xml_is(node, "channel") &&
		    xml_tree_is(safe_xml_child(node, "target"), "name",
			"org.qemu.guest_agent.0"));
	xmlFreeDoc(doc);
	return found;
}

bool
clone_attend(struct clone *c, virDomainPtr domain, GError **stopped, GError **error)
{
	if (!has_agent(c))
		return true;
	c->until = g_get_monotonic_time() + GUEST_US;
	bool good = renew(c, domain, stopped, error);
	if (!good && *stopped != NULL)
		return false;
	if (connect_nics(domain, true))
		return good;
	if (good)
		g_set_error(error, OP_ERROR, CAUSE_LIBVIRT, "%s was made and runs on %s, but "
		    "it cannot be connected to its networks: %s", c->name, c->host_name,
		    virGetLastErrorMessage());
	return false;
}

bool
clone_start(struct clone *c, virDomainPtr domain, GError **stopped, GError **error)
{
	bool apart = has_agent(c);

	op_step(c->run, "starting it");
	c->run->alive(c->run->context);
	if (virDomainCreateWithFlags(domain, apart ? VIR_DOMAIN_START_PAUSED : 0) != 0)
		return clone_refuse_libvirt(c, stopped, "it does not start");
	if (!apart)
		return true;
	if (!connect_nics(domain, false) || virDomainResume(domain) != 0)
		return clone_refuse_libvirt(c, stopped, "it cannot be started apart");
	return clone_attend(c, domain, stopped, error);
}
