/* What the agent counts about itself. */
#include "model/self.h"

struct self self;
