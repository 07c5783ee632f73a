/* Checks of applications that are VMs: what Pacemaker is told of them. */
#include "collectors/review/review_private.h"

#include <string.h>

#include "common/remote.h"

#define DEFAULT_SECONDS 20 /* of an operation that says nothing, by Pacemaker */

#define EACH_VM(judge, vm)                                                             \
	for (guint at_ = 0; at_ < (judge)->vms->len; at_++)                            \
		for (const struct review_vm *vm = (judge)->vms->pdata[at_]; vm != NULL; vm = NULL)

/* --- what it is told */

void
check_allow_migrate(struct judge *judge)
{
	EACH_VM(judge, vm)
		if (!is_true(cib_meta(judge->cib, vm->id, "allow-migrate")))
			judge_found(judge, vm->id, NULL);
}

/* What the agent makes of it: SCHEME://[HOST][:PORT]/PATH gets the transport and the node. */
char *
transport_of(const struct judge *judge, const struct review_vm *vm)
{
	static const char *const more[] = { "remoteuri", "migration_user", "migration_network_suffix" };
	const char *uri = cib_parameter(judge->cib, vm->id, "hypervisor");
	const char *transport = cib_parameter(judge->cib, vm->id, "migration_transport");

	for (size_t i = 0; i < G_N_ELEMENTS(more); i++) {
		const char *value = cib_parameter(judge->cib, vm->id, more[i]);
		if (value != NULL && *value != '\0')
			return NULL;
	}
	if (uri == NULL)
		uri = judge->uri;
	const char *host = strstr(uri, "://"), *path = host == NULL ? NULL : strchr(host + 3, '/');
	if (path == NULL || strchr(uri, '*') != NULL ||
	    !is_true(cib_meta(judge->cib, vm->id, "allow-migrate")))
		return NULL;
	bool some = transport != NULL && *transport != '\0';
	const char *port = memchr(host + 3, ':', (size_t)(path - host - 3));
	return g_strdup_printf("%.*s%s%s://*%.*s%s%s", (int)(host - uri), uri, some ? "+" : "",
	    some ? transport : "", port == NULL ? 0 : (int)(path - port), port == NULL ? "" : port,
	    path, some && strcmp(transport, "ssh") == 0 ? "?no_tty=1" : "");
}

/* Lines "TARGET URI REASON". */
void
check_transport(struct judge *judge)
{
	for (guint i = 0; i < judge->material->nodes->len; i++) {
		const struct review_node *node = judge->material->nodes->pdata[i];
		const char *text = told(node, FROM_TRANSPORT);
		g_auto(GStrv) lines = g_strsplit(text != NULL ? text : "", "\n", -1);
		for (char **line = lines; *line != NULL && **line != '\0'; line++) {
			g_auto(GStrv) words = g_strsplit(*line, " ", 3);
			if (g_strv_length(words) == 3)
				judge_found(judge, node->name, words[0], words[1], words[2], NULL);
		}
	}
	EACH_VM(judge, vm) {
		g_autofree char *uri = transport_of(judge, vm);
		if (uri == NULL && is_true(cib_meta(judge->cib, vm->id, "allow-migrate")))
			judge_unknown(judge, vm->id, "Whether %s can be migrated live is not known. Its "
			    "parameters say where to in a way that is not tried.", vm->id);
	}
}

/* The words without that one; to be freed. */
static char *
words_without(const char *text, const char *word)
{
	g_auto(GStrv) words = g_strsplit(text, " ", -1);
	g_autoptr(GString) left = g_string_new(NULL);

	for (char **w = words; *w != NULL; w++)
		if (**w != '\0' && strcmp(*w, word) != 0)
			g_string_append_printf(left, "%s%s", left->len > 0 ? " " : "", *w);
	return g_string_free(g_steal_pointer(&left), FALSE);
}

void
check_unsafe(struct judge *judge)
{
	EACH_VM(judge, vm) {
		const char *options = cib_parameter(judge->cib, vm->id, "migrate_options");
		if (options == NULL || strstr(options, "--unsafe") == NULL)
			continue;
		g_autofree char *rest = words_without(options, "--unsafe");
		g_autofree char *id = remote_quote(vm->id);
		g_autofree char *quoted = remote_quote(rest);
		g_autofree char *mend = *rest == '\0'
		    ? g_strdup_printf("crm_resource --resource=%s --delete-parameter=migrate_options", id)
		    : g_strdup_printf("crm_resource --resource=%s --set-parameter=migrate_options "
			  "--parameter-value=%s", id, quoted);
		judge_found(judge, vm->id, mend, NULL);
	}
}

