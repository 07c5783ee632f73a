/* The verb of the control protocol that reviews how the cluster is set up. */
#include <string.h>

#include "agent/control_call.h"
#include "agent/json.h"
#include "agent/reply.h"
#include "common/sync.h"

/* A review while its answer is written. */
struct writing {
	const struct call *call;
	GError *error; /* the peer has gone; nothing more is written */
};

/* One at a time: each starts programs on all nodes. */
static atomic_bool busy;

static void
put(struct writing *writing, JsonBuilder *b)
{
	if (writing->error != NULL)
		g_object_unref(b);
	else if (call_put(writing->call, b, &writing->error))
		wire_flush(writing->call->session->wire, &writing->error);
}

static void
put_progress(void *ctx, unsigned done, unsigned of, const char *what)
{
	JsonBuilder *b = reply_start("row");

	reply_add_int(b, "done", done);
	reply_add_int(b, "of", of);
	reply_add_text(b, "what", what);
	put(ctx, b);
}

static void
add_known(JsonBuilder *b, const char *key, const char *text)
{
	if (text != NULL && *text != '\0')
		reply_add_text(b, key, text);
}

static void
put_finding(void *ctx, const struct control_finding *finding)
{
	JsonBuilder *b = reply_start("row");

	reply_add_text(b, "check", finding->check);
	reply_add_text(b, "severity", finding->severity);
	add_known(b, "about", finding->about);
	reply_add_text(b, "text", finding->text);
	add_known(b, "mend", finding->mend);
	add_known(b, "on", finding->on);
	add_known(b, "advice", finding->advice);
	put(ctx, b);
}

static bool
run_review(const struct call *call, GError **error)
{
	const struct control_setup *setup = call->session->setup;
	struct writing writing = { .call = call };
	struct control_review review = {
		.progress = put_progress, .finding = put_finding, .ctx = &writing,
	};
	bool done = setup->review(setup->ctx, &review, error);

	if (done && writing.error != NULL)
		g_propagate_error(error, g_steal_pointer(&writing.error));
	else if (done) {
		JsonBuilder *b = reply_start("end");
		reply_add_int(b, "checks", review.checks);
		reply_add_int(b, "nodes", review.nodes);
		return call_put(call, b, error);
	}
	g_clear_error(&writing.error);
	return false;
}

bool
answer_review(const struct call *call, GError **error)
{
	const struct control_setup *setup = call->session->setup;
	SCOPED(settings) settings = setup->settings(setup->ctx);
	bool free = false;

	if (strcmp(settings->backend, "pacemaker") != 0 || setup->review == NULL)
		return request_refuse(error, REQUEST_IMPOSSIBLE,
		    "there is no cluster manager in the configuration");
	if (!atomic_compare_exchange_strong(&busy, &free, true))
		return request_refuse(error, REQUEST_BUSY,
		    "somebody else has the cluster reviewed; try again in a moment");
	bool done = run_review(call, error);
	atomic_store(&busy, false);
	return done;
}
