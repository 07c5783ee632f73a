/* Power sequences: reading the steps. */
#include "model/sequence.h"

#include <string.h>

#include "common/words.h"

#define STEPS_MOST    100
#define TEXT_MOST     255
#define WITHIN_S      120   /* the limit of a wait that names none */
#define SECONDS_MOST  86400

G_DEFINE_QUARK(vcl-sequence-error-quark, sequence_error)

/* --- the words */

static const struct action {
	const char *word;
	enum job_type type;
	bool keys; /* takes keys behind the target */
} actions[] = {
	{ "start",       JOB_POWER_ON },
	{ "shutdown",    JOB_SHUTDOWN },
	{ "stop",        JOB_SHUTDOWN_THEN_OFF },
	{ "poweroff",    JOB_POWER_OFF },
	{ "reboot",      JOB_REBOOT },
	{ "reset",       JOB_RESET },
	{ "powercycle",  JOB_POWER_CYCLE },
	{ "suspend",     JOB_SUSPEND },
	{ "resume",      JOB_RESUME },
	{ "save",        JOB_MANAGED_SAVE },
	{ "powerbutton", JOB_POWER_BUTTON },
	{ "ctrlaltdel",  JOB_CTRL_ALT_DEL },
	{ "nmi",         JOB_NMI },
	{ "keys",        JOB_KEYS, .keys = true },
};

static const struct {
	const char *word;
	enum step_wanted wanted;
} wanted_words[] = {
	{ "running", WANTED_RUNNING },
	{ "agent",   WANTED_AGENT },
	{ "off",     WANTED_OFF },
};

static bool G_GNUC_PRINTF(2, 3)
refuse(GError **error, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	g_autofree char *text = g_strdup_vprintf(format, args);
	va_end(args);
	g_set_error_literal(error, SEQUENCE_ERROR, 0, text);
	return false;
}

static const struct action *
find_action(const char *word)
{
	for (size_t i = 0; i < G_N_ELEMENTS(actions); i++)
		if (strcmp(actions[i].word, word) == 0)
			return &actions[i];
	return NULL;
}

static bool
refuse_word(const char *word, GError **error)
{
	g_autoptr(GString) known = g_string_new(NULL);

	for (size_t i = 0; i < G_N_ELEMENTS(actions); i++)
		g_string_append_printf(known, "%s, ", actions[i].word);
	return refuse(error, "a step cannot begin with \"%s\" (but with %sdelay or wait)", word,
	    known->str);
}

/* --- reading word by word */

struct words {
	char **next;
	const char *step; /* the first word, for sentences */
};

static const char *
take(struct words *words)
{
	return *words->next == NULL ? NULL : *words->next++;
}

static bool
next_is(const struct words *words, const char *word)
{
	return *words->next != NULL && strcmp(*words->next, word) == 0;
}

/* "10s", "5m" or "1h": seconds. */
static bool
take_time(struct words *words, const char *what, unsigned *out, GError **error)
{
	static const struct { char letter; unsigned seconds; } units[] = {
		{ 's', 1 }, { 'm', 60 }, { 'h', 3600 },
	};
	const char *text = take(words);
	char *end = NULL;

	if (text == NULL)
		return refuse(error, "%s needs a time such as 10s, 5m or 1h", what);
	uint64_t number = g_ascii_isdigit(*text) ? g_ascii_strtoull(text, &end, 10) : 0;
	for (size_t i = 0; end != NULL && i < G_N_ELEMENTS(units); i++) {
		if (end[0] != units[i].letter || end[1] != '\0' ||
		    number > SECONDS_MOST / units[i].seconds)
			continue;
		*out = (unsigned)number * units[i].seconds;
		return true;
	}
	return refuse(error, "%s %s: a time such as 10s, 5m or 1h is wanted, a day at most",
	    what, text);
}

static bool
take_target(struct words *words, struct step *step, GError **error)
{
	const char *text = take(words);

	if (text == NULL)
		return refuse(error, "%s needs a VM's name, a pattern or @group", words->step);
	if (text[0] == '@' && text[1] == '\0')
		return refuse(error, "%s @: the group's name is missing", words->step);
	step->target = g_strdup(text);
	return true;
}

static bool
take_at_once(struct words *words, struct step *step, GError **error)
{
	guint64 number = 0;
	const char *text = take(words);

	if (text == NULL ||
	    !g_ascii_string_to_unsigned(text, 10, 1, 1000, &number, NULL))
		return refuse(error, "at-once needs a number from 1 to 1000");
	step->at_once = (unsigned)number;
	return true;
}

