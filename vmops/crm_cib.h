/*
 * Pacemaker's configuration, as jobs change it: read as a tree, written by cibadmin, and taken
 * out again without anything being stopped.
 *
 * What is written shows in the rows when the collector has looked again: app_await (app.h)
 * waits for it, app_await_gone for what was taken out.
 *
 * Worker threads, but for what is called pure; errors are of OP_ERROR.
 */
#ifndef VCL_VMOPS_CRM_CIB_H
#define VCL_VMOPS_CRM_CIB_H

#include <libxml/tree.h>

#include "vmops/ops.h"

/*
 * What a tool of Pacemaker's tells, as a tree whose root is called `root`; xmlFreeDoc it.
 * `undo`: also when the job has been cancelled.
 */
xmlDoc *crm_ask(const struct op_run *, const char *const *tool, const char *root, bool undo,
    GError **);

/* The section `configuration`; xmlFreeDoc it.  `undo`: also when the job has been cancelled. */
xmlDoc *crm_cib_read(const struct op_run *, bool undo, GError **);

/*
 * `xml` is <configuration> with the elements that are new or changed, each under its ID; what
 * it does not name stays.  All of it is written, or nothing.
 */
bool crm_cib_write(const struct op_run *, const char *xml, bool undo, GError **);

/* A meta attribute of a resource; NULL: it has none. */
bool crm_set_meta(const struct op_run *, const char *resource, const char *name,
    const char *value, bool undo, GError **);

/*
 * Takes a resource out of the configuration, with the location rules that are about it alone:
 * Pacemaker forgets it, and what it was goes on.  A resource of which a node has a history is
 * an orphan when it is removed, and is stopped.  So it is not managed first; then nobody may
 * look for it any longer, and its history is dropped; then it goes, and then that rule.  Can be
 * repeated, and goes on when the job has been cancelled.
 */
bool crm_take_out(const struct op_run *, const char *resource, GError **);

/* --- pure, of what crm_cib_read has returned */

/* The element with that ID, whatever it is; NULL: there is none. */
xmlNode *crm_cib_find(const xmlDoc *, const char *id);

/* Of a resource's own; NULL: it has none.  Free it. */
char *crm_cib_meta(const xmlNode *resource, const char *name);
char *crm_cib_parameter(const xmlNode *resource, const char *name);

/* What holds for a resource that says nothing else; what holds for the whole.  Free it. */
char *crm_cib_default(const xmlDoc *, const char *name);
char *crm_cib_property(const xmlDoc *, const char *name);

/*
 * Why a resource cannot be taken out by itself: "it is in the group web", "rule x ties it to
 * db".  NULL: nothing depends on it.  Free it.
 */
char *crm_cib_dependent(const xmlDoc *, const char *resource);

/* "ID-never", the rule that crm_take_out writes. */
char *crm_cib_never_xml(const char *resource);

#endif
