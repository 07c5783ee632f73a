/* Logging: one line per message on standard error. */
#include "common/log.h"

#include <glib.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static atomic_int max_level = LOG_LEVEL_INFO;

static const struct {
	const char *journal; /* priority prefix, see sd-daemon(3) */
	const char *name;
} levels[] = {
	[LOG_LEVEL_ERROR] = { "<3>", "error" },
	[LOG_LEVEL_WARN] = { "<4>", "warning" },
	[LOG_LEVEL_INFO] = { "<6>", "info" },
	[LOG_LEVEL_DEBUG] = { "<7>", "debug" },
};

static void
append_prefix(GString *line, enum log_level level)
{
	if (getenv("JOURNAL_STREAM") != NULL) {
		g_string_append(line, levels[level].journal);
		return;
	}
	g_autoptr(GDateTime) now = g_date_time_new_now_local();
	g_autofree char *stamp = g_date_time_format(now, "%F %T");
	g_string_append_printf(line, "%s.%03d %-7s ", stamp,
	    g_date_time_get_microsecond(now) / 1000, levels[level].name);
}

void
log_set_level(enum log_level level)
{
	atomic_store(&max_level, level);
}

bool
log_enabled(enum log_level level)
{
	return (int)level <= atomic_load_explicit(&max_level, memory_order_relaxed);
}

void
log_print(enum log_level level, const char *topic, const char *format, ...)
{
	va_list args;

	if (!log_enabled(level))
		return;
	g_autoptr(GString) line = g_string_sized_new(160);
	append_prefix(line, level);
	g_string_append_printf(line, "%s: ", topic);
	size_t start = line->len;
	va_start(args, format);
	g_string_append_vprintf(line, format, args);
	va_end(args);
	for (char *c = line->str + start; *c != '\0'; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			*c = ' ';
	g_string_append_c(line, '\n');
	if (write(STDERR_FILENO, line->str, line->len) < 0)
		return; /* nowhere left to say so */
}
