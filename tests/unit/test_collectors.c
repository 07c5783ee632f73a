/* The collectors, against libvirt's test driver: a real one, inside this process. */
#include "test.h"

#include <stdatomic.h>

#include "collectors/collectors.h"
#include "common/log.h"
#include "common/virt.h"
#include "model/store.h"
#include "model/value.h"

#define SECOND ((int64_t)G_USEC_PER_SEC)

/* Connections to test:///default share one host; each test:///FILE has its own. */
static const char host_xml[] =
    "<node>"
    "<domain type='test'><name>web1</name>"
    "<uuid>11111111-1111-4111-8111-111111111111</uuid>"
    "<title>Shop &#xe4;</title><memory unit='MiB'>512</memory>"
    "<vcpu>2</vcpu><os><type>hvm</type></os><devices>"
    "<disk type='file'><source file='/images/web1'/><target dev='vda' bus='virtio'/></disk>"
    "<interface type='network'><mac address='52:54:00:00:00:05'/>"
    "<source network='default'/><target dev='testnet0'/></interface></devices></domain>"
    "<domain type='test'><name>db:1 &lt;a&gt; \xc3\xa4</name>"
    "<uuid>22222222-2222-4222-8222-222222222222</uuid>"
    "<memory unit='MiB'>256</memory><vcpu>1</vcpu><os><type>hvm</type></os></domain>"
    "</node>";

/* --- drivers that offer less: LXC and Xen have no bulk statistics, old ones no NOWAIT */

static atomic_bool without_bulk, without_nowait;

int __real_virConnectGetAllDomainStats(virConnectPtr, unsigned stats,
    virDomainStatsRecordPtr **, unsigned flags);
int __wrap_virConnectGetAllDomainStats(virConnectPtr, unsigned stats,
    virDomainStatsRecordPtr **, unsigned flags);

/* Fails as libvirt fails: with a call that this driver lacks, or a flag it knows not. */
int
__wrap_virConnectGetAllDomainStats(virConnectPtr connection, unsigned stats,
    virDomainStatsRecordPtr **records, unsigned flags)
{
	int n = 0;

	if (atomic_load(&without_bulk))
		return virNodeGetMemoryStats(connection, 0, NULL, &n, 0);
	if (atomic_load(&without_nowait) && flags & VIR_CONNECT_GET_ALL_DOMAINS_STATS_NOWAIT)
		flags |= 1u << 31;
	return __real_virConnectGetAllDomainStats(connection, stats, records, flags);
}

/* --- a store and collectors */

struct world {
	char *dir, *file_uri;
	struct store *store;
	struct collectors *collectors;
	struct settings settings; /* only what collectors look at */
};

static void
free_node(gpointer data)
{
	struct node_setting *node = data;

	g_free(node->name);
	g_free(node->uri);
	g_free(node->probe);
	g_free(node);
}

static void
configure(struct world *w, const char *name, const char *uri)
{
	struct node_setting *node = g_new0(struct node_setting, 1);

	node->name = g_strdup(name);
	node->uri = g_strdup(uri);
	g_ptr_array_add(w->settings.nodes, node);
}

static void
apply(struct world *w)
{
	collectors_apply(w->collectors, &w->settings);
}

static int
setup(void **state)
{
	struct world *w = g_new0(struct world, 1);

	w->dir = test_directory();
	g_autofree char *path = g_build_filename(w->dir, "host.xml", NULL);
	assert_true(g_file_set_contents(path, host_xml, -1, NULL));
	w->file_uri = g_strconcat("test://", path, NULL);
	w->store = store_new(NULL, "test");
	w->collectors = collectors_new(w->store);
	w->settings.interval = 1;
	w->settings.nodes = g_ptr_array_new_with_free_func(free_node);
	*state = w;
	return 0;
}

static int
teardown(void **state)
{
	struct world *w = *state;
	g_autofree char *path = g_build_filename(w->dir, "host.xml", NULL);
	int64_t start = g_get_monotonic_time();

	atomic_store(&without_bulk, false);
	atomic_store(&without_nowait, false);
	collectors_free(w->collectors);
	assert_in_range(g_get_monotonic_time() - start, 0, 2500000);
	store_free(w->store);
	g_ptr_array_free(w->settings.nodes, TRUE);
	g_unlink(path);
	g_rmdir(w->dir);
	g_free(w->dir);
	g_free(w->file_uri);
	g_free(w);
	return 0;
}

