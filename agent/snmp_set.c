/* SET: a struct engine_set travels with each varbind through the phases. */
#include "agent/snmp_set.h"

#include "agent/bucket.h"
#include "agent/gate.h"
#include "agent/snmp_value.h"
#include "common/log.h"
#include "model/refusal.h"
#include "model/self.h"

#define SET_DATA      "vcl"
#define LINES_OF_LOG  120 /* a minute, about refused SETs; all of them are counted */

/* What one phase of one SET needs; a refusal is counted once for all its varbinds. */
struct phase {
	const struct request_door *door;
	netsnmp_agent_request_info *info;
	struct engine_view *view;
	bool refused;
};

static const int set_errors[] = {
	[ENGINE_OK] = SNMP_ERR_NOERROR,
	[ENGINE_NO_ACCESS] = SNMP_ERR_NOACCESS,
	[ENGINE_NOT_WRITABLE] = SNMP_ERR_NOTWRITABLE,
	[ENGINE_WRONG_TYPE] = SNMP_ERR_WRONGTYPE,
	[ENGINE_WRONG_LENGTH] = SNMP_ERR_WRONGLENGTH,
	[ENGINE_WRONG_VALUE] = SNMP_ERR_WRONGVALUE,
	[ENGINE_NO_CREATION] = SNMP_ERR_NOCREATION,
	[ENGINE_INCONSISTENT_NAME] = SNMP_ERR_INCONSISTENTNAME,
	[ENGINE_INCONSISTENT_VALUE] = SNMP_ERR_INCONSISTENTVALUE,
	[ENGINE_RESOURCE_UNAVAILABLE] = SNMP_ERR_RESOURCEUNAVAILABLE,
};

/* --- what was refused */

static void
arcs_of(const struct phase *phase, const netsnmp_request_info *request,
    struct snmp_arcs *arcs)
{
	if (!snmp_relative(phase->view->mib, request->requestvb->name,
		request->requestvb->name_length, arcs))
		arcs->len = 0;
}

static void
log_refusal(const char *object, enum engine_error error, const char *why)
{
	static struct bucket bucket;
	int64_t now = g_get_monotonic_time();
	uint32_t held = bucket_take_held(&bucket, LINES_OF_LOG, now);

	if (held > 0)
		log_warn("snmp", "%u more SETs were refused meanwhile", held);
	if (bucket_take(&bucket, LINES_OF_LOG, now))
		log_warn("snmp", "SET refused: %s: %s: %s", object, engine_error_name(error),
		    why == NULL ? "no reason given" : why);
}

/* A command's refusal can be read: vclCommandError. */
static void
note_command(const char *object, const netsnmp_variable_list *vb, const char *why)
{
	if (strcmp(object, "vclCommand.0") != 0 || vb->type != ASN_OCTET_STR || why == NULL)
		return;
	g_autofree char *raw = g_strndup((const char *)vb->val.string, vb->val_len);
	g_autofree char *command = g_utf8_make_valid(raw, -1);
	refusal_note(command, why);
}

static void
report(struct phase *phase, netsnmp_request_info *request, enum engine_error error,
    const char *why)
{
	struct snmp_arcs arcs;

	if (error == ENGINE_OK)
		return;
	arcs_of(phase, request, &arcs);
	g_autofree char *object = engine_object_name(phase->view->mib, arcs.arc, arcs.len);
	log_refusal(object, error, why);
	note_command(object, request->requestvb, why);
	phase->refused = true;
	netsnmp_set_request_error(phase->info, request, set_errors[error]);
}

/* --- the phases, for one varbind */

/* What AgentX carries in 32 bits comes in a long. */
static struct engine_input
input_of(const netsnmp_variable_list *vb)
{
	struct engine_input in = { .type = INPUT_OTHER };

	if (vb->type == ASN_INTEGER) {
		in.type = INPUT_INTEGER;
		in.number = (int32_t)*vb->val.integer;
	} else if (vb->type == ASN_UNSIGNED || vb->type == ASN_TIMETICKS) {
		in.type = INPUT_UNSIGNED;
		in.number = (uint32_t)*vb->val.integer;
	} else if (vb->type == ASN_OCTET_STR) {
		in.type = INPUT_OCTETS;
		in.octets = vb->val.string;
		in.len = vb->val_len;
	}
	return in;
}

