/* vclControl: everything that an operator may write.  2 is kept for the spin lock. */
#include "model/admin_state.h"
#include "model/request.h"
#include "model/tables_private.h"

static void
vm_last_job(const struct reading *r, const void *row, struct value *out)
{
	const struct row_head *vm = row;
	const struct job *job = cluster_last_job(r->cluster, OBJECT_VM, vm->index);

	get_unsigned(out, SYN_UNSIGNED, job == NULL ? 0 : job->h.index);
}

static void
vm_no_action(const struct reading *r, const void *row, struct value *out)
{
	out->syntax = SYN_ENUM;
	out->i = JOB_NONE;
}

static void
vm_no_keys(const struct reading *r, const void *row, struct value *out)
{
	out->syntax = SYN_TEXT;
	out->s = "";
}

static void
vm_admin_state(const struct reading *r, const void *row, struct value *out)
{
	const struct row_head *vm = row;
	const struct wish *wish = cluster_wish(r->cluster, vm->index);

	out->syntax = SYN_ENUM;
	out->i = wish == NULL ? ADMIN_UNMANAGED : wish->wanted;
}

/* --- writers: a value becomes the request that it stands for */

static bool
write_vm_action(const struct reading *r, const void *row, const struct value *value,
    struct request *out, GError **error)
{
	if (value->i == JOB_NONE) {
		g_set_error(error, REQUEST_ERROR, REQUEST_BAD_VALUE, "none is not an action");
		return false;
	}
	request_for_vm(out, (enum job_type)value->i, row);
	return true;
}

static bool
write_vm_keys(const struct reading *r, const void *row, const struct value *value,
    struct request *out, GError **error)
{
	request_for_vm(out, JOB_KEYS, row);
	g_strlcpy(out->argument, value->s, sizeof(out->argument));
	return true;
}

/* The limits are those of the job: see its check. */
static bool
write_vm_vcpus(const struct reading *r, const void *row, const struct value *value,
    struct request *out, GError **error)
{
	request_for_vm(out, JOB_SET_VCPUS, row);
	out->amount = (uint32_t)value->u;
	return true;
}

static bool
write_vm_memory(const struct reading *r, const void *row, const struct value *value,
    struct request *out, GError **error)
{
	request_for_vm(out, JOB_SET_MEMORY, row);
	out->amount = (uint32_t)value->u;
	return true;
}

static bool
write_vm_autostart(const struct reading *r, const void *row, const struct value *value,
    struct request *out, GError **error)
{
	request_for_vm(out, JOB_SET_AUTOSTART, row);
	out->amount = value->i ? REQUEST_ON : REQUEST_OFF;
	return true;
}

static bool
write_vm_admin_state(const struct reading *r, const void *row, const struct value *value,
    struct request *out, GError **error)
{
	return admin_state_request(row, (int32_t)value->i, out, error);
}

static bool
write_command(const struct reading *r, const void *row, const struct value *value,
    struct request *out, GError **error)
{
	return command_parse(r->cluster, value->s, out, error);
}

#define ROW struct cluster_info
static const struct column control_columns[] = {
	{ 1, "vclControlEnabled", BOOL(control) },
};

#undef ROW
#define ROW struct command_info
static const struct column command_columns[] = {
	{ 3, "vclCommand",    TEXT(text), WRITE(write_command) },
	{ 4, "vclCommandJob", UNSIGNED(job) },
};

#undef ROW
#define ROW struct vm
static const struct column vm_control_columns[] = {
	{ 1, "vclVmAction",  FUNC(SYN_ENUM, vm_no_action), .names = vm_action_names,
	    WRITE(write_vm_action) },
	{ 2, "vclVmLastJob", FUNC(SYN_UNSIGNED, vm_last_job) },
	{ 3, "vclVmKeys",         FUNC(SYN_TEXT, vm_no_keys), WRITE(write_vm_keys) },
	{ 4, "vclVmSetVcpus",     UNSIGNED(vcpus), WRITE(write_vm_vcpus) },
	{ 5, "vclVmSetMemory",    UNSIGNED(mem_actual), WRITE(write_vm_memory) },
	{ 6, "vclVmSetAutostart", BOOL(autostart), WRITE(write_vm_autostart) },
	{ 7, "vclVmAdminState",   FUNC(SYN_ENUM, vm_admin_state), .names = admin_state_names,
	    WRITE(write_vm_admin_state) },
};

const struct table control_table = {
	"vclControl", SCALARS(ROWS_CLUSTER, 9), COLUMNS(control_columns)
};
const struct table command_table = {
	"vclControl", SCALARS(ROWS_COMMAND, 9), COLUMNS(command_columns)
};
const struct table vm_control_table = {
	"vclVmControlTable", ENTRY(ROWS_VM, KEYS_INDEX, 9, 11), COLUMNS(vm_control_columns)
};
