/* The picture: frame, axes, shapes and legend, as arguments of librrd. */
#include <math.h>
#include <string.h>

#include "graphs/draw_text.h"
#include "graphs/drawing.h"
#include "graphs/rrd_file.h"

#define LABEL_WIDTH  19
#define NUMBER_WIDTH 13
#define NARROW	     600 /* pixels: less has no room for the name and all numbers */

static bool
is_narrow(const struct draw_request *r)
{
	return r->width > 0 && r->width < NARROW;
}

static const struct look {
	const char *series[COLOR_COUNT]; /* RRGGBB, by enum series_color */
	const char *marks[MARK_COUNT];
	const char *colors[12]; /* of the frame, as rrdtool's --color has them */
} looks[] = {
	[DRAW_LIGHT] = {
		{ "0072B2", "E69F00", "009E73", "D55E00", "CC79A7", "56B4E9", "8A8A2E",
		    "8A929E" },
		{ "009E73", "D55E00", "2E3440", "CC79A7", "0072B2", "D55E00", "009E73" },
		{ "BACK#FFFFFF", "CANVAS#FFFFFF", "SHADEA#FFFFFF", "SHADEB#FFFFFF",
		    "FONT#2E3440", "AXIS#8A929E", "ARROW#FFFFFF00", "FRAME#FFFFFF00",
		    "GRID#00000014", "MGRID#00000026" },
	},
	[DRAW_DARK] = {
		{ "4FA8E0", "E69F00", "2CC295", "F07838", "DA94BA", "8ED1F5", "C9C25A",
		    "8A93A3" },
		{ "2CC295", "F07838", "D5DAE3", "DA94BA", "4FA8E0", "F07838", "2CC295" },
		{ "BACK#1B1E24", "CANVAS#1B1E24", "SHADEA#1B1E24", "SHADEB#1B1E24",
		    "FONT#D5DAE3", "AXIS#6B7482", "ARROW#1B1E2400", "FRAME#1B1E2400",
		    "GRID#FFFFFF12", "MGRID#FFFFFF28" },
	},
};

/* Nothing but the line is to be seen. */
static const char *const spark_colors[] = { "BACK#FFFFFF00", "CANVAS#FFFFFF00",
	"AXIS#FFFFFF00", "ARROW#FFFFFF00", "FRAME#FFFFFF00", "GRID#FFFFFF00",
	"MGRID#FFFFFF00", "SHADEA#FFFFFF00", "SHADEB#FFFFFF00", NULL };

static const char *const format_names[] = { [DRAW_SVG] = "SVG", [DRAW_PNG] = "PNG" };

/* They differ by their dashes as well, for those who do not tell colours apart. */
static const char *const mark_dashes[MARK_COUNT] = {
	[MARK_STARTED] = "",
	[MARK_STOPPED] = ":dashes=6,3",
	[MARK_CRASHED] = ":dashes=2,2",
	[MARK_MIGRATED] = ":dashes=8,3,2,3",
	[MARK_BACKED_UP] = ":dashes=1,3",
	[MARK_LOST] = ":dashes=6,3",
	[MARK_BACK] = "",
};

static void
add_frame(struct drawing *d)
{
	g_autofree char *name = draw_text_name(drawing_name(d->request));
	g_autofree char *span = draw_text_span(d->request->start, d->request->end);

	drawing_argf(d, "--imgformat=%s", format_names[d->request->format]);
	drawing_arg(d, "--full-size-mode");
	drawing_arg(d, "--disable-rrdtool-tag");
	drawing_arg(d, "--border=0");
	drawing_arg(d, "--slope-mode");
	drawing_arg(d, "--font=DEFAULT:8:DejaVu Sans");
	drawing_arg(d, "--font=TITLE:11:DejaVu Sans");
	drawing_arg(d, "--font=LEGEND:8:DejaVu Sans Mono");
	if (is_narrow(d->request))
		drawing_argf(d, "--title=%s · %s", d->graph->title, span);
	else
		drawing_argf(d, "--title=%s · %s · %s", name, d->graph->title, span);
	drawing_argf(d, "--vertical-label=%s", d->graph->label);
	for (const char *const *c = looks[d->request->theme].colors; *c != NULL; c++)
		drawing_argf(d, "--color=%s", *c);
}

static void
add_scale(struct drawing *d)
{
	const struct graph *g = d->graph;
	bool below = false;

	drawing_argf(d, "--x-grid=%s", draw_text_axis(d->request->end - d->request->start));
	for (unsigned i = 0; i < d->lines->len; i++)
		below = below || drawing_line(d, i)->below;
	drawing_argf(d, "--upper-limit=%.0f", g->least);
	drawing_argf(d, "--lower-limit=%.0f", below ? -g->least : 0.0);
	if (!below) /* librrd's own choice leaves half of the picture empty at times */
		drawing_arg(d, "--alt-autoscale-max");
	if (g->base == 0)
		drawing_arg(d, "--units-exponent=0");
	else
		drawing_argf(d, "--base=%u", g->base);
}

