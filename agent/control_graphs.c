/* Verbs of the control protocol that list and draw graphs. */
#include <gio/gio.h>
#include <string.h>

#include "agent/control_call.h"
#include "agent/json.h"
#include "agent/reply.h"

#define DEFAULT_SPAN 3600

bool
answer_graphs(const struct call *call, GError **error)
{
	const struct control_graph_name *g = call->session->setup->graphs;

	for (; g != NULL && g->name != NULL; g++) {
		JsonBuilder *b = reply_start("row");
		reply_add_text(b, "kind", enum_to_name(object_kind_names, (int32_t)g->kind));
		reply_add_text(b, "name", g->name);
		reply_add_text(b, "title", g->title);
		if (!call_put(call, b, error))
			return false;
	}
	return call_put_end(call, error);
}

static bool
get_format(JsonObject *request, bool *png, GError **error)
{
	const char *format = "svg";

	if (!json_get_text(request, "format", &format, error))
		return false;
	*png = strcmp(format, "png") == 0;
	if (*png || strcmp(format, "svg") == 0)
		return true;
	g_set_error(error, REQUEST_ERROR, REQUEST_BAD_VALUE,
	    "a graph's format is svg or png, not %s", format);
	return false;
}

/* The parameters of a picture, apart from what it is of. */
static bool
get_graph(JsonObject *request, struct control_graph *out, GError **error)
{
	int64_t now = g_get_real_time() / G_USEC_PER_SEC;
	int64_t width = 0, height = 0;

	out->to = now;
	if (!json_get_int(request, "to", 0, UINT32_MAX, &out->to, error))
		return false;
	out->from = out->to - DEFAULT_SPAN;
	if (!json_get_int(request, "from", 0, UINT32_MAX, &out->from, error) ||
	    !json_get_int(request, "width", 100, 4000, &width, error) ||
	    !json_get_int(request, "height", 60, 4000, &height, error) ||
	    !json_get_bool(request, "dark", &out->dark, error) ||
	    !json_get_text(request, "graph", &out->name, error) ||
	    !get_format(request, &out->png, error))
		return false;
	out->width = (int)width;
	out->height = (int)height;
	if (out->from < out->to)
		return true;
	g_set_error(error, REQUEST_ERROR, REQUEST_BAD_VALUE,
	    "a graph must begin before it ends");
	return false;
}

static bool
put_picture(const struct call *call, bool png, GBytes *picture, GError **error)
{
	struct wire *wire = call->session->wire;
	JsonBuilder *b = reply_start("graph");
	gsize size;
	const void *data = g_bytes_get_data(picture, &size);

	reply_add_text(b, "format", png ? "png" : "svg");
	reply_add_int(b, "bytes", (int64_t)size);
	return call_put(call, b, error) && wire_put_bytes(wire, data, size, error) &&
	    call_put_end(call, error);
}

static bool
check_graphs(const struct control_setup *setup, enum object_kind kind, GError **error)
{
	const struct control_graph_name *g = setup->graphs;

	if (setup->draw == NULL) {
		g_set_error_literal(error, REQUEST_ERROR, REQUEST_BAD_VALUE,
		    "there are no graphs: [rrd] enabled is off");
		return false;
	}
	for (; g != NULL && g->name != NULL; g++)
		if (g->kind == kind)
			return true;
	g_set_error_literal(error, REQUEST_ERROR, REQUEST_BAD_VALUE,
	    "there are no graphs of that kind of object");
	return false;
}

bool
answer_graph(const struct call *call, GError **error)
{
	const struct control_setup *setup = call->session->setup;
	const struct table *table = NULL;
	struct control_graph graph = { 0 };
	const struct row_head *row = call_find_object(call, &graph.kind, &table, error);

	if (row == NULL || !get_graph(call->request, &graph, error))
		return false;
	if (!check_graphs(setup, graph.kind, error))
		return false;
	graph.object = row->index;
	g_autoptr(GBytes) picture = setup->draw(setup->ctx, call->cluster, &graph, error);
	return picture != NULL && put_picture(call, graph.png, picture, error);
}
