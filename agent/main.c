/*
 * virtclusterd: the only file that knows all the others.  Reads the configuration,
 * starts everything in order, and stops it in the opposite order.
 */
#include "config.h"

#include <errno.h>
#include <glib.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "agent/control.h"
#include "agent/keeper.h"
#include "agent/snmp.h"
#include "collectors/collectors.h"
#include "collectors/pacemaker.h"
#include "collectors/review/review.h"
#include "common/log.h"
#include "graphs/catalogue.h"
#include "graphs/draw.h"
#include "graphs/rrd_layout.h"
#include "graphs/rrd_sink.h"
#include "graphs/series.h"
#include "model/settings.h"
#include "model/state.h"
#include "model/store.h"
#include "model/switches.h"
#include "vmops/balancer.h"
#include "vmops/jobs.h"
#include "vmops/scheduler.h"
#include "vmops/templates.h"

#define EXIT_IN_USE    75 /* EX_TEMPFAIL: another virtclusterd has the state directory */
#define DEFAULT_CONFIG SYSCONFDIR "/virtcluster/virtcluster.conf"

struct agent {
	/* guarded by lock */
	pthread_mutex_t lock;
	struct settings *settings;

	/* immutable between start and stop */
	int stop_fd; /* from the control thread, which takes the signals, to the main loop */
	struct state *state;
	struct store *store;
	struct jobs *jobs;
	struct balancer *balancer;
	struct scheduler *scheduler;
	struct templates *templates;
	struct collectors *collectors;
	struct pacemaker *pacemaker;
	struct rrd_sink *rrd;
	struct control *control;
	struct keeper *keeper;
	struct control_graph_name *graphs;
	struct control_source_name *sources;
};

/* --- what the control thread asks of the whole */

static struct settings *
agent_settings(void *ctx)
{
	struct agent *agent = ctx;

	LOCK_SCOPE(&agent->lock);
	return settings_ref(agent->settings);
}

static void
apply_settings(struct agent *agent, struct settings *settings)
{
	store_set_cluster(agent->store, settings->name, settings->control);
	store_set_web(agent->store, settings->web_url);
	store_set_thresholds(agent->store, &settings->thresholds);
	switches_configure(SWITCH_RATE, (uint32_t)settings->notify_rate);
	switches_configure(SWITCH_HEARTBEAT, (uint32_t)settings->heartbeat);
	switches_configure(SWITCH_MIN_SEVERITY, (uint32_t)settings->notify_severity);
	jobs_apply(agent->jobs, settings);
	templates_apply(agent->templates, settings->template_dir);
	collectors_apply(agent->collectors, settings);
	pacemaker_apply(agent->pacemaker, settings);
	rrd_sink_apply(agent->rrd, settings);
}

/* SIGHUP: the new configuration, or the running one if the new one is wrong. */
static void
agent_reload(void *ctx)
{
	struct agent *agent = ctx;
	g_autoptr(GError) error = NULL;
	SCOPED(settings) old = agent_settings(agent);
	struct settings *new = settings_load(old->path, &error);

	if (new == NULL) {
		log_error("config", "%s; the running configuration stays", error->message);
		return;
	}
	g_autofree char *later = settings_needs_restart(old, new);
	if (later != NULL)
		log_warn("config", "%s: changed %s takes effect at the next start",
		    new->path, later);
	apply_settings(agent, new);
	pthread_mutex_lock(&agent->lock);
	settings_unref(agent->settings);
	agent->settings = new;
	unsigned nodes = new->nodes->len;
	pthread_mutex_unlock(&agent->lock);
	log_info("config", "%s read again: %u nodes", old->path, nodes);
}

static void
agent_stop(void *ctx)
{
	struct agent *agent = ctx;

	if (eventfd_write(agent->stop_fd, 1) < 0)
		log_error("agent", "cannot stop the main loop: %s", g_strerror(errno));
}

static bool
agent_cancel(void *ctx, uint32_t job, GError **error)
{
	struct agent *agent = ctx;

	return jobs_cancel(agent->jobs, job, error);
}

