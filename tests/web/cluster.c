/*
 * A made-up cluster behind a control socket: thousands of VMs, names that nobody should
 * have, two days of history.  For the web page's tests and measurements: what a lab of a
 * few guests cannot show.
 *
 *	tests/web/cluster DIR VMS [NODES]      socket: DIR/control.sock
 */
#include "config.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/control.h"
#include "graphs/catalogue.h"
#include "graphs/draw.h"
#include "graphs/rrd_file.h"
#include "model/part.h"

#define INTERVAL 10
#define HISTORY	 (2 * 86400)
#define STEP	 60
#define DRAWN	 40 /* VMs that have a history */
#define MIB	 UINT64_C(1048576)

struct lab {
	const char *dir;
	unsigned vms, nodes;
	struct store *store;
	struct settings *settings;
	struct control_graph_name *names;
};

/* --- names */

static const char *const hostile[] = {
	"<script>document.title='owned'</script>",
	"\"><img src=x onerror=alert(1)>",
	"'; drop table vms; --",
	"../../etc/passwd",
	"%2e%2e%2f<b>",
	"{{7*7}} ${7*7} &amp; &#60;",
	"שלום-\u202Ecod.exe",
	"日本語の仮想マシン",
	"a b\tc\nd",
};

static char *
vm_name(unsigned i)
{
	static const char *const roles[] = { "web", "db", "mail", "cache", "build", "proxy" };
	char longest[256];

	if (i < G_N_ELEMENTS(hostile))
		return g_strdup(hostile[i]);
	memset(longest, 'L', 255);
	longest[255] = '\0';
	if (i == G_N_ELEMENTS(hostile))
		return g_strdup(longest);
	return g_strdup_printf("%s%u", roles[i % G_N_ELEMENTS(roles)], i);
}

static char *
vm_uuid(unsigned i)
{
	return g_strdup_printf("00000000-0000-4000-8000-%012x", i + 1);
}

/* --- loads: each thing has its own wave */

static double
load_of(unsigned i, int64_t at)
{
	double phase = (double)((at + i * 977) % 86400) / 86400;
	double ripple = (double)((at / 60 * 31 + i * 17) % 23) / 100;
	double level = 0.1 + 0.7 * (double)(i * 2654435761u % 9973) / 9973;

	return CLAMP(level * (phase < 0.5 ? 0.4 + phase : 1.4 - phase) + ripple, 0.01, 1.0);
}

static bool
is_running(unsigned i)
{
	return i % 11 != 7;
}

/* The integral of a load over time, more or less: what a counter shows. */
static uint64_t
count_of(unsigned i, int64_t at, double per_second)
{
	return (uint64_t)((double)(at % 100000000) * per_second *
	    (0.2 + 0.8 * (double)(i * 2654435761u % 9973) / 9973));
}

static void
add_vm(struct part *part, unsigned i, int64_t at)
{
	struct vm *vm = part_add(part, ROWS_VM);
	g_autofree char *name = vm_name(i);
	g_autofree char *uuid = vm_uuid(i);
	g_autofree char *address = g_strdup_printf("10.%u.%u.%u", i >> 16, i >> 8 & 255, i & 255);

	vm->name = part_text(part, name);
	vm->uuid = part_text(part, uuid);
	vm->title = "";
	vm->reason = "";
	vm->os_type = "hvm";
	vm->guest_address = is_running(i) ? part_text(part, address) : "";
	vm->guest_os = "Debian GNU/Linux 12";
	vm->guest_host = vm->name;
	vm->state = is_running(i) ? VM_RUNNING : i % 2 ? VM_SHUT_OFF : VM_PAUSED;
	vm->vcpus = vm->vcpus_max = 1 + i % 8;
	vm->mem_max = vm->mem_actual = 512 << i % 5;
	vm->sampled_us = vm->counted_us = g_get_monotonic_time();
	vm->discontinuity_us = 1;
	vm->stale_after = 3 * INTERVAL;
	if (!is_running(i))
		return;
	vm->mem_used = (uint32_t)((double)vm->mem_actual * load_of(i + 3, at));
	vm->mem_rss = (uint32_t)((double)vm->mem_actual * 0.9);
	vm->cpu_ns = count_of(i, at, 1e9 * vm->vcpus);
	vm->disk_rd_bytes = count_of(i, at, 3e6);
	vm->disk_wr_bytes = count_of(i + 1, at, 2e6);
	vm->disk_rd_req = count_of(i, at, 200);
	vm->disk_wr_req = count_of(i + 1, at, 150);
	vm->disk_rd_ns = count_of(i, at, 4e7);
	vm->disk_wr_ns = count_of(i + 1, at, 6e7);
	vm->net_rx_bytes = count_of(i + 2, at, 1e6);
	vm->net_tx_bytes = count_of(i + 3, at, 5e5);
}

static char *
node_name(unsigned n)
{
	return g_strdup_printf("node%02u", n + 1);
}

