/* Checks of fencing: the devices, and what was seen of them. */
#include "collectors/review/review_private.h"

#include <string.h>

#include "common/remote.h"

static bool
fences(struct judge *judge)
{
	g_autofree char *value = cluster_option(judge, "stonith-enabled");

	return !is_false(value);
}

void
check_no_device(struct judge *judge)
{
	if (fences(judge) && judge->devices->len == 0)
		judge_found(judge, "", NULL);
}

/* The pair of the first device that has a list of nodes; to be freed. */
static char *
command_that_adds(const struct judge *judge, const char *node)
{
	for (guint i = 0; i < judge->devices->len; i++) {
		g_autofree char *id = ATTRIBUTE(judge->devices->pdata[i], "id");
		const char *list = cib_parameter(judge->cib, id, "pcmk_host_list");
		if (list == NULL || *list == '\0')
			continue;
		g_autofree char *all = g_strconcat(list, " ", node, NULL);
		g_autofree char *quoted = remote_quote(g_strchug(all));
		g_autofree char *resource = remote_quote(id);
		return g_strdup_printf("crm_resource --resource=%s --set-parameter=pcmk_host_list "
		    "--parameter-value=%s", resource, quoted);
	}
	return g_strdup("");
}

/* "<list name=... count=...><item ...>DEVICE</item></list>"; -1: it does not say. */
static int
devices_in(const char *xml)
{
	xmlDoc *doc = safe_xml_parse(xml, NULL);
	xmlNode *root = doc == NULL ? NULL : xmlDocGetRootElement(doc);
	g_autofree char *count = ATTRIBUTE(safe_xml_child(root, "list"), "count");
	int devices = count == NULL ? -1 : (int)g_ascii_strtoll(count, NULL, 10);

	if (doc != NULL)
		xmlFreeDoc(doc);
	return devices;
}

void
check_uncovered(struct judge *judge)
{
	if (!fences(judge) || judge->devices->len == 0)
		return;
	for (guint i = 0; i < judge->material->nodes->len; i++) {
		const struct review_node *node = judge->material->nodes->pdata[i];
		const struct review_reply *reply = &node->reply[FROM_FENCER];
		int devices = reply->text == NULL ? 1 : devices_in(reply->text);
		g_autofree char *mend = command_that_adds(judge, node->name);
		if (devices == 0)
			judge_found(judge, node->name, mend, NULL);
		else if (devices < 0)
			judge_unknown(judge, node->name, "Which device fences %s is not known. %s",
			    node->name, reply->why != NULL ? reply->why : "stonith_admin does not say.");
	}
}

/* --- what has been */

enum fenced { NEVER_FENCED, FENCED, FENCING_FAILED };

static bool
newer(const char *time, const char *than)
{
	return than == NULL || (time != NULL && strcmp(time, than) > 0);
}

/* What the last one that has ended says; the history is in no order that is promised. */
static enum fenced
last_fencing(const struct judge *judge, const char *node)
{
	g_autoptr(GPtrArray) events =
	    all_below(safe_xml_child(judge->status, "fence_history"), "fence_event");
	g_autofree char *last = NULL;
	enum fenced how = NEVER_FENCED;

	for (guint i = 0; i < events->len; i++) {
		xmlNode *event = events->pdata[i];
		g_autofree char *time = ATTRIBUTE(event, "completed");
		bool done = safe_xml_attribute_is(event, "status", "success");
		bool failed = safe_xml_attribute_is(event, "status", "failed");
		if (!safe_xml_attribute_is(event, "target", node) || (!done && !failed) ||
		    !newer(time, last))
			continue;
		g_free(last);
		last = g_steal_pointer(&time);
		how = done ? FENCED : FENCING_FAILED;
	}
	return how;
}

static const char *
where_tested(const struct review_node *node)
{
	return *node->ours == '\0' ? "" : "the machine with virtcluster";
}

/* As our own jobs do it, with nothing running there; where the node is no host of ours, fence. */
static char *
command_that_tests(const struct review_node *node)
{
	if (*node->ours == '\0')
		return g_strdup_printf("stonith_admin --reboot=%s", node->name);
	return g_strdup_printf("virtcluster maintenance %s --wait && virtcluster node-reset %s --wait "
	    "&& virtcluster online %s --wait", node->ours, node->ours, node->ours);
}

