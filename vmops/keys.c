/* Keys: text to key codes. */
#include "vmops/keys.h"

#include <linux/input-event-codes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <string.h>

#include "model/request.h"

/* A key's names, blank-separated, and what it types without and with Shift (US). */
static const struct key {
	const char *names;
	uint16_t code;
	char plain, shifted;
} keys[] = {
	{ "a", KEY_A, 'a', 'A' }, { "b", KEY_B, 'b', 'B' }, { "c", KEY_C, 'c', 'C' },
	{ "d", KEY_D, 'd', 'D' }, { "e", KEY_E, 'e', 'E' }, { "f", KEY_F, 'f', 'F' },
	{ "g", KEY_G, 'g', 'G' }, { "h", KEY_H, 'h', 'H' }, { "i", KEY_I, 'i', 'I' },
	{ "j", KEY_J, 'j', 'J' }, { "k", KEY_K, 'k', 'K' }, { "l", KEY_L, 'l', 'L' },
	{ "m", KEY_M, 'm', 'M' }, { "n", KEY_N, 'n', 'N' }, { "o", KEY_O, 'o', 'O' },
	{ "p", KEY_P, 'p', 'P' }, { "q", KEY_Q, 'q', 'Q' }, { "r", KEY_R, 'r', 'R' },
	{ "s", KEY_S, 's', 'S' }, { "t", KEY_T, 't', 'T' }, { "u", KEY_U, 'u', 'U' },
	{ "v", KEY_V, 'v', 'V' }, { "w", KEY_W, 'w', 'W' }, { "x", KEY_X, 'x', 'X' },
	{ "y", KEY_Y, 'y', 'Y' }, { "z", KEY_Z, 'z', 'Z' },
	{ "1", KEY_1, '1', '!' }, { "2", KEY_2, '2', '@' }, { "3", KEY_3, '3', '#' },
	{ "4", KEY_4, '4', '$' }, { "5", KEY_5, '5', '%' }, { "6", KEY_6, '6', '^' },
	{ "7", KEY_7, '7', '&' }, { "8", KEY_8, '8', '*' }, { "9", KEY_9, '9', '(' },
	{ "0", KEY_0, '0', ')' },
	{ "- minus dash", KEY_MINUS, '-', '_' },
	{ "= equal equals plus", KEY_EQUAL, '=', '+' },
	{ "[ leftbracket", KEY_LEFTBRACE, '[', '{' },
	{ "] rightbracket", KEY_RIGHTBRACE, ']', '}' },
	{ "semicolon", KEY_SEMICOLON, ';', ':' },
	{ "' apostrophe quote", KEY_APOSTROPHE, '\'', '"' },
	{ "` grave backquote", KEY_GRAVE, '`', '~' },
	{ "\\ backslash", KEY_BACKSLASH, '\\', '|' },
	{ ", comma", KEY_COMMA, ',', '<' },
	{ ". dot period", KEY_DOT, '.', '>' },
	{ "/ slash", KEY_SLASH, '/', '?' },
	{ "space spacebar", KEY_SPACE, ' ' },
	{ "ctrl control leftctrl lctrl", KEY_LEFTCTRL },
	{ "alt option leftalt lalt", KEY_LEFTALT },
	{ "shift leftshift lshift", KEY_LEFTSHIFT },
	{ "win super meta cmd command windows leftmeta lwin", KEY_LEFTMETA },
	{ "rightctrl rctrl", KEY_RIGHTCTRL },
	{ "altgr rightalt ralt", KEY_RIGHTALT },
	{ "rightshift rshift", KEY_RIGHTSHIFT },
	{ "rightmeta rwin", KEY_RIGHTMETA },
	{ "menu compose", KEY_COMPOSE },
	{ "enter return ret", KEY_ENTER },
	{ "esc escape", KEY_ESC },
	{ "tab", KEY_TAB },
	{ "backspace bs", KEY_BACKSPACE },
	{ "del delete", KEY_DELETE },
	{ "ins insert", KEY_INSERT },
	{ "home", KEY_HOME },
	{ "end", KEY_END },
	{ "pgup pageup prior", KEY_PAGEUP },
	{ "pgdn pgdown pagedown next", KEY_PAGEDOWN },
	{ "up", KEY_UP }, { "down", KEY_DOWN }, { "left", KEY_LEFT }, { "right", KEY_RIGHT },
	{ "print sysrq prtsc prtscr printscreen", KEY_SYSRQ },
	{ "break", KEY_PAUSE }, /* `pause` waits */
	{ "caps capslock", KEY_CAPSLOCK },
	{ "num numlock", KEY_NUMLOCK },
	{ "scroll scrolllock", KEY_SCROLLLOCK },
	{ "f1", KEY_F1 }, { "f2", KEY_F2 }, { "f3", KEY_F3 }, { "f4", KEY_F4 },
	{ "f5", KEY_F5 }, { "f6", KEY_F6 }, { "f7", KEY_F7 }, { "f8", KEY_F8 },
	{ "f9", KEY_F9 }, { "f10", KEY_F10 }, { "f11", KEY_F11 }, { "f12", KEY_F12 },
	{ "kp0", KEY_KP0 }, { "kp1", KEY_KP1 }, { "kp2", KEY_KP2 }, { "kp3", KEY_KP3 },
	{ "kp4", KEY_KP4 }, { "kp5", KEY_KP5 }, { "kp6", KEY_KP6 }, { "kp7", KEY_KP7 },
	{ "kp8", KEY_KP8 }, { "kp9", KEY_KP9 },
	{ "kpenter", KEY_KPENTER }, { "kpplus", KEY_KPPLUS }, { "kpminus", KEY_KPMINUS },
	{ "kpstar", KEY_KPASTERISK }, { "kpslash", KEY_KPSLASH }, { "kpdot", KEY_KPDOT },
};

