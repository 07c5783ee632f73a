/* Backups: catalogues (also hostile ones), names, chains, XML, the record, refusals. */
#include "tests/unit/test.h"

#include "model/compose.h"
#include "model/find.h"
#include "model/request.h"
#include "vmops/admission.h"
#include "vmops/restore.h"

#define SUM "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define UUID(n) "00000000-0000-4000-8000-00000000000" n

/* --- catalogues */

static struct catalogue *
sample(void)
{
	struct catalogue *c = catalogue_new();
	const struct backup_disk disk = { .target = "vda", .volume = "web1-1-vda.qcow2",
		.base = "web1-0-vda.qcow2", .sha256 = SUM, .capacity = 1 << 20, .length = 4096 };

	c->uuid = UUID("1");
	c->name = "web1-1";
	c->vm_name = "web \"1\" \303\251";
	c->vm_uuid = UUID("2");
	c->base_uuid = UUID("3");
	c->kind = BACKUP_INCREMENTAL;
	c->checkpoint = "vcl-web1-1";
	c->reason = "";
	c->taken_at = G_GINT64_CONSTANT(1764072192000001);
	c->quiesced = true;
	c->seconds = 7;
	c->domain_xml = "<domain>\n<name>[{\"</name></domain>";
	g_array_append_val(c->disks, disk);
	return c;
}

static void
written_and_read(void **data)
{
	SCOPED(catalogue) c = sample();
	g_autofree char *text = catalogue_text(c);
	g_autofree char *longer = g_strdup_printf("%s  \n", text);
	SCOPED(catalogue) back = catalogue_parse(longer, strlen(longer), NULL);
	struct backup_record record;

	assert_non_null(back);
	assert_string_equal(back->uuid, c->uuid);
	assert_string_equal(back->name, c->name);
	assert_string_equal(back->vm_name, c->vm_name);
	assert_string_equal(back->vm_uuid, c->vm_uuid);
	assert_string_equal(back->base_uuid, c->base_uuid);
	assert_string_equal(back->checkpoint, c->checkpoint);
	assert_string_equal(back->domain_xml, c->domain_xml);
	assert_int_equal(back->taken_at, c->taken_at);
	assert_int_equal(back->kind, BACKUP_INCREMENTAL);
	assert_int_equal(back->seconds, 7);
	assert_true(back->quiesced);
	assert_int_equal(back->disks->len, 1);
	const struct backup_disk *disk = catalogue_disk(back, "vda");
	assert_string_equal(disk->volume, "web1-1-vda.qcow2");
	assert_string_equal(disk->base, "web1-0-vda.qcow2");
	assert_string_equal(disk->sha256, SUM);
	assert_int_equal(disk->capacity, 1 << 20);
	assert_int_equal(disk->length, 4096);
	assert_null(catalogue_disk(back, "vdb"));
	catalogue_record(back, 9, "pool", &record);
	assert_string_equal(record.disks, "vda");
	assert_int_equal(record.size, 4096);
	assert_int_equal(record.pool, 9);
	assert_int_equal(record.state, BACKUP_COMPLETE);
}

