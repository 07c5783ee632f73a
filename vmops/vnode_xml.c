/* Virtual nodes: what is read of Pacemaker's XML, and what is written into it. */
#include "vmops/vnode.h"

#include <string.h>

#include "common/xml_tree.h"
#include "vmops/crm_cib.h"

#define RULE "virtcluster-hosts-only-"

/* --- written */

char *
vnode_trial_id(const char *app)
{
	return g_strconcat(APP_TRIAL, app, NULL);
}

char *
vnode_trial_node(const char *app)
{
	return g_strconcat(APP_TRIAL, app, "-node", NULL);
}

/* The Dummy is of resource-agents, as VirtualDomain is. */
char *
vnode_trial_xml(const char *app, const char *address, int seconds)
{
	g_autofree char *id = vnode_trial_id(app), *node = vnode_trial_node(app);

	return g_markup_printf_escaped("<configuration><resources>"
	    "<primitive id=\"%s\" class=\"ocf\" provider=\"heartbeat\" type=\"Dummy\">"
	    "<meta_attributes id=\"%s-meta\">"
	    "<nvpair id=\"%s-meta-node\" name=\"remote-node\" value=\"%s\"/>"
	    "<nvpair id=\"%s-meta-addr\" name=\"remote-addr\" value=\"%s\"/>"
	    "<nvpair id=\"%s-meta-timeout\" name=\"remote-connect-timeout\" value=\"%ds\"/>"
	    "<nvpair id=\"%s-meta-migrate\" name=\"allow-migrate\" value=\"false\"/>"
	    "</meta_attributes></primitive></resources><constraints>"
	    "<rsc_location id=\"%s-rule\" rsc-pattern=\".*\" node=\"%s\" score=\"-INFINITY\" "
	    "resource-discovery=\"never\"/></constraints></configuration>",
	    id, id, id, node, id, address, id, seconds, id, id, node);
}

char *
vnode_trial_rule_xml(const char *app)
{
	return g_markup_printf_escaped("<rsc_location id=\"" APP_TRIAL "%s-rule\"/>", app);
}

char *
vnode_rule_id(const char *app)
{
	return g_strconcat(RULE, app, NULL);
}

/* "container" is what Pacemaker calls a node that is a resource: also those that come later. */
char *
vnode_rule_xml(const char *app)
{
	g_autofree char *id = vnode_rule_id(app);

	return g_markup_printf_escaped("<constraints><rsc_location id=\"%s\" rsc=\"%s\" "
	    "resource-discovery=\"never\"><rule id=\"%s-rule\" score=\"-INFINITY\">"
	    "<expression id=\"%s-kind\" attribute=\"#kind\" operation=\"eq\" value=\"container\"/>"
	    "</rule></rsc_location></constraints>", id, app, id, id);
}

/* --- the tree */

static xmlNode *
section_of(const xmlDoc *doc, const char *name)
{
	xmlNode *root = xmlDocGetRootElement(doc);

	return safe_xml_child(safe_xml_child(root, "configuration"), name);
}

static xmlNode *
find_resource(const xmlDoc *cib, const char *id)
{
	xmlNode *resources = section_of(cib, "resources");

	for (XML_TREE_EACH(node, resources))
		if ((safe_xml_is(node, "primitive") || safe_xml_is(node, "template")) &&
		    safe_xml_attribute_is(node, "id", id))
			return node;
	return NULL;
}

char *
vnode_meta(const xmlDoc *cib, const char *app, const char *name)
{
	return crm_cib_meta(find_resource(cib, app), name);
}

bool
vnode_is_taken(const xmlDoc *cib, const char *name)
{
	xmlNode *configuration = safe_xml_child(xmlDocGetRootElement(cib), "configuration");

	for (XML_TREE_EACH(node, configuration)) {
		bool remote = safe_xml_is(node, "nvpair") &&
		    safe_xml_attribute_is(node, "name", "remote-node") &&
		    safe_xml_attribute_is(node, "value", name);
		if (remote || safe_xml_attribute_is(node, "id", name) ||
		    safe_xml_attribute_is(node, "uname", name))
			return true;
	}
	return false;
}

bool
vnode_has_others(const xmlDoc *cib, const char *name)
{
	xmlNode *resources = section_of(cib, "resources");

	for (XML_TREE_EACH(node, resources)) {
		g_autofree char *other =
		    safe_xml_is(node, "nvpair") && safe_xml_attribute_is(node, "name", "remote-node")
		    ? xml_tree_attribute(node, "value") : NULL;
		if (other != NULL && strcmp(other, name) != 0 &&
		    !g_str_has_prefix(other, APP_TRIAL))
			return true;
	}
	return false;
}

