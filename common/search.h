/* Binary search in what is in order. */
#ifndef VCL_COMMON_SEARCH_H
#define VCL_COMMON_SEARCH_H

#include <stdbool.h>
#include <stddef.h>

/* Does the one at that place of `among` come before what is wanted? */
typedef bool search_before(const void *among, size_t place, const void *wanted);

/* The first place, of n, of one that does not come before it; n: all do. */
static inline size_t
search_first(const void *among, size_t n, search_before *before, const void *wanted)
{
	size_t low = 0, high = n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (before(among, middle, wanted))
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

#endif
