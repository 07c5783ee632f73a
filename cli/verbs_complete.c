/*
 * virtcluster complete: words for the shell's completion, one a line.
 *
 *	virtcluster complete vms                  all names of VMs
 *	virtcluster complete line -- vms --st     what the last word can become
 *
 * The shell hands in its words and gets the candidates back, so that whatever the verb
 * and option tables know is completed without the shell's script knowing it.
 */
#include <string.h>

#include "cli/cli.h"
#include "cli/display.h"

/* The line that is being typed. */
struct line {
	struct cli *cli;
	const struct cli_verb *verb; /* NULL: not typed yet */
	const char *half;            /* first word of a verb of two, NULL: none */
	GPtrArray *operands;         /* complete ones, borrowed */
	const struct option_def *pending; /* option whose operand the last word is */
	const char *word;            /* the last one */
};

static void
offer(const struct line *l, const char *candidate)
{
	if (g_str_has_prefix(candidate, l->word) && strpbrk(candidate, "\r\n") == NULL)
		fprintf(l->cli->out.file, "%s\n", candidate);
}

static void
offer_all(const struct line *l, const char *const *candidates)
{
	for (; candidates != NULL && *candidates != NULL; candidates++)
		offer(l, *candidates);
}

/* The values of one column, "WITHIN/VALUE" if there is another one, each of them once. */
static void
offer_rows(const struct line *l, const char *verb, const char *key, const char *within)
{
	g_autoptr(GHashTable) offered =
	    g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	struct client *client = cli_client(l->cli, NULL);
	const char *const columns[] = { key, within, NULL };

	if (client == NULL)
		return;
	JsonBuilder *b = client_request(verb);
	client_add_words(b, "columns", columns);
	g_autoptr(GPtrArray) rows = client_rows(client, b, NULL);
	for (guint i = 0; rows != NULL && i < rows->len; i++) {
		g_autofree char *name = format_text(rows->pdata[i], key);
		g_autofree char *in = within != NULL ? format_text(rows->pdata[i], within) : NULL;
		char *text = name == NULL ? NULL
		    : in == NULL ? g_strdup(name) : g_strconcat(in, "/", name, NULL);
		if (text != NULL && !g_hash_table_contains(offered, text))
			offer(l, text);
		if (text != NULL)
			g_hash_table_add(offered, text);
	}
}

/* --- kinds of words */

static void
offer_verbs(const struct line *l)
{
	g_autofree char *first = l->half == NULL ? g_strdup("") : g_strconcat(l->half, "-", NULL);

	for (const struct cli_verb *v = cli_verbs; v->name != NULL; v++)
		if (!v->hidden && g_str_has_prefix(v->name, first))
			offer(l, v->name + strlen(first));
}

static void
offer_vms(const struct line *l)
{
	offer_rows(l, "vms", "vclVmName", NULL);
}

static void
offer_nodes(const struct line *l)
{
	offer_rows(l, "nodes", "vclNodeName", NULL);
}

static void
offer_jobs(const struct line *l)
{
	offer_rows(l, "jobs", "vclJobIndex", NULL);
}

static void
offer_sequences(const struct line *l)
{
	offer_rows(l, "sequences", "vclSequenceName", NULL);
}

/* Of the VM that stands before. */
static void
offer_snapshots(const struct line *l)
{
	struct client *client = cli_client(l->cli, NULL);
	const char *const columns[] = { "vclSnapshotName", NULL };

	if (client == NULL || l->operands->len == 0)
		return;
	JsonBuilder *b = client_request("snapshots");
	client_add_text(b, "vm", l->operands->pdata[0]);
	client_add_words(b, "columns", columns);
	g_autoptr(GPtrArray) rows = client_rows(client, b, NULL);
	for (guint i = 0; rows != NULL && i < rows->len; i++)
		if (row_text(rows->pdata[i], "vclSnapshotName") != NULL)
			offer(l, row_text(rows->pdata[i], "vclSnapshotName"));
}

static void
offer_backups(const struct line *l)
{
	offer_rows(l, "backups", "vclBackupName", NULL);
}

static void
offer_templates(const struct line *l)
{
	offer_rows(l, "templates", "vclTemplateName", NULL);
}

