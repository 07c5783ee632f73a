/* RRD files: creation, growth and direct updates. */
#include "graphs/rrd_file.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <rrd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/log.h"
#include "graphs/rrd_facts.h"
#include "graphs/rrd_shelf.h"

struct rrd_file {
	char *path;
	const struct rrd_kind *kind;
	const struct rrd_sources *sources;
	unsigned step, heartbeat, years;
	struct rrdcached *server;

	/* learnt by prepare */
	bool ready;
	GArray *order; /* int8_t: for each source in the file, which of ours; -1: none */
	unsigned lacks;
	int64_t last;
};

/* --- what is in the file */

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

/* From what was learnt: which of our values goes where in an update. */
static void
make_order(struct rrd_file *f, struct rrd_facts *facts)
{
	unsigned found = 0;

	rrd_facts_sort(facts);
	g_array_set_size(f->order, 0);
	for (guint i = 0; i < facts->sources->len; i++) {
		const struct rrd_facts_source *s = g_ptr_array_index(facts->sources, i);
		int8_t ours = (int8_t)rrd_kind_source(f->kind, s->name);
		g_array_append_val(f->order, ours);
		found += ours >= 0;
	}
	f->lacks = (unsigned)f->sources->n - found;
	f->last = facts->last;
}

/* librrd has no words for a disk that is full. */
static bool
librrd_failed(GError **error)
{
	const char *why = rrd_get_error();

	if (why[0] == '\0')
		why = "cannot be written: the disk may be full";
	g_set_error(error, RRD_ERROR, (gint)rrd_error_code(why), "%s", why);
	rrd_clear_error();
	return false;
}

static bool
read_info_direct(const struct rrd_file *f, struct rrd_facts *facts, GError **error)
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
		rrd_facts_learn(facts, i->key, text);
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

void
rrd_file_write_out(const struct settings *settings, const char *path)
{
	if (settings->rrdcached[0] == '\0')
		return;
	SCOPED(rrdcached) server = rrdcached_new(settings->rrdcached, -1);
	rrd_file_flush(server, path, NULL);
}

/* "KEY TYPE VALUE" lines.  The file's last update is only true once it was flushed. */
static bool
read_info_server(const struct rrd_file *f, struct rrd_facts *facts, GError **error)
{
	g_autofree char *command = command_on("INFO", f->path);

	if (!rrd_file_flush(f->server, f->path, error))
		return false;
	g_auto(GStrv) lines = rrdcached_ask(f->server, command, error);
	for (char **line = lines; line != NULL && *line != NULL; line++) {
		g_auto(GStrv) words = g_strsplit(*line, " ", 3);
		if (g_strv_length(words) == 3)
			rrd_facts_learn(facts, words[0], words[2]);
	}
	return lines != NULL;
}

static bool
read_info(struct rrd_file *f, struct rrd_facts *facts, GError **error)
{
	rrd_facts_clear(facts);
	rrd_facts_init(facts);
	if (!(f->server != NULL ? read_info_server : read_info_direct)(f, facts, error))
		return false;
	make_order(f, facts);
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

	add_missing_sources(f, NULL, args);
	rrd_layout_add_archives(args, f->kind, f->step, f->years);
	return (f->server != NULL ? create_server : create_direct)(
	    f, start, args, error);
}

/*
 * rrd_tune rewrites the file beside itself and renames it: history and state are kept.
 * Its answer says nothing, the error text does.
 */
static bool
extend_direct(const struct rrd_file *f, const struct rrd_facts *facts, GError **error)
{
	g_autoptr(GPtrArray) args = g_ptr_array_new_with_free_func(g_free);

	g_ptr_array_add(args, g_strdup("tune"));
	g_ptr_array_add(args, g_strdup(f->path));
	add_missing_sources(f, facts, args);
	rrd_facts_add_rows(facts, days(f), args);
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
extend_server(const struct rrd_file *f, const struct rrd_facts *facts, GError **error)
{
	g_autoptr(GPtrArray) args = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GString) options = g_string_new(NULL);

	g_string_append_printf(options, "-s %u -r", facts->step);
	rrdcached_append(options, f->path);
	rrd_facts_add_own(facts, days(f), args);
	add_missing_sources(f, facts, args);
	return ask_create(f, options->str, args, error);
}

static bool
is_complete(const struct rrd_file *f, const struct rrd_facts *facts)
{
	g_autoptr(GPtrArray) rows = g_ptr_array_new_with_free_func(g_free);

	rrd_facts_add_rows(facts, days(f), rows);
	return f->lacks == 0 && rows->len == 0;
}

/* As it is a file is still worth writing to. */
static bool
extend(struct rrd_file *f, struct rrd_facts *facts, GError **error)
{
	g_autoptr(GError) why = NULL;

	if ((f->server != NULL ? extend_server : extend_direct)(f, facts, &why))
		return read_info(f, facts, error);
	log_debug("rrd", "%s stays as it is: %s", f->path, why->message);
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
	f->years = RRD_YEARS;
	f->order = g_array_new(FALSE, FALSE, sizeof(int8_t));
	f->sources = rrd_kind_sources(kind);
	return f;
}

void
rrd_file_free(struct rrd_file *f)
{
	if (f == NULL)
		return;
	g_array_free(f->order, TRUE);
	g_free(f->path);
	g_free(f);
}

const char *
rrd_file_name(const struct rrd_file *f)
{
	return f->path;
}

void
rrd_file_keep_years(struct rrd_file *f, unsigned years)
{
	f->years = years;
}

bool
rrd_file_is_ready(const struct rrd_file *f)
{
	return f->ready;
}

static bool
prepare(struct rrd_file *f, struct rrd_facts *facts, int64_t first, GError **error)
{
	g_autoptr(GError) why = NULL;
	bool known = read_info(f, facts, &why);

	if (!known && !g_error_matches(why, RRD_ERROR, RRD_ERROR_MISSING)) {
		g_propagate_error(error, g_steal_pointer(&why));
		return false;
	}
	if (!known && rrd_shelf_return(f->path))
		known = read_info(f, facts, NULL);
	if (!known && !(create(f, first, error) && read_info(f, facts, error)))
		return false;
	return is_complete(f, facts) || extend(f, facts, error);
}

bool
rrd_file_prepare(struct rrd_file *f, int64_t first, GError **error)
{
	struct rrd_facts facts;

	if (f->ready)
		return true;
	rrd_facts_init(&facts);
	f->ready = prepare(f, &facts, first, error);
	rrd_facts_clear(&facts);
	return f->ready;
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
		int ours = g_array_index(f->order, int8_t, i);
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
