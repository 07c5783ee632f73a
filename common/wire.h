/*
 * The control socket's framing, for both ends: lines over a stream socket, each one JSON
 * object, and now and then a number of raw bytes in between.
 *
 * A wire belongs to one thread; only wire_shutdown may be called from another.  Every
 * wait is bounded by the wire's time-out, so that a silent peer cannot hold a thread.
 */
#ifndef VCL_COMMON_WIRE_H
#define VCL_COMMON_WIRE_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

#include "common/scoped.h"

struct wire;

/* Takes over the descriptor.  Lines longer than `longest` octets are an error. */
struct wire *wire_new(int fd, size_t longest);
void wire_free(struct wire *);
SCOPED_DEFINE(wire, wire_free)

/* A connection to the listener at `path`, which must be short enough for the kernel. */
struct wire *wire_connect(const char *path, size_t longest, GError **);

int wire_fd(const struct wire *);

/* For one line read, or one flush without progress; -1: for ever (30 s until called). */
void wire_set_timeout(struct wire *, int milliseconds);

/*
 * The next line, without its newline and NUL-terminated, valid until the next call.
 * NULL without an error is the end of the stream.  Errors are of G_IO_ERROR:
 * MESSAGE_TOO_LARGE, TIMED_OUT, PARTIAL_INPUT (the end came within a line), INVALID_DATA
 * (a NUL within a line), or what read(2) says.
 */
char *wire_read_line(struct wire *, GError **);

/* Exactly `n` raw bytes. */
bool wire_read_bytes(struct wire *, void *into, size_t n, GError **);

/* Adds a line or raw bytes to what is to be written; flushes when there is much of it. */
bool wire_put_line(struct wire *, const char *line, GError **);
bool wire_put_bytes(struct wire *, const void *bytes, size_t n, GError **);
bool wire_flush(struct wire *, GError **);

/*
 * The next flush hands the peer an open descriptor as well, with its first octet; it stays
 * the caller's, too.
 */
void wire_hand_over(struct wire *, int fd);

/* The last one that has come with what was read so far, to be closed; -1: none. */
int wire_take_descriptor(struct wire *);

/* Has the peer gone?  Waits up to that long for it; data that it sent is left alone. */
bool wire_peer_gone(struct wire *, int milliseconds);

/* Ends every read and write, now and later.  From any thread while the wire lives. */
void wire_shutdown(struct wire *);

/* Fills in a struct sockaddr_un; false when the path does not fit. */
struct sockaddr_un;
bool wire_address(struct sockaddr_un *, const char *path, GError **);

#endif
