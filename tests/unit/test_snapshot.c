/* Snapshots: names, XML, and which images are merged. */
#include "vmops/snapshot.h"
#include "collectors/snapshot_facts.h"
#include "model/value.h"
#include "tests/unit/test.h"

/* --- names */

static void
names(void **data)
{
	static const struct {
		const char *name;
		bool fresh, known; /* may a new one be called so; may one that is there */
	} cases[] = {
		{ "before-upgrade", true, true }, { "a", true, true }, { "1.2_3+4", true, true },
		{ "", false, false }, { ".", false, false }, { "..", false, false },
		{ ".hidden", false, false }, { "../x", false, false }, { "a/b", false, false },
		{ "-x", false, true }, { "a b", false, true }, { "a\tb", false, false },
		{ "a'b", false, true }, { "\303\251", false, true }, { "\377", false, false },
		{ "0123456789012345678901234567890123456789012345678901234567890123", true, true },
		{ "01234567890123456789012345678901234567890123456789012345678901234", false,
		    true },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		const char *name = cases[i].name;
		assert_int_equal(snapshot_name_refusal(name, true) == NULL, cases[i].fresh);
		assert_int_equal(snapshot_name_refusal(name, false) == NULL, cases[i].known);
	}
	char made[32];
	snapshot_name_make(G_GINT64_CONSTANT(1764072192) * G_USEC_PER_SEC, made);
	assert_string_equal(made, "20251125-120312");
	assert_null(snapshot_name_refusal(made, true));
}

