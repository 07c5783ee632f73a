/* One instance of an application, as crm_mon shows it: its state, and why. */
#include "collectors/pacemaker_private.h"

#include <string.h>

#include "model/value.h"

static int32_t
state_of_role(const char *role)
{
	static const struct {
		const char *role;
		int32_t state;
	} roles[] = {
		{ "Started", APP_STARTED }, { "Promoted", APP_STARTED }, { "Master", APP_STARTED },
		{ "Unpromoted", APP_STARTED }, { "Slave", APP_STARTED },
		{ "Stopped", APP_STOPPED }, { "Starting", APP_STARTING },
		{ "Promoting", APP_STARTED }, { "Demoting", APP_STARTED },
		{ "Stopping", APP_STOPPING }, { "Migrating", APP_MIGRATING },
	};

	for (size_t i = 0; role != NULL && i < G_N_ELEMENTS(roles); i++)
		if (strcmp(role, roles[i].role) == 0)
			return roles[i].state;
	return APP_UNKNOWN;
}

const char *
pacemaker_unclean_node(const struct view *v, const xmlNode *resource)
{
	for (xmlNode *node = resource->children; node != NULL; node = node->next) {
		g_autofree char *name = safe_xml_is(node, "node")
		    ? xml_tree_attribute(node, "name") : NULL;
		const struct cluster_member *member =
		    name == NULL ? NULL : g_hash_table_lookup(v->members, name);
		if (member != NULL && member->membership == MEMBER_UNCLEAN)
			return member->name;
	}
	return NULL;
}

static const char *
text_of(struct view *v, char *text)
{
	const char *kept = part_text(v->part, text);

	g_free(text);
	return kept;
}

/* The source's half of a live migration is stopped when all is over. */
static bool
is_in_two_places(const xmlNode *node, int32_t state, const struct app *app)
{
	g_autofree char *text = xml_tree_attribute(node, "nodes_running_on");
	guint64 places = 0;
	bool counts = state == APP_STARTED || (state == APP_STOPPING && app->can_migrate != 0);

	return counts && text != NULL &&
	    g_ascii_string_to_unsigned(text, 10, 0, INT32_MAX, &places, NULL) && places > 1;
}

/*
 * Between the two halves of a live migration it is listed so, for a moment; whether a VM runs
 * twice is told by libvirt.
 */
static struct instance
in_two_places(const struct app *app)
{
	if (app->can_migrate)
		return (struct instance){ APP_MIGRATING, "listed on more than one node" };
	return (struct instance){ APP_FAILED, "started on more than one node at the same time" };
}

/* A virtual node that moves, its connection, or what is in it: none has failed for that. */
static bool
is_moving(const struct view *v, const xmlNode *resource, const struct app *app)
{
	if (app->kind == APP_KIND_VIRTUAL_NODE)
		return pacemaker_is_migrating(resource);
	if (app->kind == APP_KIND_CONNECTION)
		return g_hash_table_contains(v->moving, app->name);
	for (xmlNode *node = resource->children; node != NULL; node = node->next) {
		g_autofree char *name = safe_xml_is(node, "node")
		    ? xml_tree_attribute(node, "name") : NULL;
		if (name != NULL && g_hash_table_contains(v->moving, name))
			return true;
	}
	return false;
}

static const struct app *
last_app(const struct view *v, const char *id)
{
	const GPtrArray *apps = v->look->last == NULL ? NULL : v->look->last->rows[ROWS_APP];

	for (guint i = 0; apps != NULL && i < apps->len; i++) {
		const struct app *app = apps->pdata[i];
		if (strcmp(app->name, id) == 0)
			return app;
	}
	return NULL;
}

