/* What libvirt tells of one domain, as one row. */
#include "collectors/domain_stats.h"

#include <string.h>

#include "model/cluster.h"
#include "model/value.h"

#define BALLOON_FRESH_US (60 * G_USEC_PER_SEC)
#define BALLOON_SKEW_S	 120 /* the host's clock may differ from ours by that */

/* --- states and their reasons */

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
		[VIR_DOMAIN_RUNNING_POSTCOPY] = "migrating, post-copy",
		[VIR_DOMAIN_RUNNING_POSTCOPY_FAILED] = "post-copy migration failed",
	} },
	[VIR_DOMAIN_BLOCKED] = { VM_RUNNING, {
		[VIR_DOMAIN_BLOCKED_UNKNOWN] = "waiting for a resource",
	} },
	[VIR_DOMAIN_PAUSED] = { VM_PAUSED, {
		[VIR_DOMAIN_PAUSED_USER] = "paused by the user",
		[VIR_DOMAIN_PAUSED_MIGRATION] = "migrating",
		[VIR_DOMAIN_PAUSED_SAVE] = "being saved",
		[VIR_DOMAIN_PAUSED_DUMP] = "being dumped",
		[VIR_DOMAIN_PAUSED_IOERROR] = "I/O error",
		[VIR_DOMAIN_PAUSED_WATCHDOG] = "stopped by its watchdog",
		[VIR_DOMAIN_PAUSED_FROM_SNAPSHOT] = "restored from a snapshot",
		[VIR_DOMAIN_PAUSED_SHUTTING_DOWN] = "shutting down",
		[VIR_DOMAIN_PAUSED_SNAPSHOT] = "a snapshot is being made",
		[VIR_DOMAIN_PAUSED_CRASHED] = "the guest crashed",
		[VIR_DOMAIN_PAUSED_STARTING_UP] = "starting up",
		[VIR_DOMAIN_PAUSED_POSTCOPY] = "migrating, post-copy",
		[VIR_DOMAIN_PAUSED_POSTCOPY_FAILED] = "post-copy migration failed",
	} },
	[VIR_DOMAIN_SHUTDOWN] = { VM_SHUTTING_DOWN, {
		[VIR_DOMAIN_SHUTDOWN_USER] = "shut down by the user",
	} },
	[VIR_DOMAIN_SHUTOFF] = { VM_SHUT_OFF, {
		[VIR_DOMAIN_SHUTOFF_SHUTDOWN] = "shut down from within the guest",
		[VIR_DOMAIN_SHUTOFF_DESTROYED] = "powered off by the user",
		[VIR_DOMAIN_SHUTOFF_CRASHED] = "crashed",
		[VIR_DOMAIN_SHUTOFF_MIGRATED] = "migrated to another host",
		[VIR_DOMAIN_SHUTOFF_SAVED] = "saved",
		[VIR_DOMAIN_SHUTOFF_FAILED] = "failed to start",
		[VIR_DOMAIN_SHUTOFF_FROM_SNAPSHOT] = "restored from a snapshot that was off",
		[VIR_DOMAIN_SHUTOFF_DAEMON] = "ended by libvirt",
	} },
	[VIR_DOMAIN_CRASHED] = { VM_CRASHED, {
		[VIR_DOMAIN_CRASHED_UNKNOWN] = "crashed",
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

/* --- where the sums go */

#define NO_FIELD 0 /* the row's head is there */

static const size_t sum_fields[DEVICE_KINDS][DEVICE_COUNTERS] = {
	[DEVICE_DISK] = {
		[DISK_RD_REQ] = offsetof(struct vm, disk_rd_req),
		[DISK_RD_BYTES] = offsetof(struct vm, disk_rd_bytes),
		[DISK_WR_REQ] = offsetof(struct vm, disk_wr_req),
		[DISK_WR_BYTES] = offsetof(struct vm, disk_wr_bytes),
	},
	[DEVICE_NIC] = {
		[NIC_RX_BYTES] = offsetof(struct vm, net_rx_bytes),
		[NIC_RX_PKTS] = offsetof(struct vm, net_rx_pkts),
		[NIC_RX_ERRS] = offsetof(struct vm, net_rx_errs),
		[NIC_RX_DROP] = offsetof(struct vm, net_rx_drop),
		[NIC_TX_BYTES] = offsetof(struct vm, net_tx_bytes),
		[NIC_TX_PKTS] = offsetof(struct vm, net_tx_pkts),
		[NIC_TX_ERRS] = offsetof(struct vm, net_tx_errs),
		[NIC_TX_DROP] = offsetof(struct vm, net_tx_drop),
	},
};

static uint64_t *
sum_field(struct vm *vm, size_t kind, size_t counter)
{
	size_t offset = sum_fields[kind][counter];

	return offset == NO_FIELD ? NULL : (uint64_t *)((char *)vm + offset);
}

/* --- sums over devices that come and go */

struct device_last {
	uint64_t counter[DEVICE_COUNTERS];
	bool seen;
};

static void
sums_clear(struct device_sums *sums)
{
	memset(sums->gone, 0, sizeof(sums->gone));
	g_hash_table_remove_all(sums->devices);
}

static void
sums_retire(struct device_sums *sums, const struct device_last *last)
{
	for (size_t i = 0; i < DEVICE_COUNTERS; i++)
		sums->gone[i] += last->counter[i];
}

/* A counter that is lower than before: another device of the same name, or a restart. */
static bool
device_restarted(const struct device_last *last, const struct device_reading *device)
{
	for (size_t i = 0; i < DEVICE_COUNTERS; i++)
		if (device->counter[i] < last->counter[i])
			return true;
	return false;
}

static void
sums_update(struct device_sums *sums, const struct device_reading *device)
{
	struct device_last *last = g_hash_table_lookup(sums->devices, device->name);

	if (last == NULL) {
		last = g_new0(struct device_last, 1);
		g_hash_table_insert(sums->devices, g_strdup(device->name), last);
	}
	if (last->seen)
		return; /* a second one of that name */
	last->seen = true;
	if (device_restarted(last, device)) {
		sums_retire(sums, last);
		memset(last->counter, 0, sizeof(last->counter));
	}
	for (size_t i = 0; i < DEVICE_COUNTERS; i++)
		if (device->counter[i] != ABSENT_U64)
			last->counter[i] = device->counter[i];
}

/* Takes leave of devices that are no longer there, and makes the others unseen again. */
static void
sums_end_pass(struct device_sums *sums)
{
	GHashTableIter iter;
	gpointer value;

	g_hash_table_iter_init(&iter, sums->devices);
	while (g_hash_table_iter_next(&iter, NULL, &value)) {
		struct device_last *last = value;
		if (!last->seen) {
			sums_retire(sums, last);
			g_hash_table_iter_remove(&iter);
			continue;
		}
		last->seen = false;
	}
}

static uint64_t
sums_total(const struct device_sums *sums, size_t counter)
{
	uint64_t total = sums->gone[counter];
	GHashTableIter iter;
	gpointer value;

	g_hash_table_iter_init(&iter, sums->devices);
	while (g_hash_table_iter_next(&iter, NULL, &value))
		total += ((struct device_last *)value)->counter[counter];
	return total;
}

/* Did any device tell that counter?  A domain without devices has a true zero. */
static bool
counter_told(const GArray *devices, size_t counter)
{
	for (guint i = 0; i < devices->len; i++)
		if (g_array_index(devices, struct device_reading, i).counter[counter] !=
		    ABSENT_U64)
			return true;
	return devices->len == 0;
}

/* True if any sum was read. */
static bool
sum_devices(struct domain_history *h, const struct domain_reading *r, size_t kind,
    struct vm *vm)
{
	const GArray *devices = r->devices[kind];
	bool any = false;

	if (devices == NULL)
		return false;
	for (guint i = 0; i < devices->len; i++) {
		const struct device_reading *device =
		    &g_array_index(devices, struct device_reading, i);
		if (device->name != NULL)
			sums_update(&h->sums[kind], device);
	}
	sums_end_pass(&h->sums[kind]);
	for (size_t i = 0; i < DEVICE_COUNTERS; i++) {
		uint64_t *field = sum_field(vm, kind, i);
		if (field == NULL || !counter_told(devices, i))
			continue;
		*field = sums_total(&h->sums[kind], i);
		any = true;
	}
	return any;
}

/* --- histories */

struct domain_history *
domain_history_new(void)
{
	struct domain_history *h = g_new0(struct domain_history, 1);

	h->id = -1;
	h->cpu_ns = ABSENT_U64;
	h->balloon_at = ABSENT_U64;
	h->autostart = h->persistent = ABSENT_I32;
	for (size_t kind = 0; kind < DEVICE_KINDS; kind++)
		h->sums[kind].devices =
		    g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	return h;
}

void
domain_history_free(struct domain_history *h)
{
	for (size_t kind = 0; kind < DEVICE_KINDS; kind++)
		g_hash_table_destroy(h->sums[kind].devices);
	g_free(h->title);
	vm_facts_free(h->facts);
	g_free(h);
}

static void
start_anew(struct domain_history *h, int64_t now)
{
	h->discontinuity_us = now;
	h->cpu_ns = ABSENT_U64;
	h->balloon_at = ABSENT_U64;
	for (size_t kind = 0; kind < DEVICE_KINDS; kind++)
		sums_clear(&h->sums[kind]);
}

/* Is it another run than the one that the history tells of? */
static void
follow_run(struct domain_history *h, const struct domain_reading *r, bool active,
    int64_t now)
{
	int64_t id = active ? r->id : -1;

	h->started = active && (id != h->id || h->discontinuity_us == 0);
	if (h->started || h->discontinuity_us == 0)
		start_anew(h, now);
	h->id = id;
}

static void
set_state(struct domain_history *h, const struct domain_reading *r,
    const struct look_time *time, struct vm *vm)
{
	vm->state = domain_state(r->state, r->reason);
	vm->reason = domain_reason(r->state, r->reason);
	vm->sampled_us = time->now;
	follow_run(h, r, vm_is_active(vm), time->now);
	vm->discontinuity_us = h->discontinuity_us;
}

static uint32_t
to_mib(uint64_t kib)
{
	return kib == ABSENT_U64 ? ABSENT_U32 : (uint32_t)MIN(kib / 1024, ABSENT_U32 - 1);
}

static uint32_t
to_u32(uint64_t number)
{
	return number == ABSENT_U64 ? ABSENT_U32 : (uint32_t)MIN(number, ABSENT_U32 - 1);
}

/* What the guest said lately.  Judged by our clock: the host's may be wrong. */
static bool
balloon_fresh(struct domain_history *h, const struct domain_reading *r,
    const struct look_time *time)
{
	if (r->balloon_at == ABSENT_U64)
		return true; /* from a driver that needs no guest for it */
	if (r->balloon_at == 0)
		return false; /* the guest has not said anything yet */
	if (r->balloon_at != h->balloon_at) {
		uint64_t wall = (uint64_t)(time->wall / G_USEC_PER_SEC);
		uint64_t age = MAX(wall, r->balloon_at) - MIN(wall, r->balloon_at);
		bool old = h->balloon_at == ABSENT_U64 && age > BALLOON_SKEW_S;
		h->balloon_at = r->balloon_at;
		h->balloon_us = old ? 0 : time->now;
	}
	return h->balloon_us > 0 && time->now - h->balloon_us <= BALLOON_FRESH_US;
}

static void
set_live_memory(struct domain_history *h, const struct domain_reading *r,
    const struct look_time *time, struct vm *vm)
{
	uint64_t left = r->mem_usable != ABSENT_U64 ? r->mem_usable : r->mem_unused;

	vm->mem_actual = to_mib(r->mem_actual);
	vm->mem_rss = to_mib(r->mem_rss);
	if (left == ABSENT_U64 || !balloon_fresh(h, r, time))
		return;
	vm->mem_available = to_mib(left);
	if (r->mem_guest != ABSENT_U64 && r->mem_guest >= left)
		vm->mem_used = to_mib(r->mem_guest - left);
}

static void
set_counters(struct domain_history *h, const struct domain_reading *r, int64_t now,
    struct vm *vm)
{
	bool any = r->cpu_ns != ABSENT_U64;

	if (any && h->cpu_ns != ABSENT_U64 && r->cpu_ns < h->cpu_ns)
		vm->discontinuity_us = h->discontinuity_us = now;
	if (any)
		vm->cpu_ns = h->cpu_ns = r->cpu_ns;
	for (size_t kind = 0; kind < DEVICE_KINDS; kind++)
		any |= sum_devices(h, r, kind, vm);
	if (any)
		vm->counted_us = now;
}

void
domain_history_sample(struct domain_history *h, const struct domain_reading *r,
    const struct look_time *time, struct vm *vm)
{
	set_state(h, r, time, vm);
	vm->vcpus = to_u32(r->vcpus);
	vm->vcpus_max = to_u32(r->vcpus_max != ABSENT_U64 ? r->vcpus_max : r->vcpus);
	vm->mem_max = to_mib(r->mem_max);
	vm->counted_us = 0;
	if (!vm_is_active(vm))
		return;
	set_live_memory(h, r, time, vm);
	set_counters(h, r, time->now, vm);
}

static void
forget_numbers(struct vm *vm)
{
	vm->mem_actual = vm->mem_used = vm->mem_available = vm->mem_rss = ABSENT_U32;
	vm->cpu_ns = ABSENT_U64;
	vm->counted_us = 0;
	for (size_t kind = 0; kind < DEVICE_KINDS; kind++) {
		for (size_t i = 0; i < DEVICE_COUNTERS; i++) {
			uint64_t *field = sum_field(vm, kind, i);
			if (field != NULL)
				*field = ABSENT_U64;
		}
	}
}

void
domain_history_state(struct domain_history *h, const struct domain_reading *r,
    const struct look_time *time, struct vm *vm)
{
	set_state(h, r, time, vm);
	if (h->started || !vm_is_active(vm))
		forget_numbers(vm);
}
