/* Pacemaker's resources as rows of applications. */
#include "collectors/pacemaker_private.h"

#include <string.h>

#include "model/cluster.h"
#include "model/value.h"

#define DEPTH_MOST 8 /* a primitive in a group in a clone is 3 */

/* An application while its instances are counted. */
struct tally {
	struct app *row;
	struct tally *parent; /* NULL: none */
	bool many;            /* it, or what it is in, is a clone or bundle: instances are usual */
	uint32_t n[APP_UNKNOWN + 1]; /* instances in each state */
	uint32_t all;
	GPtrArray *nodes;     /* names of nodes where it is, each once; of the view */
	const char *promoted; /* of these, the one with a promoted instance; NULL: none */
	const char *trouble;  /* reason of an instance that is not well; NULL: none */
};

struct apps {
	struct view *v;
	GHashTable *tallies; /* ID -> struct tally */
};

static void
tally_free(gpointer data)
{
	struct tally *tally = data;

	g_ptr_array_free(tally->nodes, TRUE);
	g_free(tally);
}

/* --- what is configured */

static bool
is_true(const char *text)
{
	static const char *const yes[] = { "true", "yes", "on", "y", "1" };

	for (size_t i = 0; text != NULL && i < G_N_ELEMENTS(yes); i++)
		if (g_ascii_strcasecmp(text, yes[i]) == 0)
			return true;
	return false;
}

static uint32_t
amount(const char *text)
{
	guint64 value = 0;

	return text != NULL && g_ascii_string_to_unsigned(text, 10, 0, INT32_MAX, &value, NULL)
	    ? (uint32_t)value : ABSENT_U32;
}

static int32_t
wanted_of(const struct view *v, const xmlNode *node, const char *id)
{
	static const struct {
		const char *role;
		int32_t wanted;
	} roles[] = {
		{ "Started", WANTED_STARTED }, { "Stopped", WANTED_STOPPED },
		{ "Promoted", WANTED_PROMOTED }, { "Master", WANTED_PROMOTED },
		{ "Unpromoted", WANTED_UNPROMOTED }, { "Slave", WANTED_UNPROMOTED },
	};
	g_autofree char *told = xml_tree_attribute(node, "target_role");
	const char *role = told != NULL ? told : cib_meta(v->cib, id, "target-role");

	if (v->stop_all || pacemaker_flag(node, "disabled", false))
		return WANTED_STOPPED;
	for (size_t i = 0; role != NULL && i < G_N_ELEMENTS(roles); i++)
		if (g_ascii_strcasecmp(role, roles[i].role) == 0)
			return roles[i].wanted;
	return WANTED_STARTED;
}

/* --- which VM it is */

static bool
is_vm_agent(const char *agent)
{
	return g_str_has_suffix(agent, ":VirtualDomain") ||
	    strcmp(agent, "ocf:heartbeat:Xen") == 0;
}

static int32_t
kind_of(const struct view *v, const char *agent, const char *id)
{
	if (g_str_has_prefix(agent, "stonith:"))
		return APP_KIND_FENCING;
	if (strcmp(agent, "ocf:pacemaker:remote") == 0)
		return APP_KIND_CONNECTION;
	if (!is_vm_agent(agent))
		return APP_KIND_SERVICE;
	return cib_own_meta(v->cib, id, "remote-node") != NULL ? APP_KIND_VIRTUAL_NODE
							       : APP_KIND_VM;
}

static void
describe_vm(struct view *v, struct app *app, const char *id)
{
	const char *uuid = cib_own_meta(v->cib, id, PACEMAKER_VM_META);
	const char *config = cib_parameter(v->cib, id, "config");
	const char *memory = cib_utilization(v->cib, id, "hv_memory");

	if (uuid != NULL && g_uuid_string_is_valid(uuid)) {
		g_autofree char *lower = g_ascii_strdown(uuid, -1);
		app->vm_uuid = part_text(v->part, lower);
	}
	if (config == NULL)
		config = cib_parameter(v->cib, id, "xmfile");
	if (config != NULL) {
		g_autofree char *base = g_path_get_basename(config);
		if (g_str_has_suffix(base, ".xml"))
			base[strlen(base) - strlen(".xml")] = '\0';
		app->vm_config = part_text(v->part, base);
	}
	if (app->use_memory == ABSENT_U32)
		app->use_memory = amount(memory);
}

