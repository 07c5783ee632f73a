/* Files that clients have lent: who has them, their pieces and holes, what may be in them. */
#include "config.h"

#include "test.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "model/lent.h"
#include "model/value.h"
#include "vmops/transfer.h"

#define KIB 1024

static bool
is_open(int fd)
{
	return fcntl(fd, F_GETFD) >= 0;
}

/* A file without a name, of the letters' pieces of 128 KiB: '.' is a hole, '0' zeros. */
static int
file_of(const char *pieces)
{
	char name[] = "/var/tmp/vcltransferXXXXXX";
	int fd = mkstemp(name);

	assert_true(fd >= 0);
	unlink(name);
	for (off_t i = 0; pieces[i] != '\0'; i++) {
		g_autofree char *octets = g_malloc(128 * KIB);
		memset(octets, pieces[i] == '0' ? 0 : pieces[i], 128 * KIB);
		if (pieces[i] != '.')
			assert_int_equal(pwrite(fd, octets, 128 * KIB, i * 128 * KIB), 128 * KIB);
	}
	assert_int_equal(ftruncate(fd, (off_t)strlen(pieces) * 128 * KIB), 0);
	return fd;
}

/* --- who has them */

static void
a_file_is_taken_once(void **state)
{
	struct lent lent;
	int ends[2], other[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, other), 0);
	uint32_t a = lent_put(file_of("a"), ends[0]);
	uint32_t b = lent_put(file_of("b"), other[0]);
	assert_int_not_equal(a, 0);
	assert_int_not_equal(a, b);
	assert_false(lent_take(a + b + 1, &lent));
	assert_false(lent_take(0, &lent));
	assert_int_equal(lent.file, -1);
	assert_true(lent_take(a, &lent));
	assert_int_equal(lent.client, ends[0]);
	assert_false(lent_client_gone(&lent));
	close(ends[1]);
	assert_true(lent_client_gone(&lent));
	int file = lent.file;
	lent_drop(a); /* is the job's now */
	assert_true(is_open(file));
	lent_close(&lent);
	assert_false(is_open(file));
	assert_false(lent_take(a, &lent));
	lent_drop(b);
	assert_false(lent_take(b, &lent));
	assert_false(is_open(other[0]));
	close(other[1]);
}

/* --- reading */

/* The pieces as they come, each once: "a.b", or "!" for an error. */
static char *
pieces_of(struct transfer_file *file, uint64_t *total)
{
	g_autoptr(GString) text = g_string_new(NULL);
	g_autofree char *room = g_malloc(64 * KIB);
	enum transfer_piece piece;
	GError *error = NULL;

	*total = 0;
	do {
		uint64_t n = 0;
		piece = transfer_file_read(file, room, 64 * KIB, &n, &error);
		char shown = piece == PIECE_HOLE ? '.' : piece == PIECE_DATA ? room[0] : '!';
		*total += n;
		if ((piece == PIECE_HOLE || piece == PIECE_DATA || piece == PIECE_FAILED) &&
		    (text->len == 0 || text->str[text->len - 1] != shown))
			g_string_append_c(text, shown);
	} while (piece != PIECE_END && piece != PIECE_FAILED);
	assert_true((piece == PIECE_FAILED) == (error != NULL));
	g_clear_error(&error);
	return g_string_free(g_steal_pointer(&text), FALSE);
}

