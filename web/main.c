/*
 * virtcluster-web: what virtclusterd knows, as pages for browsers.  Reads, and changes
 * nothing.
 */
#include "config.h"

#include <errno.h>
#include <glib.h>
#include <locale.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/log.h"
#include "model/settings.h"
#include "model/settings_key.h"
#include "web/graph.h"
#include "web/server.h"

#define DEFAULT_CONFIG SYSCONFDIR "/virtcluster/virtcluster.conf"
#define DEFAULT_SOCKET RUNSTATEDIR "/virtcluster/control.sock"
#define DEFAULT_LISTEN "127.0.0.1:8080"

struct options {
	char *config, *listen, *socket, *base;
	char **hosts;
	gboolean debug, version;
};

static void
options_clear(struct options *o)
{
	g_free(o->config);
	g_free(o->listen);
	g_free(o->socket);
	g_free(o->base);
	g_strfreev(o->hosts);
}

static bool
parse_options(int argc, char **argv, struct options *o, GError **error)
{
	const GOptionEntry entries[] = {
		{ "listen", 'l', 0, G_OPTION_ARG_STRING, &o->listen,
		    "Address and port (" DEFAULT_LISTEN ")", "ADDRESS:PORT" },
		{ "socket", 's', 0, G_OPTION_ARG_FILENAME, &o->socket,
		    "Control socket of virtclusterd (" DEFAULT_SOCKET ")", "PATH" },
		{ "base-path", 'b', 0, G_OPTION_ARG_STRING, &o->base,
		    "Path below which a proxy shows the pages", "/PATH" },
		{ "host", 'H', 0, G_OPTION_ARG_STRING_ARRAY, &o->hosts,
		    "Another name that browsers may call the pages' host; may be repeated",
		    "NAME" },
		{ "config", 'c', 0, G_OPTION_ARG_FILENAME, &o->config,
		    "Take what is not said here from that configuration (" DEFAULT_CONFIG
		    ", if it can be read)", "FILE" },
		{ "debug", 'd', 0, G_OPTION_ARG_NONE, &o->debug, "Log in detail", NULL },
		{ "version", 'V', 0, G_OPTION_ARG_NONE, &o->version,
		    "Print the version and exit", NULL },
		{ NULL },
	};
	g_autoptr(GOptionContext) context = g_option_context_new(NULL);

	g_option_context_set_summary(context,
	    "Shows a cluster of libvirt hosts to browsers: asks virtclusterd, changes nothing.\n"
	    "Stays in the foreground and logs to standard error.");
	g_option_context_set_description(context,
	    "SIGTERM ends it.  Put a proxy with TLS and passwords before it.\n"
	    "See virtcluster-web(8).");
	g_option_context_add_main_entries(context, entries, NULL);
	if (!g_option_context_parse(context, &argc, &argv, error))
		return false;
	if (argc > 1)
		g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
		    "unexpected argument %s", argv[1]);
	return argc <= 1;
}

/* Names of hosts that are separated by blanks, without empty ones. */
static void
add_hosts(GStrvBuilder *names, const char *text)
{
	g_auto(GStrv) words = g_strsplit_set(text, " \t", -1);

	for (char **word = words; *word != NULL; word++)
		if (**word != '\0')
			g_strv_builder_add(names, *word);
}

/* Those of the command line or else the configuration; and where people find the pages. */
static void
set_hosts(struct options *o, const struct settings *settings)
{
	g_autoptr(GStrvBuilder) names = g_strv_builder_new();
	g_autoptr(GUri) url = g_uri_parse(settings->web_url, G_URI_FLAGS_NONE, NULL);

	if (o->hosts != NULL)
		g_strv_builder_addv(names, (const char **)o->hosts);
	else
		add_hosts(names, settings->web_hosts);
	if (url != NULL && g_uri_get_host(url) != NULL)
		g_strv_builder_add(names, g_uri_get_host(url));
	g_strfreev(o->hosts);
	o->hosts = g_strv_builder_end(names);
}

