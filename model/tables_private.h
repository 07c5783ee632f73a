/*
 * What the files that declare tables share.  For model/tables*.c only.
 *
 * In each group of vclObjects scalars are arcs 1 to 10 and tables begin at 11 (vclCluster
 * has no tables).  `oid` is that of the entry (of the group, for scalars), relative to
 * vclMIB.  Numbers are for ever.
 */
#ifndef VCL_MODEL_TABLES_PRIVATE_H
#define VCL_MODEL_TABLES_PRIVATE_H

#include "model/cluster.h"
#include "model/table.h"

#define COLUMNS(c) .columns = c, .columns_n = G_N_ELEMENTS(c)

/* { group }: scalars; the instance is 0. */
#define SCALARS(set, group) .rows = set, .keys = KEYS_NONE, .oid_len = 2, .oid = { 1, group }

/* { group, arc }: the entry of a table with n keys. */
#define ENTRY(set, n, group, arc)                                                      \
	.rows = set, .keys = n, .oid_len = 4, .oid = { 1, group, arc, 1 }

static inline void
get_unsigned(struct value *out, enum syntax syntax, uint64_t u)
{
	out->syntax = syntax;
	out->u = u;
}

static inline void
get_bool(struct value *out, bool truth)
{
	out->syntax = SYN_BOOL;
	out->i = truth;
}

/* Seconds since; absent when it never was. */
static inline void
get_age(struct value *out, int64_t sampled_us, int64_t now)
{
	if (sampled_us > 0)
		get_unsigned(out, SYN_GAUGE, (uint64_t)MAX(now - sampled_us, 0) / G_USEC_PER_SEC);
}

/* Seconds since a calendar time; absent when there is none. */
static inline void
get_wall_age(struct value *out, int64_t at)
{
	if (at > 0)
		get_unsigned(out, SYN_GAUGE,
		    (uint64_t)MAX(g_get_real_time() - at, 0) / G_USEC_PER_SEC);
}

/* part / whole in hundredths of a percent; absent when either is. */
static inline void
get_share(struct value *out, uint64_t part, uint64_t whole)
{
	if (part != ABSENT_U64 && whole != ABSENT_U64 && whole > 0)
		get_unsigned(out, SYN_GAUGE, (uint64_t)((double)part * 10000.0 / (double)whole));
}

/* The pair of scalars that every table has. */
#define COUNT_OF(name, set)                                                            \
	static void name##_number(const struct reading *r, const void *row,            \
	    struct value *out)                                                         \
	{                                                                              \
		get_unsigned(out, SYN_GAUGE, r->cluster->rows[set].n);                 \
	}                                                                              \
	static void name##_changed(const struct reading *r, const void *row,           \
	    struct value *out)                                                         \
	{                                                                              \
		out->syntax = SYN_STAMP;                                               \
		out->i = r->cluster->rows[set].changed_us;                             \
	}

/* Health of an object and its reason in words: from its alarms and its freshness. */
void get_health(const struct reading *, enum object_kind, const void *row,
    struct value *out);
void get_health_reason(const struct reading *, enum object_kind, const void *row,
    struct value *out);

/* One value of the history's trend; absent while it is not known. */
static inline void
get_trend(const struct reading *r, enum object_kind kind, const void *row,
    enum trend_measure measure, enum trend_span span, enum trend_stat stat, struct value *out)
{
	const struct trend *trend =
	    cluster_trend(r->cluster, kind, ((const struct row_head *)row)->index);

	if (trend != NULL && trend->value[measure][span][stat] != ABSENT_U32)
		get_unsigned(out, SYN_GAUGE, trend->value[measure][span][stat]);
}

#define TREND_OF(name, kind, measure, span, stat)                                      \
	static void name##_##measure##_##span##_##stat(const struct reading *r,        \
	    const void *row, struct value *out)                                        \
	{                                                                              \
		get_trend(r, kind, row, measure, span, stat, out);                     \
	}
#define TREND_STATS_OF(name, kind, measure, span)                                      \
	TREND_OF(name, kind, measure, span, TREND_AVERAGE)                             \
	TREND_OF(name, kind, measure, span, TREND_MAX)                                 \
	TREND_OF(name, kind, measure, span, TREND_95)
#define TRENDS_OF(name, kind)                                                          \
	TREND_STATS_OF(name, kind, TREND_CPU, TREND_HOUR)                              \
	TREND_STATS_OF(name, kind, TREND_CPU, TREND_DAY)                               \
	TREND_STATS_OF(name, kind, TREND_MEMORY, TREND_HOUR)                           \
	TREND_STATS_OF(name, kind, TREND_MEMORY, TREND_DAY)

/* The three columns of a measure and span, from `number` on. */
#define TREND_COLUMNS(number, label, name, measure, span)                              \
	{ number, label "Average", FUNC(SYN_GAUGE, name##_##measure##_##span##_TREND_AVERAGE) }, \
	{ number + 1, label "Maximum", FUNC(SYN_GAUGE, name##_##measure##_##span##_TREND_MAX) }, \
	{ number + 2, label "95", FUNC(SYN_GAUGE, name##_##measure##_##span##_TREND_95) }

#define HEALTH_OF(name, kind)                                                          \
	static void name##_health(const struct reading *r, const void *row,            \
	    struct value *out)                                                         \
	{                                                                              \
		get_health(r, kind, row, out);                                         \
	}                                                                              \
	static void name##_health_reason(const struct reading *r, const void *row,     \
	    struct value *out)                                                         \
	{                                                                              \
		get_health_reason(r, kind, row, out);                                  \
	}

#endif
