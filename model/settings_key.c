/* Keys of the configuration: what is in the file, checked, into the fields of a struct. */
#include "model/settings_key.h"

#include <string.h>

#include "model/names.h"

static bool
is_name(const char *text)
{
	return *text != '\0' && strlen(text) <= 63 &&
	    strspn(text, G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "._-") == strlen(text) &&
	    *text != '.' && *text != '-';
}

static bool
is_uri(const char *text)
{
	g_autofree char *scheme = g_uri_parse_scheme(text);

	return scheme != NULL;
}

static bool
is_path(const char *text)
{
	return g_path_is_absolute(text);
}

static bool
are_paths(const char *text)
{
	g_auto(GStrv) words = g_strsplit_set(text, " \t", -1);

	for (char **word = words; *word != NULL; word++)
		if (**word != '\0' && !g_path_is_absolute(*word))
			return false;
	return true;
}

static bool
is_socket(const char *text)
{
	return g_path_is_absolute(text) || g_str_has_prefix(text, "tcp:") ||
	    g_str_has_prefix(text, "unix:/");
}

static bool
is_command(const char *text)
{
	g_auto(GStrv) words = NULL;

	return g_shell_parse_argv(text, NULL, &words, NULL);
}

static bool
is_backend(const char *text)
{
	return strcmp(text, "none") == 0 || strcmp(text, "pacemaker") == 0;
}

/* It becomes part of a URI. */
static bool
is_transport(const char *text)
{
	static const char *const known[] = { "tcp", "tls", "ssh", "libssh", "libssh2", NULL };

	return g_strv_contains(known, text);
}

/* Room is left for what is put behind it. */
static bool
is_web(const char *text)
{
	return (g_str_has_prefix(text, "http://") ||
	        g_str_has_prefix(text, "https://")) &&
	       strlen(text) <= 200 && strpbrk(text, " \t\"<>") == NULL;
}

/* A name of DNS, or a number; no port. */
static bool
is_host(const char *word)
{
	size_t plain = strspn(word, G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "._-");

	return g_hostname_is_ip_address(word) || (*word != '-' && word[plain] == '\0');
}

static bool
are_hosts(const char *text)
{
	g_auto(GStrv) words = g_strsplit_set(text, " \t", -1);

	for (char **word = words; *word != NULL; word++)
		if (**word != '\0' && !is_host(*word))
			return false;
	return true;
}

static const struct {
	bool (*fits)(const char *);
	const char *wanted;
} text_kinds[] = {
	[KIND_NAME] = {is_name,     "1 to 63 letters, digits, '.', '_' or '-'"     },
	[KIND_PATH] = { is_path,    "an absolute path"                             },
	[KIND_PATHS] = { are_paths,  "a list of absolute paths, separated by blanks"},
	[KIND_SOCKET] = { is_socket,  "an absolute path, or tcp:host:port"           },
	[KIND_URI] = { is_uri,     "a libvirt URI such as qemu+ssh://host/system" },
	[KIND_WEB] = { is_web,     "a URL such as https://host/"                  },
	[KIND_HOSTS] = { are_hosts, "names of hosts without a port, separated by blanks" },
	[KIND_BACKEND] = { is_backend, "\"none\" or \"pacemaker\""                    },
	[KIND_TRANSPORT] = { is_transport, "tcp, tls, ssh, libssh or libssh2"           },
	[KIND_COMMAND] = { is_command, "\"local\", or a command whose quotes match"   },
};

const char *
settings_misfit(enum settings_kind kind, const char *text)
{
	return text_kinds[kind].fits(text) ? NULL : text_kinds[kind].wanted;
}

static bool
parse_bool(const char *text, bool *out)
{
	static const char *const yes[] = { "on", "yes", "true", "1", NULL };
	static const char *const no[] = { "off", "no", "false", "0", NULL };

	*out = g_strv_contains(yes, text);
	return *out || g_strv_contains(no, text);
}