/* What is replaced in a good one, and what is said of it. */
static void
hostile(void **data)
{
	static const struct { const char *from, *to, *why; } cases[] = {
		{ "{", "", NULL }, { "}", "", NULL }, { "virtcluster backup", "x", "format" },
		{ "\"version\" : 1", "\"version\" : 2", "version 2" },
		{ "\"version\" : 1", "\"version\" : \"1\"", "\"version\"" },
		{ "\"version\" : 1", "\"version\" : 1.5", "\"version\"" },
		{ UUID("1"), "../../etc/passwd", "UUID" }, { UUID("1"), UUID("3"), "kind" },
		{ UUID("2"), "", "UUID" }, { UUID("3"), "", "kind" }, { UUID("3"), "x", "UUID" },
		{ "\"incremental\"", "\"full\"", "kind" }, { "\"incremental\"", "\"\"", "kind" },
		{ "\"name\" : \"web1-1\"", "\"name\" : \"../web1-1\"", "no backup's name" },
		{ "\"name\" : \"web1-1\"", "\"name\" : \"\"", "no backup's name" },
		{ "\"name\" : \"web1-1\"", "\"name\" : [ \"web1-1\" ]", "\"name\"" },
		{ "\"name\" : \"web1-1\"", "\"nome\" : \"web1-1\"", "\"name\"" },
		{ "web1-1-vda.qcow2", "/etc/shadow", "volume's name" },
		{ "web1-1-vda.qcow2", "..", "volume's name" },
		{ "web1-1-vda.qcow2", "web1-0-vda.qcow2", "volume's name" },
		{ "web1-0-vda.qcow2", "a/b", "volume's name" },
		{ "\"vda\"", "\"v da\"", "target" }, { "\"vda\"", "\"\"", "target" },
		{ "\"vda\"", "null", "\"target\"" }, { SUM, "0123", "sum" },
		{ "\"qcow2\"", "\"raw\"", "format" },
		{ "4096", "-1", "range" }, { "4096", "99999999999999999999999", "\"length\"" },
		{ "1048576", "9223372036854775807", "range" },
		{ "\"seconds\" : 7", "\"seconds\" : 99999999999", "range" },
		{ "\"quiesced\" : 1", "\"quiesced\" : 2", "range" },
		{ "\"disks\" : [", "\"disks\" : [ 1,", "no object" },
		{ "\"disks\" : [", "\"disks\" : [ [[[[[[[[[[]]]]]]]]]],", "nested" },
		{ "\"disks\"", "\"discs\"", "\"disks\"" },
	};
	SCOPED(catalogue) c = sample();
	g_autofree char *good = catalogue_text(c);

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_auto(GStrv) parts = g_strsplit(good, cases[i].from, 2);
		g_autofree char *bad = g_strconcat(parts[0], cases[i].to, parts[1], NULL);
		g_autoptr(GError) error = NULL;
		assert_non_null(parts[1]);
		assert_null(catalogue_parse(bad, strlen(bad), &error));
		assert_non_null(error);
		if (cases[i].why != NULL && strstr(error->message, cases[i].why) == NULL)
			fail_msg("%s -> %s: %s", cases[i].from, cases[i].to, error->message);
	}
}

/* Cut off anywhere it is none; neither is anything but text. */
static void
cut_off(void **data)
{
	SCOPED(catalogue) c = sample();
	g_autofree char *text = catalogue_text(c);
	g_autofree char *zeros = g_malloc0(4096);
	g_autoptr(GString) deep = g_string_new(NULL);

	for (size_t n = 0; n + 2 < strlen(text); n++)
		assert_null(catalogue_parse(text, n, NULL));
	assert_null(catalogue_parse(zeros, 4096, NULL));
	assert_null(catalogue_parse("\377\376", 2, NULL));
	assert_null(catalogue_parse("[]", 2, NULL));
	for (int i = 0; i < 1000000; i++)
		g_string_append_c(deep, '[');
	assert_null(catalogue_parse(deep->str, deep->len, NULL));
}

/* --- names */

static void
names(void **data)
{
	static const struct { const char *vm, *name; } cases[] = {
		{ "web1", "web1-20251125-120312" }, { "odd vm/../x", "odd_vm_.._x-20251125-120312" },
		{ "../x", "_._x-20251125-120312" }, { "-rf", "_rf-20251125-120312" },
		{ "\303\251", "__-20251125-120312" }, { "", "_-20251125-120312" },
	};
	static const struct { const char *name; bool plain; } volumes[] = {
		{ "a", true }, { "web1-1-vda.qcow2", true }, { "", false }, { ".", false },
		{ "..", false }, { "a/b", false }, { "-x", false }, { ".x", false }, { "a b", false },
		{ "\303\251", false },
	};
	g_autofree char *many = g_strnfill(500, 'x');
	g_autofree char *cut = backup_name(many, 0);

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *name = backup_name(cases[i].vm,
		    G_GINT64_CONSTANT(1764072192) * G_USEC_PER_SEC);
		assert_string_equal(name, cases[i].name);
		assert_true(backup_is_plain(name));
	}
	for (size_t i = 0; i < G_N_ELEMENTS(volumes); i++)
		assert_int_equal(backup_is_plain(volumes[i].name), volumes[i].plain);
	assert_true(strlen(cut) < 200);
	assert_false(backup_is_plain(many));
}

/* --- chains */

