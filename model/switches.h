/*
 * Switches: what an operator may set by SNMP at once, without a job.
 *
 * Each is one number with a range.  Its value is what was set by SNMP last, else what the
 * configuration says.  What was set and is to survive a restart is kept in a file of the
 * state directory, written by switches_save, never on the SNMP thread.  All other
 * functions: any thread, none waits.
 */
#ifndef VCL_MODEL_SWITCHES_H
#define VCL_MODEL_SWITCHES_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "model/rows.h"

/* What we send, by its arc below vclNotifications. */
enum notification {
	NOTIFY_VM_STATE = 1,
	NOTIFY_NODE_STATE,
	NOTIFY_JOB_FINISHED,
	NOTIFY_POOL_THRESHOLD,
	NOTIFY_APP_STATE,
	NOTIFY_ALARM_RAISED,
	NOTIFY_ALARM_CLEARED,
	NOTIFY_VM_MIGRATED,
	NOTIFY_QUORUM,
	NOTIFY_HEARTBEAT,
	NOTIFY_SUPPRESSED,
	NOTIFY_END,
};

enum switch_id {
	SWITCH_NONE,
	SWITCH_MIN_SEVERITY, /* enum severity */
	SWITCH_HEARTBEAT,    /* seconds, 0: off */
	SWITCH_RATE,         /* notifications of a type per minute, 0: any */
	SWITCH_VM_MIB,       /* RFC 7666: one notification per VM */
	SWITCH_VM_MIB_BULK,  /* RFC 7666: one for many VMs */
	SWITCH_LOCK,         /* the spin lock: begins anywhere, see switches_load */
	SWITCH_NOTIFY,       /* + enum notification: is it sent */
	SWITCH_COUNT = SWITCH_NOTIFY + NOTIFY_END,
};

struct switch_range {
	uint32_t least, most;
	const char *why; /* no other value is possible, in words; NULL: the limits say it */
};
struct switch_range switches_range(unsigned id);

uint32_t switches_get(unsigned id);

/*
 * The value must be in its range.  Returns the one before.  Set to what the configuration
 * says, a switch follows the configuration again.
 */
uint32_t switches_set(unsigned id, uint32_t value);

/* What the configuration says: the value while nothing else was set. */
void switches_configure(unsigned id, uint32_t value);

/* --- kept across restarts; by one thread at a time */

/*
 * Forgets all that was set, then reads DIR/switches.conf if there is one.  The spin lock
 * gets a value by chance.
 */
bool switches_load(const char *dir, GError **);

/* Writes it if anything has changed since it was written. */
bool switches_save(const char *dir, GError **);

/*
 * Until something has changed since the last switches_save, or switches_wake, or the
 * monotonic time `deadline` (microseconds).
 */
void switches_wait(int64_t deadline);
void switches_wake(void);

/* --- the types of notifications */

/* In the order of their numbers. */
extern const struct notify_type notify_types[];
extern const size_t notify_types_n;

struct notify_count {
	_Atomic uint64_t sent, suppressed;
};
extern struct notify_count notify_counts[NOTIFY_END];

#endif
