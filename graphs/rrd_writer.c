/* Queues of samples, and the passes that write them. */
#include "graphs/rrd_writer.h"

#include <poll.h>
#include <string.h>

#include "common/log.h"
#include "model/self.h"

#define KEEP_SECONDS   3600
#define KEEP_BYTES     (64u << 20) /* of samples of all objects */
#define BATCH_COMMANDS 4096
#define BACK_OFF_MOST  (60 * G_USEC_PER_SEC)
#define CAUSES_MOST    32

/* Samples wait without the values that their kind does not have: there are many of them. */
struct rrd_queue {
	struct rrd_file *file;
	guint values;
	GArray *waiting; /* time and values, oldest first */
};

struct rrd_writer {
	char *dir, *address;
	unsigned step, years;
	int cancel;
	struct rrd_counters *counters;
	size_t bytes; /* of what waits */
	struct rrdcached *server; /* NULL: files are written directly */
	GPtrArray *queues;        /* struct rrd_queue */
	GHashTable *causes;       /* complaints already logged */
	unsigned complaints;      /* in this pass */
	bool told_lack;
	int64_t retry_us, back_off_us;
	GString *batch; /* commands not sent yet */
	GPtrArray
	    *batch_owners; /* struct rrd_queue of each command; NULL: was refused */
	guint batch_past;  /* commands that were too late */
};

/* --- complaints: once per cause, whatever the number of files */

static void
complain(struct rrd_writer *w, const char *path, const GError *why)
{
	g_auto(GStrv) parts = g_strsplit(why->message, path, -1);
	g_autofree char *cause = g_strjoinv("FILE", parts);

	w->complaints++;
	atomic_fetch_add(&w->counters->failed, 1);
	if (g_hash_table_size(w->causes) >= CAUSES_MOST ||
	    !g_hash_table_add(w->causes, g_steal_pointer(&cause)))
		return;
	if (parts[0] != NULL && parts[1] != NULL)
		log_warn(
		    "rrd", "%s; the same of other files is not logged", why->message);
	else
		log_warn("rrd", "%s: %s; the same of other files is not logged", path,
		    why->message);
}

static void
settle_complaints(struct rrd_writer *w)
{
	if (w->complaints == 0 && g_hash_table_size(w->causes) > 0) {
		log_info("rrd", "all samples can be written again");
		g_hash_table_remove_all(w->causes);
	}
	w->complaints = 0;
}

/* rrdcached went away: nothing more in this step, and longer and longer pauses. */
static void
lose_server(struct rrd_writer *w, const GError *why)
{
	if (w->back_off_us == 0)
		log_warn("rrd", "%s; samples are kept for an hour", why->message);
	atomic_fetch_add(&w->counters->failed, 1);
	w->back_off_us = CLAMP(2 * w->back_off_us, G_USEC_PER_SEC, BACK_OFF_MOST);
	w->retry_us = g_get_monotonic_time() + w->back_off_us;
	g_string_truncate(w->batch, 0);
	g_ptr_array_set_size(w->batch_owners, 0);
}

static void
find_server(struct rrd_writer *w)
{
	if (w->back_off_us > 0)
		log_info("rrd", "rrdcached at %s answers again", w->address);
	w->back_off_us = 0;
}

/* --- queues */

static void
queue_free(void *p)
{
	struct rrd_queue *q = p;

	rrd_file_free(q->file);
	g_array_free(q->waiting, TRUE);
	g_free(q);
}

static void
drop_oldest(struct rrd_writer *w, struct rrd_queue *q, guint n)
{
	g_array_remove_range(q->waiting, 0, n);
	w->bytes -= n * g_array_get_element_size(q->waiting);
	atomic_fetch_sub(&w->counters->waiting, n);
}

static void
get_sample(const struct rrd_queue *q, guint i, struct rrd_sample *out)
{
	size_t size = g_array_get_element_size(q->waiting);
	const char *packed = q->waiting->data + i * size;

	memcpy(&out->at, packed, sizeof(out->at));
	memcpy(out->value, packed + sizeof(out->at), size - sizeof(out->at));
}

static int64_t
time_of(const struct rrd_queue *q, guint i)
{
	struct rrd_sample sample;

	get_sample(q, i, &sample);
	return sample.at;
}

/* --- writing */

static void
count_written(struct rrd_writer *w, guint n)
{
	atomic_fetch_add(&w->counters->updates, n);
	atomic_store(&w->counters->last_good_us, g_get_monotonic_time());
	atomic_fetch_add(&self.rrd_updates, n);
	atomic_store(&self.rrd_updated_us, g_get_monotonic_time());
}

