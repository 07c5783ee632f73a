/* Snapshots: names, refusals, and which images are merged. */
#include <string.h>

#include "vmops/snapshot.h"

#define NAME_MOST 64 /* of a new one: it becomes part of files' names */
#define STEM_MOST 120

/* --- names */

static bool
is_plain(char c)
{
	return g_ascii_isalnum(c) || (c != '\0' && strchr("._+-", c) != NULL);
}

static const char *
fresh_refusal(const char *name)
{
	if (strlen(name) > NAME_MOST)
		return "has more than 64 characters";
	if (!g_ascii_isalnum(name[0]))
		return "does not begin with a letter or a digit";
	for (const char *c = name; *c != '\0'; c++)
		if (!is_plain(*c))
			return "has other characters than letters, digits and . _ + -";
	return NULL;
}

const char *
snapshot_name_refusal(const char *name, bool fresh)
{
	if (*name == '\0')
		return "is empty";
	if (fresh)
		return fresh_refusal(name);
	if (*name == '.' || strchr(name, '/') != NULL)
		return "begins with a point or has a slash in it";
	if (!g_utf8_validate(name, -1, NULL))
		return "is not UTF-8";
	for (const char *c = name; *c != '\0'; c++)
		if (g_ascii_iscntrl(*c))
			return "has control characters";
	return NULL;
}

void
snapshot_name_make(int64_t wall_us, char *out)
{
	g_autoptr(GDateTime) at = g_date_time_new_from_unix_local(wall_us / G_USEC_PER_SEC);
	g_autofree char *text = at == NULL ? NULL : g_date_time_format(at, "%Y%m%d-%H%M%S");

	g_strlcpy(out, text == NULL ? "snapshot" : text, 32);
}

char *
snapshot_overlay_path(const char *image, const char *vm, const char *target,
    const char *snapshot, unsigned nth)
{
	g_autofree char *dir = g_path_get_dirname(image);
	g_autoptr(GString) name = g_string_new(NULL);

	g_string_printf(name, "%.*s-%s.%s", STEM_MOST, vm, target, snapshot);
	for (gsize i = 0; i < name->len; i++)
		if (!is_plain(name->str[i]))
			name->str[i] = '_';
	if (name->str[0] == '.' || name->str[0] == '-')
		name->str[0] = '_';
	if (nth > 1)
		g_string_append_printf(name, ".%u", nth);
	return g_strdup_printf("%s/%s.qcow2", g_str_equal(dir, "/") ? "" : dir, name->str);
}

/* --- what can be kept */

char *
snapshot_disks_refusal(const struct snapshot_disks *all)
{
	guint kept = 0;

	for (guint i = 0; i < all->disks->len; i++) {
		const struct snapshot_disk *disk = all->disks->pdata[i];
		if (disk->aside)
			continue;
		kept++;
		if (disk->shareable)
			return g_strdup_printf("others may write to its disk %s too (shareable)",
			    disk->target);
		if (disk->busy)
			return g_strdup_printf("its disk %s is being copied or merged",
			    disk->target);
		if (strcmp(disk->type, "file") != 0 || disk->images->len == 0)
			return g_strdup_printf("its disk %s is no file (it is of type %s), beside "
			    "which another image could be put", disk->target, disk->type);
	}
	return kept > 0 ? NULL : g_strdup("it has no disk that it writes to");
}

/* --- which images are merged */

static bool
is_image_of(const struct kept *snapshot, const char *image)
{
	for (guint i = 0; i < snapshot->disks->len; i++)
		if (strcmp(g_array_index(snapshot->disks, struct kept_disk, i).image, image) == 0)
			return true;
	return false;
}

static bool
is_in_use(const struct snapshot_disks *all, const char *image)
{
	for (guint i = 0; i < all->disks->len; i++)
		if (snapshot_disk_place(all->disks->pdata[i], image) >= 0)
			return true;
	return false;
}

