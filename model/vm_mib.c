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

/* States that only their reason tells. */
static const struct {
	int32_t state;
	const char *reason;
	enum vm_mib_oper oper;
	enum vm_mib_admin admin;
} reasons[] = {
	{ VM_SHUT_OFF, VM_REASON_SAVED, VM_MIB_SUSPENDED, VM_MIB_ADMIN_SUSPENDED },
	{ VM_SHUT_OFF, VM_REASON_CRASHED, VM_MIB_CRASHED, VM_MIB_ADMIN_RUNNING },
	{ VM_PAUSED, VM_REASON_SAVING, VM_MIB_SUSPENDING, VM_MIB_ADMIN_SUSPENDED },
	{ VM_PAUSED, VM_REASON_RESTORING, VM_MIB_RESUMING, VM_MIB_ADMIN_RUNNING },
	{ VM_PAUSED, VM_REASON_MOVING, VM_MIB_MIGRATING, VM_MIB_ADMIN_RUNNING },
	{ VM_PAUSED, VM_REASON_POSTCOPY, VM_MIB_MIGRATING, VM_MIB_ADMIN_RUNNING },
	{ VM_RUNNING, VM_REASON_POSTCOPY, VM_MIB_MIGRATING, VM_MIB_ADMIN_RUNNING },
};

static bool
is_known(int32_t state)
{
	return state >= VM_RUNNING && (size_t)state < G_N_ELEMENTS(states);
}

/*
 * The place in `reasons`, or their number.  libvirt forgets why a VM is off when it
 * restarts, but not that there is a saved memory.
 */
static size_t
find_reason(const struct vm *vm)
{
	const char *reason = vm->reason == NULL ? "" : vm->reason;
	size_t i = 0;

	if (vm->state == VM_SHUT_OFF && reason[0] == '\0' && vm->managed_save == 1)
		reason = VM_REASON_SAVED;
	while (i < G_N_ELEMENTS(reasons) &&
	    (reasons[i].state != vm->state || strcmp(reasons[i].reason, reason) != 0))
		i++;
	return i;
}

enum vm_mib_oper
vm_mib_oper_state(const struct vm *vm)
{
	size_t i = find_reason(vm);

	if (i < G_N_ELEMENTS(reasons))
		return reasons[i].oper;
	return is_known(vm->state) ? states[vm->state].oper : VM_MIB_UNKNOWN;
}

enum vm_mib_admin
vm_mib_admin_state(const struct vm *vm)
{
	size_t i = find_reason(vm);

	if (i < G_N_ELEMENTS(reasons))
		return reasons[i].admin;
	return is_known(vm->state) ? states[vm->state].admin : 0;
}

int32_t
vm_mib_choice(int32_t truth)
{
	return truth == 1 ? 2 : truth == 0 ? 3 : 1;
}

/* --- notifications */

#define DELETED 10

/* By arc; the state that each tells of. */
static const struct {
	const char *name;
	enum vm_mib_oper oper;
} notices[VM_MIB_NUMBERS] = {
	[1] = { "vmRunning", VM_MIB_RUNNING },
	[2] = { "vmShuttingdown", VM_MIB_SHUTTINGDOWN },
	[3] = { "vmShutdown", VM_MIB_SHUTDOWN },
	[4] = { "vmPaused", VM_MIB_PAUSED },
	[5] = { "vmSuspending", VM_MIB_SUSPENDING },
	[6] = { "vmSuspended", VM_MIB_SUSPENDED },
	[7] = { "vmResuming", VM_MIB_RESUMING },
	[8] = { "vmMigrating", VM_MIB_MIGRATING },
	[9] = { "vmCrashed", VM_MIB_CRASHED },
	[DELETED] = { "vmDeleted", 0 },
};

const char *
vm_mib_notice_name(uint32_t number)
{
	return number < VM_MIB_NUMBERS ? notices[number].name : NULL;
}

/* Adds the one for that change, if the RFC has one. */
static size_t
add_notice(enum vm_mib_oper before, enum vm_mib_oper after, struct vm_mib_notice *out)
{
	for (uint32_t n = 1; before != after && n < DELETED; n++) {
		if (notices[n].oper != after)
			continue;
		*out = (struct vm_mib_notice){ n, notices[n].name, before, false };
		return 1;
	}
	return 0;
}

static bool
is_off(enum vm_mib_oper oper)
{
	return oper == VM_MIB_SHUTDOWN || oper == VM_MIB_SUSPENDED || oper == VM_MIB_CRASHED;
}

size_t
vm_mib_notices(const struct event *event, struct vm_mib_notice out[VM_MIB_NOTICES])
{
	enum vm_mib_oper before = (enum vm_mib_oper)event->oper_before;
	enum vm_mib_oper after = (enum vm_mib_oper)event->oper_after;
	size_t n = 0;

	if (event->type == EVENT_VM_STATE)
		return add_notice(before, after, out);
	if (event->type == EVENT_VM_ADDED && !is_off(after)) /* off is how it begins */
		return add_notice(VM_MIB_UNKNOWN, after, out);
	if (event->type == EVENT_VM_MOVED && after != 0 && !is_off(after)) {
		n += add_notice(before, VM_MIB_MIGRATING, out);
		n += add_notice(VM_MIB_MIGRATING, after, out + n);
	}
	if (event->type == EVENT_VM_REMOVED)
		out[n++] = (struct vm_mib_notice){ DELETED, notices[DELETED].name, before,
			true };
	return n;
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
