/* Networks beside a model: LoRA and its relatives, which change its weights; hypernetworks.
 *
 * Read are .safetensors files with the names of kohya's trainers, of diffusers and of
 * PEFT: LoRA (linear layers and convolutions, with lora_mid), LoHa, LoKr, IA3, full
 * differences, differences of norms, each with DoRA's magnitudes. */
#ifndef RESTYLE_NETWORKS_H
#define RESTYLE_NETWORKS_H

#ifdef __cplusplus
extern "C" {
#endif

/* Stands for a multiplier that is the same as weight. */
#define RS_LORA_WEIGHT 1000.0f

/* One file and its multipliers, -100 to 100: W' = W + multiplier * difference. */
typedef struct rs_lora {
    const char *path;
    float weight;
    float te, unet; /* of the text encoder and of the UNet, or RS_LORA_WEIGHT */
    int dyn;        /* 0; else a LoRA's difference is made of its first rows only (A1111's dyn) */
} rs_lora;

/* A hypernetwork of A1111 (.pt): small networks that change what attention makes keys and values
 * of, as far as weight, -100 to 100, says. */
typedef struct rs_hypernetwork {
    const char *path;
    float weight;
} rs_hypernetwork;

#ifdef __cplusplus
}
#endif
#endif
