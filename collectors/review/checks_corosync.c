/* Checks of Corosync: time-outs, networks, votes. */
#include "collectors/review/review_private.h"

#define TOKEN_MOST  1000 /* ms: what the aim of a failover within 5 s leaves */
#define TOKEN_LEAST 500  /* ms: below, a busy host is taken for a dead one */
#define TOKEN_COEFFICIENT 650 /* ms, Corosync's default */

/* What one of the nodes says; NULL: none has answered. */
static const char *
corosync_of(const struct judge *judge)
{
	const struct review_node *node = first_told(judge, FROM_COROSYNC);

	return node == NULL ? NULL : told(node, FROM_COROSYNC);
}

/* --- time-outs */

/* As somebody has written it, or would: Corosync adds something for each node from the third on. */
static long
token_of(const char *text)
{
	long written = cmap_number(text, "totem.token", -1);
	long holds = cmap_number(text, "runtime.config.totem.token", -1);
	long more = cmap_number(text, "totem.token_coefficient", TOKEN_COEFFICIENT);
	long nodes = (long)cmap_nodes(text);

	if (written >= 0 || holds < 0)
		return written;
	return nodes > 2 ? holds - more * (nodes - 2) : holds;
}

/* Sets it where it stands, or puts it there; the same on each node. */
static char *
command_that_sets(const char *text, const char *section, const char *key, const char *value)
{
	g_autofree char *full = g_strdup_printf("%s.%s", section, key);
	g_autofree char *now = cmap_value(text, full);
	const char *file = "/etc/corosync/corosync.conf && corosync-cfgtool -R";

	if (now != NULL)
		return g_strdup_printf("sed -i 's/^\\([[:space:]]*%s:\\).*/\\1 %s/' %s", key, value,
		    file);
	return g_strdup_printf("sed -i '/^[[:space:]]*%s[[:space:]]*{/a %s: %s' %s", section, key,
	    value, file);
}

static void
find_token(struct judge *judge, const char *text, long token, const char *value)
{
	g_autofree char *milliseconds = g_strdup_printf("%ld", token);
	g_autofree char *mend = command_that_sets(text, "totem", "token", value);

	judge_found(judge, "", milliseconds, mend, NULL);
}

void
check_token_long(struct judge *judge)
{
	const char *text = corosync_of(judge);
	long token = text == NULL ? -1 : token_of(text);

	if (text != NULL && token < 0)
		judge_unknown(judge, "", "After what time a node counts as lost is not known. Corosync "
		    "does not tell its token.");
	if (token > TOKEN_MOST)
		find_token(judge, text, token, "1000");
}

void
check_token_short(struct judge *judge)
{
	const char *text = corosync_of(judge);
	long token = text == NULL ? -1 : token_of(text);

	if (token >= 0 && token < TOKEN_LEAST)
		find_token(judge, text, token, "1000");
}

void
check_one_ring(struct judge *judge)
{
	const char *text = corosync_of(judge);
	g_autofree char *first =
	    text == NULL ? NULL : cmap_value(text, "nodelist.node.0.ring0_addr");
	g_autofree char *second =
	    text == NULL ? NULL : cmap_value(text, "nodelist.node.0.ring1_addr");

	if (first != NULL && second == NULL)
		judge_found(judge, "", NULL);
}

/* --- votes */

static bool
has_device(const char *text)
{
	g_autofree char *model = cmap_value(text, "quorum.device.model");

	return model != NULL;
}

void
check_two_node(struct judge *judge)
{
	const char *text = corosync_of(judge);

	if (text == NULL || cmap_nodes(text) != 2 || has_device(text) ||
	    cmap_number(text, "quorum.two_node", 0) != 0)
		return;
	g_autofree char *mend = command_that_sets(text, "quorum", "two_node", "1");
	judge_found(judge, "", mend, NULL);
}

