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

/* What the balloon driver of the guest counts; balloon.* and the tag of the same thing. */
static const struct {
	const char *name;
	int tag;
	uint64_t unit; /* octets */
} balloon_counters[] = {
	[BALLOON_MAJOR_FAULTS] = { "balloon.major_fault", VIR_DOMAIN_MEMORY_STAT_MAJOR_FAULT, 1 },
	[BALLOON_SWAP_IN] = { "balloon.swap_in", VIR_DOMAIN_MEMORY_STAT_SWAP_IN, 1024 },
	[BALLOON_SWAP_OUT] = { "balloon.swap_out", VIR_DOMAIN_MEMORY_STAT_SWAP_OUT, 1024 },
};

/* "block.0.rd.reqs": prefix, number of the device, suffix. */
static const struct {
	const char *prefix;
	const char *suffix[DEVICE_COUNTERS];
} device_kinds[DEVICE_ROWS] = {
	[DEVICE_DISK] = { "block.", {
		[DISK_RD_REQ] = "rd.reqs",
		[DISK_RD_BYTES] = "rd.bytes",
		[DISK_WR_REQ] = "wr.reqs",
		[DISK_WR_BYTES] = "wr.bytes",
		[DISK_FL_REQ] = "fl.reqs",
		[DISK_RD_NS] = "rd.times",
		[DISK_WR_NS] = "wr.times",
		[DISK_FL_NS] = "fl.times",
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
	[DEVICE_VCPU] = { "vcpu.", {
		[VCPU_TIME] = "time",
		[VCPU_WAIT] = "wait",
		[VCPU_DELAY] = "delay",
	} },
};

/* Facts of a device that do not count up. */
static const struct {
	enum device_kind kind;
	const char *suffix;
	int type;
	size_t offset; /* in struct device_reading */
} device_facts[] = {
#define FACT(kind, suffix, type, field)                                                \
	{ DEVICE_##kind, suffix, VIR_TYPED_PARAM_##type, offsetof(struct device_reading, field) }
	FACT(DISK, "name", STRING, name),
	FACT(DISK, "path", STRING, path),
	FACT(DISK, "capacity", ULLONG, capacity),
	FACT(DISK, "allocation", ULLONG, allocation),
	FACT(DISK, "physical", ULLONG, physical),
	FACT(NIC, "name", STRING, name),
	FACT(VCPU, "state", INT, state),
	FACT(VCPU, "halted", BOOLEAN, halted),
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
	domain_config_unref(r->config);
	memset(r, 0, sizeof(*r));
}

static GArray *
devices_of(struct domain_reading *r, size_t kind)
{
	if (r->devices[kind] == NULL)
		r->devices[kind] =
		    g_array_new(FALSE, FALSE, sizeof(struct device_reading));
	return r->devices[kind];
}

/* The device of that number, made with all those before it. */
static struct device_reading *
device_at(struct domain_reading *r, size_t kind, size_t number)
{
	GArray *devices = devices_of(r, kind);
	struct device_reading empty = {
		.capacity = ABSENT_U64, .allocation = ABSENT_U64, .physical = ABSENT_U64,
		.state = ABSENT_I32, .halted = ABSENT_I32, .cpu = ABSENT_U32,
	};

	for (size_t i = 0; i < DEVICE_COUNTERS; i++)
		empty.counter[i] = ABSENT_U64;
	while (devices->len <= number)
		g_array_append_val(devices, empty);
	return &g_array_index(devices, struct device_reading, number);
}

/* Kept for ever: there are few numbers. */
static const char *
vcpu_name(size_t number)
{
	char text[24];

	g_snprintf(text, sizeof(text), "%zu", number);
	return g_intern_string(text);
}

static void
read_fact(struct device_reading *device, size_t fact, const virTypedParameter *param)
{
	void *field = (char *)device + device_facts[fact].offset;

	if (device_facts[fact].type == VIR_TYPED_PARAM_ULLONG)
		virt_param_u64(param, field);
	else if (param->type != device_facts[fact].type)
		return;
	else if (param->type == VIR_TYPED_PARAM_STRING)
		*(const char **)field = param->value.s;
	else if (param->type == VIR_TYPED_PARAM_BOOLEAN)
		*(int32_t *)field = param->value.b != 0;
	else
		*(int32_t *)field = param->value.i;
}

/* `rest` is what follows the prefix: "0.rd.reqs". */
static void
read_device(struct domain_reading *r, size_t kind, const char *rest,
    const virTypedParameter *param)
{
	char *end;
	unsigned long number = strtoul(rest, &end, 10);

	if (*end != '.' || number >= MOST_DEVICES)
		return;
	struct device_reading *device = device_at(r, kind, number);
	if (kind == DEVICE_VCPU)
		device->name = vcpu_name(number);
	for (size_t i = 0; i < DEVICE_COUNTERS; i++) {
		const char *suffix = device_kinds[kind].suffix[i];
		if (suffix != NULL && strcmp(end + 1, suffix) == 0)
			virt_param_u64(param, &device->counter[i]);
	}
	for (size_t i = 0; i < G_N_ELEMENTS(device_facts); i++)
		if (device_facts[i].kind == kind && strcmp(end + 1, device_facts[i].suffix) == 0)
			read_fact(device, i, param);
}

/* False: it is not about one of many devices. */
static bool
read_device_param(struct domain_reading *r, const virTypedParameter *param)
{
	for (size_t kind = 0; kind < DEVICE_ROWS; kind++) {
		size_t length = strlen(device_kinds[kind].prefix);
		if (strncmp(param->field, device_kinds[kind].prefix, length) != 0)
			continue;
		if (g_ascii_isdigit(param->field[length])) {
			read_device(r, kind, param->field + length, param);
			return true;
		}
		if (strcmp(param->field + length, "count") == 0)
			devices_of(r, kind); /* perhaps it has none: then that is told */
	}
	return false;
}

static void
count_balloon(struct domain_reading *r, size_t counter, uint64_t value)
{
	uint64_t unit = balloon_counters[counter].unit;
	struct device_reading *device = device_at(r, DEVICE_BALLOON, 0);

	device->name = "balloon";
	if (device->counter[counter] == ABSENT_U64 && value < ABSENT_U64 / unit)
		device->counter[counter] = value * unit;
}

static void
read_param(struct domain_reading *r, const virTypedParameter *param)
{
	uint64_t value;

	if (read_device_param(r, param))
		return;
	if (strcmp(param->field, "state.state") == 0)
		r->state = param->type == VIR_TYPED_PARAM_INT ? param->value.i : -1;
	if (strcmp(param->field, "state.reason") == 0)
		r->reason = param->type == VIR_TYPED_PARAM_INT ? param->value.i : -1;
	for (size_t i = 0; i < G_N_ELEMENTS(parameters); i++)
		if (strcmp(param->field, parameters[i].name) == 0)
			virt_param_u64(param, number_at(r, parameters[i].offset));
	for (size_t i = 0; i < G_N_ELEMENTS(balloon_counters); i++)
		if (strcmp(param->field, balloon_counters[i].name) == 0 &&
		    virt_param_u64(param, &value))
			count_balloon(r, i, value);
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

static void
read_memory_stat(struct domain_reading *r, const virDomainMemoryStatStruct *stat)
{
	for (size_t k = 0; k < G_N_ELEMENTS(memory_stats); k++)
		if (memory_stats[k].tag == stat->tag)
			fill_in(number_at(r, memory_stats[k].offset), stat->val);
	for (size_t k = 0; k < G_N_ELEMENTS(balloon_counters); k++)
		if (balloon_counters[k].tag == stat->tag)
			count_balloon(r, k, stat->val);
}

void
domain_reading_memory(struct domain_reading *r, const virDomainMemoryStatStruct *stats, int n)
{
	for (int i = 0; i < n; i++)
		read_memory_stat(r, &stats[i]);
}

void
domain_reading_vcpus(struct domain_reading *r, const virVcpuInfo *infos, int n)
{
	for (int i = 0; i < n; i++) {
		if (infos[i].number >= MOST_DEVICES)
			continue;
		struct device_reading *vcpu = device_at(r, DEVICE_VCPU, infos[i].number);
		vcpu->name = vcpu_name(infos[i].number);
		vcpu->counter[VCPU_TIME] = infos[i].cpuTime;
		vcpu->state = infos[i].state;
		vcpu->cpu = infos[i].cpu < 0 ? ABSENT_U32 : (uint32_t)infos[i].cpu;
	}
}

struct device_reading *
domain_reading_add(struct domain_reading *r, enum device_kind kind, const char *name)
{
	size_t number = devices_of(r, kind)->len;

	if (number >= MOST_DEVICES)
		return NULL;
	struct device_reading *device = device_at(r, kind, number);
	device->name = name;
	return device;
}

/* --- finding devices */

const struct device_reading *
domain_reading_find(const struct domain_reading *r, enum device_kind kind, const char *name)
{
	for (guint i = 0; r->devices[kind] != NULL && i < r->devices[kind]->len; i++) {
		const struct device_reading *device =
		    &g_array_index(r->devices[kind], struct device_reading, i);
		if (g_strcmp0(device->name, name) == 0)
			return device;
	}
	return NULL;
}

const struct device_reading *
domain_reading_vcpu(const struct domain_reading *r, uint32_t number)
{
	const GArray *vcpus = r->devices[DEVICE_VCPU];

	if (vcpus == NULL || number >= vcpus->len)
		return NULL;
	const struct device_reading *vcpu =
	    &g_array_index(vcpus, struct device_reading, number);
	return vcpu->name == NULL ? NULL : vcpu;
}
