/* What is known of one job. */
#include "vmops/job_record.h"

#include <string.h>

bool
job_record_is_finished(const struct job_record *record)
{
	return job_state_is_final(record->state);
}

void
job_text_clean(char *text, size_t size)
{
	text[size - 1] = '\0';
	for (char *p = text; *p != '\0';) {
		gunichar c = g_utf8_get_char_validated(p, -1);
		if ((int32_t)c < 0) {
			*p++ = '?';
		} else if (g_unichar_iscntrl(c)) {
			char *next = g_utf8_next_char(p);
			while (p < next)
				*p++ = ' ';
		} else {
			p = g_utf8_next_char(p);
		}
	}
}

void
job_text_copy(char *to, size_t size, const char *from)
{
	g_autofree char *valid = g_utf8_make_valid(from == NULL ? "" : from, -1);
	size_t length = strlen(valid);

	if (length >= size) {
		const char *end = g_utf8_find_prev_char(valid, valid + size);
		length = end == NULL ? 0 : (size_t)(end - valid);
	}
	memcpy(to, valid, length);
	to[length] = '\0';
	job_text_clean(to, size);
}

void
job_record_finish(struct job_record *record, enum job_state state, enum job_cause cause,
    const char *sentence)
{
	record->state = (int32_t)state;
	record->cause = (int32_t)cause;
	record->finished_at = g_get_real_time();
	job_text_copy(record->error, sizeof(record->error), sentence);
}