static void
paths(void **data)
{
	static const struct {
		const char *image, *vm, *target, *snapshot;
		unsigned nth;
		const char *path;
	} cases[] = {
		{ "/srv/web1.raw", "web1", "vda", "s1", 1, "/srv/web1-vda.s1.qcow2" },
		{ "/srv/web1.raw", "web1", "vda", "s1", 2, "/srv/web1-vda.s1.2.qcow2" },
		{ "/web1", "my vm", "sda", "a b", 1, "/my_vm-sda.a_b.qcow2" },
		{ "/srv/x", "../../etc", "vda", "s", 1, "/srv/_._.._etc-vda.s.qcow2" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *path = snapshot_overlay_path(cases[i].image, cases[i].vm,
		    cases[i].target, cases[i].snapshot, cases[i].nth);
		assert_string_equal(path, cases[i].path);
	}
}

/* --- disks */

#define DISK(target, inside)                                                           \
	"<disk type='file' device='disk'><driver name='qemu' type='qcow2'/>" inside      \
	"<target dev='" target "' bus='virtio'/></disk>"
#define DOMAIN(disks) "<domain><name>web1</name><devices>" disks "</devices></domain>"
#define SOURCE(path)  "<source file='" path "'/>"
#define CHAIN3                                                                         \
	SOURCE("/s/top") "<backingStore type='file'><format type='qcow2'/>" SOURCE("/s/mid") \
	"<backingStore type='file'><format type='raw'/>" SOURCE("/s/base")             \
	"<backingStore/></backingStore></backingStore>"
#define CDROM "<disk type='file' device='cdrom'><target dev='hda'/><readonly/></disk>"

static struct snapshot_disks *
disks_of(const char *xml)
{
	struct snapshot_disks *all = snapshot_disks_parse(xml, NULL);

	assert_non_null(all);
	return all;
}

static void
disks_are_read(void **data)
{
	SCOPED(snapshot_disks) all = disks_of(DOMAIN(DISK("vda", CHAIN3) CDROM
	    "<channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0' "
	    "state='connected'/></channel>"));
	const struct snapshot_disk *vda = snapshot_disks_find(all, "vda");

	assert_true(all->agent);
	assert_int_equal(all->disks->len, 2);
	assert_true(snapshot_disks_find(all, "hda")->aside && !vda->aside);
	assert_int_equal(snapshot_disk_place(vda, "/s/top"), 0);
	assert_int_equal(snapshot_disk_place(vda, "/s/base"), 2);
	assert_int_equal(snapshot_disk_place(vda, "/s/other"), -1);
	assert_null(snapshot_disks_parse("<domain", NULL));
}

static void
what_cannot_be_kept(void **data)
{
	static const struct { const char *xml, *why; } cases[] = {
		{ DOMAIN(DISK("vda", SOURCE("/a")) CDROM), NULL },
		{ DOMAIN(CDROM), "no disk" },
		{ DOMAIN(""), "no disk" },
		{ DOMAIN(DISK("vda", SOURCE("/a")) DISK("vdb", SOURCE("/b") "<shareable/>")),
		    "disk vdb too (shareable)" },
		{ DOMAIN(DISK("vda", SOURCE("/a") "<mirror type='file'/>")), "disk vda is being" },
		{ DOMAIN("<disk type='network'><source protocol='rbd' name='x'/>"
		    "<target dev='vdc'/></disk>"), "disk vdc is no file (it is of type network)" },
		{ DOMAIN("<disk type='block'><source dev='/dev/x'/><target dev='vdd'/></disk>"),
		    "type block" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		SCOPED(snapshot_disks) all = disks_of(cases[i].xml);
		g_autofree char *why = snapshot_disks_refusal(all);
		if (cases[i].why == NULL)
			assert_null(why);
		else
			assert_non_null(strstr(why, cases[i].why));
	}
}

static void
xml_is_made(void **data)
{
	SCOPED(snapshot_disks) all = disks_of(DOMAIN(DISK("vda", SOURCE("/a")) CDROM));
	const char *const overlays[] = { "/s/a&b" };
	g_autofree char *xml = snapshot_create_xml("s1", "<text>", all, overlays);

	assert_string_equal(xml, "<domainsnapshot><name>s1</name><description>&lt;text&gt;"
	    "</description><disks><disk name='vda' snapshot='external' type='file'>"
	    "<driver type='qcow2'/><source file='/s/a&amp;b'/></disk>"
	    "<disk name='hda' snapshot='no'/></disks></domainsnapshot>");
}

/* --- snapshots */

#define KEPT(name, text, image)                                                        \
	"<domainsnapshot><name>" name "</name><description>" text "</description>"        \
	"<parent><name>before</name></parent><state>disk-snapshot</state>"               \
	"<creationTime>1000</creationTime><memory snapshot='no'/><disks>"                \
	"<disk name='vda' snapshot='external'>" SOURCE("/s/over") "</disk>"              \
	"<disk name='hda' snapshot='no'/></disks>"                                     \
	DOMAIN(DISK("vda", SOURCE(image))) "</domainsnapshot>"

static struct kept *
kept_of(const char *xml)
{
	struct kept *kept = kept_parse(xml, NULL);

	assert_non_null(kept);
	return kept;
}

static void
snapshots_are_read(void **data)
{
	SCOPED(kept) kept = kept_of(KEPT("s1", "why", "/s/base"));

	assert_string_equal(kept->name, "s1");
	assert_string_equal(kept->description, "why");
	assert_int_equal(kept->disks->len, 1);
	assert_string_equal(kept_find(kept, "vda")->image, "/s/base");
	assert_string_equal(kept_find(kept, "vda")->format, "qcow2");
	assert_null(kept_find(kept, "hda"));
	assert_false(kept->internal);
	assert_null(kept->memory);
}

static void
images_are_swapped(void **data)
{
	const struct kept_disk next = { "vda", "/s/new", "raw" };
	g_autofree char *swapped = snapshot_swap_images("<domainsnapshot><name>s</name>"
	    DOMAIN(DISK("vda", CHAIN3)) "<inactiveDomain><devices>"
	    DISK("vda", SOURCE("/s/top")) "</devices></inactiveDomain></domainsnapshot>",
	    &next, 1, NULL);
	g_autofree char *marked = snapshot_describe(KEPT("s1", "why", "/s/base"),
	    SNAPSHOT_SPENT, NULL);
	SCOPED(kept) kept = kept_of(marked);

	assert_null(strstr(swapped, "/s/top"));
	assert_null(strstr(swapped, "backingStore"));
	assert_non_null(strstr(strstr(swapped, "/s/new") + 1, "/s/new"));
	assert_non_null(strstr(swapped, "type=\"raw\""));
	assert_string_equal(kept->description, SNAPSHOT_SPENT);
	assert_string_equal(kept_find(kept, "vda")->image, "/s/base");
}

/* A snapshot on /s/base or /s/mid of vda's chain, what else there is, and what is merged. */
static void
merges_are_planned(void **data)
{
	static const struct {
		const char *image;
		const char *other;  /* the image that another one keeps, NULL: none */
		bool child, begun;
		const char *top;    /* what is merged; NULL: nothing */
		bool active;
		const char *why;    /* NULL: not refused */
		bool dead;
	} cases[] = {
		{ "/s/mid", NULL, false, false, "/s/top", true },
		{ "/s/mid", "/s/base", false, false, "/s/top", true },
		{ "/s/base", "/s/mid", true, false, "/s/mid", false },
		{ "/s/base", NULL, false, false, "/s/mid", false },
		{ "/s/base", "/s/branch", true, false, NULL, false, "snapshot s2 comes after it" },
		{ "/s/base", "/s/branch", true, true, NULL, false },  /* merged: it is to inherit */
		{ "/s/base", "/s/base", true, true, NULL, false },    /* and has inherited */
		{ "/s/top", NULL, false, false, NULL, false, "is written to by disk vda" },
		{ "/s/top", NULL, false, true, NULL, false },         /* switched already */
		{ "/s/dead", NULL, false, false, NULL, false, "is not below", true },
		{ "/s/dead", "/s/dead", false, false, NULL, false },
		{ "/s/dead", "/s/more", true, false, NULL, false, "snapshot s2 comes after it" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		SCOPED(snapshot_disks) all = disks_of(DOMAIN(DISK("vda", CHAIN3)));
		g_autofree char *xml = g_strdup_printf(KEPT("s1", "", "%s"), cases[i].image);
		g_autofree char *other_xml = g_strdup_printf(KEPT("s2", "", "%s"),
		    cases[i].other == NULL ? "" : cases[i].other);
		SCOPED(kept) kept = kept_of(xml);
		SCOPED(kept) other = kept_of(other_xml);
		g_autoptr(GPtrArray) others = g_ptr_array_new();
		g_autoptr(GPtrArray) children = g_ptr_array_new();
		const struct snapshot_kin kin = { others, children };
		g_autoptr(GError) error = NULL;

		if (cases[i].other != NULL)
			g_ptr_array_add(others, other);
		if (cases[i].child)
			g_ptr_array_add(children, other);
		assert_int_equal(snapshot_is_dead(kept, &kin, all), cases[i].dead);
		g_autoptr(GArray) merges =
		    snapshot_plan_merge(kept, &kin, all, cases[i].begun, &error);
		assert_int_equal(merges == NULL, cases[i].why != NULL);
		if (merges == NULL) {
			assert_non_null(strstr(error->message, cases[i].why));
			continue;
		}
		assert_int_equal(merges->len, cases[i].top != NULL);
		if (merges->len == 0)
			continue;
		const struct merge *merge = &g_array_index(merges, struct merge, 0);
		assert_string_equal(merge->base, cases[i].image);
		assert_string_equal(merge->top, cases[i].top);
		assert_int_equal(merge->active, cases[i].active);
	}
}

/* What kept an image that has gone keeps the one that it was merged into. */
static void
children_inherit(void **data)
{
	SCOPED(snapshot_disks) all = disks_of(DOMAIN(DISK("vda", CHAIN3)));
	SCOPED(kept) gone = kept_of(KEPT("s1", "", "/s/base"));
	SCOPED(kept) heir = kept_of(KEPT("s2", "", "/s/merged"));
	SCOPED(kept) other = kept_of(KEPT("s3", "", "/s/mid"));
	g_autoptr(GArray) some = snapshot_heirs(gone, heir, all);
	g_autoptr(GArray) none = snapshot_heirs(gone, other, all);

	assert_int_equal(none->len, 0);
	assert_int_equal(some->len, 1);
	assert_string_equal(g_array_index(some, struct kept_disk, 0).image, "/s/base");
}

/* --- what the tables tell */

static void
facts_are_read(void **data)
{
	static const struct {
		const char *xml;
		int32_t kind, state;
		uint32_t disks;
	} cases[] = {
		{ KEPT("s1", "", "/s/base"), SNAPSHOT_EXTERNAL, ABSENT_I32, 1 },
		{ "<domainsnapshot><name>s1</name><parent><name>before</name></parent><state>"
		  "shutoff</state><creationTime>1000</creationTime></domainsnapshot>",
		    SNAPSHOT_INTERNAL, VM_SHUT_OFF, ABSENT_U32 },
		{ "<domainsnapshot><name>s1</name><parent><name>before</name></parent><state>"
		  "running</state><creationTime>1000</creationTime><memory snapshot='external' "
		  "file='/m'/><disks><disk name='vda' snapshot='external'/></disks>"
		  "</domainsnapshot>", SNAPSHOT_EXTERNAL_MEMORY, VM_RUNNING, 1 },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct snapshot_fact *fact = snapshot_fact_parse(cases[i].xml);
		assert_string_equal(fact->name, "s1");
		assert_string_equal(fact->parent, "before");
		assert_int_equal(fact->created_at, 1000 * G_USEC_PER_SEC);
		assert_int_equal(fact->kind, cases[i].kind);
		assert_int_equal(fact->state, cases[i].state);
		assert_int_equal(fact->disks, cases[i].disks);
		snapshot_fact_free(fact);
	}
	assert_null(snapshot_fact_parse("<domain/>"));
	assert_null(snapshot_fact_parse(NULL));
}

static void
rows_are_made(void **data)
{
	struct part *part = part_new("node:alpha", "alpha");
	struct vm *vm = part_add(part, ROWS_VM);
	g_autoptr(GPtrArray) facts = g_ptr_array_new_with_free_func(snapshot_fact_free);
	g_autoptr(GPtrArray) same = g_ptr_array_new_with_free_func(snapshot_fact_free);

	vm->name = "web1";
	g_ptr_array_add(facts, snapshot_fact_parse(KEPT("s1", "", "/s/base")));
	g_ptr_array_add(facts, snapshot_fact_parse(KEPT("s2", SNAPSHOT_SPENT, "/s/mid")));
	g_ptr_array_add(same, snapshot_fact_parse(KEPT("s1", "", "/s/base")));
	assert_false(snapshot_facts_same(facts, same));
	assert_false(snapshot_facts_same(facts, NULL));
	g_ptr_array_add(same, snapshot_fact_parse(KEPT("s2", SNAPSHOT_SPENT, "/s/mid")));
	assert_true(snapshot_facts_same(facts, same));
	assert_int_equal(snapshot_facts_oldest(facts), 1000 * G_USEC_PER_SEC);
	snapshot_facts_add(facts, part, vm);
	assert_int_equal(part->rows[ROWS_SNAPSHOT]->len, 2);
	const struct snapshot *first = part->rows[ROWS_SNAPSHOT]->pdata[0];
	const struct snapshot *second = part->rows[ROWS_SNAPSHOT]->pdata[1];
	assert_string_equal(first->name, "s1");
	assert_string_equal(first->vm_name, "web1");
	assert_int_equal(first->usable, 1);
	assert_int_equal(second->usable, 0);
	assert_true(first->h.sub != second->h.sub && first->vm == 0);
	part_unref(part);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names),
		cmocka_unit_test(paths),
		cmocka_unit_test(disks_are_read),
		cmocka_unit_test(what_cannot_be_kept),
		cmocka_unit_test(xml_is_made),
		cmocka_unit_test(snapshots_are_read),
		cmocka_unit_test(images_are_swapped),
		cmocka_unit_test(merges_are_planned),
		cmocka_unit_test(children_inherit),
		cmocka_unit_test(facts_are_read),
		cmocka_unit_test(rows_are_made),
	};

	g_setenv("TZ", "UTC", TRUE);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
