/* Links: which volume a disk is on, which disk uses a volume. */
#include "model/links.h"

#include <string.h>

#include "common/sync.h"

#define DEPTH_MOST 64 /* images below one another; more is a ring */

/* A disk or volume by its path: the key of its row. */
struct end {
	uint32_t index, sub;
};

struct links {
	refcount refs;
	GHashTable *disks;    /* source -> GArray of struct end */
	GHashTable *volumes;  /* path or other name -> GArray of struct end */
	GHashTable *overlays; /* path of a backing image -> GArray of struct end: volumes */
	GHashTable *users;    /* path of a backing image -> GArray of struct end: disks */
};

static void
free_array(gpointer array)
{
	g_array_free(array, TRUE);
}

static GHashTable *
map_new(void)
{
	return g_hash_table_new_full(g_str_hash, g_str_equal, g_free, free_array);
}

static void
map_add(GHashTable *map, const char *path, const struct row_head *row)
{
	struct end end = { row->index, row->sub };

	if (path == NULL || *path == '\0')
		return;
	GArray *ends = g_hash_table_lookup(map, path);
	if (ends == NULL) {
		ends = g_array_new(FALSE, FALSE, sizeof(struct end));
		g_hash_table_insert(map, g_strdup(path), ends);
	}
	g_array_append_val(ends, end);
}

/* --- what disks call a volume */

#define NAMES_MOST 3

/* Its path; POOL/VOLUME; PROTOCOL:NAME of what is not a file.  Free them; NULL: none. */
static void
volume_names(const struct volume *volume, char *names[NAMES_MOST])
{
	static const char gluster[] = "gluster://";
	const char *path = volume->path == NULL ? "" : volume->path, *rest;

	names[0] = g_strdup(path);
	names[1] = volume->pool_name == NULL || volume->name == NULL ? NULL
	    : g_strconcat(volume->pool_name, "/", volume->name, NULL);
	names[2] = NULL;
	if (volume->type != VOLUME_NETWORK && volume->type != VOLUME_NETDIR)
		return;
	rest = g_str_has_prefix(path, gluster) ? strchr(path + strlen(gluster), '/') : NULL;
	names[2] = rest == NULL ? g_strconcat("rbd:", path, NULL)
				: g_strconcat("gluster:", rest + 1, NULL);
}

static void
free_names(char *names[NAMES_MOST])
{
	for (size_t i = 0; i < NAMES_MOST; i++)
		g_free(names[i]);
}

/* Of a disk on what a host serves: as `source` of struct disk. */
#define EXPORTED "nbd:"

/* The name means the same on every node. */
static bool
is_everywhere(const char *name)
{
	return g_str_has_prefix(name, EXPORTED);
}

/* --- making them, only when something changed */

static bool
same_row(const struct row_head *a, const struct row_head *b)
{
	return a->index == b->index && a->sub == b->sub;
}

static bool
same_exports(const struct rows *next, const struct rows *previous)
{
	if (next->n != previous->n)
		return false;
	for (size_t i = 0; i < next->n; i++) {
		const struct export_info *a = next->row[i], *b = previous->row[i];
		if (a != b && (!same_row(&a->h, &b->h) || g_strcmp0(a->name, b->name) != 0))
			return false;
	}
	return true;
}

static bool
same_paths(const struct cluster *next, const struct cluster *previous)
{
	const struct rows *disks = &next->rows[ROWS_DISK], *volumes = &next->rows[ROWS_VOLUME];

	if (previous->rows[ROWS_DISK].n != disks->n ||
	    previous->rows[ROWS_VOLUME].n != volumes->n ||
	    !same_exports(&next->rows[ROWS_EXPORT], &previous->rows[ROWS_EXPORT]))
		return false;
	for (size_t i = 0; i < disks->n; i++) {
		const struct disk *a = disks->row[i], *b = previous->rows[ROWS_DISK].row[i];
		if (a != b && (!same_row(&a->h, &b->h) ||
		    g_strcmp0(a->source, b->source) != 0 ||
		    g_strcmp0(a->backing, b->backing) != 0))
			return false;
	}
	for (size_t i = 0; i < volumes->n; i++) {
		const struct volume *a = volumes->row[i];
		const struct volume *b = previous->rows[ROWS_VOLUME].row[i];
		if (a != b && (!same_row(&a->h, &b->h) || g_strcmp0(a->path, b->path) != 0 ||
		    g_strcmp0(a->backing, b->backing) != 0 ||
		    g_strcmp0(a->pool_name, b->pool_name) != 0))
			return false;
	}
	return true;
}

static void
add_exports(struct links *links, const struct rows *exports)
{
	for (size_t i = 0; i < exports->n; i++) {
		const struct export_info *export = exports->row[i];
		const struct row_head volume = { .index = export->h.index };
		g_autofree char *name = g_strconcat(EXPORTED, export->name, NULL);
		map_add(links->volumes, name, &volume);
	}
}

struct links *
links_make(const struct cluster *next, const struct cluster *previous)
{
	if (previous != NULL && same_paths(next, previous)) {
		ref_take(&previous->links->refs);
		return previous->links;
	}
	struct links *links = g_new0(struct links, 1);
	atomic_init(&links->refs, 1);
	links->disks = map_new();
	links->volumes = map_new();
	links->overlays = map_new();
	links->users = map_new();
	for (size_t i = 0; i < next->rows[ROWS_DISK].n; i++) {
		const struct disk *disk = next->rows[ROWS_DISK].row[i];
		map_add(links->disks, disk->source, &disk->h);
		map_add(links->users, disk->backing, &disk->h);
	}
	for (size_t i = 0; i < next->rows[ROWS_VOLUME].n; i++) {
		const struct volume *volume = next->rows[ROWS_VOLUME].row[i];
		char *names[NAMES_MOST];
		volume_names(volume, names);
		for (size_t n = 0; n < NAMES_MOST; n++)
			map_add(links->volumes, names[n], &volume->h);
		free_names(names);
		map_add(links->overlays, volume->backing, &volume->h);
	}
	add_exports(links, &next->rows[ROWS_EXPORT]);
	return links;
}