/* A text that is being read. */
struct text {
	const char *start, *p;
	GArray *steps;
	unsigned paused_ms;
};

static bool
refuse(const struct text *t, const char *at, GError **error, const char *format, ...)
    G_GNUC_PRINTF(4, 5);

static bool
refuse(const struct text *t, const char *at, GError **error, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	g_autofree char *sentence = g_strdup_vprintf(format, args);
	va_end(args);
	g_set_error(error, REQUEST_ERROR, REQUEST_BAD_VALUE, "keys, character %ld: %s",
	    g_utf8_pointer_to_offset(t->start, at) + 1, sentence);
	return false;
}

/* --- keys */

static bool
is_called(const struct key *key, const char *name, size_t len)
{
	for (const char *p = key->names; *p != '\0';) {
		size_t n = strcspn(p, " ");
		if (n == len && g_ascii_strncasecmp(p, name, n) == 0)
			return true;
		p += n + (p[n] == ' ');
	}
	return false;
}

static const struct key *
find_key(const char *name, size_t len)
{
	for (size_t i = 0; i < G_N_ELEMENTS(keys); i++)
		if (is_called(&keys[i], name, len))
			return &keys[i];
	return NULL;
}

static const struct key *
find_character(char c, bool *shifted)
{
	for (size_t i = 0; i < G_N_ELEMENTS(keys); i++) {
		*shifted = keys[i].shifted == c;
		if (keys[i].plain == c || *shifted)
			return &keys[i];
	}
	return NULL;
}

static bool
add_step(struct text *t, const char *at, const struct key_step *step, GError **error)
{
	if (t->steps->len >= KEYS_STEPS_MOST)
		return refuse(t, at, error, "more than %d steps", KEYS_STEPS_MOST);
	g_array_append_val(t->steps, *step);
	return true;
}

/* --- words */

static bool
is_separator(char c)
{
	return c == ';' || c == ' ' || c == '\t';
}

static void
skip_separators(struct text *t)
{
	while (is_separator(*t->p))
		t->p++;
}

/* "ctrl+alt+f2", of that length. */
static bool
take_chord(struct text *t, size_t len, GError **error)
{
	struct key_step step = { 0 };
	const char *word = t->p, *end = word + len;

	for (const char *name = word; name <= end;) {
		size_t n = strcspn(name, "+");
		n = MIN(n, (size_t)(end - name));
		const struct key *key = find_key(name, n);
		if (n == 0)
			return refuse(t, name, error,
			    "a key is missing in \"%.*s\" (the key + is called plus)",
			    (int)len, word);
		if (key == NULL)
			return refuse(t, name, error, "no key is called \"%.*s\"", (int)n, name);
		if (step.n == KEYS_CHORD_MOST)
			return refuse(t, name, error, "more than %d keys at once",
			    KEYS_CHORD_MOST);
		step.codes[step.n++] = key->code;
		name += n + 1;
	}
	t->p = end;
	return add_step(t, word, &step, error);
}

