/* Switches: what an operator may set by SNMP at once. */
#include "model/switches.h"

#include <stdatomic.h>

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
	[SWITCH_RATE] = { "notify-rate", 60, { 0, 1000000 } },
	[SWITCH_VM_MIB] = { NULL, 0, { 0, 1 } },
	[SWITCH_VM_MIB_BULK] = { NULL, 0, { 0, 0 } }, /* see model/vm_mib.h */
	[SWITCH_LOCK] = { NULL, 0, { 0, INT32_MAX } },
};

/* Each is kept as its difference from the default, so that zeros are the defaults. */
static _Atomic uint32_t differences[SWITCH_COUNT];
static atomic_uint changes, saved;

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

uint32_t
switches_get(unsigned id)
{
	return rule_of(id).initial + atomic_load(&differences[id]);
}

uint32_t
switches_set(unsigned id, uint32_t value)
{
	struct rule rule = rule_of(id);
	uint32_t before =
	    rule.initial + atomic_exchange(&differences[id], value - rule.initial);

	if (before != value && rule.name != NULL)
		atomic_fetch_add(&changes, 1);
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
		switches_set(id, (uint32_t)value);
}

bool
switches_load(const char *dir, GError **error)
{
	g_autofree char *path = g_build_filename(dir, FILE_NAME, NULL);
	g_autoptr(GKeyFile) file = g_key_file_new();

	for (unsigned id = 0; id < SWITCH_COUNT; id++)
		switches_set(id, rule_of(id).initial);
	/* RFC 2579: who read it before a restart must not find the same value after it */
	switches_set(SWITCH_LOCK, g_random_int() & INT32_MAX);
	if (!g_file_test(path, G_FILE_TEST_EXISTS)) {
		atomic_store(&saved, atomic_load(&changes));
		return true;
	}
	if (!g_key_file_load_from_file(file, path, G_KEY_FILE_NONE, error))
		return false;
	for (unsigned id = 0; id < SWITCH_COUNT; id++)
		if (rule_of(id).name != NULL)
			take_value(file, id);
	atomic_store(&saved, atomic_load(&changes));
	return true;
}

bool
switches_save(const char *dir, GError **error)
{
	unsigned now = atomic_load(&changes);
	g_autofree char *path = g_build_filename(dir, FILE_NAME, NULL);
	g_autoptr(GKeyFile) file = g_key_file_new();

	if (now == atomic_load(&saved))
		return true;
	for (unsigned id = 0; id < SWITCH_COUNT; id++) {
		if (rule_of(id).name == NULL || switches_get(id) == rule_of(id).initial)
			continue;
		g_autofree char *key = key_of(id);
		g_key_file_set_uint64(file, GROUP, key, switches_get(id));
	}
	if (!g_key_file_save_to_file(file, path, error))
		return false;
	atomic_store(&saved, now);
	return true;
}
