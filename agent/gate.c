/* The gate: which notifications go out. */
#include "agent/gate.h"

#include <string.h>

#include "agent/bucket.h"
#include "model/self.h"
#include "model/vm_mib.h"

#define TYPES (NOTIFY_END + VM_MIB_NUMBERS)

const unsigned gate_types_n = TYPES;

static struct bucket buckets[TYPES];

const char *
gate_name(unsigned type)
{
	if (type >= NOTIFY_END)
		return vm_mib_notice_name(type - NOTIFY_END);
	for (size_t i = 0; i < notify_types_n; i++)
		if (notify_types[i].h.index == type)
			return notify_types[i].name;
	return NULL;
}

static bool
is_wanted(unsigned type, int32_t severity)
{
	if (type >= NOTIFY_END)
		return switches_get(SWITCH_VM_MIB) != 0;
	if (switches_get(SWITCH_NOTIFY + type) == 0)
		return false;
	return type == NOTIFY_HEARTBEAT || type == NOTIFY_SUPPRESSED ||
	    severity >= (int32_t)switches_get(SWITCH_MIN_SEVERITY);
}

static int
rate_of(unsigned type)
{
	bool any = type == NOTIFY_HEARTBEAT || type == NOTIFY_SUPPRESSED;

	return any ? 0 : (int)switches_get(SWITCH_RATE);
}

bool
gate_pass(unsigned type, int32_t severity, int64_t now_us)
{
	if (!is_wanted(type, severity))
		return false;
	bool room = bucket_take(&buckets[type], rate_of(type), now_us);
	atomic_fetch_add(room ? &self.notifications_sent : &self.notifications_suppressed, 1);
	if (type < NOTIFY_END)
		atomic_fetch_add(room ? &notify_counts[type].sent
				      : &notify_counts[type].suppressed, 1);
	return room;
}

uint32_t
gate_take_held(unsigned type, int64_t now_us)
{
	if (switches_get(SWITCH_NOTIFY + NOTIFY_SUPPRESSED) == 0)
		return 0;
	return bucket_take_held(&buckets[type], rate_of(type), now_us);
}

void
gate_reset(void)
{
	memset(buckets, 0, sizeof(buckets));
}
