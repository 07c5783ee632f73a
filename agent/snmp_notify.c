/* Notifications: events become SNMPv2 traps. */
#include "config.h"

#include "agent/snmp_notify.h"

#include "agent/bucket.h"
#include "agent/engine.h"
#include "agent/snmp_value.h"
#include "common/log.h"
#include "model/self.h"

#include <net-snmp/agent/net-snmp-agent-includes.h>

#define MOST_COLUMNS 8

/* In every notification, first and in this order; the instance is the event's index. */
static const char *const common_names[MOST_COLUMNS] = {
	"vclEventName", "vclEventUuid", "vclEventOldState", "vclEventNewState",
	"vclEventSeverity", "vclEventReason", "vclEventNode", "vclEventSequence",
};

/* The alarm that an event tells of: the object may have others. */
static const void *
find_alarm(const struct cluster *cluster, const struct event *event)
{
	const struct rows *alarms = &cluster->rows[ROWS_ALARM];

	for (size_t i = 0; i < alarms->n; i++) {
		const struct alarm *alarm = alarms->row[i];
		if (alarm->object == event->object && alarm->kind == event->kind &&
		    alarm->severity == event->severity)
			return alarm;
	}
	return NULL;
}

/* Then the object's own columns, while its row is there; the instance is its index. */
static const struct notification {
	enum event_type type;
	uint32_t number; /* arc below vclNotifications */
	const struct table *table; /* NULL: nothing of the object's own */
	const char *names[MOST_COLUMNS];
	enum object_kind kind; /* only events about that kind; 0: any */
	const void *(*find)(const struct cluster *, const struct event *); /* NULL: by index */
} notifications[] = {
	{ EVENT_VM_STATE,     1, &vm_table,   { "vclVmState", "vclVmNode" } },
	{ EVENT_VM_REMOVED,   1, &vm_table,   { "vclVmState", "vclVmNode" } },
	{ EVENT_NODE_STATE,   2, &node_table, { "vclNodeState" } },
	{ EVENT_JOB_FINISHED, 3, &job_table,  { "vclJobType", "vclJobState", "vclJobError" } },
	{ EVENT_ALARM_RAISED, 4, &pool_table, { "vclPoolUsage", "vclPoolState" }, OBJECT_POOL },
	{ EVENT_ALARM_CLEARED, 4, &pool_table, { "vclPoolUsage", "vclPoolState" }, OBJECT_POOL },
	{ EVENT_ALARM_RAISED, 6, &alarm_table,
	    { "vclAlarmCondition", "vclAlarmSeverity", "vclAlarmReason" }, 0, find_alarm },
	{ EVENT_ALARM_CLEARED, 7, NULL },
	{ EVENT_VM_MOVED,     8, &vm_table,   { "vclVmNode", "vclVmNodeName" } },
};

#define NUMBERS 12 /* arcs of notifications are below that */
#define HEARTBEAT  10
#define SUPPRESSED 11

static struct bucket buckets[NUMBERS];
static int64_t beat_us; /* when the last heartbeat went out */

/* The columns behind the names, found once. */
static const struct column *common_columns[MOST_COLUMNS];
static const struct column *own_columns[G_N_ELEMENTS(notifications)][MOST_COLUMNS];

static uint32_t last_sent; /* sequence number */

/* The heartbeat has no event. */
static const char *const heartbeat_names[MOST_COLUMNS] = {
	"vclClusterName", "vclClusterHealth", "vclClusterHealthReason",
	"vclClusterAlarmsWarning", "vclClusterAlarmsCritical",
};
static const struct column *heartbeat_columns[MOST_COLUMNS];

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
	find_columns(&cluster_table, heartbeat_names, heartbeat_columns);
	for (size_t i = 0; i < G_N_ELEMENTS(notifications); i++)
		if (notifications[i].table != NULL)
			find_columns(notifications[i].table, notifications[i].names,
			    own_columns[i]);
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

/* A list that begins with the notification's name. */
static netsnmp_variable_list *
begin(uint32_t number)
{
	static const oid trap_oid[] = { 1, 3, 6, 1, 6, 3, 1, 1, 4, 1, 0 };
	const uint32_t relative[] = { 0, number };
	netsnmp_variable_list *list = NULL;
	oid name[SNMP_MAX_OID];
	size_t len = snmp_oid(&virtcluster_mib, relative, G_N_ELEMENTS(relative), name);

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
	atomic_fetch_add(&self.notifications_sent, 1);
}

static void
send_one(const struct cluster *cluster, const struct event *event, size_t n)
{
	const struct notification *notification = &notifications[n];
	int64_t now = g_get_monotonic_time();
	const void *row = NULL;

	if (!bucket_take(&buckets[notification->number], atomic_load(&notify_limits.rate), now)) {
		atomic_fetch_add(&self.notifications_suppressed, 1);
		return;
	}
	netsnmp_variable_list *list = begin(notification->number);
	add_cells(&list, cluster, &event_table, common_columns, event);
	if (notification->find != NULL)
		row = notification->find(cluster, event);
	else if (notification->table != NULL)
		row = rows_find(&cluster->rows[notification->table->rows], event->object, 0);
	if (row != NULL)
		add_cells(&list, cluster, notification->table, own_columns[n], row);
	finish(list);
	log_debug("snmp", "notification %u sent: event %u, %s", notification->number,
	    event->h.index, event->name);
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
	static const char *const names[NUMBERS] = {
		NULL, "vclVmStateChanged", "vclNodeStateChanged", "vclJobFinished",
		"vclPoolThreshold", NULL, "vclAlarmRaised", "vclAlarmCleared", "vclVmMigrated",
	};

	for (uint32_t number = 0; number < NUMBERS; number++) {
		u_long held = bucket_take_held(&buckets[number],
		    atomic_load(&notify_limits.rate), now);
		if (held == 0 || names[number] == NULL)
			continue;
		netsnmp_variable_list *list = begin(SUPPRESSED);
		add_summary(&list, 9, ASN_OCTET_STR, names[number], strlen(names[number]));
		add_summary(&list, 10, ASN_UNSIGNED, &held, sizeof(held));
		finish(list);
		log_warn("snmp", "%lu notifications %s were not sent: more than %d a minute",
		    held, names[number], atomic_load(&notify_limits.rate));
	}
}

static void
send_heartbeat(const struct cluster *cluster, int64_t now)
{
	int64_t period = (int64_t)atomic_load(&notify_limits.heartbeat) * G_USEC_PER_SEC;

	if (period == 0 || (beat_us != 0 && now - beat_us < period))
		return;
	beat_us = now;
	netsnmp_variable_list *list = begin(HEARTBEAT);
	add_cells(&list, cluster, &cluster_table, heartbeat_columns, cluster_info(cluster));
	finish(list);
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
			if (notifications[n].type == (enum event_type)event->type &&
			    (notifications[n].kind == 0 ||
				notifications[n].kind == (enum object_kind)event->kind))
				send_one(cluster, event, n);
	}
	send_summaries(g_get_monotonic_time());
	send_heartbeat(cluster, g_get_monotonic_time());
}
