/* From a record to a server that serves. */
#include "export/launch.h"

#include <errno.h>
#include <gio/gio.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "export/net.h"
#include "export/process.h"
#include "export/say.h"
#include "export/server.h"

/* --- may it be exported? */

/* Opening a FIFO would hang, a directory would be something else. */
static bool
look_at_path(const char *path, struct stat *st, GError **error)
{
	if (stat(path, st) < 0)
		return say_refuse(error, G_IO_ERROR_NOT_FOUND, "%s: %s", path,
		    g_strerror(errno));
	if (!S_ISREG(st->st_mode) && !S_ISBLK(st->st_mode))
		return say_refuse(error, G_IO_ERROR_INVALID_ARGUMENT,
		    "%s: neither a file nor a block device", path);
	return true;
}

/* Both without links and dots. */
static bool
is_below(const char *path, const char *directory)
{
	char *whole = realpath(directory, NULL);
	size_t length = whole == NULL ? 0 : strlen(whole);
	bool below = whole != NULL && strncmp(path, whole, length) == 0 &&
	    (path[length] == '/' || strcmp(whole, "/") == 0);

	free(whole);
	return below;
}

static bool
check_place(const struct setup *setup, const char *path, GError **error)
{
	char *whole = realpath(path, NULL);
	bool below = setup->below == NULL;

	for (char *const *d = setup->below; whole != NULL && d != NULL && *d != NULL; d++)
		below = below || is_below(whole, *d);
	free(whole);
	return below || say_refuse(error, G_IO_ERROR_PERMISSION_DENIED,
	    "%s: not below a directory that may be exported from", path);
}

static bool
is_same_file(const struct stat *a, const char *path)
{
	struct stat b;

	if (stat(path, &b) < 0)
		return false;
	if (S_ISBLK(a->st_mode) && S_ISBLK(b.st_mode))
		return a->st_rdev == b.st_rdev;
	return a->st_dev == b.st_dev && a->st_ino == b.st_ino;
}

/* qemu-nbd shares a raw image with another writer, if that is a qemu-nbd as well. */
static bool
check_others(const struct setup *setup, GPtrArray *others, const struct record *record,
    GError **error)
{
	struct stat st;

	if (!look_at_path(record->path, &st, error) ||
	    !check_place(setup, record->path, error))
		return false;
	for (guint i = 0; i < others->len; i++) {
		const struct record *other = others->pdata[i];
		if (strcmp(other->volume, record->volume) != 0 &&
		    !(other->read_only && record->read_only) && is_same_file(&st, other->path))
			return say_refuse(error, G_IO_ERROR_EXISTS,
			    "%s: exported as \"%s\" already", record->path, other->volume);
	}
	return true;
}

/* --- a server at a port */

/* Record first, then the server, then the record with the end of the start. */
static bool
serve_at(const struct setup *setup, struct record *record, int64_t port, GError **error)
{
	g_autofree char *pid_file = record_pid_file(setup->state, record->volume);

	record->port = port;
	SCOPED(server) server = server_new(record, pid_file, error);
	if (server == NULL || !record_save(setup->state, record, error))
		return false;
	server_release(server);
	if (!server_await(server, error))
		return false;
	record->confirmed = true;
	return record_save(setup->state, record, error);
}

static bool
is_held(GPtrArray *records, const struct record *record, int64_t port)
{
	for (guint i = 0; i < records->len; i++) {
		const struct record *other = records->pdata[i];
		if (other->port == port && strcmp(other->volume, record->volume) != 0)
			return true;
	}
	return false;
}

/* Is the port to be passed over?  With an error: no port would do. */
static bool
is_taken(GPtrArray *records, const struct record *record, int64_t port, GError **error)
{
	if (is_held(records, record, port))
		return true;
	int code = net_try_listen(record->address, port);
	if (code != 0 && code != EADDRINUSE)
		say_refuse(error, G_IO_ERROR_FAILED, "cannot listen at %s port %" PRId64 ": %s",
		    record->address, port, g_strerror(code));
	return code != 0;
}

/* The old port first (0: none), then the first of the range that will do. */
static bool
serve(const struct setup *setup, GPtrArray *records, struct record *record, GError **error)
{
	int64_t old = record->port;

	for (int64_t port = old > 0 ? 0 : setup->first; port <= setup->last;
	     port = port == 0 ? setup->first : port + 1) {
		g_autoptr(GError) why = NULL;
		int64_t at = port == 0 ? old : port;
		if (!is_taken(records, record, at, &why) && serve_at(setup, record, at, &why))
			return true;
		if (why != NULL &&
		    !g_error_matches(why, G_IO_ERROR, G_IO_ERROR_ADDRESS_IN_USE)) {
			g_propagate_error(error, g_steal_pointer(&why));
			return false;
		}
	}
	return say_refuse(error, G_IO_ERROR_FAILED, "%s: no port from %d to %d is free",
	    record->address, setup->first, setup->last);
}

bool
launch_export(const struct setup *setup, struct record *record, const struct record *before,
    GError **error)
{
	g_autoptr(GString) damaged = g_string_new(NULL);
	g_autoptr(GPtrArray) records = record_load_all(setup->state, damaged);
	g_autoptr(GError) again = NULL;

	if (check_others(setup, records, record, error) && serve(setup, records, record, error))
		return true;
	if (process_runs(record))
		return false; /* it serves, but its record could not be completed */
	bool good = before == NULL ? record_remove(setup->state, record->volume, &again)
				   : record_save(setup->state, before, &again);
	if (!good)
		say_complain(again->message);
	return false;
}
