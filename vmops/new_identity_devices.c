/* NICs, lines and screens of a machine, made into those of another one, or of none. */
#include <string.h>

#include "vmops/create.h"
#include "vmops/new_identity_private.h"

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

void
identity_edit_nic(xmlNode *nic, const struct new_identity *new, unsigned number)
{
	g_autofree char *mac = create_mac(new->uuid, number);

	xml_tree_set(xml_tree_need(nic, "mac"), "address", mac);
	xml_tree_remove(nic, "target");
	forget_port(nic);
}

void
identity_strip_nic(xmlNode *nic)
{
	xml_tree_remove(nic, "mac");
	xml_tree_remove(nic, "target");
	forget_port(nic);
}

/* --- lines, screens */

bool
identity_is_line(const xmlNode *node)
{
	static const char *const lines[] = { "serial", "parallel", "console", "channel" };

	for (size_t i = 0; i < G_N_ELEMENTS(lines); i++)
		if (safe_xml_is(node, lines[i]))
			return true;
	return false;
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

static void
rename_in(xmlNode *node, const char *name, const char *old, const struct new_identity *new)
{
	g_autofree char *path = xml_tree_attribute(node, name);
	g_autofree char *own = path == NULL ? NULL : own_path(path, old, new->name);

	if (own != NULL)
		xml_tree_set(node, name, own);
}

/* A port or a device of the host has one user: a terminal of its own instead. */
void
identity_edit_line(xmlNode *line, const char *old, const struct new_identity *new)
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

/* The log and the file would be those of all machines. */
void
identity_strip_line(xmlNode *line)
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

void
identity_edit_screen(xmlNode *screen, const char *old, const struct new_identity *new)
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
