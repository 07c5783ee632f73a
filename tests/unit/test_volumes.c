/* Operations on pools and volumes: what is refused and where it is done; their XML. */
#include "test.h"

#include "model/compose.h"
#include "model/find.h"
#include "model/request.h"
#include "vmops/admission.h"
#include "vmops/clone.h"
#include "vmops/storage.h"

#define MIB STORAGE_MIB

/* --- a cluster of two nodes with pools, volumes and two VMs */

static struct part *
storage_part(const char *node)
{
	g_autofree char *source = g_strconcat("storage:", node, NULL);

	return part_new(source, node);
}

static void
add_pool(struct part *part, const char *name, const char *type, enum pool_state state)
{
	struct pool_node *pool = part_add(part, ROWS_POOL_NODE);
	bool shared = strcmp(name, "images") == 0;
	g_autofree char *identity =
	    shared ? g_strdup(name) : g_strconcat(part->node, "/", name, NULL);

	pool->identity = part_text(part, identity);
	pool->uuid = pool->name = pool->path = pool->source = pool->error = "";
	pool->pool_name = name;
	pool->type = type;
	pool->node_name = part->node;
	pool->state = state;
	pool->capacity = 100 * MIB;
	pool->allocation = 60 * MIB;
	pool->available = 40 * MIB;
	pool->sampled_us = g_get_monotonic_time();
	pool->stale_after = 60;
}

static struct volume *
add_volume(struct part *part, const char *pool, const char *name, const char *backing)
{
	struct volume *volume = part_add(part, ROWS_VOLUME);
	bool shared = strcmp(pool, "images") == 0;
	g_autofree char *identity =
	    shared ? g_strdup(pool) : g_strconcat(part->node, "/", pool, NULL);
	g_autofree char *full = g_strconcat(identity, "/", name, NULL);
	g_autofree char *path = g_strconcat("/", pool, "/", name, NULL);

	volume->pool_identity = part_text(part, identity);
	volume->identity = part_text(part, full);
	volume->pool_name = pool;
	volume->name = name;
	volume->path = volume->key = part_text(part, path);
	volume->backing = backing;
	volume->format = "qcow2";
	volume->type = VOLUME_FILE;
	volume->capacity = 64 * MIB;
	volume->allocation = 10 * MIB;
	volume->sampled_us = g_get_monotonic_time();
	return volume;
}

/* Of a volume of pool images. */
static void
add_export(struct part *part, const char *volume, enum export_state state, bool read_only,
    uint32_t clients)
{
	struct export_info *export = part_add(part, ROWS_EXPORT);
	g_autofree char *identity = g_strconcat("images/", volume, NULL);
	g_autofree char *name = g_strconcat(part->node, "/images/", volume, NULL);
	g_autofree char *uri = g_strconcat("nbd://", part->node, ":10900/", volume, NULL);

	export->identity = part_text(part, identity);
	export->name = part_text(part, name);
	export->uri = part_text(part, uri);
	export->node_name = part->node;
	export->path = export->format = "";
	export->reason = state == EXPORT_UNKNOWN ? "killed by signal 9" : "";
	export->read_only = read_only;
	export->tls = 0;
	export->state = state;
	export->clients = clients;
	export->since_at = 0;
}

static void
add_disk(struct part *part, uint32_t vm, const char *name, const char *source)
{
	struct disk *disk = part_add(part, ROWS_DISK);

	disk->vm = vm;
	disk->h.sub = 1;
	disk->name = name;
	disk->target = "vda";
	disk->device = DISK_DEVICE_DISK;
	disk->bus = disk->format = "";
	disk->source = source;
}

