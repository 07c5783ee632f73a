/* Files that clients have handed over for the jobs that they ask for. */
#include "config.h"

#include "model/lent.h"

#include <glib.h>
#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>

#include "common/sync.h"

struct loan {
	uint32_t number;
	struct lent lent;
};

static struct {
	/* guarded by lock */
	pthread_mutex_t lock;
	GArray *loans;
	uint32_t last; /* number given out; they begin anywhere, unlike an earlier process's */
} desk = { .lock = PTHREAD_MUTEX_INITIALIZER };

/* Holding the lock. */
static struct loan *
find(uint32_t number)
{
	for (guint i = 0; desk.loans != NULL && i < desk.loans->len; i++) {
		struct loan *loan = &g_array_index(desk.loans, struct loan, i);
		if (loan->number == number)
			return loan;
	}
	return NULL;
}

uint32_t
lent_put(int file, int client)
{
	struct loan loan = { .lent = { .file = file, .client = client } };

	LOCK_SCOPE(&desk.lock);
	if (desk.loans == NULL) {
		desk.loans = g_array_new(FALSE, FALSE, sizeof(struct loan));
		desk.last = g_random_int();
	}
	do
		loan.number = ++desk.last;
	while (loan.number == 0 || find(loan.number) != NULL);
	g_array_append_val(desk.loans, loan);
	return loan.number;
}

bool
lent_take(uint32_t number, struct lent *out)
{
	LOCK_SCOPE(&desk.lock);
	struct loan *loan = find(number);

	*out = loan == NULL ? (struct lent){ -1, -1 } : loan->lent;
	if (loan == NULL)
		return false;
	g_array_remove_index_fast(desk.loans,
	    (guint)(loan - &g_array_index(desk.loans, struct loan, 0)));
	return true;
}

void
lent_drop(uint32_t number)
{
	struct lent lent;

	if (lent_take(number, &lent))
		lent_close(&lent);
}

void
lent_close(struct lent *lent)
{
	if (lent->file >= 0)
		close(lent->file);
	if (lent->client >= 0)
		close(lent->client);
	*lent = (struct lent){ -1, -1 };
}

bool
lent_client_gone(const struct lent *lent)
{
	struct pollfd p = { .fd = lent->client, .events = POLLRDHUP };

	if (lent->client < 0)
		return true;
	return poll(&p, 1, 0) > 0 && (p.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0;
}
