/* The watcher of templates. */
#include "vmops/templates.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>

#include "common/log.h"
#include "vmops/template.h"

#define LOOK_US (10 * G_USEC_PER_SEC)
#define MOST    1000 /* templates */

struct templates {
	struct store *store; /* immutable */
	GThread *thread;

	/* guarded by lock */
	pthread_mutex_t lock;
	pthread_cond_t wake;
	char *dir; /* NULL: not told yet */
	bool stopping, asked;

	/* the thread only */
	char *shown; /* the marks of the files that the rows are about */
};

/* --- what is in the directory */

static int
compare_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Names of directories, sorted; free the array. */
static GPtrArray *
list_names(const char *dir)
{
	GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
	GDir *entries = g_dir_open(dir, 0, NULL);
	const char *name;

	while (entries != NULL && names->len < MOST && (name = g_dir_read_name(entries)) != NULL) {
		g_autofree char *path = g_build_filename(dir, name, NULL);
		if (*name != '.' && g_file_test(path, G_FILE_TEST_IS_DIR))
			g_ptr_array_add(names, g_strdup(name));
	}
	if (entries != NULL)
		g_dir_close(entries);
	g_ptr_array_sort(names, compare_names);
	return names;
}

static void
add_mark(GString *marks, const char *dir, const char *name, const char *file)
{
	g_autofree char *path = g_build_filename(dir, name, file, NULL);
	struct stat st = { 0 };

	if (stat(path, &st) == 0)
		g_string_append_printf(marks, " %ju.%09ld %jd %ju", (uintmax_t)st.st_mtim.tv_sec,
		    st.st_mtim.tv_nsec, (intmax_t)st.st_size, (uintmax_t)st.st_ino);
	else
		g_string_append(marks, " -");
}

/* Another text when something has changed; free it. */
static char *
marks_of(const char *dir)
{
	g_autoptr(GPtrArray) names = list_names(dir);
	GString *marks = g_string_new(dir);

	for (guint i = 0; i < names->len; i++) {
		g_string_append_printf(marks, "\n%s", (const char *)names->pdata[i]);
		add_mark(marks, dir, names->pdata[i], TEMPLATE_XML);
		add_mark(marks, dir, names->pdata[i], TEMPLATE_CONF);
	}
	return g_string_free(marks, FALSE);
}

/* --- rows */

static void
fill(struct part *part, struct template_info *row, const struct template *t)
{
	row->description = part_text(part, t->description);
	row->base = part_text(part, t->base);
	row->pool = part_text(part, t->pool);
	row->vcpus = (uint32_t)t->vcpus;
	row->memory = (uint32_t)t->memory;
	row->disk = (uint32_t)t->disk;
	row->install = t->install;
	row->state = TEMPLATE_VALID;
	row->reason = "";
}

struct part *
templates_read(const char *dir)
{
	struct part *part = part_new("templates", NULL);
	g_autoptr(GPtrArray) names = list_names(dir);

	for (guint i = 0; i < names->len; i++) {
		g_autoptr(GError) error = NULL;
		SCOPED(template) t = template_read(dir, names->pdata[i], &error);
		struct template_info *row = part_add(part, ROWS_TEMPLATE);
		row->name = part_text(part, names->pdata[i]);
		row->description = row->base = row->pool = "";
		if (t != NULL) {
			fill(part, row, t);
			continue;
		}
		row->state = TEMPLATE_INVALID;
		row->reason = part_text(part, error->message);
		log_warn("templates", "%s", error->message);
	}
	return part;
}

static void
look(struct templates *w, const char *dir)
{
	char *marks = marks_of(dir);

	if (g_strcmp0(marks, w->shown) != 0)
		store_publish(w->store, templates_read(dir), PUBLISH_NOW);
	g_free(w->shown);
	w->shown = marks;
}

/* --- the thread */

/* The directory, to be freed; NULL: it is to end. */
static char *
wait_for_next(struct templates *w)
{
	int64_t until = g_get_monotonic_time() + LOOK_US;

	LOCK_SCOPE(&w->lock);
	while (!w->stopping && !w->asked)
		if (!sync_cond_wait_until(&w->wake, &w->lock, w->dir == NULL ? INT64_MAX : until))
			break;
	w->asked = false;
	return w->stopping ? NULL : g_strdup(w->dir);
}

static void *
templates_run(void *data)
{
	struct templates *w = data;

	for (;;) {
		g_autofree char *dir = wait_for_next(w);
		if (dir == NULL)
			return NULL;
		look(w, dir);
	}
}

struct templates *
templates_new(struct store *store)
{
	struct templates *w = g_new0(struct templates, 1);

	w->store = store;
	pthread_mutex_init(&w->lock, NULL);
	sync_cond_init(&w->wake);
	w->thread = g_thread_new("templates", templates_run, w);
	return w;
}

void
templates_apply(struct templates *w, const char *dir)
{
	LOCK_SCOPE(&w->lock);
	g_free(w->dir);
	w->dir = g_strdup(dir);
	w->asked = true;
	pthread_cond_signal(&w->wake);
}

void
templates_free(struct templates *w)
{
	if (w == NULL)
		return;
	pthread_mutex_lock(&w->lock);
	w->stopping = true;
	pthread_cond_signal(&w->wake);
	pthread_mutex_unlock(&w->lock);
	g_thread_join(w->thread);
	pthread_cond_destroy(&w->wake);
	pthread_mutex_destroy(&w->lock);
	g_free(w->shown);
	g_free(w->dir);
	g_free(w);
}
