/* The archive of files whose objects are gone. */
#include "graphs/rrd_shelf.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>

#include "common/log.h"
#include "graphs/rrd_layout.h"
#include "model/history.h"

#define DAY         86400
#define BETWEEN     3600 /* seconds between two looks at the same kind */
#define SUFFIX      ".rrd"
#define ARCHIVE     "archive"

/* --- one file */

/* DIR/KIND/FILE in the archive. */
static char *
shelf_path(const char *path)
{
	g_autofree char *file = g_path_get_basename(path);
	g_autofree char *folder = g_path_get_dirname(path);
	g_autofree char *kind = g_path_get_basename(folder);
	g_autofree char *dir = g_path_get_dirname(folder);

	return g_build_filename(dir, ARCHIVE, kind, file, NULL);
}

bool
rrd_shelf_return(const char *path)
{
	g_autofree char *kept = shelf_path(path);

	if (g_rename(kept, path) < 0)
		return false;
	log_info("rrd", "%s is back: its history goes on", path);
	return true;
}

/* rrdcached writes what it holds, and holds nothing more.  False: it does not answer. */
static bool
let_go(struct rrdcached *server, const char *path)
{
	static const char *const verbs[] = { "FLUSH", "FORGET" };

	for (size_t i = 0; server != NULL && i < G_N_ELEMENTS(verbs); i++) {
		g_autoptr(GString) command = g_string_new(verbs[i]);
		g_autoptr(GError) error = NULL;
		rrdcached_append(command, path);
		g_strfreev(rrdcached_ask(server, command->str, &error));
		if (g_error_matches(error, RRD_ERROR, RRD_ERROR_GONE))
			return false;
	}
	return true;
}

static bool
put_away(const char *path, struct rrdcached *server)
{
	g_autofree char *kept = shelf_path(path);
	g_autofree char *folder = g_path_get_dirname(kept);

	if (!let_go(server, path))
		return false;
	if (g_mkdir_with_parents(folder, 0750) < 0 || g_rename(path, kept) < 0)
		log_warn("rrd", "cannot move %s to the archive: %s", path, g_strerror(errno));
	else
		log_info("rrd", "%s: its object is gone, the history is in the archive", path);
	return true;
}

/* --- the files of a kind */

static GHashTable *
known_names(const struct cluster *cluster, enum row_set set)
{
	GHashTable *names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	const struct rows *rows = &cluster->rows[set];
	char name[HISTORY_NAME];

	for (size_t i = 0; i < rows->n; i++)
		if (history_name(cluster, set, rows->row[i], name))
			g_hash_table_add(names, g_strconcat(name, SUFFIX, NULL));
	return names;
}

/*
 * Calls `act` for each RRD file of the folder that was last changed before `before`, until it
 * returns false.
 */
static void
each_old_file(const char *folder, GHashTable *but, int64_t before,
    bool (*act)(const char *path, struct rrdcached *), struct rrdcached *server)
{
	g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
	const char *file;
	bool more = true;

	while (more && dir != NULL && (file = g_dir_read_name(dir)) != NULL) {
		g_autofree char *path = g_build_filename(folder, file, NULL);
		struct stat st;
		if (!g_str_has_suffix(file, SUFFIX) ||
		    (but != NULL && g_hash_table_contains(but, file)))
			continue;
		/* Being moved changes ctime alone: so one in the archive tells since when. */
		if (lstat(path, &st) == 0 && S_ISREG(st.st_mode) &&
		    MAX(st.st_mtime, st.st_ctime) < before)
			more = act(path, server);
	}
}

static bool
remove_file(const char *path, struct rrdcached *server)
{
	if (g_unlink(path) < 0)
		log_warn("rrd", "cannot remove %s: %s", path, g_strerror(errno));
	else
		log_info("rrd", "%s is removed: its object is gone for long", path);
	return true;
}

/* All nodes are there and tell what they have. */
static bool
all_is_known(const struct cluster *cluster, const struct settings *settings)
{
	const struct rows *nodes = &cluster->rows[ROWS_NODE];

	size_t hosts = 0;

	for (size_t i = 0; i < nodes->n; i++) {
		if (!node_is_up(nodes->row[i]))
			return false;
		hosts += node_is_host(nodes->row[i]);
	}
	return hosts > 0 && hosts == settings->nodes->len;
}

static void
look_at_kind(const struct rrd_kind *kind, const struct cluster *cluster,
    const struct settings *settings, struct rrdcached *server, int64_t now)
{
	g_autofree char *folder = g_build_filename(settings->rrd_dir, kind->name, NULL);
	g_autofree char *kept =
	    g_build_filename(settings->rrd_dir, ARCHIVE, kind->name, NULL);

	if (all_is_known(cluster, settings)) {
		g_autoptr(GHashTable) names = known_names(cluster, kind->table->rows);
		each_old_file(folder, names, now - DAY, put_away, server);
	}
	if (settings->rrd_keep_removed > 0)
		each_old_file(kept, NULL, now - (int64_t)settings->rrd_keep_removed * DAY,
		    remove_file, NULL);
}

void
rrd_shelf_look(struct rrd_shelf *shelf, const struct cluster *cluster,
    const struct settings *settings, struct rrdcached *server, int64_t now)
{
	if (now < shelf->due)
		return;
	look_at_kind(&rrd_kinds[shelf->kind], cluster, settings, server, now);
	shelf->kind = (shelf->kind + 1) % rrd_kinds_n;
	if (shelf->kind == 0)
		shelf->due = now + BETWEEN;
}
