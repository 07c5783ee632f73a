/* Operations: files that clients have lent become volumes, and volumes such files. */
#include "vmops/transfer.h"

#include <string.h>

#include "common/log.h"
#include "model/lent.h"
#include "model/value.h"
#include "vmops/storage.h"

#define CHUNK    65536
#define TELL_US  (250 * 1000)
#define AGAIN_US (500 * 1000)
#define BACK_US  (60 * G_USEC_PER_SEC) /* for a host to answer again */

struct transfer {
	const struct op_run *run;
	struct lent lent;
	struct transfer_file file;
	struct storage_side side;
	virStreamPtr stream;
	const char *step;
	uint64_t done, total; /* octets; a total that nobody knows is 0 */
	uint64_t moved;       /* of these, not holes */
	uint64_t hole;        /* zeros that were read and are not sent yet */
	int64_t begun_us, told_us;
	GError *error;        /* why it was stopped */
};

static void
transfer_clear(struct transfer *t)
{
	if (t->stream != NULL)
		virStreamFree(t->stream);
	storage_close(&t->side);
	lent_close(&t->lent);
	g_clear_error(&t->error);
}
#define TRANSFER __attribute__((cleanup(transfer_clear))) struct transfer

static bool
begin(struct transfer *t, const struct op_run *run, bool writes, GError **error)
{
	t->run = run;
	t->begun_us = g_get_monotonic_time();
	if (lent_take(run->request->file, &t->lent))
		return transfer_file_open(&t->file, t->lent.file, writes, error);
	g_set_error(error, OP_ERROR, CAUSE_GONE, "%s: its file is not open any longer: the "
	    "client that had lent it is gone, or the agent was restarted", run->name);
	return false;
}

/* --- while it lasts */

static void
report(const struct transfer *t)
{
	int64_t us = g_get_monotonic_time() - t->begun_us;
	uint64_t rate = us <= 0 ? 0 : (uint64_t)((double)t->done * G_USEC_PER_SEC / (double)us);
	struct op_progress progress;

	op_progress_init(&progress);
	progress.processed = t->done;
	progress.rate = (uint32_t)MIN(rate, UINT32_MAX);
	if (t->total > 0) {
		progress.remaining = t->total - MIN(t->done, t->total);
		progress.percent = (uint32_t)MIN(t->done * 100 / t->total, 99);
		if (rate > 0)
			progress.eta = (int32_t)MIN(progress.remaining / rate, INT32_MAX);
	}
	g_strlcpy(progress.step, t->step, sizeof(progress.step));
	t->run->report(t->run->context, &progress);
}

static bool
may_go_on(struct transfer *t)
{
	int64_t now = g_get_monotonic_time();

	if (now - t->told_us < TELL_US)
		return true;
	t->told_us = now;
	t->run->alive(t->run->context);
	report(t);
	if (!lent_client_gone(&t->lent))
		return t->run->pause(t->run->context, 0, &t->error);
	g_set_error(&t->error, OP_ERROR, CAUSE_CANCELLED,
	    "%s: cancelled: the client that had lent the file is gone", t->run->name);
	return false;
}

/* Not faster than the request allows. */
static bool
keep_pace(struct transfer *t)
{
	double limit = (double)(t->run->request->bandwidth * STORAGE_MIB);
	int64_t due = limit == 0 ? 0
	    : t->begun_us + (int64_t)((double)t->moved * G_USEC_PER_SEC / limit);
	int64_t ahead;

	while ((ahead = due - g_get_monotonic_time()) > 0) {
		if (!t->run->pause(t->run->context, MIN(ahead, TELL_US), &t->error) ||
		    !may_go_on(t))
			return false;
	}
	return may_go_on(t);
}

/* "cannot WHAT NAME (pool POOL) on NODE: why", if nothing else has stopped it.  False. */
static bool
stopped(struct transfer *t, const char *what, const char *name, GError **error)
{
	if (t->error == NULL)
		return storage_fail(t->run, &t->side, what, name, error);
	g_propagate_error(error, g_steal_pointer(&t->error));
	return false;
}

static bool
new_stream(struct transfer *t, const char *name, GError **error)
{
	t->stream = virStreamNew(t->side.connection, 0);
	return t->stream != NULL ||
	    storage_fail(t->run, &t->side, "open a stream for", name, error);
}

/* --- a file becomes a volume */

static bool
send_octets(struct transfer *t, const char *octets, size_t n)
{
	if (t->hole > 0 && virStreamSendHole(t->stream, (long long)t->hole, 0) != 0)
		return false;
	t->hole = 0;
	for (size_t sent = 0; sent < n;) {
		int rc = virStreamSend(t->stream, octets + sent, n - sent);
		if (rc < 0)
			return false;
		sent += (size_t)rc;
	}
	t->moved += n;
	return true;
}

