/* What libvirt does not tell of counts as in use: no volume is deleted, no image is taken. */
#include "tests/unit/test.h"

#include <stdlib.h>

#include "vmops/create.h"
#include "vmops/snapshot.h"
#include "vmops/storage.h"

#define WORDS "Storage pool not found" /* libvirt's, of what fails in these tests */

enum silent { NOTHING, LISTING, DOMAIN, GONE_DOMAIN, SNAPSHOTS, SNAPSHOT, GONE_SNAPSHOT };

static virConnectPtr connection;
static enum silent silent;
static const char *snapshot_xml; /* instead of libvirt's; NULL: libvirt's */

/* --- libvirt, some calls of which fail */

int __real_virConnectListAllDomains(virConnectPtr, virDomainPtr **, unsigned);
int __wrap_virConnectListAllDomains(virConnectPtr, virDomainPtr **, unsigned);
char *__real_virDomainGetXMLDesc(virDomainPtr, unsigned);
char *__wrap_virDomainGetXMLDesc(virDomainPtr, unsigned);
int __real_virDomainListAllSnapshots(virDomainPtr, virDomainSnapshotPtr **, unsigned);
int __wrap_virDomainListAllSnapshots(virDomainPtr, virDomainSnapshotPtr **, unsigned);
char *__real_virDomainSnapshotGetXMLDesc(virDomainSnapshotPtr, unsigned);
char *__wrap_virDomainSnapshotGetXMLDesc(virDomainSnapshotPtr, unsigned);

/* Leaves libvirt's last error as a call that has failed does. */
static void
refuse(void)
{
	assert_null(virStoragePoolLookupByName(connection, "none"));
}

int
__wrap_virConnectListAllDomains(virConnectPtr host, virDomainPtr **list, unsigned flags)
{
	if (silent != LISTING)
		return __real_virConnectListAllDomains(host, list, flags);
	refuse();
	return -1;
}

char *
__wrap_virDomainGetXMLDesc(virDomainPtr domain, unsigned flags)
{
	bool ours = strcmp(virDomainGetName(domain), "test") == 0;

	if (!ours || (silent != DOMAIN && silent != GONE_DOMAIN))
		return __real_virDomainGetXMLDesc(domain, flags);
	if (silent == DOMAIN)
		refuse();
	else
		assert_null(virDomainLookupByName(connection, "none"));
	return NULL;
}

int
__wrap_virDomainListAllSnapshots(virDomainPtr domain, virDomainSnapshotPtr **list,
    unsigned flags)
{
	if (silent != SNAPSHOTS)
		return __real_virDomainListAllSnapshots(domain, list, flags);
	refuse();
	return -1;
}

char *
__wrap_virDomainSnapshotGetXMLDesc(virDomainSnapshotPtr snapshot, unsigned flags)
{
	if (snapshot_xml != NULL)
		return strdup(snapshot_xml);
	if (silent != SNAPSHOT && silent != GONE_SNAPSHOT)
		return __real_virDomainSnapshotGetXMLDesc(snapshot, flags);
	if (silent == SNAPSHOT)
		refuse();
	else
		assert_null(virDomainSnapshotLookupByName(
		    virDomainSnapshotGetDomain(snapshot), "none", 0));
	return NULL;
}

/* --- a host with a VM that has a snapshot, and a volume */

static int
setup(void **state)
{
	silent = NOTHING;
	snapshot_xml = NULL;
	connection = virConnectOpen("test:///default");
	g_autoptr(virDomain) domain = virDomainLookupByName(connection, "test");
	g_autoptr(virDomainSnapshot) snapshot = virDomainSnapshotCreateXML(domain,
	    "<domainsnapshot><name>s1</name></domainsnapshot>", 0);
	g_autoptr(virStoragePool) pool = virStoragePoolLookupByName(connection, "default-pool");
	g_autoptr(virStorageVol) volume = virStorageVolCreateXML(pool,
	    "<volume><name>v</name><capacity>1048576</capacity></volume>", 0);

	assert_non_null(snapshot);
	assert_non_null(volume);
	return 0;
}

static int
teardown(void **state)
{
	virConnectClose(connection);
	return 0;
}

static bool
is_there(void)
{
	g_autoptr(virStoragePool) pool = virStoragePoolLookupByName(connection, "default-pool");
	g_autoptr(virStorageVol) volume = virStorageVolLookupByName(pool, "v");

	return volume != NULL;
}

static void
define_user(void)
{
	g_autoptr(virDomain) user = virDomainDefineXML(connection,
	    "<domain type='test'><name>web1</name><memory>1024</memory><os><type>hvm</type></os>"
	    "<devices><disk type='volume'><source pool='default-pool' volume='v'/>"
	    "<target dev='vda'/></disk></devices></domain>");

	assert_non_null(user);
}

