/* What every unit test includes: cmocka, and small builders of parts. */
#ifndef VCL_TESTS_UNIT_TEST_H
#define VCL_TESTS_UNIT_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <glib.h>
#include <glib/gstdio.h>
#include <string.h>

#include "model/cluster.h"
#include "model/part.h"

/* A part as a libvirt host hands it in: one node row, no VMs yet. */
static inline struct part *
test_node_part(const char *name, enum node_state state)
{
	g_autofree char *source = g_strconcat("node:", name, NULL);
	struct part *part = part_new(source, name);
	struct node *node = part_add(part, ROWS_NODE);

	part->reachable = state == NODE_ONLINE;
	node->name = part_text(part, name);
	node->uri = "test:///default";
	node->reason = "";
	node->kind = NODE_PHYSICAL;
	node->state = state;
	node->interval = 10;
	node->polls = 1;
	node->polls_failed = 0;
	node->sampled_us = g_get_monotonic_time();
	return part;
}

/* A VM with a UUID made of `number`. */
static inline struct vm *
test_add_vm(struct part *part, const char *name, unsigned number, enum vm_state state)
{
	g_autofree char *uuid = g_strdup_printf("00000000-0000-4000-8000-%012x", number);
	struct vm *vm = part_add(part, ROWS_VM);

	vm->name = part_text(part, name);
	vm->uuid = part_text(part, uuid);
	vm->reason = "";
	vm->state = state;
	vm->vcpus = 1;
	vm->mem_actual = 128;
	vm->sampled_us = g_get_monotonic_time();
	vm->counted_us = vm->sampled_us;
	vm->discontinuity_us = 1;
	vm->stale_after = 30;
	return vm;
}

static inline const struct vm *
test_vm(const struct cluster *cluster, const char *name)
{
	const struct vm *vm = cluster_vm_by_name(cluster, name, NULL);

	assert_non_null(vm);
	return vm;
}

/* A fresh directory below TMPDIR; the test removes it. */
static inline char *
test_directory(void)
{
	GError *error = NULL;
	char *dir = g_dir_make_tmp("vcl-test-XXXXXX", &error);

	assert_null(error);
	return dir;
}

/* Removes it with the files in it, and frees its name. */
static inline void
test_directory_remove(char *dir)
{
	GDir *listing = g_dir_open(dir, 0, NULL);
	const char *name;

	while ((name = g_dir_read_name(listing)) != NULL) {
		g_autofree char *path = g_build_filename(dir, name, NULL);
		g_unlink(path);
	}
	g_dir_close(listing);
	g_rmdir(dir);
	g_free(dir);
}

#endif
