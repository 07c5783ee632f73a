/*
 * Logging: one line per message on standard error, with a topic first.
 *
 *	log_warn("host", "%s: %s", name, error->message);
 *
 * Topics are the part of the program that speaks: agent, snmp, control, host, jobs,
 * store, rrd, config.  Under systemd (JOURNAL_STREAM is set) a line starts with the
 * journal's priority prefix, otherwise with the local time.  Safe from any thread; a
 * line is one write(2).  Control characters in the text are replaced, so that a name
 * from a host cannot forge a line.
 */
#ifndef VCL_COMMON_LOG_H
#define VCL_COMMON_LOG_H

#include <stdbool.h>

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARN, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

/* The most talkative level that is still printed; LOG_LEVEL_INFO until called. */
void log_set_level(enum log_level level);
bool log_enabled(enum log_level level);

void log_print(enum log_level level, const char *topic, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#define log_error(topic, ...) log_print(LOG_LEVEL_ERROR, topic, __VA_ARGS__)
#define log_warn(topic, ...)  log_print(LOG_LEVEL_WARN, topic, __VA_ARGS__)
#define log_info(topic, ...)  log_print(LOG_LEVEL_INFO, topic, __VA_ARGS__)
#define log_debug(topic, ...)                                                          \
	do {                                                                           \
		if (log_enabled(LOG_LEVEL_DEBUG))                                      \
			log_print(LOG_LEVEL_DEBUG, topic, __VA_ARGS__);                \
	} while (0)

#endif
