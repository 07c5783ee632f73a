/* The rows of a domain's vCPUs, disks and NICs. */
#include "collectors/device_rows.h"

#include <string.h>

#include "collectors/device_look.h"
#include "collectors/device_number.h"
#include "model/cluster.h"
#include "model/value.h"

#define MOST_VCPUS 4096

/* --- vCPUs */

static int32_t
vcpu_state(const struct device_look *look, const struct device_reading *told)
{
	static const int32_t states[] = {
		[VIR_VCPU_OFFLINE] = VCPU_OFFLINE,
		[VIR_VCPU_RUNNING] = VCPU_RUNNING,
		[VIR_VCPU_BLOCKED] = VCPU_BLOCKED,
	};

	if (!vm_is_active(look->vm))
		return VCPU_OFFLINE;
	if (told == NULL || told->state < 0 ||
	    (size_t)told->state >= G_N_ELEMENTS(states))
		return ABSENT_I32;
	return states[told->state];
}

static void
add_vcpu(const struct device_look *look, uint32_t number, const struct device_reading *told)
{
	struct vcpu *vcpu = device_look_add(look, DEVICE_VCPU);
	g_autofree char *name = g_strdup_printf("%u", number);

	vcpu->h.sub = number + 1;
	vcpu->name = device_look_name(look, name);
	vcpu->state = vcpu_state(look, told);
	if (look->history->config != NULL)
		vcpu->affinity = part_text(look->part,
		    domain_config_affinity(look->history->config, number));
	device_look_count(look, DEVICE_VCPU, vcpu, told);
	if (told == NULL || !vm_is_active(look->vm))
		return;
	vcpu->halted = told->halted;
	vcpu->cpu = told->cpu;
}

/* Those that libvirt tells of; where it tells of none, as many as there are. */
static void
add_vcpus(const struct device_look *look)
{
	const GArray *told = look->reading->devices[DEVICE_VCPU];

	if (told != NULL && vm_is_active(look->vm)) {
		for (guint i = 0; i < told->len; i++)
			if (domain_reading_vcpu(look->reading, i) != NULL)
				add_vcpu(look, i, domain_reading_vcpu(look->reading, i));
		return;
	}
	if (look->vm->vcpus == ABSENT_U32)
		return;
	for (uint32_t i = 0; i < MIN(look->vm->vcpus, MOST_VCPUS); i++)
		add_vcpu(look, i, NULL);
}

/* --- disks */

/* A disk as it is configured, and as libvirt tells of it; one of the two may be NULL. */
struct disk_pair {
	const struct config_disk *config;
	const struct device_reading *told;
};

static const struct config_disk *
config_disk(const struct domain_config *config, const char *target)
{
	for (guint i = 0; config != NULL && i < config->disks->len; i++) {
		const struct config_disk *disk =
		    &g_array_index(config->disks, struct config_disk, i);
		if (disk->device != DISK_DEVICE_FILESYSTEM &&
		    strcmp(disk->target, target) == 0)
			return disk;
	}
	return NULL;
}

/* One of them may be newer than the other: a disk that only one knows is shown too. */
static GArray *
pair_disks(const struct device_look *look)
{
	GArray *pairs = g_array_new(FALSE, FALSE, sizeof(struct disk_pair));
	const struct domain_config *config = look->history->config;
	const GArray *told = look->reading->devices[DEVICE_DISK];

	for (guint i = 0; config != NULL && i < config->disks->len; i++) {
		struct disk_pair pair = {
			.config = &g_array_index(config->disks, struct config_disk, i),
		};
		if (pair.config->device != DISK_DEVICE_FILESYSTEM)
			pair.told = domain_reading_find(look->reading, DEVICE_DISK,
			    pair.config->target);
		g_array_append_val(pairs, pair);
	}
	for (guint i = 0; told != NULL && i < told->len; i++) {
		struct disk_pair pair = {
			.told = &g_array_index(told, struct device_reading, i),
		};
		const char *name = pair.told->name;
		if (name != NULL && config_disk(config, name) == NULL &&
		    domain_reading_find(look->reading, DEVICE_DISK, name) == pair.told)
			g_array_append_val(pairs, pair);
	}
	return pairs;
}

static const char *
pair_target(const struct disk_pair *pair)
{
	return pair->config == NULL ? pair->told->name : pair->config->target;
}

/* What libvirt tells is newer: a medium may have been changed, a snapshot made. */
static const char *
pair_source(const struct disk_pair *pair)
{
	const char *configured = pair->config == NULL ? "" : pair->config->source;

	if (pair->told == NULL)
		return configured;
	if (pair->told->path != NULL)
		return pair->told->path;
	return *configured == '/' ? "" : configured;
}

/* The images below are told after it, under its name; else the configuration knows. */
static uint32_t
pair_depth(const struct device_look *look, const struct disk_pair *pair)
{
	const GArray *told = look->reading->devices[DEVICE_DISK];
	uint32_t images = 0;

	for (guint i = 0; pair->told != NULL && i < told->len; i++)
		if (g_strcmp0(g_array_index(told, struct device_reading, i).name,
		    pair->told->name) == 0)
			images++;
	if (images > 1 || pair->config == NULL)
		return images > 1 ? images - 1 : ABSENT_U32;
	return pair->config->depth;
}

/* The first image below. */
static const char *
pair_backing(const struct device_look *look, const struct disk_pair *pair)
{
	const GArray *told = look->reading->devices[DEVICE_DISK];

	for (guint i = 0; pair->told != NULL && i < told->len; i++) {
		const struct device_reading *image =
		    &g_array_index(told, struct device_reading, i);
		if (image > pair->told && g_strcmp0(image->name, pair->told->name) == 0)
			return image->path;
	}
	return pair->config == NULL ? NULL : pair->config->backing;
}

