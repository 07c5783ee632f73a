/*
 * virtcluster-export: makes volumes of this host reachable for others as network disks.
 */
#include "config.h"

#include <gio/gio.h>
#include <glib.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "export/net.h"
#include "export/request.h"
#include "export/say.h"
#include "export/verbs.h"
#include "export/watch.h"

#define DEFAULT_STATE LOCALSTATEDIR "/lib/virtcluster-export"
#define DEFAULT_PORTS "10900-10999"

struct options {
	struct setup setup;
	char *address, *ports, *tls, *state, *verb;
	char **below;
	gboolean ssh, version;
};

static const struct verb {
	const char *name;
	bool (*run)(const struct setup *, GError **);
	bool needs_address;
} verbs[] = {
	{ "start", verb_start, true },
	{ "stop", verb_stop },
	{ "list", verb_list },
	{ "watch", watch_run },
	{ "restore", verb_restore },
};

static void G_GNUC_NORETURN
misused(const char *why)
{
	g_printerr("virtcluster-export: %s; try --help\n", why);
	exit(2);
}

static void
parse_ports(const char *text, struct setup *setup)
{
	char rest;

	if (sscanf(text, "%5d-%5d%c", &setup->first, &setup->last, &rest) != 2 ||
	    setup->first < 1 || setup->last > 65535 || setup->first > setup->last)
		misused("--ports: FIRST-LAST is wanted, from 1 to 65535");
}

static char *
absolute(const char *path)
{
	return *path == '\0' ? g_strdup("") : g_canonicalize_filename(path, NULL);
}

/* The rest of a forced command is of no weight, and neither are other arguments of it. */
static char *
choose_verb(struct options *options, int argc, char **argv)
{
	if (!options->ssh) {
		if (argc != 2)
			misused("one of start, stop, list, watch and restore is wanted");
		return g_strdup(argv[1]);
	}
	if (argc > 1)
		misused("--ssh: no verb is wanted on the command line");
	char *word = request_ssh_word(g_getenv("SSH_ORIGINAL_COMMAND"));
	if (word == NULL)
		misused("--ssh: no command has come by ssh");
	return word;
}

static void
check_options(struct options *options)
{
	struct setup *setup = &options->setup;
	g_autoptr(GError) error = NULL;
	char *tls = absolute(options->tls == NULL ? "" : options->tls);
	char *state = absolute(options->state == NULL ? DEFAULT_STATE : options->state);

	g_free(options->tls);
	g_free(options->state);
	setup->tls = options->tls = tls;
	setup->state = options->state = state;
	setup->address = options->address;
	setup->below = options->below;
	parse_ports(options->ports == NULL ? DEFAULT_PORTS : options->ports, setup);
	if (*state == '\0')
		misused("--state: a directory is wanted");
	if (!g_utf8_validate(tls, -1, NULL))
		misused("--tls: not UTF-8");
	if (setup->interval < 1 || setup->interval > 3600)
		misused("--interval: a whole number from 1 to 3600 is wanted");
	if (setup->address != NULL && !net_check_address(setup->address, &error))
		misused(error->message);
}

static void
parse_options(int argc, char **argv, struct options *options)
{
	const GOptionEntry entries[] = {
		{ "address", 'a', 0, G_OPTION_ARG_STRING, &options->address,
		    "Where other hosts reach this one; start needs it", "ADDR" },
		{ "ports", 'p', 0, G_OPTION_ARG_STRING, &options->ports,
		    "Ports of servers (" DEFAULT_PORTS ")", "FIRST-LAST" },
		{ "tls", 't', 0, G_OPTION_ARG_FILENAME, &options->tls,
		    "Serve by TLS alone, with the certificates of DIR", "DIR" },
		{ "below", 'b', 0, G_OPTION_ARG_FILENAME_ARRAY, &options->below,
		    "Only what lies below DIR; can be repeated (default: anything)", "DIR" },
		{ "state", 's', 0, G_OPTION_ARG_FILENAME, &options->state,
		    "Where it keeps its records (" DEFAULT_STATE ")", "DIR" },
		{ "interval", 'i', 0, G_OPTION_ARG_INT, &options->setup.interval,
		    "Most seconds between lines of watch (10)", "S" },
		{ "ssh", 0, 0, G_OPTION_ARG_NONE, &options->ssh,
		    "The verb is the last word of $SSH_ORIGINAL_COMMAND", NULL },
		{ "version", 'V', 0, G_OPTION_ARG_NONE, &options->version,
		    "Print the version and exit", NULL },
		{ NULL },
	};
	g_autoptr(GOptionContext) context =
	    g_option_context_new("start|stop|list|watch|restore");
	g_autoptr(GError) error = NULL;

	g_option_context_set_summary(context,
	    "Makes volumes of this host reachable for others as network disks, by qemu-nbd.\n"
	    "start and stop read one JSON object on one line from standard input.");
	g_option_context_set_description(context, "See virtcluster-export(8).");
	g_option_context_add_main_entries(context, entries, NULL);
	if (!g_option_context_parse(context, &argc, &argv, &error))
		misused(error->message);
	if (options->version)
		return;
	check_options(options);
	options->verb = choose_verb(options, argc, argv);
}

static const struct verb *
find_verb(const struct options *options)
{
	for (size_t i = 0; i < G_N_ELEMENTS(verbs); i++) {
		if (strcmp(verbs[i].name, options->verb) != 0)
			continue;
		if (verbs[i].needs_address && options->address == NULL)
			misused("--address is wanted");
		return &verbs[i];
	}
	misused("one of start, stop, list, watch and restore is wanted");
}

static void
clear_options(struct options *options)
{
	g_free(options->address);
	g_free(options->ports);
	g_free(options->tls);
	g_free(options->state);
	g_strfreev(options->below);
	g_free(options->verb);
}

int
main(int argc, char **argv)
{
	struct options options = { .setup.interval = 10 };
	g_autoptr(GError) error = NULL;
	bool good = true;

	setlocale(LC_ALL, "");
	signal(SIGPIPE, SIG_IGN);
	parse_options(argc, argv, &options);
	if (options.version)
		g_print("virtcluster-export " PACKAGE_VERSION "\n");
	else
		good = find_verb(&options)->run(&options.setup, &error);
	clear_options(&options);
	if (error != NULL)
		say_complain(error->message);
	return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
