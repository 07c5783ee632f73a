/* Jobs over SNMP: asked for in words, followed and cancelled. */
#include "cli/snmp/jobs.h"

#include <string.h>

#include "client/client.h"
#include "cli/snmp/rows.h"
#include "model/names.h"

#define COMMAND_MOST 255 /* octets of an SnmpAdminString */
#define LOCK_TRIES   20  /* when others take the spin lock all the time */
#define LOOK_US	     500000
#define SHOWN_US     10000
#define GRACE_US     2000000 /* until an accepted job is a row */

enum status { NO_ERROR = 0, NO_ACCESS = 6, INCONSISTENT_VALUE = 12, NOT_WRITABLE = 17 };

/* --- what is read before and after */

enum cell { LOCK, COMMAND, JOB, REFUSED, WHY, CELLS };

static const struct {
	const struct table *table;
	const char *column;
} cells[CELLS] = {
	[LOCK] = { &control_table, "vclControlLock" },
	[COMMAND] = { &command_table, "vclCommand" },
	[JOB] = { &command_table, "vclCommandJob" },
	[REFUSED] = { &refusal_table, "vclCommandRefused" },
	[WHY] = { &refusal_table, "vclCommandError" },
};

struct state {
	int64_t lock, job;
	char *command, *refused, *why;
};

static void
state_clear(struct state *s)
{
	g_free(s->command);
	g_free(s->refused);
	g_free(s->why);
	memset(s, 0, sizeof(*s));
}

static struct snmp_name
name_of(enum cell cell)
{
	return snmp_cell_name(cells[cell].table,
	    table_column(cells[cell].table, cells[cell].column), NULL);
}

static void
take_state(void *ctx, size_t at, const struct snmp_var *var)
{
	struct state *s = ctx;
	char **texts[CELLS] = { [COMMAND] = &s->command, [REFUSED] = &s->refused,
		[WHY] = &s->why };

	if (at == LOCK && var->kind == SNMP_NUMBER)
		s->lock = var->number;
	if (at == JOB && var->kind == SNMP_NUMBER)
		s->job = var->number;
	if (at < CELLS && texts[at] != NULL && var->kind == SNMP_OCTETS)
		*texts[at] = g_strndup((const char *)var->octets, var->len);
}

/* All of it in one message: the agent answers from one moment. */
static bool
read_state(struct manager *session, struct state *s, GError **error)
{
	struct snmp_name names[CELLS];

	state_clear(s);
	s->lock = -1;
	for (size_t i = 0; i < CELLS; i++)
		names[i] = name_of(i);
	if (!manager_get(session, names, CELLS, take_state, s, error))
		return false;
	if (s->lock >= 0 && s->command != NULL)
		return true;
	g_set_error(error, CLIENT_ERROR, CLIENT_ERROR_REFUSED,
	    "the SNMP agent at %s has no vclCommand for this user: its VACM (snmpd.conf) does "
	    "not let him see it, or virtclusterd is not connected",
	    manager_address(session));
	return false;
}

/* --- the command */

char *
snmp_command_text(JsonArray *words)
{
	static const char plain[] = G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "-_.,:/=+@%*";
	GString *text = g_string_new(NULL);

	for (guint i = 0; i < json_array_get_length(words); i++) {
		const char *word = json_array_get_string_element(words, i);
		bool bare = *word != '\0' && word[strspn(word, plain)] == '\0';
		g_autofree char *quoted = bare ? g_strdup(word) : g_shell_quote(word);
		g_string_append_printf(text, "%s%s", i > 0 ? " " : "", quoted);
	}
	return g_string_free(text, FALSE);
}

static bool
refuse(struct manager *session, const char *text, long status, GError **error)
{
	__attribute__((cleanup(state_clear))) struct state s = { 0 };

	if (!read_state(session, &s, error))
		return false;
	if (g_strcmp0(s.refused, text) == 0 && s.why != NULL && *s.why != '\0')
		g_set_error_literal(error, CLIENT_ERROR, CLIENT_ERROR_REFUSED, s.why);
	else if (status == NO_ACCESS || status == NOT_WRITABLE)
		g_set_error(error, CLIENT_ERROR, CLIENT_ERROR_REFUSED,
		    "the SNMP agent at %s answers %s: this user may not write vclCommand "
		    "(VACM in snmpd.conf), or control is switched off",
		    manager_address(session), manager_status_name(status));
	else
		g_set_error(error, CLIENT_ERROR, CLIENT_ERROR_REFUSED,
		    "refused: %s; another manager's command came in between, so the reason is "
		    "not known: try again", manager_status_name(status));
	return false;
}

/*
 * Accepted.  The lock is one further than ours unless others have come after us; command and
 * job follow a moment later.  With the lock, each command that makes a job makes a new one.
 */
