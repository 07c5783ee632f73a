/* One picture in the making: its file, its data, and the call of librrd. */
#include "graphs/drawing.h"

#include <string.h>

#include "graphs/rrd_file.h"

#define MARGIN 100 /* of the picture's width that is not the time axis, at most */

/*
 * librrd 1.7 loses its copy of each legend, some 500 bytes a picture.  Known, and not ours:
 * the leak checker shall look elsewhere.  (tests/lsan.supp cannot say so, because calls
 * from librrd have no frame pointers to follow.)
 */
#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/lsan_interface.h>
#define IGNORE_LEAKS() __lsan_disable()
#define MIND_LEAKS()   __lsan_enable()
#else
#define IGNORE_LEAKS() (void)0
#define MIND_LEAKS()   (void)0
#endif

void
drawing_clear(struct drawing *d)
{
	g_free(d->path);
	g_clear_pointer(&d->in_file, g_hash_table_destroy);
	g_clear_pointer(&d->defined, g_hash_table_destroy);
	g_clear_pointer(&d->args, g_ptr_array_unref);
}

void
drawing_arg(struct drawing *d, const char *text)
{
	g_ptr_array_add(d->args, g_strdup(text));
}

void
drawing_argf(struct drawing *d, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	g_ptr_array_add(d->args, g_strdup_vprintf(format, args));
	va_end(args);
}

/* In rrdtool's arguments a colon separates, unless escaped. */
static char *
escape(const char *text)
{
	GString *out = g_string_new(NULL);

	for (; *text != '\0'; text++) {
		if (*text == ':' || *text == '\\')
			g_string_append_c(out, '\\');
		g_string_append_c(out, *text);
	}
	return g_string_free(out, FALSE);
}

/* --- the file */

static bool
librrd_failed(GError **error)
{
	g_set_error(
	    error, RRD_ERROR, RRD_ERROR_FAILED, "cannot draw: %s", rrd_get_error());
	rrd_clear_error();
	return false;
}

/* Which sources the file has: one of an older version may lack some. */
static bool
read_sources(struct drawing *d, GError **error)
{
	rrd_clear_error();
	rrd_info_t *info = rrd_info_r(d->path);
	if (info == NULL)
		return librrd_failed(error);
	for (const rrd_info_t *i = info; i != NULL; i = i->next) {
		const char *end = strstr(i->key, "].index");
		if (g_str_has_prefix(i->key, "ds[") && end != NULL)
			g_hash_table_add(d->in_file,
			    g_strndup(i->key + 3, (size_t)(end - i->key - 3)));
	}
	rrd_info_free(info);
	return true;
}

const char *
drawing_name(const struct draw_request *r)
{
	return r->title != NULL && r->title[0] != '\0' ? r->title : r->identity;
}

bool
drawing_find_file(struct drawing *d, const struct settings *settings, GError **error)
{
	const struct rrd_kind *kind = rrd_kind_find(d->request->kind);

	g_assert(kind != NULL); /* the catalogue knows it */
	d->path = rrd_layout_path(settings->rrd_dir, kind, d->request->identity, error);
	if (d->path == NULL)
		return false;
	if (settings->rrdcached[0] != '\0') {
		SCOPED(rrdcached) server = rrdcached_new(settings->rrdcached, -1);
		rrd_file_flush(server, d->path, NULL); /* else: what the file has */
	}
	if (g_file_test(d->path, G_FILE_TEST_EXISTS))
		return read_sources(d, error);
	g_set_error(error, RRD_ERROR, RRD_ERROR_MISSING, "no data recorded yet for %s",
	    drawing_name(d->request));
	return false;
}

/* --- data: DEF and CDEF */

/* Defines aSOURCE (AVERAGE) and mSOURCE (MAX), once. */
static void
define_source(struct drawing *d, const char *name)
{
	g_autofree char *path = escape(d->path);

	if (!g_hash_table_add(d->defined, g_strdup(name)))
		return;
	drawing_argf(d, "DEF:a%s=%s:%s:AVERAGE", name, path, name);
	drawing_argf(d, "DEF:m%s=%s:%s:MAX", name, path, name);
}

