/* Seconds from an arbitrary start, never going back. */
#ifndef RS_BASE_CLOCK_H
#define RS_BASE_CLOCK_H

double rs_clock_now(void);
/* Processor time of the calling thread, in seconds from any start. */
double rs_clock_cpu(void);

#endif
