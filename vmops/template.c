/* Templates: reading and checking one. */
#include "vmops/template.h"

#include <string.h>

#include "common/safe_xml.h"
#include "model/settings_key.h"
#include "vmops/create.h"

#define XML_MOST (1024 * 1024)

#define IN(f) offsetof(struct template, f)

static const struct settings_key keys[] = {
	{ "template", "description", KIND_TEXT, IN(description), "" },
	{ "template", "base",     KIND_TEXT, IN(base),         "" },
	{ "template", "pool",     KIND_TEXT, IN(pool),         "" },
	{ "template", "linked",   KIND_BOOL, IN(linked),       "on" },
	{ "template", "vcpus",    KIND_INT,  IN(vcpus),        "0", 0, 4096 },
	{ "template", "memory",   KIND_INT,  IN(memory),       "0", 0, 16777216 },
	{ "template", "disk",     KIND_INT,  IN(disk),         "0", 0, 1073741824 },
	{ "template", "network",  KIND_NAME, IN(network),      "" },
	{ "template", "install",  KIND_TEXT, IN(install_word), "none" },
	{ "template", "timeout",  KIND_INT,  IN(timeout),      "600", 1, 86400 },
	{ "cloud-init", "user",     KIND_NAME, IN(user),       "" },
	{ "cloud-init", "ssh-keys", KIND_TEXT, IN(ssh_keys),   "" },
	{ "cloud-init", "packages", KIND_TEXT, IN(packages),   "" },
};

static const struct settings_form form = { keys, G_N_ELEMENTS(keys) };

bool
template_fits_name(const char *name)
{
	return settings_misfit(KIND_NAME, name) == NULL;
}

void
template_free(struct template *t)
{
	if (t == NULL)
		return;
	for (size_t i = 0; i < G_N_ELEMENTS(keys); i++)
		if (keys[i].kind < KIND_INT)
			g_free(*(char **)((char *)t + keys[i].offset));
	g_free(t->name);
	g_free(t->base_pool);
	g_free(t->base_volume);
	g_free(t->xml);
	g_clear_pointer(&t->parameters, g_hash_table_unref);
	g_free(t);
}

/* --- template.conf */

static bool
read_parameters(const struct settings_file *file, struct template *t, GError **error)
{
	g_auto(GStrv) names = g_key_file_get_keys(file->keys, "parameters", NULL, NULL);

	for (char **name = names; name != NULL && *name != NULL; name++) {
		g_autoptr(GError) why = NULL;
		int line = settings_line(file, "parameters", *name);
		char *text = g_key_file_get_string(file->keys, "parameters", *name, &why);
		if (text == NULL)
			return settings_refuse(file, line, error, "%s: %s", *name, why->message);
		g_hash_table_insert(t->parameters, g_strdup(*name), text);
	}
	return true;
}

static bool
read_sections(const struct settings_file *file, struct template *t, GError **error)
{
	g_auto(GStrv) groups = g_key_file_get_groups(file->keys, NULL);

	for (char **group = groups; *group != NULL; group++) {
		bool good;
		if (strcmp(*group, "parameters") == 0)
			good = read_parameters(file, t, error);
		else if (strcmp(*group, "template") == 0 || strcmp(*group, "cloud-init") == 0)
			good = settings_read_section(file, *group, *group, &form, t, error);
		else
			good = settings_refuse(file, settings_line(file, *group, NULL), error,
			    "unknown section [%s] (known: [template], [cloud-init], "
			    "[parameters])", *group);
		if (!good)
			return false;
	}
	return true;
}

/* Is it a name that libvirt could have for a volume: no path. */
static bool
is_volume(const char *text)
{
	return *text != '\0' && *text != '.' && strchr(text, '/') == NULL;
}

static bool
check_base(const struct settings_file *file, struct template *t, GError **error)
{
	const char *slash = strchr(t->base, '/');

	if (*t->base == '\0')
		return true;
	if (slash == NULL || slash == t->base || !is_volume(slash + 1))
		return settings_refuse(file, settings_line(file, "template", "base"), error,
		    "base = %s: POOL/VOLUME is wanted", t->base);
	t->base_pool = g_strndup(t->base, (gsize)(slash - t->base));
	t->base_volume = g_strdup(slash + 1);
	if (*t->pool == '\0') {
		g_free(t->pool);
		t->pool = g_strdup(t->base_pool);
	}
	return true;
}

static bool
check_together(const struct settings_file *file, struct template *t, GError **error)
{
	g_autofree char *kind = g_strdup(t->install_word);

	if (strcmp(kind, "cloud-init") == 0)
		t->install = INSTALL_CLOUD_INIT;
	else
		t->install = enum_from_name(install_kind_names, kind);
	if (t->install == 0 || strcmp(kind, "cloudInit") == 0)
		return settings_refuse(file, settings_line(file, "template", "install"), error,
		    "install = %s: none, cloud-init or netboot is wanted", kind);
	if (!check_base(file, t, error))
		return false;
	if (t->disk > 0 && *t->pool == '\0')
		return settings_refuse(file, settings_line(file, "template", "disk"), error,
		    "disk = %d: \"base\" or \"pool\" must say where it is made", t->disk);
	if (t->install == INSTALL_CLOUD_INIT && *t->base == '\0')
		return settings_refuse(file, settings_line(file, "template", "install"), error,
		    "install = cloud-init: it takes a \"base\" that has cloud-init");
	if (t->base_volume == NULL && *t->pool != '\0' && t->disk == 0)
		return settings_refuse(file, settings_line(file, "template", "pool"), error,
		    "pool = %s: without a \"base\" it takes a \"disk\" of some size", t->pool);
	return true;
}

static bool
read_conf(struct template *t, const char *path, GError **error)
{
	SCOPED(settings_file) file = settings_file_read(path, error);

	return file != NULL && settings_set_fallbacks(file, &form, t, error) &&
	    read_sections(file, t, error) && check_together(file, t, error);
}

/* --- domain.xml */

static bool
read_xml(struct template *t, const char *path, GError **error)
{
	g_autoptr(GError) why = NULL;
	gsize size = 0;

	if (!g_file_get_contents(path, &t->xml, &size, &why)) {
		g_propagate_error(error, g_steal_pointer(&why));
		return false;
	}
	if (size <= XML_MOST && strlen(t->xml) == size && create_xml_check(t, &why))
		return true;
	g_set_error(error, G_KEY_FILE_ERROR, G_KEY_FILE_ERROR_INVALID_VALUE, "%s: %s", path,
	    why != NULL ? why->message : "it is no text of a sensible size");
	return false;
}

struct template *
template_read(const char *dir, const char *name, GError **error)
{
	g_autofree char *conf = g_build_filename(dir, name, TEMPLATE_CONF, NULL);
	g_autofree char *xml = g_build_filename(dir, name, TEMPLATE_XML, NULL);
	SCOPED(template) t = NULL;

	if (!template_fits_name(name)) {
		g_set_error(error, G_KEY_FILE_ERROR, G_KEY_FILE_ERROR_INVALID_VALUE,
		    "a template's name is 1 to 63 letters, digits, '.', '_' or '-'");
		return NULL;
	}
	t = g_new0(struct template, 1);
	t->name = g_strdup(name);
	t->parameters = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	if (!read_conf(t, conf, error) || !read_xml(t, xml, error))
		return NULL;
	return g_steal_pointer(&t);
}
