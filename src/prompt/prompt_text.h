/* What the rooms of the prompt grammar share: pieces of text, Python's character
 * classes (the grammar is defined by A1111's regular expressions), and numbers. */
#ifndef RS_PROMPT_PROMPT_TEXT_H
#define RS_PROMPT_PROMPT_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#define RS_PROMPT_MAX ((size_t)1 << 16) /* bytes of a prompt: some rules take time by its square */

/* A piece of a text that somebody else holds; not terminated. */
typedef struct rs_span {
    const char *at;
    size_t n;
} rs_span;

/* Bytes of the character at p < end when it is of the class, else 0. Word: letters,
 * numbers and the underscore, Python's \w; space: Python's \s. */
size_t rs_prompt_word_at(const char *p, const char *end);
size_t rs_prompt_space_at(const char *p, const char *end);

/* The position behind white space at p. */
const char *rs_prompt_skip_space(const char *p, const char *end);

/* The position behind the last character that is no white space, at least start. */
const char *rs_prompt_trim_end(const char *start, const char *end);

/* The word (of ASCII letters) stands at p, with nothing of class word on either
 * side: Python's \bWORD\b. start: of the whole text. */
bool rs_prompt_keyword_at(const char *start, const char *p, const char *end, const char *word);

/* Bytes of the number at p: [+-] digits [. digits] [e [+-] digits], where digits may
 * be missing on one side of the point. 0: there is none. */
size_t rs_prompt_number_at(const char *p, const char *end);
/* The value of exactly such a number; false when it is none, or not finite. */
bool rs_prompt_number(rs_span text, double *out);

#endif
