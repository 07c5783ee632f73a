/* Records of exports, as files. */
#include "config.h"

#include "export/record.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <glib/gstdio.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define SUFFIX ".json"
#define FRESH  ".new"
#define STEM   64 /* characters of a SHA-256 */

#define MEMBER(key, type, ...) { #key, type, offsetof(struct record, key), __VA_ARGS__ }
#define ASKED                                                                            \
	MEMBER(volume, MEMBER_TEXT, 1024), MEMBER(name, MEMBER_TEXT, 4096),                \
	    MEMBER(path, MEMBER_TEXT, PATH_MAX - 1), MEMBER(format, MEMBER_TEXT, 64),      \
	    MEMBER(read_only, MEMBER_BOOL)

const struct member record_asked[RECORD_ASKED] = { ASKED };

static const struct member stored_members[] = {
	ASKED,
	MEMBER(address, MEMBER_TEXT, 64),
	MEMBER(port, MEMBER_NUMBER, 65535),
	MEMBER(tls, MEMBER_TEXT, PATH_MAX - 1, .may_empty = true),
	MEMBER(pid, MEMBER_NUMBER, INT_MAX),
	MEMBER(start_time, MEMBER_NUMBER, INT64_MAX),
	MEMBER(boot, MEMBER_TEXT, 64, .may_empty = true),
	MEMBER(since, MEMBER_NUMBER, INT64_MAX),
	MEMBER(confirmed, MEMBER_BOOL),
};

static bool
failed(GError **error, const char *what, const char *path)
{
	int code = errno;

	g_set_error(error, G_IO_ERROR, g_io_error_from_errno(code), "cannot %s %s: %s", what,
	    path, g_strerror(code));
	return false;
}

/* --- one in memory */

struct record *
record_new(void)
{
	struct record *record = g_new0(struct record, 1);
	char **texts[] = { &record->volume, &record->name, &record->path, &record->format,
		&record->address, &record->tls, &record->boot };

	for (size_t i = 0; i < G_N_ELEMENTS(texts); i++)
		*texts[i] = g_strdup("");
	return record;
}

void
record_free(struct record *record)
{
	g_free(record->volume);
	g_free(record->name);
	g_free(record->path);
	g_free(record->format);
	g_free(record->address);
	g_free(record->tls);
	g_free(record->boot);
	g_free(record);
}

void
record_set(char **text, const char *value)
{
	char *copy = g_strdup(value == NULL ? "" : value);

	g_free(*text);
	*text = copy;
}

/* --- the directory */

bool
record_open_directory(const char *dir, GError **error)
{
	struct stat st;

	if (g_mkdir_with_parents(dir, 0700) < 0)
		return failed(error, "make", dir);
	if (stat(dir, &st) < 0)
		return failed(error, "look at", dir);
	if (S_ISDIR(st.st_mode) && st.st_uid == geteuid() && (st.st_mode & 077) == 0)
		return true;
	g_set_error(error, G_IO_ERROR, G_IO_ERROR_PERMISSION_DENIED,
	    "%s: a directory of mode 0700 is wanted, which belongs to who runs this", dir);
	return false;
}

int
record_lock(const char *dir, GError **error)
{
	g_autofree char *path = g_build_filename(dir, "lock", NULL);
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd < 0) {
		failed(error, "open", path);
		return -1;
	}
	while (flock(fd, LOCK_EX) < 0) {
		if (errno == EINTR)
			continue;
		failed(error, "lock", path);
		close(fd);
		return -1;
	}
	return fd;
}

static char *
file_of(const char *dir, const char *volume, const char *suffix)
{
	g_autofree char *stem = g_compute_checksum_for_string(G_CHECKSUM_SHA256, volume, -1);
	g_autofree char *name = g_strconcat(stem, suffix, NULL);

	return g_build_filename(dir, name, NULL);
}

char *
record_pid_file(const char *dir, const char *volume)
{
	return file_of(dir, volume, ".pid");
}

/* --- reading */

/* One that lies under another volume's name is damaged, too. */
static struct record *
parse(const char *dir, const char *path, const char *text, size_t length, GError **error)
{
	SCOPED(record) record = record_new();
	g_autoptr(GError) why = NULL;

	if (!members_read(stored_members, G_N_ELEMENTS(stored_members), path, text, length,
		record, &why)) {
		g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
		    "a damaged record is left as it is: %s", why->message);
		return NULL;
	}
	g_autofree char *own = file_of(dir, record->volume, SUFFIX);
	if (strcmp(own, path) != 0) {
		g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
		    "a damaged record is left as it is: %s: is not that volume's", path);
		return NULL;
	}
	return g_steal_pointer(&record);
}

