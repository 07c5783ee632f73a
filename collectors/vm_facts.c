/* Facts about a VM that are asked for rarely. */
#include "collectors/vm_facts.h"

#include <libvirt/libvirt.h>
#include <stdlib.h>
#include <string.h>

#include "common/virt.h"
#include "model/cluster.h"
#include "model/value.h"

#define INTERFACES_MOST 64
#define DISKS_MOST	64

struct vm_facts *
vm_facts_new(void)
{
	struct vm_facts *f = g_new0(struct vm_facts, 1);

	f->addresses = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	f->bad_disks = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	f->snapshots = f->disk_errors = f->dirty_rate = ABSENT_U32;
	f->managed_save = ABSENT_I32;
	return f;
}

void
vm_facts_free(struct vm_facts *f)
{
	if (f == NULL)
		return;
	g_hash_table_destroy(f->addresses);
	g_hash_table_destroy(f->bad_disks);
	if (f->snapshot_list != NULL)
		g_ptr_array_unref(f->snapshot_list);
	g_free(f->os);
	g_free(f->host);
	g_free(f->address);
	g_free(f);
}

/* What lasts from one answer to the next: what the guest told, and what was measured. */
static void
copy_lasting(struct vm_facts *f, const struct vm_facts *before)
{
	GHashTableIter iter;
	gpointer mac, addresses;

	if (before == NULL)
		return;
	f->os = g_strdup(before->os);
	f->host = g_strdup(before->host);
	f->address = g_strdup(before->address);
	f->dirty_rate = before->dirty_rate;
	f->measured_us = before->measured_us;
	g_hash_table_iter_init(&iter, before->addresses);
	while (g_hash_table_iter_next(&iter, &mac, &addresses))
		g_hash_table_insert(f->addresses, g_strdup(mac), g_strdup(addresses));
}

struct vm_facts *
vm_facts_copy(const struct vm_facts *f)
{
	struct vm_facts *copy = vm_facts_new();

	if (f == NULL)
		return copy;
	copy_lasting(copy, f);
	copy->snapshots = f->snapshots;
	if (f->snapshot_list != NULL)
		copy->snapshot_list = g_ptr_array_ref(f->snapshot_list);
	copy->oldest_snapshot_at = f->oldest_snapshot_at;
	copy->managed_save = f->managed_save;
	copy->disk_errors = f->disk_errors;
	GHashTableIter iter;
	gpointer target, error;
	g_hash_table_iter_init(&iter, f->bad_disks);
	while (g_hash_table_iter_next(&iter, &target, &error))
		g_hash_table_insert(copy->bad_disks, g_strdup(target), error);
	return copy;
}

/* --- the guest's agent */

static const virTypedParameter *
find_param(const virTypedParameter *params, int n, const char *name)
{
	for (int i = 0; i < n; i++)
		if (strcmp(params[i].field, name) == 0 &&
		    params[i].type == VIR_TYPED_PARAM_STRING && params[i].value.s != NULL)
			return &params[i];
	return NULL;
}

static void
take_text(char **to, const virTypedParameter *params, int n, const char *name)
{
	const virTypedParameter *param = find_param(params, n, name);

	if (param == NULL || *param->value.s == '\0')
		return;
	g_free(*to);
	*to = g_strdup(param->value.s);
}

/* Loopback and link-local addresses say nothing about where the guest is. */
static bool
is_worth_telling(const char *address)
{
	return strcmp(address, "::1") != 0 && !g_str_has_prefix(address, "127.") &&
	    !g_str_has_prefix(address, "169.254.") &&
	    g_ascii_strncasecmp(address, "fe80:", 5) != 0;
}

static void
take_address(struct vm_facts *f, const char *mac, const char *address)
{
	g_autofree char *key = g_ascii_strdown(mac, -1);
	const char *known = g_hash_table_lookup(f->addresses, key);

	if (!is_worth_telling(address))
		return;
	if (f->address == NULL)
		f->address = g_strdup(address);
	g_hash_table_replace(f->addresses, g_steal_pointer(&key),
	    known == NULL ? g_strdup(address) : g_strconcat(known, " ", address, NULL));
}

static void
take_interface(struct vm_facts *f, const virTypedParameter *params, int n, unsigned number)
{
	char name[64];

	g_snprintf(name, sizeof(name), "if.%u.hwaddr", number);
	const virTypedParameter *mac = find_param(params, n, name);
	for (unsigned i = 0; mac != NULL && i < INTERFACES_MOST; i++) {
		g_snprintf(name, sizeof(name), "if.%u.addr.%u.addr", number, i);
		const virTypedParameter *address = find_param(params, n, name);
		if (address == NULL)
			return;
		take_address(f, mac->value.s, address->value.s);
	}
}

void
vm_facts_guest(struct vm_facts *f, const virTypedParameter *params, int n)
{
	take_text(&f->os, params, n, "os.kernel-release"); /* better than nothing */
	take_text(&f->os, params, n, "os.id");
	take_text(&f->os, params, n, "os.name");
	take_text(&f->os, params, n, "os.pretty-name");
	take_text(&f->host, params, n, "hostname");
	g_hash_table_remove_all(f->addresses);
	g_clear_pointer(&f->address, g_free);
	for (unsigned i = 0; i < INTERFACES_MOST; i++)
		take_interface(f, params, n, i);
}

