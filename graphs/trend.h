/*
 * Trends, out of histories: when a pool will be full, by a straight line; how much of its CPU
 * and memory a VM or node has used, of late.
 */
#ifndef VCL_GRAPHS_TREND_H
#define VCL_GRAPHS_TREND_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/rows.h"

#define TREND_NONE (-1) /* there is no telling */

/*
 * In how many days `size` will be reached: `used` has `n` values `step` seconds apart, NAN
 * where nothing is known.  TREND_NONE when less than half a day is known, when it does not
 * grow, or when that is more than ten years away.  Pure.
 */
int32_t trend_days(const double *used, size_t n, unsigned step, double size);

/* The same from the file of a pool, of the last month; TREND_NONE also without a file. */
int32_t trend_days_of_file(const char *path, int64_t now);

/*
 * Average, maximum and 95th percentile (the least value that is not less than 95 % of them)
 * of `n` values, rounded; ABSENT_U32 when none is known.  Pure.
 */
void trend_sum_up(const double *values, size_t n, uint32_t out[TREND_STATS]);

/* The values of a VM's or node's row from its file; absent also without a file. */
void trend_usage_of_file(const char *path, bool of_node, int64_t now, struct trend *out);

#endif
