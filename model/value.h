/*
 * One cell of a table, as read from a row: typed by its syntax, free of any protocol.
 */
#ifndef VCL_MODEL_VALUE_H
#define VCL_MODEL_VALUE_H

#include <stddef.h>
#include <stdint.h>

/* What a column holds.  SNMP, JSON, text and RRD each map these with one table. */
enum syntax {
	SYN_NONE,     /* absent: nobody knows */
	SYN_TEXT,     /* s: SnmpAdminString, UTF-8 */
	SYN_ENUM,     /* i: INTEGER { ... }, see column.names */
	SYN_BOOL,     /* i: 0 or 1; TruthValue on the wire */
	SYN_INT,      /* i: Integer32 */
	SYN_INDEX,    /* u: index of a row in another table, 0: none; Integer32 */
	SYN_UNSIGNED, /* u: Unsigned32 */
	SYN_GAUGE,    /* u: Gauge32, clipped at 2^32-1 */
	SYN_COUNTER,  /* u: Counter64 */
	SYN_DATE,     /* i: microseconds since 1970; DateAndTime, 0: never */
	SYN_STAMP,    /* i: monotonic microseconds; TimeStamp */
	SYN_TICKS,    /* u: hundredths of a second; TimeTicks, starts anew at 2^32 */
	SYN_UUID,     /* s: its 36 characters; 16 octets on the wire */
	SYN_MAC,      /* s: "52:54:00:12:34:56"; its octets on the wire */
	SYN_OID,      /* arcs: OBJECT IDENTIFIER, from its first arc */
	SYN_ROW,      /* i: enum row_status; RowStatus */
	SYN_LOCK,     /* u: TestAndIncr */
	SYN_COUNT,    /* number of syntaxes */
};

struct arcs {
	const uint32_t *arc;
	size_t len;
};

struct value {
	enum syntax syntax;
	union {
		int64_t i;
		uint64_t u;
		const char *s; /* lives as long as the cluster it was read from */
		const struct arcs *arcs;
	};
};

/* "No value": the same marks in every row field of that C type (see table_row_init). */
#define ABSENT_U32 UINT32_MAX
#define ABSENT_U64 UINT64_MAX
#define ABSENT_I32 INT32_MIN
#define ABSENT_I64 INT64_MIN

#endif
