/* The configuration: read by GKeyFile, checked key by key. */
#include "config.h"

#include "model/settings.h"

#include <string.h>

#include "model/names.h"

/* --- the keys: one line each */

/* From KIND_INT on they are kept as numbers. */
enum kind { KIND_TEXT, KIND_NAME, KIND_PATH, KIND_PATHS, KIND_SOCKET, KIND_URI, KIND_COMMAND,
	KIND_WEB, KIND_INT, KIND_BOOL, KIND_SEVERITY };

struct key {
	const char *group, *name;
	enum kind kind;
	size_t offset; /* in struct settings, or in struct node_setting */
	const char *fallback;
	int least, most; /* of KIND_INT */
	bool restart;    /* a change takes effect at the next start only */
};

#define IN(f)	   offsetof(struct settings, f)
#define IN_NODE(f) offsetof(struct node_setting, f)

static const struct key keys[] = {
	{ "cluster", "name",           KIND_NAME,   IN(name),           "virtcluster" },
	{ "cluster", "interval",       KIND_INT,    IN(interval),       "10", 1, 3600 },
	{ "cluster", "control",        KIND_BOOL,   IN(control),        "off" },
	{ "cluster", "dirty-rate",     KIND_INT,    IN(dirty_rate),     "300", 0, 86400 },
	{ "cluster", "control-group",  KIND_TEXT,   IN(control_group),  "virtcluster" },
	{ "cluster", "control-socket", KIND_PATH,   IN(control_socket),
	    RUNSTATEDIR "/virtcluster/control.sock", .restart = true },
	{ "cluster", "agentx-socket",  KIND_SOCKET, IN(agentx_socket),
	    "/var/agentx/master", .restart = true },
	{ "cluster", "state-dir",      KIND_PATH,   IN(state_dir),
	    LOCALSTATEDIR "/lib/virtcluster", .restart = true },
	{ "control", "jobs-most",      KIND_INT,    IN(jobs_most),      "16", 1, 1000 },
	{ "control", "jobs-per-node",  KIND_INT,    IN(jobs_per_node),  "4", 1, 100 },
	{ "control", "keep",           KIND_INT,    IN(keep),           "86400", 1, 31536000 },
	{ "storage", "interval",       KIND_INT,    IN(storage_interval), "60", 0, 86400 },
	{ "storage", "refresh",        KIND_INT,    IN(storage_refresh), "300", 0, 86400 },
	{ "control", "grace",          KIND_INT,    IN(grace),          "60", 1, 86400 },
	{ "migrate", "shared",         KIND_PATHS,  IN(migrate_shared), "" },
	{ "migrate", "memory-reserve", KIND_INT,    IN(migrate_reserve), "0", 0, 1000000 },
	{ "notify",  "rate",           KIND_INT,    IN(notify_rate),    "60", 0, 100000 },
	{ "notify",  "heartbeat",      KIND_INT,    IN(heartbeat),      "0", 0, 86400 },
	{ "web",     "url",            KIND_WEB,    IN(web_url),        "" },
	{ "notify",  "severity",       KIND_SEVERITY, IN(notify_severity), "info" },
	{ "rrd",     "enabled",        KIND_BOOL,   IN(rrd_enabled),    "on" },
	{ "rrd",     "dir",            KIND_PATH,   IN(rrd_dir),        "" },
	{ "rrd",     "rrdcached",      KIND_TEXT,   IN(rrdcached),      "" },
	{ "rrd",     "step",           KIND_INT,    IN(rrd_step),       "60", 1, 300 },
#define LEVEL_OF(name, field, fallback)                                                \
	{ "health", name, KIND_INT, IN(thresholds.field), fallback, 0, 100000 }
	LEVEL_OF("pool-warning", pool_warning, "80"),
	LEVEL_OF("pool-critical", pool_critical, "95"),
	LEVEL_OF("pool-commitment", pool_commitment, "0"),
	LEVEL_OF("node-cpu-warning", node_cpu_warning, "95"),
	LEVEL_OF("node-cpu-critical", node_cpu_critical, "0"),
	LEVEL_OF("node-memory-warning", node_memory_warning, "90"),
	LEVEL_OF("node-memory-critical", node_memory_critical, "97"),
	LEVEL_OF("node-filesystem-warning", node_filesystem_warning, "85"),
	LEVEL_OF("node-filesystem-critical", node_filesystem_critical, "95"),
	LEVEL_OF("node-pressure-warning", node_pressure_warning, "20"),
	LEVEL_OF("node-pressure-critical", node_pressure_critical, "60"),
	LEVEL_OF("vm-steal-warning", vm_steal_warning, "15"),
	LEVEL_OF("vm-steal-critical", vm_steal_critical, "40"),
	LEVEL_OF("vm-stuck-critical", vm_stuck_critical, "30"),
	LEVEL_OF("vm-admin-state", vm_admin_state, "300"),
	LEVEL_OF("margin", margin, "3"),
	LEVEL_OF("raise-after", raise_after, "60"),
#define PLACER(name, field, fallback, least, most)                                     \
	{ "placer", name, KIND_INT, IN(placer.field), fallback, least, most }
	PLACER("memory-limit", memory_limit, "90", 1, 1000),
	PLACER("parallel", parallel, "2", 1, 16),
	PLACER("auto-balance", auto_balance, "off", 10, 86400),
	PLACER("moves", moves, "10", 1, 100),
	PLACER("moves-per-hour", moves_per_hour, "6", 1, 1000),
	PLACER("improvement", improvement, "3", 1, 100),
	PLACER("cooldown", cooldown, "1800", 0, 86400),
};