static bool
send_all(struct transfer *t)
{
	g_autofree char *room = g_malloc(CHUNK);

	for (;;) {
		uint64_t n = 0;
		enum transfer_piece piece =
		    transfer_file_read(&t->file, room, CHUNK, &n, &t->error);
		if (piece == PIECE_FAILED || !keep_pace(t))
			return false;
		if (piece == PIECE_HOLE)
			t->hole += n;
		else if (piece != PIECE_LATER && !send_octets(t, room, (size_t)n))
			return false;
		t->done += n;
		if (piece == PIECE_END)
			return true;
	}
}

static bool
upload(struct transfer *t, const char *name, GError **error)
{
	if (!new_stream(t, name, error))
		return false;
	if (virStorageVolUpload(t->side.volume, t->stream, 0, 0,
		VIR_STORAGE_VOL_UPLOAD_SPARSE_STREAM) != 0)
		return stopped(t, "write to", name, error);
	if (!send_all(t)) {
		stopped(t, "write to", name, error);
		virStreamAbort(t->stream);
		return false;
	}
	return virStreamFinish(t->stream) == 0 || stopped(t, "write to", name, error);
}

/* The beginning of what comes; a pipe may let us wait for it. */
static bool
look_at_file(struct transfer *t, GError **error)
{
	enum transfer_piece piece;

	do
		piece = transfer_file_look(&t->file, &t->error);
	while (piece == PIECE_LATER && may_go_on(t));
	if (piece != PIECE_END) {
		g_propagate_error(error, g_steal_pointer(&t->error));
		return false;
	}
	if (t->file.head_n > 0)
		return transfer_check_image(t->file.head, t->file.head_n, error);
	g_set_error_literal(error, OP_ERROR, CAUSE_IMPOSSIBLE, "the file is empty");
	return false;
}

static bool
refuse(GError **error, const struct pool *pool, const char *why)
{
	g_set_error(error, OP_ERROR, CAUSE_IMPOSSIBLE, "pool %s, of type %s, %s", pool->name,
	    pool->type, why);
	return false;
}

static bool
check_fits(const struct transfer *t, GError **error)
{
	const struct pool *pool =
	    rows_find(&t->side.cluster->rows[ROWS_POOL], t->side.pool_index, 0);
	bool files = pool != NULL && storage_has_files(pool);
	uint64_t need = files ? t->file.allocated : t->file.size;

	if (pool == NULL)
		return true;
	if (!files && t->file.size == ABSENT_U64)
		return refuse(error, pool, "must know the size beforehand: not from a pipe");
	if (!files && transfer_is_qcow(t->file.head, t->file.head_n))
		return refuse(error, pool, "has raw volumes, and the file is a qcow2 image: "
		    "'qemu-img convert' makes it raw");
	if (need == ABSENT_U64 || pool->available == ABSENT_U64 || need <= pool->available)
		return true;
	g_set_error(error, OP_ERROR, CAUSE_IMPOSSIBLE, "pool %s has %" G_GUINT64_FORMAT
	    " MiB left, and %" G_GUINT64_FORMAT " MiB are needed", pool->name,
	    pool->available / STORAGE_MIB, (need + STORAGE_MIB - 1) / STORAGE_MIB);
	return false;
}

/* Of the file's length, so that its octets, of whatever format, fit exactly. */
static bool
make_volume(struct transfer *t, const char *name, GError **error)
{
	const struct pool *pool =
	    rows_find(&t->side.cluster->rows[ROWS_POOL], t->side.pool_index, 0);
	bool files = pool != NULL && storage_has_files(pool);
	uint64_t length = t->file.size == ABSENT_U64 ? 0 : t->file.size;
	g_autofree char *xml = storage_volume_xml(&(struct volume_form){
	    .name = name, .format = files ? "raw" : NULL, .capacity = length,
	    .allocation = files ? 0 : length });

	t->side.volume = virStorageVolCreateXML(t->side.pool, xml, 0);
	return t->side.volume != NULL ||
	    storage_fail(t->run, &t->side, "make volume", name, error);
}

