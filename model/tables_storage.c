/* vclStorage: pools, pools as each node sees them, volumes. */
#include "model/tables_private.h"

COUNT_OF(pool, ROWS_POOL)
COUNT_OF(pool_node, ROWS_POOL_NODE)
COUNT_OF(volume, ROWS_VOLUME)
COUNT_OF(export, ROWS_EXPORT)
HEALTH_OF(pool, OBJECT_POOL)

static void
pool_age(const struct reading *r, const void *row, struct value *out)
{
	get_age(out, ((const struct pool *)row)->sampled_us, r->now);
}

static void
pool_stale(const struct reading *r, const void *row, struct value *out)
{
	get_bool(out, pool_is_stale(row, r->now));
}

static void
pool_shared(const struct reading *r, const void *row, struct value *out)
{
	get_bool(out, ((const struct pool *)row)->nodes > 1);
}

static void
pool_usage(const struct reading *r, const void *row, struct value *out)
{
	const struct pool *pool = row;

	get_share(out, pool->allocation, pool->capacity);
}

static void
pool_commitment(const struct reading *r, const void *row, struct value *out)
{
	const struct pool *pool = row;

	get_share(out, pool->provisioned, pool->capacity);
}

static void
volume_vm(const struct reading *r, const void *row, struct value *out)
{
	const struct disk *disk = cluster_volume_disk(r->cluster, row);

	get_unsigned(out, SYN_INDEX, disk == NULL ? 0 : disk->h.index);
}

static void
volume_disk(const struct reading *r, const void *row, struct value *out)
{
	const struct disk *disk = cluster_volume_disk(r->cluster, row);

	get_unsigned(out, SYN_UNSIGNED, disk == NULL ? 0 : disk->h.sub);
}

static void
volume_depth(const struct reading *r, const void *row, struct value *out)
{
	get_unsigned(out, SYN_GAUGE, cluster_volume_depth(r->cluster, row));
}

static void
volume_orphan(const struct reading *r, const void *row, struct value *out)
{
	get_bool(out, cluster_volume_is_orphan(r->cluster, row));
}

static void
volume_exports(const struct reading *r, const void *row, struct value *out)
{
	const struct volume *volume = row;
	uint32_t n = 0;

	for (size_t at = 0; rows_of(&r->cluster->rows[ROWS_EXPORT], volume->h.index, &at) != NULL;)
		n++;
	get_unsigned(out, SYN_GAUGE, n);
}

/* --- exports */

static const struct volume *
volume_of(const struct reading *r, const void *export)
{
	return rows_find(&r->cluster->rows[ROWS_VOLUME],
	    ((const struct export_info *)export)->h.index, 0);
}

static void
export_volume_name(const struct reading *r, const void *row, struct value *out)
{
	const struct volume *volume = volume_of(r, row);

	if (volume == NULL)
		return;
	out->syntax = SYN_TEXT;
	out->s = volume->name;
}

static void
export_pool_name(const struct reading *r, const void *row, struct value *out)
{
	const struct volume *volume = volume_of(r, row);

	if (volume == NULL)
		return;
	out->syntax = SYN_TEXT;
	out->s = volume->pool_name;
}

#define ROW struct cluster_info
static const struct column storage_columns[] = {
	{ 1, "vclPoolNumber",              FUNC(SYN_GAUGE, pool_number) },
	{ 2, "vclPoolTableLastChange",     FUNC(SYN_STAMP, pool_changed) },
	{ 3, "vclPoolNodeNumber",          FUNC(SYN_GAUGE, pool_node_number) },
	{ 4, "vclPoolNodeTableLastChange", FUNC(SYN_STAMP, pool_node_changed) },
	{ 5, "vclVolumeNumber",            FUNC(SYN_GAUGE, volume_number) },
	{ 6, "vclVolumeTableLastChange",   FUNC(SYN_STAMP, volume_changed) },
	{ 7, "vclExportNumber",            FUNC(SYN_GAUGE, export_number) },
	{ 8, "vclExportTableLastChange",   FUNC(SYN_STAMP, export_changed) },
};

#undef ROW
#define ROW struct pool
static const struct column pool_columns[] = {
	{ 1,  "vclPoolIndex",       INDEX(h.index), KEY },
	{ 2,  "vclPoolName",        TEXT(name) },
	{ 3,  "vclPoolUuid",        TEXT(uuid) },
	{ 4,  "vclPoolType",        TEXT(type) },
	{ 5,  "vclPoolPath",        TEXT(path) },
	{ 6,  "vclPoolSource",      TEXT(source) },
	{ 7,  "vclPoolState",       ENUM(state, pool_state_names) },
	{ 8,  "vclPoolNodes",       GAUGE(nodes) },
	{ 9,  "vclPoolShared",      FUNC(SYN_BOOL, pool_shared) },
	{ 10, "vclPoolCapacity",    MEBI(capacity), LEVEL("capacity") },
	{ 11, "vclPoolAllocation",  MEBI(allocation), LEVEL("allocation") },
	{ 12, "vclPoolAvailable",   MEBI(available) },
	{ 13, "vclPoolUsage",       FUNC(SYN_GAUGE, pool_usage) },
	{ 14, "vclPoolProvisioned", MEBI(provisioned), LEVEL("provisioned") },
	{ 15, "vclPoolCommitment",  FUNC(SYN_GAUGE, pool_commitment) },
	{ 16, "vclPoolVolumes",     GAUGE(volumes), LEVEL("volumes") },
	{ 17, "vclPoolDaysUntilFull", INTEGER(days_left) },
	{ 18, "vclPoolAutostart",   BOOL(autostart) },
	{ 19, "vclPoolLastRefresh", DATE(refreshed_at) },
	{ 20, "vclPoolSampleAge",   FUNC(SYN_GAUGE, pool_age) },
	{ 21, "vclPoolStale",       FUNC(SYN_BOOL, pool_stale) },
	{ 22, "vclPoolHealth",      FUNC(SYN_ENUM, pool_health), .names = health_names },
	{ 23, "vclPoolHealthReason", FUNC(SYN_TEXT, pool_health_reason) },
};

