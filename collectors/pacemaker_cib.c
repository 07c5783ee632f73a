/* The CIB: what is configured for resources, and how often they have failed. */
#include "collectors/pacemaker_cib.h"

#include <string.h>

#include "common/xml_tree.h"

#define INFINITE     1000000
#define FAILS        "fail-count-"
#define LAST_FAILURE "last-failure-"
#define SCHEMA_MOST  4 /* "pacemaker-4.0": its attributes are where they were in 1.0 */

struct cib {
	xmlDoc *doc;
	GHashTable *resources; /* ID -> xmlNode, templates included */
	GHashTable *failures;  /* ID -> struct cib_failures */
	GHashTable *preferred; /* ID -> struct favour */
	GHashTable *values;    /* texts that were handed out: a set */
	const xmlNode *defaults; /* rsc_defaults, NULL: none */
};

struct favour {
	int32_t score;
	char *node;
};

static void
favour_free(gpointer data)
{
	struct favour *favour = data;

	g_free(favour->node);
	g_free(favour);
}

/* Keeps the text, which it takes. */
static const char *
keep(const struct cib *cib, char *text)
{
	char *same = text == NULL ? NULL : g_hash_table_lookup(cib->values, text);

	if (text == NULL)
		return NULL;
	if (same != NULL) {
		g_free(text);
		return same;
	}
	g_hash_table_add(cib->values, text);
	return text;
}

bool
cib_score(const char *text, int32_t *score)
{
	gint64 value = 0;

	if (text == NULL)
		return false;
	const char *digits = *text == '+' ? text + 1 : text;
	if (g_ascii_strcasecmp(digits, "INFINITY") == 0)
		value = INFINITE;
	else if (g_ascii_strcasecmp(digits, "-INFINITY") == 0)
		value = -INFINITE;
	else if (!g_ascii_string_to_signed(digits, 10, -INFINITE, INFINITE, &value, NULL))
		return false;
	*score = (int32_t)value;
	return true;
}

char *
cib_resource_name(const char *instance)
{
	const char *colon = strrchr(instance, ':');
	bool numbered = colon != NULL && colon != instance && colon[1] != '\0' &&
	    strspn(colon + 1, "0123456789") == strlen(colon + 1);

	return numbered ? g_strndup(instance, (gsize)(colon - instance)) : g_strdup(instance);
}

/* --- name and value */

/* In sets of that kind which hold by themselves; NULL: there is none. */
static char *
find_value(const xmlNode *of, const char *set_name, const char *name)
{
	for (xmlNode *set = of == NULL ? NULL : of->children; set != NULL; set = set->next) {
		if (!safe_xml_is(set, set_name) || safe_xml_child(set, "rule") != NULL)
			continue;
		for (xmlNode *pair = set->children; pair != NULL; pair = pair->next)
			if (safe_xml_is(pair, "nvpair") &&
			    safe_xml_attribute_is(pair, "name", name))
				return xml_tree_attribute(pair, "value");
	}
	return NULL;
}

static const xmlNode *
resource_of(const struct cib *cib, const char *id)
{
	return g_hash_table_lookup(cib->resources, id);
}

/* Its own, or its template's. */
static const char *
value_of(const struct cib *cib, const char *id, const char *set, const char *name)
{
	const xmlNode *resource = resource_of(cib, id);
	g_autofree char *template = NULL;
	char *value = find_value(resource, set, name);

	if (value != NULL || resource == NULL)
		return keep(cib, value);
	template = xml_tree_attribute(resource, "template");
	return template == NULL ? NULL
	    : keep(cib, find_value(resource_of(cib, template), set, name));
}

const char *
cib_parameter(const struct cib *cib, const char *resource, const char *name)
{
	return value_of(cib, resource, "instance_attributes", name);
}

const char *
cib_utilization(const struct cib *cib, const char *resource, const char *name)
{
	return value_of(cib, resource, "utilization", name);
}

const char *
cib_own_meta(const struct cib *cib, const char *resource, const char *name)
{
	return value_of(cib, resource, "meta_attributes", name);
}

const char *
cib_meta(const struct cib *cib, const char *resource, const char *name)
{
	const char *own = cib_own_meta(cib, resource, name);
	const xmlNode *node = resource_of(cib, resource);
	char *value = NULL;

	if (own != NULL)
		return own;
	for (node = node == NULL ? NULL : node->parent; value == NULL && node != NULL &&
	     node->type == XML_ELEMENT_NODE; node = node->parent)
		value = find_value(node, "meta_attributes", name);
	if (value == NULL)
		value = find_value(cib->defaults, "meta_attributes", name);
	return keep(cib, value);
}

