/*
 * Cells that are made of several columns of a row, and the tones of cells.
 *
 * What a cell reads besides its own column is said in its line of the listing, because
 * only those columns are asked for.
 */
#ifndef VCL_CLIENT_CELLS_H
#define VCL_CLIENT_CELLS_H

#include "client/format.h"
#include "client/tone.h"

typedef enum tone cell_tone(JsonObject *row, const char *key);

cell_tone tone_state;  /* of a state, a health or a severity by its name */
cell_tone tone_health; /* the same, or bad when the row is stale */
cell_tone tone_bad;
cell_tone tone_flag;   /* a warning when it is true */
cell_tone tone_seen;   /* bad when the row is stale */
cell_tone tone_use;    /* of hundredths of a percent */

/* How good or bad a state's name is. */
enum tone tone_of_state(const char *state);

cell_format cell_seen;        /* ...SampleAge: "3 s", or "STALE 2 min"; with ...Stale */
cell_format cell_health;      /* ...Health, or "STALE 2 min"; with ...Stale, ...SampleAge */
cell_format cell_node_vms;    /* vclNodeVmsRunning: "3/5", running of all */
cell_format cell_node_memory; /* vclNodeMemoryUsed: "41 % of 7.8 GiB" */
cell_format cell_node_reason; /* vclNodeStateReason, or that of its health */
cell_format cell_load;        /* vclNodeLoad1: "0.52 0.40 0.31" */
cell_format cell_used_of;     /* ...Used: "3.2 GiB of 7.8 GiB"; with ...Size or ...Total */
cell_format cell_memory_short; /* vclVmMemoryUsed: "55M/96M"; with vclVmMemoryActual */
cell_format cell_volume_vm;   /* vclVolumeVm, or "orphan"; with vclVolumeOrphan */
cell_format cell_none;        /* a word; nothing when it is "none" */
cell_format cell_progress;    /* vclJobProgress, while that says something */
cell_format cell_change;      /* vclEventNewState: "running -> shut off" */
cell_format cell_requester;   /* vclJobRequester, or by which way it came */
cell_format cell_job_title;   /* vclJobType: "power off web1" */

#endif
