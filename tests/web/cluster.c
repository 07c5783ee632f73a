/*
 * A made-up cluster behind a control socket: thousands of VMs, names that nobody should
 * have, two days of history.  For the web page's tests and measurements: what a lab of a
 * few guests cannot show.
 *
 *	tests/web/cluster DIR VMS [NODES [plain]]	socket: DIR/control.sock
 *
 * "plain": with names that people give, to be looked at.
 */
#include "config.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/control.h"
#include "graphs/catalogue.h"
#include "graphs/draw.h"
#include "tests/web/made_up.h"

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
	g_autofree char *text = g_strdup_printf("[cluster]\nname = %s\n"
		"control-socket = %s/control.sock\nstate-dir = %s\ninterval = %d\n"
		"[rrd]\ndir = %s/rrd\n[node x]\nuri = test:///default\n",
	    l->plain ? "production" : "made-up", l->dir, l->dir, INTERVAL, l->dir);
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

static struct state *
open_state(const struct lab *l)
{
	g_autoptr(GError) error = NULL;
	struct state *state = state_open(l->dir, &error);

	if (state == NULL)
		g_error("%s", error->message);
	return state;
}

/* The control socket is there when this returns. */
static struct control *
begin(struct lab *l, struct control_graph_name *names)
{
	static struct request_door door;
	static struct control_setup setup;
	g_autoptr(GError) error = NULL;

	rows_add_events(l);
	l->store = store_new(l->state, l->settings->name);
	setup = (struct control_setup){ .store = l->store, .door = &door,
		.settings = get_settings, .draw = draw, .graphs = names, .cancel = refuse_cancel,
		.reload = ignore, .stop = stop, .ctx = l };
	store_set_thresholds(l->store, &l->settings->thresholds);
	rows_publish(l);
	wait_for_vms(l);
	rows_publish_rest(l);
	loads_write_histories(l);
	rows_publish(l); /* speeds are of two samples */
	struct control *control = control_new(&setup, &error);
	if (control == NULL)
		g_error("%s", error->message);
	return control;
}

int
main(int argc, char **argv)
{
	if (argc < 3) {
		fprintf(stderr, "usage: cluster DIR VMS [NODES [plain]]\n");
		return 2;
	}
	struct lab l = { .dir = argv[1], .vms = (unsigned)atoi(argv[2]),
		.nodes = argc > 3 ? (unsigned)atoi(argv[3]) : 20,
		.plain = argc > 4 && strcmp(argv[4], "plain") == 0 };
	struct control_graph_name *names = make_names();
	control_block_signals();
	l.counters = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	l.settings = make_settings(&l);
	l.state = open_state(&l);
	struct control *control = begin(&l, names);
	printf("ready\n");
	fflush(stdout);
	for (unsigned tenths = 1; !over; tenths++) {
		g_usleep(G_USEC_PER_SEC / 10);
		if (tenths % (10 * INTERVAL) == 0)
			rows_publish(&l);
	}
	control_free(control);
	store_free(l.store);
	state_close(l.state);
	settings_unref(l.settings);
	g_hash_table_destroy(l.counters);
	g_free(names);
	return 0;
}