static void
stay_alive(void *context)
{
}

static const struct op_run run = { .name = "v", .node = "h1", .alive = stay_alive };
static const struct pool_node at = { .pool_name = "p", .node_name = "h1" };

/* What a failed job leaves, to be freed; NULL: it has deleted the volume. */
static char *
undo(void)
{
	g_autoptr(virStoragePool) pool = virStoragePoolLookupByName(connection, "default-pool");
	struct storage_side side = { .at = &at, .connection = connection, .pool = pool };

	return storage_undo(&run, &side, "v");
}

static char *
undo_creation(void)
{
	struct creation creation = { .run = &run, .name = "web2", .host = connection,
		.disk_name = (char *)"v", .seed_name = (char *)"w", .has_disk = true };

	return create_volumes_remove(&creation);
}

/* --- volumes */

static void
what_nobody_names(void **state)
{
	assert_null(undo());
	assert_false(is_there());
}

static void
what_a_vm_names(void **state)
{
	define_user();
	silent = DOMAIN; /* the other one: nothing that this one could say matters */
	g_autofree char *left = undo();

	assert_string_equal(left, "left on h1, to be removed: p/v (VM web1 names it)");
	assert_true(is_there());
}

static void
what_nobody_can_tell(void **state)
{
	static const enum silent cases[] = { LISTING, DOMAIN, SNAPSHOTS, SNAPSHOT };

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		silent = cases[i];
		g_autofree char *left = undo();
		g_autofree char *also = undo_creation();
		silent = NOTHING;
		assert_true(is_there());
		assert_true(g_str_has_prefix(left, "left on h1, to be removed: p/v (nobody can "
		    "tell whether a VM names it: " WORDS));
		assert_true(g_str_has_prefix(also, "default-pool/v (nobody can tell whether a VM "
		    "names it: " WORDS));
	}
	assert_null(undo_creation());
	assert_false(is_there());
}

static void
what_has_gone_names_nothing(void **state)
{
	silent = *state == NULL ? GONE_DOMAIN : GONE_SNAPSHOT;
	assert_null(undo());
	assert_false(is_there());
}

static void
what_is_asked_before(void **state)
{
	g_autoptr(virStoragePool) pool = virStoragePoolLookupByName(connection, "default-pool");
	g_autoptr(virStorageVol) volume = virStorageVolLookupByName(pool, "v");
	struct storage_side side = { .at = &at, .connection = connection, .volume = volume };
	g_autoptr(GError) error = NULL;

	silent = LISTING;
	assert_false(storage_check_unnamed(&run, &side, "deleted", &error));
	assert_true(g_str_has_prefix(error->message, "cannot see which VM names volume v (pool "
	    "default-pool) on h1: " WORDS));
}

/* --- snapshots */

static void
snapshots_that_cannot_be_read(void **state)
{
	g_autoptr(virDomain) domain = virDomainLookupByName(connection, "test");
	g_autoptr(GError) told = NULL, parsed = NULL;

	silent = SNAPSHOT;
	assert_null(snapshot_others(domain, "s2", &told));
	assert_true(g_str_has_prefix(told->message,
	    "what libvirt keeps of snapshot s1 cannot be read: " WORDS));
	snapshot_xml = "<domainsnapshot>";
	assert_null(snapshot_others(domain, "s2", &parsed));
	assert_true(g_str_has_prefix(parsed->message, "what libvirt keeps of snapshot s1 cannot "
	    "be read: the XML is not well-formed"));
}

static void
snapshots_that_are_left_out(void **state)
{
	g_autoptr(virDomain) domain = virDomainLookupByName(connection, "test");

	silent = SNAPSHOT;
	g_autoptr(GPtrArray) none = snapshot_others(domain, "s1", NULL);
	silent = GONE_SNAPSHOT;
	g_autoptr(GPtrArray) gone = snapshot_others(domain, "s2", NULL);
	silent = NOTHING;
	g_autoptr(GPtrArray) one = snapshot_others(domain, "s2", NULL);

	assert_int_equal(none->len, 0);
	assert_int_equal(gone->len, 0);
	assert_int_equal(one->len, 1);
}

static void
quiet(void *context, virErrorPtr error)
{
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_nobody_names),
		TEST(what_a_vm_names),
		TEST(what_nobody_can_tell),
		TEST(what_has_gone_names_nothing),
		{ "what_has_gone_names_nothing, a snapshot", what_has_gone_names_nothing, setup,
		    teardown, (void *)&run },
		TEST(what_is_asked_before),
		TEST(snapshots_that_cannot_be_read),
		TEST(snapshots_that_are_left_out),
	};

	virSetErrorFunc(NULL, quiet);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
