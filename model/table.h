/*
 * Tables: each column of the MIB is declared once, as one line of data, and SNMP,
 * notifications, JSON, the CLI and RRD interpret that line.
 *
 * Groups of scalars are tables too: of exactly one row, with instance 0 and no index.
 */
#ifndef VCL_MODEL_TABLE_H
#define VCL_MODEL_TABLE_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

#include "model/names.h"
#include "model/rows.h"
#include "model/value.h"

struct cluster;
struct request;
struct row_request;

/* Row arrays of a cluster value.  Several tables may show the same rows. */
enum row_set {
	ROWS_CLUSTER,    /* struct cluster_info, one */
	ROWS_NODE,       /* struct node */
	ROWS_VM,         /* struct vm */
	ROWS_VCPU,       /* struct vcpu */
	ROWS_DISK,       /* struct disk */
	ROWS_NIC,        /* struct nic */
	ROWS_SNAPSHOT,   /* struct snapshot */
	ROWS_VM_BY_UUID, /* struct vm_uuid */
	ROWS_POOL,       /* struct pool */
	ROWS_POOL_NODE,  /* struct pool_node */
	ROWS_VOLUME,     /* struct volume */
	ROWS_EXPORT,     /* struct export_info */
	ROWS_JOB,        /* struct job */
	ROWS_EVENT,      /* struct event */
	ROWS_ALARM,      /* struct alarm */
	ROWS_COMMAND,    /* struct command_info, one */
	ROWS_NOTIFY,     /* struct notify_type, always the same */
	ROWS_WISH,       /* struct wish, of VMs of which something was wished */
	ROWS_MARK,       /* struct node_mark; in no table: compose puts them on nodes */
	ROWS_ADVICE,     /* struct advice */
	ROWS_SEQUENCE,   /* struct sequence_info */
	ROWS_TEMPLATE,   /* struct template_info */
	ROWS_BACKUP,     /* struct backup */
	ROWS_SCHEDULE,   /* struct schedule_info */
	ROWS_APP,        /* struct app */
	ROWS_MEMBER,     /* struct cluster_member; in no table: compose puts them on nodes */
	ROWS_BACKEND,    /* struct backend_info, one or none; in no table */
	ROWS_TREND,      /* struct trend; in no table: columns of nodes and VMs look there */
	ROWS_COUNT,
};

enum access {
	ACCESS_READ,
	ACCESS_INDEX, /* not-accessible */
	ACCESS_WRITE,
	ACCESS_CREATE, /* read-create: writing may make the row */
};

enum graph_kind { GRAPH_NONE, GRAPH_LEVEL, GRAPH_RATE };

/* What a getter may look at besides its row. */
struct reading {
	const struct cluster *cluster;
	int64_t now; /* monotonic microseconds */
	uint32_t third; /* third index of the cell, where the table has one */
};

/* Leaves `out` as it is (absent) when there is no value. */
typedef void column_get(const struct reading *, const void *row, struct value *out);

/*
 * Turns a value written to this cell into the request it stands for; nothing is done
 * yet.  False with an error of REQUEST_ERROR when the value makes no sense.
 */
typedef bool column_write(const struct reading *, const void *row, const struct value *,
    struct request *out, GError **);

/*
 * Adds a value written to this cell to what its row is asked to be.  The row need not
 * exist.  False as column_write.
 */
typedef bool column_fill(const struct value *, struct row_request *, GError **);

enum field_type {
	FIELD_TEXT,
	FIELD_I32,
	FIELD_U32,
	FIELD_I64,
	FIELD_U64,
	FIELD_MEBI, /* uint64_t octets, shown as MiB */
	FIELD_SWITCH, /* no field: one of model/switches */
	FIELD_NONE,
};

/* What a row's instance is made of. */
enum keys {
	KEYS_NONE,      /* scalars: 0 */
	KEYS_INDEX,     /* index */
	KEYS_INDEX_SUB, /* index, sub */
	KEYS_THIRD,     /* index, sub, and a number from 1 to table.thirds(row) */
	KEYS_UUID,      /* the 16 octets of a VM's UUID */
};
#define KEYS_MOST 16 /* arcs of the longest instance */

struct column {
	uint16_t number;  /* last arc of the column's OID; ascending in the array */
	const char *name; /* MIB descriptor, JSON key */
	enum syntax syntax;
	enum field_type field; /* C type at `offset`, or FIELD_NONE: `get` computes it */
	uint16_t offset;
	column_get *get;
	const struct enum_name *names; /* of SYN_ENUM */
	enum access access;
	column_write *write; /* of ACCESS_WRITE, unless it is a switch */
	column_fill *fill;   /* of ACCESS_CREATE */
	uint16_t switch_id;  /* of FIELD_SWITCH; of a table: of the row with index 0 */
	enum graph_kind graph;
	const char *series; /* RRD data source name, 19 characters at most */
};

#define TABLE_MAX_OID 6

/*
 * How many cells a column has in that row: such a table has no rows of its own for its
 * third index, as there would be too many.
 */
