/* RRD files: creation, growth and direct updates. */
#include "graphs/rrd_file.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <rrd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* A source as it is in the file. */
struct file_source {
	char *name;
	char *type;
	char *heartbeat, *min, *max; /* as an argument of create wants them */
	unsigned index;
};

struct rrd_file {
	char *path;
	const struct rrd_kind *kind;
	struct rrd_sources sources;
	unsigned step, heartbeat;
	struct rrdcached *server;

	/* learnt by prepare */
	bool ready;
	GPtrArray *in_file; /* struct file_source, by index */
	GArray *order; /* int: for each source in the file, which of ours; -1: none */
	unsigned file_step, lacks;
	int64_t last;
};

/* --- what a file looks like */

static void
file_source_free(void *p)
{
	struct file_source *s = p;

	g_free(s->name);
	g_free(s->type);
	g_free(s->heartbeat);
	g_free(s->min);
	g_free(s->max);
	g_free(s);
}

static struct file_source *
file_source_at(struct rrd_file *f, const char *name)
{
	for (guint i = 0; i < f->in_file->len; i++) {
		struct file_source *s = g_ptr_array_index(f->in_file, i);
		if (strcmp(s->name, name) == 0)
			return s;
	}
	struct file_source *s = g_new0(struct file_source, 1);
	s->name = g_strdup(name);
	g_ptr_array_add(f->in_file, s);
	return s;
}

/* "DS:..." for what is in the file already; old versions' sources stay as they are. */
static char *
file_source_text(const struct file_source *s)
{
	return g_strdup_printf(
	    "DS:%s:%s:%s:%s:%s", s->name, s->type, s->heartbeat, s->min, s->max);
}

static void
add_our_sources(const struct rrd_file *f, GPtrArray *args)
{
	for (size_t i = 0; i < f->sources.n; i++) {
		g_ptr_array_add(
		    args, rrd_layout_source(f->sources.column[i], f->heartbeat));
	}
}

static bool
in_file(const struct rrd_file *f, const char *name)
{
	for (guint i = 0; i < f->in_file->len; i++) {
		const struct file_source *s = g_ptr_array_index(f->in_file, i);
		if (strcmp(s->name, name) == 0)
			return true;
	}
	return false;
}

static void
add_missing_sources(const struct rrd_file *f, GPtrArray *args)
{
	for (size_t i = 0; i < f->sources.n; i++) {
		const struct column *c = f->sources.column[i];
		if (!in_file(f, c->series))
			g_ptr_array_add(args, rrd_layout_source(c, f->heartbeat));
	}
}

/* --- reading what is in the file */

/* "1.0000000000e+02" and "NaN" as create's arguments have them. */
static char *
limit_text(const char *value)
{
	return g_strdup(g_ascii_strcasecmp(value, "nan") == 0 ? "U" : value);
}

/* One line of rrdinfo: ds[NAME].KEY, step and last_update are of interest. */
static void
learn(struct rrd_file *f, const char *key, const char *value)
{
	const char *end = strstr(key, "].");

	if (strcmp(key, "step") == 0)
		f->file_step = (unsigned)g_ascii_strtoull(value, NULL, 10);
	if (strcmp(key, "last_update") == 0)
		f->last = g_ascii_strtoll(value, NULL, 10);
	if (!g_str_has_prefix(key, "ds[") || end == NULL)
		return;
	g_autofree char *name = g_strndup(key + 3, (size_t)(end - key - 3));
	struct file_source *s = file_source_at(f, name);
	const char *what = end + 2;
	if (strcmp(what, "index") == 0)
		s->index = (unsigned)g_ascii_strtoull(value, NULL, 10);
	else if (strcmp(what, "type") == 0 && s->type == NULL)
		s->type = g_strdup(value);
	else if (strcmp(what, "minimal_heartbeat") == 0 && s->heartbeat == NULL)
		s->heartbeat = g_strdup(value);
	else if (strcmp(what, "min") == 0 && s->min == NULL)
		s->min = limit_text(value);
	else if (strcmp(what, "max") == 0 && s->max == NULL)
		s->max = limit_text(value);
}

static int
by_index(const void *a, const void *b)
{
	const struct file_source *x = *(struct file_source *const *)a;
	const struct file_source *y = *(struct file_source *const *)b;

	return (x->index > y->index) - (x->index < y->index);
}

static int
our_number(const struct rrd_file *f, const char *name)
{
	for (size_t i = 0; i < f->sources.n; i++)
		if (strcmp(f->sources.column[i]->series, name) == 0)
			return (int)i;
	return -1;
}

