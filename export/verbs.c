/* Verbs. */
#include "export/verbs.h"

#include <gio/gio.h>
#include <string.h>
#include <unistd.h>

#include "export/launch.h"
#include "export/listing.h"
#include "export/net.h"
#include "export/process.h"
#include "export/record.h"
#include "export/request.h"
#include "export/say.h"
#include "export/server.h"

static bool
answer_export(const struct setup *setup, const struct record *record, GError **error)
{
	struct net_tables tables;

	net_tables_read(&tables);
	g_autofree char *line = listing_export(setup->state, record, &tables);
	net_tables_clear(&tables);
	return say_answer(line, error);
}

/* --- start */

static bool
check_same(const struct record *found, const struct record *wanted, GError **error)
{
	if (strcmp(found->path, wanted->path) != 0)
		return say_refuse(error, G_IO_ERROR_EXISTS,
		    "\"%s\" is exported from %s, not from %s", found->volume, found->path,
		    wanted->path);
	if (found->read_only != wanted->read_only)
		return say_refuse(error, G_IO_ERROR_EXISTS, "\"%s\" is exported %s",
		    found->volume, found->read_only ? "read-only, not for writing"
						    : "for writing, not read-only");
	if (strcmp(found->format, wanted->format) != 0)
		return say_refuse(error, G_IO_ERROR_EXISTS,
		    "\"%s\" is exported as %s, not as %s", found->volume, found->format,
		    wanted->format);
	if (strcmp(found->name, wanted->name) != 0)
		return say_refuse(error, G_IO_ERROR_EXISTS,
		    "\"%s\" is exported under the name \"%s\"", found->volume, found->name);
	return true;
}

static bool
check_tls(const struct setup *setup, const struct record *found, GError **error)
{
	if ((*setup->tls == '\0') == (*found->tls == '\0'))
		return true;
	return say_refuse(error, G_IO_ERROR_EXISTS, "\"%s\" is served %s TLS", found->volume,
	    *found->tls == '\0' ? "without" : "with");
}

/* Locks; close the descriptor. */
static int
enter(const struct setup *setup, GError **error)
{
	return record_open_directory(setup->state, error) ? record_lock(setup->state, error) : -1;
}

static void
settle(const struct setup *setup, struct record *record)
{
	record_set(&record->address, setup->address);
	record_set(&record->tls, setup->tls);
}

/* Whoever started it may have been killed before this. */
static bool
confirm(const struct setup *setup, struct record *record, GError **error)
{
	if (record->confirmed)
		return true;
	record->confirmed = true;
	return record_save(setup->state, record, error);
}

static bool
start_again(const struct setup *setup, struct record *found, const struct record *wanted,
    GError **error)
{
	g_autofree char *pid_file = record_pid_file(setup->state, found->volume);
	g_autoptr(GError) ignored = NULL;

	if (!check_same(found, wanted, error))
		return false;
	if (server_serves(found, pid_file))
		return check_tls(setup, found, error) && confirm(setup, found, error) &&
		    answer_export(setup, found, error);
	/* a start whose caller was killed, and which has come to nothing */
	if (!process_stop(found, true, error))
		return false;
	SCOPED(record) before = record_load(setup->state, found->volume, &ignored);
	settle(setup, found);
	return launch_export(setup, found, before, error) && answer_export(setup, found, error);
}

static bool
start_locked(const struct setup *setup, struct record *wanted, GError **error)
{
	g_autoptr(GError) why = NULL;
	SCOPED(record) found = record_load(setup->state, wanted->volume, &why);

	if (why != NULL) {
		g_propagate_error(error, g_steal_pointer(&why));
		return false;
	}
	if (found != NULL)
		return start_again(setup, found, wanted, error);
	settle(setup, wanted);
	return launch_export(setup, wanted, NULL, error) && answer_export(setup, wanted, error);
}

