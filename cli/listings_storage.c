/* How pools and volumes are shown. */
#include "cli/display.h"

#include <stddef.h>

static const char *const pool_states[] = { "running", "building", "degraded",
	"inaccessible", "inactive", "unknown", NULL };

/* --- pools; vclPoolNodes has become the names of its nodes where there are few */

static const struct field pool_list[] = {
	{ "vclPoolName", "POOL", format_text, ALIGN_LEFT, 6 },
	{ "vclPoolState", "STATE", format_words, ALIGN_LEFT, 0, tone_state },
	{ "vclPoolHealth", "HEALTH", cell_health, ALIGN_LEFT, 0, tone_health,
	    .with = "vclPoolStale vclPoolSampleAge" },
	{ "vclPoolNodes", "NODES", format_text, ALIGN_LEFT, 6 },
	{ "vclPoolCapacity", "SIZE", format_mib, ALIGN_RIGHT },
	{ "vclPoolUsage", "USED", format_usage, ALIGN_RIGHT },
	{ "vclPoolCommitment", "GIVEN", format_usage, ALIGN_RIGHT },
	{ "vclPoolDaysUntilFull", "FULL IN", format_days, ALIGN_RIGHT },
	{ "vclPoolAvailable", "FREE", format_mib, ALIGN_RIGHT, .width = WIDE },
	{ "vclPoolVolumes", "VOLUMES", format_text, ALIGN_RIGHT, .width = WIDE },
	{ "vclPoolType", "TYPE", format_text, ALIGN_LEFT, .width = WIDE },
	{ "vclPoolSampleAge", "SEEN", cell_seen, ALIGN_LEFT, 0, tone_seen, .width = WIDE },
	{ "vclPoolPath", "PATH", format_text, ALIGN_LEFT, 10, .width = WIDE },
	{ "vclPoolSource", "SOURCE", format_text, ALIGN_LEFT, 8, .width = WIDE },
	{ "vclPoolHealthReason", "REASON", format_text, ALIGN_LEFT, 8, .width = WIDE },
	{ 0 },
};

static const struct field pool_detail[] = {
	{ "vclPoolName", "name", format_text },
	{ "vclPoolState", "state", format_words, .tone = tone_state },
	{ "vclPoolHealth", "health", cell_health, .tone = tone_health },
	{ "vclPoolHealthReason", "health reason", format_text },
	{ "vclPoolNodes", "nodes", format_text },
	{ "vclPoolShared", "shared", format_bool },
	{ "vclPoolType", "type", format_text },
	{ "vclPoolPath", "path", format_text },
	{ "vclPoolSource", "source", format_text },
	{ "vclPoolUuid", "UUID", format_text },
	{ "vclPoolCapacity", "size", format_mib },
	{ "vclPoolAllocation", "used", format_mib },
	{ "vclPoolUsage", "used of its size", format_usage, .tone = tone_use },
	{ "vclPoolAvailable", "free", format_mib },
	{ "vclPoolProvisioned", "given to volumes", format_mib },
	{ "vclPoolCommitment", "given of its size", format_usage },
	{ "vclPoolVolumes", "volumes", format_text },
	{ "vclPoolDaysUntilFull", "full in", format_days },
	{ "vclPoolAutostart", "autostart", format_bool },
	{ "vclPoolLastRefresh", "refreshed", format_date },
	{ "vclPoolSampleAge", "seen", cell_seen, .tone = tone_seen },
	{ "vclPoolStale" },
	{ 0 },
};

static const struct filter pool_filters[] = {
	{ "node", &filter_owner },
	{ "state", &filter_word, "vclPoolState", pool_states },
	{ "health", &filter_worst, "vclPoolHealth", filter_health },
	{ "stale", &filter_flag, "vclPoolStale" },
	{ "name", &filter_name, "vclPoolName" },
	{ 0 },
};

static const struct section pool_sections[] = {
	{ "Alarms", "alarms", "pool" },
	{ "On nodes", "pool-nodes", "pool" },
	{ "Volumes", "volumes", "pool" },
	{ 0 },
};

const struct listing pool_listing = {
	"pools", "pools", "vclPoolTable", "pool", "vclPool", pool_list, pool_detail,
	"vclPoolName", NULL, "vclPoolIndex", "vclPoolName", pool_filters, pool_sections
};

/* --- a pool as one node sees it: only below the pool */

static const struct field pool_node_list[] = {
	{ "vclPoolNodeNodeName", "NODE", format_text, ALIGN_LEFT, 8 },
	{ "vclPoolNodeState", "STATE", format_words, ALIGN_LEFT, 0, tone_state },
	{ "vclPoolNodeCapacity", "SIZE", format_mib, ALIGN_RIGHT },
	{ "vclPoolNodeAvailable", "FREE", format_mib, ALIGN_RIGHT },
	{ "vclPoolNodePath", "PATH", format_text, ALIGN_LEFT, 10 },
	{ "vclPoolNodeError", "ERROR", format_text, ALIGN_LEFT, 10, tone_bad },
	{ 0 },
};

