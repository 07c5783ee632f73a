/*
 * Writes HTML.  Whatever comes in as text goes out escaped: there is no way around it, so
 * no page can put a name from a host into the markup.
 *
 * Names of elements and attributes are literals of the pages; everything else is text.
 */
#ifndef VCL_WEB_HTML_H
#define VCL_WEB_HTML_H

#include <glib.h>
#include <stdbool.h>

#include "common/scoped.h"

struct html;

struct html *html_new(void);
void html_free(struct html *);
SCOPED_DEFINE(html, html_free)

/* What was written, and nothing left of the writer. */
GBytes *html_finish(struct html *);

/* "<!DOCTYPE html>" */
void html_doctype(struct html *);

/*
 * An element's start, with pairs of attribute and value up to a NULL attribute.  One whose
 * value is NULL is left out.
 */
void html_begin(struct html *, const char *element, ...) G_GNUC_NULL_TERMINATED;
void html_end(struct html *, const char *element);

/* An element that has no end: img, input, meta, ... */
void html_void(struct html *, const char *element, ...) G_GNUC_NULL_TERMINATED;

/* An element with nothing but text in it; NULL is an empty one. */
void html_leaf(struct html *, const char *element, const char *text, ...)
    G_GNUC_NULL_TERMINATED;

/* Text; NULL is none. */
void html_text(struct html *, const char *);
void html_textf(struct html *, const char *format, ...) G_GNUC_PRINTF(2, 3);

/*
 * Text for HTML and XML: without markup, and without what could move the rest of the line
 * (control characters, marks of writing direction), which becomes U+FFFD.  Free it.
 */
char *html_escape(const char *);

#endif
