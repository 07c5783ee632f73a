/* Notifications: events become SNMPv2 traps. */
#include "config.h"

#include "agent/snmp_notify.h"

#include "agent/engine.h"
#include "agent/gate.h"
#include "agent/snmp_value.h"
#include "common/log.h"
#include "model/vm_mib.h"

#include <net-snmp/agent/net-snmp-agent-includes.h>

#define MOST_COLUMNS 8

/* In every notification, first and in this order; the instance is the event's index. */
static const char *const common_names[MOST_COLUMNS] = {
	"vclEventName", "vclEventUuid", "vclEventOldState", "vclEventNewState",
	"vclEventSeverity", "vclEventReason", "vclEventNode", "vclEventSequence",
};

static const void *
find_alarm(const struct cluster *cluster, const struct event *event)
{
	return cluster_event_alarm(cluster, event);
}

/* Then the object's own columns, while its row is there; the instance is its index. */
static const struct trigger {
	enum event_type type;
	enum notification number;
	const struct table *table; /* NULL: nothing of the object's own */
	const char *names[MOST_COLUMNS];
	enum object_kind kind; /* only events about that kind; 0: any */
	const void *(*find)(const struct cluster *, const struct event *); /* NULL: by index */
} triggers[] = {
	{ EVENT_VM_STATE,      NOTIFY_VM_STATE,       &vm_table,
	    { "vclVmState", "vclVmNode" } },
	{ EVENT_VM_ADDED,      NOTIFY_VM_STATE,       &vm_table,
	    { "vclVmState", "vclVmNode" } },
	{ EVENT_VM_REMOVED,    NOTIFY_VM_STATE,       NULL },
	{ EVENT_NODE_STATE,    NOTIFY_NODE_STATE,     &node_table, { "vclNodeState" } },
	{ EVENT_JOB_FINISHED,  NOTIFY_JOB_FINISHED,   &job_table,
	    { "vclJobType", "vclJobState", "vclJobError" } },
	{ EVENT_ALARM_RAISED,  NOTIFY_POOL_THRESHOLD, &pool_table,
	    { "vclPoolUsage", "vclPoolState" }, OBJECT_POOL },
	{ EVENT_ALARM_CLEARED, NOTIFY_POOL_THRESHOLD, &pool_table,
	    { "vclPoolUsage", "vclPoolState" }, OBJECT_POOL },
	{ EVENT_POOL_STATE,    NOTIFY_POOL_THRESHOLD, &pool_table,
	    { "vclPoolUsage", "vclPoolState" } },
	{ EVENT_ALARM_RAISED,  NOTIFY_ALARM_RAISED,   &alarm_table,
	    { "vclAlarmCondition", "vclAlarmSeverity", "vclAlarmReason" }, 0, find_alarm },
	{ EVENT_ALARM_CLEARED, NOTIFY_ALARM_CLEARED,  NULL },
	{ EVENT_NODE_FENCED,   NOTIFY_NODE_STATE,     &node_table, { "vclNodeState" } },
	{ EVENT_APP_STATE,     NOTIFY_APP_STATE,      &app_table,
	    { "vclAppState", "vclAppNode", "vclAppNodeName" } },
	{ EVENT_APP_MOVED,     NOTIFY_APP_STATE,      &app_table,
	    { "vclAppState", "vclAppNode", "vclAppNodeName" } },
	{ EVENT_QUORUM,        NOTIFY_QUORUM,         &cluster_table,
	    { "vclClusterQuorate" } },
	{ EVENT_VM_MOVED,      NOTIFY_VM_MIGRATED,    &vm_table,
	    { "vclVmNode", "vclVmNodeName" } },
};

static int64_t beat_us; /* when the last heartbeat went out */

/* The columns behind the names, found once. */
static const struct column *common_columns[MOST_COLUMNS];
static const struct column *own_columns[G_N_ELEMENTS(triggers)][MOST_COLUMNS];

static uint32_t last_sent; /* sequence number */