/* --- what there is */

static void
add_resources(struct cib *cib, const xmlNode *parent)
{
	static const char *const kinds[] = { "primitive", "group", "clone", "master", "bundle",
		"template", NULL };

	for (xmlNode *node = parent->children; node != NULL; node = node->next) {
		if (node->type != XML_ELEMENT_NODE ||
		    !g_strv_contains(kinds, (const char *)node->name))
			continue;
		char *id = xml_tree_attribute(node, "id");
		if (id != NULL)
			g_hash_table_replace(cib->resources, id, node);
		add_resources(cib, node);
	}
}

/* --- where they had better be */

static void
favour(struct cib *cib, const char *resource, const char *node, const char *score_text)
{
	struct favour *best = resource == NULL ? NULL
	    : g_hash_table_lookup(cib->preferred, resource);
	int32_t score = 0;

	if (resource == NULL || node == NULL || !cib_score(score_text, &score) || score <= 0 ||
	    (best != NULL && best->score >= score))
		return;
	best = g_new0(struct favour, 1);
	best->score = score;
	best->node = g_strdup(node);
	g_hash_table_replace(cib->preferred, g_strdup(resource), best);
}

/* A rule that is one comparison with a node's name says no more than the short form. */
static void
favour_by_rule(struct cib *cib, const char *resource, const xmlNode *rule)
{
	xmlNode *test = safe_xml_child(rule, "expression");
	g_autofree char *score = xml_tree_attribute(rule, "score");

	if (test == NULL || !safe_xml_attribute_is(test, "attribute", "#uname") ||
	    !safe_xml_attribute_is(test, "operation", "eq") ||
	    (test->next != NULL && xmlNextElementSibling(test) != NULL))
		return;
	g_autofree char *node = xml_tree_attribute(test, "value");
	favour(cib, resource, node, score);
}

static void
read_locations(struct cib *cib, const xmlNode *constraints)
{
	for (xmlNode *node = constraints == NULL ? NULL : constraints->children; node != NULL;
	     node = node->next) {
		if (!safe_xml_is(node, "rsc_location"))
			continue;
		g_autofree char *resource = xml_tree_attribute(node, "rsc");
		g_autofree char *where = xml_tree_attribute(node, "node");
		g_autofree char *score = xml_tree_attribute(node, "score");
		xmlNode *rule = safe_xml_child(node, "rule");
		if (rule != NULL)
			favour_by_rule(cib, resource, rule);
		else
			favour(cib, resource, where, score);
	}
}

/* --- failures */

/* "fail-count-web1#monitor_10000", of old "fail-count-web1". */
static struct cib_failures *
failures_at(struct cib *cib, const char *name)
{
	g_autofree char *instance = g_strndup(name, strcspn(name, "#"));
	char *id = cib_resource_name(instance);
	struct cib_failures *failures = g_hash_table_lookup(cib->failures, id);

	if (failures != NULL) {
		g_free(id);
		return failures;
	}
	failures = g_new0(struct cib_failures, 1);
	g_hash_table_insert(cib->failures, id, failures);
	return failures;
}

static void
read_failure(struct cib *cib, const xmlNode *pair)
{
	g_autofree char *name = xml_tree_attribute(pair, "name");
	g_autofree char *value = xml_tree_attribute(pair, "value");
	int32_t count = 0;
	gint64 seconds = 0;

	if (name == NULL || value == NULL)
		return;
	if (g_str_has_prefix(name, FAILS) && cib_score(value, &count) && count > 0) {
		struct cib_failures *failures = failures_at(cib, name + strlen(FAILS));
		failures->count = MIN(failures->count + (uint32_t)count, INFINITE);
	} else if (g_str_has_prefix(name, LAST_FAILURE) &&
	    g_ascii_string_to_signed(value, 10, 1, UINT32_MAX, &seconds, NULL)) {
		struct cib_failures *failures = failures_at(cib, name + strlen(LAST_FAILURE));
		failures->last_at = MAX(failures->last_at, seconds * G_USEC_PER_SEC);
	}
}