typedef uint32_t table_thirds(const struct cluster *, const void *row);

struct table {
	const char *name; /* MIB descriptor of the table or of the group of scalars */
	enum row_set rows;
	enum keys keys;
	uint8_t oid_len;
	uint32_t oid[TABLE_MAX_OID]; /* of the entry (or group), relative to the MIB */
	const struct column *columns;
	size_t columns_n;
	table_thirds *thirds; /* of KEYS_THIRD */
};

/* A module that the agent answers for. */
struct mib {
	const char *name;
	struct arcs root; /* what the tables' OIDs are relative to */
	const struct table *const *tables;
	size_t tables_n;
};
extern const struct mib virtcluster_mib, vm_mib; /* ours; RFC 7666 */

/*
 * The line of a column reads from the left: number, descriptor, typed field, modifiers.
 *
 *	#define ROW struct vm
 *	{ 2, "vclVmName", TEXT(name) },
 *
 * _Generic makes a field of another C type than the syntax wants a compile error.
 */
#define FIELD_OF(f, ctype) _Generic(((ROW *)0)->f, ctype: offsetof(ROW, f))
#define TEXT(f)            .syntax = SYN_TEXT, .field = FIELD_TEXT, .offset = FIELD_OF(f, const char *)
#define ENUM(f, n)         .syntax = SYN_ENUM, .field = FIELD_I32, .offset = FIELD_OF(f, int32_t), .names = n
#define BOOL(f)            .syntax = SYN_BOOL, .field = FIELD_I32, .offset = FIELD_OF(f, int32_t)
#define INDEX(f)           .syntax = SYN_INDEX, .field = FIELD_U32, .offset = FIELD_OF(f, uint32_t)
#define UNSIGNED(f)        .syntax = SYN_UNSIGNED, .field = FIELD_U32, .offset = FIELD_OF(f, uint32_t)
#define GAUGE(f)           .syntax = SYN_GAUGE, .field = FIELD_U32, .offset = FIELD_OF(f, uint32_t)
#define C64(f)             .syntax = SYN_COUNTER, .field = FIELD_U64, .offset = FIELD_OF(f, uint64_t)
#define ROWSTATUS(f)       .syntax = SYN_ROW, .field = FIELD_I32, .offset = FIELD_OF(f, int32_t), .names = row_status_names
#define INTEGER(f)         .syntax = SYN_INT, .field = FIELD_I32, .offset = FIELD_OF(f, int32_t)
#define MEBI(f)            .syntax = SYN_GAUGE, .field = FIELD_MEBI, .offset = FIELD_OF(f, uint64_t)
#define DATE(f)            .syntax = SYN_DATE, .field = FIELD_I64, .offset = FIELD_OF(f, int64_t)
#define STAMP(f)           .syntax = SYN_STAMP, .field = FIELD_I64, .offset = FIELD_OF(f, int64_t)
#define FUNC(syn, fn)      .syntax = syn, .field = FIELD_NONE, .get = fn
#define SWITCH(syn, id)    .syntax = syn, .field = FIELD_SWITCH, .access = ACCESS_WRITE, .switch_id = id
#define KEY                .access = ACCESS_INDEX
#define WRITE(fn)          .access = ACCESS_WRITE, .write = fn
#define CREATE(fn)         .access = ACCESS_CREATE, .fill = fn
#define LEVEL(ds)          .graph = GRAPH_LEVEL, .series = ds
#define RATE(ds)           .graph = GRAPH_RATE, .series = ds

/* All tables of VIRTCLUSTER-MIB, in the order of their OIDs. */
extern const struct table *const tables[];
extern const size_t tables_n;

extern const struct table cluster_table, nodes_table, node_table, vms_table, vm_table,
    vcpu_table, disk_table, nic_table, snapshot_table, vm_by_uuid_table, storage_table, pool_table,
    pool_node_table, volume_table, export_table, jobs_table, job_table, events_table, event_table,
    alarm_table, control_table, command_table, notify_table, vm_control_table,
    notify_type_table, advice_table, sequence_table, node_control_table, app_control_table, refusal_table,
    archive_table, backup_table, template_table, schedule_table, apps_table, app_table;

#define TABLE_FOREACH_COLUMN(t, c)                                                     \
	for (const struct column *c = (t)->columns; c < (t)->columns + (t)->columns_n; \
	     c++)

/* sizeof the row struct of a row set. */
size_t rows_size(enum row_set set);

/* Marks every field that a column shows as absent; all other bytes become zero. */
void table_row_init(enum row_set set, void *row);

/* Reads one cell.  out->syntax is SYN_NONE when it is absent. */
void column_read(const struct column *, const struct reading *, const void *row,
    struct value *out);

/* The switch behind a cell of FIELD_SWITCH: of scalars, the row's index is 0. */
unsigned column_switch(const struct column *, const void *row);

/* The column of that descriptor, or NULL. */
const struct column *table_column(const struct table *, const char *name);

#endif
