/*
 * What histories cost: bench_rrd DIRECTORY [VMS [RRDCACHED]].  Makes the files of so many VMs
 * with two disks and two NICs each, and writes to all of them again and again.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "graphs/rrd_writer.h"
#include "graphs/trend.h"

#define STEP   60
#define PASSES 3

static const struct {
	const char *kind;
	unsigned each;
} objects[] = { { "vm", 1 }, { "disk", 2 }, { "nic", 2 } };

struct bench {
	struct rrd_writer *writer;
	struct rrd_counters counters;
	GPtrArray *queues;
	int64_t at;
};

static double
megabytes_resident(void)
{
	g_autofree char *text = NULL;
	long pages = 0;

	if (g_file_get_contents("/proc/self/statm", &text, NULL, NULL))
		sscanf(text, "%*s %ld", &pages);
	return (double)(pages * sysconf(_SC_PAGESIZE)) / 1e6;
}

static void
open_all(struct bench *b, unsigned vms)
{
	for (unsigned i = 0; i < vms; i++) {
		for (size_t k = 0; k < G_N_ELEMENTS(objects); k++) {
			for (unsigned n = 0; n < objects[k].each; n++) {
				g_autofree char *name = g_strdup_printf(
				    "00000000-0000-4000-8000-%012x%s%u", i, k > 0 ? "." : "", n);
				g_ptr_array_add(b->queues, rrd_writer_open(b->writer,
				    rrd_kind_find(objects[k].kind), name, 10));
			}
		}
	}
}

/* One sample of each object, until all is written; the seconds that it took. */
static double
write_all(struct bench *b)
{
	struct rrd_sample sample = { .at = b->at += STEP };
	int64_t start = g_get_monotonic_time();

	for (size_t i = 0; i < RRD_SOURCES_MOST; i++)
		sample.value[i] = (uint64_t)b->at * 1000;
	for (guint i = 0; i < b->queues->len; i++)
		rrd_writer_keep(b->writer, b->queues->pdata[i], &sample);
	while (atomic_load(&b->counters.waiting) > 0)
		rrd_writer_write(b->writer);
	return (double)(g_get_monotonic_time() - start) / 1e6;
}

static void
tell_sizes(const char *dir)
{
	for (size_t k = 0; k < G_N_ELEMENTS(objects); k++) {
		g_autofree char *path = g_strdup_printf("%s/%s/00000000-0000-4000-8000-%012x%s0.rrd",
		    dir, objects[k].kind, 0, k > 0 ? "." : "");
		struct stat st;
		if (stat(path, &st) == 0)
			printf("a file of a %s: %zu sources, %.0f kB\n", objects[k].kind,
			    rrd_kind_sources(rrd_kind_find(objects[k].kind))->n,
			    (double)st.st_size / 1000);
	}
}

static void
read_trends(const char *dir, unsigned vms, int64_t now)
{
	unsigned n = MIN(vms, 500);
	int64_t start = g_get_monotonic_time();
	struct trend trend;

	for (unsigned i = 0; i < n; i++) {
		g_autofree char *path =
		    g_strdup_printf("%s/vm/00000000-0000-4000-8000-%012x0.rrd", dir, i);
		trend_usage_of_file(path, false, now, &trend);
	}
	printf("the trends of a VM: %.2f ms\n",
	    (double)(g_get_monotonic_time() - start) / 1e3 / n);
}

int
main(int argc, char **argv)
{
	unsigned vms = argc > 2 ? (unsigned)atoi(argv[2]) : 200;
	struct bench b = { .queues = g_ptr_array_new(), .at = 1795392000 };

	if (argc < 2) {
		fprintf(stderr, "usage: bench_rrd DIRECTORY [VMS [RRDCACHED]]\n");
		return 2;
	}
	struct rrd_writer_options options = { .dir = argv[1], .server = argc > 3 ? argv[3] : "",
		.step = STEP, .years = RRD_YEARS, .cancel = -1, .counters = &b.counters };
	b.writer = rrd_writer_new(&options);
	double before = megabytes_resident();
	open_all(&b, vms);
	double made = write_all(&b);
	printf("%u files made in %.1f s, %.2f ms each; %.2f kB of memory each\n", b.queues->len,
	    made, made * 1e3 / b.queues->len,
	    (megabytes_resident() - before) * 1e3 / b.queues->len);
	for (int i = 0; i < PASSES; i++) {
		double s = write_all(&b);
		printf("a sample of each: %.2f s, %.0f a second\n", s, b.queues->len / s);
	}
	tell_sizes(argv[1]);
	read_trends(argv[1], vms, b.at);
	rrd_writer_free(b.writer);
	g_ptr_array_free(b.queues, TRUE);
	return 0;
}