/* --- shapes; the legend is apart from them, so that its order is free */

static const char *
color_of(const struct drawing *d, const struct drawing_line *line)
{
	return looks[d->request->theme].series[line->color];
}

/* How many lines from n on lie upon one another. */
static unsigned
stack_height(const struct drawing *d, unsigned n)
{
	unsigned top = n + 1;

	while (top < d->lines->len && drawing_line(d, top)->style == STYLE_STACK)
		top++;
	return top - n;
}

/*
 * A stack is painted from its top down, each level over the one before: librrd's own lets
 * what lies upon an unknown value fall.
 */
static void
add_stack(struct drawing *d, unsigned first, unsigned height)
{
	for (unsigned i = 0; i < height; i++) {
		if (i == 0)
			drawing_argf(d, "CDEF:s%u=v%u", first, first);
		else
			drawing_argf(d, "CDEF:s%u=s%u,v%u,ADDNAN", first + i, first + i - 1,
			    first + i);
	}
	for (unsigned i = height; i > 0; i--)
		drawing_argf(d, "AREA:s%u#%s", first + i - 1,
		    color_of(d, drawing_line(d, first + i - 1)));
}

/* The band of MAX, the area and the line of one series. */
static void
add_shape(struct drawing *d, unsigned n)
{
	const struct drawing_line *line = drawing_line(d, n);
	const char *color = color_of(d, line), *sign = line->below ? "-1" : "1";

	drawing_argf(d, "CDEF:d%u=v%u,%s,*", n, n, sign);
	drawing_argf(d, "CDEF:e%u=w%u,%s,*", n, n, sign);
	if (line->style == STYLE_AREA) {
		drawing_argf(d, "AREA:e%u#%s38", n, color);
		drawing_argf(d, "AREA:d%u#%s60", n, color);
	}
	drawing_argf(d, "LINE1.5:d%u#%s", n, color);
}

/* Of what is stacked it would lie at a height that means nothing. */
static void
add_percentile(struct drawing *d, unsigned n)
{
	const struct drawing_line *line = drawing_line(d, n);
	char number[G_ASCII_DTOSTR_BUF_SIZE];

	if (d->request->percentile && isfinite(line->numbers.p95) &&
	    line->style != STYLE_STACK && stack_height(d, n) == 1)
		drawing_argf(d, "HRULE:%s#%s::dashes=4,3",
		    g_ascii_dtostr(number, sizeof(number),
			line->below ? -line->numbers.p95 : line->numbers.p95),
		    color_of(d, line));
}

static const char *const number_names[] = { "min", "average", "max", "last", "95th" };

/* Of the numbers of a legend's line. */
static bool
is_told(const struct drawing *d, size_t number)
{
	if (number == 4)
		return d->request->percentile;
	return !is_narrow(d->request) || number == 1 || number == 2;
}

static void
add_shapes(struct drawing *d)
{
	for (unsigned n = 0, height; n < d->lines->len; n += height) {
		height = stack_height(d, n);
		if (height > 1 || drawing_line(d, n)->style == STYLE_STACK)
			add_stack(d, n, height);
		else
			add_shape(d, n);
	}
	for (unsigned n = 0; n < d->lines->len; n++)
		add_percentile(d, n);
	drawing_argf(d, "HRULE:0#%s", d->request->theme == DRAW_DARK ? "6B7482" : "8A929E");
}

/* --- the legend */

static void
add_legend_numbers(struct drawing *d, const struct draw_numbers *x)
{
	const double numbers[] = { x->min, x->average, x->max, x->last, x->p95 };
	g_autoptr(GString) line = g_string_new("COMMENT:");

	for (size_t i = 0; i < G_N_ELEMENTS(numbers); i++) {
		if (!is_told(d, i))
			continue;
		g_autofree char *number = draw_text_number(d->graph, numbers[i]);
		g_string_append_printf(line, "%*s", NUMBER_WIDTH, number);
	}
	g_string_append(line, "\\l");
	drawing_arg(d, line->str);
}

static void
add_legend_head(struct drawing *d)
{
	g_autoptr(GString) line = g_string_new("COMMENT:  ");

	g_string_append_printf(line, "%-*s", LABEL_WIDTH + 2, "");
	for (size_t i = 0; i < G_N_ELEMENTS(number_names); i++)
		if (is_told(d, i))
			g_string_append_printf(line, "%*s", NUMBER_WIDTH, number_names[i]);
	g_string_append(line, "\\l");
	drawing_arg(d, line->str);
}

/* As wide as its column, in characters (printf counts octets), and escaped. */
static char *
label_text(const char *label)
{
	glong length = g_utf8_strlen(label, -1);
	g_autofree char *start =
	    length <= LABEL_WIDTH ? NULL : g_utf8_substring(label, 0, LABEL_WIDTH - 1);
	g_autofree char *text = start != NULL
	    ? g_strconcat(start, "…", NULL)
	    : g_strdup_printf("%s%*s", label, (int)(LABEL_WIDTH - length), "");

	return drawing_escape(text);
}

