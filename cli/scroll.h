/*
 * A picture that may be longer than the terminal: a part of its lines is seen.
 */
#ifndef VCL_CLI_SCROLL_H
#define VCL_CLI_SCROLL_H

#include <glib.h>

#include "cli/keys.h"

/* All 0: from the beginning. */
struct scroll {
	guint first; /* line that is the first to be seen below the head */
	guint page;  /* lines that there was room for, as of scroll_write */
};

/* Up or down; too far is put right by scroll_write. */
void scroll_by(struct scroll *, gint64 lines);

/*
 * Adds the first `head` lines of the picture, then those that it is scrolled to, `room`
 * lines altogether, and where that is unless it is all of them.
 */
void scroll_write(struct scroll *, const char *picture, guint head, guint room,
    GString *frame);

/* What moves it; their data is the struct scroll. */
extern const struct key scroll_keys[];

#endif
