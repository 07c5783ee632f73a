/*
 * The daemon by SNMP, from anywhere: the requests of the control protocol, answered by
 * walks, vclCommand and rows of the job table.
 */
#include <string.h>

#include "cli/display.h"
#include "cli/snmp/client.h"
#include "cli/snmp/find.h"
#include "cli/snmp/jobs.h"
#include "cli/snmp/rows.h"
#include "client/client_way.h"

struct by_snmp {
	struct manager *session;
	GQueue answers;  /* JsonObject: rows that are still to be read */
	JsonObject *end; /* what comes after them, NULL: nothing yet */
	GError *failure; /* or this */
	struct snmp_follow *follow; /* a job that is followed, NULL: none */
	bool known; /* there is a virtclusterd behind the agent */
};

/* --- answers */

static void
put_row(struct by_snmp *c, JsonObject *row)
{
	g_queue_push_tail(&c->answers, row);
}

static bool
end(struct by_snmp *c)
{
	c->end = json_object_new();
	return true;
}

/* --- what is listed */

/* The daemon's own check of "where": any of the words, as JSON has the value. */
static bool
has_word(JsonNode *value, JsonArray *words)
{
	g_autofree char *text = NULL;

	if (value == NULL || !JSON_NODE_HOLDS_VALUE(value))
		return false;
	if (json_node_get_value_type(value) == G_TYPE_STRING)
		text = g_strdup(json_node_get_string(value));
	else if (json_node_get_value_type(value) == G_TYPE_BOOLEAN)
		text = g_strdup(json_node_get_boolean(value) ? "true" : "false");
	else
		text = g_strdup_printf("%" G_GINT64_FORMAT, json_node_get_int(value));
	for (guint i = 0; i < json_array_get_length(words); i++)
		if (strcmp(json_array_get_string_element(words, i), text) == 0)
			return true;
	return false;
}

static bool
is_meant(JsonObject *row, JsonObject *where)
{
	g_autoptr(GList) columns = json_object_get_members(where);

	for (GList *c = columns; c != NULL; c = c->next)
		if (!has_word(json_object_get_member(row, c->data),
			json_object_get_array_member(where, c->data)))
			return false;
	return true;
}

static JsonObject *
where_of(JsonObject *request)
{
	return json_object_has_member(request, "where")
	    ? json_object_get_object_member(request, "where") : NULL;
}

/* Drops what was only read to sift by. */
static void
trim(JsonObject *row, JsonArray *wanted)
{
	g_autoptr(GList) members = json_object_get_members(row);

	for (GList *m = members; m != NULL; m = m->next) {
		bool keep = false;
		for (guint i = 0; i < json_array_get_length(wanted) && !keep; i++)
			keep = strcmp(json_array_get_string_element(wanted, i), m->data) == 0;
		if (!keep)
			json_object_remove_member(row, m->data);
	}
}

/* NULL-terminated: those that are wanted, and those to sift by. */
static GPtrArray *
columns_to_read(const struct table *table, JsonObject *request, GError **error)
{
	g_autoptr(GPtrArray) columns = g_ptr_array_new();
	JsonArray *wanted = json_object_get_array_member(request, "columns");
	JsonObject *where = where_of(request);

	for (guint i = 0; i < json_array_get_length(wanted); i++)
		g_ptr_array_add(columns, (gpointer)json_array_get_string_element(wanted, i));
	g_autoptr(GList) sifted = where == NULL ? NULL : json_object_get_members(where);
	for (GList *c = sifted; c != NULL; c = c->next)
		g_ptr_array_add(columns, c->data);
	if (!snmp_owner_columns(table, request, columns, error))
		return NULL;
	g_ptr_array_add(columns, NULL);
	return g_steal_pointer(&columns);
}

static bool
list(struct by_snmp *c, const struct table *table, JsonObject *request, GError **error)
{
	bool all = !json_object_has_member(request, "columns");
	g_autoptr(GPtrArray) columns = all ? NULL : columns_to_read(table, request, error);

	if (!all && columns == NULL)
		return false;
	g_autoptr(GPtrArray) rows = snmp_rows(c->session, table,
	    all ? NULL : (const char *const *)columns->pdata, error);
	if (rows == NULL || !snmp_owner_filter(c->session, table, request, rows, error))
		return false;
	JsonObject *where = where_of(request);
	for (guint i = 0; i < rows->len; i++) {
		JsonObject *row = rows->pdata[i];
		if (where != NULL && !is_meant(row, where))
			continue;
		if (!all)
			trim(row, json_object_get_array_member(request, "columns"));
		put_row(c, json_object_ref(row));
	}
	return end(c);
}

static const struct table *
table_of(const char *name)
{
	for (size_t i = 0; i < tables_n; i++)
		if (tables[i]->keys != KEYS_NONE && strcmp(tables[i]->name, name) == 0)
			return tables[i];
	return NULL;
}

/* --- the other verbs */

static bool
show(struct by_snmp *c, JsonObject *request, GError **error)
{
	const char *name = json_object_get_string_member(request, "name");
	const struct listing *l =
	    listing_of_kind(json_object_get_string_member(request, "kind"));
	const struct table *table = l == NULL ? NULL : table_of(l->table);
	struct row_head head;

	g_assert(table != NULL); /* the verb has checked its operand */
	if (!snmp_find(c->session, table->rows, name, &head, error))
		return false;
	JsonObject *row = snmp_row(c->session, table, &head, error);
	if (row == NULL) {
		if (error != NULL && *error == NULL)
			g_set_error(error, CLIENT_ERROR, CLIENT_ERROR_REFUSED,
			    "%s has just gone", name);
		return false;
	}
	put_row(c, row);
	return end(c);
}

