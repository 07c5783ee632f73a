/* The verbs of the control protocol: one request line in, rows out. */
#include "agent/control_verbs.h"

#include <gio/gio.h>
#include <json-glib/json-glib.h>
#include <string.h>
#include <unistd.h>

#include "agent/control_call.h"
#include "agent/json.h"
#include "agent/reply.h"
#include "common/log.h"
#include "model/find.h"
#include "model/lent.h"
#include "model/row_json.h"
#include "model/self.h"

/* --- answers */

bool
call_put(const struct call *call, JsonBuilder *b, GError **error)
{
	return reply_put(call->session->wire, b, error);
}

bool
call_put_end(const struct call *call, GError **error)
{
	return call_put(call, reply_start("end"), error);
}

static struct reading
reading_of(const struct cluster *cluster)
{
	return (struct reading){ .cluster = cluster, .now = g_get_monotonic_time() };
}

/* The line of one row, to be freed. */
char *
call_row_line(const struct cluster *cluster, const struct table *table, const void *row)
{
	struct reading reading = reading_of(cluster);
	JsonBuilder *b = reply_start("row");

	row_json_add(b, table, &reading, row, NULL, NULL);
	return reply_finish(b);
}

bool
call_put_row(const struct call *call, const struct cluster *cluster, const struct table *table,
    const void *row, GError **error)
{
	g_autofree char *line = call_row_line(cluster, table, row);

	return wire_put_line(call->session->wire, line, error);
}

/* --- requests */

bool
call_must_have(const void *value, const char *key, GError **error)
{
	if (value != NULL)
		return true;
	g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "\"%s\" is missing", key);
	return false;
}

/* --- who may do what */

static bool
check_may_act(const struct call *call, GError **error)
{
	const struct control_setup *setup = call->session->setup;
	SCOPED(settings) settings = setup->settings(setup->ctx);
	gid_t group;
	bool known = peer_find_group(settings->control_group, &group);

	if (peer_may_act(call->session->peer, geteuid(), known ? &group : NULL))
		return true;
	if (settings->control_group[0] == '\0')
		g_set_error(error, REQUEST_ERROR, REQUEST_DENIED,
		    "permission denied: only root may do that");
	else
		g_set_error(error, REQUEST_ERROR, REQUEST_DENIED,
		    "permission denied: only root and members of the group %s may do that%s",
		    settings->control_group, known ? "" : ", and there is no such group");
	return false;
}

/* --- verbs that show */

/* All groups of scalars, as one object. */
static bool
answer_status(const struct call *call, GError **error)
{
	struct reading reading = reading_of(call->cluster);
	JsonBuilder *b = reply_start("row");

	for (size_t i = 0; i < tables_n; i++) {
		const struct rows *rows = &call->cluster->rows[tables[i]->rows];
		if (tables[i]->keys == KEYS_NONE && rows->n > 0)
			row_json_add(b, tables[i], &reading, rows->row[0], NULL, NULL);
	}
	return call_put(call, b, error) && call_put_end(call, error);
}

/* What can be shown by name. */
static const struct kind {
	const char *name;
	enum object_kind kind; /* 0: it is a part of one */
	const struct table *table;
} kinds[] = {
	{ "cluster", OBJECT_CLUSTER, &cluster_table },
	{ "node", OBJECT_NODE, &node_table },
	{ "vm", OBJECT_VM, &vm_table },
	{ "vcpu", 0, &vcpu_table },
	{ "disk", 0, &disk_table },
	{ "nic", 0, &nic_table },
	{ "pool", OBJECT_POOL, &pool_table },
	{ "volume", OBJECT_VOLUME, &volume_table },
	{ "app", OBJECT_APP, &app_table },
	{ "job", OBJECT_JOB, &job_table },
	{ "alarm", OBJECT_ALARM, &alarm_table },
	{ "template", OBJECT_TEMPLATE, &template_table },
	{ "backup", OBJECT_BACKUP, &backup_table },
};

