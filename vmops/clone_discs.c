/*
 * Clones: what the source only reads.  Discs stay in their drives as long as the clone's host
 * has them; what cloud-init was told by this agent is told anew, for it names the machine.
 */
#include <string.h>

#include "common/log.h"
#include "vmops/clone.h"
#include "vmops/create.h"

void
clone_disc_free(struct clone_disc *d)
{
	storage_close(&d->seed);
	g_free(d->target);
	g_free(d->name);
	g_free(d->path);
	g_free(d);
}

/* As op_create names it. */
static bool
is_our_seed(const struct clone *c, const char *path)
{
	g_autofree char *name = g_strdup_printf("%s-%.8s-seed.iso", c->run->name, c->run->uuid);
	g_autofree char *file = path == NULL ? NULL : g_path_get_basename(path);

	return g_strcmp0(file, name) == 0;
}

static bool
is_there(const struct clone *c, const char *path)
{
	g_autoptr(virStorageVol) volume =
	    path == NULL ? NULL : virStorageVolLookupByPath(c->host, path);

	return volume != NULL;
}

/* Beside the first of the clone's disks. */
static bool
open_seed(struct clone *c, struct clone_disc *d, GError **error)
{
	const struct clone_disk *first = c->disks->pdata[0];

	d->name = g_strconcat(c->prefix, "seed.iso", NULL);
	return storage_open(c->run, first->to.pool_index, c->host_index, true, &d->seed, error);
}

static bool
plan(struct clone *c, const struct old_disc *old, bool away, GError **error)
{
	bool seed = is_our_seed(c, old->path) && c->disks->len > 0;
	struct clone_disc *d;

	if (!seed && (!away || is_there(c, old->path)))
		return true;
	if (!seed && !old->drive)
		return clone_refuse(c, CAUSE_IMPOSSIBLE, error, "its disk %s (%s) is not on %s",
		    old->target, old->path == NULL ? "no file" : old->path, c->host_name);
	d = g_new0(struct clone_disc, 1);
	d->target = g_strdup(old->target);
	g_ptr_array_add(c->discs, d);
	return !seed || open_seed(c, d, error);
}

bool
clone_discs_open(struct clone *c, GError **error)
{
	g_autoptr(GPtrArray) all = new_identity_discs(c->xml);
	bool away = strcmp(c->host_name, c->run->node) != 0;

	for (guint i = 0; all != NULL && i < all->len; i++) {
		c->run->alive(c->run->context);
		if (!plan(c, all->pdata[i], away, error))
			return false;
	}
	return true;
}

/* --- the seed */

static bool
make_seed(struct clone *c, struct clone_disc *d, GError **error)
{
	g_autofree char *hostname = create_host_name(c->name);
	struct create_seed told = {
		.uuid = c->uuid, .hostname = hostname,
		.user = "", .ssh_keys = "", .ssh_key = "", .packages = "",
	};
	g_autoptr(GByteArray) image = create_seed_image(&told, error);
	VOLUME_NAMES names = { 0 };

	if (image == NULL)
		return false;
	g_autofree char *xml = storage_volume_xml(&(struct volume_form){ .name = d->name,
	    .format = "raw", .capacity = image->len, .allocation = image->len });
	d->seed.volume = virStorageVolCreateXML(d->seed.pool, xml, 0);
	if (d->seed.volume == NULL)
		return storage_fail(c->run, &d->seed, "make volume", d->name, error);
	g_autofree char *words = storage_upload(d->seed.volume, image);
	if (words != NULL)
		return op_refuse(error, CAUSE_LIBVIRT, "cannot fill volume %s (pool %s) on %s: %s",
		    d->name, d->seed.at->pool_name, d->seed.at->node_name, words);
	if (!storage_names(d->seed.volume, &names))
		return storage_fail(c->run, &d->seed, "see the path of", d->name, error);
	d->path = g_strdup(names.path);
	return true;
}

bool
clone_discs_check(struct clone *c, GError **error)
{
	for (guint i = 0; i < c->discs->len; i++) {
		struct clone_disc *d = c->discs->pdata[i];
		if (d->seed.pool != NULL &&
		    !storage_check_free(c->run, &d->seed, d->name, error))
			return false;
	}
	return true;
}

bool
clone_discs_make(struct clone *c, GError **error)
{
	for (guint i = 0; i < c->discs->len; i++) {
		struct clone_disc *d = c->discs->pdata[i];
		c->run->alive(c->run->context);
		if (d->seed.pool != NULL && !make_seed(c, d, error))
			return false;
	}
	return true;
}

char *
clone_discs_remove(struct clone *c)
{
	for (guint i = 0; i < c->discs->len; i++) {
		struct clone_disc *d = c->discs->pdata[i];
		char *left = d->seed.pool == NULL ? NULL : storage_undo(c->run, &d->seed, d->name);
		if (left != NULL)
			return left;
	}
	return NULL;
}