static void
fill_alpha(struct part *node, struct part *storage)
{
	test_add_vm(node, "web1", 1, VM_RUNNING);
	test_add_vm(node, "off1", 2, VM_SHUT_OFF);
	test_add_vm(node, "kept1", 3, VM_SHUT_OFF)->snapshots = 2;
	test_add_vm(node, "full1", 4, VM_SHUT_OFF);
	test_add_vm(node, "stray1", 5, VM_SHUT_OFF);
	test_add_vm(node, "layer1", 6, VM_SHUT_OFF);
	add_disk(node, 3, "full1/vda", "/fast/large");
	add_disk(node, 4, "stray1/vda", "/nowhere/x");
	add_disk(node, 5, "layer1/vda", "/fast/layer");
	add_disk(node, 0, "web1/vda", "/images/web1");
	add_disk(node, 1, "off1/vda", "/fast/off1");
	add_disk(node, 2, "kept1/vda", "/fast/kept1");
	add_pool(storage, "images", "dir", POOL_RUNNING);
	add_pool(storage, "fast", "dir", POOL_RUNNING);
	add_pool(storage, "idle", "dir", POOL_INACTIVE);
	add_pool(storage, "vg", "logical", POOL_RUNNING);
	add_volume(storage, "images", "web1", "");
	add_volume(storage, "images", "base", "");
	add_volume(storage, "images", "top", "/images/base");
	add_volume(storage, "images", "free", "");
	add_volume(storage, "fast", "off1", "");
	add_volume(storage, "fast", "kept1", "");
	add_volume(storage, "fast", "over", "/elsewhere/x");
	add_volume(storage, "fast", "layer", "/images/base");
	add_volume(storage, "fast", "large", "")->allocation = 50 * MIB;
	add_volume(storage, "images", "lent", "");
	add_volume(storage, "images", "read", "");
	add_volume(storage, "images", "dead", "");
	add_volume(storage, "images", "dark", "");
	add_volume(storage, "images", "twice", "");
	add_volume(storage, "images", "net", "")->type = VOLUME_NETWORK;
	add_export(storage, "lent", EXPORT_SERVING, false, 1);
	add_export(storage, "read", EXPORT_SERVING, true, 0);
	add_export(storage, "dead", EXPORT_ENDED, false, 0);
	add_export(storage, "dark", EXPORT_UNKNOWN, false, 0);
	add_export(storage, "twice", EXPORT_SERVING, true, 0);
}

static struct cluster *
make_cluster_with(bool beta_answers, struct part *pacemaker)
{
	static const struct cluster_info info = { .name = "t", .version = "1", .backend = "none" };
	SCOPED(part) alpha = test_node_part("alpha", NODE_ONLINE);
	SCOPED(part) beta = test_node_part("beta", NODE_ONLINE);
	SCOPED(part) at_alpha = storage_part("alpha");
	SCOPED(part) at_beta = storage_part("beta");
	struct part *parts[] = { NULL, alpha, beta, at_alpha, at_beta, pacemaker };
	struct compose_input in = {
		.parts = parts, .parts_n = G_N_ELEMENTS(parts), .info = &info,
		.now = g_get_monotonic_time(), .wall = g_get_real_time(),
	};

	fill_alpha(alpha, at_alpha);
	add_pool(at_beta, "images", "dir", POOL_RUNNING);
	add_pool(at_beta, "far", "dir", POOL_RUNNING);
	add_export(at_beta, "twice", EXPORT_SERVING, true, 0);
	test_add_vm(beta, "client1", 9, VM_RUNNING);
	add_disk(beta, 0, "client1/vda", "nbd:alpha/images/lent");
	add_pool(at_beta, "remote", "logical", POOL_RUNNING);
	if (!beta_answers)
		((struct node *)beta->rows[ROWS_NODE]->pdata[0])->sampled_us -=
		    INT64_C(3600) * G_USEC_PER_SEC;
	return compose(&in);
}

static struct cluster *
make_cluster(bool beta_answers)
{
	return make_cluster_with(beta_answers, NULL);
}

static uint32_t lent_file; /* of the request */