static void
add_record(GPtrArray *all, const char *uuid, const char *base, int64_t at, enum backup_state state)
{
	struct backup_record *r = g_new0(struct backup_record, 1);

	g_strlcpy(r->uuid, uuid, sizeof(r->uuid));
	g_strlcpy(r->name, uuid, sizeof(r->name));
	g_strlcpy(r->base_uuid, base, sizeof(r->base_uuid));
	g_strlcpy(r->vm_uuid, "vm", sizeof(r->vm_uuid));
	g_strlcpy(r->checkpoint, "cp", sizeof(r->checkpoint));
	g_strlcpy(r->pool_name, "images", sizeof(r->pool_name));
	r->taken_at = at;
	r->kind = BACKUP_FULL;
	r->state = (int32_t)state;
	r->check = CHECK_NEVER;
	r->pool = 1;
	g_ptr_array_add(all, r);
}

static GPtrArray *
chain_abc(void)
{
	GPtrArray *all = g_ptr_array_new_with_free_func(g_free);

	add_record(all, "b", "a", 20, BACKUP_COMPLETE);
	add_record(all, "a", "", 10, BACKUP_COMPLETE);
	add_record(all, "c", "b", 30, BACKUP_COMPLETE);
	add_record(all, "f", "c", 40, BACKUP_FAILED);
	add_record(all, "r", "c", 50, BACKUP_RUNNING);
	return all;
}

static void
chains(void **data)
{
	g_autoptr(GPtrArray) all = chain_abc();
	g_autoptr(GPtrArray) chain = backup_chain(all, "c", NULL);

	assert_int_equal(chain->len, 3);
	assert_string_equal(((struct backup_record *)chain->pdata[0])->uuid, "a");
	assert_string_equal(((struct backup_record *)chain->pdata[2])->uuid, "c");
	assert_string_equal(backup_above(all, "a")->uuid, "b");
	assert_string_equal(backup_above(all, "c")->uuid, "r");
	assert_null(backup_above(all, "f"));
	assert_string_equal(backup_newest(all, "vm")->uuid, "c");
	assert_null(backup_newest(all, "other"));
	assert_string_equal(backup_unfinished(all, "vm")->uuid, "r");
}

static void
chains_that_are_none(void **data)
{
	static const struct { const char *uuid, *base, *ask, *why; } cases[] = {
		{ "d", "gone", "d", "backup d is upon one that is not known" },
		{ "d", "f", "d", "backup f is not whole" },
		{ "d", "d", "d", "backup d is upon itself" },
		{ "d", "c", "x", "backup x is not known any longer" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GPtrArray) all = chain_abc();
		g_autoptr(GError) error = NULL;
		add_record(all, cases[i].uuid, cases[i].base, 60, BACKUP_COMPLETE);
		assert_null(backup_chain(all, cases[i].ask, &error));
		assert_string_equal(error->message, cases[i].why);
	}
	g_autoptr(GPtrArray) all = chain_abc();
	((struct backup_record *)all->pdata[0])->pool = 2;
	assert_null(backup_chain(all, "c", NULL));
}

/* What becomes the base of the next one, by what is changed of "c", the newest. */
static void
bases(void **data)
{
	g_autofree char *why = NULL;
	g_autoptr(GPtrArray) all = chain_abc();
	struct backup_record *a = all->pdata[1], *b = all->pdata[0], *c = all->pdata[2];

	assert_ptr_equal(backup_choose_base(all, "vm", 1, &why), c);
	assert_null(why);
	assert_null(backup_choose_base(all, "other", 1, &why));
	assert_null(why);
	assert_null(backup_choose_base(all, "vm", 2, &why));
	assert_string_equal(why, "a full one: the last one is in pool images");
	g_clear_pointer(&why, g_free);
	a->check = CHECK_BAD;
	assert_null(backup_choose_base(all, "vm", 1, &why));
	assert_string_equal(why, "a full one: a was found to be bad");
	g_clear_pointer(&why, g_free);
	a->check = CHECK_GOOD;
	b->state = BACKUP_FAILED;
	assert_null(backup_choose_base(all, "vm", 1, &why));
	assert_string_equal(why, "a full one: backup b is not whole");
	g_clear_pointer(&why, g_free);
	b->state = BACKUP_COMPLETE;
	c->checkpoint[0] = '\0';
	assert_null(backup_choose_base(all, "vm", 1, &why));
	assert_string_equal(why, "a full one: the last one has left no checkpoint");
}

