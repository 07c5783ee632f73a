/* Notifications: events become SNMPv2 traps. */
#include "config.h"

#include "agent/snmp_notify.h"

#include "agent/engine.h"
#include "agent/snmp_value.h"
#include "common/log.h"

#include <net-snmp/agent/net-snmp-agent-includes.h>

#define MOST_COLUMNS 8

/* In every notification, first and in this order; the instance is the event's index. */
static const char *const common_names[MOST_COLUMNS] = {
	"vclEventName", "vclEventUuid", "vclEventOldState", "vclEventNewState",
	"vclEventSeverity", "vclEventReason", "vclEventNode", "vclEventSequence",
};

/* Then the object's own columns, while its row is there; the instance is its index. */
static const struct notification {
	enum event_type type;
	uint32_t number; /* arc below vclNotifications */
	const struct table *table;
	const char *names[MOST_COLUMNS];
} notifications[] = {
	{ EVENT_VM_STATE,     1, &vm_table,   { "vclVmState", "vclVmNode" } },
	{ EVENT_VM_REMOVED,   1, &vm_table,   { "vclVmState", "vclVmNode" } },
	{ EVENT_NODE_STATE,   2, &node_table, { "vclNodeState" } },
	{ EVENT_JOB_FINISHED, 3, &job_table,  { "vclJobType", "vclJobState", "vclJobError" } },
};

/* The columns behind the names, found once. */
static const struct column *common_columns[MOST_COLUMNS];
static const struct column *own_columns[G_N_ELEMENTS(notifications)][MOST_COLUMNS];

static uint32_t last_sent; /* sequence number */

static void
find_columns(const struct table *table, const char *const names[MOST_COLUMNS],
    const struct column *columns[MOST_COLUMNS])
{
	for (size_t i = 0; i < MOST_COLUMNS && names[i] != NULL; i++) {
		columns[i] = table_column(table, names[i]);
		g_assert(columns[i] != NULL);
	}
}

void
snmp_notify_init(void)
{
	find_columns(&event_table, common_names, common_columns);
	for (size_t i = 0; i < G_N_ELEMENTS(notifications); i++)
		find_columns(notifications[i].table, notifications[i].names, own_columns[i]);
}

static void
add_cells(netsnmp_variable_list **list, const struct cluster *cluster,
    const struct table *table, const struct column *const columns[MOST_COLUMNS],
    const void *row)
{
	struct reading reading = { cluster, g_get_monotonic_time() };

	for (size_t i = 0; i < MOST_COLUMNS && columns[i] != NULL; i++) {
		union snmp_scratch scratch;
		struct engine_oid relative;
		struct value value;
		oid name[SNMP_MAX_OID];
		column_read(columns[i], &reading, row, &value);
		if (value.syntax == SYN_NONE)
			continue;
		struct snmp_cell cell = snmp_cell(&value, reading.now, &scratch);
		engine_cell_oid(table, columns[i], row, &relative);
		snmp_varlist_add_variable(list, name,
		    snmp_oid(&virtcluster_mib, relative.arc, relative.len, name), cell.type, cell.data,
		    cell.len);
	}
}

static void
send_one(const struct cluster *cluster, const struct event *event, size_t n)
{
	static const oid trap_oid[] = { 1, 3, 6, 1, 6, 3, 1, 1, 4, 1, 0 };
	const struct notification *notification = &notifications[n];
	const uint32_t relative[] = { 0, notification->number };
	netsnmp_variable_list *list = NULL;
	oid name[SNMP_MAX_OID];
	size_t len = snmp_oid(&virtcluster_mib, relative, G_N_ELEMENTS(relative), name);

	snmp_varlist_add_variable(&list, trap_oid, OID_LENGTH(trap_oid), ASN_OBJECT_ID, name,
	    len * sizeof(oid));
	add_cells(&list, cluster, &event_table, common_columns, event);
	const void *row = rows_find(&cluster->rows[notification->table->rows], event->object, 0);
	if (row != NULL)
		add_cells(&list, cluster, notification->table, own_columns[n], row);
	send_v2trap(list);
	snmp_free_varbind(list);
	log_debug("snmp", "notification %u sent: event %u, %s", notification->number,
	    event->h.index, event->name);
}

void
snmp_notify_send(const struct cluster *cluster)
{
	const struct rows *events = &cluster->rows[ROWS_EVENT];
	int64_t started_at = cluster_info(cluster)->started_at;
	size_t first = events->n;

	while (first > 0 && ((const struct event *)events->row[first - 1])->h.index > last_sent)
		first--;
	for (size_t i = first; i < events->n; i++) {
		const struct event *event = events->row[i];
		last_sent = event->h.index;
		if (event->at < started_at)
			continue; /* an earlier run has sent it */
		for (size_t n = 0; n < G_N_ELEMENTS(notifications); n++)
			if (notifications[n].type == (enum event_type)event->type)
				send_one(cluster, event, n);
	}
}
