/* Verbs of the control protocol that make, follow and cancel jobs. */
#include "config.h"

#include <fcntl.h>
#include <gio/gio.h>
#include <string.h>
#include <unistd.h>

#include "agent/control_call.h"
#include "agent/json.h"
#include "agent/reply.h"
#include "common/log.h"
#include "model/lent.h"

#define SLICE_US     (200 * G_TIME_SPAN_MILLISECOND) /* between looks at the peer */
#define JOB_GRACE_US (2 * G_TIME_SPAN_SECOND)        /* until an accepted job is a row */

static bool
get_job(const struct call *call, uint32_t *out, GError **error)
{
	int64_t job = 0;

	if (!json_get_int(call->request, "job", 1, UINT32_MAX, &job, error))
		return false;
	*out = (uint32_t)job;
	return call_must_have(job != 0 ? out : NULL, "job", error);
}

static bool
no_job(uint32_t job, GError **error)
{
	g_set_error(error, REQUEST_ERROR, REQUEST_NO_OBJECT, "there is no job %u", job);
	return false;
}

static bool
may_go_on(const struct call *call, int wait_ms, GError **error)
{
	const struct control_session *s = call->session;

	if (atomic_load(s->stopping)) {
		g_set_error_literal(error, G_IO_ERROR, G_IO_ERROR_CANCELLED,
		    "virtclusterd is stopping");
		return false;
	}
	if (!wire_peer_gone(s->wire, wait_ms))
		return true;
	g_set_error_literal(error, G_IO_ERROR, G_IO_ERROR_CLOSED, "the client is gone");
	return false;
}

/*
 * Replaces the cluster value by a newer one, or by itself when there is none for a while.
 * Does not spin when store_wait returns at once because the daemon is about to end.
 */
static bool
wait_for_news(const struct call *call, struct cluster **cluster, GError **error)
{
	uint64_t seen = (*cluster)->generation;

	cluster_unref(*cluster);
	*cluster = store_wait(call->session->setup->store, seen, SLICE_US);
	return may_go_on(call, (*cluster)->generation == seen ? 20 : 0, error);
}

/* A job that was accepted a moment ago becomes a row soon. */
static const struct job *
wait_for_job(const struct call *call, struct cluster **cluster, uint32_t index,
    GError **error)
{
	int64_t deadline = g_get_monotonic_time() + JOB_GRACE_US;
	const struct job *job;

	while ((job = cluster_job(*cluster, index)) == NULL) {
		if (g_get_monotonic_time() >= deadline) {
			no_job(index, error);
			return NULL;
		}
		if (!wait_for_news(call, cluster, error))
			return NULL;
	}
	return job;
}

/* Sends the job's row whenever it has changed, until it is finished. */
static bool
follow_job(const struct call *call, struct cluster **cluster, uint32_t index,
    GError **error)
{
	g_autofree char *sent = NULL;
	const struct job *job = wait_for_job(call, cluster, index, error);

	while (job != NULL) {
		g_autofree char *line = call_row_line(*cluster, &job_table, job);
		if (g_strcmp0(line, sent) != 0) {
			if (!wire_put_line(call->session->wire, line, error) ||
			    !wire_flush(call->session->wire, error))
				return false;
			g_free(sent);
			sent = g_steal_pointer(&line);
		}
		if (job_state_is_final(job->state))
			return call_put_end(call, error);
		if (!wait_for_news(call, cluster, error))
			return false;
		job = cluster_job(*cluster, index);
		if (job == NULL)
			no_job(index, error);
	}
	return false;
}

bool
answer_follow(const struct call *call, GError **error)
{
	SCOPED(cluster) cluster = cluster_ref(call->cluster);
	uint32_t job;

	return get_job(call, &job, error) && follow_job(call, &cluster, job, error);
}

/* "file": a descriptor has come with the line.  A connection lends one at a time. */
static bool
lend_file(const struct call *call, struct request *request, GError **error)
{
	const struct control_session *s = call->session;
	int file = wire_take_descriptor(s->wire);
	bool said = false;
	bool good = json_get_bool(call->request, "file", &said, error);

	if (said && file >= 0 && s->lent != NULL) {
		lent_drop(*s->lent);
		*s->lent = lent_put(file, fcntl(wire_fd(s->wire), F_DUPFD_CLOEXEC, 0));
		request->file = *s->lent;
		return true;
	}
	if (file >= 0)
		close(file);
	if (said)
		g_set_error_literal(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
		    "\"file\": no descriptor has come with the line");
	return good && !said;
}

bool
answer_submit(const struct call *call, GError **error)
{
	const struct control_setup *setup = call->session->setup;
	g_autofree const char **words = NULL;
	struct request request;

	if (!json_get_words(call->request, "words", &words, error) ||
	    !call_must_have(words, "words", error) ||
	    !command_parse_words(call->cluster, words, &request, error) ||
	    !lend_file(call, &request, error))
		return false;
	g_autofree char *requester = peer_name(call->session->peer);
	request.origin = ORIGIN_CLI;
	g_strlcpy(request.requester, requester, sizeof(request.requester));
	g_autoptr(GError) refused = NULL;
	uint32_t index = request_submit(setup->door, &request, &refused);
	if (refused != NULL) {
		lent_drop(request.file);
		g_propagate_error(error, g_steal_pointer(&refused));
		return false;
	}
	log_info("control", "job %u: %s %s for %s", index,
	    enum_to_name(job_type_names, request.type), request.name, requester);

	/* It is accepted, whatever happens from here on: without its row if need be. */
	SCOPED(cluster) cluster = cluster_ref(call->cluster);
	const struct job *job = index == 0 ? NULL : wait_for_job(call, &cluster, index, NULL);
	if (job != NULL && !call_put_row(call, cluster, &job_table, job, error))
		return false;
	JsonBuilder *b = reply_start("end");
	reply_add_int(b, "job", index);
	return call_put(call, b, error);
}

bool
answer_cancel(const struct call *call, GError **error)
{
	const struct control_setup *setup = call->session->setup;
	uint32_t job;

	if (!get_job(call, &job, error))
		return false;
	if (cluster_job(call->cluster, job) == NULL)
		return no_job(job, error);
	return setup->cancel(setup->ctx, job, error) && call_put_end(call, error);
}
