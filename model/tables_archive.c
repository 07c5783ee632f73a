/* vclArchive: backups of VMs, their schedules, and what VMs can be made from. */
#include "model/tables_private.h"

COUNT_OF(backup, ROWS_BACKUP)
COUNT_OF(template, ROWS_TEMPLATE)
COUNT_OF(schedule, ROWS_SCHEDULE)

static void
backup_age(const struct reading *r, const void *row, struct value *out)
{
	get_wall_age(out, ((const struct backup *)row)->taken_at);
}

#define ROW struct cluster_info
static const struct column archive_columns[] = {
	{ 1, "vclTemplateNumber",          FUNC(SYN_GAUGE, template_number) },
	{ 2, "vclTemplateTableLastChange", FUNC(SYN_STAMP, template_changed) },
	{ 3, "vclBackupNumber",            FUNC(SYN_GAUGE, backup_number) },
	{ 4, "vclBackupTableLastChange",   FUNC(SYN_STAMP, backup_changed) },
	{ 5, "vclScheduleNumber",          FUNC(SYN_GAUGE, schedule_number) },
	{ 6, "vclScheduleTableLastChange", FUNC(SYN_STAMP, schedule_changed) },
};

#undef ROW
#define ROW struct backup
static const struct column backup_columns[] = {
	{ 1,  "vclBackupIndex",       INDEX(h.index), KEY },
	{ 2,  "vclBackupName",        TEXT(name) },
	{ 3,  "vclBackupUuid",        TEXT(uuid) },
	{ 4,  "vclBackupVm",          INDEX(vm) },
	{ 5,  "vclBackupVmName",      TEXT(vm_name) },
	{ 6,  "vclBackupVmUuid",      TEXT(vm_uuid) },
	{ 7,  "vclBackupInstant",     DATE(taken_at) },
	{ 8,  "vclBackupAge",         FUNC(SYN_GAUGE, backup_age) },
	{ 9,  "vclBackupKind",        ENUM(kind, backup_kind_names) },
	{ 10, "vclBackupBase",        INDEX(base) },
	{ 11, "vclBackupPool",        INDEX(pool) },
	{ 12, "vclBackupPoolName",    TEXT(pool_name) },
	{ 13, "vclBackupDisks",       TEXT(disks) },
	{ 14, "vclBackupSize",        MEBI(size) },
	{ 15, "vclBackupState",       ENUM(state, backup_state_names) },
	{ 16, "vclBackupReason",      TEXT(reason) },
	{ 17, "vclBackupQuiesced",    BOOL(quiesced) },
	{ 18, "vclBackupDuration",    GAUGE(seconds) },
	{ 19, "vclBackupCheck",       ENUM(check, backup_check_names) },
	{ 20, "vclBackupCheckedAt",   DATE(checked_at) },
	{ 21, "vclBackupCheckReason", TEXT(check_reason) },
	{ 22, "vclBackupCheckpoint",  TEXT(checkpoint) },
};

#undef ROW
#define ROW struct template_info
static const struct column template_columns[] = {
	{ 1,  "vclTemplateIndex",       INDEX(h.index), KEY },
	{ 2,  "vclTemplateName",        TEXT(name) },
	{ 3,  "vclTemplateDescription", TEXT(description) },
	{ 4,  "vclTemplateBase",        TEXT(base) },
	{ 5,  "vclTemplatePool",        TEXT(pool) },
	{ 6,  "vclTemplateVcpus",       GAUGE(vcpus) },
	{ 7,  "vclTemplateMemory",      GAUGE(memory) },
	{ 8,  "vclTemplateDisk",        GAUGE(disk) },
	{ 9,  "vclTemplateInstall",     ENUM(install, install_kind_names) },
	{ 10, "vclTemplateState",       ENUM(state, template_state_names) },
	{ 11, "vclTemplateReason",      TEXT(reason) },
};

#undef ROW
#define ROW struct schedule_info
static const struct column schedule_columns[] = {
	{ 1,  "vclScheduleIndex",   UNSIGNED(h.index), KEY },
	{ 2,  "vclScheduleName",    TEXT(name) },
	{ 3,  "vclScheduleWhen",    TEXT(when) },
	{ 4,  "vclSchedulePool",    TEXT(pool) },
	{ 5,  "vclScheduleVms",     GAUGE(vms) },
	{ 6,  "vclScheduleNext",    DATE(next_at) },
	{ 7,  "vclScheduleLast",    DATE(last_at) },
	{ 8,  "vclScheduleDue",     GAUGE(due) },
	{ 9,  "vclScheduleOverdue", GAUGE(late) },
	{ 10, "vclScheduleFailed",  GAUGE(failed) },
	{ 11, "vclScheduleReason",  TEXT(reason) },
};

const struct table archive_table = {
	"vclArchive", SCALARS(ROWS_CLUSTER, 8), COLUMNS(archive_columns)
};
const struct table backup_table = {
	"vclBackupTable", ENTRY(ROWS_BACKUP, KEYS_INDEX, 8, 11), COLUMNS(backup_columns)
};
const struct table schedule_table = {
	"vclScheduleTable", ENTRY(ROWS_SCHEDULE, KEYS_INDEX, 8, 13), COLUMNS(schedule_columns)
};
const struct table template_table = {
	"vclTemplateTable", ENTRY(ROWS_TEMPLATE, KEYS_INDEX, 8, 12), COLUMNS(template_columns)
};