/* A volume that is a file has become as long as what was sent. */
static bool
check_arrived(struct transfer *t, const char *name, GError **error)
{
	uint64_t capacity, allocation, arrived;
	virStorageVolInfo info;

	if (virStorageVolGetInfo(t->side.volume, &info) == 0 && info.type != VIR_STORAGE_VOL_FILE)
		return true;
	if (!storage_measure(t->run, &t->side, &capacity, &allocation, &arrived, error))
		return false;
	if (arrived == t->done)
		return true;
	g_set_error(error, OP_ERROR, CAUSE_LIBVIRT, "of %s only %" G_GUINT64_FORMAT " of %"
	    G_GUINT64_FORMAT " octets have arrived on %s", name, arrived, t->done, t->run->node);
	return false;
}

/*
 * Where the host's libvirtd went away, it is waited for.  An agent that stops meanwhile
 * leaves the job to the next one.
 */
static void
take_back(struct transfer *t, const char *name, GError **error)
{
	int64_t until = g_get_monotonic_time() + BACK_US;
	char *left = storage_undo(t->run, &t->side, name);

	while (left != NULL && g_get_monotonic_time() < until &&
	    (t->side.connection == NULL || virConnectIsAlive(t->side.connection) != 1)) {
		SCOPED(cluster) cluster = t->run->look(t->run->context);
		if (cluster == NULL) {
			if (error != NULL && *error != NULL)
				(*error)->code = CAUSE_RESTART;
			break;
		}
		t->run->alive(t->run->context);
		g_usleep(AGAIN_US);
		storage_close(&t->side);
		if (!storage_open_pool(t->run, &t->side, NULL))
			continue;
		g_free(left);
		left = storage_undo(t->run, &t->side, name);
	}
	storage_add_left(error, left);
}

bool
op_volume_upload(const struct op_run *run, GError **error)
{
	const char *name = run->request->argument;
	TRANSFER t = { .step = "uploading", .lent = { -1, -1 } };

	if (!begin(&t, run, false, error) || !look_at_file(&t, error) ||
	    !storage_open_pool(run, &t.side, error) || !check_fits(&t, error) ||
	    !storage_check_free(run, &t.side, name, error) || !run->own(run->context, error) ||
	    !run->begin(run->context, error))
		return false;
	t.begun_us = g_get_monotonic_time();
	t.total = t.file.size == ABSENT_U64 ? 0 : t.file.size;
	if (!make_volume(&t, name, error))
		return false;
	bool done = upload(&t, name, error) && check_arrived(&t, name, error);
	if (!done)
		take_back(&t, name, error);
	storage_settle(run, run->request->object);
	return done;
}

/* --- a volume becomes a file */

static int
take_octets(virStreamPtr stream, const char *octets, size_t n, void *data)
{
	struct transfer *t = data;

	for (size_t taken = 0; taken < n;) {
		ssize_t rc =
		    transfer_file_write(&t->file, octets + taken, n - taken, &t->error);
		if (rc < 0 || !may_go_on(t))
			return -1;
		taken += (size_t)rc;
	}
	t->done += n;
	t->moved += n;
	return keep_pace(t) ? (int)n : -1;
}

static int
take_hole(virStreamPtr stream, long long length, void *data)
{
	struct transfer *t = data;

	for (uint64_t left = (uint64_t)MAX(length, 0); left > 0;) {
		int64_t rc = transfer_file_skip(&t->file, left, &t->error);
		if (rc < 0 || !may_go_on(t))
			return -1;
		left -= (uint64_t)rc;
		t->done += (uint64_t)rc;
	}
	return 0;
}

static bool
download(struct transfer *t, GError **error)
{
	const char *name = t->run->name;

	if (!new_stream(t, name, error))
		return false;
	if (virStorageVolDownload(t->side.volume, t->stream, 0, 0,
		VIR_STORAGE_VOL_DOWNLOAD_SPARSE_STREAM) != 0 ||
	    virStreamSparseRecvAll(t->stream, take_octets, take_hole, t) != 0 ||
	    virStreamFinish(t->stream) != 0)
		return stopped(t, "read", name, error);
	if (!transfer_file_end(&t->file, error))
		return false;
	if (t->done == t->total)
		return true;
	g_set_error(error, OP_ERROR, CAUSE_LIBVIRT, "of %s only %" G_GUINT64_FORMAT " of %"
	    G_GUINT64_FORMAT " octets came from %s", name, t->done, t->total, t->run->node);
	return false;
}

bool
op_volume_download(const struct op_run *run, GError **error)
{
	TRANSFER t = { .step = "downloading", .lent = { -1, -1 } };
	uint64_t capacity, allocation;

	if (!begin(&t, run, true, error) || !storage_open_subject(run, true, &t.side, error) ||
	    !run->begin(run->context, error) ||
	    !storage_measure(run, &t.side, &capacity, &allocation, &t.total, error))
		return false;
	t.begun_us = g_get_monotonic_time();
	return download(&t, error);
}