void
check_threshold(struct judge *judge)
{
	EACH_VM(judge, vm) {
		const char *threshold = cib_meta(judge->cib, vm->id, "migration-threshold");
		const char *timeout = cib_meta(judge->cib, vm->id, "failure-timeout");
		int32_t times = 0;
		if (threshold != NULL && cib_score(threshold, &times) && times > 0 &&
		    times < 1000000 && !(seconds_of(timeout) > 0))
			judge_found(judge, vm->id, threshold, NULL);
	}
}

/* --- operations */

/* Seconds that the agent itself advises at the least, or what a guest takes. */
static const struct { const char *name; int least; const char *good; } operations[] = {
	{ "start", 60, "90s" },
	{ "stop", 60, "120s" },
	{ "migrate_to", 60, "120s" },
	{ "migrate_from", 60, "60s" },
};

static char *
default_timeout(const struct judge *judge)
{
	g_autoptr(GPtrArray) pairs =
	    all_below(safe_xml_child(judge->configuration, "op_defaults"), "nvpair");

	for (guint i = 0; i < pairs->len; i++)
		if (safe_xml_attribute_is(pairs->pdata[i], "name", "timeout"))
			return ATTRIBUTE(pairs->pdata[i], "value");
	return NULL;
}

/* In its own attribute, or in one of its meta attributes; to be freed. */
static char *
operation_value(xmlNode *op, const char *name)
{
	char *value = op == NULL ? NULL : ATTRIBUTE(op, name);
	g_autoptr(GPtrArray) pairs = all_below(op, "nvpair");

	for (guint i = 0; value == NULL && i < pairs->len; i++)
		if (safe_xml_attribute_is(pairs->pdata[i], "name", name))
			value = ATTRIBUTE(pairs->pdata[i], "value");
	return value;
}

/* As it holds. */
static double
timeout_of(const struct judge *judge, xmlNode *op)
{
	g_autofree char *own = operation_value(op, "timeout");
	g_autofree char *common = default_timeout(judge);
	double seconds = seconds_of(own != NULL ? own : common);

	return own == NULL && common == NULL ? DEFAULT_SECONDS : seconds;
}

static bool
migrates(const struct judge *judge, const struct review_vm *vm, const char *operation)
{
	return !g_str_has_prefix(operation, "migrate") ||
	    is_true(cib_meta(judge->cib, vm->id, "allow-migrate"));
}

static void
find_short(struct judge *judge, const struct review_vm *vm, size_t i, bool absent)
{
	xmlNode *op = operation_of(judge, vm->xml, operations[i].name);
	double seconds = timeout_of(judge, op);

	if ((op == NULL) != absent || seconds < 0 || seconds >= operations[i].least ||
	    !migrates(judge, vm, operations[i].name))
		return;
	g_autofree char *id = op == NULL ? g_strdup_printf("%s-%s-0", vm->id, operations[i].name)
	    : ATTRIBUTE(op, "id");
	g_autofree char *is = g_strdup_printf("%.0f s", seconds);
	judge_found(judge, vm->id, operations[i].name, is, id, operations[i].good, NULL);
}

void
check_operation_absent(struct judge *judge)
{
	EACH_VM(judge, vm)
		for (size_t i = 0; i < G_N_ELEMENTS(operations); i++)
			find_short(judge, vm, i, true);
}

void
check_operation_short(struct judge *judge)
{
	EACH_VM(judge, vm)
		for (size_t i = 0; i < G_N_ELEMENTS(operations); i++)
			find_short(judge, vm, i, false);
}

/* Milliseconds of the last stop that a node remembers; -1: none. */
static long
last_stop(const struct judge *judge, const char *id)
{
	g_autoptr(GPtrArray) resources = all_below(judge->cib_status, "lrm_resource");
	long longest = -1;

	for (guint i = 0; i < resources->len; i++) {
		xmlNode *resource = resources->pdata[i];
		if (!safe_xml_attribute_is(resource, "id", id))
			continue;
		for (xmlNode *op = resource->children; op != NULL; op = op->next) {
			g_autofree char *time = safe_xml_is(op, "lrm_rsc_op") &&
			    safe_xml_attribute_is(op, "operation", "stop") ? ATTRIBUTE(op, "exec-time") : NULL;
			if (time != NULL)
				longest = MAX(longest, (long)g_ascii_strtoll(time, NULL, 10));
		}
	}
	return longest;
}

