/*
 * One look at a domain, put together from whatever libvirt's driver offers.  Pure: asks
 * nobody, and takes what a host says with care (it is input from outside).
 */
#ifndef VCL_COLLECTORS_DOMAIN_READING_H
#define VCL_COLLECTORS_DOMAIN_READING_H

#include <glib.h>
#include <libvirt/libvirt.h>
#include <stdbool.h>
#include <stdint.h>

#include "collectors/domain_config.h"

enum device_kind {
	DEVICE_DISK,
	DEVICE_NIC,
	DEVICE_VCPU,
	DEVICE_ROWS, /* these have rows of their own */

	DEVICE_BALLOON = DEVICE_ROWS, /* the guest's driver: one; starts anew with the guest */
	DEVICE_KINDS,
};

enum disk_counter {
	DISK_RD_REQ,
	DISK_RD_BYTES,
	DISK_WR_REQ,
	DISK_WR_BYTES,
	DISK_FL_REQ,
	DISK_RD_NS,
	DISK_WR_NS,
	DISK_FL_NS,
};

enum nic_counter {
	NIC_RX_BYTES,
	NIC_RX_PKTS,
	NIC_RX_ERRS,
	NIC_RX_DROP,
	NIC_TX_BYTES,
	NIC_TX_PKTS,
	NIC_TX_ERRS,
	NIC_TX_DROP,
};

enum vcpu_counter { VCPU_TIME, VCPU_WAIT, VCPU_DELAY };

enum balloon_counter { BALLOON_MAJOR_FAULTS, BALLOON_SWAP_IN, BALLOON_SWAP_OUT };

#define DEVICE_COUNTERS 8 /* the most of one kind */

/* Numbers that nobody told are the ABSENT mark of their type. */
struct device_reading {
	const char *name; /* borrowed; NULL: not told.  A vCPU's is its number */
	uint64_t counter[DEVICE_COUNTERS]; /* octets, ns */

	/* of disks */
	const char *path;                       /* borrowed */
	uint64_t capacity, allocation, physical; /* octets */

	/* of vCPUs */
	int32_t state; /* libvirt's */
	int32_t halted;
	uint32_t cpu;
};

/* Numbers that nobody told are ABSENT_U64. */
struct domain_reading {
	/* put in by the caller */
	virDomainPtr domain; /* borrowed */
	char uuid[VIR_UUID_STRING_BUFLEN];
	const char *name; /* borrowed */
	int64_t id;       /* libvirt's number of this run, -1: it does not run */
	bool config_asked;            /* libvirt was asked for it in this look */
	struct domain_config *config; /* counted; NULL: not known */
	guint devices_told;           /* before anybody asked for single ones */

	bool sick; /* left out of the numbers: its hypervisor process does not answer */
	int32_t control;          /* enum vm_control; ABSENT_I32: not told */
	uint32_t control_seconds; /* in that state */

	/* filled in below */
	int32_t state, reason; /* libvirt's; -1: not told */
	uint64_t cpu_ns, vcpus, vcpus_max;
	uint64_t mem_max, mem_actual, mem_rss;         /* KiB */
	uint64_t mem_guest, mem_usable, mem_unused;    /* KiB, by the guest's balloon driver */
	uint64_t balloon_at;                           /* when it said so: s, host's clock */
	GArray *devices[DEVICE_KINDS]; /* struct device_reading, by number; NULL: not told */
};

void domain_reading_init(struct domain_reading *);
void domain_reading_clear(struct domain_reading *);

/* A record of virConnectGetAllDomainStats.  The parameters must outlive the reading. */
void domain_reading_params(struct domain_reading *, const virTypedParameter *, int n);

/*
 * The device of that name, or of that number.  NULL: not told.  An image that others are
 * based on is told under the name of its disk, after it: the first one counts.
 */
const struct device_reading *domain_reading_find(const struct domain_reading *,
    enum device_kind, const char *name);
const struct device_reading *domain_reading_vcpu(const struct domain_reading *,
    uint32_t number);

/* Per-domain calls; they fill in only what is still missing. */
void domain_reading_info(struct domain_reading *, const virDomainInfo *);
void domain_reading_memory(struct domain_reading *, const virDomainMemoryStatStruct *, int n);
void domain_reading_vcpus(struct domain_reading *, const virVcpuInfo *, int n);

/*
 * Adds a device to be filled in by the caller, valid until the next is added; the name
 * must outlive the reading.  NULL: these are too many.
 */
struct device_reading *domain_reading_add(struct domain_reading *, enum device_kind,
    const char *name);

#endif