/* crm_mon leaves it out when there is none, and has its failure in it when it cannot know. */
static bool
has_history(const struct judge *judge)
{
	xmlNode *history = safe_xml_child(judge->status, "fence_history");

	return history == NULL || xmlHasProp(history, (const xmlChar *)"status") == NULL;
}

static bool
any_is(const struct judge *judge, enum fenced how)
{
	for (guint i = 0; i < judge->material->nodes->len; i++) {
		const struct review_node *node = judge->material->nodes->pdata[i];
		if (last_fencing(judge, node->name) == how)
			return true;
	}
	return false;
}

static void
find_fencing(struct judge *judge, enum fenced how)
{
	for (guint i = 0; i < judge->material->nodes->len; i++) {
		const struct review_node *node = judge->material->nodes->pdata[i];
		g_autofree char *mend = command_that_tests(node);
		if (last_fencing(judge, node->name) == how)
			judge_found(judge, node->name, mend, where_tested(node), NULL);
	}
}

void
check_fencing_failed(struct judge *judge)
{
	if (fences(judge))
		find_fencing(judge, FENCING_FAILED);
}

void
check_never_fenced(struct judge *judge)
{
	const GPtrArray *nodes = judge->material->nodes;

	if (!fences(judge) || judge->devices->len == 0 || nodes->len == 0 ||
	    any_is(judge, FENCED) || any_is(judge, FENCING_FAILED))
		return;
	if (!has_history(judge)) {
		judge_unknown(judge, "", "Whether a node has been fenced is not known. The fencer does "
		    "not answer crm_mon.");
		return;
	}
	const struct review_node *last = nodes->pdata[nodes->len - 1];
	g_autofree char *mend = command_that_tests(last);
	judge_found(judge, "", mend, where_tested(last), NULL);
}

void
check_untested(struct judge *judge)
{
	if (fences(judge) && judge->devices->len > 0 && any_is(judge, FENCED))
		find_fencing(judge, NEVER_FENCED);
}

/* --- devices */

void
check_device_monitor(struct judge *judge)
{
	for (guint i = 0; i < judge->devices->len; i++) {
		xmlNode *device = judge->devices->pdata[i];
		g_autofree char *id = ATTRIBUTE(device, "id");
		if (operation_of(judge, device, "monitor") == NULL)
			judge_found(judge, id, NULL);
	}
}

void
check_device_stopped(struct judge *judge)
{
	g_autoptr(GPtrArray) resources =
	    all_below(safe_xml_child(judge->status, "resources"), "resource");

	/* without a quorum nothing is started */
	if (!fences(judge) || !safe_xml_attribute_is(below(judge->status, "summary/current_dc"),
		"with_quorum", "true"))
		return;
	for (guint i = 0; i < resources->len; i++) {
		xmlNode *resource = resources->pdata[i];
		g_autofree char *agent = ATTRIBUTE(resource, "resource_agent");
		g_autofree char *id = ATTRIBUTE(resource, "id");
		if (id == NULL || agent == NULL || !g_str_has_prefix(agent, "stonith:") ||
		    !safe_xml_attribute_is(resource, "active", "false"))
			continue;
		const char *wanted = cib_meta(judge->cib, id, "target-role");
		g_autofree char *quoted = remote_quote(id);
		g_autofree char *mend = wanted != NULL && g_ascii_strcasecmp(wanted, "Stopped") == 0
		    ? g_strdup_printf("crm_resource --resource=%s --meta "
			  "--set-parameter=target-role --parameter-value=Started", quoted)
		    : g_strdup_printf("crm_resource --resource=%s --cleanup", quoted);
		judge_found(judge, id, mend, NULL);
	}
}

/* Two nodes that lose each other fence each other, unless one of them waits. */
void
check_fence_race(struct judge *judge)
{
	g_autofree char *delay = cluster_option(judge, "priority-fencing-delay");

	if (!fences(judge) || judge->material->nodes->len != 2 || judge->devices->len == 0 ||
	    seconds_of(delay) > 0)
		return;
	for (guint i = 0; i < judge->devices->len; i++) {
		g_autofree char *id = ATTRIBUTE(judge->devices->pdata[i], "id");
		if (cib_parameter(judge->cib, id, "pcmk_delay_base") != NULL ||
		    cib_parameter(judge->cib, id, "pcmk_delay_max") != NULL ||
		    cib_parameter(judge->cib, id, "delay") != NULL)
			return;
	}
	judge_found(judge, "", NULL);
}
