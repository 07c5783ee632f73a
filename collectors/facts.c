/* The facts of a host's VMs, asked for in a thread of its own. */
#include "collectors/facts.h"

#include "common/log.h"
#include "common/sync.h"
#include "common/virt.h"

#define LOOK_US	     (10 * G_USEC_PER_SEC)     /* between looks at who is there */
#define OLD_US	     (5 * 60 * G_USEC_PER_SEC) /* after that, a VM is asked again */
#define EARLY_US     G_USEC_PER_SEC            /* a guest that nobody has seen yet */
#define RETRY_US     (30 * G_USEC_PER_SEC)     /* a guest that has not told its name */
#define AGENT_S	     2                         /* most that a silent agent may take */
#define RECONNECT_US (30 * G_USEC_PER_SEC)
#define GIVE_UP_US   (5 * G_USEC_PER_SEC)  /* a call about one guest that takes longer hangs */
#define REPLACE_US   (30 * G_USEC_PER_SEC) /* any other call likewise */
#define LEFT_MOST    8                     /* threads left hanging, of one host */
#define MEASURE_S    1                     /* over so long a dirty rate is measured */

struct asked {
	int64_t due_us;
	int64_t measure_us;     /* when its dirty rate is to be measured */
	bool measuring;         /* it is; the next look reads it */
	struct vm_facts *facts; /* what it said last */
	uint64_t pass;
};

/* A thread with its connection; the last one started is the one that is listened to. */
struct asker {
	struct facts *facts; /* a reference */
	GThread *thread;
	call_clock called_us;
	bool early; /* only the thread: somebody is to be asked again soon */

	/* guarded by the facts' lock */
	char uuid[VIR_UUID_STRING_BUFLEN]; /* of the guest it asks, "": none */
	bool dismissed; /* is to end; nobody listens to it any more */
	bool ended;
	bool orphan; /* nobody will join it */
};

struct facts {
	refcount refs; /* one is facts_start's, one each asker's */
	char *name, *uri;
	facts_deliver *deliver;
	facts_avoid *avoid;
	void (*release)(void *);
	void *ctx;

	/* guarded by lock */
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool stopping, poked;
	int measure_s;      /* between two measurements of a dirty rate, 0: none */
	GHashTable *wanted; /* UUIDs to ask for again */
	GHashTable *asked;  /* UUID -> struct asked */
	uint64_t pass;
	GPtrArray *askers; /* struct asker, those not joined yet */
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
	f->release(f->ctx);
	pthread_cond_destroy(&f->changed);
	pthread_mutex_destroy(&f->lock);
	g_hash_table_destroy(f->wanted);
	g_hash_table_destroy(f->asked);
	g_ptr_array_free(f->askers, TRUE);
	g_free(f->name);
	g_free(f->uri);
	g_free(f);
}

static void
asker_free(struct asker *a)
{
	facts_unref(a->facts);
	g_free(a);
}

static bool
is_wanted(struct asker *a)
{
	LOCK_SCOPE(&a->facts->lock);
	return !a->dismissed;
}

/* Until it is time, somebody pokes, or it is to end. */
static void
pause_until(struct asker *a, int64_t when)
{
	struct facts *f = a->facts;

	LOCK_SCOPE(&f->lock);
	while (!a->dismissed && !f->poked)
		if (!sync_cond_wait_until(&f->changed, &f->lock, when))
			break;
	if (!a->dismissed)
		f->poked = false;
}

/* --- one guest */

/* What there is to do for a guest in this look, and what it said last. */
struct task {
	char uuid[VIR_UUID_STRING_BUFLEN];
	bool ask, read_rate, measure;
	struct vm_facts *before;
};

/* Holding the lock. */
static struct asked *
asked_of(struct facts *f, const char *uuid)
{
	struct asked *a = g_hash_table_lookup(f->asked, uuid);

	if (a == NULL) {
		a = g_new0(struct asked, 1);
		g_hash_table_insert(f->asked, g_strdup(uuid), a);
	}
	return a;
}

/* False: there is nothing to do, or nobody wants it any more. */
static bool
begin_task(struct asker *asker, virDomainPtr domain, struct task *task)
{
	struct facts *f = asker->facts;
	int64_t now = g_get_monotonic_time();

	LOCK_SCOPE(&f->lock);
	if (asker->dismissed)
		return false;
	struct asked *a = asked_of(f, task->uuid);
	a->pass = f->pass;
	bool wanted = g_hash_table_remove(f->wanted, task->uuid);
	task->ask = wanted || now >= a->due_us;
	task->read_rate = a->measuring;
	task->measure = f->measure_s > 0 && now >= a->measure_us &&
	    virDomainGetID(domain) != (unsigned)-1; /* as of when it was listed */
	if (!task->ask && !task->read_rate && !task->measure)
		return false;
	task->before = a->facts == NULL ? NULL : vm_facts_copy(a->facts);
	g_strlcpy(asker->uuid, task->uuid, sizeof(asker->uuid));
	return true;
}

