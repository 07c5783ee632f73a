/*
 * A page that is a listing with filters: the same for VMs, nodes, events, jobs, ...
 */
#ifndef VCL_WEB_LISTING_H
#define VCL_WEB_LISTING_H

#include "web/view.h"

struct listing_filter {
	const char *name, *title; /* in the address; for people */
	const char *column;       /* that must have the value; NULL: it is an owner */
	const char *const *words; /* NULL-ended; NULL: any text */
	bool worst;               /* the word, and those that come before it in `words` */
};

typedef void listing_extra(struct page *);

struct listing {
	const char *title; /* "Virtual machines" */
	const char *where; /* of the navigation, and the path: "vms" */
	const struct view *view;
	const struct listing_filter *filters; /* ended by a NULL name */
	int refresh;
	bool searched; /* has a field for any text */
	const char *of; /* of the navigation, where that is another; NULL: `where` */
	listing_extra *extra; /* below the rows; NULL: nothing */
};

/* Health and severity, the worst first. */
extern const char *const listing_health[], *const listing_severity[];

bool listing_page(const struct listing *, const struct web *, const struct url *,
    struct reply *, GError **);

#endif
