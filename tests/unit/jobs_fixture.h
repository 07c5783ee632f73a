/*
 * For the tests of the job manager: a manager and a store in one directory, and a node
 * "alpha" that is libvirt's own test driver, whose domains really change state.  All
 * connections of a process to test:///default see the same domains.
 *
 * The linker leads virDomainReset and virDomainCreate through the wrappers here: they
 * note each call, can hold it up, and then call libvirt.
 */
#ifndef VCL_TESTS_UNIT_JOBS_FIXTURE_H
#define VCL_TESTS_UNIT_JOBS_FIXTURE_H

#include "tests/unit/test.h"

#include <fcntl.h>
#include <stdatomic.h>
#include <unistd.h>

#include "common/sync.h"
#include "common/virt.h"
#include "model/state.h"
#include "model/store.h"
#include "vmops/job_log.h"
#include "vmops/jobs.h"

struct fixture {
	char *dir;
	virConnectPtr hypervisor;
	struct state *state;
	struct store *store;
	struct settings *settings;
	struct jobs *jobs;
	struct part *more_vms; /* VM rows that "alpha" shows besides its domains, or NULL */
};

static struct fixture fix;

/* --- what reaches libvirt */

static pthread_mutex_t gate_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t gate_opened = PTHREAD_COND_INITIALIZER;
static bool gate_closed; /* calls wait */
static atomic_uint resets;
static const char *ran_path; /* one line per virDomainCreate, if set */

int __real_virDomainReset(virDomainPtr, unsigned int);
int __wrap_virDomainReset(virDomainPtr, unsigned int);
int __real_virDomainCreate(virDomainPtr);
int __wrap_virDomainCreate(virDomainPtr);

static inline void
pass_gate(void)
{
	LOCK_SCOPE(&gate_lock);
	while (gate_closed)
		pthread_cond_wait(&gate_opened, &gate_lock);
}

static inline void
set_gate(bool closed)
{
	LOCK_SCOPE(&gate_lock);
	gate_closed = closed;
	pthread_cond_broadcast(&gate_opened);
}

int
__wrap_virDomainReset(virDomainPtr domain, unsigned int flags)
{
	atomic_fetch_add(&resets, 1);
	pass_gate();
	return __real_virDomainReset(domain, flags);
}

int
__wrap_virDomainCreate(virDomainPtr domain)
{
	if (ran_path != NULL) {
		g_autofree char *line = g_strdup_printf("%s\n", virDomainGetName(domain));
		int fd = open(ran_path, O_WRONLY | O_CREAT | O_APPEND, 0600);
		if (write(fd, line, strlen(line)) < 0)
			_exit(9);
		close(fd);
	}
	return __real_virDomainCreate(domain);
}

/* --- domains */

static inline virDomainPtr
find_domain(const char *name)
{
	return virDomainLookupByName(fix.hypervisor, name);
}

static inline void
define_domain(const char *name)
{
	g_autofree char *xml = g_strdup_printf("<domain type='test'><name>%s</name>"
	    "<memory>65536</memory><vcpu>1</vcpu><os><type>hvm</type></os></domain>", name);
	g_autoptr(virDomain) domain = virDomainDefineXML(fix.hypervisor, xml);

	if (domain == NULL)
		fail_msg("%s", virGetLastErrorMessage());
}

static inline int
domain_state(const char *name)
{
	g_autoptr(virDomain) domain = find_domain(name);
	int state = -1;

	assert_non_null(domain);
	assert_int_equal(virDomainGetState(domain, &state, NULL, 0), 0);
	return state;
}

static inline void
remove_domain(const char *name)
{
	g_autoptr(virDomain) domain = find_domain(name);

	if (domain == NULL)
		return;
	if (virDomainIsActive(domain) == 1)
		virDomainDestroy(domain);
	virDomainUndefine(domain);
}

/* --- the collector of these tests */

static const enum vm_state vm_states[] = {
	[VIR_DOMAIN_NOSTATE] = VM_UNKNOWN,
	[VIR_DOMAIN_RUNNING] = VM_RUNNING,
	[VIR_DOMAIN_BLOCKED] = VM_RUNNING,
	[VIR_DOMAIN_PAUSED] = VM_PAUSED,
	[VIR_DOMAIN_SHUTDOWN] = VM_SHUTTING_DOWN,
	[VIR_DOMAIN_SHUTOFF] = VM_SHUT_OFF,
	[VIR_DOMAIN_CRASHED] = VM_CRASHED,
	[VIR_DOMAIN_PMSUSPENDED] = VM_SUSPENDED,
};

