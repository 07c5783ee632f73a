/* What libvirt tells by itself, on its event thread. */
#include "collectors/host_private.h"
#include "common/log.h"
#include "common/virt.h"

/* --- the domains; the callbacks differ in what they are told besides */

/* Its configuration is asked for again with the next full sample. */
static void
forget_config(struct watcher *w, virDomainPtr domain)
{
	char uuid[VIR_UUID_STRING_BUFLEN] = "";

	virDomainGetUUIDString(domain, uuid);
	picture_forget_config(w->host->picture, uuid, g_get_monotonic_time());
}

static void
hasten_full(struct watcher *w)
{
	w->full_due = MIN(w->full_due, g_get_monotonic_time() + NEWS_US);
	pthread_cond_broadcast(&w->host->changed);
}

/* What is asked for rarely may have changed with it. */
static void
ask_facts(struct host *host, virDomainPtr domain, bool at_once)
{
	char uuid[VIR_UUID_STRING_BUFLEN];

	if (virDomainGetUUIDString(domain, uuid) == 0)
		facts_poke(host->facts, uuid, at_once);
}

static void
note_left(struct watcher *w, virDomainPtr domain)
{
	char uuid[VIR_UUID_STRING_BUFLEN];

	if (virDomainGetUUIDString(domain, uuid) == 0)
		picture_note_left(w->host->picture, uuid, g_get_monotonic_time());
}

static int
on_lifecycle(virConnectPtr connection, virDomainPtr domain, int event, int detail, void *data)
{
	struct watcher *w = data;

	ask_facts(w->host, domain, true);
	LOCK_SCOPE(&w->host->lock);
	w->poked = true;
	if (event == VIR_DOMAIN_EVENT_STOPPED && detail == VIR_DOMAIN_EVENT_STOPPED_MIGRATED)
		note_left(w, domain);
	if (event == VIR_DOMAIN_EVENT_DEFINED || event == VIR_DOMAIN_EVENT_UNDEFINED) {
		forget_config(w, domain);
		w->flags_due = 0;
		hasten_full(w);
	}
	pthread_cond_broadcast(&w->host->changed);
	return 0;
}

static void
on_device(virConnectPtr connection, virDomainPtr domain, const char *alias, void *data)
{
	struct watcher *w = data;

	LOCK_SCOPE(&w->host->lock);
	forget_config(w, domain);
	hasten_full(w);
}

/* In the guest's hands: it must not be able to make us look more often. */
static void
on_agent(virConnectPtr connection, virDomainPtr domain, int state, int reason, void *data)
{
	struct watcher *w = data;

	ask_facts(w->host, domain, false);
	LOCK_SCOPE(&w->host->lock);
	forget_config(w, domain);
}

static const struct {
	int id;
	virConnectDomainEventGenericCallback callback;
} events[EVENT_CALLBACKS] = {
#define CALLBACK(f) (virConnectDomainEventGenericCallback)(void (*)(void))(f)
	{ VIR_DOMAIN_EVENT_ID_LIFECYCLE,       CALLBACK(on_lifecycle) },
	{ VIR_DOMAIN_EVENT_ID_DEVICE_ADDED,    CALLBACK(on_device)    },
	{ VIR_DOMAIN_EVENT_ID_DEVICE_REMOVED,  CALLBACK(on_device)    },
	{ VIR_DOMAIN_EVENT_ID_AGENT_LIFECYCLE, CALLBACK(on_agent)     },
};

/* --- the connection */

static void
on_close(virConnectPtr connection, int why, void *data)
{
	static const char *const reasons[] = {
		[VIR_CONNECT_CLOSE_REASON_ERROR] = "the connection to libvirt broke",
		[VIR_CONNECT_CLOSE_REASON_EOF] = "libvirt closed the connection",
		[VIR_CONNECT_CLOSE_REASON_KEEPALIVE] = "libvirt does not answer any more",
	};
	struct watcher *w = data;
	const char *reason = NULL;

	if (why >= 0 && (size_t)why < G_N_ELEMENTS(reasons))
		reason = reasons[why];
	LOCK_SCOPE(&w->host->lock);
	w->lost = reason == NULL ? "the connection to libvirt was closed" : reason;
	pthread_cond_broadcast(&w->host->changed);
}

/* --- beginning and end */

static int
begin_event(struct watcher *w, size_t event)
{
	ref_take(&w->refs);
	call_begin(&w->called_us);
	int number = virConnectDomainEventRegisterAny(w->link->connection, NULL,
	    events[event].id, events[event].callback, w, watcher_unref);
	if (number < 0) {
		log_debug("host", "%s: no events of kind %d: %s", w->host->name,
		    events[event].id, virGetLastErrorMessage());
		watcher_unref(w);
	}
	return number;
}

void
events_begin(struct watcher *w)
{
	for (size_t i = 0; i < EVENT_CALLBACKS; i++)
		w->events[i] = begin_event(w, i);
	/*
	 * No reference: once it is unregistered it is not called any more, and a driver
	 * without such callbacks (test) says yes, but would never give a reference back.
	 */
	call_begin(&w->called_us);
	w->close_watched =
	    virConnectRegisterCloseCallback(w->link->connection, on_close, w, NULL) == 0;
	call_end(&w->called_us);
}

void
events_end(struct watcher *w)
{
	virConnectPtr connection = w->link->connection;

	if (w->close_watched)
		virConnectUnregisterCloseCallback(connection, on_close);
	for (size_t i = 0; i < EVENT_CALLBACKS; i++)
		if (w->events[i] >= 0)
			virConnectDomainEventDeregisterAny(connection, w->events[i]);
}
