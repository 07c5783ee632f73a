/* virtcluster top: what stands above the VMs, sums, short cells. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cli/display.h"
#include "cli/top.h"

/* --- the head */

static JsonObject *
object(const char *json)
{
	g_autoptr(JsonNode) node = json_from_string(json, NULL);

	assert_non_null(node);
	return json_object_ref(json_node_get_object(node));
}

static const char full[] =
    "{\"vclClusterNodesOnline\":2,\"vclClusterNodes\":3,\"vclClusterVmsRunning\":4,"
    "\"vclClusterVms\":9,\"vclClusterJobsRunning\":1,\"vclClusterJobsWaiting\":0,"
    "\"vclClusterMemoryUsed\":1024,\"vclClusterMemoryTotal\":4096,"
    "\"vclClusterAlarmsCritical\":1,\"vclClusterAlarmsWarning\":0,"
    "\"vclClusterHealth\":\"critical\",\"vclClusterHealthReason\":\"node c is lost\"}";

static void
head(void **data)
{
	static const struct {
		char *(*describe)(JsonObject *);
		const char *json, *text;
	} cases[] = {
		{ top_counts, full,
		    "2/3 nodes online, 4/9 VMs running, jobs: 1 running, 0 waiting" },
		{ top_counts, "{}",
		    "-/- nodes online, -/- VMs running, jobs: - running, - waiting" },
		{ top_health, full,
		    "alarms: 1 critical, 0 warning; health critical: node c is lost" },
		{ top_health, "{\"vclClusterHealth\":\"ok\",\"vclClusterHealthReason\":\"\"}",
		    "alarms: - critical, - warning; health ok" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(JsonObject) status = object(cases[i].json);
		g_autofree char *text = cases[i].describe(status);
		assert_string_equal(text, cases[i].text);
	}
}

/* Only nodes that are heard from and know it count, each by its CPUs. */
static void
load(void **data)
{
	static const struct {
		const char *nodes[3];
		const char *text;
	} cases[] = {
		{ { NULL }, "CPU -, memory 1.0 GiB of 4.0 GiB used" },
		{ { "{\"vclNodeCpus\":4,\"vclNodeCpuUsage\":5000}" },
		    "CPU 50.0 % of 4 CPUs, memory 1.0 GiB of 4.0 GiB used" },
		{ { "{\"vclNodeCpus\":3,\"vclNodeCpuUsage\":10000}",
		      "{\"vclNodeCpus\":1,\"vclNodeCpuUsage\":0}" },
		    "CPU 75.0 % of 4 CPUs, memory 1.0 GiB of 4.0 GiB used" },
		{ { "{\"vclNodeCpus\":1,\"vclNodeCpuUsage\":100}",
		      "{\"vclNodeCpus\":8,\"vclNodeCpuUsage\":9000,\"vclNodeStale\":true}" },
		    "CPU 1.0 % of 1 CPU, memory 1.0 GiB of 4.0 GiB used" },
		{ { "{\"vclNodeCpus\":8}" }, "CPU -, memory 1.0 GiB of 4.0 GiB used" },
	};
	g_autoptr(JsonObject) status = object(full);

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GPtrArray) nodes =
		    g_ptr_array_new_with_free_func((GDestroyNotify)json_object_unref);
		for (size_t n = 0; cases[i].nodes[n] != NULL; n++)
			g_ptr_array_add(nodes, object(cases[i].nodes[n]));
		g_autofree char *text = top_load(status, nodes);
		assert_string_equal(text, cases[i].text);
	}
}

/* --- sums */

static void
sums(void **data)
{
	static const struct {
		const char *vm;
		gint64 disk; /* -1: not known */
	} cases[] = {
		{ "{\"vclVmDiskReadSpeed\":5,\"vclVmDiskWriteSpeed\":7}", 12 },
		{ "{\"vclVmDiskWriteSpeed\":7}", 7 },
		{ "{\"vclVmDiskReadSpeed\":0,\"vclVmDiskWriteSpeed\":0}", 0 },
		{ "{\"vclVmName\":\"web1\"}", -1 },
	};

	assert_string_equal(display_key(&top_listing, "disk"), "+disk");
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GPtrArray) rows =
		    g_ptr_array_new_with_free_func((GDestroyNotify)json_object_unref);
		g_ptr_array_add(rows, object(cases[i].vm));
		display_sums(&top_listing, rows);
		assert_int_equal(json_object_has_member(rows->pdata[0], "+disk"),
		    cases[i].disk >= 0);
		if (cases[i].disk >= 0)
			assert_int_equal(row_int(rows->pdata[0], "+disk"), cases[i].disk);
	}
}

static void
short_cells(void **data)
{
	static const struct {
		cell_format *format;
		const char *key, *row, *text;
	} cases[] = {
		{ format_flow, "k", "{\"k\":0}", "0B/s" },
		{ format_flow, "k", "{\"k\":1572864}", "1.5M/s" },
		{ format_flow, "k", "{}", NULL },
		{ cell_memory_short, "vclVmMemoryUsed",
		    "{\"vclVmMemoryUsed\":55,\"vclVmMemoryActual\":1536}", "55M/1.5G" },
		{ cell_memory_short, "vclVmMemoryUsed", "{\"vclVmMemoryActual\":96}", "-/96M" },
		{ cell_memory_short, "vclVmMemoryUsed", "{}", NULL },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(JsonObject) row = object(cases[i].row);
		g_autofree char *text = cases[i].format(row, cases[i].key);
		if (g_strcmp0(text, cases[i].text) != 0)
			fail_msg("%s, not %s", text, cases[i].text);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(head),
		cmocka_unit_test(load),
		cmocka_unit_test(sums),
		cmocka_unit_test(short_cells),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
