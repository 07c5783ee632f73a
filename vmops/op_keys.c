/* Operations: keys, Ctrl-Alt-Del, NMI. */
#include <string.h>

#include "common/virt.h"
#include "vmops/keys.h"
#include "vmops/ops.h"

#define HOLD_MS 40 /* shorter than what makes a key repeat itself */
#define GAP_US  (60 * 1000) /* an emulated keyboard's buffer holds a few keys only */

bool
op_check_keys(const struct cluster *cluster, const struct request *request, int64_t now,
    GError **error)
{
	g_autoptr(GArray) steps = keys_parse(request->argument, error);

	return steps != NULL;
}

static bool
take_step(const struct op_run *run, virDomainPtr domain, const struct key_step *step,
    GError **error)
{
	uint32_t codes[KEYS_CHORD_MOST];

	if (step->n == 0)
		return run->pause(run->context, (int64_t)step->pause_ms * 1000, error);
	memcpy(codes, step->codes, sizeof(codes));
	if (virDomainSendKey(domain, VIR_KEYCODE_SET_LINUX, HOLD_MS, codes, (int)step->n, 0) != 0)
		return op_fail_libvirt(run, domain, "send keys to", error);
	return run->pause(run->context, HOLD_MS * 1000 + GAP_US, error);
}

static bool
press_keys(const struct op_run *run, const char *text, GError **error)
{
	g_autoptr(GError) refused = NULL;
	g_autoptr(GArray) steps = keys_parse(text, &refused);
	g_autoptr(virDomain) domain = steps == NULL ? NULL : op_find_active(run, error);
	struct op_progress progress;

	if (steps == NULL)
		return op_fail(run, CAUSE_IMPOSSIBLE, refused->message, error);
	if (domain == NULL || !run->begin(run->context, error))
		return false;
	op_progress_init(&progress);
	for (guint i = 0; i < steps->len; i++) {
		if (!take_step(run, domain, &g_array_index(steps, struct key_step, i), error))
			return false;
		progress.percent = (i + 1) * 100 / steps->len;
		run->report(run->context, &progress);
	}
	return op_activity(domain) != INACTIVE ||
	    op_fail(run, CAUSE_LIBVIRT, "was off before all keys were pressed", error);
}

bool
op_keys(const struct op_run *run, GError **error)
{
	return press_keys(run, run->request->argument, error);
}

bool
op_ctrl_alt_del(const struct op_run *run, GError **error)
{
	return press_keys(run, "ctrl+alt+del", error);
}

bool
op_nmi(const struct op_run *run, GError **error)
{
	g_autoptr(virDomain) domain = op_find_active(run, error);

	if (domain == NULL || !run->begin(run->context, error))
		return false;
	return virDomainInjectNMI(domain, 0) == 0 ||
	    op_fail_libvirt(run, domain, "inject an NMI into", error);
}
