/* Making VMs: what the guest is called, and until it says so. */
#include <stdlib.h>
#include <string.h>

#include "common/virt.h"
#include "vmops/create.h"

#define LOOK_US G_USEC_PER_SEC

/* --- its name */

char *
create_host_name(const char *name)
{
	GString *out = g_string_new(NULL);

	for (const char *p = name; *p != '\0'; p++) {
		char c = *p == '_' ? '-' : *p;
		char last = out->len == 0 ? '.' : out->str[out->len - 1];
		if (c == '-' && last == '.')
			continue;
		while (c == '.' && out->len > 0 && out->str[out->len - 1] == '-')
			g_string_truncate(out, out->len - 1);
		if (c != '.' || last != '.')
			g_string_append_c(out, c);
	}
	while (out->len > 0 && strchr(".-", out->str[out->len - 1]) != NULL)
		g_string_truncate(out, out->len - 1);
	return g_string_free(out, FALSE);
}

char *
create_guest_name(const struct op_run *run)
{
	const char *asked = run->request->machine.hostname;

	return create_host_name(*asked != '\0' ? asked : run->request->argument);
}

/* --- waiting */

/* The guest may add its domain. */
static bool
is_host(const char *told, const char *hostname)
{
	size_t len = strlen(hostname);

	return g_ascii_strncasecmp(told, hostname, len) == 0 &&
	    (told[len] == '\0' || told[len] == '.');
}

/* What the agent tells, NULL: nothing yet; free it. */
static char *
ask_agent(virDomainPtr domain)
{
	char *told = virDomainGetHostname(domain, VIR_DOMAIN_GET_HOSTNAME_AGENT);
	char *copy = g_strdup(told);

	free(told);
	return copy;
}

static bool
give_up(const struct creation *c, enum job_cause cause, const char *why, const char *told,
    GError **error)
{
	g_set_error(error, OP_ERROR, (gint)cause, "%s was made on %s, but %s%s%s; it was left as "
	    "it is", c->name, c->run->node, why, told != NULL ? ": it calls itself " : "",
	    told != NULL ? told : "");
	return false;
}

static bool
has_agent(const struct template *t)
{
	return t->agent || t->install != INSTALL_NONE;
}

bool
create_wait_guest(struct creation *c, virDomainPtr domain, const char *hostname,
    GError **stopped, GError **error)
{
	int64_t until = g_get_monotonic_time() + c->t->timeout * G_USEC_PER_SEC;
	bool cloud = c->t->install == INSTALL_CLOUD_INIT;

	if ((c->run->request->flags & REQUEST_NO_START) || !has_agent(c->t))
		return true;
	c->run->filled(c->run->context);
	create_step(c, 80, "waiting for the guest's agent");
	for (;;) {
		g_autofree char *told = ask_agent(domain);
		if (told != NULL && (!cloud || is_host(told, hostname)))
			return true;
		if (op_activity(domain) == INACTIVE)
			return give_up(c, CAUSE_IMPOSSIBLE,
			    "it has shut off before its agent answered", NULL, error);
		if (g_get_monotonic_time() >= until)
			return give_up(c, CAUSE_TIMEOUT, told == NULL
				? "its guest's agent has not answered in time"
				: "it has not become what it shall be in time", told, error);
		c->run->alive(c->run->context);
		if (!c->run->pause(c->run->context, LOOK_US, stopped))
			return false;
	}
}