static void
add_pool(struct part *part, const char *identity, const char *name, double used)
{
	struct pool_node *pool = part_add(part, ROWS_POOL_NODE);
	g_autofree char *full = g_strdup_printf("%s on %s", name, part->node);

	pool->identity = part_text(part, identity);
	pool->name = part_text(part, full);
	pool->pool_name = part_text(part, name);
	pool->node_name = part_text(part, part->node);
	pool->uuid = pool->source = pool->error = "";
	pool->path = "/srv/images";
	pool->type = "dir";
	pool->state = part->reachable ? POOL_RUNNING : POOL_UNKNOWN;
	pool->capacity = 4096 * UINT64_C(1024) * MIB;
	pool->allocation = (uint64_t)(used * (double)pool->capacity);
	pool->available = pool->capacity - pool->allocation;
	pool->sampled_us = g_get_monotonic_time();
	pool->stale_after = 600;
}

static struct part *
make_part(const struct lab *l, unsigned n)
{
	g_autofree char *name = node_name(n);
	g_autofree char *source = g_strconcat("node:", name, NULL);
	g_autofree char *local = g_strconcat("pool:", name, NULL);
	int64_t at = g_get_real_time() / G_USEC_PER_SEC;
	bool away = n % 12 == 9;
	struct part *part = part_new(source, name);
	struct node *node = part_add(part, ROWS_NODE);

	part->reachable = !away;
	node->name = part_text(part, name);
	node->uri = "qemu+ssh://host/system";
	node->uuid = node->hypervisor = node->hypervisor_version = "";
	node->libvirt_version = "9.0.0";
	node->cpu_model = "EPYC-Rome";
	node->reason = away ? "cannot connect: no route to host" : "";
	node->kind = NODE_PHYSICAL;
	node->state = away ? NODE_UNREACHABLE : NODE_ONLINE;
	node->cpus = 64;
	node->mem_total = 512 * 1024;
	node->mem_used = (uint32_t)(512 * 1024 * (0.3 + 0.6 * load_of(n, at)));
	node->mem_free = node->mem_total - node->mem_used;
	node->load1 = (uint32_t)(6400 * load_of(n, at));
	node->load5 = node->load15 = node->load1;
	node->cpu_user_ms = count_of(n, at, 30000);
	node->cpu_system_ms = count_of(n + 1, at, 6000);
	node->cpu_iowait_ms = count_of(n + 2, at, 2000);
	node->cpu_idle_ms = count_of(n + 3, at, 40000);
	node->interval = INTERVAL;
	node->polls = 1;
	node->polls_failed = 0;
	node->sampled_us = g_get_monotonic_time();
	node->seen_at = g_get_real_time();
	for (unsigned i = n; i < l->vms; i += l->nodes)
		add_vm(part, i, at);
	add_pool(part, local, "default", 0.3 + 0.6 * load_of(n, 0));
	add_pool(part, "pool:shared", "<b>shared</b> & \"fast\"", 0.87);
	return part;
}

static void
publish(const struct lab *l)
{
	for (unsigned n = 0; n < l->nodes; n++)
		store_publish(l->store, make_part(l, n), PUBLISH_SOON);
}

/* --- history */

static void
set_value(struct rrd_sample *sample, const struct rrd_sources *sources, unsigned i,
    int64_t at, uint64_t total[RRD_SOURCES_MOST])
{
	for (size_t k = 0; k < sources->n; k++) {
		const struct column *c = sources->column[k];
		double scale = strstr(c->series, "mem") != NULL ? 4096
		    : strcmp(c->series, "cpu") == 0 ? 2e9 : c->graph == GRAPH_RATE ? 2e6 : 3e6;
		double level = scale * load_of(i + (unsigned)k, at);
		total[k] += (uint64_t)(level * STEP);
		sample->value[k] = c->graph == GRAPH_RATE ? total[k] : (uint64_t)level;
	}
}

static void
write_history(const struct lab *l, const char *kind_name, const char *identity, unsigned i)
{
	const struct rrd_kind *kind = rrd_kind_find(kind_name);
	g_autoptr(GArray) samples = g_array_new(FALSE, FALSE, sizeof(struct rrd_sample));
	g_autoptr(GError) error = NULL;
	const struct rrd_sources *sources = rrd_kind_sources(kind);
	uint64_t total[RRD_SOURCES_MOST] = { 0 };
	int64_t end = g_get_real_time() / G_USEC_PER_SEC / STEP * STEP;
	SCOPED(rrd_file) file = rrd_file_new(l->settings->rrd_dir, kind, identity, STEP, INTERVAL,
	    NULL, &error);

	for (int64_t at = end - HISTORY; at <= end; at += STEP) {
		struct rrd_sample sample = { .at = at };
		set_value(&sample, sources, i, at, total);
		g_array_append_val(samples, sample);
	}
	if (!rrd_file_prepare(file, end - HISTORY, &error) ||
	    !rrd_file_write(file, (const void *)samples->data, samples->len, &error))
		g_error("%s", error->message);
}

