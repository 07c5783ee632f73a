/* The producers that watch libvirt hosts. */
#include "collectors/collectors.h"

#include <string.h>

#include "collectors/host.h"
#include "common/sync.h"
#include "common/virt.h"

#define CHECK_US (G_USEC_PER_SEC / 2)
#define STOP_US	 (2 * G_USEC_PER_SEC)

struct collectors {
	/* immutable */
	struct store *store;
	GThread *watchdog;

	/* guarded by lock, which is taken before a host's */
	pthread_mutex_t lock;
	pthread_cond_t stop;
	bool stopping;
	GHashTable *hosts;  /* name -> struct host */
	GPtrArray *leaving; /* struct host, stopped, some of their threads not yet ended */
};

/* --- the watchdog */

/* Holding the lock. */
static void
check_all(struct collectors *c)
{
	GHashTableIter iter;
	gpointer host;

	g_hash_table_iter_init(&iter, c->hosts);
	while (g_hash_table_iter_next(&iter, NULL, &host))
		host_check(host);
	for (guint i = c->leaving->len; i-- > 0;)
		if (host_ended(c->leaving->pdata[i]))
			host_free(g_ptr_array_remove_index_fast(c->leaving, i));
}

static gpointer
watchdog_main(gpointer data)
{
	struct collectors *c = data;

	LOCK_SCOPE(&c->lock);
	while (!c->stopping) {
		int64_t next = g_get_monotonic_time() + CHECK_US;
		check_all(c);
		while (!c->stopping && sync_cond_wait_until(&c->stop, &c->lock, next))
			continue;
	}
	return NULL;
}

/* --- settings */

static int
interval_of(const struct settings *settings, const struct node_setting *node)
{
	return node->interval > 0 ? node->interval : settings->interval;
}

/* Holding the lock. */
static void
stop_host(struct collectors *c, struct host *host)
{
	host_stop(host);
	g_ptr_array_add(c->leaving, host);
}

static void
stop_removed(struct collectors *c, const struct settings *settings)
{
	GHashTableIter iter;
	gpointer name, host;

	g_hash_table_iter_init(&iter, c->hosts);
	while (g_hash_table_iter_next(&iter, &name, &host)) {
		if (settings_node(settings, name) != NULL)
			continue;
		g_autofree char *source = g_strconcat("node:", name, NULL);
		g_autofree char *storage = g_strconcat("storage:", name, NULL);
		g_autofree char *exports = g_strconcat("exports:", name, NULL);
		stop_host(c, host);
		store_retire(c->store, source);
		store_retire(c->store, storage);
		store_retire(c->store, exports);
		g_hash_table_iter_remove(&iter);
	}
}

static void
apply_node(struct collectors *c, const struct settings *settings,
    const struct node_setting *node)
{
	struct host *host = g_hash_table_lookup(c->hosts, node->name);
	int interval = interval_of(settings, node);
	bool same = host != NULL && strcmp(host_uri(host), node->uri) == 0;
	const struct storage_setup storage = {
		.interval = settings->storage_interval,
		.refresh = settings->storage_refresh,
		.shared = (const char *const *)settings->shared_pools,
	};

	if (same) {
		host_set_interval(host, interval);
	} else {
		if (host != NULL)
			stop_host(c, host);
		host = host_start(c->store, node->name, node->uri, interval, host);
		g_hash_table_replace(c->hosts, g_strdup(node->name), host);
	}
	host_set_probe(host, node->probe, interval);
	host_set_export(host, node->export);
	host_set_measure(host, settings->dirty_rate);
	host_set_storage(host, &storage);
}

void
collectors_apply(struct collectors *c, struct settings *settings)
{
	LOCK_SCOPE(&c->lock);
	stop_removed(c, settings);
	for (guint i = 0; i < settings->nodes->len; i++)
		apply_node(c, settings, settings->nodes->pdata[i]);
}

void
collectors_poke(struct collectors *c, const char *node, const char *uuid)
{
	LOCK_SCOPE(&c->lock);
	struct host *host = g_hash_table_lookup(c->hosts, node);

	if (host != NULL)
		host_poke(host, uuid);
}

/* --- start and stop */

struct collectors *
collectors_new(struct store *store)
{
	struct collectors *c = g_new0(struct collectors, 1);

	virt_init();
	c->store = store;
	pthread_mutex_init(&c->lock, NULL);
	sync_cond_init(&c->stop);
	c->hosts = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	c->leaving = g_ptr_array_new();
	c->watchdog = g_thread_new("watchdog", watchdog_main, c);
	return c;
}

static void
stop_all(struct collectors *c)
{
	GHashTableIter iter;
	gpointer host;

	LOCK_SCOPE(&c->lock);
	c->stopping = true;
	pthread_cond_signal(&c->stop);
	g_hash_table_iter_init(&iter, c->hosts);
	while (g_hash_table_iter_next(&iter, NULL, &host))
		stop_host(c, host);
}

void
collectors_free(struct collectors *c)
{
	int64_t deadline = g_get_monotonic_time() + STOP_US;

	if (c == NULL)
		return;
	stop_all(c);
	g_thread_join(c->watchdog);
	for (guint i = 0; i < c->leaving->len; i++)
		host_wait(c->leaving->pdata[i], deadline);
	for (guint i = 0; i < c->leaving->len; i++)
		host_free(c->leaving->pdata[i]);
	g_ptr_array_free(c->leaving, TRUE);
	g_hash_table_destroy(c->hosts);
	pthread_cond_destroy(&c->stop);
	pthread_mutex_destroy(&c->lock);
	g_free(c);
}
