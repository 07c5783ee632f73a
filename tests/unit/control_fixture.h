/*
 * A control socket in a directory of its own: a store with rows, a door that accepts,
 * and a client's end of the socket.
 */
#ifndef VCL_TESTS_UNIT_CONTROL_FIXTURE_H
#define VCL_TESTS_UNIT_CONTROL_FIXTURE_H

#include "tests/unit/test.h"

#include <gio/gio.h>
#include <math.h>

#include "agent/control.h"
#include "agent/control_verbs.h"
#include "common/wire.h"
#include "model/store.h"

#define FIXTURE_JOB 17

struct fixture {
	char *dir, *path;
	struct store *store;
	struct settings *settings;
	struct control_setup setup;
	struct request_door door;
	struct control *control;
	atomic_int reloads, stops, cancelled, commits, looks;
	atomic_int finds; /* by a review: bits 1 hint, 2 unknown, 4 warning; 8: it fails */

	/* guarded by lock */
	pthread_mutex_t lock;
	struct request last; /* what came through the door */
	struct control_graph drawn;
	struct control_series read;
	char drawn_kind[16], drawn_identity[200], first_member[64];
	struct mark first_mark;
};

/* --- the door */

struct ticket {
	struct request request;
};

static inline struct ticket *
fixture_reserve(void *manager, const struct request *request, GError **error)
{
	if (strcmp(request->name, "db1") == 0) {
		g_set_error(error, REQUEST_ERROR, REQUEST_BUSY, "db1 is busy with job 3");
		return NULL;
	}
	struct ticket *ticket = g_new0(struct ticket, 1);
	ticket->request = *request;
	return ticket;
}

/* Publishes the one job of these tests. */
static inline void
fixture_set_job(struct fixture *f, enum job_state state, uint32_t progress,
    const char *error)
{
	struct part *part = part_new("jobs", NULL);
	struct job *job = part_add(part, ROWS_JOB);

	job->h.index = FIXTURE_JOB;
	job->type = JOB_POWER_OFF;
	job->kind = OBJECT_VM;
	job->object = 1;
	job->object_name = part_text(part, "web1");
	job->object_uuid = "";
	job->argument = "";
	job->state = state;
	job->cause = error != NULL ? CAUSE_LIBVIRT : CAUSE_NONE;
	job->error = part_text(part, error != NULL ? error : "");
	job->progress = progress;
	job->origin = ORIGIN_CLI;
	job->requester = part_text(part, "root");
	job->submitted_at = g_get_real_time();
	part->reachable = true;
	store_publish(f->store, part, PUBLISH_NOW);
}

static inline uint32_t
fixture_commit(void *manager, struct ticket *ticket)
{
	struct fixture *f = manager;

	pthread_mutex_lock(&f->lock);
	f->last = ticket->request;
	pthread_mutex_unlock(&f->lock);
	fixture_set_job(f, JOB_WAITING, 0, NULL);
	atomic_fetch_add(&f->commits, 1);
	return FIXTURE_JOB;
}

/* What becomes of the job must not be published before the job itself. */
static inline void
fixture_wait_commit(struct fixture *f)
{
	while (atomic_load(&f->commits) == 0)
		g_usleep(1000);
}

static inline void
fixture_settle(void *manager, struct ticket *ticket)
{
	g_free(ticket);
}

/* --- what the control socket asks for */

static inline struct settings *
fixture_settings(void *ctx)
{
	return settings_ref(((struct fixture *)ctx)->settings);
}