/* It is on with two_node unless somebody has switched it off. */
void
check_wait_for_all(struct judge *judge)
{
	const char *text = corosync_of(judge);

	if (text == NULL || cmap_number(text, "quorum.two_node", 0) == 0 ||
	    cmap_number(text, "quorum.wait_for_all", 1) != 0)
		return;
	g_autofree char *mend = command_that_sets(text, "quorum", "wait_for_all", "1");
	judge_found(judge, "", mend, NULL);
}

void
check_even_votes(struct judge *judge)
{
	const char *text = corosync_of(judge);
	unsigned nodes = text == NULL ? 0 : cmap_nodes(text);
	g_autofree char *number = g_strdup_printf("%u", nodes);

	if (nodes >= 4 && nodes % 2 == 0 && !has_device(text))
		judge_found(judge, "", number, NULL);
}

/* "Expected votes:   3" */
static long
expected_votes(const char *text)
{
	g_autoptr(GRegex) regex = g_regex_new("^Expected votes:\\s+(\\d+)", G_REGEX_MULTILINE, 0, NULL);
	g_autoptr(GMatchInfo) match = NULL;

	if (text == NULL || !g_regex_match(regex, text, 0, &match))
		return -1;
	g_autofree char *number = g_match_info_fetch(match, 1);
	return (long)g_ascii_strtoll(number, NULL, 10);
}

/* Only where each node has the one vote that it has by default. */
static bool
votes_are_plain(const char *text)
{
	for (unsigned i = 0, n = cmap_nodes(text); i < n; i++) {
		g_autofree char *key = g_strdup_printf("nodelist.node.%u.quorum_votes", i);
		if (cmap_number(text, key, 1) != 1)
			return false;
	}
	return true;
}

void
check_expected_votes(struct judge *judge)
{
	const struct review_node *node = first_told(judge, FROM_QUORUM);
	const char *text = corosync_of(judge);
	long expected = node == NULL ? -1 : expected_votes(told(node, FROM_QUORUM));
	long nodes = text == NULL ? 0 : (long)cmap_nodes(text);

	if (node != NULL && expected < 0)
		judge_unknown(judge, node->name, "How many votes there are is not known. %s",
		    node->reply[FROM_QUORUM].why != NULL ? node->reply[FROM_QUORUM].why
							 : "corosync-quorumtool does not say.");
	if (expected < 0 || nodes == 0 || has_device(text) || !votes_are_plain(text) ||
	    expected == nodes)
		return;
	g_autofree char *is = g_strdup_printf("%ld", expected);
	g_autofree char *should = g_strdup_printf("%ld", nodes);
	judge_found(judge, "", is, should, NULL);
}

/* --- all nodes say the same */

static bool
says_same(const char *a, const char *b, const char *key)
{
	g_autofree char *x = cmap_value(a, key);
	g_autofree char *y = cmap_value(b, key);

	return g_strcmp0(x, y) == 0;
}

static const char *
what_differs(const char *a, const char *b)
{
	static const char *const keys[] = { "totem.cluster_name", "totem.token", "totem.consensus",
		"totem.crypto_cipher", "quorum.provider", "quorum.two_node",
		"quorum.expected_votes", "quorum.wait_for_all", "quorum.device.model" };

	for (size_t i = 0; i < G_N_ELEMENTS(keys); i++)
		if (!says_same(a, b, keys[i]))
			return keys[i];
	return cmap_nodes(a) != cmap_nodes(b) ? "nodelist" : NULL;
}

void
check_corosync_differs(struct judge *judge)
{
	const struct review_node *first = first_told(judge, FROM_COROSYNC);

	for (guint i = 0; first != NULL && i < judge->material->nodes->len; i++) {
		const struct review_node *node = judge->material->nodes->pdata[i];
		const char *key = node == first || told(node, FROM_COROSYNC) == NULL ? NULL
		    : what_differs(told(first, FROM_COROSYNC), told(node, FROM_COROSYNC));
		if (key != NULL)
			judge_found(judge, node->name, first->name, key, NULL);
	}
}