static void
configure_disk(struct part *part, const struct config_disk *config, struct disk *disk)
{
	disk->bus = part_text(part, config->bus == NULL ? "" : config->bus);
	disk->format = part_text(part, config->format == NULL ? "" : config->format);
	disk->device = config->device;
	disk->read_only = config->read_only;
	disk->limit_iops = (uint32_t)MIN(config->limit_iops, ABSENT_U32 - 1);
	disk->limit_bytes = config->limit_bytes;
}

static void
add_disk(const struct device_look *look, const struct disk_pair *pair, uint32_t number)
{
	struct disk *disk = device_look_add(look, DEVICE_DISK);

	disk->h.sub = number;
	disk->name = device_look_name(look, pair_target(pair));
	disk->target = part_text(look->part, pair_target(pair));
	disk->source = part_text(look->part, pair_source(pair));
	disk->backing = part_text(look->part, pair_backing(look, pair));
	disk->depth = pair_depth(look, pair);
	if (vm_is_active(look->vm))
		disk->error = vm_facts_disk_error(look->history->facts, disk->target);
	if (pair->config != NULL)
		configure_disk(look->part, pair->config, disk);
	if (pair->told != NULL) {
		disk->capacity = pair->told->capacity;
		disk->allocation = pair->told->allocation;
		disk->physical = pair->told->physical;
	}
	device_look_count(look, DEVICE_DISK, disk, pair->told);
}

static void
add_disks(const struct device_look *look)
{
	g_autoptr(GArray) pairs = pair_disks(look);
	g_autofree const char **names = g_new(const char *, pairs->len);
	g_autofree uint32_t *numbers = g_new(uint32_t, pairs->len);

	for (guint i = 0; i < pairs->len; i++)
		names[i] = pair_target(&g_array_index(pairs, struct disk_pair, i));
	device_numbers(names, pairs->len, device_disk_number, numbers);
	for (guint i = 0; i < pairs->len; i++)
		add_disk(look, &g_array_index(pairs, struct disk_pair, i), numbers[i]);
}

/* --- NICs: libvirt tells of them by their host's end, which alone says nothing */

static const char *
or_nothing(const char *text)
{
	return text == NULL ? "" : text;
}

static void
add_nic(const struct device_look *look, const struct config_nic *config, uint32_t number)
{
	struct nic *nic = device_look_add(look, DEVICE_NIC);
	const struct device_reading *told = config->target == NULL ? NULL
	    : domain_reading_find(look->reading, DEVICE_NIC, config->target);

	nic->h.sub = number;
	nic->name = device_look_name(look, or_nothing(config->mac));
	nic->mac = part_text(look->part, or_nothing(config->mac));
	nic->model = part_text(look->part, or_nothing(config->model));
	nic->type = part_text(look->part, or_nothing(config->type));
	nic->source = part_text(look->part, config->source);
	nic->target = part_text(look->part, or_nothing(config->target));
	nic->link = config->link;
	nic->addresses = part_text(look->part,
	    vm_facts_addresses(look->history->facts, config->mac));
	device_look_count(look, DEVICE_NIC, nic, told);
}

static void
add_nics(const struct device_look *look)
{
	const struct domain_config *config = look->history->config;

	if (config == NULL)
		return;
	const GArray *nics = config->nics;
	g_autofree const char **macs = g_new(const char *, nics->len);
	g_autofree uint32_t *numbers = g_new(uint32_t, nics->len);
	for (guint i = 0; i < nics->len; i++)
		macs[i] = g_array_index(nics, struct config_nic, i).mac;
	device_numbers(macs, nics->len, device_nic_number, numbers);
	for (guint i = 0; i < nics->len; i++)
		add_nic(look, &g_array_index(nics, struct config_nic, i), numbers[i]);
}

void
device_rows_add(struct part *part, struct domain_history *h, const struct domain_reading *r,
    const struct vm *vm)
{
	static void (*const adders[DEVICE_ROWS])(const struct device_look *) = {
		[DEVICE_DISK] = add_disks,
		[DEVICE_NIC] = add_nics,
		[DEVICE_VCPU] = add_vcpus,
	};
	const struct device_look look = { part, h, r, vm };

	for (size_t kind = 0; kind < DEVICE_ROWS; kind++) {
		guint first = part->rows[device_look_sets[kind]]->len;
		adders[kind](&look);
		h->devices[kind].first = first;
		h->devices[kind].n = part->rows[device_look_sets[kind]]->len - first;
	}
}

/* --- looks at the state only */

static void
repeat_rows(struct part *part, size_t kind, const struct row_range *rows,
    const struct part *before, const struct domain_history *h, const struct vm *vm)
{
	const GPtrArray *old = before->rows[device_look_sets[kind]];

	for (guint i = 0; i < rows->n; i++) {
		void *row = device_look_copy(part, kind, old->pdata[rows->first + i]);
		if (h->started || !vm_is_active(vm))
			device_look_forget(row, kind, vm);
	}
}

void
device_rows_repeat(struct part *part, struct domain_history *h, const struct part *before,
    const struct vm *vm)
{
	for (size_t kind = 0; kind < DEVICE_ROWS; kind++) {
		struct row_range *rows = &h->devices[kind];
		guint first = part->rows[device_look_sets[kind]]->len;
		repeat_rows(part, kind, rows, before, h, vm);
		rows->first = first;
	}
}