/* --- a row */

static void
describe_failures(struct view *v, struct app *app, const char *id)
{
	struct cib_failures failures = cib_failures(v->cib, id);
	const struct failure *last = g_hash_table_lookup(v->failures, id);

	app->fail_count = failures.count;
	app->failed_at = failures.last_at != 0 || last == NULL ? failures.last_at : last->at;
	app->failure = last != NULL ? part_text(v->part, last->text)
	    : failures.text != NULL ? part_text(v->part, failures.text) : "";
}

static const char *
our_node(const struct view *v, const char *theirs)
{
	const struct cluster_member *member =
	    theirs == NULL ? NULL : g_hash_table_lookup(v->members, theirs);

	return member == NULL ? NULL : member->name;
}

static void
fill_row(struct view *v, struct app *app, const xmlNode *node, const char *id, int32_t kind,
    const struct tally *parent)
{
	g_autofree char *agent = xml_tree_attribute(node, "resource_agent");
	const char *preferred = our_node(v, cib_preferred(v->cib, id));

	app->name = part_text(v->part, id);
	app->agent = agent == NULL ? "" : part_text(v->part, agent);
	app->parent_name = parent == NULL ? "" : parent->row->name;
	app->kind = kind != 0 ? kind : kind_of(v, app->agent, id);
	app->wanted = wanted_of(v, node, id);
	app->managed = pacemaker_flag(node, "managed", true);
	app->preferred_name = preferred == NULL ? "" : preferred;
	app->priority = 0;
	cib_score(cib_meta(v->cib, id, "priority"), &app->priority);
	app->can_migrate = is_true(cib_meta(v->cib, id, "allow-migrate"));
	app->use_cpu = amount(cib_utilization(v->cib, id, "cpu"));
	app->use_memory = amount(cib_utilization(v->cib, id, "memory"));
	app->reason = app->node_name = app->node_names = app->vm_name = "";
	app->moves = app->failovers = 0;
	app->sampled_us = v->look->now_us;
	app->stale_after = v->look->stale_after;
	describe_failures(v, app, id);
	if (app_is_vm(app))
		describe_vm(v, app, id);
}

/* The row of that ID, made when it is new; the same again only for another instance. */
static struct tally *
tally_of(struct apps *a, const xmlNode *node, int32_t kind, struct tally *parent,
    GError **error)
{
	g_autofree char *instance = xml_tree_attribute(node, "id");
	g_autofree char *id = instance == NULL ? NULL : cib_resource_name(instance);
	struct tally *tally = id == NULL ? NULL : g_hash_table_lookup(a->tallies, id);

	if (id == NULL || *id == '\0') {
		xml_tree_refuse(error, "crm_mon's XML has a resource without an ID");
		return NULL;
	}
	if (tally != NULL && (tally->parent != parent || !tally->many)) {
		xml_tree_refuse(error, "Pacemaker has two resources called %.60s", id);
		return NULL;
	}
	if (tally != NULL)
		return tally;
	tally = g_new0(struct tally, 1);
	tally->row = part_add(a->v->part, ROWS_APP);
	tally->parent = parent;
	tally->nodes = g_ptr_array_new();
	fill_row(a->v, tally->row, node, id, kind, parent);
	tally->many = (parent != NULL && (parent->many || parent->row->kind == APP_KIND_CLONE ||
	    parent->row->kind == APP_KIND_BUNDLE));
	g_hash_table_insert(a->tallies, g_steal_pointer(&id), tally);
	return tally;
}

/* --- its instances */

static void
note_node(struct tally *tally, const char *node, bool promoted)
{
	if (!g_ptr_array_find_with_equal_func(tally->nodes, node, g_str_equal, NULL))
		g_ptr_array_add(tally->nodes, (gpointer)node);
	if (promoted)
		tally->promoted = node;
}

