/* vclControl: everything that an operator may write, but for the rows of the job table. */
#include "model/admin_state.h"
#include "model/refusal.h"
#include "model/request.h"
#include "model/switches.h"
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
notify_sent(const struct reading *r, const void *row, struct value *out)
{
	const struct notify_type *type = row;

	get_unsigned(out, SYN_COUNTER, atomic_load(&notify_counts[type->h.index].sent));
}

static void
notify_suppressed(const struct reading *r, const void *row, struct value *out)
{
	const struct notify_type *type = row;

	get_unsigned(out, SYN_COUNTER, atomic_load(&notify_counts[type->h.index].suppressed));
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
	if (value->i == JOB_POWER_SEQUENCE)
		request_for_sequence(out, ((const struct vm *)row)->name);
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

static void
node_last_job(const struct reading *r, const void *row, struct value *out)
{
	const struct row_head *node = row;
	const struct job *job = cluster_last_job(r->cluster, OBJECT_NODE, node->index);

	get_unsigned(out, SYN_UNSIGNED, job == NULL ? 0 : job->h.index);
}

static bool
write_node_action(const struct reading *r, const void *row, const struct value *value,
    struct request *out, GError **error)
{
	static const enum job_type types[] = {
		[NODE_ACTION_EVACUATE] = JOB_EVACUATE,
		[NODE_ACTION_MAINTENANCE] = JOB_MAINTENANCE,
		[NODE_ACTION_ONLINE] = JOB_NODE_ONLINE,
		[NODE_ACTION_POWER_ON] = JOB_NODE_POWER_ON,
		[NODE_ACTION_POWER_OFF] = JOB_NODE_POWER_OFF,
		[NODE_ACTION_POWER_RESET] = JOB_NODE_POWER_RESET,
	};

	if (value->i == NODE_ACTION_NONE) {
		g_set_error(error, REQUEST_ERROR, REQUEST_BAD_VALUE, "none is not an action");
		return false;
	}
	request_for_node(out, types[value->i], row);
	return true;
}

static void
app_last_job(const struct reading *r, const void *row, struct value *out)
{
	const struct row_head *app = row;
	const struct job *job = cluster_last_job(r->cluster, OBJECT_APP, app->index);

	get_unsigned(out, SYN_UNSIGNED, job == NULL ? 0 : job->h.index);
}

static bool
write_app_action(const struct reading *r, const void *row, const struct value *value,
    struct request *out, GError **error)
{
	static const enum job_type types[] = {
		[APP_ACTION_START] = JOB_APP_START,
		[APP_ACTION_STOP] = JOB_APP_STOP,
		[APP_ACTION_MOVE] = JOB_APP_MOVE,
		[APP_ACTION_CLEANUP] = JOB_APP_CLEANUP,
	};

	if (value->i == APP_ACTION_NONE) {
		g_set_error(error, REQUEST_ERROR, REQUEST_BAD_VALUE, "none is not an action");
		return false;
	}
	request_for_app(out, types[value->i], row);
	return true;
}

/* 0: the cluster manager chooses. */
static bool
write_app_move(const struct reading *r, const void *row, const struct value *value,
    struct request *out, GError **error)
{
	request_for_app(out, JOB_APP_MOVE, row);
	out->target = (uint32_t)value->u;
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
	{ 2, "vclControlLock",    SWITCH(SYN_LOCK, SWITCH_LOCK) },
};

/* 9 and 10 are only in notifications. */
static const struct column notify_columns[] = {
	{ 5, "vclNotifyMinSeverity", SWITCH(SYN_ENUM, SWITCH_MIN_SEVERITY),
	    .names = severity_names },
	{ 6, "vclNotifyHeartbeat",   SWITCH(SYN_UNSIGNED, SWITCH_HEARTBEAT) },
	{ 7, "vclNotifyRate",        SWITCH(SYN_UNSIGNED, SWITCH_RATE) },
};

#undef ROW
#define ROW struct command_info
static const struct column command_columns[] = {
	{ 3, "vclCommand",    TEXT(text), WRITE(write_command) },
	{ 4, "vclCommandJob", UNSIGNED(job) },
};

static void
refused_command(const struct reading *r, const void *row, struct value *out)
{
	out->syntax = SYN_TEXT;
	out->s = refusal_command();
}

static void
refusal_of_command(const struct reading *r, const void *row, struct value *out)
{
	out->syntax = SYN_TEXT;
	out->s = refusal_reason();
}

static const struct column refusal_columns[] = {
	{ 13, "vclCommandRefused", FUNC(SYN_TEXT, refused_command) },
	{ 14, "vclCommandError",   FUNC(SYN_TEXT, refusal_of_command) },
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
	{ 8, "vclVmMigrateTo",    FUNC(SYN_INDEX, vm_no_target), WRITE(write_vm_migrate) },
};

#undef ROW
#define ROW struct notify_type
static const struct column notify_type_columns[] = {
	{ 1, "vclNotifyIndex",      UNSIGNED(h.index), KEY },
	{ 2, "vclNotifyName",       TEXT(name) },
	{ 3, "vclNotifyEnabled",    SWITCH(SYN_BOOL, SWITCH_NOTIFY) },
	{ 4, "vclNotifySent",       FUNC(SYN_COUNTER, notify_sent) },
	{ 5, "vclNotifySuppressed", FUNC(SYN_COUNTER, notify_suppressed) },
};

#undef ROW
#define ROW struct node
static const struct column node_control_columns[] = {
	{ 1, "vclNodeAction",  FUNC(SYN_ENUM, vm_no_action), .names = node_action_names,
	    WRITE(write_node_action) },
	{ 2, "vclNodeLastJob", FUNC(SYN_UNSIGNED, node_last_job) },
};

#undef ROW
#define ROW struct app
static const struct column app_control_columns[] = {
	{ 1, "vclAppAction",  FUNC(SYN_ENUM, vm_no_action), .names = app_action_names,
	    WRITE(write_app_action) },
	{ 2, "vclAppLastJob", FUNC(SYN_UNSIGNED, app_last_job) },
	{ 3, "vclAppMoveTo",  FUNC(SYN_INDEX, vm_no_target), WRITE(write_app_move) },
};

const struct table control_table = {
	"vclControl", SCALARS(ROWS_CLUSTER, 9), COLUMNS(control_columns)
};
const struct table command_table = {
	"vclControl", SCALARS(ROWS_COMMAND, 9), COLUMNS(command_columns)
};
const struct table notify_table = {
	"vclControl", SCALARS(ROWS_CLUSTER, 9), COLUMNS(notify_columns)
};
const struct table refusal_table = {
	"vclControl", SCALARS(ROWS_COMMAND, 9), COLUMNS(refusal_columns)
};
const struct table vm_control_table = {
	"vclVmControlTable", ENTRY(ROWS_VM, KEYS_INDEX, 9, 11), COLUMNS(vm_control_columns)
};
const struct table notify_type_table = {
	"vclNotifyTable", ENTRY(ROWS_NOTIFY, KEYS_INDEX, 9, 15), COLUMNS(notify_type_columns)
};
const struct table node_control_table = {
	"vclNodeControlTable", ENTRY(ROWS_NODE, KEYS_INDEX, 9, 12),
	COLUMNS(node_control_columns)
};
const struct table app_control_table = {
	"vclAppControlTable", ENTRY(ROWS_APP, KEYS_INDEX, 9, 16), COLUMNS(app_control_columns)
};