/* --- waiting for what the cluster value should say */

typedef bool condition(const struct cluster *, const char *name, int value);

static bool
wait_for(struct world *w, condition *holds, const char *name, int value, int64_t most_us)
{
	int64_t deadline = g_get_monotonic_time() + most_us;
	uint64_t generation = 0;

	for (;;) {
		int64_t left = deadline - g_get_monotonic_time();
		SCOPED(cluster) now = store_wait(w->store, generation, MAX(left, 0));
		if (holds(now, name, value))
			return true;
		if (left <= 0)
			return false;
		generation = now->generation;
	}
}

static bool
node_is(const struct cluster *cluster, const char *name, int state)
{
	const struct node *node = cluster_node_by_name(cluster, name, NULL);

	return (node == NULL ? 0 : node->state) == state;
}

static bool
vm_is(const struct cluster *cluster, const char *name, int state)
{
	const struct vm *vm = cluster_vm_by_name(cluster, name, NULL);

	return (vm == NULL ? 0 : vm->state) == state;
}

static bool
polled_more_than(const struct cluster *cluster, const char *name, int polls)
{
	const struct node *node = cluster_node_by_name(cluster, name, NULL);

	return node != NULL && node->polls != ABSENT_U64 && (int)node->polls > polls;
}

static int
polls_of(struct world *w, const char *name)
{
	SCOPED(cluster) now = store_get(w->store);
	const struct node *node = cluster_node_by_name(now, name, NULL);

	assert_non_null(node);
	return (int)node->polls;
}

/* --- rows */

static void
test_rows_appear(void **state)
{
	struct world *w = *state;

	configure(w, "alpha", w->file_uri);
	apply(w);
	assert_true(wait_for(w, node_is, "alpha", NODE_ONLINE, 5 * SECOND));
	SCOPED(cluster) now = store_get(w->store);
	const struct node *node = cluster_node_by_name(now, "alpha", NULL);
	assert_string_equal(node->uri, w->file_uri);
	assert_string_equal(node->hypervisor, "TEST");
	assert_string_equal(node->reason, "");
	assert_true(node->cpus > 0 && node->cpus != ABSENT_U32);
	assert_true(node->mem_total > 0 && node->mem_total != ABSENT_U32);
	assert_true(node->sampled_us > 0 && node->seen_at > 0);
	assert_int_equal(node->interval, 1);
	assert_int_equal(node->polls_failed, 0);
	assert_int_equal(node->vms_defined, 2);

	const struct vm *vm = test_vm(now, "web1");
	assert_string_equal(vm->uuid, "11111111-1111-4111-8111-111111111111");
	assert_string_equal(vm->title, "Shop \xc3\xa4");
	assert_int_equal(vm->state, VM_RUNNING);
	assert_int_equal(vm->vcpus, 2);
	assert_int_equal(vm->mem_max, 512);
	assert_int_equal(vm->mem_actual, 512);
	assert_true(vm->cpu_ns != ABSENT_U64);
	assert_true(vm->counted_us > 0 && vm->discontinuity_us > 0);
	assert_true(vm->disk_rd_bytes != ABSENT_U64 && vm->net_rx_bytes != ABSENT_U64);
	assert_int_equal(vm->autostart, 0);
	assert_int_equal(vm->stale_after, 6);
	assert_string_equal(vm->node_name, "alpha");
	vm = test_vm(now, "db:1 <a> \xc3\xa4");
	assert_null(vm->title);
	assert_int_equal(vm->vcpus, 1);
}

