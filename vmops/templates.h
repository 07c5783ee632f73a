/*
 * The watcher of templates: looks at their directory now and then, and publishes what is
 * there as rows.  A template with an error is a row that says so; the others go on.
 */
#ifndef VCL_VMOPS_TEMPLATES_H
#define VCL_VMOPS_TEMPLATES_H

#include "model/part.h"
#include "model/store.h"

struct templates;

/* Starts its thread.  The store (borrowed) must outlive it. */
struct templates *templates_new(struct store *);
void templates_free(struct templates *);

/* Looks there from now on, and at once. */
void templates_apply(struct templates *, const char *dir);

/* What is in the directory now, as rows. */
struct part *templates_read(const char *dir);

#endif
