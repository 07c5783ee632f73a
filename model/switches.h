/*
 * Switches: what an operator may set by SNMP at once, without a job.
 *
 * Each is one number with a default and a range.  Those that are to survive a restart are
 * kept in a file of the state directory, written by whoever calls switches_save, never on
 * the SNMP thread.  All other functions: any thread, none waits.
 */
#ifndef VCL_MODEL_SWITCHES_H
#define VCL_MODEL_SWITCHES_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

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
};
struct switch_range switches_range(unsigned id);

uint32_t switches_get(unsigned id);

/* The value must be in its range.  Returns the one before. */
uint32_t switches_set(unsigned id, uint32_t value);

/* --- kept across restarts; by one thread at a time */

/*
 * Reads DIR/switches.conf, or takes the defaults where there is none.  The spin lock
 * gets a value by chance.
 */
bool switches_load(const char *dir, GError **);

/* Writes it if anything has changed since the last call. */
bool switches_save(const char *dir, GError **);

/* --- what was sent, by type */

struct notify_count {
	_Atomic uint64_t sent, suppressed;
};
extern struct notify_count notify_counts[NOTIFY_END];

#endif
