/*
 * virtcluster-probe: tells what a host knows of itself, one line of JSON at a time.
 */
#include "config.h"

#include <errno.h>
#include <glib.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "probe/reading.h"

#define DEFAULT_IMAGES	 "/var/lib/libvirt/images"
#define DEFAULT_INTERVAL 10
#define INTERVAL_MOST	 3600

struct options {
	int interval;
	char *images;
	gboolean once, version;
};

static void G_GNUC_NORETURN
misused(const char *why)
{
	g_printerr("virtcluster-probe: %s; try --help\n", why);
	exit(2);
}

static void
parse_options(int argc, char **argv, struct options *options)
{
	const GOptionEntry entries[] = {
		{ "interval", 'i', 0, G_OPTION_ARG_INT, &options->interval,
		    "Seconds between lines (10)", "S" },
		{ "once", '1', 0, G_OPTION_ARG_NONE, &options->once,
		    "Write one line and exit", NULL },
		{ "images", 0, 0, G_OPTION_ARG_FILENAME, &options->images,
		    "Directory of the VMs' images (" DEFAULT_IMAGES ")", "DIR" },
		{ "version", 'V', 0, G_OPTION_ARG_NONE, &options->version,
		    "Print the version and exit", NULL },
		{ NULL },
	};
	g_autoptr(GOptionContext) context = g_option_context_new(NULL);
	g_autoptr(GError) error = NULL;

	g_option_context_set_summary(context,
	    "Writes what this host knows of itself to standard output, as one JSON object\n"
	    "on one line at each interval, for virtclusterd.");
	g_option_context_set_description(context, "See virtcluster-probe(1).");
	g_option_context_add_main_entries(context, entries, NULL);
	if (!g_option_context_parse(context, &argc, &argv, &error))
		misused(error->message);
	if (argc > 1)
		misused("unexpected argument");
	if (options->interval < 1 || options->interval > INTERVAL_MOST)
		misused("--interval: a whole number from 1 to 3600 is wanted");
}

/* False: nobody reads any more, or the line cannot be written; errno says which. */
static bool
write_line(const struct reading_setup *setup)
{
	g_autofree char *line = reading_take(setup);

	return printf("%s\n", line) >= 0 && fflush(stdout) == 0;
}

/* At full intervals, however long a reading takes. */
static bool
write_lines(const struct reading_setup *setup, bool once)
{
	int64_t step = (int64_t)setup->interval * G_USEC_PER_SEC;
	int64_t next = g_get_monotonic_time();

	while (write_line(setup)) {
		if (once)
			return true;
		int64_t now = g_get_monotonic_time();
		next = MAX(next + step, now);
		g_usleep((gulong)(next - now));
	}
	return false;
}

int
main(int argc, char **argv)
{
	struct options options = { .interval = DEFAULT_INTERVAL };
	g_autoptr(GError) error = NULL;

	setlocale(LC_ALL, "");
	setlocale(LC_NUMERIC, "C"); /* libstatgrab reads the load by scanf */
	signal(SIGPIPE, SIG_IGN);
	parse_options(argc, argv, &options);
	g_autofree char *images = options.images;
	if (options.version) {
		g_print("virtcluster-probe " PACKAGE_VERSION "\n");
		return EXIT_SUCCESS;
	}
	if (!reading_init(&error)) {
		g_printerr("virtcluster-probe: %s\n", error->message);
		return EXIT_FAILURE;
	}
	struct reading_setup setup = {
		.interval = options.interval,
		.images = images == NULL ? DEFAULT_IMAGES : images,
	};
	if (write_lines(&setup, options.once) || errno == EPIPE)
		return EXIT_SUCCESS; /* who reads us has gone: so do we */
	g_printerr("virtcluster-probe: cannot write: %s\n", g_strerror(errno));
	return EXIT_FAILURE;
}