/* By calls for each device: libvirt's test driver has no numbers in bulk. */
static void
test_device_rows_appear(void **state)
{
	struct world *w = *state;

	configure(w, "alpha", w->file_uri);
	apply(w);
	assert_true(wait_for(w, node_is, "alpha", NODE_ONLINE, 5 * SECOND));
	SCOPED(cluster) now = store_get(w->store);
	const struct vm *vm = test_vm(now, "web1");
	assert_int_equal(now->rows[ROWS_VCPU].n, 3);
	assert_int_equal(now->rows[ROWS_DISK].n, 1);
	assert_int_equal(now->rows[ROWS_NIC].n, 1);
	const struct disk *disk = now->rows[ROWS_DISK].row[0];
	assert_string_equal(disk->name, "web1/vda");
	assert_string_equal(disk->source, "/images/web1");
	assert_true(disk->h.index == vm->h.index && disk->h.sub == 1);
	assert_true(disk->rd_bytes != ABSENT_U64 && disk->counted_us == vm->counted_us);
	const struct nic *nic = now->rows[ROWS_NIC].row[0];
	assert_true(nic->h.index == vm->h.index && nic->h.sub == 6);
	assert_string_equal(nic->source, "default");
	assert_true(nic->rx_bytes != ABSENT_U64 && nic->counted_us == vm->counted_us);
	for (size_t i = 0; i < now->rows[ROWS_VCPU].n; i++) {
		const struct vcpu *vcpu = now->rows[ROWS_VCPU].row[i];
		assert_true(vcpu->time_ns != ABSENT_U64 && vcpu->state == VCPU_RUNNING);
	}
}

static void
test_keeps_polling(void **state)
{
	struct world *w = *state;

	configure(w, "alpha", w->file_uri);
	apply(w);
	assert_true(wait_for(w, polled_more_than, "alpha", 2, 5 * SECOND));
	SCOPED(cluster) now = store_get(w->store);
	assert_true(test_vm(now, "web1")->sampled_us > test_vm(now, "web1")->discontinuity_us);
}

static void
check_web1(struct world *w)
{
	SCOPED(cluster) now = store_get(w->store);
	const struct vm *vm = test_vm(now, "web1");

	assert_int_equal(vm->state, VM_RUNNING);
	assert_int_equal(vm->vcpus, 2);
	assert_int_equal(vm->mem_max, 512);
	assert_int_equal(vm->mem_actual, 512);
	assert_true(vm->cpu_ns != ABSENT_U64);
	assert_int_equal(vm->autostart, 0);
	assert_int_equal(cluster_node_by_name(now, "alpha", NULL)->polls_failed, 0);
}

static void
test_lesser_drivers(void **state)
{
	struct world *w = *state;

	atomic_store(&without_nowait, true);
	configure(w, "alpha", w->file_uri);
	apply(w);
	assert_true(wait_for(w, polled_more_than, "alpha", 1, 5 * SECOND));
	check_web1(w);
	atomic_store(&without_bulk, true);
	assert_true(wait_for(w, polled_more_than, "alpha", 3, 5 * SECOND));
	check_web1(w);
}

/* --- events */

static virDomainPtr
test_domain(virConnectPtr connection)
{
	virDomainPtr domain = virDomainLookupByName(connection, "test");

	assert_non_null(domain);
	return domain;
}

/* With an hour between samples, only events can make it look. */
static void
check_events(struct world *w)
{
	w->settings.interval = 3600;
	configure(w, "alpha", "test:///default");
	apply(w);
	assert_true(wait_for(w, vm_is, "test", VM_RUNNING, 5 * SECOND));
	g_autoptr(virConnect) connection = virt_connect("test:///default", NULL);
	g_autoptr(virDomain) domain = test_domain(connection);

	assert_int_equal(virDomainSuspend(domain), 0);
	assert_true(wait_for(w, vm_is, "test", VM_PAUSED, SECOND));
	assert_int_equal(virDomainResume(domain), 0);
	assert_true(wait_for(w, vm_is, "test", VM_RUNNING, SECOND));
	assert_int_equal(virDomainDestroy(domain), 0);
	assert_true(wait_for(w, vm_is, "test", VM_SHUT_OFF, SECOND));
	SCOPED(cluster) off = store_get(w->store);
	const struct vm *vm = test_vm(off, "test");
	assert_int_equal(vm->cpu_ns, ABSENT_U64);
	assert_int_equal(vm->mem_actual, ABSENT_U32);
	assert_true(vm->mem_max != ABSENT_U32);
	assert_int_equal(virDomainCreate(domain), 0);
	assert_true(wait_for(w, vm_is, "test", VM_RUNNING, SECOND));
}

static void
test_event_shows_at_once(void **state)
{
	check_events(*state);
}

