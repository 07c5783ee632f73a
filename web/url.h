/*
 * Addresses: what a browser asks for, taken apart with suspicion, and links to pages.
 */
#ifndef VCL_WEB_URL_H
#define VCL_WEB_URL_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/scoped.h"

#define URL_SEGMENTS_MOST 6

/* A page could not be made, and it is the request's fault, or nobody's. */
#define WEB_ERROR (web_error_quark())
enum web_error {
	WEB_ERROR_BAD,       /* 400: the address makes no sense */
	WEB_ERROR_NOT_FOUND, /* 404 */
	WEB_ERROR_HOST,      /* 421: we are not called like that */
	WEB_ERROR_MISSING,   /* 501: the daemon cannot do that (yet) */
	WEB_ERROR_AWAY,      /* 503: no answer from the daemon */
	WEB_ERROR_BUSY,      /* 503: too much is asked at once */
};
GQuark web_error_quark(void);

/* The path's segments and the query's parameters, both decoded, both UTF-8. */
struct url {
	char *segment[URL_SEGMENTS_MOST];
	size_t segments;
	GPtrArray *names, *values; /* of parameters, in their order */
};

/*
 * From the address as it came, such as "/vms?q=web%201"; a `base` before it ("" or "/sub")
 * is left out, and need not be there, because some proxies take it away.
 */
struct url *url_parse(const char *text, const char *base, GError **);
void url_free(struct url *);
SCOPED_DEFINE(url, url_free)

/* The first parameter of that name, or NULL. */
const char *url_get(const struct url *, const char *name);

/* A whole number; `out` is left alone when it is not there. */
bool url_get_int(const struct url *, const char *name, int64_t least, int64_t most,
    int64_t *out, GError **);

/* The parameter if it is one of `words` (NULL-ended), "" when it is not there. */
bool url_get_word(const struct url *, const char *name, const char *const *words,
    const char **out, GError **);

/*
 * A link: base, and path segments up to a NULL, each encoded; then parameters (NULL or ""
 * values are left out).  To be freed as a string by g_string_free or used by ->str.
 */
GString *url_link(const char *base, ...) G_GNUC_NULL_TERMINATED;
/* A link to the same page, without its parameters. */
GString *url_same(const char *base, const struct url *);

void url_add(GString *link, const char *name, const char *value);
void url_add_int(GString *link, const char *name, int64_t value);

#endif
