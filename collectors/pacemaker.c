/* The thread that asks Pacemaker. */
#include "collectors/pacemaker.h"

#include <gio/gio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "collectors/pacemaker_cib.h"
#include "collectors/pacemaker_look.h"
#include "common/answer.h"
#include "common/log.h"
#include "common/sync.h"

#define SECONDS(n)   ((int64_t)(n) * G_USEC_PER_SEC)
#define CLOSE_US     (G_USEC_PER_SEC / 4) /* looks are no closer together */
#define AGAIN_US     SECONDS(1) /* what was told of, or is on its way, is there a moment later */
#define AGAIN_LOOKS  5 /* when the node that decides has left, another one takes some seconds */
#define HURRY_MS     2000 /* for a place, while there are others and nobody is slower */
#define RETRY_US     SECONDS(1) /* after a look that has failed; then 2, 4, ... */

/* Where Pacemaker's tools can be run.  Immutable. */
struct place {
	char *node;    /* for messages, "" where it is this machine and no node of ours */
	char **prefix; /* words before those of the tool, maybe none */
};

/* What is asked, from one pacemaker_apply to the next.  Immutable. */
struct plan {
	refcount refs;
	GPtrArray *places; /* struct place */
	GHashTable *names; /* Pacemaker's name of a node -> ours */
	int interval, timeout; /* seconds */
};

struct pacemaker {
	/* immutable */
	struct store *store;
	GThread *thread;
	int stop_fd; /* an eventfd: can be read once it is to end */

	/* guarded by lock */
	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct plan *plan; /* NULL: there is no Pacemaker */
	bool stopping, poked;

	/* only the thread */
	struct part *last;  /* NULL: nothing published */
	guint current;      /* place that was answered from last */
	int64_t took_us;    /* a place, the last time that one has answered */
	unsigned failures;  /* in a row */
	char *reason;       /* that was logged, NULL: all is well */
};

/* --- plans */

static void
place_free(gpointer data)
{
	struct place *place = data;

	g_free(place->node);
	g_strfreev(place->prefix);
	g_free(place);
}

static struct plan *
plan_ref(struct plan *plan)
{
	if (plan != NULL)
		ref_take(&plan->refs);
	return plan;
}

static void
plan_unref(struct plan *plan)
{
	if (plan == NULL || !ref_drop(&plan->refs))
		return;
	g_ptr_array_free(plan->places, TRUE);
	g_hash_table_destroy(plan->names);
	g_free(plan);
}

static void
add_place(struct plan *plan, const char *node, const char *command)
{
	struct place *place = g_new0(struct place, 1);

	place->node = g_strdup(node);
	if (strcmp(command, "local") == 0 ||
	    !g_shell_parse_argv(command, NULL, &place->prefix, NULL))
		place->prefix = g_new0(char *, 1);
	g_ptr_array_add(plan->places, place);
}

/* NULL: the configuration knows of no Pacemaker. */
static struct plan *
plan_new(const struct settings *settings)
{
	if (strcmp(settings->backend, "pacemaker") != 0)
		return NULL;
	struct plan *plan = g_new0(struct plan, 1);
	g_autoptr(GArray) places = settings_pacemaker_places(settings);
	atomic_init(&plan->refs, 1);
	plan->places = g_ptr_array_new_with_free_func(place_free);
	plan->names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	plan->interval = settings->pacemaker_interval;
	plan->timeout = settings->pacemaker_timeout;
	for (guint i = 0; i < settings->nodes->len; i++) {
		const struct node_setting *node = settings->nodes->pdata[i];
		if (*node->pacemaker_name != '\0')
			g_hash_table_replace(plan->names, g_strdup(node->pacemaker_name),
			    g_strdup(node->name));
	}
	for (guint i = 0; i < places->len; i++) {
		const struct pacemaker_place *place =
		    &g_array_index(places, struct pacemaker_place, i);
		add_place(plan, place->node, place->command);
	}
	return plan;
}

static uint32_t
stale_after(const struct plan *plan)
{
	return (uint32_t)(3 * plan->interval + 2 * plan->timeout);
}

/* --- asking */

static char **
words_of(const struct place *place, const char *const *tool)
{
	g_autoptr(GStrvBuilder) words = g_strv_builder_new();

	g_strv_builder_addv(words, (const char **)place->prefix);
	g_strv_builder_addv(words, (const char **)tool);
	return g_strv_builder_end(words);
}

/*
 * What the tool writes there; NULL with a sentence.  crm_mon tells of its own failure in XML
 * (`failed`): what has failed and wrote nothing has only its words.
 */
static char *
ask(const struct pacemaker *p, const struct place *place, int timeout_ms,
    const char *const *tool, bool *failed, GError **error)
{
	const struct answer_limits limits = {
		.timeout_ms = timeout_ms, .most = PACEMAKER_XML_MOST, .wake = p->stop_fd,
	};
	g_auto(GStrv) argv = words_of(place, tool);
	g_autoptr(GError) why = NULL;
	struct answer answer;

	if (!answer_of(argv, &limits, &answer, &why)) {
		g_set_error(error, why->domain, why->code, "%s: %s", tool[0], why->message);
		return NULL;
	}
	*failed = !WIFEXITED(answer.status) || WEXITSTATUS(answer.status) != 0;
	char *text = *failed && strchr(answer.text, '<') == NULL ? NULL
	    : g_steal_pointer(&answer.text);
	if (text == NULL)
		g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED, "%s %s", tool[0], answer.how);
	answer_clear(&answer);
	return text;
}