static void
agent_poke(void *ctx, const char *node, const char *uuid)
{
	struct agent *agent = ctx;

	if (node == NULL)
		pacemaker_poke(agent->pacemaker);
	else
		collectors_poke(agent->collectors, node, uuid);
}

/* Somebody tells that something has happened in the cluster. */
static void
agent_look(void *ctx)
{
	struct agent *agent = ctx;

	pacemaker_poke(agent->pacemaker);
}

/* --- a review of the cluster, in the words of collectors/review/ */

static bool
agent_review(void *ctx, struct control_review *out, GError **error)
{
	struct agent *agent = ctx;
	SCOPED(settings) settings = agent_settings(ctx);
	const struct review_request request = {
		.settings = settings, .wake = agent->stop_fd,
		.progress = out->progress, .ctx = out->ctx,
	};
	struct review review;

	if (!review_cluster(&request, &review, error))
		return false;
	for (guint i = 0; i < review.findings->len; i++) {
		const struct review_finding *found = review.findings->pdata[i];
		const struct control_finding finding = {
			.check = found->check, .severity = review_severities[found->severity],
			.about = found->about, .text = found->text, .mend = found->mend,
			.on = found->on, .advice = found->advice,
		};
		out->finding(out->ctx, &finding);
	}
	out->checks = review.checks;
	out->nodes = review.nodes;
	g_ptr_array_free(review.findings, TRUE);
	return true;
}

/* --- histories: what the control socket asks for, in the words of graphs/ */

static const char *
first_graph(const char *kind)
{
	for (size_t i = 0; i < graphs_n; i++)
		if (strcmp(graphs[i].kind, kind) == 0)
			return graphs[i].name;
	return "";
}

static bool
agent_draw(void *ctx, const struct control_graph *graph, struct control_picture *out,
    GError **error)
{
	SCOPED(settings) settings = agent_settings(ctx);
	struct draw_request request = {
		.kind = graph->of.kind,
		.identity = graph->of.identity,
		.title = graph->of.title,
		.graph = graph->name == NULL ? first_graph(graph->of.kind) : graph->name,
		.start = graph->from,
		.end = graph->to,
		.width = (unsigned)graph->width,
		.height = (unsigned)graph->height,
		.format = graph->png ? DRAW_PNG : DRAW_SVG,
		.theme = graph->dark ? DRAW_DARK : DRAW_LIGHT,
		.spark = graph->spark,
		.percentile = graph->percentile,
		.marks = graph->marks,
		.marks_n = graph->marks_n,
		.members = graph->members,
		.members_n = graph->members_n,
	};
	struct draw_plot plot;

	out->bytes = draw_graph(settings, &request, &plot, error);
	if (out->bytes == NULL)
		return false;
	out->width = plot.image_width;
	out->height = plot.image_height;
	out->left = plot.left;
	out->top = plot.top;
	out->plot_width = plot.width;
	out->plot_height = plot.height;
	return true;
}

static bool
agent_series(void *ctx, const struct control_series *asked, struct control_points *out,
    GError **error)
{
	SCOPED(settings) settings = agent_settings(ctx);
	struct series_request request = {
		.kind = asked->of.kind,
		.identity = asked->of.identity,
		.title = asked->of.title,
		.source = asked->source,
		.from = asked->from,
		.to = asked->to,
		.step = asked->step,
		.max = asked->max,
	};
	struct series series;

	if (!series_read(settings, &request, &series, error))
		return false;
	*out = (struct control_points){ series.start, series.step, series.n, series.value };
	return true;
}

/* The catalogue as the control socket wants it; free it. */
static struct control_graph_name *
graph_names(void)
{
	struct control_graph_name *names = g_new0(struct control_graph_name, graphs_n + 1);

	for (size_t i = 0; i < graphs_n; i++)
		names[i] = (struct control_graph_name){ graphs[i].kind, graphs[i].name,
			graphs[i].title, graphs[i].members };
	return names;
}

