/*
 * Exports: volumes that a host serves to others by NBD.  virtcluster-export does it there;
 * the configuration says by which command it is reached ("export" of [node]).
 *
 *	export_call.c    runs that command
 *	export_check.c   what can refuse it.  Pure
 *	op_export.c      the operations
 */
#ifndef VCL_VMOPS_EXPORT_H
#define VCL_VMOPS_EXPORT_H

#include <json-glib/json-glib.h>

#include "vmops/storage.h"

/* Has that node a command for it. */
bool export_is_possible(const struct op_run *, const char *node);

/*
 * Asks virtcluster-export on that node: `verb` is "start", "stop" or "list", `request` what
 * it reads (NULL: nothing).  Its answer, to be unreferenced, or NULL with what it said;
 * CAUSE_UNREACHABLE: nobody knows what it has done.
 */
JsonObject *export_call(const struct op_run *, const char *node, const char *verb,
    JsonObject *request, GError **error);

/* The list in the answer to "list", borrowed; NULL with an error. */
JsonArray *export_list(const char *node, JsonObject *answer, GError **error);

/* Is that member of an element of it that text? */
bool export_has(JsonNode *element, const char *member, const char *text);

/*
 * Before a volume is changed from outside: the host is asked whether it serves it, where it
 * can be asked.  `what`: "deleted".
 */
bool export_check_none(const struct op_run *, const struct storage_side *, const char *what,
    GError **error);

/* The node that is to serve it, or that does; 0 with an error of REQUEST_ERROR.  Pure. */
uint32_t export_node(const struct cluster *, const struct request *, int64_t now, GError **error);

/* Nobody serves it.  Pure; an error of REQUEST_ERROR. */
bool export_check_unserved(const struct cluster *, const struct volume *, const char *what,
    GError **error);

/* As before, but readers of it do no harm. */
bool export_check_unwritten(const struct cluster *, const struct volume *, const char *what,
    GError **error);

#endif
