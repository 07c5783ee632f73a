/* How advice, power sequences, templates and backups are shown. */
#include "cli/display.h"

#include <stddef.h>

static const struct field advice_list[] = {
	{ "vclAdviceVmName", "VM", format_text, ALIGN_LEFT, 12 },
	{ "vclAdviceFromName", "FROM", format_text, ALIGN_LEFT, 6 },
	{ "vclAdviceToName", "TO", format_text, ALIGN_LEFT, 6 },
	{ "vclAdviceGain", "GAIN", format_usage, ALIGN_RIGHT },
	{ "vclAdviceReason", "WHY", format_text, ALIGN_LEFT, 12 },
	{ 0 },
};

static const struct filter advice_filters[] = {
	{ "name", &filter_name, "vclAdviceVmName" },
	{ 0 },
};

const struct listing advice_listing = {
	"advice", "advice", "vclAdviceTable", NULL, "vclAdvice", advice_list, NULL,
	"vclAdviceVmName", NULL, "vclAdviceRank", NULL, advice_filters, NULL
};

static const struct field sequence_list[] = {
	{ "vclSequenceName", "SEQUENCE", format_text, ALIGN_LEFT, 8 },
	{ "vclSequenceSteps", "STEPS", format_text, ALIGN_RIGHT },
	{ "vclSequenceText", "WHAT", format_text, ALIGN_LEFT, 12 },
	{ 0 },
};

static const struct filter sequence_filters[] = {
	{ "name", &filter_name, "vclSequenceName" },
	{ 0 },
};

const struct listing sequence_listing = {
	"sequences", "power sequences", "vclSequenceTable", NULL, "vclSequence", sequence_list,
	NULL, "vclSequenceName", NULL, "vclSequenceIndex", NULL, sequence_filters, NULL
};

static const char *const template_states[] = { "valid", "invalid", NULL };

static const struct field template_list[] = {
	{ "vclTemplateName", "TEMPLATE", format_text, ALIGN_LEFT, 8 },
	{ "vclTemplateState", "STATE", format_text, ALIGN_LEFT, 0, tone_state },
	{ "vclTemplateInstall", "INSTALL", format_words, ALIGN_LEFT },
	{ "vclTemplateVcpus", "VCPUS", format_text, ALIGN_RIGHT },
	{ "vclTemplateMemory", "MEMORY", format_mib, ALIGN_RIGHT },
	{ "vclTemplateDisk", "DISK", format_mib, ALIGN_RIGHT },
	{ "vclTemplateBase", "BASE", format_text, ALIGN_LEFT, 8, .width = WIDE },
	{ "vclTemplatePool", "POOL", format_text, ALIGN_LEFT, 6, .width = WIDE },
	{ "vclTemplateDescription", "DESCRIPTION", format_text, ALIGN_LEFT, 8 },
	{ "vclTemplateReason", "REASON", format_text, ALIGN_LEFT, 8, tone_bad },
	{ 0 },
};

static const struct field template_detail[] = {
	{ "vclTemplateName", "template", format_text },
	{ "vclTemplateDescription", "description", format_text },
	{ "vclTemplateState", "state", format_text, .tone = tone_state },
	{ "vclTemplateReason", "reason", format_text, .tone = tone_bad },
	{ "vclTemplateInstall", "install", format_words },
	{ "vclTemplateBase", "base", format_text },
	{ "vclTemplatePool", "pool", format_text },
	{ "vclTemplateVcpus", "vCPUs", format_text },
	{ "vclTemplateMemory", "memory", format_mib },
	{ "vclTemplateDisk", "disk", format_mib },
	{ "vclTemplateIndex", "index", format_text },
	{ 0 },
};

static const struct filter template_filters[] = {
	{ "state", &filter_word, "vclTemplateState", template_states },
	{ "name", &filter_name, "vclTemplateName" },
	{ 0 },
};

const struct listing template_listing = {
	"templates", "templates", "vclTemplateTable", "template", "vclTemplate", template_list,
	template_detail, "vclTemplateName", NULL, "vclTemplateIndex", NULL, template_filters,
	NULL
};

/* --- backups */

static const char *const backup_states[] = { "complete", "failed", "running", NULL };

static const struct field backup_list[] = {
	{ "vclBackupVmName", "VM", format_text, ALIGN_LEFT, 8 },
	{ "vclBackupName", "BACKUP", format_text, ALIGN_LEFT, 12 },
	{ "vclBackupInstant", "INSTANT", format_date, ALIGN_LEFT, .width = WIDE },
	{ "vclBackupAge", "AGE", format_seconds, ALIGN_RIGHT, .width = WIDE },
	{ "vclBackupKind", "KIND", format_words, ALIGN_LEFT },
	{ "vclBackupSize", "SIZE", format_mib, ALIGN_RIGHT },
	{ "vclBackupPoolName", "POOL", format_text, ALIGN_LEFT, 6 },
	{ "vclBackupDisks", "DISKS", format_text, ALIGN_LEFT, 6, .width = WIDE },
	{ "vclBackupState", "STATE", format_text, ALIGN_LEFT, 0, tone_state },
	{ "vclBackupCheck", "CHECK", format_text, ALIGN_LEFT, 0, tone_state },
	{ "vclBackupQuiesced", "AT REST", format_bool, ALIGN_LEFT, .width = WIDE },
	{ "vclBackupDuration", "TOOK", format_seconds, ALIGN_RIGHT, .width = WIDE },
	{ "vclBackupReason", "REASON", format_text, ALIGN_LEFT, 8 },
	{ 0 },
};

static const struct field backup_detail[] = {
	{ "vclBackupName", "backup", format_text },
	{ "vclBackupVmName", "VM", format_text },
	{ "vclBackupInstant", "instant", format_date },
	{ "vclBackupAge", "age", format_seconds },
	{ "vclBackupState", "state", format_text, .tone = tone_state },
	{ "vclBackupReason", "reason", format_text },
	{ "vclBackupKind", "kind", format_words },
	{ "vclBackupBase", "upon", format_index },
	{ "vclBackupPoolName", "pool", format_text },
	{ "vclBackupDisks", "disks", format_text },
	{ "vclBackupSize", "size", format_mib },
	{ "vclBackupQuiesced", "file systems at rest", format_bool },
	{ "vclBackupDuration", "took", format_seconds },
	{ "vclBackupCheck", "check", format_text, .tone = tone_state },
	{ "vclBackupCheckedAt", "checked", format_date },
	{ "vclBackupCheckReason", "found", format_text, .tone = tone_bad },
	{ "vclBackupCheckpoint", "checkpoint", format_text },
	{ "vclBackupVmUuid", "VM's UUID", format_text },
	{ "vclBackupUuid", "UUID", format_text },
	{ "vclBackupIndex", "index", format_text },
	{ 0 },
};

static const struct filter backup_filters[] = {
	{ "vm", &filter_owner },
	{ "pool", &filter_owner },
	{ "state", &filter_word, "vclBackupState", backup_states },
	{ "name", &filter_name, "vclBackupName" },
	{ 0 },
};

const struct listing backup_listing = {
	"backups", "backups", "vclBackupTable", "backup", "vclBackup", backup_list, backup_detail,
	"vclBackupName", NULL, "vclBackupIndex", "vclBackupInstant", backup_filters, NULL
};
