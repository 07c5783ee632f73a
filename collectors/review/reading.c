/* Reading what the nodes have told. */
#include "collectors/review/review_private.h"

#include <string.h>

/* --- trees */

static void
add_below(GPtrArray *found, xmlNode *from, const char *name)
{
	for (xmlNode *node = from == NULL ? NULL : from->children; node != NULL;
	     node = node->next) {
		if (node->type != XML_ELEMENT_NODE)
			continue;
		if (safe_xml_is(node, name))
			g_ptr_array_add(found, node);
		add_below(found, node, name);
	}
}

GPtrArray *
all_below(xmlNode *from, const char *name)
{
	GPtrArray *found = g_ptr_array_new();

	add_below(found, from, name);
	return found;
}

xmlNode *
below(xmlNode *from, const char *path)
{
	g_auto(GStrv) names = g_strsplit(path, "/", -1);

	for (char **name = names; *name != NULL && from != NULL; name++)
		from = safe_xml_child(from, *name);
	return from;
}

xmlNode *
template_of(const struct judge *judge, xmlNode *primitive)
{
	g_autofree char *id = ATTRIBUTE(primitive, "template");
	xmlNode *resources = safe_xml_child(judge->configuration, "resources");

	for (xmlNode *node = resources == NULL || id == NULL ? NULL : resources->children;
	     node != NULL; node = node->next)
		if (safe_xml_is(node, "template") && safe_xml_attribute_is(node, "id", id))
			return node;
	return NULL;
}

static xmlNode *
own_operation(xmlNode *resource, const char *name)
{
	xmlNode *operations = safe_xml_child(resource, "operations");

	for (xmlNode *op = operations == NULL ? NULL : operations->children; op != NULL;
	     op = op->next) {
		g_autofree char *interval = safe_xml_is(op, "op") ? ATTRIBUTE(op, "interval") : NULL;
		bool recurring = interval != NULL && seconds_of(interval) > 0;
		if (safe_xml_is(op, "op") && safe_xml_attribute_is(op, "name", name) &&
		    recurring == (strcmp(name, "monitor") == 0))
			return op;
	}
	return NULL;
}

xmlNode *
operation_of(const struct judge *judge, xmlNode *primitive, const char *name)
{
	xmlNode *op = own_operation(primitive, name);

	return op != NULL ? op : own_operation(template_of(judge, primitive), name);
}

/* In a set that holds by itself; to be freed. */
static char *
option_in(xmlNode *set, const char *name)
{
	for (xmlNode *pair = set->children; pair != NULL; pair = pair->next)
		if (safe_xml_is(pair, "nvpair") && safe_xml_attribute_is(pair, "name", name) &&
		    safe_xml_child(set, "rule") == NULL)
			return ATTRIBUTE(pair, "value");
	return NULL;
}

/* Pacemaker's own set goes before all others. */
char *
cluster_option(const struct judge *judge, const char *name)
{
	g_autoptr(GPtrArray) sets =
	    all_below(safe_xml_child(judge->configuration, "crm_config"), "cluster_property_set");
	char *value = NULL;

	for (guint i = 0; value == NULL && i < sets->len; i++)
		if (safe_xml_attribute_is(sets->pdata[i], "id", "cib-bootstrap-options"))
			value = option_in(sets->pdata[i], name);
	for (guint i = 0; value == NULL && i < sets->len; i++)
		value = option_in(sets->pdata[i], name);
	return value;
}

/* --- values, as Pacemaker reads them */

static bool
is_one_of(const char *value, const char *const *words)
{
	for (; value != NULL && *words != NULL; words++)
		if (g_ascii_strcasecmp(value, *words) == 0)
			return true;
	return false;
}

bool
is_true(const char *value)
{
	return is_one_of(value, (const char *const[]){ "true", "on", "yes", "y", "1", NULL });
}

bool
is_false(const char *value)
{
	return is_one_of(value, (const char *const[]){ "false", "off", "no", "n", "0", NULL });
}

double
seconds_of(const char *text)
{
	static const struct { const char *unit; double seconds; } units[] = {
		{ "", 1 }, { "s", 1 }, { "sec", 1 }, { "ms", 0.001 }, { "msec", 0.001 },
		{ "us", 1e-6 }, { "usec", 1e-6 }, { "m", 60 }, { "min", 60 }, { "h", 3600 },
		{ "hr", 3600 },
	};
	bool iso = text != NULL && g_ascii_strncasecmp(text, "PT", 2) == 0;
	char *end = NULL;

	if (text == NULL)
		return -1;
	double value = g_ascii_strtod(iso ? text + 2 : text, &end);
	while (*end == ' ')
		end++;
	for (size_t i = 0; i < G_N_ELEMENTS(units); i++)
		if (end != text && g_ascii_strcasecmp(end, units[i].unit) == 0)
			return value * units[i].seconds;
	return -1;
}

/* --- lines */

/* "totem.token (u32) = 1000" */
char *
cmap_value(const char *text, const char *key)
{
	size_t length = strlen(key);

	for (const char *line = text; line != NULL && *line != '\0';) {
		const char *end = line + strcspn(line, "\n");
		const char *value = strncmp(line, key, length) == 0 && line[length] == ' '
		    ? strstr(line, " = ") : NULL;
		if (value != NULL && value < end)
			return g_strstrip(g_strndup(value + 3, (gsize)(end - value - 3)));
		line = *end == '\0' ? end : end + 1;
	}
	return NULL;
}

long
cmap_number(const char *text, const char *key, long fallback)
{
	g_autofree char *value = cmap_value(text, key);
	gint64 number = fallback;

	if (value != NULL && g_ascii_string_to_signed(value, 10, 0, G_MAXINT32, &number, NULL))
		return (long)number;
	return value == NULL ? fallback : g_str_equal(value, "yes") ? 1
	    : g_str_equal(value, "no") ? 0 : fallback;
}

/* Nodes of the list of nodes. */
unsigned
cmap_nodes(const char *text)
{
	unsigned n = 0;

	for (;; n++) {
		g_autofree char *key = g_strdup_printf("nodelist.node.%u.ring0_addr", n);
		g_autofree char *value = cmap_value(text, key);
		if (value == NULL)
			return n;
	}
}

char *
section_of(const char *text, const char *file)
{
	g_autofree char *head = g_strdup_printf("==> %s <==\n", file);
	const char *start = text == NULL ? NULL : strstr(text, head);

	while (start != NULL && start != text && start[-1] != '\n')
		start = strstr(start + 1, head);
	if (start == NULL)
		return NULL;
	start += strlen(head);
	const char *end = strstr(start, "\n==> /");
	if (g_str_has_prefix(start, "==> /"))
		return g_strdup("");
	return g_strchomp(end == NULL ? g_strdup(start) : g_strndup(start, (gsize)(end - start)));
}

const struct review_node *
first_told(const struct judge *judge, enum review_source source)
{
	for (guint i = 0; i < judge->material->nodes->len; i++) {
		const struct review_node *node = judge->material->nodes->pdata[i];
		if (told(node, source) != NULL)
			return node;
	}
	return NULL;
}