/* The heartbeat has no event. */
static const char *const heartbeat_names[MOST_COLUMNS] = {
	"vclClusterName", "vclClusterHealth", "vclClusterHealthReason",
	"vclClusterAlarmsWarning", "vclClusterAlarmsCritical",
};
static const struct column *heartbeat_columns[MOST_COLUMNS];

/* What those of RFC 7666 carry. */
enum { VM_MIB_NAME, VM_MIB_UUID, VM_MIB_STATE, VM_MIB_PERSISTENT };
static const char *const vm_mib_names[MOST_COLUMNS] = {
	"vmName", "vmUUID", "vmOperState", "vmPersistent",
};
static const struct column *vm_mib_columns[MOST_COLUMNS];

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
snmp_notify_init(uint32_t sent)
{
	last_sent = sent;
	find_columns(&event_table, common_names, common_columns);
	find_columns(&cluster_table, heartbeat_names, heartbeat_columns);
	find_columns(&vm_mib_vm_table, vm_mib_names, vm_mib_columns);
	for (size_t i = 0; i < G_N_ELEMENTS(triggers); i++)
		if (triggers[i].table != NULL)
			find_columns(triggers[i].table, triggers[i].names,
			    own_columns[i]);
}

/* The instance is that of `head`; absent values are left out. */
static void
add_cell(netsnmp_variable_list **list, const struct mib *mib, const struct table *table,
    const struct column *column, const struct row_head *head, const struct value *value)
{
	union snmp_scratch scratch;
	struct engine_oid relative;
	oid name[SNMP_MAX_OID];

	if (value->syntax == SYN_NONE)
		return;
	struct snmp_cell cell = snmp_cell(value, g_get_monotonic_time(), &scratch);
	engine_cell_oid(table, column, head, &relative);
	snmp_varlist_add_variable(list, name,
	    snmp_oid(mib, relative.arc, relative.len, name), cell.type, cell.data, cell.len);
}

static void
add_cells(netsnmp_variable_list **list, const struct cluster *cluster,
    const struct table *table, const struct column *const columns[MOST_COLUMNS],
    const void *row)
{
	struct reading reading = { cluster, g_get_monotonic_time() };

	for (size_t i = 0; i < MOST_COLUMNS && columns[i] != NULL; i++) {
		struct value value;
		column_read(columns[i], &reading, row, &value);
		add_cell(list, &virtcluster_mib, table, columns[i], row, &value);
	}
}

/* A list that begins with the notification's name. */
static netsnmp_variable_list *
begin(const struct mib *mib, uint32_t number)
{
	static const oid trap_oid[] = { 1, 3, 6, 1, 6, 3, 1, 1, 4, 1, 0 };
	const uint32_t relative[] = { 0, number };
	netsnmp_variable_list *list = NULL;
	oid name[SNMP_MAX_OID];
	size_t len = snmp_oid(mib, relative, G_N_ELEMENTS(relative), name);

	snmp_varlist_add_variable(&list, trap_oid, OID_LENGTH(trap_oid), ASN_OBJECT_ID, name,
	    len * sizeof(oid));
	return list;
}

/* Sends the list and frees it. */
static void
finish(netsnmp_variable_list *list)
{
	send_v2trap(list);
	snmp_free_varbind(list);
}

static void
send_one(const struct cluster *cluster, const struct event *event, size_t n)
{
	const struct trigger *trigger = &triggers[n];
	const void *row = NULL;

	if (!gate_pass(trigger->number, event->severity, g_get_monotonic_time()))
		return;
	netsnmp_variable_list *list = begin(&virtcluster_mib, trigger->number);
	add_cells(&list, cluster, &event_table, common_columns, event);
	if (trigger->find != NULL)
		row = trigger->find(cluster, event);
	else if (trigger->table != NULL)
		row = rows_find(&cluster->rows[trigger->table->rows], event->object, 0);
	if (row != NULL)
		add_cells(&list, cluster, trigger->table, own_columns[n], row);
	finish(list);
	log_debug("snmp", "notification %u sent: event %u, %s", trigger->number,
	    event->h.index, event->name);
}

