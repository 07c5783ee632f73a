/*
 * Rates: what two readings of a counter say about the time between them.  The one place
 * where usage, speeds and latencies are computed.  Pure.
 *
 * All are ABSENT_U32 where they cannot be told: no earlier reading, a counter that is
 * absent or started anew, no time in between.  So a reset, a migration or a restart makes
 * a gap and never a spike.
 */
#ifndef VCL_MODEL_RATES_H
#define VCL_MODEL_RATES_H

#include "model/table.h"

/* Of a counter of nanoseconds: hundredths of a percent of one CPU. */
uint32_t rate_usage(uint64_t now, uint64_t before, int64_t elapsed_us);

/* Of a counter: per second, rounded. */
uint32_t rate_per_second(uint64_t now, uint64_t before, int64_t elapsed_us);

/* Nanoseconds spent on so many requests: microseconds a request.  Absent without any. */
uint32_t rate_latency(uint64_t ns, uint64_t ns_before, uint64_t requests,
    uint64_t requests_before);

/*
 * Fills in all rates of a row from itself and the same row one sample earlier (NULL:
 * none).  For ROWS_VM, ROWS_VCPU, ROWS_DISK and ROWS_NIC.
 */
void rates_derive(enum row_set set, void *row, const void *before);

#endif
