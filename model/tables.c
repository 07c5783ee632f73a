/* All tables of VIRTCLUSTER-MIB, in the order of their OIDs. */
#include "config.h"

#include "model/table.h"

const struct table *const tables[] = {
	&cluster_table,
	&nodes_table,
	&node_table,
	&vms_table,
	&vm_table,
	&vcpu_table,
	&disk_table,
	&nic_table,
	&vm_by_uuid_table,
	&snapshot_table,
	&storage_table,
	&pool_table,
	&pool_node_table,
	&volume_table,
	&export_table,
	&apps_table,
	&app_table,
	&jobs_table,
	&job_table,
	&advice_table,
	&sequence_table,
	&events_table,
	&event_table,
	&alarm_table,
	&archive_table,
	&backup_table,
	&template_table,
	&schedule_table,
	&control_table,
	&command_table,
	&notify_table,
	&vm_control_table,
	&node_control_table,
	&app_control_table,
	&refusal_table,
	&notify_type_table,
};
const size_t tables_n = G_N_ELEMENTS(tables);

static const uint32_t root[] = { VCL_OID_ROOT };
const struct mib virtcluster_mib = {
	"VIRTCLUSTER-MIB", { root, G_N_ELEMENTS(root) }, tables, G_N_ELEMENTS(tables)
};
