/* High availability: the definition's file, the same on all members of the cluster. */
#include "vmops/ha.h"

#include <string.h>

#include "vmops/crm.h"

#define FILE_S 60 /* for a small command on a host */

/* A command at that node; its exit status. */
static bool
tell(struct ha *h, const char *node, const char *const *tool, const char *input, int *status,
    char **said, GError **error)
{
	const struct crm_call call = { .tool = tool, .input = input, .seconds = FILE_S, .undo = true };

	h->run->alive(h->run->context);
	return crm_do_at(h->run, node, &call, status, said, error);
}

/* As before; whatever it says is an error unless its exit status is 0. */
static bool
do_it(struct ha *h, const char *node, const char *const *tool, const char *input, char **out,
    GError **error)
{
	g_autofree char *said = NULL;
	int status;

	if (!tell(h, node, tool, input, &status, &said, error))
		return false;
	if (status != 0)
		return op_refuse(error, CAUSE_CLUSTER, "%s: its definition cannot be kept on "
		    "node %s: %s",
		    h->run->name, node, said == NULL || *said == '\0' ? tool[0] : said);
	if (out != NULL)
		*out = g_steal_pointer(&said);
	return true;
}

static bool
is_there(struct ha *h, const char *node, const char *path, bool *there, GError **error)
{
	const char *const tool[] = { "test", "-e", path, NULL };
	int status;

	if (!tell(h, node, tool, NULL, &status, NULL, error))
		return false;
	*there = status == 0;
	return true;
}

static bool
is_ours(struct ha *h, const char *node, const char *path, bool *ours, GError **error)
{
	const char *const tool[] = { "grep", "-qF", h->mark, path, NULL };
	int status;

	if (!tell(h, node, tool, NULL, &status, NULL, error))
		return false;
	*ours = status == 0;
	return true;
}

static bool
is_same(struct ha *h, const char *node, bool *same, GError **error)
{
	const char *const tool[] = { "sha256sum", h->path, NULL };
	g_autofree char *sum = g_compute_checksum_for_string(G_CHECKSUM_SHA256, h->text, -1);
	g_autofree char *said = NULL;

	if (!do_it(h, node, tool, NULL, &said, error))
		return false;
	*same = g_str_has_prefix(said, sum);
	return true;
}

bool
ha_files_check(struct ha *h, GError **error)
{
	for (guint i = 0; i < h->members->len; i++) {
		const char *node = h->members->pdata[i];
		bool there = false, same = true;
		if (!is_there(h, node, h->path, &there, error) ||
		    (there && !is_same(h, node, &same, error)))
			return false;
		if (!same)
			return op_refuse(error, CAUSE_IMPOSSIBLE, "%s cannot be made highly "
			    "available: node %s has another file %s already: remove it "
			    "there", h->run->name, node,
			    h->path);
	}
	return true;
}

/* --- put */

/* Whole or not at all, and for nobody else's eyes: a definition may have passwords. */
static bool
put(struct ha *h, const char *node, GError **error)
{
	g_autofree char *fresh = g_strconcat(h->path, ".new", NULL);
	g_autofree char *output = g_strconcat("of=", fresh, NULL);
	const char *const make[] = { "install", "-D", "-T", "-m", "600", "/dev/null", fresh, NULL };
	const char *const write[] = { "dd", output, "conv=fsync", "status=none", NULL };
	const char *const name[] = { "mv", "-T", fresh, h->path, NULL };

	return do_it(h, node, make, NULL, NULL, error) &&
	    do_it(h, node, write, h->text, NULL, error) && do_it(h, node, name, NULL, NULL, error);
}

bool
ha_files_put(struct ha *h, GError **error)
{
	for (guint i = 0; i < h->members->len; i++) {
		const char *node = h->members->pdata[i];
		bool there = false, same = false;
		if (!h->run->pause(h->run->context, 0, error))
			return false;
		if (!is_there(h, node, h->path, &there, error) ||
		    (there && !is_same(h, node, &same, error)))
			return false;
		if (!there && (!put(h, node, error) || !is_same(h, node, &same, error)))
			return false;
		if (!same)
			return op_refuse(error, CAUSE_CLUSTER, "%s: what node %s has in %s is "
			    "not what was written there", h->run->name, node, h->path);
	}
	return true;
}

/* --- taken away */

/* In a directory of somebody else's only what has our mark. */
static bool
take_away(struct ha *h, const char *node, GError **error)
{
	g_autofree char *fresh = g_strconcat(h->path, ".new", NULL);
	g_autofree char *dir = g_strconcat(h->settings->pacemaker_definitions, "/", NULL);
	const char *tool[] = { "rm", "-f", NULL, NULL, NULL };
	bool ours = false;
	int n = 2;

	if (!is_ours(h, node, h->path, &ours, error))
		return false;
	if (g_str_has_prefix(h->path, dir))
		tool[n++] = fresh;
	if (ours)
		tool[n++] = h->path;
	return n == 2 || do_it(h, node, tool, NULL, NULL, error);
}

char *
ha_files_remove(struct ha *h)
{
	g_autoptr(GString) left = g_string_new(NULL);

	for (guint i = 0; i < h->members->len; i++) {
		g_autoptr(GError) why = NULL;
		if (!take_away(h, h->members->pdata[i], &why))
			g_string_append_printf(left, "%s%s is left on node %s (%s)",
			    left->len > 0 ? "; " : "", h->path, (char *)h->members->pdata[i],
			    why->message);
	}
	return left->len == 0 ? NULL : g_string_free(g_steal_pointer(&left), FALSE);
}

char *
ha_files_read(struct ha *h, const char *path, GError **error)
{
	g_autoptr(GError) why = NULL;

	for (guint i = 0; i < h->members->len; i++) {
		const char *const tool[] = { "cat", path, NULL };
		char *text = NULL;
		g_clear_error(&why);
		if (do_it(h, h->members->pdata[i], tool, NULL, &text, &why))
			return text;
	}
	op_refuse(error, why == NULL ? CAUSE_GONE : (enum job_cause)why->code, "%s: its "
	    "definition %s cannot be read on any member of the cluster%s%s", h->run->name, path,
	    why == NULL ? "" : ": ", why == NULL ? "" : why->message);
	return NULL;
}