bool
verb_start(const struct setup *setup, GError **error)
{
	SCOPED(record) wanted = record_new();

	g_autoptr(GString) line = request_read(STDIN_FILENO, error);
	if (line == NULL || !request_parse_start(line->str, line->len, wanted, error))
		return false;
	int lock = enter(setup, error);
	if (lock < 0)
		return false;
	bool good = start_locked(setup, wanted, error);
	close(lock);
	return good;
}

/* --- stop */

static bool
check_clients(const struct record *record, GError **error)
{
	struct net_tables tables;

	net_tables_read(&tables);
	unsigned n = net_clients(&tables, record->address, record->port);
	net_tables_clear(&tables);
	return n == 0 ||
	    say_refuse(error, G_IO_ERROR_BUSY, "\"%s\" has %u client%s, which would lose a disk; "
		"it is stopped by force only", record->volume, n, n == 1 ? "" : "s");
}

static bool
stop_locked(const struct setup *setup, const struct stop_request *request, GError **error)
{
	g_autoptr(GError) why = NULL;
	SCOPED(record) record = record_load(setup->state, request->volume, &why);

	if (why != NULL) {
		g_propagate_error(error, g_steal_pointer(&why));
		return false;
	}
	if (record == NULL)
		return say_refuse(error, G_IO_ERROR_NOT_FOUND, "\"%s\" is not exported",
		    request->volume);
	if (!request->force && process_runs(record) && !check_clients(record, error))
		return false;
	return process_stop(record, request->force, error) &&
	    record_remove(setup->state, request->volume, error);
}

bool
verb_stop(const struct setup *setup, GError **error)
{
	struct stop_request request = { 0 };
	g_autoptr(GString) line = request_read(STDIN_FILENO, error);

	bool good = line != NULL && request_parse_stop(line->str, line->len, &request, error);
	g_autofree char *volume = request.volume;
	if (!good)
		return false;
	int lock = enter(setup, error);
	if (lock < 0)
		return false;
	good = stop_locked(setup, &request, error);
	close(lock);
	return good;
}

/* --- list and restore */

bool
verb_list(const struct setup *setup, GError **error)
{
	g_autoptr(GString) damaged = g_string_new(NULL);
	struct net_tables tables;

	if (!record_open_directory(setup->state, error))
		return false;
	g_autoptr(GPtrArray) records = record_load_all(setup->state, damaged);
	say_complain(damaged->str);
	net_tables_read(&tables);
	g_autofree char *line = listing_all(setup->state, records, &tables);
	net_tables_clear(&tables);
	return say_answer(line, error);
}

/* Under a lock of its own, so that a start need not wait for all. */
static bool
restore_one(const struct setup *setup, const char *volume, GError **error)
{
	g_autoptr(GError) why = NULL;
	int lock = enter(setup, error);

	if (lock < 0)
		return false;
	SCOPED(record) before = record_load(setup->state, volume, &why);
	SCOPED(record) record = record_load(setup->state, volume, NULL);
	bool good = true;
	if (why != NULL)
		good = say_refuse(error, G_IO_ERROR_INVALID_DATA, "%s", why->message);
	else if (record != NULL && record->confirmed && !process_runs(record))
		good = launch_export(setup, record, before, error);
	close(lock);
	return good;
}

bool
verb_restore(const struct setup *setup, GError **error)
{
	g_autoptr(GString) damaged = g_string_new(NULL);

	if (!record_open_directory(setup->state, error))
		return false;
	g_autoptr(GPtrArray) records = record_load_all(setup->state, damaged);
	say_complain(damaged->str);
	bool good = damaged->len == 0;
	for (guint i = 0; i < records->len; i++) {
		const struct record *record = records->pdata[i];
		g_autoptr(GError) why = NULL;
		if (restore_one(setup, record->volume, &why))
			continue;
		g_autofree char *text =
		    g_strdup_printf("cannot restore \"%s\": %s", record->volume, why->message);
		say_complain(text);
		good = false;
	}
	return good;
}
