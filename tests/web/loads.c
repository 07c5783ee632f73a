/* What made-up machines do, now and in the last two days. */
#include "config.h"

#include <math.h>
#include <string.h>

#include "graphs/rrd_file.h"
#include "model/history.h"
#include "tests/web/made_up.h"

#define NODE_CPUS 64
#define NODE_MIB  (512 * 1024)

/* --- waves */

static double
hash(unsigned seed, int64_t i)
{
	uint64_t x = ((uint64_t)seed << 32 ^ (uint64_t)i) * UINT64_C(0x9E3779B97F4A7C15);

	x = (x ^ x >> 31) * UINT64_C(0xBF58476D1CE4E5B9);
	return (double)((x ^ x >> 29) % 100003) / 100003;
}

/* From 0 to 1, another value every `length` seconds, and smooth between them. */
static double
noise(unsigned seed, int64_t at, double length)
{
	double t = (double)at / length, f = t - floor(t);
	double a = hash(seed, (int64_t)floor(t)), b = hash(seed, (int64_t)floor(t) + 1);

	f = f * f * (3 - 2 * f);
	return a + (b - a) * f;
}

/* More by day than by night, each in its own way, with an effort now and then. */
static double
wave(unsigned seed, int64_t at)
{
	double hour = (double)(at % 86400) / 3600 + 3 * hash(seed, -1);
	double day = 0.5 - 0.5 * cos((hour - 3) / 12 * G_PI);
	double level = 0.15 + 0.45 * hash(seed, -2);
	double load = level * (0.35 + 0.65 * day) * (0.55 + 0.9 * noise(seed, at, 2700)) +
	    0.14 * noise(seed + 1, at, 300) + 0.05 * noise(seed + 2, at, 60);

	if (noise(seed + 3, at, 4000) > 0.86)
		load += 0.3;
	return CLAMP(load, 0.01, 1);
}

/* --- what each source is: a base, and how far it swings */

enum shape { WAVES, GROWS, STAYS };
enum unit { ONE, OF_VM, OF_NODE, NODES, VMS, OF_DISK, OF_POOL }; /* what the numbers are multiplied by */

