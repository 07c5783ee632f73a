/* One look at a domain, put together from whatever libvirt's driver offers. */
#include "collectors/domain_reading.h"

#include <stdlib.h>
#include <string.h>

#include "common/virt.h"
#include "model/value.h"

#define MOST_DEVICES 1024 /* of one kind; a host could claim any number */

/* --- names of libvirt's parameters */

static const struct {
	const char *name;
	size_t offset; /* of a uint64_t in struct domain_reading */
} parameters[] = {
	{ "cpu.time",            offsetof(struct domain_reading, cpu_ns)     },
	{ "vcpu.current",        offsetof(struct domain_reading, vcpus)      },
	{ "vcpu.maximum",        offsetof(struct domain_reading, vcpus_max)  },
	{ "balloon.current",     offsetof(struct domain_reading, mem_actual) },
	{ "balloon.maximum",     offsetof(struct domain_reading, mem_max)    },
	{ "balloon.rss",         offsetof(struct domain_reading, mem_rss)    },
	{ "balloon.available",   offsetof(struct domain_reading, mem_guest)  },
	{ "balloon.usable",      offsetof(struct domain_reading, mem_usable) },
	{ "balloon.unused",      offsetof(struct domain_reading, mem_unused) },
	{ "balloon.last-update", offsetof(struct domain_reading, balloon_at) },
};

static const struct {
	int tag;
	size_t offset;
} memory_stats[] = {
	{ VIR_DOMAIN_MEMORY_STAT_ACTUAL_BALLOON, offsetof(struct domain_reading, mem_actual) },
	{ VIR_DOMAIN_MEMORY_STAT_RSS,            offsetof(struct domain_reading, mem_rss)    },
	{ VIR_DOMAIN_MEMORY_STAT_AVAILABLE,      offsetof(struct domain_reading, mem_guest)  },
	{ VIR_DOMAIN_MEMORY_STAT_USABLE,         offsetof(struct domain_reading, mem_usable) },
	{ VIR_DOMAIN_MEMORY_STAT_UNUSED,         offsetof(struct domain_reading, mem_unused) },
	{ VIR_DOMAIN_MEMORY_STAT_LAST_UPDATE,    offsetof(struct domain_reading, balloon_at) },
};

/* "block.0.rd.reqs": prefix, number of the device, suffix. */
static const struct {
	const char *prefix;
	const char *suffix[DEVICE_COUNTERS];
} device_kinds[DEVICE_KINDS] = {
	[DEVICE_DISK] = { "block.", {
		[DISK_RD_REQ] = "rd.reqs",
		[DISK_RD_BYTES] = "rd.bytes",
		[DISK_WR_REQ] = "wr.reqs",
		[DISK_WR_BYTES] = "wr.bytes",
	} },
	[DEVICE_NIC] = { "net.", {
		[NIC_RX_BYTES] = "rx.bytes",
		[NIC_RX_PKTS] = "rx.pkts",
		[NIC_RX_ERRS] = "rx.errs",
		[NIC_RX_DROP] = "rx.drop",
		[NIC_TX_BYTES] = "tx.bytes",
		[NIC_TX_PKTS] = "tx.pkts",
		[NIC_TX_ERRS] = "tx.errs",
		[NIC_TX_DROP] = "tx.drop",
	} },
};

/* --- reading them */

static uint64_t *
number_at(struct domain_reading *r, size_t offset)
{
	return (uint64_t *)((char *)r + offset);
}

void
domain_reading_init(struct domain_reading *r)
{
	memset(r, 0, sizeof(*r));
	r->id = -1;
	r->state = r->reason = -1;
	r->control = ABSENT_I32;
	r->control_seconds = ABSENT_U32;
	for (size_t i = 0; i < G_N_ELEMENTS(parameters); i++)
		*number_at(r, parameters[i].offset) = ABSENT_U64;
}

void
domain_reading_clear(struct domain_reading *r)
{
	for (size_t kind = 0; kind < DEVICE_KINDS; kind++)
		if (r->devices[kind] != NULL)
			g_array_free(r->devices[kind], TRUE);
	g_free(r->title);
	memset(r, 0, sizeof(*r));
}

/* The device of that number, made with all those before it. */
static struct device_reading *
device_at(struct domain_reading *r, size_t kind, size_t number)
{
	struct device_reading empty = { NULL, { 0 } };

	for (size_t i = 0; i < DEVICE_COUNTERS; i++)
		empty.counter[i] = ABSENT_U64;
	while (r->devices[kind]->len <= number)
		g_array_append_val(r->devices[kind], empty);
	return &g_array_index(r->devices[kind], struct device_reading, number);
}

/* `rest` is what follows the prefix: "count", or "0.rd.reqs". */
static void
read_device(struct domain_reading *r, size_t kind, const char *rest,
    const virTypedParameter *param)
{
	char *end;

	if (r->devices[kind] == NULL)
		r->devices[kind] =
		    g_array_new(FALSE, FALSE, sizeof(struct device_reading));
	if (!g_ascii_isdigit(*rest))
		return;
	unsigned long number = strtoul(rest, &end, 10);
	if (*end != '.' || number >= MOST_DEVICES)
		return;
	struct device_reading *device = device_at(r, kind, number);
	if (strcmp(end + 1, "name") == 0 && param->type == VIR_TYPED_PARAM_STRING)
		device->name = param->value.s;
	for (size_t i = 0; i < DEVICE_COUNTERS; i++) {
		const char *suffix = device_kinds[kind].suffix[i];
		if (suffix != NULL && strcmp(end + 1, suffix) == 0)
			virt_param_u64(param, &device->counter[i]);
	}
}

static void
read_param(struct domain_reading *r, const virTypedParameter *param)
{
	for (size_t kind = 0; kind < DEVICE_KINDS; kind++) {
		size_t length = strlen(device_kinds[kind].prefix);
		if (strncmp(param->field, device_kinds[kind].prefix, length) == 0) {
			read_device(r, kind, param->field + length, param);
			return;
		}
	}
	if (strcmp(param->field, "state.state") == 0)
		r->state = param->type == VIR_TYPED_PARAM_INT ? param->value.i : -1;
	if (strcmp(param->field, "state.reason") == 0)
		r->reason = param->type == VIR_TYPED_PARAM_INT ? param->value.i : -1;
	for (size_t i = 0; i < G_N_ELEMENTS(parameters); i++)
		if (strcmp(param->field, parameters[i].name) == 0)
			virt_param_u64(param, number_at(r, parameters[i].offset));
}

void
domain_reading_params(struct domain_reading *r, const virTypedParameter *params, int n)
{
	for (int i = 0; i < n; i++)
		read_param(r, &params[i]);
}

static void
fill_in(uint64_t *number, uint64_t value)
{
	if (*number == ABSENT_U64)
		*number = value;
}

void
domain_reading_info(struct domain_reading *r, const virDomainInfo *info)
{
	if (r->state < 0)
		r->state = info->state;
	fill_in(&r->cpu_ns, info->cpuTime);
	fill_in(&r->vcpus, info->nrVirtCpu);
	fill_in(&r->mem_max, info->maxMem);
	fill_in(&r->mem_actual, info->memory);
}

void
domain_reading_memory(struct domain_reading *r, const virDomainMemoryStatStruct *stats, int n)
{
	for (int i = 0; i < n; i++)
		for (size_t k = 0; k < G_N_ELEMENTS(memory_stats); k++)
			if (memory_stats[k].tag == stats[i].tag)
				fill_in(number_at(r, memory_stats[k].offset), stats[i].val);
}