static bool
status(struct by_snmp *c, JsonObject *request, GError **error)
{
	JsonObject *row = snmp_scalars(c->session, error);

	if (row == NULL)
		return false;
	put_row(c, row);
	return end(c);
}

static bool
submit(struct by_snmp *c, JsonObject *request, GError **error)
{
	uint32_t job = 0;

	if (!snmp_submit(c->session, json_object_get_array_member(request, "words"), &job, error))
		return false;
	g_autoptr(JsonObject) row = job == 0 ? NULL : snmp_job(c->session, job, NULL);
	if (row != NULL)
		put_row(c, json_object_ref(row));
	end(c);
	json_object_set_int_member(c->end, "job", job);
	return true;
}

static bool
follow(struct by_snmp *c, JsonObject *request, GError **error)
{
	c->follow = snmp_follow_new(c->session,
	    (uint32_t)json_object_get_int_member(request, "job"));
	return true;
}

static bool
cancel(struct by_snmp *c, JsonObject *request, GError **error)
{
	return snmp_cancel(c->session, (uint32_t)json_object_get_int_member(request, "job"),
	    error) && end(c);
}

static bool
no_pictures(struct by_snmp *c, JsonObject *request, GError **error)
{
	g_set_error_literal(error, CLIENT_ERROR, CLIENT_ERROR_REFUSED,
	    "graphs do not come by SNMP: ask on the host of the daemon, without --agent");
	return false;
}

static bool
no_poke(struct by_snmp *c, JsonObject *request, GError **error)
{
	g_set_error_literal(error, CLIENT_ERROR, CLIENT_ERROR_REFUSED,
	    "the agent cannot be poked by SNMP: do it on the host of the daemon, without --agent");
	return false;
}

static const struct {
	const char *name;
	bool (*answer)(struct by_snmp *, JsonObject *request, GError **);
} verbs[] = {
	{ "status", status }, { "show", show }, { "submit", submit }, { "follow", follow },
	{ "cancel", cancel }, { "graph", no_pictures }, { "graphs", no_pictures },
	{ "series", no_pictures }, { "sources", no_pictures }, { "poke", no_poke },
};

/* Or every listing would be empty. */
static bool
check_mib(struct by_snmp *c, GError **error)
{
	if (c->known)
		return true;
	if (!snmp_has_row(c->session, &cluster_table, NULL, &c->known, error))
		return false;
	if (!c->known)
		g_set_error(error, CLIENT_ERROR, CLIENT_ERROR_CONNECTION,
		    "the SNMP agent at %s shows no VIRTCLUSTER-MIB: virtclusterd is not connected "
		    "to it, or its VACM (snmpd.conf) hides it from this user",
		    manager_address(c->session));
	return c->known;
}

static bool
answer(struct by_snmp *c, JsonObject *request, GError **error)
{
	if (!check_mib(c, error))
		return false;
	const char *verb = json_object_get_string_member(request, "verb");

	for (size_t i = 0; i < G_N_ELEMENTS(verbs); i++)
		if (strcmp(verbs[i].name, verb) == 0)
			return verbs[i].answer(c, request, error);
	const struct listing *l = listing_of_verb(verb);
	g_assert(l != NULL && table_of(l->table) != NULL);
	return list(c, table_of(l->table), request, error);
}

/* --- the way */

static void
forget(struct by_snmp *c)
{
	g_queue_clear_full(&c->answers, (GDestroyNotify)json_object_unref);
	g_clear_pointer(&c->end, json_object_unref);
	g_clear_pointer(&c->follow, snmp_follow_free);
	g_clear_error(&c->failure);
}

static void
send_request(void *ctx, JsonNode *request)
{
	struct by_snmp *c = ctx;

	forget(c);
	answer(c, json_node_get_object(request), &c->failure);
}

static bool
no_hands(void *ctx, int fd, GError **error)
{
	g_set_error_literal(error, CLIENT_ERROR, CLIENT_ERROR_REFUSED,
	    "a file cannot be handed over by SNMP: do it on the host of virtclusterd, by its "
	    "control socket");
	return false;
}

static JsonObject *
next_answer(void *ctx, const char **kind, int timeout_ms, GError **error)
{
	struct by_snmp *c = ctx;
	JsonObject *row = g_queue_pop_head(&c->answers);
	bool over = false;

	if (row == NULL && c->follow != NULL && c->failure == NULL && c->end == NULL) {
		row = snmp_follow_next(c->follow, timeout_ms, &over, error);
		if (over)
			end(c);
		if (row == NULL && !over)
			return NULL;
	}
	*kind = row != NULL ? "row" : "end";
	if (row != NULL)
		return row;
	if (c->failure != NULL) {
		g_propagate_error(error, g_steal_pointer(&c->failure));
		return NULL;
	}
	return g_steal_pointer(&c->end);
}

static GBytes *
no_bytes(void *ctx, gsize n, GError **error)
{
	no_pictures(ctx, NULL, error);
	return NULL;
}

static int
no_fd(void *ctx)
{
	return -1;
}

static void
close_session(void *ctx)
{
	struct by_snmp *c = ctx;

	forget(c);
	manager_close(c->session);
	g_free(c);
}

static const struct client_way by_snmp = {
	send_request, no_hands, next_answer, no_bytes, no_fd, close_session
};

struct client *
client_open_agent(const char *address, GError **error)
{
	struct manager *session = manager_open(address, error);

	if (session == NULL)
		return NULL;
	struct by_snmp *c = g_new0(struct by_snmp, 1);
	c->session = session;
	g_queue_init(&c->answers);
	return client_new(&by_snmp, c);
}
