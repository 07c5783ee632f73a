/* A look at the storage of a host: from libvirt to rows of pools and volumes. */
#include "collectors/storage_look.h"

#include <stdlib.h>
#include <string.h>

#include "collectors/storage_config.h"
#include "common/log.h"
#include "common/virt.h"
#include "model/value.h"

#define POOLS_MOST   256   /* of one host */
#define VOLUMES_MOST 10000 /* of one host */
#define CONFIG_OLD_US (INT64_C(10) * 60 * G_USEC_PER_SEC) /* then it is asked for again */

/* What is known of a volume from the last look. */
struct known_volume {
	struct volume_config *config;
	uint64_t capacity, allocation; /* when its configuration was read */
	int64_t read_us;
	uint64_t pass;
};

struct known_pool {
	int64_t refresh_due, refreshed_at;
	char *error;         /* of the last refresh, "": none */
	bool active;
	GHashTable *volumes; /* name -> struct known_volume */
	uint64_t pass;
};

struct storage_look {
	char *node, *source;
	GHashTable *pools;     /* UUID -> struct known_pool */
	GHashTable *complained; /* set of what was logged, so that it is only once */
	struct part *last;
	uint64_t pass;
};

/* One look in the making. */
struct looking {
	struct storage_look *s;
	struct link *link;
	const struct storage_setup *setup;
	struct part *part;
	GHashTable *seen; /* set of identities: each has one row */
	size_t volumes;
	int64_t now;
	bool (*stop)(void *);
	void *ctx;
};

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

/* Once for the same words. */
static void G_GNUC_PRINTF(2, 3)
complain(struct storage_look *s, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	g_autofree char *text = g_strdup_vprintf(format, args);
	va_end(args);
	if (g_hash_table_size(s->complained) < POOLS_MOST &&
	    g_hash_table_add(s->complained, g_strdup(text)))
		log_warn("host", "%s: %s", s->node, text);
}

static int64_t
next_refresh(const struct looking *l)
{
	return l->now + (int64_t)l->setup->refresh * G_USEC_PER_SEC;
}