static void
offer_apps(const struct line *l)
{
	offer_rows(l, "apps", "vclAppName", NULL);
}

static void
offer_pools(const struct line *l)
{
	offer_rows(l, "pools", "vclPoolName", NULL);
}

static void
offer_volumes(const struct line *l)
{
	offer_rows(l, "volumes", "vclVolumeName", NULL);
}

static void
offer_conditions(const struct line *l)
{
	offer_rows(l, "alarms", "vclAlarmCondition", NULL);
}

static void
offer_kinds(const struct line *l)
{
	for (size_t i = 0; listings[i] != NULL; i++)
		if (listings[i]->kind != NULL)
			offer(l, listings[i]->kind);
}

static void
offer_spans(const struct line *l)
{
	offer_all(l, (const char *const[]){ "1h", "1d", "1w", "1mo", "1y", NULL });
}

static void
offer_pokable(const struct line *l)
{
	offer_all(l, (const char *const[]){ "cluster", NULL });
}

static void
offer_cluster_checks(const struct line *l)
{
	offer_all(l, (const char *const[]){ "check", NULL });
}

static void
offer_truths(const struct line *l)
{
	offer_all(l, (const char *const[]){ "on", "off", NULL });
}

static void
offer_admin_states(const struct line *l)
{
	offer_all(l, (const char *const[]){ "running", "shutdown", "paused", "saved",
			 "unmanaged", NULL });
}

/* A member of a catalogue's rows, each value once; of that kind if one is given. */
static void
offer_catalogue(const struct line *l, const char *verb, const char *key, const char *kind)
{
	struct client *client = cli_client(l->cli, NULL);
	const char *before = NULL;

	if (client == NULL)
		return;
	g_autoptr(GPtrArray) rows = client_rows(client, client_request(verb), NULL);
	for (guint i = 0; rows != NULL && i < rows->len; i++) {
		const char *value = row_text(rows->pdata[i], key);
		bool wanted = kind == NULL || g_strcmp0(row_text(rows->pdata[i], "kind"), kind) == 0;
		if (value != NULL && wanted && g_strcmp0(value, before) != 0)
			offer(l, value);
		before = value;
	}
}

static const char *
kind_of(const struct line *l)
{
	return l->operands->len > 0 ? l->operands->pdata[0] : NULL;
}

static void
offer_graphed(const struct line *l)
{
	offer_catalogue(l, "graphs", "kind", NULL);
}

static void
offer_recorded(const struct line *l)
{
	offer_catalogue(l, "sources", "kind", NULL);
}

/* Those of the kind that stands before. */
static void
offer_graphs(const struct line *l)
{
	offer_catalogue(l, "graphs", "name", kind_of(l));
}

static void
offer_sources(const struct line *l)
{
	offer_catalogue(l, "sources", "name", kind_of(l));
}

static const struct listing *
listing_of_line(const struct line *l)
{
	return l->verb != NULL ? listing_of_verb(l->verb->name) : NULL;
}

/* What can be said for the option that is being typed. */
static void
offer_words(const struct line *l)
{
	const struct listing *listing = listing_of_line(l);

	if (listing != NULL && l->pending != NULL)
		offer_all(l, listing_words(listing, l->pending->name));
}

static void
offer_columns(const struct line *l)
{
	const struct listing *listing = listing_of_line(l);

	if (listing == NULL)
		return;
	g_autofree const char **columns = display_columns(listing);
	for (size_t i = 0; columns[i] != NULL; i++) {
		g_autofree char *lower = g_ascii_strdown(columns[i], -1);
		offer(l, lower);
	}
}

static void
offer_options(const struct line *l)
{
	const char *own = l->verb != NULL ? l->verb->options : "";

	for (const struct option_def *def = option_defs; def->name != NULL; def++) {
		g_autofree char *form = g_strconcat("--", def->name, NULL);
		if (option_is_in(def, own) || option_is_in(def, OPTIONS_GLOBAL))
			offer(l, form);
	}
}

static void offer_objects(const struct line *);

