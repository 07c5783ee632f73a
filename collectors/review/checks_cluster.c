/* Checks of the cluster's options, its nodes and what becomes of resources. */
#include "collectors/review/review_private.h"

#include <string.h>

/* --- options */

void
check_fencing_off(struct judge *judge)
{
	g_autofree char *value = cluster_option(judge, "stonith-enabled");

	if (is_false(value))
		judge_found(judge, "", value, NULL);
}

void
check_quorum_ignored(struct judge *judge)
{
	g_autofree char *value = cluster_option(judge, "no-quorum-policy");

	if (g_strcmp0(value, "ignore") == 0)
		judge_found(judge, "", NULL);
}

void
check_no_quorum(struct judge *judge)
{
	xmlNode *dc = below(judge->status, "summary/current_dc");

	if (!safe_xml_attribute_is(dc, "with_quorum", "true"))
		judge_found(judge, "", NULL);
}

static void
find_true_option(struct judge *judge, const char *name)
{
	g_autofree char *value = cluster_option(judge, name);

	if (is_true(value))
		judge_found(judge, "", NULL);
}

void
check_maintenance_mode(struct judge *judge)
{
	find_true_option(judge, "maintenance-mode");
}

void
check_stop_all(struct judge *judge)
{
	find_true_option(judge, "stop-all-resources");
}

/* --- nodes */

static void
find_nodes(struct judge *judge, const char *attribute)
{
	xmlNode *nodes = safe_xml_child(judge->status, "nodes");

	for (xmlNode *node = nodes == NULL ? NULL : nodes->children; node != NULL; node = node->next) {
		g_autofree char *name = safe_xml_is(node, "node") ? ATTRIBUTE(node, "name") : NULL;
		if (name != NULL && safe_xml_attribute_is(node, attribute, "true"))
			judge_found(judge, name, NULL);
	}
}

void
check_node_unclean(struct judge *judge)
{
	find_nodes(judge, "unclean");
}

void
check_node_maintenance(struct judge *judge)
{
	g_autofree char *all = cluster_option(judge, "maintenance-mode");

	if (!is_true(all)) /* that makes it so for each */
		find_nodes(judge, "maintenance");
}

void
check_node_standby(struct judge *judge)
{
	find_nodes(judge, "standby");
}

void
check_node_offline(struct judge *judge)
{
	xmlNode *nodes = safe_xml_child(judge->status, "nodes");

	for (xmlNode *node = nodes == NULL ? NULL : nodes->children; node != NULL; node = node->next) {
		g_autofree char *name = safe_xml_is(node, "node") ? ATTRIBUTE(node, "name") : NULL;
		if (name != NULL && safe_xml_attribute_is(node, "type", "member") &&
		    safe_xml_attribute_is(node, "online", "false") &&
		    !safe_xml_attribute_is(node, "unclean", "true"))
			judge_found(judge, name, NULL);
	}
}

/* Nodes that Corosync has not in its list: somebody took them out there alone. */
static bool
corosync_knows(const char *text, const char *name)
{
	for (unsigned i = 0, n = cmap_nodes(text); i < n; i++) {
		g_autofree char *name_key = g_strdup_printf("nodelist.node.%u.name", i);
		g_autofree char *address_key = g_strdup_printf("nodelist.node.%u.ring0_addr", i);
		g_autofree char *theirs = cmap_value(text, name_key);
		g_autofree char *address = cmap_value(text, address_key);
		if (g_strcmp0(theirs != NULL ? theirs : address, name) == 0)
			return true;
	}
	return false;
}

/* Without names in corosync.conf they are what uname tells: nothing to compare. */
static bool
has_names(const char *text)
{
	g_autofree char *name = cmap_value(text, "nodelist.node.0.name");

	return name != NULL;
}

