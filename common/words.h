/* Words of a text. */
#ifndef VCL_COMMON_WORDS_H
#define VCL_COMMON_WORDS_H

#include <glib.h>

/* What stands between any of the separators, without the empty ones.  Free it. */
char **words_split(const char *text, const char *separators);

#endif
