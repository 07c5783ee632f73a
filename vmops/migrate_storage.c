/*
 * Volumes of disks that go along with a VM: made on the target, taken back when it does
 * not go, removed at the source when it has gone.
 *
 * Nothing is deleted but what this job has made on the target, and, after both hosts were
 * asked and the VM runs on the target alone, what it has copied.
 */
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "common/safe_xml.h"
#include "common/virt.h"
#include "vmops/migrate_private.h"

/* --- pools */

/* Of a pool's XML: its type and the directory of its volumes. */
static bool
read_pool(virStoragePoolPtr pool, char **type, char **path)
{
	char *xml = virStoragePoolGetXMLDesc(pool, 0);
	xmlDoc *doc = xml == NULL ? NULL : safe_xml_parse(xml, NULL);
	xmlNode *root = doc == NULL ? NULL : xmlDocGetRootElement(doc);
	xmlNode *node = safe_xml_child(safe_xml_child(root, "target"), "path");
	xmlChar *kind = root == NULL ? NULL : xmlGetNoNsProp(root, (const xmlChar *)"type");
	xmlChar *place = node == NULL ? NULL : xmlNodeGetContent(node);

	*type = g_strdup((const char *)kind);
	*path = g_strdup((const char *)place);
	xmlFree(kind);
	xmlFree(place);
	xmlFreeDoc(doc);
	free(xml);
	return *type != NULL && *path != NULL;
}

static bool
is_same_directory(const char *a, const char *b)
{
	g_autofree char *x = g_canonicalize_filename(a, "/");
	g_autofree char *y = g_canonicalize_filename(b, "/");

	return strcmp(x, y) == 0;
}

virStoragePoolPtr
migrate_find_pool(virConnectPtr connection, const char *path, char **type)
{
	virStoragePoolPtr *pools = NULL, found = NULL;
	g_autofree char *dir = g_path_get_dirname(path);
	int n = virConnectListAllStoragePools(connection, &pools,
	    VIR_CONNECT_LIST_STORAGE_POOLS_ACTIVE);

	for (int i = 0; i < n; i++) {
		g_autofree char *kind = NULL, *place = NULL;
		if (found == NULL && read_pool(pools[i], &kind, &place) &&
		    is_same_directory(place, dir)) {
			found = pools[i];
			if (type != NULL)
				*type = g_steal_pointer(&kind);
		} else {
			virStoragePoolFree(pools[i]);
		}
	}
	free(pools);
	return found;
}

static virStorageVolPtr
find_volume(virStoragePoolPtr pool, const char *path)
{
	g_autofree char *name = g_path_get_basename(path);

	return virStorageVolLookupByName(pool, name);
}

int
migrate_pool_has(virStoragePoolPtr pool, const char *path)
{
	if (virStoragePoolRefresh(pool, 0) != 0)
		return -1;
	g_autoptr(virStorageVol) volume = find_volume(pool, path);
	if (volume != NULL)
		return 1;
	return virGetLastErrorCode() == VIR_ERR_NO_STORAGE_VOL ? 0 : -1;
}

/* --- making */

static bool
make_volume(struct migration *m, virConnectPtr target, struct volume_copy *copy,
    GError **error)
{
	g_autofree char *name = g_path_get_basename(copy->path);
	g_autofree char *xml = g_markup_printf_escaped(
	    "<volume><name>%s</name><capacity unit='bytes'>%" G_GUINT64_FORMAT "</capacity>"
	    "<allocation>0</allocation><target><format type='%s'/></target></volume>",
	    name, copy->capacity, copy->format);
	g_autoptr(virStoragePool) pool = migrate_find_pool(target, copy->path, NULL);
	g_autoptr(virStorageVol) volume =
	    pool == NULL ? NULL : virStorageVolCreateXML(pool, xml, 0);

	if (pool == NULL && virGetLastErrorCode() == VIR_ERR_OK) /* all pools were told of */
		return migrate_refuse(m, CAUSE_GONE, error,
		    "that node has no active storage pool with the directory of %s", copy->path);
	if (volume == NULL)
		return migrate_refuse_libvirt(m, error, "a volume cannot be made there");
	copy->made = true;
	log_info("jobs", "job %u: volume %s made on node %s", m->run->number, copy->path, m->to);
	return true;
}

bool
migrate_storage_make(struct migration *m, virConnectPtr target, GError **error)
{
	for (guint i = 0; i < m->copies->len; i++) {
		m->run->alive(m->run->context);
		if (!make_volume(m, target, m->copies->pdata[i], error))
			return false;
	}
	return true;
}

/* --- removing */

static bool
delete_volume(virConnectPtr connection, const char *path, GError **error)
{
	g_autoptr(virStoragePool) pool = migrate_find_pool(connection, path, NULL);

	if (pool == NULL) {
		g_set_error(error, OP_ERROR, CAUSE_GONE, "its storage pool is not active");
		return false;
	}
	virStoragePoolRefresh(pool, 0);
	g_autoptr(virStorageVol) volume = find_volume(pool, path);
	if (volume == NULL)
		return virGetLastErrorCode() == VIR_ERR_NO_STORAGE_VOL ||
		    virt_error_plain(error);
	return virStorageVolDelete(volume, 0) == 0 || virt_error_plain(error);
}

/* What could not be removed, in words; NULL: nothing is left. */
static char *
delete_volumes(struct migration *m, const char *node, bool only_made)
{
	g_autoptr(GString) left = g_string_new(NULL);
	g_autoptr(GError) unreachable = NULL;
	g_autoptr(virConnect) connection = NULL;

	for (guint i = 0; i < m->copies->len; i++) {
		struct volume_copy *copy = m->copies->pdata[i];
		g_autoptr(GError) error = NULL;
		if (only_made && !copy->made)
			continue;
		if (connection == NULL)
			connection = backend_connect(m->run->backend, node, m->run->name,
			    &unreachable);
		m->run->alive(m->run->context);
		if (connection != NULL && delete_volume(connection, copy->path, &error)) {
			copy->made = false;
			log_info("jobs", "job %u: volume %s removed on node %s",
			    m->run->number, copy->path, node);
			continue;
		}
		log_warn("jobs", "job %u: cannot remove volume %s on node %s: %s",
		    m->run->number, copy->path, node,
		    error != NULL ? error->message : "it cannot be reached");
		g_string_append_printf(left, "%s%s", left->len > 0 ? ", " : "", copy->path);
		if (connection == NULL)
			break;
	}
	return left->len == 0 ? NULL
	    : g_strdup_printf("left on %s, to be removed: %s", node, left->str);
}

char *
migrate_storage_undo(struct migration *m)
{
	return delete_volumes(m, m->to, true);
}

char *
migrate_storage_remove(struct migration *m)
{
	return delete_volumes(m, m->run->node, false);
}
