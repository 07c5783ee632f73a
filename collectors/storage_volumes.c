/* A look at the storage of a host: from libvirt to rows of volumes. */
#include <stdlib.h>

#include "collectors/storage_private.h"
#include "common/log.h"
#include "common/virt.h"
#include "model/value.h"

#define VOLUMES_MOST  10000 /* of one host */
#define CONFIG_OLD_US (INT64_C(10) * 60 * G_USEC_PER_SEC) /* then it is asked for again */

/* Its configuration, read again when it may have changed; NULL: libvirt does not tell. */
static const struct volume_config *
volume_config_of(struct storage_looking *l, struct known_pool *pool, virStorageVolPtr vol,
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
		storage_complain(l->s, "volume %s: %s", name, error->message);
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
add_volume(struct storage_looking *l, struct known_pool *known, const struct pool_node *pool,
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

void
storage_add_volumes(struct storage_looking *l, struct known_pool *known,
    const struct pool_node *row, virStoragePoolPtr pool)
{
	virStorageVolPtr *volumes = NULL;

	call_begin(l->link->called_us);
	int n = virStoragePoolListAllVolumes(pool, &volumes, 0);
	if (n < 0) {
		log_debug("host", "%s: volumes of pool %s: %s", l->s->node, row->pool_name,
		    virGetLastErrorMessage());
		storage_repeat_volumes(l, row->identity);
		return;
	}
	for (int i = 0; i < n; i++) {
		if (l->volumes >= VOLUMES_MOST)
			storage_complain(l->s, "more than %d volumes: the rest is left out",
			    VOLUMES_MOST);
		else if (!l->stop(l->ctx))
			add_volume(l, known, row, volumes[i]);
		virStorageVolFree(volumes[i]);
	}
	free(volumes);
	g_hash_table_foreach_remove(known->volumes, volume_not_seen, &l->s->pass);
}
