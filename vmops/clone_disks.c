/* Clones: the volumes. */
#include <string.h>

#include "common/log.h"
#include "vmops/clone.h"

/* --- opening */

void
clone_disk_free(struct clone_disk *d)
{
	storage_close(&d->from);
	storage_close(&d->to);
	storage_close(&d->via);
	g_free(d->target);
	g_free(d->name);
	g_free(d->format);
	g_free(d->path);
	g_free(d);
}

struct storage_side *
clone_disk_first(struct clone_disk *d)
{
	return d->via.connection != NULL ? &d->via : &d->to;
}

static bool
plan(struct clone *c, const struct cluster *cluster, const char *target,
    struct clone_route *route, GError **error)
{
	g_autoptr(GError) why = NULL;

	if (clone_plan(cluster, c->run->request, target, route, &why))
		return true;
	g_set_error_literal(error, OP_ERROR, CAUSE_IMPOSSIBLE, why->message);
	return false;
}

/* The new volume through the node where it is written: the VM's, as long as that has its pool. */
static bool
open_ends(struct clone *c, struct clone_disk *d, const struct clone_route *r, GError **error)
{
	const struct op_run *run = c->run;
	uint32_t here = r->from->h.sub, there = r->far ? r->to->h.sub : here;

	return storage_open(run, r->from->h.index, here, true, &d->from, error) &&
	    storage_open_volume(run, &d->from, r->volume->name, error) &&
	    storage_open(run, r->to->h.index, there, true, &d->to, error) &&
	    (!r->via || storage_open(run, r->from->h.index, here, true, &d->via, error));
}

static bool
open_disk(struct clone *c, const struct cluster *cluster, const char *target, GError **error)
{
	struct clone_disk *d = g_new0(struct clone_disk, 1);
	struct clone_route route;

	g_ptr_array_add(c->disks, d);
	if (!plan(c, cluster, target, &route, error))
		return false;
	bool qcow2 = g_strcmp0(route.format, "qcow2") == 0;
	d->target = g_strdup(target);
	d->name = g_strdup_printf("%s%s.%s", c->prefix, target, qcow2 ? "qcow2" : "img");
	d->format = g_strdup(route.format);
	d->linked = route.linked;
	c->run->alive(c->run->context);
	return open_ends(c, d, &route, error);
}

bool
clone_disks_open(struct clone *c, GError **error)
{
	SCOPED(cluster) cluster = c->run->look(c->run->context);
	g_autoptr(GError) why = NULL;
	g_auto(GStrv) targets = new_identity_targets(c->xml, &why);

	if (targets == NULL)
		return clone_refuse(c, CAUSE_IMPOSSIBLE, error, "%s", why->message);
	if (cluster == NULL)
		return clone_refuse(c, CAUSE_RESTART, error, "the agent is stopping");
	for (char **target = targets; *target != NULL; target++)
		if (!open_disk(c, cluster, *target, error))
			return false;
	return true;
}

bool
clone_disks_check(struct clone *c, GError **error)
{
	for (guint i = 0; i < c->disks->len; i++) {
		struct clone_disk *d = c->disks->pdata[i];
		c->run->alive(c->run->context);
		if (!storage_check_free(c->run, &d->to, d->name, error) ||
		    (d->via.connection != NULL &&
			!storage_check_free(c->run, &d->via, d->name, error)))
			return false;
	}
	return true;
}

/* --- copying */

/* What lies between is of the format in which it goes on. */
static const char *
format_on(const struct clone *c, const struct clone_disk *d, const struct storage_side *side)
{
	const struct pool *pool =
	    rows_find(&side->cluster->rows[ROWS_POOL], side->pool_index, 0);

	if (pool == NULL || !storage_has_files(pool))
		return NULL;
	return d->format == NULL ? "raw" : d->format;
}

