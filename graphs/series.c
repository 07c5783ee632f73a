/* The numbers of one source of one object. */
#include "graphs/series.h"

#include <math.h>

#include "graphs/rrd_file.h"
#include "graphs/rrd_rows.h"

static bool
refuse_source(const struct rrd_kind *kind, const char *source, GError **error)
{
	const struct rrd_sources *sources = rrd_kind_sources(kind);
	g_autoptr(GString) names = g_string_new(NULL);

	for (size_t i = 0; i < sources->n; i++)
		g_string_append_printf(
		    names, "%s%s", i > 0 ? ", " : "", sources->column[i]->series);
	g_set_error(error, RRD_ERROR, RRD_ERROR_FAILED,
	    "a %s has no source \"%s\" (there are: %s)", kind->name, source, names->str);
	return false;
}

static bool
check(const struct series_request *r, GError **error)
{
	const struct rrd_kind *kind = rrd_kind_find(r->kind);

	if (kind == NULL) {
		g_set_error(error, RRD_ERROR, RRD_ERROR_FAILED,
		    "no history is kept of a %s", r->kind);
		return false;
	}
	if (rrd_kind_source(kind, r->source) < 0)
		return refuse_source(kind, r->source, error);
	if (r->from < 0 || r->to <= r->from) {
		g_set_error_literal(error, RRD_ERROR, RRD_ERROR_FAILED,
		    "the end of the span must be after its start");
		return false;
	}
	if (r->step <= 0 || (r->to - r->from) / r->step <= SERIES_MOST)
		return true;
	g_set_error(error, RRD_ERROR, RRD_ERROR_FAILED,
	    "that would be %lld points, and %d are the most: ask for a coarser resolution",
	    (long long)((r->to - r->from) / r->step), SERIES_MOST);
	return false;
}

/* Seconds of a point that are wanted. */
static unsigned
wanted_step(const struct series_request *r)
{
	int64_t wanted = r->step > 0 ? r->step : (r->to - r->from) / SERIES_POINTS;

	return (unsigned)CLAMP(wanted, 1, INT32_MAX);
}

/* Adds a row to a point.  `n` of them are known so far. */
static double
add_row(double point, size_t n, double row, bool max)
{
	if (n == 0)
		return row;
	return max ? MAX(point, row) : point + (row - point) / (double)(n + 1);
}

/* Points that lie on whole steps, whatever the rows begin with. */
static void
consolidate(const struct rrd_rows *rows, const double *value, bool max, struct series *out)
{
	int64_t step = out->step, end = rows->start + (int64_t)(rows->n * rows->step);

	out->start = rows->start / step * step;
	out->n = (size_t)((end - out->start + step - 1) / step);
	out->value = g_new(double, out->n);
	g_autofree size_t *known = g_new0(size_t, out->n);
	for (size_t i = 0; i < out->n; i++)
		out->value[i] = NAN;
	for (size_t i = 0; i < rows->n; i++) {
		int64_t at = rows->start + (int64_t)(i * rows->step);
		size_t p = (size_t)((at - out->start) / step);
		if (isfinite(value[i]))
			out->value[p] = add_row(out->value[p], known[p]++, value[i], max);
	}
}

/* The end of the span is often now, in the middle of a row: that one is not there yet. */
static void
cut_end(struct series *out, int64_t to)
{
	while (out->n > 0 && isnan(out->value[out->n - 1]) &&
	       out->start + (int64_t)(out->n * out->step) > to)
		out->n--;
}

bool
series_read(const struct settings *settings, const struct series_request *r,
    struct series *out, GError **error)
{
	__attribute__((cleanup(rrd_rows_clear))) struct rrd_rows rows = { 0 };
	g_autoptr(GError) why = NULL;

	if (!check(r, error))
		return false;
	g_autofree char *path =
	    rrd_layout_path(settings->rrd_dir, rrd_kind_find(r->kind), r->identity, error);
	if (path == NULL)
		return false;
	rrd_file_write_out(settings, path);
	unsigned wanted = wanted_step(r);
	if (!rrd_rows_read(&rows, path, r->max ? "MAX" : "AVERAGE", r->from, r->to,
		wanted, &why)) {
		if (g_error_matches(why, RRD_ERROR, RRD_ERROR_MISSING))
			g_set_error(error, RRD_ERROR, RRD_ERROR_MISSING,
			    "no data recorded yet for %s", r->title);
		else
			g_propagate_error(error, g_steal_pointer(&why));
		return false;
	}
	g_autofree double *value = rrd_rows_source(&rows, r->source);
	for (size_t i = 0; value == NULL && i < rows.n * rows.sources; i++)
		rows.data[i] = NAN; /* a file of an older version lacks it */
	out->step = (wanted + rows.step - 1) / rows.step * rows.step; /* whole rows */
	consolidate(&rows, value != NULL ? value : rows.data, r->max, out);
	cut_end(out, r->to);
	return true;
}
