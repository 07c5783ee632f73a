/* Commands in words: the verbs of `virtcluster` and of vclCommand. */
#include "model/request.h"

#include <string.h>

const struct command_verb command_verbs[] = {
	{ "start",    JOB_POWER_ON,  "VM", "", "power a VM on" },
	{ "shutdown", JOB_SHUTDOWN,  "VM", "grace",
	    "ask the guest to shut down, and wait until it has" },
	{ "poweroff", JOB_POWER_OFF, "VM", "", "cut a VM's power at once" },
	{ "reset",    JOB_RESET,     "VM", "", "press a VM's reset button" },
	{ "migrate",  JOB_MIGRATE,   "VM [NODE]",
	    "copy-storage max-downtime bandwidth postcopy auto-converge offline",
	    "move a VM to another node" },
	{ 0 },
};

#define COMMON_OPTIONS "notify keep" /* of every verb */

/* A command that is being read. */
struct reading_words {
	const struct cluster *cluster;
	const struct command_verb *verb;
	const char *const *next; /* word, ended by NULL */
	GPtrArray *operands;     /* words that are not options, borrowed */
	struct request *out;
};

static bool
refuse(GError **error, const char *format, ...) G_GNUC_PRINTF(2, 3);

static bool
refuse(GError **error, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	g_autofree char *sentence = g_strdup_vprintf(format, args);
	va_end(args);
	g_set_error_literal(error, REQUEST_ERROR, REQUEST_BAD_VALUE, sentence);
	return false;
}

/* --- operands: what each word of a verb's usage stands for */

static bool
take_vm(const struct reading_words *r, const char *word, GError **error)
{
	const struct vm *vm = cluster_vm_by_name(r->cluster, word, error);

	if (vm != NULL)
		request_for_vm(r->out, r->verb->type, vm);
	return vm != NULL;
}

/* The node that is acted on, or, behind a VM, the node where it shall go. */
static bool
take_node(const struct reading_words *r, const char *word, GError **error)
{
	const struct node *node = cluster_node_by_name(r->cluster, word, error);

	if (node == NULL)
		return false;
	if (r->out->kind == 0)
		request_for_node(r->out, r->verb->type, node);
	else
		r->out->target = node->h.index;
	return true;
}

static bool
set_text(const struct reading_words *r, char *field, size_t size, const char *word,
    GError **error)
{
	if (g_strlcpy(field, word, size) < size)
		return true;
	return refuse(error, "\"%s\": more than %zu octets of text", r->verb->verb, size - 1);
}

/* Something that the cluster as a whole has by that name: a power sequence. */
static bool
take_name(const struct reading_words *r, const char *word, GError **error)
{
	r->out->kind = OBJECT_CLUSTER;
	return set_text(r, r->out->name, sizeof(r->out->name), word, error) &&
	    set_text(r, r->out->argument, sizeof(r->out->argument), word, error);
}

static bool
take_argument(const struct reading_words *r, const char *word, GError **error)
{
	return set_text(r, r->out->argument, sizeof(r->out->argument), word, error);
}

/* A word with three points takes all that follow as well. */
static const struct operand {
	const char *usage;
	bool (*take)(const struct reading_words *, const char *word, GError **);
} operand_kinds[] = {
	{ "VM", take_vm },
	{ "NODE", take_node },
	{ "SEQUENCE", take_name },
	{ "KEYS...", take_argument },
};

static const struct operand *
find_operand(const char *usage, size_t len)
{
	for (size_t i = 0; i < G_N_ELEMENTS(operand_kinds); i++) {
		const struct operand *kind = &operand_kinds[i];
		if (strlen(kind->usage) == len && strncmp(kind->usage, usage, len) == 0)
			return kind;
	}
	g_error("model/command.c: no operand is called %s", usage);
}

static bool
refuse_use(const struct command_verb *verb, GError **error)
{
	g_autoptr(GString) usage = g_string_new(verb->verb);
	g_auto(GStrv) options = g_strsplit(verb->options, " ", -1);

	if (verb->usage[0] != '\0')
		g_string_append_printf(usage, " %s", verb->usage);
	for (char **o = options; *o != NULL; o++)
		g_string_append_printf(usage, " [--%s%s]", *o,
		    request_option_takes_value(*o) ? "=N" : "");
	return refuse(error, "\"%s\" is used like this: %s", verb->verb, usage->str);
}

static bool
take_rest(const struct reading_words *r, guint from, const struct operand *kind,
    GError **error)
{
	g_autoptr(GString) text = g_string_new(NULL);

	for (guint i = from; i < r->operands->len; i++)
		g_string_append_printf(text, "%s%s", i > from ? " " : "",
		    (const char *)r->operands->pdata[i]);
	return kind->take(r, text->str, error);
}

