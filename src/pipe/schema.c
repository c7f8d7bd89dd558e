#include "pipe/schema.h"

#include <string.h>

#include "base/err.h"
#include "opt/opt_doc.h"
#include "pipe/timeline_opts.h"
#include "pipe/validate.h"
#include "restyle/pipeline.h"
#include "stage/batch.h"
#include "stage/compat.h"
#include "stage/img2img_opts.h"
#include "stage/inpaint_opts.h"
#include "stage/outpaint_opts.h"
#include "stage/script_opts.h"

static const rs_opt_choice loopback_seeds[] = {
    { "fixed", RS_LOOPBACK_FIXED, "img2img.seed for every frame" },
    { "increment", RS_LOOPBACK_INCREMENT, "img2img.seed plus the number of the frame" },
    { "random", RS_LOOPBACK_RANDOM, "drawn for every frame from img2img.seed: repeatable" },
    { 0 }
};

#define OPT_STRUCT rs_loopback_spec
static const rs_opt loopback_rows[] = {
    { "enabled", OPT_BOOL(enabled), AFFECTS_OUTPUT, HELP("feed each output into the next frame") },
    { "blend", OPT_FLOAT(blend), RANGE(0, 1), AFFECTS_OUTPUT,
      HELP("share of the previous output in the next init; the rest is the source frame") },
    { "seed", OPT_ENUM(seed, loopback_seeds), AFFECTS_OUTPUT, HELP("the seed of each frame") },
    { 0 }
};
#undef OPT_STRUCT

static const rs_opt_group loopback_group = {
    .help = "feeding each output into the next frame, which calms flicker",
    .rows = loopback_rows,
    .size = sizeof(rs_loopback_spec),
    .defaults = &(const rs_loopback_spec){ .blend = 0.5f, .seed = RS_LOOPBACK_FIXED },
};

static const rs_opt_choice keeps[] = {
    { "copy", RS_KEEP_COPY, "the source's, unchanged" },
    { "none", RS_KEEP_NONE, "left out" },
    { 0 }
};

static const rs_opt_choice hdr_policies[] = {
    { "tonemap", RS_HDR_TONE_MAP,
      "it becomes SDR (BT.2390's curve, BT.709's colours), which is said" },
    { "refuse", RS_HDR_REFUSE, "an error, so that you can do it your way before" },
    { 0 }
};

static const rs_opt_choice picture_formats[] = {
    { "png", RS_PICTURE_PNG, "without loss, with infotext" },
    { "jpeg", RS_PICTURE_JPEG, "see quality; with infotext, without transparency" },
    { "webp", RS_PICTURE_WEBP, "see quality and lossless; with infotext" },
    { "tiff", RS_PICTURE_TIFF, "without loss, with infotext" },
    { 0 }
};

static const rs_opt_choice bit_depths[] = {
    { "auto", 0, "16 where the source has more than 8" },
    { "8", 8, "256 levels" },
    { "16", 16, "65536 levels" },
    { 0 }
};

#define OPT_STRUCT rs_encode_spec
static const rs_opt encode_rows[] = {
    { "codec", OPT_STRING(codec), EXAMPLE("libx264"), RANGE(1, 0), AFFECTS_OUTPUT,
      HELP("the encoder, by FFmpeg's name; without one, what the output's format usually has "
           "(libx264 for mp4, mkv, mov and avi; libvpx-vp9 for webm)") },
    { "crf", OPT_INT(crf), RANGE(0, 63), AFFECTS_OUTPUT,
      HELP("quality: lower is better and larger; 18 looks lossless with libx264") },
    { "preset", OPT_STRING(preset), EXAMPLE("slow"), RANGE(1, 0),
      FLAGS(RS_OPT_ADVANCED | RS_OPT_AFFECTS_OUTPUT),
      HELP("the encoder's speed preset, such as veryfast or slow; without one, its own default") },
    { "pixel_format", OPT_STRING(pixel_format), EXAMPLE("yuv444p"), RANGE(1, 0),
      FLAGS(RS_OPT_ADVANCED | RS_OPT_AFFECTS_OUTPUT),
      HELP("FFmpeg's name of the stored pixels, such as yuv420p10le for 10 bits; without one, what "
           "the "
           "encoder is mostly used with: yuv420p, which plays everywhere, or yuv422p10le of "
           "prores_ks") },
    { "options", OPT_PAIRS(options), EXAMPLE("{tune: film}"),
      FLAGS(RS_OPT_ADVANCED | RS_OPT_AFFECTS_OUTPUT),
      HELP("more of the encoder's own options, by FFmpeg's names: `ffmpeg -h encoder=libx264` "
           "lists them") },
    { "audio", OPT_ENUM(audio, keeps), AFFECTS_OUTPUT, HELP("all sound tracks") },
    { "subtitles", OPT_ENUM(subtitles, keeps), AFFECTS_OUTPUT,
      HELP("all subtitles and attachments that the output's format can hold") },
    { "metadata", OPT_ENUM(metadata, keeps), AFFECTS_OUTPUT,
      HELP("tags, chapters and cover pictures, as far as the output's format can hold them") },
    { "quality", OPT_INT(quality), RANGE(1, 100), AFFECTS_OUTPUT,
      HELP("of JPEG and WebP, animated too: higher is better and larger") },
    { "lossless", OPT_BOOL(lossless), AFFECTS_OUTPUT, HELP("WebP without loss") },
    { "picture_format", OPT_ENUM(picture_format, picture_formats), AFFECTS_OUTPUT,
      HELP("what the pictures of a folder are; one picture is what its name says") },
    { "bit_depth", OPT_ENUM(bit_depth, bit_depths), AFFECTS_OUTPUT,
      HELP("bits of a sample of PNG and TIFF pictures; of videos pixel_format says it") },
    { "alpha", OPT_ENUM(alpha, keeps), AFFECTS_OUTPUT,
      HELP("the source's transparency, at the output's size, where the output can hold it; it is "
           "left out where inpaint.mask is alpha, and by outpainting") },
    { 0 }
};
#undef OPT_STRUCT

