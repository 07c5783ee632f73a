/*
 * Answers on standard output, sentences on standard error.
 */
#ifndef VCL_EXPORT_SAY_H
#define VCL_EXPORT_SAY_H

#include <glib.h>
#include <stdbool.h>

/* Sets an error of G_IO_ERROR; always false. */
bool say_refuse(GError **, int code, const char *format, ...) G_GNUC_PRINTF(3, 4);

/* Writes it with an end of line.  Nobody reads any more: G_IO_ERROR_BROKEN_PIPE. */
bool say_answer(const char *line, GError **);

/* One line on standard error for each line of the text. */
void say_complain(const char *text);

#endif
