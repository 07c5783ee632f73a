/* virtcluster graph: has the daemon draw, and keeps the picture. */
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/period.h"
#include "client/format.h"
#include "cli/span.h"

#define MOST_BYTES    (64 << 20)
#define ANSWER_MS     120000

/* What the user wants, checked before the daemon is asked. */
struct wish {
	const char *format;
	struct period period;
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

static bool
get_wish(const struct cli *cli, struct wish *wish, GError **error)
{
	if (cli->argc < 2 && strcmp(cli->argv[0], "cluster") != 0)
		return usage(error, "graph: of which one? say KIND NAME");
	if (cli->options.size != NULL &&
	    !size_parse(cli->options.size, &wish->width, &wish->height, error))
		return false;
	return get_format(cli->options.output, &wish->format, error) &&
	    period_get(&cli->options, "graph", &wish->period, error);
}

static void
ask(const struct cli *cli, struct client *client, const struct wish *wish)
{
	JsonBuilder *b = client_request("graph");

	int next = 1;

	client_add_text(b, "kind", cli->argv[0]);
	if (strcmp(cli->argv[0], "cluster") != 0) /* there is one, it needs no name */
		client_add_text(b, "name", cli->argv[next++]);
	if (cli->argc > next)
		client_add_text(b, "graph", cli->argv[next]);
	client_add_text(b, "format", wish->format);
	client_add_int(b, "from", wish->period.from);
	client_add_int(b, "to", wish->period.to);
	if (wish->width > 0) {
		client_add_int(b, "width", wish->width);
		client_add_int(b, "height", wish->height);
	}
	client_add_bool(b, "dark", cli->options.dark);
	client_add_bool(b, "percentile", cli->options.percentile);
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
