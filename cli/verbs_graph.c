/* virtcluster graph: has the daemon draw, and keeps the picture. */
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/format.h"
#include "cli/span.h"

#define DEFAULT_SPAN  3600
#define MOST_BYTES    (64 << 20)
#define ANSWER_MS     120000

/* What the user wants, checked before the daemon is asked. */
struct wish {
	const char *format;
	int64_t from, to;
	int width, height; /* 0: as the daemon likes */
};

static bool
usage(GError **error, const char *why)
{
	g_set_error_literal(error, CLI_ERROR, CLI_ERROR_USAGE, why);
	return false;
}

static bool
get_format(const char *file, const char **format, GError **error)
{
	if (file == NULL)
		return usage(error, "graph: where to? say -o FILE.svg or -o FILE.png");
	*format = "svg";
	if (strcmp(file, "-") == 0 || g_str_has_suffix(file, ".svg"))
		return true;
	*format = "png";
	return g_str_has_suffix(file, ".png") ||
	    usage(error, "graph: the file's name must end in .svg or .png");
}

/* Any two of --from, --to and --span; the end is now, the span an hour by default. */
static bool
get_period(const struct options *o, struct wish *wish, GError **error)
{
	int64_t now = g_get_real_time() / G_USEC_PER_SEC, span = DEFAULT_SPAN;

	if (o->from != NULL && o->to != NULL && o->span != NULL)
		return usage(error, "graph: --from, --to and --span are one too many");
	if ((o->span != NULL && !span_parse(o->span, &span, error)) ||
	    (o->from != NULL && !time_parse(o->from, now, &wish->from, error)) ||
	    (o->to != NULL && !time_parse(o->to, now, &wish->to, error)))
		return false;
	if (o->to == NULL)
		wish->to = o->from != NULL && o->span != NULL ? wish->from + span : now;
	if (o->from == NULL)
		wish->from = wish->to - span;
	return wish->from < wish->to || usage(error, "graph: it ends before it begins");
}

static bool
get_wish(const struct cli *cli, struct wish *wish, GError **error)
{
	if (cli->options.size != NULL &&
	    !size_parse(cli->options.size, &wish->width, &wish->height, error))
		return false;
	return get_format(cli->options.output, &wish->format, error) &&
	    get_period(&cli->options, wish, error);
}

static void
ask(const struct cli *cli, struct client *client, const struct wish *wish)
{
	JsonBuilder *b = client_request("graph");

	client_add_text(b, "kind", cli->argv[0]);
	client_add_text(b, "name", cli->argv[1]);
	if (cli->argc > 2)
		client_add_text(b, "graph", cli->argv[2]);
	client_add_text(b, "format", wish->format);
	client_add_int(b, "from", wish->from);
	client_add_int(b, "to", wish->to);
	if (wish->width > 0) {
		client_add_int(b, "width", wish->width);
		client_add_int(b, "height", wish->height);
	}
	client_add_bool(b, "dark", cli->options.dark);
	client_send(client, b);
}

static GBytes *
receive(struct client *client, GError **error)
{
	const char *kind = NULL;
	g_autoptr(JsonObject) head = client_next(client, &kind, ANSWER_MS, error);

	if (head == NULL)
		return NULL;
	int64_t bytes = row_int(head, "bytes");
	if (strcmp(kind, "graph") != 0 || bytes <= 0 || bytes > MOST_BYTES) {
		g_set_error_literal(error, CLIENT_ERROR, CLIENT_ERROR_CONNECTION,
		    "virtclusterd sent no picture");
		return NULL;
	}
	return client_bytes(client, (gsize)bytes, error);
}

static bool
keep(const struct cli *cli, const struct wish *wish, GBytes *picture, GError **error)
{
	const char *file = cli->options.output;
	gsize size;
	const char *data = g_bytes_get_data(picture, &size);

	if (strcmp(file, "-") == 0) {
		fwrite(data, 1, size, cli->out.file);
		return true;
	}
	if (!g_file_set_contents(file, data, (gssize)size, error))
		return false;
	if (cli->options.json) {
		g_autoptr(JsonObject) o = json_object_new();
		json_object_set_string_member(o, "file", file);
		json_object_set_string_member(o, "format", wish->format);
		json_object_set_int_member(o, "bytes", (gint64)size);
		cli_print_object(cli, o);
	} else {
		fprintf(cli->out.file, "wrote %s\n", file);
	}
	return true;
}

bool
verb_graph(struct cli *cli, GError **error)
{
	struct wish wish = { 0 };

	if (!get_wish(cli, &wish, error))
		return false;
	struct client *client = cli_client(cli, error);
	if (client == NULL)
		return false;
	ask(cli, client, &wish);
	g_autoptr(GBytes) picture = receive(client, error);
	return picture != NULL && keep(cli, &wish, picture, error);
}