static void
test_event_without_bulk(void **state)
{
	atomic_store(&without_bulk, true);
	check_events(*state);
}

static bool
vm_has_numbers(const struct cluster *cluster, const char *name, int unused)
{
	const struct vm *vm = cluster_vm_by_name(cluster, name, NULL);

	return vm != NULL && vm->state == VM_RUNNING && vm->cpu_ns != ABSENT_U64 &&
	    vm->mem_actual != ABSENT_U32 && vm->title != NULL && vm->persistent == 1;
}

/* A domain that is defined and started: seen at once, its numbers a second later. */
static void
test_new_domain(void **state)
{
	static const char xml[] =
	    "<domain type='test'><name>fresh</name><title>New one</title>"
	    "<memory unit='MiB'>64</memory><os><type>hvm</type></os></domain>";
	struct world *w = *state;

	w->settings.interval = 3600;
	configure(w, "alpha", "test:///default");
	apply(w);
	assert_true(wait_for(w, vm_is, "test", VM_RUNNING, 5 * SECOND));
	g_autoptr(virConnect) connection = virt_connect("test:///default", NULL);
	g_autoptr(virDomain) domain = virDomainDefineXML(connection, xml);
	assert_non_null(domain);
	assert_true(wait_for(w, vm_is, "fresh", VM_SHUT_OFF, SECOND));
	assert_int_equal(virDomainCreate(domain), 0);
	assert_true(wait_for(w, vm_is, "fresh", VM_RUNNING, SECOND));
	assert_true(wait_for(w, vm_has_numbers, "fresh", 0, 3 * SECOND));
	assert_int_equal(virDomainDestroy(domain), 0);
	assert_int_equal(virDomainUndefine(domain), 0);
	assert_true(wait_for(w, vm_is, "fresh", 0, SECOND));
}

static bool
vm_sampled_twice(const struct cluster *cluster, const char *name, int unused)
{
	const struct vm *vm = cluster_vm_by_name(cluster, name, NULL);

	return vm != NULL && vm->sampled_us > vm->discontinuity_us;
}

static void
test_poke(void **state)
{
	struct world *w = *state;

	w->settings.interval = 3600;
	configure(w, "alpha", w->file_uri);
	apply(w);
	assert_true(wait_for(w, vm_is, "web1", VM_RUNNING, 5 * SECOND));
	assert_false(wait_for(w, vm_sampled_twice, "web1", 0, SECOND / 2));
	collectors_poke(w->collectors, "nobody", NULL);
	collectors_poke(w->collectors, "alpha", NULL);
	assert_true(wait_for(w, vm_sampled_twice, "web1", 0, SECOND));
}

/* --- a host that cannot be reached */

static void
test_bad_uris(void **state)
{
	static const char *const uris[] = {
		"qemu+unix:///system?socket=/nonexistent/libvirt-sock",
		"test:///nonexistent/host.xml",
		"nonsense:///system",
		"qemu+tcp://127.0.0.1:1/system",
	};
	struct world *w = *state;

	configure(w, "good", w->file_uri);
	for (size_t i = 0; i < G_N_ELEMENTS(uris); i++) {
		g_autofree char *name = g_strdup_printf("bad%zu", i);
		configure(w, name, uris[i]);
	}
	apply(w);
	for (size_t i = 0; i < G_N_ELEMENTS(uris); i++) {
		g_autofree char *name = g_strdup_printf("bad%zu", i);
		assert_true(wait_for(w, node_is, name, NODE_UNREACHABLE, 5 * SECOND));
		SCOPED(cluster) now = store_get(w->store);
		const struct node *node = cluster_node_by_name(now, name, NULL);
		assert_true(strlen(node->reason) > 10);
		assert_int_equal(node->polls, node->polls_failed);
		assert_int_equal(node->seen_at, 0);
	}
	assert_true(wait_for(w, polled_more_than, "good", 2, 5 * SECOND));
	SCOPED(cluster) now = store_get(w->store);
	assert_true(g_get_monotonic_time() - test_vm(now, "web1")->sampled_us < 2 * SECOND);
}

