/*
 * What libvirt's bulk call costs by itself: the same statistics as a full sample asks for,
 * once a second, by nobody but this program.  Prints the median in microseconds.
 */
#include <glib.h>
#include <libvirt/libvirt.h>
#include <stdio.h>
#include <stdlib.h>

#define STATS                                                                          \
	(VIR_DOMAIN_STATS_STATE | VIR_DOMAIN_STATS_CPU_TOTAL |                         \
	    VIR_DOMAIN_STATS_BALLOON | VIR_DOMAIN_STATS_VCPU |                         \
	    VIR_DOMAIN_STATS_INTERFACE | VIR_DOMAIN_STATS_BLOCK)

static int
compare(const void *a, const void *b)
{
	const int64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static int64_t
call_once(virConnectPtr connection)
{
	virDomainStatsRecordPtr *records = NULL;
	int64_t start = g_get_monotonic_time();

	if (virConnectGetAllDomainStats(connection, STATS, &records,
		VIR_CONNECT_GET_ALL_DOMAINS_STATS_NOWAIT) < 0)
		exit(EXIT_FAILURE);
	int64_t took = g_get_monotonic_time() - start;
	virDomainStatsRecordListFree(records);
	return took;
}

int
main(int argc, char **argv)
{
	if (argc != 3) {
		fprintf(stderr, "usage: bench_bulk URI CALLS\n");
		return 2;
	}
	virConnectPtr connection = virConnectOpen(argv[1]);
	int calls = MAX(atoi(argv[2]), 1);
	g_autofree int64_t *took = g_new(int64_t, calls);

	if (connection == NULL)
		return EXIT_FAILURE;
	for (int i = 0; i < calls; i++) {
		took[i] = call_once(connection);
		g_usleep(MAX(G_USEC_PER_SEC - took[i], 0));
	}
	virConnectClose(connection);
	qsort(took, (size_t)calls, sizeof(*took), compare);
	printf("%" G_GINT64_FORMAT "\n", took[calls / 2]);
	return EXIT_SUCCESS;
}