/* Holding the lock: a guest that was given up does answer now. */
static void
came_back(struct facts *f, const char *uuid, int64_t now)
{
	struct asked *a = g_hash_table_lookup(f->asked, uuid);

	if (f->stopping || a == NULL)
		return;
	a->due_us = a->measure_us = now;
	f->poked = true;
	pthread_cond_broadcast(&f->changed);
}

/* Takes the facts; true: they are to be delivered. */
static bool
end_task(struct asker *asker, const struct task *task, struct vm_facts *facts,
    bool measuring)
{
	struct facts *f = asker->facts;
	int64_t now = g_get_monotonic_time();

	LOCK_SCOPE(&f->lock);
	asker->uuid[0] = '\0';
	if (asker->dismissed) {
		vm_facts_free(facts);
		came_back(f, task->uuid, now);
		return false;
	}
	struct asked *a = asked_of(f, task->uuid);
	vm_facts_free(a->facts);
	a->facts = facts;
	if (task->ask)
		a->due_us = now + (facts->host == NULL ? RETRY_US : OLD_US);
	if (task->measure)
		a->measure_us = now + (int64_t)f->measure_s * G_USEC_PER_SEC;
	a->measuring = measuring;
	return true;
}

/* The host's first sample may not have come yet. */
static void
ask_again(struct asker *asker, const char *uuid)
{
	LOCK_SCOPE(&asker->facts->lock);
	if (!asker->dismissed)
		asked_of(asker->facts, uuid)->due_us = 0;
	asker->early = true;
}

static void
ask_one(struct asker *asker, struct link *link, virDomainPtr domain)
{
	struct facts *f = asker->facts;
	struct task task = { .before = NULL };
	bool measuring = false;

	if (virDomainGetUUIDString(domain, task.uuid) < 0 || f->avoid(f->ctx, task.uuid) ||
	    !begin_task(asker, domain, &task))
		return;
	struct vm_facts *facts = task.ask
	    ? vm_facts_ask(link, domain, AGENT_S, task.before)
	    : vm_facts_copy(task.before);
	if (task.read_rate)
		measuring = !vm_facts_read_rate(facts, link, domain);
	if (task.measure && !measuring)
		measuring = vm_facts_measure_rate(link, domain, MEASURE_S);
	struct vm_facts *copy = vm_facts_copy(facts);
	vm_facts_free(task.before);
	if (!end_task(asker, &task, facts, measuring))
		vm_facts_free(copy);
	else if (!f->deliver(f->ctx, task.uuid, copy))
		ask_again(asker, task.uuid);
}

/* --- one look at all of them */

static gboolean
not_seen(gpointer uuid, gpointer asked, gpointer facts)
{
	return ((struct asked *)asked)->pass != ((struct facts *)facts)->pass;
}

/* Holding the lock: those that are no longer there. */
static void
forget_gone(struct asker *a)
{
	if (!a->dismissed)
		g_hash_table_foreach_remove(a->facts->asked, not_seen, a->facts);
}

/* Those that are there, as of now, and have been seen so. */
static void
see_all(struct asker *a, virDomainPtr *domains, int n)
{
	char uuid[VIR_UUID_STRING_BUFLEN];

	LOCK_SCOPE(&a->facts->lock);
	if (a->dismissed)
		return;
	a->facts->pass++;
	for (int i = 0; i < n; i++)
		if (virDomainGetUUIDString(domains[i], uuid) == 0)
			asked_of(a->facts, uuid)->pass = a->facts->pass;
	forget_gone(a);
}

/* False: the connection is of no use any more. */
static bool
look(struct asker *a, struct link *link)
{
	VIRT_DOMAINS domains = NULL;

	call_begin(&a->called_us);
	int n = virConnectListAllDomains(link->connection, &domains, 0);
	call_end(&a->called_us);
	if (n >= 0)
		see_all(a, domains, n);
	for (int i = 0; i < n && is_wanted(a); i++)
		ask_one(a, link, domains[i]);
	return n >= 0 && virConnectIsAlive(link->connection) == 1;
}

static void
look_while_connected(struct asker *a, struct link *link)
{
	while (is_wanted(a) && look(a, link)) {
		int64_t pause = a->early ? EARLY_US : LOOK_US;
		a->early = false;
		pause_until(a, g_get_monotonic_time() + pause);
	}
}