static struct known_pool *
known_pool(struct looking *l, const char *uuid)
{
	struct known_pool *known = g_hash_table_lookup(l->s->pools, uuid);

	if (known == NULL) {
		known = g_new0(struct known_pool, 1);
		known->error = g_strdup("");
		known->refresh_due = next_refresh(l);
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

static void
repeat_volumes(struct looking *l, const char *pool_identity)
{
	const GPtrArray *old = l->s->last == NULL ? NULL : l->s->last->rows[ROWS_VOLUME];

	for (guint i = 0; old != NULL && i < old->len; i++) {
		const struct volume *volume = old->pdata[i];
		if (strcmp(volume->pool_identity, pool_identity) == 0 &&
		    g_hash_table_add(l->seen, g_strdup(volume->identity)))
			part_add_copy(l->part, ROWS_VOLUME, volume);
	}
}

/* It is there, but libvirt does not tell of it now. */
static void
repeat_pool(struct looking *l, const char *uuid, const char *why)
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
		repeat_volumes(l, pool->identity);
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

/* --- volumes */

/* Its configuration, read again when it may have changed; NULL: libvirt does not tell. */
static const struct volume_config *
volume_config_of(struct looking *l, struct known_pool *pool, virStorageVolPtr vol,
    const char *name, const virStorageVolInfo *info)
{
	struct known_volume *known = g_hash_table_lookup(pool->volumes, name);
	g_autoptr(GError) error = NULL;

	if (known == NULL) {
		known = g_new0(struct known_volume, 1);
		g_hash_table_insert(pool->volumes, g_strdup(name), known);
	}
	known->pass = l->s->pass;
	if (known->read_us > l->now - CONFIG_OLD_US && known->read_us != 0 &&
	    known->capacity == info->capacity && known->allocation == info->allocation)
		return known->config;
	call_begin(l->link->called_us);
	char *xml = virStorageVolGetXMLDesc(vol, 0);
	struct volume_config *config = xml == NULL ? NULL : volume_config_parse(xml, &error);
	free(xml);
	if (error != NULL)
		complain(l->s, "volume %s: %s", name, error->message);
	known->read_us = l->now;
	known->capacity = info->capacity;
	known->allocation = info->allocation;
	if (config == NULL)
		return known->config; /* what was known is better than nothing */
	volume_config_free(known->config);
	known->config = config;
	return config;
}

static void
add_volume(struct looking *l, struct known_pool *known, const struct pool_node *pool,
    virStorageVolPtr vol)
{
	const char *name = virStorageVolGetName(vol), *key = virStorageVolGetKey(vol);
	virStorageVolInfo info;

	call_begin(l->link->called_us);
	if (name == NULL || virStorageVolGetInfo(vol, &info) < 0)
		return; /* it has just gone */
	g_autofree char *identity = volume_identity(pool->identity, name);
	if (!g_hash_table_add(l->seen, g_strdup(identity)))
		return;
	const struct volume_config *config = volume_config_of(l, known, vol, name, &info);
	struct volume *row = part_add(l->part, ROWS_VOLUME);
	row->identity = part_text(l->part, identity);
	row->pool_identity = pool->identity;
	row->pool_name = pool->pool_name;
	row->name = part_text(l->part, name);
	row->key = part_text(l->part, key == NULL ? "" : key);
	row->type = info.type >= 0 && info.type < VOLUME_PLOOP ? info.type + 1 : ABSENT_I32;
	row->capacity = info.capacity;
	row->allocation = info.allocation;
	row->sampled_us = l->now;
	row->path = part_text(l->part, config == NULL ? "" : config->path);
	row->format = part_text(l->part, config == NULL ? "" : config->format);
	row->backing = part_text(l->part, config == NULL ? "" : config->backing);
	if (config != NULL)
		row->physical = config->physical;
	l->volumes++;
}

static gboolean
volume_not_seen(gpointer name, gpointer volume, gpointer pass)
{
	return ((struct known_volume *)volume)->pass != *(uint64_t *)pass;
}

static void
add_volumes(struct looking *l, struct known_pool *known, const struct pool_node *row,
    virStoragePoolPtr pool)
{
	virStorageVolPtr *volumes = NULL;

	call_begin(l->link->called_us);
	int n = virStoragePoolListAllVolumes(pool, &volumes, 0);
	if (n < 0) {
		log_debug("host", "%s: volumes of pool %s: %s", l->s->node, row->pool_name,
		    virGetLastErrorMessage());
		repeat_volumes(l, row->identity);
		return;
	}
	for (int i = 0; i < n; i++) {
		if (l->volumes >= VOLUMES_MOST)
			complain(l->s, "more than %d volumes: the rest is left out",
			    VOLUMES_MOST);
		else if (!l->stop(l->ctx))
			add_volume(l, known, row, volumes[i]);
		virStorageVolFree(volumes[i]);
	}
	free(volumes);
	g_hash_table_foreach_remove(known->volumes, volume_not_seen, &l->s->pass);
}

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
refresh(struct looking *l, struct known_pool *known, virStoragePoolPtr pool)
{
	if (l->setup->refresh == 0 || l->now < known->refresh_due)
		return;
	known->refresh_due = next_refresh(l);
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
add_pool_row(struct looking *l, const struct pool_config *config)
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
ask_config(struct looking *l, virStoragePoolPtr pool, GError **error)
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
add_pool(struct looking *l, virStoragePoolPtr pool, const char *uuid, GError **error)
{
	struct known_pool *known = known_pool(l, uuid);
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
		complain(l->s, "pool %s is left out: another one has the same source %s",
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
		add_volumes(l, known, row, pool);
	return true;
}

static void
look_at_pool(struct looking *l, virStoragePoolPtr pool)
{
	char uuid[VIR_UUID_STRING_BUFLEN] = "";
	g_autoptr(GError) error = NULL;

	if (virStoragePoolGetUUIDString(pool, uuid) < 0 || add_pool(l, pool, uuid, &error))
		return;
	if (g_error_matches(error, VIRT_ERROR, VIR_ERR_NO_STORAGE_POOL))
		return; /* it has just gone */
	complain(l->s, "pool %s: %s", virStoragePoolGetName(pool), error->message);
	repeat_pool(l, uuid, error->message);
}

static gboolean
pool_not_seen(gpointer uuid, gpointer pool, gpointer pass)
{
	return ((struct known_pool *)pool)->pass != *(uint64_t *)pass;
}

static void
look_at_pools(struct looking *l, virStoragePoolPtr *pools, int n)
{
	if (n > POOLS_MOST)
		complain(l->s, "%d pools: only %d of them are shown", n, POOLS_MOST);
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
take(struct looking *l, GError **error)
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
	struct looking l = { s, link, setup, part_new(s->source, s->node), seen, 0,
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
