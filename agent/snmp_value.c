/* Cells and OIDs in net-snmp's types. */
#include "agent/snmp_value.h"

#include <time.h>

#include <net-snmp/agent/net-snmp-agent-includes.h>

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
#define TICK_US	     10000
#define SAME_US	     (2 * TICK_US) /* what rounding can make of the same time */
#define UNDISTURBED_US 2000

/*
 * When the master's sysUpTime was 0, by our clock.  Found anew only when the master has
 * been started again: a stamp that moved by a hundredth of a second from one answer to the
 * next would tell a manager of a discontinuity that never was.
 */
static int64_t
master_start(void)
{
	static int64_t known;
	int64_t before = g_get_monotonic_time();
	int64_t start = before - (int64_t)netsnmp_get_agent_uptime() * TICK_US;
	bool undisturbed = g_get_monotonic_time() - before < UNDISTURBED_US;

	if (known == 0 || (undisturbed && ABS(start - known) > SAME_US))
		known = start;
	return known;
}

static struct snmp_cell
cell_stamp(const struct value *v, int64_t now, union snmp_scratch *scratch)
{
	int64_t ticks = (v->i - master_start()) / TICK_US;

	return cell_number(scratch, ASN_TIMETICKS, (long)MAX(ticks, 0));
}

static struct snmp_cell
cell_ticks(const struct value *v, int64_t now, union snmp_scratch *scratch)
{
	return cell_number(scratch, ASN_TIMETICKS, (long)(uint32_t)v->u);
}

/* The octets of "00112233-4455-..." and of "52:54:00:...": pairs of digits. */
static struct snmp_cell
cell_octets(const struct value *v, int64_t now, union snmp_scratch *scratch)
{
	size_t n = 0;

	for (const char *c = v->s; c[0] != '\0' && n < sizeof(scratch->octets); c++) {
		if (!g_ascii_isxdigit(c[0]) || !g_ascii_isxdigit(c[1]))
			continue;
		scratch->octets[n++] = (unsigned char)(g_ascii_xdigit_value(c[0]) << 4 |
		    g_ascii_xdigit_value(c[1]));
		c++;
	}
	return (struct snmp_cell){ ASN_OCTET_STR, scratch->octets, n };
}

/* 16 octets, or none where it is not a UUID. */
static struct snmp_cell
cell_uuid(const struct value *v, int64_t now, union snmp_scratch *scratch)
{
	struct snmp_cell cell = cell_octets(v, now, scratch);

	if (cell.len != 16)
		cell.len = 0;
	return cell;
}

static struct snmp_cell
cell_oid(const struct value *v, int64_t now, union snmp_scratch *scratch)
{
	size_t len = MIN(v->arcs->len, SNMP_MAX_OID);

	for (size_t i = 0; i < len; i++)
		scratch->arcs[i] = v->arcs->arc[i];
	return (struct snmp_cell){ ASN_OBJECT_ID, scratch->arcs, len * sizeof(oid) };
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
	[SYN_TICKS] = cell_ticks,
	[SYN_UUID] = cell_uuid,
	[SYN_MAC] = cell_octets,
	[SYN_OID] = cell_oid,
	[SYN_ROW] = cell_integer,
	[SYN_LOCK] = cell_integer,
};

struct snmp_cell
snmp_cell(const struct value *value, int64_t now, union snmp_scratch *scratch)
{
	return cells[value->syntax](value, now, scratch);
}

/* --- OIDs */

static size_t
whole_root(const struct mib *mib, oid out[SNMP_MAX_OID])
{
	for (size_t i = 0; i < mib->root.len; i++)
		out[i] = mib->root.arc[i];
	return mib->root.len;
}

size_t
snmp_oid(const struct mib *mib, const uint32_t *arc, size_t len, oid out[SNMP_MAX_OID])
{
	size_t n = whole_root(mib, out);

	for (size_t i = 0; i < len && n < SNMP_MAX_OID; i++)
		out[n++] = arc[i];
	return n;
}

bool
snmp_relative(const struct mib *mib, const oid *name, size_t len, struct snmp_arcs *out)
{
	oid root[SNMP_MAX_OID];
	size_t root_len = whole_root(mib, root), common = MIN(len, root_len);
	int order = snmp_oid_compare(name, common, root, common);

	out->len = 0;
	if (order != 0 || len < root_len)
		return order <= 0;
	out->len = len - root_len;
	for (size_t i = 0; i < out->len; i++)
		out->arc[i] = (uint32_t)name[root_len + i];
	return true;
}