/* Before a restart of the daemon, or before an answer got lost: it is written already. */
static void
skip_written(struct rrd_writer *w, struct rrd_queue *q)
{
	guint n = 0;

	while (n < q->waiting->len && time_of(q, n) <= rrd_file_last(q->file))
		n++;
	if (n > 0)
		drop_oldest(w, q, n);
}

static bool
prepare(struct rrd_writer *w, struct rrd_queue *q, GError **error)
{
	if (!rrd_file_prepare(q->file, time_of(q, 0), error))
		return false;
	skip_written(w, q);
	if (rrd_file_lacks(q->file) > 0 && !w->told_lack) {
		w->told_lack = true;
		log_warn("rrd",
		    "%s, and perhaps others, cannot be given %u new sources",
		    rrd_file_name(q->file), rrd_file_lacks(q->file));
	}
	return true;
}

#define AT_ONCE 64 /* samples of one file */

static void
write_direct(struct rrd_writer *w, struct rrd_queue *q)
{
	g_autoptr(GError) error = NULL;
	struct rrd_sample some[AT_ONCE];

	while (q->waiting->len > 0) {
		guint n = MIN(q->waiting->len, AT_ONCE);
		for (guint i = 0; i < n; i++)
			get_sample(q, i, &some[i]);
		if (!rrd_file_write(q->file, some, n, &error)) {
			complain(w, rrd_file_name(q->file), error);
			rrd_file_distrust(q->file);
			return;
		}
		drop_oldest(w, q, n);
		count_written(w, n);
	}
}

static void
add_to_batch(struct rrd_writer *w, struct rrd_queue *q)
{
	for (guint i = 0; i < q->waiting->len; i++) {
		struct rrd_sample sample;
		get_sample(q, i, &sample);
		g_string_append(w->batch, "UPDATE");
		rrdcached_append(w->batch, rrd_file_name(q->file));
		g_string_append_c(w->batch, ' ');
		rrd_file_append_values(q->file, &sample, w->batch);
		g_string_append_c(w->batch, '\n');
		g_ptr_array_add(w->batch_owners, q);
	}
}

/* One sample was refused.  Kept only where another attempt can change the answer. */
static void
note_refused(void *context, size_t n, const char *message)
{
	struct rrd_writer *w = context;
	struct rrd_queue *q;

	if (n >= w->batch_owners->len)
		return;
	q = g_ptr_array_index(w->batch_owners, n);
	if (rrd_error_code(message) == RRD_ERROR_PAST) {
		log_debug("rrd", "%s: %s", rrd_file_name(q->file), message);
		atomic_fetch_add(&w->counters->failed, 1);
		w->batch_past++;
		return;
	}
	g_autoptr(GError) error = g_error_new(
	    RRD_ERROR, (gint)rrd_error_code(message), "rrdcached: %s", message);
	complain(w, rrd_file_name(q->file), error);
	g_ptr_array_index(w->batch_owners, n) = NULL;
	rrd_file_distrust(q->file);
}

/* After the answers: lets go of what was written, keeps what was refused. */
static void
settle_batch(struct rrd_writer *w)
{
	guint written = 0;

	for (guint i = 0; i < w->batch_owners->len; i++) {
		struct rrd_queue *q = g_ptr_array_index(w->batch_owners, i);
		if (q == NULL)
			continue;
		/* Refused for one reason, all of an object are refused. */
		drop_oldest(w, q, 1);
		written++;
	}
	if (written > w->batch_past)
		count_written(w, written - w->batch_past);
	w->batch_past = 0;
	g_string_truncate(w->batch, 0);
	g_ptr_array_set_size(w->batch_owners, 0);
}

static bool
send_batch(struct rrd_writer *w, GError **error)
{
	if (w->batch_owners->len == 0)
		return true;
	if (!rrdcached_batch(w->server, w->batch, note_refused, w, error))
		return false;
	find_server(w);
	settle_batch(w);
	return true;
}

/* False: rrdcached is gone. */
static bool
write_queue(struct rrd_writer *w, struct rrd_queue *q, GError **error)
{
	g_autoptr(GError) why = NULL;

	if (!prepare(w, q, &why)) {
		if (g_error_matches(why, RRD_ERROR, RRD_ERROR_GONE)) {
			g_propagate_error(error, g_steal_pointer(&why));
			return false;
		}
		complain(w, rrd_file_name(q->file), why);
		return true;
	}
	if (w->server == NULL) {
		write_direct(w, q);
		return true;
	}
	add_to_batch(w, q);
	return w->batch_owners->len < BATCH_COMMANDS || send_batch(w, error);
}

static bool
cancelled(const struct rrd_writer *w)
{
	struct pollfd fd = { .fd = w->cancel, .events = POLLIN };

	return poll(&fd, 1, 0) > 0;
}

