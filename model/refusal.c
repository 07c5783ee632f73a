/* Why the last command in vclCommand was refused. */
#include "model/refusal.h"

#include <glib.h>
#include <string.h>

#include "common/sync.h"

#define TEXT_ROOM 256 /* an SnmpAdminString, and its end */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char last_command[TEXT_ROOM], last_reason[TEXT_ROOM];

static void
take(char *to, const char *text)
{
	const char *end;

	g_strlcpy(to, text, TEXT_ROOM);
	if (!g_utf8_validate(to, -1, &end))
		to[end - to] = '\0'; /* a character that was cut in two */
}

void
refusal_note(const char *command, const char *why)
{
	LOCK_SCOPE(&lock);
	take(last_command, command);
	take(last_reason, why);
}

void
refusal_clear(void)
{
	LOCK_SCOPE(&lock);
	last_command[0] = last_reason[0] = '\0';
}

const char *
refusal_command(void)
{
	static _Thread_local char text[TEXT_ROOM];

	LOCK_SCOPE(&lock);
	return strcpy(text, last_command);
}

const char *
refusal_reason(void)
{
	static _Thread_local char text[TEXT_ROOM];

	LOCK_SCOPE(&lock);
	return strcpy(text, last_reason);
}
