/* Pacemaker's tools: choosing a place, running one there, reading how it ended. */
#include "vmops/crm.h"

#include <string.h>
#include <sys/wait.h>

#include "common/remote.h"
#include "common/xml_tree.h"
#include "vmops/host_call.h"

#define SAID_MOST 300

/* --- words */

char *
crm_option(const char *name, const char *value)
{
	return g_strdup_printf("--%s=%s", name, value);
}

char **
crm_words(const char *command, const char *const *tool, GError **error)
{
	g_autoptr(GError) why = NULL;
	char **words = remote_words(command, tool, &why);

	if (words == NULL)
		op_refuse(error, CAUSE_IMPOSSIBLE, "%s", why->message);
	return words;
}

/* --- places */

static bool
is_member(const struct cluster *cluster, const char *name)
{
	const struct node *node = cluster_node_by_name(cluster, name, NULL);

	return node != NULL && (node->membership == MEMBER_ONLINE ||
	    node->membership == MEMBER_STANDBY || node->membership == MEMBER_MAINTENANCE);
}

#define RANKS 3

/* Members first, and the node that the job is about, which may be gone soon, last. */
static int
rank_of(const struct cluster *cluster, const struct op_run *run, const char *name)
{
	if (run->request->kind == OBJECT_NODE && strcmp(run->node, name) == 0)
		return RANKS - 1;
	return is_member(cluster, name) ? 0 : 1;
}

/* In that order.  The texts belong to the settings. */
static GArray *
places_of(const struct settings *settings, const struct cluster *cluster,
    const struct op_run *run)
{
	g_autoptr(GArray) all = settings_pacemaker_places(settings);
	GArray *places = g_array_new(FALSE, FALSE, sizeof(struct pacemaker_place));

	for (int rank = 0; rank < RANKS; rank++)
		for (guint i = 0; i < all->len; i++) {
			struct pacemaker_place place =
			    g_array_index(all, struct pacemaker_place, i);
			if (rank_of(cluster, run, place.node) == rank)
				g_array_append_val(places, place);
		}
	return places;
}

char *
crm_node_name(const struct op_run *run, const char *node)
{
	SCOPED(settings) settings = backend_settings(run->backend);
	const struct node_setting *setting = settings_node(settings, node);

	return g_strdup(setting != NULL ? node_setting_pacemaker_name(setting) : node);
}

bool
crm_is_configured(const struct op_run *run)
{
	SCOPED(settings) settings = backend_settings(run->backend);

	return settings != NULL && strcmp(settings->backend, "pacemaker") == 0;
}

/* --- a command */

/* The first of its lines that says something: "Error performing operation: ..." says least. */
static char *
sentence_of(const char *text, const char *tool)
{
	g_autofree char *prefix = g_strconcat(tool, ": ", NULL);
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
	const char *least = NULL;

	for (char **line = lines; *line != NULL; line++) {
		char *said = g_strstrip(*line);
		if (g_str_has_prefix(said, prefix))
			said += strlen(prefix);
		if (*said == '\0')
			continue;
		if (!g_str_has_prefix(said, "Error performing operation"))
			return g_strdup_printf("%.*s", SAID_MOST, said);
		least = said;
	}
	return least == NULL ? NULL : g_strdup_printf("%.*s", SAID_MOST, least);
}

/* What `--output-as=xml` tells of a failure. */
static char *
sentence_of_xml(const char *xml, const char *tool)
{
	xmlDoc *doc = safe_xml_parse(xml, NULL);
	xmlNode *root = doc == NULL ? NULL : xmlDocGetRootElement(doc);
	xmlNode *status = safe_xml_child(root, "status");
	g_autofree char *text =
	    xml_tree_text(safe_xml_child(safe_xml_child(status, "errors"), "error"));
	g_autofree char *message = xml_tree_attribute(status, "message");

	if (doc != NULL)
		xmlFreeDoc(doc);
	return text != NULL && *text != '\0' ? sentence_of(text, tool)
	    : message != NULL ? sentence_of(message, tool) : NULL;
}

/* How a command has ended; `text` is what it wrote. */
struct ending {
	char *text, *how, *said;
	int status;
};

static void
ending_clear(struct ending *ending)
{
	g_free(ending->text);
	g_free(ending->how);
	g_free(ending->said);
}