/* An area of nothing carries the box with the colour. */
static void
add_legend_line(struct drawing *d, unsigned n)
{
	const struct drawing_line *line = drawing_line(d, n);
	g_autofree char *label = label_text(line->label);

	drawing_argf(d, "CDEF:n%u=v%u,POP,UNKN", n, n);
	drawing_argf(d, "AREA:n%u#%s:%s", n, color_of(d, line), label);
	add_legend_numbers(d, &line->numbers);
}

#define MOVES_TOLD 3 /* the newest ones: the legend has little room */

/* Of a migration it is worth knowing from where to where. */
static const char *
mark_words(const struct mark *mark)
{
	bool told = mark->type == MARK_MIGRATED && mark->reason != NULL && *mark->reason != '\0';

	return told ? mark->reason : mark_names[mark->type];
}

/* What the legend tells of it, to be freed: "" when it has told that already, or enough. */
static char *
mark_label(const struct mark *mark, GPtrArray *told, unsigned *moves)
{
	const char *words = mark_words(mark);

	if (words != mark_names[mark->type] && ++*moves > MOVES_TOLD)
		words = mark_names[mark->type];
	if (g_ptr_array_find_with_equal_func(told, words, g_str_equal, NULL))
		return g_strdup("");
	g_ptr_array_add(told, (gpointer)words);
	g_autofree char *text = draw_text_name(words);
	return drawing_escape(text);
}

static void
add_marks(struct drawing *d)
{
	g_autoptr(GPtrArray) told = g_ptr_array_new();
	unsigned moves = 0;

	for (size_t i = 0; i < d->request->marks_n; i++) {
		const struct mark *mark = &d->request->marks[i];
		if (mark->at < d->request->start || mark->at > d->request->end)
			continue;
		g_autofree char *label = mark_label(mark, told, &moves);
		drawing_argf(d, "VRULE:%lld#%s:%s%s", (long long)mark->at,
		    looks[d->request->theme].marks[mark->type], label,
		    mark_dashes[mark->type]);
	}
	if (told->len > 0)
		drawing_arg(d, "COMMENT:\\l");
}

static void
add_legend(struct drawing *d)
{
	add_legend_head(d);
	for (unsigned n = 0; n < d->lines->len; n++)
		add_legend_line(d, n);
	add_marks(d);
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

static const struct {
	const char *key;
	size_t offset;
} plot_keys[] = {
	{ "image_width", offsetof(struct draw_plot, image_width) },
	{ "image_height", offsetof(struct draw_plot, image_height) },
	{ "graph_left", offsetof(struct draw_plot, left) },
	{ "graph_top", offsetof(struct draw_plot, top) },
	{ "graph_width", offsetof(struct draw_plot, width) },
	{ "graph_height", offsetof(struct draw_plot, height) },
};

static void
take_plot(const rrd_info_t *info, struct draw_plot *plot)
{
	*plot = (struct draw_plot){ 0 };
	for (const rrd_info_t *i = info; i != NULL; i = i->next)
		for (size_t k = 0; k < G_N_ELEMENTS(plot_keys); k++)
			if (i->type == RD_I_CNT && strcmp(i->key, plot_keys[k].key) == 0)
				*(int *)(void *)((char *)plot + plot_keys[k].offset) =
				    (int)i->value.u_cnt;
}

static GBytes *
draw(struct drawing *d, struct draw_plot *plot, GError **error)
{
	rrd_info_t *info = drawing_run(d, error);

	if (info == NULL)
		return NULL;
	GBytes *image = take_image(info, error);
	take_plot(info, plot);
	rrd_info_free(info);
	return image;
}

GBytes *
drawing_picture(struct drawing *d, struct draw_plot *plot, GError **error)
{
	drawing_start(d);
	add_frame(d);
	add_scale(d);
	drawing_add_data(d);
	add_shapes(d);
	add_legend(d);
	return draw(d, plot, error);
}

GBytes *
drawing_spark(struct drawing *d, struct draw_plot *plot, GError **error)
{
	const char *color = color_of(d, drawing_line(d, 0));

	drawing_start(d);
	drawing_argf(d, "--imgformat=%s", format_names[d->request->format]);
	drawing_arg(d, "--only-graph");
	drawing_arg(d, "--border=0");
	drawing_arg(d, "--slope-mode");
	drawing_argf(d, "--upper-limit=%.0f", d->graph->least);
	drawing_arg(d, "--lower-limit=0");
	for (const char *const *c = spark_colors; *c != NULL; c++)
		drawing_argf(d, "--color=%s", *c);
	drawing_add_data(d);
	drawing_argf(d, "AREA:v0#%s40", color);
	drawing_argf(d, "LINE1:v0#%s", color);
	return draw(d, plot, error);
}