/* --- XML */

static char volume[] = "v", odd_path[] = "/p/<&'\">.qcow2", path[] = "/p/b.qcow2";

static GArray *
parts(void)
{
	GArray *array = g_array_new(FALSE, TRUE, sizeof(struct backup_part));
	const struct backup_part all[] = {
		{ .target = "vda", .format = "qcow2", .base = "x", .volume = volume,
		    .path = odd_path },
		{ .target = "vdb", .format = "raw", .base = "", .volume = volume, .path = path },
		{ .target = "sda", .format = "raw", .base = "", .left_out = true },
	};

	g_array_append_vals(array, all, G_N_ELEMENTS(all));
	return array;
}

static void
begin_xml(void **data)
{
	g_autoptr(GArray) array = parts();
	g_autofree char *full = backup_begin_xml(array, NULL);
	g_autofree char *some = backup_begin_xml(array, "cp<1>");

#define REST "<target file='/p/&lt;&amp;&apos;&quot;&gt;.qcow2'/><driver type='qcow2'/></disk>" \
	"<disk name='vdb' backup='yes' backupmode='full' type='file'>" \
	"<target file='/p/b.qcow2'/><driver type='qcow2'/></disk>" \
	"<disk name='sda' backup='no'/></disks></domainbackup>"
	assert_string_equal(full, "<domainbackup mode='push'><disks>"
	    "<disk name='vda' backup='yes' backupmode='full' type='file'>" REST);
	assert_string_equal(some, "<domainbackup mode='push'><disks>"
	    "<disk name='vda' backup='yes' backupmode='incremental' "
	    "incremental='cp&lt;1&gt;' type='file'>" REST);
}

static void
checkpoint_xml(void **data)
{
	g_autoptr(GArray) array = parts();
	g_autofree char *xml = backup_checkpoint_xml(array, "cp", "a&b");

	assert_string_equal(xml, "<domaincheckpoint><name>cp</name><description>a&amp;b"
	    "</description><disks><disk name='vda' checkpoint='bitmap'/>"
	    "<disk name='vdb' checkpoint='no'/><disk name='sda' checkpoint='no'/></disks>"
	    "</domaincheckpoint>");
	g_array_remove_index(array, 0);
	assert_null(backup_checkpoint_xml(array, "cp", ""));
}

