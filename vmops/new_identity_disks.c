/* The disks of a machine, made into those of another one, or of none. */
#include <string.h>

#include "vmops/new_identity_private.h"

/* A disc in a drive, or what nobody writes to, may be read by both. */
bool
identity_needs_place(const xmlNode *disk)
{
	bool hard = xml_tree_is(disk, "device", "disk") || xml_tree_is(disk, "device", "lun") ||
	    xml_tree_is(disk, "device", NULL);

	return hard && safe_xml_child(disk, "readonly") == NULL;
}

bool
identity_is_drive(const xmlNode *disk)
{
	return xml_tree_is(disk, "device", "cdrom") || xml_tree_is(disk, "device", "floppy");
}

bool
identity_check_disk(const xmlNode *disk, const char *target, GError **error)
{
	if (target == NULL)
		return xml_tree_refuse(error, "a disk has no target");
	if (safe_xml_child(disk, "shareable") != NULL)
		return xml_tree_refuse(error, "disk %s is shared with other VMs", target);
	if (xml_tree_is(disk, "device", "lun"))
		return xml_tree_refuse(error, "disk %s is a device of its host (lun)", target);
	if (safe_xml_child(disk, "encryption") != NULL ||
	    safe_xml_child(safe_xml_child(disk, "source"), "encryption") != NULL)
		return xml_tree_refuse(error, "disk %s is encrypted", target);
	return true;
}

/* What tells where it was. */
static void
forget_place(xmlNode *disk)
{
	static const char *const old[] = { "source", "backingStore", "mirror", "auth" };

	for (size_t i = 0; i < G_N_ELEMENTS(old); i++)
		xml_tree_remove(disk, old[i]);
}

static void
move_disk(xmlNode *disk, const struct new_disk *place)
{
	forget_place(disk);
	if (place->path == NULL) {
		xml_tree_set(disk, "type", "file");
		return;
	}
	xmlNode *driver = xml_tree_need(disk, "driver");
	xml_tree_set(driver, "type", place->format);
	if (xml_tree_is(driver, "name", NULL))
		xml_tree_set(driver, "name", "qemu");
	xml_tree_set(disk, "type", place->block ? "block" : "file");
	xml_tree_set(xml_tree_add(disk, "source"), place->block ? "dev" : "file", place->path);
}

static const struct new_disk *
find_place(const struct new_identity *new, const char *target)
{
	for (size_t i = 0; i < new->disks_n; i++)
		if (strcmp(new->disks[i].target, target) == 0)
			return &new->disks[i];
	return NULL;
}

/* One that needs none may have got one: the seed of cloud-init. */
bool
identity_edit_disk(xmlNode *disk, const struct new_identity *new, GError **error)
{
	g_autofree char *target =
	    xml_tree_attribute(safe_xml_child(disk, "target"), "dev");
	const struct new_disk *place = target == NULL ? NULL : find_place(new, target);

	if (identity_needs_place(disk) && !identity_check_disk(disk, target, error))
		return false;
	if (place == NULL)
		return !identity_needs_place(disk) ||
		    xml_tree_refuse(error, "disk %s has no new place", target);
	move_disk(disk, place);
	return true;
}

bool
identity_strip_disk(xmlNode *disk, unsigned *disks, GError **error)
{
	g_autofree char *target = xml_tree_attribute(safe_xml_child(disk, "target"), "dev");

	if (identity_needs_place(disk) && !identity_check_disk(disk, target, error))
		return false;
	if (!identity_needs_place(disk) && !identity_is_drive(disk))
		return xml_tree_refuse(error, "its disk %s is read-only", target == NULL ? "" : target);
	*disks += identity_needs_place(disk);
	forget_place(disk);
	xml_tree_set(disk, "type", "file");
	return true;
}
