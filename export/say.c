/* What is written. */
#include "export/say.h"

#include <errno.h>
#include <gio/gio.h>
#include <stdio.h>

bool
say_refuse(GError **error, int code, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	g_autofree char *text = g_strdup_vprintf(format, args);
	va_end(args);
	g_set_error_literal(error, G_IO_ERROR, code, text);
	return false;
}

bool
say_answer(const char *line, GError **error)
{
	if (printf("%s\n", line) >= 0 && fflush(stdout) == 0)
		return true;
	return say_refuse(error, errno == EPIPE ? G_IO_ERROR_BROKEN_PIPE : G_IO_ERROR_FAILED,
	    "cannot write: %s", g_strerror(errno));
}

/* Not by g_printerr: what comes over an ssh without a locale is UTF-8, too. */
void
say_complain(const char *text)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

	for (char **line = lines; *line != NULL; line++)
		if (**line != '\0')
			fprintf(stderr, "virtcluster-export: %s\n", *line);
}