static bool
is_good(const struct ending *ending)
{
	return WIFEXITED(ending->status) && WEXITSTATUS(ending->status) == 0;
}

/* ssh, or whatever leads there, has failed, or the tool was killed. */
static bool
is_lost(const struct ending *ending)
{
	return !WIFEXITED(ending->status) || WEXITSTATUS(ending->status) == HOST_CALL_SSH_FAILED;
}

/* What it says went wrong. */
static char *
why_of(const struct ending *ending, const char *tool)
{
	char *why = sentence_of_xml(ending->text, tool);

	if (why == NULL)
		why = sentence_of(ending->said[0] != '\0' ? ending->said : ending->how, tool);
	return why != NULL ? why : g_strdup(ending->how);
}

/* False: it could not be begun (CAUSE_IMPOSSIBLE), or was given up on. */
static bool
run_words(const struct op_run *run, char *const *argv, const struct crm_call *call,
    struct ending *ending, GError **error)
{
	int64_t deadline = g_get_monotonic_time() + (int64_t)call->seconds * G_USEC_PER_SEC;
	g_autoptr(GError) why = NULL;
	struct spawned child;

	*ending = (struct ending){ 0 };
	if (!spawned_start(&child, argv, call->input, &why))
		return op_refuse(error, CAUSE_IMPOSSIBLE, "%s", why->message);
	bool whole = host_call_listen(run, &child, deadline, !call->undo, error);
	ending->text = g_strndup(child.lines->str, child.lines->len);
	ending->how = spawned_end(&child, whole ? HOST_CALL_END_MS : 0, &ending->status);
	ending->said = g_strdup(child.said);
	return whole;
}

/* --- which place */

/* Is it with the quorum.  False with the reason why not, also when it cannot be reached. */
static bool
is_good_place(const struct op_run *run, const struct pacemaker_place *place, bool regardless,
    GError **error)
{
	static const char *const quorum[] = { "crm_node", "-q", NULL };
	SCOPED(settings) settings = backend_settings(run->backend);
	g_auto(GStrv) argv = crm_words(place->command, quorum, error);
	const struct crm_call call = { .seconds = settings->pacemaker_timeout, .undo = regardless };
	struct ending ending = { 0 };

	if (argv == NULL)
		return false;
	bool good = run_words(run, argv, &call, &ending, error);
	if (good && !is_good(&ending)) {
		g_autofree char *why = why_of(&ending, quorum[0]);
		good = op_refuse(error, CAUSE_UNREACHABLE, "%s", why);
	} else if (good && strcmp(g_strstrip(ending.text), "1") != 0) {
		good = op_refuse(error, CAUSE_UNREACHABLE, "it has no quorum");
	}
	ending_clear(&ending);
	return good;
}

static void
keep_reason(GString *reasons, const struct pacemaker_place *place, const GError *error)
{
	g_string_append_printf(reasons, "%s%s%s%s", reasons->len > 0 ? "; " : "", place->node,
	    *place->node != '\0' ? ": " : "", error->message);
}

static bool
is_end(const GError *error)
{
	return error->code == CAUSE_CANCELLED || error->code == CAUSE_RESTART;
}

/* NULL: none of them; or the job is not wanted any longer. */
static const struct pacemaker_place *
choose_place(const struct op_run *run, const GArray *places, bool regardless,
    GError **error)
{
	g_autoptr(GString) reasons = g_string_new(NULL);

	for (guint i = 0; i < places->len; i++) {
		const struct pacemaker_place *place =
		    &g_array_index(places, struct pacemaker_place, i);
		g_autoptr(GError) why = NULL;
		if (is_good_place(run, place, regardless, &why))
			return place;
		if (is_end(why)) {
			g_propagate_error(error, g_steal_pointer(&why));
			return NULL;
		}
		keep_reason(reasons, place, why);
	}
	op_refuse(error, CAUSE_UNREACHABLE, "%s: Pacemaker cannot be told: %s", run->name,
	    reasons->str);
	return NULL;
}

/* --- the tool */

static bool
refuse_end(const struct op_run *run, const char *tool, const struct ending *ending,
    GError **error)
{
	g_autofree char *why = why_of(ending, tool);

	if (is_lost(ending))
		return op_refuse(error, CAUSE_UNREACHABLE, "%s: %s: %s; it is not known whether "
		    "it has done what it was asked for", run->name, tool, why);
	return op_refuse(error, CAUSE_CLUSTER, "%s: Pacemaker refuses: %s", run->name, why);
}