static const struct kind *
find_kind(const char *name, GError **error)
{
	g_autoptr(GString) known = g_string_new(NULL);

	for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++) {
		if (strcmp(kinds[i].name, name) == 0)
			return &kinds[i];
		g_string_append_printf(known, "%s%s", i > 0 ? ", " : "", kinds[i].name);
	}
	g_set_error(error, REQUEST_ERROR, REQUEST_BAD_VALUE,
	    "there is no such kind of object: %s (there are %s)", name, known->str);
	return NULL;
}

static bool
is_number(JsonObject *request, const char *key)
{
	JsonNode *node = json_object_get_member(request, key);

	return node != NULL && JSON_NODE_HOLDS_VALUE(node) &&
	    json_node_get_value_type(node) == G_TYPE_INT64;
}

/* By its index, whatever others are called. */
static const void *
find_by_index(const struct call *call, const struct kind *k, GError **error)
{
	int64_t index = 0;

	if (!json_get_int(call->request, "name", 1, UINT32_MAX, &index, error))
		return NULL;
	const void *row =
	    rows_find(&call->cluster->rows[k->table->rows], (uint32_t)index, 0);
	if (row == NULL)
		g_set_error(error, REQUEST_ERROR, REQUEST_NO_OBJECT,
		    "there is no %s with the index %" G_GINT64_FORMAT, k->name, index);
	return row;
}

/* The row that "kind" and "name" of the request mean. */
const void *
call_find_object(const struct call *call, enum object_kind *kind, const struct table **table,
    GError **error)
{
	const char *word = NULL, *name = NULL;

	if (!json_get_text(call->request, "kind", &word, error) ||
	    !call_must_have(word, "kind", error))
		return NULL;
	const struct kind *k = find_kind(word, error);
	if (k == NULL)
		return NULL;
	*kind = k->kind;
	*table = k->table;
	if (k->kind == OBJECT_CLUSTER)
		return call->cluster->rows[ROWS_CLUSTER].row[0]; /* there is one */
	if (is_number(call->request, "name"))
		return find_by_index(call, k, error);
	if (!json_get_text(call->request, "name", &name, error) ||
	    !call_must_have(name, "name", error))
		return NULL;
	return find_row(call->cluster, k->table->rows, name, error);
}

static bool
answer_show(const struct call *call, GError **error)
{
	const struct table *table = NULL;
	enum object_kind kind;
	const void *row = call_find_object(call, &kind, &table, error);

	return row != NULL && call_put_row(call, call->cluster, table, row, error) &&
	    call_put_end(call, error);
}

/* --- somebody tells that something has happened; everybody may: no more is done than looking */

static bool
answer_poke(const struct call *call, GError **error)
{
	const struct control_setup *setup = call->session->setup;
	SCOPED(settings) settings = setup->settings(setup->ctx);
	const char *what = NULL;

	if (!json_get_text(call->request, "what", &what, error) ||
	    !call_must_have(what, "what", error))
		return false;
	if (strcmp(what, "cluster") != 0) {
		g_set_error(error, REQUEST_ERROR, REQUEST_BAD_VALUE,
		    "nobody can be poked but the \"cluster\"");
		return false;
	}
	if (strcmp(settings->backend, "pacemaker") != 0) {
		g_set_error(error, REQUEST_ERROR, REQUEST_IMPOSSIBLE,
		    "there is no cluster manager in the configuration");
		return false;
	}
	setup->look(setup->ctx);
	return call_put_end(call, error);
}

/* --- dispatch */