/* Replaces @SOURCE by the prefixed name; what the file lacks is unknown. */
static char *
bind_value(struct drawing *d, const char *value, char prefix)
{
	g_auto(GStrv) tokens = g_strsplit(value, ",", -1);

	for (char **t = tokens; *t != NULL; t++) {
		if (**t != '@' && **t != '=')
			continue;
		const char *name = *t + 1;
		char *bound;
		if (g_hash_table_contains(d->in_file, name)) {
			define_source(d, name);
			bound = g_strdup_printf(
			    "%c%s", **t == '=' ? 'a' : prefix, name);
		} else {
			bound = g_strdup("UNKN");
		}
		g_free(*t);
		*t = bound;
	}
	return g_strjoinv(",", tokens);
}

/* An expression must mention a DEF: one of only UNKN borrows another's time axis. */
static void
add_cdef(struct drawing *d, char prefix, unsigned n, const char *rpn, const char *any)
{
	drawing_argf(d, "CDEF:%c%u=%s,POP,%s", prefix, n, any, rpn);
}

/* A source that the file has, to hang unknown expressions on. */
static const char *
any_source(const struct drawing *d)
{
	GHashTableIter iter;
	void *name = NULL;

	g_hash_table_iter_init(&iter, d->in_file);
	return g_hash_table_iter_next(&iter, &name, NULL) ? name : NULL;
}

bool
drawing_add_data(struct drawing *d, GError **error)
{
	const char *any = any_source(d);

	if (any == NULL) {
		g_set_error(error, RRD_ERROR, RRD_ERROR_FAILED,
		    "%s has no data sources", d->path);
		return false;
	}
	define_source(d, any);
	g_autofree char *any_def = g_strconcat("a", any, NULL);
	unsigned n = 0;
	for (const struct graph_series *s = d->graph->series; s->label != NULL;
	     s++, n++) {
		g_autofree char *average = bind_value(d, s->value, 'a');
		g_autofree char *max = bind_value(d, s->value, 'm');
		add_cdef(d, 'v', n, average, any_def);
		add_cdef(d, 'w', n, max, any_def);
	}
	return true;
}

static void
add_common(struct drawing *d)
{
	const struct draw_request *r = d->request;
	unsigned width = r->width > 0 ? r->width : DRAW_WIDTH;

	drawing_arg(d, "graphv");
	drawing_arg(d, "-");
	drawing_argf(d, "--start=%lld", (long long)r->start);
	drawing_argf(d, "--end=%lld", (long long)r->end);
	drawing_argf(d, "--width=%u", width);
	drawing_argf(d, "--height=%u", r->height > 0 ? r->height : DRAW_HEIGHT);
	/*
	 * librrd takes the whole picture for the axis' length, and would then leave rows
	 * out (a peak with them) instead of consolidating them.
	 */
	drawing_argf(d, "--step=%lld", (long long)((r->end - r->start) / (width - MARGIN) + 1));
}

rrd_info_t *
drawing_run(struct drawing *d, GError **error)
{
	/* librrd reorders its arguments: free what we own, not what it leaves there. */
	g_autofree char **argv = g_new0(char *, d->args->len + 1);

	memcpy(argv, d->args->pdata, d->args->len * sizeof(char *));
	rrd_clear_error();
	IGNORE_LEAKS();
	rrd_info_t *info = rrd_graph_v((int)d->args->len, argv);
	MIND_LEAKS();
	if (info == NULL || rrd_test_error()) {
		librrd_failed(error);
		rrd_info_free(info);
		return NULL;
	}
	return info;
}

void
drawing_start(struct drawing *d)
{
	g_ptr_array_set_size(d->args, 0);
	g_hash_table_remove_all(d->defined);
	add_common(d);
}
