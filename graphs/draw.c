/* Draws graphs: a catalogue entry becomes the arguments of librrd's rrd_graph_v. */
#include "graphs/draw.h"

#include <math.h>
#include <rrd.h>
#include <string.h>

#include "common/sync.h"
#include "graphs/draw_text.h"
#include "graphs/rrd_file.h"

#define LABEL_WIDTH  19
#define NUMBER_WIDTH 13
#define MARGIN       100 /* of the picture's width that is not the time axis, at most */

static const struct look {
	const char *series[COLOR_COUNT]; /* RRGGBB, by enum series_color */
	const char *colors[12]; /* of the frame, as rrdtool's --color has them */
} looks[] = {
	[DRAW_LIGHT] = {
		{ "0072B2", "E69F00", "009E73", "D55E00", "CC79A7", "56B4E9" },
		{ "BACK#FFFFFF", "CANVAS#FFFFFF", "SHADEA#FFFFFF", "SHADEB#FFFFFF",
		    "FONT#2E3440", "AXIS#8A929E", "ARROW#FFFFFF00", "FRAME#FFFFFF00",
		    "GRID#00000014", "MGRID#00000026" },
	},
	[DRAW_DARK] = {
		{ "4FA8E0", "E69F00", "2CC295", "F07838", "DA94BA", "8ED1F5" },
		{ "BACK#1B1E24", "CANVAS#1B1E24", "SHADEA#1B1E24", "SHADEB#1B1E24",
		    "FONT#D5DAE3", "AXIS#6B7482", "ARROW#1B1E2400", "FRAME#1B1E2400",
		    "GRID#FFFFFF12", "MGRID#FFFFFF28" },
	},
};

static const char *const format_names[] = { [DRAW_SVG] = "SVG", [DRAW_PNG] = "PNG" };

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

/* librrd's drawing keeps state between calls (fonts, the week's first day). */
static pthread_mutex_t draw_lock = PTHREAD_MUTEX_INITIALIZER;

/* One picture in the making. */
struct drawing {
	const struct graph *graph;
	const struct draw_request *request;
	const struct look *look;
	char *path;
	GHashTable *in_file; /* names of the file's data sources */
	GHashTable *defined; /* those that the arguments define already */
	GPtrArray *args;
	struct draw_numbers numbers[GRAPH_SERIES_MOST];
};

static void
drawing_clear(struct drawing *d)
{
	g_free(d->path);
	g_clear_pointer(&d->in_file, g_hash_table_destroy);
	g_clear_pointer(&d->defined, g_hash_table_destroy);
	g_clear_pointer(&d->args, g_ptr_array_unref);
}

static void
arg(struct drawing *d, const char *text)
{
	g_ptr_array_add(d->args, g_strdup(text));
}

static void argf(struct drawing *, const char *format, ...) G_GNUC_PRINTF(2, 3);
static void
argf(struct drawing *d, const char *format, ...)
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

static const struct graph_series *
series_end(const struct graph *g)
{
	const struct graph_series *s = g->series;

	while (s->label != NULL)
		s++;
	return s;
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

static const char *
object_name(const struct draw_request *r)
{
	return r->title != NULL && r->title[0] != '\0' ? r->title : r->identity;
}

static bool
find_file(struct drawing *d, const struct settings *settings, GError **error)
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
	    object_name(d->request));
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
	argf(d, "DEF:a%s=%s:%s:AVERAGE", name, path, name);
	argf(d, "DEF:m%s=%s:%s:MAX", name, path, name);
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
	argf(d, "CDEF:%c%u=%s,POP,%s", prefix, n, any, rpn);
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

/* For series n: vN the average, wN the maximum, both positive. */
static bool
add_data(struct drawing *d, GError **error)
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

	arg(d, "graphv");
	arg(d, "-");
	argf(d, "--start=%lld", (long long)r->start);
	argf(d, "--end=%lld", (long long)r->end);
	argf(d, "--width=%u", width);
	argf(d, "--height=%u", r->height > 0 ? r->height : DRAW_HEIGHT);
	/*
	 * librrd takes the whole picture for the axis' length, and would then leave rows
	 * out (a peak with them) instead of consolidating them.
	 */
	argf(d, "--step=%lld", (long long)((r->end - r->start) / (width - MARGIN) + 1));
}

static rrd_info_t *
run_librrd(struct drawing *d, GError **error)
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

static void
start_args(struct drawing *d)
{
	g_ptr_array_set_size(d->args, 0);
	g_hash_table_remove_all(d->defined);
	add_common(d);
}