static bool
find_job(struct manager *session, const char *text, const struct state *before, uint32_t *job,
    GError **error)
{
	__attribute__((cleanup(state_clear))) struct state s = { 0 };
	int64_t until = g_get_monotonic_time() + GRACE_US;
	bool ours, shown;

	do {
		if (s.command != NULL)
			g_usleep(SHOWN_US);
		if (!read_state(session, &s, error)) {
			g_prefix_error(error, "the command was accepted, but: ");
			return false;
		}
		ours = s.lock == ((before->lock + 1) & INT32_MAX);
		shown = s.job != before->job || g_strcmp0(s.command, before->command) != 0;
	} while (ours && !shown && g_get_monotonic_time() < until);
	if (ours && g_strcmp0(s.command, text) == 0) {
		*job = (uint32_t)s.job;
		return true;
	}
	g_set_error(error, CLIENT_ERROR, CLIENT_ERROR_CONNECTION,
	    "the command was accepted, but other managers' came after it: \"virtcluster jobs\" "
	    "tells which job it is");
	return false;
}

/* With the spin lock: nobody else's command can be taken for ours. */
bool
snmp_submit(struct manager *session, JsonArray *words, uint32_t *job, GError **error)
{
	g_autofree char *text = snmp_command_text(words);
	long status = NO_ERROR;

	if (strlen(text) > COMMAND_MOST) {
		g_set_error(error, CLIENT_ERROR, CLIENT_ERROR_REFUSED,
		    "the command is longer than the %d octets that SNMP carries",
		    COMMAND_MOST);
		return false;
	}
	for (int try = 0; try < LOCK_TRIES; try++) {
		__attribute__((cleanup(state_clear))) struct state before = { 0 };
		g_autoptr(GError) why = NULL;
		if (!read_state(session, &before, error))
			return false;
		const struct snmp_write writes[] = {
			{ .name = name_of(LOCK), .number = (int32_t)before.lock },
			{ .name = name_of(COMMAND), .text = text },
		};
		if (manager_set(session, writes, G_N_ELEMENTS(writes), &status, &why))
			return find_job(session, text, &before, job, error);
		if (why != NULL) {
			g_propagate_error(error, g_steal_pointer(&why));
			return false;
		}
		__attribute__((cleanup(state_clear))) struct state after = { 0 };
		if (!read_state(session, &after, error))
			return false;
		if (status != INCONSISTENT_VALUE || after.lock == before.lock)
			break;
	}
	return refuse(session, text, status, error);
}

/* --- one job */

JsonObject *
snmp_job(struct manager *session, uint32_t job, GError **error)
{
	const struct row_head head = { .index = job };
	int64_t until = g_get_monotonic_time() + GRACE_US;
	g_autoptr(GError) why = NULL;

	for (;;) {
		JsonObject *row = snmp_row(session, &job_table, &head, &why);
		if (row != NULL)
			return row;
		if (why != NULL || g_get_monotonic_time() > until)
			break;
		g_usleep(LOOK_US / 5);
	}
	if (why != NULL)
		g_propagate_error(error, g_steal_pointer(&why));
	else
		g_set_error(error, CLIENT_ERROR, CLIENT_ERROR_REFUSED, "there is no job %u", job);
	return NULL;
}

static const char *
state_of(JsonObject *row)
{
	return json_object_get_string_member_with_default(row, "vclJobState", "");
}

static bool
is_final(JsonObject *row)
{
	return job_state_is_final(enum_from_name(job_state_names, state_of(row)));
}

bool
snmp_cancel(struct manager *session, uint32_t job, GError **error)
{
	g_autofree char *number = g_strdup_printf("%u", job);
	g_autoptr(JsonArray) words = json_array_new();

	json_array_add_string_element(words, "cancel");
	json_array_add_string_element(words, number);
	return snmp_submit(session, words, &job, error);
}

/* --- following */

struct snmp_follow {
	struct manager *session;
	uint32_t job;
	JsonObject *seen; /* the last row, NULL: none yet */
};

struct snmp_follow *
snmp_follow_new(struct manager *session, uint32_t job)
{
	struct snmp_follow *f = g_new0(struct snmp_follow, 1);

	f->session = session;
	f->job = job;
	return f;
}

void
snmp_follow_free(struct snmp_follow *f)
{
	g_clear_pointer(&f->seen, json_object_unref);
	g_free(f);
}

JsonObject *
snmp_follow_next(struct snmp_follow *f, int timeout_ms, bool *over, GError **error)
{
	int64_t until = g_get_monotonic_time() + (int64_t)timeout_ms * 1000;

	*over = f->seen != NULL && is_final(f->seen);
	while (!*over) {
		JsonObject *row = snmp_job(f->session, f->job, error);
		if (row == NULL)
			return NULL;
		bool news = f->seen == NULL || !json_object_equal(f->seen, row);
		g_clear_pointer(&f->seen, json_object_unref);
		f->seen = row;
		if (news)
			return json_object_ref(row);
		if (timeout_ms >= 0 && g_get_monotonic_time() >= until) {
			g_set_error(error, CLIENT_ERROR, CLIENT_ERROR_TIMEOUT,
			    "job %u goes on", f->job);
			return NULL;
		}
		g_usleep(LOOK_US);
	}
	return NULL;
}
