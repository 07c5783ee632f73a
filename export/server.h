/*
 * A server: the qemu-nbd of one export.
 *
 * It is a child that waits until its record is written, and only then becomes qemu-nbd: so
 * none runs that no record tells of, whenever this program is killed.  That is why qemu-nbd
 * is not asked to fork.  It has a session of its own and outlives the one that started it.
 */
#ifndef VCL_EXPORT_SERVER_H
#define VCL_EXPORT_SERVER_H

#include <glib.h>
#include <stdbool.h>

#include "export/record.h"

/* The arguments of qemu-nbd.  Pure; g_strfreev. */
char **server_arguments(const struct record *, const char *pid_file);

/* Does the process of the record live, and has it got as far as to serve? */
bool server_serves(const struct record *, const char *pid_file);

/*
 * A waiting child, whose pid and times are put into the record.  Then either release it and
 * wait until it serves, or free it.
 */
struct server *server_new(struct record *, const char *pid_file, GError **);
void server_release(struct server *);

/*
 * G_IO_ERROR_ADDRESS_IN_USE: another port may do.  After any error the process has ended.
 * The error is qemu-nbd's, in one line.
 */
bool server_await(struct server *, GError **);

/* Ends the child if it has not been released. */
void server_free(struct server *);
SCOPED_DEFINE(server, server_free)

/* What qemu-nbd wrote, as one line that can be quoted.  Pure; free it. */
char *server_quote(const char *said);

#endif
