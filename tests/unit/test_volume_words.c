/* What a job says of a volume that libvirt refuses: with libvirt's words, not "no error". */
#include "tests/unit/test.h"

#include "vmops/storage.h"

static virConnectPtr connection;

static int
setup(void **state)
{
	(void)state;
	connection = virConnectOpen("test:///default");
	return connection == NULL;
}

static int
teardown(void **state)
{
	(void)state;
	return virConnectClose(connection);
}

/* A volume that is made and, unless `there`, removed again. */
static virStorageVolPtr
make_volume(bool there)
{
	g_autoptr(virStoragePool) pool = virStoragePoolLookupByName(connection, "default-pool");
	virStorageVolPtr volume = virStorageVolCreateXML(pool,
	    "<volume><name>v</name><capacity>1048576</capacity></volume>", 0);

	assert_non_null(volume);
	if (!there)
		assert_int_equal(virStorageVolDelete(volume, 0), 0);
	return volume;
}

static void
its_size(void **state)
{
	(void)state;
	g_autoptr(virStorageVol) volume = make_volume(false);
	const struct op_run run = { .name = "v" };
	const struct pool_node at = { .pool_name = "p", .node_name = "h1" };
	const struct storage_side side = { .at = &at, .connection = connection, .volume = volume };
	g_autoptr(GError) error = NULL;
	uint64_t n;

	assert_false(storage_measure(&run, &side, &n, &n, &n, &error));
	assert_int_equal(error->code, CAUSE_GONE);
	assert_non_null(strstr(error->message, "cannot see the size of v (pool p) on h1: "));
	assert_non_null(strstr(error->message, "no storage vol"));
}

static void
its_path(void **state)
{
	(void)state;
	g_autoptr(virStorageVol) volume = make_volume(false);
	VOLUME_NAMES names = { 0 };

	assert_false(storage_names(volume, &names));
	assert_int_equal(virGetLastErrorCode(), VIR_ERR_NO_STORAGE_VOL);
}

/* Which that driver cannot. */
static void
its_content(void **state)
{
	(void)state;
	g_autoptr(virStorageVol) volume = make_volume(true);
	g_autoptr(GByteArray) bytes = g_byte_array_new();
	g_autofree char *words = storage_upload(volume, bytes);

	assert_non_null(words);
	assert_non_null(strstr(words, "not supported"));
	virStorageVolDelete(volume, 0);
}

static void
quiet(void *context, virErrorPtr error)
{
	(void)context, (void)error;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(its_size),
		cmocka_unit_test(its_path),
		cmocka_unit_test(its_content),
	};

	virSetErrorFunc(NULL, quiet);
	return cmocka_run_group_tests(tests, setup, teardown);
}
