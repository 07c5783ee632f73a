/* The keeper: writes the switches to their file. */
#include "agent/keeper.h"

#include <glib.h>
#include <stdatomic.h>

#include "common/log.h"
#include "model/switches.h"

#define RETRY_US (5 * G_USEC_PER_SEC)

struct keeper {
	char *dir; /* immutable */
	GThread *thread;
	atomic_bool stopping;
	bool failed; /* only the thread: so that a full disk is told of once */
};

static bool
save(struct keeper *keeper)
{
	g_autoptr(GError) error = NULL;
	bool good = switches_save(keeper->dir, &error);

	if (!good && !keeper->failed)
		log_error("switches", "what was set by SNMP is not kept yet: %s",
		    error->message);
	if (good && keeper->failed)
		log_info("switches", "what was set by SNMP is kept again");
	keeper->failed = !good;
	return good;
}

static gpointer
keeper_main(gpointer data)
{
	struct keeper *keeper = data;
	int64_t deadline = INT64_MAX;

	do {
		switches_wait(deadline);
		deadline = save(keeper) ? INT64_MAX : g_get_monotonic_time() + RETRY_US;
	} while (!atomic_load(&keeper->stopping));
	return NULL;
}

struct keeper *
keeper_new(const char *state_dir)
{
	struct keeper *keeper = g_new0(struct keeper, 1);
	g_autoptr(GError) error = NULL;

	keeper->dir = g_strdup(state_dir);
	if (!switches_load(state_dir, &error))
		log_error("switches", "what was set by SNMP is lost: %s", error->message);
	keeper->thread = g_thread_new("switches", keeper_main, keeper);
	return keeper;
}

void
keeper_free(struct keeper *keeper)
{
	if (keeper == NULL)
		return;
	atomic_store(&keeper->stopping, true);
	switches_wake();
	g_thread_join(keeper->thread);
	g_free(keeper->dir);
	g_free(keeper);
}