static inline void
add_domain_row(struct part *part, virDomainPtr domain)
{
	char uuid[VIR_UUID_STRING_BUFLEN];
	int state = 0;

	virDomainGetState(domain, &state, NULL, 0);
	virDomainGetUUIDString(domain, uuid);
	struct vm *vm = test_add_vm(part, virDomainGetName(domain), 0, vm_states[state]);
	vm->uuid = part_text(part, uuid);
	vm->mem_max = (uint32_t)(virDomainGetMaxMemory(domain) / 1024);
	vm->vcpus_max = (uint32_t)virDomainGetVcpusFlags(domain,
	    VIR_DOMAIN_AFFECT_CONFIG | VIR_DOMAIN_VCPU_MAXIMUM);
}

/* Publishes the part of a node and waits until the cluster shows it. */
static inline void
publish_now(struct part *part)
{
	const struct node *node = part->rows[ROWS_NODE]->pdata[0];
	uint32_t index = state_index(NULL, OBJECT_NODE, node->name);
	int64_t sampled_us = node->sampled_us;
	struct cluster *cluster;

	store_publish(fix.store, part, PUBLISH_NOW);
	for (uint64_t generation = 0;; generation = cluster->generation, cluster_unref(cluster)) {
		cluster = store_wait(fix.store, generation, 5 * G_USEC_PER_SEC);
		node = cluster_node(cluster, index);
		if (node != NULL && node->sampled_us == sampled_us)
			break;
	}
	cluster_unref(cluster);
}

/* What "alpha" is now. */
static inline struct part *
sample_alpha(void)
{
	VIRT_DOMAINS domains = NULL;
	struct part *part = test_node_part("alpha", NODE_ONLINE);
	int n = virConnectListAllDomains(fix.hypervisor, &domains, 0);

	for (int i = 0; i < n; i++)
		add_domain_row(part, domains[i]);
	for (guint i = 0; fix.more_vms != NULL && i < fix.more_vms->rows[ROWS_VM]->len; i++) {
		const struct vm *more = fix.more_vms->rows[ROWS_VM]->pdata[i];
		struct vm *vm = test_add_vm(part, more->name, 0, (enum vm_state)more->state);
		vm->uuid = part_text(part, more->uuid);
	}
	return part;
}

static inline void
observe(void *context, const char *node, const char *uuid)
{
	store_publish(fix.store, sample_alpha(), PUBLISH_NOW);
}

static inline void
observe_now(void)
{
	publish_now(sample_alpha());
}

/* Brings a domain into a state behind the manager's back, and lets the cluster see it. */
static inline void
put(const char *name, int wanted)
{
	g_autoptr(virDomain) domain = find_domain(name);

	if (virDomainHasManagedSaveImage(domain, 0) == 1)
		virDomainManagedSaveRemove(domain, 0);
	if (domain_state(name) != VIR_DOMAIN_SHUTOFF)
		assert_int_equal(virDomainDestroy(domain), 0);
	if (wanted != VIR_DOMAIN_SHUTOFF)
		assert_int_equal(__real_virDomainCreate(domain), 0);
	if (wanted == VIR_DOMAIN_PAUSED)
		assert_int_equal(virDomainSuspend(domain), 0);
	assert_int_equal(domain_state(name), wanted);
	observe_now();
}

/* --- the manager */

static inline struct settings *
make_settings(bool control)
{
	g_autofree char *path = g_build_filename(fix.dir, "test.conf", NULL);
	g_autofree char *text = g_strdup_printf("[cluster]\ncontrol=%s\nstate-dir=%s\n"
	    "[node alpha]\nuri=test:///default\n[node beta]\nuri=test+unix:///default?socket=/nonexistent/sock\n",
	    control ? "on" : "off", fix.dir);
	g_autoptr(GError) error = NULL;

	assert_true(g_file_set_contents(path, text, -1, NULL));
	struct settings *settings = settings_load(path, &error);
	if (settings == NULL)
		fail_msg("%s", error->message);
	return settings;
}

static inline void
open_store(void)
{
	g_autoptr(GError) error = NULL;

	fix.state = state_open(fix.dir, &error);
	if (fix.state == NULL)
		fail_msg("%s", error->message);
	fix.store = store_new(fix.state, "test");
	fix.settings = make_settings(true);
}

static inline void
open_jobs(void)
{
	g_autoptr(GError) error = NULL;

	fix.jobs = jobs_new(fix.store, fix.settings, &error);
	if (fix.jobs == NULL)
		fail_msg("%s", error->message);
	jobs_set_poke(fix.jobs, observe, NULL);
}

