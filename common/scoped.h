/*
 * Locals that clean up after themselves, for our own structs (g_autoptr wants a typedef).
 *
 *	SCOPED_DEFINE(cluster, cluster_unref)        in the header of the type
 *	SCOPED(cluster) now = store_get(store);      unreferenced at the end of the block
 */
#ifndef VCL_COMMON_SCOPED_H
#define VCL_COMMON_SCOPED_H

#include <stddef.h>

#define SCOPED(name) __attribute__((cleanup(name##_scope_end))) struct name *

#define SCOPED_DEFINE(name, release)                                                   \
	static inline void name##_scope_end(struct name **p)                           \
	{                                                                              \
		if (*p != NULL)                                                        \
			release(*p);                                                   \
	}

#endif
