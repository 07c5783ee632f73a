/* The table of checks over what was asked: which findings there are, in which order. */
#include "collectors/review/review_private.h"

#include <stdarg.h>
#include <string.h>

#include "common/remote.h"

#define LIBVIRT_URI "qemu:///system"

const char *const review_severities[] = {
	[REVIEW_HINT] = "hint", [REVIEW_UNKNOWN] = "unknown", [REVIEW_WARNING] = "warning",
	[REVIEW_CRITICAL] = "critical",
};

/* --- the material as checks see it */

static void
vm_free(gpointer data)
{
	struct review_vm *vm = data;

	g_free(vm->id);
	g_free(vm);
}

static void
add_primitive(struct judge *judge, xmlNode *primitive)
{
	char *id = ATTRIBUTE(primitive, "id");

	xmlNode *template = template_of(judge, primitive);
	xmlNode *kind = template != NULL ? template : primitive;

	if (id != NULL && safe_xml_attribute_is(kind, "class", "stonith"))
		g_ptr_array_add(judge->devices, primitive);
	if (id != NULL && safe_xml_attribute_is(kind, "type", "VirtualDomain")) {
		struct review_vm *vm = g_new0(struct review_vm, 1);
		vm->xml = primitive;
		vm->id = g_steal_pointer(&id);
		vm->file = cib_parameter(judge->cib, vm->id, "config");
		g_ptr_array_add(judge->vms, vm);
	}
	g_free(id);
}

static void
read_resources(struct judge *judge)
{
	g_autoptr(GPtrArray) primitives =
	    all_below(safe_xml_child(judge->configuration, "resources"), "primitive");

	for (guint i = 0; i < primitives->len; i++)
		add_primitive(judge, primitives->pdata[i]);
	for (guint i = 0; judge->uri == NULL && i < judge->vms->len; i++) {
		const struct review_vm *vm = judge->vms->pdata[i];
		judge->uri = g_strdup(cib_parameter(judge->cib, vm->id, "hypervisor"));
	}
	if (judge->uri == NULL)
		judge->uri = g_strdup(LIBVIRT_URI);
}

static void
read_guests(struct judge *judge)
{
	xmlNode *nodes = safe_xml_child(judge->status, "nodes");

	for (xmlNode *node = nodes == NULL ? NULL : nodes->children; node != NULL; node = node->next)
		if (safe_xml_is(node, "node") && !safe_xml_attribute_is(node, "type", "member") &&
		    xmlHasProp(node, (const xmlChar *)"type") != NULL)
			g_ptr_array_add(judge->guests, ATTRIBUTE(node, "name"));
}

static bool
read_documents(struct judge *judge, GError **error)
{
	const struct review_material *material = judge->material;

	judge->status_doc = safe_xml_parse_most(material->status, PACEMAKER_XML_MOST, error);
	if (judge->status_doc == NULL)
		return false;
	judge->status = xmlDocGetRootElement(judge->status_doc);
	if (!safe_xml_is(judge->status, "pacemaker-result"))
		return xml_tree_refuse(error, "crm_mon answers with <%.60s>, which is not known",
		    judge->status == NULL ? "" : (const char *)judge->status->name);
	judge->cib = cib_read(material->cib, error);
	judge->cib_doc = judge->cib == NULL ? NULL
	    : safe_xml_parse_most(material->cib, PACEMAKER_XML_MOST, error);
	if (judge->cib_doc == NULL)
		return false;
	xmlNode *root = xmlDocGetRootElement(judge->cib_doc);
	judge->configuration = safe_xml_child(root, "configuration");
	judge->cib_status = safe_xml_child(root, "status");
	return true;
}

static void
finding_free(gpointer data)
{
	struct review_finding *finding = data;

	g_free(finding->about);
	g_free(finding->text);
	g_free(finding->mend);
	g_free(finding->on);
	g_free(finding->advice);
	g_free(finding);
}

struct judge *
judge_new(const struct review_material *material, GError **error)
{
	struct judge *judge = g_new0(struct judge, 1);

	judge->material = material;
	judge->vms = g_ptr_array_new_with_free_func(vm_free);
	judge->devices = g_ptr_array_new();
	judge->guests = g_ptr_array_new_with_free_func(g_free);
	judge->findings = g_ptr_array_new_with_free_func(finding_free);
	if (!read_documents(judge, error)) {
		judge_free(judge);
		return NULL;
	}
	read_resources(judge);
	read_guests(judge);
	return judge;
}

void
judge_free(struct judge *judge)
{
	if (judge == NULL)
		return;
	g_ptr_array_free(judge->vms, TRUE);
	g_ptr_array_free(judge->devices, TRUE);
	g_ptr_array_free(judge->guests, TRUE);
	if (judge->findings != NULL)
		g_ptr_array_free(judge->findings, TRUE);
	cib_free(judge->cib);
	if (judge->status_doc != NULL)
		xmlFreeDoc(judge->status_doc);
	if (judge->cib_doc != NULL)
		xmlFreeDoc(judge->cib_doc);
	g_free(judge->uri);
	g_free(judge);
}

/* --- findings */

/* The word where it stands in a command: within quotes already, or not. */
static char *
shell_word(const char *word, bool quoted)
{
	if (remote_is_plain(word))
		return g_strdup(word);
	g_autofree char *own = g_shell_quote(word);
	return quoted ? g_strconcat("'", own, "'", NULL) : g_steal_pointer(&own);
}

