/* Words of a text. */
#include "common/words.h"

char **
words_split(const char *text, const char *separators)
{
	g_auto(GStrv) all = g_strsplit_set(text, separators, -1);
	g_autoptr(GStrvBuilder) words = g_strv_builder_new();

	for (char **word = all; *word != NULL; word++)
		if (**word != '\0')
			g_strv_builder_add(words, *word);
	return g_strv_builder_end(words);
}
