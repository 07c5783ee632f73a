/*
 * The pages: one function each, in files of their own.
 */
#ifndef VCL_WEB_PAGES_H
#define VCL_WEB_PAGES_H

#include "web/view.h"

web_page page_overview;                        /* / */
web_page page_vms, page_vm;                /* /vms /vm/UUID */
web_page page_nodes, page_node;            /* /nodes /node/NAME */
web_page page_disk, page_nic;              /* /vm/UUID/disk/vda /vm/UUID/nic/52-54-... */
web_page page_pools, page_pool;            /* /pools /pool/INDEX */
web_page page_volume, page_exports;        /* /volume/INDEX /exports */
web_page page_apps, page_app;              /* /apps /app/NAME */
web_page page_alarms, page_events, page_jobs;  /* /alarms /events /jobs */
web_page page_top, page_trends;                /* /top /trends */

/* How things are listed on more than one page. */
extern const struct view node_view, pool_view, alarm_view, event_view, job_view, vm_view,
    export_view, app_view;

/* Of vclPoolNodes: their names, if these are few. */
view_show show_pool_nodes;

/* The VM with exactly that UUID, whatever others are called. */
struct answer *vm_by_uuid(const struct web *, const char *uuid, GError **);

/* A link to the VM with that index; `name` is said where it cannot be had. */
void link_vm_of(struct page *, int64_t index, const char *name);

#endif
