/* A manager's session with an SNMP agent. */
#include "config.h"

#include "cli/snmp/manager.h"

#include <string.h>

#include "client/client.h"

#include <net-snmp/net-snmp-config.h>
#include <net-snmp/net-snmp-includes.h>

#define READ_TIMEOUT_US 2000000
#define READ_RETRIES    2
#define SET_TIMEOUT_US  10000000
#define GET_MOST        20  /* names in one GET */
#define BULK_VARBINDS   200 /* in one answer; fewer where they do not fit */

struct manager {
	char *address, *user;
	netsnmp_session *session;
	netsnmp_pdu *answer; /* of the last request */
	size_t bulk, get;    /* varbinds in one answer, as far as the agent can */
};

/* --- errors */

static bool
fail(GError **error, enum client_error code, const char *address, const char *format, ...)
    G_GNUC_PRINTF(4, 5);
static bool
fail(GError **error, enum client_error code, const char *address, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	g_autofree char *what = g_strdup_vprintf(format, args);
	va_end(args);
	g_set_error(error, CLIENT_ERROR, (gint)code, "the SNMP agent at %s %s", address, what);
	return false;
}

/* What libnetsnmp says went wrong, as an operator wants to hear it. */
static bool
fail_library(GError **error, const char *address, const char *user, int code)
{
	switch (code) {
	case SNMPERR_TIMEOUT:
		return fail(error, CLIENT_ERROR_TIMEOUT, address, "does not answer");
	case SNMPERR_UNKNOWN_USER_NAME:
		return fail(error, CLIENT_ERROR_CONNECTION, address, "knows no user %s", user);
	case SNMPERR_AUTHENTICATION_FAILURE:
		return fail(error, CLIENT_ERROR_CONNECTION, address,
		    "does not accept the authentication of user %s: is the passphrase in "
		    "snmp.conf right, and defAuthType?", user);
	case SNMPERR_DECRYPTION_ERR:
		return fail(error, CLIENT_ERROR_CONNECTION, address,
		    "cannot decrypt what user %s sends: is defPrivPassphrase in snmp.conf "
		    "right, and defPrivType?", user);
	case SNMPERR_UNSUPPORTED_SEC_LEVEL:
		return fail(error, CLIENT_ERROR_CONNECTION, address,
		    "does not offer user %s that security level (defSecurityLevel)", user);
	default:
		return fail(error, CLIENT_ERROR_CONNECTION, address, "cannot be asked: %s",
		    snmp_api_errstring(code));
	}
}

static bool
fail_session(const struct manager *s, GError **error)
{
	int code = 0;
	char *text = NULL;

	snmp_error(s->session, NULL, &code, &text);
	free(text);
	return fail_library(error, s->address, s->user, code);
}

const char *
manager_status_name(long status)
{
	static const char *const names[] = {
		"noError", "tooBig", "noSuchName", "badValue", "readOnly", "genErr", "noAccess",
		"wrongType", "wrongLength", "wrongEncoding", "wrongValue", "noCreation",
		"inconsistentValue", "resourceUnavailable", "commitFailed", "undoFailed",
		"authorizationError", "notWritable", "inconsistentName",
	};

	return status >= 0 && (size_t)status < G_N_ELEMENTS(names) ? names[status] : "?";
}

/* --- opening */

/* Once in the life of the process: reads snmp.conf, and no MIBs. */
static void
init_library(void)
{
	static bool done;

	if (done)
		return;
	done = true;
	setenv("MIBS", "", 1);
	setenv("MIBDIRS", "", 1);
	snmp_disable_log();
	snmp_enable_calllog(); /* nobody listens: what matters comes back as an error */
	init_snmp("snmpapp"); /* as Net-SNMP's own tools are called in its configuration */
}

static long
wanted_version(void)
{
	switch (netsnmp_ds_get_int(NETSNMP_DS_LIBRARY_ID, NETSNMP_DS_LIB_SNMPVERSION)) {
	case NETSNMP_DS_SNMP_VERSION_2c:
		return SNMP_VERSION_2c;
	case NETSNMP_DS_SNMP_VERSION_1:
		return SNMP_VERSION_1;
	default:
		return SNMP_VERSION_3;
	}
}

static bool
set_community(netsnmp_session *session, const char *address, GError **error)
{
	char *community =
	    netsnmp_ds_get_string(NETSNMP_DS_LIBRARY_ID, NETSNMP_DS_LIB_COMMUNITY);

	if (community == NULL)
		return fail(error, CLIENT_ERROR_CONNECTION, address,
		    "cannot be asked: snmp.conf has defVersion 2c, but no defCommunity");
	session->community = (u_char *)community;
	session->community_len = strlen(community);
	return true;
}

