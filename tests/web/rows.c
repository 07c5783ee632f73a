/* The rows of a made-up cluster. */
#include "config.h"

#include <string.h>

#include "tests/web/made_up.h"

#define SHARED "pool:shared"

/* --- names */

static const char *const hostile[] = {
	"<script>document.title='owned'</script>",
	"\"><img src=x onerror=alert(1)>",
	"'; drop table vms; --",
	"../../etc/passwd",
	"%2e%2e%2f<b>",
	"{{7*7}} ${7*7} &amp; &#60;",
	"שלום-\u202Ecod.exe",
	"日本語の仮想マシン",
	"a b\tc\nd",
};

static const char *const roles[] = { "web", "db", "mail", "cache", "build", "proxy" };

char *
rows_vm_name(const struct lab *l, unsigned i)
{
	unsigned n = G_N_ELEMENTS(roles);

	if (l->plain)
		return g_strdup_printf("%s%u", roles[i % n], i / n + 1);
	if (i < G_N_ELEMENTS(hostile))
		return g_strdup(hostile[i]);
	if (i == G_N_ELEMENTS(hostile))
		return g_strnfill(255, 'L');
	return g_strdup_printf("%s%u", roles[i % n], i);
}

char *
rows_vm_uuid(unsigned i)
{
	return g_strdup_printf("00000000-0000-4000-8000-%012x", i + 1);
}

char *
rows_node_name(const struct lab *l, unsigned n)
{
	static const char *const greek[] = { "alpha", "beta", "gamma", "delta", "epsilon", "zeta",
		"eta", "theta" };

	return l->plain && n < G_N_ELEMENTS(greek) ? g_strdup(greek[n])
						   : g_strdup_printf("node%02u", n + 1);
}

static const char *
shared_name(const struct lab *l)
{
	return l->plain ? "images" : "<b>shared</b> & \"fast\"";
}

/* --- VMs */

static bool
is_running(unsigned i)
{
	return i % 11 != 7;
}

static char *
volume_name(const struct lab *l, unsigned vm, unsigned disk)
{
	g_autofree char *name = rows_vm_name(l, vm);

	return g_strdup_printf("%s-vd%c.qcow2", name, 'a' + disk);
}

static void
add_disk(struct lab *l, struct part *part, uint32_t place, unsigned i, unsigned n, int64_t at)
{
	struct disk *disk = part_add(part, ROWS_DISK);
	g_autofree char *vm = rows_vm_name(l, i);
	g_autofree char *name = g_strdup_printf("%s/vd%c", vm, 'a' + n);
	g_autofree char *volume = volume_name(l, i, n);
	g_autofree char *path = g_strconcat("/srv/images/", volume, NULL);

	disk->vm = place;
	disk->h.sub = n + 1;
	disk->name = part_text(part, name);
	disk->target = strrchr(disk->name, '/') + 1;
	disk->source = part_text(part, path);
	disk->bus = "virtio";
	disk->format = "qcow2";
	disk->error = DISK_ERROR_NONE;
	disk->counted_us = g_get_monotonic_time();
	disk->discontinuity_us = 1;
	loads_fill(l, "disk", disk, loads_disk(i, n), at);
	disk->rd_ns = disk->rd_req * 600000;
	disk->wr_ns = disk->wr_req * 900000;
	disk->capacity = disk->allocation * 2;
}

static void
add_nic(struct lab *l, struct part *part, uint32_t place, unsigned i, const char *address,
    int64_t at)
{
	struct nic *nic = part_add(part, ROWS_NIC);
	g_autofree char *vm = rows_vm_name(l, i);
	g_autofree char *mac = g_strdup_printf("52:54:00:00:00:%02x", i);
	g_autofree char *name = g_strdup_printf("%s/%s", vm, mac);

	nic->vm = place;
	nic->h.sub = i + 1;
	nic->name = part_text(part, name);
	nic->mac = part_text(part, mac);
	nic->model = "virtio";
	nic->type = "bridge";
	nic->source = "br0";
	nic->target = "vnet0";
	nic->link = NIC_LINK_UP;
	nic->addresses = part_text(part, address);
	nic->counted_us = g_get_monotonic_time();
	nic->discontinuity_us = 1;
	loads_fill(l, "nic", nic, i, at);
}

