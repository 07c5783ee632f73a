/* VM-MIB: the hypervisor and its VMs.  All tables of that MIB, in the order of their OIDs. */
#include "model/switches.h"
#include "model/tables_private.h"
#include "model/vm_mib.h"

#define MEBI_OCTETS 1048576

static void
set_int(struct value *out, enum syntax syntax, int64_t i)
{
	out->syntax = syntax;
	out->i = i;
}

static void
set_ticks(struct value *out, int64_t us)
{
	get_unsigned(out, SYN_TICKS, (uint64_t)MAX(us, 0) / 10000);
}

/* --- the hypervisor: what has begun with the agent */

static void
hv_object_id(const struct reading *r, const void *row, struct value *out)
{
	out->syntax = SYN_OID;
	out->arcs = &virtcluster_mib.root;
}

static void
hv_uptime(const struct reading *r, const void *row, struct value *out)
{
	set_ticks(out, r->now - ((const struct cluster_info *)row)->started_us);
}

static void
vm_number(const struct reading *r, const void *row, struct value *out)
{
	set_int(out, SYN_INT, (int64_t)r->cluster->rows[ROWS_VM].n);
}

static void
vm_changed(const struct reading *r, const void *row, struct value *out)
{
	set_ticks(out, r->cluster->rows[ROWS_VM].changed_us -
	    ((const struct cluster_info *)row)->started_us);
}

/* --- VMs */

static const struct enum_name admin_names[] = {
	{ VM_MIB_ADMIN_RUNNING, "running" },
	{ VM_MIB_ADMIN_SUSPENDED, "suspended" },
	{ VM_MIB_ADMIN_PAUSED, "paused" },
	{ VM_MIB_ADMIN_SHUTDOWN, "shutdown" },
	{ 0, NULL },
};

static const struct enum_name oper_names[] = {
	{ VM_MIB_UNKNOWN, "unknown" },
	{ VM_MIB_OTHER, "other" },
	{ VM_MIB_PREPARING, "preparing" },
	{ VM_MIB_RUNNING, "running" },
	{ VM_MIB_SUSPENDING, "suspending" },
	{ VM_MIB_SUSPENDED, "suspended" },
	{ VM_MIB_RESUMING, "resuming" },
	{ VM_MIB_PAUSED, "paused" },
	{ VM_MIB_MIGRATING, "migrating" },
	{ VM_MIB_SHUTTINGDOWN, "shuttingdown" },
	{ VM_MIB_SHUTDOWN, "shutdown" },
	{ VM_MIB_CRASHED, "crashed" },
	{ 0, NULL },
};

static const struct enum_name autostart_names[] = {
	{ 1, "unknown" }, { 2, "enabled" }, { 3, "disabled" }, { 0, NULL },
};

static const struct enum_name persistent_names[] = {
	{ 1, "unknown" }, { 2, "persistent" }, { 3, "transient" }, { 0, NULL },
};

static void
vm_uuid(const struct reading *r, const void *row, struct value *out)
{
	const char *uuid = ((const struct vm *)row)->uuid;

	out->syntax = SYN_UUID;
	out->s = uuid == NULL ? "" : uuid;
}

/* What is installed, where the guest tells it; else what the hypervisor boots. */
static void
vm_os(const struct reading *r, const void *row, struct value *out)
{
	const struct vm *vm = row;
	const char *guest = vm->guest_os == NULL ? "" : vm->guest_os;

	out->syntax = SYN_TEXT;
	out->s = guest[0] != '\0' ? guest : vm->os_type == NULL ? "" : vm->os_type;
}

static void
vm_admin(const struct reading *r, const void *row, struct value *out)
{
	enum vm_mib_admin state = vm_mib_admin_state(row);

	if (state != 0)
		set_int(out, SYN_ENUM, state);
}

static void
vm_oper(const struct reading *r, const void *row, struct value *out)
{
	set_int(out, SYN_ENUM, vm_mib_oper_state(row));
}

static void
vm_autostart(const struct reading *r, const void *row, struct value *out)
{
	set_int(out, SYN_ENUM, vm_mib_choice(((const struct vm *)row)->autostart));
}

static void
vm_persistent(const struct reading *r, const void *row, struct value *out)
{
	set_int(out, SYN_ENUM, vm_mib_choice(((const struct vm *)row)->persistent));
}

/* An Integer32 with -1 where there is no limit, or nobody knows one. */
static void
get_limit(struct value *out, uint32_t limit)
{
	set_int(out, SYN_INT, limit == ABSENT_U32 ? -1 : (int64_t)MIN(limit, INT32_MAX));
}

static void
vm_cpus(const struct reading *r, const void *row, struct value *out)
{
	uint32_t vcpus = ((const struct vm *)row)->vcpus;

	set_int(out, SYN_INT, vcpus == ABSENT_U32 ? 0 : vcpus);
}

static void
no_limit(const struct reading *r, const void *row, struct value *out)
{
	get_limit(out, ABSENT_U32);
}

static void
vm_cpus_max(const struct reading *r, const void *row, struct value *out)
{
	get_limit(out, ((const struct vm *)row)->vcpus_max);
}

static void
vm_memory_unit(const struct reading *r, const void *row, struct value *out)
{
	set_int(out, SYN_INT, MEBI_OCTETS);
}