/* A number that has no value but "off" until somebody gives it one. */
static bool
may_be_off(const struct settings_key *key)
{
	return g_strcmp0(key->fallback, "off") == 0;
}

static bool
set_severity(const struct settings_file *file, int line, const struct settings_key *key,
    const char *text, int *field, GError **error)
{
	*field = enum_from_name(severity_names, text);
	return *field != 0 ||
	    settings_refuse(file, line, error,
		"%s = %s: info, warning or critical is wanted", key->name, text);
}

static bool
set_number(const struct settings_file *file, int line, const struct settings_key *key,
    const char *text, int *field, GError **error)
{
	int64_t number = 0;

	if (!(may_be_off(key) && strcmp(text, "off") == 0) &&
	    !g_ascii_string_to_signed(text, 10, key->least, key->most, &number, NULL))
		return settings_refuse(file, line, error,
		    "%s = %s: %sa whole number from %d to %d is wanted", key->name, text,
		    may_be_off(key) ? "off, or " : "", key->least, key->most);
	*field = (int)number;
	return true;
}

static bool
set_value(const struct settings_file *file, int line, const struct settings_key *key,
    const char *text, void *base, GError **error)
{
	void *field = (char *)base + key->offset;

	if (key->kind == KIND_BOOL)
		return parse_bool(text, field) ||
		    settings_refuse(file, line, error, "%s = %s: on or off is wanted",
			key->name, text);
	if (key->kind == KIND_SEVERITY)
		return set_severity(file, line, key, text, field, error);
	if (key->kind == KIND_INT)
		return set_number(file, line, key, text, field, error);
	const char *wanted = key->kind == KIND_TEXT || *text == '\0'
	    ? NULL : settings_misfit(key->kind, text);
	if (wanted != NULL)
		return settings_refuse(file, line, error, "%s = %s: %s is wanted", key->name,
		    text, wanted);
	g_free(*(char **)field);
	*(char **)field = g_strdup(text);
	return true;
}

static const struct settings_key *
find_key(const struct settings_form *form, const char *group, const char *name)
{
	for (size_t i = 0; i < form->n; i++)
		if (strcmp(form->keys[i].group, group) == 0 &&
		    strcmp(form->keys[i].name, name) == 0)
			return &form->keys[i];
	return NULL;
}

static char *
known_keys(const struct settings_form *form, const char *group)
{
	GString *known = g_string_new(NULL);

	for (size_t i = 0; i < form->n; i++)
		if (strcmp(form->keys[i].group, group) == 0)
			g_string_append_printf(known, "%s%s", known->len > 0 ? ", " : "",
			    form->keys[i].name);
	return g_string_free(known, FALSE);
}

bool
settings_read_section(const struct settings_file *file, const char *group,
    const char *kind, const struct settings_form *form, void *base, GError **error)
{
	g_auto(GStrv) names = g_key_file_get_keys(file->keys, group, NULL, NULL);

	for (size_t i = 0; names[i] != NULL; i++) {
		const struct settings_key *key = find_key(form, kind, names[i]);
		int line = settings_line(file, group, names[i]);
		g_autoptr(GError) why = NULL;
		if (key == NULL) {
			g_autofree char *known = known_keys(form, kind);
			return settings_refuse(file, line, error,
			    "unknown key \"%s\" in [%s] (known: %s)", names[i], group, known);
		}
		g_autofree char *text =
		    g_key_file_get_string(file->keys, group, names[i], &why);
		if (text == NULL)
			return settings_refuse(file, line, error, "%s: %s", names[i],
			    why->message);
		if (!set_value(file, line, key, text, base, error))
			return false;
	}
	return true;
}

bool
settings_set_fallbacks(const struct settings_file *file,
    const struct settings_form *form, void *base, GError **error)
{
	for (size_t i = 0; i < form->n; i++) {
		const struct settings_key *key = &form->keys[i];
		int line = settings_line(file, key->group, key->name);
		if (key->fallback != NULL &&
		    !set_value(file, line, key, key->fallback, base, error))
			return false;
	}
	return true;
}
