/* Checks of what the nodes have of applications that are VMs: definitions, disks, libvirt's own. */
#include "collectors/review/review_private.h"

#include <string.h>

#include "common/remote.h"

#define EACH_VM(judge, vm)                                                             \
	for (guint at_ = 0; at_ < (judge)->vms->len; at_++)                            \
		for (const struct review_vm *vm = (judge)->vms->pdata[at_]; vm != NULL; vm = NULL)
#define EACH_NODE(judge, node)                                                         \
	for (guint on_ = 0; on_ < (judge)->material->nodes->len; on_++)                \
		for (const struct review_node *node = (judge)->material->nodes->pdata[on_];    \
		     node != NULL; node = NULL)

static bool
is_below(const char *file, const char *directories)
{
	g_auto(GStrv) all = g_strsplit_set(directories != NULL ? directories : "", " \t", -1);

	for (char **directory = all; *directory != NULL; directory++) {
		size_t length = strlen(*directory);
		if (length > 0 && strncmp(file, *directory, length) == 0 &&
		    (file[length] == '/' || (*directory)[length - 1] == '/'))
			return true;
	}
	return false;
}

/* On what Pacemaker itself mounts where it is needed: that it is not there now says nothing. */
static bool
is_mounted_later(const struct judge *judge, const char *file)
{
	g_autoptr(GPtrArray) primitives =
	    all_below(safe_xml_child(judge->configuration, "resources"), "primitive");

	for (guint i = 0; i < primitives->len; i++) {
		g_autofree char *id = ATTRIBUTE(primitives->pdata[i], "id");
		if (id != NULL && safe_xml_attribute_is(primitives->pdata[i], "type", "Filesystem") &&
		    is_below(file, cib_parameter(judge->cib, id, "directory")))
			return true;
	}
	return false;
}

/* --- definitions */

static bool
has_file(const struct review_node *node, const char *file)
{
	g_autofree char *text = section_of(told(node, FROM_DEFINITIONS), file);

	return text != NULL;
}

/* The first that has it; NULL: none of those that have told. */
static const struct review_node *
node_with(const struct judge *judge, const char *file)
{
	EACH_NODE(judge, node)
		if (has_file(node, file))
			return node;
	return NULL;
}

/* What it complained of, if that is about this file. */
static const char *
reason_of(const struct review_reply *reply, const char *file)
{
	return reply->why != NULL && strstr(reply->why, file) != NULL ? reply->why
								       : "it cannot be read";
}

/* A command for the node that has it. */
static char *
command_that_copies(const char *file, const char *to)
{
	g_autofree char *path = remote_quote(file);
	g_autofree char *target = g_strdup_printf("root@%s:%s", to, file);
	g_autofree char *quoted = remote_quote(target);

	return g_strdup_printf("scp -p %s %s", path, quoted);
}

void
check_definition_missing(struct judge *judge)
{
	EACH_VM(judge, vm) {
		const struct review_node *has = vm->file == NULL ? NULL : node_with(judge, vm->file);
		if (vm->file == NULL || is_mounted_later(judge, vm->file))
			continue;
		EACH_NODE(judge, node) {
			if (told(node, FROM_DEFINITIONS) == NULL || has_file(node, vm->file))
				continue;
			g_autofree char *mend =
			    has == NULL ? g_strdup("") : command_that_copies(vm->file, node->name);
			judge_found(judge, vm->id, node->name, vm->file,
			    reason_of(&node->reply[FROM_DEFINITIONS], vm->file), mend,
			    has == NULL ? node->name : has->name, NULL);
		}
	}
}

/* Where it runs it is right; else on the first node that has it. */
static const struct review_node *
reference_of(const struct judge *judge, const struct review_vm *vm)
{
	g_autoptr(GPtrArray) resources =
	    all_below(safe_xml_child(judge->status, "resources"), "resource");

	for (guint i = 0; i < resources->len; i++) {
		xmlNode *on = safe_xml_child(resources->pdata[i], "node");
		if (!safe_xml_attribute_is(resources->pdata[i], "id", vm->id) || on == NULL)
			continue;
		EACH_NODE(judge, node)
			if (safe_xml_attribute_is(on, "name", node->name) && has_file(node, vm->file))
				return node;
	}
	return node_with(judge, vm->file);
}

