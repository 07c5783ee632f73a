/*
 * Cells and OIDs in net-snmp's types.  For agent/snmp*.c only.
 */
#ifndef VCL_AGENT_SNMP_VALUE_H
#define VCL_AGENT_SNMP_VALUE_H

#include "agent/engine.h"

#include <net-snmp/net-snmp-config.h>
#include <net-snmp/net-snmp-includes.h>

/* Room for a value that has to be converted. */
union snmp_scratch {
	long number;
	struct counter64 counter;
	unsigned char date[11];
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

/* The whole OID behind the arcs relative to vclMIB; the length. */
#define SNMP_MAX_OID 48
size_t snmp_oid(const uint32_t *arc, size_t len, oid out[SNMP_MAX_OID]);

struct snmp_arcs {
	uint32_t arc[MAX_OID_LEN];
	size_t len;
};

/*
 * The other way round: the arcs relative to vclMIB.  An OID in front of vclMIB becomes
 * the empty one.  False: it is behind vclMIB.
 */
bool snmp_relative(const oid *name, size_t len, struct snmp_arcs *out);

#endif
