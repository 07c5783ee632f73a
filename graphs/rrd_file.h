/*
 * One RRD file: the history of one object, all its data sources in one file.
 *
 *	RRD_DIR/KIND/NAME.rrd	the name is model/history.h's: a migration or rename keeps it
 *
 * A file keeps the step and the archives it was made with; sources of ours that it lacks are
 * added, those that we do not know are left alone.  Only its archives of whole days are made
 * longer when they shall reach further back, and the silence that it bridges when readings
 * come less often; nothing is ever made shorter.
 *
 * Through rrdcached, files are made, read and changed by rrdcached alone, so that they
 * belong to its user.  What an administrator must see to:
 *   - rrd_dir is absolute, without symbolic links; with `-B` it lies below rrdcached's
 *     `-b` base, spelled the same way.
 *   - Either rrdcached runs with `-B -R` and makes the folders itself (readable to all),
 *     or rrd_dir belongs to a group that both users are in, mode 2775.
 *   - virtclusterd may write to the socket (`-s GROUP` before `-l`).
 *   - With `-O`, a file of an older version cannot be given its new sources.
 */
#ifndef VCL_GRAPHS_RRD_FILE_H
#define VCL_GRAPHS_RRD_FILE_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/scoped.h"
#include "graphs/rrd_layout.h"
#include "graphs/rrdcached.h"
#include "model/settings.h"

/*
 * At whole seconds: librrd 1.7 takes fractions, but counts the unknown part of a step in
 * whole seconds, so that a level falls to almost nothing where a gap begins.
 */
struct rrd_sample {
	int64_t at;                       /* seconds since 1970 */
	uint64_t value[RRD_SOURCES_MOST]; /* by source; ABSENT_U64: unknown */
};

struct rrd_file;

/*
 * step: seconds between samples, dividing 300.  interval: seconds at most between two
 * readings of the object; with the step it decides how long a silence is bridged.
 * `server` (borrowed): the rrdcached to go through, NULL to write the file directly.
 * Touches nothing yet.
 */
struct rrd_file *rrd_file_new(const char *dir, const struct rrd_kind *,
    const char *identity, unsigned step, unsigned interval, struct rrdcached *server,
    GError **);
void rrd_file_free(struct rrd_file *);
SCOPED_DEFINE(rrd_file, rrd_file_free)

/* How many years a file shall have a row a day of; RRD_YEARS unless told. */
void rrd_file_keep_years(struct rrd_file *, unsigned years);

const char *rrd_file_name(const struct rrd_file *);

/*
 * Makes sure that the file exists (with its folder) and has all our sources, and learns
 * their order in it.  The history of a new file starts before `first`.  Does nothing
 * after the first success.
 */
bool rrd_file_prepare(struct rrd_file *, int64_t first, GError **);

/* It was prepared, and not distrusted since. */
bool rrd_file_is_ready(const struct rrd_file *);

/*
 * The object is read every `interval` seconds from now on: a file that would take that for
 * silence is changed when it is prepared again.
 */
void rrd_file_expect(struct rrd_file *, unsigned interval);

/* The file is not what it was (gone, replaced): prepare again. */
void rrd_file_distrust(struct rrd_file *);

/* Time of the newest value in the file when it was prepared, seconds since 1970. */
int64_t rrd_file_last(const struct rrd_file *);

/* Sources of ours that the prepared file lacks and could not be given. */
unsigned rrd_file_lacks(const struct rrd_file *);

/* "TIME:VALUE:...", one value per source of the prepared file, U for what is unknown. */
void rrd_file_append_values(
    const struct rrd_file *, const struct rrd_sample *, GString *);

/*
 * Writes samples directly, oldest first.  Samples not newer than the file's last are
 * skipped: they are in it already.  RRD_ERROR_MISSING: prepare again.
 */
bool rrd_file_write(struct rrd_file *, const struct rrd_sample *, size_t n, GError **);

/* Lets rrdcached write what it still holds of the file. */
bool rrd_file_flush(struct rrdcached *, const char *path, GError **);

/* The same for somebody who is about to read it once; if it cannot, the file is as it is. */
void rrd_file_write_out(const struct settings *, const char *path);

#endif