static const struct key node_keys[] = {
	{ "node", "uri",      KIND_URI, IN_NODE(uri),      NULL },
	{ "node", "interval", KIND_INT, IN_NODE(interval), "0", 0, 3600 },
	{ "node", "probe",    KIND_COMMAND, IN_NODE(probe), "" },
	{ "node", "migrate-uri", KIND_URI, IN_NODE(migrate_uri), "" },
};

struct pool_setting {
	bool shared;
};

static const struct key pool_keys[] = {
	{ "pool", "shared", KIND_BOOL, offsetof(struct pool_setting, shared), "off" },
};

/* --- where things stand in the file, for messages */

struct file {
	const char *path;
	GKeyFile *keys;
	GHashTable *lines; /* "group", or "group\nkey" -> line number */
};

static int
line_of(const struct file *file, const char *group, const char *key)
{
	g_autofree char *id = key == NULL ? g_strdup(group)
					  : g_strconcat(group, "\n", key, NULL);

	return GPOINTER_TO_INT(g_hash_table_lookup(file->lines, id));
}

static bool G_GNUC_PRINTF(4, 5)
refuse(const struct file *file, int line, GError **error, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	g_autofree char *what = g_strdup_vprintf(format, args);
	va_end(args);
	g_set_error(error, G_KEY_FILE_ERROR, G_KEY_FILE_ERROR_INVALID_VALUE, "%s:%d: %s",
	    file->path, line, what);
	return false;
}

/* Takes `id`. */
static bool
note_line(struct file *file, char *id, const char *what, int line, GError **error)
{
	int earlier = GPOINTER_TO_INT(g_hash_table_lookup(file->lines, id));

	if (earlier == 0) {
		g_hash_table_insert(file->lines, id, GINT_TO_POINTER(line));
		return true;
	}
	g_free(id);
	return refuse(file, line, error, "%s stands a second time (first in line %d)", what,
	    earlier);
}

static bool
scan_line(struct file *file, char *text, int line, char **group, GError **error)
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
		return refuse(file, line, error,
		    "\"%s\" is neither a [section] nor a \"key = value\"", text);
	if (*group == NULL)
		return refuse(file, line, error, "\"%s\" stands before any [section]", text);
	*equals = '\0';
	g_strchomp(text);
	g_autofree char *what = g_strdup_printf("key \"%s\"", text);
	return note_line(file, g_strconcat(*group, "\n", text, NULL), what, line, error);
}

static bool
scan_lines(struct file *file, const char *data, GError **error)
{
	g_auto(GStrv) lines = g_strsplit(data, "\n", -1);
	g_autofree char *group = NULL;

	for (int i = 0; lines[i] != NULL; i++)
		if (!scan_line(file, g_strstrip(lines[i]), i + 1, &group, error))
			return false;
	return true;
}

