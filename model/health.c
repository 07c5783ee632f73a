/* Health: the worst active alarm, or unknown. */
#include "model/health.h"

#include <string.h>

#include "model/cluster.h"
#include "model/tables_private.h"

static const enum health_level levels[] = {
	[SEVERITY_INFO] = HEALTH_OK,
	[SEVERITY_WARNING] = HEALTH_WARNING,
	[SEVERITY_CRITICAL] = HEALTH_CRITICAL,
};

static const struct health all_well = { HEALTH_OK, "" };

static struct health
of_alarm(const struct alarm *alarm)
{
	if (alarm == NULL)
		return all_well;
	return (struct health){ levels[alarm->severity], alarm->reason };
}

/* Critical beats warning beats ok. */
static const struct alarm *
worse(const struct alarm *a, const struct alarm *b)
{
	if (a == NULL || b == NULL)
		return a == NULL ? b : a;
	return b->severity > a->severity ? b : a;
}

static struct health
or_unknown(struct health health, bool unknown, const char *why)
{
	if (unknown && health.level == HEALTH_OK)
		return (struct health){ HEALTH_UNKNOWN, why };
	return health;
}

static struct health
vm_health(const struct reading *r, const void *row)
{
	const struct vm *vm = row;
	struct health own = of_alarm(cluster_worst_alarm(r->cluster, OBJECT_VM, vm->h.index));

	return or_unknown(own, vm->state == VM_UNKNOWN || vm_is_stale(vm, r->now),
	    "not heard from lately");
}

/* Its own alarms, and those of what is on it. */
static struct health
node_health(const struct reading *r, const void *row)
{
	const struct node *node = row;
	const struct rows *alarms = &r->cluster->rows[ROWS_ALARM];
	const struct alarm *worst =
	    cluster_worst_alarm(r->cluster, OBJECT_NODE, node->h.index);

	for (size_t i = 0; i < alarms->n; i++) {
		const struct alarm *alarm = alarms->row[i];
		if (strcmp(alarm->node, node->name) == 0)
			worst = worse(worst, alarm);
	}
	if (!node_is_host(node))
		return or_unknown(of_alarm(worst), node->membership == MEMBER_UNKNOWN,
		    node->reason);
	return or_unknown(of_alarm(worst), node->state == NODE_CONNECTING,
	    "not heard from yet");
}

static struct health
pool_health(const struct reading *r, const void *row)
{
	const struct pool *pool = row;
	struct health own =
	    of_alarm(cluster_worst_alarm(r->cluster, OBJECT_POOL, pool->h.index));

	return or_unknown(own, pool->state == POOL_UNKNOWN || pool_is_stale(pool, r->now),
	    "not heard from lately");
}

static struct health
app_health(const struct reading *r, const void *row)
{
	const struct app *app = row;
	struct health own =
	    of_alarm(cluster_worst_alarm(r->cluster, OBJECT_APP, app->h.index));

	return or_unknown(own, app->state == APP_UNKNOWN || app_is_stale(app, r->now),
	    *app->reason != '\0' ? app->reason : "not heard from lately");
}

static struct health
cluster_health(const struct reading *r, const void *row)
{
	const struct rows *alarms = &r->cluster->rows[ROWS_ALARM];
	const struct cluster_info *info = row;
	const struct alarm *worst = NULL;

	for (size_t i = 0; i < alarms->n; i++)
		worst = worse(worst, alarms->row[i]);
	return or_unknown(of_alarm(worst), info->nodes > 0 && info->nodes_online == 0,
	    "no node is online");
}

static struct health (*const healths[])(const struct reading *, const void *) = {
	[OBJECT_CLUSTER] = cluster_health,
	[OBJECT_NODE] = node_health,
	[OBJECT_VM] = vm_health,
	[OBJECT_POOL] = pool_health,
	[OBJECT_APP] = app_health,
};

struct health
health_of(const struct reading *r, enum object_kind kind, const void *row)
{
	return healths[kind](r, row);
}

void
get_health(const struct reading *r, enum object_kind kind, const void *row, struct value *out)
{
	out->syntax = SYN_ENUM;
	out->i = (int64_t)health_of(r, kind, row).level;
}

void
get_health_reason(const struct reading *r, enum object_kind kind, const void *row,
    struct value *out)
{
	out->syntax = SYN_TEXT;
	out->s = health_of(r, kind, row).reason;
}
