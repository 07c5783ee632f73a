/*
 * Why the last command in vclCommand was refused: SNMP itself answers with the name of an
 * error only.  Any thread.
 */
#ifndef VCL_MODEL_REFUSAL_H
#define VCL_MODEL_REFUSAL_H

/* Both are copied, and cut to what an SnmpAdminString holds. */
void refusal_note(const char *command, const char *why);

/* A command was accepted. */
void refusal_clear(void);

/* "" when the last command was accepted; live until the thread asks for the same again. */
const char *refusal_command(void);
const char *refusal_reason(void);

#endif