/* --- one value */

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

/* Room is left for what is put behind it. */
static bool
is_web(const char *text)
{
	return (g_str_has_prefix(text, "http://") || g_str_has_prefix(text, "https://")) &&
	    strlen(text) <= 200 && strpbrk(text, " \t\"<>") == NULL;
}

static const struct {
	bool (*fits)(const char *);
	const char *wanted;
} text_kinds[] = {
	[KIND_NAME] = { is_name, "1 to 63 letters, digits, '.', '_' or '-'" },
	[KIND_PATH] = { is_path, "an absolute path" },
	[KIND_PATHS] = { are_paths, "a list of absolute paths, separated by blanks" },
	[KIND_SOCKET] = { is_socket, "an absolute path, or tcp:host:port" },
	[KIND_URI] = { is_uri, "a libvirt URI such as qemu+ssh://host/system" },
	[KIND_WEB] = { is_web, "a URL such as https://host/" },
	[KIND_COMMAND] = { is_command, "\"local\", or a command whose quotes match" },
};

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
may_be_off(const struct key *key)
{
	return g_strcmp0(key->fallback, "off") == 0;
}

static bool
set_value(const struct file *file, const char *group, const struct key *key,
    const char *text, void *base, GError **error)
{
	void *field = (char *)base + key->offset;
	int line = line_of(file, group, key->name);
	int64_t number;

	if (key->kind == KIND_BOOL) {
		if (!parse_bool(text, field))
			return refuse(file, line, error,
			    "%s = %s: on or off is wanted", key->name, text);
		return true;
	}
	if (key->kind == KIND_SEVERITY) {
		*(int *)field = enum_from_name(severity_names, text);
		return *(int *)field != 0 ||
		    refuse(file, line, error, "%s = %s: info, warning or critical is wanted",
			key->name, text);
	}
	if (key->kind == KIND_INT) {
		if (may_be_off(key) && strcmp(text, "off") == 0) {
			*(int *)field = 0;
			return true;
		}
		if (!g_ascii_string_to_signed(text, 10, key->least, key->most, &number, NULL))
			return refuse(file, line, error,
			    "%s = %s: %sa whole number from %d to %d is wanted", key->name,
			    text, may_be_off(key) ? "off, or " : "", key->least, key->most);
		*(int *)field = (int)number;
		return true;
	}
	if (key->kind != KIND_TEXT && *text != '\0' && !text_kinds[key->kind].fits(text))
		return refuse(file, line, error, "%s = %s: %s is wanted", key->name, text,
		    text_kinds[key->kind].wanted);
	g_free(*(char **)field);
	*(char **)field = g_strdup(text);
	return true;
}

/* --- one section */

static const struct key *
find_key(const struct key *table, size_t n, const char *group, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(table[i].group, group) == 0 && strcmp(table[i].name, name) == 0)
			return &table[i];
	return NULL;
}

static char *
known_keys(const struct key *table, size_t n, const char *group)
{
	GString *known = g_string_new(NULL);

	for (size_t i = 0; i < n; i++)
		if (strcmp(table[i].group, group) == 0)
			g_string_append_printf(known, "%s%s", known->len > 0 ? ", " : "",
			    table[i].name);
	return g_string_free(known, FALSE);
}

/* `kind` is the group's name in the table: "cluster", "rrd", "node". */
static bool
read_section(const struct file *file, const char *group, const char *kind,
    const struct key *table, size_t n, void *base, GError **error)
{
	g_auto(GStrv) names = g_key_file_get_keys(file->keys, group, NULL, NULL);

	for (size_t i = 0; names[i] != NULL; i++) {
		const struct key *key = find_key(table, n, kind, names[i]);
		if (key == NULL) {
			g_autofree char *known = known_keys(table, n, kind);
			return refuse(file, line_of(file, group, names[i]), error,
			    "unknown key \"%s\" in [%s] (known: %s)", names[i], group, known);
		}
		g_autoptr(GError) why = NULL;
		g_autofree char *text =
		    g_key_file_get_string(file->keys, group, names[i], &why);
		if (text == NULL)
			return refuse(file, line_of(file, group, names[i]), error, "%s: %s",
			    names[i], why->message);
		if (!set_value(file, group, key, text, base, error))
			return false;
	}
	return true;
}