/* --- numbers: a first pass without a picture */

static const struct {
	char data;
	const char *how;
	size_t offset;
} number_kinds[] = {
	{ 'v', "MINIMUM", offsetof(struct draw_numbers, min) },
	{ 'v', "AVERAGE", offsetof(struct draw_numbers, average) },
	{ 'w', "MAXIMUM", offsetof(struct draw_numbers, max) },
	{ 'v', "LAST", offsetof(struct draw_numbers, last) },
};

static void
add_prints(struct drawing *d)
{
	unsigned n = 0;

	for (const struct graph_series *s = d->graph->series; s->label != NULL;
	     s++, n++) {
		for (size_t k = 0; k < G_N_ELEMENTS(number_kinds); k++) {
			argf(d, "VDEF:p%u_%zu=%c%u,%s", n, k, number_kinds[k].data, n,
			    number_kinds[k].how);
			argf(d, "PRINT:p%u_%zu:%%.9le", n, k);
		}
	}
}

/* "print[7]" holds the numbers in the order in which they were asked for. */
static void
take_print(struct drawing *d, const rrd_info_t *i)
{
	unsigned at = (unsigned)g_ascii_strtoull(i->key + strlen("print["), NULL, 10);
	unsigned n = at / G_N_ELEMENTS(number_kinds),
		 k = at % G_N_ELEMENTS(number_kinds);

	if (n >= GRAPH_SERIES_MOST)
		return;
	g_strdelimit(i->value.u_str, ",", '.'); /* the locale's decimal point */
	double x = g_ascii_strtod(i->value.u_str, NULL);
	*(double *)(void *)((char *)&d->numbers[n] +
			    number_kinds[k].offset) = isfinite(x) ? x : NAN;
}

static bool
read_numbers(struct drawing *d, GError **error)
{
	start_args(d);
	if (!add_data(d, error))
		return false;
	add_prints(d);
	rrd_info_t *info = run_librrd(d, error);
	if (info == NULL)
		return false;
	for (const rrd_info_t *i = info; i != NULL; i = i->next)
		if (g_str_has_prefix(i->key, "print[") && i->type == RD_I_STR)
			take_print(d, i);
	rrd_info_free(info);
	return true;
}

/* --- the picture */

static void
add_frame(struct drawing *d)
{
	g_autofree char *name = draw_text_name(object_name(d->request));
	g_autofree char *span = draw_text_span(d->request->start, d->request->end);

	argf(d, "--imgformat=%s", format_names[d->request->format]);
	arg(d, "--full-size-mode");
	arg(d, "--disable-rrdtool-tag");
	arg(d, "--border=0");
	arg(d, "--slope-mode");
	arg(d, "--font=DEFAULT:8:DejaVu Sans");
	arg(d, "--font=TITLE:11:DejaVu Sans");
	arg(d, "--font=LEGEND:8:DejaVu Sans Mono");
	argf(d, "--title=%s · %s · %s", name, d->graph->title, span);
	argf(d, "--vertical-label=%s", d->graph->label);
	for (const char *const *c = d->look->colors; *c != NULL; c++)
		argf(d, "--color=%s", *c);
}

static void
add_scale(struct drawing *d)
{
	const struct graph *g = d->graph;
	bool below = false;

	argf(d, "--x-grid=%s", draw_text_axis(d->request->end - d->request->start));
	for (const struct graph_series *s = g->series; s->label != NULL; s++)
		below = below || s->below;
	argf(d, "--upper-limit=%.0f", g->least);
	argf(d, "--lower-limit=%.0f", below ? -g->least : 0.0);
	if (g->base == 0)
		arg(d, "--units-exponent=0");
	else
		argf(d, "--base=%u", g->base);
}

/* The band of MAX, the area and the line of one series; the last carries the legend. */
static void
add_shape(struct drawing *d, unsigned n)
{
	const struct graph_series *s = &d->graph->series[n];
	const char *color = d->look->series[s->color];
	const char *sign = s->below ? "-1" : "1";

	argf(d, "CDEF:d%u=v%u,%s,*", n, n, sign);
	argf(d, "CDEF:e%u=w%u,%s,*", n, n, sign);
	if (s->style == STYLE_STACK) {
		argf(d, "AREA:d%u#%sC0:%-*s:STACK", n, color, LABEL_WIDTH, s->label);
		return;
	}
	bool base_of_stack = s[1].label != NULL && s[1].style == STYLE_STACK;
	if (base_of_stack) {
		argf(d, "AREA:d%u#%sC0:%-*s", n, color, LABEL_WIDTH, s->label);
		return;
	}
	if (s->style == STYLE_AREA) {
		argf(d, "AREA:e%u#%s38", n, color);
		argf(d, "AREA:d%u#%s60", n, color);
	}
	argf(d, "LINE1.5:d%u#%s:%-*s", n, color, LABEL_WIDTH, s->label);
}

