/*
 * Over SNMP: the row that a person means, and which rows belong to it, by the same names
 * and in the same sentences as the daemon itself has them.
 */
#ifndef VCL_CLI_SNMP_FIND_H
#define VCL_CLI_SNMP_FIND_H

#include <json-glib/json-glib.h>

#include "cli/snmp/manager.h"
#include "model/table.h"

/* The head of the row of that name; as find_row of model/find.h. */
bool snmp_find(struct manager *, enum row_set, const char *name, struct row_head *out,
    GError **);

/*
 * The columns that must be read of a table's rows to know to which objects they belong, as
 * far as "node", "vm" and "pool" are members of the request.  Adds names to `columns`;
 * false when the rows belong to no such object.
 */
bool snmp_owner_columns(const struct table *, JsonObject *request, GPtrArray *columns,
    GError **);

/* Drops the rows that do not belong to all of these objects. */
bool snmp_owner_filter(struct manager *, const struct table *, JsonObject *request,
    GPtrArray *rows, GError **);

#endif
