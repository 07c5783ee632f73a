/* Virtual nodes: what is asked of Pacemaker. */
#include "vmops/vnode.h"

#include <string.h>

#include "model/value.h"
#include "vmops/crm.h"
#include "vmops/crm_cib.h"

#define TIMEOUT    "60s" /* for the guest to have begun to answer after its VM has started */
#define GONE_US    (60 * G_USEC_PER_SEC)
#define LOOK_US    (300 * 1000)
#define POKE_US    G_USEC_PER_SEC

/* Less than TIMEOUT: nothing has failed for Pacemaker yet. */
int64_t vnode_online_us = 45 * G_USEC_PER_SEC;

/* --- Pacemaker's tools */

bool
vnode_tell(const struct vnode *v, const char *const *tool, const char *input, bool undo,
    GError **error)
{
	const struct crm_call call = { .tool = tool, .input = input, .seconds = 2 * CRM_SECONDS,
		.undo = undo };

	return crm_do(v->run, &call, NULL, error);
}

xmlDoc *
vnode_status(const struct vnode *v, bool undo, GError **error)
{
	static const char *const tool[] = { "crm_mon", "--one-shot", "--inactive",
		"--output-as=xml", NULL };

	return crm_ask(v->run, tool, "pacemaker-result", undo, error);
}

xmlDoc *
vnode_cib(const struct vnode *v, bool undo, GError **error)
{
	static const char *const tool[] = { "cibadmin", "--query", NULL };

	return crm_ask(v->run, tool, "cib", undo, error);
}

bool
vnode_forget(const struct vnode *v, const char *node, GError **error)
{
	g_autofree char *option = crm_option("remove", node);
	const char *const tool[] = { "crm_node", "--force", option, NULL };

	return vnode_tell(v, tool, NULL, true, error);
}

/* A meta attribute of the application; NULL: it has none any longer. */
static bool
set_meta(const struct vnode *v, const char *name, const char *value, bool undo, GError **error)
{
	return crm_set_meta(v->run, v->app, name, value, undo, error);
}

/* --- waiting for what the rows tell */

void
vnode_poke(const struct vnode *v, int64_t *poked, int64_t now)
{
	v->run->alive(v->run->context);
	if (now - *poked < POKE_US)
		return;
	*poked = now;
	v->run->poke(v->run->context);
}

bool
vnode_refuse_stop(const struct vnode *v, GError **error)
{
	return op_refuse(error, CAUSE_RESTART, "%s: the agent was stopped meanwhile", v->run->name);
}

/* --- becoming a node */

static bool
refuse_contact(const struct vnode *v, const char *why, GError **error)
{
	return op_refuse(error, CAUSE_CLUSTER, "%s: Pacemaker has not made it the node %s%s%s",
	    v->run->name, v->name, *why != '\0' ? ": " : " by now", why);
}

static bool
await_online(const struct vnode *v, int64_t since, GError **error)
{
	int64_t poked = 0;

	for (;;) {
		SCOPED(cluster) cluster = v->run->look(v->run->context);
		int64_t now = g_get_monotonic_time();
		if (cluster == NULL)
			return vnode_refuse_stop(v, error);
		const struct cluster_member *m = cluster_member_called(cluster, v->name);
		const struct app *connection = cluster_app_called(cluster, v->name);
		if (m != NULL && m->sampled_us > since && m->membership == MEMBER_ONLINE)
			return true;
		bool failed = connection != NULL && connection->sampled_us > since &&
		    *connection->failure != '\0';
		if (failed || now - since > vnode_online_us)
			return refuse_contact(v, failed ? connection->failure : "", error);
		vnode_poke(v, &poked, now);
		if (!v->run->pause(v->run->context, LOOK_US, error))
			return false;
	}
}

static bool
write_rules(const struct vnode *v, const xmlDoc *cib, GError **error)
{
	static const char *const tool[] = { "cibadmin", "--modify", "--allow-create",
		"--scope=constraints", "--xml-pipe", NULL };
	g_autoptr(GPtrArray) vms = vnode_unruled(cib);

	for (guint i = 0; i < vms->len; i++) {
		g_autofree char *xml = vnode_rule_xml(vms->pdata[i]);
		if (!vnode_tell(v, tool, xml, false, error))
			return false;
	}
	return true;
}

/* A failure that Pacemaker remembers of that name would stop the VM at once. */
static bool
forget_failures(const struct vnode *v, const xmlDoc *cib, GError **error)
{
	g_autoptr(GPtrArray) hosts = vnode_failed_at(cib, v->name);
	g_autofree char *resource = crm_option("resource", v->name);

	for (guint i = 0; i < hosts->len; i++) {
		g_autofree char *node = crm_option("node", hosts->pdata[i]);
		const char *const tool[] = { "crm_failcount", "--delete", resource, node, NULL };
		if (!vnode_tell(v, tool, NULL, true, error))
			return false;
	}
	return true;
}

