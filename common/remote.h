/*
 * Commands that are run on a host by way of another one: "ssh -o ... root@alpha", "podman
 * exec pcmk", or "local" for this machine.
 */
#ifndef VCL_COMMON_REMOTE_H
#define VCL_COMMON_REMOTE_H

#include <glib.h>
#include <stdbool.h>

/*
 * The words to run, to be freed.  What would go through a shell there, as ssh has it, is
 * quoted.  NULL with a sentence: a word cannot be put through that command, of which nobody
 * knows whether a shell reads it.
 */
char **remote_words(const char *command, const char *const *tool, GError **);

/* Does no shell find anything in that word? */
bool remote_is_plain(const char *word);

/* The word as a shell wants it, to be freed. */
char *remote_quote(const char *word);

#endif
