#include "base/srgb.h"

#include <math.h>

float rs_srgb_to_linear(float coded)
{
    const double v = coded;
    return (float)(v <= 809.0 / 20000.0 ? v / 12.92 : pow((v + 0.055) / 1.055, 2.4));
}

float rs_srgb_from_linear(float linear)
{
    const double v = linear;
    return (float)(v <= 7827.0 / 2500000.0 ? v * 12.92 : pow(v, 1.0 / 2.4) * 1.055 - 0.055);
}