static const struct load {
	const char *kind, *source;
	double base, swing;
	enum shape shape;
	enum unit unit;
} loads[] = {
	{ "vm", "cpu", 2e7, 2.2e9 }, { "vm", "steal", 0, 3e7 },
	{ "vm", "mem_actual", 1, 0, STAYS, OF_VM }, { "vm", "mem_used", 0.25, 0.7, WAVES, OF_VM },
	{ "vm", "mem_avail", 0.96, 0, STAYS, OF_VM }, { "vm", "mem_rss", 0.9, 0.06, GROWS, OF_VM },
	{ "vm", "disk_rd", 1e5, 8e6 }, { "vm", "disk_wr", 2e5, 6e6 },
	{ "vm", "disk_rd_req", 2, 260 }, { "vm", "disk_wr_req", 8, 320 },
	{ "vm", "disk_fl_req", 1, 30 }, { "vm", "disk_rd_lat", 250, 900 },
	{ "vm", "disk_wr_lat", 400, 1500 }, { "vm", "net_rx", 2e4, 2.5e6 },
	{ "vm", "net_tx", 3e4, 4e6 }, { "vm", "net_rx_pkts", 30, 2500 },
	{ "vm", "net_tx_pkts", 30, 2600 }, { "vm", "net_rx_errs", 0, 0 },
	{ "vm", "net_tx_errs", 0, 0 }, { "vm", "net_rx_drop", 0, 0 }, { "vm", "net_tx_drop", 0, 0 },
	{ "vm", "swap_in", 0, 0 }, { "vm", "swap_out", 0, 0 }, { "vm", "faults", 0, 4 },
	{ "vm", "dirty_rate", 1, 60 },

	{ "disk", "allocation", 0.35, 0.2, GROWS, OF_DISK }, { "disk", "rd", 5e4, 4e6 },
	{ "disk", "wr", 1e5, 3e6 }, { "disk", "rd_req", 1, 130 }, { "disk", "wr_req", 4, 160 },
	{ "disk", "fl_req", 1, 15 }, { "disk", "rd_lat", 250, 900 }, { "disk", "wr_lat", 400, 1500 },
	{ "nic", "rx", 2e4, 2.5e6 }, { "nic", "tx", 3e4, 4e6 }, { "nic", "rx_pkts", 30, 2500 },
	{ "nic", "tx_pkts", 30, 2600 }, { "nic", "rx_errs", 0, 0 }, { "nic", "tx_errs", 0, 0 },
	{ "nic", "rx_drop", 0, 0 }, { "nic", "tx_drop", 0, 0 },

	{ "node", "cpu_user", 3000, 42000 }, { "node", "cpu_system", 900, 9000 },
	{ "node", "cpu_iowait", 100, 3000 }, { "node", "cpu_steal", 0, 0 },
	{ "node", "mem_used", 0.4, 0.25, WAVES, OF_NODE },
	{ "node", "mem_free", 0.2, 0.05, WAVES, OF_NODE },
	{ "node", "mem_cached", 0.12, 0.06, WAVES, OF_NODE },
	{ "node", "mem_alloc", 0.62, 0.04, GROWS, OF_NODE },
	{ "node", "vms_running", 12, 0, STAYS }, { "node", "vms_defined", 13, 0, STAYS },
	{ "node", "vms_cpu", 40000, 180000 }, { "node", "vcpus", 48, 0, STAYS },
	{ "node", "poll_time", 20, 90 }, { "node", "load1", 200, 4200 },
	{ "node", "processes", 700, 120 }, { "node", "swap_used", 0, 0 },
	{ "node", "pages_in", 0, 900 }, { "node", "pages_out", 0, 1200 },
	{ "node", "disk_rd", 2e6, 9e7 }, { "node", "disk_wr", 3e6, 7e7 },
	{ "node", "net_rx", 1e6, 5e7 }, { "node", "net_tx", 1e6, 6e7 },
	{ "node", "psi_cpu", 20, 900 }, { "node", "psi_memory", 0, 40 }, { "node", "psi_io", 10, 500 },
	{ "node", "root_used", 9000, 1500, GROWS }, { "node", "images_used", 500000, 60000, GROWS },

	{ "cluster", "cpu", 900, 6500 }, { "cluster", "nodes", 1, 0, STAYS, NODES },
	{ "cluster", "nodes_online", 1, 0, STAYS, NODES }, { "cluster", "vms", 1, 0, STAYS, VMS },
	{ "cluster", "vms_running", 0.89, 0.04, GROWS, VMS },
	{ "cluster", "vms_paused", 0.02, 0, STAYS, VMS },
	{ "cluster", "cpus", NODE_CPUS, 0, STAYS, NODES },
	{ "cluster", "vcpus", 47, 4, GROWS, NODES },
	{ "cluster", "mem_total", NODE_MIB, 0, STAYS, NODES },
	{ "cluster", "mem_used", NODE_MIB * 0.4, NODE_MIB * 0.3, WAVES, NODES },
	{ "cluster", "mem_alloc", NODE_MIB * 0.62, NODE_MIB * 0.05, GROWS, NODES },
	{ "cluster", "jobs_running", 0, 5 }, { "cluster", "jobs_waiting", 0, 2 },
	{ "cluster", "jobs_failed", 0, 0.0002 }, { "cluster", "polls_failed", 0, 0 },
	{ "cluster", "alarms_warning", 1, 3 }, { "cluster", "alarms_critical", 0, 0 },
	{ "cluster", "poll_time", 40, 120 },
	{ "cluster", "storage_total", 4.2e6, 0, STAYS, NODES },
	{ "cluster", "storage_used", 2.2e6, 3e5, GROWS, NODES },
	{ "cluster", "storage_prov", 3.6e6, 3e5, GROWS, NODES },

	{ "pool", "capacity", 4194304, 0, STAYS },
	{ "pool", "allocation", 0.8, 0.2, GROWS, OF_POOL },
	{ "pool", "provisioned", 3e6, 9e5, GROWS }, { "pool", "volumes", 40, 4, GROWS },
	{ "volume", "capacity", 1, 0, STAYS, OF_DISK },
	{ "volume", "allocation", 0.35, 0.2, GROWS, OF_DISK },
};

unsigned
loads_disk(unsigned vm, unsigned disk)
{
	return vm * 4 + disk;
}

unsigned
loads_vm_mib(unsigned vm)
{
	return 1024u << vm % 4;
}

static double
unit_of(const struct lab *l, enum unit unit, unsigned number)
{
	switch (unit) {
	case OF_VM:
		return loads_vm_mib(number);
	case OF_NODE:
		return NODE_MIB;
	case NODES:
		return l->nodes;
	case VMS:
		return l->vms;
	case OF_DISK:
		return 1024 * (double)(10u << number % 3);
	case OF_POOL: /* the shared one wants to be looked after */
		return 4194304 * (number == l->shared ? 0.93 : 0.3 + 0.5 * hash(number, 3));
	default:
		return 1;
	}
}

static double
value_of(const struct lab *l, const struct load *load, unsigned number, int64_t at)
{
	unsigned seed = number * 97 + (unsigned)(load - loads) / 2 * 8;
	int64_t now = g_get_real_time() / G_USEC_PER_SEC;
	double share = load->shape == WAVES ? wave(seed, at)
	    : load->shape == GROWS ? 1 + (double)(at - now) / HISTORY * (0.2 + 0.6 * hash(number, 1))
	    : 0;

	return (load->base + load->swing * share) * unit_of(l, load->unit, number);
}

double
loads_value(const struct lab *l, const char *kind, const char *source, unsigned number,
    int64_t at)
{
	/* what is left of all CPUs */
	if (strcmp(kind, "node") == 0 && strcmp(source, "cpu_idle") == 0)
		return 1000.0 * NODE_CPUS - loads_value(l, kind, "cpu_user", number, at) -
		    loads_value(l, kind, "cpu_system", number, at) -
		    loads_value(l, kind, "cpu_iowait", number, at);
	for (const struct load *load = loads; load < loads + G_N_ELEMENTS(loads); load++)
		if (strcmp(load->kind, kind) == 0 && strcmp(load->source, source) == 0)
			return value_of(l, load, number, at);
	return -1;
}