static void
ask_guest(struct link *link, virDomainPtr domain, int timeout, struct vm_facts *f)
{
	const unsigned types = VIR_DOMAIN_GUEST_INFO_OS | VIR_DOMAIN_GUEST_INFO_HOSTNAME |
	    VIR_DOMAIN_GUEST_INFO_INTERFACES;
	virTypedParameterPtr params = NULL;
	int n = 0;

	if (link->lacks & LACKS_GUEST)
		return;
	call_begin(link->called_us);
	virDomainAgentSetResponseTimeout(domain, timeout, 0);
	call_begin(link->called_us);
	/* 0 types is not the same: these are refused only when none of them is known */
	if (virDomainGetGuestInfo(domain, types, &params, &n, 0) == 0)
		vm_facts_guest(f, params, n);
	else if (virGetLastErrorCode() == VIR_ERR_NO_SUPPORT)
		link->lacks |= LACKS_GUEST;
	virTypedParamsFree(params, n);
}

/* --- snapshots and the rest */

static void
ask_saved(struct link *link, virDomainPtr domain, struct vm_facts *f)
{
	call_begin(link->called_us);
	int saved = virDomainHasManagedSaveImage(domain, 0);

	if (saved >= 0)
		f->managed_save = saved;
}

static void
ask_disk_errors(struct link *link, virDomainPtr domain, struct vm_facts *f)
{
	virDomainDiskError errors[DISKS_MOST];

	if (link->lacks & LACKS_DISK_ERRORS)
		return;
	call_begin(link->called_us);
	int n = virDomainGetDiskErrors(domain, errors, DISKS_MOST, 0);
	if (n < 0) {
		link_note_lack(link, LACKS_DISK_ERRORS);
		return;
	}
	f->disk_errors = (uint32_t)n;
	for (int i = 0; i < n; i++) {
		int32_t error = errors[i].error == VIR_DOMAIN_DISK_ERROR_NO_SPACE
		    ? DISK_ERROR_NO_SPACE : DISK_ERROR_UNSPECIFIED;
		g_hash_table_replace(f->bad_disks, g_strdup(errors[i].disk),
		    GINT_TO_POINTER(error));
		free(errors[i].disk);
	}
}

struct vm_facts *
vm_facts_ask(struct link *link, virDomainPtr domain, int timeout,
    const struct vm_facts *before)
{
	struct vm_facts *f = vm_facts_new();

	copy_lasting(f, before);
	f->snapshot_list = snapshot_facts_ask(link, domain, &f->snapshots);
	f->oldest_snapshot_at = snapshot_facts_oldest(f->snapshot_list);
	ask_saved(link, domain, f);
	if (virDomainIsActive(domain) == 1) {
		ask_disk_errors(link, domain, f);
		ask_guest(link, domain, timeout, f);
	}
	call_end(link->called_us);
	return f;
}

/* --- the dirty rate */

bool
vm_facts_measure_rate(struct link *link, virDomainPtr domain, int seconds)
{
	if (link->lacks & LACKS_DIRTY_RATE || virDomainIsActive(domain) != 1)
		return false;
	call_begin(link->called_us);
	bool measures = virDomainStartDirtyRateCalc(domain, seconds, 0) == 0;
	if (!measures)
		link_note_lack(link, LACKS_DIRTY_RATE);
	call_end(link->called_us);
	return measures;
}

bool
vm_facts_rate(struct vm_facts *f, virTypedParameterPtr params, int n)
{
	long long rate;
	int status;

	if (virTypedParamsGetInt(params, n, "dirtyrate.calc_status", &status) != 1)
		return true;
	if (status == VIR_DOMAIN_DIRTYRATE_MEASURING)
		return false;
	if (status != VIR_DOMAIN_DIRTYRATE_MEASURED ||
	    virTypedParamsGetLLong(params, n, "dirtyrate.megabytes_per_second", &rate) != 1 ||
	    rate < 0)
		return true;
	f->dirty_rate = (uint32_t)MIN(rate, (long long)ABSENT_U32 - 1);
	f->measured_us = g_get_monotonic_time();
	return true;
}

bool
vm_facts_read_rate(struct vm_facts *f, struct link *link, virDomainPtr domain)
{
	virDomainPtr domains[] = { domain, NULL };
	virDomainStatsRecordPtr *records = NULL;
	bool done = true;

	call_begin(link->called_us);
	int n = virDomainListGetStats(domains, VIR_DOMAIN_STATS_DIRTYRATE, &records, 0);
	call_end(link->called_us);
	if (n > 0)
		done = vm_facts_rate(f, records[0]->params, records[0]->nparams);
	virDomainStatsRecordListFree(records);
	return done;
}

/* --- rows */

void
vm_facts_apply(const struct vm_facts *f, struct part *part, struct vm *vm)
{
	if (f == NULL)
		return;
	vm->guest_os = part_text(part, f->os);
	vm->guest_host = part_text(part, f->host);
	vm->guest_address = part_text(part, f->address);
	vm->snapshots = f->snapshots;
	vm->oldest_snapshot_at = f->oldest_snapshot_at;
	vm->managed_save = f->managed_save;
	vm->disk_errors = vm_is_active(vm) ? f->disk_errors : ABSENT_U32;
	vm->dirty_rate = vm_is_active(vm) && f->measured_us > vm->discontinuity_us
	    ? f->dirty_rate : ABSENT_U32;
}

const char *
vm_facts_addresses(const struct vm_facts *f, const char *mac)
{
	if (f == NULL || mac == NULL)
		return NULL;
	g_autofree char *key = g_ascii_strdown(mac, -1);
	return g_hash_table_lookup(f->addresses, key);
}

int32_t
vm_facts_disk_error(const struct vm_facts *f, const char *target)
{
	if (f == NULL || f->disk_errors == ABSENT_U32)
		return ABSENT_I32;
	int32_t error = GPOINTER_TO_INT(g_hash_table_lookup(f->bad_disks, target));
	return error == 0 ? DISK_ERROR_NONE : error;
}
