/* High availability: its state, and what hosts and Pacemaker's configuration can refuse. */
#include "vmops/ha.h"

#include <string.h>

#include "common/virt.h"
#include "model/settings.h"
#include "vmops/crm.h"
#include "vmops/crm_cib.h"
#include "vmops/migrate.h"

/* --- its state */

/* As Pacemaker calls it, NULL: none. */
static char *
preferred(const struct op_run *run, const struct cluster *cluster)
{
	const struct node *node = run->request->type == JOB_HA_ENABLE && run->request->target != 0
	    ? cluster_node(cluster, run->request->target) : NULL;

	return node == NULL ? NULL : crm_node_name(run, node->name);
}

bool
ha_begin(struct ha *h, const struct op_run *run, const char *id, GError **error)
{
	SCOPED(cluster) cluster = run->look(run->context);

	*h = (struct ha){ .run = run };
	if (cluster == NULL)
		return op_refuse(error, CAUSE_RESTART, "%s: the agent was stopped meanwhile",
		    run->name);
	h->settings = backend_settings(run->backend);
	h->members = ha_members(cluster);
	h->id = g_strdup(id);
	h->path = g_strdup_printf("%s/%s.xml", h->settings->pacemaker_definitions, id);
	h->home = g_strdup(run->node);
	h->prefer = preferred(run, cluster);
	ha_set_uuid(h, run->uuid);
	return true;
}

void
ha_set_uuid(struct ha *h, const char *uuid)
{
	g_free(h->uuid);
	g_free(h->mark);
	h->uuid = g_ascii_strdown(uuid, -1);
	h->mark = ha_mark(h->uuid);
}

void
ha_end(struct ha *h)
{
	if (h->settings == NULL)
		return;
	settings_unref(h->settings);
	g_ptr_array_free(h->members, TRUE);
	g_free(h->id);
	g_free(h->uuid);
	g_free(h->path);
	g_free(h->mark);
	g_free(h->text);
	g_free(h->xml);
	g_free(h->home);
	g_free(h->prefer);
	g_free(h->hypervisor);
}

/* --- hosts */

/* False with "X cannot be made highly available: " before what is in the way. */
static bool
explain(struct ha *h, GError *why, GError **error)
{
	g_autoptr(GError) taken = why;

	return op_refuse(error, (enum job_cause)taken->code, "%s cannot be made highly "
	    "available: %s",
	    h->run->name, taken->message);
}

static bool
check_place(struct ha *h, const char *node, GError **error)
{
	return crm_has_place(h->run, node) || op_refuse(error, CAUSE_IMPOSSIBLE, "%s cannot be "
	    "made highly available: \"pacemaker\" of [node %s] is not set in the "
	    "configuration, so that its definition cannot be put there", h->run->name, node);
}

static bool
check_host(struct ha *h, virDomainPtr domain, const char *node, GError **error)
{
	GError *why = NULL;

	if (!check_place(h, node, error))
		return false;
	if (strcmp(node, h->run->node) == 0)
		return true;
	g_autoptr(virConnect) host = backend_connect(h->run->backend, node, h->run->name, error);
	if (host == NULL)
		return false;
	return migrate_check_host(h->run, domain, node, host, &h->unsafe, &why) ||
	    explain(h, why, error);
}

/* --- Pacemaker's configuration */

static bool
is_sticky(const xmlDoc *cib)
{
	g_autofree char *text = crm_cib_default(cib, "resource-stickiness");
	gint64 value = 0;

	if (text == NULL)
		return false;
	if (g_ascii_strcasecmp(text, "INFINITY") == 0 || g_ascii_strcasecmp(text, "+INFINITY") == 0)
		return true;
	return g_ascii_string_to_signed(text, 10, -1000000, 1000000, &value, NULL) &&
	    value > HA_PREFERENCE;
}

/* The rows may be some seconds old. */
static bool
check_fencing(struct ha *h, const xmlDoc *cib, GError **error)
{
	static const char *const off[] = { "false", "no", "off", "n", "0", NULL };
	g_autofree char *text = crm_cib_property(cib, "stonith-enabled");
	g_autofree char *lower = text == NULL ? NULL : g_ascii_strdown(text, -1);

	return lower == NULL || !g_strv_contains(off, lower) || op_refuse(error, CAUSE_IMPOSSIBLE,
	    "%s cannot be made highly available: fencing is off in the cluster "
	    "(stonith-enabled)",
	    h->run->name);
}

static bool
check_cib(struct ha *h, GError **error)
{
	xmlDoc *cib = crm_cib_read(h->run, false, error);

	if (cib == NULL)
		return false;
	g_autofree char *taken = ha_taken_id(cib, h->id);
	h->sticky = !is_sticky(cib);
	bool fenced = check_fencing(h, cib, error);
	xmlFreeDoc(cib);
	return fenced && (taken == NULL || op_refuse(error, CAUSE_IMPOSSIBLE, "%s cannot be "
	    "made highly available: the cluster's configuration has another element %s "
	    "already", h->run->name,
	    taken));
}

bool
ha_preflight(struct ha *h, virDomainPtr domain, GError **error)
{
	const struct node_setting *own = settings_node(h->settings, h->run->node);

	op_step(h->run, "looking at the members of the cluster");
	if (!crm_is_configured(h->run))
		return op_refuse(error, CAUSE_IMPOSSIBLE, "%s cannot be made highly available: "
		    "there is no cluster manager: the configuration has no "
		    "\"backend\"", h->run->name);
	h->hypervisor = ha_hypervisor(own == NULL ? "" : own->uri);
	for (guint i = 0; i < h->members->len; i++)
		if (!check_host(h, domain, h->members->pdata[i], error))
			return false;
	return check_cib(h, error) && ha_files_check(h, error);
}
