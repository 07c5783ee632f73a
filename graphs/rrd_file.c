/* RRD files: creation, growth and direct updates. */
#include "graphs/rrd_file.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <rrd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/log.h"
#include "graphs/rrd_file_private.h"
#include "graphs/rrd_shelf.h"

/* --- what is in the file */

/* From what was learnt: which of our values goes where in an update. */
static void
make_order(struct rrd_file *f, struct rrd_facts *facts)
{
	unsigned found = 0;

	rrd_facts_sort(facts);
	g_array_set_size(f->order, 0);
	for (guint i = 0; i < facts->sources->len; i++) {
		const struct rrd_facts_source *s = g_ptr_array_index(facts->sources, i);
		int8_t ours = (int8_t)rrd_kind_source(f->kind, s->name);
		g_array_append_val(f->order, ours);
		found += ours >= 0;
	}
	f->lacks = (unsigned)f->sources->n - found;
	f->last = facts->last;
}

/* librrd has no words for a disk that is full. */
bool
rrd_file_librrd_failed(GError **error)
{
	const char *why = rrd_get_error();

	if (why[0] == '\0')
		why = "cannot be written: the disk may be full";
	g_set_error(error, RRD_ERROR, (gint)rrd_error_code(why), "%s", why);
	rrd_clear_error();
	return false;
}

static bool
read_info_direct(const struct rrd_file *f, struct rrd_facts *facts, GError **error)
{
	rrd_clear_error();
	rrd_info_t *info = rrd_info_r(f->path);
	if (info == NULL)
		return rrd_file_librrd_failed(error);
	for (const rrd_info_t *i = info; i != NULL; i = i->next) {
		char text[G_ASCII_DTOSTR_BUF_SIZE];
		if (i->type == RD_I_CNT)
			g_snprintf(text, sizeof(text), "%lu", i->value.u_cnt);
		else if (i->type == RD_I_VAL)
			g_ascii_dtostr(text, sizeof(text), i->value.u_val);
		else if (i->type == RD_I_STR)
			g_strlcpy(text, i->value.u_str, sizeof(text));
		else
			continue;
		rrd_facts_learn(facts, i->key, text);
	}
	rrd_info_free(info);
	return true;
}

static char *
command_on(const char *verb, const char *path)
{
	GString *command = g_string_new(verb);

	rrdcached_append(command, path);
	return g_string_free(command, FALSE);
}

bool
rrd_file_flush(struct rrdcached *server, const char *path, GError **error)
{
	g_autofree char *command = command_on("FLUSH", path);
	g_auto(GStrv) lines = rrdcached_ask(server, command, error);

	return lines != NULL;
}

void
rrd_file_write_out(const struct settings *settings, const char *path)
{
	if (settings->rrdcached[0] == '\0')
		return;
	SCOPED(rrdcached) server = rrdcached_new(settings->rrdcached, -1);
	rrdcached_set_patience(server, RRDCACHED_READER_PATIENCE_US);
	rrd_file_flush(server, path, NULL);
}

/* "KEY TYPE VALUE" lines.  The file's last update is only true once it was flushed. */
static bool
read_info_server(const struct rrd_file *f, struct rrd_facts *facts, GError **error)
{
	g_autofree char *command = command_on("INFO", f->path);

	if (!rrd_file_flush(f->server, f->path, error))
		return false;
	g_auto(GStrv) lines = rrdcached_ask(f->server, command, error);
	for (char **line = lines; line != NULL && *line != NULL; line++) {
		g_auto(GStrv) words = g_strsplit(*line, " ", 3);
		if (g_strv_length(words) == 3)
			rrd_facts_learn(facts, words[0], words[2]);
	}
	return lines != NULL;
}

bool
rrd_file_read(struct rrd_file *f, struct rrd_facts *facts, GError **error)
{
	rrd_facts_clear(facts);
	rrd_facts_init(facts);
	if (!(f->server != NULL ? read_info_server : read_info_direct)(f, facts, error))
		return false;
	make_order(f, facts);
	return true;
}

/* --- the object */

