/* The picture: frame, axes, shapes and legend, as arguments of librrd. */
#include <string.h>

#include "graphs/draw_text.h"
#include "graphs/drawing.h"
#include "graphs/rrd_file.h"

#define LABEL_WIDTH  19
#define NUMBER_WIDTH 13

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

static const struct graph_series *
series_end(const struct graph *g)
{
	const struct graph_series *s = g->series;

	while (s->label != NULL)
		s++;
	return s;
}

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
	for (const struct graph_series *s = g->series; s->label != NULL; s++)
		below = below || s->below;
	drawing_argf(d, "--upper-limit=%.0f", g->least);
	drawing_argf(d, "--lower-limit=%.0f", below ? -g->least : 0.0);
	if (g->base == 0)
		drawing_arg(d, "--units-exponent=0");
	else
		drawing_argf(d, "--base=%u", g->base);
}

/* The band of MAX, the area and the line of one series; the last carries the legend. */
static void
add_shape(struct drawing *d, unsigned n)
{
	const struct graph_series *s = &d->graph->series[n];
	const char *color = looks[d->request->theme].series[s->color];
	const char *sign = s->below ? "-1" : "1";

	drawing_argf(d, "CDEF:d%u=v%u,%s,*", n, n, sign);
	drawing_argf(d, "CDEF:e%u=w%u,%s,*", n, n, sign);
	if (s->style == STYLE_STACK) {
		drawing_argf(d, "AREA:d%u#%sC0:%-*s:STACK", n, color, LABEL_WIDTH, s->label);
		return;
	}
	bool base_of_stack = s[1].label != NULL && s[1].style == STYLE_STACK;
	if (base_of_stack) {
		drawing_argf(d, "AREA:d%u#%sC0:%-*s", n, color, LABEL_WIDTH, s->label);
		return;
	}
	if (s->style == STYLE_AREA) {
		drawing_argf(d, "AREA:e%u#%s38", n, color);
		drawing_argf(d, "AREA:d%u#%s60", n, color);
	}
	drawing_argf(d, "LINE1.5:d%u#%s:%-*s", n, color, LABEL_WIDTH, s->label);
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
	drawing_arg(d, line->str);
}

static void
add_shapes(struct drawing *d)
{
	size_t n = (size_t)(series_end(d->graph) - d->graph->series);

	drawing_argf(d, "COMMENT:  %-*s%*s%*s%*s%*s\\l", LABEL_WIDTH + 2, "", NUMBER_WIDTH,
	    "min", NUMBER_WIDTH, "average", NUMBER_WIDTH, "max", NUMBER_WIDTH, "last");
	for (unsigned i = 0; i < n; i++) {
		add_shape(d, i);
		add_legend_line(d, &d->numbers[i]);
	}
	drawing_argf(d, "HRULE:0#%s", d->request->theme == DRAW_DARK ? "6B7482" : "8A929E");
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
	if (!drawing_add_data(d, error))
		return NULL;
	add_shapes(d);
	rrd_info_t *info = drawing_run(d, error);
	if (info == NULL)
		return NULL;
	GBytes *image = take_image(info, error);
	rrd_info_free(info);
	return image;
}