static bool
copy_first(struct clone *c, struct clone_disk *d, GError **error)
{
	struct storage_side *to = clone_disk_first(d);
	g_autofree char *step = g_strdup_printf("copying disk %s", d->target);
	struct storage_copy copy = {
		.run = c->run, .from = &d->from, .to = to, .name = d->name,
		.format = format_on(c, d, to), .step = step, .as_is = d->linked,
	};

	return storage_copy(&copy, error);
}

static bool
reopen(struct clone *c, struct storage_side *side, const char *name, GError **error)
{
	if (side->volume != NULL)
		virStorageVolFree(side->volume);
	side->volume = NULL;
	return storage_open_volume(c->run, side, name, error);
}

/* From the VM's node to the clone's. */
static bool
copy_on(struct clone *c, struct clone_disk *d, GError **error)
{
	g_autofree char *step =
	    g_strdup_printf("copying disk %s to %s", d->target, c->host_name);
	struct storage_copy copy = {
		.run = c->run, .from = &d->via, .to = &d->to, .name = d->name,
		.format = d->format, .step = step,
	};

	if (d->via.connection == NULL)
		return true;
	if (!reopen(c, &d->via, d->name, error) ||
	    !storage_copy(&copy, error))
		return false;
	char *left = storage_undo(c->run, &d->via, d->name);
	bool gone = left == NULL;
	if (!gone)
		clone_refuse(c, CAUSE_LIBVIRT, error, "a copy in between was not removed");
	storage_add_left(error, left);
	return gone;
}

/* As the clone's host sees it. */
static bool
find_path(struct clone *c, struct clone_disk *d, GError **error)
{
	VOLUME_NAMES names = { 0 };
	STORAGE_SIDE there = { 0 };
	bool same = d->to.at->h.sub == c->host_index;
	struct storage_side *side = same ? &d->to : &there;

	if (!same && !storage_open(c->run, d->to.pool_index, c->host_index, false, &there, error))
		return false;
	if (!reopen(c, side, d->name, error))
		return false;
	if (!storage_names(side->volume, &names))
		return storage_fail(c->run, side, "see the path of", d->name, error);
	d->path = g_strdup(names.path);
	log_info("jobs", "job %u: volume %s/%s made on node %s", c->run->number, names.pool,
	    d->name, d->to.at->node_name);
	return true;
}

bool
clone_disks_copy(struct clone *c, GError **error)
{
	if (c->active && c->disks->len > 0 && !clone_backup(c, error))
		return false;
	for (guint i = 0; i < c->disks->len; i++) {
		struct clone_disk *d = c->disks->pdata[i];
		if ((!c->active && !copy_first(c, d, error)) || !copy_on(c, d, error) ||
		    !find_path(c, d, error))
			return false;
	}
	return true;
}

/* --- the end */

static void
add_left(GString *all, char *left)
{
	if (left != NULL)
		g_string_append_printf(all, "%s%s", all->len > 0 ? "; " : "", left);
	g_free(left);
}

char *
clone_disks_remove(struct clone *c)
{
	g_autoptr(GString) left = g_string_new(NULL);

	for (guint i = 0; i < c->disks->len; i++) {
		struct clone_disk *d = c->disks->pdata[i];
		c->run->alive(c->run->context);
		if (d->to.pool != NULL)
			add_left(left, storage_undo(c->run, &d->to, d->name));
		if (d->via.pool != NULL)
			add_left(left, storage_undo(c->run, &d->via, d->name));
	}
	return left->len == 0 ? NULL : g_string_free(g_steal_pointer(&left), FALSE);
}

void
clone_disks_settle(struct clone *c)
{
	for (guint i = 0; i < c->disks->len; i++) {
		struct clone_disk *d = c->disks->pdata[i];
		bool again = false;
		for (guint k = 0; k < i; k++)
			again = again ||
			    ((struct clone_disk *)c->disks->pdata[k])->to.pool_index ==
			    d->to.pool_index;
		if (d->to.pool != NULL && !again)
			storage_settle(c->run, d->to.pool_index);
	}
}
