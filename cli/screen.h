/*
 * The terminal while there is a picture on it: another screen, without cursor and wrapped
 * lines, and keys that come one by one.
 */
#ifndef VCL_CLI_SCREEN_H
#define VCL_CLI_SCREEN_H

/* Takes that terminal, if it is not taken already; keys come from standard input. */
void screen_open(int fd);
void screen_close(void);

/* For signal handlers too: hands the terminal back, and takes it again. */
void screen_leave(void);
void screen_enter(void);

/* Where keys can be read now; -1: they are not ours, or there is no terminal. */
int screen_keys_fd(void);

#endif