/* The sentence that the words are refused with, or NULL; the node in `where`. */
static char *
refusal_of(const struct cluster *c, const char *words, const char **where)
{
	g_autoptr(GError) error = NULL;
	struct request request;
	struct subject subject = { 0 };

	bool understood = command_parse(c, words, &request, &error);
	request.file = lent_file;
	if (understood && admission_check(c, op_find(request.type), &request,
		g_get_monotonic_time(), &subject, &error)) {
		*where = subject.node_name;
		return NULL;
	}
	assert_true(error->domain == REQUEST_ERROR);
	return g_strdup(error->message);
}

static void
requests_are_refused_in_one_sentence(void **state)
{
	static const struct { const char *words, *sentence; } cases[] = {
		{ "volume-create images new 10M", NULL },
		{ "volume-create images free 10M", "pool images has a volume free already" },
		{ "volume-create fast free 10M", NULL },
		{ "volume-create images a/b 10M", "\"a/b\" cannot be a volume's name: letters, "
		    "digits and . _ + - only, and none of . + - at the beginning" },
		{ "volume-create images .. 10M", "\"..\" cannot be a volume's name: letters, "
		    "digits and . _ + - only, and none of . + - at the beginning" },
		{ "volume-create images -- -x 10M", "\"-x\" cannot be a volume's name: letters, "
		    "digits and . _ + - only, and none of . + - at the beginning" },
		{ "volume-create images 'a b' 10M", "\"a b\" cannot be a volume's name: letters, "
		    "digits and . _ + - only, and none of . + - at the beginning" },
		{ "volume-create images new 100M", NULL }, /* it grows as it is written to */
		{ "volume-create images new 41M --whole",
		    "pool images has 40 MiB left, and 41 MiB are needed" },
		{ "volume-create images new 40M --whole --raw", NULL },
		{ "volume-create images new 10M --linked",
		    "\"volume-create\" has no option --linked" },
		{ "volume-create idle new 10M", "no node that answers has pool idle running" },
		{ "volume-create nowhere new 10M", "no pool is called \"nowhere\"" },
		{ "volume-create images new", "\"volume-create\" is used like this: volume-create "
		    "POOL NEW SIZE [--raw] [--whole]" },
		{ "volume-delete free", NULL },
		{ "volume-delete images/free", NULL },
		{ "volume-delete alpha/fast/over", NULL },
		{ "volume-delete web1", "volume web1 cannot be deleted: VM web1 has it as vda" },
		{ "volume-delete off1", "volume off1 cannot be deleted: VM off1 has it as vda" },
		{ "volume-delete base", "volume base cannot be deleted: image top is on top of it" },
		{ "volume-delete nothing", "no volume is called \"nothing\"" },
		{ "volume-wipe base", "volume base cannot be wiped: image top is on top of it" },
		{ "volume-wipe web1", "volume web1 cannot be wiped: VM web1 has it as vda" },
		{ "volume-resize free 65M", NULL },
		{ "volume-resize web1 65M", NULL },
		{ "volume-resize free 64M", "volume free has 64 MiB already" },
		{ "volume-resize free 63M",
		    "volume free has 64 MiB: shrinking it to 63 MiB would cut off data" },
		{ "volume-resize base 65M", "volume base cannot be resized: image top is on top of it" },
		{ "volume-clone free new", NULL },
		{ "volume-clone free fast/new", NULL },
		{ "volume-clone free alpha/fast/new", NULL },
		{ "volume-clone free beta/fast/new", "no pool is called \"beta/fast\"" },
		{ "volume-clone free web1", "pool images has a volume web1 already" },
		{ "volume-clone web1 new", "volume web1 cannot be cloned: VM web1 runs and writes "
		    "to it" },
		{ "volume-clone off1 new", NULL },
		{ "volume-clone large images/new",
		    "pool images has 40 MiB left, and 50 MiB are needed" },
		{ "volume-clone off1 far/new", NULL },
		{ "volume-clone over far/new", "volume over is on top of image /elsewhere/x, and no "
		    "node has both pool fast and pool far" },
		{ "volume-clone off1 remote/new", "volume off1, of format qcow2, cannot be copied "
		    "to pool remote, of type logical, on another node" },
		{ "volume-clone free new --linked", NULL },
		{ "volume-clone free vg/new --linked", "pool vg, of type logical, has no images that "
		    "are on top of others" },
		{ "volume-clone off1 new --linked", "volume off1 cannot be the base of a linked "
		    "clone: VM off1 has it as vda" },
		{ "volume-clone over far/new --linked", "no node has both pool fast and pool far" },
		{ "clone off1 new", NULL },
		{ "clone web1 new --quiesce --start", NULL },
		{ "clone web1 new --node beta", NULL },
		{ "clone web1 new --bandwidth 20", NULL },
		{ "clone off1 new --bandwidth 20",
		    "off1 is off: only the copy of a VM that runs can be slowed down" },
		{ "clone web1 new --pool far", "web1 cannot be cloned: node alpha has no pool far "
		    "running" },
		{ "clone off1 new --node beta", "off1 cannot be cloned: node beta has no pool fast "
		    "running" },
		{ "clone off1 new --node beta --pool far", NULL },
		{ "clone off1 new --pool idle", "off1 cannot be cloned: node alpha has no pool idle "
		    "running" },
		{ "clone full1 new", "pool fast on alpha has 40 MiB left, and 50 MiB are needed" },
		{ "clone stray1 new", "stray1 cannot be cloned: its disk vda (/nowhere/x) is in no "
		    "pool" },
		{ "clone web1 off1", "there is a VM called off1 already, on alpha" },
		{ "clone web1 a/b", "a VM cannot be called \"a/b\": 1 to 63 letters, digits, "
		    "'.', '_' or '-' are wanted" },
		{ "clone web1 new --linked", "web1 runs: a linked clone is made of a VM that is "
		    "off" },
		{ "clone layer1 new --linked", NULL },
		{ "clone web1", "\"clone\" is used like this: clone VM NEW [--node=N] [--pool=N] "
		    "[--linked] [--quiesce] [--bandwidth=N] [--start]" },
		{ "volume-move free fast", NULL },
		{ "volume-move free images", "volume free is in pool images already" },
		{ "volume-move free far", NULL },
		{ "volume-move base fast", "volume base cannot be moved: image top is on top of it" },
		{ "volume-move web1 fast", NULL },
		{ "volume-move web1 far", "volume web1 cannot be moved: VM web1 has it, and its node "
		    "alpha has no pool far that runs" },
		{ "volume-move off1 far", "volume off1 cannot be moved: VM off1 has it, and its node "
		    "alpha has no pool far that runs" },
		{ "volume-move kept1 images", "volume kept1 cannot be moved: VM kept1 has 2 snapshots, "
		    "which would be lost: delete them first" },
		{ "volume-move free idle", "no node that answers has pool idle running" },
		{ "pool-start idle", NULL },
		{ "pool-start images", "pool images is not inactive on any node" },
		{ "pool-stop fast", NULL },
		{ "pool-stop idle", "pool idle is not running on any node" },
		{ "pool-stop images", "pool images cannot be stopped: VM client1 runs with its "
		    "volume lent" },
		{ "pool-refresh far", NULL },
	};
	SCOPED(cluster) c = make_cluster(true);

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		const char *where;
		g_autofree char *sentence = refusal_of(c, cases[i].words, &where);
		if (g_strcmp0(sentence, cases[i].sentence) != 0)
			print_message("# %s\n", cases[i].words);
		if (cases[i].sentence == NULL)
			assert_null(sentence);
		else
			assert_string_equal(sentence, cases[i].sentence);
	}
}