/* It cuts the power five seconds before its time is over. */
void
check_stop_took(struct judge *judge)
{
	EACH_VM(judge, vm) {
		xmlNode *op = operation_of(judge, vm->xml, "stop");
		double seconds = timeout_of(judge, op), took = (double)last_stop(judge, vm->id) / 1000;
		if (op == NULL || seconds <= 0 || took < seconds * 0.8)
			continue;
		g_autofree char *id = ATTRIBUTE(op, "id");
		g_autofree char *last = g_strdup_printf("%.0f s", took);
		g_autofree char *is = g_strdup_printf("%.0f s", seconds);
		g_autofree char *good = g_strdup_printf("%.0fs", seconds * 2);
		judge_found(judge, vm->id, last, is, id, good, NULL);
	}
}

void
check_vm_monitor(struct judge *judge)
{
	EACH_VM(judge, vm)
		if (operation_of(judge, vm->xml, "monitor") == NULL)
			judge_found(judge, vm->id, NULL);
}

static void
find_on_fail(struct judge *judge, const char *operation, const char *value)
{
	EACH_VM(judge, vm) {
		xmlNode *list = safe_xml_child(vm->xml, "operations");
		for (xmlNode *op = list == NULL ? NULL : list->children; op != NULL; op = op->next) {
			if (!safe_xml_is(op, "op") || !safe_xml_attribute_is(op, "on-fail", value) ||
			    (operation != NULL && !safe_xml_attribute_is(op, "name", operation)))
				continue;
			g_autofree char *id = ATTRIBUTE(op, "id");
			g_autofree char *name = ATTRIBUTE(op, "name");
			judge_found(judge, vm->id, name, id,
			    g_strcmp0(name, "stop") == 0 ? "fence" : "restart", NULL);
		}
	}
}

void
check_on_fail_ignore(struct judge *judge)
{
	find_on_fail(judge, NULL, "ignore");
}

void
check_on_fail_block(struct judge *judge)
{
	find_on_fail(judge, "stop", "block");
}

/* --- nodes that are VMs themselves */

/* -INFINITY where the kind of node is none of the cluster itself. */
static bool
rule_bars_guests(xmlNode *rule)
{
	xmlNode *test = safe_xml_child(rule, "expression");
	g_autofree char *score_text = ATTRIBUTE(rule, "score");
	int32_t score = 0;

	return test != NULL && cib_score(score_text, &score) && score <= -1000000 &&
	    safe_xml_attribute_is(test, "attribute", "#kind") &&
	    ((safe_xml_attribute_is(test, "operation", "ne") &&
		safe_xml_attribute_is(test, "value", "cluster")) ||
	    (safe_xml_attribute_is(test, "operation", "eq") &&
		!safe_xml_attribute_is(test, "value", "cluster")));
}

static bool
is_about(xmlNode *location, const char *id)
{
	g_autofree char *pattern = ATTRIBUTE(location, "rsc-pattern");
	g_autoptr(GPtrArray) sets = all_below(location, "resource_ref");

	if (safe_xml_attribute_is(location, "rsc", id) ||
	    (pattern != NULL && g_regex_match_simple(pattern, id, 0, 0)))
		return true;
	for (guint i = 0; i < sets->len; i++)
		if (safe_xml_attribute_is(sets->pdata[i], "id", id))
			return true;
	return false;
}

/* Names of guest nodes that it is kept off by name are taken out. */
static bool
is_kept_off(const struct judge *judge, const char *id, GPtrArray *guests)
{
	g_autoptr(GPtrArray) locations =
	    all_below(safe_xml_child(judge->configuration, "constraints"), "rsc_location");

	for (guint i = 0; i < locations->len; i++) {
		xmlNode *location = locations->pdata[i];
		g_autofree char *node = ATTRIBUTE(location, "node");
		g_autofree char *score_text = ATTRIBUTE(location, "score");
		int32_t score = 0;
		guint at;
		if (!is_about(location, id))
			continue;
		if (rule_bars_guests(safe_xml_child(location, "rule")))
			return true;
		if (node != NULL && cib_score(score_text, &score) && score <= -1000000 &&
		    g_ptr_array_find_with_equal_func(guests, node, g_str_equal, &at))
			g_ptr_array_remove_index(guests, at);
	}
	return guests->len == 0;
}

void
check_on_guests(struct judge *judge)
{
	g_autofree char *symmetric = cluster_option(judge, "symmetric-cluster");

	if (judge->guests->len == 0 || is_false(symmetric))
		return;
	EACH_VM(judge, vm) {
		g_autoptr(GPtrArray) guests = g_ptr_array_new();
		for (guint i = 0; i < judge->guests->len; i++)
			g_ptr_array_add(guests, judge->guests->pdata[i]);
		if (!is_kept_off(judge, vm->id, guests))
			judge_found(judge, vm->id, guests->pdata[0], NULL);
	}
}
