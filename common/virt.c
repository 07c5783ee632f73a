/* libvirt, thinly. */
#include "common/virt.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"

/* A silent peer is given up after (count + 1) intervals: 8 seconds. */
#define KEEPALIVE_SECONDS 2
#define KEEPALIVE_COUNT	  3

/* Not G_DEFINE_QUARK: its cache is written by any thread without a lock. */
GQuark
virt_error_quark(void)
{
	return g_quark_from_static_string("virt-error-quark");
}

/* --- the event loop */

static pthread_once_t init_once = PTHREAD_ONCE_INIT;
static GThread *loop_thread;
static atomic_bool loop_stop;

static void
keep_quiet(void *ctx, virErrorPtr error)
{
}

static gpointer
loop_main(gpointer data)
{
	while (!atomic_load(&loop_stop)) {
		if (virEventRunDefaultImpl() == 0)
			continue;
		log_error("host", "libvirt's event loop: %s", virGetLastErrorMessage());
		g_usleep(G_USEC_PER_SEC);
	}
	return NULL;
}

static void
init(void)
{
	bool usable = virInitialize() == 0;

	virSetErrorFunc(NULL, keep_quiet);
	if (!usable || virEventRegisterDefaultImpl() < 0) {
		log_error("host", "cannot start libvirt: %s", virGetLastErrorMessage());
		return;
	}
	loop_thread = g_thread_new("virt-events", loop_main, NULL);
}

void
virt_init(void)
{
	pthread_once(&init_once, init);
}

/* Only there to wake the loop. */
static void
wake_loop(int timer, void *ctx)
{
	virEventRemoveTimeout(timer);
}

void
virt_quit(void)
{
	if (loop_thread == NULL)
		return;
	atomic_store(&loop_stop, true);
	virEventAddTimeout(0, wake_loop, NULL, NULL);
	g_thread_join(loop_thread);
	loop_thread = NULL;
}

/* --- errors */

bool
virt_error_plain(GError **error)
{
	const char *message = virGetLastErrorMessage();
	int code = virGetLastErrorCode();

	if (code == VIR_ERR_OK)
		message = "libvirt failed and did not say why";
	g_set_error_literal(error, VIRT_ERROR, code, message);
	return false;
}

bool
virt_error(GError **error, const char *format, ...)
{
	GError *cause = NULL;
	va_list args;

	virt_error_plain(&cause);
	va_start(args, format);
	g_autofree char *what = g_strdup_vprintf(format, args);
	va_end(args);
	g_prefix_error(&cause, "%s: ", what);
	g_propagate_error(error, cause);
	return false;
}

bool
virt_unsupported(void)
{
	int code = virGetLastErrorCode();

	return code == VIR_ERR_NO_SUPPORT || code == VIR_ERR_CONFIG_UNSUPPORTED ||
	    code == VIR_ERR_ARGUMENT_UNSUPPORTED || code == VIR_ERR_OPERATION_UNSUPPORTED;
}

/* --- connecting */

/* Nobody is there to be asked. */
static int
refuse_credentials(virConnectCredentialPtr asked, unsigned int n, void *ctx)
{
	return -1;
}

/* ssh must not ask either: no_tty makes it run in batch mode. */
static char *
uri_without_prompts(const char *uri)
{
	const char *scheme_end = strchr(uri, ':'), *ssh = strstr(uri, "+ssh:");

	if (ssh == NULL || ssh > scheme_end || strstr(uri, "no_tty=") != NULL)
		return g_strdup(uri);
	return g_strconcat(uri, strchr(uri, '?') == NULL ? "?" : "&", "no_tty=1", NULL);
}

virConnectPtr
virt_connect(const char *uri, GError **error)
{
	static int known[] = {
		VIR_CRED_USERNAME, VIR_CRED_AUTHNAME, VIR_CRED_PASSPHRASE,
	};
	virConnectAuth auth = { known, G_N_ELEMENTS(known), refuse_credentials, NULL };
	g_autofree char *quiet = uri_without_prompts(uri);

	virt_init();
	virConnectPtr connection = virConnectOpenAuth(quiet, &auth, 0);
	if (connection == NULL) {
		virt_error_plain(error);
		return NULL;
	}
	virConnectSetKeepAlive(connection, KEEPALIVE_SECONDS, KEEPALIVE_COUNT);
	return connection;
}

/* --- typed parameters */

bool
virt_param_u64(const virTypedParameter *param, uint64_t *out)
{
	int64_t value;

	switch (param->type) {
	case VIR_TYPED_PARAM_UINT:
		*out = param->value.ui;
		return true;
	case VIR_TYPED_PARAM_ULLONG:
		*out = param->value.ul;
		return true;
	case VIR_TYPED_PARAM_INT:
		value = param->value.i;
		break;
	case VIR_TYPED_PARAM_LLONG:
		value = param->value.l;
		break;
	default:
		return false;
	}
	if (value < 0)
		return false;
	*out = (uint64_t)value;
	return true;
}

/* --- small things */

char *
virt_version_text(unsigned long version)
{
	return g_strdup_printf("%lu.%lu.%lu", version / 1000000, version / 1000 % 1000,
	    version % 1000);
}

void
virt_domains_end(virDomainPtr **list)
{
	if (*list == NULL)
		return;
	for (virDomainPtr *domain = *list; *domain != NULL; domain++)
		virDomainFree(*domain);
	free(*list);
}

void
virt_records_end(virDomainStatsRecordPtr **list)
{
	if (*list != NULL)
		virDomainStatsRecordListFree(*list);
}