/* For the resource, and for all that it is in. */
static void
count_instance(struct view *v, struct tally *tally, const xmlNode *resource,
    const struct instance *i)
{
	bool well = i->state == APP_STARTED || i->state == APP_STOPPED;

	for (; tally != NULL; tally = tally->parent) {
		tally->all++;
		tally->n[i->state]++;
		if (i->reason != NULL && (tally->trouble == NULL || !well))
			tally->trouble = i->reason;
		for (xmlNode *node = resource->children; node != NULL; node = node->next) {
			g_autofree char *name = safe_xml_is(node, "node")
			    ? xml_tree_attribute(node, "name") : NULL;
			const char *ours = our_node(v, name);
			if (ours != NULL)
				note_node(tally, ours, i->promoted);
		}
	}
}

/* --- the tree */

static bool read_children(struct apps *, const xmlNode *, struct tally *, int depth, GError **);

static bool
read_resource(struct apps *a, const xmlNode *node, struct tally *parent, int depth,
    GError **error)
{
	g_autofree char *id = xml_tree_attribute(node, "id");

	if (id != NULL && g_str_has_prefix(id, APP_TRIAL))
		return true;
	struct tally *tally = tally_of(a, node, 0, parent, error);
	if (tally == NULL)
		return false;
	struct instance i = pacemaker_instance(a->v, node, tally->row);
	const char *unseen = i.state == APP_STOPPED && !tally->many
	    ? pacemaker_unseen_on(a->v, tally->row) : NULL;
	if (unseen != NULL)
		i = (struct instance){ APP_STARTED, NULL };
	count_instance(a->v, tally, node, &i);
	for (struct tally *t = tally; unseen != NULL && t != NULL; t = t->parent)
		note_node(t, unseen, false);
	return true;
}

static bool
read_group(struct apps *a, const xmlNode *node, struct tally *parent, int depth, GError **error)
{
	struct tally *tally = tally_of(a, node, APP_KIND_GROUP, parent, error);

	return tally != NULL && read_children(a, node, tally, depth + 1, error);
}

static bool
read_clone(struct apps *a, const xmlNode *node, struct tally *parent, int depth, GError **error)
{
	struct tally *tally = tally_of(a, node, APP_KIND_CLONE, parent, error);

	return tally != NULL && read_children(a, node, tally, depth + 1, error);
}

static bool
read_bundle(struct apps *a, const xmlNode *node, struct tally *parent, int depth, GError **error)
{
	struct tally *tally = tally_of(a, node, APP_KIND_BUNDLE, parent, error);

	return tally != NULL && read_children(a, node, tally, depth + 1, error);
}

/* No application of its own. */
static bool
read_replica(struct apps *a, const xmlNode *node, struct tally *parent, int depth,
    GError **error)
{
	return read_children(a, node, parent, depth + 1, error);
}

static const struct {
	const char *element;
	bool (*read)(struct apps *, const xmlNode *, struct tally *parent, int depth, GError **);
} elements[] = {
	{ "resource", read_resource }, { "group", read_group }, { "clone", read_clone },
	{ "bundle", read_bundle }, { "replica", read_replica },
};

static bool
read_children(struct apps *a, const xmlNode *node, struct tally *parent, int depth,
    GError **error)
{
	if (depth > DEPTH_MOST)
		return xml_tree_refuse(error, "crm_mon's XML has groups within groups without an end");
	for (xmlNode *child = node->children; child != NULL; child = child->next)
		for (size_t i = 0; i < G_N_ELEMENTS(elements); i++)
			if (safe_xml_is(child, elements[i].element) &&
			    !elements[i].read(a, child, parent, depth, error))
				return false;
	return true;
}

/* --- what comes of it */

/* The first of these that any instance is in. */
static int32_t
first_of(const struct tally *t)
{
	static const int32_t order[] = { APP_UNKNOWN, APP_FAILED, APP_BLOCKED, APP_MIGRATING,
		APP_STARTING, APP_STOPPING };

	for (size_t i = 0; i < G_N_ELEMENTS(order); i++)
		if (t->n[order[i]] > 0)
			return order[i];
	return t->n[APP_STARTED] == 0 ? APP_STOPPED
	    : t->n[APP_STARTED] == t->all ? APP_STARTED : APP_PARTIAL;
}