static void
add_vm(struct lab *l, struct part *part, unsigned i, int64_t at)
{
	uint32_t place = part->rows[ROWS_VM] != NULL ? part->rows[ROWS_VM]->len : 0;
	struct vm *vm = part_add(part, ROWS_VM);
	g_autofree char *name = rows_vm_name(l, i);
	g_autofree char *uuid = rows_vm_uuid(i);
	g_autofree char *address = g_strdup_printf("10.%u.%u.%u", i >> 16, i >> 8 & 255, i & 255);

	vm->name = part_text(part, name);
	vm->uuid = part_text(part, uuid);
	vm->title = "";
	vm->reason = "";
	vm->os_type = "hvm";
	vm->guest_address = is_running(i) ? part_text(part, address) : "";
	vm->guest_os = "Debian GNU/Linux 12";
	vm->guest_host = vm->name;
	vm->state = is_running(i) ? VM_RUNNING : i % 2 ? VM_SHUT_OFF : VM_PAUSED;
	vm->vcpus = vm->vcpus_max = 2 + i % 3 * 2;
	vm->mem_max = vm->mem_actual = loads_vm_mib(i);
	vm->sampled_us = vm->counted_us = g_get_monotonic_time();
	vm->discontinuity_us = 1;
	vm->stale_after = 3 * INTERVAL;
	for (unsigned n = 0; i < DRAWN && n < 1 + i % 2; n++)
		add_disk(l, part, place, i, n, at);
	if (i < DRAWN)
		add_nic(l, part, place, i, address, at);
	if (!is_running(i))
		return;
	loads_fill(l, "vm", vm, i, at);
	vm->disk_rd_ns = vm->disk_rd_req * 600000;
	vm->disk_wr_ns = vm->disk_wr_req * 900000;
	vm->started_us = vm->sampled_us - (int64_t)(3600 * (i % 700 + 40)) * G_USEC_PER_SEC;
}

/* --- storage */

static void
add_pool(struct lab *l, struct part *part, const char *identity, const char *name, int64_t at)
{
	struct pool_node *pool = part_add(part, ROWS_POOL_NODE);
	g_autofree char *full = g_strdup_printf("%s on %s", name, part->node);
	struct pool as_drawn = { 0 };

	loads_fill(l, "pool", &as_drawn, state_hash_index(OBJECT_POOL, identity), at);
	pool->identity = part_text(part, identity);
	pool->name = part_text(part, full);
	pool->pool_name = part_text(part, name);
	pool->node_name = part_text(part, part->node);
	pool->uuid = pool->source = pool->error = "";
	pool->path = strcmp(identity, SHARED) == 0 ? "/srv/images" : "/srv/local";
	pool->type = strcmp(identity, SHARED) == 0 ? "netfs" : "dir";
	pool->state = part->reachable ? POOL_RUNNING : POOL_UNKNOWN;
	pool->capacity = as_drawn.capacity;
	pool->allocation = as_drawn.allocation;
	pool->available = pool->capacity - pool->allocation;
	pool->sampled_us = g_get_monotonic_time();
	pool->stale_after = 600;
}

static void
add_volume(struct lab *l, struct part *part, unsigned vm, unsigned disk, int64_t at)
{
	struct volume *volume = part_add(part, ROWS_VOLUME);
	g_autofree char *name = volume_name(l, vm, disk);
	g_autofree char *identity = g_strconcat(SHARED "/", name, NULL);
	g_autofree char *path = g_strconcat("/srv/images/", name, NULL);

	volume->identity = g_string_chunk_insert(part->texts, identity);
	volume->pool_identity = SHARED;
	volume->pool_name = part_text(part, shared_name(l));
	volume->name = part_text(part, name);
	volume->path = part_text(part, path);
	volume->key = volume->path;
	volume->format = "qcow2";
	volume->backing = "";
	volume->type = VOLUME_FILE;
	volume->sampled_us = g_get_monotonic_time();
	loads_fill(l, "volume", volume, state_hash_index(OBJECT_VOLUME, volume->identity), at);
	volume->physical = volume->allocation;
}

/* --- nodes */

static bool
is_away(const struct lab *l, unsigned n)
{
	return !l->plain && n % 12 == 9;
}

static void
add_node(struct lab *l, struct part *part, unsigned n, int64_t at)
{
	struct node *node = part_add(part, ROWS_NODE);
	bool away = is_away(l, n);

	node->name = part_text(part, part->node);
	node->uri = "qemu+ssh://host/system";
	node->uuid = "";
	node->hypervisor = "QEMU";
	node->hypervisor_version = "7.2.0";
	node->libvirt_version = "9.0.0";
	node->cpu_model = "EPYC-Rome";
	node->reason = away ? "cannot connect: no route to host" : "";
	node->kind = NODE_PHYSICAL;
	node->state = away ? NODE_UNREACHABLE : NODE_ONLINE;
	node->cpus = 64;
	node->mem_total = 512 * 1024;
	node->interval = INTERVAL;
	node->polls = 1;
	node->polls_failed = 0;
	node->sampled_us = g_get_monotonic_time();
	node->seen_at = g_get_real_time();
	node->boot_at = node->seen_at - (int64_t)(n + 3) * 9 * 86400 * G_USEC_PER_SEC;
	loads_fill(l, "node", node, n, at);
	node->load5 = node->load15 = node->load1;
}

