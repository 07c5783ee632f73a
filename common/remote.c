/* Commands that are run on a host by way of another one. */
#include "common/remote.h"

#include <gio/gio.h>
#include <string.h>

bool
remote_is_plain(const char *word)
{
	for (const char *p = word; *p != '\0'; p++)
		if (!g_ascii_isalnum(*p) && strchr("._:@%+=,/-", *p) == NULL &&
		    (unsigned char)*p < 0x80)
			return false;
	return *word != '\0';
}

char *
remote_quote(const char *word)
{
	return remote_is_plain(word) ? g_strdup(word) : g_shell_quote(word);
}

/* ssh hands all words over to a shell of the other side, with blanks in between. */
static bool
is_ssh(const char *program)
{
	g_autofree char *base = g_path_get_basename(program);

	return strcmp(base, "ssh") == 0;
}

char **
remote_words(const char *command, const char *const *tool, GError **error)
{
	g_auto(GStrv) prefix = NULL;
	g_autoptr(GStrvBuilder) words = g_strv_builder_new();

	if (strcmp(command, "local") == 0 || !g_shell_parse_argv(command, NULL, &prefix, NULL))
		prefix = g_new0(char *, 1);
	bool direct = prefix[0] == NULL, ssh = !direct && is_ssh(prefix[0]);
	g_strv_builder_addv(words, (const char **)prefix);
	for (const char *const *word = tool; *word != NULL; word++) {
		if (!direct && !ssh && !remote_is_plain(*word)) {
			g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
			    "\"%s\" cannot be put through %s: it might be read by a shell",
			    *word, prefix[0]);
			return NULL;
		}
		g_autofree char *quoted = direct ? g_strdup(*word) : remote_quote(*word);
		g_strv_builder_add(words, quoted);
	}
	return g_strv_builder_end(words);
}