static void
free_set(void *data)
{
	engine_set_clear(data);
	g_free(data);
}

static void
check(struct phase *phase, netsnmp_request_info *request)
{
	struct engine_input in = input_of(request->requestvb);
	struct engine_set *set = g_new0(struct engine_set, 1);
	struct snmp_arcs arcs;
	g_autofree char *why = NULL;

	arcs_of(phase, request, &arcs);
	netsnmp_request_add_list_data(request,
	    netsnmp_create_data_list(SET_DATA, set, free_set));
	enum engine_error error =
	    engine_set_check(phase->view, arcs.arc, arcs.len, &in, set, &why);
	report(phase, request, error, why);
}

static struct engine_set *
set_of(netsnmp_request_info *request)
{
	return netsnmp_request_get_list_data(request, SET_DATA);
}

static void
reserve(struct phase *phase, netsnmp_request_info *request)
{
	g_autofree char *why = NULL;
	enum engine_error error = engine_set_reserve(phase->door, set_of(request), &why);

	report(phase, request, error, why);
}

static void
commit(struct phase *phase, netsnmp_request_info *request)
{
	engine_set_commit(phase->door, set_of(request));
}

/* The spin lock, which has no name here, is no news. */
static void
log_switched(const struct engine_set *set)
{
	const char *type = set->switch_id < SWITCH_NOTIFY
	    ? NULL : gate_name(set->switch_id - SWITCH_NOTIFY);

	if (set->switched && set->switch_old != set->switch_new && set->switch_name != NULL)
		log_info("snmp", "%s%s%s is set to %u, was %u", set->switch_name,
		    type == NULL ? "" : " of ", type == NULL ? "" : type, set->switch_new,
		    set->switch_old);
}

static void
settle(struct phase *phase, netsnmp_request_info *request)
{
	struct engine_set *set = set_of(request);

	log_switched(set);
	if (set->request.command[0] != '\0')
		refusal_clear();
	engine_set_settle(phase->door, set);
}

static void
withdraw(struct phase *phase, netsnmp_request_info *request)
{
	struct engine_set *set = set_of(request);

	if (set != NULL)
		engine_set_withdraw(phase->door, set);
}

/*
 * An AgentX master's TestSet arrives as RESERVE1 and RESERVE2, CommitSet as ACTION,
 * CleanupSet as COMMIT (FREE after a failed TestSet), UndoSet as UNDO.
 */
static const struct {
	int mode;
	void (*handle)(struct phase *, netsnmp_request_info *);
} modes[] = {
	{ MODE_SET_RESERVE1, check    },
	{ MODE_SET_RESERVE2, reserve  },
	{ MODE_SET_ACTION,   commit   },
	{ MODE_SET_COMMIT,   settle   },
	{ MODE_SET_FREE,     withdraw },
	{ MODE_SET_UNDO,     withdraw },
};

void
snmp_set_handle(const struct request_door *door, netsnmp_agent_request_info *info,
    netsnmp_request_info *requests, struct engine_view *view)
{
	struct phase phase = { door, info, view, false };
	size_t m = 0;

	while (m < G_N_ELEMENTS(modes) && modes[m].mode != info->mode)
		m++;
	if (m == G_N_ELEMENTS(modes))
		return;
	if (info->mode == MODE_SET_RESERVE1)
		view->group = engine_group_new();
	for (netsnmp_request_info *r = requests; r != NULL; r = r->next)
		if (!r->processed)
			modes[m].handle(&phase, r);
	engine_group_unref(g_steal_pointer(&view->group));
	if (phase.refused)
		atomic_fetch_add(&self.sets_refused, 1);
	else if (info->mode == MODE_SET_COMMIT)
		atomic_fetch_add(&self.sets_accepted, 1);
}
