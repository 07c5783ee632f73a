/* Files of /proc, as text. */
#include "probe/proc.h"

#include <glib.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

char *
proc_read(const char *path)
{
	char *text = NULL;

	return g_file_get_contents(path, &text, NULL, NULL) ? text : NULL;
}

/* What follows the key on its line, or NULL. */
static const char *
find_line(const char *text, const char *key)
{
	size_t length = strlen(key);

	while (text != NULL && *text != '\0') {
		if (strncmp(text, key, length) == 0 &&
		    strchr(": \t", text[length]) != NULL && text[length] != '\0')
			return text + length + 1;
		text = strchr(text, '\n');
		if (text != NULL)
			text++;
	}
	return NULL;
}

bool
proc_number(const char *text, const char *key, uint64_t *out)
{
	const char *line = find_line(text, key);

	return line != NULL && sscanf(line, "%" SCNu64, out) == 1;
}

bool
proc_cpu(const char *text, struct proc_cpu *out)
{
	const char *line = find_line(text, "cpu");
	uint64_t user, nice, system, idle, iowait, irq, softirq, steal;

	if (line == NULL ||
	    sscanf(line, "%" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64
		" %" SCNu64 " %" SCNu64 " %" SCNu64,
		&user, &nice, &system, &idle, &iowait, &irq, &softirq, &steal) != 8)
		return false;
	*out = (struct proc_cpu){
		.user = user + nice,
		.system = system + irq + softirq,
		.idle = idle,
		.iowait = iowait,
		.steal = steal,
	};
	return true;
}

bool
proc_pressure(const char *text, uint64_t *out)
{
	const char *line = find_line(text, "some");
	const char *figure = line == NULL ? NULL : strstr(line, "avg10=");
	char *end;

	if (figure == NULL)
		return false;
	figure += strlen("avg10=");
	double percent = g_ascii_strtod(figure, &end);
	if (end == figure || !(percent >= 0 && percent <= 100))
		return false;
	*out = (uint64_t)(percent * 100 + 0.5);
	return true;
}