static inline bool
fixture_draw(void *ctx, const struct control_graph *graph, struct control_picture *out,
    GError **error)
{
	struct fixture *f = ctx;

	if (graph->name != NULL && strcmp(graph->name, "cpu") != 0) {
		g_set_error(error, REQUEST_ERROR, REQUEST_BAD_VALUE, "there is no graph %s",
		    graph->name);
		return false;
	}
	pthread_mutex_lock(&f->lock);
	f->drawn = *graph;
	f->drawn.name = NULL;
	g_strlcpy(f->drawn_kind, graph->of.kind, sizeof(f->drawn_kind));
	g_strlcpy(f->drawn_identity, graph->of.identity, sizeof(f->drawn_identity));
	f->first_mark = graph->marks_n > 0 ? graph->marks[0] : (struct mark){ 0 };
	g_strlcpy(f->first_member, graph->members_n > 0 ? graph->members[0].title : "",
	    sizeof(f->first_member));
	pthread_mutex_unlock(&f->lock);
	*out = (struct control_picture){ g_bytes_new("<svg>\n\0</svg>\n", 14), 400, 200,
		40, 20, 340, 120 };
	return true;
}

/* Three points, the second of them unknown. */
static inline bool
fixture_series(void *ctx, const struct control_series *series, struct control_points *out,
    GError **error)
{
	struct fixture *f = ctx;
	static const double values[] = { 1.5, 0, 3e9 };

	if (strcmp(series->source, "cpu") != 0) {
		g_set_error(error, REQUEST_ERROR, REQUEST_BAD_VALUE, "there is no source %s",
		    series->source);
		return false;
	}
	pthread_mutex_lock(&f->lock);
	f->read = *series;
	g_strlcpy(f->drawn_identity, series->of.identity, sizeof(f->drawn_identity));
	pthread_mutex_unlock(&f->lock);
	*out = (struct control_points){ 600, 60, 3, g_memdup2(values, sizeof(values)) };
	out->value[1] = (double)NAN;
	return true;
}

/* As many findings as `finds` says. */
static inline bool
fixture_review(void *ctx, struct control_review *review, GError **error)
{
	static const struct control_finding findings[] = {
		{ "one-ring", "hint", "", "There is one network.", NULL, NULL, "Add another." },
		{ "not-known", "unknown", "beta", "Of beta it is not known: its clock.", NULL, NULL,
		    NULL },
		{ "failures", "warning", "web1", "web1 has failed once.", "crm_resource --cleanup",
		    "beta", NULL },
	};
	int finds = atomic_load(&((struct fixture *)ctx)->finds);

	review->progress(review->ctx, 1, 3, "alpha");
	if ((finds & 8) != 0) {
		g_set_error_literal(error, G_IO_ERROR, G_IO_ERROR_FAILED, "Pacemaker cannot be asked");
		return false;
	}
	for (size_t i = G_N_ELEMENTS(findings); i-- > 0;)
		if ((finds & 1 << i) != 0)
			review->finding(review->ctx, &findings[i]);
	review->checks = 59;
	review->nodes = 2;
	return true;
}

static inline void
fixture_look(void *ctx)
{
	atomic_fetch_add(&((struct fixture *)ctx)->looks, 1);
}

static inline bool
fixture_cancel(void *ctx, uint32_t job, GError **error)
{
	atomic_store(&((struct fixture *)ctx)->cancelled, (int)job);
	return true;
}

static inline void
fixture_reload(void *ctx)
{
	atomic_fetch_add(&((struct fixture *)ctx)->reloads, 1);
}

static inline void
fixture_stop(void *ctx)
{
	atomic_fetch_add(&((struct fixture *)ctx)->stops, 1);
}

static const struct control_graph_name fixture_graphs[] = {
	{ "vm", "cpu", "CPU usage" },
	{ "node", "memory", "Memory" },
	{ "node", "cpu", "CPU of its VMs", MEMBERS_CPU },
	{ 0 },
};

static const struct control_source_name fixture_sources[] = {
	{ "vm", "cpu", "vclVmCpuTime", true },
	{ "vm", "mem_used", "vclVmMemoryUsed", false },
	{ "node", "mem_free", "vclNodeMemoryFree", false },
	{ 0 },
};

/* --- set-up */

