/* How advice, power sequences and templates are shown. */
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