void
check_definition_differs(struct judge *judge)
{
	EACH_VM(judge, vm) {
		const struct review_node *right = vm->file == NULL ? NULL : reference_of(judge, vm);
		if (right == NULL)
			continue;
		g_autofree char *good = section_of(told(right, FROM_DEFINITIONS), vm->file);
		EACH_NODE(judge, node) {
			g_autofree char *text = section_of(told(node, FROM_DEFINITIONS), vm->file);
			if (text == NULL || strcmp(text, good) == 0)
				continue;
			g_autofree char *mend = command_that_copies(vm->file, node->name);
			judge_found(judge, vm->id, node->name, vm->file, right->name, mend, NULL);
		}
	}
}

/* What the first node that has it says; NULL: nobody, or what is there is no definition. */
static struct definition *
definition_for(const struct judge *judge, const struct review_vm *vm)
{
	const struct review_node *node = vm->file == NULL ? NULL : reference_of(judge, vm);

	return node == NULL ? NULL : definition_of(node, vm->file);
}

/* Where what is mended in a file is to be mended. */
static const char *
everywhere(const struct judge *judge)
{
	return judge->material->nodes->len > 1 ? "each node that has the file" : "";
}

void
check_no_uuid(struct judge *judge)
{
	EACH_VM(judge, vm) {
		SCOPED(definition) definition = definition_for(judge, vm);
		if (definition == NULL && vm->file != NULL && node_with(judge, vm->file) != NULL)
			judge_unknown(judge, vm->id, "Of what %s is made is not known. Its definition %s is "
			    "none of libvirt's.", vm->id, vm->file);
		if (definition == NULL || definition->uuid != NULL)
			continue;
		g_autofree char *uuid = g_uuid_string_random();
		g_autofree char *file = remote_quote(vm->file);
		g_autofree char *mend = g_strdup_printf("grep -q '<uuid>' %s || "
		    "sed -i '0,\\|</name>|s||</name><uuid>%s</uuid>|' %s", file, uuid, file);
		judge_found(judge, vm->id, vm->file, mend, everywhere(judge), NULL);
	}
}

void
check_no_mac(struct judge *judge)
{
	EACH_VM(judge, vm) {
		SCOPED(definition) definition = definition_for(judge, vm);
		if (definition != NULL && definition->nics_without_mac > 0)
			judge_found(judge, vm->id, vm->file, NULL);
	}
}

/* --- disks */

static void
find_disks(struct judge *judge, bool (*is_bad)(const struct definition_disk *))
{
	EACH_VM(judge, vm) {
		SCOPED(definition) definition = definition_for(judge, vm);
		for (guint i = 0; definition != NULL && i < definition->disks->len; i++) {
			const struct definition_disk *disk = definition->disks->pdata[i];
			if (disk->writable && is_bad(disk))
				judge_found(judge, vm->id, disk->target != NULL ? disk->target : "a disk",
				    vm->file, everywhere(judge), NULL);
		}
	}
}

static bool
is_shareable(const struct definition_disk *disk)
{
	return disk->shareable;
}

void
check_shareable(struct judge *judge)
{
	find_disks(judge, is_shareable);
}

static bool
is_unsafe(const struct definition_disk *disk)
{
	return g_strcmp0(disk->cache, "unsafe") == 0;
}

void
check_cache_unsafe(struct judge *judge)
{
	find_disks(judge, is_unsafe);
}

/* The number of the file there, "1234:PATH" a line; to be freed, NULL: it is not there. */
static char *
number_of(const struct review_node *node, const char *file)
{
	g_auto(GStrv) lines = g_strsplit(told(node, FROM_DISKS), "\n", -1);

	for (char **line = lines; *line != NULL; line++) {
		const char *colon = strchr(*line, ':');
		if (colon != NULL && strcmp(colon + 1, file) == 0)
			return g_strndup(*line, (gsize)(colon - *line));
	}
	return NULL;
}