/* The sources of all kinds likewise. */
static struct control_source_name *
source_names(void)
{
	struct control_source_name *names =
	    g_new0(struct control_source_name, rrd_kinds_n * RRD_SOURCES_MOST + 1);
	size_t n = 0;

	for (size_t k = 0; k < rrd_kinds_n; k++) {
		const struct rrd_sources *sources = rrd_kind_sources(&rrd_kinds[k]);
		for (size_t i = 0; i < sources->n; i++) {
			const struct column *c = sources->column[i];
			names[n++] = (struct control_source_name){ rrd_kinds[k].name,
				c->series, c->name, c->graph == GRAPH_RATE };
		}
	}
	return names;
}

/* --- start and stop, in opposite orders */

static bool
start_control(struct agent *agent, GError **error)
{
	agent->graphs = graph_names();
	agent->sources = source_names();
	struct control_setup setup = {
		.store = agent->store,
		.door = jobs_door(agent->jobs),
		.settings = agent_settings,
		.draw = agent_draw,
		.graphs = agent->graphs,
		.series = agent_series,
		.sources = agent->sources,
		.review = agent_review,
		.cancel = agent_cancel,
		.look = agent_look,
		.reload = agent_reload,
		.stop = agent_stop,
		.ctx = agent,
	};

	agent->control = control_new(&setup, error);
	return agent->control != NULL;
}

static bool
start_snmp(struct agent *agent, GError **error)
{
	struct snmp_setup setup = {
		.store = agent->store,
		.door = jobs_door(agent->jobs),
		.agentx = agent->settings->agentx_socket,
		.stop_fd = agent->stop_fd,
	};

	return snmp_start(&setup, error);
}

static bool
agent_start(struct agent *agent, GError **error)
{
	struct settings *settings = agent->settings;

	if (g_mkdir_with_parents(settings->state_dir, 0750) < 0) {
		g_set_error(error, G_FILE_ERROR, g_file_error_from_errno(errno),
		    "cannot make the state directory %s: %s", settings->state_dir,
		    g_strerror(errno));
		return false;
	}
	agent->stop_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (agent->stop_fd < 0) {
		g_set_error(error, G_FILE_ERROR, g_file_error_from_errno(errno),
		    "cannot make an event descriptor: %s", g_strerror(errno));
		return false;
	}
	agent->state = state_open(settings->state_dir, error);
	if (agent->state == NULL)
		return false;
	agent->keeper = keeper_new(settings->state_dir);
	agent->store = store_new(agent->state, settings->name);
	agent->jobs = jobs_new(agent->store, settings, error);
	if (agent->jobs == NULL)
		return false;
	agent->templates = templates_new(agent->store);
	agent->collectors = collectors_new(agent->store);
	agent->pacemaker = pacemaker_new(agent->store);
	agent->rrd = rrd_sink_new(agent->store, settings, error);
	if (agent->rrd == NULL)
		return false;
	jobs_set_poke(agent->jobs, agent_poke, agent);
	apply_settings(agent, settings);
	if (!start_control(agent, error) || !start_snmp(agent, error))
		return false;
	jobs_start(agent->jobs);
	agent->balancer = balancer_new(agent->store, jobs_door(agent->jobs));
	agent->scheduler = scheduler_new(agent->store, jobs_door(agent->jobs));
	return true;
}

static void
agent_end(struct agent *agent)
{
	snmp_end();
	keeper_free(agent->keeper); /* SNMP sets nothing any more */
	if (agent->store != NULL)
		store_wake_all(agent->store);
	if (agent->control != NULL)
		control_free(agent->control);
	if (agent->stop_fd >= 0)
		close(agent->stop_fd);
	balancer_free(agent->balancer); /* asks for jobs */
	scheduler_free(agent->scheduler); /* likewise */
	if (agent->jobs != NULL)
		jobs_free(agent->jobs); /* before the collectors, which it pokes */
	if (agent->collectors != NULL)
		collectors_free(agent->collectors);
	pacemaker_free(agent->pacemaker);
	templates_free(agent->templates);
	rrd_sink_free(agent->rrd);
	store_free(agent->store);
	if (agent->state != NULL)
		state_close(agent->state);
	settings_unref(agent->settings);
	g_free(agent->graphs);
	g_free(agent->sources);
}

