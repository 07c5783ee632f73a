/*
 * How a domain is configured: libvirt's XML of it, as plain values.
 *
 * The XML is input from outside: nothing in it is trusted, nothing it names is opened.
 * A configuration is never changed once it is made, and counted: any thread may hold one.
 */
#ifndef VCL_COLLECTORS_DOMAIN_CONFIG_H
#define VCL_COLLECTORS_DOMAIN_CONFIG_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/scoped.h"
#include "common/sync.h"

/* Texts that the XML does not have are NULL, but where another word is given. */
struct config_disk {
	const char *target; /* "vda"; of a filesystem: where, or as what, the guest sees it */
	const char *source; /* path, PROTOCOL:NAME or POOL/VOLUME; "" for an empty drive */
	const char *backing; /* the image below, while it runs: as `source`; "": none told */
	const char *bus, *format, *driver;
	int32_t device; /* enum disk_device */
	bool read_only;
	uint32_t depth; /* images below this one; ABSENT_U32: not told */
	uint64_t limit_iops, limit_bytes; /* per second, 0: none */
};

struct config_nic {
	const char *mac; /* lower case */
	const char *type, *model;
	const char *source; /* network, bridge or device; "" if none */
	const char *target; /* the host's end, while it runs */
	int32_t link;       /* enum nic_link */
};

struct config_pin {
	uint32_t vcpu;
	const char *cpus;
};

struct domain_config {
	refcount refs;
	const char *title, *os_type;
	int32_t guest_agent; /* enum guest_agent, by the state of its channel */
	const char *cpus;    /* physical CPUs for all vCPUs; NULL: any */
	GArray *disks, *nics, *pins;
	GStringChunk *texts;
};

/* NULL with a sentence (of G_MARKUP_ERROR) when that is no domain's XML. */
struct domain_config *domain_config_parse(const char *xml, GError **);

struct domain_config *domain_config_ref(struct domain_config *);
void domain_config_unref(struct domain_config *); /* NULL is fine */
SCOPED_DEFINE(domain_config, domain_config_unref)

/* Physical CPUs that this vCPU may use: "0-3,7"; "": any. */
const char *domain_config_affinity(const struct domain_config *, uint32_t vcpu);

#endif