/* Those whose file is known (or not yet), until a moment in time. */
static bool
write_some(struct rrd_writer *w, bool ready, int64_t until, GError **error)
{
	for (guint i = 0; i < w->queues->len; i++) {
		struct rrd_queue *q = g_ptr_array_index(w->queues, i);
		if (cancelled(w) || g_get_monotonic_time() >= until)
			break;
		if (q->waiting->len > 0 && rrd_file_is_ready(q->file) == ready &&
		    !write_queue(w, q, error))
			return false;
	}
	return send_batch(w, error);
}

/*
 * Files that must be looked at or made first take turns: after a start there are many, and
 * what is known already shall not wait for them.
 */
static bool
write_queues(struct rrd_writer *w, GError **error)
{
	return write_some(w, true, INT64_MAX, error) &&
	       write_some(w, false,
	           g_get_monotonic_time() + w->step * G_USEC_PER_SEC / 2, error);
}

void
rrd_writer_write(struct rrd_writer *w)
{
	g_autoptr(GError) error = NULL;

	if (w->back_off_us == 0 || g_get_monotonic_time() >= w->retry_us) {
		if (!write_queues(w, &error) && !cancelled(w))
			lose_server(w, error);
		settle_complaints(w);
	}
	atomic_store(&self.rrd_waiting, atomic_load(&w->counters->waiting));
}

/* --- the object */

struct rrd_writer *
rrd_writer_new(const struct rrd_writer_options *o)
{
	struct rrd_writer *w = g_new0(struct rrd_writer, 1);

	w->dir = g_strdup(o->dir);
	w->address = g_strdup(o->server);
	w->step = o->step;
	w->years = o->years;
	w->cancel = o->cancel;
	w->counters = o->counters;
	if (w->address[0] != '\0')
		w->server = rrdcached_new(w->address, w->cancel);
	w->queues = g_ptr_array_new_with_free_func(queue_free);
	w->causes = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	w->batch = g_string_new(NULL);
	w->batch_owners = g_ptr_array_new();
	return w;
}

void
rrd_writer_free(struct rrd_writer *w)
{
	if (w == NULL)
		return;
	while (w->queues->len > 0)
		rrd_writer_close(w, g_ptr_array_index(w->queues, w->queues->len - 1));
	g_ptr_array_free(w->queues, TRUE);
	g_hash_table_destroy(w->causes);
	g_string_free(w->batch, TRUE);
	g_ptr_array_free(w->batch_owners, TRUE);
	rrdcached_free(w->server);
	g_free(w->dir);
	g_free(w->address);
	g_free(w);
}

struct rrd_queue *
rrd_writer_open(struct rrd_writer *w, const struct rrd_kind *kind, const char *identity,
    unsigned interval)
{
	g_autoptr(GError) error = NULL;
	struct rrd_file *file = rrd_file_new(
	    w->dir, kind, identity, w->step, interval, w->server, &error);

	if (file == NULL) {
		log_warn("rrd", "no history of a %s: %s", kind->name, error->message);
		return NULL;
	}
	struct rrd_queue *q = g_new0(struct rrd_queue, 1);
	rrd_file_keep_years(file, w->years);
	q->file = file;
	q->values = (guint)rrd_kind_sources(kind)->n;
	q->waiting = g_array_new(
	    FALSE, FALSE, (guint)sizeof(int64_t) + q->values * (guint)sizeof(uint64_t));
	g_ptr_array_add(w->queues, q);
	return q;
}

static void
give_up(struct rrd_writer *w, struct rrd_queue *q, guint n)
{
	drop_oldest(w, q, n);
	atomic_fetch_add(&w->counters->dropped, n);
	atomic_fetch_add(&self.rrd_dropped, n);
}

void
rrd_writer_close(struct rrd_writer *w, struct rrd_queue *q)
{
	give_up(w, q, q->waiting->len);
	g_ptr_array_remove_fast(w->queues, q);
}

void
rrd_writer_keep(
    struct rrd_writer *w, struct rrd_queue *q, const struct rrd_sample *sample)
{
	size_t size = g_array_get_element_size(q->waiting);
	guint most = MAX(KEEP_SECONDS / w->step, 2);

	if (q->waiting->len >= most || (w->bytes >= KEEP_BYTES && q->waiting->len > 0))
		give_up(w, q, 1);
	g_array_set_size(q->waiting, q->waiting->len + 1);
	char *packed = q->waiting->data + (q->waiting->len - 1) * size;
	memcpy(packed, &sample->at, sizeof(sample->at));
	memcpy(packed + sizeof(sample->at), sample->value, size - sizeof(sample->at));
	w->bytes += size;
	atomic_fetch_add(&w->counters->waiting, 1);
}
