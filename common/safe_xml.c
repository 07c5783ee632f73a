/* XML from outside, read with care. */
#include "common/safe_xml.h"

#include <pthread.h>
#include <string.h>

#define LARGEST (4 * 1024 * 1024) /* octets; real ones have some thousands */

/* libvirt's XML has no document type: entities can only be an attack. */
static void
refuse_doctype(void *context, const xmlChar *name, const xmlChar *external,
    const xmlChar *system)
{
	xmlParserCtxt *parser = context;

	xmlStopParser(parser);
	parser->wellFormed = 0;
}

static void
explain(xmlParserCtxt *context, GError **error)
{
	const xmlError *cause = xmlCtxtGetLastError(context);

	if (cause == NULL || cause->message == NULL) {
		g_set_error_literal(error, G_MARKUP_ERROR, G_MARKUP_ERROR_PARSE,
		    "the XML has a document type");
		return;
	}
	g_autofree char *text = g_strdup(cause->message);
	g_strstrip(g_strdelimit(text, "\n", ' '));
	g_set_error(error, G_MARKUP_ERROR, G_MARKUP_ERROR_PARSE,
	    "the XML is not well-formed: line %d: %s", cause->line, text);
}

xmlDoc *
safe_xml_parse(const char *xml, GError **error)
{
	return safe_xml_parse_most(xml, LARGEST, error);
}

xmlDoc *
safe_xml_parse_most(const char *xml, size_t most, GError **error)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	size_t length = strlen(xml);

	if (length > most) {
		g_set_error(error, G_MARKUP_ERROR, G_MARKUP_ERROR_PARSE,
		    "the XML is too large: %zu octets", length);
		return NULL;
	}
	pthread_once(&once, xmlInitParser);
	xmlParserCtxt *context = xmlNewParserCtxt();
	context->sax->internalSubset = refuse_doctype;
	xmlDoc *doc = xmlCtxtReadMemory(context, xml, (int)length, NULL, NULL,
	    XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
	if (doc == NULL)
		explain(context, error);
	xmlFreeParserCtxt(context);
	return doc;
}

bool
safe_xml_is(const xmlNode *node, const char *name)
{
	return node->type == XML_ELEMENT_NODE && strcmp((const char *)node->name, name) == 0;
}

xmlNode *
safe_xml_child(const xmlNode *node, const char *name)
{
	for (xmlNode *child = node == NULL ? NULL : node->children; child != NULL;
	     child = child->next)
		if (safe_xml_is(child, name))
			return child;
	return NULL;
}

bool
safe_xml_attribute_is(xmlNode *node, const char *name, const char *value)
{
	xmlChar *text = node == NULL ? NULL : xmlGetNoNsProp(node, (const xmlChar *)name);
	bool same = text != NULL && strcmp((const char *)text, value) == 0;

	xmlFree(text);
	return same;
}

void
safe_xml_drop(xmlNode *node, const char *name)
{
	xmlNode *child = safe_xml_child(node, name);

	if (child == NULL)
		return;
	xmlUnlinkNode(child);
	xmlFreeNode(child);
}