static bool
check_hosts(const struct options *o, GError **error)
{
	for (char **name = o->hosts; name != NULL && *name != NULL; name++) {
		const char *wanted = **name != '\0' && strpbrk(*name, " \t") == NULL
		    ? settings_misfit(KIND_HOSTS, *name) : "a name";
		if (wanted == NULL)
			continue;
		g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
		    "a host is a name or number without a port, not \"%s\"", *name);
		return false;
	}
	return true;
}

/* What the command line left open, by the configuration; one that was named must be good. */
static bool
read_config(struct options *o, GError **error)
{
	const char *path = o->config != NULL ? o->config : DEFAULT_CONFIG;

	if (o->config == NULL && access(path, R_OK) != 0)
		return true;
	SCOPED(settings) settings = settings_load(path, error);
	if (settings == NULL)
		return false;
	if (o->listen == NULL)
		o->listen = g_strdup(settings->web_listen);
	if (o->base == NULL)
		o->base = g_strdup(settings->web_base);
	if (o->socket == NULL)
		o->socket = g_strdup(settings->control_socket);
	set_hosts(o, settings);
	return true;
}

/* "/sub" with slashes only where they belong, of characters that need no encoding. */
static bool
check_base(struct options *o, GError **error)
{
	size_t n = strlen(o->base);

	while (n > 0 && o->base[n - 1] == '/')
		o->base[--n] = '\0';
	bool good = n == 0 || (o->base[0] == '/' && strstr(o->base, "//") == NULL);
	for (const char *p = o->base; *p != '\0'; p++)
		good = good && (g_ascii_isalnum(*p) || strchr("/-_.~", *p) != NULL);
	if (good && strstr(o->base, "..") == NULL)
		return true;
	g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
	    "a base path is like /virtcluster, not \"%s\"", o->base);
	return false;
}

static void
set_default(char **option, const char *value)
{
	if (*option == NULL)
		*option = g_strdup(value);
}

static bool
get_options(int argc, char **argv, struct options *o, GError **error)
{
	if (!parse_options(argc, argv, o, error) || o->version)
		return o->version;
	if (!check_hosts(o, error) || !read_config(o, error))
		return false;
	set_default(&o->listen, DEFAULT_LISTEN);
	set_default(&o->socket, DEFAULT_SOCKET);
	set_default(&o->base, "");
	return check_base(o, error);
}

/* Before there are threads: they inherit it. */
static void
block_signals(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGTERM);
	sigaddset(set, SIGINT);
	pthread_sigmask(SIG_BLOCK, set, NULL);
	signal(SIGPIPE, SIG_IGN);
}

static bool
serve(const struct options *o, GError **error)
{
	SCOPED(ask) ask = ask_new(o->socket);
	SCOPED(graphs) graphs = graphs_new(ask);
	struct web web = { .base = o->base, .ask = ask, .graphs = graphs,
		.hosts = (const char *const *)o->hosts };
	sigset_t set;
	int number;

	block_signals(&set);
	SCOPED(server) server = server_new(&web, o->listen, error);
	if (server == NULL)
		return false;
	log_info("web", "virtcluster-web " PACKAGE_VERSION " listens on %s, port %u, and asks %s",
	    o->listen, server_port(server), o->socket);
	while (sigwait(&set, &number) != 0)
		;
	log_info("web", "%s: stopping", strsignal(number));
	return true;
}

int
main(int argc, char **argv)
{
	struct options options = { NULL };
	g_autoptr(GError) error = NULL;

	setlocale(LC_ALL, "");
	bool good = get_options(argc, argv, &options, &error);
	if (!good) {
		g_printerr("virtcluster-web: %s%s\n", error->message,
		    error->domain == G_OPTION_ERROR ? "; try --help" : "");
		options_clear(&options);
		return error->domain == G_OPTION_ERROR ? 2 : EXIT_FAILURE;
	}
	if (options.version) {
		g_print("virtcluster-web " PACKAGE_VERSION "\n");
	} else {
		log_set_level(options.debug ? LOG_LEVEL_DEBUG : LOG_LEVEL_INFO);
		good = serve(&options, &error);
	}
	if (!good)
		g_printerr("virtcluster-web: %s\n", error->message);
	options_clear(&options);
	return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
