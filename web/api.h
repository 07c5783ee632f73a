/*
 * JSON for programs.
 *
 *	/api/series?kind=vm&name=web1&source=cpu&from=...&to=...   a recorded series
 *	/api/vms?columns=vclVmName,vclVmState&sort=...             the daemon's rows
 */
#ifndef VCL_WEB_API_H
#define VCL_WEB_API_H

#include "web/web.h"

web_page page_series, page_api;

/* {"error":"..."} */
GBytes *api_error(const GError *);

#endif
