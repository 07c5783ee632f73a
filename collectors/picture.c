/* The picture: what is known of one host, and the parts made from it. */
#include "collectors/picture.h"

#include <string.h>

#include "collectors/device_look.h"
#include "collectors/device_rows.h"
#include "collectors/feed.h"
#include "common/log.h"
#include "model/cluster.h"
#include "model/value.h"

#define CONFIGS_MOST   500 /* asked for after one sample: each is a call */
#define CONFIGS_OLD_US (10 * 60 * G_USEC_PER_SEC)
#define NO_UUID	       "00000000-0000-0000-0000-000000000000"

struct picture {
	char *name, *uri, *source;
	int interval;
	int32_t state;
	char *reason;
	uint64_t polls, polls_failed;
	uint32_t poll_ms;
	int64_t sampled_us, seen_at;
	struct node own;       /* numbers libvirt told; no texts */
	struct probe_record probe;
	bool probe_fresh;      /* `probe` holds still */
	int64_t probed_us;     /* when it came, 0: never */
	struct part *last;     /* the last one made from a sample; NULL: none yet */
	GHashTable *histories; /* UUID -> struct domain_history */
	GHashTable *ignored;   /* set of UUIDs that were complained about */
	uint64_t pass;         /* counts samples */
	bool watched;          /* the host has answered ever since the last sample */
};

struct picture *
picture_new(const char *name, const char *uri, int interval)
{
	struct picture *p = g_new0(struct picture, 1);

	p->name = g_strdup(name);
	p->uri = g_strdup(uri);
	p->source = g_strconcat("node:", name, NULL);
	p->interval = interval;
	p->state = NODE_CONNECTING;
	p->reason = g_strdup("");
	p->poll_ms = ABSENT_U32;
	table_row_init(ROWS_NODE, &p->own);
	p->histories = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
	    (GDestroyNotify)domain_history_free);
	p->ignored = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	return p;
}

void
picture_free(struct picture *p)
{
	part_unref(p->last);
	g_hash_table_destroy(p->histories);
	g_hash_table_destroy(p->ignored);
	g_free(p->name);
	g_free(p->uri);
	g_free(p->source);
	g_free(p->reason);
	g_free(p);
}

void
picture_set_interval(struct picture *p, int interval)
{
	p->interval = interval;
}

void
picture_inherit(struct picture *p, struct picture *earlier)
{
	p->polls = earlier->polls;
	p->polls_failed = earlier->polls_failed;
	p->poll_ms = earlier->poll_ms;
	p->sampled_us = earlier->sampled_us;
	p->seen_at = earlier->seen_at;
	p->own = earlier->own;
	p->probe = earlier->probe;
	p->probe_fresh = earlier->probe_fresh;
	p->probed_us = earlier->probed_us;
	p->last = earlier->last == NULL ? NULL : part_ref(earlier->last);
}

int32_t
picture_state(const struct picture *p)
{
	return p->state;
}

const char *
picture_reason(const struct picture *p)
{
	return p->reason;
}

/* --- the node's row */

static void
set_node_state(struct picture *p, enum node_state state, const char *reason)
{
	p->state = state;
	g_free(p->reason);
	p->reason = g_strdup(reason);
}

static void
describe_node(const struct picture *p, struct part *part, struct node *node)
{
	node->name = part_text(part, p->name);
	node->uri = part_text(part, p->uri);
	node->reason = part_text(part, p->reason);
	node->kind = NODE_PHYSICAL;
	node->state = p->state;
	node->polls = p->polls;
	node->polls_failed = p->polls_failed;
	node->poll_ms = p->poll_ms;
	node->interval = (uint32_t)p->interval;
	node->sampled_us = p->sampled_us;
	node->seen_at = p->seen_at;
}

/* From that row of facts, or from nothing. */
static void
add_node(const struct picture *p, struct part *part, const struct node *facts)
{
	struct node *node = facts == NULL ? part_add(part, ROWS_NODE)
					  : part_add_copy(part, ROWS_NODE, facts);

	describe_node(p, part, node);
	probe_record_fill(p->probe_fresh ? &p->probe : NULL, &p->own, node);
	node->probed_us = p->probed_us;
}

static const struct node *
last_node(const struct picture *p)
{
	return p->last == NULL ? NULL : p->last->rows[ROWS_NODE]->pdata[0];
}

/* --- rows of VMs */

static void
ignore(struct picture *p, const struct domain_reading *reading, const char *why)
{
	if (g_hash_table_add(p->ignored, g_strdup(reading->uuid)))
		log_warn("host", "%s: %s is left out: %s", p->name, reading->name, why);
}

/* The history of a domain seen for the first time in this pass; NULL: leave it out. */
static struct domain_history *
history_of(struct picture *p, const struct domain_reading *reading)
{
	if (reading->uuid[0] == '\0' || strcmp(reading->uuid, NO_UUID) == 0) {
		ignore(p, reading, "it has no UUID");
		return NULL;
	}
	struct domain_history *h = g_hash_table_lookup(p->histories, reading->uuid);
	if (h != NULL && h->pass == p->pass) {
		ignore(p, reading, "another domain of this host has the same UUID");
		return NULL;
	}
	if (h == NULL) {
		h = domain_history_new();
		g_hash_table_insert(p->histories, g_strdup(reading->uuid), h);
	}
	h->pass = p->pass;
	return h;
}