void
check_unknown_members(struct judge *judge)
{
	const struct review_node *source = first_told(judge, FROM_COROSYNC);
	g_autoptr(GPtrArray) nodes =
	    all_below(safe_xml_child(judge->configuration, "nodes"), "node");

	if (source == NULL || !has_names(told(source, FROM_COROSYNC)))
		return;
	for (guint i = 0; i < nodes->len; i++) {
		xmlNode *node = nodes->pdata[i];
		g_autofree char *name = ATTRIBUTE(node, "uname");
		bool member = xmlHasProp(node, (const xmlChar *)"type") == NULL ||
		    safe_xml_attribute_is(node, "type", "member");
		if (name != NULL && member && !corosync_knows(told(source, FROM_COROSYNC), name))
			judge_found(judge, name, NULL);
	}
}

/* --- resources */

/*
 * Resources that stay where they are by nothing: VMs first of all, whose move costs a live
 * migration.  What the defaults lack is found once.
 */
void
check_stickiness(struct judge *judge)
{
	bool by_default = false;

	for (guint i = 0; i < judge->vms->len; i++) {
		const struct review_vm *vm = judge->vms->pdata[i];
		const char *own = cib_own_meta(judge->cib, vm->id, "resource-stickiness");
		const char *value = cib_meta(judge->cib, vm->id, "resource-stickiness");
		int32_t score = 0;
		if ((value != NULL && !cib_score(value, &score)) || score > 0)
			continue;
		if (own != NULL) {
			g_autofree char *mend = g_strdup_printf("crm_resource --resource=%s --meta "
			    "--set-parameter=resource-stickiness --parameter-value=100", vm->id);
			judge_found(judge, vm->id, mend, vm->id, NULL);
		} else if (!by_default) {
			judge_found(judge, "", "crm_attribute --type rsc_defaults "
			    "--name resource-stickiness --update 100", "An application", NULL);
			by_default = true;
		}
	}
}

void
check_leftovers(struct judge *judge)
{
	g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	g_autoptr(GPtrArray) rules =
	    all_below(safe_xml_child(judge->configuration, "constraints"), "rsc_location");

	for (guint i = 0; i < rules->len; i++) {
		g_autofree char *id = ATTRIBUTE(rules->pdata[i], "id");
		g_autofree char *resource = ATTRIBUTE(rules->pdata[i], "rsc");
		if (id == NULL || resource == NULL ||
		    (!g_str_has_prefix(id, "cli-prefer-") && !g_str_has_prefix(id, "cli-ban-")))
			continue;
		if (g_hash_table_add(seen, g_strdup(resource)))
			judge_found(judge, resource, id, NULL);
	}
}

/* Every resource that Pacemaker has, by its ID in the CIB. */
static GPtrArray *
resources_of(const struct judge *judge)
{
	static const char *const kinds[] = { "primitive", "group", "clone", "master", "bundle" };
	GPtrArray *found = g_ptr_array_new();
	xmlNode *resources = safe_xml_child(judge->configuration, "resources");

	for (size_t k = 0; k < G_N_ELEMENTS(kinds); k++) {
		g_autoptr(GPtrArray) some = all_below(resources, kinds[k]);
		g_ptr_array_extend(found, some, NULL, NULL);
	}
	return found;
}

void
check_failcounts(struct judge *judge)
{
	g_autoptr(GPtrArray) resources = resources_of(judge);

	for (guint i = 0; i < resources->len; i++) {
		g_autofree char *id = ATTRIBUTE(resources->pdata[i], "id");
		if (id == NULL)
			continue;
		struct cib_failures failures = cib_failures(judge->cib, id);
		g_autofree char *times = failures.count >= 1000000 ? g_strdup("for good")
		    : failures.count == 1 ? g_strdup("once")
		    : g_strdup_printf("%u times", failures.count);
		if (failures.count > 0)
			judge_found(judge, id, times, failures.text != NULL ? ": " : "",
			    failures.text != NULL ? failures.text : "", NULL);
	}
}

/* "vm2_start_0" -> "vm2"; to be freed */
static char *
resource_of_action(const char *key)
{
	char *id = g_strdup(key);

	for (int i = 0; i < 2; i++) {
		char *end = strrchr(id, '_');
		if (end != NULL)
			*end = '\0';
	}
	/* "vm1_migrate_to_0" */
	if (g_str_has_suffix(id, "_migrate"))
		id[strlen(id) - strlen("_migrate")] = '\0';
	return id;
}

