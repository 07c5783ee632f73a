/* What the command line says. */
#ifndef VCL_EXPORT_SETUP_H
#define VCL_EXPORT_SETUP_H

struct setup {
	const char *state;   /* directory of the records, absolute */
	const char *address; /* NULL: not told */
	const char *tls;     /* directory of certificates, absolute; "": without TLS */
	char *const *below;  /* directories that volumes may be in; NULL: anywhere */
	int first, last;     /* ports */
	int interval;        /* s */
};

#endif