static gpointer
asker_main(gpointer data)
{
	struct asker *a = data;
	struct facts *f = a->facts;

	while (is_wanted(a)) {
		g_autoptr(GError) error = NULL;
		struct link *link = link_open(f->uri, &a->called_us, &error);
		if (link != NULL)
			look_while_connected(a, link);
		else /* the host's own thread tells of it */
			log_debug("host", "%s: no facts: %s", f->name, error->message);
		link_close(link);
		if (is_wanted(a))
			pause_until(a, g_get_monotonic_time() + RECONNECT_US);
	}
	pthread_mutex_lock(&f->lock);
	a->ended = true;
	bool orphan = a->orphan;
	pthread_cond_broadcast(&f->changed);
	pthread_mutex_unlock(&f->lock);
	if (orphan)
		asker_free(a);
	return NULL;
}

/* Holding the lock, but at the start. */
static void
start_asker(struct facts *f)
{
	struct asker *a = g_new0(struct asker, 1);

	atomic_init(&a->called_us, 0);
	ref_take(&f->refs);
	a->facts = f;
	g_ptr_array_add(f->askers, a);
	a->thread = g_thread_new("facts", asker_main, a);
}

/* --- the watchdog's visit */

/* Joins those that have ended. */
static void
reap(struct facts *f)
{
	g_autoptr(GPtrArray) ended = g_ptr_array_new();

	pthread_mutex_lock(&f->lock);
	for (guint i = f->askers->len; i-- > 0;)
		if (((struct asker *)f->askers->pdata[i])->ended)
			g_ptr_array_add(ended, g_ptr_array_remove_index(f->askers, i));
	pthread_mutex_unlock(&f->lock);
	for (guint i = 0; i < ended->len; i++) {
		g_thread_join(((struct asker *)ended->pdata[i])->thread);
		asker_free(ended->pdata[i]);
	}
}

/* Holding the lock: the guest is asked again when this call comes back, or much later. */
static void
give_up(struct facts *f, const char *uuid, int64_t now)
{
	struct asked *a = asked_of(f, uuid);

	log_info("host", "%s: domain %s does not tell of itself: going on without it",
	    f->name, uuid);
	a->due_us = a->measure_us = now + OLD_US;
	a->measuring = false;
}

void
facts_check(struct facts *f)
{
	int64_t now = g_get_monotonic_time();

	reap(f);
	LOCK_SCOPE(&f->lock);
	if (f->stopping)
		return;
	struct asker *a = f->askers->pdata[f->askers->len - 1];
	int64_t called = atomic_load(&a->called_us);
	bool one = a->uuid[0] != '\0';
	if (called == 0 || now - called <= (one ? GIVE_UP_US : REPLACE_US) ||
	    f->askers->len > LEFT_MOST)
		return;
	if (one)
		give_up(f, a->uuid, now);
	a->dismissed = true;
	start_asker(f);
}

/* --- start and stop */

struct facts *
facts_start(const char *name, const char *uri, facts_deliver *deliver, facts_avoid *avoid,
    void (*release)(void *), void *ctx)
{
	struct facts *f = g_new0(struct facts, 1);

	atomic_init(&f->refs, 1);
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
	f->askers = g_ptr_array_new();
	LOCK_SCOPE(&f->lock);
	start_asker(f);
	return f;
}

void
facts_poke(struct facts *f, const char *uuid, bool at_once)
{
	LOCK_SCOPE(&f->lock);
	g_hash_table_add(f->wanted, g_strdup(uuid));
	f->poked |= at_once;
	pthread_cond_broadcast(&f->changed);
}

void
facts_set_measure(struct facts *f, int seconds)
{
	LOCK_SCOPE(&f->lock);
	f->measure_s = seconds;
}

void
facts_stop(struct facts *f)
{
	LOCK_SCOPE(&f->lock);
	f->stopping = true;
	for (guint i = 0; i < f->askers->len; i++)
		((struct asker *)f->askers->pdata[i])->dismissed = true;
	pthread_cond_broadcast(&f->changed);
}

/* Holding the lock. */
static bool
all_ended(const struct facts *f)
{
	for (guint i = 0; i < f->askers->len; i++)
		if (!((struct asker *)f->askers->pdata[i])->ended)
			return false;
	return true;
}

bool
facts_ended(struct facts *f)
{
	LOCK_SCOPE(&f->lock);
	return all_ended(f);
}

void
facts_wait(struct facts *f, int64_t deadline)
{
	LOCK_SCOPE(&f->lock);
	while (!all_ended(f))
		if (!sync_cond_wait_until(&f->changed, &f->lock, deadline))
			return;
}

void
facts_free(struct facts *f)
{
	pthread_mutex_lock(&f->lock);
	for (guint i = f->askers->len; i-- > 0;) {
		struct asker *a = f->askers->pdata[i];
		if (a->ended)
			continue;
		a->orphan = true;
		g_thread_unref(a->thread);
		g_ptr_array_remove_index(f->askers, i);
	}
	pthread_mutex_unlock(&f->lock);
	reap(f);
	facts_unref(f);
}