static void
note_flags(struct domain_history *h, const struct sample *sample, const char *uuid)
{
	if (sample->autostart != NULL)
		h->autostart = g_hash_table_contains(sample->autostart, uuid);
	if (sample->persistent != NULL)
		h->persistent = g_hash_table_contains(sample->persistent, uuid);
}

static void
note_config(struct domain_history *h, const struct domain_reading *reading, int64_t now)
{
	if (!reading->config_asked)
		return;
	h->config_us = now;
	h->config_id = reading->id;
	h->config_devices = reading->devices_told;
	if (reading->config == NULL || reading->config == h->config)
		return; /* no answer: what was known is better than nothing */
	domain_config_unref(h->config);
	h->config = domain_config_ref(reading->config);
}

static void
describe_vm(const struct domain_history *h, struct part *part, struct vm *vm)
{
	const struct domain_config *config = h->config;

	vm->autostart = h->autostart;
	vm->persistent = h->persistent;
	if (config == NULL)
		return;
	vm->title = part_text(part, config->title);
	vm->os_type = part_text(part, config->os_type);
	vm->guest_agent = config->guest_agent;
	if (!vm_is_active(vm) && vm->guest_agent == GUEST_AGENT_CONNECTED)
		vm->guest_agent = GUEST_AGENT_DISCONNECTED;
}

static uint32_t
stale_after(const struct picture *p)
{
	return (uint32_t)MAX(3 * p->interval, p->interval + 5);
}

/*
 * What its control channel says.  One that is stuck was not seen: its numbers and their
 * age stay as they were.
 */
static void
note_control(const struct domain_history *h, const struct sample *sample,
    const struct domain_reading *reading, struct vm *vm)
{
	if (!vm_is_active(vm)) {
		vm->control = ABSENT_I32;
		vm->control_seconds = ABSENT_U32;
	} else if (sample->full) {
		vm->control = reading->control;
		vm->control_seconds = reading->control_seconds;
	}
	if (reading->sick && vm_is_active(vm))
		vm->sampled_us = h->row == NULL ? 0 : h->row->sampled_us;
}

static void
add_snapshots(const struct domain_history *h, struct part *part, const struct vm *vm)
{
	if (h->facts != NULL)
		snapshot_facts_add(h->facts->snapshot_list, part, vm);
}

/* True if a full sample must tell more of it. */
static bool
add_vm(struct picture *p, struct part *part, const struct sample *sample,
    const struct domain_reading *reading)
{
	struct domain_history *h = history_of(p, reading);
	struct look_time time = sample->time;
	struct vm *vm;

	if (h == NULL)
		return false;
	time.watched = p->watched;
	note_flags(h, sample, reading->uuid);
	note_config(h, reading, sample->time.now);
	bool counted = sample->full && !reading->sick;
	if (counted || h->row == NULL)
		vm = part_add(part, ROWS_VM);
	else
		vm = part_add_copy(part, ROWS_VM, h->row);
	if (counted)
		domain_history_sample(h, reading, &time, vm);
	else
		domain_history_state(h, reading, &time, vm);
	bool news = !sample->full && (h->row == NULL || h->started);
	vm->name = part_text(part, reading->name);
	vm->uuid = part_text(part, reading->uuid);
	vm->stale_after = stale_after(p);
	describe_vm(h, part, vm);
	note_control(h, sample, reading, vm);
	vm_facts_apply(h->facts, part, vm);
	add_snapshots(h, part, vm);
	if (counted)
		device_rows_add(part, h, reading, vm);
	else if (h->row != NULL)
		device_rows_repeat(part, h, p->last, vm);
	h->row = vm;
	return news;
}

/* Domains that are here no longer, but went over a moment ago: as one sees them go. */
static void
add_departed(struct picture *p, struct part *part, int64_t now)
{
	GHashTableIter iter;
	gpointer history;

	g_hash_table_iter_init(&iter, p->histories);
	while (g_hash_table_iter_next(&iter, NULL, &history)) {
		struct domain_history *h = history;
		if (h->pass == p->pass || h->row == NULL)
			continue;
		if (h->row->migration == VM_GOES)
			h->left_us = now; /* without an event that says so */
		if (h->left_us == 0 || now - h->left_us >= DOMAIN_DEPARTED_US)
			continue;
		struct vm *vm = part_add_copy(part, ROWS_VM, h->row);
		domain_history_leave(vm);
		vm->left_us = h->left_us;
		device_rows_repeat(part, h, p->last, vm);
		add_snapshots(h, part, vm);
		h->row = vm;
		h->pass = p->pass;
	}
}

static gboolean
not_seen(gpointer uuid, gpointer history, gpointer picture)
{
	return ((struct domain_history *)history)->pass != ((struct picture *)picture)->pass;
}

/* --- parts */

