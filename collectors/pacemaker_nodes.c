/* The cluster's nodes, as crm_mon shows them. */
#include "collectors/pacemaker_private.h"

#include <string.h>

#include "model/value.h"

static int32_t
membership_of(const xmlNode *node)
{
	static const struct {
		const char *flag;
		bool value;
		int32_t membership;
	} said[] = {
		{ "unclean", true, MEMBER_UNCLEAN },
		{ "pending", true, MEMBER_PENDING },
		{ "online", false, MEMBER_OFFLINE },
		{ "maintenance", true, MEMBER_MAINTENANCE },
		{ "standby", true, MEMBER_STANDBY },
		{ "standby_onfail", true, MEMBER_STANDBY },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(said); i++)
		if (pacemaker_flag(node, said[i].flag, false) == said[i].value)
			return said[i].membership;
	return MEMBER_ONLINE;
}

static const char *
reason_of_unclean(struct view *v, const struct fencing *f)
{
	bool failed = f != NULL && f->failed_at > f->done_at;
	bool why = failed && f->failure != NULL && *f->failure != '\0';

	if (f != NULL && f->pending && !failed)
		return "lost: it is being fenced";
	if (!failed)
		return "lost, and not fenced yet";
	g_autofree char *text = g_strdup_printf("lost, and fencing it has failed%s%s%s",
	    why ? ": " : "", why ? f->failure : "", f->pending ? "; it is tried again" : "");
	return part_text(v->part, text);
}

static const char *
reason_of(struct view *v, const xmlNode *node, int32_t membership, const struct fencing *f)
{
	switch (membership) {
	case MEMBER_UNCLEAN:
		return reason_of_unclean(v, f);
	case MEMBER_PENDING:
		return "joining the cluster";
	case MEMBER_OFFLINE:
		return "not a member of the cluster at present";
	case MEMBER_MAINTENANCE:
		return "the cluster leaves it alone";
	case MEMBER_STANDBY:
		return pacemaker_flag(node, "standby", false)
		    ? "on standby in the cluster" : "on standby because something failed there";
	default:
		return pacemaker_flag(node, "shutdown", false) ? "leaving the cluster" : "";
	}
}

/* What is of a container is no node for anybody outside. */
static bool
is_of_bundle(const struct view *v, const char *container)
{
	return container != NULL && g_hash_table_contains(v->bundled, container);
}

const char *
pacemaker_our_name(const struct view *v, const char *theirs)
{
	const char *ours =
	    v->look->names == NULL ? NULL : g_hash_table_lookup(v->look->names, theirs);

	return ours != NULL ? ours : theirs;
}

/* As it was when that was told last, 0: it was not a member that takes part. */
static int32_t
last_membership(const struct view *v, const char *name)
{
	const GPtrArray *members =
	    v->look->last == NULL ? NULL : v->look->last->rows[ROWS_MEMBER];

	for (guint i = 0; members != NULL && i < members->len; i++) {
		const struct cluster_member *m = members->pdata[i];
		if (strcmp(m->name, name) == 0)
			return m->membership == MEMBER_ONLINE || m->membership == MEMBER_STANDBY ||
			    m->membership == MEMBER_MAINTENANCE ? m->membership : 0;
	}
	return 0;
}

static bool
has_role(const xmlNode *resource, const char *role)
{
	return resource != NULL && xml_tree_is(resource, "role", role);
}

/* The source's half is stopped when all is over. */
bool
pacemaker_is_migrating(const xmlNode *resource)
{
	g_autofree char *places = xml_tree_attribute(resource, "nodes_running_on");

	return has_role(resource, "Migrating") ||
	    (has_role(resource, "Stopping") && g_strcmp0(places, "2") == 0);
}

/*
 * While a VM moves live the connection to the node that it is ends, and is made again by the
 * other host.  For crm_mon the node is offline meanwhile, and it and what is in it have failed.
 */
static bool
goes_on(const xmlNode *vm, const xmlNode *connection)
{
	bool well = has_role(vm, "Started") && !pacemaker_flag(vm, "failed", false) &&
	    !xml_tree_is(vm, "target_role", "Stopped");
	bool between = has_role(connection, "Stopped") || has_role(connection, "Starting") ||
	    has_role(connection, "Migrating");

	return pacemaker_is_migrating(vm) ||
	    (well && between && !pacemaker_flag(connection, "failed", false));
}

