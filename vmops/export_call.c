/* Exports: runs virtcluster-export on a host. */
#include "vmops/export.h"

#include <string.h>
#include <sys/wait.h>

#include "common/log.h"
#include "common/safe_json.h"
#include "vmops/host_call.h"

#define ANSWER_MOST (1024 * 1024) /* octets */
#define DEPTH_MOST  8
#define INPUT_MOST  4096 /* octets: what virtcluster-export reads */

/* --- the command */

/* Its words, and the verb behind them; NULL: the node has none. */
static char **
words_of(const struct op_run *run, const char *node, const char *verb)
{
	SCOPED(settings) settings = backend_settings(run->backend);
	const struct node_setting *setting = settings_node(settings, node);
	g_auto(GStrv) words = NULL;

	if (setting == NULL || *setting->export == '\0' ||
	    !g_shell_parse_argv(setting->export, NULL, &words, NULL))
		return NULL;
	g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
	g_strv_builder_addv(builder, (const char **)words);
	g_strv_builder_add(builder, verb);
	return g_strv_builder_end(builder);
}

bool
export_is_possible(const struct op_run *run, const char *node)
{
	g_auto(GStrv) words = words_of(run, node, "list");

	return words != NULL;
}

/* --- its answer */

/*
 * The last line of what it wrote: a shell of the host may have said something before.  Where
 * there is nothing to tell it writes nothing.
 */
static JsonObject *
read_answer(struct spawned *child, GError **error)
{
	g_autoptr(JsonObject) answer = json_object_new();
	g_autoptr(GError) why = NULL;
	size_t length;

	for (;;) {
		g_autofree char *line = spawned_line(child, &length);
		if (line == NULL)
			break;
		g_clear_pointer(&answer, json_object_unref);
		g_clear_error(&why);
		answer = safe_json_object(line, length, ANSWER_MOST, DEPTH_MOST, &why);
	}
	if (answer == NULL)
		op_refuse(error, CAUSE_UNREACHABLE, "%s", why->message);
	return g_steal_pointer(&answer);
}

/* What has ended badly by itself. */
static void
refuse_end(const struct spawned *child, int status, const char *how, GError **error)
{
	bool known = WIFEXITED(status) && WEXITSTATUS(status) != HOST_CALL_SSH_FAILED;
	const char *said = child->said;

	if (g_str_has_prefix(said, "virtcluster-export: "))
		said += strlen("virtcluster-export: ");
	op_refuse(error, known ? CAUSE_IMPOSSIBLE : CAUSE_UNREACHABLE, "%s",
	    *said != '\0' ? said : how);
}

static JsonObject *
run_command(const struct op_run *run, char *const *argv, const char *input, GError **error)
{
	struct spawned child;
	g_autoptr(GError) why = NULL;
	g_autoptr(JsonObject) answer = NULL;
	int status;

	if (!spawned_start(&child, argv, input, &why)) {
		op_refuse(error, CAUSE_UNREACHABLE, "%s", why->message);
		return NULL;
	}
	bool whole = host_call_listen(run, &child, run->deadline, false, &why);
	if (whole)
		answer = read_answer(&child, &why);
	g_autofree char *how = spawned_end(&child, whole ? HOST_CALL_END_MS : 0, &status);
	if (whole && !(WIFEXITED(status) && WEXITSTATUS(status) == 0)) {
		refuse_end(&child, status, how, error);
		return NULL;
	}
	if (answer == NULL)
		g_propagate_error(error, g_steal_pointer(&why));
	return g_steal_pointer(&answer);
}

static char *
text_of(JsonObject *request)
{
	g_autoptr(JsonNode) node = json_node_init_object(json_node_alloc(), request);
	g_autofree char *text = json_to_string(node, FALSE);

	return g_strconcat(text, "\n", NULL);
}

JsonObject *
export_call(const struct op_run *run, const char *node, const char *verb, JsonObject *request,
    GError **error)
{
	g_auto(GStrv) argv = words_of(run, node, verb);
	g_autofree char *input = request == NULL ? NULL : text_of(request);
	g_autoptr(GError) why = NULL;

	if (argv == NULL) {
		op_refuse(error, CAUSE_IMPOSSIBLE, "node %s cannot serve volumes: its \"export\" is "
		    "not set in the configuration", node);
		return NULL;
	}
	if (input != NULL && strlen(input) > INPUT_MOST) {
		op_refuse(error, CAUSE_IMPOSSIBLE, "the names of volume %s are too long to serve it",
		    run->name);
		return NULL;
	}
	JsonObject *answer = run_command(run, argv, input, &why);
	if (answer == NULL)
		op_refuse(error, (enum job_cause)why->code, "virtcluster-export on %s: %s", node,
		    why->message);
	return answer;
}

/* --- the list */

JsonArray *
export_list(const char *node, JsonObject *answer, GError **error)
{
	JsonNode *list = json_object_get_member(answer, "exports");

	if (list != NULL && JSON_NODE_HOLDS_ARRAY(list))
		return json_node_get_array(list);
	op_refuse(error, CAUSE_UNREACHABLE,
	    "virtcluster-export on %s: an answer without a list of exports", node);
	return NULL;
}

bool
export_has(JsonNode *element, const char *member, const char *text)
{
	JsonObject *export =
	    JSON_NODE_HOLDS_OBJECT(element) ? json_node_get_object(element) : NULL;
	JsonNode *node = export == NULL ? NULL : json_object_get_member(export, member);

	return node != NULL && JSON_NODE_HOLDS_VALUE(node) &&
	    json_node_get_value_type(node) == G_TYPE_STRING &&
	    strcmp(json_node_get_string(node), text) == 0;
}

bool
export_check_none(const struct op_run *run, const struct storage_side *side, const char *what,
    GError **error)
{
	VOLUME_NAMES names = { 0 };
	const char *node = side->at->node_name;

	if (!export_is_possible(run, node))
		return true;
	g_autoptr(JsonObject) answer = export_call(run, node, "list", NULL, error);
	JsonArray *exports = answer == NULL ? NULL : export_list(node, answer, error);
	if (exports == NULL)
		return false;
	if (!storage_names(side->volume, &names))
		return storage_fail(run, side, "see the path of", run->name, error);
	for (guint i = 0; i < json_array_get_length(exports); i++)
		if (export_has(json_array_get_element(exports, i), "path", names.path))
			return op_refuse(error, CAUSE_IMPOSSIBLE,
			    "volume %s cannot be %s: node %s serves it to others", run->name, what,
			    node);
	return true;
}