/* One whose VM no host lists has disks that nobody knows, but while it is started. */
static void
unseen_vms_may_have_volumes(void **state)
{
#define MAY "it may be of application ha1, a VM that is not started and whose disks no host tells"
	static const struct {
		int32_t kind, state;
		const char *words, *sentence;
		const char *uuid; /* whose definition the job can read */
	} cases[] = {
		{ APP_KIND_VM, APP_STOPPED, "volume-delete free", NULL, "11111111-2222-4333-8444-5" },
		{ APP_KIND_VM, APP_STOPPED, "volume-move free fast", "volume free cannot be moved: " MAY,
		    "11111111-2222-4333-8444-5" },
		{ APP_KIND_VM, APP_STOPPED, "volume-delete free", "volume free cannot be deleted: " MAY },
		{ APP_KIND_VM, APP_FAILED, "volume-wipe free", "volume free cannot be wiped: " MAY },
		{ APP_KIND_VM, APP_UNKNOWN, "volume-move free fast", "volume free cannot be moved: " MAY },
		{ APP_KIND_VIRTUAL_NODE, APP_STOPPED, "volume-delete free",
		    "volume free cannot be deleted: " MAY },
		{ APP_KIND_VM, APP_STOPPED, "volume-delete off1",
		    "volume off1 cannot be deleted: VM off1 has it as vda" },
		{ APP_KIND_VM, APP_STARTED, "volume-delete free", NULL },
		{ APP_KIND_SERVICE, APP_STOPPED, "volume-delete free", NULL },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		SCOPED(part) part = part_new("pacemaker", NULL);
		struct app *app = part_add(part, ROWS_APP);
		const char *where;
		app->name = "ha1";
		app->kind = cases[i].kind;
		app->state = cases[i].state;
		app->vm_uuid = cases[i].uuid;
		app->sampled_us = g_get_monotonic_time();
		app->stale_after = 60;
		SCOPED(cluster) c = make_cluster_with(true, part);
		g_autofree char *sentence = refusal_of(c, cases[i].words, &where);
		if (g_strcmp0(sentence, cases[i].sentence) != 0)
			fail_msg("case %zu: %s", i, sentence != NULL ? sentence : "not refused");
	}
}

