/*
 * What a host and its threads share.  For host*.c, watcher.c and events.c only.
 */
#ifndef VCL_COLLECTORS_HOST_PRIVATE_H
#define VCL_COLLECTORS_HOST_PRIVATE_H

#include "collectors/exports.h"
#include "collectors/facts.h"
#include "collectors/feed.h"
#include "collectors/host.h"
#include "collectors/link.h"
#include "collectors/picture.h"
#include "collectors/storage.h"
#include "common/sync.h"

#define SECONDS(n) ((int64_t)(n) * G_USEC_PER_SEC)

#define PATIENCE_US SECONDS(2) /* a bulk call may take that, or thrice the last one */

struct host {
	refcount refs; /* one is host_start's, one each watcher's */

	/* immutable */
	struct store *store; /* not to be touched once stopped */
	char *name, *uri;
	struct facts *facts;
	struct storage *storage;

	/* guarded by lock */
	pthread_mutex_t lock;
	pthread_cond_t changed; /* a watcher has something to do, or has ended */
	int interval;
	bool stopped;
	struct picture *picture;
	GHashTable *sick;       /* UUIDs of domains left out of the bulk call */
	int64_t patience_us;    /* a bulk call that is out longer makes us suspicious */
	int64_t silent_since;   /* when the first call that hangs went out, 0: none does */
	struct exports *exports;
	struct feed *probe, *exporter; /* the present ones of `feeds`; NULL: none */
	GPtrArray *feeds;    /* struct feed, those not joined yet */
	GPtrArray *watchers; /* struct watcher, those not joined yet; the last one is it */
};

#define EVENT_CALLBACKS 4
#define NEWS_US SECONDS(1) /* until a full sample follows something new */

/* A thread with its connection; at any time one of them is the host's present one. */
struct watcher {
	refcount refs; /* one is the host's, one that of each of libvirt's callbacks */
	struct host *host; /* a reference */
	GThread *thread;
	call_clock called_us;
	call_clock bulk_us; /* since when a call has been out that asks hypervisor processes */

	/* guarded by the host's lock */
	bool dismissed; /* is to end; nobody listens to it any more */
	bool ended;
	bool orphan; /* nobody will join it */
	bool silent; /* the watchdog has spoken on its behalf */
	bool poked;  /* look at once */
	bool examine; /* only its thread, once started: it has taken the place of one whose bulk call hangs: find out why */
	const char *lost; /* why the connection broke; NULL: it did not */
	int64_t full_due, flags_due, states_due;

	/* only its thread */
	struct link *link; /* NULL: not connected */
	int events[EVENT_CALLBACKS]; /* libvirt's numbers of them, -1: none */
	bool close_watched;
	unsigned failures; /* in a row */
};

void host_unref(struct host *);

/* Holding the host's lock: publishes that it cannot be reached, and why. */
void host_publish_unreachable(struct host *, const char *reason);

/* Holding the host's lock: starts a thread, which is the host's present one from now on. */
void watcher_start(struct host *);

void watcher_unref(void *watcher);

/*
 * Feeds.  Holding the host's lock: tells all to end.  Without it: joins those that have
 * ended; waits until they have, or until that monotonic time; leaves the rest to themselves.
 */
void host_stop_feeds(struct host *);
void host_reap_feeds(struct host *);
void host_wait_feeds(struct host *, int64_t deadline);
void host_free_feeds(struct host *);

/* Only the watcher's thread, while it is connected: listens to libvirt, or no longer. */
void events_begin(struct watcher *);
void events_end(struct watcher *);

#endif