static struct part *
make_part(struct lab *l, unsigned n)
{
	g_autofree char *name = rows_node_name(l, n);
	g_autofree char *source = g_strconcat("node:", name, NULL);
	g_autofree char *local = g_strconcat("pool:", name, NULL);
	int64_t at = g_get_real_time() / G_USEC_PER_SEC;
	struct part *part = part_new(source, name);

	part->reachable = !is_away(l, n);
	add_node(l, part, n, at);
	for (unsigned i = n; i < l->vms; i += l->nodes)
		add_vm(l, part, i, at);
	add_pool(l, part, local, l->plain ? "local" : "default", at);
	add_pool(l, part, SHARED, shared_name(l), at);
	for (unsigned i = 0; n == 0 && i < MIN(l->vms, DRAWN); i++)
		for (unsigned disk = 0; disk < 1 + i % 2; disk++)
			add_volume(l, part, i, disk, at);
	return part;
}

void
rows_publish(struct lab *l)
{
	for (unsigned n = 0; n < l->nodes; n++)
		store_publish(l->store, make_part(l, n), PUBLISH_SOON);
}

/* --- what nodes serve, what is to be done, what has happened */

static void
add_export(struct lab *l, struct part *part, unsigned vm, enum export_state state)
{
	struct export_info *export = part_add(part, ROWS_EXPORT);
	g_autofree char *volume = volume_name(l, vm, 0);
	g_autofree char *identity = g_strconcat(SHARED "/", volume, NULL);
	g_autofree char *name = g_strdup_printf("%s/%s/%s", part->node, shared_name(l), volume);
	g_autofree char *uri = g_strdup_printf("nbd://192.0.2.10:%u/%s", 10900 + vm, name);

	export->identity = g_string_chunk_insert(part->texts, identity);
	export->name = part_text(part, name);
	export->node_name = part_text(part, part->node);
	export->path = "/srv/images";
	export->format = "raw";
	export->uri = part_text(part, uri);
	export->read_only = vm % 2;
	export->tls = 0;
	export->state = state;
	export->clients = state == EXPORT_SERVING ? vm + 1 : 0;
	export->since_at = g_get_real_time() - 5 * INT64_C(3600) * G_USEC_PER_SEC;
	export->reason = state == EXPORT_SERVING ? "" : "qemu-nbd was killed by signal 9";
}

/* --- the cluster manager */

static struct app *
add_app(struct lab *l, struct part *part, const char *name, enum app_kind kind, unsigned node)
{
	struct app *app = part_add(part, ROWS_APP);
	g_autofree char *on = rows_node_name(l, node);

	app->name = part_text(part, name);
	app->agent = kind == APP_KIND_VM ? "ocf:heartbeat:VirtualDomain" : "systemd:postgresql";
	app->parent_name = app->preferred_name = app->reason = app->failure = "";
	app->kind = kind;
	app->state = APP_STARTED;
	app->wanted = WANTED_STARTED;
	app->node_name = app->node_names = part_text(part, on);
	app->managed = app->instances = 1;
	app->fail_count = 0;
	app->priority = 0;
	app->sampled_us = g_get_monotonic_time();
	app->stale_after = 600;
	return app;
}

static void
add_vm_app(struct lab *l, struct part *part, unsigned vm)
{
	g_autofree char *name = rows_vm_name(l, vm);
	g_autofree char *uuid = rows_vm_uuid(vm);
	struct app *app = add_app(l, part, name, APP_KIND_VM, vm % l->nodes);

	app->vm_uuid = part_text(part, uuid);
	app->priority = 10;
	app->use_cpu = 2;
	app->use_memory = loads_vm_mib(vm);
	app->can_migrate = 1;
}

static void
stop_app(struct app *app)
{
	app->state = APP_FAILED;
	app->node_name = app->node_names = "";
	app->instances = 0;
	app->fail_count = 3;
	app->failed_at = g_get_real_time();
	app->reason = app->failure = "start on n1: not installed (no such database)";
}

