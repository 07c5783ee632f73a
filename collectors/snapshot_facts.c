/* The snapshots of a domain. */
#include "collectors/snapshot_facts.h"

#include <stdlib.h>
#include <string.h>

#include "collectors/device_number.h"
#include "common/safe_xml.h"
#include "common/virt.h"
#include "model/value.h"

/* --- one of them */

void
snapshot_fact_free(void *data)
{
	struct snapshot_fact *fact = data;

	if (fact == NULL)
		return;
	g_free(fact->name);
	g_free(fact->parent);
	g_free(fact->description);
	g_free(fact);
}

/* What an element holds, or "". */
static char *
text_of(xmlNode *node)
{
	xmlChar *content = node == NULL ? NULL : xmlNodeGetContent(node);
	char *text = g_strdup(content == NULL ? "" : (const char *)content);

	xmlFree(content);
	return text;
}

static int32_t
state_of(xmlNode *node)
{
	static const struct { const char *word; int32_t state; } states[] = {
		{ "running", VM_RUNNING }, { "paused", VM_PAUSED }, { "blocked", VM_RUNNING },
		{ "shutdown", VM_SHUTTING_DOWN }, { "shutoff", VM_SHUT_OFF },
		{ "crashed", VM_CRASHED }, { "pmsuspended", VM_SUSPENDED },
	};
	g_autofree char *word = text_of(node);

	for (size_t i = 0; i < G_N_ELEMENTS(states); i++)
		if (strcmp(states[i].word, word) == 0)
			return states[i].state;
	return ABSENT_I32;
}

/* A snapshot without a list of disks is libvirt's oldest kind: all of them, internal. */
static void
read_disks(xmlNode *root, struct snapshot_fact *fact)
{
	xmlNode *disks = safe_xml_child(root, "disks");

	fact->kind = SNAPSHOT_INTERNAL;
	if (safe_xml_attribute_is(safe_xml_child(root, "memory"), "snapshot", "external"))
		fact->kind = SNAPSHOT_EXTERNAL_MEMORY;
	if (disks == NULL) {
		fact->disks = ABSENT_U32;
		return;
	}
	for (xmlNode *disk = disks->children; disk != NULL; disk = disk->next) {
		bool outside = safe_xml_attribute_is(disk, "snapshot", "external");
		if (!safe_xml_is(disk, "disk") ||
		    (!outside && !safe_xml_attribute_is(disk, "snapshot", "internal")))
			continue;
		fact->disks++;
		if (outside && fact->kind == SNAPSHOT_INTERNAL)
			fact->kind = SNAPSHOT_EXTERNAL;
	}
}

struct snapshot_fact *
snapshot_fact_parse(const char *xml)
{
	xmlDoc *doc = xml == NULL ? NULL : safe_xml_parse(xml, NULL);
	xmlNode *root = doc == NULL ? NULL : xmlDocGetRootElement(doc);
	struct snapshot_fact *fact = NULL;

	if (root != NULL && safe_xml_is(root, "domainsnapshot")) {
		g_autofree char *created = text_of(safe_xml_child(root, "creationTime"));
		fact = g_new0(struct snapshot_fact, 1);
		fact->name = text_of(safe_xml_child(root, "name"));
		fact->parent = text_of(safe_xml_child(safe_xml_child(root, "parent"), "name"));
		fact->description = text_of(safe_xml_child(root, "description"));
		fact->created_at = g_ascii_strtoll(created, NULL, 10) * G_USEC_PER_SEC;
		fact->state = state_of(safe_xml_child(root, "state"));
		read_disks(root, fact);
	}
	xmlFreeDoc(doc);
	return fact;
}

/* --- all of them */

static int
compare_facts(const void *a, const void *b)
{
	const struct snapshot_fact *x = *(const struct snapshot_fact *const *)a;
	const struct snapshot_fact *y = *(const struct snapshot_fact *const *)b;

	if (x->created_at != y->created_at)
		return x->created_at < y->created_at ? -1 : 1;
	return strcmp(x->name, y->name);
}