/* --- the command line */

struct options {
	char *config;
	gboolean debug, check, version;
};

static void
parse_options(int argc, char **argv, struct options *options)
{
	const GOptionEntry entries[] = {
		{ "config", 'c', 0, G_OPTION_ARG_FILENAME, &options->config,
		    "Configuration file (" DEFAULT_CONFIG ")", "FILE" },
		{ "debug", 'd', 0, G_OPTION_ARG_NONE, &options->debug,
		    "Log in detail", NULL },
		{ "check-config", 't', 0, G_OPTION_ARG_NONE, &options->check,
		    "Check the configuration and exit", NULL },
		{ "version", 'V', 0, G_OPTION_ARG_NONE, &options->version,
		    "Print the version and exit", NULL },
		{ NULL },
	};
	g_autoptr(GOptionContext) context = g_option_context_new(NULL);
	g_autoptr(GError) error = NULL;

	g_option_context_set_summary(context,
	    "Publishes a cluster of libvirt hosts as an AgentX subagent of snmpd.\n"
	    "Stays in the foreground and logs to standard error.");
	g_option_context_set_description(context,
	    "SIGHUP reads the configuration again; SIGTERM ends the daemon.\n"
	    "See virtclusterd(8) and virtcluster.conf(5).");
	g_option_context_add_main_entries(context, entries, NULL);
	bool good = g_option_context_parse(context, &argc, &argv, &error);
	if (!good || argc > 1) {
		g_printerr("virtclusterd: %s%s; try --help\n",
		    good ? "unexpected argument " : "", good ? argv[1] : error->message);
		exit(2);
	}
	if (options->config == NULL)
		options->config = g_strdup(DEFAULT_CONFIG);
}

static int
check_config(const struct settings *settings)
{
	g_print("%s: %u nodes, control is %s\n", settings->path, settings->nodes->len,
	    settings->control ? "on" : "off");
	return EXIT_SUCCESS;
}

int
main(int argc, char **argv)
{
	struct options options = { NULL };
	struct agent agent = { .lock = PTHREAD_MUTEX_INITIALIZER, .stop_fd = -1 };
	g_autoptr(GError) error = NULL;

	setlocale(LC_ALL, "");
	unsetenv("RRDCACHED_ADDRESS"); /* librrd would obey it; the configuration decides */
	parse_options(argc, argv, &options);
	g_autofree char *config = options.config;
	if (options.version) {
		g_print("virtclusterd " PACKAGE_VERSION "\n");
		return EXIT_SUCCESS;
	}
	log_set_level(options.debug ? LOG_LEVEL_DEBUG : LOG_LEVEL_INFO);
	agent.settings = settings_load(config, &error);
	if (agent.settings == NULL) {
		g_printerr("virtclusterd: %s\n", error->message);
		return EXIT_FAILURE;
	}
	if (options.check) {
		int status = check_config(agent.settings);
		settings_unref(agent.settings);
		return status;
	}
	control_block_signals();
	bool started = agent_start(&agent, &error);
	if (started) {
		log_info("agent", "virtclusterd " PACKAGE_VERSION " runs: %u nodes, control %s",
		    agent.settings->nodes->len, agent.settings->control ? "on" : "off");
		snmp_run();
	} else {
		g_printerr("virtclusterd: %s\n", error->message);
	}
	agent_end(&agent);
	if (started)
		log_info("agent", "virtclusterd has ended");
	if (!started && g_error_matches(error, G_FILE_ERROR, G_FILE_ERROR_AGAIN))
		return EXIT_IN_USE;
	return started ? EXIT_SUCCESS : EXIT_FAILURE;
}
