/* What drivers without numbers in bulk tell of each device, by one call each. */
#include "collectors/device_calls.h"

#include <string.h>

#include "common/virt.h"
#include "model/names.h"
#include "model/value.h"

#define MOST_CALLS  4000 /* after one sample: what comes later stays unknown */
#define MOST_PARAMS 32
#define MOST_VCPUS  1024

/* --- disks */

static const struct {
	const char *name;
	enum disk_counter counter;
} disk_params[] = {
	{ VIR_DOMAIN_BLOCK_STATS_READ_REQ,          DISK_RD_REQ   },
	{ VIR_DOMAIN_BLOCK_STATS_READ_BYTES,        DISK_RD_BYTES },
	{ VIR_DOMAIN_BLOCK_STATS_READ_TOTAL_TIMES,  DISK_RD_NS    },
	{ VIR_DOMAIN_BLOCK_STATS_WRITE_REQ,         DISK_WR_REQ   },
	{ VIR_DOMAIN_BLOCK_STATS_WRITE_BYTES,       DISK_WR_BYTES },
	{ VIR_DOMAIN_BLOCK_STATS_WRITE_TOTAL_TIMES, DISK_WR_NS    },
	{ VIR_DOMAIN_BLOCK_STATS_FLUSH_REQ,         DISK_FL_REQ   },
	{ VIR_DOMAIN_BLOCK_STATS_FLUSH_TOTAL_TIMES, DISK_FL_NS    },
};

static void
ask_disk_flags(struct link *link, virDomainPtr domain, struct device_reading *disk)
{
	virTypedParameter params[MOST_PARAMS];
	int n = MOST_PARAMS;

	call_begin(link->called_us);
	if (virDomainBlockStatsFlags(domain, disk->name, params, &n, 0) < 0) {
		link_note_lack(link, LACKS_DISK_FLAGS);
		return;
	}
	for (int i = 0; i < n; i++)
		for (size_t k = 0; k < G_N_ELEMENTS(disk_params); k++)
			if (strcmp(params[i].field, disk_params[k].name) == 0)
				virt_param_u64(&params[i],
				    &disk->counter[disk_params[k].counter]);
	virTypedParamsClear(params, n);
}

/* libvirt's older calls say -1 of what they do not know. */
static void
take(uint64_t *number, long long value)
{
	if (value >= 0)
		*number = (uint64_t)value;
}

static void
ask_disk_stats(struct link *link, virDomainPtr domain, struct device_reading *disk)
{
	virDomainBlockStatsStruct stats;

	call_begin(link->called_us);
	if (virDomainBlockStats(domain, disk->name, &stats, sizeof(stats)) < 0) {
		link_note_lack(link, LACKS_DISK_STATS);
		return;
	}
	take(&disk->counter[DISK_RD_REQ], stats.rd_req);
	take(&disk->counter[DISK_RD_BYTES], stats.rd_bytes);
	take(&disk->counter[DISK_WR_REQ], stats.wr_req);
	take(&disk->counter[DISK_WR_BYTES], stats.wr_bytes);
}

static void
ask_disk_size(struct link *link, virDomainPtr domain, struct device_reading *disk)
{
	virDomainBlockInfo info;

	call_begin(link->called_us);
	if (virDomainGetBlockInfo(domain, disk->name, &info, 0) < 0) {
		link_note_lack(link, LACKS_DISK_SIZE);
		return;
	}
	disk->capacity = info.capacity;
	disk->allocation = info.allocation;
	disk->physical = info.physical;
}

/* A disk of which nothing was told is there all the same: it was not unplugged. */
static unsigned
ask_disk(struct link *link, struct domain_reading *reading, const struct config_disk *config)
{
	if (config->device == DISK_DEVICE_FILESYSTEM)
		return 0;
	struct device_reading *disk = domain_reading_add(reading, DEVICE_DISK, config->target);
	if (disk == NULL)
		return 0;
	disk->path = config->source;
	if (!(link->lacks & LACKS_DISK_FLAGS))
		ask_disk_flags(link, reading->domain, disk);
	if (link->lacks & LACKS_DISK_FLAGS && !(link->lacks & LACKS_DISK_STATS))
		ask_disk_stats(link, reading->domain, disk);
	if (!(link->lacks & LACKS_DISK_SIZE))
		ask_disk_size(link, reading->domain, disk);
	return 2;
}

/* --- NICs */

static unsigned
ask_nic(struct link *link, struct domain_reading *reading, const struct config_nic *config)
{
	virDomainInterfaceStatsStruct stats;

	if (config->target == NULL || link->lacks & LACKS_NIC_STATS)
		return 0;
	struct device_reading *nic = domain_reading_add(reading, DEVICE_NIC, config->target);
	if (nic == NULL)
		return 0;
	call_begin(link->called_us);
	if (virDomainInterfaceStats(reading->domain, nic->name, &stats, sizeof(stats)) < 0) {
		link_note_lack(link, LACKS_NIC_STATS);
		return 1;
	}
	take(&nic->counter[NIC_RX_BYTES], stats.rx_bytes);
	take(&nic->counter[NIC_RX_PKTS], stats.rx_packets);
	take(&nic->counter[NIC_RX_ERRS], stats.rx_errs);
	take(&nic->counter[NIC_RX_DROP], stats.rx_drop);
	take(&nic->counter[NIC_TX_BYTES], stats.tx_bytes);
	take(&nic->counter[NIC_TX_PKTS], stats.tx_packets);
	take(&nic->counter[NIC_TX_ERRS], stats.tx_errs);
	take(&nic->counter[NIC_TX_DROP], stats.tx_drop);
	return 1;
}

/* --- vCPUs */

static unsigned
ask_vcpus(struct link *link, struct domain_reading *reading)
{
	if (link->lacks & LACKS_VCPUS || reading->vcpus == ABSENT_U64)
		return 0;
	int most = (int)MIN(reading->vcpus, MOST_VCPUS);
	g_autofree virVcpuInfo *infos = g_new0(virVcpuInfo, (gsize)most);
	if (most == 0)
		return 0;
	call_begin(link->called_us);
	int n = virDomainGetVcpus(reading->domain, infos, most, NULL, 0);
	if (n < 0)
		link_note_lack(link, LACKS_VCPUS);
	else
		domain_reading_vcpus(reading, infos, n);
	return 1;
}

/* --- a whole sample; each function tells how many calls it made at the most */

static unsigned
ask_domain(struct link *link, struct domain_reading *reading)
{
	const struct domain_config *config = reading->config;
	unsigned calls = ask_vcpus(link, reading);

	for (guint i = 0; i < config->disks->len; i++)
		calls += ask_disk(link, reading,
		    &g_array_index(config->disks, struct config_disk, i));
	for (guint i = 0; i < config->nics->len; i++)
		calls += ask_nic(link, reading,
		    &g_array_index(config->nics, struct config_nic, i));
	return calls;
}

void
device_calls_fill(struct link *link, struct sample *sample)
{
	unsigned calls = 0;

	if (!(link->lacks & LACKS_NUMBERS))
		return;
	for (guint i = 0; i < sample->readings->len && calls < MOST_CALLS; i++) {
		struct domain_reading *reading =
		    &g_array_index(sample->readings, struct domain_reading, i);
		if (reading->id >= 0 && reading->config != NULL)
			calls += ask_domain(link, reading);
	}
	call_end(link->called_us);
}
