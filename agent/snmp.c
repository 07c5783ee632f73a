/* SNMP: the AgentX session, one handler for all tables, and the main loop. */
#include "config.h"

#include "agent/snmp.h"

#include <gio/gio.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "agent/engine.h"
#include "agent/snmp_held.h"
#include "agent/snmp_notify.h"
#include "agent/snmp_set.h"
#include "agent/snmp_value.h"
#include "common/log.h"

#include <net-snmp/agent/net-snmp-agent-includes.h>
#include <net-snmp/agent/agent_callbacks.h>
#include <net-snmp/library/large_fd_set.h>

#define RETRY_SECONDS 2 /* between attempts to reach the master, and between pings */

/* Only the main thread. */
static struct {
	struct snmp_setup setup;
	char *agentx;
	int store_fd; /* a new cluster value */
	bool started, connected, complained, stopping;
} snmp = { .store_fd = -1 };

/* --- GET and GETNEXT */

static void
answer(netsnmp_request_info *request, const struct engine_view *view,
    const struct value *value)
{
	union snmp_scratch scratch;
	struct snmp_cell cell = snmp_cell(value, view->now, &scratch);

	snmp_set_var_typed_value(request->requestvb, cell.type, cell.data, cell.len);
}

static void
handle_get(netsnmp_agent_request_info *info, netsnmp_request_info *request,
    struct engine_view *view)
{
	static const int errors[] = {
		[ENGINE_NO_OBJECT] = SNMP_NOSUCHOBJECT,
		[ENGINE_NO_INSTANCE] = SNMP_NOSUCHINSTANCE,
	};
	struct snmp_arcs arcs;
	struct value value;
	enum engine_found found = ENGINE_NO_OBJECT;

	if (snmp_relative(view->mib, request->requestvb->name, request->requestvb->name_length, &arcs))
		found = engine_get(view, arcs.arc, arcs.len, &value);
	if (found == ENGINE_VALUE)
		answer(request, view, &value);
	else
		netsnmp_set_request_error(info, request, errors[found]);
}

static void
handle_next(netsnmp_agent_request_info *info, netsnmp_request_info *request,
    struct engine_view *view)
{
	netsnmp_variable_list *vb = request->requestvb;
	struct snmp_arcs arcs;
	struct engine_oid found;
	struct value value;
	oid name[SNMP_MAX_OID];

	if (!snmp_relative(view->mib, vb->name, vb->name_length, &arcs))
		return; /* behind us: the next subtree's turn */
	if (request->inclusive &&
	    engine_get(view, arcs.arc, arcs.len, &value) == ENGINE_VALUE) {
		answer(request, view, &value);
		return;
	}
	if (!engine_next(view, arcs.arc, arcs.len, &found, &value))
		return;
	snmp_set_var_objid(vb, name, snmp_oid(view->mib, found.arc, found.len, name));
	answer(request, view, &value);
}

/* --- the handler of everything below the objects of a MIB */

static int
handle(netsnmp_mib_handler *handler, netsnmp_handler_registration *registration,
    netsnmp_agent_request_info *info, netsnmp_request_info *requests)
{
	SCOPED(cluster) cluster = request_look(snmp.setup.door, snmp.setup.store);
	struct engine_view view;

	engine_view_init(&view, registration->my_reg_void, cluster, g_get_monotonic_time());
	if (info->mode != MODE_GET && info->mode != MODE_GETNEXT) {
		snmp_set_handle(snmp.setup.door, info, requests, &view);
		return SNMP_ERR_NOERROR;
	}
	for (netsnmp_request_info *r = requests; r != NULL; r = r->next)
		if (!r->processed)
			(info->mode == MODE_GET ? handle_get : handle_next)(info, r, &view);
	return SNMP_ERR_NOERROR;
}

/* --- what libnetsnmp tells us */

static int
take_log(int major, int minor, void *message, void *data)
{
	const struct snmp_log_message *log = message;
	g_autofree char *text = g_strchomp(g_strdup(log->msg));

	if (snmp_held_take_log(text))
		return 0;
	log_print(log->priority <= LOG_ERR ? LOG_LEVEL_WARN : LOG_LEVEL_DEBUG, "snmp",
	    "libnetsnmp: %s", text);
	return 0;
}

/* Without this, a master that hangs would stop the main thread for 14 seconds. */
static int
set_timeouts(int major, int minor, void *session, void *data)
{
	((netsnmp_session *)session)->timeout = 1000000;
	((netsnmp_session *)session)->retries = 0;
	return 0;
}

static int
note_connected(int major, int minor, void *session, void *data)
{
	snmp.connected = true;
	snmp.complained = false;
	log_info("snmp", "connected to the AgentX master at %s", snmp.agentx);
	return 0;
}

static int
note_lost(int major, int minor, void *session, void *data)
{
	if (snmp.connected && !snmp.stopping)
		log_warn("snmp", "lost the AgentX master at %s; trying again every %d s",
		    snmp.agentx, RETRY_SECONDS);
	snmp_held_forget();
	snmp.connected = false;
	snmp.complained = true;
	return 0;
}

static void
complain_once(void)
{
	if (snmp.connected || snmp.complained)
		return;
	log_warn("snmp", "no AgentX master at %s yet; trying again every %d s", snmp.agentx,
	    RETRY_SECONDS);
	snmp.complained = true;
}

/* --- start */