/*
 * A clone does its work as long as any instance does: those that are stopped have no place to
 * be, as a rule.  Of a bundle and a group all is wanted.
 */
static int32_t
state_of(const struct tally *t)
{
	bool is_clone = t->row->kind == APP_KIND_CLONE || (t->many && t->row->kind != APP_KIND_BUNDLE);
	bool bad = t->n[APP_FAILED] + t->n[APP_BLOCKED] + t->n[APP_UNKNOWN] > 0;
	bool has_many = t->many || is_clone || t->row->kind == APP_KIND_BUNDLE;

	if (has_many && t->n[APP_STARTED] > 0 && bad)
		return APP_PARTIAL;
	if (is_clone && t->n[APP_STARTED] > 0)
		return APP_STARTED;
	return first_of(t);
}

static const char *
names_of(struct view *v, const GPtrArray *nodes)
{
	g_autoptr(GString) text = g_string_new(NULL);

	for (guint i = 0; i < nodes->len; i++)
		g_string_append_printf(text, "%s%s", i > 0 ? " " : "", (char *)nodes->pdata[i]);
	return part_text(v->part, text->str);
}

static void
finish(struct view *v, struct tally *t)
{
	struct app *app = t->row;

	app->state = state_of(t);
	app->instances = t->n[APP_STARTED];
	app->node_names = names_of(v, t->nodes);
	if (t->promoted != NULL)
		app->node_name = t->promoted;
	else if (t->nodes->len == 1 && app->kind != APP_KIND_CLONE && app->kind != APP_KIND_BUNDLE)
		app->node_name = t->nodes->pdata[0];
	if (t->trouble != NULL)
		app->reason = t->trouble;
	else if (app->managed == 0)
		app->reason = v->maintenance ? "not watched: the cluster is in maintenance"
					     : "not managed: nobody starts, stops or watches it";
}

/* A group or clone whose own counts say nothing tells of the worst that is in it. */
static void
add_failures(const struct tally *t)
{
	for (const struct tally *p = t->parent; p != NULL; p = p->parent) {
		p->row->fail_count = MIN(p->row->fail_count + t->row->fail_count, 1000000);
		if (t->row->failed_at > p->row->failed_at ||
		    (*p->row->failure == '\0' && *t->row->failure != '\0')) {
			p->row->failed_at = MAX(p->row->failed_at, t->row->failed_at);
			p->row->failure = t->row->failure;
		}
	}
}

static bool
is_primitive(const struct app *app)
{
	return app->kind != APP_KIND_GROUP && app->kind != APP_KIND_CLONE &&
	    app->kind != APP_KIND_BUNDLE;
}

/* It is not done before Pacemaker has looked: so long the connection counts as being made. */
static void
mark_unseen(struct view *v, GHashTable *tallies)
{
	GHashTableIter iter;
	gpointer node;

	g_hash_table_iter_init(&iter, v->unseen);
	while (g_hash_table_iter_next(&iter, &node, NULL)) {
		const struct tally *tally = g_hash_table_lookup(tallies, node);
		if (tally != NULL && tally->row->state == APP_STARTED)
			tally->row->state = APP_STARTING;
	}
}

bool
pacemaker_apps(struct view *v, const xmlNode *resources, GError **error)
{
	g_autoptr(GHashTable) tallies =
	    g_hash_table_new_full(g_str_hash, g_str_equal, g_free, tally_free);
	struct apps apps = { v, tallies };
	GHashTableIter iter;
	gpointer tally;

	/* a cluster without resources has no list of them */
	if (resources != NULL && !read_children(&apps, resources, NULL, 0, error))
		return false;
	g_hash_table_iter_init(&iter, tallies);
	while (g_hash_table_iter_next(&iter, NULL, &tally)) {
		finish(v, tally);
		if (is_primitive(((struct tally *)tally)->row))
			add_failures(tally);
	}
	mark_unseen(v, tallies);
	return true;
}
