/*
 * Operation: an application that is a VM becomes a VM of libvirt's again, without stopping.
 *
 * What is done, in this order; each can be done again, so that after a restart all of it is:
 *
 *	the resource is no longer managed: nobody starts, stops or moves it
 *	the domain is defined where it runs, or, if it is stopped, where it ran last
 *	the resource leaves the configuration (crm_take_out)
 *	the definition's files are removed, where they are ours
 */
#include "vmops/ha.h"

#include <string.h>

#include "common/virt.h"
#include "model/settings.h"
#include "model/value.h"
#include "vmops/app.h"
#include "vmops/crm_cib.h"

#define ALONE_US (3 * 60 * G_USEC_PER_SEC) /* for what Pacemaker has begun to end */

/* The ID, and a home for one that is stopped; texts are to be freed. */
struct leaving {
	char *id, *home;
};

static void
leaving_clear(struct leaving *l)
{
	g_free(l->id);
	g_free(l->home);
}

static const char *
name_of(const struct cluster *cluster, uint32_t index)
{
	const struct node *node = index == 0 ? NULL : cluster_node(cluster, index);

	return node != NULL && node_is_host(node) ? node->name : NULL;
}

/* Where it is, was last, or had better be. */
static const char *
home_of(const struct cluster *cluster, const struct app *app)
{
	const uint32_t places[] = { app->node, app->seat, app->last_node, app->preferred };
	const char *name = NULL;

	for (size_t i = 0; name == NULL && i < G_N_ELEMENTS(places); i++)
		name = name_of(cluster, places[i]);
	return name;
}

static bool
note(const struct op_run *run, struct leaving *l, GError **error)
{
	SCOPED(cluster) cluster = run->look(run->context);
	const struct app *app = cluster == NULL ? NULL : ha_app(cluster, run->request);

	*l = (struct leaving){ 0 };
	if (cluster == NULL)
		return op_refuse(error, CAUSE_RESTART, "%s: the agent was stopped meanwhile",
		    run->name);
	const char *home = app == NULL ? NULL : home_of(cluster, app);
	l->id = app != NULL ? g_strdup(app->name) : ha_id(run->name);
	l->home = g_strdup(home != NULL ? home : run->node);
	return true;
}

static bool
begin(struct ha *h, const struct op_run *run, const struct leaving *l, GError **error)
{
	if (!ha_begin(h, run, l->id, error))
		return false;
	g_free(h->home);
	h->home = g_strdup(*l->home != '\0' || h->members->len == 0 ? l->home
								    : h->members->pdata[0]);
	return true;
}

/* --- what Pacemaker knows of it */

static bool
read_definition(struct ha *h, const char *path, GError **error)
{
	g_autoptr(GError) why = NULL;

	h->text = ha_files_read(h, path, &why);
	g_autofree char *uuid = h->text == NULL ? NULL : ha_definition_uuid(h->text);
	if (uuid != NULL && *h->uuid == '\0')
		ha_set_uuid(h, uuid);
	if (h->text != NULL && g_strcmp0(uuid, h->uuid) != 0)
		g_clear_pointer(&h->text, g_free); /* it says another thing: what runs is what counts */
	if (*h->uuid != '\0')
		return true;
	return op_refuse(error, why != NULL ? (enum job_cause)why->code : CAUSE_IMPOSSIBLE, "%s "
	    "cannot be taken out of the cluster: its UUID is not known: %s", h->run->name,
	    why != NULL ? why->message : "its definition has none");
}

/* A resource that is there: may it go, where is its definition, which VM is it. */
static bool
read_resource(struct ha *h, const xmlDoc *cib, GError **error)
{
	xmlNode *resource = crm_cib_find(cib, h->id);
	g_autofree char *dependent = crm_cib_dependent(cib, h->id);
	g_autofree char *config = crm_cib_parameter(resource, "config");
	g_autofree char *uuid = crm_cib_meta(resource, "virtcluster-uuid");

	if (dependent != NULL)
		return op_refuse(error, CAUSE_IMPOSSIBLE, "%s cannot be taken out of the "
		    "cluster: %s",
		    h->run->name, dependent);
	if (uuid != NULL && *h->uuid == '\0')
		ha_set_uuid(h, uuid);
	if (config != NULL) {
		g_free(h->path);
		h->path = g_steal_pointer(&config);
	}
	return read_definition(h, h->path, error);
}

