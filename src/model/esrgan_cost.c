/* The layers of esrgan.c once more, with the sizes that they get there. */
#include "model/esrgan.h"

static double conv_flop(const rs_conv *c, double pixels)
{
    return 2 * pixels * c->w.c_in * c->w.c_out * c->w.kernel * c->w.kernel;
}

static double bytes_of(double pixels, int channels)
{
    return pixels * channels * (double)sizeof(float);
}

static rs_esrgan_cost rrdb_cost(const rs_rrdb *r, double source)
{
    const double low = source / (r->unshuffle * r->unshuffle);
    rs_esrgan_cost c = { .flop = conv_flop(&r->first, low) + conv_flop(&r->trunk, low) };
    for (int i = 0; i < r->n_blocks; i++)
        for (int k = 0; k < 3; k++)
            for (int n = 0; n < 5; n++)
                c.flop += conv_flop(&r->blocks[i][k].conv[n], low);
    const double body = bytes_of(low, 3 * r->width + 2 * (r->width + 4 * r->growth) + r->growth);
    const double in = r->unshuffle > 1 ? bytes_of(source, 3) : 0;
    double pixels = low, large = 0;
    for (int i = 0; i < r->n_ups; i++) {
        pixels *= 4;
        large += bytes_of(pixels, r->width);
        c.flop += conv_flop(&r->up[i], pixels);
    }
    large += bytes_of(pixels, r->width);
    c.flop += conv_flop(&r->high, pixels) + conv_flop(&r->last, pixels);
    c.bytes = in + bytes_of(low, r->width) + (body > large ? body : large);
    return c;
}

static rs_esrgan_cost srvgg_cost(const rs_srvgg *v, int scale, double source)
{
    rs_esrgan_cost c = { 0 };
    for (int i = 0; i < v->n_convs; i++)
        c.flop += conv_flop(&v->conv[i], source);
    c.bytes = bytes_of(source, 2 * v->width + v->conv[v->n_convs - 1].w.c_out + 3 * scale * scale);
    return c;
}

rs_esrgan_cost rs_esrgan_cost_of(const rs_esrgan *net, int h, int w)
{
    const double source = (double)h * w;
    return net->rrdb ? rrdb_cost(net->rrdb, source) : srvgg_cost(net->srvgg, net->scale, source);
}
