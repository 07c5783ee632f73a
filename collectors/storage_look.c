/* A look at the storage of a host: from libvirt to rows of pools, and the whole. */
#include "collectors/storage_look.h"

#include <stdlib.h>
#include <string.h>

#include "collectors/storage_private.h"
#include "common/log.h"
#include "common/virt.h"
#include "model/value.h"

/* --- pools */

static int32_t
pool_state(int state)
{
	static const int32_t states[] = {
		[VIR_STORAGE_POOL_INACTIVE] = POOL_INACTIVE,
		[VIR_STORAGE_POOL_BUILDING] = POOL_BUILDING,
		[VIR_STORAGE_POOL_RUNNING] = POOL_RUNNING,
		[VIR_STORAGE_POOL_DEGRADED] = POOL_DEGRADED,
		[VIR_STORAGE_POOL_INACCESSIBLE] = POOL_INACCESSIBLE,
	};

	if (state < 0 || (size_t)state >= G_N_ELEMENTS(states))
		return POOL_UNKNOWN;
	return states[state];
}

static void
set_text(char **text, const char *value)
{
	g_free(*text);
	*text = g_strdup(value);
}

/* Lets libvirt look through the pool, which it does not do by itself. */
static void
refresh(struct storage_looking *l, struct known_pool *known, virStoragePoolPtr pool)
{
	if (l->setup->refresh == 0 || l->now < known->refresh_due)
		return;
	known->refresh_due = storage_next_refresh(l);
	call_begin(l->link->called_us);
	if (virStoragePoolRefresh(pool, 0) < 0) {
		g_autofree char *why = g_strdup(virGetLastErrorMessage());
		if (strcmp(why, known->error) != 0)
			log_warn("host", "%s: pool %s: %s", l->s->node,
			    virStoragePoolGetName(pool), why);
		set_text(&known->error, why);
		return;
	}
	known->refreshed_at = g_get_real_time();
	set_text(&known->error, "");
}

static bool
is_active(const virStoragePoolInfo *info)
{
	return info->state != VIR_STORAGE_POOL_INACTIVE;
}

/* Started again: what went wrong before is over. */
static void
note_active(struct known_pool *known, bool active)
{
	if (active && !known->active)
		set_text(&known->error, "");
	known->active = active;
}

static void
measure(struct pool_node *row, const virStoragePoolInfo *info)
{
	row->state = pool_state(info->state);
	if (!is_active(info) || info->capacity == 0)
		return;
	row->capacity = info->capacity;
	row->allocation = info->allocation;
	row->available = info->available;
}

static struct pool_node *
add_pool_row(struct storage_looking *l, const struct pool_config *config)
{
	struct pool_node *row = part_add(l->part, ROWS_POOL_NODE);
	g_autofree char *name = g_strdup_printf("%s on %s", config->name, l->s->node);

	row->identity = part_text(l->part, config->identity);
	row->name = part_text(l->part, name);
	row->pool_name = part_text(l->part, config->name);
	row->uuid = part_text(l->part, config->uuid);
	row->type = part_text(l->part, config->type);
	row->path = part_text(l->part, config->path);
	row->source = part_text(l->part, config->source);
	row->node_name = l->part->node;
	row->sampled_us = l->now;
	row->stale_after = storage_stale_after(l->setup);
	return row;
}

static struct pool_config *
ask_config(struct storage_looking *l, virStoragePoolPtr pool, GError **error)
{
	const struct pool_place place = { l->link->uuid, l->s->node, l->setup->shared };

	call_begin(l->link->called_us);
	char *xml = virStoragePoolGetXMLDesc(pool, 0);
	if (xml == NULL) {
		virt_error_plain(error);
		return NULL;
	}
	struct pool_config *config = pool_config_parse(xml, &place, error);
	free(xml);
	return config;
}

