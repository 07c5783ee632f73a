/*
 * Files of the pages: style, script, icon.  They are within the program, and their address
 * has a hash of their content, so that a browser may keep them for ever.
 */
#ifndef VCL_WEB_ASSETS_H
#define VCL_WEB_ASSETS_H

#include "web/web.h"

/* "/static/HASH/style.css", to be freed. */
char *asset_link(const char *base, const char *name);

/* /static/HASH/NAME; an old hash finds the present file. */
web_page page_asset;

/* /favicon.ico, which browsers ask for beside a picture that is looked at alone. */
web_page page_icon;

#endif