/* What a host serves to others is as good as in use. */
static void
exports_are_users(void **state)
{
#define LENT "VM client1 has it as vda"
	static const struct { const char *words, *sentence, *where; } cases[] = {
		{ "volume-export free", NULL, "alpha" },
		{ "volume-export free beta", NULL, "beta" },
		{ "volume-export free --read-only", NULL, "alpha" },
		{ "volume-export off1 beta",
		    "node beta does not answer, or has no pool fast that runs" },
		{ "volume-export off1", "volume off1 cannot be served: VM off1 has it as vda" },
		{ "volume-export off1 --read-only", "volume off1 cannot be served: VM off1 has it "
						    "as vda" },
		{ "volume-export base", "volume base can be served read-only at most: image top is "
					"on top of it" },
		{ "volume-export base --read-only", NULL, "alpha" },
		{ "volume-export lent", "volume lent is served by node alpha already, as "
					"nbd://alpha:10900/lent" },
		{ "volume-export read beta", "volume read is served by node alpha already, as "
					     "nbd://alpha:10900/read" },
		{ "volume-export read beta --read-only", NULL, "beta" },
		{ "volume-export dead", NULL, "alpha" },
		{ "volume-export dead beta", "volume dead is served by node alpha already, as "
					     "nbd://alpha:10900/dead" },
		{ "volume-export dead --read-only", "volume dead was served by node alpha for "
						    "writing: \"volume-unexport\" first" },
		{ "volume-export dark", "volume dark is served by node alpha already, as "
					"nbd://alpha:10900/dark" },
		{ "volume-export net", "volume net cannot be served: it is neither a file nor a "
				       "block device" },
		{ "volume-unexport free", "volume free is not served to others" },
		{ "volume-unexport lent", "volume lent cannot be taken from its 1 client, among "
					  "them VM client1; with \"disconnect\" it is" },
		{ "volume-unexport lent --disconnect", NULL, "alpha" },
		{ "volume-unexport lent beta", "volume lent is not served to others by that node" },
		{ "volume-unexport read", NULL, "alpha" },
		{ "volume-unexport dead", NULL, "alpha" },
		{ "volume-unexport dark", "node alpha does not tell what it serves: killed by "
					  "signal 9" },
		{ "volume-unexport twice", "volume twice is served by alpha and beta: say which" },
		{ "volume-unexport twice beta", NULL, "beta" },
		{ "volume-delete lent", "volume lent cannot be deleted: " LENT },
		{ "volume-delete read", "volume read cannot be deleted: node alpha serves it to "
					"others as nbd://alpha:10900/read; \"volume-unexport\" "
					"ends that" },
		{ "volume-wipe dead", "volume dead cannot be wiped: node alpha serves it to others "
				      "as nbd://alpha:10900/dead; \"volume-unexport\" ends that" },
		{ "volume-resize read 65M", "volume read cannot be resized: node alpha serves it to "
					    "others as nbd://alpha:10900/read; "
					    "\"volume-unexport\" ends that" },
		{ "volume-move dark fast", "volume dark cannot be moved: node alpha serves it to "
					   "others as nbd://alpha:10900/dark; \"volume-unexport\" "
					   "ends that" },
		{ "volume-clone dead new", "volume dead cannot be cloned: node alpha serves it to "
					   "others as nbd://alpha:10900/dead; \"volume-unexport\" "
					   "ends that" },
		{ "volume-clone read new", NULL, "alpha" },
	};
	SCOPED(cluster) c = make_cluster(true);

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		const char *where = NULL;
		g_autofree char *sentence = refusal_of(c, cases[i].words, &where);
		if (g_strcmp0(sentence, cases[i].sentence) != 0)
			print_message("# %s: %s\n", cases[i].words, sentence);
		assert_int_equal(g_strcmp0(sentence, cases[i].sentence), 0);
		if (cases[i].where != NULL)
			assert_string_equal(where, cases[i].where);
	}
}

