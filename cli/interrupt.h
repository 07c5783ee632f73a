/*
 * Signals while there is a picture: what ends it, and what stops it for a while.
 */
#ifndef VCL_CLI_INTERRUPT_H
#define VCL_CLI_INTERRUPT_H

#include <glib.h>
#include <stdbool.h>

/* The calling thread gets the signals until interrupt_release. */
bool interrupt_catch(GError **);
void interrupt_release(void);

/* Shall it end?  interrupt_end says so without a signal. */
bool interrupt_is_over(void);
void interrupt_end(void);

/* What an answer is awaited from, so that the end need not wait for it; -1: nothing. */
void interrupt_asking(int fd);

/* Can be read when there was a signal, until interrupt_seen. */
int interrupt_fd(void);
void interrupt_seen(void);

#endif
