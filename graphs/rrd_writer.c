/* Queues of samples, and the passes that write them. */
#include "graphs/rrd_writer.h"

#include <poll.h>

#include "common/log.h"
#include "graphs/rrd_complaints.h"
#include "graphs/rrd_queue.h"
#include "model/self.h"

#define KEEP_SECONDS   3600
#define KEEP_BYTES     (80u << 20) /* of samples of all objects */
#define BATCH_COMMANDS 4096
#define BACK_OFF_MOST  (60 * G_USEC_PER_SEC)

/*
 * Seconds that a sample is kept after rrdcached has taken it: longer than its -w, which is 300
 * unless somebody says otherwise.  When it is killed all of them are sent again, because what
 * it had not written is lost, and even with a journal the last 4 kB are; what is in the file
 * already it refuses.
 */
#define DOUBT_SECONDS 420

struct rrd_writer {
	char *dir, *address;
	unsigned step, years;
	int cancel;
	struct rrd_counters *counters;
	size_t bytes; /* of all samples */
	/*
	 * NULL: files are written directly.  Samples have a connection of their own, whose end
	 * means that rrdcached has ended; one that asks is closed after a refusal, too.
	 */
	struct rrdcached *server, *asking;
	GPtrArray *queues; /* struct rrd_queue */
	guint turn;        /* which of those that are not ready is next */
	struct rrd_complaints *complaints;
	bool told_lack;
	int64_t retry_us, back_off_us;
	GString *batch;          /* commands not sent yet */
	GPtrArray *batch_owners; /* struct rrd_queue of each command */
	guint batch_past;        /* commands that were too late */
};

static void
complain(struct rrd_writer *w, struct rrd_queue *q, const GError *why)
{
	rrd_complaints_note(w->complaints, rrd_file_name(q->file), why);
	if (q->refused_us == 0)
		q->refused_us = g_get_monotonic_time();
	atomic_fetch_add(&w->counters->failed, 1);
}

/* --- rrdcached comes and goes */

/* Nobody knows whether rrdcached has written what it had taken. */
static void
doubt(struct rrd_writer *w)
{
	for (guint i = 0; i < w->queues->len; i++) {
		struct rrd_queue *q = g_ptr_array_index(w->queues, i);
		atomic_fetch_add(&w->counters->waiting, q->taken);
		q->taken = 0;
	}
}

/* It went away: nothing more in this step, and longer and longer pauses. */
static void
lose_server(struct rrd_writer *w, const GError *why)
{
	if (w->back_off_us == 0)
		log_warn("rrd", "%s; samples are kept for an hour", why->message);
	doubt(w);
	atomic_fetch_add(&w->counters->failed, 1);
	w->back_off_us = CLAMP(2 * w->back_off_us, G_USEC_PER_SEC, BACK_OFF_MOST);
	w->retry_us = g_get_monotonic_time() + w->back_off_us;
	g_string_truncate(w->batch, 0);
	g_ptr_array_set_size(w->batch_owners, 0);
	w->batch_past = 0;
}

static void
find_server(struct rrd_writer *w)
{
	if (w->back_off_us > 0)
		log_info("rrd", "rrdcached at %s answers again", w->address);
	w->back_off_us = 0;
}

/* Ended, and perhaps started again, since it was sent something: that goes before the rest. */
static void
look_at_server(struct rrd_writer *w)
{
	if (w->server == NULL || !rrdcached_ended(w->server))
		return;
	log_info("rrd", "rrdcached at %s has ended: what it may not have written is sent again",
	    w->address);
	doubt(w);
}

/* A hung one shall not take the time of more than half a step, once that is known. */
static void
be_patient(struct rrd_writer *w)
{
	int64_t half = MAX(w->step * G_USEC_PER_SEC / 2, G_USEC_PER_SEC);
	int64_t patience = w->back_off_us > 0 ? MIN(half, RRDCACHED_PATIENCE_US)
	                                      : RRDCACHED_PATIENCE_US;

	if (w->server == NULL)
		return;
	rrdcached_set_patience(w->server, patience);
	rrdcached_set_patience(w->asking, patience);
}

