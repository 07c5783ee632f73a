/* Draws graphs: a catalogue entry becomes the arguments of librrd's rrd_graph_v. */
#include "graphs/draw.h"

#include <math.h>
#include <string.h>

#include "common/sync.h"
#include "graphs/drawing.h"
#include "graphs/rrd_file.h"

/* librrd's drawing keeps state between calls (fonts, the week's first day). */
static pthread_mutex_t draw_lock = PTHREAD_MUTEX_INITIALIZER;

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
	{ 'v', "95,PERCENTNAN", offsetof(struct draw_numbers, p95) },
};

static void
add_prints(struct drawing *d)
{
	for (unsigned n = 0; n < d->lines->len; n++) {
		for (size_t k = 0; k < G_N_ELEMENTS(number_kinds); k++) {
			drawing_argf(d, "VDEF:p%u_%zu=%c%u,%s", n, k, number_kinds[k].data, n,
			    number_kinds[k].how);
			drawing_argf(d, "PRINT:p%u_%zu:%%.9le", n, k);
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

	if (n >= d->lines->len)
		return;
	g_strdelimit(i->value.u_str, ",", '.'); /* the locale's decimal point */
	double x = g_ascii_strtod(i->value.u_str, NULL);
	char *numbers = (char *)&drawing_line(d, n)->numbers;
	*(double *)(void *)(numbers + number_kinds[k].offset) = isfinite(x) ? x : NAN;
}

static bool
read_numbers(struct drawing *d, GError **error)
{
	drawing_start(d);
	drawing_add_data(d);
	add_prints(d);
	rrd_info_t *info = drawing_run(d, error);
	if (info == NULL)
		return false;
	for (const rrd_info_t *i = info; i != NULL; i = i->next)
		if (g_str_has_prefix(i->key, "print[") && i->type == RD_I_STR)
			take_print(d, i);
	rrd_info_free(info);
	for (unsigned n = 0; n < d->lines->len; n++) {
		struct draw_numbers *x = &drawing_line(d, n)->numbers;
		if (isnan(x->average))
			x->p95 = NAN; /* librrd says 0 where nothing is known */
	}
	return true;
}

/* --- the whole */

static bool
check_request(const struct draw_request *r, GError **error)
{
	const char *why = NULL;

	unsigned least_width = r->spark ? 20 : 300, least_height = r->spark ? 10 : 150;

	if (r->start < 0 || r->end <= r->start)
		why = "the end of the span must be after its start";
	else if (r->width > 0 && (r->width < least_width || r->width > 4000))
		why = r->spark ? "the width must be 20 to 4000 pixels"
			       : "the width must be 300 to 4000 pixels";
	else if (r->height > 0 && (r->height < least_height || r->height > 3000))
		why = r->spark ? "the height must be 10 to 3000 pixels"
			       : "the height must be 150 to 3000 pixels";
	if (why != NULL)
		g_set_error_literal(error, RRD_ERROR, RRD_ERROR_FAILED, why);
	return why == NULL;
}

/* Everything up to the lock.  Clear it in any case. */
static bool
prepare(struct drawing *d, const struct settings *settings,
    const struct draw_request *request, GError **error)
{
	drawing_init(d, request);
	if (!check_request(request, error))
		return false;
	d->graph = graph_find(request->kind, request->graph, error);
	return d->graph != NULL && drawing_find_files(d, settings, error);
}

/* Under the lock: what is drawn, and its numbers. */
static bool
look(struct drawing *d, GError **error)
{
	if (!read_numbers(d, error))
		return false;
	if (d->graph->members == MEMBERS_NONE)
		return true;
	drawing_choose(d);
	return read_numbers(d, error);
}

GBytes *
draw_graph(const struct settings *settings, const struct draw_request *request,
    struct draw_plot *plot, GError **error)
{
	__attribute__((cleanup(drawing_clear))) struct drawing d;

	if (!prepare(&d, settings, request, error))
		return NULL;
	LOCK_SCOPE(&draw_lock);
	if (request->spark)
		return drawing_spark(&d, plot, error);
	return look(&d, error) ? drawing_picture(&d, plot, error) : NULL;
}

const struct graph *
draw_numbers(const struct settings *settings, const struct draw_request *request,
    struct draw_numbers out[DRAW_LINES_MOST], GError **error)
{
	__attribute__((cleanup(drawing_clear))) struct drawing d;

	if (!prepare(&d, settings, request, error))
		return NULL;
	LOCK_SCOPE(&draw_lock);
	if (!look(&d, error))
		return NULL;
	for (unsigned i = 0; i < d.lines->len && i < DRAW_LINES_MOST; i++)
		out[i] = drawing_line(&d, i)->numbers;
	return d.graph;
}
