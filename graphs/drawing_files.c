/* The files of a picture, and the lines of its legend. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "graphs/draw_text.h"
#include "graphs/drawing.h"
#include "graphs/rrd_file.h"

static bool
librrd_failed(GError **error)
{
	const char *why = rrd_get_error();

	g_set_error(error, RRD_ERROR, (gint)rrd_error_code(why), "cannot draw: %s", why);
	rrd_clear_error();
	return false;
}

/* Which sources the file has: one of an older version may lack some. */
static bool
read_sources(struct drawing_file *file, GError **error)
{
	rrd_clear_error();
	rrd_info_t *info = rrd_info_r(file->path);
	if (info == NULL)
		return librrd_failed(error);
	for (const rrd_info_t *i = info; i != NULL; i = i->next) {
		const char *end = strstr(i->key, "].index");
		if (g_str_has_prefix(i->key, "ds[") && end != NULL)
			g_hash_table_add(file->sources,
			    g_strndup(i->key + 3, (size_t)(end - i->key - 3)));
	}
	rrd_info_free(info);
	if (g_hash_table_size(file->sources) > 0)
		return true;
	g_set_error(
	    error, RRD_ERROR, RRD_ERROR_FAILED, "%s has no data sources", file->path);
	return false;
}

static void
file_clear(struct drawing_file *file)
{
	g_free(file->path);
	g_clear_pointer(&file->sources, g_hash_table_destroy);
}

/* What rrdcached still holds; if it does not answer it is not asked again. */
static void
write_out(struct drawing *d, const char *path)
{
	g_autoptr(GError) error = NULL;

	if (d->server == NULL || rrd_file_flush(d->server, path, &error) ||
	    !g_error_matches(error, RRD_ERROR, RRD_ERROR_GONE))
		return;
	rrdcached_free(d->server);
	d->server = NULL;
}

/* Adds the file of an object to the drawing's. */
static bool
add_file(struct drawing *d, const struct settings *settings, const char *kind,
    const char *identity, GError **error)
{
	struct drawing_file file = { NULL };

	file.path =
	    rrd_layout_path(settings->rrd_dir, rrd_kind_find(kind), identity, error);
	if (file.path == NULL)
		return false;
	write_out(d, file.path);
	file.sources = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	if (!read_sources(&file, error)) {
		file_clear(&file);
		return false;
	}
	g_array_append_val(d->files, file);
	return true;
}

/* --- of one object */

static void
add_line(GArray *lines, struct drawing_line line)
{
	line.numbers = (struct draw_numbers){ NAN, NAN, NAN, NAN, NAN };
	g_array_append_val(lines, line);
}

static bool
find_one(struct drawing *d, const struct settings *settings, GError **error)
{
	const struct draw_request *r = d->request;
	g_autoptr(GError) why = NULL;

	if (!add_file(d, settings, r->kind, r->identity, &why)) {
		if (g_error_matches(why, RRD_ERROR, RRD_ERROR_MISSING))
			g_set_error(error, RRD_ERROR, RRD_ERROR_MISSING,
			    "no data recorded yet for %s", drawing_name(r));
		else
			g_propagate_error(error, g_steal_pointer(&why));
		return false;
	}
	for (const struct graph_series *s = d->graph->series; s->label != NULL; s++)
		add_line(d->lines, (struct drawing_line){ .label = g_strdup(s->label),
			.value = s->value, .style = s->style, .color = s->color,
			.below = s->below });
	return true;
}

/* --- of members */

static bool
find_members(struct drawing *d, const struct settings *settings, GError **error)
{
	const struct draw_request *r = d->request;
	const struct graph_series *s = d->graph->series;

	for (size_t i = 0; i < r->members_n; i++)
		if (add_file(d, settings, "vm", r->members[i].identity, NULL))
			add_line(d->lines, (struct drawing_line){
				.label = draw_text_name(r->members[i].title),
				.value = s->value, .style = s->style,
				.file = d->files->len - 1 });
	if (d->lines->len > 0)
		return true;
	g_set_error(error, RRD_ERROR, RRD_ERROR_MISSING,
	    "no data recorded yet for a virtual machine of %s", drawing_name(r));
	return false;
}

/* By what they have used in that time; what is not known comes last. */
static int
most_first(const void *a, const void *b)
{
	const struct drawing_line *x = a, *y = b;
	double m = isnan(x->numbers.average) ? -1 : x->numbers.average;
	double n = isnan(y->numbers.average) ? -1 : y->numbers.average;

	return m > n ? -1 : m < n ? 1 : x->file < y->file ? -1 : 1;
}

void
drawing_choose(struct drawing *d)
{
	const struct graph_series *s = d->graph->series;
	GArray *lines = d->lines;
	guint most = s->style == STYLE_STACK ? GRAPH_LINES_MOST - 1 : GRAPH_LINES_MOST;

	qsort(lines->data, lines->len, sizeof(struct drawing_line), most_first);
	for (guint i = 0; i < lines->len && i < GRAPH_LINES_MOST; i++)
		drawing_line(d, i)->color = (enum series_color)(i % COLOR_COUNT);
	if (lines->len <= most)
		return;
	g_array_append_vals(d->rest, &g_array_index(lines, struct drawing_line, most),
	    lines->len - most);
	g_array_set_size(lines, most);
	if (s->style == STYLE_STACK)
		add_line(lines, (struct drawing_line){
			.label = g_strdup_printf("%u %s", d->rest->len, s->label),
			.style = STYLE_STACK, .color = COLOR_GREY });
}

/* --- the whole */

static void
line_clear(struct drawing_line *line)
{
	g_free(line->label);
}

struct drawing_line *
drawing_line(const struct drawing *d, unsigned n)
{
	return &g_array_index(d->lines, struct drawing_line, n);
}

bool
drawing_find_files(struct drawing *d, const struct settings *settings, GError **error)
{
	if (settings->rrdcached[0] != '\0') {
		d->server = rrdcached_new(settings->rrdcached, -1);
		rrdcached_set_patience(d->server, RRDCACHED_READER_PATIENCE_US);
	}
	return (d->graph->members != MEMBERS_NONE ? find_members : find_one)(
	    d, settings, error);
}

const char *
drawing_name(const struct draw_request *r)
{
	return r->title != NULL && r->title[0] != '\0' ? r->title : r->identity;
}

void
drawing_init(struct drawing *d, const struct draw_request *request)
{
	*d = (struct drawing){ .request = request };
	d->files = g_array_new(FALSE, FALSE, sizeof(struct drawing_file));
	d->lines = g_array_new(FALSE, FALSE, sizeof(struct drawing_line));
	d->rest = g_array_new(FALSE, FALSE, sizeof(struct drawing_line));
	g_array_set_clear_func(d->files, (GDestroyNotify)file_clear);
	d->defined = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	d->args = g_ptr_array_new_with_free_func(g_free);
}

void
drawing_clear(struct drawing *d)
{
	/* Lines move from one to the other: an array must not free them by itself. */
	for (guint i = 0; i < d->lines->len; i++)
		line_clear(drawing_line(d, i));
	for (guint i = 0; i < d->rest->len; i++)
		line_clear(&g_array_index(d->rest, struct drawing_line, i));
	g_array_free(d->lines, TRUE);
	g_array_free(d->rest, TRUE);
	g_array_free(d->files, TRUE);
	g_hash_table_destroy(d->defined);
	rrdcached_free(d->server);
	g_ptr_array_unref(d->args);
}