/* --- queues */

static void
drop_oldest(struct rrd_writer *w, struct rrd_queue *q, guint n)
{
	w->bytes -= n * rrd_queue_size(q);
	atomic_fetch_sub(&w->counters->waiting, n - MIN(n, q->taken));
	rrd_queue_drop(q, n);
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
	drop_oldest(w, q, rrd_queue_until(q, rrd_file_last(q->file)));
}

static bool
prepare(struct rrd_writer *w, struct rrd_queue *q, GError **error)
{
	if (!rrd_file_prepare(q->file, rrd_queue_time(q, q->taken), error))
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

	while (q->len > 0) {
		guint n = MIN(q->len, AT_ONCE);
		for (guint i = 0; i < n; i++)
			rrd_queue_get(q, i, &some[i]);
		if (!rrd_file_write(q->file, some, n, &error)) {
			complain(w, q, error);
			rrd_file_distrust(q->file);
			return;
		}
		drop_oldest(w, q, n);
		count_written(w, n);
		q->refused_us = 0;
	}
}

static void
add_to_batch(struct rrd_writer *w, struct rrd_queue *q)
{
	for (guint i = q->taken; i < q->len; i++) {
		struct rrd_sample sample;
		rrd_queue_get(q, i, &sample);
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
		w->batch_past++;
		return;
	}
	g_autoptr(GError) error = g_error_new(
	    RRD_ERROR, (gint)rrd_error_code(message), "rrdcached: %s", message);
	complain(w, q, error);
	rrd_file_distrust(q->file);
}

/*
 * After the answers.  Where one sample of an object was refused none counts as taken: the
 * others are refused as too late when they are sent again.
 */
