/* Tables: reading cells by the column's line of data. */
#include "model/table.h"

#include <pthread.h>

#include <string.h>

#include "model/switches.h"

static const size_t row_sizes[ROWS_COUNT] = {
	[ROWS_CLUSTER] = sizeof(struct cluster_info),
	[ROWS_NODE] = sizeof(struct node),
	[ROWS_VM] = sizeof(struct vm),
	[ROWS_VCPU] = sizeof(struct vcpu),
	[ROWS_DISK] = sizeof(struct disk),
	[ROWS_NIC] = sizeof(struct nic),
	[ROWS_SNAPSHOT] = sizeof(struct snapshot),
	[ROWS_VM_BY_UUID] = sizeof(struct vm_uuid),
	[ROWS_POOL] = sizeof(struct pool),
	[ROWS_POOL_NODE] = sizeof(struct pool_node),
	[ROWS_VOLUME] = sizeof(struct volume),
	[ROWS_EXPORT] = sizeof(struct export_info),
	[ROWS_JOB] = sizeof(struct job),
	[ROWS_EVENT] = sizeof(struct event),
	[ROWS_ALARM] = sizeof(struct alarm),
	[ROWS_COMMAND] = sizeof(struct command_info),
	[ROWS_NOTIFY] = sizeof(struct notify_type),
	[ROWS_WISH] = sizeof(struct wish),
	[ROWS_MARK] = sizeof(struct node_mark),
	[ROWS_ADVICE] = sizeof(struct advice),
	[ROWS_SEQUENCE] = sizeof(struct sequence_info),
	[ROWS_TEMPLATE] = sizeof(struct template_info),
	[ROWS_BACKUP] = sizeof(struct backup),
	[ROWS_SCHEDULE] = sizeof(struct schedule_info),
	[ROWS_APP] = sizeof(struct app),
	[ROWS_MEMBER] = sizeof(struct cluster_member),
	[ROWS_BACKEND] = sizeof(struct backend_info),
	[ROWS_TREND] = sizeof(struct trend),
};

#define LARGEST_ROW 1024
_Static_assert(sizeof(struct vm) <= LARGEST_ROW && sizeof(struct node) <= LARGEST_ROW,
    "raise LARGEST_ROW");

/* An empty row of each set, made once from the columns. */
static union {
	char bytes[LARGEST_ROW];
	uint64_t align;
} empty_rows[ROWS_COUNT];
static pthread_once_t empty_once = PTHREAD_ONCE_INIT;

static void
mark_absent(const struct column *c, char *row)
{
	void *field = row + c->offset;

	switch (c->field) {
	case FIELD_TEXT:
	case FIELD_NONE:
	case FIELD_SWITCH:
		break;
	case FIELD_I32:
		*(int32_t *)field = ABSENT_I32;
		break;
	case FIELD_U32:
		*(uint32_t *)field = ABSENT_U32;
		break;
	case FIELD_I64:
		*(int64_t *)field = ABSENT_I64;
		break;
	case FIELD_U64:
	case FIELD_MEBI:
		*(uint64_t *)field = ABSENT_U64;
		break;
	}
}

/* References to other rows and calendar times have 0 for "none" and "never". */
static bool
zero_when_empty(const struct column *c)
{
	return c->access == ACCESS_INDEX || c->syntax == SYN_INDEX || c->syntax == SYN_DATE;
}

static void
make_empty_rows(void)
{
	for (size_t i = 0; i < tables_n; i++) {
		TABLE_FOREACH_COLUMN (tables[i], c) {
			if (!zero_when_empty(c))
				mark_absent(c, empty_rows[tables[i]->rows].bytes);
		}
	}
}

size_t
rows_size(enum row_set set)
{
	return row_sizes[set];
}

void
table_row_init(enum row_set set, void *row)
{
	pthread_once(&empty_once, make_empty_rows);
	memcpy(row, empty_rows[set].bytes, row_sizes[set]);
}

static void
set_signed(struct value *out, const struct column *c, int64_t i, int64_t absent)
{
	out->syntax = i == absent ? SYN_NONE : c->syntax;
	out->i = i;
}

static void
set_unsigned(struct value *out, const struct column *c, uint64_t u, uint64_t absent)
{
	out->syntax = u == absent ? SYN_NONE : c->syntax;
	out->u = u;
}

void
column_read(const struct column *c, const struct reading *reading, const void *row,
    struct value *out)
{
	const char *field = (const char *)row + c->offset;

	switch (c->field) {
	case FIELD_NONE:
		out->syntax = SYN_NONE;
		c->get(reading, row, out);
		break;
	case FIELD_TEXT:
		out->s = *(const char *const *)field;
		out->syntax = out->s == NULL ? SYN_NONE : c->syntax;
		break;
	case FIELD_I32:
		set_signed(out, c, *(const int32_t *)field, ABSENT_I32);
		break;
	case FIELD_I64:
		set_signed(out, c, *(const int64_t *)field, ABSENT_I64);
		break;
	case FIELD_U32:
		set_unsigned(out, c, *(const uint32_t *)field, ABSENT_U32);
		break;
	case FIELD_U64:
		set_unsigned(out, c, *(const uint64_t *)field, ABSENT_U64);
		break;
	case FIELD_MEBI:
		set_unsigned(out, c, *(const uint64_t *)field, ABSENT_U64);
		out->u >>= 20;
		break;
	case FIELD_SWITCH:
		out->syntax = c->syntax;
		out->u = switches_get(column_switch(c, row));
		break;
	}
}

unsigned
column_switch(const struct column *c, const void *row)
{
	return c->switch_id + ((const struct row_head *)row)->index;
}

const struct column *
table_column(const struct table *table, const char *name)
{
	TABLE_FOREACH_COLUMN (table, c) {
		if (strcmp(c->name, name) == 0)
			return c;
	}
	return NULL;
}
