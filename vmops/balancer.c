/* The balancer: advice as rows, and the automatic balance. */
#include "vmops/balancer.h"

#include <string.h>

#include "common/log.h"
#include "common/ticker.h"
#include "model/rules.h"
#include "vmops/placer.h"

#define LOOK_US (5 * G_USEC_PER_SEC)

struct balancer {
	/* immutable */
	struct store *store;
	const struct request_door *door;
	struct ticker *ticker;

	/* the thread only */
	char *shown;   /* what the rows say, to publish changes only */
	int64_t asked; /* monotonic: when the last balance was looked for */
	bool refused;  /* the last one was; said once */
};

/* --- advice */

static void
add_advice(struct part *part, const struct cluster *cluster, const struct move *move,
    uint32_t rank)
{
	const struct node *from = cluster_node(cluster, move->from);
	const struct node *to = cluster_node(cluster, move->to);
	struct advice *row = part_add(part, ROWS_ADVICE);

	row->h.index = rank;
	row->vm = move->vm->h.index;
	row->from = move->from;
	row->to = move->to;
	row->vm_name = part_text(part, move->vm->name);
	row->from_name = part_text(part, from->name);
	row->to_name = part_text(part, to->name);
	row->gain = move->gain;
	row->reason = part_text(part, move->reason);
}

static char *
words_of(const GPtrArray *plan)
{
	GString *text = g_string_new(NULL);

	for (guint i = 0; i < plan->len; i++) {
		const struct move *move = plan->pdata[i];
		g_string_append_printf(text, "%u %u %u %u %s\n", move->vm->h.index, move->from,
		    move->to, move->gain, move->reason);
	}
	return g_string_free(text, FALSE);
}

static void
publish(struct balancer *b, const struct cluster *cluster, const GPtrArray *plan)
{
	char *words = words_of(plan);
	bool same = g_strcmp0(words, b->shown) == 0;

	g_free(b->shown);
	b->shown = words;
	if (same)
		return;
	struct part *part = part_new("advice", NULL);
	for (guint i = 0; i < plan->len; i++)
		add_advice(part, cluster, plan->pdata[i], i + 1);
	store_publish(b->store, part, PUBLISH_SOON);
}

/* --- the automatic balance */

static bool
is_moving(const struct cluster *cluster)
{
	const struct rows *jobs = &cluster->rows[ROWS_JOB];

	for (size_t i = 0; i < jobs->n; i++) {
		const struct job *job = jobs->row[i];
		if ((job->type == JOB_MIGRATE || job->type == JOB_EVACUATE ||
			job->type == JOB_MAINTENANCE || job->type == JOB_BALANCE) &&
		    (job->state == JOB_WAITING || job->state == JOB_RUNNING))
			return true;
	}
	return false;
}

unsigned
balancer_may_move(const struct cluster *cluster, unsigned lately)
{
	const struct placer_limits *limits = &cluster->rules->limits;
	unsigned hour = (unsigned)limits->moves_per_hour;

	if (limits->auto_balance == 0 || !cluster_info(cluster)->control || lately >= hour ||
	    is_moving(cluster))
		return 0;
	return MIN(hour - lately, (unsigned)limits->moves);
}

static void
ask(struct balancer *b, unsigned most)
{
	struct request request = {
		.type = JOB_BALANCE, .kind = OBJECT_CLUSTER, .origin = ORIGIN_CLUSTER,
		.amount = most,
	};
	g_autoptr(GError) error = NULL;

	g_strlcpy(request.name, "cluster", sizeof(request.name));
	g_strlcpy(request.requester, "balancer", sizeof(request.requester));
	uint32_t job = request_submit(b->door, &request, &error);
	if (job != 0)
		log_info("balancer", "job %u: at most %u moves", job, most);
	else if (!b->refused)
		log_warn("balancer", "%s", error->message);
	b->refused = job == 0;
}

static void
look(void *data)
{
	struct balancer *b = data;
	SCOPED(cluster) cluster = store_get(b->store);
	const struct placer_limits *limits = &cluster->rules->limits;
	int64_t now = g_get_monotonic_time();
	SCOPED(placer) p = placer_new(cluster, now, g_get_real_time());
	g_autoptr(GPtrArray) plan = placer_plan_balance(p, (unsigned)limits->moves);

	publish(b, cluster, plan);
	if (plan->len == 0 ||
	    now - b->asked < (int64_t)limits->auto_balance * G_USEC_PER_SEC)
		return;
	unsigned most = balancer_may_move(cluster, placer_moves_lately(p));
	if (most == 0)
		return;
	b->asked = now;
	ask(b, most);
}

/* --- the thread */

/* The first look comes late enough for nodes to have been seen twice, with their load. */
struct balancer *
balancer_new(struct store *store, const struct request_door *door)
{
	struct balancer *b = g_new0(struct balancer, 1);

	b->store = store;
	b->door = door;
	b->shown = g_strdup("");
	b->asked = g_get_monotonic_time();
	b->ticker = ticker_new("balancer", LOOK_US, look, b);
	return b;
}

void
balancer_free(struct balancer *b)
{
	if (b == NULL)
		return;
	ticker_free(b->ticker);
	g_free(b->shown);
	g_free(b);
}
