#!/usr/bin/env bash
# tools/quickstart.sh [MODEL.gguf] [-p TEXT]: installs what is needed, builds the release preset and generates text.
# Without a model it fetches a small one and asks it something. Debian 12, as root or with sudo.
invoked_from=$PWD
. "$(dirname "$0")/lib.sh"

model="" text="" has_text=no
while [ $# -gt 0 ]; do
    case $1 in
        -h | --help)
            say "usage: tools/quickstart.sh [MODEL.gguf] [-p TEXT]"
            exit 0
            ;;
        -p)
            [ $# -ge 2 ] || { say "quickstart.sh: -p needs a text"; exit 2; }
            text=$2 has_text=yes
            shift
            ;;
        -*) say "usage: tools/quickstart.sh [MODEL.gguf] [-p TEXT]"; exit 2 ;;
        *)
            [ -z "$model" ] || { say "quickstart.sh: one model, please"; exit 2; }
            model=$1
            ;;
    esac
    shift
done
case $model in
    "" | /*) ;;
    *) model=$invoked_from/$model ;;
esac
[ -z "$model" ] || [ -r "$model" ] || die "cannot read the file $model"

# shellcheck disable=SC2086  # a list of words
need_packages $build_packages
[ -f build/release/build.ninja ] || step "Configuring (preset release)" cmake --preset release -DPLUME_TESTS=OFF
step "Building build/release/bin/plume" cmake --build build/release --target bin/plume

if [ -n "$model" ]; then
    [ $has_text = yes ] || text="Once upon a time"
    exec build/release/bin/plume run "$model" -p "$text" -n 200
fi

model=$(tools/get_model.sh smollm2) || exit 1
# Without chance, so that everybody sees the same answer. On questions of all kinds a model this small tends to repeat itself.
how=(--temp 0)
if [ $has_text = yes ]; then how+=(--repeat-penalty 1.1); else text="What should I bring to a business meeting with a new customer? Give three short tips."; fi
say "Question: $text"
say
# What the person wrote stays text: it cannot spell one of the model's control tokens.
text=${text//<|/< |}
# This model's chat format, ChatML, written out: two turns, the second left open for the answer.
prompt="<|im_start|>system
You are a helpful AI assistant named SmolLM, trained by Hugging Face<|im_end|>
<|im_start|>user
$text<|im_end|>
<|im_start|>assistant
"
exec build/release/bin/plume run "$model" --parse-special -p "$prompt" -n 300 "${how[@]}"