#undef ROW
#define ROW struct pool_node
static const struct column pool_node_columns[] = {
	{ 2,  "vclPoolNodeName",       TEXT(name) },
	{ 3,  "vclPoolNodeNodeName",   TEXT(node_name) },
	{ 4,  "vclPoolNodeState",      ENUM(state, pool_state_names) },
	{ 5,  "vclPoolNodePath",       TEXT(path) },
	{ 6,  "vclPoolNodeCapacity",   MEBI(capacity) },
	{ 7,  "vclPoolNodeAllocation", MEBI(allocation) },
	{ 8,  "vclPoolNodeAvailable",  MEBI(available) },
	{ 9,  "vclPoolNodeAutostart",  BOOL(autostart) },
	{ 10, "vclPoolNodeError",      TEXT(error) },
	{ 11, "vclPoolNodeLastRefresh", DATE(refreshed_at) },
};

#undef ROW
#define ROW struct volume
static const struct column volume_columns[] = {
	{ 1,  "vclVolumeIndex",      INDEX(h.index), KEY },
	{ 2,  "vclVolumeName",       TEXT(name) },
	{ 3,  "vclVolumeKey",        TEXT(key) },
	{ 4,  "vclVolumePath",       TEXT(path) },
	{ 5,  "vclVolumePool",       INDEX(pool) },
	{ 6,  "vclVolumePoolName",   TEXT(pool_name) },
	{ 7,  "vclVolumeNode",       INDEX(node) },
	{ 8,  "vclVolumeType",       ENUM(type, volume_type_names) },
	{ 9,  "vclVolumeFormat",     TEXT(format) },
	{ 10, "vclVolumeCapacity",   MEBI(capacity), LEVEL("capacity") },
	{ 11, "vclVolumeAllocation", MEBI(allocation), LEVEL("allocation") },
	{ 12, "vclVolumePhysical",   MEBI(physical) },
	{ 13, "vclVolumeBacking",    TEXT(backing) },
	{ 14, "vclVolumeChainDepth", FUNC(SYN_GAUGE, volume_depth) },
	{ 15, "vclVolumeVm",         FUNC(SYN_INDEX, volume_vm) },
	{ 16, "vclVolumeDisk",       FUNC(SYN_UNSIGNED, volume_disk) },
	{ 17, "vclVolumeOrphan",     FUNC(SYN_BOOL, volume_orphan) },
	{ 18, "vclVolumeExports",    FUNC(SYN_GAUGE, volume_exports) },
};

#undef ROW
#define ROW struct export_info
static const struct column export_columns[] = {
	{ 2,  "vclExportName",       TEXT(name) },
	{ 3,  "vclExportVolumeName", FUNC(SYN_TEXT, export_volume_name) },
	{ 4,  "vclExportPoolName",   FUNC(SYN_TEXT, export_pool_name) },
	{ 5,  "vclExportNodeName",   TEXT(node_name) },
	{ 6,  "vclExportUri",        TEXT(uri) },
	{ 7,  "vclExportPath",       TEXT(path) },
	{ 8,  "vclExportFormat",     TEXT(format) },
	{ 9,  "vclExportReadOnly",   BOOL(read_only) },
	{ 10, "vclExportTls",        BOOL(tls) },
	{ 11, "vclExportState",      ENUM(state, export_state_names) },
	{ 12, "vclExportReason",     TEXT(reason) },
	{ 13, "vclExportClients",    GAUGE(clients) },
	{ 14, "vclExportSince",      DATE(since_at) },
};

const struct table storage_table = {
	"vclStorage", SCALARS(ROWS_CLUSTER, 4), COLUMNS(storage_columns)
};
const struct table pool_table = {
	"vclPoolTable", ENTRY(ROWS_POOL, KEYS_INDEX, 4, 11), COLUMNS(pool_columns)
};
const struct table pool_node_table = {
	"vclPoolNodeTable", ENTRY(ROWS_POOL_NODE, KEYS_INDEX_SUB, 4, 12),
	COLUMNS(pool_node_columns)
};
const struct table volume_table = {
	"vclVolumeTable", ENTRY(ROWS_VOLUME, KEYS_INDEX, 4, 13), COLUMNS(volume_columns)
};
const struct table export_table = {
	"vclExportTable", ENTRY(ROWS_EXPORT, KEYS_INDEX_SUB, 4, 14), COLUMNS(export_columns)
};