/* A disk on another node is on the volume all the same; and nothing served is an orphan. */
static void
clients_of_exports_are_found(void **state)
{
	SCOPED(cluster) c = make_cluster(true);
	const struct volume *lent = find_row(c, ROWS_VOLUME, "lent", NULL);
	const struct volume *read = find_row(c, ROWS_VOLUME, "read", NULL);
	const struct volume *loose = find_row(c, ROWS_VOLUME, "free", NULL);
	const struct disk *disk = cluster_volume_disk(c, lent);

	assert_non_null(disk);
	assert_string_equal(disk->name, "client1/vda");
	assert_ptr_equal(cluster_disk_volume(c, disk), lent);
	assert_null(cluster_volume_disk(c, read));
	assert_false(cluster_volume_is_orphan(c, read));
	assert_true(cluster_volume_is_orphan(c, loose));
}

#define NO_FILE " needs a file, which only 'virtcluster volume-"

/* With a file in hand, and without. */
static void
transfers_are_refused(void **state)
{
	static const struct { const char *words, *sentence; } cases[] = {
		{ "volume-upload images/new", NULL },
		{ "volume-upload beta/far/new", NULL },
		{ "volume-upload images/web1", "pool images has a volume web1 already" },
		{ "volume-upload idle/new", "no node that answers has pool idle running" },
		{ "volume-upload images/.x", "\".x\" cannot be a volume's name: letters, digits and . "
					     "_ + - only, and none of . + - at the beginning" },
		{ "volume-upload images/", "\"\" cannot be a volume's name: letters, digits and . "
					   "_ + - only, and none of . + - at the beginning" },
		{ "volume-upload new", "\"volume-upload\": POOL/NAME, not new" },
		{ "volume-upload /new", "\"volume-upload\": POOL/NAME, not /new" },
		{ "volume-download free", NULL },
		{ "volume-download off1", NULL },
		{ "volume-download web1", "volume web1 cannot be downloaded: VM web1 runs and writes "
					  "to it" },
		{ "volume-download over", "volume over cannot be downloaded: it is on top of image "
					  "/elsewhere/x; a clone of it is whole" },
	};
	SCOPED(cluster) c = make_cluster(true);

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		const char *where;
		lent_file = 17;
		g_autofree char *sentence = refusal_of(c, cases[i].words, &where);
		lent_file = 0;
		g_autofree char *without = refusal_of(c, cases[i].words, &where);
		if (g_strcmp0(sentence, cases[i].sentence) != 0)
			print_message("# %s\n", cases[i].words);
		assert_int_equal(g_strcmp0(sentence, cases[i].sentence), 0);
		assert_non_null(without);
		if (cases[i].sentence == NULL)
			assert_non_null(strstr(without, NO_FILE));
	}
}

