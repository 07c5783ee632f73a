/*
 * XML from outside, read with care: of limited size and depth, without document types,
 * hence without entities, and without opening anything that it names.
 */
#ifndef VCL_COMMON_SAFE_XML_H
#define VCL_COMMON_SAFE_XML_H

#include <glib.h>
#include <libxml/parser.h>
#include <libxml/tree.h>
#include <stdbool.h>

/* NULL with a sentence (of G_MARKUP_ERROR) when it is not well-formed; xmlFreeDoc it. */
xmlDoc *safe_xml_parse(const char *xml, GError **);

/* Likewise, up to so many octets rather than 4 MiB. */
xmlDoc *safe_xml_parse_most(const char *xml, size_t most, GError **);

/* Is that an element of that name? */
bool safe_xml_is(const xmlNode *, const char *name);

/* The first child of that name, or NULL; a node that is NULL has none. */
xmlNode *safe_xml_child(const xmlNode *, const char *name);

/* Has it that attribute, of that value?  A node that is NULL has none. */
bool safe_xml_attribute_is(xmlNode *, const char *name, const char *value);

/* Removes the first child of that name, if there is one. */
void safe_xml_drop(xmlNode *, const char *name);

#endif