/* From what was learnt: which of our values goes where in an update. */
static void
make_order(struct rrd_file *f)
{
	unsigned found = 0;

	g_ptr_array_sort(f->in_file, by_index);
	g_array_set_size(f->order, 0);
	for (guint i = 0; i < f->in_file->len; i++) {
		const struct file_source *s = g_ptr_array_index(f->in_file, i);
		int ours = our_number(f, s->name);
		g_array_append_val(f->order, ours);
		found += ours >= 0;
	}
	f->lacks = (unsigned)f->sources.n - found;
}

static bool
librrd_failed(GError **error)
{
	const char *why = rrd_get_error();

	g_set_error(error, RRD_ERROR, (gint)rrd_error_code(why), "%s", why);
	rrd_clear_error();
	return false;
}

static bool
read_info_direct(struct rrd_file *f, GError **error)
{
	rrd_clear_error();
	rrd_info_t *info = rrd_info_r(f->path);
	if (info == NULL)
		return librrd_failed(error);
	for (const rrd_info_t *i = info; i != NULL; i = i->next) {
		char text[G_ASCII_DTOSTR_BUF_SIZE];
		if (i->type == RD_I_CNT)
			g_snprintf(text, sizeof(text), "%lu", i->value.u_cnt);
		else if (i->type == RD_I_VAL)
			g_ascii_dtostr(text, sizeof(text), i->value.u_val);
		else if (i->type == RD_I_STR)
			g_strlcpy(text, i->value.u_str, sizeof(text));
		else
			continue;
		learn(f, i->key, text);
	}
	rrd_info_free(info);
	return true;
}

static char *
command_on(const char *verb, const char *path)
{
	GString *command = g_string_new(verb);

	rrdcached_append(command, path);
	return g_string_free(command, FALSE);
}

bool
rrd_file_flush(struct rrdcached *server, const char *path, GError **error)
{
	g_autofree char *command = command_on("FLUSH", path);
	g_auto(GStrv) lines = rrdcached_ask(server, command, error);

	return lines != NULL;
}

/* "KEY TYPE VALUE" lines.  The file's last update is only true once it was flushed. */
static bool
read_info_server(struct rrd_file *f, GError **error)
{
	g_autofree char *command = command_on("INFO", f->path);

	if (!rrd_file_flush(f->server, f->path, error))
		return false;
	g_auto(GStrv) lines = rrdcached_ask(f->server, command, error);
	for (char **line = lines; line != NULL && *line != NULL; line++) {
		g_auto(GStrv) words = g_strsplit(*line, " ", 3);
		if (g_strv_length(words) == 3)
			learn(f, words[0], words[2]);
	}
	return lines != NULL;
}

static bool
read_info(struct rrd_file *f, GError **error)
{
	g_ptr_array_set_size(f->in_file, 0);
	if (!(f->server != NULL ? read_info_server : read_info_direct)(f, error))
		return false;
	make_order(f);
	return true;
}

/* --- making and changing files */

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
	if (rrd_create_r2(f->path, f->step, start, 1, NULL, NULL, (int)args->len,
		(const char **)args->pdata) != 0)
		return librrd_failed(error);
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
	g_auto(GStrv) lines = rrdcached_ask(f->server, command->str, error);
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
	    "-s %u -b %lld -O", f->step, (long long)start);
	g_autoptr(GError) first = NULL;

	if (ask_create(f, options, args, &first))
		return true;
	if (strstr(first->message, "recursively create") == NULL) {
		g_propagate_error(error, g_steal_pointer(&first));
		return false;
	}
	return make_folders(f, 02775, error) && ask_create(f, options, args, error);
}

static bool
create(struct rrd_file *f, int64_t first, GError **error)
{
	g_autoptr(GPtrArray) args = g_ptr_array_new_with_free_func(g_free);
	time_t start = (time_t)(first - 1);

	add_our_sources(f, args);
	rrd_layout_add_archives(args, f->step);
	return (f->server != NULL ? create_server : create_direct)(
	    f, start, args, error);
}

/*
 * rrd_tune rewrites the file beside itself and renames it: history and state are kept.
 * Its answer says nothing, the error text does.
 */
static bool
extend_direct(const struct rrd_file *f, GError **error)
{
	g_autoptr(GPtrArray) args = g_ptr_array_new_with_free_func(g_free);

	g_ptr_array_add(args, g_strdup("tune"));
	g_ptr_array_add(args, g_strdup(f->path));
	add_missing_sources(f, args);
	g_ptr_array_add(args, NULL);
	/* It reorders its arguments: free what we own, not what it leaves there. */
	g_autofree char **argv = g_new(char *, args->len);
	memcpy(argv, args->pdata, args->len * sizeof(char *));
	rrd_clear_error();
	rrd_tune((int)args->len - 1, argv);
	return !rrd_test_error() || librrd_failed(error);
}

