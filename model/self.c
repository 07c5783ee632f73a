/* What the agent counts about itself. */
#include "model/self.h"

struct self self;
struct notify_limits notify_limits;
