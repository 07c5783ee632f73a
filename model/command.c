/* Commands in words: the verbs of `virtcluster` and of vclCommand. */
#include "model/request.h"

#include <string.h>

const struct command_verb command_verbs[] = {
	{ "start",    JOB_POWER_ON,  "VM", "power a VM on" },
	{ "shutdown", JOB_SHUTDOWN,  "VM", "ask the guest to shut down, and wait until it has" },
	{ "poweroff", JOB_POWER_OFF, "VM", "cut a VM's power at once" },
	{ "reset",    JOB_RESET,     "VM", "press a VM's reset button" },
	{ 0 },
};

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
	g_set_error(error, REQUEST_ERROR, REQUEST_BAD_VALUE,
	    "unknown command \"%s\" (known: %s)", word, known->str);
}

bool
command_parse_words(const struct cluster *cluster, const char *const *words,
    struct request *out, GError **error)
{
	if (words[0] == NULL) {
		g_set_error(error, REQUEST_ERROR, REQUEST_BAD_VALUE, "empty command");
		return false;
	}
	const struct command_verb *verb = find_verb(words[0]);
	if (verb == NULL) {
		refuse_verb(words[0], error);
		return false;
	}
	if (words[1] == NULL || words[2] != NULL) {
		g_set_error(error, REQUEST_ERROR, REQUEST_BAD_VALUE,
		    "\"%s\" takes one operand: %s %s", verb->verb, verb->verb, verb->usage);
		return false;
	}
	const struct vm *vm = cluster_vm_by_name(cluster, words[1], error);
	if (vm == NULL)
		return false;
	request_for_vm(out, verb->type, vm);
	return true;
}

bool
command_parse(const struct cluster *cluster, const char *text, struct request *out,
    GError **error)
{
	g_auto(GStrv) words = NULL;
	g_autoptr(GError) shell_error = NULL;

	if (!g_shell_parse_argv(text, NULL, &words, &shell_error)) {
		g_set_error(error, REQUEST_ERROR, REQUEST_BAD_VALUE,
		    "cannot read command \"%s\": %s", text, shell_error->message);
		return false;
	}
	if (!command_parse_words(cluster, (const char *const *)words, out, error))
		return false;
	g_strlcpy(out->command, text, sizeof(out->command));
	return true;
}