static void
write_histories(const struct lab *l)
{
	SCOPED(cluster) cluster = store_get(l->store);

	for (unsigned i = 0; i < MIN(l->vms, DRAWN); i++) {
		g_autofree char *uuid = vm_uuid(i);
		write_history(l, "vm", uuid, i);
	}
	for (unsigned n = 0; n < MIN(l->nodes, 6); n++) {
		g_autofree char *name = node_name(n);
		write_history(l, "node", name, n);
	}
	for (size_t i = 0; i < MIN(cluster->rows[ROWS_POOL].n, 6); i++) {
		const struct row_head *pool = cluster->rows[ROWS_POOL].row[i];
		g_autofree char *index = g_strdup_printf("%u", pool->index);
		write_history(l, "pool", index, (unsigned)i);
	}
}

/* --- what the control socket asks for */

static struct settings *
get_settings(void *ctx)
{
	return settings_ref(((struct lab *)ctx)->settings);
}

static bool
draw(void *ctx, const struct control_graph *graph, struct control_picture *out, GError **error)
{
	const struct lab *l = ctx;
	struct draw_plot plot;
	struct draw_request request = {
		.kind = graph->of.kind, .identity = graph->of.identity, .title = graph->of.title,
		.graph = graph->name, .start = graph->from, .end = graph->to,
		.width = (unsigned)graph->width, .height = (unsigned)graph->height,
		.format = graph->png ? DRAW_PNG : DRAW_SVG,
		.theme = graph->dark ? DRAW_DARK : DRAW_LIGHT,
		.spark = graph->spark,
		.marks = graph->marks, .marks_n = graph->marks_n,
		.members = graph->members, .members_n = graph->members_n,
	};

	out->bytes = draw_graph(l->settings, &request, &plot, error);
	if (out->bytes == NULL)
		return false;
	*out = (struct control_picture){ out->bytes, plot.image_width, plot.image_height,
		plot.left, plot.top, plot.width, plot.height };
	return true;
}

static volatile sig_atomic_t over;

static void
stop(void *ctx)
{
	over = 1;
}

static void
ignore(void *ctx)
{
}

static bool
refuse_cancel(void *ctx, uint32_t job, GError **error)
{
	g_set_error_literal(error, REQUEST_ERROR, REQUEST_DISABLED, "made up");
	return false;
}

static struct settings *
make_settings(const struct lab *l)
{
	g_autofree char *file = g_build_filename(l->dir, "conf", NULL);
	g_autofree char *text = g_strdup_printf("[cluster]\nname = made-up\n"
		"control-socket = %s/control.sock\nstate-dir = %s\ninterval = %d\n"
		"[rrd]\ndir = %s/rrd\n[node x]\nuri = test:///default\n",
	    l->dir, l->dir, INTERVAL, l->dir);
	g_autoptr(GError) error = NULL;

	g_file_set_contents(file, text, -1, NULL);
	struct settings *settings = settings_load(file, &error);
	if (settings == NULL)
		g_error("%s", error->message);
	return settings;
}

static struct control_graph_name *
make_names(void)
{
	struct control_graph_name *names = g_new0(struct control_graph_name, graphs_n + 1);

	for (size_t i = 0; i < graphs_n; i++)
		names[i] = (struct control_graph_name){ graphs[i].kind, graphs[i].name,
			graphs[i].title, graphs[i].members };
	return names;
}

static void
wait_for_vms(const struct lab *l)
{
	for (;;) {
		SCOPED(cluster) cluster = store_get(l->store);
		if (cluster->rows[ROWS_VM].n >= l->vms)
			return;
		g_usleep(50000);
	}
}

int
main(int argc, char **argv)
{
	g_autoptr(GError) error = NULL;
	struct request_door door = { 0 };

	if (argc < 3) {
		fprintf(stderr, "usage: cluster DIR VMS [NODES]\n");
		return 2;
	}
	struct lab l = { .dir = argv[1], .vms = (unsigned)atoi(argv[2]),
		.nodes = argc > 3 ? (unsigned)atoi(argv[3]) : 20 };
	control_block_signals();
	l.settings = make_settings(&l);
	l.store = store_new(NULL, "made-up");
	l.names = make_names();
	store_set_thresholds(l.store, &l.settings->thresholds);
	publish(&l);
	wait_for_vms(&l);
	write_histories(&l);
	struct control_setup setup = { .store = l.store, .door = &door,
		.settings = get_settings, .draw = draw, .graphs = l.names,
		.cancel = refuse_cancel, .reload = ignore, .stop = stop, .ctx = &l };
	struct control *control = control_new(&setup, &error);
	if (control == NULL)
		g_error("%s", error->message);
	printf("ready\n");
	fflush(stdout);
	for (unsigned tenths = 1; !over; tenths++) {
		g_usleep(G_USEC_PER_SEC / 10);
		if (tenths % (10 * INTERVAL) == 0)
			publish(&l);
	}
	control_free(control);
	store_free(l.store);
	settings_unref(l.settings);
	g_free(l.names);
	return 0;
}