static bool
set_credentials(netsnmp_session *session, const char *address, GError **error)
{
	session->version = wanted_version();
	if (session->version == SNMP_VERSION_1)
		return fail(error, CLIENT_ERROR_CONNECTION, address,
		    "cannot be asked by SNMPv1, which has no Counter64: say defVersion 3 in "
		    "snmp.conf");
	if (session->version == SNMP_VERSION_2c)
		return set_community(session, address, error);
	if (netsnmp_ds_get_string(NETSNMP_DS_LIBRARY_ID, NETSNMP_DS_LIB_SECNAME) != NULL)
		return true;
	return fail(error, CLIENT_ERROR_CONNECTION, address,
	    "cannot be asked without credentials: ~/.snmp/snmp.conf needs the lines "
	    "defVersion 3, defSecurityName, defSecurityLevel authPriv, defAuthType, "
	    "defAuthPassphrase, defPrivType and defPrivPassphrase");
}

struct manager *
manager_open(const char *address, GError **error)
{
	netsnmp_session want;
	int code = 0;

	init_library();
	snmp_sess_init(&want);
	want.peername = (char *)address;
	want.timeout = READ_TIMEOUT_US;
	want.retries = READ_RETRIES;
	if (!set_credentials(&want, address, error))
		return NULL;
	const char *user = netsnmp_ds_get_string(NETSNMP_DS_LIBRARY_ID, NETSNMP_DS_LIB_SECNAME);
	netsnmp_session *session = snmp_open(&want);
	if (session == NULL) {
		char *text = NULL;
		snmp_error(&want, NULL, &code, &text);
		free(text);
		fail_library(error, address, user, code);
		return NULL;
	}
	struct manager *s = g_new0(struct manager, 1);
	s->address = g_strdup(address);
	s->user = g_strdup(user == NULL ? "" : user);
	s->session = session;
	s->bulk = BULK_VARBINDS;
	s->get = GET_MOST;
	return s;
}

void
manager_close(struct manager *s)
{
	if (s->answer != NULL)
		snmp_free_pdu(s->answer);
	snmp_close(s->session);
	g_free(s->address);
	g_free(s->user);
	g_free(s);
}

const char *
manager_address(const struct manager *s)
{
	return s->address;
}

/* --- names and values */

static size_t
to_oid(const struct snmp_name *name, oid out[SNMP_ARCS_MOST])
{
	for (size_t i = 0; i < name->len; i++)
		out[i] = name->arc[i];
	return name->len;
}

static void
from_oid(const oid *arcs, size_t len, struct snmp_name *name)
{
	name->len = MIN(len, SNMP_ARCS_MOST);
	for (size_t i = 0; i < name->len; i++)
		name->arc[i] = (uint32_t)arcs[i];
}

static void
read_var(const netsnmp_variable_list *vb, struct snmp_var *var)
{
	from_oid(vb->name, vb->name_length, &var->name);
	var->kind = SNMP_OTHER;
	switch (vb->type) {
	case SNMP_NOSUCHOBJECT:
	case SNMP_NOSUCHINSTANCE:
	case SNMP_ENDOFMIBVIEW:
		var->kind = SNMP_ABSENT;
		break;
	case ASN_INTEGER:
		var->kind = SNMP_NUMBER;
		var->number = (int32_t)*vb->val.integer;
		break;
	case ASN_GAUGE:
	case ASN_COUNTER:
	case ASN_TIMETICKS:
		var->kind = SNMP_NUMBER;
		var->number = (uint32_t)*vb->val.integer;
		break;
	case ASN_COUNTER64:
		var->kind = SNMP_COUNTER64;
		var->number = (int64_t)((uint64_t)vb->val.counter64->high << 32 |
		    (vb->val.counter64->low & UINT32_MAX));
		break;
	case ASN_OCTET_STR:
		var->kind = SNMP_OCTETS;
		var->octets = vb->val.string;
		var->len = vb->val_len;
		break;
	case ASN_OBJECT_ID:
		var->kind = SNMP_OID;
		from_oid(vb->val.objid, vb->val_len / sizeof(oid), &var->oid);
		break;
	default:
		break;
	}
}

/* --- requests */

/* Takes the PDU.  True when there is an answer, whatever its status. */
static bool
ask(struct manager *s, netsnmp_pdu *pdu, GError **error)
{
	if (s->answer != NULL)
		snmp_free_pdu(g_steal_pointer(&s->answer));
	if (snmp_synch_response(s->session, pdu, &s->answer) != STAT_SUCCESS)
		return fail_session(s, error);
	if (s->answer->command == SNMP_MSG_RESPONSE)
		return true;
	return fail(error, CLIENT_ERROR_CONNECTION, s->address,
	    "does not accept the credentials in snmp.conf");
}