static void
vm_memory(const struct reading *r, const void *row, struct value *out)
{
	uint32_t mebi = ((const struct vm *)row)->mem_actual;

	set_int(out, SYN_INT, mebi == ABSENT_U32 ? 0 : MIN(mebi, INT32_MAX));
}

static void
vm_memory_max(const struct reading *r, const void *row, struct value *out)
{
	get_limit(out, ((const struct vm *)row)->mem_max);
}

/* 0 while it is off; absent where the beginning of this run was not seen. */
static void
vm_uptime(const struct reading *r, const void *row, struct value *out)
{
	const struct vm *vm = row;

	if (!vm_is_active(vm))
		set_ticks(out, 0);
	else if (vm->started_us > 0)
		set_ticks(out, r->now - vm->started_us);
}

static void
vm_cpu_time(const struct reading *r, const void *row, struct value *out)
{
	uint64_t ns = ((const struct vm *)row)->cpu_ns;

	if (ns != ABSENT_U64)
		get_unsigned(out, SYN_COUNTER, ns / 1000);
}

#define ROW struct cluster_info
static const struct column hv_columns[] = {
	{ 1, "vmHvSoftware", TEXT(hypervisors) },
	{ 2, "vmHvVersion",  TEXT(hypervisor_versions) },
	{ 3, "vmHvObjectID", FUNC(SYN_OID, hv_object_id) },
	{ 4, "vmHvUpTime",   FUNC(SYN_TICKS, hv_uptime) },
};

static const struct column number_columns[] = {
	{ 2, "vmNumber",          FUNC(SYN_INT, vm_number) },
	{ 3, "vmTableLastChange", FUNC(SYN_TICKS, vm_changed) },
};

static const struct column notify_columns[] = {
	{ 9,  "vmPerVMNotificationsEnabled", SWITCH(SYN_BOOL, SWITCH_VM_MIB) },
	{ 10, "vmBulkNotificationsEnabled",  SWITCH(SYN_BOOL, SWITCH_VM_MIB_BULK) },
};

#undef ROW
#define ROW struct vm
static const struct column vm_columns[] = {
	{ 1,  "vmIndex",        INDEX(h.index), KEY },
	{ 2,  "vmName",         TEXT(name) },
	{ 3,  "vmUUID",         FUNC(SYN_UUID, vm_uuid) },
	{ 4,  "vmOSType",       FUNC(SYN_TEXT, vm_os) },
	{ 5,  "vmAdminState",   FUNC(SYN_ENUM, vm_admin), .names = admin_names },
	{ 6,  "vmOperState",    FUNC(SYN_ENUM, vm_oper), .names = oper_names },
	{ 7,  "vmAutoStart",    FUNC(SYN_ENUM, vm_autostart), .names = autostart_names },
	{ 8,  "vmPersistent",   FUNC(SYN_ENUM, vm_persistent), .names = persistent_names },
	{ 9,  "vmCurCpuNumber", FUNC(SYN_INT, vm_cpus) },
	{ 10, "vmMinCpuNumber", FUNC(SYN_INT, no_limit) },
	{ 11, "vmMaxCpuNumber", FUNC(SYN_INT, vm_cpus_max) },
	{ 12, "vmMemUnit",      FUNC(SYN_INT, vm_memory_unit) },
	{ 13, "vmCurMem",       FUNC(SYN_INT, vm_memory) },
	{ 14, "vmMinMem",       FUNC(SYN_INT, no_limit) },
	{ 15, "vmMaxMem",       FUNC(SYN_INT, vm_memory_max) },
	{ 16, "vmUpTime",       FUNC(SYN_TICKS, vm_uptime) },
	{ 17, "vmCpuTime",      FUNC(SYN_COUNTER, vm_cpu_time) },
};

#define SCALARS_OF(...) .rows = ROWS_CLUSTER, .keys = KEYS_NONE, __VA_ARGS__

static const struct table hv_table = {
	"vmHypervisor", SCALARS_OF(.oid_len = 2, .oid = { 1, 1 }), COLUMNS(hv_columns)
};
static const struct table number_table = {
	"vmObjects", SCALARS_OF(.oid_len = 1, .oid = { 1 }), COLUMNS(number_columns)
};
static const struct table enabled_table = {
	"vmObjects", SCALARS_OF(.oid_len = 1, .oid = { 1 }), COLUMNS(notify_columns)
};
const struct table vm_mib_vm_table = {
	"vmTable", VM_MIB_ENTRY(ROWS_VM, KEYS_INDEX, 4), COLUMNS(vm_columns)
};

/* --- the module */

static const struct table *const vm_mib_tables[] = {
	&hv_table,
	&number_table,
	&vm_mib_vm_table,
	&vm_mib_cpu_table,
	&vm_mib_affinity_table,
	&vm_mib_storage_table,
	&vm_mib_network_table,
	&enabled_table,
};

static const uint32_t root[] = { 1, 3, 6, 1, 2, 1, 236 };
const struct mib vm_mib = {
	"VM-MIB", { root, G_N_ELEMENTS(root) }, vm_mib_tables, G_N_ELEMENTS(vm_mib_tables)
};