static bool
set_fallbacks(const struct file *file, const struct key *table, size_t n, void *base,
    GError **error)
{
	for (size_t i = 0; i < n; i++)
		if (table[i].fallback != NULL &&
		    !set_value(file, table[i].group, &table[i], table[i].fallback, base, error))
			return false;
	return true;
}

static void
node_setting_free(gpointer data)
{
	struct node_setting *node = data;

	g_free(node->name);
	g_free(node->uri);
	g_free(node->probe);
	g_free(node->migrate_uri);
	g_free(node);
}

static bool
read_node(const struct file *file, const char *group, struct settings *settings,
    GError **error)
{
	struct node_setting *node = g_new0(struct node_setting, 1);
	int line = line_of(file, group, NULL);

	g_ptr_array_add(settings->nodes, node);
	node->name = g_strstrip(g_strdup(group + strlen("node")));
	if (!is_name(node->name))
		return refuse(file, line, error, "[%s]: the node's name must be %s", group,
		    text_kinds[KIND_NAME].wanted);
	if (settings_node(settings, node->name) != node)
		return refuse(file, line, error, "[%s]: a second node of that name", group);
	if (!set_fallbacks(file, node_keys, G_N_ELEMENTS(node_keys), node, error) ||
	    !read_section(file, group, "node", node_keys, G_N_ELEMENTS(node_keys), node, error))
		return false;
	if (node->uri == NULL || *node->uri == '\0')
		return refuse(file, line, error, "[%s] has no key \"uri\"", group);
	return true;
}

/* Adds its name to those of shared pools. */
static void
add_shared(struct settings *settings, const char *name)
{
	guint n = settings->shared_pools == NULL ? 0 : g_strv_length(settings->shared_pools);

	settings->shared_pools = g_renew(char *, settings->shared_pools, n + 2);
	settings->shared_pools[n] = g_strdup(name);
	settings->shared_pools[n + 1] = NULL;
}

/* A pool's name is libvirt's: anything but nothing. */
static bool
read_pool(const struct file *file, const char *group, struct settings *settings,
    GError **error)
{
	g_autofree char *name = g_strstrip(g_strdup(group + strlen("pool")));
	struct pool_setting pool = { false };

	if (*name == '\0')
		return refuse(file, line_of(file, group, NULL), error,
		    "[%s]: the pool's name is missing", group);
	if (!read_section(file, group, "pool", pool_keys, G_N_ELEMENTS(pool_keys), &pool, error))
		return false;
	if (pool.shared)
		add_shared(settings, name);
	return true;
}

/* A section of the rules. */
static bool
read_rules(const struct file *file, const char *group, struct settings *settings,
    GError **error)
{
	g_autofree char *key = NULL;
	g_autoptr(GError) why = NULL;

	return rules_read(settings->rules, file->keys, group, &key, &why) ||
	    refuse(file, line_of(file, group, key), error, "%s", why->message);
}

static bool
is_section(const char *group)
{
	for (size_t i = 0; i < G_N_ELEMENTS(keys); i++)
		if (strcmp(keys[i].group, group) == 0)
			return true;
	return false;
}

static bool
read_sections(const struct file *file, struct settings *settings, GError **error)
{
	g_auto(GStrv) groups = g_key_file_get_groups(file->keys, NULL);

	for (size_t i = 0; groups[i] != NULL; i++) {
		bool good;
		if (g_str_has_prefix(groups[i], "node "))
			good = read_node(file, groups[i], settings, error);
		else if (g_str_has_prefix(groups[i], "pool "))
			good = read_pool(file, groups[i], settings, error);
		else if (rules_is_section(groups[i]))
			good = read_rules(file, groups[i], settings, error);
		else if (is_section(groups[i]))
			good = read_section(file, groups[i], groups[i], keys,
			    G_N_ELEMENTS(keys), settings, error);
		else
			good = refuse(file, line_of(file, groups[i], NULL), error,
			    "unknown section [%s] (known: [cluster], [control], [rrd], "
			    "[storage], [health], [migrate], [notify], [web], [placer], "
			    "[node NAME], [pool NAME], [group NAME], [vm NAME], [sequence NAME])",
			    groups[i]);
		if (!good)
			return false;
	}
	return true;
}

