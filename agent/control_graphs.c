/* Verbs of the control protocol about histories: their graphs, and their numbers. */
#include <gio/gio.h>
#include <math.h>
#include <string.h>

#include "agent/control_call.h"
#include "agent/json.h"
#include "agent/reply.h"
#include "model/history.h"

#define DEFAULT_SPAN 3600

/* --- lists */

bool
answer_graphs(const struct call *call, GError **error)
{
	const struct control_graph_name *g = call->session->setup->graphs;

	for (; g != NULL && g->name != NULL; g++) {
		JsonBuilder *b = reply_start("row");
		reply_add_text(b, "kind", g->kind);
		reply_add_text(b, "name", g->name);
		reply_add_text(b, "title", g->title);
		if (!call_put(call, b, error))
			return false;
	}
	return call_put_end(call, error);
}

bool
answer_sources(const struct call *call, GError **error)
{
	const struct control_source_name *s = call->session->setup->sources;

	for (; s != NULL && s->name != NULL; s++) {
		JsonBuilder *b = reply_start("row");
		reply_add_text(b, "kind", s->kind);
		reply_add_text(b, "name", s->name);
		reply_add_text(b, "column", s->column);
		reply_add_text(b, "type", s->rate ? "rate" : "level");
		if (!call_put(call, b, error))
			return false;
	}
	return call_put_end(call, error);
}

/* --- what both need */

/* The object of the request; `name` keeps its identity. */
static const struct row_head *
get_object(const struct call *call, enum object_kind *kind, struct control_object *of,
    char name[HISTORY_NAME], GError **error)
{
	const struct table *table = NULL;
	const struct row_head *row = call_find_object(call, kind, &table, error);

	if (row == NULL || !json_get_text(call->request, "kind", &of->kind, error))
		return NULL;
	if (!history_name(call->cluster, table->rows, row, name)) {
		g_set_error(error, REQUEST_ERROR, REQUEST_BAD_VALUE,
		    "there is no history of a %s", of->kind);
		return NULL;
	}
	of->identity = name;
	of->title = history_title(table->rows, row);
	return row;
}

static bool
get_span(JsonObject *request, int64_t *from, int64_t *to, GError **error)
{
	*to = g_get_real_time() / G_USEC_PER_SEC;
	if (!json_get_int(request, "to", 0, UINT32_MAX, to, error))
		return false;
	*from = *to - DEFAULT_SPAN;
	if (!json_get_int(request, "from", 0, UINT32_MAX, from, error))
		return false;
	if (*from < *to)
		return true;
	g_set_error(error, REQUEST_ERROR, REQUEST_BAD_VALUE,
	    "a graph must begin before it ends");
	return false;
}

static bool
refuse_disabled(const void *function, GError **error)
{
	if (function == NULL)
		g_set_error_literal(error, REQUEST_ERROR, REQUEST_BAD_VALUE,
		    "there are no graphs: [rrd] enabled is off");
	return function == NULL;
}

/* --- pictures */

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
	int64_t width = 0, height = 0;

	if (!get_span(request, &out->from, &out->to, error) ||
	    !json_get_bool(request, "dark", &out->dark, error) ||
	    !json_get_bool(request, "spark", &out->spark, error) ||
	    !json_get_int(request, "width", out->spark ? 20 : 100, 4000, &width, error) ||
	    !json_get_int(request, "height", out->spark ? 10 : 60, 4000, &height, error) ||
	    !json_get_bool(request, "percentile", &out->percentile, error) ||
	    !json_get_text(request, "graph", &out->name, error) ||
	    !get_format(request, &out->png, error))
		return false;
	out->width = (int)width;
	out->height = (int)height;
	return true;
}

static void
add_marks(JsonBuilder *b, const struct control_graph *graph)
{
	json_builder_set_member_name(b, "marks");
	json_builder_begin_array(b);
	for (size_t i = 0; i < graph->marks_n; i++) {
		const struct mark *mark = &graph->marks[i];
		json_builder_begin_object(b);
		reply_add_int(b, "time", mark->at);
		reply_add_text(b, "what", mark_names[mark->type]);
		if (mark->reason != NULL && *mark->reason != '\0')
			reply_add_text(b, "reason", mark->reason);
		json_builder_end_object(b);
	}
	json_builder_end_array(b);
}