static void
settle_batch(struct rrd_writer *w)
{
	guint taken = 0;

	for (guint i = 0; i < w->batch_owners->len; i++) {
		struct rrd_queue *q = g_ptr_array_index(w->batch_owners, i);
		if (!rrd_file_is_ready(q->file))
			continue;
		q->taken++;
		q->refused_us = 0;
		taken++;
	}
	atomic_fetch_sub(&w->counters->waiting, taken);
	if (taken > w->batch_past)
		count_written(w, taken - w->batch_past);
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
		complain(w, q, why);
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

/* Those whose file is known. */
static bool
write_ready(struct rrd_writer *w, GError **error)
{
	for (guint i = 0; i < w->queues->len && !cancelled(w); i++) {
		struct rrd_queue *q = g_ptr_array_index(w->queues, i);
		if (rrd_queue_waiting(q) > 0 && rrd_file_is_ready(q->file) &&
		    !write_queue(w, q, error))
			return false;
	}
	return send_batch(w, error);
}

/*
 * Files that must be looked at or made first take turns, until a moment in time: after a start
 * there are many, and what is known already shall not wait for them, nor they for those that
 * cannot be made.
 */
static bool
write_others(struct rrd_writer *w, int64_t until, GError **error)
{
	guint first = w->turn;

	for (guint n = 0; n < w->queues->len && !cancelled(w); n++) {
		guint i = (first + n) % w->queues->len;
		struct rrd_queue *q = g_ptr_array_index(w->queues, i);
		w->turn = i;
		if (g_get_monotonic_time() >= until)
			break;
		if (rrd_queue_waiting(q) > 0 && !rrd_file_is_ready(q->file) &&
		    !write_queue(w, q, error))
			return false;
	}
	return send_batch(w, error);
}

static bool
write_queues(struct rrd_writer *w, GError **error)
{
	return write_ready(w, error) &&
	       write_others(
	           w, g_get_monotonic_time() + w->step * G_USEC_PER_SEC / 2, error);
}

/* How it stands, for the MIB and the alarm. */
static void
tell(const struct rrd_writer *w)
{
	int64_t since = 0;

	for (guint i = 0; i < w->queues->len; i++) {
		const struct rrd_queue *q = g_ptr_array_index(w->queues, i);
		if (q->refused_us > 0 && (since == 0 || q->refused_us < since))
			since = q->refused_us;
	}
	atomic_store(&self.rrd_refused_us, since);
	atomic_store(&self.rrd_waiting, atomic_load(&w->counters->waiting));
}

void
rrd_writer_write(struct rrd_writer *w)
{
	g_autoptr(GError) error = NULL;

	if (w->back_off_us == 0 || g_get_monotonic_time() >= w->retry_us) {
		look_at_server(w);
		be_patient(w);
		if (write_queues(w, &error))
			rrd_complaints_settle(w->complaints);
		else if (!cancelled(w))
			lose_server(w, error);
	}
	tell(w);
}

bool
rrd_writer_has_lost_server(const struct rrd_writer *w)
{
	return w->back_off_us > 0;
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
	if (w->address[0] != '\0') {
		w->server = rrdcached_new(w->address, w->cancel);
		w->asking = rrdcached_new(w->address, w->cancel);
	}
	w->queues = g_ptr_array_new_with_free_func(rrd_queue_free);
	w->complaints = rrd_complaints_new();
	w->batch = g_string_new(NULL);
	w->batch_owners = g_ptr_array_new();
	return w;
}

void
rrd_writer_free(struct rrd_writer *w)
{
	uint64_t waiting = w == NULL ? 0 : atomic_load(&w->counters->waiting);

	if (w == NULL)
		return;
	if (waiting > 0)
		log_warn("rrd", "%" G_GUINT64_FORMAT " samples could not be written and are given up",
		    waiting);
	while (w->queues->len > 0)
		rrd_writer_close(w, g_ptr_array_index(w->queues, w->queues->len - 1));
	g_ptr_array_free(w->queues, TRUE);
	rrd_complaints_free(w->complaints);
	g_string_free(w->batch, TRUE);
	g_ptr_array_free(w->batch_owners, TRUE);
	rrdcached_free(w->server);
	rrdcached_free(w->asking);
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
	    w->dir, kind, identity, w->step, interval, w->asking, &error);

	if (file == NULL) {
		log_warn("rrd", "no history of a %s: %s", kind->name, error->message);
		return NULL;
	}
	rrd_file_keep_years(file, w->years);
	struct rrd_queue *q = rrd_queue_new(file, rrd_kind_sources(kind)->n);
	g_ptr_array_add(w->queues, q);
	return q;
}

void
rrd_writer_expect(struct rrd_queue *q, unsigned interval)
{
	rrd_file_expect(q->file, interval);
}

static void
give_up(struct rrd_writer *w, struct rrd_queue *q, guint n)
{
	guint lost = n - MIN(n, q->taken);

	drop_oldest(w, q, n);
	atomic_fetch_add(&w->counters->dropped, lost);
	atomic_fetch_add(&self.rrd_dropped, lost);
}

void
rrd_writer_close(struct rrd_writer *w, struct rrd_queue *q)
{
	give_up(w, q, q->len);
	g_ptr_array_remove_fast(w->queues, q);
}

/* One more sample is to come, of that time. */
static void
make_room(struct rrd_writer *w, struct rrd_queue *q, int64_t at)
{
	unsigned seconds = KEEP_SECONDS + (w->server != NULL ? DOUBT_SECONDS : 0);
	guint most = MAX(seconds / w->step, 2);

	drop_oldest(w, q, MIN(q->taken, rrd_queue_until(q, at - DOUBT_SECONDS)));
	if (q->len < most && (w->bytes < KEEP_BYTES || q->len == 0))
		return;
	if (q->taken == 0)
		rrd_complaints_note_loss(w->complaints);
	give_up(w, q, 1);
}

void
rrd_writer_keep(
    struct rrd_writer *w, struct rrd_queue *q, const struct rrd_sample *sample)
{
	make_room(w, q, sample->at);
	rrd_queue_add(q, sample);
	w->bytes += rrd_queue_size(q);
	atomic_fetch_add(&w->counters->waiting, 1);
}