static const rs_opt_group encode_group = {
    .help = "how a video or picture is written",
    .rows = encode_rows,
    .size = sizeof(rs_encode_spec),
    .defaults = &(const rs_encode_spec){ .crf = 18, .audio = RS_KEEP_COPY, .quality = 80 },
};

#define OPT_STRUCT rs_infotext_spec
static const rs_opt infotext_rows[] = {
    { "write", OPT_BOOL(write), AFFECTS_OUTPUT,
      HELP("write A1111's `parameters` text into every picture, where `restyle info` and other "
           "programs find it, and the pipeline beside it, and into the tags of videos") },
    { "model_hash", OPT_BOOL(model_hash), AFFECTS_OUTPUT,
      HELP("with the hash by which A1111 knows a model file, which is read once more for that") },
    { "network_hashes", OPT_BOOL(network_hashes), AFFECTS_OUTPUT,
      HELP("with the hashes by which A1111 knows the LoRAs that are used, and the embeddings in the "
           "prompts") },
    { 0 }
};
#undef OPT_STRUCT

static const rs_opt_group infotext_group = {
    .help = "what pictures say about how they were made",
    .rows = infotext_rows,
    .size = sizeof(rs_infotext_spec),
    .defaults = &(const rs_infotext_spec){ .write = true, .network_hashes = true },
};

static const rs_opt_choice resizes[] = {
    { "crop", RS_RESIZE_CROP, "cover the size, cut off the rest (A1111's crop and resize)" },
    { "stretch", RS_RESIZE_STRETCH, "to the size, whatever the shape (just resize)" },
    { "fill", RS_RESIZE_FILL, "fit inside, stretch the edges (resize and fill)" },
    { "area", RS_RESIZE_AREA, "cut to shape, then the mean light of what each pixel covers, as "
                              "stable-diffusion.cpp" },
    { "latent", RS_RESIZE_LATENT, "stretch the latent, not the picture (just resize (latent upscale))" },
    { 0 }
};

static const rs_opt_choice memories[] = {
    { "normal", RS_MEMORY_NORMAL, "the whole model stays in memory" },
    { "low", RS_MEMORY_LOW, "one part of the model at a time, read anew for each frame: a fifth less "
                            "memory for a second or so a frame" },
    { 0 }
};

static const rs_opt_choice precisions[] = {
    { "exact", RS_PRECISION_EXACT, "32-bit floats throughout" },
    { "fast", RS_PRECISION_FAST,
      "8 bits for most layers, 16 where that pays: nearly the same picture, sooner" },
    { 0 }
};

static const rs_opt_choice bad_frames[] = {
    { "fail", RS_BAD_FRAME_FAIL, "stop with an error" },
    { "hold", RS_BAD_FRAME_HOLD,
      "the output before it in its scene, or else the frame as it was; with a warning" },
    { "source", RS_BAD_FRAME_SOURCE, "the frame as it was; with a warning" },
    { 0 }
};

static const rs_opt_word threads_auto = { "auto", 0, "one per processor" };

static const rs_opt input_item = { "", .type = &rs_opt_path, .flags = RS_OPT_PATH_IN,
                                   .check = rs_check_input };
