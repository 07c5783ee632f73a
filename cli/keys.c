/* Keys of a terminal, and tables of what they do. */
#include "cli/keys.h"

#include <string.h>

static const struct {
	const char *typed;
	int key;
} sequences[] = {
	{ "\033[A", KEY_UP },       { "\033OA", KEY_UP },
	{ "\033[B", KEY_DOWN },     { "\033OB", KEY_DOWN },
	{ "\033[5~", KEY_PAGE_UP }, { "\033[6~", KEY_PAGE_DOWN },
	{ "\033[H", KEY_HOME },     { "\033OH", KEY_HOME },
	{ "\033[1~", KEY_HOME },    { "\033[F", KEY_END },
	{ "\033OF", KEY_END },      { "\033[4~", KEY_END },
};

static int
key_of(const char *typed, size_t length)
{
	for (size_t i = 0; i < G_N_ELEMENTS(sequences); i++)
		if (strlen(sequences[i].typed) == length &&
		    strncmp(sequences[i].typed, typed, length) == 0)
			return sequences[i].key;
	return KEY_OTHER;
}

/* ESC O and one more, or ESC [ and all until a letter or '~'.  0: more is to come. */
static size_t
sequence_length(const GString *typed)
{
	if (typed->str[1] == 'O')
		return typed->len > 2 ? 3 : 0;
	for (size_t i = 2; i < typed->len; i++)
		if (typed->str[i] >= '@' && typed->str[i] <= '~')
			return i + 1;
	return 0;
}

int
keys_take(GString *typed)
{
	if (typed->len == 0)
		return 0;
	size_t length = 1;
	int key = (unsigned char)typed->str[0];
	if (key == '\033') {
		if (typed->len == 1)
			return 0;
		if (typed->str[1] == '[' || typed->str[1] == 'O') {
			length = sequence_length(typed);
			key = key_of(typed->str, length);
		} else {
			key = KEY_OTHER; /* Escape alone */
		}
	}
	if (length == 0)
		return 0;
	g_string_erase(typed, 0, (gssize)length);
	return key;
}

char *
keys_name(int key)
{
	static const char *const names[] = {
		"?", "up", "down", "page up", "page down", "home", "end"
	};

	if (key >= KEY_OTHER)
		return g_strdup(names[key - KEY_OTHER]);
	return key == ' ' ? g_strdup("space") : g_strdup_printf("%c", key);
}

/* --- tables */

const struct key *
keys_find(const struct key *keys, int key)
{
	for (; keys->key != 0; keys++)
		if (keys->key == key)
			return keys;
	return NULL;
}

void
keys_explain(const struct key *keys, struct sheet *sheet)
{
	for (const struct key *k = keys; k->key != 0; k++) {
		if (k->help == NULL)
			continue;
		g_autofree char *name = keys_name(k->key);
		g_autofree char *other =
		    k[1].key != 0 && k[1].help == NULL ? keys_name(k[1].key) : NULL;
		g_autofree char *both = g_strconcat(name, other != NULL ? ", " : "", other, NULL);
		sheet_add_cell(sheet, both, TONE_PLAIN);
		sheet_add_cell(sheet, k->help, TONE_PLAIN);
	}
}