/* The reason that a person reads names the socket. */
static void
test_reason_names_the_socket(void **state)
{
	struct world *w = *state;

	configure(w, "bad", "qemu+unix:///system?socket=/nonexistent/libvirt-sock");
	apply(w);
	assert_true(wait_for(w, node_is, "bad", NODE_UNREACHABLE, 5 * SECOND));
	SCOPED(cluster) now = store_get(w->store);
	const struct node *node = cluster_node_by_name(now, "bad", NULL);
	assert_non_null(strstr(node->reason, "/nonexistent/libvirt-sock"));
}

/* Back without help: the file that was missing appears. */
static void
test_comes_back(void **state)
{
	struct world *w = *state;
	g_autofree char *path = g_build_filename(w->dir, "host.xml", NULL);

	assert_int_equal(g_unlink(path), 0);
	configure(w, "alpha", w->file_uri);
	apply(w);
	assert_true(wait_for(w, node_is, "alpha", NODE_UNREACHABLE, 5 * SECOND));
	assert_true(g_file_set_contents(path, host_xml, -1, NULL));
	assert_true(wait_for(w, node_is, "alpha", NODE_ONLINE, 5 * SECOND));
}

/* --- settings that change */

static void
test_apply(void **state)
{
	struct world *w = *state;

	configure(w, "alpha", w->file_uri);
	configure(w, "beta", "test:///default");
	apply(w);
	assert_true(wait_for(w, node_is, "alpha", NODE_ONLINE, 5 * SECOND));
	assert_true(wait_for(w, vm_is, "test", VM_RUNNING, 5 * SECOND));
	int polls = polls_of(w, "alpha");

	/* beta goes, gamma comes, alpha is left alone */
	g_ptr_array_remove_index(w->settings.nodes, 1);
	configure(w, "gamma", "test:///default");
	apply(w);
	assert_true(wait_for(w, node_is, "beta", 0, SECOND));
	assert_true(wait_for(w, node_is, "gamma", NODE_ONLINE, 5 * SECOND));
	assert_true(wait_for(w, polled_more_than, "alpha", polls, 3 * SECOND));
	SCOPED(cluster) now = store_get(w->store);
	assert_string_equal(test_vm(now, "test")->node_name, "gamma");
	/* the counters run on: its thread was not restarted */
	assert_true(test_vm(now, "web1")->sampled_us > test_vm(now, "web1")->discontinuity_us);
}

/* Another interval needs no new connection: the same domains go on counting. */
static void
test_interval_changes(void **state)
{
	struct world *w = *state;

	w->settings.interval = 3600;
	configure(w, "alpha", w->file_uri);
	apply(w);
	assert_true(wait_for(w, vm_is, "web1", VM_RUNNING, 5 * SECOND));
	w->settings.interval = 1;
	apply(w);
	assert_true(wait_for(w, polled_more_than, "alpha", 2, 5 * SECOND));
	SCOPED(cluster) now = store_get(w->store);
	assert_int_equal(test_vm(now, "web1")->stale_after, 6);
	assert_true(test_vm(now, "web1")->sampled_us > test_vm(now, "web1")->discontinuity_us);
}

/* Another URI that does not work: the VMs stay on show, as last seen. */
static void
test_uri_changes(void **state)
{
	struct world *w = *state;
	struct node_setting *node;

	configure(w, "alpha", w->file_uri);
	apply(w);
	assert_true(wait_for(w, vm_is, "web1", VM_RUNNING, 5 * SECOND));
	node = w->settings.nodes->pdata[0];
	g_free(node->uri);
	node->uri = g_strdup("test:///nonexistent.xml");
	apply(w);
	assert_true(wait_for(w, node_is, "alpha", NODE_UNREACHABLE, 5 * SECOND));
	SCOPED(cluster) now = store_get(w->store);
	assert_int_equal(test_vm(now, "web1")->state, VM_RUNNING);
	assert_string_equal(cluster_node_by_name(now, "alpha", NULL)->uri,
	    "test:///nonexistent.xml");

	g_free(node->uri);
	node->uri = g_strdup("test:///default");
	apply(w);
	assert_true(wait_for(w, vm_is, "web1", 0, 5 * SECOND));
	assert_true(wait_for(w, vm_is, "test", VM_RUNNING, SECOND));
}

/* --- probes */