/* Word by word as in the usage, "VM [NODE]". */
static bool
take_operands(const struct reading_words *r, GError **error)
{
	g_auto(GStrv) usages = g_strsplit(r->verb->usage, " ", -1);
	guint taken = 0;

	for (char **usage = usages; *usage != NULL; usage++) {
		bool optional = **usage == '[';
		const char *name = *usage + optional;
		const struct operand *kind = find_operand(name, strlen(name) - optional);
		bool rest = g_str_has_suffix(kind->usage, "...");
		if (taken == r->operands->len && optional)
			break;
		if (taken == r->operands->len)
			return refuse_use(r->verb, error);
		if (rest && !take_rest(r, taken, kind, error))
			return false;
		if (!rest && !kind->take(r, r->operands->pdata[taken], error))
			return false;
		taken = rest ? r->operands->len : taken + 1;
	}
	return taken == r->operands->len || refuse_use(r->verb, error);
}

/* --- options */

static bool
has_word(const char *words, const char *word, size_t len)
{
	for (const char *p = words; (p = strstr(p, word)) != NULL; p += len)
		if ((p == words || p[-1] == ' ') && (p[len] == ' ' || p[len] == '\0'))
			return true;
	return false;
}

/* "--word", "--word=N" or "--word N"; `word` is behind the dashes. */
static bool
take_option(struct reading_words *r, const char *word, GError **error)
{
	size_t len = strcspn(word, "=");
	g_autofree char *name = g_strndup(word, len);
	g_autofree char *joined = NULL;

	if (len == 0 || (!has_word(r->verb->options, name, len) &&
		!has_word(COMMON_OPTIONS, name, len)))
		return refuse(error, "\"%s\" has no option --%s", r->verb->verb, name);
	if (word[len] == '\0' && request_option_takes_value(name) && *r->next != NULL)
		joined = g_strdup_printf("%s=%s", name, *r->next++);
	return request_option_take(r->out, joined != NULL ? joined : word, error);
}

/* Sorts the words first: options belong to a request that operands begin anew. */
static bool
take_words(struct reading_words *r, GError **error)
{
	g_autoptr(GPtrArray) operands = r->operands = g_ptr_array_new();
	struct request options = { .type = r->verb->type };
	struct request *out = r->out;
	bool all_operands = false;

	*out = (struct request){ .type = r->verb->type };
	r->out = &options;
	while (*r->next != NULL) {
		const char *word = *r->next++;
		if (all_operands || !g_str_has_prefix(word, "--"))
			g_ptr_array_add(operands, (gpointer)word);
		else if (strcmp(word, "--") == 0)
			all_operands = true;
		else if (!take_option(r, word + 2, error))
			return false;
	}
	r->out = out;
	if (!take_operands(r, error))
		return false;
	out->flags |= options.flags;
	out->max_downtime = options.max_downtime;
	out->bandwidth = options.bandwidth;
	out->keep = options.keep;
	if (options.amount != 0)
		out->amount = options.amount;
	if (out->kind == 0)
		out->kind = OBJECT_CLUSTER;
	return true;
}

/* --- verbs */

static const struct command_verb *
find_verb(const char *word)
{
	for (const struct command_verb *v = command_verbs; v->verb != NULL; v++)
		if (strcmp(v->verb, word) == 0)
			return v;
	return NULL;
}

static void
refuse_verb(const char *word, GError **error)
{
	g_autoptr(GString) known = g_string_new(NULL);

	for (const struct command_verb *v = command_verbs; v->verb != NULL; v++)
		g_string_append_printf(known, "%s%s", known->len > 0 ? ", " : "", v->verb);
	refuse(error, "unknown command \"%s\" (known: %s)", word, known->str);
}

bool
command_parse_words(const struct cluster *cluster, const char *const *words,
    struct request *out, GError **error)
{
	if (words[0] == NULL)
		return refuse(error, "empty command");
	const struct command_verb *verb = find_verb(words[0]);
	if (verb == NULL) {
		refuse_verb(words[0], error);
		return false;
	}
	struct reading_words reading = {
		.cluster = cluster, .verb = verb, .next = words + 1, .out = out
	};
	return take_words(&reading, error);
}

bool
command_parse(const struct cluster *cluster, const char *text, struct request *out,
    GError **error)
{
	g_auto(GStrv) words = NULL;
	g_autoptr(GError) shell_error = NULL;

	if (!g_shell_parse_argv(text, NULL, &words, &shell_error))
		return refuse(error, "cannot read command \"%s\": %s", text,
		    shell_error->message);
	if (!command_parse_words(cluster, (const char *const *)words, out, error))
		return false;
	g_strlcpy(out->command, text, sizeof(out->command));
	return true;
}
