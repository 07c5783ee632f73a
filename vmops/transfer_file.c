/* A file that a client has lent: its pieces, its holes. */
#include "config.h"

#include "vmops/transfer.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "model/value.h"
#include "vmops/ops.h"

#define PATIENCE_MS 500
#define PIPE_OCTETS 4096 /* what a pipe that is ready takes without a wait */

static bool
fail(GError **error, const char *what)
{
	g_set_error(error, OP_ERROR, CAUSE_IMPOSSIBLE, "the file cannot be %s: %s", what,
	    g_strerror(errno));
	return false;
}

static bool
check_access(int fd, bool writes, GError **error)
{
	int flags = fcntl(fd, F_GETFL);
	int access = flags & O_ACCMODE;

	if (flags >= 0 && !(flags & O_PATH) &&
	    (access == O_RDWR || access == (writes ? O_WRONLY : O_RDONLY)))
		return true;
	errno = EBADF;
	return fail(error, writes ? "written" : "read");
}

static bool
measure(struct transfer_file *file, const struct stat *st, GError **error)
{
	off_t at = lseek(file->fd, 0, SEEK_CUR);
	off_t end = at < 0 ? -1 : lseek(file->fd, 0, SEEK_END);

	if (end < 0 || lseek(file->fd, at, SEEK_SET) != at)
		return fail(error, "measured");
	file->at = (uint64_t)MIN(at, end);
	file->end = (uint64_t)end;
	file->size = file->end - file->at;
	file->allocated = !S_ISREG(st->st_mode) ? file->size
	    : MIN(file->size, (uint64_t)st->st_blocks * 512);
	return true;
}

/* One that has octets already, or is appended to, is written on as a pipe is. */
static bool
can_skip(const struct transfer_file *file, const struct stat *st)
{
	return S_ISBLK(st->st_mode) ||
	    (file->end == 0 && !(fcntl(file->fd, F_GETFL) & O_APPEND));
}

bool
transfer_file_open(struct transfer_file *file, int fd, bool writes, GError **error)
{
	struct stat st;

	*file = (struct transfer_file){
		.fd = fd, .size = ABSENT_U64, .allocated = ABSENT_U64
	};
	if (!check_access(fd, writes, error))
		return false;
	if (fstat(fd, &st) != 0)
		return fail(error, "used");
	if (S_ISFIFO(st.st_mode) || S_ISSOCK(st.st_mode))
		return true;
	if (S_ISREG(st.st_mode) || S_ISBLK(st.st_mode)) {
		bool good = measure(file, &st, error);
		file->seekable = good && (!writes || can_skip(file, &st));
		return good;
	}
	g_set_error_literal(error, OP_ERROR, CAUSE_IMPOSSIBLE,
	    "what was handed over is neither a file, a block device nor a pipe");
	return false;
}

/* --- reading */

/* How long the hole is in which the file stands; 0: none, and `run_end` is known. */
static uint64_t
hole_here(struct transfer_file *file)
{
	off_t at = (off_t)file->at;
	off_t data = lseek(file->fd, at, SEEK_DATA);

	if (data < 0 && errno == ENXIO)
		return file->end - file->at;
	if (data > at)
		return MIN((uint64_t)data, file->end) - file->at;
	off_t hole = data < 0 ? -1 : lseek(file->fd, at, SEEK_HOLE);
	file->run_end = hole < 0 ? file->end : MIN((uint64_t)hole, file->end);
	return 0;
}

static bool
is_ready(const struct transfer_file *file, short events)
{
	struct pollfd p = { .fd = file->fd, .events = events };

	return file->seekable || poll(&p, 1, PATIENCE_MS) > 0;
}

static bool
is_zero(const char *octets, size_t n)
{
	return n > 0 && octets[0] == 0 && memcmp(octets, octets + 1, n - 1) == 0;
}

/* PIECE_DATA, PIECE_END, PIECE_LATER or PIECE_FAILED. */
static enum transfer_piece
read_some(struct transfer_file *file, char *into, size_t room, size_t *got, GError **error)
{
	ssize_t n = file->seekable ? pread(file->fd, into, room, (off_t)file->at)
				   : read(file->fd, into, room);

	*got = n > 0 ? (size_t)n : 0;
	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return PIECE_LATER;
	if (n < 0) {
		fail(error, "read");
		return PIECE_FAILED;
	}
	if (n > 0 || !file->seekable)
		return n > 0 ? PIECE_DATA : PIECE_END;
	g_set_error_literal(error, OP_ERROR, CAUSE_IMPOSSIBLE,
	    "the file has become shorter meanwhile");
	return PIECE_FAILED;
}

enum transfer_piece
transfer_file_look(struct transfer_file *file, GError **error)
{
	size_t want = MIN(sizeof(file->head), file->size), got;

	while (file->head_n < want) {
		if (!is_ready(file, POLLIN))
			return PIECE_LATER;
		enum transfer_piece piece = read_some(file, file->head + file->head_n,
		    want - file->head_n, &got, error);
		if (piece != PIECE_DATA)
			return piece;
		file->head_n += got;
		if (file->seekable) /* it is read again */
			return PIECE_END;
	}
	return PIECE_END;
}