static void
take_vars(const struct manager *s, size_t first, snmp_take *take, void *ctx)
{
	struct snmp_var var;

	for (const netsnmp_variable_list *vb = s->answer->variables; vb != NULL;
	     vb = vb->next_variable) {
		read_var(vb, &var);
		take(ctx, first++, &var);
	}
}

/*
 * snmpd 5.9 answers genErr, not tooBig, where an answer would not fit.  Fewer varbinds then:
 * true, ask again.
 */
static bool
ask_for_less(const struct manager *s, size_t *most, size_t least)
{
	long status = s->answer->errstat;

	if ((status != SNMP_ERR_TOOBIG && status != SNMP_ERR_GENERR) || *most <= least)
		return false;
	*most = MAX(*most / 2, least);
	return true;
}

static bool
refused(const struct manager *s, GError **error)
{
	long status = s->answer->errstat;
	bool access = status == SNMP_ERR_AUTHORIZATIONERROR || status == SNMP_ERR_NOACCESS;

	return fail(error, CLIENT_ERROR_REFUSED, s->address, "answers %s%s",
	    manager_status_name(status), access ? ": its VACM (snmpd.conf) does not let this "
	    "user in" : "");
}

bool
manager_get(struct manager *s, const struct snmp_name *names, size_t n, snmp_take *take,
    void *ctx, GError **error)
{
	oid arcs[SNMP_ARCS_MOST];

	for (size_t first = 0; first < n;) {
		size_t some = MIN(n - first, s->get);
		netsnmp_pdu *pdu = snmp_pdu_create(SNMP_MSG_GET);
		for (size_t i = 0; i < some; i++)
			snmp_add_null_var(pdu, arcs, to_oid(&names[first + i], arcs));
		if (!ask(s, pdu, error))
			return false;
		if (ask_for_less(s, &s->get, 1))
			continue;
		if (s->answer->errstat != SNMP_ERR_NOERROR)
			return refused(s, error);
		take_vars(s, first, take, ctx);
		first += some;
	}
	return true;
}

bool
manager_bulk(struct manager *s, const struct snmp_name *names, size_t n, snmp_take *take,
    void *ctx, GError **error)
{
	oid arcs[SNMP_ARCS_MOST];

	do {
		netsnmp_pdu *pdu = snmp_pdu_create(SNMP_MSG_GETBULK);
		pdu->non_repeaters = 0;
		pdu->max_repetitions = (long)MAX(s->bulk / n, 1);
		for (size_t i = 0; i < n; i++)
			snmp_add_null_var(pdu, arcs, to_oid(&names[i], arcs));
		if (!ask(s, pdu, error))
			return false;
	} while (ask_for_less(s, &s->bulk, n));
	if (s->answer->errstat != SNMP_ERR_NOERROR)
		return refused(s, error);
	take_vars(s, 0, take, ctx);
	return true;
}

bool
manager_set(struct manager *s, const struct snmp_write *writes, size_t n, long *status,
    GError **error)
{
	netsnmp_pdu *pdu = snmp_pdu_create(SNMP_MSG_SET);
	oid arcs[SNMP_ARCS_MOST];
	g_autoptr(GError) why = NULL;

	for (size_t i = 0; i < n; i++) {
		long number = writes[i].number;
		size_t len = to_oid(&writes[i].name, arcs);
		if (writes[i].text != NULL)
			snmp_pdu_add_variable(pdu, arcs, len, ASN_OCTET_STR, writes[i].text,
			    strlen(writes[i].text));
		else
			snmp_pdu_add_variable(pdu, arcs, len, ASN_INTEGER, &number,
			    sizeof(number));
	}
	s->session->retries = 0;
	s->session->timeout = SET_TIMEOUT_US;
	bool answered = ask(s, pdu, &why);
	s->session->retries = READ_RETRIES;
	s->session->timeout = READ_TIMEOUT_US;
	if (answered) {
		*status = s->answer->errstat;
		return *status == SNMP_ERR_NOERROR;
	}
	if (g_error_matches(why, CLIENT_ERROR, CLIENT_ERROR_TIMEOUT))
		return fail(error, CLIENT_ERROR_TIMEOUT, s->address, "does not answer: it is not "
		    "known whether the request was accepted; \"virtcluster jobs\" tells");
	g_propagate_error(error, g_steal_pointer(&why));
	return false;
}
