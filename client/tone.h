/* What a text says besides its words: colour on a terminal, a mark on a page. */
#ifndef VCL_CLIENT_TONE_H
#define VCL_CLIENT_TONE_H

enum tone { TONE_PLAIN, TONE_GOOD, TONE_WARN, TONE_BAD, TONE_FAINT, TONE_TITLE };

#endif
