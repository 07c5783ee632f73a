/*
 * A link: one connection to a libvirt host, with what does not change while it lasts.
 *
 * Belongs to one thread.  Every call here may hang as long as the host does; the call
 * clock tells since when, for the watchdog.
 */
#ifndef VCL_COLLECTORS_LINK_H
#define VCL_COLLECTORS_LINK_H

#include <glib.h>
#include <libvirt/libvirt.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* Since when a libvirt call has been out, monotonic microseconds; 0: none is. */
typedef _Atomic int64_t call_clock;

static inline void
call_begin(call_clock *called_us)
{
	atomic_store(called_us, g_get_monotonic_time());
}

static inline void
call_end(call_clock *called_us)
{
	atomic_store(called_us, 0);
}

/* What a driver turned out not to offer. */
enum link_lack {
	LACKS_BULK = 1 << 0,    /* no virConnectGetAllDomainStats */
	LACKS_NOWAIT = 1 << 1,  /* not that flag of it */
	LACKS_NUMBERS = 1 << 2, /* it tells states only: numbers come from other calls */
	LACKS_MEMORY = 1 << 3,
	LACKS_NODE_CPU = 1 << 4,
	LACKS_NODE_MEMORY = 1 << 5,
	LACKS_FLAGS = 1 << 6,
	LACKS_CONFIG = 1 << 7,
	LACKS_VCPUS = 1 << 8,
	LACKS_DISK_FLAGS = 1 << 9, /* counts of a disk by name: the struct only */
	LACKS_DISK_STATS = 1 << 10,
	LACKS_DISK_SIZE = 1 << 11,
	LACKS_NIC_STATS = 1 << 12,
	LACKS_CONTROL = 1 << 13,
	LACKS_GUEST = 1 << 14,
	LACKS_SNAPSHOTS = 1 << 15,
	LACKS_DISK_ERRORS = 1 << 16,
	LACKS_DIRTY_RATE = 1 << 17,
	LACKS_STORAGE = 1 << 18,
};

struct link {
	virConnectPtr connection;
	call_clock *called_us;
	unsigned lacks; /* of enum link_lack */
	char *uuid, *hypervisor, *hypervisor_version, *libvirt_version; /* NULL: not told */
};

struct link *link_open(const char *uri, call_clock *called_us, GError **);
void link_close(struct link *); /* NULL is fine */

/*
 * After a call that failed: notes what the driver cannot do, so that nobody asks again.
 * False: it failed for another reason.
 */
bool link_note_lack(struct link *, enum link_lack);

#endif
