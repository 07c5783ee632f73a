/* What commands tell of a host: its probe, and its exports. */
#include "config.h"

#include "collectors/host.h"

#include <string.h>

#include "collectors/host_private.h"
#include "collectors/probe_record.h"
#include "common/log.h"

#define CLOSE_US (G_USEC_PER_SEC / 2) /* records closer together are left out */

/* --- the probe */

/* A record, unless it is of a probe that was stopped. */
static bool
take_record(void *ctx, const struct feed *from, const char *line, size_t length, int *interval,
    GError **error)
{
	struct host *host = ctx;
	struct probe_record record;

	if (!probe_record_parse(&record, line, length, error))
		return false;
	if (record.interval == 0)
		record.interval = (uint32_t)*interval;
	*interval = (int)record.interval;
	LOCK_SCOPE(&host->lock);
	if (host->stopped || host->probe != from)
		return true;
	store_publish(host->store,
	    picture_probed(host->picture, &record, g_get_monotonic_time()), PUBLISH_SOON);
	return true;
}

static const struct feed_kind probe_kind = {
	.name = "probe", .line_most = PROBE_LINE_MOST, .close_us = CLOSE_US, .take = take_record
};

/* --- the exports */

static bool
take_exports(void *ctx, const struct feed *from, const char *line, size_t length,
    int *interval, GError **error)
{
	struct host *host = ctx;

	LOCK_SCOPE(&host->lock);
	if (host->stopped || host->exporter != from)
		return true;
	struct part *part = exports_take(host->exports, line, length, error);
	if (part != NULL)
		store_publish(host->store, part, PUBLISH_NOW);
	return part != NULL;
}

static void
lose_exports(void *ctx, const struct feed *from, const char *reason)
{
	struct host *host = ctx;

	LOCK_SCOPE(&host->lock);
	if (!host->stopped && host->exporter == from)
		store_publish(host->store, exports_lost(host->exports, reason), PUBLISH_SOON);
}

static const struct feed_kind exports_kind = {
	.name = "export", .line_most = EXPORTS_LINE_MOST, .take = take_exports,
	.lost = lose_exports
};

/* --- their commands */

static void
host_unref_data(gpointer host)
{
	host_unref(host);
}

/* Holding the lock: `feed` is that command from now on; argv NULL: nothing. */
static void
set_feed(struct host *host, struct feed **feed, const struct feed_kind *kind,
    char *const *argv, int interval)
{
	const struct feed_setup setup = {
		.kind = kind, .node = host->name, .argv = argv, .interval = interval,
		.ctx = host, .release = host_unref_data
	};

	if (argv != NULL && *feed != NULL && feed_is(*feed, argv, interval))
		return;
	if (*feed != NULL)
		feed_stop(*feed);
	*feed = NULL;
	if (argv == NULL || host->stopped)
		return;
	ref_take(&host->refs);
	*feed = feed_start(&setup);
	g_ptr_array_add(host->feeds, *feed);
}

/* The words of a command; NULL: there is none.  (The configuration was read: it has words.) */
static char **
words_of(const char *command)
{
	char **argv = NULL;

	if (command != NULL && *command != '\0')
		g_shell_parse_argv(command, NULL, &argv, NULL);
	return argv;
}

void
host_set_probe(struct host *host, const char *command, int interval)
{
	g_autofree char *seconds = g_strdup_printf("%d", interval);
	char *const local[] = { (char *)BINDIR "/virtcluster-probe", (char *)"--interval",
		seconds, NULL };
	bool here = g_strcmp0(command, "local") == 0;
	g_auto(GStrv) argv = here ? g_strdupv((char **)local) : words_of(command);

	LOCK_SCOPE(&host->lock);
	set_feed(host, &host->probe, &probe_kind, argv, interval);
}

void
host_set_export(struct host *host, const char *command)
{
	g_auto(GStrv) words = words_of(command);
	g_autoptr(GStrvBuilder) builder = g_strv_builder_new();

	if (words != NULL)
		g_strv_builder_addv(builder, (const char **)words);
	g_strv_builder_add(builder, "watch");
	g_auto(GStrv) argv = g_strv_builder_end(builder);
	LOCK_SCOPE(&host->lock);
	if (words == NULL && host->exporter != NULL)
		store_retire(host->store, exports_source(host->exports));
	set_feed(host, &host->exporter, &exports_kind, words == NULL ? NULL : argv,
	    EXPORTS_INTERVAL);
}

/* --- their ends */

void
host_stop_feeds(struct host *host)
{
	set_feed(host, &host->probe, &probe_kind, NULL, 0);
	set_feed(host, &host->exporter, &exports_kind, NULL, 0);
}

void
host_reap_feeds(struct host *host)
{
	g_autoptr(GPtrArray) ended = g_ptr_array_new();

	pthread_mutex_lock(&host->lock);
	for (guint i = host->feeds->len; i-- > 0;)
		if (feed_ended(host->feeds->pdata[i]))
			g_ptr_array_add(ended, g_ptr_array_remove_index(host->feeds, i));
	pthread_mutex_unlock(&host->lock);
	for (guint i = 0; i < ended->len; i++)
		feed_free(ended->pdata[i]);
}

/* Without the lock, which a feed may wait for; a stopped host has no new ones. */
void
host_wait_feeds(struct host *host, int64_t deadline)
{
	for (guint i = 0; i < host->feeds->len; i++)
		feed_wait(host->feeds->pdata[i], deadline);
}

void
host_free_feeds(struct host *host)
{
	for (guint i = host->feeds->len; i-- > 0;)
		feed_free(g_ptr_array_remove_index(host->feeds, i));
}