static void
add_legend_line(struct drawing *d, const struct draw_numbers *x)
{
	const double numbers[] = { x->min, x->average, x->max, x->last };
	g_autoptr(GString) line = g_string_new("COMMENT:");

	for (size_t i = 0; i < G_N_ELEMENTS(numbers); i++) {
		g_autofree char *number = draw_text_number(d->graph, numbers[i]);
		g_string_append_printf(line, "%*s", NUMBER_WIDTH, number);
	}
	g_string_append(line, "\\l");
	arg(d, line->str);
}

static void
add_shapes(struct drawing *d)
{
	size_t n = (size_t)(series_end(d->graph) - d->graph->series);

	argf(d, "COMMENT:  %-*s%*s%*s%*s%*s\\l", LABEL_WIDTH + 2, "", NUMBER_WIDTH,
	    "min", NUMBER_WIDTH, "average", NUMBER_WIDTH, "max", NUMBER_WIDTH, "last");
	for (unsigned i = 0; i < n; i++) {
		add_shape(d, i);
		add_legend_line(d, &d->numbers[i]);
	}
	argf(d, "HRULE:0#%s", d->request->theme == DRAW_DARK ? "6B7482" : "8A929E");
}

static GBytes *
take_image(const rrd_info_t *info, GError **error)
{
	for (const rrd_info_t *i = info; i != NULL; i = i->next)
		if (strcmp(i->key, "image") == 0 && i->type == RD_I_BLO)
			return g_bytes_new(i->value.u_blo.ptr, i->value.u_blo.size);
	g_set_error(error, RRD_ERROR, RRD_ERROR_FAILED, "librrd drew nothing");
	return NULL;
}

static GBytes *
draw_picture(struct drawing *d, GError **error)
{
	start_args(d);
	add_frame(d);
	add_scale(d);
	if (!add_data(d, error))
		return NULL;
	add_shapes(d);
	rrd_info_t *info = run_librrd(d, error);
	if (info == NULL)
		return NULL;
	GBytes *image = take_image(info, error);
	rrd_info_free(info);
	return image;
}

static bool
check_request(const struct draw_request *r, GError **error)
{
	const char *why = NULL;

	if (r->start < 0 || r->end <= r->start)
		why = "the end of the span must be after its start";
	else if (r->width > 0 && (r->width < 300 || r->width > 4000))
		why = "the width must be 300 to 4000 pixels";
	else if (r->height > 0 && (r->height < 150 || r->height > 3000))
		why = "the height must be 150 to 3000 pixels";
	if (why != NULL)
		g_set_error_literal(error, RRD_ERROR, RRD_ERROR_FAILED, why);
	return why == NULL;
}

/* Everything up to the lock.  Clear it in any case. */
static bool
drawing_init(struct drawing *d, const struct settings *settings,
    const struct draw_request *request, GError **error)
{
	*d = (struct drawing){ .request = request, .look = &looks[request->theme] };
	d->in_file = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	d->defined = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	d->args = g_ptr_array_new_with_free_func(g_free);
	for (size_t i = 0; i < GRAPH_SERIES_MOST; i++)
		d->numbers[i] = (struct draw_numbers){ NAN, NAN, NAN, NAN };
	if (!check_request(request, error))
		return false;
	d->graph = graph_find(request->kind, request->graph, error);
	return d->graph != NULL && find_file(d, settings, error);
}

GBytes *
draw_graph(
    const struct settings *settings, const struct draw_request *request, GError **error)
{
	__attribute__((cleanup(drawing_clear))) struct drawing d;

	if (!drawing_init(&d, settings, request, error))
		return NULL;
	LOCK_SCOPE(&draw_lock);
	return read_numbers(&d, error) ? draw_picture(&d, error) : NULL;
}

const struct graph *
draw_numbers(const struct settings *settings, const struct draw_request *request,
    struct draw_numbers out[GRAPH_SERIES_MOST], GError **error)
{
	__attribute__((cleanup(drawing_clear))) struct drawing d;

	if (!drawing_init(&d, settings, request, error))
		return NULL;
	LOCK_SCOPE(&draw_lock);
	if (!read_numbers(&d, error))
		return NULL;
	memcpy(out, d.numbers, sizeof(d.numbers));
	return d.graph;
}