/*
 * rrdcached cannot tune.  It can make a file anew and fill it from another one, even from
 * the file itself; the rows come over as they were but for the last bit (see test_rrd).
 */
static bool
extend_server(const struct rrd_file *f, GError **error)
{
	g_autoptr(GPtrArray) args = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GString) options = g_string_new(NULL);

	g_string_append_printf(options, "-s %u -r", f->file_step);
	rrdcached_append(options, f->path);
	for (guint i = 0; i < f->in_file->len; i++)
		g_ptr_array_add(
		    args, file_source_text(g_ptr_array_index(f->in_file, i)));
	add_missing_sources(f, args);
	rrd_layout_add_archives(args, f->file_step);
	return ask_create(f, options->str, args, error);
}

/* Without its new sources a file is still worth writing to. */
static bool
extend(struct rrd_file *f, GError **error)
{
	g_autoptr(GError) why = NULL;

	if ((f->server != NULL ? extend_server : extend_direct)(f, &why))
		return read_info(f, error);
	if (!g_error_matches(why, RRD_ERROR, RRD_ERROR_GONE))
		return true;
	g_propagate_error(error, g_steal_pointer(&why));
	return false;
}

/* --- the object */

struct rrd_file *
rrd_file_new(const char *dir, const struct rrd_kind *kind, const char *identity,
    unsigned step, unsigned interval, struct rrdcached *server, GError **error)
{
	char *path = rrd_layout_path(dir, kind, identity, error);

	if (path == NULL)
		return NULL;
	struct rrd_file *f = g_new0(struct rrd_file, 1);
	f->path = path;
	f->kind = kind;
	f->server = server;
	f->step = step;
	f->heartbeat = rrd_layout_heartbeat(step, interval);
	f->in_file = g_ptr_array_new_with_free_func(file_source_free);
	f->order = g_array_new(FALSE, FALSE, sizeof(int));
	rrd_kind_sources(kind, &f->sources);
	return f;
}

void
rrd_file_free(struct rrd_file *f)
{
	if (f == NULL)
		return;
	g_ptr_array_free(f->in_file, TRUE);
	g_array_free(f->order, TRUE);
	g_free(f->path);
	g_free(f);
}

const char *
rrd_file_name(const struct rrd_file *f)
{
	return f->path;
}

bool
rrd_file_prepare(struct rrd_file *f, int64_t first, GError **error)
{
	g_autoptr(GError) why = NULL;

	if (f->ready)
		return true;
	bool known = read_info(f, &why);
	if (!known && !g_error_matches(why, RRD_ERROR, RRD_ERROR_MISSING)) {
		g_propagate_error(error, g_steal_pointer(&why));
		return false;
	}
	if (!known && !(create(f, first, error) && read_info(f, error)))
		return false;
	if (f->lacks > 0 && !extend(f, error))
		return false;
	f->ready = true;
	return true;
}

void
rrd_file_distrust(struct rrd_file *f)
{
	f->ready = false;
}

int64_t
rrd_file_last(const struct rrd_file *f)
{
	return f->last;
}

unsigned
rrd_file_lacks(const struct rrd_file *f)
{
	return f->lacks;
}

void
rrd_file_append_values(
    const struct rrd_file *f, const struct rrd_sample *s, GString *out)
{
	g_string_append_printf(out, "%" G_GINT64_FORMAT, s->at);
	for (guint i = 0; i < f->order->len; i++) {
		int ours = g_array_index(f->order, int, i);
		if (ours < 0 || s->value[ours] == ABSENT_U64)
			g_string_append(out, ":U");
		else
			g_string_append_printf(
			    out, ":%" G_GUINT64_FORMAT, s->value[ours]);
	}
}

bool
rrd_file_write(
    struct rrd_file *f, const struct rrd_sample *samples, size_t n, GError **error)
{
	g_autoptr(GPtrArray) lines = g_ptr_array_new_with_free_func(g_free);

	for (size_t i = 0; i < n; i++) {
		GString *line = g_string_sized_new(128);
		rrd_file_append_values(f, &samples[i], line);
		g_ptr_array_add(lines, g_string_free(line, FALSE));
	}
	rrd_clear_error();
	if (n == 0 || rrd_updatex_r(f->path, NULL, RRD_SKIP_PAST_UPDATES,
			  (int)lines->len, (const char **)lines->pdata) == 0)
		return true;
	return librrd_failed(error);
}
