/*
 * Operation: a template is made of a VM: its disk becomes a base volume, as a clone's would,
 * and its definition a directory.  That gets its name as the last step, when all of it is there.
 */
#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/log.h"
#include "model/settings.h"
#include "vmops/clone.h"
#include "vmops/template.h"

#define LOOK_US  (250 * 1000)
#define SHOWN_US (15 * G_USEC_PER_SEC) /* for the templates to be read again */

/* --- may it be */

static const struct template_info *
find_template(const struct cluster *cluster, const char *name)
{
	const struct rows *rows = &cluster->rows[ROWS_TEMPLATE];

	for (size_t i = 0; i < rows->n; i++) {
		const struct template_info *row = rows->row[i];
		if (strcmp(row->name, name) == 0)
			return row;
	}
	return NULL;
}

bool
op_check_template(const struct cluster *cluster, const struct request *request, int64_t now,
    GError **error)
{
	const char *name = request->argument;

	if (!template_fits_name(name))
		return request_refuse(error, REQUEST_BAD_VALUE, "a template cannot be called "
		    "\"%s\": 1 to 63 letters, digits, '.', '_' or '-' are wanted", name);
	if (find_template(cluster, name) != NULL)
		return request_refuse(error, REQUEST_IMPOSSIBLE, "there is a template %s already",
		    name);
	return clone_check(cluster, request, now, error);
}

/* --- the directory */

struct making {
	struct clone clone;
	char *dir;    /* of all templates */
	char *hidden; /* in it, and nobody reads it as one */
	char *first, *final; /* of this one, in the hidden directory and after it */
};

static void
making_begin(struct making *m, const struct op_run *run)
{
	SCOPED(settings) settings = backend_settings(run->backend);

	clone_begin(&m->clone, run);
	m->dir = g_strdup(settings->template_dir);
	m->hidden = g_strdup_printf("%s/.%.8s", m->dir, m->clone.uuid);
	m->first = g_build_filename(m->hidden, m->clone.name, NULL);
	m->final = g_build_filename(m->dir, m->clone.name, NULL);
}

static void
making_end(struct making *m)
{
	clone_end(&m->clone);
	g_free(m->dir);
	g_free(m->hidden);
	g_free(m->first);
	g_free(m->final);
}
#define MAKING __attribute__((cleanup(making_end))) struct making

static bool
refuse_file(const struct making *m, const char *what, const char *path, GError **error)
{
	return clone_refuse(&m->clone, CAUSE_IMPOSSIBLE, error, "%s %s: %s", what, path,
	    g_strerror(errno));
}

/* Before anything is copied: can the directory be made, and is there none of that name. */
static bool
make_directory(struct making *m, GError **error)
{
	if (g_file_test(m->final, G_FILE_TEST_EXISTS))
		return clone_refuse(&m->clone, CAUSE_IMPOSSIBLE, error, "there is %s already",
		    m->final);
	return (g_mkdir(m->hidden, 0755) == 0 && g_mkdir(m->first, 0755) == 0) ||
	    refuse_file(m, "cannot make a directory in", m->dir, error);
}

static bool
write_file(const struct making *m, const char *name, const char *text, GError **error)
{
	g_autofree char *path = g_build_filename(m->first, name, NULL);
	g_autoptr(GError) why = NULL;

	return g_file_set_contents_full(path, text, -1, G_FILE_SET_CONTENTS_CONSISTENT |
	    G_FILE_SET_CONTENTS_DURABLE, 0644, &why) ||
	    clone_refuse(&m->clone, CAUSE_IMPOSSIBLE, error, "%s", why->message);
}

static char *
conf_text(const struct making *m)
{
	const struct clone *c = &m->clone;
	const struct clone_disk *d = c->disks->pdata[0];
	g_autoptr(GKeyFile) conf = g_key_file_new();
	g_autofree char *about = g_strdup_printf("made from %s", c->run->name);
	g_autofree char *base = g_strdup_printf("%s/%s", d->to.at->pool_name, d->name);

	g_key_file_set_string(conf, "template", "description", about);
	g_key_file_set_string(conf, "template", "base", base);
	return g_key_file_to_data(conf, NULL, NULL);
}

static void
sync_directory(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd >= 0) {
		fsync(fd);
		close(fd);
	}
}

/* What is read now is what will be made of it. */
static bool
check_readable(const struct making *m, GError **error)
{
	g_autoptr(GError) why = NULL;
	SCOPED(template) t = template_read(m->hidden, m->clone.name, &why);

	return t != NULL || clone_refuse(&m->clone, CAUSE_IMPOSSIBLE, error,
	    "what it became cannot be read: %s", why->message);
}

