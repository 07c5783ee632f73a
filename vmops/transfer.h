/*
 * Volumes from and to files that clients have lent (model/lent.h).
 *
 *	transfer_file.c   such a file: its pieces, its holes
 *	op_transfer.c     the operations
 */
#ifndef VCL_VMOPS_TRANSFER_H
#define VCL_VMOPS_TRANSFER_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define TRANSFER_HEAD 512

/* A regular file or block device from where it stands on, or what comes through a pipe. */
struct transfer_file {
	int fd; /* borrowed */
	bool seekable;      /* has places, and can have holes */
	uint64_t size;      /* of one that is read, octets that will come; ABSENT_U64: a pipe */
	uint64_t allocated; /* of these, not in holes; likewise */
	uint64_t at, end;   /* in a seekable one */
	uint64_t run_end;   /* up to here there is no hole that is known of */
	char head[TRANSFER_HEAD];
	size_t head_n, head_taken;
};

enum transfer_piece {
	PIECE_FAILED, /* with an error */
	PIECE_DATA,
	PIECE_HOLE,  /* so many zeros */
	PIECE_LATER, /* nothing now: to be asked again */
	PIECE_END,
};

/* Is it one that octets can be read from, or written to.  Errors are of OP_ERROR. */
bool transfer_file_open(struct transfer_file *, int fd, bool writes, GError **);

/*
 * Before anything else is read: fills the head, as far as there is so much.  PIECE_LATER: not
 * yet; else PIECE_END or PIECE_FAILED.
 */
enum transfer_piece transfer_file_look(struct transfer_file *, GError **);

/*
 * What comes next, `length` octets of it, at most `room` at `into`.  Waits for a pipe, but
 * half a second at most.
 */
enum transfer_piece transfer_file_read(struct transfer_file *, char *into, size_t room,
    uint64_t *length, GError **);

/*
 * Writes `n` octets, or, of a pipe, as many as it takes within half a second.  How many, -1
 * with an error.
 */
ssize_t transfer_file_write(struct transfer_file *, const char *octets, size_t n, GError **);

/* As many zeros, in a file without room for them.  As transfer_file_write. */
int64_t transfer_file_skip(struct transfer_file *, uint64_t n, GError **);

/* After the last octet. */
bool transfer_file_end(struct transfer_file *, GError **);

/*
 * May an image that begins with these octets be a volume.  One that names other files would
 * let whoever gets it read files of the host.
 */
bool transfer_check_image(const char *octets, size_t n, GError **);
bool transfer_is_qcow(const char *octets, size_t n);

#endif
