/*
 * Keys: what is to be pressed at a VM's keyboard, from text.  Pure.
 *
 *	ctrl+alt+f2                                    one chord
 *	ctrl+alt+del; pause 500ms; enter; type hello   one after the other
 *
 * Chords stand one after another, a semicolon between them where it helps the reader.
 * Names are those of people, in any case: ctrl, control, del, esc, win, pgup, sysrq, a,
 * 7, "-".  `pause` takes a time in ms or s.  `type` takes the rest up to a semicolon, or
 * a text in quotes: printable ASCII, typed as on a US keyboard.
 */
#ifndef VCL_VMOPS_KEYS_H
#define VCL_VMOPS_KEYS_H

#include <glib.h>
#include <stdint.h>

#define KEYS_CHORD_MOST 16        /* keys that libvirt presses at once */
#define KEYS_STEPS_MOST 256
#define KEYS_PAUSE_MOST_MS 60000  /* all pauses together */

/* A chord, pressed in that order, or where there are no keys a pause. */
struct key_step {
	unsigned n;
	uint32_t codes[KEYS_CHORD_MOST]; /* Linux's, for VIR_KEYCODE_SET_LINUX */
	unsigned pause_ms;
};

/*
 * The steps (struct key_step), to be unreferenced.  NULL with an error of REQUEST_ERROR
 * that names the word and where it stands.
 */
GArray *keys_parse(const char *text, GError **error);

#endif