/* --- rules that keep VMs out of virtual nodes */

static bool
is_vm(const xmlDoc *cib, xmlNode *resource)
{
	g_autofree char *template = xml_tree_attribute(resource, "template");
	xmlNode *of = template == NULL ? resource : find_resource(cib, template);

	return safe_xml_is(resource, "primitive") && of != NULL &&
	    safe_xml_attribute_is(of, "class", "ocf") &&
	    (safe_xml_attribute_is(of, "type", "VirtualDomain") ||
		(safe_xml_attribute_is(of, "type", "Xen") &&
		    safe_xml_attribute_is(of, "provider", "heartbeat")));
}

/* One test of the kind of a node, which a virtual node does not pass. */
static bool
keeps_out(xmlNode *location)
{
	xmlNode *rule = safe_xml_child(location, "rule");
	xmlNode *test = safe_xml_child(rule, "expression");

	if (rule == NULL || test == NULL || xmlNextElementSibling(test) != NULL ||
	    !safe_xml_attribute_is(rule, "score", "-INFINITY") ||
	    !safe_xml_attribute_is(location, "resource-discovery", "never") ||
	    !safe_xml_attribute_is(test, "attribute", "#kind"))
		return false;
	return safe_xml_attribute_is(test, "operation", "eq")
	    ? safe_xml_attribute_is(test, "value", "container")
	    : safe_xml_attribute_is(test, "operation", "ne") &&
		!safe_xml_attribute_is(test, "value", "container");
}

static bool
is_ruled(const xmlDoc *cib, const char *id)
{
	xmlNode *list = section_of(cib, "constraints");

	for (xmlNode *node = list == NULL ? NULL : list->children; node != NULL;
	     node = node->next)
		if (safe_xml_is(node, "rsc_location") && safe_xml_attribute_is(node, "rsc", id) &&
		    keeps_out(node))
			return true;
	return false;
}

GPtrArray *
vnode_unruled(const xmlDoc *cib)
{
	GPtrArray *out = g_ptr_array_new_with_free_func(g_free);
	xmlNode *resources = section_of(cib, "resources");

	for (XML_TREE_EACH(node, resources)) {
		char *id = is_vm(cib, node) ? xml_tree_attribute(node, "id") : NULL;
		if (id != NULL && !is_ruled(cib, id))
			g_ptr_array_add(out, id);
		else
			g_free(id);
	}
	return out;
}

GPtrArray *
vnode_rules(const xmlDoc *cib)
{
	GPtrArray *out = g_ptr_array_new_with_free_func(g_free);
	xmlNode *list = section_of(cib, "constraints");

	for (xmlNode *node = list == NULL ? NULL : list->children; node != NULL;
	     node = node->next) {
		char *id = safe_xml_is(node, "rsc_location") ? xml_tree_attribute(node, "id") : NULL;
		if (id != NULL && g_str_has_prefix(id, RULE))
			g_ptr_array_add(out, id);
		else
			g_free(id);
	}
	return out;
}

/* --- failures that are remembered */

GPtrArray *
vnode_failed_at(const xmlDoc *cib, const char *resource)
{
	GPtrArray *out = g_ptr_array_new_with_free_func(g_free);
	xmlNode *status = safe_xml_child(xmlDocGetRootElement(cib), "status");
	g_autofree char *prefix = g_strdup_printf("fail-count-%s#", resource);

	for (xmlNode *state = status == NULL ? NULL : status->children; state != NULL;
	     state = state->next) {
		xmlNode *transient = safe_xml_child(state, "transient_attributes");
		bool failed = false;
		for (XML_TREE_EACH(node, transient)) {
			g_autofree char *name = xml_tree_attribute(node, "name");
			failed |= name != NULL && g_str_has_prefix(name, prefix);
		}
		char *host = failed ? xml_tree_attribute(state, "uname") : NULL;
		if (host != NULL)
			g_ptr_array_add(out, host);
	}
	return out;
}

/* --- what crm_mon tells */

static char *
failure_of(const xmlDoc *status, const char *node)
{
	xmlNode *list = safe_xml_child(xmlDocGetRootElement(status), "failures");
	g_autofree char *prefix = g_strdup_printf("%s_", node);

	for (xmlNode *failure = list == NULL ? NULL : list->children; failure != NULL;
	     failure = failure->next) {
		g_autofree char *key = safe_xml_is(failure, "failure")
		    ? xml_tree_attribute(failure, "op_key") : NULL;
		if (key == NULL || !g_str_has_prefix(key, prefix))
			continue;
		char *why = xml_tree_attribute(failure, "exitreason");
		if (why != NULL && *why != '\0')
			return why;
		g_free(why);
		why = xml_tree_attribute(failure, "exitstatus");
		return why != NULL ? why : g_strdup("it failed");
	}
	return NULL;
}

