/*
 * The watcher.  Records are told of by inotify, servers by pidfd, and clients by nobody:
 * while anything is exported it looks for them each second, and less often where that takes
 * long.
 */
#include "config.h"

#include "export/watch.h"

#include <errno.h>
#include <gio/gio.h>
#include <poll.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "export/listing.h"
#include "export/process.h"
#include "export/record.h"
#include "export/say.h"

#define CLIENTS_US G_USEC_PER_SEC
#define SHARE	   100 /* it looks for one part in so many of the time */

struct watch {
	const struct setup *setup;
	GArray *polled; /* struct pollfd: output, inotify, then a pidfd of each server */
	char *line, *damaged;
	gint64 written, next; /* monotonic, us */
};

enum {
	AT_OUTPUT,
	AT_INOTIFY,
	AT_SERVERS,
};

static bool
begin(struct watch *watch, GError **error)
{
	int fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	struct pollfd output = { .fd = STDOUT_FILENO }; /* its end needs no asking */
	struct pollfd changes = { .fd = fd, .events = POLLIN };

	watch->polled = g_array_new(FALSE, FALSE, sizeof(struct pollfd));
	g_array_append_val(watch->polled, output);
	g_array_append_val(watch->polled, changes);
	if (fd >= 0 && inotify_add_watch(fd, watch->setup->state,
		IN_CREATE | IN_DELETE | IN_MOVED_TO | IN_CLOSE_WRITE | IN_ONLYDIR) >= 0)
		return true;
	return say_refuse(error, G_IO_ERROR_FAILED, "cannot watch %s: %s", watch->setup->state,
	    g_strerror(errno));
}

static void
forget_servers(struct watch *watch)
{
	for (guint i = AT_SERVERS; i < watch->polled->len; i++)
		close(g_array_index(watch->polled, struct pollfd, i).fd);
	g_array_set_size(watch->polled, AT_SERVERS);
}

static void
finish(struct watch *watch)
{
	forget_servers(watch);
	int fd = g_array_index(watch->polled, struct pollfd, AT_INOTIFY).fd;
	if (fd >= 0)
		close(fd);
	g_array_unref(watch->polled);
	g_free(watch->line);
	g_free(watch->damaged);
}

static void
watch_servers(struct watch *watch, GPtrArray *records)
{
	forget_servers(watch);
	for (guint i = 0; i < records->len; i++) {
		int fd = process_watch(records->pdata[i]);
		struct pollfd server = { .fd = fd, .events = POLLIN };
		if (server.fd >= 0)
			g_array_append_val(watch->polled, server);
	}
}

/* Once for each damage. */
static void
complain(struct watch *watch, const char *damaged)
{
	if (g_strcmp0(watch->damaged, damaged) != 0)
		say_complain(damaged);
	g_free(watch->damaged);
	watch->damaged = g_strdup(damaged);
}

/* The servers are watched before their states are looked at, so that no end is missed. */
static char *
look(struct watch *watch)
{
	const char *state = watch->setup->state;
	gint64 begun = g_get_monotonic_time();
	g_autoptr(GString) damaged = g_string_new(NULL);
	g_autoptr(GPtrArray) records = record_load_all(state, damaged);
	struct net_tables tables = { 0 };

	complain(watch, damaged->str);
	watch_servers(watch, records);
	if (records->len > 0)
		net_tables_read(&tables);
	char *line = listing_all(state, records, &tables);
	net_tables_clear(&tables);
	gint64 now = g_get_monotonic_time();
	gint64 pause = MAX(CLIENTS_US, (now - begun) * SHARE);
	watch->next = records->len == 0 ? G_MAXINT64 : now + pause;
	return line;
}

static gint64
interval_us(const struct watch *watch)
{
	return watch->setup->interval * (gint64)G_USEC_PER_SEC;
}

static bool
look_and_tell(struct watch *watch, GError **error)
{
	char *line = look(watch);
	gint64 now = g_get_monotonic_time();
	bool same = g_strcmp0(line, watch->line) == 0;

	g_free(watch->line);
	watch->line = line;
	if (same && now - watch->written < interval_us(watch))
		return true;
	watch->written = now;
	return say_answer(line, error);
}

/* False: nobody reads any more. */
static bool
wait_for_more(struct watch *watch)
{
	struct pollfd *polled = (struct pollfd *)watch->polled->data;
	gint64 due = watch->written + interval_us(watch);
	gint64 left = MIN(watch->next, due) - g_get_monotonic_time();
	char events[4096];

	poll(polled, watch->polled->len, left <= 0 ? 0 : (int)(left / 1000 + 1));
	if (polled[AT_OUTPUT].revents & (POLLERR | POLLHUP | POLLNVAL))
		return false;
	while (read(polled[AT_INOTIFY].fd, events, sizeof(events)) > 0)
		continue;
	return true;
}

bool
watch_run(const struct setup *setup, GError **error)
{
	struct watch watch = { .setup = setup };
	g_autoptr(GError) why = NULL;
	bool good = record_open_directory(setup->state, error);

	if (!good)
		return false;
	if (begin(&watch, &why))
		while (look_and_tell(&watch, &why) && wait_for_more(&watch))
			continue;
	finish(&watch);
	if (why == NULL || g_error_matches(why, G_IO_ERROR, G_IO_ERROR_BROKEN_PIPE))
		return true;
	g_propagate_error(error, g_steal_pointer(&why));
	return false;
}
