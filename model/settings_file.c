/* The configuration as a file: its keys, and where they stand. */
#include "model/settings_file.h"

#include <string.h>

int
settings_line(const struct settings_file *file, const char *group, const char *key)
{
	g_autofree char *id =
	    key == NULL ? g_strdup(group) : g_strconcat(group, "\n", key, NULL);

	return GPOINTER_TO_INT(g_hash_table_lookup(file->lines, id));
}

bool
settings_refuse(const struct settings_file *file, int line, GError **error,
    const char *format, ...)
{
	va_list args;

	va_start(args, format);
	g_autofree char *what = g_strdup_vprintf(format, args);
	va_end(args);
	g_set_error(error, G_KEY_FILE_ERROR, G_KEY_FILE_ERROR_INVALID_VALUE,
	            "%s:%d: %s", file->path, line, what);
	return false;
}

/* Takes `id`. */
static bool
note_line(struct settings_file *file, char *id, const char *what, int line,
          GError **error)
{
	int earlier = GPOINTER_TO_INT(g_hash_table_lookup(file->lines, id));

	if (earlier == 0) {
		g_hash_table_insert(file->lines, id, GINT_TO_POINTER(line));
		return true;
	}
	g_free(id);
	return settings_refuse(file, line, error,
	                       "%s stands a second time (first in line %d)", what,
	                       earlier);
}

static bool
scan_line(struct settings_file *file, char *text, int line, char **group,
          GError **error)
{
	char *end = strchr(text, ']'), *equals = strchr(text, '=');

	if (*text == '\0' || *text == '#')
		return true;
	if (*text == '[' && end != NULL && end[1] == '\0') {
		*end = '\0';
		g_free(*group);
		*group = g_strdup(text + 1);
		g_autofree char *what = g_strdup_printf("section [%s]", *group);
		return note_line(file, g_strdup(*group), what, line, error);
	}
	if (equals == NULL || equals == text)
		return settings_refuse(
		    file, line, error,
		    "\"%s\" is neither a [section] nor a \"key = value\"", text);
	if (*group == NULL)
		return settings_refuse(file, line, error,
		                       "\"%s\" stands before any [section]", text);
	*equals = '\0';
	g_strchomp(text);
	g_autofree char *what = g_strdup_printf("key \"%s\"", text);
	return note_line(file, g_strconcat(*group, "\n", text, NULL), what, line,
	                 error);
}

static bool
scan_lines(struct settings_file *file, const char *data, GError **error)
{
	g_auto(GStrv) lines = g_strsplit(data, "\n", -1);
	g_autofree char *group = NULL;

	for (int i = 0; lines[i] != NULL; i++)
		if (!scan_line(file, g_strstrip(lines[i]), i + 1, &group, error))
			return false;
	return true;
}

static bool
load(struct settings_file *file, GError **error)
{
	g_autofree char *data = NULL;
	g_autoptr(GError) why = NULL;
	size_t length;

	if (!g_file_get_contents(file->path, &data, &length, &why)) {
		g_set_error(error, G_KEY_FILE_ERROR, G_KEY_FILE_ERROR_NOT_FOUND,
		            "cannot read the configuration: %s", why->message);
		return false;
	}
	if (strlen(data) != length || !g_utf8_validate(data, -1, NULL))
		return settings_refuse(file, 1, error, "is not UTF-8 text");
	if (!scan_lines(file, data, error))
		return false;
	return g_key_file_load_from_data(file->keys, data, length, G_KEY_FILE_NONE,
	                                 &why) ||
	       settings_refuse(file, 1, error, "%s", why->message);
}

struct settings_file *
settings_file_read(const char *path, GError **error)
{
	SCOPED(settings_file) file = g_new0(struct settings_file, 1);

	file->path = path;
	file->keys = g_key_file_new();
	file->lines = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	if (!load(file, error))
		return NULL;
	return g_steal_pointer(&file);
}

void
settings_file_free(struct settings_file *file)
{
	g_key_file_free(file->keys);
	g_hash_table_destroy(file->lines);
	g_free(file);
}
