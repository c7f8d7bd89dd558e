#!/bin/sh
# Models that are incomplete, damaged or lying: exit 4 with the file and the
# tensor, and no output. `models` sees what can be seen without reading weights.
. tests/cli/lib/common.sh
need ffmpeg
make_video "$dir/in.png" -vf scale=16:16 -frames:v 1
m=$dir/model unet=unet/diffusion_pytorch_model.safetensors vae=vae/diffusion_pytorch_model.safetensors
fresh() { rm -rf "$m"; cp -R "$tiny" "$m"; chmod -R u+w "$m"; }
# bad TEXT: restyling with the model at $m is refused with TEXT.
bad() { refuses 4 "$1" image "$dir/in.png" --model "$m" --output "$dir/new/out.png" --steps 1; }
# described TEXT: and so does `models` tell.
described() {
    run 4 models "$m"
    grep -qF -- "$1" "$dir/stdout" "$dir/stderr" || { fail "models: no '$1' in:"; cat "$dir/stdout"; }
}
# bytes FILE OFFSET OCTAL: overwrites bytes, given as for printf.
bytes() { printf "$3" | dd of="$1" bs=1 seek="$2" conv=notrunc 2>/dev/null; }
# edit FILE SED: the text of a config or a header; headers must keep their length.
edit() { LC_ALL=C sed "$2" "$1" >"$dir/edited" && cmp -s "$1" "$dir/edited" && fail "$2 changes nothing in $1"; cp "$dir/edited" "$1"; }

fresh; rm -r "$m/vae"
bad "vae"; described "vae"
fresh; rm "$m/$unet"
bad "unet"; described "unet"
fresh; rm "$m/unet/config.json"
bad "/unet' has no 'config.json'"; described "/unet' has no 'config.json'"
fresh; rm "$m/tokenizer/vocab.json"
bad "vocab.json"; described "vocab.json"
fresh; echo '{ "block_out_channels": [' >"$m/unet/config.json"
bad "unet/config.json"; described "unet/config.json"

# Headers of safetensors files.
fresh; head -c 20000 "$tiny/$unet" >"$m/$unet"
bad "$unet"; described "$unet"
fresh; head -c 5 "$tiny/$unet" >"$m/$unet"
bad "$unet"
fresh; : >"$m/$unet"
bad "$unet"
fresh; bytes "$m/$unet" 0 '\377\377\377\377\377\377\377\177'
bad "header"; described "header"
fresh; bytes "$m/$unet" 8 'xx'
bad "$unet"
fresh; size=$(wc -c <"$m/$vae")
edit "$m/$vae" 's/"data_offsets":\[0,\([0-9]\)/"data_offsets":[9,\1/'
bad "$vae"; described "$vae"
fresh; edit "$m/$vae" 's/"F32"/"F99"/'
bad "F99"
fresh; edit "$m/$vae" 's/"encoder.conv_in.weight"/"encoder.conv_no.weight"/'
bad "encoder.conv_in.weight"; described "encoder.conv_in.weight"
fresh; truncate -s $((size - 1)) "$m/$vae"
bad "$vae"; described "$vae"

# Tensors that do not fit the config.
fresh; edit "$m/text_encoder/config.json" 's/"intermediate_size": 56/"intermediate_size": 64/'
bad "text_encoder/model.safetensors"; says "mlp.fc1."; says "shape [56"; says "expected [64"
described "mlp.fc1."
fresh; edit "$m/vae/config.json" 's/^    18$/    21/'
bad "$vae"; says "expected [21"
# Parts that do not fit each other.
fresh; edit "$m/unet/config.json" 's/"cross_attention_dim": 24/"cross_attention_dim": 32/'
bad "the unet expects text 32 wide, the text encoder gives 24"
fresh; edit "$m/vae/config.json" 's/"latent_channels": 4/"latent_channels": 5/'
bad "the unet takes 4 channels but the autoencoder gives 5"

# Values: 0xff is a NaN in every format. The last tensor of each part.
for part in "$unet" "$vae" text_encoder/model.safetensors; do
    fresh; size=$(wc -c <"$m/$part")
    bytes "$m/$part" $((size - 4)) '\377\377\377\377'
    bad "NaN"; says "$part"; says "tensor"
    refuses 4 "NaN" image "$dir/in.png" --model "$m" --output "$dir/new/out.png" --steps 1 --memory low
done

# No model at all.
refuses 4 "there is no" image "$dir/in.png" --model "$dir/nosuch" --output "$dir/new/out.png"
mkdir "$dir/bare"
refuses 4 "bare" image "$dir/in.png" --model "$dir/bare" --output "$dir/new/out.png"
echo "not a model" >"$dir/m.safetensors"
refuses 4 "m.safetensors" image "$dir/in.png" --model "$dir/m.safetensors" --output "$dir/new/out.png"
cp "$dir/in.png" "$dir/m.ckpt"
refuses 4 "m.ckpt" image "$dir/in.png" --model "$dir/m.ckpt" --output "$dir/new/out.png"
run 4 models "$dir/in.png"
one_message
finish
