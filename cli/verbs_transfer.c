/*
 * Verbs that make volumes of files, and files of volumes.  The daemon reads or writes the
 * file, whose descriptor it is given; it ends the job when this process ends.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/act.h"
#include "cli/interrupt.h"

/* The file of this end. */
struct file {
	const char *name;
	int fd;
	bool standard; /* input or output */
	char *part;    /* what it is called until it is whole; NULL: so for good */
};

static bool
fail(GError **error, const struct cli *cli, const char *name, const char *why)
{
	g_set_error(error, CLIENT_ERROR, CLIENT_ERROR_REFUSED, "%s: %s: %s", cli->verb->name,
	    name, why);
	return false;
}

static bool
misused(GError **error, const struct cli *cli, const char *why)
{
	g_set_error(error, CLI_ERROR, CLI_ERROR_USAGE, "%s: %s", cli->verb->name, why);
	return false;
}

static void
file_close(struct file *file)
{
	if (file->fd >= 0 && !file->standard)
		close(file->fd);
	if (file->part != NULL)
		unlink(file->part);
	g_free(file->part);
}
#define FILE_HERE __attribute__((cleanup(file_close))) struct file

/* --- the job */

/*
 * The words of the request say nothing of the file: the daemon has its descriptor.  An
 * interrupt ends the connection, and so the job.
 */
static bool
run_job(struct cli *cli, const struct file *file, GError **error)
{
	g_autoptr(JsonObject) row = NULL;
	struct client *client = cli_client(cli, error);

	if (client == NULL)
		return false;
	cli->argc--;
	interrupt_asking(client_fd(client));
	int64_t job = act_submit(cli, client, file->fd, &row, error);
	bool done = job >= 0 && act_follow(cli, client, job, true, error);
	interrupt_asking(-1);
	return done;
}

static bool
run_interruptibly(struct cli *cli, const struct file *file, GError **error)
{
	if (!interrupt_catch(error))
		return false;
	bool done = run_job(cli, file, error);
	bool over = interrupt_is_over();
	interrupt_release();
	if (done || !over)
		return done;
	g_clear_error(error);
	return fail(error, cli, cli->argv[0], "interrupted; the job is cancelled");
}

static void
tell(const struct cli *cli, const char *words, const char *more)
{
	g_autofree char *line = g_strconcat(cli->argv[0], words, more, NULL);
	g_autofree char *clean = text_clean(line);

	if (!cli->options.json)
		fprintf(cli->out.file, "%s\n", clean);
}

/* --- to a volume */

static bool
open_source(const struct cli *cli, struct file *file, GError **error)
{
	struct stat st;

	file->fd = file->standard ? STDIN_FILENO : open(file->name, O_RDONLY | O_CLOEXEC);
	if (file->fd < 0 || fstat(file->fd, &st) != 0)
		return fail(error, cli, file->name, g_strerror(errno));
	if (S_ISDIR(st.st_mode))
		return fail(error, cli, file->name, g_strerror(EISDIR));
	return !isatty(file->fd) ||
	    misused(error, cli, "a volume is not typed: FILE is a terminal");
}

bool
verb_upload(struct cli *cli, GError **error)
{
	FILE_HERE file = { .name = cli->argv[1], .fd = -1 };

	file.standard = strcmp(file.name, "-") == 0;
	if (!open_source(cli, &file, error) || !run_interruptibly(cli, &file, error))
		return false;
	tell(cli, " uploaded", NULL);
	return true;
}

/* --- from a volume */

/* What is there is only replaced when that was said, and only if it is a file. */
static bool
check_target(const struct cli *cli, const struct file *file, GError **error)
{
	struct stat st;

	if (lstat(file->name, &st) != 0)
		return errno == ENOENT || fail(error, cli, file->name, g_strerror(errno));
	if (!S_ISREG(st.st_mode))
		return fail(error, cli, file->name, "is there, and is not a file");
	return cli->options.force ||
	    fail(error, cli, file->name, "is there already; --force replaces it");
}

static bool
open_part(const struct cli *cli, struct file *file, GError **error)
{
	g_autofree char *part = g_strconcat(file->name, ".part", NULL);

	if (!check_target(cli, file, error))
		return false;
	if (cli->options.force && unlink(part) != 0 && errno != ENOENT)
		return fail(error, cli, part, g_strerror(errno));
	file->fd = open(part, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (file->fd < 0)
		return fail(error, cli, part, errno == EEXIST
		    ? "is there already, of a download that is going on or was killed; "
		      "--force replaces it" : g_strerror(errno));
	file->part = g_steal_pointer(&part);
	return true;
}

static bool
open_target(struct cli *cli, struct file *file, GError **error)
{
	if (!file->standard)
		return open_part(cli, file, error);
	if (cli->options.json)
		return misused(error, cli, "--json and the volume cannot both go to standard output");
	if (isatty(STDOUT_FILENO))
		return misused(error, cli, "a volume is not for a terminal: say a FILE");
	file->fd = STDOUT_FILENO;
	cli->out = output_stderr();
	return true;
}

/* Where the file system cannot rename without replacing, the name was free at least before. */
static bool
name_it(const struct cli *cli, struct file *file, GError **error)
{
	unsigned flags = cli->options.force ? 0 : RENAME_NOREPLACE;

	if (fsync(file->fd) != 0)
		return fail(error, cli, file->name, g_strerror(errno));
	if (renameat2(AT_FDCWD, file->part, AT_FDCWD, file->name, flags) != 0 &&
	    (errno != EINVAL || rename(file->part, file->name) != 0))
		return fail(error, cli, file->name, g_strerror(errno));
	g_clear_pointer(&file->part, g_free);
	return true;
}

bool
verb_download(struct cli *cli, GError **error)
{
	FILE_HERE file = { .name = cli->argv[1], .fd = -1 };

	file.standard = strcmp(file.name, "-") == 0;
	if (!open_target(cli, &file, error) || !run_interruptibly(cli, &file, error))
		return false;
	if (file.standard)
		return true;
	if (!name_it(cli, &file, error))
		return false;
	tell(cli, " downloaded to ", file.name);
	return true;
}