/* Was the node asked for that file?  It is if its own definition has it. */
static bool
was_asked(const struct review_node *node, const struct review_vm *vm, const char *file)
{
	SCOPED(definition) definition = definition_of(node, vm->file);

	for (guint i = 0; definition != NULL && i < definition->disks->len; i++) {
		const struct definition_disk *disk = definition->disks->pdata[i];
		if (g_strcmp0(disk->file, file) == 0)
			return told(node, FROM_DISKS) != NULL;
	}
	return false;
}

/* What is asked of a disk's file. */
enum about_file { FILE_MISSING, DEVICE_MISSING, FILE_DIFFERS };

static void
find_other_file(struct judge *judge, const struct review_vm *vm, const struct definition_disk *disk)
{
	const struct review_node *first = NULL;
	g_autofree char *number = NULL;

	EACH_NODE(judge, node) {
		g_autofree char *here =
		    was_asked(node, vm, disk->file) ? number_of(node, disk->file) : NULL;
		if (here != NULL && number != NULL && strcmp(number, here) != 0)
			judge_found(judge, vm->id, disk->target != NULL ? disk->target : "a disk",
			    disk->file, node->name, first->name, NULL);
		if (number == NULL) {
			number = g_steal_pointer(&here);
			first = node;
		}
	}
}

static void
find_no_file(struct judge *judge, const struct review_vm *vm, const struct definition_disk *disk)
{
	EACH_NODE(judge, node) {
		if (!was_asked(node, vm, disk->file))
			continue;
		g_autofree char *here = number_of(node, disk->file);
		if (here == NULL)
			judge_found(judge, vm->id, disk->target != NULL ? disk->target : "a disk",
			    disk->file, node->name, NULL);
	}
}

static void
find_disk_files(struct judge *judge, enum about_file about)
{
	EACH_VM(judge, vm) {
		SCOPED(definition) definition = definition_for(judge, vm);
		for (guint i = 0; definition != NULL && i < definition->disks->len; i++) {
			const struct definition_disk *disk = definition->disks->pdata[i];
			if (disk->file == NULL || !disk->writable || is_mounted_later(judge, disk->file) ||
			    disk->device != (about == DEVICE_MISSING))
				continue;
			if (about != FILE_DIFFERS)
				find_no_file(judge, vm, disk);
			else if (!is_below(disk->file, judge->shared))
				find_other_file(judge, vm, disk);
		}
	}
}

void
check_disk_missing(struct judge *judge)
{
	find_disk_files(judge, FILE_MISSING);
}

/* One that is activated before the VM is started is not there now. */
void
check_device_missing(struct judge *judge)
{
	find_disk_files(judge, DEVICE_MISSING);
}

/* The same file has the same number on each node that shares its file system. */
void
check_disk_differs(struct judge *judge)
{
	find_disk_files(judge, FILE_DIFFERS);
}

/* --- what libvirt keeps besides */

static bool
has_line(const char *text, const char *wanted)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

	for (char **line = lines; *line != NULL; line++)
		if (strcmp(g_strstrip(*line), wanted) == 0)
			return true;
	return false;
}

static void
find_in_list(struct judge *judge, enum review_source source)
{
	EACH_VM(judge, vm) {
		SCOPED(definition) definition = definition_for(judge, vm);
		const char *uri = cib_parameter(judge->cib, vm->id, "hypervisor");
		if (definition == NULL || definition->name == NULL)
			continue;
		if (uri != NULL && strcmp(uri, judge->uri) != 0) {
			judge_unknown(judge, vm->id, "What libvirt has of %s besides is not known. %s is "
			    "not asked, but %s.", vm->id, uri, judge->uri);
			continue;
		}
		EACH_NODE(judge, node)
			if (told(node, source) != NULL && has_line(told(node, source), definition->name))
				judge_found(judge, vm->id, node->name, definition->name, judge->uri, NULL);
	}
}

void
check_autostart(struct judge *judge)
{
	find_in_list(judge, FROM_AUTOSTART);
}

void
check_persistent(struct judge *judge)
{
	find_in_list(judge, FROM_PERSISTENT);
}
