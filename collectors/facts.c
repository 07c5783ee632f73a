/* The facts of a host's VMs, asked for in a thread of its own. */
#include "collectors/facts.h"

#include "common/log.h"
#include "common/sync.h"
#include "common/virt.h"

#define LOOK_US	     (10 * G_USEC_PER_SEC)     /* between looks at who is there */
#define OLD_US	     (5 * 60 * G_USEC_PER_SEC) /* after that, a VM is asked again */
#define RETRY_US     (30 * G_USEC_PER_SEC)     /* a guest that has not told its name */
#define AGENT_S	     2                         /* most that a silent agent may take */
#define RECONNECT_US (30 * G_USEC_PER_SEC)

struct asked {
	int64_t due_us;
	struct vm_facts *facts; /* what it said last */
	uint64_t pass;
};

struct facts {
	refcount refs; /* one is facts_start's, one the thread's */
	char *name, *uri;
	facts_deliver *deliver;
	facts_avoid *avoid;
	void (*release)(void *);
	void *ctx;
	GThread *thread;

	/* guarded by lock */
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool stopping, ended, poked;
	GHashTable *wanted; /* UUIDs to ask for again */

	/* only the thread */
	call_clock called_us;
	GHashTable *asked; /* UUID -> struct asked */
	uint64_t pass;
};

static void
asked_free(gpointer data)
{
	struct asked *a = data;

	vm_facts_free(a->facts);
	g_free(a);
}

static void
facts_unref(struct facts *f)
{
	if (!ref_drop(&f->refs))
		return;
	pthread_cond_destroy(&f->changed);
	pthread_mutex_destroy(&f->lock);
	g_hash_table_destroy(f->wanted);
	g_hash_table_destroy(f->asked);
	g_free(f->name);
	g_free(f->uri);
	g_free(f);
}

static bool
is_stopping(struct facts *f)
{
	LOCK_SCOPE(&f->lock);
	return f->stopping;
}

/* Until it is time, somebody pokes, or it is to stop. */
static void
pause_until(struct facts *f, int64_t when)
{
	LOCK_SCOPE(&f->lock);
	while (!f->stopping && !f->poked)
		if (!sync_cond_wait_until(&f->changed, &f->lock, when))
			break;
	f->poked = false;
}

/* --- one look */

static struct asked *
asked_of(struct facts *f, const char *uuid)
{
	struct asked *a = g_hash_table_lookup(f->asked, uuid);

	if (a == NULL) {
		a = g_new0(struct asked, 1);
		g_hash_table_insert(f->asked, g_strdup(uuid), a);
	}
	a->pass = f->pass;
	return a;
}

static bool
is_due(struct facts *f, const char *uuid, const struct asked *a, int64_t now)
{
	pthread_mutex_lock(&f->lock);
	bool wanted = g_hash_table_remove(f->wanted, uuid);
	pthread_mutex_unlock(&f->lock);
	return (wanted || now >= a->due_us) && !f->avoid(f->ctx, uuid);
}

static void
ask_one(struct facts *f, struct link *link, virDomainPtr domain)
{
	char uuid[VIR_UUID_STRING_BUFLEN];
	int64_t now = g_get_monotonic_time();

	if (virDomainGetUUIDString(domain, uuid) < 0)
		return;
	struct asked *a = asked_of(f, uuid);
	if (!is_due(f, uuid, a, now))
		return;
	struct vm_facts *facts = vm_facts_ask(link, domain, AGENT_S, a->facts);
	vm_facts_free(a->facts);
	a->facts = facts;
	a->due_us = g_get_monotonic_time() + (facts->host == NULL ? RETRY_US : OLD_US);
	f->deliver(f->ctx, uuid, vm_facts_copy(facts));
}

static gboolean
not_seen(gpointer uuid, gpointer asked, gpointer facts)
{
	return ((struct asked *)asked)->pass != ((struct facts *)facts)->pass;
}

/* False: the connection is of no use any more. */
static bool
look(struct facts *f, struct link *link)
{
	VIRT_DOMAINS domains = NULL;

	call_begin(&f->called_us);
	int n = virConnectListAllDomains(link->connection, &domains, 0);
	call_end(&f->called_us);
	f->pass++;
	for (int i = 0; i < n && !is_stopping(f); i++)
		ask_one(f, link, domains[i]);
	if (n >= 0 && !is_stopping(f))
		g_hash_table_foreach_remove(f->asked, not_seen, f);
	return n >= 0 && virConnectIsAlive(link->connection) == 1;
}

static void
look_while_connected(struct facts *f, struct link *link)
{
	while (!is_stopping(f) && look(f, link))
		pause_until(f, g_get_monotonic_time() + LOOK_US);
}

static gpointer
facts_main(gpointer data)
{
	struct facts *f = data;

	while (!is_stopping(f)) {
		g_autoptr(GError) error = NULL;
		struct link *link = link_open(f->uri, &f->called_us, &error);
		if (link != NULL)
			look_while_connected(f, link);
		else /* the host's own thread tells of it */
			log_debug("host", "%s: no facts: %s", f->name, error->message);
		link_close(link);
		if (!is_stopping(f))
			pause_until(f, g_get_monotonic_time() + RECONNECT_US);
	}
	f->release(f->ctx);
	pthread_mutex_lock(&f->lock);
	f->ended = true;
	pthread_cond_broadcast(&f->changed);
	pthread_mutex_unlock(&f->lock);
	facts_unref(f);
	return NULL;
}

/* --- start and stop */

struct facts *
facts_start(const char *name, const char *uri, facts_deliver *deliver, facts_avoid *avoid,
    void (*release)(void *), void *ctx)
{
	struct facts *f = g_new0(struct facts, 1);

	atomic_init(&f->refs, 2);
	f->name = g_strdup(name);
	f->uri = g_strdup(uri);
	f->deliver = deliver;
	f->avoid = avoid;
	f->release = release;
	f->ctx = ctx;
	pthread_mutex_init(&f->lock, NULL);
	sync_cond_init(&f->changed);
	f->wanted = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	f->asked = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, asked_free);
	f->thread = g_thread_new("facts", facts_main, f);
	return f;
}

void
facts_poke(struct facts *f, const char *uuid)
{
	LOCK_SCOPE(&f->lock);
	g_hash_table_add(f->wanted, g_strdup(uuid));
	f->poked = true;
	pthread_cond_broadcast(&f->changed);
}

void
facts_stop(struct facts *f)
{
	LOCK_SCOPE(&f->lock);
	f->stopping = true;
	pthread_cond_broadcast(&f->changed);
}

bool
facts_ended(struct facts *f)
{
	LOCK_SCOPE(&f->lock);
	return f->ended;
}

void
facts_wait(struct facts *f, int64_t deadline)
{
	LOCK_SCOPE(&f->lock);
	while (!f->ended)
		if (!sync_cond_wait_until(&f->changed, &f->lock, deadline))
			return;
}

void
facts_free(struct facts *f)
{
	if (facts_ended(f))
		g_thread_join(f->thread);
	else
		g_thread_unref(f->thread);
	facts_unref(f);
}