/* web1's vCPU, two disks and NIC; it is the first VM of the part. */
static inline void
fixture_add_devices(struct part *part)
{
	static const char *const targets[] = { "vda", "vdb" };
	struct vcpu *vcpu = part_add(part, ROWS_VCPU);
	struct nic *nic = part_add(part, ROWS_NIC);

	vcpu->vm = nic->vm = 0;
	vcpu->h.sub = 1;
	vcpu->name = "web1/0";
	vcpu->state = VCPU_RUNNING;
	nic->h.sub = 17;
	nic->name = "web1/52:54:00:00:00:01";
	nic->mac = "52:54:00:00:00:01";
	nic->link = NIC_LINK_UP;
	for (unsigned i = 0; i < G_N_ELEMENTS(targets); i++) {
		struct disk *disk = part_add(part, ROWS_DISK);
		g_autofree char *name = g_strconcat("web1/", targets[i], NULL);
		g_autofree char *source = g_strdup_printf("/images/web1-%s.qcow2", targets[i]);
		disk->vm = 0;
		disk->h.sub = i + 1;
		disk->name = part_text(part, name);
		disk->target = targets[i];
		disk->source = part_text(part, source);
		disk->capacity = UINT64_C(10) << 30;
		disk->error = DISK_ERROR_NONE;
	}
}

/* The pool of that identity as the part's node sees it. */
static inline void
fixture_add_pool(struct part *part, const char *identity, const char *name)
{
	struct pool_node *pool = part_add(part, ROWS_POOL_NODE);
	g_autofree char *full = g_strdup_printf("%s on %s", name, part->node);

	pool->identity = part_text(part, identity);
	pool->name = part_text(part, full);
	pool->pool_name = part_text(part, name);
	pool->node_name = part_text(part, part->node);
	pool->uuid = pool->path = pool->source = pool->error = "";
	pool->type = "dir";
	pool->state = part->reachable ? POOL_RUNNING : POOL_UNKNOWN;
	pool->capacity = UINT64_C(100) << 30;
	pool->allocation = UINT64_C(40) << 30;
	pool->available = UINT64_C(60) << 30;
	pool->sampled_us = g_get_monotonic_time();
	pool->stale_after = 600;
}

static inline void
fixture_add_volume(struct part *part, const char *pool, const char *pool_name,
    const char *name)
{
	struct volume *volume = part_add(part, ROWS_VOLUME);
	g_autofree char *identity = g_strdup_printf("%s/%s", pool, name);
	g_autofree char *path = g_strdup_printf("/images/%s", name);

	volume->identity = part_text(part, identity);
	volume->pool_identity = part_text(part, pool);
	volume->pool_name = part_text(part, pool_name);
	volume->name = part_text(part, name);
	volume->path = part_text(part, path);
	volume->key = volume->path;
	volume->format = "qcow2";
	volume->backing = "";
	volume->type = VOLUME_FILE;
	volume->capacity = UINT64_C(10) << 30;
	volume->sampled_us = g_get_monotonic_time();
}

/* A pool "default" on each node, "shared" on both; base.qcow2 is in both defaults. */
static inline void
fixture_add_storage(struct part *alpha, struct part *beta)
{
	fixture_add_pool(alpha, "pool-a", "default");
	fixture_add_pool(beta, "pool-b", "default");
	fixture_add_pool(alpha, "pool-s", "shared");
	fixture_add_pool(beta, "pool-s", "shared");
	fixture_add_volume(alpha, "pool-a", "default", "web1-vda.qcow2");
	fixture_add_volume(alpha, "pool-a", "default", "base.qcow2");
	fixture_add_volume(beta, "pool-b", "default", "base.qcow2");
	fixture_add_volume(alpha, "pool-s", "shared", "install.iso");
}

static inline void
fixture_fill(struct fixture *f)
{
	struct part *alpha = test_node_part("alpha", NODE_ONLINE);
	struct part *beta = test_node_part("beta", NODE_UNREACHABLE);
	struct node *node = beta->rows[ROWS_NODE]->pdata[0];

	test_add_vm(alpha, "web1", 1, VM_RUNNING)->mem_actual = 2048;
	test_add_vm(alpha, "web10", 2, VM_SHUT_OFF);
	test_add_vm(alpha, "web2", 3, VM_PAUSED);
	test_add_vm(beta, "db1", 4, VM_RUNNING);
	node->reason = part_text(beta, "Connection refused");
	fixture_add_devices(alpha);
	fixture_add_storage(alpha, beta);
	store_publish(f->store, alpha, PUBLISH_NOW);
	store_publish(f->store, beta, PUBLISH_NOW);
}

