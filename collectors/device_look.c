/* What the rows of all devices have in common. */
#include "collectors/device_look.h"

#include "model/cluster.h"
#include "model/value.h"

const enum row_set device_look_sets[DEVICE_ROWS] = {
	[DEVICE_DISK] = ROWS_DISK,
	[DEVICE_NIC] = ROWS_NIC,
	[DEVICE_VCPU] = ROWS_VCPU,
};

/* --- where a device's numbers go */

#define NO_FIELD 0 /* the row's head is there */

/* Offsets of its counters, and of what else ends with a run. */
static const struct device_fields {
	size_t vm, counted, discontinuity;
	size_t counter[DEVICE_COUNTERS];
} device_fields[DEVICE_ROWS] = {
#define COMMON(row)                                                                    \
	offsetof(row, vm), offsetof(row, counted_us), offsetof(row, discontinuity_us)
	[DEVICE_DISK] = { COMMON(struct disk), {
		[DISK_RD_REQ] = offsetof(struct disk, rd_req),
		[DISK_RD_BYTES] = offsetof(struct disk, rd_bytes),
		[DISK_WR_REQ] = offsetof(struct disk, wr_req),
		[DISK_WR_BYTES] = offsetof(struct disk, wr_bytes),
		[DISK_FL_REQ] = offsetof(struct disk, fl_req),
		[DISK_RD_NS] = offsetof(struct disk, rd_ns),
		[DISK_WR_NS] = offsetof(struct disk, wr_ns),
		[DISK_FL_NS] = offsetof(struct disk, fl_ns),
	} },
	[DEVICE_NIC] = { COMMON(struct nic), {
		[NIC_RX_BYTES] = offsetof(struct nic, rx_bytes),
		[NIC_RX_PKTS] = offsetof(struct nic, rx_pkts),
		[NIC_RX_ERRS] = offsetof(struct nic, rx_errs),
		[NIC_RX_DROP] = offsetof(struct nic, rx_drop),
		[NIC_TX_BYTES] = offsetof(struct nic, tx_bytes),
		[NIC_TX_PKTS] = offsetof(struct nic, tx_pkts),
		[NIC_TX_ERRS] = offsetof(struct nic, tx_errs),
		[NIC_TX_DROP] = offsetof(struct nic, tx_drop),
	} },
	[DEVICE_VCPU] = { COMMON(struct vcpu), {
		[VCPU_TIME] = offsetof(struct vcpu, time_ns),
		[VCPU_WAIT] = offsetof(struct vcpu, wait_ns),
		[VCPU_DELAY] = offsetof(struct vcpu, delay_ns),
	} },
};

static uint64_t *
counter_field(void *row, size_t kind, size_t counter)
{
	size_t offset = device_fields[kind].counter[counter];

	return offset == NO_FIELD ? NULL : (uint64_t *)((char *)row + offset);
}

static int64_t *
time_field(void *row, size_t offset)
{
	return (int64_t *)((char *)row + offset);
}

/* --- rows */

/* Of the VM that the look is at: its row is the last one. */
static uint32_t
place_of_vm(const struct part *part)
{
	return part->rows[ROWS_VM]->len - 1;
}

static void
set_place(struct part *part, size_t kind, void *row)
{
	*(uint32_t *)((char *)row + device_fields[kind].vm) = place_of_vm(part);
}

void *
device_look_add(const struct device_look *look, size_t kind)
{
	void *row = part_add(look->part, device_look_sets[kind]);

	set_place(look->part, kind, row);
	return row;
}

void *
device_look_copy(struct part *part, size_t kind, const void *row)
{
	void *copy = part_add_copy(part, device_look_sets[kind], row);

	set_place(part, kind, copy);
	return copy;
}

const char *
device_look_name(const struct device_look *look, const char *device)
{
	g_autofree char *name = g_strconcat(look->vm->name, "/", device, NULL);

	return part_text(look->part, name);
}

void
device_look_count(const struct device_look *look, size_t kind, void *row,
    const struct device_reading *device)
{
	const struct device_fields *fields = &device_fields[kind];
	const struct device_last *last = NULL;

	if (device != NULL && device->name != NULL && vm_is_active(look->vm))
		last = device_sums_find(&look->history->sums[kind], device->name);
	*time_field(row, fields->discontinuity) =
	    last == NULL ? look->vm->discontinuity_us : last->discontinuity_us;
	for (size_t i = 0; i < DEVICE_COUNTERS && last != NULL; i++) {
		uint64_t *field = counter_field(row, kind, i);
		if (field == NULL || device->counter[i] == ABSENT_U64)
			continue;
		*field = device->counter[i];
		*time_field(row, fields->counted) = look->vm->sampled_us;
	}
}

void
device_look_forget(void *row, size_t kind, const struct vm *vm)
{
	for (size_t i = 0; i < DEVICE_COUNTERS; i++) {
		uint64_t *field = counter_field(row, kind, i);
		if (field != NULL)
			*field = ABSENT_U64;
	}
	*time_field(row, device_fields[kind].counted) = 0;
	*time_field(row, device_fields[kind].discontinuity) = vm->discontinuity_us;
	if (kind == DEVICE_DISK)
		((struct disk *)row)->error = ABSENT_I32;
	if (kind != DEVICE_VCPU)
		return;
	struct vcpu *vcpu = row;
	vcpu->state = vm_is_active(vm) ? ABSENT_I32 : VCPU_OFFLINE;
	vcpu->halted = ABSENT_I32;
	vcpu->cpu = ABSENT_U32;
}