/* "500ms", "2s", behind the word pause. */
static bool
take_pause(struct text *t, GError **error)
{
	const char *word = t->p;
	struct key_step step = { 0 };

	t->p += strlen("pause");
	while (*t->p == ' ' || *t->p == '\t')
		t->p++;
	const char *number = t->p;
	while (g_ascii_isdigit(*t->p))
		t->p++;
	size_t unit = strcspn(t->p, "; \t");
	bool ms = unit == 2 && g_ascii_strncasecmp(t->p, "ms", 2) == 0;
	bool s = unit == 1 && g_ascii_strncasecmp(t->p, "s", 1) == 0;
	guint64 n = g_ascii_strtoull(number, NULL, 10);
	if (t->p == number || (!ms && !s))
		return refuse(t, word, error,
		    "pause wants a time such as 500ms or 2s (the key is called break)");
	if (n > KEYS_PAUSE_MOST_MS || n * (s ? 1000 : 1) + t->paused_ms > KEYS_PAUSE_MOST_MS)
		return refuse(t, number, error, "all pauses together are longer than %d s",
		    KEYS_PAUSE_MOST_MS / 1000);
	t->p += unit;
	step.pause_ms = (unsigned)n * (s ? 1000 : 1);
	t->paused_ms += step.pause_ms;
	return add_step(t, word, &step, error);
}

static bool
type_character(struct text *t, const char *at, GError **error)
{
	bool shifted;
	const struct key *key = find_character(*at, &shifted);
	struct key_step step = { 0 };

	if (key == NULL) {
		const char *next = g_utf8_next_char(at);
		return refuse(t, at, error, "\"%.*s\" is not on a US keyboard",
		    (int)(next - at), at);
	}
	if (shifted)
		step.codes[step.n++] = KEY_LEFTSHIFT;
	step.codes[step.n++] = key->code;
	return add_step(t, at, &step, error);
}

/* The text behind the word type: in quotes, or up to a semicolon. */
static bool
take_type(struct text *t, GError **error)
{
	const char *word = t->p, *end;

	t->p += strlen("type");
	while (*t->p == ' ' || *t->p == '\t')
		t->p++;
	char quote = *t->p == '"' || *t->p == '\'' ? *t->p++ : '\0';
	if (quote != '\0') {
		end = strchr(t->p, quote);
		if (end == NULL)
			return refuse(t, t->p - 1, error, "the quote is not closed");
	} else {
		end = t->p + strcspn(t->p, ";");
		while (end > t->p && (end[-1] == ' ' || end[-1] == '\t'))
			end--;
	}
	if (end == t->p)
		return refuse(t, word, error, "type wants a text");
	for (; t->p < end; t->p++)
		if (!type_character(t, t->p, error))
			return false;
	t->p += quote != '\0';
	if (*t->p != '\0' && !is_separator(*t->p))
		return refuse(t, t->p, error, "a blank or semicolon is missing");
	return true;
}

static bool
is_word(const char *text, size_t len, const char *word)
{
	return len == strlen(word) && g_ascii_strncasecmp(text, word, len) == 0;
}

static bool
take_word(struct text *t, GError **error)
{
	size_t len = strcspn(t->p, "; \t");

	if (is_word(t->p, len, "pause"))
		return take_pause(t, error);
	if (is_word(t->p, len, "type"))
		return take_type(t, error);
	return take_chord(t, len, error);
}

GArray *
keys_parse(const char *text, GError **error)
{
	g_autoptr(GArray) steps = g_array_new(FALSE, FALSE, sizeof(struct key_step));
	struct text t = { .start = text, .p = text, .steps = steps };

	if (!g_utf8_validate(text, -1, NULL)) {
		g_set_error_literal(error, REQUEST_ERROR, REQUEST_BAD_VALUE,
		    "keys: the text is not UTF-8");
		return NULL;
	}
	for (skip_separators(&t); *t.p != '\0'; skip_separators(&t))
		if (!take_word(&t, error))
			return NULL;
	if (steps->len > 0)
		return g_steal_pointer(&steps);
	g_set_error_literal(error, REQUEST_ERROR, REQUEST_BAD_VALUE,
	    "keys: nothing is to be pressed");
	return NULL;
}
