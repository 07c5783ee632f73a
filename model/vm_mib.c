/* VM-MIB: what it calls the states that libvirt knows. */
#include "model/vm_mib.h"

#include <stdlib.h>
#include <string.h>

#define TEXT_MOST 255

static const struct {
	enum vm_mib_oper oper;
	enum vm_mib_admin admin;
} states[] = {
	[VM_RUNNING] = { VM_MIB_RUNNING, VM_MIB_ADMIN_RUNNING },
	[VM_PAUSED] = { VM_MIB_PAUSED, VM_MIB_ADMIN_PAUSED },
	[VM_SHUTTING_DOWN] = { VM_MIB_SHUTTINGDOWN, VM_MIB_ADMIN_SHUTDOWN },
	[VM_SHUT_OFF] = { VM_MIB_SHUTDOWN, VM_MIB_ADMIN_SHUTDOWN },
	[VM_CRASHED] = { VM_MIB_CRASHED, VM_MIB_ADMIN_RUNNING },
	/* the guest's own sleep keeps its memory: no state of the RFC's */
	[VM_SUSPENDED] = { VM_MIB_OTHER, VM_MIB_ADMIN_RUNNING },
	[VM_UNKNOWN] = { VM_MIB_UNKNOWN, 0 },
};

static bool
is_known(int32_t state)
{
	return state >= VM_RUNNING && (size_t)state < G_N_ELEMENTS(states);
}

enum vm_mib_oper
vm_mib_oper_state(int32_t state, bool saved)
{
	if (state == VM_SHUT_OFF && saved)
		return VM_MIB_SUSPENDED;
	return is_known(state) ? states[state].oper : VM_MIB_UNKNOWN;
}

enum vm_mib_admin
vm_mib_admin_state(int32_t state, bool saved)
{
	if (state == VM_SHUT_OFF && saved)
		return VM_MIB_ADMIN_SUSPENDED;
	return is_known(state) ? states[state].admin : 0;
}

bool
vm_mib_in_cpu_set(const char *set, uint32_t cpu)
{
	while (*set != '\0') {
		char *end;
		unsigned long first = strtoul(set, &end, 10), last = first;
		if (end == set)
			return false;
		if (*end == '-')
			last = strtoul(end + 1, &end, 10);
		if (cpu >= first && cpu <= last)
			return true;
		set = *end == ',' ? end + 1 : end;
	}
	return false;
}

/* --- the hypervisors of all nodes */

/* Adds a word once; a text of nodes that differ stays short. */
static void
add_word(GString *text, const char *word)
{
	g_auto(GStrv) words = g_strsplit(text->str, ", ", -1);

	if (word[0] == '\0' || g_strv_contains((const char *const *)words, word) ||
	    text->len + 2 + strlen(word) > TEXT_MOST)
		return;
	g_string_append_printf(text, "%s%s", text->len > 0 ? ", " : "", word);
}

static void
add_version(GString *text, const char *software, const char *version)
{
	if (software == NULL || version == NULL || version[0] == '\0')
		return;
	g_autofree char *word = g_strdup_printf("%s %s", software, version);
	add_word(text, word);
}

void
vm_mib_describe(const struct rows *nodes, struct cluster_info *info)
{
	g_autoptr(GString) software = g_string_new("libvirt");
	g_autoptr(GString) versions = g_string_new(NULL);

	for (size_t i = 0; i < nodes->n; i++) {
		const struct node *node = nodes->row[i];
		if (node->hypervisor != NULL)
			add_word(software, node->hypervisor);
		add_version(versions, "libvirt", node->libvirt_version);
		add_version(versions, node->hypervisor, node->hypervisor_version);
	}
	/* there are few of them in the life of a process */
	info->hypervisors = g_intern_string(software->str);
	info->hypervisor_versions = g_intern_string(versions->str);
}