/* The resource that crm_mon shows under that ID. */
static xmlNode *
shown_resource(const xmlDoc *status, const char *id)
{
	xmlNode *resources = safe_xml_child(xmlDocGetRootElement(status), "resources");

	for (XML_TREE_EACH(node, resources))
		if (safe_xml_is(node, "resource") && safe_xml_attribute_is(node, "id", id))
			return node;
	return NULL;
}

enum vnode_contact
vnode_contact(const xmlDoc *status, const char *node, char **why)
{
	xmlNode *resource = shown_resource(status, node);

	*why = failure_of(status, node);
	if (*why != NULL)
		return VNODE_FAILED;
	if (resource == NULL || xml_tree_is(resource, "role", "Stopped"))
		return VNODE_NONE;
	return xml_tree_is(resource, "role", "Started") && xml_tree_is(resource, "failed", "false")
	    ? VNODE_CONNECTED : VNODE_TRYING;
}

bool
vnode_is_active(const xmlDoc *status, const char *resource)
{
	xmlNode *node = shown_resource(status, resource);

	return node != NULL && !xml_tree_is(node, "role", "Stopped");
}

/* --- what can run nowhere else */

static bool
runs_on(xmlNode *resource, const char *node)
{
	for (xmlNode *child = resource->children; child != NULL; child = child->next)
		if (safe_xml_is(child, "node") && safe_xml_attribute_is(child, "name", node))
			return true;
	return false;
}

static bool
is_banned(const xmlDoc *status, const char *resource, const char *node)
{
	xmlNode *bans = safe_xml_child(xmlDocGetRootElement(status), "bans");

	for (xmlNode *ban = bans == NULL ? NULL : bans->children; ban != NULL; ban = ban->next)
		if (safe_xml_is(ban, "ban") && safe_xml_attribute_is(ban, "resource", resource) &&
		    safe_xml_attribute_is(ban, "node", node) &&
		    safe_xml_attribute_is(ban, "weight", "-1000000") &&
		    !safe_xml_attribute_is(ban, "promoted-only", "true"))
			return true;
	return false;
}

/* A node that takes applications. */
static bool
is_open(const xmlNode *node)
{
	return safe_xml_is(node, "node") && xml_tree_is(node, "online", "true") &&
	    xml_tree_is(node, "standby", "false") && xml_tree_is(node, "unclean", "false") &&
	    xml_tree_is(node, "pending", "false") && xml_tree_is(node, "maintenance", "false");
}

/* `ids`: of the resource, and of the groups that it is in. */
static bool
has_other_place(const xmlDoc *status, const GPtrArray *ids, const char *node)
{
	xmlNode *nodes = safe_xml_child(xmlDocGetRootElement(status), "nodes");

	for (xmlNode *other = nodes == NULL ? NULL : nodes->children; other != NULL;
	     other = other->next) {
		g_autofree char *name = is_open(other) ? xml_tree_attribute(other, "name") : NULL;
		bool free = name != NULL && strcmp(name, node) != 0;
		for (guint i = 0; free && i < ids->len; i++)
			free = !is_banned(status, ids->pdata[i], name);
		if (free)
			return true;
	}
	return false;
}

/* NULL: instances of clones come and go with their nodes. */
static GPtrArray *
ids_of(xmlNode *resource)
{
	GPtrArray *ids = g_ptr_array_new_with_free_func(g_free);

	for (xmlNode *node = resource; node != NULL && node->type == XML_ELEMENT_NODE;
	     node = node->parent) {
		char *id = xml_tree_attribute(node, "id");
		if (safe_xml_is(node, "clone") || safe_xml_is(node, "bundle")) {
			g_free(id);
			g_ptr_array_unref(ids);
			return NULL;
		}
		if (id != NULL)
			g_ptr_array_add(ids, id);
	}
	return ids;
}

char *
vnode_bound(const xmlDoc *status, const char *node)
{
	xmlNode *resources = safe_xml_child(xmlDocGetRootElement(status), "resources");
	g_autoptr(GString) names = g_string_new(NULL);

	for (XML_TREE_EACH(resource, resources)) {
		if (!safe_xml_is(resource, "resource") || !runs_on(resource, node))
			continue;
		g_autoptr(GPtrArray) ids = ids_of(resource);
		if (ids != NULL && ids->len > 0 && !has_other_place(status, ids, node))
			g_string_append_printf(names, "%s%s", names->len > 0 ? " and " : "",
			    (const char *)ids->pdata[0]);
	}
	return names->len == 0 ? NULL : g_string_free(g_steal_pointer(&names), FALSE);
}
