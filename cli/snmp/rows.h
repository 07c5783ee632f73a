/*
 * Rows of the MIB's tables over SNMP, as the control socket has them: JSON by the tables'
 * own declarations.
 */
#ifndef VCL_CLI_SNMP_ROWS_H
#define VCL_CLI_SNMP_ROWS_H

#include <json-glib/json-glib.h>

#include "cli/snmp/manager.h"
#include "model/table.h"

/* The name of a cell: of a scalar `row` is NULL. */
struct snmp_name snmp_cell_name(const struct table *, const struct column *,
    const struct row_head *row);

/*
 * A value of the wire as one of the column's syntax; SYN_NONE when it makes no sense.
 * Texts are put into the chunk.
 */
void snmp_value_read(const struct column *, const struct snmp_var *, GStringChunk *texts,
    struct value *out);

/* Cells of a table, sorted by (index, sub). */
struct snmp_table;
struct snmp_row {
	struct row_head head;
	struct value cells[]; /* one per column asked for, SYN_NONE where absent */
};

/*
 * Walks these columns, n of them, of a table with KEYS_INDEX or KEYS_INDEX_SUB; keys cost
 * nothing.  NULL with an error.
 */
struct snmp_table *snmp_table_walk(struct manager *, const struct table *,
    const struct column *const *columns, size_t n, GError **);
size_t snmp_table_size(const struct snmp_table *);
const struct snmp_row *snmp_table_row(const struct snmp_table *, size_t i);
void snmp_table_free(struct snmp_table *);
SCOPED_DEFINE(snmp_table, snmp_table_free)

/*
 * Rows with these columns (NULL-terminated names; NULL: all), JsonObject, freed with the
 * array.
 */
GPtrArray *snmp_rows(struct manager *, const struct table *, const char *const *columns,
    GError **);

/* All columns of one row; NULL without an error: there is no such row. */
JsonObject *snmp_row(struct manager *, const struct table *, const struct row_head *,
    GError **);

/* Is there such a row?  `there` is said when there is no error. */
bool snmp_has_row(struct manager *, const struct table *, const struct row_head *,
    bool *there, GError **);

/* All groups of scalars, as one object. */
JsonObject *snmp_scalars(struct manager *, GError **);

#endif
