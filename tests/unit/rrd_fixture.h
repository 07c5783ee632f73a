/* For tests of graphs: settings in a directory, samples by name, a private rrdcached. */
#ifndef VCL_TESTS_UNIT_RRD_FIXTURE_H
#define VCL_TESTS_UNIT_RRD_FIXTURE_H

#include <ftw.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "graphs/rrd_file.h"
#include "model/settings.h"
#include "test.h"

#define TEST_UUID "00000000-0000-4000-8000-000000000001"

struct rrd_fixture {
	char *dir;
	struct settings settings; /* the test's own reference is never given up */
	char *address;            /* of rrdcached, whether it runs or not */
	GPid rrdcached;           /* 0: not running */
};

static inline void
fixture_start(struct rrd_fixture *x)
{
	*x = (struct rrd_fixture){ .dir = test_directory() };
	x->settings.refs = 1;
	x->settings.interval = 1;
	x->settings.rrd_enabled = true;
	x->settings.rrd_dir = g_strconcat(x->dir, "/rrd", NULL);
	x->settings.rrdcached = g_strdup("");
	x->settings.rrd_step = 60;
	x->settings.rrd_years = RRD_YEARS;
	x->settings.rrd_devices = true;
	x->settings.nodes = g_ptr_array_new();
	x->address = g_strconcat("unix:", x->dir, "/sock", NULL);
}

static inline int
remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	(void)st, (void)flag, (void)ftw;
	return remove(path);
}

static inline void
fixture_stop_rrdcached(struct rrd_fixture *x, int signal)
{
	if (x->rrdcached == 0)
		return;
	kill(x->rrdcached, SIGCONT);
	kill(x->rrdcached, signal);
	waitpid(x->rrdcached, NULL, 0);
	x->rrdcached = 0;
	g_autofree char *socket = g_strconcat(x->dir, "/sock", NULL);
	unlink(socket);
}

static inline void
fixture_end(struct rrd_fixture *x)
{
	fixture_stop_rrdcached(x, SIGTERM);
	nftw(x->dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	g_free(x->settings.rrd_dir);
	g_free(x->settings.rrdcached);
	g_ptr_array_free(x->settings.nodes, TRUE);
	g_free(x->address);
	g_free(x->dir);
}

/* In the child: a test that fails leaves nothing running. */
static inline void
die_with_test(void *context)
{
	(void)context;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
}

/* Skips the test where there is no rrdcached. */
static inline void
fixture_start_rrdcached(struct rrd_fixture *x)
{
	g_autofree char *program = g_find_program_in_path("rrdcached");
	g_autofree char *pid_file = g_strconcat(x->dir, "/pid", NULL);
	g_autofree char *socket = g_strconcat(x->dir, "/sock", NULL);
	const char *argv[] = { program, "-g", "-l", x->address, "-p", pid_file, "-b",
		x->dir, "-B", "-R", "-w", "3600", NULL };

	if (program == NULL) {
		print_message("rrdcached is not installed\n");
		skip();
	}
	assert_true(g_spawn_async(NULL, (char **)argv, NULL,
	    G_SPAWN_DO_NOT_REAP_CHILD | G_SPAWN_STDOUT_TO_DEV_NULL |
	        G_SPAWN_STDERR_TO_DEV_NULL,
	    die_with_test, NULL, &x->rrdcached, NULL));
	SCOPED(rrdcached) client = rrdcached_new(x->address, -1);
	for (int i = 0; i < 500; i++) {
		g_auto(GStrv) lines = rrdcached_ask(client, "STATS", NULL);
		if (lines != NULL)
			return;
		g_usleep(20000);
	}
	fail_msg("rrdcached does not come up");
}

/* Sets a sample's value by the name of the source. */
static inline void
sample_set(struct rrd_sample *sample, const struct rrd_kind *kind, const char *name,
    uint64_t value)
{
	int i = rrd_kind_source(kind, name);

	if (i < 0)
		fail_msg("no source %s", name);
	sample->value[i] = value;
}

static inline struct rrd_sample
sample_at(int64_t at)
{
	struct rrd_sample sample = { .at = at };

	for (size_t i = 0; i < RRD_SOURCES_MOST; i++)
		sample.value[i] = ABSENT_U64;
	return sample;
}

#endif
