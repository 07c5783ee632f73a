/* virtcluster: the table of verbs, dispatch and help. */
#include "config.h"

#include "cli/cli.h"

#include <stdlib.h>
#include <string.h>

static verb_run verb_help, verb_version;

#define ACT "wait timeout notify keep"

const struct cli_verb cli_verbs[] = {
	{ "status", verb_status, "", 0, 0, "", "",
	    "how the cluster is, and which nodes are not well" },
	{ "nodes", verb_list, "", 0, 0, "state sort last", "",
	    "list the nodes" },
	{ "vms", verb_list, "", 0, 0, "node state sort last", "",
	    "list the virtual machines" },
	{ "jobs", verb_list, "", 0, 0, "state sort last", "",
	    "list what was asked for, and what became of it" },
	{ "events", verb_list, "", 0, 0, "node sort last", "",
	    "list what happened" },
	{ "show", verb_show, "vm|node|job NAME", 2, 2, "", "kinds objects",
	    "show all that is known about one thing",
	    "NAME is a name, a UUID or an index; of a job, its number." },
	{ "start", verb_act, "NAME", 1, 1, ACT, "vms",
	    "power a virtual machine on" },
	{ "shutdown", verb_act, "NAME", 1, 1, ACT " grace", "vms",
	    "ask the guest to shut down" },
	{ "poweroff", verb_act, "NAME", 1, 1, ACT, "vms",
	    "cut a virtual machine's power at once",
	    "The guest is not asked: what it has not written is lost." },
	{ "reset", verb_act, "NAME", 1, 1, ACT, "vms",
	    "press a virtual machine's reset button",
	    "The guest is not asked: what it has not written is lost." },
	{ "migrate", verb_act, "NAME [NODE]", 1, 2,
	    ACT " copy-storage max-downtime bandwidth postcopy auto-converge offline",
	    "vms nodes", "move a virtual machine to another node",
	    "It goes on running meanwhile. Without a node the agent chooses one. What can be\n"
	    "known to prevent it is said before anything is changed; 'virtcluster cancel'\n"
	    "stops it, and the machine stays where it is." },
	{ "wait", verb_wait, "JOB", 1, 1, "timeout", "jobs",
	    "follow a job until it is finished",
	    "Fails with the job's own sentence when the job failed." },
	{ "cancel", verb_cancel, "JOB", 1, 1, "", "jobs",
	    "withdraw a job, or stop it where that is possible" },
	{ "graph", verb_graph, "vm|node NAME [GRAPH]", 2, 3,
	    "span from to size dark output", "graphed objects graphs",
	    "draw a graph",
	    "GRAPH is one of those that 'virtcluster graphs' lists; the first of them if it\n"
	    "is left out." },
	{ "graphs", verb_graphs, "", 0, 0, "", "",
	    "list the graphs that can be drawn" },
	{ "version", verb_version, "", 0, 0, "", "",
	    "print the version" },
	{ "help", verb_help, "[VERB]", 0, 1, "", "verbs",
	    "explain all verbs, or one" },
	{ "complete", verb_complete, "KIND [WORD...]", 1, 1000, "", "",
	    "list words for the shell's completion", .hidden = true },
	{ 0 },
};

const struct cli_verb *
cli_find_verb(const char *name)
{
	for (const struct cli_verb *v = cli_verbs; v->name != NULL; v++)
		if (strcmp(v->name, name) == 0)
			return v;
	return NULL;
}

/* --- a verb that is not there */

#define LONGEST_TYPO 32

/* Levenshtein's distance, of words shorter than LONGEST_TYPO. */
static int
distance(const char *a, const char *b)
{
	int row[LONGEST_TYPO + 1];
	int n = (int)strlen(b);

	for (int j = 0; j <= n; j++)
		row[j] = j;
	for (int i = 1; a[i - 1] != '\0'; i++) {
		int diagonal = row[0];
		row[0] = i;
		for (int j = 1; j <= n; j++) {
			int replaced = diagonal + (a[i - 1] != b[j - 1]);
			diagonal = row[j];
			row[j] = MIN(MIN(row[j], row[j - 1]) + 1, replaced);
		}
	}
	return row[n];
}

const char *
cli_nearest_verb(const char *name)
{
	const char *nearest = NULL;
	int best = 3; /* three wrong letters are another word */

	if (strlen(name) >= LONGEST_TYPO)
		return NULL;
	for (const struct cli_verb *v = cli_verbs; v->name != NULL; v++) {
		int d = g_str_has_prefix(v->name, name) ? 1 : distance(name, v->name);
		if (!v->hidden && d < best && d < (int)strlen(v->name)) {
			best = d;
			nearest = v->name;
		}
	}
	return nearest;
}

static const struct cli_verb *
need_verb(const char *name, GError **error)
{
	const struct cli_verb *verb = cli_find_verb(name);
	const char *nearest = cli_nearest_verb(name);

	if (verb != NULL)
		return verb;
	if (nearest != NULL)
		g_set_error(error, CLI_ERROR, CLI_ERROR_USAGE,
		    "there is no verb \"%s\"; did you mean \"%s\"?", name, nearest);
	else
		g_set_error(error, CLI_ERROR, CLI_ERROR_USAGE,
		    "there is no verb \"%s\"; see 'virtcluster help'", name);
	return NULL;
}

/* --- help */

