/* A look at the storage of a host: what is remembered from look to look. */
#include <string.h>

#include "collectors/storage_private.h"
#include "common/log.h"

static void
known_volume_free(gpointer data)
{
	struct known_volume *volume = data;

	volume_config_free(volume->config);
	g_free(volume);
}

static void
known_pool_free(gpointer data)
{
	struct known_pool *pool = data;

	g_hash_table_destroy(pool->volumes);
	g_free(pool->error);
	g_free(pool);
}

struct storage_look *
storage_look_new(const char *node)
{
	struct storage_look *s = g_new0(struct storage_look, 1);

	s->node = g_strdup(node);
	s->source = g_strconcat("storage:", node, NULL);
	s->pools = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, known_pool_free);
	s->complained = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	return s;
}

void
storage_look_free(struct storage_look *s)
{
	part_unref(s->last);
	g_hash_table_destroy(s->pools);
	g_hash_table_destroy(s->complained);
	g_free(s->node);
	g_free(s->source);
	g_free(s);
}

void
storage_complain(struct storage_look *s, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	g_autofree char *text = g_strdup_vprintf(format, args);
	va_end(args);
	if (g_hash_table_size(s->complained) < POOLS_MOST &&
	    g_hash_table_add(s->complained, g_strdup(text)))
		log_warn("host", "%s: %s", s->node, text);
}

int64_t
storage_next_refresh(const struct storage_looking *l)
{
	return l->now + (int64_t)l->setup->refresh * G_USEC_PER_SEC;
}

struct known_pool *
storage_known_pool(struct storage_looking *l, const char *uuid)
{
	struct known_pool *known = g_hash_table_lookup(l->s->pools, uuid);

	if (known == NULL) {
		known = g_new0(struct known_pool, 1);
		known->error = g_strdup("");
		known->refresh_due = storage_next_refresh(l);
		known->volumes = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
		    known_volume_free);
		g_hash_table_insert(l->s->pools, g_strdup(uuid), known);
	}
	known->pass = l->s->pass;
	return known;
}

static void
forget_volumes(gpointer uuid, gpointer pool, gpointer ctx)
{
	GHashTableIter iter;
	gpointer volume;

	g_hash_table_iter_init(&iter, ((struct known_pool *)pool)->volumes);
	while (g_hash_table_iter_next(&iter, NULL, &volume))
		((struct known_volume *)volume)->read_us = 0;
}

void
storage_look_forget(struct storage_look *s, const char *uuid)
{
	struct known_pool *pool = uuid == NULL ? NULL : g_hash_table_lookup(s->pools, uuid);

	if (uuid == NULL)
		g_hash_table_foreach(s->pools, forget_volumes, NULL);
	else if (pool != NULL)
		forget_volumes(NULL, pool, NULL);
}

/* --- what the last look saw, where this one cannot see */

void
storage_repeat_volumes(struct storage_looking *l, const char *pool_identity)
{
	const GPtrArray *old = l->s->last == NULL ? NULL : l->s->last->rows[ROWS_VOLUME];

	for (guint i = 0; old != NULL && i < old->len; i++) {
		const struct volume *volume = old->pdata[i];
		if (strcmp(volume->pool_identity, pool_identity) == 0 &&
		    g_hash_table_add(l->seen, g_strdup(volume->identity)))
			part_add_copy(l->part, ROWS_VOLUME, volume);
	}
}

void
storage_repeat_pool(struct storage_looking *l, const char *uuid, const char *why)
{
	const GPtrArray *old = l->s->last == NULL ? NULL : l->s->last->rows[ROWS_POOL_NODE];

	for (guint i = 0; old != NULL && i < old->len; i++) {
		const struct pool_node *pool = old->pdata[i];
		if (strcmp(pool->uuid, uuid) != 0 ||
		    !g_hash_table_add(l->seen, g_strdup(pool->identity)))
			continue;
		struct pool_node *copy = part_add_copy(l->part, ROWS_POOL_NODE, pool);
		copy->state = POOL_UNKNOWN;
		copy->error = part_text(l->part, why);
		storage_repeat_volumes(l, pool->identity);
	}
}

struct part *
storage_look_unreachable(const struct part *last)
{
	struct part *part = part_new(last->source, last->node);

	part->reachable = false;
	for (guint i = 0; i < last->rows[ROWS_POOL_NODE]->len; i++) {
		struct pool_node *pool = part_add_copy(part, ROWS_POOL_NODE,
		    last->rows[ROWS_POOL_NODE]->pdata[i]);
		pool->state = POOL_UNKNOWN;
	}
	for (guint i = 0; i < last->rows[ROWS_VOLUME]->len; i++)
		part_add_copy(part, ROWS_VOLUME, last->rows[ROWS_VOLUME]->pdata[i]);
	return part;
}