static bool
is_option(const char *word)
{
	return strcmp(word, "stagger") == 0 || strcmp(word, "at-once") == 0 ||
	    strcmp(word, "else") == 0;
}

static bool
take_keys(struct words *words, struct step *step, GError **error)
{
	g_autoptr(GString) keys = g_string_new(NULL);

	while (*words->next != NULL && !is_option(*words->next))
		g_string_append_printf(keys, "%s%s", keys->len > 0 ? " " : "", take(words));
	if (keys->len == 0)
		return refuse(error, "keys needs keys behind the VM, such as ctrl+alt+del");
	step->argument = g_string_free(g_steal_pointer(&keys), FALSE);
	return true;
}

static bool
take_act(struct words *words, struct step *step, GError **error)
{
	const struct action *action = find_action(words->step);

	if (action == NULL)
		return refuse_word(words->step, error);
	step->kind = STEP_ACT;
	step->type = action->type;
	if (!take_target(words, step, error) ||
	    (action->keys && !take_keys(words, step, error)))
		return false;
	while (next_is(words, "stagger") || next_is(words, "at-once")) {
		bool stagger = strcmp(take(words), "stagger") == 0;
		if (stagger ? !take_time(words, "stagger", &step->stagger, error)
			    : !take_at_once(words, step, error))
			return false;
	}
	return true;
}

static bool
take_delay(struct words *words, struct step *step, GError **error)
{
	step->kind = STEP_DELAY;
	return take_time(words, "delay", &step->seconds, error);
}

static bool
take_wait(struct words *words, struct step *step, GError **error)
{
	step->kind = STEP_WAIT;
	step->seconds = WITHIN_S;
	if (!take_target(words, step, error))
		return false;
	const char *word = take(words);
	size_t i = 0;
	while (i < G_N_ELEMENTS(wanted_words) &&
	    g_strcmp0(word, wanted_words[i].word) != 0)
		i++;
	if (i == G_N_ELEMENTS(wanted_words))
		return refuse(error, "wait %s %s: running, agent or off is wanted",
		    step->target, word == NULL ? "" : word);
	step->wanted = wanted_words[i].wanted;
	if (!next_is(words, "within"))
		return true;
	take(words);
	return take_time(words, "within", &step->seconds, error);
}

/* "else go on" or "else stop". */
static bool
take_else(struct words *words, struct step *step, GError **error)
{
	if (!next_is(words, "else"))
		return true;
	take(words);
	if (next_is(words, "stop")) {
		take(words);
		return true;
	}
	step->go_on = next_is(words, "go") && g_strcmp0(words->next[1], "on") == 0;
	if (!step->go_on)
		return refuse(error, "else: \"go on\" or \"stop\" is wanted");
	words->next += 2;
	return true;
}

static bool
take_step(struct words *words, struct step *step, GError **error)
{
	bool good;

	words->step = take(words);
	if (words->step == NULL)
		return refuse(error, "an empty step");
	if (strcmp(words->step, "delay") == 0)
		good = take_delay(words, step, error);
	else if (strcmp(words->step, "wait") == 0)
		good = take_wait(words, step, error);
	else
		good = take_act(words, step, error);
	if (!good || !take_else(words, step, error))
		return false;
	return *words->next == NULL ||
	    refuse(error, "\"%s\" has no place at the end of \"%s\"", *words->next, step->text);
}

/* --- the interface */

static void
step_free(gpointer data)
{
	struct step *step = data;

	g_free(step->target);
	g_free(step->argument);
	g_free(step->text);
	g_free(step);
}

struct sequence *
sequence_new(const char *name)
{
	struct sequence *sequence = g_new0(struct sequence, 1);

	sequence->name = g_strdup(name);
	sequence->steps = g_ptr_array_new_with_free_func(step_free);
	return sequence;
}

void
sequence_free(struct sequence *sequence)
{
	g_free(sequence->name);
	g_ptr_array_free(sequence->steps, TRUE);
	g_free(sequence);
}

bool
sequence_add_step(struct sequence *sequence, const char *text, GError **error)
{
	if (sequence->steps->len >= STEPS_MOST)
		return refuse(error, "more than %d steps", STEPS_MOST);
	if (strlen(text) > TEXT_MOST)
		return refuse(error, "longer than %d octets", TEXT_MOST);
	g_auto(GStrv) list = words_split(text, " \t");
	struct words words = { .next = list };
	struct step *step = g_new0(struct step, 1);
	step->text = g_strjoinv(" ", list);
	if (!take_step(&words, step, error)) {
		step_free(step);
		return false;
	}
	g_ptr_array_add(sequence->steps, step);
	return true;
}