/* What was looked at before. */
static enum transfer_piece
read_head(struct transfer_file *file, char *into, size_t room, uint64_t *length)
{
	size_t n = MIN(room, file->head_n - file->head_taken);

	memcpy(into, file->head + file->head_taken, n);
	file->head_taken += n;
	*length = n;
	return PIECE_DATA;
}

static enum transfer_piece
read_piece(struct transfer_file *file, char *into, size_t room, uint64_t *length,
    GError **error)
{
	size_t n = 0;
	enum transfer_piece piece = read_some(file, into, room, &n, error);

	file->at += n;
	*length = n;
	return piece == PIECE_DATA && is_zero(into, n) ? PIECE_HOLE : piece;
}

enum transfer_piece
transfer_file_read(struct transfer_file *file, char *into, size_t room, uint64_t *length,
    GError **error)
{
	if (!file->seekable && file->head_taken < file->head_n)
		return read_head(file, into, room, length);
	if (!is_ready(file, POLLIN))
		return PIECE_LATER;
	if (!file->seekable)
		return read_piece(file, into, room, length, error);
	if (file->at >= file->end)
		return PIECE_END;
	uint64_t hole = file->at < file->run_end ? 0 : hole_here(file);
	if (hole > 0) {
		file->at += hole;
		*length = hole;
		return PIECE_HOLE;
	}
	return read_piece(file, into, MIN(room, file->run_end - file->at), length, error);
}

/* --- writing */

ssize_t
transfer_file_write(struct transfer_file *file, const char *octets, size_t n, GError **error)
{
	if (!is_ready(file, POLLOUT))
		return 0;
	ssize_t done = file->seekable ? pwrite(file->fd, octets, n, (off_t)file->at)
				      : write(file->fd, octets, MIN(n, PIPE_OCTETS));
	if (done < 0 && (errno == EINTR || errno == EAGAIN))
		return 0;
	if (done < 0)
		fail(error, "written");
	else
		file->at += (uint64_t)done;
	return done;
}

int64_t
transfer_file_skip(struct transfer_file *file, uint64_t n, GError **error)
{
	static const char zeros[65536];
	struct stat st;

	/* a block device keeps what it had where nothing is written */
	if (!file->seekable || fstat(file->fd, &st) != 0 || !S_ISREG(st.st_mode))
		return transfer_file_write(file, zeros, MIN(n, sizeof(zeros)), error);
	file->at += n;
	return (int64_t)n;
}

/* A hole at its end makes no file longer by itself. */
bool
transfer_file_end(struct transfer_file *file, GError **error)
{
	struct stat st;

	if (!file->seekable || fstat(file->fd, &st) != 0 || !S_ISREG(st.st_mode))
		return true;
	return ftruncate(file->fd, (off_t)file->at) == 0 || fail(error, "written");
}

/* --- what is in it */

#define QCOW2_DATA_FILE 4 /* incompatible feature: the data is in another file */

static uint64_t
big_endian(const char *octets, size_t n)
{
	uint64_t number = 0;

	for (size_t i = 0; i < n; i++)
		number = number << 8 | (uint8_t)octets[i];
	return number;
}

static bool
begins(const char *octets, size_t n, const char *with, size_t length)
{
	return n >= length && memcmp(octets, with, length) == 0;
}

bool
transfer_is_qcow(const char *octets, size_t n)
{
	return begins(octets, n, "QFI\xfb", 4);
}

/* libvirt looks into these formats for names of other files, too. */
static bool
is_chained_format(const char *octets, size_t n)
{
	static const struct { const char *magic; size_t length; } formats[] = {
		{ "QED\0", 4 }, { "COWD", 4 }, { "KDMV", 4 }, { "# Disk DescriptorFile", 21 },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(formats); i++)
		if (begins(octets, n, formats[i].magic, formats[i].length))
			return true;
	return false;
}

bool
transfer_check_image(const char *octets, size_t n, GError **error)
{
	bool qcow = transfer_is_qcow(octets, n);
	bool backed = qcow && n >= 16 && big_endian(octets + 8, 8) != 0;
	bool apart = qcow && n >= 80 && big_endian(octets + 4, 4) >= 3 &&
	    (big_endian(octets + 72, 8) & QCOW2_DATA_FILE) != 0;

	if (!backed && !apart && !is_chained_format(octets, n))
		return true;
	g_set_error_literal(error, OP_ERROR, CAUSE_IMPOSSIBLE, backed || apart
	    ? "the file is an image that needs another file: 'qemu-img convert' makes it whole"
	    : "the file is an image of a format that may need other files: 'qemu-img convert' "
	      "makes it qcow2 or raw");
	return false;
}