/* False with an error: libvirt does not tell of it. */
static bool
add_pool(struct storage_looking *l, virStoragePoolPtr pool, const char *uuid, GError **error)
{
	struct known_pool *known = storage_known_pool(l, uuid);
	virStoragePoolInfo info;
	int autostart = 0;

	if (known->active)
		refresh(l, known, pool);
	SCOPED(pool_config) config = ask_config(l, pool, error);
	if (config == NULL)
		return false;
	call_begin(l->link->called_us);
	if (virStoragePoolGetInfo(pool, &info) < 0)
		return virt_error_plain(error);
	if (!g_hash_table_add(l->seen, g_strdup(config->identity))) {
		storage_complain(l->s, "pool %s is left out: another one has the same source %s",
		    config->name, config->source);
		return true;
	}
	note_active(known, is_active(&info));
	struct pool_node *row = add_pool_row(l, config);
	measure(row, &info);
	call_begin(l->link->called_us);
	if (virStoragePoolGetAutostart(pool, &autostart) == 0)
		row->autostart = autostart;
	row->refreshed_at = known->refreshed_at;
	row->error = part_text(l->part, known->error);
	if (is_active(&info))
		storage_add_volumes(l, known, row, pool);
	return true;
}

static void
look_at_pool(struct storage_looking *l, virStoragePoolPtr pool)
{
	char uuid[VIR_UUID_STRING_BUFLEN] = "";
	g_autoptr(GError) error = NULL;

	if (virStoragePoolGetUUIDString(pool, uuid) < 0 || add_pool(l, pool, uuid, &error))
		return;
	if (g_error_matches(error, VIRT_ERROR, VIR_ERR_NO_STORAGE_POOL))
		return; /* it has just gone */
	storage_complain(l->s, "pool %s: %s", virStoragePoolGetName(pool), error->message);
	storage_repeat_pool(l, uuid, error->message);
}

static gboolean
pool_not_seen(gpointer uuid, gpointer pool, gpointer pass)
{
	return ((struct known_pool *)pool)->pass != *(uint64_t *)pass;
}

static void
look_at_pools(struct storage_looking *l, virStoragePoolPtr *pools, int n)
{
	if (n > POOLS_MOST)
		storage_complain(l->s, "%d pools: only %d of them are shown", n, POOLS_MOST);
	for (int i = 0; i < n; i++) {
		if (i < POOLS_MOST && !l->stop(l->ctx))
			look_at_pool(l, pools[i]);
		virStoragePoolFree(pools[i]);
	}
	free(pools);
	g_hash_table_foreach_remove(l->s->pools, pool_not_seen, &l->s->pass);
}

/* --- the whole */

/* False with an error. */
static bool
take(struct storage_looking *l, GError **error)
{
	virStoragePoolPtr *pools = NULL;

	if (l->link->lacks & LACKS_STORAGE)
		return true;
	call_begin(l->link->called_us);
	int n = virConnectListAllStoragePools(l->link->connection, &pools, 0);
	if (n < 0)
		return link_note_lack(l->link, LACKS_STORAGE) || virt_error_plain(error);
	look_at_pools(l, pools, n);
	if (virConnectIsAlive(l->link->connection) == 1 && !l->stop(l->ctx))
		return true;
	g_set_error_literal(error, VIRT_ERROR, VIR_ERR_NO_CONNECT,
	    "the connection to libvirt broke");
	return false;
}

struct part *
storage_look_take(struct storage_look *s, struct link *link, const struct storage_setup *setup,
    bool (*stop)(void *), void *ctx, GError **error)
{
	g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	struct storage_looking l = { s, link, setup, part_new(s->source, s->node), seen, 0,
		g_get_monotonic_time(), stop, ctx };

	s->pass++;
	bool good = take(&l, error);
	call_end(link->called_us);
	if (!good) {
		part_unref(l.part);
		return NULL;
	}
	part_unref(s->last);
	s->last = part_ref(l.part);
	return l.part;
}
