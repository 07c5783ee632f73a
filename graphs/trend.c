/* The trend of a pool: least squares through its history. */
#include "graphs/trend.h"

#include <math.h>
#include <rrd.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define DAY       86400
#define SPAN      (30 * DAY) /* of the history that counts */
#define ROW       3600       /* seconds of the rows to read */
#define LEAST     (DAY / 2)  /* seconds that must be known */
#define DAYS_MOST 3650       /* beyond that a straight line tells nothing */

/* Sums over the known values; time in days from the first one on. */
struct sums {
	size_t n;
	double x, y, xx, xy;
	double last;
};

static struct sums
sum_up(const double *used, size_t n, unsigned step)
{
	struct sums s = { 0 };

	for (size_t i = 0; i < n; i++) {
		double x = (double)i * step / DAY;
		if (!isfinite(used[i]))
			continue;
		s.n++;
		s.x += x;
		s.y += used[i];
		s.xx += x * x;
		s.xy += x * used[i];
		s.last = used[i];
	}
	return s;
}

int32_t
trend_days(const double *used, size_t n, unsigned step, double size)
{
	struct sums s = sum_up(used, n, step);
	double count = (double)s.n;

	if (s.n < 3 || (double)s.n * step < LEAST || !isfinite(size) || size <= 0)
		return TREND_NONE;
	if (s.last >= size)
		return 0;
	double spread = count * s.xx - s.x * s.x;
	double slope = spread > 0 ? (count * s.xy - s.x * s.y) / spread : 0;
	if (slope <= 0 || (size - s.last) / slope > DAYS_MOST)
		return TREND_NONE;
	return (int32_t)((size - s.last) / slope + 0.5);
}

/* --- from a file */

struct history {
	unsigned long step, sources;
	time_t start, end;
	char **names;
	rrd_value_t *data;
};

static bool
history_read(struct history *h, const char *path, int64_t now)
{
	h->start = (time_t)(now - SPAN);
	h->end = (time_t)now;
	h->step = ROW;
	rrd_clear_error();
	if (rrd_fetch_r(path, "AVERAGE", &h->start, &h->end, &h->step, &h->sources, &h->names,
	    &h->data) == 0)
		return true;
	rrd_clear_error();
	return false;
}

static void
history_clear(struct history *h)
{
	for (unsigned long i = 0; i < h->sources; i++)
		free(h->names[i]);
	free(h->names);
	free(h->data);
}

/* The values of one source; free them.  NULL: the file does not have it. */
static double *
history_source(const struct history *h, const char *name, size_t *n)
{
	unsigned long source = 0;

	while (source < h->sources && strcmp(h->names[source], name) != 0)
		source++;
	if (source == h->sources)
		return NULL;
	*n = (size_t)((h->end - h->start) / (time_t)h->step);
	double *values = g_new(double, *n);
	for (size_t i = 0; i < *n; i++)
		values[i] = h->data[i * h->sources + source];
	return values;
}

int32_t
trend_days_of_file(const char *path, int64_t now)
{
	struct history h = { 0 };
	double size = NAN;
	size_t n = 0;

	if (!history_read(&h, path, now))
		return TREND_NONE;
	g_autofree double *used = history_source(&h, "allocation", &n);
	g_autofree double *sizes = history_source(&h, "capacity", &n);
	int32_t days = TREND_NONE;
	for (size_t i = 0; sizes != NULL && i < n; i++)
		if (isfinite(sizes[i]))
			size = sizes[i];
	if (used != NULL)
		days = trend_days(used, n, (unsigned)h.step, size);
	history_clear(&h);
	return days;
}
