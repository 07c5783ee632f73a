/*
 * Exports as they are shown: one JSON object each, or all of them as one line.
 */
#ifndef VCL_EXPORT_LISTING_H
#define VCL_EXPORT_LISTING_H

#include <glib.h>

#include "export/net.h"
#include "export/record.h"

/* One export, without the line's end.  Free it. */
char *listing_export(const char *dir, const struct record *, const struct net_tables *);

/* {"version","exports"}, without the line's end; of records as record_load_all gives them. */
char *listing_all(const char *dir, GPtrArray *records, const struct net_tables *);

#endif