/* What is between hosts must be whole, and mean the same there. */
static void
a_clones_disks_have_their_ways(void **state)
{
	static const struct {
		const char *words, *to, *format;
		bool far, via, linked;
	} cases[] = {
		{ "clone web1 new", "images", "qcow2" },
		{ "clone web1 new --pool vg", "vg", NULL },
		{ "clone web1 new --node beta", "images", "qcow2" },
		{ "clone web1 new --node beta --pool far", "far", "qcow2", .far = true, .via = true },
		{ "clone off1 new --node beta --pool far", "far", "qcow2", .far = true },
		{ "clone off1 new --node beta --pool remote", "remote", NULL, .far = true,
		    .via = true },
		{ "clone layer1 new", "fast", "qcow2" },
		{ "clone layer1 new --linked", "fast", "qcow2", .linked = true },
		{ "clone layer1 new --linked --pool images", "images", "qcow2" },
		{ "clone layer1 new --node beta --pool far", "far", "qcow2", .far = true,
		    .via = true },
	};
	SCOPED(cluster) c = make_cluster(true);

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GError) error = NULL;
		struct clone_route route;
		struct request request;
		print_message("# %s\n", cases[i].words);
		assert_true(command_parse(c, cases[i].words, &request, &error));
		assert_true(clone_plan(c, &request, "vda", &route, &error));
		assert_string_equal(route.to->pool_name, cases[i].to);
		assert_int_equal(g_strcmp0(route.format, cases[i].format), 0);
		assert_int_equal(route.far, cases[i].far);
		assert_int_equal(route.via, cases[i].via);
		assert_int_equal(route.linked, cases[i].linked);
	}
}

/* Where both ends are, and where the VM is. */
static void
the_node_is_chosen(void **state)
{
	static const struct { const char *words, *node; } cases[] = {
		{ "volume-create far new 10M",   "beta"  },
		{ "volume-clone free far/new",   "beta"  },
		{ "volume-clone free fast/new",  "alpha" },
		{ "volume-move web1 fast",       "alpha" },
		{ "volume-resize web1 65M",      "alpha" },
		{ "volume-clone off1 far/new",   "alpha" }, /* read there, written to the other */
	};
	SCOPED(cluster) c = make_cluster(true);

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		const char *where = NULL;
		g_autofree char *sentence = refusal_of(c, cases[i].words, &where);
		assert_null(sentence);
		assert_string_equal(where, cases[i].node);
	}
}

static void
a_silent_node_is_asked_for_nothing(void **state)
{
	SCOPED(cluster) c = make_cluster(false);
	const char *where = NULL;
	g_autofree char *shared = refusal_of(c, "volume-create images new 10M", &where);
	g_autofree char *own = refusal_of(c, "volume-create far new 10M", &where);

	assert_null(shared);
	assert_string_equal(where, "alpha");
	assert_string_equal(own, "no node that has pool far answers");
}

/* --- XML */

static void
volumes_are_described(void **state)
{
	g_autofree char *plain = storage_volume_xml(&(struct volume_form){
	    .name = "a<b", .format = "qcow2", .capacity = 5, .allocation = 0 });
	g_autofree char *linked = storage_volume_xml(&(struct volume_form){
	    .name = "x", .capacity = 5, .allocation = 5, .backing = "/p/&", .backing_format = "raw" });

	assert_string_equal(plain, "<volume><name>a&lt;b</name><capacity unit='bytes'>5</capacity>"
	    "<allocation unit='bytes'>0</allocation><target><format type='qcow2'/><compat>1.1</compat></target>"
	    "</volume>");
	assert_string_equal(linked, "<volume><name>x</name><capacity unit='bytes'>5</capacity>"
	    "<allocation unit='bytes'>5</allocation><backingStore><path>/p/&amp;</path>"
	    "<format type='raw'/></backingStore></volume>");
}

