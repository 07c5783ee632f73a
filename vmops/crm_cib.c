/* Pacemaker's configuration: read, written, and a resource taken out of it. */
#include "vmops/crm_cib.h"

#include <string.h>

#include "common/xml_tree.h"
#include "vmops/crm.h"

#define XML_MOST   (32 * 1024 * 1024) /* octets */
#define HISTORY_US (30 * G_USEC_PER_SEC) /* for all nodes to have dropped it */
#define LOOK_US    (200 * 1000)

/* --- reading */

xmlDoc *
crm_ask(const struct op_run *run, const char *const *tool, const char *root, bool undo,
    GError **error)
{
	const struct crm_call call = { .tool = tool, .seconds = CRM_SECONDS, .undo = undo };
	g_autofree char *xml = NULL;
	g_autoptr(GError) why = NULL;

	if (!crm_do(run, &call, &xml, error))
		return NULL;
	xmlDoc *doc = safe_xml_parse_most(xml, XML_MOST, &why);
	if (doc != NULL && safe_xml_is(xmlDocGetRootElement(doc), root))
		return doc;
	if (doc != NULL)
		xmlFreeDoc(doc);
	op_refuse(error, CAUSE_CLUSTER, "%s: %s has not written Pacemaker's %s%s%s", run->name,
	    tool[0], root, why != NULL ? ": " : "", why != NULL ? why->message : "");
	return NULL;
}

static xmlDoc *
read_scope(const struct op_run *run, const char *scope, bool undo, GError **error)
{
	g_autofree char *which = crm_option("scope", scope);
	const char *const tool[] = { "cibadmin", "--query", which, NULL };

	return crm_ask(run, tool, scope, undo, error);
}

xmlDoc *
crm_cib_read(const struct op_run *run, bool undo, GError **error)
{
	return read_scope(run, "configuration", undo, error);
}

xmlNode *
crm_cib_find(const xmlDoc *doc, const char *id)
{
	xmlNode *root = xmlDocGetRootElement(doc);

	for (XML_TREE_EACH(node, root))
		if (safe_xml_attribute_is(node, "id", id))
			return node;
	return NULL;
}

/* In the sets of that kind that hold by themselves. */
static char *
value_in(const xmlNode *of, const char *set_name, const char *name)
{
	for (xmlNode *set = of == NULL ? NULL : of->children; set != NULL; set = set->next) {
		if (!safe_xml_is(set, set_name) || safe_xml_child(set, "rule") != NULL)
			continue;
		for (xmlNode *pair = set->children; pair != NULL; pair = pair->next)
			if (safe_xml_is(pair, "nvpair") && safe_xml_attribute_is(pair, "name", name))
				return xml_tree_attribute(pair, "value");
	}
	return NULL;
}

char *
crm_cib_meta(const xmlNode *resource, const char *name)
{
	return value_in(resource, "meta_attributes", name);
}

char *
crm_cib_parameter(const xmlNode *resource, const char *name)
{
	return value_in(resource, "instance_attributes", name);
}

char *
crm_cib_default(const xmlDoc *doc, const char *name)
{
	return value_in(safe_xml_child(xmlDocGetRootElement(doc), "rsc_defaults"),
	    "meta_attributes", name);
}

char *
crm_cib_property(const xmlDoc *doc, const char *name)
{
	return value_in(safe_xml_child(xmlDocGetRootElement(doc), "crm_config"),
	    "cluster_property_set", name);
}

/* --- what depends on a resource */

static bool
names_it(xmlNode *rule, const char *resource)
{
	static const char *const attributes[] = { "rsc", "with-rsc", "first", "then" };

	for (size_t i = 0; i < G_N_ELEMENTS(attributes); i++)
		if (safe_xml_attribute_is(rule, attributes[i], resource))
			return true;
	for (XML_TREE_EACH(node, rule))
		if ((safe_xml_is(node, "resource_ref") || safe_xml_is(node, "obj_ref")) &&
		    safe_xml_attribute_is(node, "id", resource))
			return true;
	return false;
}