static bool
put_picture(const struct call *call, const struct control_graph *graph,
    const struct control_picture *picture, GError **error)
{
	struct wire *wire = call->session->wire;
	JsonBuilder *b = reply_start("graph");
	gsize size;
	const void *data = g_bytes_get_data(picture->bytes, &size);

	reply_add_text(b, "format", graph->png ? "png" : "svg");
	reply_add_int(b, "bytes", (int64_t)size);
	reply_add_int(b, "width", picture->width);
	reply_add_int(b, "height", picture->height);
	reply_add_int(b, "plot-left", picture->left);
	reply_add_int(b, "plot-top", picture->top);
	reply_add_int(b, "plot-width", picture->plot_width);
	reply_add_int(b, "plot-height", picture->plot_height);
	add_marks(b, graph);
	return call_put(call, b, error) && wire_put_bytes(wire, data, size, error) &&
	    call_put_end(call, error);
}

/* The catalogue's line of that name, or the first of its kind; NULL: the drawer refuses. */
static const struct control_graph_name *
find_graph(const struct control_setup *setup, const struct control_graph *graph,
    GError **error)
{
	const struct control_graph_name *g = setup->graphs, *any = NULL;

	for (; g != NULL && g->name != NULL; g++) {
		if (strcmp(g->kind, graph->of.kind) != 0)
			continue;
		if (graph->name == NULL || strcmp(g->name, graph->name) == 0)
			return g;
		any = g;
	}
	if (any == NULL)
		g_set_error_literal(error, REQUEST_ERROR, REQUEST_BAD_VALUE,
		    "there are no graphs of that kind of object");
	return any;
}

/* Whose events are marked: those of the VM that something belongs to. */
static enum object_kind
marked_kind(enum object_kind own)
{
	return own != 0 ? own : OBJECT_VM;
}

static bool
put_graph(const struct call *call, enum object_kind kind, const struct row_head *row,
    struct control_graph *graph, GError **error)
{
	const struct control_setup *setup = call->session->setup;
	const struct control_graph_name *found = find_graph(setup, graph, error);
	struct mark marks[MARKS_MOST];
	struct member members[MEMBERS_MOST];

	if (found == NULL)
		return false;
	graph->marks = marks;
	graph->marks_n = marks_find(call->cluster, marked_kind(kind),
	    row->index, graph->from, graph->to, marks);
	graph->members = members;
	if (found->rank != MEMBERS_NONE)
		graph->members_n = members_choose(call->cluster,
		    kind == OBJECT_NODE ? row->index : 0, found->rank, members);
	struct control_picture picture = { NULL };
	bool done = setup->draw(setup->ctx, graph, &picture, error) &&
	    put_picture(call, graph, &picture, error);
	g_clear_pointer(&picture.bytes, g_bytes_unref);
	return done;
}

bool
answer_graph(const struct call *call, GError **error)
{
	struct control_graph graph = { 0 };
	enum object_kind kind;
	char name[HISTORY_NAME];
	const struct row_head *row = get_object(call, &kind, &graph.of, name, error);

	return row != NULL && get_graph(call->request, &graph, error) &&
	       !refuse_disabled((const void *)call->session->setup->draw, error) &&
	       put_graph(call, kind, row, &graph, error);
}

/* --- numbers */

static bool
put_points(const struct call *call, const struct control_points *points, GError **error)
{
	for (size_t i = 0; i < points->n; i++) {
		JsonBuilder *b = reply_start("row");
		reply_add_int(b, "time", points->start + (int64_t)((i + 1) * points->step));
		json_builder_set_member_name(b, "value");
		if (isnan(points->value[i]))
			json_builder_add_null_value(b);
		else
			json_builder_add_double_value(b, points->value[i]);
		if (!call_put(call, b, error))
			return false;
	}
	JsonBuilder *end = reply_start("end");
	reply_add_int(end, "step", points->step);
	return call_put(call, end, error);
}

bool
answer_series(const struct call *call, GError **error)
{
	const struct control_setup *setup = call->session->setup;
	struct control_series series = { 0 };
	struct control_points points = { 0 };
	enum object_kind kind;
	char name[HISTORY_NAME];

	if (get_object(call, &kind, &series.of, name, error) == NULL ||
	    !get_span(call->request, &series.from, &series.to, error) ||
	    !json_get_text(call->request, "source", &series.source, error) ||
	    !call_must_have(series.source, "source", error) ||
	    !json_get_int(call->request, "resolution", 1, 86400 * 366, &series.step, error) ||
	    !json_get_bool(call->request, "max", &series.max, error) ||
	    refuse_disabled((const void *)setup->series, error) ||
	    !setup->series(setup->ctx, &series, &points, error))
		return false;
	bool put = put_points(call, &points, error);
	g_free(points.value);
	return put;
}