/* Of a tool that was given up on. */
static bool
refuse_silence(const struct op_run *run, const char *tool, const GError *why, GError **error)
{
	if (why->code == CAUSE_IMPOSSIBLE)
		return op_refuse(error, CAUSE_IMPOSSIBLE, "%s: %s", run->name, why->message);
	return op_refuse(error, (enum job_cause)why->code, "%s: %s: %s; it is not known whether "
	    "it has done what it was asked for", run->name, tool, why->message);
}

static bool
run_at(const struct op_run *run, const struct pacemaker_place *place, const struct crm_call *call,
    char **said, GError **error)
{
	g_auto(GStrv) argv = crm_words(place->command, call->tool, error);
	struct crm_call begun = *call;
	g_autoptr(GError) why = NULL;
	struct ending ending;

	if (argv == NULL)
		return false;
	begun.undo = true; /* what has begun is waited for */
	bool good = run_words(run, argv, &begun, &ending, &why);
	if (!good)
		refuse_silence(run, call->tool[0], why, error);
	else if (!is_good(&ending))
		good = refuse_end(run, call->tool[0], &ending, error);
	else if (said != NULL)
		*said = g_steal_pointer(&ending.text);
	ending_clear(&ending);
	return good;
}

bool
crm_do(const struct op_run *run, const struct crm_call *call, char **said, GError **error)
{
	SCOPED(settings) settings = backend_settings(run->backend);
	SCOPED(cluster) cluster = run->look(run->context);

	if (cluster == NULL)
		return op_refuse(error, CAUSE_RESTART, "%s: the agent was stopped meanwhile",
		    run->name);
	g_autoptr(GArray) places = places_of(settings, cluster, run);
	const struct pacemaker_place *place = choose_place(run, places, call->undo, error);
	return place != NULL && run_at(run, place, call, said, error);
}

bool
crm_run(const struct op_run *run, const char *const *tool, int seconds, char **said,
    GError **error)
{
	const struct crm_call call = { .tool = tool, .seconds = seconds };

	return crm_do(run, &call, said, error);
}

bool
crm_undo(const struct op_run *run, const char *const *tool, int seconds, GError **error)
{
	const struct crm_call call = { .tool = tool, .seconds = seconds, .undo = true };

	return crm_do(run, &call, NULL, error);
}

/* --- a command at a certain node */

/* NULL: it has none. */
static char *
command_of(const struct op_run *run, const char *node)
{
	SCOPED(settings) settings = backend_settings(run->backend);
	const struct node_setting *setting = settings_node(settings, node);

	return setting == NULL || *setting->pacemaker == '\0' ? NULL
	    : g_strdup(setting->pacemaker);
}

bool
crm_has_place(const struct op_run *run, const char *node)
{
	g_autofree char *command = command_of(run, node);

	return command != NULL;
}

/* What it has said, or the last line of its errors. */
static char *
take_said(struct ending *ending)
{
	return ending->text[0] != '\0' ? g_steal_pointer(&ending->text)
					: g_steal_pointer(&ending->said);
}

bool
crm_do_at(const struct op_run *run, const char *node, const struct crm_call *call, int *status,
    char **said, GError **error)
{
	g_autofree char *command = command_of(run, node);
	g_autoptr(GError) why = NULL;
	struct ending ending = { 0 };

	if (command == NULL)
		return op_refuse(error, CAUSE_IMPOSSIBLE, "%s: node %s cannot be told anything: its "
		    "\"pacemaker\" is not set in the configuration", run->name, node);
	g_auto(GStrv) argv = crm_words(command, call->tool, error);
	if (argv == NULL)
		return false;
	bool good = run_words(run, argv, call, &ending, &why);
	if (!good)
		op_refuse(error, (enum job_cause)why->code, "%s: %s on node %s: %s", run->name,
		    call->tool[0], node, why->message);
	else if (is_lost(&ending))
		good = op_refuse(error, CAUSE_UNREACHABLE, "%s: %s on node %s: %s", run->name,
		    call->tool[0], node, *ending.said != '\0' ? ending.said : ending.how);
	if (good && said != NULL)
		*said = take_said(&ending);
	if (good)
		*status = WEXITSTATUS(ending.status);
	ending_clear(&ending);
	return good;
}
