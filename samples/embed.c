/* The library in a program of your own: load a model, restyle one picture.
 *
 *     cc -std=c11 -Iinclude samples/embed.c build/librestyle.a \
 *        $(pkg-config --libs libavformat libavcodec libavfilter libswscale \
 *          libswresample libavutil openblas yaml-0.1 libpng) -lm -lpthread -o embed
 *     ./embed samples/model photo.png painted.png "watercolor painting"
 */
#include <stdio.h>

#include <restyle/image.h>
#include <restyle/img2img.h>

int main(int argc, char **argv)
{
    if (argc != 5) {
        fprintf(stderr, "usage: %s MODEL INPUT OUTPUT.png PROMPT\n", argv[0]);
        return 2;
    }
    rs_err err = { 0 };
    rs_model *model = NULL;
    rs_image photo = { 0 }, init = { 0 }, painted = { 0 };

    rs_img2img_params params;
    rs_img2img_defaults(&params);
    params.prompt = argv[4];
    params.cfg_scale = 1.0f; /* what the embedded model was made for */

    rs_status s = rs_model_open(argv[1], NULL, &model, &err);
    if (s == RS_OK)
        s = rs_image_read(argv[2], &photo, &err);
    if (s == RS_OK) {
        const int m = rs_model_multiple(model); /* of width and height */
        s = rs_image_alloc(&init, photo.width / m * m, photo.height / m * m, &err);
    }
    if (s == RS_OK)
        s = rs_image_resize(&init, &photo, RS_RESIZE_CROP, &err);
    if (s == RS_OK)
        s = rs_img2img(model, &params, &init, &painted, NULL, &err);
    if (s == RS_OK)
        s = rs_image_write_png(argv[3], &painted, NULL, &err);
    if (s != RS_OK)
        fprintf(stderr, "embed: %s\n", err.msg);

    rs_image_release(&painted);
    rs_image_release(&init);
    rs_image_release(&photo);
    rs_model_close(&model);
    return s == RS_OK ? 0 : 1;
}
