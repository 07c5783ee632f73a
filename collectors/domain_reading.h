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

enum device_kind { DEVICE_DISK, DEVICE_NIC, DEVICE_KINDS };

enum disk_counter { DISK_RD_REQ, DISK_RD_BYTES, DISK_WR_REQ, DISK_WR_BYTES };

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

#define DEVICE_COUNTERS 8 /* the most of one kind */

struct device_reading {
	const char *name; /* borrowed; NULL: not told */
	uint64_t counter[DEVICE_COUNTERS];
};

/* Numbers that nobody told are ABSENT_U64. */
struct domain_reading {
	/* put in by the caller */
	virDomainPtr domain; /* borrowed */
	char uuid[VIR_UUID_STRING_BUFLEN];
	const char *name; /* borrowed */
	int64_t id;       /* libvirt's number of this run, -1: it does not run */
	bool title_asked;
	char *title; /* owned; NULL: it has none */

	bool sick; /* left out of the numbers: its hypervisor process does not answer */
	int32_t control;          /* enum vm_control; ABSENT_I32: not told */
	uint32_t control_seconds; /* in that state */

	/* filled in below */
	int32_t state, reason; /* libvirt's; -1: not told */
	uint64_t cpu_ns, vcpus, vcpus_max;
	uint64_t mem_max, mem_actual, mem_rss;         /* KiB */
	uint64_t mem_guest, mem_usable, mem_unused;    /* KiB, by the guest's balloon driver */
	uint64_t balloon_at;                           /* when it said so: s, host's clock */
	GArray *devices[DEVICE_KINDS]; /* struct device_reading; NULL: not told */
};

void domain_reading_init(struct domain_reading *);
void domain_reading_clear(struct domain_reading *);

/* A record of virConnectGetAllDomainStats.  The parameters must outlive the reading. */
void domain_reading_params(struct domain_reading *, const virTypedParameter *, int n);

/* Per-domain calls; they fill in only what is still missing. */
void domain_reading_info(struct domain_reading *, const virDomainInfo *);
void domain_reading_memory(struct domain_reading *, const virDomainMemoryStatStruct *, int n);

#endif
