/* numpy's SeedSequence: many independent seeds from one.
 *
 *     rs_seed_sequence(seed, 24, (const uint64_t[]){ 5, 3 }, 2, out, 4);
 * is
 *     np.random.SeedSequence(seed, spawn_key=(5, 3), pool_size=24).generate_state(4)
 *
 * M. E. O'Neill's seed_seq_fe (pcg-random.org, 2015), as numpy fixes its constants
 * (NEP 19; numpy/random/bit_generator.pyx). */
#ifndef RS_BASE_SEED_SEQUENCE_H
#define RS_BASE_SEED_SEQUENCE_H

#include <stddef.h>
#include <stdint.h>

enum { RS_SEED_POOL_MAX = 32, RS_SEED_KEYS_MAX = 4 };

/* 4 <= pool <= RS_SEED_POOL_MAX words of state, n_keys <= RS_SEED_KEYS_MAX. Any n. */
void rs_seed_sequence(uint64_t entropy, int pool, const uint64_t *keys, int n_keys, uint32_t *out,
                      size_t n);

#endif