/*
 * A virtual or remote node counts as online for crm_mon as soon as Pacemaker begins to connect
 * to it, also when nobody answers there.
 */
static void
correct_membership(struct view *v, struct cluster_member *m, const char *name,
    const char *container)
{
	const xmlNode *connection = g_hash_table_lookup(v->resources, name);
	const xmlNode *vm =
	    container == NULL ? NULL : g_hash_table_lookup(v->resources, container);
	const char *unclean = vm == NULL ? NULL : pacemaker_unclean_node(v, vm);
	int32_t last = vm == NULL ? 0 : last_membership(v, m->name);

	if (unclean != NULL) {
		g_autofree char *why = g_strdup_printf("its VM is on node %s, which is unclean", unclean);
		m->membership = MEMBER_UNCLEAN;
		m->reason = part_text(v->part, why);
	} else if (last != 0 && goes_on(vm, connection)) {
		m->membership = last;
		g_hash_table_add(v->moving, g_strdup(name));
	} else if (m->membership == MEMBER_ONLINE && has_role(connection, "Starting")) {
		m->membership = MEMBER_PENDING;
	}
}

static void
fill_member(struct view *v, struct cluster_member *m, const xmlNode *node, const char *name,
    const char *container)
{
	const struct fencing *f = g_hash_table_lookup(v->fencings, name);
	g_autofree char *running = xml_tree_attribute(node, "resources_running");
	guint64 apps = 0;

	m->name = part_text(v->part, pacemaker_our_name(v, name));
	m->kind = !xml_tree_is(node, "type", "remote") ? NODE_PHYSICAL
	    : container != NULL ? NODE_VIRTUAL : NODE_REMOTE;
	m->membership = membership_of(node);
	m->reason = NULL;
	if (m->kind != NODE_PHYSICAL)
		correct_membership(v, m, name, container);
	if (m->reason == NULL)
		m->reason = reason_of(v, node, m->membership, f);
	m->container = part_text(v->part, container);
	m->coordinator = pacemaker_flag(node, "is_dc", false);
	m->fenced_at = f == NULL ? 0 : f->done_at;
	m->apps = running != NULL &&
		g_ascii_string_to_unsigned(running, 10, 0, INT32_MAX, &apps, NULL)
	    ? (uint32_t)apps : ABSENT_U32;
	m->sampled_us = v->look->now_us;
	m->seen_at = v->look->wall;
	m->interval = (uint32_t)v->look->interval;
}

static bool
add_member(struct view *v, GHashTable *seen, const xmlNode *node, GError **error)
{
	g_autofree char *name = xml_tree_attribute(node, "name");
	g_autofree char *container = xml_tree_attribute(node, "id_as_resource");
	g_autofree char *online = xml_tree_attribute(node, "online");
	g_autofree char *unclean = xml_tree_attribute(node, "unclean");

	if (name == NULL || *name == '\0' || online == NULL || unclean == NULL)
		return xml_tree_refuse(error, "crm_mon's XML has a node %.60s that does not tell %s",
		    name == NULL ? "" : name, name == NULL || *name == '\0' ? "its name"
			: "whether it is online");
	if (is_of_bundle(v, container) || xml_tree_is(node, "type", "ping") ||
	    g_str_has_prefix(name, APP_TRIAL))
		return true;
	if (!g_hash_table_add(seen, g_strdup(pacemaker_our_name(v, name))))
		return xml_tree_refuse(error, "Pacemaker has two nodes called %.60s",
		    pacemaker_our_name(v, name));
	struct cluster_member *m = part_add(v->part, ROWS_MEMBER);
	fill_member(v, m, node, name, container);
	v->blind |= !v->quorate && m->membership == MEMBER_UNCLEAN;
	g_hash_table_insert(v->members, g_strdup(name), m);
	return true;
}

bool
pacemaker_nodes(struct view *v, const xmlNode *list, GError **error)
{
	g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

	if (list == NULL)
		return xml_tree_refuse(error, "crm_mon's XML has no list of nodes");
	for (xmlNode *node = list->children; node != NULL; node = node->next)
		if (safe_xml_is(node, "node") && !add_member(v, seen, node, error))
			return false;
	return true;
}
