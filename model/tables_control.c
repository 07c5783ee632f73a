/* vclControl: everything that an operator may write.  2 is kept for the spin lock. */
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

/* 0: the agent chooses. */
static bool
write_vm_migrate(const struct reading *r, const void *row, const struct value *value,
    struct request *out, GError **error)
{
	request_for_vm(out, JOB_MIGRATE, row);
	out->target = (uint32_t)value->u;
	return true;
}

static void
vm_no_target(const struct reading *r, const void *row, struct value *out)
{
	get_unsigned(out, SYN_INDEX, 0);
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
	{ 7, "vclVmMigrateTo", FUNC(SYN_INDEX, vm_no_target), WRITE(write_vm_migrate) },
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
