/*
 * XML as a tree that is edited: what safe_xml.h reads.  A node that is NULL has nothing.
 */
#ifndef VCL_COMMON_XML_TREE_H
#define VCL_COMMON_XML_TREE_H

#include "common/safe_xml.h"

/* The attribute or the text without blanks around it, to be freed; NULL: there is none. */
char *xml_tree_attribute(const xmlNode *, const char *name);
char *xml_tree_text(const xmlNode *);

/* Is the attribute that value, or, with NULL, not there. */
bool xml_tree_is(const xmlNode *, const char *name, const char *value);

/* The element below `root` that comes next in the text; NULL: `node` was the last one. */
xmlNode *xml_tree_next(const xmlNode *root, xmlNode *node);

/* for (XML_TREE_EACH(node, root)): that one, and all elements below it; NULL: none. */
#define XML_TREE_EACH(node, root)                                                      \
	xmlNode *node = (root); node != NULL; node = xml_tree_next(root, node)

void xml_tree_set(xmlNode *, const char *name, const char *value);
void xml_tree_unset(xmlNode *, const char *name);

/* Instead of all that was in it. */
void xml_tree_set_text(xmlNode *, const char *text);

xmlNode *xml_tree_add(xmlNode *parent, const char *name);

/* The first child of that name, added if there is none. */
xmlNode *xml_tree_need(xmlNode *parent, const char *name);

/* All children of that name. */
void xml_tree_remove(xmlNode *parent, const char *name);

/* A text in the only element of that name, the first of all children. */
void xml_tree_put_first(xmlNode *parent, const char *name, const char *text);

/* An error of G_MARKUP_ERROR: what is read is not what is wanted.  Always false. */
bool xml_tree_refuse(GError **, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* What is below the root, as text; NULL: there is no memory for it.  Free it. */
char *xml_tree_write(xmlDoc *);

#endif
