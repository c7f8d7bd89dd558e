/* PNG 3, 4.3: cICP goes before iCCP, and that before sRGB, gAMA and cHRM, of which the last two are
 * taken for sRGB, as pictures of the web are. */
#include "media/png_colour.h"

#include <string.h>

/* Of those that are read, each with its final zero. */
static const png_byte names[] = "cICP\0mDCV\0cLLI";
enum { N_NAMES = 3, NAME = 5 };

void rs_png_colour_ask(png_structp png)
{
    png_set_keep_unknown_chunks(png, PNG_HANDLE_CHUNK_ALWAYS, names, N_NAMES);
}

/* Chunk i of names, of at least `size` bytes; NULL: there is none. */
static const png_byte *find(png_structp png, png_infop info, int i, size_t size)
{
    png_unknown_chunkp chunks = NULL;
    const int n = png_get_unknown_chunks(png, info, &chunks);
    for (int k = 0; k < n; k++)
        if (memcmp(chunks[k].name, names + i * NAME, NAME) == 0 && chunks[k].size >= size)
            return chunks[k].data;
    return NULL;
}

/* The light of its brightest part in cd/m2, in ten thousandths; or 1000, as of films. */
static double peak(png_structp png, png_infop info)
{
    const png_byte *display = find(png, info, 1, 24), *content = find(png, info, 2, 8);
    const double most = content ? png_get_uint_32(content) / 1e4 : 0;
    const double shown = display ? png_get_uint_32(display + 16) / 1e4 : 0;
    return most > 0 ? most : shown > 0 ? shown : 1000;
}

static rs_image_colours by_code(png_structp png, png_infop info, const png_byte *cicp, rs_tone_map *t,
                                bool *nomem)
{
    const rs_colour_code code = { .primaries = cicp[0], .transfer = cicp[1] };
    if (cicp[2] != 0 || cicp[3] != 1)
        return RS_COLOURS_UNREAD; /* no RGB of the full range */
    if (!rs_colour_is_mapped(code, true))
        return RS_COLOURS_SRGB;
    *nomem = rs_tone_map_prepare(t, code, peak(png, info), NULL) != RS_OK;
    return rs_colours_of(t);
}

rs_image_colours rs_png_colour_read(png_structp png, png_infop info, rs_tone_map *t, bool *nomem)
{
    const png_byte *cicp = find(png, info, 0, 4);
    png_charp name;
    png_bytep profile;
    png_uint_32 size;
    int compression;
    rs_icc icc;
    if (cicp)
        return by_code(png, info, cicp, t, nomem);
    if (!png_get_iCCP(png, info, &name, &compression, &profile, &size))
        return RS_COLOURS_SRGB;
    switch (rs_icc_read(profile, size, &icc)) {
    case RS_ICC_SRGB: return RS_COLOURS_SRGB;
    case RS_ICC_UNREAD: return RS_COLOURS_UNREAD;
    case RS_ICC_OTHER: break;
    }
    *nomem = rs_tone_map_prepare_icc(t, &icc, NULL) != RS_OK;
    return RS_COLOURS_CONVERTED;
}