static char *
ask_current(struct link *link, virDomainPtr domain)
{
	call_begin(link->called_us);
	virDomainSnapshotPtr current = virDomainSnapshotCurrent(domain, 0);
	char *name = current == NULL ? NULL : g_strdup(virDomainSnapshotGetName(current));

	if (current != NULL)
		virDomainSnapshotFree(current);
	return name;
}

static void
ask_one(struct link *link, virDomainSnapshotPtr snapshot, const char *current, GPtrArray *out)
{
	call_begin(link->called_us);
	char *xml = virDomainSnapshotGetXMLDesc(snapshot, 0);
	struct snapshot_fact *fact = snapshot_fact_parse(xml);

	free(xml);
	if (fact == NULL)
		return;
	fact->current = g_strcmp0(fact->name, current) == 0;
	g_ptr_array_add(out, fact);
}

GPtrArray *
snapshot_facts_ask(struct link *link, virDomainPtr domain, uint32_t *number)
{
	virDomainSnapshotPtr *list = NULL;

	if (link->lacks & LACKS_SNAPSHOTS)
		return NULL;
	call_begin(link->called_us);
	int n = virDomainListAllSnapshots(domain, &list, 0);
	if (n < 0) {
		link_note_lack(link, LACKS_SNAPSHOTS);
		return NULL;
	}
	g_autofree char *current = n == 0 ? NULL : ask_current(link, domain);
	GPtrArray *facts = g_ptr_array_new_with_free_func(snapshot_fact_free);
	for (int i = 0; i < n; i++) {
		if (i < SNAPSHOTS_MOST)
			ask_one(link, list[i], current, facts);
		virDomainSnapshotFree(list[i]);
	}
	free(list);
	if (facts->len > 1)
		qsort(facts->pdata, facts->len, sizeof(void *), compare_facts);
	*number = (uint32_t)n;
	return facts;
}

static bool
same_fact(const struct snapshot_fact *a, const struct snapshot_fact *b)
{
	return strcmp(a->name, b->name) == 0 && strcmp(a->parent, b->parent) == 0 &&
	    strcmp(a->description, b->description) == 0 && a->created_at == b->created_at &&
	    a->current == b->current;
}

bool
snapshot_facts_same(GPtrArray *a, GPtrArray *b)
{
	guint n = a == NULL ? 0 : a->len;

	if (n != (b == NULL ? 0 : b->len))
		return false;
	for (guint i = 0; i < n; i++)
		if (!same_fact(a->pdata[i], b->pdata[i]))
			return false;
	return true;
}

int64_t
snapshot_facts_oldest(GPtrArray *facts)
{
	for (guint i = 0; facts != NULL && i < facts->len; i++) {
		const struct snapshot_fact *fact = facts->pdata[i];
		if (fact->created_at > 0)
			return fact->created_at;
	}
	return 0;
}

void
snapshot_facts_add(GPtrArray *facts, struct part *part, const struct vm *vm)
{
	guint n = facts == NULL ? 0 : facts->len;
	g_autofree const char **names = g_new(const char *, n);
	g_autofree uint32_t *numbers = g_new(uint32_t, n);

	for (guint i = 0; i < n; i++)
		names[i] = ((const struct snapshot_fact *)facts->pdata[i])->name;
	device_numbers(names, n, device_snapshot_number, numbers);
	for (guint i = 0; i < n; i++) {
		const struct snapshot_fact *fact = facts->pdata[i];
		struct snapshot *row = part_add(part, ROWS_SNAPSHOT);
		row->h.sub = numbers[i];
		row->vm = part->rows[ROWS_VM]->len - 1;
		row->name = part_text(part, fact->name);
		row->vm_name = part_text(part, vm->name);
		row->parent = part_text(part, fact->parent);
		row->description = part_text(part, fact->description);
		row->created_at = fact->created_at;
		row->kind = fact->kind;
		row->state = fact->state;
		row->current = fact->current;
		row->usable = strcmp(fact->description, SNAPSHOT_SPENT) != 0;
		row->disks = fact->disks;
	}
}