static inline void
fixture_wait_rows(struct fixture *f, enum row_set set, size_t n)
{
	int64_t deadline = g_get_monotonic_time() + 10 * G_USEC_PER_SEC;
	struct cluster *c = store_get(f->store);

	while (c->rows[set].n < n) {
		assert_true(g_get_monotonic_time() < deadline);
		uint64_t generation = c->generation;
		cluster_unref(c);
		c = store_wait(f->store, generation, G_USEC_PER_SEC);
	}
	cluster_unref(c);
}

static inline void
fixture_wait_state(struct fixture *f, const char *node, enum node_state state)
{
	int64_t deadline = g_get_monotonic_time() + 10 * G_USEC_PER_SEC;

	for (;;) {
		SCOPED(cluster) c = store_get(f->store);
		const struct node *n = cluster_node_by_name(c, node, NULL);
		if (n != NULL && n->state == (int32_t)state)
			return;
		assert_true(g_get_monotonic_time() < deadline);
		g_usleep(20000);
	}
}

static inline struct settings *
fixture_read_settings(struct fixture *f)
{
	g_autofree char *file = g_build_filename(f->dir, "conf", NULL);
	g_autofree char *text = g_strdup_printf("[cluster]\nname = lab\ncontrol = on\n"
						"control-group = nosuchgroup\n"
						"control-socket = %s\nstate-dir = %s\n"
						"[node alpha]\nuri = test:///default\n",
	    f->path, f->dir);
	GError *error = NULL;

	assert_true(g_file_set_contents(file, text, -1, NULL));
	struct settings *settings = settings_load(file, &error);
	if (error != NULL)
		fail_msg("%s", error->message);
	g_unlink(file);
	return settings;
}

/* Everything but the socket. */
static inline struct fixture *
fixture_new(void)
{
	struct fixture *f = g_new0(struct fixture, 1);

	pthread_mutex_init(&f->lock, NULL);
	f->dir = test_directory();
	f->path = g_build_filename(f->dir, "control.sock", NULL);
	f->store = store_new(NULL, "lab");
	f->settings = fixture_read_settings(f);
	f->door = (struct request_door){ .manager = f, .reserve = fixture_reserve,
		.commit = fixture_commit, .settle = fixture_settle };
	f->setup = (struct control_setup){ .store = f->store, .door = &f->door,
		.settings = fixture_settings, .draw = fixture_draw,
		.graphs = fixture_graphs, .series = fixture_series,
		.sources = fixture_sources, .cancel = fixture_cancel, .look = fixture_look,
		.review = fixture_review,
		.reload = fixture_reload, .stop = fixture_stop, .ctx = f };
	fixture_fill(f);
	fixture_wait_rows(f, ROWS_VM, 4);
	fixture_wait_rows(f, ROWS_ALARM, 1); /* beta is unreachable */
	return f;
}

static inline struct control *
fixture_listen(struct fixture *f)
{
	GError *error = NULL;
	struct control *control = control_new(&f->setup, &error);

	if (error != NULL)
		fail_msg("%s", error->message);
	return control;
}

static inline int
fixture_set_up(void **data)
{
	struct fixture *f = fixture_new();

	f->control = fixture_listen(f);
	*data = f;
	return 0;
}

static inline int
fixture_tear_down(void **data)
{
	struct fixture *f = *data;

	control_free(f->control);
	assert_false(g_file_test(f->path, G_FILE_TEST_EXISTS));
	settings_unref(f->settings);
	store_free(f->store);
	assert_int_equal(g_rmdir(f->dir), 0);
	pthread_mutex_destroy(&f->lock);
	g_free(f->path);
	g_free(f->dir);
	g_free(f);
	return 0;
}

#endif
