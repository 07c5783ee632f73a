/*
 * The configuration as a file: GKeyFile's keys, and where they stand, for messages.  For
 * settings only.
 */
#ifndef VCL_MODEL_SETTINGS_FILE_H
#define VCL_MODEL_SETTINGS_FILE_H

#include <glib.h>
#include <stdbool.h>

#include "common/scoped.h"

struct settings_file {
	const char *path; /* borrowed */
	GKeyFile *keys;
	GHashTable *lines; /* "group", or "group\nkey" -> line number */
};

/* NULL with a sentence: not to be read, not text, not of this form, something twice. */
struct settings_file *settings_file_read(const char *path, GError **);
void settings_file_free(struct settings_file *);
SCOPED_DEFINE(settings_file, settings_file_free)

/* The line of a section, or of a key in it; 0: it is not there. */
int settings_line(const struct settings_file *, const char *group, const char *key);

/* "PATH:LINE: what is wrong".  False, so that it can be returned. */
bool settings_refuse(const struct settings_file *, int line, GError **, const char *format,
    ...) G_GNUC_PRINTF(4, 5);

#endif
