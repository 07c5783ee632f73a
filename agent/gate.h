/*
 * The gate: which notifications go out, by the switches that an operator has set and so
 * many of one type a minute.  Counts what it lets through and what it holds back.
 * Main thread.
 */
#ifndef VCL_AGENT_GATE_H
#define VCL_AGENT_GATE_H

#include <stdbool.h>
#include <stdint.h>

#include "model/switches.h"

/* Types: enum notification, and behind them those of RFC 7666 by their arc. */
#define GATE_VM_MIB(number) (NOTIFY_END + (number))

/*
 * May a notification of that type and severity go out now?  The least severity holds for
 * events: not for the heartbeat, nor for a summary, nor for those of RFC 7666, which have
 * a switch of their own.  A heartbeat and a summary are never too many.
 */
bool gate_pass(unsigned type, int32_t severity, int64_t now_us);

/*
 * How many were too many since the last summary, once there is room again; 0: none, no
 * room yet, or no summary is wanted.
 */
uint32_t gate_take_held(unsigned type, int64_t now_us);

/* The descriptor of a type, NULL where there is none.  Types are below gate_types_n. */
const char *gate_name(unsigned type);
extern const unsigned gate_types_n;

/* Forgets what was sent, for tests. */
void gate_reset(void);

#endif
