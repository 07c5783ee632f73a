/* Rows of an RRD file. */
#include "graphs/rrd_rows.h"

#include <rrd.h>
#include <stdlib.h>
#include <string.h>

#include "graphs/rrdcached.h"

bool
rrd_rows_read(struct rrd_rows *rows, const char *path, const char *cf, int64_t from,
    int64_t to, unsigned wanted, GError **error)
{
	time_t start = (time_t)from, end = (time_t)to;
	unsigned long step = wanted;

	rrd_clear_error();
	if (rrd_fetch_r(path, cf, &start, &end, &step, &rows->sources, &rows->names,
		&rows->data) != 0) {
		const char *why = rrd_get_error();
		g_set_error(error, RRD_ERROR, (gint)rrd_error_code(why), "%s", why);
		rrd_clear_error();
		*rows = (struct rrd_rows){ 0 };
		return false;
	}
	rows->start = start;
	rows->step = (unsigned)step;
	rows->n = (size_t)((unsigned long)(end - start) / step);
	return true;
}

void
rrd_rows_clear(struct rrd_rows *rows)
{
	for (unsigned long i = 0; i < rows->sources; i++)
		free(rows->names[i]);
	free(rows->names);
	free(rows->data);
}

double *
rrd_rows_source(const struct rrd_rows *rows, const char *name)
{
	unsigned long source = 0;

	while (source < rows->sources && strcmp(rows->names[source], name) != 0)
		source++;
	if (source == rows->sources)
		return NULL;
	double *values = g_new(double, rows->n);
	for (size_t i = 0; i < rows->n; i++)
		values[i] = rows->data[i * rows->sources + source];
	return values;
}