static const rs_opt_list_of input_list = { &input_item, sizeof(const char *) };

#define OPT_STRUCT rs_pipeline_spec
static const rs_opt pipeline_rows[] = {
    { "model", OPT_PATH(model), EXAMPLE("../samples/model"),
      FLAGS(RS_OPT_REQUIRED | RS_OPT_PATH_IN), .check = rs_check_input,
      HELP("the model: a folder in the diffusers layout, or a .safetensors or .ckpt file") },
    { "tokenizer", OPT_PATH(tokenizer), EXAMPLE("clip-tokenizer"), FLAGS(RS_OPT_ADVANCED | RS_OPT_PATH_IN),
      .check = rs_check_tokenizer,
      HELP("folder with vocab.json and merges.txt, or with tokenizer.json, for a model file that comes "
           "without") },
    { "embeddings", OPT_PATH(embeddings), EXAMPLE("embeddings"),
      FLAGS(RS_OPT_PATH_IN | RS_OPT_AFFECTS_OUTPUT), .check = rs_check_folder,
      HELP("folder of textual inversion embeddings, which prompts name by their file names") },
    { "memory", OPT_ENUM(memory, memories),
      HELP("how much of the model is kept in memory; the result does not depend on it") },
    { "precision", OPT_ENUM(precision, precisions), AFFECTS_OUTPUT,
      HELP("in which numbers the model computes") },
    { "compat", OPT_ENUM(compat, rs_compat_choices), AFFECTS_OUTPUT,
      HELP("another program whose ways become the defaults of img2img's steps_mode, rng, encode, "
           "rounding and scheduler, and of resize; a key that is written wins") },
    { "input", OPT_LIST(inputs, &input_list), EXAMPLE("../samples/clip.mp4"),
      FLAGS(RS_OPT_REQUIRED | RS_OPT_PATH_IN),
      HELP("a video, an animated image, or a folder of frames; several as a list or a pattern, as "
           "clips/*.mp4") },
    { "recursive", OPT_BOOL(recursive), AFFECTS_OUTPUT,
      HELP("of a folder: the pictures of its sub-folders too, which the output's folder repeats") },
    { "output", OPT_PATH(output), EXAMPLE("../out/reference.mp4"),
      FLAGS(RS_OPT_REQUIRED | RS_OPT_PATH_OUT), .check = rs_check_output,
      HELP("a video, or a folder, in which frames keep the names of their sources; for several inputs a "
           "folder, or a name with {name} in it") },
    { "hdr", OPT_ENUM(hdr, hdr_policies), AFFECTS_OUTPUT,
      HELP("what becomes of HDR (PQ or HLG; videos, and PNGs with cICP), which the model does not know") },
    { "size", OPT_SIZE(size), EXAMPLE("512x512"), RANGE(8, 16384), STEP(1), UNIT("pixels"), AFFECTS_OUTPUT,
      HELP("size of the output, before what enlarges it; without one, the source's, padded "
           "inside to the model's multiple and cut back (rounded to it under a mask, and with sd_upscale, "
           "outpaint or tiling)") },
    { "scale", OPT_FLOAT(scale), RANGE(0, 16), AFFECTS_OUTPUT,
      HELP("size of the output as a multiple of the source's, rounded to the model's multiple") },
    { "resize", OPT_ENUM(resize, resizes), AFFECTS_OUTPUT,
      HELP("how frames get to that size; without one, to the rounded size") },
    { "deinterlace", OPT_ENUM(timeline.deinterlace, rs_deinterlace_choices), AFFECTS_OUTPUT,
      HELP("which frames of a video get whole frames made of their fields, one of two (FFmpeg's bwdif)") },
    { "range", OPT_GROUP(rs_range, timeline.range, &rs_range_group) },
    { "fps", OPT_RATE(timeline.fps), EXAMPLE("12.5"), UNIT("frames a second"), AFFECTS_OUTPUT,
      HELP("resamples a video to this constant rate by repeating and leaving out frames, as FFmpeg's fps "
           "filter does; of a folder: the rate at which its pictures are shown; without one, the source's "
           "own times, constant or not, and 25 for a folder") },
    { "filters", OPT_GROUP(rs_filters_spec, timeline.filters, &rs_filters_group) },
    { "exec", OPT_GROUP(rs_exec_spec, timeline.exec, &rs_exec_group) },
    { "img2img", OPT_GROUP(rs_img2img_params, img2img, &rs_img2img_group) },
    { "inpaint", OPT_GROUP(rs_inpaint_spec, inpaint, &rs_inpaint_group) },
    { "outpaint", OPT_GROUP(rs_outpaint, outpaint, &rs_outpaint_group) },
    { "loopback", OPT_GROUP(rs_loopback_spec, loopback, &loopback_group) },
    { "scene_cut", OPT_FLOAT(scene_cut), RANGE(0, 1), EXAMPLE("0.4"), AFFECTS_OUTPUT,
      HELP("where this much of a frame is new at once (FFmpeg's scene score, mostly 0.3 to 0.5), a scene "
           "begins: loopback, a held frame and the box of inpaint.box_smoothing begin anew, and --shard "
           "makes whole scenes; 0: the clip is one scene") },
    { "loops", OPT_GROUP(rs_loops, loops, &rs_loops_group) },
    { "sd_upscale", OPT_GROUP(rs_sd_upscale, sd_upscale, &rs_sd_upscale_group) },
    { "batch", OPT_GROUP(rs_batch_spec, batch, &rs_batch_group) },
    { "upscale", OPT_GROUP(rs_upscale_params, upscale, &rs_upscale_group) },
    { "encode", OPT_GROUP(rs_encode_spec, encode, &encode_group) },
    { "infotext", OPT_GROUP(rs_infotext_spec, infotext, &infotext_group) },
    { "threads", OPT_INT(threads), RANGE(1, 1024), WORD(&threads_auto), FLAGS(RS_OPT_ADVANCED),
      HELP("processors to use; the result does not depend on it") },
    { "on_bad_frame", OPT_ENUM(on_bad_frame, bad_frames), AFFECTS_OUTPUT,
      HELP("what to do when a frame's result is not finite (NaN or infinity), after another try") },
    { "events", OPT_PATH(events), EXAMPLE("../out/events.jsonl"), FLAGS(RS_OPT_PATH_OUT),
      .check = rs_check_events,
      HELP("a file to which a line of JSON is appended for each frame: times of all parts, seed, drift") },
    { "overwrite", OPT_BOOL(overwrite),
      HELP("replace the output when it exists; an output given on the command line needs "
           "--overwrite there") },
    { "keep_job", OPT_BOOL(keep_job), FLAGS(RS_OPT_ADVANCED),
      HELP("keep the folder NAME.job of the finished job, with every frame without loss") },
    { 0 }
};
#undef OPT_STRUCT