/* Those that count no failure, such as a look whether it runs that could not be taken. */
void
check_failed_actions(struct judge *judge)
{
	g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	g_autoptr(GPtrArray) failures =
	    all_below(safe_xml_child(judge->status, "failures"), "failure");

	for (guint i = 0; i < failures->len; i++) {
		xmlNode *failure = failures->pdata[i];
		g_autofree char *key = ATTRIBUTE(failure, "op_key");
		g_autofree char *instance = key != NULL ? resource_of_action(key) : NULL;
		g_autofree char *id = instance != NULL ? cib_resource_name(instance) : NULL;
		g_autofree char *task = ATTRIBUTE(failure, "task");
		g_autofree char *node = ATTRIBUTE(failure, "node");
		g_autofree char *how = ATTRIBUTE(failure, "exitstatus");
		if (id == NULL || task == NULL || node == NULL ||
		    cib_failures(judge->cib, id).count > 0 || !g_hash_table_add(seen, g_strdup(id)))
			continue;
		judge_found(judge, id, task, node, how != NULL ? how : "failed", NULL);
	}
}

void
check_unmanaged(struct judge *judge)
{
	g_autoptr(GPtrArray) resources = resources_of(judge);

	for (guint i = 0; i < resources->len; i++) {
		g_autofree char *id = ATTRIBUTE(resources->pdata[i], "id");
		if (id == NULL)
			continue;
		if (is_false(cib_own_meta(judge->cib, id, "is-managed")))
			judge_found(judge, id, "is-managed", "true", NULL);
		else if (is_true(cib_own_meta(judge->cib, id, "maintenance")))
			judge_found(judge, id, "maintenance", "false", NULL);
	}
}

void
check_blocked(struct judge *judge)
{
	g_autoptr(GPtrArray) resources =
	    all_below(safe_xml_child(judge->status, "resources"), "resource");

	for (guint i = 0; i < resources->len; i++) {
		xmlNode *resource = resources->pdata[i];
		g_autofree char *instance = ATTRIBUTE(resource, "id");
		g_autofree char *id = instance != NULL ? cib_resource_name(instance) : NULL;
		if (id != NULL && safe_xml_attribute_is(resource, "blocked", "true"))
			judge_found(judge, id, NULL);
	}
}

static bool
is_one_of_several(const xmlNode *resource)
{
	for (const xmlNode *in = resource->parent; in != NULL && in->type == XML_ELEMENT_NODE;
	     in = in->parent)
		if (safe_xml_is(in, "clone") || safe_xml_is(in, "bundle"))
			return true;
	return false;
}

/* While it is being moved its role is another one. */
void
check_active_twice(struct judge *judge)
{
	g_autoptr(GPtrArray) resources =
	    all_below(safe_xml_child(judge->status, "resources"), "resource");

	for (guint i = 0; i < resources->len; i++) {
		xmlNode *resource = resources->pdata[i];
		g_autofree char *id = ATTRIBUTE(resource, "id");
		g_autofree char *nodes = ATTRIBUTE(resource, "nodes_running_on");
		if (id != NULL && nodes != NULL && g_ascii_strtoull(nodes, NULL, 10) > 1 &&
		    safe_xml_attribute_is(resource, "role", "Started") && !is_one_of_several(resource))
			judge_found(judge, id, nodes, NULL);
	}
}

/* --- whoever is to be told */

void
check_alert(struct judge *judge)
{
	g_autoptr(GPtrArray) alerts =
	    all_below(safe_xml_child(judge->configuration, "alerts"), "alert");

	for (guint i = 0; i < alerts->len; i++) {
		g_autofree char *id = ATTRIBUTE(alerts->pdata[i], "id");
		g_autofree char *path = ATTRIBUTE(alerts->pdata[i], "path");
		if ((id != NULL && strstr(id, "virtcluster") != NULL) ||
		    (path != NULL && strstr(path, "virtcluster") != NULL))
			return;
	}
	judge_found(judge, "", NULL);
}
