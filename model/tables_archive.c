/* vclArchive: what VMs can be made from. */
#include "model/tables_private.h"

COUNT_OF(template, ROWS_TEMPLATE)

#define ROW struct cluster_info
static const struct column archive_columns[] = {
	{ 1, "vclTemplateNumber",          FUNC(SYN_GAUGE, template_number) },
	{ 2, "vclTemplateTableLastChange", FUNC(SYN_STAMP, template_changed) },
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

const struct table archive_table = {
	"vclArchive", SCALARS(ROWS_CLUSTER, 8), COLUMNS(archive_columns)
};
const struct table template_table = {
	"vclTemplateTable", ENTRY(ROWS_TEMPLATE, KEYS_INDEX, 8, 12), COLUMNS(template_columns)
};