static struct part *
look_at(const struct pacemaker *p, const struct plan *plan, const struct place *place,
    int timeout_ms, GError **error)
{
	static const char *const status[] = { "crm_mon", "-1", "-r", "--fence-history=3",
		"--output-as=xml", NULL };
	static const char *const cib[] = { "cibadmin", "-Q", "-l", NULL };
	bool failed = false;
	g_autofree char *said = ask(p, place, timeout_ms, status, &failed, error);
	g_autofree char *configured = said == NULL ? NULL
	    : failed ? g_strdup("") : ask(p, place, timeout_ms, cib, &failed, error);
	const struct pacemaker_look look = {
		.status = said, .cib = configured, .last = p->last, .names = plan->names,
		.now_us = g_get_monotonic_time(), .wall = g_get_real_time(),
		.interval = plan->interval, .stale_after = stale_after(plan),
	};

	return configured == NULL ? NULL : pacemaker_part(&look, error);
}

static void
keep_reason(GString *reasons, const struct place *place, const GError *error)
{
	g_string_append_printf(reasons, "%s%s%s%s", reasons->len > 0 ? "; " : "", place->node,
	    *place->node != '\0' ? ": " : "", error->message);
}

/*
 * Of the first place that answers and is with the quorum, the last one first; else of the
 * first that answers.  NULL with the reasons: none does.
 */
static struct part *
look_around(struct pacemaker *p, const struct plan *plan, int timeout_ms, GString *reasons)
{
	struct part *best = NULL;
	guint n = plan->places->len, answered = p->current % n;

	for (guint i = 0; i < n; i++) {
		g_autoptr(GError) error = NULL;
		guint at = (p->current + i) % n;
		int64_t began = g_get_monotonic_time();
		struct part *part =
		    look_at(p, plan, plan->places->pdata[at], timeout_ms, &error);
		if (part == NULL) {
			keep_reason(reasons, plan->places->pdata[at], error);
			continue;
		}
		p->took_us = g_get_monotonic_time() - began;
		if (best == NULL || pacemaker_is_quorate(part)) {
			part_unref(best);
			best = part;
			answered = at;
		} else {
			part_unref(part);
		}
		if (pacemaker_is_quorate(best))
			break;
	}
	p->current = answered;
	return best;
}

/*
 * The place that is asked may be the very node that was lost: nobody is waited for as long as
 * may be while another may answer at once.
 */
static struct part *
look_everywhere(struct pacemaker *p, const struct plan *plan, GString *reasons)
{
	int most = plan->timeout * 1000;
	int hurry = plan->places->len == 1 ? most
	    : (int)CLAMP(4 * p->took_us / 1000, MIN(HURRY_MS, most), most);
	struct part *part = look_around(p, plan, hurry, reasons);

	if (part == NULL && hurry < most) {
		g_string_truncate(reasons, 0);
		part = look_around(p, plan, most, reasons);
	}
	return part;
}

/* --- publishing */

static void
publish(struct pacemaker *p, struct part *part)
{
	part_unref(p->last);
	p->last = part_ref(part);
	store_publish(p->store, part, PUBLISH_NOW);
}

static void
complain(struct pacemaker *p, const char *reason)
{
	if (g_strcmp0(p->reason, reason) == 0)
		return;
	if (reason != NULL)
		log_warn("pacemaker", "%s", reason);
	else
		log_info("pacemaker", "it answers");
	g_free(p->reason);
	p->reason = g_strdup(reason);
}

static bool
is_stopping(struct pacemaker *p)
{
	LOCK_SCOPE(&p->lock);
	return p->stopping;
}

static void
look(struct pacemaker *p, const struct plan *plan)
{
	g_autoptr(GString) reasons = g_string_new(NULL);
	struct part *part = look_everywhere(p, plan, reasons);

	if (is_stopping(p)) {
		part_unref(part);
		return;
	}
	p->failures = part == NULL ? p->failures + 1 : 0;
	if (part != NULL && p->reason == NULL && p->last != NULL && !p->last->reachable)
		log_info("pacemaker", "it answers");
	complain(p, part == NULL ? reasons->str : NULL);
	publish(p, part != NULL ? part : pacemaker_lost(p->last, reasons->str));
}

/* Before it has answered for the first time. */
static void
begin(struct pacemaker *p, const struct plan *plan)
{
	const struct pacemaker_look look = { .stale_after = stale_after(plan) };

	publish(p, pacemaker_waiting(&look));
	p->current = 0;
	p->failures = 0;
}