static void
publish_apps(struct lab *l)
{
	g_autofree char *awkward = rows_vm_name(l, 5);
	struct part *part = part_new("pacemaker", NULL);
	struct backend_info *b = part_add(part, ROWS_BACKEND);

	*b = (struct backend_info){ .h = b->h, .backend = "pacemaker", .version = "2.1.5",
		.coordinator = "", .reason = "", .quorate = 1, .fencing = 1, .maintenance = 0,
		.sampled_us = g_get_monotonic_time(), .stale_after = 600 };
	for (unsigned vm = 0; vm < 4; vm++)
		add_vm_app(l, part, vm);
	add_app(l, part, "database", APP_KIND_SERVICE, 1);
	if (!l->plain) {
		struct app *app = add_app(l, part, "database-2", APP_KIND_SERVICE, 1);
		app->reason = app->preferred_name = part_text(part, awkward);
		stop_app(app);
	}
	store_publish(l->store, part, PUBLISH_SOON);
}

static void
add_job(struct lab *l, struct part *part, unsigned n, enum job_type type, enum job_state state)
{
	struct job *job = part_add(part, ROWS_JOB);
	unsigned vm = 10 + n;
	g_autofree char *name = rows_vm_name(l, vm);
	g_autofree char *uuid = rows_vm_uuid(vm);
	g_autofree char *to = rows_node_name(l, 1);

	job->h.index = n;
	job->type = type;
	job->kind = OBJECT_VM;
	job->object = state_hash_index(OBJECT_VM, uuid);
	job->object_name = part_text(part, name);
	job->object_uuid = part_text(part, uuid);
	job->state = state;
	job->cause = CAUSE_NONE;
	job->argument = job->error = job->step = job->options = "";
	job->target_name = part_text(part, to);
	job->origin = ORIGIN_SNMP;
	job->requester = "operator";
	job->progress = state == JOB_RUNNING ? 42 : 100;
	job->submitted_at = job->started_at = g_get_real_time() - 40 * G_USEC_PER_SEC;
	job->finished_at = state == JOB_RUNNING ? 0 : g_get_real_time() - 9 * G_USEC_PER_SEC;
}

void
rows_publish_rest(struct lab *l)
{
	g_autofree char *node = rows_node_name(l, 0);
	g_autofree char *source = g_strconcat("exports:", node, NULL);
	struct part *exports = part_new(source, node), *jobs = part_new("jobs", NULL);

	add_export(l, exports, 0, EXPORT_SERVING);
	add_export(l, exports, 1, EXPORT_SERVING);
	if (!l->plain)
		add_export(l, exports, 2, EXPORT_ENDED);
	store_publish(l->store, exports, PUBLISH_SOON);
	publish_apps(l);
	add_job(l, jobs, 1, JOB_BACKUP, JOB_SUCCEEDED);
	add_job(l, jobs, 2, JOB_MIGRATE, JOB_RUNNING);
	store_publish(l->store, jobs, PUBLISH_SOON);
}

static void
add_event(struct lab *l, unsigned vm, int64_t at, enum event_type type, const char *from,
    const char *to, const char *reason)
{
	g_autofree char *name = rows_vm_name(l, vm);
	g_autofree char *uuid = rows_vm_uuid(vm);
	g_autofree char *node = rows_node_name(l, vm % l->nodes);
	struct event event = { .type = (int32_t)type, .severity = SEVERITY_INFO,
		.kind = OBJECT_VM, .object = state_hash_index(OBJECT_VM, uuid), .name = name,
		.uuid = uuid, .old_state = from, .new_state = to, .reason = reason, .node = node,
		.at = at };

	state_add_event(l->state, &event);
}

/* Each of the first VMs has moved to where it is, at a time of its own; some were off. */
void
rows_add_events(struct lab *l)
{
	int64_t now = g_get_real_time();

	l->shared = state_hash_index(OBJECT_POOL, SHARED);
	for (unsigned k = MIN(l->vms, 12); k > 0; k--) {
		unsigned vm = k - 1;
		int64_t at = now - (int64_t)(3 + vm * 2) * 5400 * G_USEC_PER_SEC;
		g_autofree char *from = rows_node_name(l, (vm + 1) % l->nodes);
		g_autofree char *to = rows_node_name(l, vm % l->nodes);
		g_autofree char *reason = g_strdup_printf("moved from %s to %s", from, to);
		if (vm % 4 == 2) {
			add_event(l, vm, at - INT64_C(9000) * G_USEC_PER_SEC, EVENT_VM_STATE, "running",
			    "shutOff", "shut down by its guest");
			add_event(l, vm, at - INT64_C(8000) * G_USEC_PER_SEC, EVENT_VM_STATE, "shutOff",
			    "running", "booted");
		}
		add_event(l, vm, at, EVENT_VM_MOVED, "running", "running", reason);
	}
	state_flush(l->state, NULL);
}
