/* What `virtcluster top` says above its VMs. */
#include "cli/top.h"

#include "client/format.h"

/* The value as text, "-" when it is not known. */
static const char *
known(GPtrArray *keep, cell_format *format, JsonObject *row, const char *key)
{
	char *text = format(row, key);

	if (text == NULL || text[0] == '\0') {
		g_free(text);
		text = g_strdup("-");
	}
	g_ptr_array_add(keep, text);
	return text;
}

#define NUMBER(key) known(keep, format_text, status, key)

char *
top_counts(JsonObject *status)
{
	g_autoptr(GPtrArray) keep = g_ptr_array_new_with_free_func(g_free);

	return g_strdup_printf(
	    "%s/%s nodes online, %s/%s VMs running, jobs: %s running, %s waiting",
	    NUMBER("vclClusterNodesOnline"), NUMBER("vclClusterNodes"),
	    NUMBER("vclClusterVmsRunning"), NUMBER("vclClusterVms"),
	    NUMBER("vclClusterJobsRunning"), NUMBER("vclClusterJobsWaiting"));
}

/* Of all CPUs of the nodes that say how busy theirs are. */
static char *
cpu_use(GPtrArray *nodes)
{
	gint64 cpus = 0, busy = 0;

	for (guint i = 0; i < nodes->len; i++) {
		JsonObject *node = nodes->pdata[i];
		gint64 n = row_int(node, "vclNodeCpus");
		if (row_bool(node, "vclNodeStale") ||
		    !json_object_has_member(node, "vclNodeCpuUsage"))
			continue;
		cpus += n;
		busy += n * row_int(node, "vclNodeCpuUsage");
	}
	if (cpus == 0)
		return g_strdup("-");
	return g_strdup_printf("%.1f %% of %" G_GINT64_FORMAT " CPU%s",
	    (double)busy / (double)cpus / 100, cpus, cpus == 1 ? "" : "s");
}

char *
top_load(JsonObject *status, GPtrArray *nodes)
{
	g_autoptr(GPtrArray) keep = g_ptr_array_new_with_free_func(g_free);
	g_autofree char *cpu = cpu_use(nodes);

	return g_strdup_printf("CPU %s, memory %s of %s used", cpu,
	    known(keep, format_mib, status, "vclClusterMemoryUsed"),
	    known(keep, format_mib, status, "vclClusterMemoryTotal"));
}

char *
top_health(JsonObject *status)
{
	g_autoptr(GPtrArray) keep = g_ptr_array_new_with_free_func(g_free);
	const char *reason = row_text(status, "vclClusterHealthReason");
	bool has_reason = reason != NULL && reason[0] != '\0';

	return g_strdup_printf("alarms: %s critical, %s warning; health %s%s%s",
	    NUMBER("vclClusterAlarmsCritical"), NUMBER("vclClusterAlarmsWarning"),
	    known(keep, format_words, status, "vclClusterHealth"), has_reason ? ": " : "",
	    has_reason ? reason : "");
}
