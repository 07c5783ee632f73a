/* Which disks go along with a VM, and which cannot. */
#include <string.h>

#include "vmops/migrate.h"

bool
migrate_is_below(const char *directories, const char *path)
{
	g_auto(GStrv) words = g_strsplit_set(directories, " \t", -1);

	if (strstr(path, "/../") != NULL)
		return false;
	for (char **word = words; *word != NULL; word++) {
		size_t len = strlen(*word);
		while (len > 1 && (*word)[len - 1] == '/')
			len--;
		if (len > 0 && strncmp(path, *word, len) == 0 &&
		    (path[len] == '/' || strcmp(*word, "/") == 0))
			return true;
	}
	return false;
}

static bool
refuse(const char **why, const char **advice, const char *reason, const char *help)
{
	*why = reason;
	*advice = help;
	return false;
}

static bool
plan_copy(const struct disk_place *place, enum disk_plan *plan, const char **why,
    const char **advice)
{
	if (!place->in_pool)
		return true; /* nobody knows whose it is: libvirt shall judge */
	if (!place->has_pool)
		return refuse(why, advice, "has no active storage pool at its place on",
		    "make one there");
	/* an old copy would be taken for the disk, or another's file be overwritten */
	if (place->is_there)
		return refuse(why, advice, "would overwrite a file of that name on",
		    "remove that, or name its directory in \"shared\" of [migrate] if both "
		    "nodes see the same");
	*plan = DISK_COPIED;
	return true;
}

bool
migrate_plan_disk(const struct migrant_disk *disk, const struct disk_place *place, bool copy,
    enum disk_plan *plan, const char **why, const char **advice)
{
	bool missing = place->has_pool && !place->is_there;

	*plan = DISK_STAYS;
	if ((disk->kind != DISK_FILE && disk->kind != DISK_BLOCK) || place->declared ||
	    place->network)
		return true;
	if (disk->removable)
		return !missing || refuse(why, advice, "holds an image that is not on",
		    "eject it first");
	if (copy && !disk->read_only && !disk->shareable)
		return plan_copy(place, plan, why, advice);
	return !missing || refuse(why, advice, "is not on",
	    copy ? "copy it there first" : "\"copy-storage\" takes the disks along");
}
