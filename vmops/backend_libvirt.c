/* The libvirt back end: a connection per node for jobs. */
#include "vmops/backend_libvirt.h"

#include <string.h>

#include "common/log.h"
#include "common/sync.h"
#include "common/virt.h"
#include "vmops/ops.h"

#define CLOSE_US G_USEC_PER_SEC
#define RETRY_US G_USEC_PER_SEC

/* A connection; used by any number of workers at a time. */
struct link {
	refcount refs;
	struct backend *backend; /* a reference */
	virConnectPtr connection;
};

struct endpoint {
	char *uri;
	struct link *link; /* NULL: none yet; a reference */
};

struct backend {
	refcount refs; /* one is backend_new's, one each link's */
	pthread_mutex_t lock;
	pthread_cond_t closed;

	/* guarded by lock */
	GHashTable *endpoints; /* node name -> struct endpoint */
	struct settings *settings; /* NULL: none yet */
	unsigned links;        /* not closed yet */
};

static void
backend_unref(struct backend *backend)
{
	if (!ref_drop(&backend->refs))
		return;
	g_hash_table_destroy(backend->endpoints);
	settings_unref(backend->settings);
	pthread_cond_destroy(&backend->closed);
	pthread_mutex_destroy(&backend->lock);
	g_free(backend);
}

/* --- links */

static struct link *
link_new(struct backend *backend, virConnectPtr connection)
{
	struct link *link = g_new0(struct link, 1);

	atomic_init(&link->refs, 1);
	ref_take(&backend->refs);
	link->backend = backend;
	link->connection = connection;
	LOCK_SCOPE(&backend->lock);
	backend->links++;
	return link;
}

/* Says good-bye to libvirtd, and so may hang: nobody waits for this thread. */
static void *
close_link(void *data)
{
	struct link *link = data;
	struct backend *backend = link->backend;

	virConnectClose(link->connection);
	g_free(link);
	pthread_mutex_lock(&backend->lock);
	backend->links--;
	pthread_cond_signal(&backend->closed);
	pthread_mutex_unlock(&backend->lock);
	backend_unref(backend);
	return NULL;
}

static void
link_unref(struct link *link)
{
	if (link == NULL || !ref_drop(&link->refs))
		return;
	GThread *thread = g_thread_try_new("job-close", close_link, link, NULL);
	if (thread != NULL)
		g_thread_unref(thread);
	else
		close_link(link);
}

SCOPED_DEFINE(link, link_unref)

static void
endpoint_free(void *data)
{
	struct endpoint *endpoint = data;

	link_unref(endpoint->link);
	g_free(endpoint->uri);
	g_free(endpoint);
}

/* --- finding a link, or making one */

static void
fail_connect(const char *node, const char *name, const char *what, GError **error)
{
	g_set_error(error, OP_ERROR, CAUSE_UNREACHABLE, "cannot reach node %s for %s: %s",
	    node, name, what);
}

/* The URI, to be freed, or NULL: no such node.  `link` gets a reference, if there is one. */
static char *
endpoint_get(struct backend *backend, const char *node, struct link **link)
{
	LOCK_SCOPE(&backend->lock);
	struct endpoint *endpoint = g_hash_table_lookup(backend->endpoints, node);

	if (endpoint == NULL)
		return NULL;
	if (endpoint->link != NULL) {
		ref_take(&endpoint->link->refs);
		*link = endpoint->link;
	}
	return g_strdup(endpoint->uri);
}

/* Puts `fresh` (NULL: nothing) in the place of `old`, unless others were faster. */
static void
endpoint_replace(struct backend *backend, const char *node, const char *uri,
    struct link *old, struct link *fresh)
{
	struct link *dropped = NULL;

	pthread_mutex_lock(&backend->lock);
	struct endpoint *endpoint = g_hash_table_lookup(backend->endpoints, node);
	if (endpoint != NULL && endpoint->link == old && strcmp(endpoint->uri, uri) == 0) {
		dropped = endpoint->link;
		endpoint->link = fresh;
		if (fresh != NULL)
			ref_take(&fresh->refs);
	}
	pthread_mutex_unlock(&backend->lock);
	link_unref(dropped);
}

/* A link that lives, as far as this side can tell. */
static struct link *
connect_node(struct backend *backend, const char *node, const char *name, GError **error)
{
	SCOPED(link) old = NULL;
	g_autofree char *uri = endpoint_get(backend, node, &old);
	g_autoptr(GError) refused = NULL;

	if (uri == NULL) {
		fail_connect(node, name, "it is not configured", error);
		return NULL;
	}
	if (old != NULL && virConnectIsAlive(old->connection) == 1)
		return g_steal_pointer(&old);
	virConnectPtr connection = virt_connect(uri, &refused);
	if (connection == NULL) {
		fail_connect(node, name, refused->message, error);
		endpoint_replace(backend, node, uri, old, NULL);
		return NULL;
	}
	struct link *fresh = link_new(backend, connection);
	endpoint_replace(backend, node, uri, old, fresh);
	return fresh;
}