static bool
write_directory(struct making *m, const char *xml, GError **error)
{
	g_autofree char *conf = conf_text(m);

	op_step(m->clone.run, "writing the template");
	if (!write_file(m, TEMPLATE_XML, xml, error) ||
	    !write_file(m, TEMPLATE_CONF, conf, error) || !check_readable(m, error))
		return false;
	if (g_rename(m->first, m->final) != 0)
		return refuse_file(m, "cannot make", m->final, error);
	g_rmdir(m->hidden);
	sync_directory(m->dir);
	return true;
}

/* Also what GLib calls a file while it is being written: "domain.xml.24T3Y3". */
static void
remove_directory(const struct making *m)
{
	g_autoptr(GDir) dir = g_dir_open(m->first, 0, NULL);
	const char *name;

	while (dir != NULL && (name = g_dir_read_name(dir)) != NULL) {
		g_autofree char *path = g_build_filename(m->first, name, NULL);
		g_unlink(path);
	}
	g_rmdir(m->first);
	if (g_rmdir(m->hidden) != 0 && errno != ENOENT)
		log_warn("templates", "cannot remove %s: %s", m->hidden, g_strerror(errno));
}

/* --- the whole */

/* Without what is secret: whoever may read the directory reads it. */
static char *
template_xml(struct making *m, GError **error)
{
	char *xml = virDomainGetXMLDesc(m->clone.source, VIR_DOMAIN_XML_INACTIVE);
	g_autoptr(GError) why = NULL;
	char *made = xml == NULL ? NULL
	    : new_identity_template(xml, m->clone.name, &why);

	if (xml == NULL)
		clone_refuse_libvirt(&m->clone, error, "its definition");
	else if (made == NULL)
		clone_refuse(&m->clone, CAUSE_IMPOSSIBLE, error, "%s", why->message);
	free(xml);
	return made;
}

/* Until it can be made from: a moment, whatever comes of it. */
static void
wait_shown(const struct op_run *run, const char *name)
{
	int64_t until = g_get_monotonic_time() + SHOWN_US;

	for (bool shown = false; !shown && g_get_monotonic_time() < until;) {
		SCOPED(cluster) cluster = run->look(run->context);
		shown = cluster == NULL || find_template(cluster, name) != NULL;
		run->alive(run->context);
		if (!shown && !run->pause(run->context, LOOK_US, NULL))
			return;
	}
}

static bool
make(struct making *m, const char *xml, GError **error)
{
	const struct op_run *run = m->clone.run;
	GError *why = NULL;
	bool made = make_directory(m, &why) && clone_disks_copy(&m->clone, &why) &&
	    run->pause(run->context, 0, &why) && write_directory(m, xml, &why);

	run->filled(run->context);
	if (made)
		return true;
	if (why->code != CAUSE_RESTART) { /* then the next process takes it up */
		op_step(run, "taking back what was made");
		remove_directory(m);
		storage_add_left(&why, clone_disks_remove(&m->clone));
	}
	g_propagate_error(error, why);
	return false;
}

bool
op_template_create(const struct op_run *run, GError **error)
{
	MAKING m;

	making_begin(&m, run);
	if (!clone_open(&m.clone, error))
		return false;
	g_autofree char *xml = template_xml(&m, error);
	bool done = xml != NULL && clone_disks_check(&m.clone, error) &&
	    run->own(run->context, error) && run->begin(run->context, error) &&
	    make(&m, xml, error);
	clone_disks_settle(&m.clone);
	if (done)
		wait_shown(run, m.clone.name);
	return done;
}

/* Is what has the name this job's. */
static bool
is_whole(const struct making *m)
{
	const struct clone_disk *d = m->clone.disks->pdata[0];
	SCOPED(template) t = template_read(m->dir, m->clone.name, NULL);

	return t != NULL && g_strcmp0(t->base_volume, d->name) == 0;
}

bool
op_template_create_recover(const struct op_run *run, GError **error)
{
	MAKING m;

	making_begin(&m, run);
	if (!run->owned) {
		g_set_error(error, OP_ERROR, CAUSE_RESTART, "the agent was stopped before template "
		    "%s was made of %s; nothing was made", m.clone.name, run->name);
		return false;
	}
	if (!clone_open_again(&m.clone, error))
		return false;
	if (is_whole(&m)) {
		g_rmdir(m.hidden);
		return true;
	}
	clone_backup_end(&m.clone);
	remove_directory(&m);
	g_set_error(error, OP_ERROR, CAUSE_RESTART, "the agent was stopped while template %s was "
	    "made of %s; what there was of it was removed", m.clone.name, run->name);
	storage_add_left(error, clone_disks_remove(&m.clone));
	clone_disks_settle(&m.clone);
	return false;
}
