/* VM-MIB: what belongs to a VM. */
#include "model/tables_private.h"
#include "model/vm_mib.h"

static void
set_int(struct value *out, enum syntax syntax, int64_t i)
{
	out->syntax = syntax;
	out->i = i;
}

/* Microseconds of nanoseconds, absent when they are. */
static void
get_micro(struct value *out, uint64_t ns)
{
	if (ns != ABSENT_U64)
		get_unsigned(out, SYN_COUNTER, ns / 1000);
}

/* Not in HOST-RESOURCES-MIB or IF-MIB of whoever answers: those are of one host. */
static void
no_parent(const struct reading *r, const void *row, struct value *out)
{
	set_int(out, SYN_INT, 0);
}

/* --- vCPUs */

static void
cpu_time(const struct reading *r, const void *row, struct value *out)
{
	get_micro(out, ((const struct vcpu *)row)->time_ns);
}

/* Physical CPUs of the VM's node: one row each, for every vCPU. */
static uint32_t
physical_cpus(const struct cluster *cluster, const void *row)
{
	const struct vm *vm = cluster_vm(cluster, ((const struct row_head *)row)->index);
	const struct node *node = vm == NULL ? NULL : cluster_node(cluster, vm->node);

	return node == NULL || node->cpus == ABSENT_U32 ? 0 : node->cpus;
}

enum affinity { AFFINITY_UNKNOWN, AFFINITY_ENABLE, AFFINITY_DISABLE };

static const struct enum_name affinity_names[] = {
	{ AFFINITY_UNKNOWN, "unknown" },
	{ AFFINITY_ENABLE, "enable" },
	{ AFFINITY_DISABLE, "disable" },
	{ 0, NULL },
};

static void
cpu_affinity(const struct reading *r, const void *row, struct value *out)
{
	const char *set = ((const struct vcpu *)row)->affinity;
	bool known = set != NULL && set[0] != '\0';

	set_int(out, SYN_ENUM,
	    !known ? AFFINITY_UNKNOWN
	    : vm_mib_in_cpu_set(set, r->third - 1) ? AFFINITY_ENABLE : AFFINITY_DISABLE);
}

/* Numbered from 1: vmCpuPhysIndex 1 is CPU 0 of the VM's node. */
static void
physical_index(const struct reading *r, const void *row, struct value *out)
{
	set_int(out, SYN_INT, r->third);
}

/* --- disks */

enum source { SOURCE_UNKNOWN = 1, SOURCE_OTHER, SOURCE_BLOCK, SOURCE_RAW, SOURCE_SPARSE,
	SOURCE_NETWORK };

static const struct enum_name source_names[] = {
	{ SOURCE_UNKNOWN, "unknown" },
	{ SOURCE_OTHER, "other" },
	{ SOURCE_BLOCK, "block" },
	{ SOURCE_RAW, "raw" },
	{ SOURCE_SPARSE, "sparse" },
	{ SOURCE_NETWORK, "network" },
	{ 0, NULL },
};

static const struct enum_name access_names[] = {
	{ 1, "unknown" }, { 2, "readwrite" }, { 3, "readonly" }, { 0, NULL },
};

enum media { MEDIA_OTHER = 1, MEDIA_UNKNOWN, MEDIA_HARD_DISK, MEDIA_OPTICAL, MEDIA_FLOPPY };

static const struct enum_name media_names[] = {
	{ MEDIA_OTHER, "other" },
	{ MEDIA_UNKNOWN, "unknown" },
	{ MEDIA_HARD_DISK, "hardDisk" },
	{ MEDIA_OPTICAL, "opticalDisk" },
	{ MEDIA_FLOPPY, "floppyDisk" },
	{ 0, NULL },
};

/* A file that is raw and wholly there is raw(4); any other is sparse(5). */
static enum source
file_source(const struct disk *disk)
{
	bool raw = g_strcmp0(disk->format, "raw") == 0;

	if (raw && disk->capacity != ABSENT_U64 && disk->allocation != ABSENT_U64 &&
	    disk->allocation >= disk->capacity)
		return SOURCE_RAW;
	return SOURCE_SPARSE;
}