static void
disks_that_cannot_be(void **data)
{
	static const struct { const char *disks, *why; } cases[] = {
		{ "<disk device='disk'><source file='/a'/><target dev='vda'/></disk>", NULL },
		{ "<disk device='cdrom'><source file='/a'/><target dev='sda'/></disk>",
		    "it has no disk that is written to" },
		{ "<disk device='disk'><source file='/a'/><mirror/><target dev='vda'/></disk>",
		    "its disk vda is being copied or merged" },
		{ "", "it has no disk that is written to" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *xml = g_strdup_printf("<domain><devices>%s</devices></domain>",
		    cases[i].disks);
		SCOPED(snapshot_disks) all = snapshot_disks_parse(xml, NULL);
		g_autofree char *why = backup_disks_refusal(all);
		if (cases[i].why == NULL)
			assert_null(why);
		else
			assert_string_equal(why, cases[i].why);
	}
}

/* --- the definition that is restored */

static const char definition[] =
    "<domain><name>web1</name><uuid>" UUID("2") "</uuid><genid>x</genid>"
    "<sysinfo type='smbios'><system><entry name='uuid'>" UUID("2") "</entry></system></sysinfo>"
    "<os><nvram>/nv</nvram></os><devices>"
    "<disk type='block' device='disk'><driver name='qemu' type='raw'/><source dev='/dev/x'/>"
    "<backingStore/><target dev='vda'/></disk>"
    "<disk type='file' device='disk'><source file='/late'/><target dev='vdb'/></disk>"
    "<disk type='file' device='cdrom'><source file='/iso'/><target dev='sda'/><readonly/></disk>"
    "<interface type='network'><mac address='52:54:00:00:00:01'/><target dev='vnet0'/></interface>"
    "</devices></domain>";

static void
restored_xml(void **data)
{
	static char name[] = "n", where[] = "/new/a&b.qcow2";
	g_autoptr(GArray) disks = g_array_new(FALSE, TRUE, sizeof(struct restore_disk));
	const struct restore_disk disk = { "vda", name, where };
	g_autoptr(GError) error = NULL;

	g_array_append_val(disks, disk);
	struct restore_form form = { .name = "new<1>", .uuid = UUID("7"), .disks = disks };
	g_autofree char *another = restore_xml(definition, &form, NULL);
	assert_non_null(strstr(another, "<name>new&lt;1&gt;</name>"));
	assert_non_null(strstr(another, "<uuid>" UUID("7") "</uuid>"));
	assert_non_null(strstr(another, "<entry name=\"uuid\">" UUID("7") "</entry>"));
	assert_null(strstr(another, UUID("2")));
	assert_null(strstr(another, "nvram"));
	assert_null(strstr(another, "52:54:00:00:00:01"));
	assert_null(strstr(another, "vnet0"));
	assert_null(strstr(another, "/dev/x"));
	assert_null(strstr(another, "/late")); /* the old VM's, and not in the backup */
	assert_non_null(strstr(another, "/iso"));
	assert_non_null(strstr(another, "<source file=\"/new/a&amp;b.qcow2\"/>"));
	form.uuid = NULL;
	g_autofree char *same = restore_xml(definition, &form, NULL);
	assert_non_null(strstr(same, UUID("2")));
	assert_non_null(strstr(same, "52:54:00:00:00:01"));
	assert_non_null(strstr(same, "nvram"));
	assert_null(restore_xml("<domain>", &form, NULL));
	assert_null(restore_xml("<volume/>", &form, &error));
	assert_non_null(error);
	assert_null(restore_xml("<domain><devices/></domain>", &form, NULL)); /* no vda */
}

/* --- the record in the state file */

static void
record_kept(void **data)
{
	char *dir = test_directory();
	struct backup_log *log = backup_log_open(dir, NULL);
	g_autoptr(GPtrArray) all = chain_abc();
	g_autoptr(GPtrArray) none = g_ptr_array_new();
	g_autoptr(GPtrArray) gone = g_ptr_array_new();
	struct backup_record *b = all->pdata[0];

	b->size = UINT64_C(1) << 50;
	b->check = CHECK_BAD;
	g_strlcpy(b->reason, "it's \"so\"", sizeof(b->reason));
	g_ptr_array_add(gone, (gpointer) "a");
	assert_true(backup_log_write(log, all, none, NULL));
	assert_true(backup_log_write(log, none, gone, NULL));
	backup_log_close(log);
	log = backup_log_open(dir, NULL);
	g_autoptr(GPtrArray) back = backup_log_load(log, NULL);
	backup_log_close(log);
	assert_int_equal(back->len, 4);
	assert_null(backup_find(back, "a"));
	assert_memory_equal(backup_find(back, "b"), b, sizeof(*b));
	assert_string_equal(((struct backup_record *)back->pdata[0])->uuid, "b");
	test_directory_remove(dir);
}

/* --- rows, and what is refused */

static void
add_seat(struct part *part, const char *name, const char *type, enum pool_state state)
{
	struct pool_node *pool = part_add(part, ROWS_POOL_NODE);

	pool->identity = part_text(part, name); /* the same on all nodes */
	pool->uuid = pool->name = pool->path = pool->source = pool->error = "";
	pool->pool_name = name;
	pool->type = type;
	pool->node_name = part->node;
	pool->state = state;
	pool->sampled_us = g_get_monotonic_time();
	pool->stale_after = 60;
}

static void
add_backup(struct part *part, const char *uuid, const char *base, unsigned vm, int64_t at,
    enum backup_state state, uint32_t pool)
{
	struct backup *b = part_add(part, ROWS_BACKUP);
	g_autofree char *vm_uuid = g_strdup_printf("00000000-0000-4000-8000-%012x", vm);

	b->uuid = uuid;
	b->name = state == BACKUP_FAILED ? "" : part_text(part, uuid + 35);
	b->vm_name = "web1";
	b->vm_uuid = part_text(part, vm_uuid);
	b->base_uuid = base;
	b->taken_at = at;
	b->pool = pool;
	b->pool_name = "images";
	b->disks = "vda vdb";
	b->reason = b->check_reason = b->checkpoint = "";
	b->state = (int32_t)state;
}

static struct cluster *
make_cluster(void)
{
	struct part *parts[6] = {
		test_node_part("alpha", NODE_ONLINE), test_node_part("beta", NODE_ONLINE),
		part_new("storage:alpha", "alpha"), part_new("storage:beta", "beta"),
		part_new("backups", NULL), test_node_part("gamma", NODE_UNREACHABLE),
	};
	static const struct cluster_info info = { .name = "", .version = "" };
	struct compose_input in = { .info = &info, .parts = parts, .parts_n = 5,
		.now = g_get_monotonic_time() };

	test_add_vm(parts[0], "web1", 1, VM_RUNNING);
	test_add_vm(parts[0], "off1", 2, VM_SHUT_OFF);
	test_add_vm(parts[1], "far1", 3, VM_RUNNING);
	struct vm *snapped = test_add_vm(parts[0], "snap1", 4, VM_SHUT_OFF);
	snapped->snapshots = 2;
	test_add_vm(parts[1], "moving", 5, VM_RUNNING)->migration = VM_GOES;
	add_seat(parts[2], "images", "dir", POOL_RUNNING);
	add_seat(parts[3], "images", "dir", POOL_RUNNING);
	add_seat(parts[2], "lvm", "logical", POOL_RUNNING);
	add_seat(parts[2], "fast", "dir", POOL_RUNNING);
	in.parts_n = 4;
	struct cluster *first = compose(&in);
	uint32_t pool = ((const struct pool *)find_row(first, ROWS_POOL, "images", NULL))->h.index;
	cluster_unref(first);
	add_backup(parts[4], UUID("1"), "", 1, 10, BACKUP_COMPLETE, pool);
	add_backup(parts[4], UUID("2"), UUID("1"), 1, 20, BACKUP_COMPLETE, pool);
	add_backup(parts[4], UUID("3"), UUID("2"), 1, 30, BACKUP_FAILED, pool);
	add_backup(parts[4], UUID("4"), "", 2, 40, BACKUP_COMPLETE, pool);
	add_backup(parts[4], UUID("5"), "", 4, 40, BACKUP_COMPLETE, pool);
	add_backup(parts[4], UUID("6"), "", 9, 40, BACKUP_COMPLETE, pool); /* there is no such VM */
	add_backup(parts[4], UUID("7"), "", 2, 50, BACKUP_RUNNING, pool);
	in.parts_n = 5;
	struct cluster *cluster = compose(&in);
	for (size_t i = 0; i < G_N_ELEMENTS(parts); i++)
		part_unref(parts[i]);
	return cluster;
}

static void
rows(void **data)
{
	SCOPED(cluster) cluster = make_cluster();
	uint32_t web1 = test_vm(cluster, "web1")->h.index;
	const struct backup *one = find_row(cluster, ROWS_BACKUP, UUID("1"), NULL);
	const struct backup *two = find_row(cluster, ROWS_BACKUP, "2", NULL), *b;
	size_t at = 0, n = 0;

	assert_int_equal(two->base, one->h.index);
	assert_int_equal(one->base, 0);
	assert_int_equal(one->vm, web1);
	assert_ptr_equal(cluster_last_backup(cluster, web1, true), two);
	assert_int_equal(cluster_last_backup(cluster, web1, false)->state, BACKUP_FAILED);
	assert_null(cluster_last_backup(cluster, test_vm(cluster, "far1")->h.index, false));
	while ((b = cluster_backup_of(cluster, web1, &at)) != NULL)
		assert_int_equal(b->taken_at, 10 * (int64_t)++n);
	assert_int_equal(n, 3);
}

static const struct {
	const char *command, *node, *why; /* NULL why: accepted, on that node */
} requests[] = {
	{ "backup web1", "alpha" },
	{ "backup web1 --pool images --full --quiesce --bandwidth 5", "alpha" },
	{ "backup off1", "alpha" },
	{ "backup far1 --pool images", "beta" },
	{ "backup far1", NULL, "far1 has not been backed up yet" },
	{ "backup far1 --pool fast", NULL, "its node beta has no such pool that runs" },
	{ "backup web1 --pool lvm", NULL, "has no files" },
	{ "backup web1 --pool nowhere", NULL, "no pool is called" },
	{ "backup web1 --full --incremental", NULL, "either full or incremental" },
	{ "backup moving --pool images", NULL, "being migrated" },
	{ "backup web1 --pool -x", NULL, "option pool takes a pool's name" },
	{ "backup-verify 2", "alpha" },
	{ "backup-verify " UUID("3"), NULL, "nothing is there" },
	{ "backup-verify 9", NULL, "no backup is called" },
	{ "backup-delete 2", "alpha" },
	{ "backup-delete " UUID("3"), "" },
	{ "backup-delete 1", NULL, "backup 1 cannot be deleted: 2 is upon it" },
	{ "backup-delete 7", NULL, "backup 7 is being made" },
	{ "backup-scan images", "alpha" },
	{ "backup-scan lvm", NULL, "has no files" },
	{ "restore 2", NULL, "web1 is not shut off" },
	{ "restore 2 web2 --node beta", "beta" },
	{ "restore 2 web2 --node alpha --pool fast --start", "alpha" },
	{ "restore 2 web2 --pool fast", "alpha" },
	{ "restore 2 web2 --node beta --pool fast", NULL, "has not both the pool of the backup" },
	{ "restore 2 web2 --pool lvm", NULL, "has no files" },
	{ "restore 2 far1", NULL, "there is a VM far1 already, on node beta" },
	{ "restore 2 ../x", NULL, "cannot be the name" },
	{ "restore 4", "alpha" },
	{ "restore 5", NULL, "snap1 has snapshots" },
	{ "restore 6 --node beta", "beta" },
	{ "restore 7 x", NULL, "nothing is there" },
	{ "restore 2 x.qcow2 --disk vdb --node beta", "beta" },
	{ "restore 2 --disk vdc", NULL, "has no disk vdc (it has vda vdb)" },
	{ "restore 2 --disk vda --start", NULL, "a disk alone cannot be started" },
	{ "restore 2 --disk ../vda", NULL, "option disk takes" },
};

static void
accepted_and_refused(void **data)
{
	SCOPED(cluster) cluster = make_cluster();

	for (size_t i = 0; i < G_N_ELEMENTS(requests); i++) {
		g_autoptr(GError) error = NULL;
		struct request request;
		struct subject subject = { 0 };
		bool good = command_parse(cluster, requests[i].command, &request, &error) &&
		    admission_check(cluster, op_find(request.type), &request,
			g_get_monotonic_time(), &subject, &error);
		if (good != (requests[i].why == NULL) ||
		    (!good && strstr(error->message, requests[i].why) == NULL) ||
		    (good && strcmp(subject.node_name, requests[i].node) != 0))
			fail_msg("%s: %s", requests[i].command,
			    good ? subject.node_name : error->message);
	}
}

/* The words of options are those that they are kept in. */
static void
options_in_words(void **data)
{
	SCOPED(cluster) cluster = make_cluster();
	struct request request, again = { .type = JOB_RESTORE };

	assert_true(command_parse(cluster, "restore 2 x --disk vda --pool images --start", &request,
	    NULL));
	g_autofree char *words = request_options_text(&request);
	assert_string_equal(words, "start pool=images disk=vda");
	assert_true(request_options_parse(&again, words, NULL));
	assert_memory_equal(&again.machine, &request.machine, sizeof(again.machine));
	assert_int_equal(again.flags, request.flags);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(written_and_read),
		cmocka_unit_test(hostile),
		cmocka_unit_test(cut_off),
		cmocka_unit_test(names),
		cmocka_unit_test(chains),
		cmocka_unit_test(chains_that_are_none),
		cmocka_unit_test(bases),
		cmocka_unit_test(begin_xml),
		cmocka_unit_test(checkpoint_xml),
		cmocka_unit_test(disks_that_cannot_be),
		cmocka_unit_test(restored_xml),
		cmocka_unit_test(record_kept),
		cmocka_unit_test(rows),
		cmocka_unit_test(accepted_and_refused),
		cmocka_unit_test(options_in_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