static const struct verb verbs[] = {
	{ "status", answer_status },
	{ "nodes", answer_rows, &node_table },
	{ "vms", answer_rows, &vm_table },
	{ "vcpus", answer_rows, &vcpu_table },
	{ "disks", answer_rows, &disk_table },
	{ "nics", answer_rows, &nic_table },
	{ "snapshots", answer_rows, &snapshot_table },
	{ "pools", answer_rows, &pool_table },
	{ "pool-nodes", answer_rows, &pool_node_table },
	{ "volumes", answer_rows, &volume_table },
	{ "exports", answer_rows, &export_table },
	{ "apps", answer_rows, &app_table },
	{ "jobs", answer_rows, &job_table },
	{ "events", answer_rows, &event_table },
	{ "alarms", answer_rows, &alarm_table },
	{ "advice", answer_rows, &advice_table },
	{ "sequences", answer_rows, &sequence_table },
	{ "templates", answer_rows, &template_table },
	{ "backups", answer_rows, &backup_table },
	{ "schedules", answer_rows, &schedule_table },
	{ "show", answer_show },
	{ "poke", answer_poke },
	{ "review", answer_review, .acts = true },
	{ "submit", answer_submit, .acts = true },
	{ "follow", answer_follow },
	{ "cancel", answer_cancel, .acts = true },
	{ "graph", answer_graph },
	{ "graphs", answer_graphs },
	{ "series", answer_series },
	{ "sources", answer_sources },
};

static const struct verb *
find_verb(const char *name, GError **error)
{
	for (size_t i = 0; i < G_N_ELEMENTS(verbs); i++)
		if (strcmp(verbs[i].name, name) == 0)
			return &verbs[i];
	g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED, "there is no verb \"%s\"",
	    name);
	return NULL;
}

static bool
run_line(const struct control_session *session, const char *line, const struct verb **verb,
    GError **error)
{
	g_autoptr(JsonObject) request = json_parse_line(line, error);
	struct call call = { .session = session, .request = request };
	const char *name = NULL;

	if (request == NULL || !json_get_text(request, "verb", &name, error) ||
	    !call_must_have(name, "verb", error))
		return false;
	*verb = call.verb = find_verb(name, error);
	if (call.verb == NULL || (call.verb->acts && !check_may_act(&call, error)))
		return false;
	SCOPED(cluster) cluster = request_look(session->setup->door, session->setup->store);
	call.cluster = cluster;
	return call.verb->answer(&call, error);
}

/* Every attempt to act leaves a trace, also that of somebody who may not. */
static void
note_attempt(const struct control_session *session, const char *line, const GError *error)
{
	bool refused = error != NULL && (error->domain == REQUEST_ERROR ||
	    g_error_matches(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA));

	if (!refused) {
		atomic_fetch_add(&self.commands_accepted, 1);
		return;
	}
	g_autofree char *who = peer_name(session->peer);
	g_autofree char *what = g_strescape(line, "\"");
	atomic_fetch_add(&self.commands_refused, 1);
	log_warn("control", "refused to %s: %.200s: %s", who, what, error->message);
}

bool
control_answer(const struct control_session *session, const char *line)
{
	g_autoptr(GError) error = NULL;
	const struct verb *verb = NULL;
	bool done = run_line(session, line, &verb, &error);

	if (verb != NULL && verb->acts)
		note_attempt(session, line, error);
	if (!done) {
		log_debug("control", "refused: %s", error->message);
		if (!reply_put_error(session->wire, error))
			return false;
	}
	return wire_flush(session->wire, NULL);
}

/* A line that could not be read: is there hope that the next one can be? */
static bool
refuse_input(const struct control_session *session, const GError *error)
{
	return reply_put_error(session->wire, error) && wire_flush(session->wire, NULL) &&
	    g_error_matches(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA);
}

static void
serve_lines(const struct control_session *session)
{
	while (!atomic_load(session->stopping)) {
		g_autoptr(GError) error = NULL;
		const char *line = wire_read_line(session->wire, &error);
		if (line == NULL && error == NULL)
			return;
		if (line != NULL ? !control_answer(session, line)
				 : !refuse_input(session, error))
			return;
	}
}

void
control_serve(const struct control_session *asked)
{
	struct control_session session = *asked;
	uint32_t lent = 0;

	session.lent = &lent;
	serve_lines(&session);
	lent_drop(lent);
}
