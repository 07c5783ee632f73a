/* One picture in the making: its data, and the call of librrd. */
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

char *
drawing_escape(const char *text)
{
	GString *out = g_string_new(NULL);

	for (; *text != '\0'; text++) {
		if (*text == ':' || *text == '\\')
			g_string_append_c(out, '\\');
		g_string_append_c(out, *text);
	}
	return g_string_free(out, FALSE);
}

/* --- data: DEF and CDEF */

/* Defines aFILE_SOURCE (AVERAGE) and mFILE_SOURCE (MAX), once. */
static void
define_source(struct drawing *d, unsigned file, const char *name)
{
	const struct drawing_file *f = &g_array_index(d->files, struct drawing_file, file);
	g_autofree char *path = drawing_escape(f->path);
	char *key = g_strdup_printf("%u_%s", file, name);

	if (!g_hash_table_add(d->defined, key))
		return;
	drawing_argf(d, "DEF:a%u_%s=%s:%s:AVERAGE", file, name, path, name);
	drawing_argf(d, "DEF:m%u_%s=%s:%s:MAX", file, name, path, name);
}

/* Replaces @SOURCE by the prefixed name; what the file lacks is unknown. */
static char *
bind_value(struct drawing *d, const struct drawing_line *line, char prefix)
{
	const struct drawing_file *f =
	    &g_array_index(d->files, struct drawing_file, line->file);
	g_auto(GStrv) tokens = g_strsplit(line->value, ",", -1);

	for (char **t = tokens; *t != NULL; t++) {
		if (**t != '@' && **t != '=')
			continue;
		const char *name = *t + 1;
		char *bound;
		if (g_hash_table_contains(f->sources, name)) {
			define_source(d, line->file, name);
			bound = g_strdup_printf("%c%u_%s", **t == '=' ? 'a' : prefix,
			    line->file, name);
		} else {
			bound = g_strdup("UNKN");
		}
		g_free(*t);
		*t = bound;
	}
	return g_strjoinv(",", tokens);
}

/* A source that the file has, to hang unknown expressions on. */
static const char *
any_source(const struct drawing *d, unsigned file)
{
	const struct drawing_file *f = &g_array_index(d->files, struct drawing_file, file);
	GHashTableIter iter;
	void *name = NULL;

	g_hash_table_iter_init(&iter, f->sources);
	g_hash_table_iter_next(&iter, &name, NULL);
	return name;
}

/* An expression must mention a DEF: one of only UNKN borrows another's time axis. */
static void
define_value(
    struct drawing *d, const struct drawing_line *line, const char *name, char prefix)
{
	const char *any = any_source(d, line->file);
	g_autofree char *rpn = bind_value(d, line, prefix);

	define_source(d, line->file, any);
	drawing_argf(d, "CDEF:%s=a%u_%s,POP,%s", name, line->file, any, rpn);
}

/* The sum of what is not drawn; what is not known of one leaves the others. */
static void
define_rest(struct drawing *d, unsigned n, char to, char from)
{
	g_autoptr(GString) sum = g_string_new(NULL);

	for (guint i = 0; i < d->rest->len; i++) {
		g_autofree char *name = g_strdup_printf("%c%u_%u", to, n, i);
		define_value(
		    d, &g_array_index(d->rest, struct drawing_line, i), name, from);
		g_string_append_printf(
		    sum, "%s%s%s", i > 0 ? "," : "", name, i > 0 ? ",ADDNAN" : "");
	}
	drawing_argf(d, "CDEF:%c%u=%s", to, n, sum->str);
}

void
drawing_add_data(struct drawing *d)
{
	for (unsigned n = 0; n < d->lines->len; n++) {
		const struct drawing_line *line = drawing_line(d, n);
		g_autofree char *average = g_strdup_printf("v%u", n);
		g_autofree char *max = g_strdup_printf("w%u", n);
		if (line->value == NULL) {
			define_rest(d, n, 'v', 'a');
			define_rest(d, n, 'w', 'm');
		} else {
			define_value(d, line, average, 'a');
			define_value(d, line, max, 'm');
		}
	}
}

static void
add_common(struct drawing *d)
{
	const struct draw_request *r = d->request;
	unsigned width = r->width > 0 ? r->width : DRAW_WIDTH;
	unsigned axis = r->spark ? width : width - MARGIN;

	drawing_arg(d, "graphv");
	drawing_arg(d, "-");
	drawing_argf(d, "--start=%lld", (long long)r->start);
	drawing_argf(d, "--end=%lld", (long long)r->end);
	drawing_argf(d, "--width=%u", width);
	unsigned height =
	    d->graph->members != MEMBERS_NONE ? DRAW_MEMBERS_HEIGHT : DRAW_HEIGHT;
	drawing_argf(d, "--height=%u", r->height > 0 ? r->height : height);
	/*
	 * librrd takes the whole picture for the axis' length, and would then leave rows
	 * out (a peak with them) instead of consolidating them.
	 */
	drawing_argf(d, "--step=%lld", (long long)((r->end - r->start) / axis + 1));
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
	if (info != NULL && !rrd_test_error())
		return info;
	g_set_error(
	    error, RRD_ERROR, RRD_ERROR_FAILED, "cannot draw: %s", rrd_get_error());
	rrd_clear_error();
	rrd_info_free(info);
	return NULL;
}

void
drawing_start(struct drawing *d)
{
	g_ptr_array_set_size(d->args, 0);
	g_hash_table_remove_all(d->defined);
	add_common(d);
}