void
links_unref(struct links *links)
{
	if (links == NULL || !ref_drop(&links->refs))
		return;
	g_hash_table_destroy(links->disks);
	g_hash_table_destroy(links->volumes);
	g_hash_table_destroy(links->overlays);
	g_hash_table_destroy(links->users);
	g_free(links);
}

/* --- asking */

/* Does that node know the pool, so that the volume's path means the same there. */
static bool
reaches(const struct cluster *cluster, const struct volume *volume, uint32_t node)
{
	return volume->node == node ||
	    rows_find(&cluster->rows[ROWS_POOL_NODE], volume->pool, node) != NULL;
}

/* The volume of that path as seen from that node, or NULL. */
static const struct volume *
volume_at(const struct cluster *cluster, const char *path, uint32_t node)
{
	const GArray *ends = path == NULL ? NULL
	    : g_hash_table_lookup(cluster->links->volumes, path);

	for (guint i = 0; ends != NULL && i < ends->len; i++) {
		const struct volume *volume = rows_find(&cluster->rows[ROWS_VOLUME],
		    g_array_index(ends, struct end, i).index, 0);
		if (volume != NULL && (is_everywhere(path) || reaches(cluster, volume, node)))
			return volume;
	}
	return NULL;
}

const struct volume *
cluster_disk_volume(const struct cluster *cluster, const struct disk *disk)
{
	const struct vm *vm = cluster_vm(cluster, disk->h.index);

	return vm == NULL ? NULL : volume_at(cluster, disk->source, vm->node);
}

/* The disk that says that name, on a node that has the volume; or NULL. */
static const struct disk *
disk_by(const struct cluster *cluster, GHashTable *map, const char *name,
    const struct volume *volume)
{
	const GArray *ends = name == NULL ? NULL : g_hash_table_lookup(map, name);

	for (guint i = 0; ends != NULL && i < ends->len; i++) {
		const struct end *end = &g_array_index(ends, struct end, i);
		const struct disk *disk =
		    rows_find(&cluster->rows[ROWS_DISK], end->index, end->sub);
		const struct vm *vm = cluster_vm(cluster, end->index);
		if (disk != NULL && vm != NULL &&
		    (is_everywhere(name) || reaches(cluster, volume, vm->node)))
			return disk;
	}
	return NULL;
}

/* A disk, on whatever node, that is on what a host serves of it. */
static const struct disk *
client_of(const struct cluster *cluster, const struct volume *volume)
{
	const struct export_info *export;
	const struct disk *disk = NULL;

	for (size_t at = 0; disk == NULL && (export = rows_of(&cluster->rows[ROWS_EXPORT],
	     volume->h.index, &at)) != NULL;) {
		g_autofree char *name = g_strconcat(EXPORTED, export->name, NULL);
		disk = disk_by(cluster, cluster->links->disks, name, volume);
	}
	return disk;
}

const struct disk *
cluster_volume_disk(const struct cluster *cluster, const struct volume *volume)
{
	const struct disk *disk = NULL;
	char *names[NAMES_MOST];

	volume_names(volume, names);
	for (size_t n = 0; n < NAMES_MOST && disk == NULL; n++)
		disk = disk_by(cluster, cluster->links->disks, names[n], volume);
	free_names(names);
	return disk != NULL ? disk : client_of(cluster, volume);
}

const struct export_info *
cluster_volume_export(const struct cluster *cluster, const struct volume *volume)
{
	size_t at = 0;

	return rows_of(&cluster->rows[ROWS_EXPORT], volume->h.index, &at);
}

const struct volume *
cluster_volume_overlay(const struct cluster *cluster, const struct volume *volume)
{
	const GArray *ends = volume->path == NULL ? NULL
	    : g_hash_table_lookup(cluster->links->overlays, volume->path);

	for (guint i = 0; ends != NULL && i < ends->len; i++) {
		const struct volume *overlay = rows_find(&cluster->rows[ROWS_VOLUME],
		    g_array_index(ends, struct end, i).index, 0);
		if (overlay != NULL && reaches(cluster, volume, overlay->node))
			return overlay;
	}
	return NULL;
}

const struct disk *
cluster_volume_reader(const struct cluster *cluster, const struct volume *volume)
{
	return disk_by(cluster, cluster->links->users, volume->path, volume);
}

bool
cluster_volume_is_orphan(const struct cluster *cluster, const struct volume *volume)
{
	return cluster_volume_disk(cluster, volume) == NULL &&
	    cluster_volume_overlay(cluster, volume) == NULL &&
	    cluster_volume_reader(cluster, volume) == NULL &&
	    cluster_volume_export(cluster, volume) == NULL;
}

uint32_t
cluster_volume_depth(const struct cluster *cluster, const struct volume *volume)
{
	uint32_t depth = 0;

	while (volume != NULL && volume->backing != NULL && *volume->backing != '\0' &&
	    depth < DEPTH_MOST) {
		volume = volume_at(cluster, volume->backing, volume->node);
		depth++;
	}
	return depth;
}