/* "{1}" is the second word; NULL stays NULL. */
static char *
fill(const char *template, char *const *words, bool shell)
{
	g_autoptr(GString) text = g_string_new(NULL);
	bool quoted = false;

	if (template == NULL)
		return NULL;
	for (const char *p = template; *p != '\0'; p++) {
		size_t at = (size_t)(p[1] - '0');
		if (*p != '{' || !g_ascii_isdigit(p[1]) || p[2] != '}') {
			quoted = *p == '\'' ? !quoted : quoted;
			g_string_append_c(text, *p);
			continue;
		}
		g_assert(at < g_strv_length((char **)words));
		g_autofree char *word = shell ? shell_word(words[at], quoted) : g_strdup(words[at]);
		g_string_append(text, word);
		p += 2;
	}
	return g_string_free(g_steal_pointer(&text), FALSE);
}

/* "{1}" alone: its check has put the command together, or there is none ("") for this one. */
static char *
command_of(const struct check *check, char *const *words)
{
	return check->mend == NULL ? NULL : fill(check->mend, words, check->mend[0] != '{');
}

static void
clear_empty(char **text)
{
	if (*text != NULL && **text == '\0')
		g_clear_pointer(text, g_free);
}

void
judge_found(struct judge *judge, ...)
{
	const struct check *check = judge->check;
	g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
	struct review_finding *finding = g_new0(struct review_finding, 1);
	const char *word;
	va_list arguments;

	va_start(arguments, judge);
	while ((word = va_arg(arguments, const char *)) != NULL)
		g_strv_builder_add(builder, word);
	va_end(arguments);
	g_auto(GStrv) words = g_strv_builder_end(builder);
	*finding = (struct review_finding){
		.check = check->name, .severity = check->severity, .about = g_strdup(words[0]),
		.text = fill(check->text, words, false), .mend = command_of(check, words),
		.on = fill(check->where, words, false),
		.advice = fill(check->advice, words, false),
	};
	clear_empty(&finding->mend);
	clear_empty(&finding->on);
	g_ptr_array_add(judge->findings, finding);
}

static bool
is_said(const struct judge *judge, const char *text)
{
	for (guint i = 0; i < judge->findings->len; i++) {
		const struct review_finding *finding = judge->findings->pdata[i];
		if (strcmp(finding->text, text) == 0)
			return true;
	}
	return false;
}

/* Takes the text; once. */
static void
add_unknown(struct judge *judge, const char *about, char *text)
{
	if (is_said(judge, text)) {
		g_free(text);
		return;
	}
	struct review_finding *finding = g_new0(struct review_finding, 1);

	*finding = (struct review_finding){ .check = "not-known", .severity = REVIEW_UNKNOWN,
		.about = g_strdup(about), .text = text };
	g_ptr_array_add(judge->findings, finding);
}

void
judge_unknown(struct judge *judge, const char *about, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	add_unknown(judge, about, g_strdup_vprintf(format, arguments));
	va_end(arguments);
}

/* --- what nobody could tell */

static const char *const told_of[REVIEW_SOURCES] = {
	[FROM_CLOCK] = "its clock",
	[FROM_COROSYNC] = "how its Corosync is set up",
	[FROM_QUORUM] = "its votes",
	[FROM_PACEMAKERD] = "its version of Pacemaker",
	[FROM_COROSYNC_VERSION] = "its version of Corosync",
	[FROM_LIBVIRT] = "its version of libvirt",
	[FROM_PERSISTENT] = "which VMs are defined there",
	[FROM_AUTOSTART] = "which VMs start with it",
	[FROM_BOOT] = "whether libvirt-guests is enabled",
	[FROM_DEFINITIONS] = "its definitions of VM applications",
	[FROM_DISKS] = "their disks",
	[FROM_TRANSPORT] = "whether VMs can be migrated from it",
	[FROM_FENCER] = "which device fences it",
};

static bool
is_missing(const struct review_reply *reply, const char *why)
{
	return reply->text == NULL && reply->why != NULL &&
	    (why == NULL || strcmp(reply->why, why) == 0);
}

/* All that is not known of a node for one reason is one finding. */
static void
add_unknowns(struct judge *judge, const struct review_node *node)
{
	g_autoptr(GHashTable) said = g_hash_table_new(g_str_hash, g_str_equal);

	for (int source = 0; source < REVIEW_SOURCES; source++) {
		const char *why = node->reply[source].why;
		if (!is_missing(&node->reply[source], NULL) || !g_hash_table_add(said, (gpointer)why))
			continue;
		g_autoptr(GString) what = g_string_new(NULL);
		for (int other = source; other < REVIEW_SOURCES; other++)
			if (is_missing(&node->reply[other], why))
				g_string_append_printf(what, "%s%s", what->len > 0 ? ", " : "",
				    told_of[other]);
		judge_unknown(judge, node->name, "Of %s it is not known: %s. %s", node->name,
		    what->str, why);
	}
}

/* --- all of it */

/* The worst first; else as the table has them. */
static gint
compare(gconstpointer a, gconstpointer b)
{
	const struct review_finding *x = *(const struct review_finding *const *)a;
	const struct review_finding *y = *(const struct review_finding *const *)b;

	return (int)y->severity - (int)x->severity;
}

GPtrArray *
judge_all(struct judge *judge)
{
	for (size_t i = 0; i < checks_n; i++) {
		judge->check = &checks[i];
		checks[i].judge(judge);
	}
	for (guint i = 0; i < judge->material->nodes->len; i++)
		add_unknowns(judge, judge->material->nodes->pdata[i]);
	g_ptr_array_sort(judge->findings, compare); /* stable, says GLib */
	return g_steal_pointer(&judge->findings);
}
