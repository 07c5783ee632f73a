/*
 * virtcluster: the table of verbs, and what they are given.
 */
#ifndef VCL_CLI_CLI_H
#define VCL_CLI_CLI_H

#include <glib.h>
#include <stdbool.h>

#include "client/client.h"
#include "cli/options.h"
#include "cli/output.h"

struct cli_verb;

struct cli {
	struct options options;
	struct output out;
	FILE *errors;
	const struct cli_verb *verb;
	int argc; /* operands, without the verb */
	char **argv;
	struct client *client; /* see cli_client */
	int status; /* to exit with, where the verb says so; a failure's is 1, misuse's 2 */
};

/* False with an error: CLI_ERROR when the user got it wrong, else a failure. */
typedef bool verb_run(struct cli *, GError **);

struct cli_verb {
	const char *name;
	verb_run *run;
	const char *operands; /* for usage */
	int least, most;      /* number of operands */
	const char *options;  /* names out of option_defs, besides the global ones */
	const char *complete; /* kinds of the operands' words, blank-separated */
	const char *help;     /* one line */
	const char *details;  /* more lines, or NULL */
	bool hidden;
};

/* Ended by a NULL name. */
extern const struct cli_verb cli_verbs[];

const struct cli_verb *cli_find_verb(const char *name);
/* "ha enable" is "ha-enable".  NULL: `first` is a verb of its own, or both are none. */
const struct cli_verb *cli_find_verb_of_two(const char *first, const char *second);

/* The known verb that is spelt most like it, or NULL if none is near. */
const char *cli_nearest_verb(const char *name);

/* The control socket: --socket, $VIRTCLUSTER_SOCKET, or the built-in path. */
const char *cli_socket(const struct options *);

/* The connection, made at the first call and closed by cli_main. */
struct client *cli_client(struct cli *, GError **);

/* Closes it: the next call of cli_client makes another one. */
void cli_drop_client(struct cli *);

/* The rows as a JSON array, to be unreferenced. */
JsonArray *cli_array_of(GPtrArray *rows);

/* Prints the array of rows, or the object, as one JSON document; with --watch on a line. */
void cli_print_rows(const struct cli *, GPtrArray *rows);
void cli_print_object(const struct cli *, JsonObject *);

/* All of main(): the exit status. */
int cli_main(int argc, char **argv, struct output out, FILE *errors);

/* The verbs, each in the file named after its kind. */
verb_run verb_list, verb_catalogue;                        /* verbs_list.c */
verb_run verb_show;                                        /* verbs_show.c */
verb_run verb_status;                                      /* verbs_status.c */
verb_run verb_top;                                         /* verbs_top.c */
verb_run verb_act, verb_wait, verb_cancel, verb_poke;                 /* verbs_act.c */
verb_run verb_upload, verb_download;                       /* verbs_transfer.c */
verb_run verb_graph;                                       /* verbs_graph.c */
verb_run verb_series;                                      /* verbs_series.c */
verb_run verb_cluster;                                     /* verbs_cluster.c */
verb_run verb_complete;                                    /* verbs_complete.c */

#endif