static enum source
disk_source(const struct cluster *cluster, const struct disk *disk)
{
	const struct volume *volume = cluster_disk_volume(cluster, disk);
	const char *source = disk->source;

	if (source == NULL)
		return SOURCE_UNKNOWN;
	if (volume != NULL && volume->type == VOLUME_BLOCK)
		return SOURCE_BLOCK;
	if (volume != NULL && volume->type == VOLUME_NETWORK)
		return SOURCE_NETWORK;
	if (g_str_has_prefix(source, "/dev/"))
		return SOURCE_BLOCK;
	if (source[0] == '/')
		return file_source(disk);
	return source[0] == '\0' ? SOURCE_OTHER : SOURCE_NETWORK;
}

static void
storage_source(const struct reading *r, const void *row, struct value *out)
{
	set_int(out, SYN_ENUM, disk_source(r->cluster, row));
}

static void
storage_access(const struct reading *r, const void *row, struct value *out)
{
	int32_t read_only = ((const struct disk *)row)->read_only;

	set_int(out, SYN_ENUM, read_only == 0 ? 2 : read_only == 1 ? 3 : 1);
}

static void
storage_media(const struct reading *r, const void *row, struct value *out)
{
	static const enum media medias[] = {
		[DISK_DEVICE_DISK] = MEDIA_HARD_DISK,
		[DISK_DEVICE_CDROM] = MEDIA_OPTICAL,
		[DISK_DEVICE_FLOPPY] = MEDIA_FLOPPY,
		[DISK_DEVICE_LUN] = MEDIA_HARD_DISK,
		[DISK_DEVICE_FILESYSTEM] = MEDIA_OTHER,
	};
	int32_t device = ((const struct disk *)row)->device;
	bool known = device >= DISK_DEVICE_DISK && (size_t)device < G_N_ELEMENTS(medias);

	set_int(out, SYN_ENUM, known ? medias[device] : MEDIA_UNKNOWN);
}

/* The RFC wants the two sizes of block and raw to be the same. */
static uint64_t
allocated(const struct cluster *cluster, const struct disk *disk)
{
	enum source source = disk_source(cluster, disk);

	return source == SOURCE_BLOCK || source == SOURCE_RAW ? disk->capacity
							       : disk->allocation;
}

/* The least of KiB, MiB and GiB in which both sizes fit an Integer32. */
static unsigned
unit_shift(const struct cluster *cluster, const struct disk *disk)
{
	uint64_t a = disk->capacity, b = allocated(cluster, disk);
	uint64_t most = MAX(a == ABSENT_U64 ? 0 : a, b == ABSENT_U64 ? 0 : b);
	unsigned shift = 10;

	while (shift < 30 && most >> shift > INT32_MAX)
		shift += 10;
	return shift;
}

static void
get_size(const struct reading *r, const struct disk *disk, uint64_t octets,
    struct value *out)
{
	uint64_t size = octets >> unit_shift(r->cluster, disk);

	set_int(out, SYN_INT,
	    octets == ABSENT_U64 ? -1 : (int64_t)MIN(size, (uint64_t)INT32_MAX));
}

static void
storage_unit(const struct reading *r, const void *row, struct value *out)
{
	set_int(out, SYN_INT, INT64_C(1) << unit_shift(r->cluster, row));
}

static void
storage_defined(const struct reading *r, const void *row, struct value *out)
{
	get_size(r, row, ((const struct disk *)row)->capacity, out);
}

static void
storage_allocated(const struct reading *r, const void *row, struct value *out)
{
	get_size(r, row, allocated(r->cluster, row), out);
}

static void
storage_read_time(const struct reading *r, const void *row, struct value *out)
{
	get_micro(out, ((const struct disk *)row)->rd_ns);
}

static void
storage_write_time(const struct reading *r, const void *row, struct value *out)
{
	get_micro(out, ((const struct disk *)row)->wr_ns);
}