const rs_opt_group rs_pipeline_group = {
    .help = "the keys of a pipeline; paths are relative to its file",
    .rows = pipeline_rows,
    .size = sizeof(rs_pipeline_spec),
    .defaults = &(const rs_pipeline_spec){ .scale = 1, .resize = RS_RESIZE_CROP },
    .check = rs_check_pipeline,
};

void rs_pipeline_defaults(rs_opt_ctx *ctx, const rs_value *root, rs_pipeline_spec *spec)
{
    const rs_entry *compat = rs_value_find(root, "compat", strlen("compat"));
    rs_opt_defaults(&rs_pipeline_group, spec);
    if (!compat)
        return;
    /* what is wrong with the value is told when the whole is parsed */
    rs_diags trial;
    rs_opt_ctx alone = *ctx;
    rs_pipeline_spec copy = *spec;
    const rs_opt *row = rs_opt_find(&rs_pipeline_group, "compat");
    rs_diags_init(&trial, ctx->arena);
    alone.diags = &trial;
    if (row->type->parse(&alone, row, "compat", compat->value, &copy.compat))
        rs_img2img_compat(&spec->img2img, copy.compat);
    if (copy.compat == RS_COMPAT_SDCPP)
        spec->resize = RS_RESIZE_AREA;
}

const char *rs_schema_help(const char *key)
{
    const rs_opt *row = rs_opt_find(&rs_pipeline_group, key);
    return row ? rs_opt_help(row) : NULL;
}

rs_status rs_schema_write(rs_schema_format format, const rs_text_sink *sink, rs_err *err)
{
    rs_strbuf sb;
    rs_strbuf_init(&sb, 1 << 20);
    if (format == RS_SCHEMA_MARKDOWN)
        rs_opt_doc_markdown(&sb, &rs_pipeline_group);
    else if (format == RS_SCHEMA_YAML)
        rs_opt_doc_yaml(&sb, &rs_pipeline_group);
    else if (format == RS_SCHEMA_JSON)
        rs_opt_doc_json(&sb, &rs_pipeline_group);
    else
        rs_opt_doc_text(&sb, &rs_pipeline_group);
    const rs_status s = sb.failed ? RS_FAIL(err, RS_E_NOMEM, "no memory to print the schema") : RS_OK;
    if (s == RS_OK)
        sink->put(sink->cookie, rs_strbuf_str(&sb), sb.len);
    rs_strbuf_release(&sb);
    return s;
}
