/* How advice and power sequences are shown. */
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