static void
set_options(void)
{
	const int lib = NETSNMP_DS_LIBRARY_ID, app = NETSNMP_DS_APPLICATION_ID;

	/* no files of the library's own: neither configuration nor MIBs nor state */
	netsnmp_ds_set_boolean(lib, NETSNMP_DS_LIB_DONT_READ_CONFIGS, 1);
	netsnmp_ds_set_boolean(lib, NETSNMP_DS_LIB_DONT_PERSIST_STATE, 1);
	netsnmp_ds_set_boolean(lib, NETSNMP_DS_LIB_ALARM_DONT_USE_SIG, 1);
	netsnmp_ds_set_boolean(app, NETSNMP_DS_AGENT_ROLE, 1);
	netsnmp_ds_set_boolean(app, NETSNMP_DS_AGENT_NO_CONNECTION_WARNINGS, 1);
	netsnmp_ds_set_boolean(app, NETSNMP_DS_AGENT_NO_ROOT_ACCESS, 1);
	netsnmp_ds_set_int(app, NETSNMP_DS_AGENT_AGENTX_PING_INTERVAL, RETRY_SECONDS);
	netsnmp_ds_set_string(app, NETSNMP_DS_AGENT_X_SOCKET, snmp.agentx);
	setenv("MIBS", "", 1);
}

static void
set_callbacks(void)
{
	const int lib = SNMP_CALLBACK_LIBRARY, app = SNMP_CALLBACK_APPLICATION;

	snmp_disable_log();
	netsnmp_register_loghandler(NETSNMP_LOGHANDLER_CALLBACK, LOG_DEBUG);
	snmp_register_callback(lib, SNMP_CALLBACK_LOGGING, take_log, NULL);
	snmp_register_callback(lib, SNMP_CALLBACK_SESSION_INIT, set_timeouts, NULL);
	snmp_register_callback(app, SNMPD_CALLBACK_INDEX_START, note_connected, NULL);
	snmp_register_callback(app, SNMPD_CALLBACK_INDEX_STOP, note_lost, NULL);
	snmp_held_init();
}

/* The objects of a MIB.  What the master says of that, libnetsnmp logs when connected. */
static bool
register_objects(const struct mib *mib, GError **error)
{
	static const uint32_t objects[] = { 1 };
	oid name[SNMP_MAX_OID];
	size_t len = snmp_oid(mib, objects, G_N_ELEMENTS(objects), name);
	netsnmp_handler_registration *registration = netsnmp_create_handler_registration(
	    mib->name, handle, name, len, HANDLER_CAN_RWRITE);

	snmp_held_watch(mib);
	if (registration != NULL)
		registration->my_reg_void = (void *)mib;
	if (registration != NULL &&
	    netsnmp_register_handler(registration) == MIB_REGISTERED_OK)
		return true;
	g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED,
	    "cannot register %s with libnetsnmp", mib->name);
	return false;
}

bool
snmp_start(const struct snmp_setup *setup, GError **error)
{
	snmp.setup = *setup;
	snmp.agentx = g_strdup(setup->agentx);
	snmp.store_fd = store_listen(setup->store);
	set_callbacks();
	set_options();
	init_agent("virtcluster");
	set_options(); /* init_agent has defaults of its own for some */
	if (!register_objects(&virtcluster_mib, error) || !register_objects(&vm_mib, error))
		return false;
	init_snmp("virtcluster");
	snmp_notify_init(store_sent(setup->store));
	snmp.started = true;
	return true;
}

/* --- the loop */

static void
drain(int fd)
{
	uint64_t count;

	while (read(fd, &count, sizeof(count)) > 0)
		continue;
}

static void
send_notifications(void)
{
	SCOPED(cluster) cluster = store_get(snmp.setup.store);

	store_note_sent(snmp.setup.store, snmp_notify_send(cluster));
}

/* Waits for the master, a new cluster value, the end, or libnetsnmp's own timers. */
static void
serve_once(netsnmp_large_fd_set *fds)
{
	struct timeval timeout = { .tv_sec = RETRY_SECONDS };
	int highest = 0, block = 0;

	NETSNMP_LARGE_FD_ZERO(fds);
	snmp_select_info2(&highest, fds, &timeout, &block);
	NETSNMP_LARGE_FD_SET(snmp.store_fd, fds);
	NETSNMP_LARGE_FD_SET(snmp.setup.stop_fd, fds);
	highest = MAX(highest, MAX(snmp.store_fd, snmp.setup.stop_fd) + 1);
	int ready = netsnmp_large_fd_set_select(highest, fds, NULL, NULL,
	    block ? NULL : &timeout);
	if (ready > 0) {
		if (NETSNMP_LARGE_FD_ISSET(snmp.store_fd, fds))
			drain(snmp.store_fd);
		NETSNMP_LARGE_FD_CLR(snmp.store_fd, fds);
		snmp.stopping = NETSNMP_LARGE_FD_ISSET(snmp.setup.stop_fd, fds);
		NETSNMP_LARGE_FD_CLR(snmp.setup.stop_fd, fds);
		snmp_read2(fds);
	} else if (ready == 0) {
		snmp_timeout();
	}
	run_alarms();
	netsnmp_check_outstanding_agent_requests();
}

void
snmp_run(void)
{
	netsnmp_large_fd_set fds;

	netsnmp_large_fd_set_init(&fds, FD_SETSIZE);
	while (!snmp.stopping) {
		complain_once();
		if (snmp.connected) {
			snmp_held_retry(g_get_monotonic_time());
			send_notifications();
		}
		serve_once(&fds);
	}
	netsnmp_large_fd_set_cleanup(&fds);
}

void
snmp_end(void)
{
	if (!snmp.started)
		return;
	snmp.stopping = true;
	snmp_shutdown("virtcluster");
	shutdown_agent();
	g_free(snmp.agentx);
	snmp.started = false;
}
