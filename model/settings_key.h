/*
 * Keys of the configuration: one line each in a table, which says what fits and where it is
 * kept.  For settings only.
 */
#ifndef VCL_MODEL_SETTINGS_KEY_H
#define VCL_MODEL_SETTINGS_KEY_H

#include <stddef.h>

#include "model/settings_file.h"

/* From KIND_INT on they are kept as numbers. */
enum settings_kind {
	KIND_TEXT, KIND_NAME, KIND_PATH, KIND_PATHS, KIND_SOCKET, KIND_URI, KIND_COMMAND,
	KIND_WEB, KIND_HOSTS, KIND_BACKEND, KIND_TRANSPORT, KIND_INT, KIND_BOOL, KIND_SEVERITY,
};

struct settings_key {
	const char *group, *name;
	enum settings_kind kind;
	size_t offset; /* of the field: char *, int or bool */
	const char *fallback;
	int least, most; /* of KIND_INT */
	bool restart;    /* a change takes effect at the next start only */
};

/* The keys of one kind of section, or of all that have no name. */
struct settings_form {
	const struct settings_key *keys;
	size_t n;
};

/* What would fit instead, or NULL when the text does; of kinds that are text. */
const char *settings_misfit(enum settings_kind, const char *text);

/*
 * The keys that a section of the file has, into the struct at `base`.  `kind` is the
 * section's name in the table: "cluster", "rrd", "node".  False with a sentence that names
 * the line.
 */
bool settings_read_section(const struct settings_file *, const char *group,
    const char *kind, const struct settings_form *, void *base, GError **);

/* What the table says where the file says nothing. */
bool settings_set_fallbacks(const struct settings_file *, const struct settings_form *,
    void *base, GError **);

#endif