static void
set_probe(struct world *w, const char *command)
{
	struct node_setting *node = w->settings.nodes->pdata[0];

	g_free(node->probe);
	node->probe = g_strdup(command);
	apply(w);
}

static bool
load_is(const struct cluster *cluster, const char *name, int load)
{
	const struct node *node = cluster_node_by_name(cluster, name, NULL);

	return node != NULL && node->load1 == (uint32_t)load;
}

static void
test_probe(void **state)
{
	struct world *w = *state;

	configure(w, "alpha", w->file_uri);
	set_probe(w, "sh -c 'echo \"{\\\"load1\\\":42}\"; exec sleep 60'");
	assert_true(wait_for(w, load_is, "alpha", 42, 5 * SECOND));
	assert_true(wait_for(w, vm_is, "web1", VM_RUNNING, 5 * SECOND));
	assert_true(wait_for(w, load_is, "alpha", 42, SECOND)); /* samples keep it */
	SCOPED(cluster) now = store_get(w->store);
	const struct node *node = cluster_node_by_name(now, "alpha", NULL);
	assert_true(node->probed_us > 0);
	assert_int_equal(node->load5, ABSENT_U32);

	/* another command; the host's counters run on */
	set_probe(w, "sh -c 'echo \"{\\\"load1\\\":43}\"; exec sleep 60'");
	assert_true(wait_for(w, load_is, "alpha", 43, 5 * SECOND));
	SCOPED(cluster) later = store_get(w->store);
	assert_int_equal(test_vm(later, "web1")->discontinuity_us,
	    test_vm(now, "web1")->discontinuity_us);
}

/* Commands that fail in each way disturb nobody, and end with the program. */
static void
test_probe_fails(void **state)
{
	static const char *const commands[] = { "/nonexistent", "false", "echo nonsense",
		"sh -c 'echo sorry >&2; exit 3'", "yes", "cat /dev/zero",
		"sh -c 'trap \"\" TERM; while :; do sleep 1; done'", "" };
	struct world *w = *state;

	configure(w, "alpha", w->file_uri);
	for (size_t i = 0; i < G_N_ELEMENTS(commands); i++) {
		set_probe(w, commands[i]);
		assert_true(wait_for(w, polled_more_than, "alpha", (int)i / 4, 5 * SECOND));
		g_usleep(SECOND / 5);
	}
	SCOPED(cluster) now = store_get(w->store);
	assert_int_equal(cluster_node_by_name(now, "alpha", NULL)->probed_us, 0);
}

static void
test_probe_comes_back(void **state)
{
	struct world *w = *state;
	g_autofree char *path = g_build_filename(w->dir, "record", NULL);
	g_autofree char *command = g_strconcat("cat ", path, NULL);

	configure(w, "alpha", w->file_uri);
	set_probe(w, command);
	g_usleep(SECOND / 5);
	assert_true(g_file_set_contents(path, "{\"load1\":9}\n", -1, NULL));
	assert_true(wait_for(w, load_is, "alpha", 9, 5 * SECOND));
	g_unlink(path);
}

static void
test_hurried(void **state)
{
	struct world *w = *state;

	for (int i = 0; i < 20; i++) {
		g_ptr_array_set_size(w->settings.nodes, 0);
		configure(w, "alpha", i % 2 ? w->file_uri : "test:///default");
		configure(w, i % 3 ? "beta" : "gamma", w->file_uri);
		apply(w);
		collectors_poke(w->collectors, "alpha", NULL);
	}
	assert_true(wait_for(w, vm_is, "web1", VM_RUNNING, 5 * SECOND));
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_rows_appear),
		TEST(test_device_rows_appear),
		TEST(test_keeps_polling),
		TEST(test_lesser_drivers),
		TEST(test_event_shows_at_once),
		TEST(test_event_without_bulk),
		TEST(test_new_domain),
		TEST(test_poke),
		TEST(test_bad_uris),
		TEST(test_reason_names_the_socket),
		TEST(test_comes_back),
		TEST(test_apply),
		TEST(test_interval_changes),
		TEST(test_uri_changes),
		TEST(test_probe),
		TEST(test_probe_fails),
		TEST(test_probe_comes_back),
		TEST(test_hurried),
	};

	log_set_level(LOG_LEVEL_ERROR);
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	virt_quit();
	return failed;
}