static bool
write_metas(const struct vnode *v, const xmlDoc *cib, GError **error)
{
	g_autofree char *timeout = vnode_meta(cib, v->app, "remote-connect-timeout");

	op_step(v->run, "asking Pacemaker to make it a node");
	return set_meta(v, "remote-addr", v->address, false, error) &&
	    (timeout != NULL || set_meta(v, "remote-connect-timeout", TIMEOUT, false, error)) &&
	    set_meta(v, "remote-node", v->name, false, error);
}

static bool
is_free(const struct vnode *v, const xmlDoc *cib, GError **error)
{
	g_autofree char *node = vnode_meta(cib, v->app, "remote-node");

	if (node != NULL)
		return op_refuse(error, CAUSE_IMPOSSIBLE, "%s is the node %s already", v->run->name,
		    node);
	return !vnode_is_taken(cib, v->name) || op_refuse(error, CAUSE_IMPOSSIBLE, "%s cannot "
	    "become the node %s: Pacemaker has something that is called so", v->run->name, v->name);
}

bool
vnode_check(const struct vnode *v, GError **error)
{
	xmlDoc *cib = vnode_cib(v, false, error);
	bool good = cib != NULL && is_free(v, cib, error);

	if (cib != NULL)
		xmlFreeDoc(cib);
	return good;
}

static bool
join_with(const struct vnode *v, const xmlDoc *cib, GError **error)
{
	int64_t since = g_get_monotonic_time();

	return forget_failures(v, cib, error) && write_rules(v, cib, error) &&
	    write_metas(v, cib, error) && await_online(v, since, error);
}

bool
vnode_join(const struct vnode *v, GError **error)
{
	xmlDoc *cib = vnode_cib(v, false, error);
	bool good = cib != NULL && join_with(v, cib, error);

	if (cib != NULL)
		xmlFreeDoc(cib);
	return good;
}

/* --- leaving */

/* The node and its connection show no longer. */
static bool
await_gone(const struct vnode *v, GError **error)
{
	int64_t until = g_get_monotonic_time() + GONE_US;

	for (;;) {
		xmlDoc *status = vnode_status(v, true, error);
		if (status == NULL)
			return false;
		bool active = vnode_is_active(status, v->name);
		xmlFreeDoc(status);
		if (!active)
			return true;
		if (g_get_monotonic_time() > until)
			return op_refuse(error, CAUSE_TIMEOUT, "%s: Pacemaker does not end its "
			    "connection to node %s", v->run->name, v->name);
		v->run->alive(v->run->context);
		g_usleep(LOOK_US);
	}
}

static bool
drop_metas(const struct vnode *v, const xmlDoc *cib, GError **error)
{
	static const char *const names[] = { "remote-node", "remote-addr", "remote-port",
		"remote-connect-timeout" };

	for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
		g_autofree char *value = vnode_meta(cib, v->app, names[i]);
		if (value != NULL && !set_meta(v, names[i], NULL, true, error))
			return false;
	}
	return true;
}

/* They are of no use when there is no virtual node. */
static bool
drop_rules(const struct vnode *v, const xmlDoc *cib, GError **error)
{
	static const char *const tool[] = { "cibadmin", "--delete", "--scope=constraints",
		"--xml-pipe", NULL };
	g_autoptr(GPtrArray) rules = vnode_rules(cib);

	for (guint i = 0; i < rules->len && !vnode_has_others(cib, v->name); i++) {
		g_autofree char *xml = g_markup_printf_escaped("<rsc_location id=\"%s\"/>",
		    (const char *)rules->pdata[i]);
		if (!vnode_tell(v, tool, xml, true, error))
			return false;
	}
	return true;
}

/* Failures that came until the end, too. */
static bool
forget(const struct vnode *v, GError **error)
{
	xmlDoc *cib = vnode_cib(v, true, error);
	bool good = cib != NULL && forget_failures(v, cib, error);

	if (cib != NULL)
		xmlFreeDoc(cib);
	return good && vnode_forget(v, v->name, error);
}

/* Also when the job has been cancelled, and again after half of it. */
bool
vnode_leave(const struct vnode *v, GError **error)
{
	xmlDoc *cib = vnode_cib(v, true, error);
	bool good = cib != NULL && drop_metas(v, cib, error) && await_gone(v, error) &&
	    drop_rules(v, cib, error) && forget(v, error);

	if (cib != NULL)
		xmlFreeDoc(cib);
	return good;
}