/* --- carrying it out */

static bool
leave_alone(struct ha *h, GError **error)
{
	int64_t since = g_get_monotonic_time();
	const struct app_goal goal = { .name = h->id, .until = APP_UNTIL_ALONE, .since = since,
		.until_us = since + ALONE_US };

	op_step(h->run, "Pacemaker shall leave it alone");
	return crm_set_meta(h->run, h->id, "is-managed", "false", false, error) &&
	    app_await(h->run, &goal, error);
}

/* Nothing is lost yet: Pacemaker has it again. */
static bool
give_back(struct ha *h, GError *why, GError **error)
{
	g_autoptr(GError) left = NULL;

	if (why->code == CAUSE_RESTART) {
		g_propagate_error(error, why);
		return false;
	}
	g_autoptr(GError) taken = why;
	if (crm_set_meta(h->run, h->id, "is-managed", NULL, true, &left))
		return op_refuse(error, (enum job_cause)taken->code, "%s; it is an application "
		    "as before",
		    taken->message);
	return op_refuse(error, (enum job_cause)taken->code, "%s; and Pacemaker leaves it "
	    "alone until this is tried again (%s)", taken->message, left->message);
}

/* What has been done so far may stay as it is: the same can be asked for again. */
static bool
stop_short(struct ha *h, GError *why, GError **error)
{
	if (why->code == CAUSE_RESTART) {
		g_propagate_error(error, why);
		return false;
	}
	g_autoptr(GError) taken = why;
	return op_refuse(error, (enum job_cause)taken->code, "%s is defined on node %s, but "
	    "the resource %s may still be in the cluster's configuration, not managed: %s; ask "
	    "for the same again",
	    h->run->name, h->home, h->id, taken->message);
}

static bool
remove_files(struct ha *h, GError **error)
{
	g_autofree char *left = ha_files_remove(h);

	return left == NULL || op_refuse(error, CAUSE_UNREACHABLE, "%s is no longer an "
	    "application, but its definition could not be removed everywhere: "
	    "%s", h->run->name, left);
}

static bool
take_out(struct ha *h, GError **error)
{
	GError *why = NULL;

	if (!crm_take_out(h->run, h->id, &why))
		return stop_short(h, why, error);
	app_await_gone(h->run, h->id);
	return remove_files(h, error);
}

static bool
carry_out(struct ha *h, GError **error)
{
	GError *why = NULL;

	if (!leave_alone(h, &why))
		return give_back(h, why, error);
	op_step(h->run, "defining it");
	if (!ha_domain_define(h, &why))
		return give_back(h, why, error);
	return take_out(h, error);
}

static bool
disable(struct ha *h, GError **error)
{
	xmlDoc *cib = crm_cib_read(h->run, false, error);
	bool good = cib != NULL && read_resource(h, cib, error);

	if (cib != NULL)
		xmlFreeDoc(cib);
	return good && h->run->begin(h->run->context, error) &&
	    h->run->own(h->run->context, error) && carry_out(h, error);
}

bool
op_ha_disable(const struct op_run *run, GError **error)
{
	struct leaving l;
	struct ha h = { 0 };
	bool good = note(run, &l, error) && begin(&h, run, &l, error) && disable(&h, error);

	ha_end(&h);
	leaving_clear(&l);
	return good;
}

/* --- after a restart */

#define MEANWHILE "it was taken out of the cluster, which may not have come to its end"

static bool
recover(struct ha *h, GError **error)
{
	xmlDoc *cib = crm_cib_read(h->run, true, error);

	if (cib == NULL)
		return false;
	bool there = crm_cib_find(cib, h->id) != NULL;
	bool good = !there || read_resource(h, cib, error);
	xmlFreeDoc(cib);
	/* it was defined before the resource went */
	return good && (there ? carry_out(h, error) : take_out(h, error));
}

bool
op_ha_disable_recover(const struct op_run *run, GError **error)
{
	struct leaving l = { 0 };
	struct ha h = { 0 };

	if (!run->owned)
		return op_refuse(error, CAUSE_RESTART,
		    "%s: the agent was stopped before this began; not run", run->name);
	bool good = app_await_cluster(run, MEANWHILE, error) && note(run, &l, error) &&
	    begin(&h, run, &l, error) && recover(&h, error);
	ha_end(&h);
	leaving_clear(&l);
	return good;
}
