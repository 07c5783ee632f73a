/* Trends: least squares through the history of a pool, usage of VMs and nodes. */
#include "graphs/trend.h"

#include <math.h>
#include <stdlib.h>

#include "graphs/rrd_rows.h"
#include "model/value.h"

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

int32_t
trend_days_of_file(const char *path, int64_t now)
{
	__attribute__((cleanup(rrd_rows_clear))) struct rrd_rows rows = { 0 };
	double size = NAN;

	if (!rrd_rows_read(&rows, path, "AVERAGE", now - SPAN, now, ROW, NULL))
		return TREND_NONE;
	g_autofree double *used = rrd_rows_source(&rows, "allocation");
	g_autofree double *sizes = rrd_rows_source(&rows, "capacity");
	for (size_t i = 0; sizes != NULL && i < rows.n; i++)
		if (isfinite(sizes[i]))
			size = sizes[i];
	return used == NULL ? TREND_NONE : trend_days(used, rows.n, rows.step, size);
}

/* --- usage */

static int
compare_doubles(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static uint32_t
whole(double x)
{
	return x >= ABSENT_U32 - 1.0 ? ABSENT_U32 - 1 : (uint32_t)(MAX(x, 0.0) + 0.5);
}

void
trend_sum_up(const double *values, size_t n, uint32_t out[TREND_STATS])
{
	g_autofree double *known = g_new(double, n);
	size_t k = 0;
	double sum = 0;

	for (size_t i = 0; i < n; i++) {
		if (!isfinite(values[i]))
			continue;
		known[k++] = values[i];
		sum += values[i];
	}
	out[TREND_AVERAGE] = out[TREND_MAX] = out[TREND_95] = ABSENT_U32;
	if (k == 0)
		return;
	qsort(known, k, sizeof(*known), compare_doubles);
	out[TREND_AVERAGE] = whole(sum / (double)k);
	out[TREND_MAX] = whole(known[k - 1]);
	out[TREND_95] = whole(known[(k * 95 + 99) / 100 - 1]);
}

/* Hundredths of a percent of one CPU, from nanoseconds per second. */
static double *
vm_cpu(const struct rrd_rows *rows)
{
	double *cpu = rrd_rows_source(rows, "cpu");

	for (size_t i = 0; cpu != NULL && i < rows->n; i++)
		cpu[i] /= 1e5;
	return cpu;
}

/* Adds what is known; unknown parts do not make the whole unknown. */
static void
add_source(const struct rrd_rows *rows, const char *name, double *sum)
{
	g_autofree double *part = rrd_rows_source(rows, name);

	for (size_t i = 0; part != NULL && i < rows->n; i++)
		sum[i] += isfinite(part[i]) ? part[i] : 0;
}

/* Hundredths of a percent of the machine, as vclNodeCpuUsage: derive.c. */
static double *
node_cpu(const struct rrd_rows *rows)
{
	double *busy = rrd_rows_source(rows, "cpu_user");
	g_autofree double *total = rrd_rows_source(rows, "cpu_idle");

	if (busy == NULL || total == NULL) {
		g_free(busy);
		return NULL;
	}
	add_source(rows, "cpu_system", busy);
	add_source(rows, "cpu_steal", busy);
	add_source(rows, "cpu_iowait", total);
	for (size_t i = 0; i < rows->n; i++)
		busy[i] = busy[i] + total[i] > 0 ? 10000 * busy[i] / (busy[i] + total[i]) : NAN;
	return busy;
}

static const int64_t spans[TREND_SPANS] = { [TREND_HOUR] = 3600, [TREND_DAY] = DAY };

/* Each span from the finest rows that reach back so far. */
void
trend_usage_of_file(const char *path, bool of_node, int64_t now, struct trend *out)
{
	for (size_t i = 0; i < TREND_SPANS; i++) {
		__attribute__((cleanup(rrd_rows_clear))) struct rrd_rows rows = { 0 };
		rrd_rows_read(&rows, path, "AVERAGE", now - spans[i], now, 1, NULL);
		g_autofree double *cpu = of_node ? node_cpu(&rows) : vm_cpu(&rows);
		g_autofree double *memory = rrd_rows_source(&rows, "mem_used");
		trend_sum_up(cpu, cpu == NULL ? 0 : rows.n, out->value[TREND_CPU][i]);
		trend_sum_up(memory, memory == NULL ? 0 : rows.n, out->value[TREND_MEMORY][i]);
	}
}
