/* What was made once and is wanted by many. */
#include "web/cache.h"

#include <stdbool.h>

#include "common/sync.h"

struct entry {
	char *key;
	gpointer value; /* NULL: none yet */
	GError *error;  /* why the last attempt gave none */
	int64_t made_us;
	uint64_t turn;  /* counts attempts */
	bool busy;      /* somebody makes it */
	unsigned waiting;
	GList link; /* in `order` */
};

struct cache {
	struct cache_kind kind; /* immutable after init */

	/* guarded by lock */
	pthread_mutex_t lock;
	pthread_cond_t made;
	GHashTable *entries; /* key (the entry's) to struct entry */
	GQueue order;        /* the last that was wanted first */
	size_t weight;
};

struct cache *
cache_new(const struct cache_kind *kind)
{
	struct cache *c = g_new0(struct cache, 1);

	c->kind = *kind;
	pthread_mutex_init(&c->lock, NULL);
	sync_cond_init(&c->made);
	c->entries = g_hash_table_new(g_str_hash, g_str_equal);
	g_queue_init(&c->order);
	return c;
}

static void
drop_value(struct cache *c, struct entry *e)
{
	if (e->value != NULL) {
		c->weight -= c->kind.weigh(e->value);
		c->kind.unref(e->value);
		e->value = NULL;
	}
	g_clear_error(&e->error);
}

static void
drop_entry(struct cache *c, struct entry *e)
{
	drop_value(c, e);
	g_hash_table_remove(c->entries, e->key);
	g_queue_unlink(&c->order, &e->link);
	g_free(e->key);
	g_free(e);
}

void
cache_free(struct cache *c)
{
	while (c->order.head != NULL)
		drop_entry(c, c->order.head->data);
	g_hash_table_destroy(c->entries);
	pthread_cond_destroy(&c->made);
	pthread_mutex_destroy(&c->lock);
	g_free(c);
}

/* All below hold the lock. */

static struct entry *
entry_of(struct cache *c, const char *key)
{
	struct entry *e = g_hash_table_lookup(c->entries, key);

	if (e == NULL) {
		e = g_new0(struct entry, 1);
		e->key = g_strdup(key);
		e->link.data = e;
		g_hash_table_insert(c->entries, e->key, e);
	} else {
		g_queue_unlink(&c->order, &e->link);
	}
	g_queue_push_head_link(&c->order, &e->link);
	return e;
}

#define MOST_ENTRIES 20000 /* keys without a value weigh nothing, but are not nothing */

/* Forgets what nobody wanted for longest. */
static void
make_room(struct cache *c)
{
	GList *link = c->order.tail;

	while (link != NULL && (c->weight > c->kind.most || c->order.length > MOST_ENTRIES)) {
		struct entry *e = link->data;
		link = link->prev;
		if (!e->busy && e->waiting == 0)
			drop_entry(c, e);
	}
}

static bool
is_younger(const struct entry *e, int64_t age_us)
{
	return e->value != NULL && g_get_monotonic_time() - e->made_us < age_us;
}

static void
make_value(struct cache *c, struct entry *e, cache_make *make, void *ctx)
{
	GError *error = NULL;

	e->busy = true;
	pthread_mutex_unlock(&c->lock);
	int64_t now = g_get_monotonic_time();
	gpointer value = make(ctx, &error);
	pthread_mutex_lock(&c->lock);
	e->busy = false;
	e->turn++;
	drop_value(c, e);
	e->value = value;
	e->error = error;
	e->made_us = now;
	if (value != NULL)
		c->weight += c->kind.weigh(value);
	pthread_cond_broadcast(&c->made);
}

static void
wait_for_value(struct cache *c, struct entry *e)
{
	uint64_t turn = e->turn;

	e->waiting++;
	while (e->busy && e->turn == turn)
		pthread_cond_wait(&c->made, &c->lock);
	e->waiting--;
}

gpointer
cache_get(struct cache *c, const char *key, int64_t fresh_us, int64_t stale_us,
    cache_make *make, void *ctx, GError **error)
{
	gpointer value = NULL;

	LOCK_SCOPE(&c->lock);
	struct entry *e = entry_of(c, key);
	if (!is_younger(e, e->busy ? stale_us : fresh_us)) {
		if (e->busy)
			wait_for_value(c, e);
		else
			make_value(c, e, make, ctx);
	}
	if (e->value != NULL)
		value = c->kind.ref(e->value);
	else if (e->error != NULL)
		g_propagate_error(error, g_error_copy(e->error));
	make_room(c);
	return value;
}