/* --- NICs */

static void
network_address(const struct reading *r, const void *row, struct value *out)
{
	const char *mac = ((const struct nic *)row)->mac;

	out->syntax = SYN_MAC;
	out->s = mac == NULL ? "" : mac;
}

/* --- the tables */

#define ROW struct vcpu
static const struct column cpu_columns[] = {
	{ 1, "vmCpuIndex",    INDEX(h.sub), KEY },
	{ 2, "vmCpuCoreTime", FUNC(SYN_COUNTER, cpu_time) },
};

static const struct column affinity_columns[] = {
	{ 2, "vmCpuPhysIndex", FUNC(SYN_INT, physical_index), KEY },
	{ 3, "vmCpuAffinity",  FUNC(SYN_ENUM, cpu_affinity), .names = affinity_names },
};

#undef ROW
#define ROW struct disk
static const struct column storage_columns[] = {
	{ 1,  "vmStorageVmIndex",          INDEX(h.index), KEY },
	{ 2,  "vmStorageIndex",            INDEX(h.sub), KEY },
	{ 3,  "vmStorageParent",           FUNC(SYN_INT, no_parent) },
	{ 4,  "vmStorageSourceType",       FUNC(SYN_ENUM, storage_source), .names = source_names },
	{ 5,  "vmStorageSourceTypeString", TEXT(format) },
	{ 6,  "vmStorageResourceID",       TEXT(source) },
	{ 7,  "vmStorageAccess",           FUNC(SYN_ENUM, storage_access), .names = access_names },
	{ 8,  "vmStorageMediaType",        FUNC(SYN_ENUM, storage_media), .names = media_names },
	{ 9,  "vmStorageMediaTypeString",  TEXT(bus) },
	{ 10, "vmStorageSizeUnit",         FUNC(SYN_INT, storage_unit) },
	{ 11, "vmStorageDefinedSize",      FUNC(SYN_INT, storage_defined) },
	{ 12, "vmStorageAllocatedSize",    FUNC(SYN_INT, storage_allocated) },
	{ 13, "vmStorageReadIOs",          C64(rd_req) },
	{ 14, "vmStorageWriteIOs",         C64(wr_req) },
	{ 15, "vmStorageReadOctets",       C64(rd_bytes) },
	{ 16, "vmStorageWriteOctets",      C64(wr_bytes) },
	{ 17, "vmStorageReadLatency",      FUNC(SYN_COUNTER, storage_read_time) },
	{ 18, "vmStorageWriteLatency",     FUNC(SYN_COUNTER, storage_write_time) },
};

#undef ROW
#define ROW struct nic
static const struct column network_columns[] = {
	{ 1, "vmNetworkIndex",       INDEX(h.sub), KEY },
	{ 2, "vmNetworkIfIndex",     FUNC(SYN_INT, no_parent) },
	{ 3, "vmNetworkParent",      FUNC(SYN_INT, no_parent) },
	{ 4, "vmNetworkModel",       TEXT(model) },
	{ 5, "vmNetworkPhysAddress", FUNC(SYN_MAC, network_address) },
};

const struct table vm_mib_cpu_table = {
	"vmCpuTable", VM_MIB_ENTRY(ROWS_VCPU, KEYS_INDEX_SUB, 5), COLUMNS(cpu_columns)
};
const struct table vm_mib_affinity_table = {
	"vmCpuAffinityTable", VM_MIB_ENTRY(ROWS_VCPU, KEYS_THIRD, 6), COLUMNS(affinity_columns),
	.thirds = physical_cpus
};
const struct table vm_mib_storage_table = {
	"vmStorageTable", VM_MIB_ENTRY(ROWS_DISK, KEYS_INDEX_SUB, 7), COLUMNS(storage_columns)
};
const struct table vm_mib_network_table = {
	"vmNetworkTable", VM_MIB_ENTRY(ROWS_NIC, KEYS_INDEX_SUB, 8), COLUMNS(network_columns)
};
