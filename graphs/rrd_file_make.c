/* RRD files are made, and grow. */
#include <errno.h>
#include <glib/gstdio.h>
#include <rrd.h>
#include <string.h>

#include "common/log.h"
#include "graphs/rrd_file_private.h"

/* --- what it shall have */

/* Rows that its archives of days shall have. */
static unsigned
days(const struct rrd_file *f)
{
	return rrd_layout_days(f->kind, f->years);
}

static void
add_missing_sources(
    const struct rrd_file *f, const struct rrd_facts *facts, GPtrArray *args)
{
	for (size_t i = 0; i < f->sources->n; i++) {
		const struct column *c = f->sources->column[i];
		if (facts == NULL || rrd_facts_source(facts, c->series) == NULL)
			g_ptr_array_add(args, rrd_layout_source(c, f->heartbeat));
	}
}

/* One of ours that would be unknown between two readings: their interval has become longer. */
static bool
is_impatient(const struct rrd_file *f, const struct rrd_facts_source *s)
{
	return rrd_kind_source(f->kind, s->name) >= 0 && s->heartbeat != NULL &&
	       g_ascii_strtoull(s->heartbeat, NULL, 10) < f->heartbeat;
}

static void
add_patience(const struct rrd_file *f, const struct rrd_facts *facts, GPtrArray *args)
{
	for (guint i = 0; i < facts->sources->len; i++) {
		const struct rrd_facts_source *s = g_ptr_array_index(facts->sources, i);
		if (!is_impatient(f, s))
			continue;
		g_ptr_array_add(args, g_strdup("--heartbeat"));
		g_ptr_array_add(args, g_strdup_printf("%s:%u", s->name, f->heartbeat));
	}
}

/* --- making */

/* Folders that a group may read; set-group-ID hands the group of rrd_dir down. */
static bool
make_folders(const struct rrd_file *f, mode_t mode, GError **error)
{
	g_autofree char *folder = g_path_get_dirname(f->path);

	if (g_mkdir_with_parents(folder, 0755) < 0) {
		g_set_error(error, RRD_ERROR, RRD_ERROR_FAILED, "cannot make %s: %s",
		    folder, g_strerror(errno));
		return false;
	}
	(void)g_chmod(folder, mode); /* not ours: its owner has decided */
	return true;
}

static bool
create_direct(const struct rrd_file *f, time_t start, GPtrArray *args, GError **error)
{
	if (!make_folders(f, 02750, error))
		return false;
	rrd_clear_error();
	if (rrd_create_r2(f->path, f->step, start, !f->blank, NULL, NULL, (int)args->len,
		(const char **)args->pdata) != 0)
		return rrd_file_librrd_failed(error);
	(void)g_chmod(f->path, 0640);
	return true;
}

static bool
ask_create(
    const struct rrd_file *f, const char *options, GPtrArray *args, GError **error)
{
	g_autoptr(GString) command = g_string_new("CREATE");

	rrdcached_append(command, f->path);
	g_string_append_printf(command, " %s", options);
	for (guint i = 0; i < args->len; i++)
		rrdcached_append(command, g_ptr_array_index(args, i));
	g_autoptr(GError) why = NULL;
	g_auto(GStrv) lines = rrdcached_ask(f->server, command->str, &why);
	if (lines == NULL && g_str_has_suffix(g_strchomp(why->message), "RRD Error:"))
		g_set_error(error, RRD_ERROR, RRD_ERROR_FAILED,
		    "%s cannot be written by rrdcached: the disk may be full", f->path);
	else if (lines == NULL)
		g_propagate_error(error, g_steal_pointer(&why));
	return lines != NULL;
}

/*
 * rrdcached makes the folder itself when it may (-R); otherwise we make it and the group
 * that both are in lets rrdcached write to it.
 */
static bool
create_server(const struct rrd_file *f, time_t start, GPtrArray *args, GError **error)
{
	g_autofree char *options = g_strdup_printf(
	    "-s %u -b %lld%s", f->step, (long long)start, f->blank ? "" : " -O");
	g_autoptr(GError) first = NULL;

	if (ask_create(f, options, args, &first))
		return true;
	if (strstr(first->message, "recursively create") == NULL) {
		g_propagate_error(error, g_steal_pointer(&first));
		return false;
	}
	return make_folders(f, 02775, error) && ask_create(f, options, args, error);
}

bool
rrd_file_create(struct rrd_file *f, int64_t first, GError **error)
{
	g_autoptr(GPtrArray) args = g_ptr_array_new_with_free_func(g_free);
	time_t start = (time_t)(first - 1);

	add_missing_sources(f, NULL, args);
	rrd_layout_add_archives(args, f->kind, f->step, f->years);
	return (f->server != NULL ? create_server : create_direct)(
	    f, start, args, error);
}

/* --- changing */

/*
 * rrd_tune rewrites the file beside itself and renames it: history and state are kept.
 * Its answer says nothing, the error text does.
 */
static bool
extend_direct(const struct rrd_file *f, struct rrd_facts *facts, GError **error)
{
	g_autoptr(GPtrArray) args = g_ptr_array_new_with_free_func(g_free);

	g_ptr_array_add(args, g_strdup("tune"));
	g_ptr_array_add(args, g_strdup(f->path));
	add_patience(f, facts, args);
	add_missing_sources(f, facts, args);
	rrd_facts_add_rows(facts, days(f), args);
	g_ptr_array_add(args, NULL);
	/* It reorders its arguments: free what we own, not what it leaves there. */
	g_autofree char **argv = g_new(char *, args->len);
	memcpy(argv, args->pdata, args->len * sizeof(char *));
	rrd_clear_error();
	rrd_tune((int)args->len - 1, argv);
	return !rrd_test_error() || rrd_file_librrd_failed(error);
}

/*
 * rrdcached cannot tune.  It can make a file anew and fill it from another one, even from
 * the file itself; the rows come over as they were but for the last bit (see test_rrd).
 */
static bool
extend_server(const struct rrd_file *f, struct rrd_facts *facts, GError **error)
{
	g_autoptr(GPtrArray) args = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GString) options = g_string_new(NULL);

	g_string_append_printf(options, "-s %u -r", facts->step);
	rrdcached_append(options, f->path);
	for (guint i = 0; i < facts->sources->len; i++) {
		struct rrd_facts_source *source = g_ptr_array_index(facts->sources, i);
		if (!is_impatient(f, source))
			continue;
		g_free(source->heartbeat);
		source->heartbeat = g_strdup_printf("%u", f->heartbeat);
	}
	rrd_facts_add_own(facts, days(f), args);
	add_missing_sources(f, facts, args);
	return ask_create(f, options->str, args, error);
}

bool
rrd_file_is_complete(const struct rrd_file *f, const struct rrd_facts *facts)
{
	g_autoptr(GPtrArray) rows = g_ptr_array_new_with_free_func(g_free);

	rrd_facts_add_rows(facts, days(f), rows);
	add_patience(f, facts, rows);
	return f->lacks == 0 && rows->len == 0;
}

/* As it is a file is still worth writing to. */
bool
rrd_file_extend(struct rrd_file *f, struct rrd_facts *facts, GError **error)
{
	g_autoptr(GError) why = NULL;

	if ((f->server != NULL ? extend_server : extend_direct)(f, facts, &why))
		return rrd_file_read(f, facts, error);
	log_debug("rrd", "%s stays as it is: %s", f->path, why->message);
	if (!g_error_matches(why, RRD_ERROR, RRD_ERROR_GONE))
		return true;
	g_propagate_error(error, g_steal_pointer(&why));
	return false;
}

