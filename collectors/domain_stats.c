/* What libvirt tells of one domain, as one row. */
#include "collectors/domain_stats.h"

#include <string.h>

#include "collectors/domain_state.h"
#include "model/cluster.h"
#include "model/value.h"

#define BALLOON_FRESH_US (60 * G_USEC_PER_SEC)
#define BALLOON_SKEW_S	 120 /* the host's clock may differ from ours by that */

/* --- where the sums go */

#define NO_FIELD 0 /* the row's head is there */

static const size_t sum_fields[DEVICE_KINDS][DEVICE_COUNTERS] = {
	[DEVICE_DISK] = {
		[DISK_RD_REQ] = offsetof(struct vm, disk_rd_req),
		[DISK_RD_BYTES] = offsetof(struct vm, disk_rd_bytes),
		[DISK_WR_REQ] = offsetof(struct vm, disk_wr_req),
		[DISK_WR_BYTES] = offsetof(struct vm, disk_wr_bytes),
		[DISK_FL_REQ] = offsetof(struct vm, disk_fl_req),
		[DISK_RD_NS] = offsetof(struct vm, disk_rd_ns),
		[DISK_WR_NS] = offsetof(struct vm, disk_wr_ns),
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
	[DEVICE_VCPU] = {
		[VCPU_DELAY] = offsetof(struct vm, steal_ns),
	},
	[DEVICE_BALLOON] = {
		[BALLOON_MAJOR_FAULTS] = offsetof(struct vm, major_faults),
		[BALLOON_SWAP_IN] = offsetof(struct vm, swap_in_bytes),
		[BALLOON_SWAP_OUT] = offsetof(struct vm, swap_out_bytes),
	},
};

static uint64_t *
sum_field(struct vm *vm, size_t kind, size_t counter)
{
	size_t offset = sum_fields[kind][counter];

	return offset == NO_FIELD ? NULL : (uint64_t *)((char *)vm + offset);
}

/* True if any sum was read. */
static bool
sum_devices(struct device_sums *sums, const GArray *devices, size_t kind, int64_t now,
    struct vm *vm)
{
	bool any = false;

	if (devices == NULL)
		return false;
	device_sums_update(sums, devices, now);
	for (size_t i = 0; i < DEVICE_COUNTERS; i++) {
		uint64_t *field = sum_field(vm, kind, i);
		if (field == NULL)
			continue;
		*field = device_sums_total(sums, devices, i);
		any |= *field != ABSENT_U64;
	}
	return any;
}

/* --- histories */

struct domain_history *
domain_history_new(void)
{
	struct domain_history *h = g_new0(struct domain_history, 1);

	h->id = h->config_id = -1;
	h->cpu_ns = ABSENT_U64;
	h->balloon_at = ABSENT_U64;
	h->autostart = h->persistent = ABSENT_I32;
	for (size_t kind = 0; kind < DEVICE_KINDS; kind++)
		device_sums_init(&h->sums[kind]);
	return h;
}

void
domain_history_free(struct domain_history *h)
{
	for (size_t kind = 0; kind < DEVICE_KINDS; kind++)
		device_sums_end(&h->sums[kind]);
	domain_config_unref(h->config);
	vm_facts_free(h->facts);
	g_free(h);
}

static void
start_anew(struct domain_history *h, int64_t now)
{
	h->discontinuity_us = now;
	h->settled = false;
	h->cpu_ns = ABSENT_U64;
	h->balloon_at = ABSENT_U64;
	for (size_t kind = 0; kind < DEVICE_KINDS; kind++)
		device_sums_clear(&h->sums[kind]);
}

/* A VM that comes from another host does not begin here. */
static bool
arrived(const struct domain_reading *r)
{
	return (r->state == VIR_DOMAIN_RUNNING && r->reason == VIR_DOMAIN_RUNNING_MIGRATED) ||
	    (r->state == VIR_DOMAIN_RUNNING && r->reason == VIR_DOMAIN_RUNNING_POSTCOPY) ||
	    (r->state == VIR_DOMAIN_PAUSED && r->reason == VIR_DOMAIN_PAUSED_MIGRATION);
}

/* Is it another run than the one that the history tells of? */
static void
follow_run(struct domain_history *h, const struct domain_reading *r, bool active,
    const struct look_time *time)
{
	int64_t id = active ? r->id : -1;

	h->started = active && (id != h->id || h->discontinuity_us == 0);
	if (h->started || !active)
		h->started_us = h->started && time->watched && !arrived(r) ? time->now : 0;
	if (h->started || h->discontinuity_us == 0)
		start_anew(h, time->now);
	h->id = id;
}

bool
domain_history_left(const struct domain_history *h, int64_t now)
{
	return h->left_us != 0 && now - h->left_us < DOMAIN_LEFT_US;
}

/* As both halves of a migration stand still while the VM goes over. */
void
domain_history_leave(struct vm *vm)
{
	vm->state = VM_PAUSED;
	vm->reason = "migrated";
	vm->migration = VM_LEFT;
}

static bool
has_migrated(const struct domain_reading *r)
{
	return r->state == VIR_DOMAIN_SHUTOFF && r->reason == VIR_DOMAIN_SHUTOFF_MIGRATED;
}

static void
set_state(struct domain_history *h, const struct domain_reading *r,
    const struct look_time *time, struct vm *vm)
{
	if (has_migrated(r) && h->id >= 0)
		h->left_us = time->now;
	vm->state = domain_state(r->state, r->reason);
	vm->reason = domain_reason(r->state, r->reason);
	vm->sampled_us = time->now;
	follow_run(h, r, vm_is_active(vm), time);
	vm->migration = domain_migration(r->state, r->reason, !h->settled);
	h->settled |= vm->migration == VM_STAYS;
	vm->started_us = h->started_us;
	vm->discontinuity_us = h->discontinuity_us;
	if (has_migrated(r) && domain_history_left(h, time->now)) {
		domain_history_leave(vm);
		vm->left_us = h->left_us;
	}
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
		any |= sum_devices(&h->sums[kind], r->devices[kind], kind, now, vm);
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
