/* Seconds from an arbitrary start, never going back. */
#ifndef RS_BASE_CLOCK_H
#define RS_BASE_CLOCK_H

double rs_clock_now(void);

#endif