bool
snapshot_is_dead(const struct kept *snapshot, const struct snapshot_kin *kin,
    const struct snapshot_disks *all)
{
	for (guint i = 0; i < snapshot->disks->len; i++) {
		const char *image = g_array_index(snapshot->disks, struct kept_disk, i).image;
		if (is_in_use(all, image))
			return false;
		for (guint k = 0; k < kin->others->len; k++)
			if (is_image_of(kin->others->pdata[k], image))
				return false;
	}
	return snapshot->disks->len > 0 && kin->children->len == 0;
}

/* Has that disk been merged already: its image is another one's, or is written to again? */
static bool
is_merged(const struct kept_disk *kept, GPtrArray *others, int place, bool begun)
{
	for (guint i = 0; i < others->len; i++)
		if (is_image_of(others->pdata[i], kept->image))
			return true;
	return begun && place == 0;
}

/*
 * A child whose image is not in use is a branch of its own; if the deletion was begun, which
 * that would have prevented, its image has been merged.
 */
static const struct kept *
find_branch(const struct kept_disk *kept, GPtrArray *children,
    const struct snapshot_disk *disk)
{
	for (guint i = 0; i < children->len; i++) {
		const struct kept_disk *child = kept_find(children->pdata[i], kept->target);
		if (child != NULL && snapshot_disk_place(disk, child->image) < 0)
			return children->pdata[i];
	}
	return NULL;
}

/* False: refused.  `out` has no target when nothing is left to be done. */
static bool
plan_disk(const struct kept_disk *kept, const struct snapshot_kin *kin,
    const struct snapshot_disks *all, bool begun, struct merge *out, GError **error)
{
	const struct snapshot_disk *disk = snapshot_disks_find(all, kept->target);
	int place = disk == NULL ? -1 : snapshot_disk_place(disk, kept->image);

	out->target = NULL;
	if (disk == NULL)
		return op_refuse(error, CAUSE_IMPOSSIBLE,
		    "disk %s, which it keeps, is no longer one of the VM",
		    kept->target);
	const struct kept *branch = find_branch(kept, kin->children, disk);
	if (branch != NULL && !begun)
		return op_refuse(error, CAUSE_IMPOSSIBLE,
		    "snapshot %s comes after it, but not what the VM uses now: "
		    "delete that one first", branch->name);
	if (branch != NULL || is_merged(kept, kin->others, place, begun))
		return true;
	if (place <= 0)
		return op_refuse(error, CAUSE_IMPOSSIBLE, place < 0
		    ? "the image %s that it keeps is not below what disk %s uses"
		    : "the image %s that it keeps is written to by disk %s",
		    kept->image, kept->target);
	*out = (struct merge){
		.target = kept->target, .base = kept->image,
		.top = disk->images->pdata[place - 1], .active = place == 1,
	};
	return true;
}

GArray *
snapshot_plan_merge(const struct kept *snapshot, const struct snapshot_kin *kin,
    const struct snapshot_disks *all, bool begun, GError **error)
{
	g_autoptr(GArray) merges = g_array_new(FALSE, FALSE, sizeof(struct merge));

	for (guint i = 0; i < snapshot->disks->len; i++) {
		struct merge merge;
		if (!plan_disk(&g_array_index(snapshot->disks, struct kept_disk, i), kin, all,
			begun, &merge, error))
			return NULL;
		if (merge.target != NULL)
			g_array_append_val(merges, merge);
	}
	return g_steal_pointer(&merges);
}

GArray *
snapshot_heirs(const struct kept *gone, const struct kept *other,
    const struct snapshot_disks *all)
{
	GArray *heirs = g_array_new(FALSE, FALSE, sizeof(struct kept_disk));

	for (guint i = 0; i < other->disks->len; i++) {
		const struct kept_disk *disk = &g_array_index(other->disks, struct kept_disk, i);
		const struct kept_disk *below = kept_find(gone, disk->target);
		if (below != NULL && strcmp(disk->image, below->image) != 0 &&
		    !is_in_use(all, disk->image))
			g_array_append_vals(heirs, below, 1);
	}
	return heirs;
}
