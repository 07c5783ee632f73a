/*
 * Cells of the daemon's rows as text for people.
 *
 * Each formatter takes a row and a key and returns a text to be freed, or NULL when the
 * row does not have that value.
 */
#ifndef VCL_CLIENT_FORMAT_H
#define VCL_CLIENT_FORMAT_H

#include <json-glib/json-glib.h>
#include <stdbool.h>
#include <stdint.h>

typedef char *cell_format(JsonObject *row, const char *key);

cell_format format_text;    /* as it is; numbers too */
cell_format format_words;   /* "shutOff" as "shut off" */
cell_format format_bool;    /* "yes" or "no" */
cell_format format_mib;     /* MiB as "512 MiB", "1.5 GiB" */
cell_format format_octets;  /* octets as "1.5 GiB" */
cell_format format_usage;   /* hundredths of a percent as "12.5 %" */
cell_format format_percent; /* percent as "40 %" */
cell_format format_date;    /* ISO 8601 as local "2026-07-25 14:03:12" */
cell_format format_ago;     /* ISO 8601 as the time since then: "5 min" */
cell_format format_seconds; /* seconds as "3 s", "2 min" */
cell_format format_cpu_time; /* nanoseconds as "1:02:03" */
cell_format format_cpu_ms;   /* milliseconds as "1:02:03" */
cell_format format_ms;       /* milliseconds as "12 ms" */
cell_format format_index;    /* the index of a row, or its name; 0 is none */
cell_format format_when;     /* ISO 8601 as local "07-25 14:03:12", old: "2025-07-25" */
cell_format format_speed;    /* octets per second as "1.5 MiB/s" */
cell_format format_flow;     /* octets per second in short: "1.5M/s" */
cell_format format_rate;     /* a number per second as "120/s" */
cell_format format_us;       /* microseconds as "350 us", "2.1 ms", "1.0 s" */
cell_format format_hundredths; /* hundredths as "0.52" */
cell_format format_days;     /* days as "12 d"; below 0 is none */
cell_format format_limit;    /* requests per second as "500/s"; 0 is none */
cell_format format_mib_limit; /* MiB per second as "10 MiB/s"; 0 is none */

/* MiB in short: "512M", "1.5G".  Free it. */
char *format_short_size(int64_t mib);

/* Values of a row; 0, NULL or false when it does not have them. */
int64_t row_int(JsonObject *, const char *key);
const char *row_text(JsonObject *, const char *key);
bool row_bool(JsonObject *, const char *key);

/* A duration in one unit: "3 s", "2 min", "5 h", "4 d".  Free it. */
char *format_duration(int64_t seconds);

/* MiB as "512 MiB", "1.5 GiB", "2.0 TiB".  Free it. */
char *format_size(int64_t mib);

/* The seconds between an ISO 8601 text and now, or -1. */
int64_t seconds_since(const char *date);

/* "shutOff" as "shut off".  Free it. */
char *words_of(const char *camel);

#endif