/* The values are those of the event: the row may be another by now, or gone. */
static void
send_vm_mib(const struct event *event, const struct vm_mib_notice *notice)
{
	const struct row_head head = { .index = event->object };
	struct value values[MOST_COLUMNS] = {
		[VM_MIB_NAME] = { SYN_TEXT, .s = event->name },
		[VM_MIB_UUID] = { SYN_UUID, .s = event->uuid == NULL ? "" : event->uuid },
		[VM_MIB_STATE] = { SYN_ENUM, .i = notice->before },
		[VM_MIB_PERSISTENT] = { notice->persistent ? SYN_ENUM : SYN_NONE,
		    .i = vm_mib_choice(event->persistent) },
	};

	if (!gate_pass(GATE_VM_MIB(notice->number), event->severity, g_get_monotonic_time()))
		return;
	netsnmp_variable_list *list = begin(&vm_mib, notice->number);
	for (size_t i = 0; vm_mib_columns[i] != NULL; i++)
		add_cell(&list, &vm_mib, &vm_mib_vm_table, vm_mib_columns[i], &head, &values[i]);
	finish(list);
	log_debug("snmp", "%s sent: event %u, %s", notice->name, event->h.index, event->name);
}

static void
send_event(const struct cluster *cluster, const struct event *event)
{
	struct vm_mib_notice notices[VM_MIB_NOTICES];
	size_t notices_n = vm_mib_notices(event, notices);

	for (size_t n = 0; n < G_N_ELEMENTS(triggers); n++)
		if (triggers[n].type == (enum event_type)event->type &&
		    (triggers[n].kind == 0 ||
			triggers[n].kind == (enum object_kind)event->kind))
			send_one(cluster, event, n);
	for (size_t n = 0; n < notices_n; n++)
		send_vm_mib(event, &notices[n]);
}

/* { vclObjects 9, arc, 0 }: the scalars that only the summary carries. */
static void
add_summary(netsnmp_variable_list **list, uint32_t arc, u_char type, const void *data,
    size_t len)
{
	const uint32_t relative[] = { 1, 9, arc, 0 };
	oid name[SNMP_MAX_OID];

	snmp_varlist_add_variable(list, name,
	    snmp_oid(&virtcluster_mib, relative, G_N_ELEMENTS(relative), name), type, data, len);
}

static void
send_summaries(int64_t now)
{
	for (unsigned type = 0; type < gate_types_n; type++) {
		u_long held = gate_take_held(type, now);
		const char *name = gate_name(type);
		if (held == 0 || name == NULL || !gate_pass(NOTIFY_SUPPRESSED, 0, now))
			continue;
		netsnmp_variable_list *list = begin(&virtcluster_mib, NOTIFY_SUPPRESSED);
		add_summary(&list, 9, ASN_OCTET_STR, name, strlen(name));
		add_summary(&list, 10, ASN_UNSIGNED, &held, sizeof(held));
		finish(list);
		log_warn("snmp", "%lu notifications %s were not sent: more than %u a minute",
		    held, name, switches_get(SWITCH_RATE));
	}
}

static void
send_heartbeat(const struct cluster *cluster, int64_t now)
{
	int64_t period = (int64_t)switches_get(SWITCH_HEARTBEAT) * G_USEC_PER_SEC;

	if (period == 0 || (beat_us != 0 && now - beat_us < period) ||
	    !gate_pass(NOTIFY_HEARTBEAT, 0, now))
		return;
	beat_us = now;
	netsnmp_variable_list *list = begin(&virtcluster_mib, NOTIFY_HEARTBEAT);
	add_cells(&list, cluster, &cluster_table, heartbeat_columns, cluster_info(cluster));
	finish(list);
}

uint32_t
snmp_notify_send(const struct cluster *cluster)
{
	const struct rows *events = &cluster->rows[ROWS_EVENT];
	size_t first = events->n;

	while (first > 0 && ((const struct event *)events->row[first - 1])->h.index > last_sent)
		first--;
	for (size_t i = first; i < events->n; i++) {
		const struct event *event = events->row[i];
		last_sent = event->h.index;
		send_event(cluster, event);
	}
	send_summaries(g_get_monotonic_time());
	send_heartbeat(cluster, g_get_monotonic_time());
	return last_sent;
}