/* --- the whole file */

static bool
has_node(const void *settings, const char *name)
{
	return settings_node(settings, name) != NULL;
}

static bool
check_rules(const struct file *file, struct settings *s, GError **error)
{
	g_autofree char *section = NULL, *key = NULL;
	g_autoptr(GError) why = NULL;

	s->rules->limits = s->placer;
	return rules_check(s->rules, has_node, s, &section, &key, &why) ||
	    refuse(file, line_of(file, section, key), error, "%s", why->message);
}

static bool
check_together(const struct file *file, struct settings *s, GError **error)
{
	if (*s->rrd_dir == '\0') {
		g_free(s->rrd_dir);
		s->rrd_dir = g_build_filename(s->state_dir, "rrd", NULL);
	}
	if (300 % s->rrd_step != 0)
		return refuse(file, line_of(file, "rrd", "step"), error,
		    "step = %d: it must divide 300, so that five minutes hold whole steps",
		    s->rrd_step);
	return check_rules(file, s, error);
}

static bool
read_file(struct file *file, struct settings *settings, GError **error)
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
		return refuse(file, 1, error, "is not UTF-8 text");
	if (!scan_lines(file, data, error))
		return false;
	if (!g_key_file_load_from_data(file->keys, data, length, G_KEY_FILE_NONE, &why))
		return refuse(file, 1, error, "%s", why->message);
	return set_fallbacks(file, keys, G_N_ELEMENTS(keys), settings, error) &&
	    read_sections(file, settings, error) && check_together(file, settings, error);
}

struct settings *
settings_load(const char *path, GError **error)
{
	g_autoptr(GKeyFile) key_file = g_key_file_new();
	g_autoptr(GHashTable) lines = g_hash_table_new_full(g_str_hash, g_str_equal,
	    g_free, NULL);
	struct file file = { path, key_file, lines };
	SCOPED(settings) settings = g_new0(struct settings, 1);

	atomic_init(&settings->refs, 1);
	settings->path = g_strdup(path);
	settings->nodes = g_ptr_array_new_with_free_func(node_setting_free);
	settings->rules = rules_new();
	if (!read_file(&file, settings, error))
		return NULL;
	return g_steal_pointer(&settings);
}

struct settings *
settings_ref(struct settings *settings)
{
	ref_take(&settings->refs);
	return settings;
}

void
settings_unref(struct settings *s)
{
	if (s == NULL || !ref_drop(&s->refs))
		return;
	for (size_t i = 0; i < G_N_ELEMENTS(keys); i++)
		if (keys[i].kind < KIND_INT)
			g_free(*(char **)((char *)s + keys[i].offset));
	g_ptr_array_free(s->nodes, TRUE);
	g_strfreev(s->shared_pools);
	rules_unref(s->rules);
	g_free(s->path);
	g_free(s);
}

const struct node_setting *
settings_node(const struct settings *settings, const char *name)
{
	for (size_t i = 0; i < settings->nodes->len; i++) {
		const struct node_setting *node = settings->nodes->pdata[i];
		if (strcmp(node->name, name) == 0)
			return node;
	}
	return NULL;
}

char *
settings_needs_restart(const struct settings *old, const struct settings *new)
{
	g_autoptr(GString) changed = g_string_new(NULL);

	for (size_t i = 0; i < G_N_ELEMENTS(keys); i++) {
		const char *a, *b;
		if (!keys[i].restart)
			continue;
		a = *(char *const *)((const char *)old + keys[i].offset);
		b = *(char *const *)((const char *)new + keys[i].offset);
		if (strcmp(a, b) != 0)
			g_string_append_printf(changed, "%s%s", changed->len > 0 ? ", " : "",
			    keys[i].name);
	}
	return changed->len == 0 ? NULL : g_string_free(g_steal_pointer(&changed), FALSE);
}