static const struct filter no_filters[] = { { 0 } };

const struct listing pool_node_listing = {
	"pool-nodes", "nodes", "vclPoolNodeTable", NULL, "vclPoolNode", pool_node_list, NULL,
	"vclPoolNodeName", NULL, "vclNodeIndex", "vclPoolNodeNodeName", no_filters, NULL
};

/* --- volumes */

static const struct field volume_list[] = {
	{ "vclVolumeName", "VOLUME", format_text, ALIGN_LEFT, 10 },
	{ "vclVolumePoolName", "POOL", format_text, ALIGN_LEFT, 6 },
	{ "vclVolumeNode", "NODE", format_index, ALIGN_LEFT, 6 },
	{ "vclVolumeFormat", "FORMAT", format_text, ALIGN_LEFT },
	{ "vclVolumeCapacity", "SIZE", format_mib, ALIGN_RIGHT },
	{ "vclVolumeAllocation", "USED", format_mib, ALIGN_RIGHT },
	{ "vclVolumeType", "TYPE", format_words, ALIGN_LEFT, .width = WIDE },
	{ "vclVolumePhysical", "ON DISK", format_mib, ALIGN_RIGHT, .width = WIDE },
	{ "vclVolumeChainDepth", "CHAIN", format_text, ALIGN_RIGHT, .width = WIDE },
	{ "vclVolumeVm", "VM", cell_volume_vm, ALIGN_LEFT, 8, .with = "vclVolumeOrphan" },
	{ "vclVolumePath", "PATH", format_text, ALIGN_LEFT, 10, .width = WIDE },
	{ "vclVolumeBacking", "BACKING", format_text, ALIGN_LEFT, 8, .width = WIDE },
	{ 0 },
};

static const struct field volume_detail[] = {
	{ "vclVolumeName", "name", format_text },
	{ "vclVolumePoolName", "pool", format_text },
	{ "vclVolumeNode", "seen on", format_index },
	{ "vclVolumeVm", "VM", format_index },
	{ "vclVolumeOrphan", "orphan", format_bool, .tone = tone_flag },
	{ "vclVolumePath", "path", format_text },
	{ "vclVolumeKey", "key", format_text },
	{ "vclVolumeType", "type", format_words },
	{ "vclVolumeFormat", "format", format_text },
	{ "vclVolumeCapacity", "size", format_mib },
	{ "vclVolumeAllocation", "used", format_mib },
	{ "vclVolumePhysical", "on disk", format_mib },
	{ "vclVolumeBacking", "image below", format_text },
	{ "vclVolumeChainDepth", "images below", format_text },
	{ "vclVolumeDisk", "index of the disk", format_index },
	{ "vclVolumeExports", "nodes that serve it", format_text },
	{ "vclVolumePool" },
	{ 0 },
};

static const struct filter volume_filters[] = {
	{ "node", &filter_owner },
	{ "vm", &filter_owner },
	{ "pool", &filter_owner },
	{ "orphan", &filter_flag, "vclVolumeOrphan" },
	{ "name", &filter_name, "vclVolumeName" },
	{ 0 },
};

const struct listing volume_listing = {
	"volumes", "volumes", "vclVolumeTable", "volume", "vclVolume", volume_list,
	volume_detail, "vclVolumeName", "vclVolumePoolName", "vclVolumeIndex",
	"vclVolumeName", volume_filters, NULL
};

/* --- volumes that hosts serve to others */

static const struct field export_list[] = {
	{ "vclExportVolumeName", "VOLUME", format_text, ALIGN_LEFT, 8 },
	{ "vclExportPoolName", "POOL", format_text, ALIGN_LEFT, 6 },
	{ "vclExportNodeName", "NODE", format_text, ALIGN_LEFT, 6 },
	{ "vclExportState", "STATE", format_words, ALIGN_LEFT, 0, tone_state },
	{ "vclExportReadOnly", "READ-ONLY", format_bool, ALIGN_LEFT, .width = WIDE },
	{ "vclExportClients", "CLIENTS", format_text, ALIGN_RIGHT },
	{ "vclExportUri", "URI", format_text, ALIGN_LEFT, 12 },
	{ "vclExportTls", "TLS", format_bool, ALIGN_LEFT, .width = WIDE },
	{ "vclExportSince", "SINCE", format_date, ALIGN_LEFT, .width = WIDE },
	{ "vclExportPath", "PATH", format_text, ALIGN_LEFT, 10, .width = WIDE },
	{ "vclExportReason", "REASON", format_text, ALIGN_LEFT, 10 },
	{ 0 },
};

static const struct filter export_filters[] = {
	{ "node", &filter_owner },
	{ "pool", &filter_owner },
	{ "name", &filter_name, "vclExportVolumeName" },
	{ 0 },
};

const struct listing export_listing = {
	"exports", "exports", "vclExportTable", NULL, "vclExport", export_list, NULL,
	"vclExportName", NULL, "vclVolumeIndex", "vclExportVolumeName", export_filters, NULL
};
