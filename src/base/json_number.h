/* Numbers of JSON: a part of base/json.c with a file of its own. */
#ifndef RS_BASE_JSON_NUMBER_H
#define RS_BASE_JSON_NUMBER_H

#include "base/json.h"

typedef enum rs_json_number_result {
    RS_JSON_NUMBER_OK,
    RS_JSON_NUMBER_BAD, /* *p stands where a digit was expected */
    RS_JSON_NUMBER_HUGE /* not finite as a double */
} rs_json_number_result;

/* Reads the number at *p and advances it; fills number, integer, is_integer. */
rs_json_number_result rs_json_scan_number(const char **p, const char *end, rs_json *node);

#endif
