/* Lines of an answer on the control socket. */
#include "agent/reply.h"

#include <gio/gio.h>

#include "agent/json.h"
#include "model/request.h"

/* The codes of doc/control-protocol.md; every other error is "failed". */
static const struct {
	GQuark (*domain)(void);
	int code;
	const char *name;
} error_names[] = {
	{ request_error_quark, REQUEST_BAD_VALUE, "bad-value" },
	{ request_error_quark, REQUEST_NO_OBJECT, "no-object" },
	{ request_error_quark, REQUEST_IMPOSSIBLE, "impossible" },
	{ request_error_quark, REQUEST_BUSY, "busy" },
	{ request_error_quark, REQUEST_UNREACHABLE, "unreachable" },
	{ request_error_quark, REQUEST_FULL, "full" },
	{ request_error_quark, REQUEST_DISABLED, "disabled" },
	{ request_error_quark, REQUEST_DENIED, "denied" },
	{ g_io_error_quark, G_IO_ERROR_INVALID_DATA, "bad-request" },
	{ g_io_error_quark, G_IO_ERROR_PARTIAL_INPUT, "bad-request" },
	{ g_io_error_quark, G_IO_ERROR_MESSAGE_TOO_LARGE, "too-long" },
	{ g_io_error_quark, G_IO_ERROR_NOT_SUPPORTED, "unknown-verb" },
	{ g_io_error_quark, G_IO_ERROR_TIMED_OUT, "timed-out" },
	{ g_io_error_quark, G_IO_ERROR_CANCELLED, "stopping" },
};

static const char *
error_name(const GError *error)
{
	for (size_t i = 0; i < G_N_ELEMENTS(error_names); i++)
		if (g_error_matches(error, error_names[i].domain(), error_names[i].code))
			return error_names[i].name;
	return "failed";
}

JsonBuilder *
reply_start(const char *key)
{
	JsonBuilder *b = json_builder_new();

	json_builder_begin_object(b);
	json_builder_set_member_name(b, key);
	json_builder_begin_object(b);
	return b;
}

void
reply_add_text(JsonBuilder *b, const char *key, const char *value)
{
	json_builder_set_member_name(b, key);
	json_builder_add_string_value(b, value);
}

void
reply_add_int(JsonBuilder *b, const char *key, int64_t value)
{
	json_builder_set_member_name(b, key);
	json_builder_add_int_value(b, value);
}

char *
reply_finish(JsonBuilder *b)
{
	json_builder_end_object(b);
	json_builder_end_object(b);
	char *text = json_text(b);
	g_object_unref(b);
	return text;
}

bool
reply_put(struct wire *wire, JsonBuilder *b, GError **error)
{
	g_autofree char *line = reply_finish(b);

	return wire_put_line(wire, line, error);
}

char *
reply_error_line(const char *code, const char *message)
{
	g_autofree char *valid = g_utf8_make_valid(message, -1);
	JsonBuilder *b = reply_start("error");

	reply_add_text(b, "code", code);
	reply_add_text(b, "message", valid);
	return reply_finish(b);
}

bool
reply_put_error(struct wire *wire, const GError *error)
{
	g_autofree char *line = reply_error_line(error_name(error), error->message);

	return wire_put_line(wire, line, NULL);
}
