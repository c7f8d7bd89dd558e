#include "stage/lora_opts.h"

#include "restyle/networks.h"

static const rs_opt_word as_weight = { "weight", (double)RS_LORA_WEIGHT, "the same as weight" };
static const rs_opt_word all_rows = { "all", 0, "all rows" };

#define OPT_STRUCT rs_lora
static const rs_opt rows[] = {
    { "path", OPT_PATH(path), FLAGS(RS_OPT_REQUIRED | RS_OPT_PATH_IN | RS_OPT_AFFECTS_OUTPUT),
      HELP("a .safetensors file: LoRA, LoHa, LoKr, IA3, full difference, with or without DoRA") },
    { "weight", OPT_FLOAT(weight), RANGE(-100, 100), AFFECTS_OUTPUT,
      HELP("how much of its difference is added") },
    { "te", OPT_FLOAT(te), RANGE(-100, 100), WORD(&as_weight), AFFECTS_OUTPUT,
      HELP("the weight in the text encoder") },
    { "unet", OPT_FLOAT(unet), RANGE(-100, 100), WORD(&as_weight), AFFECTS_OUTPUT,
      HELP("the weight in the UNet") },
    { "dyn", OPT_INT(dyn), RANGE(1, 65536), WORD(&all_rows),
      FLAGS(RS_OPT_ADVANCED | RS_OPT_AFFECTS_OUTPUT), HELP("rows of a LoRA that are used (A1111's dyn)") },
    { 0 }
};
#undef OPT_STRUCT

static const rs_opt_group group = {
    .help = "a network that changes the model's weights: LoRA and its relatives",
    .rows = rows,
    .size = sizeof(rs_lora),
    .defaults = &(const rs_lora){ .weight = 1, .te = RS_LORA_WEIGHT, .unet = RS_LORA_WEIGHT },
};

static const rs_opt item = { .type = &rs_opt_sub, .priv = &group };

const rs_opt_list_of rs_lora_list = { &item, sizeof(rs_lora) };

#define OPT_STRUCT rs_hypernetwork
static const rs_opt hypernetwork_rows[] = {
    { "path", OPT_PATH(path), FLAGS(RS_OPT_REQUIRED | RS_OPT_PATH_IN | RS_OPT_AFFECTS_OUTPUT),
      HELP("a .pt file of A1111") },
    { "weight", OPT_FLOAT(weight), RANGE(-100, 100), AFFECTS_OUTPUT, HELP("how much of it is added") },
    { 0 }
};
#undef OPT_STRUCT

static const rs_opt_group hypernetwork_group = {
    .help = "a hypernetwork of A1111",
    .rows = hypernetwork_rows,
    .size = sizeof(rs_hypernetwork),
    .defaults = &(const rs_hypernetwork){ .weight = 1 },
};

static const rs_opt hypernetwork_item = { .type = &rs_opt_sub, .priv = &hypernetwork_group };

const rs_opt_list_of rs_hypernetwork_list = { &hypernetwork_item, sizeof(rs_hypernetwork) };
