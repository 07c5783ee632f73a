/* Checks of the nodes: clocks, versions, what else wants to act there. */
#include "collectors/review/review_private.h"

#include <string.h>

/* --- clocks */

#define APART_US G_USEC_PER_SEC
#define SLOW_US	 (2 * G_USEC_PER_SEC) /* for an answer */

/* How far its clock is before ours: somewhere between these. */
struct offset {
	const struct review_node *node;
	int64_t least, most;
};

/* "1795898573.123456789" */
static bool
offset_of(const struct review_node *node, struct offset *offset)
{
	const struct review_reply *reply = &node->reply[FROM_CLOCK];
	char *end = NULL;

	if (reply->text == NULL)
		return false;
	guint64 seconds = g_ascii_strtoull(reply->text, &end, 10);
	int64_t fraction = 0, scale = G_USEC_PER_SEC / 10;
	if (end == reply->text || seconds > G_MAXINT32 * UINT64_C(4))
		return false;
	for (const char *p = *end == '.' ? end + 1 : end; g_ascii_isdigit(*p); p++, scale /= 10)
		fraction += (*p - '0') * scale;
	int64_t theirs = (int64_t)seconds * G_USEC_PER_SEC + fraction;
	*offset = (struct offset){ node, theirs - reply->after, theirs - reply->before };
	return true;
}

/* As far as they are apart at the least. */
static int64_t
apart(const struct offset *a, const struct offset *b)
{
	if (a->least > b->most)
		return a->least - b->most;
	return b->least > a->most ? b->least - a->most : 0;
}

/* To how many others it is near. */
static unsigned
near_to(const struct offset *offset, const struct offset *all, unsigned n)
{
	unsigned near = 0;

	for (unsigned i = 0; i < n; i++)
		near += apart(offset, &all[i]) <= APART_US ? 1 : 0;
	return near;
}

/* The one that most agree with is right; of two, the first. */
static const struct offset *
right_one(const struct offset *all, unsigned n)
{
	const struct offset *best = &all[0];

	for (unsigned i = 1; i < n; i++)
		if (near_to(&all[i], all, n) > near_to(best, all, n))
			best = &all[i];
	return best;
}

/* An answer that takes long shows nothing. */
static bool
is_sharp(struct judge *judge, const struct offset *offset)
{
	if (offset->most - offset->least <= SLOW_US)
		return true;
	judge_unknown(judge, offset->node->name,
	    "Of %s it is not known whether its clock is right. It took longer than two seconds "
	    "to answer.", offset->node->name);
	return false;
}

void
check_clocks(struct judge *judge)
{
	const GPtrArray *nodes = judge->material->nodes;
	g_autofree struct offset *all = g_new0(struct offset, nodes->len + 1);
	unsigned n = 0;

	for (guint i = 0; i < nodes->len; i++)
		if (offset_of(nodes->pdata[i], &all[n]) && is_sharp(judge, &all[n]))
			n++;
	if (n < 2)
		return;
	const struct offset *right = right_one(all, n);
	for (unsigned i = 0; i < n; i++) {
		int64_t difference = apart(&all[i], right);
		if (difference <= APART_US)
			continue;
		g_autofree char *seconds = g_strdup_printf("%.1f",
		    (double)difference / G_USEC_PER_SEC);
		judge_found(judge, all[i].node->name, seconds,
		    all[i].least > right->least ? "ahead of" : "behind", right->node->name, NULL);
	}
}

/* --- versions */

/* The first number with a point in it: "Pacemaker 2.1.5", "libvirt 9.0.0"; to be freed. */
static char *
version_in(const char *text)
{
	g_autoptr(GRegex) regex = g_regex_new("\\d+(\\.\\d+)+([-+~][\\w.]+)*", 0, 0, NULL);
	g_autoptr(GMatchInfo) match = NULL;

	return g_regex_match(regex, text, 0, &match) ? g_match_info_fetch(match, 0) : NULL;
}

/* `of`: where in the answer it stands. */
static void
find_versions(struct judge *judge, enum review_source source, const char *(*of)(const char *text))
{
	const GPtrArray *nodes = judge->material->nodes;
	g_autofree char *first = NULL;
	const char *where = NULL;

	for (guint i = 0; i < nodes->len; i++) {
		const struct review_node *node = nodes->pdata[i];
		const char *text = told(node, source);
		g_autofree char *version = text == NULL ? NULL : version_in(of(text));
		if (text == NULL)
			continue;
		if (version == NULL) {
			judge_unknown(judge, node->name, "The version of %s is not known. It says: %.60s",
			    node->name, text);
		} else if (first == NULL) {
			first = g_steal_pointer(&version);
			where = node->name;
		} else if (strcmp(version, first) != 0) {
			judge_found(judge, node->name, version, where, first, NULL);
		}
	}
}

static const char *
whole(const char *text)
{
	return text;
}

/* "Running against daemon: 9.0.0", in whatever language: the last line that is not empty. */
static const char *
last_line(const char *text)
{
	const char *last = text;

	for (const char *p = text; (p = strchr(p, '\n')) != NULL; p++)
		if (p[1] != '\0' && p[1] != '\n')
			last = p + 1;
	return last;
}

void
check_versions_pacemaker(struct judge *judge)
{
	find_versions(judge, FROM_PACEMAKERD, whole);
}

void
check_versions_corosync(struct judge *judge)
{
	find_versions(judge, FROM_COROSYNC_VERSION, whole);
}

void
check_versions_libvirt(struct judge *judge)
{
	find_versions(judge, FROM_LIBVIRT, last_line);
}

/* --- what else starts and stops VMs */

/* What is not installed there is no trouble. */
static bool
is_silent(const struct review_reply *reply)
{
	return *reply->text == '\0' &&
	    (reply->why == NULL || strstr(reply->why, "No such file") == NULL);
}

void
check_libvirt_guests(struct judge *judge)
{
	for (guint i = 0; i < judge->material->nodes->len; i++) {
		const struct review_node *node = judge->material->nodes->pdata[i];
		const struct review_reply *reply = &node->reply[FROM_BOOT];
		if (reply->text == NULL)
			continue;
		if (g_str_has_prefix(reply->text, "enabled"))
			judge_found(judge, node->name, node->name, NULL);
		else if (is_silent(reply))
			judge_unknown(judge, node->name, "Of %s it is not known whether libvirt-guests "
			    "is enabled. %s", node->name, reply->why != NULL ? reply->why : "");
	}
}
