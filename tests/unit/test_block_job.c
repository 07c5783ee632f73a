/* The end of a copy or a merge under a running VM, with a libvirt that is not ready at once. */
#include "tests/unit/test.h"

#include <libvirt/virterror.h>

#include "vmops/block_job.h"

static struct {
	unsigned refusals; /* of the pivot, before it is done */
	bool goes_on;      /* what is seen of the job meanwhile */
	unsigned asked;
} scene;

int __wrap_virDomainBlockJobAbort(virDomainPtr, const char *, unsigned);
int __wrap_virDomainGetBlockJobInfo(virDomainPtr, const char *, virDomainBlockJobInfo *,
    unsigned);

/* Any error will do: libvirt lets nobody else set one. */
int
__wrap_virDomainBlockJobAbort(virDomainPtr domain, const char *target, unsigned flags)
{
	(void)target;
	assert_int_equal(flags, VIR_DOMAIN_BLOCK_JOB_ABORT_PIVOT);
	if (scene.asked++ >= scene.refusals)
		return 0;
	assert_null(virDomainLookupByName(virDomainGetConnect(domain), "not ready"));
	return -1;
}

int
__wrap_virDomainGetBlockJobInfo(virDomainPtr domain, const char *target,
    virDomainBlockJobInfo *info, unsigned flags)
{
	(void)domain, (void)target, (void)info, (void)flags;
	virResetLastError();
	return scene.goes_on;
}

static void
alive(void *context)
{
	(void)context;
}

static void
quiet(void *context, virErrorPtr error)
{
	(void)context, (void)error;
}

static char *
pivot(unsigned refusals, bool goes_on)
{
	struct op_run run = { .alive = alive };
	virConnectPtr connection = virConnectOpen("test:///default");
	virDomainPtr domain = virDomainLookupByName(connection, "test");

	scene.refusals = refusals;
	scene.goes_on = goes_on;
	scene.asked = 0;
	char *words = block_job_pivot(&run, domain, "vda");
	virDomainFree(domain);
	virConnectClose(connection);
	return words;
}

static void
test_pivot(void **unused)
{
	(void)unused;
	assert_null(pivot(0, true));
	assert_int_equal(scene.asked, 1);
}

static void
test_pivot_not_ready_yet(void **unused)
{
	(void)unused;
	assert_null(pivot(3, true));
	assert_int_equal(scene.asked, 4);
}

/* With the words of the refusal, not of what was asked after it. */
static void
test_pivot_of_a_job_that_is_gone(void **unused)
{
	(void)unused;
	g_autofree char *words = pivot(3, false);

	assert_non_null(words);
	assert_non_null(strstr(words, "Domain not found"));
	assert_int_equal(scene.asked, 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pivot),
		cmocka_unit_test(test_pivot_not_ready_yet),
		cmocka_unit_test(test_pivot_of_a_job_that_is_gone),
	};

	virSetErrorFunc(NULL, quiet);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
