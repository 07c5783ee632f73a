/* What was asked for, and what became of it. */
#include "client/format.h"
#include "web/listing.h"
#include "web/pages.h"

static void
show_progress(struct page *p, JsonObject *row, const struct view_column *c)
{
	g_autofree char *words = cell_progress(row, c->key);

	if (words != NULL)
		page_bar(p, (double)row_int(row, c->key), 100, TONE_GOOD, words);
}

static const struct view_column columns[] = {
	{ "vclJobIndex", "Job", show_number, .sort = "job" },
	{ "vclJobType", "What", show_text, format_words, .sort = "what" },
	{ "vclJobObjectName", "Name", show_object, .sort = "name",
	    .with = "vclJobObjectUuid vclJobObjectKind vclJobObjectIndex" },
	{ "vclJobState", "State", show_badge, format_words, tone_state, .sort = "state" },
	{ "vclJobProgress", "Done", show_progress },
	{ "vclJobSubmitted", "Asked", show_when, format_when, .sort = "asked" },
	{ "vclJobRequester", "By", show_text, cell_requester, .with = "vclJobOrigin",
	    .sort = "by" },
	{ "vclJobFinishedAt", "Finished", show_when, format_when, .sort = "finished",
	    .wide = true },
	{ "vclJobError", "Error", show_text },
	{ 0 },
};

const struct view job_view = { "jobs", columns, "vclJobIndex", true, "There are no jobs." };

static const char *const states[] = { "waiting", "running", "succeeded", "failed",
	"cancelled", "interrupted", "preparing", NULL };

static const struct listing_filter filters[] = {
	{ "state", "State", "vclJobState", states },
	{ 0 },
};

static const struct listing listing = { "Jobs", "jobs", &job_view, filters, 10,
	.searched = true };

bool
page_jobs(const struct web *web, const struct url *url, struct reply *reply, GError **error)
{
	return listing_page(&listing, web, url, reply, error);
}
