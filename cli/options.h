/*
 * The options of all verbs: one table, from which parsing, help and completion come.
 */
#ifndef VCL_CLI_OPTIONS_H
#define VCL_CLI_OPTIONS_H

#include <glib.h>
#include <stdbool.h>

/* Strings are borrowed from argv; NULL or 0: not given. */
struct options {
	const char *socket, *agent;
	bool json, help, version;
	const char *node, *vm, *pool, *name, *state, *health, *severity, *kind, *condition, *since;
	bool stale, orphan, all, quiet;
	const char *sort;
	bool reverse, wide;
	int last, top, watch;
	bool wait;
	bool copy_storage, postcopy, auto_converge, offline, raw, whole, linked, power_off, force;
	bool read_only, disconnect;
	int max_downtime, bandwidth;
	int timeout;
	const char *span, *from, *to, *size, *output, *resolution;
	bool dark, percentile, max;

	/* handed on to the daemon */
	const char *address;
	bool notify, dry_run;
	const char *prefer;
	const char *template, *vcpus, *memory, *disk, *network, *hostname, *user, *ssh_key;
	bool no_start, full, incremental, quiesce, start;
	int keep, grace, priority;
};

struct option_def {
	const char *name;
	char letter;          /* 0: only the long form */
	const char *operand;  /* NULL: a flag */
	const char *complete; /* kind of words that the operand can be, NULL: files */
	int least, most;      /* of a number; most 0: it is a text */
	size_t offset;        /* in struct options */
	const char *help;
	int fallback;         /* without its operand, which may be left out; 0: it may not */
	bool handed_on;       /* the daemon's: said in the words of a request */
};

/* Ended by a NULL name. */
extern const struct option_def option_defs[];

/* Those that stand before or after any verb, as the names in verb tables. */
#define OPTIONS_GLOBAL "socket agent json help version"

/* Is the option one of these blank-separated names? */
bool option_is_in(const struct option_def *, const char *names);

/*
 * Parses argv[1..], taking only options of `names`.  Operands are moved to the end;
 * returns the index of the first one, or -1 with an error of CLI_ERROR.  With
 * `stop_early` everything from the first operand on is left alone.
 */
int options_parse(struct options *, int argc, char **argv, const char *names,
    bool stop_early, GError **);

/* What was said for a text, or "" for a flag that was given; NULL: nothing. */
const char *options_get(const struct options *, const char *name);

/* Adds "--keep=60" and the like to be freed: those handed on, as far as they were given. */
void options_hand_on(const struct options *, const char *names, GPtrArray *words);

/* The help text of these options, one line each. */
void options_describe(GString *, const char *names);

/* What the user did wrong, as opposed to what went wrong: exit status 2. */
enum cli_error { CLI_ERROR_USAGE };
#define CLI_ERROR (cli_error_quark())
GQuark cli_error_quark(void);

#endif
