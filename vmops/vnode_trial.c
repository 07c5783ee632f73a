/* Virtual nodes: does pacemaker_remoted answer, before anything hangs on it. */
#include "vmops/vnode.h"

#include "vmops/crm.h"

#define CONNECT_S 20 /* Pacemaker's time for one attempt */
#define TRIAL_US  (40 * G_USEC_PER_SEC)
#define STOP_US   (60 * G_USEC_PER_SEC)
#define LOOK_US   (500 * 1000)

static bool
begin(const struct vnode *v, GError **error)
{
	static const char *const tool[] = { "cibadmin", "--modify", "--allow-create", "--xml-pipe",
		NULL };
	g_autofree char *xml = vnode_trial_xml(v->app, v->address, CONNECT_S);

	return vnode_tell(v, tool, xml, false, error);
}

static bool
refuse_silence(const struct vnode *v, const char *why, GError **error)
{
	return op_refuse(error, CAUSE_CLUSTER, "%s does not become a node: pacemaker_remoted does "
	    "not answer at %s%s%s; see to the package pacemaker-remote in the guest, its service, "
	    "/etc/pacemaker/authkey, TCP port 3121 and firewalls", v->run->name, v->address,
	    why != NULL ? ": " : "", why != NULL ? why : "");
}

static bool
await_contact(const struct vnode *v, GError **error)
{
	g_autofree char *node = vnode_trial_node(v->app);
	int64_t until = g_get_monotonic_time() + TRIAL_US;

	for (;;) {
		g_autofree char *why = NULL;
		xmlDoc *status = vnode_status(v, false, error);
		if (status == NULL)
			return false;
		enum vnode_contact contact = vnode_contact(status, node, &why);
		xmlFreeDoc(status);
		if (contact == VNODE_CONNECTED)
			return true;
		bool late = g_get_monotonic_time() > until;
		if (late && contact == VNODE_NONE)
			return op_refuse(error, CAUSE_TIMEOUT, "%s does not become a node: Pacemaker "
			    "has not got round to calling it; something else goes on in the cluster",
			    v->run->name);
		if (late || contact == VNODE_FAILED)
			return refuse_silence(v, why, error);
		v->run->alive(v->run->context);
		if (!v->run->pause(v->run->context, LOOK_US, error))
			return false;
	}
}

/* --- its end */

/* Also when the job is cancelled; not when the agent stops: the next process does it. */
static bool
await_end(const struct vnode *v, const char *id, const char *node, GError **error)
{
	int64_t until = g_get_monotonic_time() + STOP_US;

	for (;;) {
		xmlDoc *status = vnode_status(v, true, error);
		if (status == NULL)
			return false;
		bool active = vnode_is_active(status, id) || vnode_is_active(status, node);
		xmlFreeDoc(status);
		if (!active)
			return true;
		if (g_get_monotonic_time() > until)
			return op_refuse(error, CAUSE_TIMEOUT, "%s has not stopped", id);
		v->run->alive(v->run->context);
		g_usleep(LOOK_US);
	}
}

static bool
clean_up(const struct vnode *v, const char *resource, GError **error)
{
	g_autofree char *option = crm_option("resource", resource);
	const char *const tool[] = { "crm_resource", "--output-as=xml", "--cleanup", option, NULL };

	return vnode_tell(v, tool, NULL, true, error);
}

static bool
stop(const struct vnode *v, const char *id, GError **error)
{
	g_autofree char *option = crm_option("resource", id);
	const char *const tool[] = { "crm_resource", "--output-as=xml", option, "--meta",
		"--set-parameter=target-role", "--parameter-value=Stopped", NULL };

	return vnode_tell(v, tool, NULL, true, error);
}

static bool
delete_all(const struct vnode *v, const char *id, GError **error)
{
	static const char *const rule_tool[] = { "cibadmin", "--delete", "--scope=constraints",
		"--xml-pipe", NULL };
	g_autofree char *option = crm_option("resource", id);
	g_autofree char *rule = vnode_trial_rule_xml(v->app);
	const char *const tool[] = { "crm_resource", "--output-as=xml", "--delete", option,
		"--resource-type=primitive", NULL };

	return vnode_tell(v, tool, NULL, true, error) && vnode_tell(v, rule_tool, rule, true, error);
}

/* What there is of it: all, some, or nothing. */
static bool
take_back(const struct vnode *v, GError **error)
{
	g_autofree char *id = vnode_trial_id(v->app), *node = vnode_trial_node(v->app);
	xmlDoc *cib = vnode_cib(v, true, error);
	bool good = cib != NULL;

	if (good && vnode_is_taken(cib, id))
		good = stop(v, id, error) && await_end(v, id, node, error) &&
		    clean_up(v, node, error) && clean_up(v, id, error) && delete_all(v, id, error);
	if (cib != NULL)
		xmlFreeDoc(cib);
	return good && vnode_forget(v, node, error);
}

bool
vnode_try_recover(const struct vnode *v, GError **error)
{
	g_autoptr(GError) left = NULL;
	g_autofree char *id = vnode_trial_id(v->app);

	if (take_back(v, &left))
		return true;
	return op_refuse(error, (enum job_cause)left->code,
	    "the resource %s of the trial may still be there: %s", id, left->message);
}

bool
vnode_try(const struct vnode *v, GError **error)
{
	g_autoptr(GError) why = NULL, left = NULL;

	op_step(v->run, "trying whether Pacemaker reaches pacemaker_remoted in the guest");
	bool reached = begin(v, &why) && await_contact(v, &why);
	if (why != NULL && why->code == CAUSE_RESTART) {
		g_propagate_error(error, g_steal_pointer(&why));
		return false;
	}
	op_step(v->run, "ending the trial");
	if (!vnode_try_recover(v, &left) && left->code == CAUSE_RESTART) {
		g_propagate_error(error, g_steal_pointer(&left));
		return false;
	}
	if (left != NULL)
		return op_refuse(error, (enum job_cause)(why != NULL ? why : left)->code, "%s%s%s",
		    why != NULL ? why->message : "", why != NULL ? "; and " : "", left->message);
	if (!reached)
		g_propagate_error(error, g_steal_pointer(&why));
	return reached;
}
