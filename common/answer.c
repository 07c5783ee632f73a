/* All that a command writes. */
#include "common/answer.h"

#include <gio/gio.h>
#include <poll.h>
#include <stdint.h>
#include <string.h>

#include "common/spawned.h"

#define END_MS 1000 /* from the end of its output to its own */

static bool
is_woken(int fd)
{
	struct pollfd wake = { .fd = fd, .events = POLLIN };

	return fd >= 0 && poll(&wake, 1, 0) > 0;
}

static bool
refuse_size(size_t most, GError **error)
{
	g_set_error(error, G_IO_ERROR, G_IO_ERROR_MESSAGE_TOO_LARGE,
	    "it writes more than %zu MiB", most >> 20);
	return false;
}

/* Until it has closed its output. */
static bool
listen_to(struct spawned *child, const struct answer_limits *limits, GError **error)
{
	int64_t deadline = g_get_monotonic_time() + limits->timeout_ms * INT64_C(1000);

	for (;;) {
		int64_t left = deadline - g_get_monotonic_time();
		if (left <= 0) {
			g_set_error(error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT,
			    "no answer within %d s%s%s", limits->timeout_ms / 1000,
			    child->said[0] == '\0' ? "" : ": ", child->said);
			return false;
		}
		if (!spawned_read(child, limits->wake, (int)(left / 1000 + 1)))
			return true;
		if (child->lines->len > limits->most)
			return refuse_size(limits->most, error);
		if (is_woken(limits->wake)) {
			g_set_error_literal(error, G_IO_ERROR, G_IO_ERROR_CANCELLED,
			    "it is no longer wanted");
			return false;
		}
	}
}

bool
answer_of(char *const *argv, const struct answer_limits *limits, struct answer *answer,
    GError **error)
{
	struct spawned child;

	*answer = (struct answer){ NULL, NULL, 0 };
	if (!spawned_start(&child, argv, NULL, error))
		return false;
	bool whole = listen_to(&child, limits, error);
	if (whole && memchr(child.lines->str, '\0', child.lines->len) != NULL) {
		g_set_error_literal(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
		    "what it writes is no text");
		whole = false;
	}
	answer->text = g_strndup(child.lines->str, whole ? child.lines->len : 0);
	answer->how = spawned_end(&child, whole ? END_MS : 0, &answer->status);
	if (!whole)
		answer_clear(answer);
	return whole;
}

void
answer_clear(struct answer *answer)
{
	g_clear_pointer(&answer->text, g_free);
	g_clear_pointer(&answer->how, g_free);
}
