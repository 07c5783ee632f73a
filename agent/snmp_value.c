/* Cells and OIDs in net-snmp's types. */
#include "config.h"

#include "agent/snmp_value.h"

#include <time.h>

#include <net-snmp/agent/net-snmp-agent-includes.h>

static const oid root[] = { VCL_OID_ROOT };

/* --- cells: one function per syntax */

static struct snmp_cell
cell_text(const struct value *v, int64_t now, union snmp_scratch *scratch)
{
	return (struct snmp_cell){ ASN_OCTET_STR, v->s, strlen(v->s) };
}

static struct snmp_cell
cell_number(union snmp_scratch *scratch, u_char type, long number)
{
	scratch->number = number;
	return (struct snmp_cell){ type, &scratch->number, sizeof(scratch->number) };
}

static struct snmp_cell
cell_integer(const struct value *v, int64_t now, union snmp_scratch *scratch)
{
	return cell_number(scratch, ASN_INTEGER, (long)v->i);
}

static struct snmp_cell
cell_truth(const struct value *v, int64_t now, union snmp_scratch *scratch)
{
	return cell_number(scratch, ASN_INTEGER, v->i ? 1 : 2);
}

static struct snmp_cell
cell_gauge(const struct value *v, int64_t now, union snmp_scratch *scratch)
{
	return cell_number(scratch, ASN_GAUGE, (long)MIN(v->u, UINT32_MAX));
}

static struct snmp_cell
cell_counter(const struct value *v, int64_t now, union snmp_scratch *scratch)
{
	scratch->counter.high = (u_long)(v->u >> 32);
	scratch->counter.low = (u_long)(v->u & UINT32_MAX);
	return (struct snmp_cell){ ASN_COUNTER64, &scratch->counter,
		sizeof(scratch->counter) };
}

/* DateAndTime (RFC 2579) in UTC; eight zeros mean never. */
static struct snmp_cell
cell_date(const struct value *v, int64_t now, union snmp_scratch *scratch)
{
	time_t seconds = v->i / 1000000;
	unsigned char *d = scratch->date;
	struct tm tm;

	memset(d, 0, sizeof(scratch->date));
	if (v->i <= 0 || gmtime_r(&seconds, &tm) == NULL)
		return (struct snmp_cell){ ASN_OCTET_STR, d, 8 };
	int year = tm.tm_year + 1900;
	d[0] = (unsigned char)(year >> 8);
	d[1] = (unsigned char)year;
	d[2] = (unsigned char)(tm.tm_mon + 1);
	d[3] = (unsigned char)tm.tm_mday;
	d[4] = (unsigned char)tm.tm_hour;
	d[5] = (unsigned char)tm.tm_min;
	d[6] = (unsigned char)tm.tm_sec;
	d[7] = (unsigned char)(v->i / 100000 % 10);
	d[8] = '+';
	return (struct snmp_cell){ ASN_OCTET_STR, d, sizeof(scratch->date) };
}

/* TimeStamp: what the master's sysUpTime was then; 0 when that was before its start. */
static struct snmp_cell
cell_stamp(const struct value *v, int64_t now, union snmp_scratch *scratch)
{
	int64_t ticks = (int64_t)netsnmp_get_agent_uptime() - (now - v->i) / 10000;

	return cell_number(scratch, ASN_TIMETICKS, (long)MAX(ticks, 0));
}

static struct snmp_cell (*const cells[SYN_COUNT])(const struct value *, int64_t,
    union snmp_scratch *) = {
	[SYN_TEXT] = cell_text,
	[SYN_ENUM] = cell_integer,
	[SYN_BOOL] = cell_truth,
	[SYN_INT] = cell_integer,
	[SYN_INDEX] = cell_integer,
	[SYN_UNSIGNED] = cell_gauge,
	[SYN_GAUGE] = cell_gauge,
	[SYN_COUNTER] = cell_counter,
	[SYN_DATE] = cell_date,
	[SYN_STAMP] = cell_stamp,
};

struct snmp_cell
snmp_cell(const struct value *value, int64_t now, union snmp_scratch *scratch)
{
	return cells[value->syntax](value, now, scratch);
}

/* --- OIDs */

size_t
snmp_oid(const uint32_t *arc, size_t len, oid out[SNMP_MAX_OID])
{
	memcpy(out, root, sizeof(root));
	for (size_t i = 0; i < len; i++)
		out[OID_LENGTH(root) + i] = arc[i];
	return OID_LENGTH(root) + len;
}

bool
snmp_relative(const oid *name, size_t len, struct snmp_arcs *out)
{
	size_t common = MIN(len, OID_LENGTH(root));
	int order = snmp_oid_compare(name, common, root, common);

	out->len = 0;
	if (order != 0 || len < OID_LENGTH(root))
		return order <= 0;
	out->len = len - OID_LENGTH(root);
	for (size_t i = 0; i < out->len; i++)
		out->arc[i] = (uint32_t)name[OID_LENGTH(root) + i];
	return true;
}