static inline void
start_all(void)
{
	open_store();
	open_jobs();
	observe_now();
	jobs_start(fix.jobs);
}

static inline void
stop_all(void)
{
	jobs_free(g_steal_pointer(&fix.jobs));
	store_free(g_steal_pointer(&fix.store));
	state_close(g_steal_pointer(&fix.state));
	settings_unref(g_steal_pointer(&fix.settings));
}

static inline void
remove_dir(void)
{
	test_directory_remove(g_steal_pointer(&fix.dir));
}

/* --- before and after a test */

static inline void
begin_fixture(void)
{
	memset(&fix, 0, sizeof(fix));
	fix.dir = test_directory();
	fix.hypervisor = virt_connect("test:///default", NULL);
	assert_non_null(fix.hypervisor);
	atomic_store(&resets, 0);
}

/* The domains web1, web2, ... go too. */
static inline void
end_fixture(unsigned webs)
{
	set_gate(false);
	if (fix.jobs != NULL)
		stop_all();
	for (unsigned i = 1; i <= webs; i++) {
		g_autofree char *name = g_strdup_printf("web%u", i);
		remove_domain(name);
	}
	virConnectClose(fix.hypervisor);
	part_unref(fix.more_vms);
	remove_dir();
}

/* --- asking */

static inline struct request
make_request(enum job_type type, const char *name)
{
	SCOPED(cluster) cluster = store_get(fix.store);
	struct request request;

	request_for_vm(&request, type, test_vm(cluster, name));
	request.origin = ORIGIN_CLI;
	g_strlcpy(request.requester, "tester", sizeof(request.requester));
	return request;
}

static inline uint32_t
submit(enum job_type type, const char *name)
{
	struct request request = make_request(type, name);
	g_autoptr(GError) error = NULL;
	uint32_t number = request_submit(jobs_door(fix.jobs), &request, &error);

	if (number == 0)
		fail_msg("%s", error->message);
	return number;
}

/* Must be refused with this code and a sentence that contains `what`. */
static inline void
refuse(const struct request *request, enum request_error code, const char *what)
{
	g_autoptr(GError) error = NULL;

	assert_int_equal(request_submit(jobs_door(fix.jobs), request, &error), 0);
	assert_int_equal(error->domain, REQUEST_ERROR);
	if (strstr(error->message, what) == NULL || error->code != (int)code)
		fail_msg("%d \"%s\" instead of %d \"%s\"", error->code, error->message, code,
		    what);
}

static inline void
refuse_job(enum job_type type, const char *name, enum request_error code, const char *what)
{
	struct request request = make_request(type, name);

	refuse(&request, code, what);
}

/* Waits until the cluster shows the job in that state; unreference `*out` after use. */
static inline const struct job *
await_job(uint32_t number, enum job_state state, struct cluster **out)
{
	int64_t deadline = g_get_monotonic_time() + 10 * G_USEC_PER_SEC;
	struct cluster *cluster = store_get(fix.store);
	const struct job *job;

	while ((job = cluster_job(cluster, number)) == NULL ||
	    job->state != (int32_t)state) {
		if (g_get_monotonic_time() > deadline ||
		    (job != NULL && job_state_is_final(job->state)))
			fail_msg("job %u is %s (%s), not %s", number,
			    job == NULL ? "unknown" : enum_to_name(job_state_names, job->state),
			    job == NULL ? "" : job->error,
			    enum_to_name(job_state_names, (int32_t)state));
		uint64_t generation = cluster->generation;
		cluster_unref(cluster);
		cluster = store_wait(fix.store, generation, G_USEC_PER_SEC);
	}
	*out = cluster;
	return job;
}

static inline void
expect_job(uint32_t number, enum job_state state, enum job_cause cause, const char *error)
{
	struct cluster *cluster;
	const struct job *job = await_job(number, state, &cluster);

	assert_int_equal(job->cause, cause);
	assert_non_null(job->error);
	if (strstr(job->error, error) == NULL)
		fail_msg("\"%s\" does not say \"%s\"", job->error, error);
	cluster_unref(cluster);
}

static inline void
expect_success(uint32_t number)
{
	struct cluster *cluster;
	const struct job *job = await_job(number, JOB_SUCCEEDED, &cluster);

	assert_int_equal(job->cause, CAUSE_NONE);
	assert_string_equal(job->error, "");
	cluster_unref(cluster);
}

#endif