struct rrd_file *
rrd_file_new(const char *dir, const struct rrd_kind *kind, const char *identity,
    unsigned step, unsigned interval, struct rrdcached *server, GError **error)
{
	char *path = rrd_layout_path(dir, kind, identity, error);

	if (path == NULL)
		return NULL;
	struct rrd_file *f = g_new0(struct rrd_file, 1);
	f->path = path;
	f->kind = kind;
	f->server = server;
	f->step = step;
	f->heartbeat = rrd_layout_heartbeat(step, interval);
	f->years = RRD_YEARS;
	f->order = g_array_new(FALSE, FALSE, sizeof(int8_t));
	f->sources = rrd_kind_sources(kind);
	return f;
}

void
rrd_file_free(struct rrd_file *f)
{
	if (f == NULL)
		return;
	g_array_free(f->order, TRUE);
	g_free(f->path);
	g_free(f);
}

const char *
rrd_file_name(const struct rrd_file *f)
{
	return f->path;
}

void
rrd_file_keep_years(struct rrd_file *f, unsigned years)
{
	f->years = years;
}

bool
rrd_file_is_ready(const struct rrd_file *f)
{
	return f->ready;
}

/*
 * Made shortly before the machine lost its power: the name had reached the disk, but not what
 * is in the file.
 */
static bool
is_blank(const char *path)
{
	char block[4096];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, block, sizeof(block));
	bool blank = n >= 0;

	for (ssize_t i = 0; i < n; i++)
		blank &= block[i] == 0;
	if (fd >= 0)
		close(fd);
	return blank;
}

static bool
prepare(struct rrd_file *f, struct rrd_facts *facts, int64_t first, GError **error)
{
	g_autoptr(GError) why = NULL;
	bool known = rrd_file_read(f, facts, &why);

	f->blank = !known && is_blank(f->path);
	if (f->blank)
		log_warn("rrd", "%s has nothing in it and is made anew", f->path);
	if (!known && !f->blank && !g_error_matches(why, RRD_ERROR, RRD_ERROR_MISSING)) {
		g_propagate_error(error, g_steal_pointer(&why));
		return false;
	}
	if (!known && !f->blank && rrd_shelf_return(f->path))
		known = rrd_file_read(f, facts, NULL);
	if (!known && !(rrd_file_create(f, first, error) && rrd_file_read(f, facts, error)))
		return false;
	return rrd_file_is_complete(f, facts) || rrd_file_extend(f, facts, error);
}

bool
rrd_file_prepare(struct rrd_file *f, int64_t first, GError **error)
{
	struct rrd_facts facts;

	if (f->ready)
		return true;
	rrd_facts_init(&facts);
	f->ready = prepare(f, &facts, first, error);
	rrd_facts_clear(&facts);
	return f->ready;
}

void
rrd_file_expect(struct rrd_file *f, unsigned interval)
{
	unsigned heartbeat = rrd_layout_heartbeat(f->step, interval);

	if (heartbeat > f->heartbeat)
		f->ready = false;
	f->heartbeat = heartbeat;
}

void
rrd_file_distrust(struct rrd_file *f)
{
	f->ready = false;
}

int64_t
rrd_file_last(const struct rrd_file *f)
{
	return f->last;
}

unsigned
rrd_file_lacks(const struct rrd_file *f)
{
	return f->lacks;
}

void
rrd_file_append_values(
    const struct rrd_file *f, const struct rrd_sample *s, GString *out)
{
	g_string_append_printf(out, "%" G_GINT64_FORMAT, s->at);
	for (guint i = 0; i < f->order->len; i++) {
		int ours = g_array_index(f->order, int8_t, i);
		if (ours < 0 || s->value[ours] == ABSENT_U64)
			g_string_append(out, ":U");
		else
			g_string_append_printf(
			    out, ":%" G_GUINT64_FORMAT, s->value[ours]);
	}
}

bool
rrd_file_write(
    struct rrd_file *f, const struct rrd_sample *samples, size_t n, GError **error)
{
	g_autoptr(GPtrArray) lines = g_ptr_array_new_with_free_func(g_free);

	for (size_t i = 0; i < n; i++) {
		GString *line = g_string_sized_new(128);
		rrd_file_append_values(f, &samples[i], line);
		g_ptr_array_add(lines, g_string_free(line, FALSE));
	}
	rrd_clear_error();
	if (n == 0 || rrd_updatex_r(f->path, NULL, RRD_SKIP_PAST_UPDATES,
			  (int)lines->len, (const char **)lines->pdata) == 0)
		return true;
	return rrd_file_librrd_failed(error);
}
