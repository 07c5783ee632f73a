/* Switches: what an operator may set by SNMP at once. */
#include "model/switches.h"

#include <stdatomic.h>

#include "common/sync.h"
#include "model/names.h"

#define FILE_NAME "switches.conf"
#define GROUP     "switches"

struct rule {
	const char *name; /* in the file; NULL: not kept */
	uint32_t initial;
	struct switch_range range;
};

/* RFC 7666 forbids its two to survive a restart. */
static const struct rule rules[SWITCH_NOTIFY] = {
	[SWITCH_NONE] = { NULL, 0, { 0, 0 } },
	[SWITCH_MIN_SEVERITY] = { "notify-severity", SEVERITY_INFO,
	    { SEVERITY_INFO, SEVERITY_CRITICAL } },
	[SWITCH_HEARTBEAT] = { "notify-heartbeat", 0, { 0, 86400 } },
	[SWITCH_RATE] = { "notify-rate", 60, { 0, 100000 } },
	[SWITCH_VM_MIB] = { NULL, 0, { 0, 1 } },
	[SWITCH_VM_MIB_BULK] = { NULL, 0, { 0, 0,
	    "bulk notifications are not implemented: their list has one bit for each index "
	    "up to the largest, and indexes have 31 bits" } },
	[SWITCH_LOCK] = { NULL, 0, { 0, INT32_MAX, NULL } },
};

/* Of both kinds: the value plus one, so that zero is none. */
static _Atomic uint64_t set_values[SWITCH_COUNT], configured[SWITCH_COUNT];

static atomic_uint changes, tried, saved; /* `tried`: to save */

/* for switches_wait alone */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed;
static pthread_once_t changed_once = PTHREAD_ONCE_INIT;
static bool woken; /* guarded by lock */

const struct notify_type notify_types[] = {
	{ { NOTIFY_VM_STATE },       "vclVmStateChanged"          },
	{ { NOTIFY_NODE_STATE },     "vclNodeStateChanged"        },
	{ { NOTIFY_JOB_FINISHED },   "vclJobFinished"             },
	{ { NOTIFY_POOL_THRESHOLD }, "vclPoolThreshold"           },
	{ { NOTIFY_APP_STATE },      "vclAppStateChanged"         },
	{ { NOTIFY_ALARM_RAISED },   "vclAlarmRaised"             },
	{ { NOTIFY_ALARM_CLEARED },  "vclAlarmCleared"            },
	{ { NOTIFY_VM_MIGRATED },    "vclVmMigrated"              },
	{ { NOTIFY_QUORUM },         "vclQuorumChanged"           },
	{ { NOTIFY_HEARTBEAT },      "vclHeartbeat"               },
	{ { NOTIFY_SUPPRESSED },     "vclNotificationsSuppressed" },
};
const size_t notify_types_n = G_N_ELEMENTS(notify_types);

struct notify_count notify_counts[NOTIFY_END];

static struct rule
rule_of(unsigned id)
{
	static const struct rule notify = { "notify", 1, { 0, 1 } };

	g_assert(id < SWITCH_COUNT);
	return id < SWITCH_NOTIFY ? rules[id] : notify;
}

struct switch_range
switches_range(unsigned id)
{
	return rule_of(id).range;
}

static uint32_t
configured_value(unsigned id)
{
	uint64_t value = atomic_load(&configured[id]);

	return value > 0 ? (uint32_t)(value - 1) : rule_of(id).initial;
}

uint32_t
switches_get(unsigned id)
{
	uint64_t value = atomic_load(&set_values[id]);

	return value > 0 ? (uint32_t)(value - 1) : configured_value(id);
}

void
switches_configure(unsigned id, uint32_t value)
{
	atomic_store(&configured[id], (uint64_t)value + 1);
}

/* --- waiting for a change */

static void
init_changed(void)
{
	sync_cond_init(&changed);
}

static void
wake(bool *flag)
{
	pthread_once(&changed_once, init_changed);
	LOCK_SCOPE(&lock);
	if (flag != NULL)
		*flag = true;
	pthread_cond_broadcast(&changed);
}

void
switches_wake(void)
{
	wake(&woken);
}

void
switches_wait(int64_t deadline)
{
	pthread_once(&changed_once, init_changed);
	LOCK_SCOPE(&lock);
	while (!woken && atomic_load(&changes) == atomic_load(&tried))
		if (!sync_cond_wait_until(&changed, &lock, deadline))
			break;
	woken = false;
}

uint32_t
switches_set(unsigned id, uint32_t value)
{
	uint64_t new = value == configured_value(id) ? 0 : (uint64_t)value + 1;
	uint32_t before = switches_get(id);

	if (atomic_exchange(&set_values[id], new) != new && rule_of(id).name != NULL) {
		atomic_fetch_add(&changes, 1);
		wake(NULL);
	}
	return before;
}

/* --- the file */

/* "notify-rate"; the classes of notifications are "notify-1", "notify-2", ... */
static char *
key_of(unsigned id)
{
	if (id < SWITCH_NOTIFY)
		return g_strdup(rules[id].name);
	return g_strdup_printf("notify-%u", id - SWITCH_NOTIFY);
}

static void
take_value(GKeyFile *file, unsigned id)
{
	struct switch_range range = switches_range(id);
	g_autofree char *key = key_of(id);
	g_autoptr(GError) error = NULL;

	uint64_t value = g_key_file_get_uint64(file, GROUP, key, &error);
	if (error == NULL && value >= range.least && value <= range.most)
		atomic_store(&set_values[id], value + 1);
}

bool
switches_load(const char *dir, GError **error)
{
	g_autofree char *path = g_build_filename(dir, FILE_NAME, NULL);
	g_autoptr(GKeyFile) file = g_key_file_new();
	bool good = true;

	for (unsigned id = 0; id < SWITCH_COUNT; id++)
		atomic_store(&set_values[id], 0);
	/* RFC 2579: who read it before a restart must not find the same value after it */
	switches_set(SWITCH_LOCK, g_random_int() & INT32_MAX);
	if (g_file_test(path, G_FILE_TEST_EXISTS))
		good = g_key_file_load_from_file(file, path, G_KEY_FILE_NONE, error);
	for (unsigned id = 0; good && id < SWITCH_COUNT; id++)
		if (rule_of(id).name != NULL)
			take_value(file, id);
	atomic_store(&tried, atomic_load(&changes));
	atomic_store(&saved, atomic_load(&changes));
	if (!good)
		g_prefix_error(error, "%s: ", path);
	return good;
}

bool
switches_save(const char *dir, GError **error)
{
	unsigned now = atomic_load(&changes);
	g_autofree char *path = g_build_filename(dir, FILE_NAME, NULL);
	g_autoptr(GKeyFile) file = g_key_file_new();

	atomic_store(&tried, now);
	if (now == atomic_load(&saved))
		return true;
	for (unsigned id = 0; id < SWITCH_COUNT; id++) {
		uint64_t value = atomic_load(&set_values[id]);
		if (rule_of(id).name == NULL || value == 0)
			continue;
		g_autofree char *key = key_of(id);
		g_key_file_set_uint64(file, GROUP, key, value - 1);
	}
	if (!g_key_file_save_to_file(file, path, error))
		return false;
	atomic_store(&saved, now);
	return true;
}
