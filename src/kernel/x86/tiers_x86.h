/* The tables of the x86-64 tiers, each from a file built for that tier. */
#ifndef RS_KERNEL_X86_TIERS_X86_H
#define RS_KERNEL_X86_TIERS_X86_H

#include "kernel/kern.h"

extern const rs_kern rs_kern_avx2;
extern const rs_kern rs_kern_avxvnni;
extern const rs_kern rs_kern_avx512;
extern const rs_kern rs_kern_avx512vnni;
extern const rs_kern rs_kern_avx512bf16;

#endif