/* There is another plan, or none.  What is stopped leaves everything as it was. */
static void
end(struct pacemaker *p)
{
	if (is_stopping(p))
		return;
	g_clear_pointer(&p->last, part_unref);
	g_clear_pointer(&p->reason, g_free);
	store_retire(p->store, PACEMAKER_SOURCE);
}

/* --- the thread */

static int64_t
pause_of(const struct pacemaker *p, const struct plan *plan)
{
	int64_t retry = p->failures == 0 ? INT64_MAX : RETRY_US << MIN(p->failures - 1, 10);

	return MIN(retry, SECONDS(plan->interval));
}

/* Until it is time for the next look.  How many more there are soon, because of what was told. */
static int
wait_for_next(struct pacemaker *p, const struct plan *plan, int64_t began, int again)
{
	bool soon = again > 0 || (p->failures == 0 && pacemaker_is_settling(p->last));
	int64_t due = began + MIN(pause_of(p, plan), soon ? AGAIN_US : INT64_MAX);

	LOCK_SCOPE(&p->lock);
	while (!p->stopping && p->plan == plan) {
		int64_t until = p->poked ? began + CLOSE_US : due;
		if (g_get_monotonic_time() >= until)
			break;
		sync_cond_wait_until(&p->changed, &p->lock, until);
	}
	bool poked = p->poked;
	p->poked = false;
	return poked ? AGAIN_LOOKS : MAX(again - 1, 0);
}

/* As long as the plan is that. */
static void
follow(struct pacemaker *p, struct plan *plan)
{
	bool wanted = true;
	int again = 0;

	begin(p, plan);
	while (wanted) {
		int64_t began = g_get_monotonic_time();
		look(p, plan);
		again = wait_for_next(p, plan, began, again);
		LOCK_SCOPE(&p->lock);
		wanted = !p->stopping && p->plan == plan;
	}
}

static gpointer
pacemaker_main(gpointer data)
{
	struct pacemaker *p = data;

	pthread_mutex_lock(&p->lock);
	while (!p->stopping) {
		struct plan *plan = plan_ref(p->plan);
		if (plan == NULL) {
			sync_cond_wait_until(&p->changed, &p->lock, INT64_MAX);
			continue;
		}
		pthread_mutex_unlock(&p->lock);
		follow(p, plan);
		end(p);
		plan_unref(plan);
		pthread_mutex_lock(&p->lock);
	}
	pthread_mutex_unlock(&p->lock);
	return NULL;
}

/* --- start and stop */

struct pacemaker *
pacemaker_new(struct store *store)
{
	struct pacemaker *p = g_new0(struct pacemaker, 1);

	p->store = store;
	p->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	pthread_mutex_init(&p->lock, NULL);
	sync_cond_init(&p->changed);
	p->thread = g_thread_new("pacemaker", pacemaker_main, p);
	return p;
}

static bool
same_places(const struct plan *a, const struct plan *b)
{
	for (guint i = 0; i < a->places->len; i++) {
		const struct place *x = a->places->pdata[i], *y = b->places->pdata[i];
		if (strcmp(x->node, y->node) != 0 ||
		    !g_strv_equal((const char *const *)x->prefix, (const char *const *)y->prefix))
			return false;
	}
	return true;
}

static bool
same_names(GHashTable *a, GHashTable *b)
{
	GHashTableIter iter;
	gpointer theirs, ours;

	if (g_hash_table_size(a) != g_hash_table_size(b))
		return false;
	g_hash_table_iter_init(&iter, a);
	while (g_hash_table_iter_next(&iter, &theirs, &ours))
		if (g_strcmp0(g_hash_table_lookup(b, theirs), ours) != 0)
			return false;
	return true;
}

static bool
same_plan(const struct plan *a, const struct plan *b)
{
	if (a == NULL || b == NULL)
		return a == b;
	return a->interval == b->interval && a->timeout == b->timeout &&
	    a->places->len == b->places->len && same_places(a, b) && same_names(a->names, b->names);
}

void
pacemaker_apply(struct pacemaker *p, const struct settings *settings)
{
	struct plan *plan = plan_new(settings);

	LOCK_SCOPE(&p->lock);
	if (same_plan(plan, p->plan)) {
		plan_unref(plan);
		return;
	}
	plan_unref(p->plan);
	p->plan = plan;
	pthread_cond_broadcast(&p->changed);
}

void
pacemaker_poke(struct pacemaker *p)
{
	LOCK_SCOPE(&p->lock);
	p->poked = true;
	pthread_cond_broadcast(&p->changed);
}

void
pacemaker_free(struct pacemaker *p)
{
	uint64_t one = 1;

	if (p == NULL)
		return;
	pthread_mutex_lock(&p->lock);
	p->stopping = true;
	pthread_cond_broadcast(&p->changed);
	if (write(p->stop_fd, &one, sizeof(one)) < 0)
		log_debug("pacemaker", "its command cannot be ended at once");
	pthread_mutex_unlock(&p->lock);
	g_thread_join(p->thread);
	part_unref(p->last);
	plan_unref(p->plan);
	g_free(p->reason);
	close(p->stop_fd);
	pthread_cond_destroy(&p->changed);
	pthread_mutex_destroy(&p->lock);
	g_free(p);
}
