/*
 * The keeper: writes the switches that were set to their file, so that they survive, on a
 * thread of its own that nobody waits for.
 */
#ifndef VCL_AGENT_KEEPER_H
#define VCL_AGENT_KEEPER_H

/* Reads the file, and keeps it from now on.  A file that cannot be read is told of. */
struct keeper *keeper_new(const char *state_dir);

/* Writes what is not written yet.  NULL is fine. */
void keeper_free(struct keeper *);

#endif