/* "monitor on h2: NoSuchAgent: No such file or directory" */
static void
read_operation(struct cib *cib, const char *resource, const xmlNode *operation)
{
	g_autofree char *id = xml_tree_attribute(operation, "id");
	g_autofree char *reason = xml_tree_attribute(operation, "exit-reason");
	g_autofree char *task = xml_tree_attribute(operation, "operation");
	g_autofree char *node = xml_tree_attribute(operation, "on_node");

	if (id == NULL || !g_str_has_suffix(id, "_last_failure_0") || reason == NULL ||
	    *reason == '\0')
		return;
	struct cib_failures *failures = failures_at(cib, resource);
	if (failures->text == NULL)
		failures->text = keep(cib, g_strdup_printf("%s on %s: %s",
		    task != NULL ? task : "an action", node != NULL ? node : "a node", reason));
}

static void
read_operations(struct cib *cib, const xmlNode *state)
{
	xmlNode *list = safe_xml_child(safe_xml_child(state, "lrm"), "lrm_resources");

	for (xmlNode *node = list == NULL ? NULL : list->children; node != NULL;
	     node = node->next) {
		g_autofree char *resource = safe_xml_is(node, "lrm_resource")
		    ? xml_tree_attribute(node, "id") : NULL;
		for (xmlNode *operation = node->children; resource != NULL && operation != NULL;
		     operation = operation->next)
			if (safe_xml_is(operation, "lrm_rsc_op"))
				read_operation(cib, resource, operation);
	}
}

static void
read_failures(struct cib *cib, const xmlNode *status)
{
	for (xmlNode *state = status == NULL ? NULL : status->children; state != NULL;
	     state = state->next) {
		xmlNode *transient = safe_xml_child(state, "transient_attributes");
		xmlNode *set = safe_xml_child(transient, "instance_attributes");
		for (xmlNode *pair = set == NULL ? NULL : set->children; pair != NULL;
		     pair = pair->next)
			if (safe_xml_is(pair, "nvpair"))
				read_failure(cib, pair);
		read_operations(cib, state);
	}
}

/* --- the whole */

static bool
is_known(const xmlNode *root, GError **error)
{
	g_autofree char *schema = xml_tree_attribute(root, "validate-with");

	if (!safe_xml_is(root, "cib"))
		return xml_tree_refuse(error, "that is no CIB: it begins with <%.60s>",
		    (const char *)root->name);
	/* "pacemaker-3.9"; "none" where somebody has switched the check off */
	if (schema == NULL || !g_str_has_prefix(schema, "pacemaker-"))
		return true;
	guint64 version = g_ascii_strtoull(schema + strlen("pacemaker-"), NULL, 10);
	if (version > SCHEMA_MOST)
		return xml_tree_refuse(error, "the CIB is of schema %.60s, and virtcluster knows "
		    "those up to pacemaker-%d", schema, SCHEMA_MOST);
	return true;
}

struct cib *
cib_read(const char *xml, GError **error)
{
	xmlDoc *doc = safe_xml_parse_most(xml, PACEMAKER_XML_MOST, error);
	xmlNode *root = doc == NULL ? NULL : xmlDocGetRootElement(doc);
	xmlNode *configuration = safe_xml_child(root, "configuration");

	if (root == NULL || !is_known(root, error) ||
	    (configuration == NULL &&
		!xml_tree_refuse(error, "the CIB has no configuration"))) {
		xmlFreeDoc(doc);
		return NULL;
	}
	struct cib *cib = g_new0(struct cib, 1);
	cib->doc = doc;
	cib->resources = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	cib->failures = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	cib->preferred = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, favour_free);
	cib->values = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	cib->defaults = safe_xml_child(configuration, "rsc_defaults");
	xmlNode *resources = safe_xml_child(configuration, "resources");
	if (resources != NULL)
		add_resources(cib, resources);
	read_locations(cib, safe_xml_child(configuration, "constraints"));
	read_failures(cib, safe_xml_child(root, "status"));
	return cib;
}

void
cib_free(struct cib *cib)
{
	if (cib == NULL)
		return;
	g_hash_table_destroy(cib->resources);
	g_hash_table_destroy(cib->failures);
	g_hash_table_destroy(cib->preferred);
	g_hash_table_destroy(cib->values);
	xmlFreeDoc(cib->doc);
	g_free(cib);
}

const char *
cib_preferred(const struct cib *cib, const char *resource)
{
	const struct favour *best = g_hash_table_lookup(cib->preferred, resource);

	return best == NULL ? NULL : best->node;
}

struct cib_failures
cib_failures(const struct cib *cib, const char *resource)
{
	const struct cib_failures *failures = g_hash_table_lookup(cib->failures, resource);

	return failures == NULL ? (struct cib_failures){ 0, 0, NULL } : *failures;
}
