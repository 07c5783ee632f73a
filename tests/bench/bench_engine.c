/*
 * How fast the SNMP engine walks and finds, with 1,000 to 100,000 synthetic rows.
 *
 * A look-up is a binary search, so rows per second must not fall with the number of rows.
 */
#include <stdio.h>
#include <stdlib.h>

#include "agent/engine.h"
#include "model/compose.h"

#define LOOKUPS 1000000

static struct cluster *
synthetic_cluster(unsigned n)
{
	static const struct cluster_info info = { .name = "", .version = "", .backend = "" };
	struct part *part = part_new("node:bench", "bench");

	for (unsigned i = 0; i < n; i++) {
		struct vm *vm = part_add(part, ROWS_VM);
		g_autofree char *uuid = g_strdup_printf("00000000-0000-4000-8000-%012x", i);
		vm->uuid = part_text(part, uuid);
		vm->name = vm->uuid;
		vm->state = i % 3 == 0 ? VM_SHUT_OFF : VM_RUNNING;
		if (i % 3 != 0)
			vm->cpu_ns = i; /* the others are holes */
	}
	struct compose_input in = { .parts = &part, .parts_n = 1, .info = &info };
	struct cluster *cluster = compose(&in);
	part_unref(part);
	return cluster;
}

/* GETNEXT from end to end; cells per second. */
static double
walk(const struct cluster *cluster)
{
	struct engine_view view;
	struct engine_oid at = { .len = 0 }, next;
	struct value value;
	uint64_t cells = 0;
	int64_t start = g_get_monotonic_time(), now;

	do {
		engine_view_init(&view, &virtcluster_mib, cluster, 0);
		for (at.len = 0; engine_next(&view, at.arc, at.len, &next, &value); at = next)
			cells++;
		now = g_get_monotonic_time();
	} while (now - start < G_USEC_PER_SEC / 2);
	return (double)cells * G_USEC_PER_SEC / (double)(now - start);
}

/* One column, each GETNEXT in a request of its own, from a random row; per second. */
static double
jump(const struct cluster *cluster)
{
	const struct rows *rows = &cluster->rows[ROWS_VM];
	struct engine_view view;
	struct engine_oid at, next;
	struct value value;
	unsigned seed = 1;
	int64_t start = g_get_monotonic_time();

	for (unsigned i = 0; i < LOOKUPS; i++) {
		const struct row_head *row = rows->row[rand_r(&seed) % rows->n];
		engine_view_init(&view, &virtcluster_mib, cluster, 0);
		engine_cell_oid(&vm_table, table_column(&vm_table, "vclVmName"), row, &at);
		engine_next(&view, at.arc, at.len, &next, &value);
	}
	return (double)LOOKUPS * G_USEC_PER_SEC / (double)(g_get_monotonic_time() - start);
}

int
main(void)
{
	static const unsigned sizes[] = { 1000, 10000, 100000 };

	printf("%8s  %20s  %24s\n", "rows", "walk, cells/s", "random GETNEXT, rows/s");
	for (size_t i = 0; i < G_N_ELEMENTS(sizes); i++) {
		SCOPED(cluster) cluster = synthetic_cluster(sizes[i]);
		printf("%8u  %20.0f  %24.0f\n", sizes[i], walk(cluster), jump(cluster));
	}
	return 0;
}