/* A location rule with this resource alone. */
static bool
is_own_rule(xmlNode *rule, const char *resource)
{
	return safe_xml_is(rule, "rsc_location") && safe_xml_attribute_is(rule, "rsc", resource);
}

static char *
dependent_rule(xmlNode *list, const char *resource)
{
	for (xmlNode *rule = list == NULL ? NULL : list->children; rule != NULL;
	     rule = rule->next) {
		g_autofree char *id = NULL;
		if (rule->type != XML_ELEMENT_NODE || is_own_rule(rule, resource) ||
		    !names_it(rule, resource))
			continue;
		id = xml_tree_attribute(rule, "id");
		return g_strdup_printf("the %s %s names it", (const char *)rule->name,
		    id == NULL ? "" : id);
	}
	return NULL;
}

/* Another one that is in it: "container" of what runs inside. */
static char *
dependent_resource(const xmlDoc *doc, const char *resource)
{
	xmlNode *root = safe_xml_child(xmlDocGetRootElement(doc), "resources");

	for (XML_TREE_EACH(node, root)) {
		g_autofree char *container = crm_cib_meta(node, "container");
		g_autofree char *id = xml_tree_attribute(node, "id");
		if (g_strcmp0(container, resource) == 0)
			return g_strdup_printf("%s runs in it", id == NULL ? "another" : id);
	}
	return NULL;
}

char *
crm_cib_dependent(const xmlDoc *doc, const char *resource)
{
	xmlNode *root = xmlDocGetRootElement(doc), *node = crm_cib_find(doc, resource);
	g_autofree char *remote = crm_cib_meta(node, "remote-node");

	if (remote != NULL)
		return g_strdup_printf("it is the virtual node %s: disable that first", remote);
	if (node != NULL && node->parent != NULL && !safe_xml_is(node->parent, "resources")) {
		g_autofree char *parent = xml_tree_attribute(node->parent, "id");
		return g_strdup_printf("it is in the %s %s", (const char *)node->parent->name,
		    parent == NULL ? "" : parent);
	}
	char *why = dependent_rule(safe_xml_child(root, "constraints"), resource);
	if (why == NULL)
		why = dependent_rule(safe_xml_child(root, "tags"), resource);
	return why != NULL ? why : dependent_resource(doc, resource);
}

/* --- writing */

bool
crm_cib_write(const struct op_run *run, const char *xml, bool undo, GError **error)
{
	static const char *const tool[] = { "cibadmin", "--modify", "--allow-create",
		"--scope=configuration", "--xml-pipe", NULL };
	const struct crm_call call = { .tool = tool, .input = xml, .seconds = CRM_SECONDS,
		.undo = undo };

	return crm_do(run, &call, NULL, error);
}

bool
crm_set_meta(const struct op_run *run, const char *resource, const char *name,
    const char *value, bool undo, GError **error)
{
	g_autofree char *which = crm_option("resource", resource);
	g_autofree char *key =
	    crm_option(value == NULL ? "delete-parameter" : "set-parameter", name);
	g_autofree char *what = value == NULL ? NULL : crm_option("parameter-value", value);
	const char *const tool[] = { "crm_resource", "--output-as=xml", which, "--meta", key, what,
		NULL };
	const struct crm_call call = { .tool = tool, .seconds = CRM_SECONDS, .undo = undo };

	return crm_do(run, &call, NULL, error);
}

/* --- taking out */

/* Not by "rsc", which no resource could be taken out under. */
char *
crm_cib_never_xml(const char *id)
{
	g_auto(GStrv) parts = g_strsplit(id, ".", -1);
	g_autofree char *pattern = g_strjoinv("\\.", parts);

	return g_markup_printf_escaped("<configuration><constraints>"
	    "<rsc_location id=\"%s-never\" rsc-pattern=\"^%s$\" resource-discovery=\"never\">"
	    "<rule id=\"%s-never-rule\" score=\"-INFINITY\">"
	    "<expression id=\"%s-never-any\" attribute=\"#uname\" operation=\"defined\"/>"
	    "</rule></rsc_location></constraints></configuration>", id, pattern, id, id);
}