/* The member of that name of ours; `theirs` is how Pacemaker calls it. */
static const struct cluster_member *
member_called(const struct view *v, const char *ours, const char **theirs)
{
	GHashTableIter iter;
	gpointer name, member;

	g_hash_table_iter_init(&iter, v->members);
	while (g_hash_table_iter_next(&iter, &name, &member))
		if (strcmp(((struct cluster_member *)member)->name, ours) == 0) {
			*theirs = name;
			return member;
		}
	return NULL;
}

#define PENDING "193" /* PCMK_OCF_UNKNOWN: what has begun and not ended */

static bool
has_ended(const xmlNode *history)
{
	for (xmlNode *o = history->children; o != NULL; o = o->next)
		if (safe_xml_is(o, "operation_history") && !safe_xml_attribute_is(o, "rc", PENDING))
			return true;
	return false;
}

/* Has anything been done with it there, or been looked for. */
static bool
has_history(const struct view *v, const char *node, const char *id)
{
	for (xmlNode *n = v->history == NULL ? NULL : v->history->children; n != NULL; n = n->next) {
		if (!safe_xml_is(n, "node") || !safe_xml_attribute_is(n, "name", node))
			continue;
		for (xmlNode *r = n->children; r != NULL; r = r->next)
			if (safe_xml_is(r, "resource_history") &&
			    safe_xml_attribute_is(r, "id", id) && has_ended(r))
				return true;
	}
	return false;
}

const char *
pacemaker_unseen_on(struct view *v, const struct app *app)
{
	const struct app *last = last_app(v, app->name);
	const char *theirs = NULL;
	const struct cluster_member *member = last == NULL || last->state != APP_STARTED
	    ? NULL : member_called(v, last->node_name, &theirs);

	if (member == NULL || member->kind != NODE_VIRTUAL || app->wanted == WANTED_STOPPED ||
	    (member->membership != MEMBER_ONLINE && member->membership != MEMBER_MAINTENANCE) ||
	    has_history(v, theirs, app->name))
		return NULL;
	g_hash_table_add(v->unseen, g_strdup(theirs));
	return member->name;
}

/* Ignorance beats trouble, and trouble beats the role. */
struct instance
pacemaker_instance(struct view *v, const xmlNode *node, const struct app *app)
{
	g_autofree char *role = xml_tree_attribute(node, "role");
	const char *unclean = pacemaker_unclean_node(v, node);
	struct instance i = { state_of_role(role), NULL, false };
	const char *failure = *app->failure == '\0' ? NULL : app->failure;
	bool moving = is_moving(v, node, app);

	i.promoted = g_strcmp0(role, "Promoted") == 0 || g_strcmp0(role, "Master") == 0;
	if (unclean != NULL)
		return (struct instance){ APP_UNKNOWN, text_of(v, g_strdup_printf(
		    "node %s is unclean: nobody knows whether it still runs there", unclean)) };
	if (i.state == APP_UNKNOWN)
		i.reason = text_of(v, g_strdup_printf("Pacemaker calls its role %.60s",
		    role == NULL ? "nothing" : role));
	else if (pacemaker_flag(node, "blocked", false))
		i = (struct instance){ APP_BLOCKED, failure };
	else if (moving && app->kind == APP_KIND_CONNECTION && i.state == APP_STOPPED)
		i = (struct instance){ APP_MIGRATING, "goes along with its VM" };
	else if (!moving && pacemaker_flag(node, "failed", false) &&
	    !pacemaker_flag(node, "failure_ignored", false))
		i = (struct instance){ APP_FAILED, failure };
	else if (is_in_two_places(node, i.state, app))
		i = in_two_places(app);
	else if (i.state == APP_STOPPED && v->blind)
		i = (struct instance){ APP_UNKNOWN,
			"no quorum, and a node is lost: nobody knows whether it runs there" };
	else if (i.state == APP_STOPPED && app->wanted != WANTED_STOPPED)
		i.reason = failure;
	if (i.reason == NULL && pacemaker_flag(node, "orphaned", false))
		i.reason = "no longer in the cluster's configuration";
	return i;
}