static void
help_all(const struct output *out)
{
	g_autoptr(GString) options = g_string_new(NULL);

	fputs("usage: virtcluster [--socket PATH] [--json] VERB ...\n\n"
	      "Shows and controls a cluster of libvirt hosts by way of virtclusterd.\n\n"
	      "verbs:\n",
	    out->file);
	for (const struct cli_verb *v = cli_verbs; v->name != NULL; v++) {
		g_autofree char *form = g_strconcat(v->name, " ", v->operands, NULL);
		if (!v->hidden)
			fprintf(out->file, "  %-28s %s\n", form, v->help);
	}
	options_describe(options, OPTIONS_GLOBAL);
	fprintf(out->file, "\noptions:\n%s\n"
	    "'virtcluster help VERB' explains a verb and its options; so does virtcluster(1).\n",
	    options->str);
}

static void
help_one(const struct output *out, const struct cli_verb *v)
{
	g_autoptr(GString) options = g_string_new(NULL);

	options_describe(options, v->options);
	options_describe(options, OPTIONS_GLOBAL);
	fprintf(out->file, "usage: virtcluster %s%s%s [options]\n\n%s%s%s\n\noptions:\n%s",
	    v->name, v->operands[0] != '\0' ? " " : "", v->operands, v->help,
	    v->details != NULL ? ".\n" : "", v->details != NULL ? v->details : "",
	    options->str);
}

static bool
verb_help(struct cli *cli, GError **error)
{
	const struct cli_verb *verb = NULL;

	if (cli->argc > 0) {
		verb = need_verb(cli->argv[0], error);
		if (verb == NULL)
			return false;
		help_one(&cli->out, verb);
	} else {
		help_all(&cli->out);
	}
	return true;
}

static bool
verb_version(struct cli *cli, GError **error)
{
	if (cli->options.json)
		fprintf(cli->out.file, "{ \"version\" : \"%s\" }\n", PACKAGE_VERSION);
	else
		fprintf(cli->out.file, "virtcluster %s\n", PACKAGE_VERSION);
	return true;
}

/* --- what verbs share */

const char *
cli_socket(const struct options *options)
{
	const char *path = getenv("VIRTCLUSTER_SOCKET");

	if (options->socket != NULL)
		return options->socket;
	return path != NULL && path[0] != '\0' ? path
					       : RUNSTATEDIR "/virtcluster/control.sock";
}

struct client *
cli_client(struct cli *cli, GError **error)
{
	if (cli->client == NULL)
		cli->client = client_open(cli_socket(&cli->options), error);
	return cli->client;
}

/* Takes the node. */
static void
print_json(const struct cli *cli, JsonNode *node)
{
	g_autofree char *text = json_to_string(node, TRUE);

	fprintf(cli->out.file, "%s\n", text);
	json_node_unref(node);
}

void
cli_print_rows(const struct cli *cli, GPtrArray *rows)
{
	JsonArray *array = json_array_sized_new(rows->len);

	for (guint i = 0; i < rows->len; i++)
		json_array_add_object_element(array, json_object_ref(rows->pdata[i]));
	print_json(cli, json_node_init_array(json_node_alloc(), array));
	json_array_unref(array);
}

void
cli_print_object(const struct cli *cli, JsonObject *object)
{
	print_json(cli, json_node_init_object(json_node_alloc(), object));
}

/* --- main */

/* Splits argv into global options, verb, its options and its operands. */
static bool
parse(struct cli *cli, int argc, char **argv, GError **error)
{
	int first = options_parse(&cli->options, argc, argv, OPTIONS_GLOBAL, true, error);

	if (first < 0)
		return false;
	if (cli->options.version) {
		cli->verb = cli_find_verb("version");
		return true;
	}
	if (first == argc) {
		cli->verb = cli->options.help ? cli_find_verb("help") : NULL;
		if (cli->verb == NULL)
			g_set_error_literal(error, CLI_ERROR, CLI_ERROR_USAGE,
			    "what shall be done? see 'virtcluster help'");
		return cli->verb != NULL;
	}
	cli->verb = need_verb(argv[first], error);
	if (cli->verb == NULL)
		return false;
	g_autofree char *names =
	    g_strconcat(OPTIONS_GLOBAL, " ", cli->verb->options, NULL);
	int used = options_parse(&cli->options, argc - first, argv + first, names, false,
	    error);
	if (used < 0) {
		g_prefix_error(error, "%s: ", cli->verb->name);
		return false;
	}
	cli->argc = argc - first - used;
	cli->argv = argv + first + used;
	return true;
}

static bool
check_operands(const struct cli *cli, GError **error)
{
	const struct cli_verb *v = cli->verb;

	if (cli->argc >= v->least && cli->argc <= v->most)
		return true;
	g_set_error(error, CLI_ERROR, CLI_ERROR_USAGE, "%s: %s; usage: virtcluster %s%s%s",
	    v->name, cli->argc < v->least ? "something is missing" : "too many words",
	    v->name, v->operands[0] != '\0' ? " " : "", v->operands);
	return false;
}

static bool
run(struct cli *cli, int argc, char **argv, GError **error)
{
	if (!parse(cli, argc, argv, error))
		return false;
	if (cli->options.help && cli->verb->run != verb_help) {
		help_one(&cli->out, cli->verb);
		return true;
	}
	return check_operands(cli, error) && cli->verb->run(cli, error);
}

int
cli_main(int argc, char **argv, struct output out, FILE *errors)
{
	struct cli cli = { .out = out };
	g_autoptr(GError) error = NULL;
	int status = EXIT_SUCCESS;

	if (!run(&cli, argc, argv, &error)) {
		g_autofree char *text = text_clean(error->message);
		fflush(out.file);
		fprintf(errors, "virtcluster: %s\n", text);
		status = error->domain == CLI_ERROR ? 2 : EXIT_FAILURE;
	}
	if (cli.client != NULL)
		client_close(cli.client);
	if (fflush(out.file) != 0 || ferror(out.file)) {
		fprintf(errors, "virtcluster: cannot write the output\n");
		status = EXIT_FAILURE;
	}
	return status;
}