static bool
has_history(const xmlDoc *status, const char *resource)
{
	xmlNode *root = xmlDocGetRootElement(status);

	for (XML_TREE_EACH(node, root))
		if (safe_xml_is(node, "lrm_resource") && safe_xml_attribute_is(node, "id", resource))
			return true;
	return false;
}

/* What a node still has of it would be an orphan there. */
static bool
await_no_history(const struct op_run *run, const char *resource, GError **error)
{
	int64_t until = g_get_monotonic_time() + HISTORY_US;

	for (;;) {
		xmlDoc *status = read_scope(run, "status", true, error);
		if (status == NULL)
			return false;
		bool gone = !has_history(status, resource);
		xmlFreeDoc(status);
		if (gone)
			return true;
		if (g_get_monotonic_time() > until)
			return op_refuse(error, CAUSE_TIMEOUT, "%s: a node has not forgotten "
			    "the resource %s in time, which is left as it is, not "
			    "managed", run->name,
			    resource);
		run->alive(run->context);
		g_usleep(LOOK_US);
	}
}

static bool
drop_history(const struct op_run *run, const char *resource, GError **error)
{
	g_autofree char *which = crm_option("resource", resource);
	const char *const tool[] = { "crm_resource", "--output-as=xml", "--refresh", which,
		"--force", NULL };

	return crm_undo(run, tool, 2 * CRM_SECONDS, error) &&
	    await_no_history(run, resource, error);
}

static bool
delete_element(const struct op_run *run, const char *scope, const char *element,
    const char *id, GError **error)
{
	g_autofree char *where = crm_option("scope", scope);
	g_autofree char *xml = g_markup_printf_escaped("<%s id=\"%s\"/>", element, id);
	const char *const tool[] = { "cibadmin", "--delete", where, "--xml-pipe", NULL };
	const struct crm_call call = { .tool = tool, .input = xml, .seconds = CRM_SECONDS,
		.undo = true };

	return crm_do(run, &call, NULL, error);
}

static bool
delete_rules(const struct op_run *run, const xmlDoc *doc, const char *resource, GError **error)
{
	xmlNode *list = safe_xml_child(xmlDocGetRootElement(doc), "constraints");

	for (xmlNode *rule = list == NULL ? NULL : list->children; rule != NULL;
	     rule = rule->next) {
		g_autofree char *id = is_own_rule(rule, resource) ? xml_tree_attribute(rule, "id") : NULL;
		if (id != NULL && !delete_element(run, "constraints", "rsc_location", id, error))
			return false;
	}
	return true;
}

/* The rule that keeps all from looking for it goes last. */
static bool
delete_all(const struct op_run *run, const xmlDoc *doc, const char *resource, GError **error)
{
	g_autofree char *never = g_strconcat(resource, "-never", NULL);
	xmlNode *node = crm_cib_find(doc, resource);

	return delete_rules(run, doc, resource, error) && (node == NULL ||
	    delete_element(run, "resources", (const char *)node->name, resource, error)) &&
	    delete_element(run, "constraints", "rsc_location", never, error);
}

bool
crm_take_out(const struct op_run *run, const char *resource, GError **error)
{
	xmlDoc *doc = crm_cib_read(run, true, error);
	g_autofree char *never = crm_cib_never_xml(resource);

	if (doc == NULL)
		return false;
	op_step(run, "Pacemaker shall forget it");
	bool good = crm_cib_find(doc, resource) == NULL ||
	    (crm_set_meta(run, resource, "is-managed", "false", true, error) &&
		crm_cib_write(run, never, true, error) && drop_history(run, resource, error));
	good = good && delete_all(run, doc, resource, error);
	xmlFreeDoc(doc);
	return good;
}