/* NULL without an error: there is no such file. */
static struct record *
load(const char *dir, const char *path, GError **error)
{
	g_autofree char *text = NULL;
	g_autoptr(GError) why = NULL;
	gsize length;

	if (g_file_get_contents(path, &text, &length, &why))
		return parse(dir, path, text, length, error);
	if (!g_error_matches(why, G_FILE_ERROR, G_FILE_ERROR_NOENT))
		g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED, "cannot read a record: %s",
		    why->message);
	return NULL;
}

struct record *
record_load(const char *dir, const char *volume, GError **error)
{
	g_autofree char *path = file_of(dir, volume, SUFFIX);

	return load(dir, path, error);
}

static int
compare_volumes(const void *a, const void *b)
{
	const struct record *const *x = a, *const *y = b;

	return strcmp((*x)->volume, (*y)->volume);
}

static void
add_one(GPtrArray *records, const char *dir, const char *name, GString *damaged)
{
	g_autofree char *path = g_build_filename(dir, name, NULL);
	g_autoptr(GError) error = NULL;
	struct record *record = load(dir, path, &error);

	if (record != NULL)
		g_ptr_array_add(records, record);
	else if (error != NULL)
		g_string_append_printf(damaged, "%s\n", error->message);
}

GPtrArray *
record_load_all(const char *dir, GString *damaged)
{
	GPtrArray *records = g_ptr_array_new_with_free_func((GDestroyNotify)record_free);
	g_autoptr(GError) error = NULL;
	g_autoptr(GDir) entries = g_dir_open(dir, 0, &error);
	const char *name;

	if (entries == NULL)
		g_string_append_printf(damaged, "%s\n", error->message);
	while (entries != NULL && (name = g_dir_read_name(entries)) != NULL)
		if (strlen(name) == STEM + strlen(SUFFIX) && g_str_has_suffix(name, SUFFIX))
			add_one(records, dir, name, damaged);
	g_ptr_array_sort(records, compare_volumes);
	return records;
}

/* --- writing */

static bool
write_whole(int fd, const char *text, size_t length)
{
	while (length > 0) {
		ssize_t n = write(fd, text, length);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return false;
		text += n;
		length -= (size_t)n;
	}
	return fsync(fd) == 0;
}

static bool
write_file(const char *path, const char *text, GError **error)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd < 0)
		return failed(error, "make", path);
	bool good = write_whole(fd, text, strlen(text));
	if (!good)
		failed(error, "write", path);
	if (close(fd) < 0 && good)
		good = failed(error, "write", path);
	return good;
}

/* A name that has come or gone is there after a power cut as well. */
static bool
sync_directory(const char *dir, GError **error)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return failed(error, "open", dir);
	bool good = fsync(fd) == 0 || failed(error, "write", dir);
	close(fd);
	return good;
}

bool
record_save(const char *dir, const struct record *record, GError **error)
{
	g_autoptr(JsonObject) object = json_object_new();
	g_autofree char *path = file_of(dir, record->volume, SUFFIX);
	g_autofree char *fresh = file_of(dir, record->volume, FRESH);

	members_write(stored_members, G_N_ELEMENTS(stored_members), record, object);
	g_autofree char *line = members_line(object);
	g_autofree char *text = g_strconcat(line, "\n", NULL);
	if (!write_file(fresh, text, error)) {
		g_unlink(fresh);
		return false;
	}
	if (g_rename(fresh, path) < 0)
		return failed(error, "replace", path);
	return sync_directory(dir, error);
}

bool
record_remove(const char *dir, const char *volume, GError **error)
{
	g_autofree char *path = file_of(dir, volume, SUFFIX);
	g_autofree char *pid_file = record_pid_file(dir, volume);
	g_autofree char *fresh = file_of(dir, volume, FRESH); /* of a save that was killed */

	if (g_unlink(path) < 0 && errno != ENOENT)
		return failed(error, "remove", path);
	if (g_unlink(pid_file) < 0 && errno != ENOENT)
		return failed(error, "remove", pid_file);
	if (g_unlink(fresh) < 0 && errno != ENOENT)
		return failed(error, "remove", fresh);
	return sync_directory(dir, error);
}
