/* libvirt's states of a domain, and their reasons, in our words. */
#include "collectors/domain_state.h"

#include <glib.h>
#include <libvirt/libvirt.h>
#include <stddef.h>

#include "model/names.h"

static const struct {
	int32_t state;
	const char *reason[16]; /* by libvirt's number; NULL: nothing to say */
} states[] = {
	[VIR_DOMAIN_NOSTATE] = { VM_UNKNOWN, { 0 } },
	[VIR_DOMAIN_RUNNING] = { VM_RUNNING, {
		[VIR_DOMAIN_RUNNING_BOOTED] = "started by the user",
		[VIR_DOMAIN_RUNNING_MIGRATED] = "migrated from another host",
		[VIR_DOMAIN_RUNNING_RESTORED] = "restored from a saved state",
		[VIR_DOMAIN_RUNNING_FROM_SNAPSHOT] = "started from a snapshot",
		[VIR_DOMAIN_RUNNING_UNPAUSED] = "resumed by the user",
		[VIR_DOMAIN_RUNNING_MIGRATION_CANCELED] = "resumed: migration was cancelled",
		[VIR_DOMAIN_RUNNING_SAVE_CANCELED] = "resumed: saving was cancelled",
		[VIR_DOMAIN_RUNNING_WAKEUP] = "woken up",
		[VIR_DOMAIN_RUNNING_CRASHED] = "resumed after a crash",
		[VIR_DOMAIN_RUNNING_POSTCOPY] = VM_REASON_POSTCOPY,
		[VIR_DOMAIN_RUNNING_POSTCOPY_FAILED] = "post-copy migration failed",
	} },
	[VIR_DOMAIN_BLOCKED] = { VM_RUNNING, {
		[VIR_DOMAIN_BLOCKED_UNKNOWN] = "waiting for a resource",
	} },
	[VIR_DOMAIN_PAUSED] = { VM_PAUSED, {
		[VIR_DOMAIN_PAUSED_USER] = "paused by the user",
		[VIR_DOMAIN_PAUSED_MIGRATION] = VM_REASON_MOVING,
		[VIR_DOMAIN_PAUSED_SAVE] = VM_REASON_SAVING,
		[VIR_DOMAIN_PAUSED_DUMP] = "being dumped",
		[VIR_DOMAIN_PAUSED_IOERROR] = "I/O error",
		[VIR_DOMAIN_PAUSED_WATCHDOG] = "stopped by its watchdog",
		[VIR_DOMAIN_PAUSED_FROM_SNAPSHOT] = "restored from a snapshot",
		[VIR_DOMAIN_PAUSED_SHUTTING_DOWN] = "shutting down",
		[VIR_DOMAIN_PAUSED_SNAPSHOT] = "a snapshot is being made",
		[VIR_DOMAIN_PAUSED_CRASHED] = "the guest crashed",
		[VIR_DOMAIN_PAUSED_STARTING_UP] = "starting up",
		[VIR_DOMAIN_PAUSED_POSTCOPY] = VM_REASON_POSTCOPY,
		[VIR_DOMAIN_PAUSED_POSTCOPY_FAILED] = "post-copy migration failed",
	} },
	[VIR_DOMAIN_SHUTDOWN] = { VM_SHUTTING_DOWN, {
		[VIR_DOMAIN_SHUTDOWN_USER] = "shut down by the user",
	} },
	[VIR_DOMAIN_SHUTOFF] = { VM_SHUT_OFF, {
		[VIR_DOMAIN_SHUTOFF_SHUTDOWN] = "shut down from within the guest",
		[VIR_DOMAIN_SHUTOFF_DESTROYED] = "powered off by the user",
		[VIR_DOMAIN_SHUTOFF_CRASHED] = VM_REASON_CRASHED,
		[VIR_DOMAIN_SHUTOFF_MIGRATED] = "migrated to another host",
		[VIR_DOMAIN_SHUTOFF_SAVED] = VM_REASON_SAVED,
		[VIR_DOMAIN_SHUTOFF_FAILED] = "failed to start",
		[VIR_DOMAIN_SHUTOFF_FROM_SNAPSHOT] = "restored from a snapshot that was off",
		[VIR_DOMAIN_SHUTOFF_DAEMON] = "ended by libvirt",
	} },
	[VIR_DOMAIN_CRASHED] = { VM_CRASHED, {
		[VIR_DOMAIN_CRASHED_UNKNOWN] = VM_REASON_CRASHED,
		[VIR_DOMAIN_CRASHED_PANICKED] = "the guest's kernel panicked",
	} },
	[VIR_DOMAIN_PMSUSPENDED] = { VM_SUSPENDED, {
		[VIR_DOMAIN_PMSUSPENDED_UNKNOWN] = "suspended by the guest",
	} },
};

int32_t
domain_state(int32_t libvirt_state, int32_t libvirt_reason)
{
	/* libvirt says "paused" of what does not run yet and may still fail to */
	if (libvirt_state == VIR_DOMAIN_PAUSED &&
	    libvirt_reason == VIR_DOMAIN_PAUSED_STARTING_UP)
		return VM_SHUT_OFF;
	if (libvirt_state < 0 || (size_t)libvirt_state >= G_N_ELEMENTS(states))
		return VM_UNKNOWN;
	return states[libvirt_state].state;
}

const char *
domain_reason(int32_t libvirt_state, int32_t libvirt_reason)
{
	const char *reason = NULL;

	if (libvirt_state >= 0 && (size_t)libvirt_state < G_N_ELEMENTS(states) &&
	    libvirt_reason >= 0 &&
	    (size_t)libvirt_reason < G_N_ELEMENTS(states[0].reason))
		reason = states[libvirt_state].reason[libvirt_reason];
	return reason == NULL ? "" : reason;
}

int32_t
domain_migration(int32_t libvirt_state, int32_t libvirt_reason, bool new)
{
	if (libvirt_state == VIR_DOMAIN_RUNNING)
		return libvirt_reason == VIR_DOMAIN_RUNNING_POSTCOPY ? VM_COMES : VM_STAYS;
	if (libvirt_state != VIR_DOMAIN_PAUSED)
		return VM_STAYS;
	if (libvirt_reason == VIR_DOMAIN_PAUSED_POSTCOPY)
		return VM_GOES;
	if (libvirt_reason == VIR_DOMAIN_PAUSED_MIGRATION)
		return new ? VM_COMES : VM_GOES;
	return VM_STAYS;
}