#define DOMAIN(disks) "<domain><devices><emulator/>" disks "</devices></domain>"
#define TWO DOMAIN("<disk type='file' device='disk'><driver name='qemu' type='qcow2'/>"       \
		   "<source file='/a'/><backingStore type='file'><source file='/below'/>"     \
		   "</backingStore><target dev='vda' bus='virtio'/></disk>"                   \
		   "<disk type='block'><source dev='/dev/b'/><mirror type='file'>"            \
		   "<source file='/coming'/></mirror><target dev='vdb'/></disk>"              \
		   "<disk device='cdrom'><target dev='sda'/></disk>"                          \
		   "<disk type='volume'><source pool='p' volume='v'/><target dev='vdc'/></disk>")

static void
disks_are_found_by_path(void **state)
{
	static const struct {
		const char *names[3], *target; /* path, pool, volume */
		bool named;
	} cases[] = {
		{ { "/a", "q", "a" },       "vda", true  },
		{ { "/dev/b", "q", "b" },   "vdb", true  },
		{ { "/below", "q", "c" },   NULL,  true  },
		{ { "/coming", "q", "d" },  NULL,  true  },
		{ { "/elsewhere", "p", "v" }, "vdc", true },
		{ { "/c", "p", "x" },       NULL,  false },
		{ { "/c", "q", "v" },       NULL,  false },
		{ { "", "q", "" },          NULL,  false },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct volume_names names = { (char *)cases[i].names[0],
			(char *)cases[i].names[1], (char *)cases[i].names[2] };
		g_autofree char *target = storage_disk_target(TWO, &names);
		assert_int_equal(target != NULL, cases[i].target != NULL);
		if (target != NULL)
			assert_string_equal(target, cases[i].target);
		assert_int_equal(storage_xml_names(TWO, &names), cases[i].named);
		g_autofree char *snapshot = g_strconcat("<domainsnapshot>", TWO,
		    "</domainsnapshot>", NULL);
		assert_int_equal(storage_xml_names(snapshot, &names), cases[i].named);
		assert_true(storage_xml_names("no XML", &names)); /* nobody can tell: as if it did */
	}
}

static void
a_disk_moves(void **state)
{
	g_autofree char *moved = storage_disk_xml(TWO, "vda", "/new & old", false);
	g_autofree char *block = storage_disk_xml(TWO, "vdb", "/dev/c", true);
	g_autofree char *none = storage_disk_xml(TWO, "vdz", "/x", false);

	assert_string_equal(moved, "<disk type=\"file\" device=\"disk\"><driver name=\"qemu\" "
	    "type=\"qcow2\"/><target dev=\"vda\" bus=\"virtio\"/><source file=\"/new &amp; old\"/>"
	    "</disk>");
	assert_string_equal(block, "<disk type=\"block\"><target dev=\"vdb\"/>"
	    "<source dev=\"/dev/c\"/></disk>");
	assert_null(none);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(requests_are_refused_in_one_sentence),
		cmocka_unit_test(unseen_vms_may_have_volumes),
		cmocka_unit_test(exports_are_users),
		cmocka_unit_test(clients_of_exports_are_found),
		cmocka_unit_test(transfers_are_refused),
		cmocka_unit_test(a_clones_disks_have_their_ways),
		cmocka_unit_test(the_node_is_chosen),
		cmocka_unit_test(a_silent_node_is_asked_for_nothing),
		cmocka_unit_test(volumes_are_described),
		cmocka_unit_test(disks_are_found_by_path),
		cmocka_unit_test(a_disk_moves),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
