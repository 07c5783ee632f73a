/*
 * Operation: a VM becomes an application of the cluster manager, without stopping.
 *
 * What is done, in this order; the other way round it is taken back:
 *
 *	the definition's file is put on all members
 *	the resource is written down, not managed: Pacemaker looks where it runs, and sees it
 *	the domain is undefined, and goes on as a transient one
 *	the resource is managed
 */
#include "vmops/ha.h"

#include "common/virt.h"
#include "model/settings.h"
#include "vmops/app.h"
#include "vmops/crm_cib.h"

#define SEE_US (3 * 60 * G_USEC_PER_SEC) /* for Pacemaker to look on all nodes */

/* --- the resource */

static char *
transport_of(const struct ha *h)
{
	const struct node_setting *node = settings_node(h->settings, h->run->node);

	if (*h->settings->pacemaker_transport != '\0')
		return g_strdup(h->settings->pacemaker_transport);
	return g_strdup(node == NULL ? "ssh" : ha_transport(node->migrate_uri, node->uri));
}

static bool
write_resource(struct ha *h, GError **error)
{
	g_autofree char *transport = transport_of(h);
	const struct ha_resource resource = {
		.id = h->id, .uuid = h->uuid, .config = h->path, .hypervisor = h->hypervisor,
		.transport = transport, .prefer = h->prefer, .vcpus = h->vcpus, .memory = h->memory,
		.priority = h->run->request->amount, .unsafe = h->unsafe, .sticky = h->sticky,
		.started = h->active,
	};
	g_autofree char *xml = ha_resource_xml(&resource);

	op_step(h->run, "writing it down in Pacemaker's configuration");
	return crm_cib_write(h->run, xml, false, error);
}

/* As it is, by Pacemaker's word and by libvirt's; anywhere once Pacemaker may move it. */
static bool
await_row(struct ha *h, bool managed, int64_t since, GError **error)
{
	const struct app_goal goal = {
		.name = h->id, .managed = managed, .since = since, .until_us = since + SEE_US,
		.until = h->active ? APP_UNTIL_STARTED : APP_UNTIL_STOPPED,
		.vm = h->active ? h->run->request->object : 0,
	};

	return app_await(h->run, &goal, error);
}

static bool
see_it(struct ha *h, GError **error)
{
	op_step(h->run, "waiting until Pacemaker sees it");
	return await_row(h, false, g_get_monotonic_time(), error);
}

static bool
manage(struct ha *h, GError **error)
{
	int64_t since = g_get_monotonic_time();

	return crm_set_meta(h->run, h->id, "is-managed", NULL, false, error) &&
	    await_row(h, true, since, error);
}

static bool
place_files(struct ha *h, GError **error)
{
	op_step(h->run, "putting its definition on all members");
	return ha_files_put(h, error);
}

/* --- taking it back */

/* What could not be taken back, NULL: nothing is left.  Free it. */
static char *
take_back(struct ha *h)
{
	g_autoptr(GError) why = NULL;

	op_step(h->run, "taking it back");
	if (!crm_take_out(h->run, h->id, &why))
		return g_strdup_printf("the resource %s may still be in the cluster's "
		    "configuration, and the file %s on its members "
		    "(%s)", h->id, h->path, why->message);
	if (h->persistent && !ha_domain_define(h, &why))
		return g_strdup_printf("its definition is still in %s on the members of the "
		    "cluster, and libvirt may not have it (%s)", h->path, why->message);
	app_await_gone(h->run, h->id);
	return ha_files_remove(h);
}

/* The agent stops: the next one sees to it. */
static bool
give_up(struct ha *h, GError *why, GError **error)
{
	if (why->code == CAUSE_RESTART) {
		g_propagate_error(error, why);
		return false;
	}
	g_autoptr(GError) taken = why;
	g_autofree char *left = take_back(h);
	return op_refuse(error, (enum job_cause)taken->code, "%s; %s%s", taken->message,
	    left == NULL ? "it is as it was before" : "", left == NULL ? "" : left);
}

/* --- the operation */

static bool
carry_out(struct ha *h, GError **error)
{
	GError *why = NULL;

	if (place_files(h, &why) && write_resource(h, &why) && see_it(h, &why) &&
	    ha_domain_undefine(h, &why) && manage(h, &why))
		return true;
	return give_up(h, why, error);
}

bool
op_ha_enable(const struct op_run *run, GError **error)
{
	g_autofree char *id = ha_id(run->name);
	g_autoptr(virDomain) domain = op_find_domain(run, error);
	struct ha h;

	if (domain == NULL)
		return false;
	bool good = ha_begin(&h, run, id, error) && ha_domain_read(&h, domain, error) &&
	    ha_preflight(&h, domain, error) && run->pause(run->context, 0, error) &&
	    run->begin(run->context, error) && run->own(run->context, error) &&
	    carry_out(&h, error);
	ha_end(&h);
	return good;
}

/* --- after a restart */

#define MEANWHILE "it was made highly available, and what was begun may still be there"

/* Managed by Pacemaker, it was all there, but for our knowing so. */
static bool
is_whole(struct ha *h, const xmlDoc *cib)
{
	xmlNode *resource = crm_cib_find(cib, h->id);
	g_autofree char *uuid = crm_cib_meta(resource, "virtcluster-uuid");
	g_autofree char *managed = crm_cib_meta(resource, "is-managed");
	g_autofree char *role = crm_cib_meta(resource, "target-role");

	h->active = g_strcmp0(role, "Stopped") != 0;
	return g_strcmp0(uuid, h->uuid) == 0 && managed == NULL;
}

/* A resource of that name that is another VM's is not ours to remove. */
static bool
is_foreign(const struct ha *h, const xmlDoc *cib)
{
	xmlNode *resource = crm_cib_find(cib, h->id);
	g_autofree char *uuid = crm_cib_meta(resource, "virtcluster-uuid");

	return resource != NULL && g_strcmp0(uuid, h->uuid) != 0;
}

static bool
recover_from(struct ha *h, const xmlDoc *cib, GError **error)
{
	if (is_whole(h, cib))
		return await_row(h, true, g_get_monotonic_time(), error);
	if (is_foreign(h, cib))
		return op_refuse(error, CAUSE_RESTART, "%s: the agent was stopped while "
		    "" MEANWHILE
		    ": the resource %s is not its", h->run->name, h->id);
	h->text = ha_files_read(h, h->path, NULL);
	h->persistent = h->text != NULL; /* without a file nothing else was begun */
	h->autostart = h->run->autostart;
	g_autofree char *left = take_back(h);
	return op_refuse(error, left == NULL ? CAUSE_RESTART : CAUSE_UNREACHABLE, "%s: the "
	    "agent was stopped while it was made highly available; %s", h->run->name,
	    left == NULL ? "it is as it was before" : left);
}

bool
op_ha_enable_recover(const struct op_run *run, GError **error)
{
	g_autofree char *id = ha_id(run->name);
	struct ha h;

	if (!run->owned)
		return op_refuse(error, CAUSE_RESTART,
		    "%s: the agent was stopped before this began; not run", run->name);
	if (!app_await_cluster(run, MEANWHILE, error))
		return false;
	bool good = ha_begin(&h, run, id, error);
	xmlDoc *cib = good ? crm_cib_read(run, true, error) : NULL;
	good = cib != NULL && recover_from(&h, cib, error);
	if (cib != NULL)
		xmlFreeDoc(cib);
	ha_end(&h);
	return good;
}