struct part *
picture_sample(struct picture *p, const struct sample *sample, bool *news)
{
	struct part *part = part_new(p->source, p->name);

	*news = false;
	set_node_state(p, NODE_ONLINE, "");
	if (sample->full) {
		p->polls++;
		p->poll_ms = sample->took_ms;
		p->sampled_us = sample->time.now;
		p->seen_at = sample->time.wall;
		p->own = sample->node;
	}
	add_node(p, part, sample->full ? &sample->node : last_node(p));
	p->pass++;
	for (guint i = 0; i < sample->readings->len; i++)
		*news |= add_vm(p, part, sample,
		    &g_array_index(sample->readings, struct domain_reading, i));
	add_departed(p, part, sample->time.now);
	g_hash_table_foreach_remove(p->histories, not_seen, p);
	p->watched = true;
	part_unref(p->last);
	p->last = part_ref(part);
	return part;
}

/* In their order, so that devices still belong to the same VMs. */
static void
repeat_set(const struct picture *p, struct part *part, enum row_set set)
{
	for (guint i = 0; p->last != NULL && i < p->last->rows[set]->len; i++)
		part_add_copy(part, set, p->last->rows[set]->pdata[i]);
}

/* Everything as it was, under the present state of the node. */
static struct part *
repeat_last(struct picture *p)
{
	struct part *part = part_new(p->source, p->name);

	part->reachable = p->state == NODE_ONLINE;
	if (!part->reachable)
		p->watched = false;
	add_node(p, part, last_node(p));
	repeat_set(p, part, ROWS_VM);
	for (size_t kind = 0; kind < DEVICE_ROWS; kind++)
		repeat_set(p, part, device_look_sets[kind]);
	repeat_set(p, part, ROWS_SNAPSHOT);
	return part;
}

struct part *
picture_connecting(struct picture *p)
{
	set_node_state(p, NODE_CONNECTING, "");
	return repeat_last(p);
}

struct part *
picture_unreachable(struct picture *p, const char *reason)
{
	p->polls++;
	p->polls_failed++;
	set_node_state(p, NODE_UNREACHABLE, reason);
	return repeat_last(p);
}

/* --- the probe */

struct part *
picture_probed(struct picture *p, const struct probe_record *record, int64_t now)
{
	p->probe = *record;
	p->probe_fresh = true;
	p->probed_us = now;
	return repeat_last(p);
}

struct part *
picture_probe_old(struct picture *p, int64_t now)
{
	int64_t most = (int64_t)FEED_SILENCE(p->probe.interval) * G_USEC_PER_SEC;

	if (!p->probe_fresh || now - p->probed_us <= most)
		return NULL;
	p->probe_fresh = false;
	return repeat_last(p);
}

/* --- configurations */

/* The devices that libvirt told numbers of: if they are others, so is the configuration. */
static guint
count_devices(const struct domain_reading *reading)
{
	const GArray *disks = reading->devices[DEVICE_DISK];
	const GArray *nics = reading->devices[DEVICE_NIC];

	return (disks == NULL ? 0 : disks->len) + (nics == NULL ? 0 : nics->len);
}

static bool
config_wanted(const struct domain_history *h, const struct domain_reading *reading,
    int64_t now)
{
	return h == NULL || h->config_us <= h->config_forgotten_us ||
	    h->config_us < now - CONFIGS_OLD_US || h->config_id != reading->id ||
	    h->config_devices != reading->devices_told;
}

GArray *
picture_lend_configs(struct picture *p, struct sample *sample)
{
	GArray *wanted = g_array_new(FALSE, FALSE, sizeof(guint));

	for (guint i = 0; i < sample->readings->len; i++) {
		struct domain_reading *reading =
		    &g_array_index(sample->readings, struct domain_reading, i);
		const struct domain_history *h =
		    g_hash_table_lookup(p->histories, reading->uuid);
		reading->devices_told = count_devices(reading);
		if (h != NULL && h->config != NULL && reading->config == NULL)
			reading->config = domain_config_ref(h->config);
		if (wanted->len < CONFIGS_MOST && config_wanted(h, reading, sample->time.now))
			g_array_append_val(wanted, i);
	}
	return wanted;
}

void
picture_forget_config(struct picture *p, const char *uuid, int64_t now)
{
	struct domain_history *h = g_hash_table_lookup(p->histories, uuid);

	if (h != NULL)
		h->config_forgotten_us = now;
}

void
picture_note_left(struct picture *p, const char *uuid, int64_t now)
{
	struct domain_history *h = g_hash_table_lookup(p->histories, uuid);

	if (h != NULL)
		h->left_us = now;
}

bool
picture_has_snapshots(const struct picture *p, const char *uuid, GPtrArray *snapshots)
{
	const struct domain_history *h = g_hash_table_lookup(p->histories, uuid);

	return h != NULL && snapshot_facts_same(h->facts == NULL ? NULL
	    : h->facts->snapshot_list, snapshots);
}

bool
picture_set_facts(struct picture *p, const char *uuid, struct vm_facts *facts)
{
	struct domain_history *h = g_hash_table_lookup(p->histories, uuid);

	if (h == NULL) {
		vm_facts_free(facts);
		return false;
	}
	vm_facts_free(h->facts);
	h->facts = facts;
	return true;
}
