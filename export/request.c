/* Requests. */
#include "export/request.h"

#include <errno.h>
#include <gio/gio.h>
#include <string.h>
#include <unistd.h>

static const struct member stop_members[] = {
	{ "volume", MEMBER_TEXT, offsetof(struct stop_request, volume), 1024 },
	{ "force", MEMBER_BOOL, offsetof(struct stop_request, force), .may_lack = true },
};

/*
 * Of an image, by qemu's name.  A protocol of qemu's is none of them: as a format, "nbd" or
 * "vvfat" would make something else of a path than the file that it names.
 */
static const char *const formats[] = { "raw", "qcow2", "qcow", "qed", "vdi", "vhdx", "vmdk",
	"vpc", NULL };

static bool
refuse(GError **error, const char *why)
{
	g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, "the request: %s", why);
	return false;
}

GString *
request_read(int fd, GError **error)
{
	g_autoptr(GString) line = g_string_new(NULL);
	char part[4096];

	while (line->len <= MEMBERS_MOST) {
		ssize_t n = read(fd, part, sizeof(part));
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			refuse(error, g_strerror(errno));
			return NULL;
		}
		const char *end = memchr(part, '\n', (size_t)n);
		g_string_append_len(line, part, end == NULL ? n : end - part);
		if (n == 0 || end != NULL)
			break;
	}
	if (line->len > MEMBERS_MOST) {
		refuse(error, "longer than 64 KiB");
		return NULL;
	}
	if (line->len == 0) {
		refuse(error, "a line of JSON is wanted on standard input");
		return NULL;
	}
	return g_steal_pointer(&line);
}

bool
request_parse_start(const char *line, size_t length, struct record *record, GError **error)
{
	if (!members_read(record_asked, RECORD_ASKED, "the request", line, length, record,
		error))
		return false;
	/* so qemu takes it for a file, whatever colons it has */
	if (*record->path != '/')
		return refuse(error, "path: not absolute");
	/* qemu takes all slashes away before a URI's name */
	if (*record->name == '/')
		return refuse(error, "name: begins with a slash, which no URI can tell");
	if (!g_strv_contains(formats, record->format))
		return refuse(error,
		    "format: none of raw, qcow2, qcow, qed, vdi, vhdx, vmdk, vpc");
	return true;
}

bool
request_parse_stop(const char *line, size_t length, struct stop_request *request,
    GError **error)
{
	return members_read(stop_members, G_N_ELEMENTS(stop_members), "the request", line,
	    length, request, error);
}

char *
request_ssh_word(const char *command)
{
	g_autofree char *text = g_strstrip(g_strdup(command == NULL ? "" : command));
	const char *space = text;

	for (const char *c = text; *c != '\0'; c++)
		if (g_ascii_isspace(*c))
			space = c + 1;
	return *space == '\0' ? NULL : g_strdup(space);
}
