/* Pools and volumes: single facts out of what libvirt tells of them. */
#include <stdlib.h>

#include "common/safe_xml.h"
#include "vmops/storage.h"

/* The attribute, or with NULL the text, of A/B below the root; where A is NULL, the root's. */
static char *
read_word(char *xml, const char *a, const char *b, const char *attribute)
{
	xmlDoc *doc = xml == NULL ? NULL : safe_xml_parse(xml, NULL);
	xmlNode *node = doc == NULL ? NULL : xmlDocGetRootElement(doc);

	if (a != NULL)
		node = safe_xml_child(safe_xml_child(node, a), b);
	xmlChar *text = node == NULL ? NULL : attribute == NULL ? xmlNodeGetContent(node)
	    : xmlGetNoNsProp(node, (const xmlChar *)attribute);
	char *word = g_strdup((const char *)text);
	xmlFree(text);
	xmlFreeDoc(doc);
	free(xml);
	return word;
}

bool
storage_pool_has_files(virStoragePoolPtr pool)
{
	g_autofree char *type = read_word(virStoragePoolGetXMLDesc(pool, 0), NULL, NULL, "type");

	return storage_type_has_files(type);
}

char *
storage_volume_format(virStorageVolPtr volume)
{
	return read_word(virStorageVolGetXMLDesc(volume, 0), "target", "format", "type");
}

char *
storage_volume_backing(virStorageVolPtr volume)
{
	return read_word(virStorageVolGetXMLDesc(volume, 0), "backingStore", "path", NULL);
}

virStorageVolPtr
storage_find_volume(virStoragePoolPtr pool, const char *name)
{
	virStorageVolPtr volume = virStorageVolLookupByName(pool, name);

	if (volume != NULL || virGetLastErrorCode() != VIR_ERR_NO_STORAGE_VOL)
		return volume;
	virStoragePoolRefresh(pool, 0);
	return virStorageVolLookupByName(pool, name);
}
