/*
 * The trend of a pool: when it will be full, by a straight line through its history.
 */
#ifndef VCL_GRAPHS_TREND_H
#define VCL_GRAPHS_TREND_H

#include <glib.h>
#include <stddef.h>
#include <stdint.h>

#define TREND_NONE (-1) /* there is no telling */

/*
 * In how many days `size` will be reached: `used` has `n` values `step` seconds apart, NAN
 * where nothing is known.  TREND_NONE when less than half a day is known, when it does not
 * grow, or when that is more than ten years away.  Pure.
 */
int32_t trend_days(const double *used, size_t n, unsigned step, double size);

/* The same from the file of a pool, of the last month; TREND_NONE also without a file. */
int32_t trend_days_of_file(const char *path, int64_t now);

#endif
