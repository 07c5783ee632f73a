/* Exports as JSON. */
#include "config.h"

#include "export/listing.h"

#include <inttypes.h>

#include "export/process.h"
#include "export/server.h"

/* Why an export that does not serve does not; free it. */
static char *
reason_of(const struct record *record)
{
	return g_strdup_printf("its server (pid %" PRId64 ") %s", record->pid,
	    process_runs(record) ? "does not serve yet" : "has ended");
}

static JsonObject *
describe(const char *dir, const struct record *record, const struct net_tables *tables)
{
	JsonObject *object = json_object_new();
	g_autofree char *pid_file = record_pid_file(dir, record->volume);
	bool tls = *record->tls != '\0';
	g_autofree char *uri = net_uri(record->address, record->port, record->name, tls);
	bool serves = server_serves(record, pid_file);
	g_autofree char *reason = serves ? g_strdup("") : reason_of(record);

	members_write(record_asked, RECORD_ASKED, record, object);
	json_object_set_boolean_member(object, "tls", tls);
	json_object_set_string_member(object, "uri", uri);
	json_object_set_int_member(object, "since", record->since);
	json_object_set_string_member(object, "state", serves ? "serving" : "ended");
	json_object_set_int_member(object, "clients",
	    serves ? net_clients(tables, record->address, record->port) : 0);
	json_object_set_string_member(object, "reason", reason);
	return object;
}

char *
listing_export(const char *dir, const struct record *record, const struct net_tables *tables)
{
	g_autoptr(JsonObject) object = describe(dir, record, tables);

	return members_line(object);
}

/* One whose start goes on, or came to no end, is not there yet. */
static bool
is_shown(const char *dir, const struct record *record)
{
	g_autofree char *pid_file = record_pid_file(dir, record->volume);

	return record->confirmed || server_serves(record, pid_file);
}

char *
listing_all(const char *dir, GPtrArray *records, const struct net_tables *tables)
{
	g_autoptr(JsonObject) object = json_object_new();
	JsonArray *exports = json_array_new();

	for (guint i = 0; i < records->len; i++)
		if (is_shown(dir, records->pdata[i]))
			json_array_add_object_element(exports,
			    describe(dir, records->pdata[i], tables));
	json_object_set_string_member(object, "version", PACKAGE_VERSION);
	json_object_set_array_member(object, "exports", exports);
	return members_line(object);
}