static const struct {
	const char *kind;
	void (*offer)(const struct line *);
} kinds[] = {
	{ "verbs", offer_verbs },     { "vms", offer_vms },
	{ "nodes", offer_nodes },     { "jobs", offer_jobs },
	{ "pools", offer_pools },     { "conditions", offer_conditions },
	{ "kinds", offer_kinds },     { "objects", offer_objects },
	{ "graphed", offer_graphed }, { "graphs", offer_graphs },
	{ "words", offer_words },     { "columns", offer_columns },
	{ "spans", offer_spans },     { "options", offer_options },
	{ "truths", offer_truths },   { "adminstates", offer_admin_states },
	{ "sequences", offer_sequences }, { "volumes", offer_volumes },
	{ "snapshots", offer_snapshots },
	{ "templates", offer_templates },
	{ "backups", offer_backups },
	{ "apps", offer_apps }, { "pokable", offer_pokable },
	{ "clusterchecks", offer_cluster_checks },
	{ "recorded", offer_recorded }, { "sources", offer_sources },
};

static bool
offer_kind(const struct line *l, const char *kind)
{
	for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++) {
		if (strcmp(kinds[i].kind, kind) != 0)
			continue;
		kinds[i].offer(l);
		return true;
	}
	return false;
}

/* Things of the kind that the word before names: "vm" -> VMs. */
static void
offer_objects(const struct line *l)
{
	const struct listing *listing =
	    l->operands->len > 0 ? listing_of_kind(l->operands->pdata[0]) : NULL;

	if (listing != NULL)
		offer_rows(l, listing->verb, listing->name, listing->within);
}

/* --- the line */

static const struct option_def *
option_of(const char *word)
{
	for (const struct option_def *def = option_defs; def->name != NULL; def++) {
		bool is_long = g_str_has_prefix(word, "--") && strcmp(word + 2, def->name) == 0;
		bool is_short = word[0] == '-' && word[1] == def->letter && word[1] != '\0' &&
		    word[2] == '\0';
		if (is_long || is_short)
			return def;
	}
	return NULL;
}

/* Takes a complete word: an option, an option's operand, the verb or an operand of it. */
static void
take_word(struct line *l, const char *word)
{
	if (l->pending != NULL) {
		if (strcmp(l->pending->name, "socket") == 0)
			l->cli->options.socket = word;
		l->pending = NULL;
	} else if (word[0] == '-' && word[1] != '\0') {
		const struct option_def *def = option_of(word);
		l->pending = def != NULL && def->operand != NULL && def->fallback == 0 ? def : NULL;
		if (g_str_has_prefix(word, "--socket="))
			l->cli->options.socket = word + strlen("--socket=");
	} else if (l->verb == NULL) {
		l->verb = l->half != NULL ? cli_find_verb_of_two(l->half, word) : cli_find_verb(word);
		l->half = l->verb == NULL && l->half == NULL ? word : NULL;
	} else {
		g_ptr_array_add(l->operands, (gpointer)word);
	}
}

static void
complete_line(struct line *l)
{
	if (l->pending != NULL) {
		if (l->pending->complete != NULL)
			offer_kind(l, l->pending->complete);
	} else if (l->word[0] == '-') {
		offer_options(l);
	} else if (l->verb == NULL) {
		offer_verbs(l);
	} else {
		g_auto(GStrv) kind = g_strsplit(l->verb->complete, " ", -1);
		guint at = l->operands->len, n = g_strv_length(kind);
		if (at == 1 && n > 2 && strcmp(l->operands->pdata[0], "cluster") == 0)
			at++; /* it has no name */
		if (at < n)
			offer_kind(l, kind[at]);
	}
}

bool
verb_complete(struct cli *cli, GError **error)
{
	g_autoptr(GPtrArray) operands = g_ptr_array_new();
	struct line l = { .cli = cli, .operands = operands, .word = "" };

	if (strcmp(cli->argv[0], "line") == 0) {
		for (int i = 1; i < cli->argc - 1; i++)
			take_word(&l, cli->argv[i]);
		l.word = cli->argc > 1 ? cli->argv[cli->argc - 1] : "";
		complete_line(&l);
		return true;
	}
	if (offer_kind(&l, cli->argv[0]))
		return true;
	g_set_error(error, CLI_ERROR, CLI_ERROR_USAGE,
	    "complete: there are no words of kind \"%s\"", cli->argv[0]);
	return false;
}
