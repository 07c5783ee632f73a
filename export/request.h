/*
 * What is asked for: one line of JSON on standard input, or the command of an ssh.
 */
#ifndef VCL_EXPORT_REQUEST_H
#define VCL_EXPORT_REQUEST_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

#include "export/record.h"

/* One line of a descriptor, without its end; waits for it.  NULL: error. */
GString *request_read(int fd, GError **);

/* {"volume","name","path","format","read_only"}.  Pure: nobody has looked at the path yet. */
bool request_parse_start(const char *line, size_t length, struct record *, GError **);

struct stop_request {
	char *volume; /* free it */
	bool force;
};

/* {"volume","force"}; without "force" it is false.  Pure. */
bool request_parse_stop(const char *line, size_t length, struct stop_request *, GError **);

/* The last word of an ssh's command; NULL: it has none.  Free it. */
char *request_ssh_word(const char *command);

#endif
