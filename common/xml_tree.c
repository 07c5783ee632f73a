/* XML as a tree that is edited. */
#include "common/xml_tree.h"

#include <string.h>

#define NAME(text) ((const xmlChar *)(text))

static char *
take(xmlChar *text)
{
	char *copy = g_strdup((const char *)text);

	xmlFree(text);
	return copy;
}

char *
xml_tree_attribute(const xmlNode *node, const char *name)
{
	return node == NULL ? NULL : take(xmlGetNoNsProp(node, NAME(name)));
}

char *
xml_tree_text(const xmlNode *node)
{
	char *text = node == NULL ? NULL : take(xmlNodeGetContent(node));

	return text == NULL ? NULL : g_strstrip(text);
}

bool
xml_tree_is(const xmlNode *node, const char *name, const char *value)
{
	g_autofree char *is = xml_tree_attribute(node, name);

	return g_strcmp0(is, value) == 0;
}

xmlNode *
xml_tree_next(const xmlNode *root, xmlNode *node)
{
	xmlNode *next = xmlFirstElementChild(node);

	while (next == NULL && node != root) {
		next = xmlNextElementSibling(node);
		node = node->parent;
	}
	return next;
}

void
xml_tree_set(xmlNode *node, const char *name, const char *value)
{
	xmlSetProp(node, NAME(name), NAME(value));
}

void
xml_tree_unset(xmlNode *node, const char *name)
{
	if (node != NULL)
		xmlUnsetProp(node, NAME(name));
}

void
xml_tree_set_text(xmlNode *node, const char *text)
{
	xmlNodeSetContent(node, NULL);
	xmlNodeAddContent(node, NAME(text));
}

xmlNode *
xml_tree_add(xmlNode *parent, const char *name)
{
	return xmlNewChild(parent, NULL, NAME(name), NULL);
}

xmlNode *
xml_tree_need(xmlNode *parent, const char *name)
{
	xmlNode *node = safe_xml_child(parent, name);

	return node != NULL ? node : xml_tree_add(parent, name);
}

void
xml_tree_remove(xmlNode *parent, const char *name)
{
	while (safe_xml_child(parent, name) != NULL)
		safe_xml_drop(parent, name);
}

void
xml_tree_put_first(xmlNode *parent, const char *name, const char *text)
{
	xml_tree_remove(parent, name);
	xmlNode *node = xmlNewDocNode(parent->doc, NULL, NAME(name), NULL);
	xml_tree_set_text(node, text);
	if (parent->children != NULL)
		xmlAddPrevSibling(parent->children, node);
	else
		xmlAddChild(parent, node);
}

char *
xml_tree_write(xmlDoc *doc)
{
	xmlBuffer *buffer = xmlBufferCreate();
	char *text = NULL;

	if (buffer != NULL && xmlNodeDump(buffer, doc, xmlDocGetRootElement(doc), 0, 1) > 0)
		text = g_strdup((const char *)xmlBufferContent(buffer));
	xmlBufferFree(buffer);
	return text;
}

bool
xml_tree_refuse(GError **error, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	g_autofree char *text = g_strdup_vprintf(format, args);
	va_end(args);
	g_set_error_literal(error, G_MARKUP_ERROR, G_MARKUP_ERROR_INVALID_CONTENT, text);
	return false;
}
