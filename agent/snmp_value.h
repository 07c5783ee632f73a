/*
 * Cells and OIDs in net-snmp's types.  For agent/snmp*.c only.
 */
#ifndef VCL_AGENT_SNMP_VALUE_H
#define VCL_AGENT_SNMP_VALUE_H

#include "agent/engine.h"

#include <net-snmp/net-snmp-config.h>
#include <net-snmp/net-snmp-includes.h>

#define SNMP_MAX_OID 48

/* Room for a value that has to be converted. */
union snmp_scratch {
	long number;
	struct counter64 counter;
	unsigned char date[11];
	unsigned char octets[32];
	oid arcs[SNMP_MAX_OID];
};

struct snmp_cell {
	u_char type; /* ASN.1 */
	const void *data;
	size_t len;
};

/*
 * The cell as it goes on the wire; points into `value` or `scratch`.  `now`: monotonic
 * microseconds, for TimeStamps.
 */
struct snmp_cell snmp_cell(const struct value *, int64_t now, union snmp_scratch *scratch);

/* The whole OID behind the arcs relative to the MIB's root; the length. */
size_t snmp_oid(const struct mib *, const uint32_t *arc, size_t len, oid out[SNMP_MAX_OID]);

struct snmp_arcs {
	uint32_t arc[MAX_OID_LEN];
	size_t len;
};

/*
 * The other way round: the arcs relative to the root.  An OID in front of the MIB becomes
 * the empty one.  False: it is behind the MIB.
 */
bool snmp_relative(const struct mib *, const oid *name, size_t len, struct snmp_arcs *out);

#endif
