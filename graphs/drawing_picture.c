/* The picture: frame, axes, shapes and legend, as arguments of librrd. */
#include <math.h>
#include <string.h>

#include "graphs/draw_text.h"
#include "graphs/drawing.h"
#include "graphs/rrd_file.h"

#define LABEL_WIDTH  19
#define NUMBER_WIDTH 13

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

static const char *const format_names[] = { [DRAW_SVG] = "SVG", [DRAW_PNG] = "PNG" };

/* They differ by their dashes as well, for those who do not tell colours apart. */
static const struct {
	const char *label, *dashes;
} mark_looks[MARK_COUNT] = {
	[MARK_STARTED] = { "started", "" },
	[MARK_STOPPED] = { "stopped", ":dashes=6,3" },
	[MARK_CRASHED] = { "crashed", ":dashes=2,2" },
	[MARK_MIGRATED] = { "migrated", ":dashes=8,3,2,3" },
	[MARK_BACKED_UP] = { "backed up", ":dashes=1,3" },
	[MARK_LOST] = { "node away", ":dashes=6,3" },
	[MARK_BACK] = { "node back", "" },
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
	size_t n = d->request->percentile ? G_N_ELEMENTS(numbers) : G_N_ELEMENTS(numbers) - 1;

	for (size_t i = 0; i < n; i++) {
		g_autofree char *number = draw_text_number(d->graph, numbers[i]);
		g_string_append_printf(line, "%*s", NUMBER_WIDTH, number);
	}
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

static void
add_marks(struct drawing *d)
{
	bool told[MARK_COUNT] = { false };
	bool any = false;

	for (size_t i = 0; i < d->request->marks_n; i++) {
		const struct mark *mark = &d->request->marks[i];
		if (mark->at < d->request->start || mark->at > d->request->end)
			continue;
		drawing_argf(d, "VRULE:%lld#%s:%s%s", (long long)mark->at,
		    looks[d->request->theme].marks[mark->type],
		    told[mark->type] ? "" : mark_looks[mark->type].label,
		    mark_looks[mark->type].dashes);
		told[mark->type] = any = true;
	}
	if (any)
		drawing_arg(d, "COMMENT:\\l");
}

static void
add_legend(struct drawing *d)
{
	drawing_argf(d, "COMMENT:  %-*s%*s%*s%*s%*s%*s\\l", LABEL_WIDTH + 2, "", NUMBER_WIDTH,
	    "min", NUMBER_WIDTH, "average", NUMBER_WIDTH, "max", NUMBER_WIDTH, "last",
	    d->request->percentile ? NUMBER_WIDTH : 0, d->request->percentile ? "95th" : "");
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

GBytes *
drawing_picture(struct drawing *d, GError **error)
{
	drawing_start(d);
	add_frame(d);
	add_scale(d);
	drawing_add_data(d);
	add_shapes(d);
	add_legend(d);
	rrd_info_t *info = drawing_run(d, error);
	if (info == NULL)
		return NULL;
	GBytes *image = take_image(info, error);
	rrd_info_free(info);
	return image;
}
