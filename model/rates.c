/* Rates: what two readings of a counter say about the time between them. */
#include "model/rates.h"

/* --- one rate */

static bool
grew(uint64_t now, uint64_t before)
{
	return now != ABSENT_U64 && before != ABSENT_U64 && now >= before;
}

static uint32_t
rounded(double rate)
{
	return rate >= ABSENT_U32 - 1.0 ? ABSENT_U32 - 1 : (uint32_t)(rate + 0.5);
}

uint32_t
rate_usage(uint64_t now, uint64_t before, int64_t elapsed_us)
{
	if (!grew(now, before) || elapsed_us <= 0)
		return ABSENT_U32;
	/* 10,000 hundredths of a percent are 1,000 ns per us */
	return rounded((double)(now - before) * 10.0 / (double)elapsed_us);
}

uint32_t
rate_per_second(uint64_t now, uint64_t before, int64_t elapsed_us)
{
	if (!grew(now, before) || elapsed_us <= 0)
		return ABSENT_U32;
	return rounded((double)(now - before) * 1e6 / (double)elapsed_us);
}

uint32_t
rate_latency(uint64_t ns, uint64_t ns_before, uint64_t requests, uint64_t requests_before)
{
	if (!grew(ns, ns_before) || !grew(requests, requests_before) ||
	    requests == requests_before)
		return ABSENT_U32;
	return rounded((double)(ns - ns_before) / 1e3 / (double)(requests - requests_before));
}

/* --- which counter makes which rate: one line each */

enum kind { USAGE, PER_SECOND, LATENCY };

static const struct rule {
	enum row_set set;
	enum kind kind;
	uint16_t out, counter, requests; /* offsets in the row */
} rules[] = {
#define RULE(set, row, kind, out, counter)                                             \
	{ set, kind, offsetof(row, out), offsetof(row, counter), 0 }
#define RULE2(set, row, out, counter, requests)                                        \
	{ set, LATENCY, offsetof(row, out), offsetof(row, counter), offsetof(row, requests) }
	RULE(ROWS_VM, struct vm, USAGE, cpu_usage, cpu_ns),
	RULE(ROWS_VM, struct vm, USAGE, steal_usage, steal_ns),
	RULE(ROWS_VM, struct vm, PER_SECOND, disk_rd_iops, disk_rd_req),
	RULE(ROWS_VM, struct vm, PER_SECOND, disk_wr_iops, disk_wr_req),
	RULE(ROWS_VM, struct vm, PER_SECOND, disk_rd_speed, disk_rd_bytes),
	RULE(ROWS_VM, struct vm, PER_SECOND, disk_wr_speed, disk_wr_bytes),
	RULE(ROWS_VM, struct vm, PER_SECOND, net_rx_speed, net_rx_bytes),
	RULE(ROWS_VM, struct vm, PER_SECOND, net_tx_speed, net_tx_bytes),
	RULE2(ROWS_VM, struct vm, disk_rd_latency, disk_rd_ns, disk_rd_req),
	RULE2(ROWS_VM, struct vm, disk_wr_latency, disk_wr_ns, disk_wr_req),
	RULE(ROWS_VCPU, struct vcpu, USAGE, usage, time_ns),
	RULE(ROWS_VCPU, struct vcpu, USAGE, steal_usage, delay_ns),
	RULE(ROWS_DISK, struct disk, PER_SECOND, rd_iops, rd_req),
	RULE(ROWS_DISK, struct disk, PER_SECOND, wr_iops, wr_req),
	RULE(ROWS_DISK, struct disk, PER_SECOND, rd_speed, rd_bytes),
	RULE(ROWS_DISK, struct disk, PER_SECOND, wr_speed, wr_bytes),
	RULE2(ROWS_DISK, struct disk, rd_latency, rd_ns, rd_req),
	RULE2(ROWS_DISK, struct disk, wr_latency, wr_ns, wr_req),
	RULE(ROWS_NIC, struct nic, PER_SECOND, rx_speed, rx_bytes),
	RULE(ROWS_NIC, struct nic, PER_SECOND, tx_speed, tx_bytes),
};

/* When a row's counters were read, and since when they run. */
static const struct {
	uint16_t counted, discontinuity;
} times[ROWS_COUNT] = {
#define TIMES(row) { offsetof(row, counted_us), offsetof(row, discontinuity_us) }
	[ROWS_VM] = TIMES(struct vm),
	[ROWS_VCPU] = TIMES(struct vcpu),
	[ROWS_DISK] = TIMES(struct disk),
	[ROWS_NIC] = TIMES(struct nic),
};

static uint64_t
counter_at(const void *row, uint16_t offset)
{
	return *(const uint64_t *)((const char *)row + offset);
}

static int64_t
time_at(const void *row, uint16_t offset)
{
	return *(const int64_t *)((const char *)row + offset);
}

static uint32_t
apply(const struct rule *rule, const void *row, const void *before, int64_t elapsed_us)
{
	uint64_t now = counter_at(row, rule->counter), was = counter_at(before, rule->counter);

	if (rule->kind == USAGE)
		return rate_usage(now, was, elapsed_us);
	if (rule->kind == PER_SECOND)
		return rate_per_second(now, was, elapsed_us);
	return rate_latency(now, was, counter_at(row, rule->requests),
	    counter_at(before, rule->requests));
}

void
rates_derive(enum row_set set, void *row, const void *before)
{
	bool joined = before != NULL &&
	    time_at(row, times[set].discontinuity) == time_at(before, times[set].discontinuity);
	int64_t elapsed_us = !joined || time_at(before, times[set].counted) <= 0 ? 0
	    : time_at(row, times[set].counted) - time_at(before, times[set].counted);

	for (size_t i = 0; i < G_N_ELEMENTS(rules); i++) {
		const struct rule *rule = &rules[i];
		if (rule->set != set)
			continue;
		uint32_t *out = (uint32_t *)((char *)row + rule->out);
		if (!joined)
			*out = ABSENT_U32;
		else if (time_at(row, times[set].counted) == time_at(before, times[set].counted))
			*out = *(const uint32_t *)((const char *)before + rule->out);
		else
			*out = apply(rule, row, before, elapsed_us);
	}
}