static void
holes_are_seen(void **state)
{
	static const struct { const char *file, *pieces; } cases[] = {
		{ "a", "a" }, { "ab", "ab" }, { "a.b", "a.b" }, { ".a", ".a" }, { "a..", "a." },
		{ "...", "." }, { "a0b", "a.b" }, { "0", "." }, { "", "" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct transfer_file file;
		uint64_t total;
		int fd = file_of(cases[i].file);
		assert_true(transfer_file_open(&file, fd, false, NULL));
		assert_int_equal(file.size, strlen(cases[i].file) * 128 * KIB);
		assert_true(file.allocated <= file.size);
		assert_int_equal(transfer_file_look(&file, NULL), PIECE_END);
		g_autofree char *pieces = pieces_of(&file, &total);
		assert_string_equal(pieces, cases[i].pieces);
		assert_int_equal(total, file.size);
		close(fd);
	}
}

static void
it_begins_where_the_file_stands(void **state)
{
	struct transfer_file file;
	uint64_t total;
	int fd = file_of("abc");

	lseek(fd, 256 * KIB, SEEK_SET);
	assert_true(transfer_file_open(&file, fd, false, NULL));
	assert_int_equal(file.size, 128 * KIB);
	assert_int_equal(transfer_file_look(&file, NULL), PIECE_END);
	assert_int_equal(file.head_n, TRANSFER_HEAD);
	assert_int_equal(file.head[0], 'c');
	g_autofree char *pieces = pieces_of(&file, &total);
	assert_string_equal(pieces, "c");
	close(fd);
}

static void
a_file_that_shrinks_is_an_error(void **state)
{
	struct transfer_file file;
	uint64_t total;
	int fd = file_of("ab");

	assert_true(transfer_file_open(&file, fd, false, NULL));
	assert_int_equal(ftruncate(fd, 128 * KIB), 0);
	file.run_end = file.end; /* as if it had been looked at before */
	g_autofree char *pieces = pieces_of(&file, &total);
	assert_string_equal(pieces, "a!");
	close(fd);
}

/* What was looked at before comes again, and then the rest. */
static void
a_pipe_is_looked_at_and_read(void **state)
{
	struct transfer_file file;
	uint64_t total;
	int ends[2];
	char first[100], rest[1000];

	memset(first, 'x', sizeof(first));
	memset(rest, 'y', sizeof(rest));
	assert_int_equal(pipe(ends), 0);
	assert_true(transfer_file_open(&file, ends[0], false, NULL));
	assert_int_equal(file.size, ABSENT_U64);
	assert_int_equal(write(ends[1], first, sizeof(first)), sizeof(first));
	assert_int_equal(transfer_file_look(&file, NULL), PIECE_LATER);
	assert_int_equal(write(ends[1], rest, sizeof(rest)), sizeof(rest));
	assert_int_equal(transfer_file_look(&file, NULL), PIECE_END);
	assert_int_equal(file.head_n, TRANSFER_HEAD);
	close(ends[1]);
	g_autofree char *pieces = pieces_of(&file, &total);
	assert_string_equal(pieces, "xy");
	assert_int_equal(total, sizeof(first) + sizeof(rest));
	close(ends[0]);
}

static void
what_is_no_file_is_refused(void **state)
{
	static const struct { const char *path; int flags; bool writes; } cases[] = {
		{ "/dev/null", O_RDWR, false }, { "/", O_RDONLY, false },
		{ "/bin/sh", O_RDONLY, true }, { "/bin/sh", O_PATH, false },
		{ "/nowhere", O_RDONLY, false }, /* -1 */
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct transfer_file file;
		GError *error = NULL;
		int fd = open(cases[i].path, cases[i].flags);
		assert_false(transfer_file_open(&file, fd, cases[i].writes, &error));
		assert_non_null(error);
		g_clear_error(&error);
		if (fd >= 0)
			close(fd);
	}
}

/* --- writing */

static void
write_all(struct transfer_file *file, char letter, size_t n)
{
	g_autofree char *octets = g_malloc(n);

	memset(octets, letter, n);
	for (size_t done = 0; done < n;) {
		ssize_t rc = transfer_file_write(file, octets, n - done, NULL);
		assert_true(rc > 0);
		done += (size_t)rc;
	}
}

static void
skip_all(struct transfer_file *file, uint64_t n)
{
	while (n > 0) {
		int64_t rc = transfer_file_skip(file, n, NULL);
		assert_true(rc > 0);
		n -= (uint64_t)rc;
	}
}

static void
holes_stay_holes(void **state)
{
	struct transfer_file out, in;
	struct stat st;
	uint64_t total;
	int fd = file_of("");

	assert_true(transfer_file_open(&out, fd, true, NULL));
	skip_all(&out, 4096 * KIB);
	write_all(&out, 'a', 128 * KIB);
	skip_all(&out, 4096 * KIB);
	assert_true(transfer_file_end(&out, NULL));
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(st.st_size, (4096 + 128 + 4096) * KIB);
	assert_true(st.st_blocks * 512 <= 256 * KIB);
	assert_true(transfer_file_open(&in, fd, false, NULL));
	g_autofree char *pieces = pieces_of(&in, &total);
	assert_string_equal(pieces, ".a.");
	close(fd);
}

/* Appended to, or with something in it: nothing may be left of what was there. */
static void
holes_are_written_where_they_must(void **state)
{
	struct transfer_file out, in;
	uint64_t total;
	int fd = file_of("zz");

	assert_true(transfer_file_open(&out, fd, true, NULL));
	assert_false(out.seekable);
	skip_all(&out, 128 * KIB);
	write_all(&out, 'a', 128 * KIB);
	lseek(fd, 0, SEEK_SET);
	assert_true(transfer_file_open(&in, fd, false, NULL));
	g_autofree char *pieces = pieces_of(&in, &total);
	assert_string_equal(pieces, ".a");
	close(fd);
}

/* A full pipe makes nobody wait for ever. */
static void
a_full_pipe_takes_nothing(void **state)
{
	static const char octets[65536];
	struct transfer_file out;
	int ends[2];
	ssize_t n;

	assert_int_equal(pipe(ends), 0);
	assert_true(transfer_file_open(&out, ends[1], true, NULL));
	do
		n = transfer_file_write(&out, octets, sizeof(octets), NULL);
	while (n > 0);
	assert_int_equal(n, 0);
	close(ends[0]);
	signal(SIGPIPE, SIG_IGN);
	GError *error = NULL;
	assert_int_equal(transfer_file_write(&out, octets, 1, &error), -1);
	assert_non_null(error);
	g_clear_error(&error);
	close(ends[1]);
}

/* --- what is in it */

static void
images_are_whole(void **state)
{
#define QCOW2(version, backing, features)                                              \
	"QFI\xfb\0\0\0" version "\0\0\0\0\0\0\0" backing "\0\0\0\0" /* 20 */           \
	"\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0" \
	"\0\0\0\0\0\0\0" features
	static const struct { const char *head; size_t n; bool good; } cases[] = {
#define CASE(head, good) { head, sizeof(head) - 1, good }
		CASE("", true), CASE("QFI", true), CASE("\x55\xaa anything else", true),
		CASE(QCOW2("\3", "\0", "\0"), true), CASE(QCOW2("\2", "\0", "\0"), true),
		CASE(QCOW2("\3", "\x70", "\0"), false), CASE(QCOW2("\2", "\x70", "\0"), false),
		CASE(QCOW2("\1", "\x30", "\0"), false), CASE(QCOW2("\3", "\0", "\4"), false),
		CASE(QCOW2("\2", "\0", "\4"), true), /* there it is no feature yet */
		CASE("KDMV\1", false), CASE("# Disk DescriptorFile\n", false),
		CASE("QED\0", false), CASE("COWD", false), CASE("KDM", true),
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		GError *error = NULL;
		bool good = transfer_check_image(cases[i].head, cases[i].n, &error);
		if (good != cases[i].good)
			print_message("# case %zu\n", i);
		assert_int_equal(good, cases[i].good);
		assert_true(good == (error == NULL));
		g_clear_error(&error);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_is_taken_once),
		cmocka_unit_test(holes_are_seen),
		cmocka_unit_test(it_begins_where_the_file_stands),
		cmocka_unit_test(a_file_that_shrinks_is_an_error),
		cmocka_unit_test(a_pipe_is_looked_at_and_read),
		cmocka_unit_test(what_is_no_file_is_refused),
		cmocka_unit_test(holes_stay_holes),
		cmocka_unit_test(holes_are_written_where_they_must),
		cmocka_unit_test(a_full_pipe_takes_nothing),
		cmocka_unit_test(images_are_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