/* libvirt gives no reason when it was keepalive that broke the connection. */
static void
fail_lookup(const struct link *link, const char *node, const char *name, int code,
    const char *reason, GError **error)
{
	if (code == VIR_ERR_NO_DOMAIN)
		g_set_error(error, OP_ERROR, CAUSE_GONE,
		    "%s is no longer defined on node %s", name, node);
	else
		fail_connect(node, name,
		    virConnectIsAlive(link->connection) == 1 ? reason : "the connection broke",
		    error);
}

virDomainPtr
backend_find_domain(struct backend *backend, const char *node, const char *uuid,
    const char *name, GError **error)
{
	for (int attempt = 0;; attempt++) {
		SCOPED(link) link = connect_node(backend, node, name, error);
		if (link == NULL)
			return NULL;
		int64_t start = g_get_monotonic_time();
		virDomainPtr domain = virDomainLookupByUUIDString(link->connection, uuid);
		if (domain != NULL)
			return domain;
		int code = virGetLastErrorCode();
		g_autofree char *reason = g_strdup(virGetLastErrorMessage());
		/* found dead at once: the node has started anew; not one that falls silent */
		if (attempt == 0 && code != VIR_ERR_NO_DOMAIN &&
		    g_get_monotonic_time() - start < RETRY_US &&
		    virConnectIsAlive(link->connection) != 1)
			continue;
		fail_lookup(link, node, name, code, reason, error);
		return NULL;
	}
}

virConnectPtr
backend_connect(struct backend *backend, const char *node, const char *name, GError **error)
{
	SCOPED(link) link = connect_node(backend, node, name, error);

	if (link == NULL)
		return NULL;
	if (virConnectRef(link->connection) == 0)
		return link->connection;
	fail_connect(node, name, virGetLastErrorMessage(), error);
	return NULL;
}

virConnectPtr
backend_open(struct backend *backend, const char *node, const char *name, GError **error)
{
	SCOPED(link) unused = NULL;
	g_autofree char *uri = endpoint_get(backend, node, &unused);
	g_autoptr(GError) refused = NULL;
	virConnectPtr connection = uri == NULL ? NULL : virt_connect(uri, &refused);

	if (connection == NULL)
		fail_connect(node, name,
		    uri == NULL ? "it is not configured" : refused->message, error);
	return connection;
}

/* --- the whole */

struct backend *
backend_new(void)
{
	struct backend *backend = g_new0(struct backend, 1);

	atomic_init(&backend->refs, 1);
	pthread_mutex_init(&backend->lock, NULL);
	sync_cond_init(&backend->closed);
	backend->endpoints =
	    g_hash_table_new_full(g_str_hash, g_str_equal, g_free, endpoint_free);
	return backend;
}

/* Keeps the connection where the URI is the same. */
static struct endpoint *
endpoint_new(GHashTable *before, const struct node_setting *node)
{
	struct endpoint *endpoint = g_new0(struct endpoint, 1);
	struct endpoint *old = g_hash_table_lookup(before, node->name);

	endpoint->uri = g_strdup(node->uri);
	if (old != NULL && strcmp(old->uri, node->uri) == 0)
		endpoint->link = g_steal_pointer(&old->link);
	return endpoint;
}

void
backend_apply(struct backend *backend, struct settings *settings)
{
	GHashTable *next = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
	    endpoint_free);

	pthread_mutex_lock(&backend->lock);
	GHashTable *before = backend->endpoints;
	for (guint i = 0; i < settings->nodes->len; i++) {
		const struct node_setting *node = settings->nodes->pdata[i];
		g_hash_table_insert(next, g_strdup(node->name), endpoint_new(before, node));
	}
	backend->endpoints = next;
	struct settings *old = backend->settings;
	backend->settings = settings_ref(settings);
	pthread_mutex_unlock(&backend->lock);
	g_hash_table_destroy(before);
	settings_unref(old);
}

struct settings *
backend_settings(struct backend *backend)
{
	LOCK_SCOPE(&backend->lock);
	return settings_ref(backend->settings);
}

void
backend_free(struct backend *backend)
{
	int64_t deadline = g_get_monotonic_time() + CLOSE_US;

	if (backend == NULL)
		return;
	pthread_mutex_lock(&backend->lock);
	GHashTable *before = backend->endpoints;
	backend->endpoints = g_hash_table_new(g_str_hash, g_str_equal);
	pthread_mutex_unlock(&backend->lock);
	g_hash_table_destroy(before);

	pthread_mutex_lock(&backend->lock);
	while (backend->links > 0)
		if (!sync_cond_wait_until(&backend->closed, &backend->lock, deadline))
			break;
	pthread_mutex_unlock(&backend->lock);
	backend_unref(backend);
}