/* --- rows */

/* What a thing has counted so far. */
struct counters {
	int64_t at;
	double total[RRD_SOURCES_MOST];
};

static struct counters *
counters_of(struct lab *l, const char *kind, unsigned number, int64_t at)
{
	g_autofree char *key = g_strdup_printf("%s %u", kind, number);
	struct counters *c = g_hash_table_lookup(l->counters, key);

	if (c == NULL) {
		c = g_new0(struct counters, 1);
		c->at = at - 86400;
		g_hash_table_insert(l->counters, g_steal_pointer(&key), c);
	}
	return c;
}

static void
set_field(const struct column *c, void *row, double value)
{
	void *field = (char *)row + c->offset;

	if (c->field == FIELD_U32)
		*(uint32_t *)field = (uint32_t)value;
	else if (c->field == FIELD_MEBI)
		*(uint64_t *)field = (uint64_t)value * MIB;
	else if (c->field == FIELD_U64)
		*(uint64_t *)field = (uint64_t)value;
}

void
loads_fill(struct lab *l, const char *kind, void *row, unsigned number, int64_t at)
{
	const struct rrd_sources *sources = rrd_kind_sources(rrd_kind_find(kind));
	struct counters *counters = counters_of(l, kind, number, at);
	double seconds = (double)(at - counters->at);

	for (size_t i = 0; i < sources->n; i++) {
		const struct column *c = sources->column[i];
		double value = loads_value(l, kind, c->series, number, at);
		if (c->field == FIELD_NONE || value < 0)
			continue;
		counters->total[i] += value * seconds;
		set_field(c, row, c->graph == GRAPH_RATE ? counters->total[i] : value);
	}
	counters->at = at;
}

/* --- history */

static void
write_history(struct lab *l, const char *kind_name, const char *identity, unsigned number)
{
	const struct rrd_kind *kind = rrd_kind_find(kind_name);
	g_autoptr(GArray) samples = g_array_new(FALSE, FALSE, sizeof(struct rrd_sample));
	g_autoptr(GError) error = NULL;
	const struct rrd_sources *sources = rrd_kind_sources(kind);
	double total[RRD_SOURCES_MOST] = { 0 };
	int64_t end = g_get_real_time() / G_USEC_PER_SEC / STEP * STEP;
	SCOPED(rrd_file) file = rrd_file_new(l->settings->rrd_dir, kind, identity, STEP, INTERVAL,
	    NULL, &error);

	for (int64_t at = end - HISTORY; at <= end; at += STEP) {
		struct rrd_sample sample = { .at = at };
		for (size_t i = 0; i < sources->n; i++) {
			const struct column *c = sources->column[i];
			double value = loads_value(l, kind_name, c->series, number, at);
			total[i] += value * STEP;
			sample.value[i] = value < 0 ? ABSENT_U64
			    : (uint64_t)(c->graph == GRAPH_RATE ? total[i] : value);
		}
		g_array_append_val(samples, sample);
	}
	if (!rrd_file_prepare(file, end - HISTORY, &error) ||
	    !rrd_file_write(file, (const void *)samples->data, samples->len, &error))
		g_error("%s", error->message);
}

/* Of the rows of a set that have that number and a history, as many as `most`. */
static void
write_rows(struct lab *l, const char *kind, enum row_set set, size_t most)
{
	SCOPED(cluster) cluster = store_get(l->store);
	const struct rows *rows = &cluster->rows[set];

	for (size_t i = 0; i < MIN(rows->n, most); i++) {
		const struct row_head *row = rows->row[i];
		char name[HISTORY_NAME];
		if (history_name(cluster, set, row, name))
			write_history(l, kind, name, row->index);
	}
}

static void
write_vm(struct lab *l, unsigned vm)
{
	g_autofree char *uuid = rows_vm_uuid(vm);
	g_autofree char *nic = g_strdup_printf("%s.52-54-00-00-00-%02x", uuid, vm);

	write_history(l, "vm", uuid, vm);
	write_history(l, "nic", nic, vm);
	for (unsigned i = 0; i < 1 + vm % 2; i++) {
		g_autofree char *disk = g_strdup_printf("%s.vd%c", uuid, 'a' + i);
		write_history(l, "disk", disk, loads_disk(vm, i));
	}
}

void
loads_write_histories(struct lab *l)
{
	write_history(l, "cluster", "cluster", 0);
	for (unsigned i = 0; i < MIN(l->vms, DRAWN); i++)
		write_vm(l, i);
	for (unsigned n = 0; n < MIN(l->nodes, 8); n++) {
		g_autofree char *name = rows_node_name(l, n);
		write_history(l, "node", name, n);
	}
	write_rows(l, "pool", ROWS_POOL, 12);
	write_rows(l, "volume", ROWS_VOLUME, DRAWN);
}
