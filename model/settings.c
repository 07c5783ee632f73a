/* The configuration: its keys, its sections, and what must fit together. */
#include "config.h"

#include "model/settings.h"

#include <string.h>

#include "model/settings_file.h"
#include "model/settings_key.h"

/* --- the keys: one line each */

#define IN(f)	   offsetof(struct settings, f)
#define IN_NODE(f) offsetof(struct node_setting, f)

static const struct settings_key keys[] = {
	{ "cluster", "name",           KIND_NAME,   IN(name),           "virtcluster" },
	{ "cluster", "interval",       KIND_INT,    IN(interval),       "10", 1, 3600 },
	{ "cluster", "backend",        KIND_BACKEND, IN(backend),       "none" },
	{ "cluster", "control",        KIND_BOOL,   IN(control),        "off" },
	{ "cluster", "dirty-rate",     KIND_INT,    IN(dirty_rate),     "300", 0, 86400 },
	{ "cluster", "control-group",  KIND_TEXT,   IN(control_group),  "virtcluster" },
	{ "cluster", "control-socket", KIND_PATH,   IN(control_socket),
	    RUNSTATEDIR "/virtcluster/control.sock", .restart = true },
	{ "cluster", "agentx-socket",  KIND_SOCKET, IN(agentx_socket),
	    "/var/agentx/master", .restart = true },
	{ "cluster", "state-dir",      KIND_PATH,   IN(state_dir),
	    LOCALSTATEDIR "/lib/virtcluster", .restart = true },
	{ "pacemaker", "interval",     KIND_INT,    IN(pacemaker_interval), "10", 1, 3600 },
	{ "pacemaker", "timeout",      KIND_INT,    IN(pacemaker_timeout), "10", 1, 300 },
	{ "pacemaker", "definitions",  KIND_PATH,   IN(pacemaker_definitions),
	    "/etc/virtcluster/ha" },
	{ "pacemaker", "migration-transport", KIND_TRANSPORT, IN(pacemaker_transport), "" },
	{ "control", "jobs-most",      KIND_INT,    IN(jobs_most),      "16", 1, 1000 },
	{ "control", "jobs-per-node",  KIND_INT,    IN(jobs_per_node),  "4", 1, 100 },
	{ "control", "jobs-per-pool",  KIND_INT,    IN(jobs_per_pool),  "2", 1, 100 },
	{ "control", "keep",           KIND_INT,    IN(keep),           "86400", 1, 31536000 },
	{ "storage", "interval",       KIND_INT,    IN(storage_interval), "60", 0, 86400 },
	{ "storage", "refresh",        KIND_INT,    IN(storage_refresh), "300", 0, 86400 },
	{ "control", "grace",          KIND_INT,    IN(grace),          "60", 1, 86400 },
	{ "migrate", "shared",         KIND_PATHS,  IN(migrate_shared), "" },
	{ "migrate", "memory-reserve", KIND_INT,    IN(migrate_reserve), "0", 0, 1000000 },
	{ "notify",  "rate",           KIND_INT,    IN(notify_rate),    "60", 0, 100000 },
	{ "notify",  "heartbeat",      KIND_INT,    IN(heartbeat),      "0", 0, 86400 },
	{ "templates", "dir",          KIND_PATH,   IN(template_dir),
	    SYSCONFDIR "/virtcluster/templates" },
	{ "web",     "url",            KIND_WEB,    IN(web_url),        "" },
	{ "web",     "listen",         KIND_TEXT,   IN(web_listen),     "127.0.0.1:8080" },
	{ "web",     "host",           KIND_HOSTS,  IN(web_hosts),      "" },
	{ "web",     "base-path",      KIND_TEXT,   IN(web_base),       "" },
	{ "notify",  "severity",       KIND_SEVERITY, IN(notify_severity), "info" },
	{ "rrd",     "enabled",        KIND_BOOL,   IN(rrd_enabled),    "on" },
	{ "rrd",     "dir",            KIND_PATH,   IN(rrd_dir),        "" },
	{ "rrd",     "rrdcached",      KIND_TEXT,   IN(rrdcached),      "" },
	{ "rrd",     "step",           KIND_INT,    IN(rrd_step),       "60", 1, 300 },
	{ "rrd",     "years",          KIND_INT,    IN(rrd_years),      "10", 1, 30 },
	{ "rrd",     "devices",        KIND_BOOL,   IN(rrd_devices),    "on" },
	{ "rrd",     "keep-removed",   KIND_INT,    IN(rrd_keep_removed), "365", 0, 36500 },
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
	LEVEL_OF("history-age", history_age, "600"),
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

static const struct settings_form main_form = { keys, G_N_ELEMENTS(keys) };

static const struct settings_key node_keys[] = {
	{ "node", "uri",      KIND_URI, IN_NODE(uri),      NULL },
	{ "node", "interval", KIND_INT, IN_NODE(interval), "0", 0, 3600 },
	{ "node", "probe",    KIND_COMMAND, IN_NODE(probe), "" },
	{ "node", "export",   KIND_COMMAND, IN_NODE(export), "" },
	{ "node", "pacemaker", KIND_COMMAND, IN_NODE(pacemaker), "" },
	{ "node", "pacemaker-name", KIND_TEXT, IN_NODE(pacemaker_name), "" },
	{ "node", "migrate-uri", KIND_URI, IN_NODE(migrate_uri), "" },
};

static const struct settings_form node_form = { node_keys, G_N_ELEMENTS(node_keys) };

struct pool_setting {
	bool shared;
};

static const struct settings_key pool_keys[] = {
	{ "pool", "shared", KIND_BOOL, offsetof(struct pool_setting, shared), "off" },
};

static const struct settings_form pool_form = { pool_keys, G_N_ELEMENTS(pool_keys) };

/* --- sections of things that have names */

static void
node_setting_free(gpointer data)
{
	struct node_setting *node = data;

	g_free(node->name);
	g_free(node->uri);
	g_free(node->probe);
	g_free(node->export);
	g_free(node->pacemaker);
	g_free(node->pacemaker_name);
	g_free(node->migrate_uri);
	g_free(node);
}

static bool
read_node(const struct settings_file *file, const char *group, struct settings *settings,
    GError **error)
{
	struct node_setting *node = g_new0(struct node_setting, 1);
	int line = settings_line(file, group, NULL);

	g_ptr_array_add(settings->nodes, node);
	node->name = g_strstrip(g_strdup(group + strlen("node")));
	const char *wanted = settings_misfit(KIND_NAME, node->name);
	if (wanted != NULL)
		return settings_refuse(file, line, error, "[%s]: the node's name must be %s", group,
		    wanted);
	if (settings_node(settings, node->name) != node)
		return settings_refuse(file, line, error, "[%s]: a second node of that name", group);
	if (!settings_set_fallbacks(file, &node_form, node, error) ||
	    !settings_read_section(file, group, "node", &node_form, node, error))
		return false;
	if (node->uri == NULL || *node->uri == '\0')
		return settings_refuse(file, line, error, "[%s] has no key \"uri\"", group);
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
read_pool(const struct settings_file *file, const char *group, struct settings *settings,
    GError **error)
{
	g_autofree char *name = g_strstrip(g_strdup(group + strlen("pool")));
	struct pool_setting pool = { false };

	if (*name == '\0')
		return settings_refuse(file, settings_line(file, group, NULL), error,
		    "[%s]: the pool's name is missing", group);
	if (!settings_read_section(file, group, "pool", &pool_form, &pool, error))
		return false;
	if (pool.shared)
		add_shared(settings, name);
	return true;
}

static bool
read_backup(const struct settings_file *file, const char *group, struct settings *settings,
    GError **error)
{
	g_autoptr(GError) why = NULL;
	struct backup_rule *rule = backup_rule_read(file, group, &why);
	const GPtrArray *all = settings->rules->backups;
	bool again = false;

	for (guint i = 0; i < all->len; i++)
		again |= strcmp(((const struct backup_rule *)all->pdata[i])->name, rule->name) == 0;
	g_ptr_array_add(settings->rules->backups, rule);
	if (why != NULL) {
		g_propagate_error(error, g_steal_pointer(&why));
		return false;
	}
	return !again || settings_refuse(file, settings_line(file, group, NULL), error,
	    "[%s]: a second schedule of that name", group);
}

/* A section of the rules. */
static bool
read_rules(const struct settings_file *file, const char *group, struct settings *settings,
    GError **error)
{
	g_autofree char *key = NULL;
	g_autoptr(GError) why = NULL;

	return rules_read(settings->rules, file->keys, group, &key, &why) ||
	    settings_refuse(file, settings_line(file, group, key), error, "%s", why->message);
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
read_sections(const struct settings_file *file, struct settings *settings, GError **error)
{
	g_auto(GStrv) groups = g_key_file_get_groups(file->keys, NULL);

	for (size_t i = 0; groups[i] != NULL; i++) {
		bool good;
		if (g_str_has_prefix(groups[i], "node "))
			good = read_node(file, groups[i], settings, error);
		else if (g_str_has_prefix(groups[i], "pool "))
			good = read_pool(file, groups[i], settings, error);
		else if (g_str_has_prefix(groups[i], "backup "))
			good = read_backup(file, groups[i], settings, error);
		else if (rules_is_section(groups[i]))
			good = read_rules(file, groups[i], settings, error);
		else if (is_section(groups[i]))
			good = settings_read_section(file, groups[i], groups[i],
			    &main_form, settings, error);
		else
			good = settings_refuse(file, settings_line(file, groups[i], NULL), error,
			    "unknown section [%s] (known: [cluster], [pacemaker], [control], [rrd], "
			    "[storage], [health], [migrate], [notify], [templates], [web], [placer], "
			    "[node NAME], [pool NAME], [group NAME], [vm NAME], [sequence NAME], "
			    "[backup NAME])",
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
check_rules(const struct settings_file *file, struct settings *s, GError **error)
{
	g_autofree char *section = NULL, *key = NULL;
	g_autoptr(GError) why = NULL;

	s->rules->limits = s->placer;
	return rules_check(s->rules, has_node, s, &section, &key, &why) ||
	    settings_refuse(file, settings_line(file, section, key), error, "%s", why->message);
}

const char *
node_setting_pacemaker_name(const struct node_setting *node)
{
	return *node->pacemaker_name != '\0' ? node->pacemaker_name : node->name;
}

/* What Pacemaker tells of a node is told of one of ours. */
static bool
check_pacemaker_names(const struct settings_file *file, const struct settings *s,
    GError **error)
{
	g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);

	for (guint i = 0; i < s->nodes->len; i++) {
		const struct node_setting *node = s->nodes->pdata[i];
		if (g_hash_table_add(seen, (gpointer)node_setting_pacemaker_name(node)))
			continue;
		g_autofree char *group = g_strdup_printf("node %s", node->name);
		int line = settings_line(file, group, "pacemaker-name");
		return settings_refuse(file, line > 0 ? line : settings_line(file, group, NULL), error,
		    "[%s]: another node is called %s by Pacemaker", group,
		    node_setting_pacemaker_name(node));
	}
	return true;
}

static bool
check_together(const struct settings_file *file, struct settings *s, GError **error)
{
	if (*s->rrd_dir == '\0') {
		g_free(s->rrd_dir);
		s->rrd_dir = g_build_filename(s->state_dir, "rrd", NULL);
	}
	if (300 % s->rrd_step != 0)
		return settings_refuse(file, settings_line(file, "rrd", "step"), error,
		    "step = %d: it must divide 300, so that five minutes hold whole steps",
		    s->rrd_step);
	return check_pacemaker_names(file, s, error) && check_rules(file, s, error);
}

static bool
read_all(const struct settings_file *file, struct settings *settings, GError **error)
{
	return settings_set_fallbacks(file, &main_form, settings, error) &&
	    read_sections(file, settings, error) && check_together(file, settings, error);
}

struct settings *
settings_load(const char *path, GError **error)
{
	SCOPED(settings_file) file = settings_file_read(path, error);
	SCOPED(settings) settings = NULL;

	if (file == NULL)
		return NULL;
	settings = g_new0(struct settings, 1);

	atomic_init(&settings->refs, 1);
	settings->path = g_strdup(path);
	settings->nodes = g_ptr_array_new_with_free_func(node_setting_free);
	settings->rules = rules_new();
	if (!read_all(file, settings, error))
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

GArray *
settings_pacemaker_places(const struct settings *settings)
{
	GArray *places = g_array_new(FALSE, FALSE, sizeof(struct pacemaker_place));
	struct pacemaker_place place;

	for (guint i = 0; i < settings->nodes->len; i++) {
		const struct node_setting *node = settings->nodes->pdata[i];
		place = (struct pacemaker_place){ node->name, node->pacemaker };
		if (*node->pacemaker != '\0')
			g_array_append_val(places, place);
	}
	place = (struct pacemaker_place){ "", "local" };
	if (places->len == 0)
		g_array_append_val(places, place);
	return places;
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
